/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Characters before a place.  The same are seen, in the same places, as from
 * the start of the text, in malformed text too: otherwise a result would
 * depend on how text is cut.
 */

#include "hpf_mask_search_part.h"


#define HPF_MASK_ESC_MAX   6       /* bytes of "\u0031" */


static const unsigned char *hpf_mask_search_byte_before(
    const hpf_mask_part_t *t, const unsigned char *p, unsigned char *c);
static const unsigned char *hpf_mask_search_wide_before(
    const hpf_mask_part_t *t, const unsigned char *p, unsigned char *c);
static const unsigned char *hpf_mask_search_json_before(
    const hpf_mask_part_t *t, const unsigned char *p, unsigned char *c);
static unsigned hpf_mask_search_odd(const unsigned char *p,
    const unsigned char *start);


const unsigned char *
hpf_mask_search_prev(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    size_t                n;
    const unsigned char  *q;

    if (p == t->start) {
        return NULL;
    }

    *c = p[-1];

    switch (t->escape) {

    case '\\':

        if (*c < 0x80) {
            return hpf_mask_search_json_before(t, p, c);
        }

        break;

    case '&':

        if (*c != ';') {
            break;
        }

        for (q = p - 1; q > t->start && p - q < HPF_MASK_REF_MAX; q--) {

            if (q[-1] == '&') {
                n = hpf_mask_search_xml(t, q - 1, c);

                if (q - 1 + n == p) {
                    return q - 1;
                }

                break;
            }
        }

        *c = ';';

        return p - 1;

    case '%':
        q = hpf_mask_search_byte_before(t, p, c);

        if (*c < 0x80) {

            if (q + 1 == p && *c == '+') {
                *c = ' ';
            }

            return q;
        }

        break;

    default:
        break;
    }

    return (*c < 0x80) ? p - 1 : hpf_mask_search_wide_before(t, p, c);
}


void
hpf_mask_search_left(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char left[HPF_MASK_SEARCH_BACK])
{
    unsigned       i, n;
    unsigned char  c;

    for (i = 0; i < HPF_MASK_SEARCH_BACK; i++) {
        p = hpf_mask_search_prev(t, p, &c);

        if (p == NULL) {
            break;
        }

        if (c >= HPF_MASK_OTHER) {

            while (i < HPF_MASK_SEARCH_BACK) {
                left[i++] = 0;
            }

            return;
        }

        left[i] = c;

        if (!hpf_mask_search_is_local(c) && c != '@' && c != '*') {

            while (++i < HPF_MASK_SEARCH_BACK) {
                left[i] = 0;
            }

            return;
        }
    }

    for (n = t->s->nback; n > 0 && i < HPF_MASK_SEARCH_BACK; i++) {
        left[i] = t->s->back[--n];
    }

    while (i < HPF_MASK_SEARCH_BACK) {
        left[i++] = 0;
    }
}


const unsigned char *
hpf_mask_search_align(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char *floor)
{
    size_t                n;
    ptrdiff_t             max;
    unsigned char         c;
    const unsigned char  *q;

    if (t->escape == 0) {
        return p;
    }

    max = (t->escape == '&') ? HPF_MASK_REF_MAX - 1 : HPF_MASK_ESC_MAX - 1;

    if (*p == '\\' && t->escape == '\\') {
        return hpf_mask_search_odd(p, floor) ? p - 1 : p;
    }

    for (q = p; q > floor && p - q < max; /* void */ ) {
        q--;

        if (*q != t->escape) {
            continue;
        }

        if (*q == '\\' && hpf_mask_search_odd(q, floor)) {
            return p;
        }

        n = hpf_mask_search_escape(t, q, &c);

        return (n == 0 || q + n > p) ? q : p;
    }

    return p;
}


const unsigned char *
hpf_mask_search_cut(const hpf_mask_part_t *t, const unsigned char *floor)
{
    unsigned char         c;
    const unsigned char  *p;

    p = t->end;

    if (p - floor > HPF_MASK_REF_MAX) {
        floor = p - HPF_MASK_REF_MAX;
    }

    /* the earliest, so that a character of several escapes is kept whole */

    for (p = floor; p < t->end; p++) {

        if (*p < 0x80 && (*p != t->escape || *p == 0)) {
            continue;
        }

        if (*p == '\\' && hpf_mask_search_odd(p, t->start)) {
            continue;
        }

        if (hpf_mask_search_next(t, p, &c) == 0) {
            return p;
        }
    }

    return p;
}


static const unsigned char *
hpf_mask_search_byte_before(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    int  high, low;

    *c = p[-1];

    if (t->escape != '%' || p - t->start < 3 || p[-3] != '%') {
        return p - 1;
    }

    high = hpf_mask_hex(p[-2]);
    low = hpf_mask_hex(p[-1]);

    if (high < 0 || low < 0) {
        return p - 1;
    }

    *c = (unsigned char) (high << 4 | low);

    if (*c == 0) {
        *c = HPF_MASK_OTHER;
    }

    return p - 3;
}


static const unsigned char *
hpf_mask_search_wide_before(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    unsigned char         b[3];
    const unsigned char  *q, *last;

    last = hpf_mask_search_byte_before(t, p, &b[2]);
    *c = HPF_MASK_OTHER;

    if (last == t->start) {
        return last;
    }

    q = hpf_mask_search_byte_before(t, last, &b[1]);

    if (b[1] == 0xc2 && b[2] == 0xa0) {
        *c = ' ';
        return q;
    }

    if (q == t->start) {
        return last;
    }

    q = hpf_mask_search_byte_before(t, q, &b[0]);
    *c = hpf_mask_search_class3(b[0], b[1], b[2]);

    return (*c == HPF_MASK_OTHER) ? last : q;
}


static const unsigned char *
hpf_mask_search_json_before(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    if (p - t->start >= 6
        && p[-6] == '\\'
        && p[-5] == 'u'
        && hpf_mask_search_json(t, p - 6, c) == 6
        && !hpf_mask_search_odd(p - 6, t->start))
    {
        return p - 6;
    }

    if (p - t->start >= 2
        && p[-2] == '\\'
        && !hpf_mask_search_odd(p - 2, t->start))
    {
        if (hpf_mask_search_json(t, p - 2, c) == 2) {
            return p - 2;
        }

        *c = HPF_MASK_OTHER;
        return p - 2;
    }

    *c = (p[-1] == '\\') ? HPF_MASK_OTHER : p[-1];

    return p - 1;
}


/* Whether an odd number of backslashes is before p: p is escaped. */

static unsigned
hpf_mask_search_odd(const unsigned char *p, const unsigned char *start)
{
    const unsigned char  *q;

    q = p;

    while (q > start && q[-1] == '\\') {
        q--;
    }

    return (unsigned) (p - q) & 1;
}
