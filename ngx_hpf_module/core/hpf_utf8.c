/*
 * Copyright (C) the HPF gateway authors
 */

/* A character is kept when as many bytes follow as its first one says. */

#include "hpf_utf8.h"

#include <stddef.h>
#include <string.h>


static size_t hpf_utf8_length(unsigned char first);


void
hpf_utf8_whole(char *text)
{
    char        *dst;
    size_t       i, n;
    const char  *p;

    dst = text;

    for (p = text; *p != '\0'; p += i) {
        n = hpf_utf8_length((unsigned char) *p);

        for (i = 1; i < n && (p[i] & 0xc0) == 0x80; i++) { /* void */ }

        if (i == n) {
            memmove(dst, p, n);
            dst += n;
        }
    }

    *dst = '\0';
}


/* 0, which is never reached, for a byte that is never the first */

static size_t
hpf_utf8_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }

    if (first < 0xc0 || first >= 0xf8) {
        return 0;
    }

    if (first < 0xe0) {
        return 2;
    }

    return (first < 0xf0) ? 3 : 4;
}
