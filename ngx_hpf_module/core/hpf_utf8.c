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


size_t
hpf_utf8_encode(unsigned char *dst, uint32_t cp)
{
    if (cp < 0x80) {
        dst[0] = (unsigned char) cp;
        return 1;
    }

    if (cp < 0x800) {
        dst[0] = (unsigned char) (0xc0 | cp >> 6);
        dst[1] = (unsigned char) (0x80 | (cp & 0x3f));
        return 2;
    }

    if (cp < 0x10000) {
        dst[0] = (unsigned char) (0xe0 | cp >> 12);
        dst[1] = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
        dst[2] = (unsigned char) (0x80 | (cp & 0x3f));
        return 3;
    }

    dst[0] = (unsigned char) (0xf0 | cp >> 18);
    dst[1] = (unsigned char) (0x80 | (cp >> 12 & 0x3f));
    dst[2] = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
    dst[3] = (unsigned char) (0x80 | (cp & 0x3f));

    return 4;
}
