/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Characters as the search for values sees them.
 */

#include "hpf_mask_search_part.h"


static size_t hpf_mask_search_wide(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);
static unsigned char hpf_mask_search_class(uint32_t cp);


size_t
hpf_mask_search_other(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    *c = *p;

    if (*p == t->escape && *p != 0) {
        return hpf_mask_search_escape(t, p, c);
    }

    if (*p < 0x80) {

        if (*p == '+' && t->escape == '%') {
            *c = ' ';
        }

        return 1;
    }

    return hpf_mask_search_wide(t, p, c);
}


size_t
hpf_mask_search_escape(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    size_t  n;

    if (t->escape == '\\') {
        return hpf_mask_search_json(t, p, c);
    }

    if (t->escape == '&') {
        return hpf_mask_search_xml(t, p, c);
    }

    n = hpf_mask_search_byte(t, p, c);

    return (n == 0 || *c < 0x80) ? n : hpf_mask_search_wide(t, p, c);
}


size_t
hpf_mask_search_json(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    size_t    n;
    uint32_t  cp;

    n = hpf_mask_escape(p, t->end, &cp);

    if (n == 0) {
        *c = HPF_MASK_OTHER;
        return t->more ? 0 : 1;
    }

    *c = hpf_mask_search_class(cp);

    /* no escape can hold a part of a UTF-8 character */

    return (n == 2 && p[1] >= 0x80) ? 1 : n;
}


size_t
hpf_mask_search_xml(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    size_t                n;
    uint32_t              cp;
    const unsigned char  *end;

    end = t->end;

    if (end - p > HPF_MASK_REF_MAX) {
        end = p + HPF_MASK_REF_MAX;
    }

    n = hpf_mask_reference(p, end, &cp);

    if (n == 0) {

        if (end == t->end && end - p < HPF_MASK_REF_MAX && t->more) {
            return 0;
        }

        n = 1;
        cp = '&';
    }

    *c = hpf_mask_search_class(cp);

    return n;
}


/* A byte as it is, or percent-coded. */

size_t
hpf_mask_search_byte(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    int  high, low;

    *c = *p;

    if (*p != '%' || t->escape != '%') {
        return 1;
    }

    if (t->end - p < 3) {

        if (t->end - p == 2 && hpf_mask_hex(p[1]) < 0) {
            return 1;
        }

        return t->more ? 0 : 1;
    }

    high = hpf_mask_hex(p[1]);
    low = hpf_mask_hex(p[2]);

    if (high < 0 || low < 0) {
        return 1;
    }

    *c = (unsigned char) (high << 4 | low);

    if (*c == 0) {
        *c = HPF_MASK_OTHER;
    }

    return 3;
}


/* UTF-8 of two or three bytes that has a class, otherwise only one byte. */

static size_t
hpf_mask_search_wide(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    size_t         n, len, first;
    unsigned       i;
    unsigned char  b[3];

    first = hpf_mask_search_byte(t, p, &b[0]);
    len = first;
    *c = HPF_MASK_OTHER;

    if (b[0] != 0xef && b[0] != 0xe3 && b[0] != 0xc2) {
        return len;
    }

    for (i = 1; i < 3; i++) {

        if (p + len == t->end) {
            return t->more ? 0 : first;
        }

        n = hpf_mask_search_byte(t, p + len, &b[i]);

        if (n == 0) {
            return 0;
        }

        len += n;

        if (b[0] == 0xc2) {

            if (b[1] != 0xa0) {
                return first;
            }

            *c = ' ';
            return len;
        }

        if (i == 1
            && ((b[0] == 0xe3) ? b[1] != 0x80 : (b[1] != 0xbc && b[1] != 0xbd)))
        {
            return first;
        }
    }

    *c = hpf_mask_search_class3(b[0], b[1], b[2]);

    return (*c == HPF_MASK_OTHER) ? first : len;
}


static unsigned char
hpf_mask_search_class(uint32_t cp)
{
    if (cp > 0 && cp < 0x80) {
        return (unsigned char) cp;
    }

    if (cp == 0xa0 || cp == 0x3000) {
        return ' ';
    }

    if ((cp >= 0xff10 && cp <= 0xff19)
        || (cp >= 0xff21 && cp <= 0xff3a)
        || (cp >= 0xff41 && cp <= 0xff5a)
        || cp == 0xff0b
        || cp == 0xff0d)
    {
        return (unsigned char) (cp - 0xfee0);
    }

    return HPF_MASK_OTHER;
}


unsigned char
hpf_mask_search_class3(unsigned char a, unsigned char b, unsigned char c)
{
    if ((a != 0xef && a != 0xe3) || (b & 0xc0) != 0x80 || (c & 0xc0) != 0x80) {
        return HPF_MASK_OTHER;
    }

    return hpf_mask_search_class((uint32_t) (a & 0x0f) << 12
                                 | (uint32_t) (b & 0x3f) << 6
                                 | (c & 0x3f));
}
