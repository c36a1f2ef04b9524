/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON is scanned and not parsed: a string that is followed by a colon is a
 * key, and what comes after the colon is its value.  Broken JSON, or text
 * that is none, passes unchanged outside of what is masked.
 *
 *   - A string or number under a key or path with a rule takes the form of
 *     the rule; a number becomes a string.  Elements of arrays under the key,
 *     also of arrays in it, likewise.  Members of objects under it go by
 *     their own keys.  null, true and false stay.
 *   - In all other strings (keys too), and in what is no JSON, values are
 *     searched for.  A number that is a value becomes a string.
 */

#include <string.h>

#include "hpf_mask_json_int.h"
#include "hpf_mask_skip.h"


static const unsigned char *hpf_mask_json_gap(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static unsigned hpf_mask_json_plain(const hpf_mask_t *m);
static const unsigned char *hpf_mask_json_sign(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static const unsigned char *hpf_mask_json_comma(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
static void hpf_mask_json_colon(hpf_mask_t *m);
static void hpf_mask_json_array(hpf_mask_t *m);
static void hpf_mask_json_object(hpf_mask_t *m);
static void hpf_mask_json_leave(hpf_mask_t *m);
static void hpf_mask_json_line(hpf_mask_t *m, const unsigned char *p);


/* By hpf_mask_json_state_e. */

static const hpf_mask_run_pt  hpf_mask_json_states[HPF_MASK_JSON_STATES] = {
    hpf_mask_json_gap,
    hpf_mask_json_word_rest,
    hpf_mask_json_string_rest,
    hpf_mask_json_shown_rest,
    hpf_mask_json_hidden_rest,
    hpf_mask_json_number_shown_rest,
    hpf_mask_json_number_hidden_rest,
    hpf_mask_json_first,
    hpf_mask_json_swallow,
    hpf_mask_json_trim
};


/* In an array with a rule that there is no room for: names go with values. */

static const hpf_mask_shape_t  hpf_mask_json_hidden = {
    .kind = HPF_MASK_ALL, .nch = 1, .ch = "*"
};


void
hpf_mask_json_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    hpf_mask_json_t  *j;

    j = &m->u.json;

    j->state = HPF_MASK_JSON_GAP;
    j->lines = (conf->type == HPF_MASK_TYPE_JSON_LINES);

    hpf_mask_json_begin(m);

    j->line = j->lines;
}


/* A text begins: nothing is open. */

void
hpf_mask_json_begin(hpf_mask_t *m)
{
    hpf_mask_json_t  *j;

    j = &m->u.json;

    j->line = 0;
    j->field = 0;
    j->number = 1;
    j->key = NULL;
    j->shape = NULL;
    j->depth = 0;
    j->over = 0;
    j->nframes = 0;

    if (m->rules->npaths) {
        hpf_mask_json_path_init(m);
    }
}


const unsigned char *
hpf_mask_json_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    unsigned              state;
    const unsigned char  *q;

    while (p < end) {
        state = m->u.json.state;

        q = hpf_mask_json_states[state](m, p, end, more);

        if (q == p && m->u.json.state == state) {
            break;
        }

        p = q;
    }

    return p;
}


/* Whole tokens are taken here, as long as they leave no other state behind. */

static const unsigned char *
hpf_mask_json_gap(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    const unsigned char  *q;

    while (p < end) {

        if (m->u.json.line) {
            hpf_mask_json_line(m, p);

        } else if (*p != ':') {
            m->u.json.field = 0;
        }

        if (end - p >= HPF_MASK_SKIP_MIN && hpf_mask_json_plain(m)) {
            p = hpf_mask_skip(m, p, end);

            if (p == end) {
                break;
            }
        }

        switch (*p) {

        case ' ': case '\t': case '\r':

            /* all of them: the kernel would begin with each anew */

            do {
                p++;
            } while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'));

            continue;

        case '"':
            q = hpf_mask_json_string(m, p, end, more);
            break;

        case '0': case '1': case '2': case '3': case '4':
        case '5': case '6': case '7': case '8': case '9':
        case '-':
            q = hpf_mask_json_number(m, p, end, more);
            break;

        default:
            q = hpf_mask_json_sign(m, p, end, more);
        }

        if (q == p || m->u.json.state != HPF_MASK_JSON_GAP) {
            return q;
        }

        p = q;
    }

    return p;
}


/* 1: what comes matters only by itself. */

static unsigned
hpf_mask_json_plain(const hpf_mask_t *m)
{
    const hpf_mask_json_t  *j;

    j = &m->u.json;

    return j->key == NULL
           && !j->field
           && j->shape == NULL
           && j->nframes == 0
           && m->rules->npaths == 0
           && !m->rules->drops;
}


static const unsigned char *
hpf_mask_json_sign(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    switch (*p) {

    case ':':
        hpf_mask_json_colon(m);
        return p + 1;

    case ',':
        return hpf_mask_json_comma(m, p, end, more);

    case '{':
    case '[':
        if (hpf_mask_json_drops(m)) {
            hpf_mask_json_drop_value(m, p);
            return p;
        }

        if (*p == '{') {
            hpf_mask_json_object(m);

        } else {
            hpf_mask_json_array(m);
        }

        return p + 1;

    case '}':
    case ']':
        hpf_mask_json_leave(m);
        return p + 1;

    case '\n':
        m->u.json.number = 1;
        m->u.json.line = m->u.json.lines;
        return p + 1;

    default:
        if (*p == HPF_MASK_JSON_RS && m->u.json.lines) {
            hpf_mask_json_begin(m);
            return p + 1;
        }

        return hpf_mask_json_word(m, p, end, more);
    }
}


static const unsigned char *
hpf_mask_json_comma(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    int                      rc;
    const unsigned char     *next;
    const hpf_mask_shape_t  *shape;

    if (m->rules->drops) {
        rc = hpf_mask_json_drop(m, p, end, more, &next);

        if (rc != HPF_DECLINED) {
            return (rc == HPF_OK) ? next : p;
        }
    }

    hpf_mask_json_next(m);

    m->u.json.number = 1;

    if (m->rules->npaths) {
        shape = hpf_mask_json_path_element(m, 0);

        if (shape) {
            m->u.json.shape = shape;
        }
    }

    return p + 1;
}


static void
hpf_mask_json_colon(hpf_mask_t *m)
{
    hpf_mask_json_t         *j;
    const hpf_mask_shape_t  *shape;

    j = &m->u.json;

    j->number = 1;

    if (j->field) {
        j->field = 0;
        return;
    }

    j->shape = j->key;
    j->key = NULL;

    if (m->rules->npaths) {
        shape = hpf_mask_json_path_value(m);

        if (shape) {
            j->shape = shape;
        }
    }
}


/* In an array its elements share the rule. */

void
hpf_mask_json_next(hpf_mask_t *m)
{
    hpf_mask_json_t        *j;
    hpf_mask_json_frame_t  *frame;

    j = &m->u.json;

    j->shape = NULL;
    j->key = NULL;
    j->number = 0;

    if (j->over) {
        j->shape = &hpf_mask_json_hidden;
        j->key = &hpf_mask_json_hidden;

    } else if (j->nframes) {
        frame = &j->frames[j->nframes - 1];

        if (j->depth <= frame->last) {
            j->shape = frame->shape;
        }
    }
}


static void
hpf_mask_json_array(hpf_mask_t *m)
{
    hpf_mask_json_t         *j;
    hpf_mask_json_frame_t   *frame;
    const hpf_mask_shape_t  *shape;

    j = &m->u.json;

    j->depth++;
    j->key = NULL;
    j->number = 1;

    if (m->rules->npaths) {
        hpf_mask_json_path_open(m, 1);
    }

    if (j->shape) {
        frame = &j->frames[j->nframes - (j->nframes > 0)];

        if (j->nframes
            && frame->shape == j->shape
            && frame->last == j->depth - 1)
        {
            frame->last = j->depth;

        } else if (j->nframes < HPF_MASK_JSON_FRAMES) {
            frame = &j->frames[j->nframes++];

            frame->shape = j->shape;
            frame->first = j->depth;
            frame->last = j->depth;

        } else if (j->over == 0 && !hpf_mask_is_shown(m, j->shape)) {
            j->over = j->depth;
        }
    }

    if (m->rules->npaths) {
        shape = hpf_mask_json_path_element(m, 1);

        if (shape) {
            j->shape = shape;
        }
    }
}


static void
hpf_mask_json_object(hpf_mask_t *m)
{
    hpf_mask_json_t  *j;

    j = &m->u.json;

    j->depth++;
    j->shape = j->over ? &hpf_mask_json_hidden : NULL;
    j->key = NULL;
    j->number = 1;

    if (m->rules->drops) {
        j->state = HPF_MASK_JSON_FIRST;
    }

    if (m->rules->npaths) {
        hpf_mask_json_path_open(m, 0);
    }
}


static void
hpf_mask_json_leave(hpf_mask_t *m)
{
    hpf_mask_json_t        *j;
    hpf_mask_json_frame_t  *frame;

    j = &m->u.json;

    if (j->depth) {
        j->depth--;
    }

    if (j->depth < j->over) {
        j->over = 0;
    }

    if (j->nframes) {
        frame = &j->frames[j->nframes - 1];

        if (j->depth < frame->first) {
            j->nframes--;

        } else if (j->depth < frame->last) {
            frame->last = j->depth;
        }
    }

    if (m->rules->npaths) {
        hpf_mask_json_path_close(m);
    }

    hpf_mask_json_next(m);
}


/*
 * Of texts that follow each other the next one owes nothing to the last, which
 * may have been cut off: it begins behind a separator (RFC 7464), an empty
 * line, or with its first bracket at the beginning of a line, which is at p.
 *
 * The name of an event's field is not of the text, which may have many lines.
 */

static void
hpf_mask_json_line(hpf_mask_t *m, const unsigned char *p)
{
    m->u.json.line = 0;

    if (hpf_mask_json_starts(*p)) {
        hpf_mask_json_begin(m);

    } else if (*p >= 'a' && *p <= 'z' && !hpf_mask_json_plain(m)) {
        m->u.json.field = 1;
    }
}
