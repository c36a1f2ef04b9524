/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Characters around digits, and whose they are: a number's, a code's or an
 * e-mail address'.
 */

#include "hpf_mask_search_part.h"


static void hpf_mask_search_units(const hpf_mask_part_t *t,
    hpf_mask_units_t *u, const unsigned char *p);
static int hpf_mask_search_owner(const hpf_mask_part_t *t, int rc,
    hpf_mask_hit_t *hit);
static int hpf_mask_search_owned(const hpf_mask_part_t *t,
    const hpf_mask_hit_t *hit);
static unsigned hpf_mask_search_is_apart(unsigned c);
static unsigned hpf_mask_search_is_first(const hpf_mask_part_t *t,
    const unsigned char *p);


/*
 * Where the first number that holds the character at p may begin: back over
 * digits, single separators between them, and letters when they matter.
 */

const unsigned char *
hpf_mask_search_start(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char *floor)
{
    unsigned              n, gap;
    unsigned char         c;
    const unsigned char  *q, *start;

    start = p;
    gap = 0;

    if (p > floor
        && p[-1] < '0' && p[-1] != ' ' && p[-1] != '-' && p[-1] != '+')
    {
        return p;
    }

    for (n = 0; n < HPF_MASK_AHEAD && p > floor; n++) {
        q = hpf_mask_search_prev(t, p, &c);

        if (q == NULL || q < floor) {
            break;
        }

        p = q;

        if (hpf_mask_search_is_digit(c)
            || (t->codes && hpf_mask_search_is_letter(c)))
        {
            start = p;
            gap = 0;
            continue;
        }

        if (!hpf_mask_search_is_gap(c) || gap) {
            break;
        }

        gap = 1;
    }

    return start;
}


/* Reads on from p to well after the last digit that may matter. */

static void
hpf_mask_search_units(const hpf_mask_part_t *t, hpf_mask_units_t *u,
    const unsigned char *p)
{
    size_t         n;
    unsigned       i, last, far;
    unsigned char  c, left[HPF_MASK_SEARCH_BACK];

    hpf_mask_search_left(t, p, left);

    for (i = 0; i < HPF_MASK_SEARCH_BACK; i++) {
        u->c[i] = left[HPF_MASK_SEARCH_BACK - 1 - i];
    }

    far = t->codes ? HPF_IDENT_USCC_LEN + 2 : 6;
    last = i;
    n = 1;

    while (i < HPF_MASK_UNITS) {
        n = hpf_mask_search_next(t, p, &c);

        if (n == 0) {
            break;
        }

        u->at[i] = p;
        u->c[i++] = c;
        p += n;

        if (hpf_mask_search_is_digit(c)) {
            last = i;

        } else if (i - last > far || !hpf_mask_search_is_near(c)) {
            break;
        }
    }

    /* of that many characters without a digit the first ones are no code */

    if (i - last > far) {
        last = i - far;
    }

    u->n = i;
    u->ready = (i < HPF_MASK_UNITS) ? last : i - HPF_MASK_AHEAD;
    u->at[i] = p;
    u->c[i] = (n == 0 && t->more) ? HPF_MASK_CUT : 0;
}


/* The values that begin at or soon after p. */

int
hpf_mask_search_run(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char **floor, hpf_mask_hit_t *hit)
{
    int               rc;
    unsigned          i;
    hpf_mask_units_t  u;

    hpf_mask_search_units(t, &u, p);

    for (i = HPF_MASK_SEARCH_BACK; i < u.ready; i++) {
        rc = HPF_DECLINED;

        if (hpf_mask_search_is_digit(u.c[i])
            && !hpf_mask_search_is_digit(u.c[i - 1]))
        {
            rc = hpf_mask_search_number_at(t->s, &u, i, hit);
        }

        if (rc == HPF_DECLINED
            && t->codes
            && hpf_mask_search_is_alnum(u.c[i])
            && !hpf_mask_search_is_alnum(u.c[i - 1]))
        {
            rc = hpf_mask_search_code_at(t->s, &u, i, hit);
        }

        if (rc != HPF_DECLINED) {
            return t->email ? hpf_mask_search_owner(t, rc, hit) : rc;
        }
    }

    *floor = u.at[i];

    return HPF_DECLINED;
}


/*
 * A number may be a part of an e-mail address, which then is what is found;
 * rc says whether the number is decided.
 */

static int
hpf_mask_search_owner(const hpf_mask_part_t *t, int rc, hpf_mask_hit_t *hit)
{
    hpf_mask_hit_t        email;
    const unsigned char  *start;

    if (rc == HPF_OK) {
        rc = hpf_mask_search_owned(t, hit);

        if (rc == HPF_DECLINED) {
            return HPF_OK;
        }
    }

    if (rc == HPF_AGAIN) {
        start = hpf_mask_search_local(t, hit->start);

        if (t->end - start <= HPF_MASK_SEARCH_TAIL) {
            hit->start = start;
        }

        return HPF_AGAIN;
    }

    rc = hpf_mask_search_email(t, hit->end, hit->start, &email);

    if (rc == HPF_OK) {
        *hit = email;
        return HPF_OK;
    }

    if (rc == HPF_AGAIN) {
        hit->start = (email.start < hit->start) ? email.start : hit->start;
        return HPF_AGAIN;
    }

    /* what stays of the number must not make an address of what follows */

    hit->right = 0;

    return HPF_OK;
}


/* Whether "@" follows a number and characters that may stand before it. */

static int
hpf_mask_search_owned(const hpf_mask_part_t *t, const hpf_mask_hit_t *hit)
{
    size_t                n;
    unsigned              i;
    unsigned char         c;
    const unsigned char  *p;

    p = hit->end;

    for (i = 0; i <= HPF_MASK_LOCAL_MAX; i++) {
        n = hpf_mask_search_next(t, p, &c);

        if (p + n - hit->start > HPF_MASK_SEARCH_TAIL) {
            break;
        }

        if (n == 0) {
            return (t->more && t->end - hit->start <= HPF_MASK_SEARCH_TAIL)
                   ? HPF_AGAIN : HPF_DECLINED;
        }

        if (!hpf_mask_search_is_local(c)) {
            return (c == '@') ? HPF_OK : HPF_DECLINED;
        }

        p += n;
    }

    return HPF_DECLINED;
}


/*
 * Most rows of digits are serial numbers and times, and most values stand
 * alone: plain, in one piece, and beside nothing that matters.
 */

int
hpf_mask_search_alone(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char **next, hpf_mask_hit_t *hit)
{
    unsigned       n, max, kind, check, prefix;
    unsigned char  c;

    max = (t->end - p > HPF_MASK_AHEAD) ? HPF_MASK_AHEAD
                                        : (unsigned) (t->end - p);

    for (n = 0; n < max && hpf_mask_search_is_digit(p[n]); n++) {
        /* void */
    }

    if (n == HPF_MASK_AHEAD) {
        *next = p + n;
        return HPF_DECLINED;
    }

    check = (n == HPF_IDENT_ID_LEN - 1 && n < max && (p[n] | 0x20) == 'x');
    n += check;

    if (p + n < t->end) {
        c = p[n];

    } else if (t->more) {
        return HPF_AGAIN;

    } else {
        c = 0;
    }

    if (c >= 0x80
        || c == t->mark
        || c == '+'
        || hpf_mask_search_is_gap(c)
        || hpf_mask_search_is_letter(c))
    {
        return HPF_AGAIN;
    }

    kind = HPF_MASK_NONE;
    prefix = 0;

    if (n <= HPF_IDENT_CARD_MAX) {
        kind = hpf_mask_search_digits(t->s, p, n, &prefix);
    }

    if (kind == HPF_MASK_NONE && !check) {
        *next = p + n;
        return HPF_DECLINED;
    }

    if (kind == HPF_MASK_NONE
        || !hpf_mask_search_is_apart(c)
        || !hpf_mask_search_is_first(t, p))
    {
        return HPF_AGAIN;
    }

    hit->start = p;
    hit->end = p + n;
    hpf_mask_search_found(t->s, hit, n, kind, prefix);

    return HPF_OK;
}


/* Beside a number it says nothing of it, and is of no address. */

static unsigned
hpf_mask_search_is_apart(unsigned c)
{
    return !hpf_mask_search_is_near(c) && !hpf_mask_search_is_local(c)
           && c != '@';
}


/* Such a character is before p, or a space with no digit before it. */

static unsigned
hpf_mask_search_is_first(const hpf_mask_part_t *t, const unsigned char *p)
{
    unsigned char  c;

    p = hpf_mask_search_prev(t, p, &c);

    if (p != NULL && c == ' ') {
        p = hpf_mask_search_prev(t, p, &c);

        if (p != NULL) {
            return !hpf_mask_search_is_digit(c);
        }
    }

    return (p == NULL) ? t->s->nback == 0 : hpf_mask_search_is_apart(c);
}
