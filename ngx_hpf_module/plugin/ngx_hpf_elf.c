/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Whether a library is whole.  The loader maps what the headers speak of and
 * touches it: where the file ends before, that is a SIGBUS in every worker.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <link.h>

#include "ngx_hpf_plugin_int.h"


static ngx_int_t ngx_hpf_elf_segments(ngx_fd_t fd, const ElfW(Ehdr) *head,
    size_t size);


/* NGX_DECLINED: it ends too early.  What else is wrong dlopen() tells. */

ngx_int_t
ngx_hpf_elf_check(const char *file)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ElfW(Ehdr)       head;
    ngx_file_info_t  info;

    fd = ngx_open_file(file, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_OK;
    }

    rc = NGX_OK;

    n = pread(fd, &head, sizeof(head), 0);

    if (n == sizeof(head) && ngx_fd_info(fd, &info) == 0
        && ngx_memcmp(head.e_ident, ELFMAG, SELFMAG) == 0
        && head.e_phentsize == sizeof(ElfW(Phdr)))
    {
        rc = ngx_hpf_elf_segments(fd, &head, (size_t) ngx_file_size(&info));
    }

    (void) ngx_close_file(fd);

    return rc;
}


static ngx_int_t
ngx_hpf_elf_segments(ngx_fd_t fd, const ElfW(Ehdr) *head, size_t size)
{
    ngx_uint_t  i;
    ElfW(Phdr)  segment;

    for (i = 0; i < head->e_phnum; i++) {

        if (pread(fd, &segment, sizeof(segment),
                  (off_t) (head->e_phoff + i * sizeof(segment)))
            != sizeof(segment))
        {
            return NGX_DECLINED;
        }

        if (segment.p_type == PT_LOAD
            && (segment.p_offset > size
                || segment.p_filesz > size - segment.p_offset))
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
