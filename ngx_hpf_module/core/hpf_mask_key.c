/*
 * Copyright (C) the HPF gateway authors
 */

/* Rules for names of several parts; see the header. */

#include "hpf_mask_key.h"


static size_t hpf_mask_key_part(const unsigned char *name, size_t len);
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
    from = hpf_mask_key_part(name, to);

    if (from == 0) {
        return NULL;
    }

    while (from == to || hpf_mask_key_is_number(name + from, to - from)) {

        if (from == 0) {
            return NULL;
        }

        to = (from == to) ? from - 1 : from;
        from = hpf_mask_key_part(name, to);
    }

    return hpf_mask_rules_find(rules, name + from, to - from);
}


/* Where the last part of a name begins. */

static size_t
hpf_mask_key_part(const unsigned char *name, size_t len)
{
    while (len > 0 && !hpf_mask_key_divides(name[len - 1])) {
        len--;
    }

    return len;
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


/* . / : $ [ ] */

static unsigned
hpf_mask_key_divides(unsigned char c)
{
    return c < 64 ? (0x0400c01000000000ULL >> c) & 1 : c == '[' || c == ']';
}
