/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The tokens that may be masked: strings under a key with a rule, numbers,
 * runs of digits.  One that the end of the input cuts off is held back and
 * becomes whole in m->hold, so that it is always judged as contiguous bytes
 * and the split cannot matter.
 */

#include <string.h>

#include "hpf_mask_token.h"


#define hpf_mask_is_digit(c)  ((unsigned) (c) - '0' <= 9)


static const unsigned char *hpf_mask_value_end(hpf_mask_t *m,
    const unsigned char *p);
static void hpf_mask_value_long(hpf_mask_t *m);
static const unsigned char *hpf_mask_number_end(const unsigned char *p,
    const unsigned char *end);
static unsigned hpf_mask_number_valid(const unsigned char *p,
    const unsigned char *end);
static unsigned hpf_mask_number_token(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned next);
static unsigned hpf_mask_number_kind(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
static unsigned hpf_mask_number_long(hpf_mask_t *m);
static void hpf_mask_number_again(hpf_mask_t *m, const unsigned char *p);
static void hpf_mask_again(hpf_mask_t *m, size_t from,
    const unsigned char *p);
static unsigned hpf_mask_run_flags(hpf_mask_t *m);
static void hpf_mask_run_found(hpf_mask_t *m, hpf_mask_run_t *run,
    const unsigned char *p);
static void hpf_mask_run_put(hpf_mask_t *m, const hpf_mask_run_t *run,
    const hpf_mask_cut_t *cut, unsigned kind);
static const unsigned char *hpf_mask_run_again(hpf_mask_t *m,
    const hpf_mask_run_t *run, const unsigned char *p, size_t n);
static unsigned hpf_mask_look_back(hpf_mask_t *m, const unsigned char *p);
static void hpf_mask_field(hpf_mask_t *m, unsigned kind);
static void hpf_mask_hold(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);


/* A string with a rule, from its first byte or from what is held back. */

const unsigned char *
hpf_mask_value(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t                n;
    const unsigned char  *q;

    q = hpf_mask_quote(m, p, end);
    n = (size_t) (q - p);

    if (m->nhold + n > HPF_MASK_VALUE_MAX) {
        hpf_mask_pass(m, p);
        hpf_mask_value_long(m);

        if (q == end) {
            m->pass = end;
            m->state = HPF_MASK_VALUE_REST;
            return end;
        }

        return hpf_mask_value_end(m, q);
    }

    if (q == end) {
        hpf_mask_hold(m, p, end);
        return end;
    }

    if (m->nhold) {
        memcpy(m->hold + m->nhold, p, n);
        m->nhold += n;

        hpf_mask_apply(m->shape, &m->out, m->hold, m->hold + m->nhold,
                       HPF_MASK_JSON_TEXT);

    } else {
        hpf_mask_pass(m, p);
        hpf_mask_apply(m->shape, &m->out, p, q, HPF_MASK_JSON_TEXT);
    }

    return hpf_mask_value_end(m, q);
}


static const unsigned char *
hpf_mask_value_end(hpf_mask_t *m, const unsigned char *p)
{
    hpf_mask_field(m, m->shape->kind);
    hpf_mask_next(m);

    m->number = 0;
    m->nhold = 0;
    m->pass = p;
    m->state = HPF_MASK_GAP;

    hpf_mask_move(m, p + 1);

    return p + 1;
}


static void
hpf_mask_value_long(hpf_mask_t *m)
{
    hpf_mask_stars(m->shape, &m->out, HPF_MASK_FIXED);
    m->nhold = 0;
}


const unsigned char *
hpf_mask_value_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    p = hpf_mask_quote(m, p, end);

    m->pass = p;

    if (p == end) {
        return p;
    }

    return hpf_mask_value_end(m, p);
}


/* What there is of it was meant to be masked. */

void
hpf_mask_value_last(hpf_mask_t *m)
{
    hpf_mask_apply(m->shape, &m->out, m->hold, m->hold + m->nhold,
                       HPF_MASK_JSON_TEXT);
    hpf_mask_field(m, m->shape->kind);

    m->nhold = 0;
}


const unsigned char *
hpf_mask_number_start(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char  *q;

    q = hpf_mask_number_end(p, end);

    if ((size_t) (q - p) > HPF_MASK_NUMBER_MAX) {
        hpf_mask_pass(m, p);
        m->number = 0;
        (void) hpf_mask_number_long(m);

        return p;
    }

    if (q == end) {
        m->state = HPF_MASK_NUMBER;
        hpf_mask_hold(m, p, end);

        return end;
    }

    if (hpf_mask_number_token(m, p, q, *q)) {
        return q;
    }

    m->number = 0;

    return p;
}


/* A number of which a part is held back. */

const unsigned char *
hpf_mask_number(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t                n;
    const unsigned char  *q;

    q = hpf_mask_number_end(p, end);
    n = (size_t) (q - p);

    if (m->nhold + n > HPF_MASK_NUMBER_MAX) {

        if (!hpf_mask_number_long(m)) {
            hpf_mask_number_again(m, p);
        }

        return p;
    }

    memcpy(m->hold + m->nhold, p, n);

    if (q == end) {
        m->nhold += n;
        m->pass = end;

        return end;
    }

    if (!hpf_mask_number_token(m, m->hold, m->hold + m->nhold + n, *q)) {
        hpf_mask_number_again(m, p);

        return p;
    }

    m->state = HPF_MASK_GAP;
    m->nhold = 0;
    m->pass = q;

    return q;
}


const unsigned char *
hpf_mask_number_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    p = hpf_mask_number_end(p, end);

    m->pass = p;

    if (p < end) {
        hpf_mask_next(m);
        m->number = 0;
        m->state = HPF_MASK_GAP;
    }

    return p;
}


void
hpf_mask_number_last(hpf_mask_t *m)
{
    if (!hpf_mask_number_token(m, m->hold, m->hold + m->nhold, ',')) {
        hpf_mask_number_again(m, NULL);
        return;
    }

    m->state = HPF_MASK_GAP;
    m->nhold = 0;
}


static const unsigned char *
hpf_mask_number_end(const unsigned char *p, const unsigned char *end)
{
    while (p < end) {

        if (!hpf_mask_is_digit(*p)
            && *p != '.' && *p != '-' && *p != '+'
            && *p != 'e' && *p != 'E')
        {
            break;
        }

        p++;
    }

    return p;
}


/* RFC 8259 section 6, but any number of leading zeros. */

static unsigned
hpf_mask_number_valid(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *digits;

    if (p < end && *p == '-') {
        p++;
    }

    for (digits = p; p < end && hpf_mask_is_digit(*p); p++) { /* void */ }

    if (p == digits) {
        return 0;
    }

    if (p < end && *p == '.') {

        for (digits = ++p; p < end && hpf_mask_is_digit(*p); p++) {
            /* void */
        }

        if (p == digits) {
            return 0;
        }
    }

    if (p == end) {
        return 1;
    }

    if (*p != 'e' && *p != 'E') {
        return 0;
    }

    p++;

    if (p < end && (*p == '+' || *p == '-')) {
        p++;
    }

    for (digits = p; p < end && hpf_mask_is_digit(*p); p++) { /* void */ }

    return p > digits && p == end;
}


/*
 * The number [p, end), before the byte next.  Returns 0 when it is not one of
 * JSON and has to be searched as text.
 */

static unsigned
hpf_mask_number_token(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned next)
{
    unsigned  held, masked;

    held = (m->state == HPF_MASK_NUMBER);
    masked = (m->shape != NULL && m->shape->kind != HPF_MASK_NONE);

    if (!masked
        && ((next > ' ' && next != ',' && next != ']' && next != '}')
            || !hpf_mask_number_valid(p, end)))
    {
        return 0;
    }

    if (!masked && m->shape == NULL && hpf_mask_number_kind(m, p, end)) {
        masked = 1;

    } else if (masked) {

        if (!held) {
            hpf_mask_pass(m, p);
        }

        hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);
        hpf_mask_apply(m->shape, &m->out, p, end, HPF_MASK_JSON_TEXT);
        hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);
        hpf_mask_field(m, m->shape->kind);

    } else if (held) {
        hpf_mask_put(&m->out, p, (size_t) (end - p));
    }

    if (masked && !held) {
        m->pass = end;
    }

    hpf_mask_next(m);

    m->number = 0;

    return 1;
}


/*
 * A whole number, or one with a fraction of zeros as some serializers write
 * it, that is found by its value becomes a string.
 */

static unsigned
hpf_mask_number_kind(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    unsigned              kind;
    hpf_mask_cut_t        cut;
    hpf_mask_run_t        run;
    const unsigned char  *q;

    if (end - p < HPF_IDENT_MOBILE_LEN) {
        return 0;
    }

    (void) hpf_mask_run_read(&run, p, end, HPF_MASK_RUN_LAST);

    q = run.end;

    if (q < end) {

        if (*q != '.') {
            return 0;
        }

        for (q++; q < end; q++) {

            if (*q != '0') {
                return 0;
            }
        }
    }

    run.left = HPF_MASK_ALONE;
    kind = hpf_mask_run_kind(&run, m->rules, &m->today, &cut);

    if (kind == HPF_MASK_NONE) {
        return 0;
    }

    if (m->state != HPF_MASK_NUMBER) {
        hpf_mask_pass(m, p);
    }

    hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);
    hpf_mask_run_put(m, &run, &cut, kind);
    hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);

    return 1;
}


/* Returns 0 when no rule says that it is to be masked. */

static unsigned
hpf_mask_number_long(hpf_mask_t *m)
{
    if (m->shape == NULL || m->shape->kind == HPF_MASK_NONE) {
        return 0;
    }

    hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);
    hpf_mask_stars(m->shape, &m->out, HPF_MASK_FIXED);
    hpf_mask_put(&m->out, (const unsigned char *) "\"", 1);
    hpf_mask_field(m, m->shape->kind);

    m->nhold = 0;
    m->state = HPF_MASK_NUMBER_REST;

    return 1;
}


/* What is held back is no number: it is searched as text. */

static void
hpf_mask_number_again(hpf_mask_t *m, const unsigned char *p)
{
    m->state = HPF_MASK_GAP;
    m->number = 0;

    hpf_mask_again(m, 0, p);
}


/*
 * Reads what is held back from the offset on once more in the present state,
 * as if it came before p.
 */

static void
hpf_mask_again(hpf_mask_t *m, size_t from, const unsigned char *p)
{
    size_t                n;
    unsigned char         text[HPF_MASK_RUN_BYTES];
    const unsigned char  *name;

    n = m->nhold - from;
    name = m->name;

    memcpy(text, m->hold + from, n);

    m->nhold = 0;
    m->nback = 0;
    m->copy = 1;

    hpf_mask_bytes(m, text, text + n);

    m->copy = 0;
    m->name = name;
    m->pass = p;
    m->floor = p;
}


/* Digits or an escape in a string or text. */

const unsigned char *
hpf_mask_run_start(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    int             rc;
    hpf_mask_run_t  run;

    m->resume = m->state;

    rc = hpf_mask_run_read(&run, p, end, hpf_mask_run_flags(m));

    if (rc == HPF_OK) {

        if (run.n >= HPF_IDENT_MOBILE_LEN) {
            run.left = hpf_mask_look_back(m, p);
            hpf_mask_run_found(m, &run, p);
        }

        hpf_mask_move(m, run.end);

        return run.end;
    }

    m->left = hpf_mask_look_back(m, p);
    m->over = (run.n > HPF_MASK_RUN_UNITS);
    m->state = HPF_MASK_RUN;

    hpf_mask_hold(m, m->over ? run.end : p, end);

    return end;
}


/* A run of which a part is held back, or has gone by when m->over. */

const unsigned char *
hpf_mask_run(hpf_mask_t *m, const unsigned char *p, const unsigned char *end)
{
    size_t          n, used;
    hpf_mask_run_t  run;

    n = HPF_MASK_RUN_BYTES - m->nhold;

    if (n > (size_t) (end - p)) {
        n = (size_t) (end - p);
    }

    memcpy(m->hold + m->nhold, p, n);

    if (hpf_mask_run_read(&run, m->hold, m->hold + m->nhold + n,
                          hpf_mask_run_flags(m))
        != HPF_OK)
    {
        return hpf_mask_run_again(m, &run, p, n);
    }

    run.left = m->left;
    hpf_mask_run_found(m, &run, m->hold);

    m->over = 0;
    m->state = m->resume;

    used = (size_t) (run.end - m->hold);

    if (used < m->nhold) {

        /* letters, or what an escape might have been */

        hpf_mask_again(m, used, p);
        return p;
    }

    p += used - m->nhold;

    m->nhold = 0;
    m->pass = p;
    hpf_mask_move(m, p);

    return p;
}


/* Still not whole: n bytes at p are held back too. */

static const unsigned char *
hpf_mask_run_again(hpf_mask_t *m, const hpf_mask_run_t *run,
    const unsigned char *p, size_t n)
{
    size_t  gone;

    m->nhold += n;
    m->pass = p + n;

    if (m->over || run->n > HPF_MASK_RUN_UNITS) {
        m->over = 1;
        gone = (size_t) (run->end - m->hold);

        hpf_mask_put(&m->out, m->hold, gone);

        m->nhold -= gone;
        memmove(m->hold, m->hold + gone, m->nhold);
    }

    return p + n;
}


void
hpf_mask_run_last(hpf_mask_t *m)
{
    hpf_mask_run_t        run;
    const unsigned char  *p, *end;

    p = m->hold;
    end = p + m->nhold;

    if (p < end) {
        (void) hpf_mask_run_read(&run, p, end,
                                 hpf_mask_run_flags(m) | HPF_MASK_RUN_LAST);
        run.left = m->left;
        hpf_mask_run_found(m, &run, p);
        hpf_mask_put(&m->out, run.end, (size_t) (end - run.end));
    }

    m->nhold = 0;
}


static unsigned
hpf_mask_run_flags(hpf_mask_t *m)
{
    return (m->resume == HPF_MASK_STRING) ? HPF_MASK_RUN_JSON : 0;
}


/* The whole run at p, in the input or in m->hold. */

static void
hpf_mask_run_found(hpf_mask_t *m, hpf_mask_run_t *run,
    const unsigned char *p)
{
    unsigned        kind;
    hpf_mask_cut_t  cut;

    kind = HPF_MASK_NONE;

    if (!m->over) {
        kind = hpf_mask_run_kind(run, m->rules, &m->today, &cut);
    }

    if (m->state == HPF_MASK_RUN) {

        if (kind == HPF_MASK_NONE) {
            hpf_mask_put(&m->out, p, (size_t) (run->end - p));
            return;
        }

        hpf_mask_run_put(m, run, &cut, kind);
        return;
    }

    if (kind != HPF_MASK_NONE) {
        hpf_mask_pass(m, p);
        hpf_mask_run_put(m, run, &cut, kind);
        m->pass = run->end;
    }
}


static void
hpf_mask_run_put(hpf_mask_t *m, const hpf_mask_run_t *run,
    const hpf_mask_cut_t *cut, unsigned kind)
{
    const unsigned char  *p;

    p = run->units[0];
    hpf_mask_put(&m->out, p, (size_t) (run->units[cut->left] - p));

    hpf_mask_stars(&m->rules->value[kind], &m->out, cut->stars);

    p = run->units[run->n - cut->right];
    hpf_mask_put(&m->out, p, (size_t) (run->units[run->n] - p));

    hpf_mask_field(m, kind);
}


/* What stands before p, in the input or at the end of the last one. */

static unsigned
hpf_mask_look_back(hpf_mask_t *m, const unsigned char *p)
{
    size_t    i, n;
    unsigned  class, left;

    left = HPF_MASK_ALONE;
    n = m->nback;

    for (i = 0; i < HPF_MASK_LETTERS; i++) {

        if (p > m->floor) {
            class = hpf_mask_letter(*--p);

        } else if (n > 0) {
            class = hpf_mask_letter(m->back[--n]);

        } else {
            break;
        }

        if (class == HPF_MASK_ALONE) {
            break;
        }

        if (left < class) {
            left = class;
        }
    }

    return left;
}


static void
hpf_mask_field(hpf_mask_t *m, unsigned kind)
{
    m->count++;
    m->counts[kind]++;
}


static void
hpf_mask_hold(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t  n;

    n = (size_t) (end - p);

    hpf_mask_pass(m, p);

    memcpy(m->hold + m->nhold, p, n);

    m->nhold += n;
    m->pass = end;
}
