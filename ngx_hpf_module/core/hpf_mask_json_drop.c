/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Members that go, with their comma: the one before them, or, of the first
 * one, the one behind.  So a comma, and what is behind a brace, waits until
 * the name of the member is known.  Where it does not come soon enough, and
 * in arrays, null comes in place of the value.
 */

#include "hpf_mask_json_int.h"


typedef enum {
    HPF_MASK_JSON_END_NOT = 0,
    HPF_MASK_JSON_END_VALUE,
    HPF_MASK_JSON_END_TEXT          /* another one begins, with lines */
} hpf_mask_json_end_e;


static int hpf_mask_json_drop_look(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, const unsigned char **key,
    const unsigned char **value);
static const unsigned char *hpf_mask_json_drop_space(const hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static unsigned hpf_mask_json_drop_rule(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
static void hpf_mask_json_drop_start(hpf_mask_t *m, unsigned first);
static const unsigned char *hpf_mask_json_drop_bytes(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end,
    hpf_mask_json_end_e *ended);
static hpf_mask_json_end_e hpf_mask_json_drop_ends(const hpf_mask_t *m,
    unsigned char c);


int
hpf_mask_json_drop(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more, const unsigned char **next)
{
    int                   rc;
    const unsigned char  *key;

    rc = hpf_mask_json_drop_look(m, p + 1, end, &key, next);

    if (rc == HPF_OK) {
        hpf_mask_replace(m, p, *next);
        hpf_mask_json_drop_start(m, 0);
    }

    return (rc == HPF_AGAIN && !more) ? HPF_DECLINED : rc;
}


/* Behind a brace. */

const unsigned char *
hpf_mask_json_first(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    int                   rc;
    const unsigned char  *key, *value;

    rc = hpf_mask_json_drop_look(m, p, end, &key, &value);

    if (rc == HPF_OK) {
        hpf_mask_replace(m, key, value);
        hpf_mask_json_drop_start(m, 1);

        return value;
    }

    if (rc == HPF_DECLINED || !more) {
        m->u.json.state = HPF_MASK_JSON_GAP;
    }

    return p;
}


/* Whether a member that goes is at p: its key, and where its value may be. */

static int
hpf_mask_json_drop_look(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, const unsigned char **key,
    const unsigned char **value)
{
    const unsigned char  *q;

    p = hpf_mask_json_drop_space(m, p, end);

    if (p == NULL) {
        return HPF_DECLINED;
    }

    if (p == end) {
        return HPF_AGAIN;
    }

    if (*p != '"') {
        return HPF_DECLINED;
    }

    *key = p;

    q = hpf_mask_json_quote(m, p + 1, end);

    if (q == end || *q == '\\') {
        return (end - p - 1 > HPF_MASK_JSON_KEY) ? HPF_DECLINED : HPF_AGAIN;
    }

    if (*q != '"' || !hpf_mask_json_drop_rule(m, p + 1, q)) {
        return HPF_DECLINED;
    }

    p = hpf_mask_json_drop_space(m, q + 1, end);

    if (p == NULL) {
        return HPF_DECLINED;
    }

    if (p == end) {
        return HPF_AGAIN;
    }

    *value = p + 1;

    return (*p == ':') ? HPF_OK : HPF_DECLINED;
}


/*
 * Behind white space; NULL: there is more of it than is waited for.  With
 * lines it ends at the line feed before another text.
 */

static const unsigned char *
hpf_mask_json_drop_space(const hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char  *q, *max;

    max = (end - p > HPF_MASK_JSON_SPACE) ? p + HPF_MASK_JSON_SPACE + 1 : end;

    for (q = p; q < max && hpf_mask_json_is_space(*q); q++) {

        if (*q == '\n' && m->u.json.lines
            && q + 1 < max && hpf_mask_json_starts(q[1]))
        {
            return q;
        }
    }

    return (q - p > HPF_MASK_JSON_SPACE) ? NULL : q;
}


/* Whether the member of that name, as it is written, is to go. */

static unsigned
hpf_mask_json_drop_rule(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t                   len;
    unsigned char            name[HPF_MASK_KEY_MAX];
    const hpf_mask_shape_t  *shape;

    p = hpf_mask_json_name(p, end, name, &len);

    if (p == NULL) {
        return 0;
    }

    shape = NULL;

    if (m->rules->npaths) {
        shape = hpf_mask_json_path_member(m, p, len);
    }

    if (shape == NULL) {
        shape = hpf_mask_rules_find(m->rules, p, len);
    }

    return shape && shape->kind == HPF_MASK_DROP
           && !hpf_mask_is_shown(m, shape);
}


static void
hpf_mask_json_drop_start(hpf_mask_t *m, unsigned first)
{
    hpf_mask_json_drop_t  *drop;

    drop = &m->u.json.drop;

    drop->depth = 0;
    drop->begun = 0;
    drop->line = 0;
    drop->string = 0;
    drop->first = first;

    m->u.json.state = HPF_MASK_JSON_SWALLOW;

    hpf_mask_count(m, HPF_MASK_DROP);
}


void
hpf_mask_json_drop_value(hpf_mask_t *m, const unsigned char *p)
{
    hpf_mask_replace(m, p, p);
    hpf_mask_put(&m->out, (const unsigned char *) "null", 4);
    hpf_mask_json_drop_start(m, 0);
}


const unsigned char *
hpf_mask_json_swallow(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char   *q;
    hpf_mask_json_end_e    ended;
    hpf_mask_json_drop_t  *drop;

    drop = &m->u.json.drop;

    q = hpf_mask_json_drop_bytes(m, p, end, &ended);

    if (!more && ended == HPF_MASK_JSON_END_NOT) {
        q = end;
    }

    hpf_mask_replace(m, p, q);

    switch (ended) {

    case HPF_MASK_JSON_END_VALUE:
        hpf_mask_json_next(m);
        m->u.json.state = drop->first ? HPF_MASK_JSON_TRIM
                                      : HPF_MASK_JSON_GAP;
        break;

    case HPF_MASK_JSON_END_TEXT:

        /* the line feed that ended its last line stays */

        if (drop->line) {
            hpf_mask_put(&m->out, (const unsigned char *) "\n", 1);
        }

        hpf_mask_json_begin(m);
        m->u.json.state = HPF_MASK_JSON_GAP;
        break;

    default:
        break;
    }

    return q;
}


/* Up to the end of the value, or to where another text begins. */

static const unsigned char *
hpf_mask_json_drop_bytes(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, hpf_mask_json_end_e *ended)
{
    hpf_mask_json_drop_t  *drop;

    drop = &m->u.json.drop;
    *ended = HPF_MASK_JSON_END_NOT;

    while (p < end && *ended == HPF_MASK_JSON_END_NOT) {

        if (drop->string) {
            p = hpf_mask_json_quote(m, p, end);

            if (p == end || *p == '\\') {
                return p;
            }

            drop->string = 0;
            p += (*p == '"');
            *ended = (drop->depth == 0) ? HPF_MASK_JSON_END_VALUE
                                        : HPF_MASK_JSON_END_NOT;
            continue;
        }

        *ended = hpf_mask_json_drop_ends(m, *p);

        if (*ended != HPF_MASK_JSON_END_NOT) {
            break;
        }

        drop->line = (*p == '\n');
        drop->begun |= !hpf_mask_json_is_space(*p);
        drop->string = (*p == '"');

        if (*p == '{' || *p == '[') {
            drop->depth++;

        } else if (*p == '}' || *p == ']') {
            drop->depth--;

            if (drop->depth == 0) {
                *ended = HPF_MASK_JSON_END_VALUE;
            }
        }

        p++;
    }

    return p;
}


/* Whether it ends before c. */

static hpf_mask_json_end_e
hpf_mask_json_drop_ends(const hpf_mask_t *m, unsigned char c)
{
    const hpf_mask_json_drop_t  *drop;

    drop = &m->u.json.drop;

    if (m->u.json.lines
        && (c == HPF_MASK_JSON_RS || (drop->line && hpf_mask_json_starts(c))))
    {
        return HPF_MASK_JSON_END_TEXT;
    }

    if (drop->depth > 0) {
        return HPF_MASK_JSON_END_NOT;
    }

    if (hpf_mask_json_is_space(c)) {
        return drop->begun ? HPF_MASK_JSON_END_VALUE : HPF_MASK_JSON_END_NOT;
    }

    return (c == ',' || c == '}' || c == ']') ? HPF_MASK_JSON_END_VALUE
                                              : HPF_MASK_JSON_END_NOT;
}


/*
 * Behind the first member, which went: the comma goes as well, and before it
 * the white space that is too much to be waited for.
 */

const unsigned char *
hpf_mask_json_trim(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    q = hpf_mask_json_drop_space(m, p, end);

    if (q == NULL) {
        q = p + HPF_MASK_JSON_SPACE;
        hpf_mask_replace(m, p, q);

        return q;
    }

    if (q == end && more) {
        return p;
    }

    if (q < end && *q == ',') {
        hpf_mask_replace(m, p, q + 1);
        m->u.json.state = HPF_MASK_JSON_FIRST;

        return q + 1;
    }

    m->u.json.state = HPF_MASK_JSON_GAP;

    return p;
}
