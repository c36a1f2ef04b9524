/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * XML and HTML, well-formed or not.  A rule applies to the text right inside
 * of the elements it names and to the attributes it names; see also what a
 * label is, hpf_mask_markup_tag.h.  All that has no rule is searched in one
 * go, tags with it.  Scripts are searched as JSON is; what an unnamed CDATA
 * section holds is read as if it stood outside.
 *
 * Of a tag so many bytes are looked at before it is decided on: rules of
 * labels behind them come too late for what stands before.
 */

#include <string.h>

#include "hpf_mask.h"
#include "hpf_mask_int.h"
#include "hpf_mask_markup_tag.h"


#define HPF_MASK_MARKUP_HEAD   768  /* bytes of a tag */
#define HPF_MASK_MARKUP_ATTR   384  /* of an attribute up to its value */
#define HPF_MASK_MARKUP_NAME   160  /* of the name of an end tag */


typedef enum {
    HPF_MASK_MARKUP_CONTENT = 0,
    HPF_MASK_MARKUP_TAG,            /* between attributes */
    HPF_MASK_MARKUP_ATTR_SKIP,      /* a value without a rule */
    HPF_MASK_MARKUP_ATTR_VALUE,
    HPF_MASK_MARKUP_ATTR_REST,      /* what is replaced already */
    HPF_MASK_MARKUP_TEXT_SKIP,      /* a text that is shown */
    HPF_MASK_MARKUP_TEXT_VALUE,
    HPF_MASK_MARKUP_TEXT_REST,
    HPF_MASK_MARKUP_MAYBE,          /* a text, if </input> comes after it */
    HPF_MASK_MARKUP_DECLARATION,    /* to the next ">" */
    HPF_MASK_MARKUP_COMMENT,
    HPF_MASK_MARKUP_SCRIPT,
    HPF_MASK_MARKUP_STATES
} hpf_mask_markup_state_e;


/* What is read: [text, p) is to be searched. */

typedef struct {
    const unsigned char     *text;
    const unsigned char     *p;
    const unsigned char     *end;
    unsigned                 more;
} hpf_mask_markup_in_t;


/* HPF_AGAIN: it waits at in->p for more. */

typedef int (*hpf_mask_markup_pt)(hpf_mask_t *m, hpf_mask_markup_in_t *in);


static int hpf_mask_markup_content(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_ruled(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_less(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_begin(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_end(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_special(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static void hpf_mask_markup_begun(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_tag(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static void hpf_mask_markup_attr(hpf_mask_t *m, hpf_mask_markup_in_t *in,
    const hpf_mask_markup_attr_t *attr);
static int hpf_mask_markup_attr_skip(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_attr_value(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_attr_rest(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static void hpf_mask_markup_attr_ended(hpf_mask_markup_t *u,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_text_skip(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_text_value(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_text_rest(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_maybe(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_declaration(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_comment(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_script(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static void hpf_mask_markup_mask(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned style);
static int hpf_mask_markup_stop(const hpf_mask_markup_t *u,
    const unsigned char *p, const unsigned char *end,
    const unsigned char **q);
static int hpf_mask_markup_is_stop(const hpf_mask_markup_t *u,
    const unsigned char *p, const unsigned char *end);
static const hpf_mask_shape_t *hpf_mask_markup_shape(
    const hpf_mask_markup_t *u);
static void hpf_mask_markup_search(hpf_mask_t *m, hpf_mask_markup_in_t *in);


static const hpf_mask_markup_pt
    hpf_mask_markup_states[HPF_MASK_MARKUP_STATES] =
{
    hpf_mask_markup_content,
    hpf_mask_markup_tag,
    hpf_mask_markup_attr_skip,
    hpf_mask_markup_attr_value,
    hpf_mask_markup_attr_rest,
    hpf_mask_markup_text_skip,
    hpf_mask_markup_text_value,
    hpf_mask_markup_text_rest,
    hpf_mask_markup_maybe,
    hpf_mask_markup_declaration,
    hpf_mask_markup_comment,
    hpf_mask_markup_script
};


void
hpf_mask_markup_init(hpf_mask_t *m, const hpf_mask_conf_t *conf)
{
    (void) conf;

    memset(&m->u.markup, 0, offsetof(hpf_mask_markup_t, stack));

    m->search.style = HPF_MASK_XML_TEXT;
    hpf_mask_search_reset(&m->search);
}


const unsigned char *
hpf_mask_markup_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more)
{
    hpf_mask_markup_t     *u;
    hpf_mask_markup_in_t   in;
    const unsigned char   *read;

    u = &m->u.markup;

    in.text = p;
    in.p = p + u->seen;
    in.end = end;
    in.more = more;

    read = in.p;

    while (in.p < end) {

        if (hpf_mask_markup_states[u->state](m, &in) == HPF_AGAIN) {
            break;
        }
    }

    if (u->shown) {
        in.text = in.p;
    }

    if (in.text < in.p && (in.p > read || !more)) {
        in.text = hpf_mask_values(m, in.text, in.p, more);
    }

    u->seen = (size_t) (in.p - in.text);

    return in.text;
}


static int
hpf_mask_markup_content(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    const unsigned char  *q;

    if (hpf_mask_markup_shape(&m->u.markup) != NULL) {
        return hpf_mask_markup_ruled(m, in);
    }

    q = memchr(in->p, '<', (size_t) (in->end - in->p));

    if (q == NULL) {
        in->p = in->end;
        return HPF_OK;
    }

    in->p = q;

    return hpf_mask_markup_less(m, in);
}


/* Right inside of an element with a rule: space around a text stays. */

static int
hpf_mask_markup_ruled(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                 rc;
    hpf_mask_markup_t  *u;

    u = &m->u.markup;

    while (in->p < in->end && hpf_mask_markup_tag_is_space(*in->p)) {
        in->p++;
    }

    if (in->p == in->end) {
        return HPF_OK;
    }

    rc = hpf_mask_markup_is_stop(u, in->p, in->end);

    if (rc == HPF_AGAIN && in->more) {
        return HPF_AGAIN;
    }

    if (rc == HPF_OK) {

        if (*in->p == '<') {
            return hpf_mask_markup_less(m, in);
        }

        u->cdata = 0;
        in->p += 3;
        return HPF_OK;
    }

    hpf_mask_markup_search(m, in);

    u->shape = hpf_mask_markup_shape(u);
    u->shown = hpf_mask_shown(m, u->shape);
    u->state = u->shown ? HPF_MASK_MARKUP_TEXT_SKIP
                        : HPF_MASK_MARKUP_TEXT_VALUE;

    return HPF_OK;
}


/* A "<" is at in->p. */

static int
hpf_mask_markup_less(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    const unsigned char  *p;

    p = in->p;

    if (in->end - p > 2 && p[1] == '/' && m->u.markup.n == 0) {
        in->p += 2;
        return HPF_OK;
    }

    switch (hpf_mask_markup_is_stop(&m->u.markup, p, in->end)) {

    case HPF_AGAIN:
        if (in->more) {
            return HPF_AGAIN;
        }

        break;

    case HPF_OK:
        if (p[1] == '/') {
            return hpf_mask_markup_end(m, in);
        }

        if (p[1] == '!' || p[1] == '?') {
            return hpf_mask_markup_special(m, in);
        }

        return hpf_mask_markup_begin(m, in);
    }

    in->p++;

    return HPF_OK;
}


static int
hpf_mask_markup_begin(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    hpf_mask_markup_t    *u;
    const unsigned char  *q, *to;

    u = &m->u.markup;

    to = (in->end - in->p > HPF_MASK_MARKUP_HEAD)
         ? in->p + HPF_MASK_MARKUP_HEAD : in->end;

    rc = hpf_mask_markup_tag_read(u, m->rules, in->p, to, &q);

    if (rc == HPF_AGAIN) {

        if (in->more && in->end - in->p < HPF_MASK_MARKUP_HEAD) {
            return HPF_AGAIN;
        }

        u->state = HPF_MASK_MARKUP_TAG;
        in->p = q;
        return HPF_OK;
    }

    if (u->tag.rules) {
        u->state = HPF_MASK_MARKUP_TAG;
        u->tag.slash = 0;
        in->p += 1 + u->tag.len;
        return HPF_OK;
    }

    in->p = q;

    if (*q == '>') {
        hpf_mask_markup_begun(m, in);
    }

    return HPF_OK;
}


static int
hpf_mask_markup_end(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    const unsigned char  *p, *q, *to;

    p = in->p + 2;

    to = (in->end - p > HPF_MASK_MARKUP_NAME) ? p + HPF_MASK_MARKUP_NAME
                                              : in->end;
    q = hpf_mask_markup_tag_name(p, to);

    if (q == in->end && in->more && q - p < HPF_MASK_MARKUP_NAME) {
        return HPF_AGAIN;
    }

    hpf_mask_markup_tag_close(&m->u.markup, p, q);

    m->u.markup.state = HPF_MASK_MARKUP_DECLARATION;
    in->p = q;

    return HPF_OK;
}


/* Comments, CDATA sections, declarations, processing instructions. */

static int
hpf_mask_markup_special(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    size_t                n;
    hpf_mask_markup_t    *u;
    const unsigned char  *p;

    u = &m->u.markup;
    p = in->p;
    n = (size_t) (in->end - p);

    if (memcmp(p, "<!--", (n < 4) ? n : 4) == 0) {

        if (n >= 4) {
            u->state = HPF_MASK_MARKUP_COMMENT;
            u->dashes = 2;
            in->p += 4;
            return HPF_OK;
        }

        if (in->more) {
            return HPF_AGAIN;
        }
    }

    if (memcmp(p, "<![CDATA[", (n < 9) ? n : 9) == 0) {

        if (n >= 9) {
            u->cdata = (hpf_mask_markup_shape(u) != NULL);
            in->p += 9;
            return HPF_OK;
        }

        if (in->more) {
            return HPF_AGAIN;
        }
    }

    u->state = HPF_MASK_MARKUP_DECLARATION;
    in->p += 2;

    return HPF_OK;
}


/* The ">" of a start tag is at in->p. */

static void
hpf_mask_markup_begun(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    hpf_mask_markup_t        *u;
    hpf_mask_markup_tag_t    *tag;
    const hpf_mask_shape_t   *shape;

    u = &m->u.markup;
    tag = &u->tag;

    in->p++;
    u->state = HPF_MASK_MARKUP_CONTENT;

    if (tag->slash) {
        return;
    }

    if (tag->kind & HPF_MASK_MARKUP_RAW) {
        hpf_mask_markup_search(m, in);
        m->search.style = HPF_MASK_JSON_TEXT;
        u->state = HPF_MASK_MARKUP_SCRIPT;
        return;
    }

    shape = tag->own;

    if (shape == NULL && !(tag->kind & HPF_MASK_MARKUP_CONTROL)) {
        shape = tag->label;
    }

    if (tag->own == NULL && tag->kind & HPF_MASK_MARKUP_VOID) {

        if (tag->label != NULL) {
            hpf_mask_markup_search(m, in);
            u->state = HPF_MASK_MARKUP_MAYBE;
        }

        return;
    }

    if (shape != NULL || u->n) {
        hpf_mask_markup_tag_open(u, shape);
    }
}


static int
hpf_mask_markup_tag(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                      rc;
    unsigned                 wide;
    hpf_mask_markup_t       *u;
    const unsigned char     *p, *to;
    hpf_mask_markup_attr_t   attr;

    u = &m->u.markup;
    p = in->p;

    wide = (in->end - p >= HPF_MASK_MARKUP_ATTR);
    to = wide ? p + HPF_MASK_MARKUP_ATTR : in->end;

    attr.slash = u->tag.slash;

    rc = hpf_mask_markup_tag_attr(p, to, &attr);

    if (rc == HPF_AGAIN && !wide && in->more) {
        return HPF_AGAIN;
    }

    u->tag.slash = attr.slash;

    if (rc == HPF_DECLINED) {
        in->p = attr.end;

        if (*in->p == '>') {
            hpf_mask_markup_begun(m, in);

        } else {
            u->state = HPF_MASK_MARKUP_CONTENT;
        }

        return HPF_OK;
    }

    if (attr.value == NULL) {
        in->p = (rc == HPF_OK) ? attr.end : to;
        return HPF_OK;
    }

    if (rc == HPF_AGAIN) {
        attr.value_end = NULL;
    }

    hpf_mask_markup_attr(m, in, &attr);

    return HPF_OK;
}


/* An attribute with a value; value_end is NULL when that is a long one. */

static void
hpf_mask_markup_attr(hpf_mask_t *m, hpf_mask_markup_in_t *in,
    const hpf_mask_markup_attr_t *attr)
{
    hpf_mask_markup_t       *u;
    const hpf_mask_shape_t  *shape;

    u = &m->u.markup;

    shape = hpf_mask_markup_tag_rule(u, m->rules, attr);

    if (attr->value_end != NULL
        && (shape == NULL || attr->value_end == attr->value))
    {
        in->p = attr->end;
        return;
    }

    in->p = attr->value;

    u->quote = attr->quote & 0xff;
    u->state = HPF_MASK_MARKUP_ATTR_SKIP;

    if (shape == NULL) {
        return;
    }

    hpf_mask_markup_search(m, in);

    u->shape = shape;
    u->shown = hpf_mask_shown(m, shape);

    if (!u->shown) {
        u->state = HPF_MASK_MARKUP_ATTR_VALUE;
    }
}


static int
hpf_mask_markup_attr_skip(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    hpf_mask_markup_t    *u;
    const unsigned char  *q;

    u = &m->u.markup;

    rc = hpf_mask_markup_tag_value(in->p, in->end, u->quote, &q);

    if (rc == HPF_AGAIN) {
        in->p = in->more ? q : in->end;
        return HPF_AGAIN;
    }

    in->p = q;

    if (u->shown) {
        u->shown = 0;
        in->text = q;
    }

    hpf_mask_markup_attr_ended(u, in);

    return HPF_OK;
}


static int
hpf_mask_markup_attr_value(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    unsigned              whole;
    hpf_mask_markup_t    *u;
    const unsigned char  *p, *q, *to;

    u = &m->u.markup;
    p = in->p;

    whole = (in->end - p <= HPF_MASK_VALUE_MAX + 1);
    to = whole ? in->end : p + HPF_MASK_VALUE_MAX + 2;

    rc = hpf_mask_markup_tag_value(p, to, u->quote, &q);

    if (rc == HPF_AGAIN) {

        if (whole && in->more) {
            return HPF_AGAIN;
        }

        q = to;
    }

    if (q - p > HPF_MASK_VALUE_MAX) {
        hpf_mask_long_value(m, u->shape, p, p);
        u->state = HPF_MASK_MARKUP_ATTR_REST;
        return HPF_OK;
    }

    hpf_mask_markup_mask(m, p, q, HPF_MASK_XML_TEXT);

    in->text = q;
    in->p = q;

    if (q < in->end) {
        hpf_mask_markup_attr_ended(u, in);
    }

    return HPF_OK;
}


static int
hpf_mask_markup_attr_rest(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    hpf_mask_markup_t    *u;
    const unsigned char  *q;

    u = &m->u.markup;

    rc = hpf_mask_markup_tag_value(in->p, in->end, u->quote, &q);

    if (rc == HPF_AGAIN && !in->more) {
        q = in->end;
    }

    hpf_mask_replace(m, in->p, q);

    in->text = q;
    in->p = q;

    if (rc == HPF_OK) {
        hpf_mask_markup_attr_ended(u, in);
    }

    return rc;
}


static void
hpf_mask_markup_attr_ended(hpf_mask_markup_t *u, hpf_mask_markup_in_t *in)
{
    u->state = HPF_MASK_MARKUP_TAG;
    u->tag.slash = 0;

    in->p += (u->quote != 0);
}


static int
hpf_mask_markup_text_skip(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    hpf_mask_markup_t    *u;
    const unsigned char  *q;

    u = &m->u.markup;

    rc = hpf_mask_markup_stop(u, in->p, in->end, &q);

    if (rc == HPF_AGAIN) {
        in->p = in->more ? q : in->end;
        return HPF_AGAIN;
    }

    u->shown = 0;
    u->state = HPF_MASK_MARKUP_CONTENT;

    in->text = q;
    in->p = q;

    return HPF_OK;
}


static int
hpf_mask_markup_text_value(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    unsigned              whole;
    hpf_mask_markup_t    *u;
    const unsigned char  *p, *q, *to;

    u = &m->u.markup;
    p = in->p;

    whole = (in->end - p < HPF_MASK_VALUE_MAX + 3);
    to = whole ? in->end : p + HPF_MASK_VALUE_MAX + 3;

    rc = hpf_mask_markup_stop(u, p, to, &q);

    if (rc == HPF_AGAIN) {

        if (whole && in->more) {
            return HPF_AGAIN;
        }

        q = to;
    }

    if (q - p > HPF_MASK_VALUE_MAX) {
        hpf_mask_long_value(m, u->shape, p, p);
        u->state = HPF_MASK_MARKUP_TEXT_REST;
        return HPF_OK;
    }

    hpf_mask_markup_mask(m, p, q,
                         u->cdata ? HPF_MASK_PLAIN : HPF_MASK_XML_TEXT);

    u->state = HPF_MASK_MARKUP_CONTENT;

    in->text = q;
    in->p = q;

    return HPF_OK;
}


static int
hpf_mask_markup_text_rest(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    hpf_mask_markup_t    *u;
    const unsigned char  *q;

    u = &m->u.markup;

    rc = hpf_mask_markup_stop(u, in->p, in->end, &q);

    if (rc == HPF_AGAIN && !in->more) {
        q = in->end;
    }

    hpf_mask_replace(m, in->p, q);

    in->text = q;
    in->p = q;

    if (rc == HPF_OK) {
        u->state = HPF_MASK_MARKUP_CONTENT;
    }

    return rc;
}


/*
 * Behind <param name="mobile">, which in HTML has no text: in XML it may, and
 * an end tag behind that.
 */

static int
hpf_mask_markup_maybe(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    int                   rc;
    size_t                n;
    unsigned              whole;
    hpf_mask_markup_t    *u;
    const unsigned char  *q, *to, *name;

    u = &m->u.markup;
    n = u->tag.len;

    whole = (in->end - in->p < HPF_MASK_VALUE_MAX + 3);
    to = whole ? in->end : in->p + HPF_MASK_VALUE_MAX + 3;

    rc = hpf_mask_markup_stop(u, in->p, to, &q);

    if (rc == HPF_AGAIN && whole && in->more) {
        return HPF_AGAIN;
    }

    u->state = HPF_MASK_MARKUP_CONTENT;

    if (rc == HPF_AGAIN || n > HPF_MASK_MARKUP_NAME) {
        return HPF_OK;
    }

    if ((size_t) (in->end - q) < n + 3 && in->more) {
        u->state = HPF_MASK_MARKUP_MAYBE;
        return HPF_AGAIN;
    }

    name = q + 2;

    if (((size_t) (in->end - q) >= n + 3
         && q[1] == '/'
         && hpf_mask_markup_tag_name(name, name + n + 1) == name + n
         && hpf_mask_markup_tag_hash(name, name + n) == u->tag.name)
        || (in->end - q > 3 && memcmp(q, "<![C", 4) == 0))
    {
        hpf_mask_markup_tag_open(u, u->tag.label);
    }

    return HPF_OK;
}


static int
hpf_mask_markup_declaration(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    const unsigned char  *q;

    q = memchr(in->p, '>', (size_t) (in->end - in->p));

    if (q == NULL) {
        in->p = in->end;
        return HPF_OK;
    }

    in->p = q + 1;
    m->u.markup.state = HPF_MASK_MARKUP_CONTENT;

    return HPF_OK;
}


static int
hpf_mask_markup_comment(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    unsigned              dashes;
    hpf_mask_markup_t    *u;
    const unsigned char  *p, *q, *d;

    u = &m->u.markup;
    p = in->p;

    q = memchr(p, '>', (size_t) (in->end - p));
    q = (q == NULL) ? in->end : q;

    dashes = 0;

    for (d = q; d > p && d[-1] == '-' && dashes < 2; d--) {
        dashes++;
    }

    if (d == p && dashes < 2) {
        dashes += u->dashes;
    }

    u->dashes = (dashes < 2) ? dashes & 1 : 2;
    in->p = q;

    if (q == in->end) {
        return HPF_OK;
    }

    in->p++;

    if (u->dashes == 2) {
        u->state = HPF_MASK_MARKUP_CONTENT;
    }

    u->dashes = 0;

    return HPF_OK;
}


/* A script ends with its end tag, whatever is in it. */

static int
hpf_mask_markup_script(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    size_t                n;
    hpf_mask_markup_t    *u;
    const unsigned char  *q;

    u = &m->u.markup;
    n = 2 + u->tag.len;

    q = memchr(in->p, '<', (size_t) (in->end - in->p));

    if (q == NULL) {
        in->p = in->end;
        return HPF_OK;
    }

    in->p = q;

    if ((size_t) (in->end - q) < n) {

        if (in->more) {
            return HPF_AGAIN;
        }

        in->p = in->end;
        return HPF_OK;
    }

    if (q[1] != '/'
        || hpf_mask_markup_tag_hash(q + 2, q + n) != u->tag.name)
    {
        in->p++;
        return HPF_OK;
    }

    hpf_mask_markup_search(m, in);

    m->search.style = HPF_MASK_XML_TEXT;
    u->state = HPF_MASK_MARKUP_CONTENT;

    return HPF_OK;
}


/* [p, end) is a value with a rule; space around it stays. */

static void
hpf_mask_markup_mask(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned style)
{
    const hpf_mask_shape_t  *shape;

    shape = m->u.markup.shape;

    while (p < end && hpf_mask_markup_tag_is_space(*p)) {
        p++;
    }

    while (p < end && hpf_mask_markup_tag_is_space(end[-1])) {
        end--;
    }

    if (p == end) {
        return;
    }

    if (shape->kind == HPF_MASK_DROP) {
        hpf_mask_long_value(m, shape, p, end);

    } else {
        hpf_mask_value(m, shape, p, end, style);
    }
}


/*
 * Where a text ends.  HPF_OK; HPF_AGAIN: not before *q, which is end or what
 * may be the beginning of a tag.
 */

static int
hpf_mask_markup_stop(const hpf_mask_markup_t *u, const unsigned char *p,
    const unsigned char *end, const unsigned char **q)
{
    int  rc;

    for ( /* void */ ; p < end; p++) {

        if (*p != '<' && *p != ']') {
            continue;
        }

        rc = hpf_mask_markup_is_stop(u, p, end);

        if (rc != HPF_DECLINED) {
            *q = p;
            return rc;
        }
    }

    *q = end;

    return HPF_AGAIN;
}


/* A "]]>" is the end of a section, also of one that was not noticed. */

static int
hpf_mask_markup_is_stop(const hpf_mask_markup_t *u, const unsigned char *p,
    const unsigned char *end)
{
    size_t  n;

    n = (size_t) (end - p);

    if (*p == ']') {

        if (memcmp(p, "]]>", (n < 3) ? n : 3) != 0) {
            return HPF_DECLINED;
        }

        return (n < 3) ? HPF_AGAIN : HPF_OK;
    }

    if (*p != '<' || u->cdata) {
        return HPF_DECLINED;
    }

    if (n < 2) {
        return HPF_AGAIN;
    }

    if (p[1] == '!' || p[1] == '?') {
        return HPF_OK;
    }

    if (p[1] == '/') {

        if (n < 3) {
            return HPF_AGAIN;
        }

        p++;
    }

    return hpf_mask_markup_tag_begins(p[1]) ? HPF_OK : HPF_DECLINED;
}


/* The form for a text right here, or NULL. */

static const hpf_mask_shape_t *
hpf_mask_markup_shape(const hpf_mask_markup_t *u)
{
    const hpf_mask_markup_element_t  *e;

    if (u->n == 0) {
        return NULL;
    }

    e = &u->stack[u->n - 1];

    return (e->depth == 0 || u->over) ? e->shape : NULL;
}


/* The text that was read so far ends here. */

static void
hpf_mask_markup_search(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    (void) hpf_mask_values(m, in->text, in->p, 0);
    hpf_mask_search_reset(&m->search);

    in->text = in->p;
}
