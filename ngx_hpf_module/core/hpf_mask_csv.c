/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lines of fields, RFC 4180: the first line names the columns.  A field of a
 * column with a rule waits until it is whole; the text between such fields is
 * searched in one go, whatever commas, quotes and lines are in it.
 *
 * A line of one field that is no name of a rule may be a title: the names are
 * looked for below it.  A quote opens only at the very beginning of a field.
 */

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "hpf_mask.h"
#include "hpf_mask_int.h"
#include "hpf_mask_csv_head.h"


/* the value, a quote at either end, and the end of the line */
#define HPF_MASK_CSV_FIELD  (HPF_MASK_VALUE_MAX + 4)


/* What is read: [text, p) is to be searched. */

typedef struct {
    const unsigned char     *text;
    const unsigned char     *p;
    const unsigned char     *end;
    unsigned                 more;
} hpf_mask_csv_in_t;


/* A field: where it ends, and the quote that closes it, or NULL. */

typedef struct {
    const unsigned char     *end;
    const unsigned char     *close;
} hpf_mask_csv_field_t;


/* HPF_AGAIN: it waits at in->p for more. */

typedef int (*hpf_mask_csv_pt)(hpf_mask_t *m, hpf_mask_csv_in_t *in);


static int hpf_mask_csv_start(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_next(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_name(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_bare(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_quoted(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_quote(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_value(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static void hpf_mask_csv_mask(hpf_mask_t *m, hpf_mask_csv_in_t *in,
    const hpf_mask_csv_field_t *field);
static void hpf_mask_csv_inside(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned style);
static void hpf_mask_csv_long(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_rest(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_quoted_rest(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static int hpf_mask_csv_other(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static void hpf_mask_csv_ended(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static void hpf_mask_csv_search(hpf_mask_t *m, hpf_mask_csv_in_t *in);
static void hpf_mask_csv_field(const hpf_mask_csv_t *c,
    const unsigned char *p, const unsigned char *end,
    hpf_mask_csv_field_t *field);
static const unsigned char *hpf_mask_csv_find(const hpf_mask_csv_t *c,
    const unsigned char *p, const unsigned char *end);


static const hpf_mask_csv_pt  hpf_mask_csv_states[HPF_MASK_CSV_STATES] = {
    hpf_mask_csv_start,
    hpf_mask_csv_next,
    hpf_mask_csv_bare,
    hpf_mask_csv_quoted,
    hpf_mask_csv_quote,
    hpf_mask_csv_value,
    hpf_mask_csv_rest,
    hpf_mask_csv_quoted_rest,
    hpf_mask_csv_other
};

void
hpf_mask_csv_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    hpf_mask_csv_t  *c;

    c = &m->u.csv;

    memset(c, 0, sizeof(hpf_mask_csv_t));

    c->state = conf->headless ? HPF_MASK_CSV_OTHER : HPF_MASK_CSV_START;
    c->header = 1;
    c->tabs = conf->tabs;

    m->search.style = HPF_MASK_PLAIN;
    hpf_mask_search_reset(&m->search);
}


const unsigned char *
hpf_mask_csv_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    hpf_mask_csv_t       *c;
    hpf_mask_csv_in_t     in;
    const unsigned char  *read;

    c = &m->u.csv;

    in.text = p;
    in.p = p + c->seen;
    in.end = end;
    in.more = more;

    read = in.p;

    while (in.p < end) {

        if (hpf_mask_csv_states[c->state](m, &in) == HPF_AGAIN) {
            break;
        }
    }

    if (c->shown) {
        in.text = in.p;
    }

    if (in.text < in.p && (in.p > read || !more)) {
        in.text = hpf_mask_values(m, in.text, in.p, more);
    }

    c->seen = (size_t) (in.p - in.text);

    return in.text;
}


/* What divides fields is told by the first line that is divided. */

static int
hpf_mask_csv_start(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    unsigned              sep;
    hpf_mask_csv_t       *c;
    const unsigned char  *p;

    c = &m->u.csv;
    p = in->p;

    if (in->more && in->end - p < 3) {
        return HPF_AGAIN;
    }

    if (in->end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    sep = c->tabs ? '\t' : hpf_mask_csv_divider(p, in->end, in->more);

    if (sep == 0) {
        return HPF_AGAIN;
    }

    c->sep = (unsigned char) sep;
    c->state = HPF_MASK_CSV_NEXT;

    in->p = p;

    return HPF_OK;
}


static int
hpf_mask_csv_next(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    unsigned              i;
    hpf_mask_csv_t       *c;
    const unsigned char  *p;

    c = &m->u.csv;
    p = in->p;

    if (c->header) {
        return hpf_mask_csv_name(m, in);
    }

    i = c->columns[c->column];

    if (i == 0 || *p == c->sep || *p == '\n') {
        c->state = (*p == '"') ? HPF_MASK_CSV_QUOTED : HPF_MASK_CSV_BARE;
        in->p += (*p == '"');
        return HPF_OK;
    }

    if (*p == '\r') {

        if (in->end - p == 1 && in->more) {
            return HPF_AGAIN;
        }

        if (in->end - p == 1 || p[1] == '\n') {
            c->state = HPF_MASK_CSV_BARE;
            return HPF_OK;
        }
    }

    hpf_mask_csv_search(m, in);

    c->shape = c->shapes[i - 1];

    if (hpf_mask_shown(m, c->shape)) {
        c->shown = 1;
        c->state = (*p == '"') ? HPF_MASK_CSV_QUOTED : HPF_MASK_CSV_BARE;
        in->p += (*p == '"');

    } else {
        c->state = HPF_MASK_CSV_VALUE;
    }

    return HPF_OK;
}


/* A field of the first line waits until it is whole. */

static int
hpf_mask_csv_name(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    hpf_mask_csv_t        *c;
    const unsigned char   *p, *to;
    hpf_mask_csv_field_t   field;

    c = &m->u.csv;
    p = in->p;

    to = (in->end - p > HPF_MASK_CSV_NAME) ? p + HPF_MASK_CSV_NAME + 1
                                           : in->end;
    hpf_mask_csv_field(c, p, to, &field);

    if (field.end == to) {

        if (in->end - p > HPF_MASK_CSV_NAME) {
            c->cells += (c->cells < 2);
            c->state = (*p == '"') ? HPF_MASK_CSV_QUOTED : HPF_MASK_CSV_BARE;
            in->p += (*p == '"');
            return HPF_OK;
        }

        if (in->more) {
            return HPF_AGAIN;
        }
    }

    hpf_mask_csv_column(m, p, field.end);

    in->p = field.end;

    if (field.end < in->end) {
        hpf_mask_csv_ended(m, in);
    }

    return HPF_OK;
}


/* Goes on with the next field while that is another one like this. */

static int
hpf_mask_csv_bare(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    hpf_mask_csv_t  *c;

    c = &m->u.csv;

    do {
        c->state = HPF_MASK_CSV_BARE;

        in->p = hpf_mask_csv_find(c, in->p, in->end);

        if (in->p == in->end) {
            return HPF_OK;
        }

        hpf_mask_csv_ended(m, in);

    } while (c->state == HPF_MASK_CSV_NEXT
             && !c->header
             && in->p < in->end
             && *in->p != '"'
             && c->columns[c->column] == 0);

    return HPF_OK;
}


static int
hpf_mask_csv_quoted(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    const unsigned char  *q;

    q = memchr(in->p, '"', (size_t) (in->end - in->p));

    if (q == NULL) {
        in->p = in->end;
        return HPF_OK;
    }

    in->p = q + 1;
    m->u.csv.state = HPF_MASK_CSV_QUOTE;

    return HPF_OK;
}


static int
hpf_mask_csv_quote(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    if (*in->p == '"') {
        in->p++;
        m->u.csv.state = HPF_MASK_CSV_QUOTED;

    } else {
        m->u.csv.state = HPF_MASK_CSV_BARE;
    }

    return HPF_OK;
}


static int
hpf_mask_csv_value(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    const unsigned char   *p, *to;
    hpf_mask_csv_field_t   field;

    p = in->p;

    to = (in->end - p > HPF_MASK_CSV_FIELD) ? p + HPF_MASK_CSV_FIELD + 1
                                            : in->end;
    hpf_mask_csv_field(&m->u.csv, p, to, &field);

    if (field.end == to) {

        if (in->end - p > HPF_MASK_CSV_FIELD) {
            hpf_mask_csv_long(m, in);
            return HPF_OK;
        }

        if (in->more) {
            return HPF_AGAIN;
        }
    }

    hpf_mask_csv_mask(m, in, &field);

    in->text = field.end;
    in->p = field.end;

    if (field.end < in->end) {
        hpf_mask_csv_ended(m, in);
    }

    return HPF_OK;
}


static void
hpf_mask_csv_mask(hpf_mask_t *m, hpf_mask_csv_in_t *in,
    const hpf_mask_csv_field_t *field)
{
    hpf_mask_csv_t       *c;
    const unsigned char  *p, *q, *end;

    c = &m->u.csv;
    p = in->p;
    end = field->end;

    if (end[-1] == '\r' && (end == in->end || *end == '\n')) {
        end--;
    }

    if (c->shape->kind == HPF_MASK_DROP) {
        hpf_mask_long_value(m, c->shape, p, end);
        return;
    }

    if (*p != '"') {
        hpf_mask_csv_inside(m, p, end, HPF_MASK_PLAIN);
        return;
    }

    p++;

    if (field->close == NULL) {
        hpf_mask_csv_inside(m, p, end, HPF_MASK_CSV_TEXT);
        return;
    }

    /* text behind the closing quote is broken: nothing of it stays */

    q = field->close + 1;

    while (q < end && (*q == ' ' || *q == '\t')) {
        q++;
    }

    if (q < end) {
        hpf_mask_long_value(m, c->shape, p, field->close);
        hpf_mask_replace(m, field->close + 1, end);
        return;
    }

    hpf_mask_csv_inside(m, p, field->close, HPF_MASK_CSV_TEXT);
}


/* Excel keeps zeros of ="0123" and '0123, and Excel is to go on doing so. */

static void
hpf_mask_csv_inside(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned style)
{
    size_t  quote;

    hpf_mask_csv_trim(&p, &end);

    quote = (style == HPF_MASK_CSV_TEXT) ? 2 : 1;

    if ((size_t) (end - p) >= 1 + 2 * quote
        && memcmp(p, "=\"\"", 1 + quote) == 0
        && memcmp(end - quote, "\"\"", quote) == 0)
    {
        p += 1 + quote;
        end -= quote;

    } else if (p < end && *p == '\'') {
        p++;
    }

    if (end - p > HPF_MASK_VALUE_MAX) {
        hpf_mask_long_value(m, m->u.csv.shape, p, end);

    } else if (p < end) {
        hpf_mask_value(m, m->u.csv.shape, p, end, style);
    }
}


static void
hpf_mask_csv_long(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    hpf_mask_csv_t       *c;
    const unsigned char  *p;

    c = &m->u.csv;
    p = in->p;

    c->state = (*p == '"') ? HPF_MASK_CSV_QUOTED_REST : HPF_MASK_CSV_REST;

    in->p += (*p == '"');

    if (c->shape->kind != HPF_MASK_DROP) {
        p = in->p;
    }

    hpf_mask_long_value(m, c->shape, p, in->p);

    in->text = in->p;
}


static int
hpf_mask_csv_rest(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    const unsigned char  *p, *q;

    p = in->p;
    q = hpf_mask_csv_find(&m->u.csv, p, in->end);

    in->p = q;

    /* a carriage return may be of the end of the line */

    if (q > p && q[-1] == '\r' && (q == in->end || *q == '\n')) {
        q--;
    }

    hpf_mask_replace(m, p, q);

    if (in->p < in->end) {
        in->text = in->p;
        hpf_mask_csv_ended(m, in);
        return HPF_OK;
    }

    if (in->more) {
        in->p = q;
    }

    in->text = in->p;

    return in->more ? HPF_AGAIN : HPF_OK;
}


static int
hpf_mask_csv_quoted_rest(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    hpf_mask_csv_t       *c;
    const unsigned char  *p, *q;

    c = &m->u.csv;
    p = in->p;

    q = memchr(p, '"', (size_t) (in->end - p));
    q = (q == NULL) ? in->end : q;

    hpf_mask_replace(m, p, q);
    in->p = q;
    in->text = q;

    if (q == in->end) {
        return HPF_OK;
    }

    if (in->end - q == 1 && in->more) {
        return HPF_AGAIN;
    }

    if (in->end - q > 1 && q[1] == '"') {
        hpf_mask_replace(m, q, q + 2);
        in->p = q + 2;

    } else {

        if (c->shape->kind == HPF_MASK_DROP) {
            hpf_mask_replace(m, q, q + 1);
        }

        in->p = q + 1;
        c->state = HPF_MASK_CSV_REST;
    }

    in->text = in->p;

    return HPF_OK;
}


static int
hpf_mask_csv_other(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    (void) m;

    in->p = in->end;

    return HPF_OK;
}


/* What ends the field is at in->p. */

static void
hpf_mask_csv_ended(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    hpf_mask_csv_t  *c;

    c = &m->u.csv;

    if (c->shown) {
        c->shown = 0;
        in->text = in->p;
    }

    c->state = HPF_MASK_CSV_NEXT;

    if (*in->p == '\n') {
        c->column = 0;

        if (c->header) {
            hpf_mask_csv_line(c);
        }

    } else if (c->column < HPF_MASK_CSV_COLUMNS) {
        c->column++;
    }

    in->p++;
}


/* The text that was read so far ends here. */

static void
hpf_mask_csv_search(hpf_mask_t *m, hpf_mask_csv_in_t *in)
{
    (void) hpf_mask_values(m, in->text, in->p, 0);
    hpf_mask_search_reset(&m->search);

    in->text = in->p;
}


static void
hpf_mask_csv_field(const hpf_mask_csv_t *c, const unsigned char *p,
    const unsigned char *end, hpf_mask_csv_field_t *field)
{
    field->close = NULL;

    if (*p == '"') {

        for ( ;; ) {
            p = memchr(p + 1, '"', (size_t) (end - p - 1));

            if (p == NULL) {
                field->end = end;
                return;
            }

            if (end - p == 1 || p[1] != '"') {
                break;
            }

            p++;
        }

        field->close = p++;
    }

    field->end = hpf_mask_csv_find(c, p, end);
}


/* What ends a field that is not quoted. */

static const unsigned char *
hpf_mask_csv_find(const hpf_mask_csv_t *c, const unsigned char *p,
    const unsigned char *end)
{
#if defined(__SSE2__)

    unsigned  bits;
    __m128i   sep, feed, v;

    sep = _mm_set1_epi8((char) c->sep);
    feed = _mm_set1_epi8('\n');

    while (end - p >= 16) {
        v = _mm_loadu_si128((const __m128i *) (const void *) p);

        bits = (unsigned) _mm_movemask_epi8(
                              _mm_or_si128(_mm_cmpeq_epi8(v, sep),
                                           _mm_cmpeq_epi8(v, feed)));
        if (bits) {
            return p + __builtin_ctz(bits);
        }

        p += 16;
    }

#endif

    while (p < end && *p != c->sep && *p != '\n') {
        p++;
    }

    return p;
}
