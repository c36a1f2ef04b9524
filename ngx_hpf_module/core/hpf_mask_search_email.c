/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * E-mail addresses: up to 64 characters, "@", a domain with a point whose
 * last label begins with two letters or more, and ends where these end.
 */

#include "hpf_mask_search_part.h"


#define HPF_MASK_TLD  2


/* A domain as far as it has been read. */

typedef struct {
    unsigned                 labels;
    unsigned                 len;        /* of the label */
    unsigned                 letters;    /* that the label begins with */
    unsigned                 digits;     /* in a row, hyphens or not */
    unsigned                 n;          /* characters */
    unsigned                 good;       /* characters up to its end, or 0 */
    unsigned char            first[2];   /* characters of the first label */
    const unsigned char     *end;
} hpf_mask_domain_t;


static int hpf_mask_search_email_domain(const hpf_mask_part_t *t,
    const unsigned char *p, hpf_mask_domain_t *d);
static unsigned hpf_mask_search_email_label(const hpf_mask_part_t *t,
    hpf_mask_domain_t *d, const unsigned char *p, unsigned char c);
static void hpf_mask_search_email_good(hpf_mask_domain_t *d,
    const unsigned char *p);
static int hpf_mask_search_email_cut(const hpf_mask_part_t *t);


int
hpf_mask_search_email(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char *from, hpf_mask_hit_t *hit)
{
    int                   rc;
    size_t                len;
    unsigned              n;
    unsigned char         c, left[HPF_MASK_SEARCH_BACK];
    hpf_mask_part_t       view;
    hpf_mask_domain_t     d;
    const unsigned char  *start;

    p = hpf_mask_search_local(t, p);
    hpf_mask_search_left(t, p, left);
    hit->start = p;

    if (hpf_mask_search_is_local(left[0]) || left[0] == '@') {
        return HPF_DECLINED;
    }

    from = (from < p) ? from : p;
    view = *t;

    if (t->end - from > HPF_MASK_SEARCH_TAIL) {
        view.end = from + HPF_MASK_SEARCH_TAIL;
        view.more = 2;
    }

    start = NULL;
    n = 0;

    for ( ;; ) {
        len = hpf_mask_search_next(&view, p, &c);

        if (len == 0) {
            return hpf_mask_search_email_cut(&view);
        }

        if (!hpf_mask_search_is_local(c)) {
            break;
        }

        if (start == NULL && (hpf_mask_search_is_alnum(c) || c == '_')) {
            start = p;
        }

        n += (start != NULL);
        p += len;
    }

    if (c != '@' || n == 0 || n > HPF_MASK_LOCAL_MAX) {
        return HPF_DECLINED;
    }

    rc = hpf_mask_search_email_domain(&view, p + len, &d);

    if (rc != HPF_OK) {
        return rc;
    }

    hit->start = start;
    hit->end = d.end;
    hit->kind = HPF_MASK_EMAIL;
    hit->n = n + 1 + d.good;
    hit->left = (n > 1);
    hit->right = 1 + d.good;

    return HPF_OK;
}


const unsigned char *
hpf_mask_search_local(const hpf_mask_part_t *t, const unsigned char *p)
{
    unsigned              n;
    unsigned char         c;
    const unsigned char  *q;

    for (n = 0; n < HPF_MASK_LOCAL_MAX; n++) {
        q = hpf_mask_search_prev(t, p, &c);

        if (q == NULL || !hpf_mask_search_is_local(c)) {
            break;
        }

        p = q;
    }

    return p;
}


static int
hpf_mask_search_email_domain(const hpf_mask_part_t *t, const unsigned char *p,
    hpf_mask_domain_t *d)
{
    size_t         len;
    unsigned char  c;

    d->labels = 0;
    d->len = 0;
    d->letters = 0;
    d->digits = 0;
    d->n = 0;
    d->good = 0;

    for ( ;; ) {
        len = hpf_mask_search_next(t, p, &c);

        if (len == 0) {

            if (t->more) {
                return hpf_mask_search_email_cut(t);
            }

            break;
        }

        if (!hpf_mask_search_email_label(t, d, p, c)) {
            break;
        }

        d->n++;
        p += len;
    }

    hpf_mask_search_email_good(d, p);

    return d->good ? HPF_OK : HPF_DECLINED;
}


/*
 * The next character of a domain, 0 when it is none.  "icon@2x.png" is no
 * address, and neither is what has a number in its domain: the number is
 * what has to be found.
 */

static unsigned
hpf_mask_search_email_label(const hpf_mask_part_t *t, hpf_mask_domain_t *d,
    const unsigned char *p, unsigned char c)
{
    if (c == '.') {

        if (d->len == 0
            || (d->labels == 0
                && d->len == 2
                && hpf_mask_search_is_digit(d->first[0])
                && d->first[1] == 'x'))
        {
            return 0;
        }

        hpf_mask_search_email_good(d, p);

        d->labels++;
        d->len = 0;
        d->letters = 0;
        d->digits = 0;

        return 1;
    }

    if (!hpf_mask_search_is_alnum(c) && (c != '-' || d->len == 0)) {
        return 0;
    }

    if (d->labels == 0 && d->len < 2) {
        d->first[d->len] = c;
    }

    if (hpf_mask_search_is_letter(c)) {

        if (d->letters == d->len) {
            d->letters++;
        }

        d->digits = 0;

    } else {

        if (d->letters == d->len) {
            hpf_mask_search_email_good(d, p);
        }

        d->digits += (c != '-');

        if (d->digits >= (t->codes ? 6 : HPF_IDENT_MOBILE_LEN)) {

            if (d->good == 0) {
                d->n = 0;
                d->labels = 0;
            }

            return 0;
        }
    }

    d->len++;

    return 1;
}


/* A domain may end at p. */

static void
hpf_mask_search_email_good(hpf_mask_domain_t *d, const unsigned char *p)
{
    if (d->labels > 0 && d->letters >= HPF_MASK_TLD && d->letters == d->len) {
        d->good = d->n;
        d->end = p;
    }
}


static int
hpf_mask_search_email_cut(const hpf_mask_part_t *t)
{
    return (t->more == 1) ? HPF_AGAIN : HPF_DECLINED;
}
