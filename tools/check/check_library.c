/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A C plugin: its library is opened and its definition read, as the gateway
 * does.  event() is not called, since it asks for what only a host has.
 */


#include "check.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "hpf_plugin.h"


static int check_library_def(const hpf_manifest_t *mf,
    const check_file_t *file, const hpf_plugin_def_t *def);


int
check_library(const hpf_manifest_t *mf, const check_file_t *file)
{
    void                 *handle, *symbol;
    hpf_plugin_entry_pt   entry;

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

    return check_library_def(mf, file, entry(HPF_ABI_VERSION));
}


static int
check_library_def(const hpf_manifest_t *mf, const check_file_t *file,
    const hpf_plugin_def_t *def)
{
    if (def == NULL || def->size < offsetof(hpf_plugin_def_t, cancel)
        || def->id == NULL || def->start == NULL || def->resume == NULL)
    {
        check_fault(file, "its definition is incomplete");
        return HPF_ERROR;
    }

    if (def->abi_major != HPF_ABI_MAJOR) {
        check_fault(file, "it is for ABI %u, this gateway has %d",
                    (unsigned) def->abi_major, HPF_ABI_MAJOR);
        return HPF_ERROR;
    }

    if (strcmp(def->id, mf->id) != 0) {
        check_fault(file, "it says it is \"%s\"", def->id);
        return HPF_ERROR;
    }

    return HPF_OK;
}
