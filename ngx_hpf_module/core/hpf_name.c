/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Names, see the header.  Which characters are letters of a language is not
 * asked: names have those of many, and new ones come with each Unicode.
 */


#include <stdint.h>
#include <string.h>

#include "hpf_name.h"


typedef struct {
    uint32_t  first;
    uint32_t  last;
} hpf_name_range_t;


static size_t hpf_name_get(const unsigned char *p, size_t len, uint32_t *cp);
static int hpf_name_in(uint32_t cp, const hpf_name_range_t *range, size_t n);
static int hpf_name_is_han(uint32_t cp);


#define hpf_name_of(cp, table)                                               \
    hpf_name_in(cp, table, sizeof(table) / sizeof((table)[0]))


/* controls, and what has no shape of its own */

static const hpf_name_range_t  hpf_name_unseen[] = {
    { 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
    { 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
    { 0x200b, 0x200f }, { 0x2028, 0x202e },
    { 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfeff, 0xfeff },
    { 0xffa0, 0xffa0 }, { 0xfff0, 0xffff }, { 0xe0000, 0xe007f }
};

static const hpf_name_range_t  hpf_name_blank[] = {
    { 0x0020, 0x0020 }, { 0x00a0, 0x00a0 }, { 0x1680, 0x1680 },
    { 0x2000, 0x200a }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
    { 0x3000, 0x3000 }
};

static const hpf_name_range_t  hpf_name_dots[] = {
    { '.', '.' }, { 0x2022, 0x2022 }, { 0x2027, 0x2027 }, { 0x22c5, 0x22c5 },
    { 0x30fb, 0x30fb }, { 0xff0e, 0xff0e }, { 0xff65, 0xff65 }
};

static const hpf_name_range_t  hpf_name_han[] = {
    { 0x3007, 0x3007 }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
    { 0xf900, 0xfaff }, { 0x20000, 0x3ffff }
};


int
hpf_name_is(const unsigned char *p, size_t len)
{
    size_t    i, n;
    uint32_t  cp;

    for (i = 0; i < len; i += n) {
        n = hpf_name_get(p + i, len - i, &cp);

        if (hpf_name_of(cp, hpf_name_unseen)) {
            return 0;
        }

        if ((i == 0 || i + n == len) && hpf_name_of(cp, hpf_name_blank)) {
            return 0;
        }
    }

    return len > 0;
}


size_t
hpf_name_spell(unsigned char *dst, const unsigned char *p, size_t len)
{
    size_t          i, n;
    uint32_t        cp, next, previous;
    unsigned char  *start;

    start = dst;
    previous = 0;

    for (i = 0; i < len; i += n) {
        n = hpf_name_get(p + i, len - i, &cp);
        next = 0;

        if (i + n < len) {
            (void) hpf_name_get(p + i + n, len - i - n, &next);
        }

        if (hpf_name_of(cp, hpf_name_dots) && hpf_name_is_han(previous)
            && hpf_name_is_han(next))
        {
            *dst++ = 0xc2;
            *dst++ = 0xb7;

        } else {
            memcpy(dst, p + i, n);
            dst += n;
        }

        previous = cp;
    }

    return dst - start;
}


/* Returns the bytes of one; of what is no UTF-8 each byte is one. */

static size_t
hpf_name_get(const unsigned char *p, size_t len, uint32_t *cp)
{
    size_t  i, n;

    n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;

    if (n == 1 || n > len) {
        *cp = p[0];
        return 1;
    }

    *cp = p[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        *cp = *cp << 6 | (p[i] & 0x3f);
    }

    return n;
}


static int
hpf_name_in(uint32_t cp, const hpf_name_range_t *range, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (cp >= range[i].first && cp <= range[i].last) {
            return 1;
        }
    }

    return 0;
}


static int
hpf_name_is_han(uint32_t cp)
{
    return hpf_name_of(cp, hpf_name_han);
}
