/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The search for values; see the header.
 *
 * Whether a value begins at a place depends on HPF_MASK_SEARCH_BACK
 * characters before it and on what follows, never on how the text is cut.
 * Places are looked at from left to right, so that the first one that needs
 * more text decides from where on text is kept.
 */

#include <string.h>

#include "hpf_mask_search_part.h"


#define hpf_mask_search_on(s, kind)  ((s)->rules->values >> (kind) & 1)

/* bytes of the shortest value, "a@b.cn" */
#define HPF_MASK_SEARCH_LEAST  6

#define HPF_MASK_SEARCH_KINDS  (1u << HPF_MASK_ID_CARD                        \
                                | 1u << HPF_MASK_MOBILE                       \
                                | 1u << HPF_MASK_BANK_CARD                    \
                                | 1u << HPF_MASK_EMAIL                        \
                                | 1u << HPF_MASK_PASSPORT                     \
                                | 1u << HPF_MASK_USCC                         \
                                | 1u << HPF_MASK_ID_CARD_15)


static void hpf_mask_search_stars(const hpf_mask_search_t *s,
    const hpf_mask_hit_t *hit, hpf_mask_sink_t *out, size_t n);
static void hpf_mask_search_part(hpf_mask_part_t *t, hpf_mask_search_t *s,
    const unsigned char *p, const unsigned char *end);
static int hpf_mask_search_look(const hpf_mask_part_t *t,
    const unsigned char *p, const unsigned char **floor,
    const unsigned char **next, hpf_mask_hit_t *hit);
static int hpf_mask_search_rest(const hpf_mask_part_t *t,
    const unsigned char *floor, hpf_mask_hit_t *hit);
static void hpf_mask_search_back(const hpf_mask_part_t *t,
    const unsigned char *p);
static void hpf_mask_search_shown(const hpf_mask_part_t *t,
    const hpf_mask_hit_t *hit);


int
hpf_mask_search(hpf_mask_search_t *s, const unsigned char *p,
    const unsigned char *end, unsigned more, hpf_mask_hit_t *hit)
{
    int                   rc;
    hpf_mask_part_t       t;
    const unsigned char  *next, *floor;

    if ((s->rules->values & HPF_MASK_SEARCH_KINDS) == 0) {
        return HPF_DECLINED;
    }

    if (end - p < HPF_MASK_SEARCH_LEAST && !more) {
        s->nback = 0;
        return HPF_DECLINED;
    }

    hpf_mask_search_part(&t, s, p, end);
    t.more = (more != 0);

    floor = p;
    next = p;

    for ( ;; ) {
        p = hpf_mask_search_seek(&t, next);

        if (p == end) {
            break;
        }

        rc = hpf_mask_search_look(&t, p, &floor, &next, hit);

        if (rc == HPF_OK) {
            hpf_mask_search_shown(&t, hit);
            return HPF_OK;
        }

        if (rc == HPF_AGAIN) {
            hpf_mask_search_back(&t, hit->start);
            return HPF_AGAIN;
        }
    }

    if (!t.more) {
        s->nback = 0;
        return HPF_DECLINED;
    }

    rc = hpf_mask_search_rest(&t, floor, hit);
    hpf_mask_search_back(&t, (rc == HPF_AGAIN) ? hit->start : end);

    return rc;
}


int
hpf_mask_search_number(hpf_mask_search_t *s, const unsigned char *p,
    const unsigned char *end, hpf_mask_hit_t *hit)
{
    unsigned              n, kind, prefix;
    const unsigned char  *q;

    for (n = 0; p + n < end && hpf_mask_search_is_digit(p[n]); n++) {

        if (n == HPF_IDENT_CARD_MAX) {
            return HPF_DECLINED;
        }
    }

    if (n < HPF_IDENT_MOBILE_LEN) {
        return HPF_DECLINED;
    }

    if (p + n < end) {

        for (q = p + n + 1; q < end && *q == '0'; q++) {
            /* void */
        }

        if (p[n] != '.' || q < end || q == p + n + 1) {
            return HPF_DECLINED;
        }
    }

    kind = hpf_mask_search_digits(s, p, n, &prefix);

    if (kind == HPF_MASK_NONE) {
        return HPF_DECLINED;
    }

    hit->start = p;
    hit->end = end;
    hpf_mask_search_found(s, hit, n, kind, prefix);

    return HPF_OK;
}


/* A fraction of zeros after a number is not put. */

void
hpf_mask_search_put(const hpf_mask_search_t *s, const hpf_mask_hit_t *hit,
    hpf_mask_sink_t *out)
{
    size_t                n, stars;
    unsigned              i;
    unsigned char         c;
    hpf_mask_part_t       t;
    const unsigned char  *p;

    if ((size_t) (hit->end - hit->start) == hit->n) {

        /* each byte is a character, and nothing is in between */

        hpf_mask_put(out, hit->start, hit->left);
        hpf_mask_search_stars(s, hit, out, hit->n - hit->left - hit->right);
        hpf_mask_put(out, hit->end - hit->right, hit->right);

        return;
    }

    hpf_mask_search_part(&t, (hpf_mask_search_t *) s, hit->start, hit->end);

    stars = 0;
    i = 0;

    for (p = hit->start; i < hit->n && p < hit->end; p += n) {
        n = hpf_mask_search_next(&t, p, &c);

        if (hit->kind == HPF_MASK_EMAIL || !hpf_mask_search_is_gap(c)) {
            i++;

            if (i > hit->left && i <= hit->n - hit->right) {
                stars++;
                continue;
            }
        }

        if (stars) {
            hpf_mask_search_stars(s, hit, out, stars);
            stars = 0;
        }

        hpf_mask_put(out, p, n);
    }

    hpf_mask_search_stars(s, hit, out, stars);
}


/* An e-mail address does not tell how long its local part is. */

static void
hpf_mask_search_stars(const hpf_mask_search_t *s, const hpf_mask_hit_t *hit,
    hpf_mask_sink_t *out, size_t n)
{
    if (hit->kind == HPF_MASK_EMAIL && n > 0) {
        n = hit->left ? HPF_MASK_FIXED : 1;
    }

    hpf_mask_stars_as(&s->rules->value[hit->kind], out, n, s->style);
}


static void
hpf_mask_search_part(hpf_mask_part_t *t, hpf_mask_search_t *s,
    const unsigned char *p, const unsigned char *end)
{
    static const unsigned char  escapes[] = { 0, '\\', '&', '%', 0 };

    t->s = s;
    t->start = p;
    t->end = end;
    t->more = 0;
    t->escape = escapes[s->style];
    t->email = hpf_mask_search_on(s, HPF_MASK_EMAIL);
    t->at = t->email ? '@' : 0xef;
    t->mark = t->escape ? t->escape : 0xef;
    t->codes = 0;
    t->run = 0;

    if (hpf_mask_search_on(s, HPF_MASK_USCC)) {
        t->codes = 1;
        t->run = 6;

    } else if (hpf_mask_search_on(s, HPF_MASK_PASSPORT)) {
        t->codes = 1;
        t->run = 7;

    } else if (s->rules->values & HPF_MASK_SEARCH_KINDS
               & ~(1u << HPF_MASK_EMAIL))
    {
        t->run = HPF_IDENT_MOBILE_LEN;
    }
}


/*
 * What is at p.  HPF_OK; HPF_AGAIN: hit->start; HPF_DECLINED: nothing, it goes
 * on at *next, and no value begins before *floor.
 */

static int
hpf_mask_search_look(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char **floor, const unsigned char **next,
    hpf_mask_hit_t *hit)
{
    int                   rc;
    size_t                n;
    unsigned char         c;
    const unsigned char  *start;

    p = hpf_mask_search_align(t, p, *floor);
    n = hpf_mask_search_next(t, p, &c);

    if (n == 0) {
        return hpf_mask_search_rest(t, *floor, hit);
    }

    *next = p + n;

    if (c == '@' && t->email) {
        return hpf_mask_search_email(t, p, p, hit);
    }

    if (t->run == 0
        || (!hpf_mask_search_is_digit(c) && !hpf_mask_search_is_gap(c)))
    {
        return HPF_DECLINED;
    }

    start = hpf_mask_search_start(t, p, *floor);

    if (start == p) {

        if (!hpf_mask_search_is_digit(c)) {
            return HPF_DECLINED;
        }

        if (n == 1 && !t->codes) {
            rc = hpf_mask_search_alone(t, p, next, hit);

            if (rc == HPF_DECLINED) {
                *floor = *next;
            }

            if (rc != HPF_AGAIN) {
                return rc;
            }
        }
    }

    rc = hpf_mask_search_run(t, start, floor, hit);

    if (*floor > start) {
        *next = *floor;
    }

    return rc;
}


/* What has to be kept at the end of a text when more follows. */

static int
hpf_mask_search_rest(const hpf_mask_part_t *t, const unsigned char *floor,
    hpf_mask_hit_t *hit)
{
    const unsigned char  *p, *q;

    p = hpf_mask_search_cut(t, floor);
    hit->start = p;

    if (t->run) {
        hit->start = hpf_mask_search_start(t, p, floor);
    }

    if (t->email) {
        q = hpf_mask_search_local(t, p);

        if (q < hit->start && t->end - q <= HPF_MASK_SEARCH_TAIL) {
            hit->start = q;
        }
    }

    return (hit->start < t->end) ? HPF_AGAIN : HPF_DECLINED;
}


static void
hpf_mask_search_back(const hpf_mask_part_t *t, const unsigned char *p)
{
    unsigned       i, n;
    unsigned char  left[HPF_MASK_SEARCH_BACK];

    hpf_mask_search_left(t, p, left);

    for (n = HPF_MASK_SEARCH_BACK; n > 0 && left[n - 1] == 0; n--) {
        /* void */
    }

    for (i = 0; i < n; i++) {
        t->s->back[i] = left[n - 1 - i];
    }

    t->s->nback = n;
}


/* After a value what is before the text is what is shown of it. */

static void
hpf_mask_search_shown(const hpf_mask_part_t *t, const hpf_mask_hit_t *hit)
{
    unsigned                 i, n, bytes;
    unsigned char            c, mask;
    const unsigned char     *p;
    const hpf_mask_shape_t  *shape;

    shape = &t->s->rules->value[hit->kind];
    mask = (shape->nch == 1) ? shape->ch[0] : HPF_MASK_OTHER;
    bytes = ((size_t) (hit->end - hit->start) == hit->n);

    if (bytes && hit->n >= HPF_MASK_SEARCH_BACK) {
        memcpy(t->s->back, hit->end - HPF_MASK_SEARCH_BACK,
               HPF_MASK_SEARCH_BACK);

        if (hit->right < HPF_MASK_SEARCH_BACK) {
            memset(t->s->back, mask, HPF_MASK_SEARCH_BACK - hit->right);
        }

        t->s->nback = HPF_MASK_SEARCH_BACK;

        return;
    }

    p = hit->end;
    n = 0;

    for (i = HPF_MASK_SEARCH_BACK; i > 0 && p > hit->start; i--) {

        if (bytes) {
            c = *--p;

        } else {
            p = hpf_mask_search_prev(t, p, &c);
        }

        if (hit->kind == HPF_MASK_EMAIL || !hpf_mask_search_is_gap(c)) {

            if (n++ >= hit->right) {
                c = mask;
            }
        }

        t->s->back[i - 1] = c;
    }

    n = HPF_MASK_SEARCH_BACK - i;

    if (i > 0) {
        memmove(t->s->back, t->s->back + i, n);
    }

    t->s->nback = n;
}
