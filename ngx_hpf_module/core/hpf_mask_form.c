/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Pairs a=b&c=d, as in the body of a form, in the query of a URL or in a URL
 * with a query: what is before the first "?" of one is text.  Names are
 * decoded, and looked up whole and by their last part.  A pair that is dropped
 * goes with one "&".
 */

#include "hpf_mask.h"
#include "hpf_mask_int.h"
#include "hpf_mask_key.h"


#define HPF_MASK_FORM_KEY  512      /* coded bytes of a name with a rule */

#define hpf_mask_form_bit(c)  ((uint64_t) 1 << (c))


typedef enum {
    HPF_MASK_FORM_NAME = 0,
    HPF_MASK_FORM_LONG_NAME,        /* too long to have a rule */
    HPF_MASK_FORM_OTHER,            /* a value without a rule */
    HPF_MASK_FORM_SHOWN,
    HPF_MASK_FORM_VALUE,            /* a value to mask */
    HPF_MASK_FORM_REST,             /* what is replaced already */
    HPF_MASK_FORM_STATES
} hpf_mask_form_state_e;


/* HPF_AGAIN: it waits at *p for more. */

typedef int (*hpf_mask_form_pt)(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);


static int hpf_mask_form_name(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static int hpf_mask_form_long_name(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static int hpf_mask_form_text(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static int hpf_mask_form_shown(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static int hpf_mask_form_value(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static int hpf_mask_form_rest(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more);
static void hpf_mask_form_named(hpf_mask_t *m, const unsigned char *name,
    const unsigned char *p);
static const unsigned char *hpf_mask_form_next(hpf_mask_t *m,
    const unsigned char *p);
static int hpf_mask_form_search(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *to, unsigned more);
static uint64_t hpf_mask_form_name_ends(const hpf_mask_form_t *f);
static uint64_t hpf_mask_form_value_ends(const hpf_mask_form_t *f);
static const unsigned char *hpf_mask_form_find(const unsigned char *p,
    const unsigned char *end, uint64_t ends);
static size_t hpf_mask_form_decode(const unsigned char *p,
    const unsigned char *end, unsigned char *out);


static const hpf_mask_form_pt  hpf_mask_form_states[HPF_MASK_FORM_STATES] = {
    hpf_mask_form_name,
    hpf_mask_form_long_name,
    hpf_mask_form_text,
    hpf_mask_form_shown,
    hpf_mask_form_value,
    hpf_mask_form_rest
};

void
hpf_mask_form_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    hpf_mask_form_t  *f;

    (void) conf;

    f = &m->u.form;

    f->state = HPF_MASK_FORM_NAME;
    f->path = 1;
    f->url = 0;
    f->first = 1;
    f->amp = 0;
    f->shape = NULL;

    m->search.style = HPF_MASK_FORM_TEXT;
    hpf_mask_search_reset(&m->search);
}


const unsigned char *
hpf_mask_form_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    while (p < end) {

        if (hpf_mask_form_states[m->u.form.state](m, &p, end, more)
            == HPF_AGAIN)
        {
            break;
        }
    }

    return p;
}


/* A name waits until it is whole, and the "&" before it with it. */

static int
hpf_mask_form_name(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    hpf_mask_form_t      *f;
    const unsigned char  *q, *to, *name;

    f = &m->u.form;
    name = *p + f->amp;

    to = (end - name > HPF_MASK_FORM_KEY) ? name + HPF_MASK_FORM_KEY + 1 : end;
    q = hpf_mask_form_find(name, to, hpf_mask_form_name_ends(f));

    if (q == to && end - name > HPF_MASK_FORM_KEY) {
        f->amp = 0;
        f->state = HPF_MASK_FORM_LONG_NAME;
        *p = name;
        return HPF_OK;
    }

    if (q == end && more) {
        return HPF_AGAIN;
    }

    if (q < end && *q == '=') {
        hpf_mask_form_named(m, name, q);
        f->path = 0;
        f->amp = 0;
        *p = q + 1;
        return HPF_OK;
    }

    f->amp = 0;
    (void) hpf_mask_values(m, name, q, 0);
    hpf_mask_search_reset(&m->search);

    *p = (q < end) ? hpf_mask_form_next(m, q) : end;

    return HPF_OK;
}


static int
hpf_mask_form_long_name(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    hpf_mask_form_t      *f;
    const unsigned char  *q;

    f = &m->u.form;
    q = hpf_mask_form_find(*p, end, hpf_mask_form_name_ends(f));

    if (q == end) {
        return hpf_mask_form_search(m, p, end, more);
    }

    (void) hpf_mask_form_search(m, p, q, 0);

    if (*q == '=') {
        f->path = 0;
        f->state = HPF_MASK_FORM_OTHER;
        *p = q + 1;
        return HPF_OK;
    }

    *p = hpf_mask_form_next(m, q);

    return HPF_OK;
}


/* A value without a rule may be a URL with pairs of its own. */

static int
hpf_mask_form_text(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    uint64_t              ends;
    const unsigned char  *q;

    ends = hpf_mask_form_value_ends(&m->u.form) | hpf_mask_form_bit('?');
    q = hpf_mask_form_find(*p, end, ends);

    if (q == end) {
        return hpf_mask_form_search(m, p, end, more);
    }

    (void) hpf_mask_form_search(m, p, q, 0);
    *p = hpf_mask_form_next(m, q);

    return HPF_OK;
}


static int
hpf_mask_form_shown(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    (void) more;

    q = hpf_mask_form_find(*p, end, hpf_mask_form_value_ends(&m->u.form));
    *p = (q < end) ? hpf_mask_form_next(m, q) : end;

    return HPF_OK;
}


static int
hpf_mask_form_value(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    unsigned              whole;
    hpf_mask_form_t      *f;
    const unsigned char  *q, *to;

    f = &m->u.form;
    whole = (end - *p <= HPF_MASK_VALUE_MAX);

    to = whole ? end : *p + HPF_MASK_VALUE_MAX + 1;
    q = hpf_mask_form_find(*p, to, hpf_mask_form_value_ends(f));

    if (q == to && !whole) {
        hpf_mask_long_value(m, f->shape, *p, q);
        f->state = HPF_MASK_FORM_REST;
        *p = q;
        return HPF_OK;
    }

    if (q == end && more) {
        return HPF_AGAIN;
    }

    if (q > *p) {
        hpf_mask_value(m, f->shape, *p, q, HPF_MASK_FORM_TEXT);
    }

    *p = (q < end) ? hpf_mask_form_next(m, q) : end;

    return HPF_OK;
}


static int
hpf_mask_form_rest(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *end, unsigned more)
{
    hpf_mask_form_t      *f;
    const unsigned char  *q;

    (void) more;

    f = &m->u.form;
    q = hpf_mask_form_find(*p, end, hpf_mask_form_value_ends(f));

    /* the first pair goes with the "&" behind it */

    if (q < end && *q == '&' && f->shape->kind == HPF_MASK_DROP && f->first) {
        q++;
        hpf_mask_replace(m, *p, q);
        f->state = HPF_MASK_FORM_NAME;
        *p = q;
        return HPF_OK;
    }

    hpf_mask_replace(m, *p, q);
    *p = (q < end) ? hpf_mask_form_next(m, q) : end;

    return HPF_OK;
}


/* [name, p) is a name, and p the "=" behind it. */

static void
hpf_mask_form_named(hpf_mask_t *m, const unsigned char *name,
    const unsigned char *p)
{
    hpf_mask_form_t  *f;

    f = &m->u.form;

    f->shape = hpf_mask_form_rule(m->rules, name, p);

    if (f->shape == NULL) {
        f->state = HPF_MASK_FORM_OTHER;

    } else if (hpf_mask_shown(m, f->shape)) {
        f->state = HPF_MASK_FORM_SHOWN;

    } else if (f->shape->kind == HPF_MASK_DROP) {
        f->state = HPF_MASK_FORM_REST;
        hpf_mask_replace(m, name - f->amp, p + 1);
        hpf_mask_count(m, HPF_MASK_DROP);
        return;

    } else {
        f->state = HPF_MASK_FORM_VALUE;
    }

    (void) hpf_mask_values(m, name, p, 0);
    hpf_mask_search_reset(&m->search);
}


const hpf_mask_shape_t *
hpf_mask_form_rule(const hpf_mask_rules_t *rules, const unsigned char *name,
    const unsigned char *end)
{
    size_t         n;
    unsigned char  key[HPF_MASK_FORM_KEY];

    if (end - name > HPF_MASK_FORM_KEY) {
        return NULL;
    }

    n = hpf_mask_form_decode(name, end, key);

    return hpf_mask_key_find(rules, key, n);
}


/* The byte at p ends a value, or a name without one; what is behind it. */

static const unsigned char *
hpf_mask_form_next(hpf_mask_t *m, const unsigned char *p)
{
    hpf_mask_form_t  *f;

    f = &m->u.form;

    f->state = HPF_MASK_FORM_NAME;

    if (*p == '&') {
        f->path = 0;
        f->first = 0;
        f->amp = 1;
        return p;
    }

    f->first = 1;
    f->amp = 0;

    if (*p == '?' || *p == '#') {
        f->url |= f->path;
        f->path = 0;
    }

    return p + 1;
}


/* [*p, to) is text, and all of it unless more of it may follow. */

static int
hpf_mask_form_search(hpf_mask_t *m, const unsigned char **p,
    const unsigned char *to, unsigned more)
{
    *p = hpf_mask_values(m, *p, to, more);

    if (more) {
        return HPF_AGAIN;
    }

    hpf_mask_search_reset(&m->search);

    return HPF_OK;
}


static uint64_t
hpf_mask_form_name_ends(const hpf_mask_form_t *f)
{
    uint64_t  ends;

    ends = hpf_mask_form_value_ends(f)
           | hpf_mask_form_bit('=')
           | hpf_mask_form_bit('?');

    if (f->path) {
        ends |= hpf_mask_form_bit('/')
                | hpf_mask_form_bit(';')
                | hpf_mask_form_bit('#');
    }

    return ends;
}


static uint64_t
hpf_mask_form_value_ends(const hpf_mask_form_t *f)
{
    uint64_t  ends;

    ends = hpf_mask_form_bit('&');

    if (f->url) {
        ends |= hpf_mask_form_bit('#');
    }

    return ends;
}


static const unsigned char *
hpf_mask_form_find(const unsigned char *p, const unsigned char *end,
    uint64_t ends)
{
    while (p < end && (*p >= 64 || ((ends >> *p) & 1) == 0)) {
        p++;
    }

    return p;
}


/* "%" without two digits stays. */

static size_t
hpf_mask_form_decode(const unsigned char *p, const unsigned char *end,
    unsigned char *out)
{
    int             hi, lo;
    unsigned char  *start;

    start = out;

    while (p < end) {

        if (*p == '%' && end - p > 2) {
            hi = hpf_mask_hex(p[1]);
            lo = hpf_mask_hex(p[2]);

            if (hi >= 0 && lo >= 0) {
                *out++ = (unsigned char) (hi << 4 | lo);
                p += 3;
                continue;
            }
        }

        *out++ = (*p == '+') ? ' ' : *p;
        p++;
    }

    return (size_t) (out - start);
}
