/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Characters of the styles; see the header.
 */

#include <string.h>

#include "hpf_mask_char.h"


typedef struct {
    const char  *name;
    uint32_t     cp;
} hpf_mask_entity_t;


static size_t hpf_mask_pair(const unsigned char *p, const unsigned char *end,
    uint32_t *cp);
static size_t hpf_mask_form_char(const unsigned char *p,
    const unsigned char *end, uint32_t *cp);
static size_t hpf_mask_form_byte(const unsigned char *p,
    const unsigned char *end, unsigned char *c);
static size_t hpf_mask_utf8(const unsigned char *p, const unsigned char *end,
    uint32_t *cp);


static const hpf_mask_entity_t  hpf_mask_entities[] = {
    { "amp;", '&' },
    { "lt;", '<' },
    { "gt;", '>' },
    { "quot;", '"' },
    { "apos;", '\'' },
    { "nbsp;", 0xa0 }
};


size_t
hpf_mask_char(const unsigned char *p, const unsigned char *end,
    unsigned style, uint32_t *cp)
{
    size_t  n;

    switch (style) {

    case HPF_MASK_JSON_TEXT:

        if (*p == '\\') {
            return hpf_mask_pair(p, end, cp);
        }

        break;

    case HPF_MASK_XML_TEXT:

        if (*p == '&') {
            n = hpf_mask_reference(p, end, cp);

            if (n == 0) {
                *cp = '&';
                return 1;
            }

            return n;
        }

        break;

    case HPF_MASK_FORM_TEXT:
        return hpf_mask_form_char(p, end, cp);

    case HPF_MASK_CSV_TEXT:

        if (*p == '"' && end - p > 1 && p[1] == '"') {
            *cp = '"';
            return 2;
        }

        break;

    default:
        break;
    }

    return hpf_mask_utf8(p, end, cp);
}


/* An escape, or two that are one character. */

static size_t
hpf_mask_pair(const unsigned char *p, const unsigned char *end, uint32_t *cp)
{
    size_t    n;
    uint32_t  low;

    n = hpf_mask_escape(p, end, cp);

    if (n == 0) {
        *cp = HPF_MASK_BAD;
        return 1;
    }

    if (*cp >= 0xd800 && *cp < 0xdc00
        && end - p >= 12
        && p[6] == '\\'
        && hpf_mask_escape(p + 6, end, &low) == 6
        && low >= 0xdc00 && low < 0xe000)
    {
        *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
        return 12;
    }

    return n;
}


size_t
hpf_mask_escape(const unsigned char *p, const unsigned char *end,
    uint32_t *cp)
{
    static const char  from[] = "\"\\/bfnrt";
    static const char  to[] = "\"\\/\b\f\n\r\t";

    int                digit;
    size_t             i;
    const char        *c;

    *cp = HPF_MASK_BAD;

    if (end - p < 2) {
        return 0;
    }

    if (p[1] != 'u') {
        c = (p[1] == '\0') ? NULL : strchr(from, p[1]);

        if (c != NULL) {
            *cp = (unsigned char) to[c - from];
        }

        return 2;
    }

    *cp = 0;

    for (i = 2; i < 6; i++) {

        if (p + i == end) {
            return 0;
        }

        digit = hpf_mask_hex(p[i]);

        if (digit < 0) {
            *cp = HPF_MASK_BAD;
            return 2;
        }

        *cp = *cp << 4 | (uint32_t) digit;
    }

    return 6;
}


size_t
hpf_mask_reference(const unsigned char *p, const unsigned char *end,
    uint32_t *cp)
{
    int                   digit;
    size_t                i, n;
    const unsigned char  *q;

    n = (size_t) (end - p);

    if (n > HPF_MASK_REF_MAX) {
        end = p + HPF_MASK_REF_MAX;
        n = HPF_MASK_REF_MAX;
    }

    if (n < 4) {
        return 0;
    }

    if (p[1] != '#') {

        for (i = 0; i < sizeof(hpf_mask_entities)
                        / sizeof(hpf_mask_entity_t); i++)
        {
            n = strlen(hpf_mask_entities[i].name);

            if ((size_t) (end - p) > n
                && memcmp(p + 1, hpf_mask_entities[i].name, n) == 0)
            {
                *cp = hpf_mask_entities[i].cp;
                return n + 1;
            }
        }

        return 0;
    }

    n = ((p[2] | 0x20) == 'x') ? 16 : 10;
    *cp = 0;

    for (q = p + (n == 16 ? 3 : 2); q < end; q++) {

        if (*q == ';' && q[-1] != '#' && (q[-1] | 0x20) != 'x') {

            if (*cp == 0
                || *cp > 0x10ffff
                || (*cp >= 0xd800 && *cp < 0xe000))
            {
                *cp = HPF_MASK_BAD;
            }

            return (size_t) (q + 1 - p);
        }

        digit = hpf_mask_hex(*q);

        if (digit < 0 || (n == 10 && digit > 9)) {
            return 0;
        }

        if (*cp <= 0x10ffff) {
            *cp = *cp * (uint32_t) n + (uint32_t) digit;
        }
    }

    return 0;
}


/* Bytes that are coded and bytes that are not may be one character. */

static size_t
hpf_mask_form_char(const unsigned char *p, const unsigned char *end,
    uint32_t *cp)
{
    size_t         i, n, len, at[4];
    unsigned char  utf8[4];

    if (*p == '+') {
        *cp = ' ';
        return 1;
    }

    n = hpf_mask_form_byte(p, end, &utf8[0]);

    if (n == 0) {
        *cp = HPF_MASK_BAD;
        return 1;
    }

    at[0] = n;

    for (i = 1; i < 4 && utf8[0] >= 0xc2 && p + at[i - 1] < end; i++) {
        n = hpf_mask_form_byte(p + at[i - 1], end, &utf8[i]);

        if (n == 0 || (utf8[i] & 0xc0) != 0x80) {
            break;
        }

        at[i] = at[i - 1] + n;
    }

    len = hpf_mask_utf8(utf8, utf8 + i, cp);

    return at[len - 1];
}


/* 0: "%" without two digits. */

static size_t
hpf_mask_form_byte(const unsigned char *p, const unsigned char *end,
    unsigned char *c)
{
    int  high, low;

    *c = *p;

    if (*p != '%') {
        return 1;
    }

    if (end - p < 3) {
        return 0;
    }

    high = hpf_mask_hex(p[1]);
    low = hpf_mask_hex(p[2]);

    if (high < 0 || low < 0) {
        return 0;
    }

    *c = (unsigned char) (high << 4 | low);

    return 3;
}


int
hpf_mask_hex(unsigned c)
{
    if (c >= '0' && c <= '9') {
        return (int) (c - '0');
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? (int) (c - 'a' + 10) : -1;
}


/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */

static size_t
hpf_mask_utf8(const unsigned char *p, const unsigned char *end, uint32_t *cp)
{
    size_t    i, n;
    uint32_t  c, least;

    c = *p;

    if (c < 0x80) {
        *cp = c;
        return 1;
    }

    /* Chinese, of which nothing can be overlong or a surrogate */

    if (c > 0xe0 && c < 0xed
        && end - p >= 3
        && (p[1] & 0xc0) == 0x80
        && (p[2] & 0xc0) == 0x80)
    {
        *cp = (c & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        return 3;
    }

    *cp = HPF_MASK_BAD;

    if (c >= 0xc2 && c < 0xe0) {
        n = 2;
        c &= 0x1f;
        least = 0x80;

    } else if (c >= 0xe0 && c < 0xf0) {
        n = 3;
        c &= 0x0f;
        least = 0x800;

    } else if (c >= 0xf0 && c < 0xf5) {
        n = 4;
        c &= 0x07;
        least = 0x10000;

    } else {
        return 1;
    }

    for (i = 1; i < n; i++) {

        if (p + i == end || (p[i] & 0xc0) != 0x80) {
            return 1;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return 1;
    }

    *cp = c;

    return n;
}
