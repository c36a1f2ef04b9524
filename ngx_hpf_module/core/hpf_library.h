/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a C plugin's library must be before any of its code is run, and before
 * its definition is used; the same for the gateway and for hpf-plugin check.
 */

#ifndef _HPF_LIBRARY_H_INCLUDED_
#define _HPF_LIBRARY_H_INCLUDED_


#include <stddef.h>

#include "hpf_plugin.h"


#define HPF_LIBRARY_WHY  128           /* bytes of a reason */


/*
 * HPF_DECLINED and the reason: the file is cut off, or it calls what would end
 * its worker.  The loader maps what the headers speak of and touches it: where
 * the file ends before, that is a SIGBUS; and after _exit(2) of a worker nginx
 * starts no other in its place.  What else is wrong with a file dlopen() tells.
 */
int hpf_library_look(const char *file, char why[HPF_LIBRARY_WHY]);

/*
 * The definition that hpf_plugin_entry() has returned, of the plugin of that
 * id.  HPF_OK, or HPF_DECLINED and the reason.
 */
int hpf_library_check(const hpf_plugin_def_t *def, const char *id,
    char why[HPF_LIBRARY_WHY]);


#endif /* _HPF_LIBRARY_H_INCLUDED_ */
