/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A C plugin: its library is opened and its definition read, as the gateway
 * does.  event() is not called, since it asks for what only a host has.
 */


#include "check.h"

#include <dlfcn.h>
#include <string.h>

#include "hpf_library.h"


int
check_library(const hpf_manifest_t *mf, const check_file_t *file)
{
    char                  why[HPF_LIBRARY_WHY];
    void                 *handle, *symbol;
    hpf_plugin_entry_pt   entry;

    if (hpf_library_look(file->name, why) != HPF_OK) {
        check_fault(file, "%s", why);
        return HPF_ERROR;
    }

    handle = dlopen(file->name, RTLD_NOW|RTLD_LOCAL);

    if (handle == NULL) {
        check_fault(file, "%s", dlerror());
        return HPF_ERROR;
    }

    symbol = dlsym(handle, HPF_PLUGIN_ENTRY);

    if (symbol == NULL) {
        check_fault(file, "it does not export %s()", HPF_PLUGIN_ENTRY);
        return HPF_ERROR;
    }

    /* ISO C has no cast from an object pointer to a function's */

    memcpy(&entry, &symbol, sizeof(entry));

    if (hpf_library_check(entry(HPF_ABI_VERSION), mf->id, why) != HPF_OK) {
        check_fault(file, "%s", why);
        return HPF_ERROR;
    }

    return HPF_OK;
}
