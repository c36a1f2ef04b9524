/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Numbers: ID cards, mobile telephones and bank cards, in one piece or in
 * groups.
 */

#include "hpf_mask_search_part.h"


#define HPF_MASK_DIGITS   19      /* of the longest number */
#define HPF_MASK_GROUPS   7
#define HPF_MASK_GROUP    3       /* characters of a group; the last: fewer */


/* Groups of digits that may be one number. */

typedef struct {
    unsigned         n;                          /* groups */
    unsigned         open;                       /* there may be more */
    unsigned char    gap;
    unsigned char    digits[HPF_MASK_DIGITS];
    unsigned         count[HPF_MASK_GROUPS];     /* digits up to its end */
    unsigned         end[HPF_MASK_GROUPS];       /* unit after the group */
} hpf_mask_chain_t;


static void hpf_mask_search_read(hpf_mask_chain_t *chain,
    const hpf_mask_units_t *u, unsigned i);
static int hpf_mask_search_value(const hpf_mask_search_t *s,
    const hpf_mask_units_t *u, const hpf_mask_chain_t *chain,
    unsigned group, hpf_mask_hit_t *hit);
static unsigned hpf_mask_search_mobile(const hpf_mask_chain_t *chain,
    unsigned prefix);
static unsigned hpf_mask_search_card(const hpf_mask_chain_t *chain,
    unsigned last);
static unsigned hpf_mask_search_prefix(const unsigned char *digits, unsigned n);


int
hpf_mask_search_number_at(const hpf_mask_search_t *s,
    const hpf_mask_units_t *u, unsigned i, hpf_mask_hit_t *hit)
{
    int               rc;
    unsigned          group;
    hpf_mask_chain_t  chain;

    hit->start = u->at[i];
    hpf_mask_search_read(&chain, u, i);

    if (chain.n == 0) {
        return chain.open ? HPF_AGAIN : HPF_DECLINED;
    }

    /* the first group alone, then all of them, then fewer */

    rc = hpf_mask_search_value(s, u, &chain, 0, hit);

    if (rc != HPF_DECLINED) {
        return rc;
    }

    if (chain.open) {
        return HPF_AGAIN;
    }

    for (group = chain.n - 1; group > 0; group--) {
        rc = hpf_mask_search_value(s, u, &chain, group, hit);

        if (rc != HPF_DECLINED) {
            return rc;
        }
    }

    return HPF_DECLINED;
}


static void
hpf_mask_search_read(hpf_mask_chain_t *chain, const hpf_mask_units_t *u,
    unsigned i)
{
    unsigned  n, len, last;

    n = 0;
    last = 0;

    chain->n = 0;
    chain->open = 0;
    chain->gap = 0;

    while (chain->n < HPF_MASK_GROUPS) {

        for (len = 0; hpf_mask_search_is_digit(u->c[i]); len++) {

            if (n == HPF_MASK_DIGITS) {
                return;
            }

            chain->digits[n++] = u->c[i++];
        }

        if (n == HPF_IDENT_ID_LEN - 1 && (u->c[i] | 0x20) == 'x') {
            chain->digits[n++] = u->c[i++];
            last = 1;
            len++;

            if (hpf_mask_search_is_digit(u->c[i])) {
                return;
            }
        }

        if (u->c[i] == HPF_MASK_CUT) {
            chain->open = 1;
            return;
        }

        chain->count[chain->n] = n;
        chain->end[chain->n] = i;
        chain->n++;

        if (last
            || len < HPF_MASK_GROUP
            || !hpf_mask_search_is_gap(u->c[i])
            || (chain->gap && u->c[i] != chain->gap))
        {
            return;
        }

        chain->gap = u->c[i++];

        if (u->c[i] == HPF_MASK_CUT) {
            chain->open = 1;
            return;
        }

        if (!hpf_mask_search_is_digit(u->c[i])) {
            return;
        }
    }
}


/* The value that ends with a group, HPF_DECLINED when there is none. */

static int
hpf_mask_search_value(const hpf_mask_search_t *s, const hpf_mask_units_t *u,
    const hpf_mask_chain_t *chain, unsigned group, hpf_mask_hit_t *hit)
{
    unsigned  i, n, end, kind, prefix, beside;

    n = chain->count[group];
    end = chain->end[group];
    i = end - n - group;

    kind = hpf_mask_search_digits(s, chain->digits, n, &prefix);

    if (kind == HPF_MASK_NONE) {
        return HPF_DECLINED;
    }

    beside = hpf_mask_search_beside(u, i, end);

    if (group > 0) {

        if (kind == HPF_MASK_ID_CARD_15
            || (kind == HPF_MASK_MOBILE
                && (group != 2 || !hpf_mask_search_mobile(chain, prefix)))
            || (kind == HPF_MASK_BANK_CARD
                && !hpf_mask_search_card(chain, group)))
        {
            return HPF_DECLINED;
        }

        if (chain->gap == '-') {
            beside |= hpf_mask_search_joined(u, i, end, kind);

        } else if (kind == HPF_MASK_BANK_CARD) {
            beside |= hpf_mask_search_longer(&u->c[end], chain->count[0]);
        }
    }

    if (beside & HPF_MASK_PART) {
        return HPF_DECLINED;
    }

    if (beside & HPF_MASK_OPEN) {
        return HPF_AGAIN;
    }

    if (kind != HPF_MASK_ID_CARD
        && ((beside & HPF_MASK_POINT)
            || (beside & (HPF_MASK_HEX|HPF_MASK_WORD)) == HPF_MASK_HEX))
    {
        return HPF_DECLINED;
    }

    hit->start = u->at[i];
    hit->end = u->at[end];
    hpf_mask_search_found(s, hit, n, kind, prefix);

    return HPF_OK;
}


void
hpf_mask_search_found(const hpf_mask_search_t *s, hpf_mask_hit_t *hit,
    unsigned n, unsigned kind, unsigned prefix)
{
    hpf_mask_cut_t           cut;
    const hpf_mask_shape_t  *shape;

    shape = &s->rules->value[kind];
    hpf_mask_cut(&cut, n, shape->left + prefix, shape->right);

    hit->kind = kind;
    hit->n = n;
    hit->left = (unsigned) cut.left;
    hit->right = (unsigned) cut.right;
}


unsigned
hpf_mask_search_digits(const hpf_mask_search_t *s,
    const unsigned char *digits, unsigned n, unsigned *prefix)
{
    unsigned  values;

    values = s->rules->values;
    *prefix = 0;

    if (n < HPF_IDENT_MOBILE_LEN) {
        return HPF_MASK_NONE;
    }

    if (n == HPF_IDENT_ID_LEN
        && (values >> HPF_MASK_ID_CARD & 1)
        && hpf_ident_is_id_card(digits, n, &s->today))
    {
        return HPF_MASK_ID_CARD;
    }

    if (n >= HPF_IDENT_CARD_MIN
        && (values >> HPF_MASK_BANK_CARD & 1)
        && hpf_ident_is_issued_card(digits, n))
    {
        return HPF_MASK_BANK_CARD;
    }

    if (n <= HPF_IDENT_MOBILE_LEN + 4 && (values >> HPF_MASK_MOBILE & 1)) {
        *prefix = hpf_mask_search_prefix(digits, n);

        if (hpf_ident_is_mobile(digits + *prefix, n - *prefix)) {
            return HPF_MASK_MOBILE;
        }
    }

    *prefix = 0;

    if (n == HPF_IDENT_OLD_ID_LEN
        && (values >> HPF_MASK_ID_CARD_15 & 1)
        && hpf_ident_is_old_id_card(digits, n, &s->today))
    {
        return HPF_MASK_ID_CARD_15;
    }

    return HPF_MASK_NONE;
}


/* Groups of three, four and four digits. */

static unsigned
hpf_mask_search_mobile(const hpf_mask_chain_t *chain, unsigned prefix)
{
    return chain->count[0] == prefix + 3 && chain->count[1] == prefix + 7;
}


/*
 * Groups of four to six digits and what is left, six digits and the rest, or
 * 4 6 5 and 4 6 4.  Any numbers side by side would make too many cards.
 */

static unsigned
hpf_mask_search_card(const hpf_mask_chain_t *chain, unsigned last)
{
    unsigned  i, n, size;

    n = chain->count[last];
    size = chain->count[0];

    if (last == 1 && size == 6) {
        return 1;
    }

    if (last == 2 && size == 4 && chain->count[1] == 10 && n <= 15) {
        return 1;
    }

    if (size < 4 || size > 6) {
        return 0;
    }

    for (i = 1; i < last; i++) {

        if (chain->count[i] != size * (i + 1)) {
            return 0;
        }
    }

    return n <= size * (last + 1);
}


/* The digits of 86 or 0086 before a mobile number. */

static unsigned
hpf_mask_search_prefix(const unsigned char *digits, unsigned n)
{
    n -= HPF_IDENT_MOBILE_LEN;

    if (n == 4 && digits[0] == '0' && digits[1] == '0') {
        digits += 2;

    } else if (n != 2) {
        return 0;
    }

    return (digits[0] == '8' && digits[1] == '6') ? n : 0;
}
