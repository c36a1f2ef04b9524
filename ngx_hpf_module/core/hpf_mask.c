/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: the structure of JSON, a function for each state.  What
 * may be masked is in hpf_mask_token.c.
 */

#include <string.h>

#include "hpf_mask.h"
#include "hpf_mask_scan.h"
#include "hpf_mask_token.h"


#define hpf_mask_is_digit(c)  ((unsigned) (c) - '0' <= 9)


typedef const unsigned char *(*hpf_mask_state_pt)(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);


static const unsigned char *hpf_mask_gap(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_plain(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_open(hpf_mask_t *m,
    const unsigned char *p);
static void hpf_mask_colon(hpf_mask_t *m);
static void hpf_mask_array(hpf_mask_t *m);
static void hpf_mask_leave(hpf_mask_t *m);
static const unsigned char *hpf_mask_string(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_close(hpf_mask_t *m,
    const unsigned char *p);
static const unsigned char *hpf_mask_text(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_shown(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static void hpf_mask_keep_back(hpf_mask_t *m, const unsigned char *end);
static void hpf_mask_keep_name(hpf_mask_t *m, const unsigned char *end);
static const hpf_mask_shape_t *hpf_mask_find_key(hpf_mask_t *m,
    const unsigned char *end);
static size_t hpf_mask_unescape(unsigned char *dst, const unsigned char *p,
    size_t len);


/* By hpf_mask_state_e. */

static const hpf_mask_state_pt  hpf_mask_states[] = {
    hpf_mask_gap,
    hpf_mask_string,
    hpf_mask_text,
    hpf_mask_shown,
    hpf_mask_value,
    hpf_mask_value_rest,
    hpf_mask_number,
    hpf_mask_number_rest,
    hpf_mask_run
};


void
hpf_mask_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    /* the buffers at the end need no clearing */

    memset(m, 0, offsetof(hpf_mask_t, out));

    m->rules = conf->rules;
    m->today = conf->today;
    m->state = (conf->type == HPF_MASK_TYPE_JSON) ? HPF_MASK_GAP : HPF_MASK_TEXT;
    m->number = 1;

    m->out.out = conf->out;
    m->out.data = conf->data;
    m->out.hash = conf->hash;
    m->out.hash_data = conf->hash_data;
    m->out.rc = HPF_OK;
    m->out.n = 0;
}


int
hpf_mask_feed(hpf_mask_t *m, const unsigned char *p, size_t len)
{
    if (len) {
        hpf_mask_bytes(m, p, p + len);
    }

    return m->out.rc;
}


int
hpf_mask_finish(hpf_mask_t *m)
{
    if (m->state == HPF_MASK_NUMBER) {
        hpf_mask_number_last(m);
    }

    if (m->state == HPF_MASK_VALUE) {
        hpf_mask_value_last(m);

    } else if (m->state == HPF_MASK_RUN) {
        hpf_mask_run_last(m);
    }

    m->state = HPF_MASK_GAP;
    hpf_mask_flush(&m->out);

    return m->out.rc;
}


void
hpf_mask_bytes(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    m->pass = p;
    m->floor = p;
    m->name = p;

    while (p < end) {
        p = hpf_mask_states[m->state](m, p, end);
    }

    switch (m->state) {

    case HPF_MASK_STRING:
        hpf_mask_keep_name(m, end);
        hpf_mask_keep_back(m, end);
        break;

    case HPF_MASK_RUN:
        if (m->resume == HPF_MASK_STRING) {
            hpf_mask_keep_name(m, end);
        }

        break;

    case HPF_MASK_GAP:
    case HPF_MASK_TEXT:
        hpf_mask_keep_back(m, end);
        break;

    default:
        break;
    }

    hpf_mask_pass(m, end);
}


/* JSON outside of strings. */

static const unsigned char *
hpf_mask_gap(hpf_mask_t *m, const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *q;

    while (p < end) {

        switch (*p) {

        case '"':
            q = hpf_mask_plain(m, p + 1, end);

            if (q == NULL) {
                return hpf_mask_open(m, p + 1);
            }

            p = q;
            continue;

        case ':':
            hpf_mask_colon(m);
            break;

        case ',':
            hpf_mask_next(m);
            break;

        case '[':
            hpf_mask_array(m);
            break;

        case '{':
            m->depth++;
            m->shape = NULL;
            m->value = 0;
            break;

        case ']':
        case '}':
            hpf_mask_leave(m);
            break;

        case '\n':
            m->number = 1;
            p = hpf_mask_scan_space(p + 1, end);
            continue;

        case '0': case '1': case '2': case '3': case '4':
        case '5': case '6': case '7': case '8': case '9':
            if (!m->number) {
                return hpf_mask_run_start(m, p, end);
            }

            return hpf_mask_number_start(m, p, end);

        case '-':
            if (m->number) {
                return hpf_mask_number_start(m, p, end);
            }

            break;

        default:
            if (*p > ' ') {
                m->number = 0;
            }

            break;
        }

        p++;
    }

    return p;
}


/*
 * Most strings are whole, have no rule and hold nothing of interest: the byte
 * after such a one at p, or NULL.
 */

static const unsigned char *
hpf_mask_plain(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char      *q;
    const hpf_mask_shape_t   *key;

    if (m->shape != NULL) {
        return NULL;
    }

    q = hpf_mask_scan_string(p, end);

    if (q == end || *q != '"') {
        return NULL;
    }

    key = NULL;

    if (!m->value && hpf_mask_rules_may(m->rules, p, (size_t) (q - p))) {
        key = hpf_mask_rules_find(m->rules, p, (size_t) (q - p));
    }

    hpf_mask_next(m);

    m->key = key;
    m->number = 0;
    hpf_mask_move(m, q + 1);

    return q + 1;
}


/* A string begins at p. */

static const unsigned char *
hpf_mask_open(hpf_mask_t *m, const unsigned char *p)
{
    hpf_mask_move(m, p);

    m->name = p;
    m->nname = 0;
    m->escaped = 0;
    m->slash = 0;
    m->number = 0;
    m->key = NULL;

    if (m->shape == NULL) {
        m->state = HPF_MASK_STRING;

    } else if (m->shape->kind == HPF_MASK_NONE) {
        m->state = HPF_MASK_SHOWN;

    } else {
        m->state = HPF_MASK_VALUE;
    }

    return p;
}


static void
hpf_mask_colon(hpf_mask_t *m)
{
    m->shape = m->key;
    m->key = NULL;
    m->value = 1;
    m->number = 1;
}


/* After a comma or a value: in an array its elements share the rule. */

void
hpf_mask_next(hpf_mask_t *m)
{
    hpf_mask_frame_t  *frame;

    m->shape = NULL;
    m->key = NULL;
    m->value = 0;
    m->number = 1;

    if (m->nframes) {
        frame = &m->frames[m->nframes - 1];

        if (m->depth <= frame->last) {
            m->shape = frame->shape;
        }
    }
}


static void
hpf_mask_array(hpf_mask_t *m)
{
    hpf_mask_frame_t  *frame;

    m->depth++;
    m->value = 0;
    m->number = 1;
    m->key = NULL;

    if (m->shape == NULL) {
        return;
    }

    if (m->nframes) {
        frame = &m->frames[m->nframes - 1];

        /* when there is no room for one more, rather mask too much */

        if ((frame->shape == m->shape && frame->last == m->depth - 1)
            || m->nframes == HPF_MASK_FRAMES)
        {
            frame->shape = m->shape;
            frame->last = m->depth;
            return;
        }
    }

    frame = &m->frames[m->nframes++];

    frame->shape = m->shape;
    frame->first = m->depth;
    frame->last = m->depth;
}


static void
hpf_mask_leave(hpf_mask_t *m)
{
    hpf_mask_frame_t  *frame;

    if (m->depth) {
        m->depth--;
    }

    if (m->nframes) {
        frame = &m->frames[m->nframes - 1];

        if (m->depth < frame->first) {
            m->nframes--;

        } else if (m->depth < frame->last) {
            frame->last = m->depth;
        }
    }

    hpf_mask_next(m);

    m->number = 0;
}


/* A string without a rule: the value rules, and it may be a key. */

static const unsigned char *
hpf_mask_string(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    size_t    n;
    uint32_t  cp;

    while (p < end) {
        p = hpf_mask_scan_string(p, end);

        if (p == end) {
            break;
        }

        if (*p == '"') {
            return hpf_mask_close(m, p);
        }

        if (*p != '\\') {
            return hpf_mask_run_start(m, p, end);
        }

        m->escaped = 1;
        n = hpf_mask_escape(p, end, &cp);

        if (n == 0 || (n == 6 && hpf_mask_is_digit(cp))) {
            return hpf_mask_run_start(m, p, end);
        }

        p += n;
        hpf_mask_move(m, p);
    }

    return p;
}


static const unsigned char *
hpf_mask_text(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    p = hpf_mask_scan_text(p, end);

    if (p == end) {
        return p;
    }

    return hpf_mask_run_start(m, p, end);
}


static const unsigned char *
hpf_mask_shown(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    p = hpf_mask_quote(m, p, end);

    if (p == end) {
        return p;
    }

    hpf_mask_next(m);

    m->number = 0;
    m->state = HPF_MASK_GAP;
    hpf_mask_move(m, p + 1);

    return p + 1;
}


/* The quote that ends the string that p is in, or end. */

const unsigned char *
hpf_mask_quote(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    if (m->slash && p < end) {
        m->slash = 0;
        p++;
    }

    for ( ;; ) {
        p = hpf_mask_scan_quote(p, end);

        if (p == end || *p == '"') {
            return p;
        }

        if (end - p == 1) {
            m->slash = 1;
            return end;
        }

        p += 2;
    }
}


/* The string without a rule ends at p. */

static const unsigned char *
hpf_mask_close(hpf_mask_t *m, const unsigned char *p)
{
    const hpf_mask_shape_t  *key;

    key = m->value ? NULL : hpf_mask_find_key(m, p);

    hpf_mask_next(m);

    m->key = key;
    m->number = 0;
    m->state = HPF_MASK_GAP;
    hpf_mask_move(m, p + 1);

    return p + 1;
}


static const hpf_mask_shape_t *
hpf_mask_find_key(hpf_mask_t *m, const unsigned char *end)
{
    size_t                len;
    unsigned char         name[HPF_MASK_KEY_MAX];
    const unsigned char  *p;

    p = m->name;
    len = (size_t) (end - p);

    if (m->nname) {
        hpf_mask_keep_name(m, end);
        p = m->namebuf;
        len = m->nname;
    }

    if (len > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    if (m->escaped) {
        len = hpf_mask_unescape(name, p, len);
        p = name;
    }

    return hpf_mask_rules_find(m->rules, p, len);
}


/* Escapes to UTF-8, which is never longer; what is malformed stays. */

static size_t
hpf_mask_unescape(unsigned char *dst, const unsigned char *p, size_t len)
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

        } else if (cp < 0x80) {
            *d++ = (unsigned char) cp;

        } else if (cp < 0x800) {
            *d++ = (unsigned char) (0xc0 | cp >> 6);
            *d++ = (unsigned char) (0x80 | (cp & 0x3f));

        } else if (cp < 0x10000) {
            *d++ = (unsigned char) (0xe0 | cp >> 12);
            *d++ = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
            *d++ = (unsigned char) (0x80 | (cp & 0x3f));

        } else {
            *d++ = (unsigned char) (0xf0 | cp >> 18);
            *d++ = (unsigned char) (0x80 | (cp >> 12 & 0x3f));
            *d++ = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
            *d++ = (unsigned char) (0x80 | (cp & 0x3f));
        }

        p += n;
    }

    return (size_t) (d - dst);
}


/* The part of a possible key up to end; one too long matches nothing. */

static void
hpf_mask_keep_name(hpf_mask_t *m, const unsigned char *end)
{
    size_t  n, room;

    /* what is read once more has been kept before */

    if (m->copy) {
        return;
    }

    n = (size_t) (end - m->name);
    room = sizeof(m->namebuf) - m->nname;
    n = (n < room) ? n : room;

    memcpy(m->namebuf + m->nname, m->name, n);
    m->nname += n;
}


/* The last letters of the input, for the run that the next may begin with. */

static void
hpf_mask_keep_back(hpf_mask_t *m, const unsigned char *end)
{
    size_t                n, old;
    const unsigned char  *p;

    p = end;

    while (p > m->floor
           && end - p < HPF_MASK_LETTERS
           && hpf_mask_letter(p[-1]) != HPF_MASK_ALONE)
    {
        p--;
    }

    n = (size_t) (end - p);
    old = (p > m->floor) ? 0 : m->nback;

    if (old > HPF_MASK_LETTERS - n) {
        memmove(m->back, m->back + old - (HPF_MASK_LETTERS - n),
                HPF_MASK_LETTERS - n);
        old = HPF_MASK_LETTERS - n;
    }

    memcpy(m->back + old, p, n);
    m->nback = old + n;
}


void
hpf_mask_move(hpf_mask_t *m, const unsigned char *p)
{
    m->floor = p;
    m->nback = 0;
}


void
hpf_mask_pass(hpf_mask_t *m, const unsigned char *p)
{
    size_t  n;

    n = (size_t) (p - m->pass);

    if (n && m->copy) {
        hpf_mask_put(&m->out, m->pass, n);

    } else if (n) {
        hpf_mask_flush(&m->out);

        if (m->out.rc == HPF_OK) {
            m->out.rc = m->out.out(m->out.data, m->pass, n, 1);
        }
    }

    m->pass = p;
}
