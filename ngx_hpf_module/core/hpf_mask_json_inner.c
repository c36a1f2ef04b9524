/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON inside of JSON strings: {"data":"{\"name\":\"张三\"}"}, and once more
 * inside of that.  There a quote has one backslash before it, or three, and
 * what is a key and a value is told as outside of strings.  All else in a
 * string without a rule is searched for values.
 */

#include <string.h>

#include "hpf_mask_json_int.h"


#define HPF_MASK_JSON_INNER_KEY    256    /* bytes of a key, as written */
#define HPF_MASK_JSON_INNER_SPACE  64

/* further from its beginning the colon of a key does not come */
#define HPF_MASK_JSON_INNER_TAIL                                              \
    (HPF_MASK_JSON_INNER_KEY + HPF_MASK_JSON_INNER_SPACE + 16)


/* A quote with its backslashes, and what is behind it. */

typedef struct {
    const unsigned char  *start;
    const unsigned char  *after;
    unsigned              level;        /* 0: it is none of these */
} hpf_mask_json_quote_t;


static const unsigned char *hpf_mask_json_inner_text(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_inner_key(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more,
    const unsigned char **tail);
static const hpf_mask_shape_t *hpf_mask_json_inner_rule(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned level);
static const unsigned char *hpf_mask_json_inner_colon(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_inner_value(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_inner_hidden(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_inner_number(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_inner_comma(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static void hpf_mask_json_inner_put_quote(hpf_mask_t *m);
static unsigned hpf_mask_json_inner_find(const unsigned char *p,
    const unsigned char *end, hpf_mask_json_quote_t *quote);
static const unsigned char *hpf_mask_json_inner_close(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end,
    hpf_mask_json_quote_t *quote);
static size_t hpf_mask_json_inner_slashes(const unsigned char *p,
    const unsigned char *end);
static const unsigned char *hpf_mask_json_inner_tail(const unsigned char *p,
    const unsigned char *end);
static const unsigned char *hpf_mask_json_inner_space(const unsigned char *p,
    const unsigned char *end);


/* By hpf_mask_json_inner_e. */

static const hpf_mask_run_pt  hpf_mask_json_inner_states[] = {
    hpf_mask_json_inner_text,
    hpf_mask_json_inner_colon,
    hpf_mask_json_inner_value,
    hpf_mask_json_inner_hidden,
    hpf_mask_json_inner_number,
    hpf_mask_json_inner_comma
};


void
hpf_mask_json_inner_start(hpf_mask_t *m)
{
    m->search.style = HPF_MASK_JSON_TEXT;
    hpf_mask_search_reset(&m->search);

    m->u.json.inner.state = HPF_MASK_JSON_INNER_TEXT;
}


const unsigned char *
hpf_mask_json_inner(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    unsigned              state;
    const unsigned char  *q;

    while (p < end) {
        state = m->u.json.inner.state;

        q = hpf_mask_json_inner_states[state](m, p, end, more);

        if (q == p && m->u.json.inner.state == state) {
            break;
        }

        p = q;
    }

    return p;
}


/* What is no value with a rule, up to the colon behind a key with one. */

static const unsigned char *
hpf_mask_json_inner_text(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *colon, *tail;

    tail = end;
    colon = NULL;

    if (memchr(p, '\\', (size_t) (end - p)) != NULL) {
        colon = hpf_mask_json_inner_key(m, p, end, more, &tail);
    }

    if (colon) {
        (void) hpf_mask_values(m, p, colon, 0);
        hpf_mask_search_reset(&m->search);

        m->u.json.inner.state = HPF_MASK_JSON_INNER_COLON;

        return colon;
    }

    /* behind a quote nothing goes on */

    return hpf_mask_values(m, p, tail, more && tail == end);
}


/*
 * The colon of the first key with a rule, or NULL; then from *tail on a key
 * may begin that is not all here.
 */

static const unsigned char *
hpf_mask_json_inner_key(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more, const unsigned char **tail)
{
    const unsigned char     *q, *begin[HPF_MASK_JSON_INNER_LEVELS + 1];
    hpf_mask_json_quote_t    quote;
    const hpf_mask_shape_t  *shape;

    memset(begin, 0, sizeof(begin));

    *tail = more ? hpf_mask_json_inner_tail(p, end) : end;

    for (q = p; hpf_mask_json_inner_find(q, end, &quote); q = quote.after) {

        if (quote.level == 0) {
            continue;
        }

        if (more && end - quote.start <= HPF_MASK_JSON_INNER_TAIL
            && quote.start < *tail)
        {
            *tail = quote.start;
        }

        q = hpf_mask_json_inner_space(quote.after, end);

        if (begin[quote.level] && q && q < end && *q == ':') {
            shape = hpf_mask_json_inner_rule(m, begin[quote.level], quote.start,
                                        quote.level);
            if (shape) {
                m->u.json.inner.shape = shape;
                m->u.json.inner.level = quote.level;

                return q;
            }
        }

        begin[quote.level] = quote.after;
    }

    return NULL;
}


/* The name, as it is written, has an escape more for each level. */

static const hpf_mask_shape_t *
hpf_mask_json_inner_rule(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned level)
{
    size_t                   len;
    unsigned                 i;
    unsigned char            name[2][HPF_MASK_KEY_MAX];
    const hpf_mask_shape_t  *shape;

    if (end - p > HPF_MASK_JSON_INNER_KEY) {
        return NULL;
    }

    len = (size_t) (end - p);

    for (i = 0; i <= level; i++) {
        p = hpf_mask_json_name(p, p + len, name[i & 1], &len);

        if (p == NULL) {
            return NULL;
        }
    }

    shape = hpf_mask_rules_find(m->rules, p, len);

    return (shape && !hpf_mask_is_shown(m, shape)) ? shape : NULL;
}


/* At a colon or in an array: a value, or something that is none. */

static const unsigned char *
hpf_mask_json_inner_colon(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char    *q, *s;
    hpf_mask_json_inner_t  *inner;
    hpf_mask_json_quote_t   quote;

    inner = &m->u.json.inner;

    if (*p == ':') {
        inner->arrays = 0;
    }

    q = hpf_mask_json_inner_space(p + 1, end);

    if (q && more && end - q <= 8) {

        /* a quote and its backslashes may be cut off */

        return p;
    }

    inner->state = HPF_MASK_JSON_INNER_TEXT;

    if (q == NULL || q == end) {
        return p + 1;
    }

    if (*q == '[') {
        inner->arrays++;
        inner->state = HPF_MASK_JSON_INNER_COLON;

        return q;
    }

    if (inner->arrays && (*q == ']' || (*q >= 'a' && *q <= 'z'))) {

        /* null, true, false, or none of them */

        for (s = q; q < end && q - s < 5 && *q >= 'a' && *q <= 'z'; q++) {
            /* void */
        }

        inner->state = HPF_MASK_JSON_INNER_COMMA;

        return q;
    }

    if (*q == '-' || (*q >= '0' && *q <= '9')) {
        inner->state = HPF_MASK_JSON_INNER_NUMBER;
        return q;
    }

    if (*q == '\\' && hpf_mask_json_inner_find(q, end, &quote)
        && quote.start == q && quote.level == inner->level)
    {
        inner->state = HPF_MASK_JSON_INNER_VALUE;
        return quote.after;
    }

    return p + 1;
}


static const unsigned char *
hpf_mask_json_inner_value(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char    *q;
    hpf_mask_json_inner_t  *inner;
    hpf_mask_json_quote_t   quote;

    inner = &m->u.json.inner;

    q = hpf_mask_json_inner_close(m, p, end, &quote);

    if (q == NULL && more) {

        if (end - p <= HPF_MASK_VALUE_MAX + 8) {
            return p;
        }

        hpf_mask_long_value(m, inner->shape, p, p);
        inner->state = HPF_MASK_JSON_INNER_HIDDEN;

        return p;
    }

    q = q ? q : end;

    /* half of an escape that is in JSON in a string is none */

    if (q - p > HPF_MASK_VALUE_MAX
        || memchr(p, '\\', (size_t) (q - p)) != NULL)
    {
        hpf_mask_long_value(m, inner->shape, p, q);

    } else {
        hpf_mask_value(m, inner->shape, p, q, HPF_MASK_JSON_TEXT);
    }

    if (q == end) {
        return end;
    }

    inner->state = inner->arrays ? HPF_MASK_JSON_INNER_COMMA
                                 : HPF_MASK_JSON_INNER_TEXT;

    return quote.after;
}


static const unsigned char *
hpf_mask_json_inner_hidden(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char    *q;
    hpf_mask_json_quote_t   quote;

    q = hpf_mask_json_inner_close(m, p, end, &quote);

    if (q) {
        hpf_mask_replace(m, p, q);

        m->u.json.inner.state = m->u.json.inner.arrays
                                ? HPF_MASK_JSON_INNER_COMMA
                                : HPF_MASK_JSON_INNER_TEXT;
        return quote.after;
    }

    q = more ? hpf_mask_json_inner_tail(p, end) : end;

    hpf_mask_replace(m, p, q);

    return q;
}


/* It becomes a string, with quotes as they are there. */

static const unsigned char *
hpf_mask_json_inner_number(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char    *q;
    hpf_mask_json_inner_t  *inner;

    inner = &m->u.json.inner;

    q = hpf_mask_json_digits(p, end);

    if (q == end && more && end - p <= HPF_MASK_NUMBER) {
        return p;
    }

    hpf_mask_replace(m, p, p);
    hpf_mask_json_inner_put_quote(m);

    if (q - p > HPF_MASK_NUMBER) {
        hpf_mask_long_value(m, inner->shape, p, q);

    } else {
        hpf_mask_value(m, inner->shape, p, q, HPF_MASK_JSON_TEXT);
        hpf_mask_replace(m, q, q);
    }

    hpf_mask_json_inner_put_quote(m);

    inner->state = inner->arrays ? HPF_MASK_JSON_INNER_COMMA
                                 : HPF_MASK_JSON_INNER_TEXT;
    return q;
}


/* Behind an element, or before the end of an array. */

static const unsigned char *
hpf_mask_json_inner_comma(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char    *q;
    hpf_mask_json_inner_t  *inner;

    inner = &m->u.json.inner;

    q = hpf_mask_json_inner_space(p, end);

    if (q && more && end - q <= 8) {
        return p;
    }

    if (q && q < end && *q == ',') {
        inner->state = HPF_MASK_JSON_INNER_COLON;
        return q;
    }

    if (q && q < end && *q == ']') {
        inner->arrays--;

        if (inner->arrays) {
            return q + 1;
        }
    }

    inner->state = HPF_MASK_JSON_INNER_TEXT;

    return p;
}


static void
hpf_mask_json_inner_put_quote(hpf_mask_t *m)
{
    static const unsigned char  quote[] = "\\\\\\\"";

    size_t  n;

    n = ((size_t) 1 << m->u.json.inner.level);

    hpf_mask_put(&m->out, quote + sizeof(quote) - 1 - n, n);
}


/* The next quote in [p, end). */

static unsigned
hpf_mask_json_inner_find(const unsigned char *p, const unsigned char *end,
    hpf_mask_json_quote_t *quote)
{
    size_t                n;
    const unsigned char  *q;

    q = memchr(p, '"', (size_t) (end - p));

    if (q == NULL) {
        return 0;
    }

    /* before its own backslashes there may be some that are escaped */

    n = hpf_mask_json_inner_slashes(p, q);

    quote->level = (n % 4 == 1) ? 1 : (n % 8 == 3) ? 2 : 0;
    quote->start = q - ((size_t) 1 << quote->level) + 1;
    quote->after = q + 1;

    return 1;
}


/* The end of a value: a quote of its level, or one further out. */

static const unsigned char *
hpf_mask_json_inner_close(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, hpf_mask_json_quote_t *quote)
{
    const unsigned char  *q;

    for (q = p; hpf_mask_json_inner_find(q, end, quote); q = quote->after) {

        if (quote->level && quote->level <= m->u.json.inner.level) {
            return quote->start;
        }
    }

    return NULL;
}


/* How many backslashes are before end. */

static size_t
hpf_mask_json_inner_slashes(const unsigned char *p, const unsigned char *end)
{
    size_t  n;

    for (n = 0; end > p && *--end == '\\'; n++) { /* void */ }

    return n;
}


/* To those of them that tell what a quote behind end is. */

static const unsigned char *
hpf_mask_json_inner_tail(const unsigned char *p, const unsigned char *end)
{
    return end - hpf_mask_json_inner_slashes(p, end) % 8;
}


/* Behind white space, which is written as an escape; NULL: it is too long. */

static const unsigned char *
hpf_mask_json_inner_space(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *q, *s;

    for (q = p; q < end; /* void */ ) {

        for (s = q; s < end && s - q < 7 && *s == '\\'; s++) { /* void */ }

        if (s == q ? *q != ' '
                   : (s == end || (*s != 'n' && *s != 'r' && *s != 't')))
        {
            break;
        }

        q = s + 1;
    }

    return (q - p > HPF_MASK_JSON_INNER_SPACE) ? NULL : q;
}
