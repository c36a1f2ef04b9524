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


static int hpf_mask_json_drop_look(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, const unsigned char **key,
    const unsigned char **value);
static const unsigned char *hpf_mask_json_drop_space(const unsigned char *p,
    const unsigned char *end);
static unsigned hpf_mask_json_drop_rule(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
static void hpf_mask_json_drop_start(hpf_mask_t *m, unsigned first);
static const unsigned char *hpf_mask_json_drop_bytes(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned *ended);


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

    p = hpf_mask_json_drop_space(p, end);

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

    p = hpf_mask_json_drop_space(q + 1, end);

    if (p == NULL) {
        return HPF_DECLINED;
    }

    if (p == end) {
        return HPF_AGAIN;
    }

    *value = p + 1;

    return (*p == ':') ? HPF_OK : HPF_DECLINED;
}


/* NULL: there is more of it than is waited for. */

static const unsigned char *
hpf_mask_json_drop_space(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *q;

    for (q = p; q < end && hpf_mask_json_is_space(*q); q++) { /* void */ }

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
    unsigned              ended;
    const unsigned char  *q;

    q = hpf_mask_json_drop_bytes(m, p, end, &ended);

    if (!more && !ended) {
        q = end;
    }

    hpf_mask_replace(m, p, q);

    if (ended) {
        hpf_mask_json_next(m);
        m->u.json.state = m->u.json.drop.first ? HPF_MASK_JSON_TRIM
                                               : HPF_MASK_JSON_GAP;
    }

    return q;
}


static const unsigned char *
hpf_mask_json_drop_bytes(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned *ended)
{
    hpf_mask_json_drop_t  *drop;

    drop = &m->u.json.drop;
    *ended = 0;

    while (p < end) {

        if (drop->string) {
            p = hpf_mask_json_quote(m, p, end);

            if (p == end || *p == '\\') {
                return p;
            }

            drop->string = 0;
            p += (*p == '"');
            *ended = (drop->depth == 0);

        } else if (hpf_mask_json_is_space(*p)) {
            *ended = (drop->begun && drop->depth == 0);
            p += !*ended;

        } else {
            *ended = (drop->depth == 0
                      && (*p == ',' || *p == '}' || *p == ']'));

            if (*ended) {
                break;
            }

            drop->begun = 1;
            drop->string = (*p == '"');

            if (*p == '{' || *p == '[') {
                drop->depth++;

            } else if (*p == '}' || *p == ']') {
                drop->depth--;
                *ended = (drop->depth == 0);
            }

            p++;
        }

        if (*ended) {
            break;
        }
    }

    return p;
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

    q = hpf_mask_json_drop_space(p, end);

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
