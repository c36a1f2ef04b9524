/* links: core/hpf_library.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a library calls, by its table of symbols; and tables that are wrong in
 * whatever way, since a file is looked at before anybody has approved it.
 */


#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"
#include "hpf_library.h"


#define WRONG  20000


/* A library as far as it is looked at. */

typedef struct {
    ElfW(Ehdr)  head;
    ElfW(Phdr)  segment;
    char        names[64];
    ElfW(Sym)   symbols[2];
    ElfW(Shdr)  sections[3];
} library_t;


static void
library_init(library_t *lib, const char *name)
{
    memset(lib, 0, sizeof(library_t));

    memcpy(lib->head.e_ident, ELFMAG, SELFMAG);
    lib->head.e_phoff = offsetof(library_t, segment);
    lib->head.e_phentsize = sizeof(ElfW(Phdr));
    lib->head.e_phnum = 1;
    lib->head.e_shoff = offsetof(library_t, sections);
    lib->head.e_shentsize = sizeof(ElfW(Shdr));
    lib->head.e_shnum = 3;

    lib->segment.p_type = PT_LOAD;
    lib->segment.p_filesz = sizeof(library_t);

    (void) snprintf(lib->names + 1, sizeof(lib->names) - 1, "%s", name);

    lib->symbols[1].st_name = 1;
    lib->symbols[1].st_shndx = SHN_UNDEF;

    lib->sections[1].sh_type = SHT_DYNSYM;
    lib->sections[1].sh_offset = offsetof(library_t, symbols);
    lib->sections[1].sh_size = sizeof(lib->symbols);
    lib->sections[1].sh_link = 2;
    lib->sections[2].sh_type = SHT_STRTAB;
    lib->sections[2].sh_offset = offsetof(library_t, names);
    lib->sections[2].sh_size = sizeof(lib->names);
}


static int
library_look(const library_t *lib, size_t size, char why[HPF_LIBRARY_WHY])
{
    int   fd, rc;
    char  name[] = "/tmp/hpf-library-XXXXXX";

    why[0] = '\0';
    fd = mkstemp(name);

    if (fd == -1 || write(fd, lib, size) != (ssize_t) size) {
        return HPF_ERROR;
    }

    rc = hpf_library_look(name, why);

    (void) close(fd);
    (void) unlink(name);

    return rc;
}


static void
calls(void)
{
    char       why[HPF_LIBRARY_WHY];
    unsigned   i;
    library_t  lib;

    static const char  *bad[] = { "exit", "_exit", "_Exit", "quick_exit" };
    static const char  *good[] = { "memcpy", "atexit", "exit2", "_exi", "" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        library_init(&lib, bad[i]);

        is_int(library_look(&lib, sizeof(lib), why), HPF_DECLINED,
               "one that calls %s()", bad[i]);
        ok(strstr(why, bad[i]) != NULL, "and the reason names it");

        lib.symbols[1].st_shndx = 1;

        is_int(library_look(&lib, sizeof(lib), why), HPF_OK,
               "one that has a %s() of its own", bad[i]);
    }

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        library_init(&lib, good[i]);

        is_int(library_look(&lib, sizeof(lib), why), HPF_OK,
               "one that calls %s()", good[i]);
    }
}


static void
others(void)
{
    char       why[HPF_LIBRARY_WHY];
    library_t  lib;

    library_init(&lib, "exit");

    is_int(library_look(&lib, sizeof(lib) - 1, why), HPF_DECLINED,
           "one that is cut off");
    ok(strcmp(why, "the file is cut off") == 0, "and the reason");

    lib.head.e_shnum = 0;

    is_int(library_look(&lib, sizeof(lib), why), HPF_OK,
           "one without sections is not looked into");

    library_init(&lib, "exit");
    lib.head.e_ident[0] = 'x';

    is_int(library_look(&lib, sizeof(lib), why), HPF_OK,
           "what is no library is left to the loader");
    is_int(hpf_library_look("/nowhere", why), HPF_OK, "and what is not there");
}


/* Nothing of a file is believed: with sanitizers this test tells. */

static void
wrong(void)
{
    int        bad;
    char       why[HPF_LIBRARY_WHY];
    unsigned   i, k, seed;
    library_t  lib;

    bad = 0;
    seed = 1;

    for (i = 0; i < WRONG; i++) {
        library_init(&lib, i % 2 ? "_exit" : "memcpy");

        for (k = 0; k < 1 + i % 4; k++) {
            seed = seed * 1103515245 + 12345;
            ((unsigned char *) &lib)[(seed >> 8) % sizeof(lib)] ^=
                (unsigned char) (1U << (seed >> 4) % 8);
        }

        bad += library_look(&lib, sizeof(lib), why) == HPF_DECLINED
               && why[0] == '\0';
    }

    is_int(bad, 0, "whatever is refused has a reason");
}


int
main(void)
{
    plan(0);

    calls();
    others();
    wrong();

    return done();
}
