/*
 * Copyright (C) the HPF gateway authors
 */

/* Rules for names of several parts; see the header. */

#include "hpf_mask_key.h"


static unsigned hpf_mask_key_is_number(const unsigned char *p, size_t len);
static unsigned hpf_mask_key_divides(unsigned char c);


const hpf_mask_shape_t *
hpf_mask_key_find(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    size_t                   from, to;
    const hpf_mask_shape_t  *shape;

    if (hpf_mask_rules_may(rules, name, len)) {
        shape = hpf_mask_rules_find(rules, name, len);

        if (shape != NULL) {
            return shape;
        }
    }

    to = len;

    for ( ;; ) {

        while (to > 0 && hpf_mask_key_divides(name[to - 1])) {
            to--;
        }

        if (to == 0) {
            return NULL;
        }

        from = to;

        while (from > 0 && !hpf_mask_key_divides(name[from - 1])) {
            from--;
        }

        if (!hpf_mask_key_is_number(name + from, to - from)) {
            break;
        }

        to = from;
    }

    if (from == 0 && to == len) {
        return NULL;
    }

    return hpf_mask_rules_find(rules, name + from, to - from);
}


static unsigned
hpf_mask_key_is_number(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return 1;
}


static unsigned
hpf_mask_key_divides(unsigned char c)
{
    switch (c) {

    case '.':
    case ':':
    case '/':
    case '$':
    case '[':
    case ']':
        return 1;

    default:
        return 0;
    }
}
