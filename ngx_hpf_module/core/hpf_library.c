/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Libraries of C plugins, see hpf_library.h.
 */


#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hpf_library.h"
#include "hpf_manifest.h"


#define HPF_LIBRARY_DEF_MIN  offsetof(hpf_plugin_def_t, cancel)


static int hpf_library_segments(int fd, const ElfW(Ehdr) *head, size_t size);


int
hpf_library_whole(const char *file)
{
    int          fd, rc;
    ssize_t      n;
    ElfW(Ehdr)   head;
    struct stat  info;

    fd = open(file, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return HPF_OK;
    }

    rc = HPF_OK;

    n = pread(fd, &head, sizeof(head), 0);

    if (n == sizeof(head) && fstat(fd, &info) == 0
        && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0
        && head.e_phentsize == sizeof(ElfW(Phdr)))
    {
        rc = hpf_library_segments(fd, &head, (size_t) info.st_size);
    }

    (void) close(fd);

    return rc;
}


static int
hpf_library_segments(int fd, const ElfW(Ehdr) *head, size_t size)
{
    unsigned    i;
    ElfW(Phdr)  segment;

    for (i = 0; i < head->e_phnum; i++) {

        if (pread(fd, &segment, sizeof(segment),
                  (off_t) (head->e_phoff + i * sizeof(segment)))
            != sizeof(segment))
        {
            return HPF_DECLINED;
        }

        if (segment.p_type == PT_LOAD
            && (segment.p_offset > size
                || segment.p_filesz > size - segment.p_offset))
        {
            return HPF_DECLINED;
        }
    }

    return HPF_OK;
}


int
hpf_library_check(const hpf_plugin_def_t *def, const char *id,
    char why[HPF_LIBRARY_WHY])
{
    if (def == NULL) {
        (void) snprintf(why, HPF_LIBRARY_WHY, "it refused");
        return HPF_DECLINED;
    }

    /* what is behind it may be anything else in another major version */

    if (def->abi_major != HPF_ABI_MAJOR) {
        (void) snprintf(why, HPF_LIBRARY_WHY,
                        "it is for ABI %u, this gateway has %d",
                        (unsigned) def->abi_major, HPF_ABI_MAJOR);
        return HPF_DECLINED;
    }

    if (def->size < HPF_LIBRARY_DEF_MIN || def->id == NULL
        || def->start == NULL || def->resume == NULL)
    {
        (void) snprintf(why, HPF_LIBRARY_WHY, "its definition is incomplete");
        return HPF_DECLINED;
    }

    if (strcmp(def->id, id) != 0) {
        (void) snprintf(why, HPF_LIBRARY_WHY, "it says it is \"%.*s\"",
                        HPF_MANIFEST_ID, def->id);
        return HPF_DECLINED;
    }

    return HPF_OK;
}
