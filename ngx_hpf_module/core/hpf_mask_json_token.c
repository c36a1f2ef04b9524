/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The tokens of JSON.  One that is whole in the input is judged there; one
 * that is longer than anything with a rule may be is not waited for, and goes
 * by in a state of its own.
 */

#include <string.h>

#include "hpf_mask_json_int.h"
#include "hpf_mask_scan.h"
#include "hpf_utf8.h"


#define hpf_mask_is_digit(c)  ((unsigned) (c) - '0' <= 9)


static const unsigned char *hpf_mask_json_cut(hpf_mask_t *m,
    const unsigned char *p);
static void hpf_mask_json_whole(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
static const unsigned char *hpf_mask_json_end(hpf_mask_t *m,
    const unsigned char *p);
static void hpf_mask_json_find_key(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
static size_t hpf_mask_json_unescape(unsigned char *dst,
    const unsigned char *p, size_t len);
static unsigned hpf_mask_json_is_number(const unsigned char *p,
    const unsigned char *end);
static const unsigned char *hpf_mask_json_number_value(hpf_mask_t *m,
    const hpf_mask_shape_t *shape, const unsigned char *p,
    const unsigned char *end);
static void hpf_mask_json_number_find(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);


const unsigned char  hpf_mask_json_signs[256] = {
    ['\n'] = 1, ['"'] = 1, [','] = 1, [':'] = 1,
    ['['] = 1, [']'] = 1, ['{'] = 1, ['}'] = 1
};


const unsigned char *
hpf_mask_json_string(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    ptrdiff_t             max;
    const unsigned char  *q;

    if (hpf_mask_json_drops(m)) {
        hpf_mask_json_drop_value(m, p);
        return p;
    }

    q = hpf_mask_json_quote(m, p + 1, end);

    if (q < end && *q != '\\') {
        hpf_mask_json_whole(m, p + 1, q);
        return hpf_mask_json_end(m, q);
    }

    if (!more) {

        /* what there is of it */

        hpf_mask_json_whole(m, p + 1, end);
        return end;
    }

    max = m->u.json.shape ? HPF_MASK_VALUE_MAX : HPF_MASK_JSON_KEY;

    return (end - p - 1 <= max) ? p : hpf_mask_json_cut(m, p + 1);
}


const unsigned char *
hpf_mask_json_field(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char     *q, *value;
    const hpf_mask_shape_t  *shape;

    shape = m->u.json.key;
    value = p;

    if (m->u.json.lines || end - p < 3 || *value++ != ':') {
        return p;
    }

    if (*value == ' ') {
        value++;
    }

    if (*value++ != '"') {
        return p;
    }

    q = hpf_mask_scan_quote(value, end);

    if (q == end || *q != '"' || q - value > HPF_MASK_VALUE_MAX) {
        return p;
    }

    /* without a backslash it is as plain text */

    if (!hpf_mask_shown(m, shape)) {
        hpf_mask_value(m, shape, value, q, HPF_MASK_PLAIN);
    }

    hpf_mask_json_next(m);

    return q + 1;
}


/* The inside of a string at p is too long to be waited for. */

static const unsigned char *
hpf_mask_json_cut(hpf_mask_t *m, const unsigned char *p)
{
    const hpf_mask_shape_t  *shape;

    shape = m->u.json.shape;

    if (shape == NULL) {
        hpf_mask_json_inner_start(m);
        m->u.json.state = HPF_MASK_JSON_STRING;

    } else if (hpf_mask_shown(m, shape)) {
        m->u.json.state = HPF_MASK_JSON_SHOWN;

    } else {
        hpf_mask_long_value(m, shape, p, p);
        m->u.json.state = HPF_MASK_JSON_HIDDEN;
    }

    return p;
}


/* [p, end) is the inside of a whole string. */

static void
hpf_mask_json_whole(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const hpf_mask_shape_t  *shape;

    shape = m->u.json.shape;

    if (shape == NULL) {
        hpf_mask_json_inner_start(m);
        (void) hpf_mask_json_inner(m, p, end, 0);

    } else if (!hpf_mask_shown(m, shape)) {

        if (end - p > HPF_MASK_VALUE_MAX) {
            hpf_mask_long_value(m, shape, p, end);

        } else {
            hpf_mask_value(m, shape, p, end, HPF_MASK_JSON_TEXT);
        }
    }

    hpf_mask_json_next(m);

    if (shape == NULL) {
        hpf_mask_json_find_key(m, p, end);
    }
}


/* The string ends at p, with a quote, or with the line. */

static const unsigned char *
hpf_mask_json_end(hpf_mask_t *m, const unsigned char *p)
{
    m->u.json.state = HPF_MASK_JSON_GAP;

    return (*p == '"') ? p + 1 : p;
}


static void
hpf_mask_json_find_key(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t         len;
    unsigned char  name[HPF_MASK_KEY_MAX];

    p = hpf_mask_json_name(p, end, name, &len);

    m->u.json.key = p ? hpf_mask_rules_find(m->rules, p, len) : NULL;

    if (m->rules->npaths) {
        hpf_mask_json_path_name(m, p, len);
    }
}


/* NULL: it is too long to be a key with a rule. */

const unsigned char *
hpf_mask_json_name(const unsigned char *p, const unsigned char *end,
    unsigned char name[HPF_MASK_KEY_MAX], size_t *len)
{
    size_t         n;
    unsigned char  text[HPF_MASK_JSON_KEY];

    n = (size_t) (end - p);
    *len = n;

    if (n > HPF_MASK_JSON_KEY) {
        return NULL;
    }

    if (memchr(p, '\\', n) == NULL) {
        return (n <= HPF_MASK_KEY_MAX) ? p : NULL;
    }

    n = hpf_mask_json_unescape(text, p, n);

    if (n > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    memcpy(name, text, n);
    *len = n;

    return name;
}


/* Escapes to UTF-8, which is never longer; what is malformed stays. */

static size_t
hpf_mask_json_unescape(unsigned char *dst, const unsigned char *p, size_t len)
{
    size_t                n;
    uint32_t              cp;
    unsigned char        *d;
    const unsigned char  *end;

    d = dst;
    end = p + len;

    while (p < end) {
        n = hpf_mask_char(p, end, HPF_MASK_JSON_TEXT, &cp);

        if (*p != '\\' || cp == HPF_MASK_BAD) {
            memcpy(d, p, n);
            d += n;

        } else {
            d += hpf_utf8_encode(d, cp);
        }

        p += n;
    }

    return (size_t) (d - dst);
}


const unsigned char *
hpf_mask_json_quote(const hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char  *q, *lf;

    for (q = p; /* void */ ; q += 2) {
        q = hpf_mask_scan_quote(q, end);

        if (q == end || *q == '"' || end - q < 2) {
            break;
        }
    }

    if (m->u.json.lines) {
        lf = memchr(p, '\n', (size_t) (q - p));

        if (lf) {
            return lf;
        }
    }

    return q;
}


const unsigned char *
hpf_mask_json_string_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    unsigned              whole;
    const unsigned char  *q, *r;

    q = hpf_mask_json_quote(m, p, end);
    whole = (q < end && *q != '\\');

    if (!whole) {
        q = end;
    }

    r = hpf_mask_json_inner(m, p, q, more && !whole);

    if (!whole) {
        return r;
    }

    hpf_mask_json_next(m);

    if (m->rules->npaths) {
        hpf_mask_json_path_name(m, NULL, HPF_MASK_KEY_MAX + 1);
    }

    return hpf_mask_json_end(m, q);
}


const unsigned char *
hpf_mask_json_shown_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    q = hpf_mask_json_quote(m, p, end);

    if (q < end && *q != '\\') {
        hpf_mask_json_next(m);
        return hpf_mask_json_end(m, q);
    }

    return more ? q : end;
}


const unsigned char *
hpf_mask_json_hidden_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    q = hpf_mask_json_quote(m, p, end);

    if (q < end && *q != '\\') {
        hpf_mask_replace(m, p, q);
        hpf_mask_json_next(m);
        return hpf_mask_json_end(m, q);
    }

    q = more ? q : end;

    hpf_mask_replace(m, p, q);

    return q;
}


const unsigned char *
hpf_mask_json_number(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char     *q;
    const hpf_mask_shape_t  *shape;

    if (!m->u.json.number) {
        return hpf_mask_json_word(m, p, end, more);
    }

    if (hpf_mask_json_drops(m)) {
        hpf_mask_json_drop_value(m, p);
        return p;
    }

    q = hpf_mask_json_digits(p, end);

    if (q == end && more && end - p <= HPF_MASK_NUMBER) {
        return p;
    }

    shape = m->u.json.shape;

    if (shape) {
        return hpf_mask_json_number_value(m, shape, p, q);
    }

    if (q - p > HPF_MASK_NUMBER
        || (q < end && *q > ' ' && *q != ',' && *q != ']' && *q != '}')
        || !hpf_mask_json_is_number(p, q))
    {
        return hpf_mask_json_word(m, p, end, more);
    }

    hpf_mask_json_number_find(m, p, q);
    hpf_mask_json_next(m);

    return q;
}


/* The number [p, end), or more than one can be of it, under a rule. */

static const unsigned char *
hpf_mask_json_number_value(hpf_mask_t *m, const hpf_mask_shape_t *shape,
    const unsigned char *p, const unsigned char *end)
{
    static const unsigned char  quote[] = "\"";

    if (hpf_mask_shown(m, shape)) {
        m->u.json.state = HPF_MASK_JSON_NUMBER_SHOWN;
        return end;
    }

    hpf_mask_replace(m, p, p);
    hpf_mask_put(&m->out, quote, 1);

    if (end - p > HPF_MASK_NUMBER) {
        hpf_mask_long_value(m, shape, p, end);

    } else {
        hpf_mask_value(m, shape, p, end, HPF_MASK_JSON_TEXT);
        hpf_mask_replace(m, end, end);
    }

    hpf_mask_put(&m->out, quote, 1);

    m->u.json.state = HPF_MASK_JSON_NUMBER_HIDDEN;

    return end;
}


static void
hpf_mask_json_number_find(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    hpf_mask_hit_t              hit;
    static const unsigned char  quote[] = "\"";

    if (m->rules->values == 0
        || hpf_mask_search_number(&m->search, p, end, &hit) != HPF_OK)
    {
        return;
    }

    hpf_mask_replace(m, p, end);

    hpf_mask_put(&m->out, quote, 1);
    hpf_mask_search_put(&m->search, &hit, &m->out);
    hpf_mask_put(&m->out, quote, 1);

    hpf_mask_count(m, hit.kind);
}


const unsigned char *
hpf_mask_json_number_shown_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    p = hpf_mask_json_digits(p, end);

    if (p < end || !more) {
        hpf_mask_json_next(m);
        m->u.json.state = HPF_MASK_JSON_GAP;
    }

    return p;
}


const unsigned char *
hpf_mask_json_number_hidden_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    q = hpf_mask_json_number_shown_rest(m, p, end, more);

    hpf_mask_replace(m, p, q);

    return q;
}


const unsigned char *
hpf_mask_json_digits(const unsigned char *p, const unsigned char *end)
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
hpf_mask_json_is_number(const unsigned char *p, const unsigned char *end)
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


const unsigned char *
hpf_mask_json_word(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    m->search.style = HPF_MASK_PLAIN;
    hpf_mask_search_reset(&m->search);

    /* a string with that behind it was no key */

    m->u.json.key = NULL;
    m->u.json.path.named = 0;

    m->u.json.state = HPF_MASK_JSON_WORD;

    return hpf_mask_json_word_rest(m, p, end, more);
}


/* It ends where JSON may go on. */

const unsigned char *
hpf_mask_json_word_rest(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q, *r;

    for (q = p; q < end && !hpf_mask_json_signs[*q]; q++) { /* void */ }

    r = hpf_mask_values(m, p, q, more && q == end);

    if (q < end || !more) {
        m->u.json.number = 0;
        m->u.json.state = HPF_MASK_JSON_GAP;
    }

    return r;
}
