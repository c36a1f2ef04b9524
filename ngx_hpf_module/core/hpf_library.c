/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Libraries of C plugins, see hpf_library.h.
 */


#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hpf_library.h"
#include "hpf_manifest.h"


#define HPF_LIBRARY_DEF_MIN  offsetof(hpf_plugin_def_t, cancel)


typedef struct {
    int          fd;
    size_t       size;
    ElfW(Ehdr)   head;
} hpf_library_file_t;


static int hpf_library_inside(const hpf_library_file_t *file, char *why);
static int hpf_library_segments(const hpf_library_file_t *file);
static const char *hpf_library_ends(const hpf_library_file_t *file);
static const char *hpf_library_ends_by(const hpf_library_file_t *file,
    const ElfW(Shdr) *symbols, const ElfW(Shdr) *strings);
static void *hpf_library_read(const hpf_library_file_t *file,
    const ElfW(Shdr) *section);


int
hpf_library_look(const char *name, char why[HPF_LIBRARY_WHY])
{
    int                 rc;
    struct stat         info;
    hpf_library_file_t  file;

    file.fd = open(name, O_RDONLY|O_CLOEXEC);

    if (file.fd == -1) {
        return HPF_OK;
    }

    rc = HPF_OK;

    if (pread(file.fd, &file.head, sizeof(file.head), 0) == sizeof(file.head)
        && fstat(file.fd, &info) == 0
        && memcmp(file.head.e_ident, ELFMAG, SELFMAG) == 0
        && file.head.e_phentsize == sizeof(ElfW(Phdr)))
    {
        file.size = (size_t) info.st_size;
        rc = hpf_library_inside(&file, why);
    }

    (void) close(file.fd);

    return rc;
}


static int
hpf_library_inside(const hpf_library_file_t *file, char *why)
{
    const char  *symbol;

    if (hpf_library_segments(file) != HPF_OK) {
        (void) snprintf(why, HPF_LIBRARY_WHY, "the file is cut off");
        return HPF_DECLINED;
    }

    symbol = hpf_library_ends(file);

    if (symbol != NULL) {
        (void) snprintf(why, HPF_LIBRARY_WHY,
                        "it calls %s(), which would end the worker", symbol);
        return HPF_DECLINED;
    }

    return HPF_OK;
}


static int
hpf_library_segments(const hpf_library_file_t *file)
{
    unsigned    i;
    ElfW(Phdr)  segment;

    for (i = 0; i < file->head.e_phnum; i++) {

        if (pread(file->fd, &segment, sizeof(segment),
                  (off_t) (file->head.e_phoff + i * sizeof(segment)))
            != sizeof(segment))
        {
            return HPF_DECLINED;
        }

        if (segment.p_type == PT_LOAD
            && (segment.p_offset > file->size
                || segment.p_filesz > file->size - segment.p_offset))
        {
            return HPF_DECLINED;
        }
    }

    return HPF_OK;
}


/*
 * Of the symbols that the loader would look for, by the table of sections; a
 * library without one is not looked into.
 */

static const char *
hpf_library_ends(const hpf_library_file_t *file)
{
    size_t             i, n;
    const char        *symbol;
    ElfW(Shdr)        *table;
    const ElfW(Shdr)  *section;
    ElfW(Shdr)         whole;

    n = file->head.e_shnum;

    if (file->head.e_shentsize != sizeof(ElfW(Shdr))) {
        return NULL;
    }

    whole.sh_offset = file->head.e_shoff;
    whole.sh_size = n * sizeof(ElfW(Shdr));

    table = hpf_library_read(file, &whole);

    if (table == NULL) {
        return NULL;
    }

    symbol = NULL;

    for (i = 0; i < n && symbol == NULL; i++) {
        section = &table[i];

        if (section->sh_type == SHT_DYNSYM && section->sh_link < n) {
            symbol = hpf_library_ends_by(file, section,
                                         &table[section->sh_link]);
        }
    }

    free(table);

    return symbol;
}


static const char *
hpf_library_ends_by(const hpf_library_file_t *file, const ElfW(Shdr) *symbols,
    const ElfW(Shdr) *strings)
{
    char              *text;
    size_t             i, n;
    unsigned           k;
    ElfW(Sym)         *table;
    const char        *found, *name;

    static const char  *ends[] = {
        "_exit", "_Exit", "exit", "quick_exit", NULL
    };

    table = hpf_library_read(file, symbols);
    text = hpf_library_read(file, strings);

    found = NULL;
    n = (table && text) ? symbols->sh_size / sizeof(ElfW(Sym)) : 0;

    for (i = 0; i < n && found == NULL; i++) {

        if (table[i].st_shndx != SHN_UNDEF
            || table[i].st_name >= strings->sh_size)
        {
            continue;
        }

        name = text + table[i].st_name;

        for (k = 0; ends[k] != NULL; k++) {

            if (strcmp(name, ends[k]) == 0) {
                found = ends[k];
            }
        }
    }

    free(table);
    free(text);

    return found;
}


/* With a zero behind it; NULL: there is nothing, or not all of it. */

static void *
hpf_library_read(const hpf_library_file_t *file, const ElfW(Shdr) *section)
{
    char  *p;

    if (section->sh_size == 0 || section->sh_offset > file->size
        || section->sh_size > file->size - section->sh_offset)
    {
        return NULL;
    }

    p = malloc(section->sh_size + 1);

    if (p == NULL) {
        return NULL;
    }

    if (pread(file->fd, p, section->sh_size, (off_t) section->sh_offset)
        != (ssize_t) section->sh_size)
    {
        free(p);
        return NULL;
    }

    p[section->sh_size] = '\0';

    return p;
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
