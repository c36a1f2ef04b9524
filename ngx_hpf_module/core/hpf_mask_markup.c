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
#include "hpf_mask_markup_int.h"


#define HPF_MASK_MARKUP_HEAD   768  /* bytes of a tag */
#define HPF_MASK_MARKUP_NAME   160  /* of the name of an end tag */


/* HPF_AGAIN: it waits at in->p for more. */

typedef int (*hpf_mask_markup_pt)(hpf_mask_t *m, hpf_mask_markup_in_t *in);


static int hpf_mask_markup_content(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_begin(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_end(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_special(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_declaration(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
static int hpf_mask_markup_comment(hpf_mask_t *m, hpf_mask_markup_in_t *in);
static int hpf_mask_markup_script(hpf_mask_t *m, hpf_mask_markup_in_t *in);


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
    const unsigned char   *read;
    hpf_mask_markup_in_t   in;

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

    for ( ;; ) {
        q = memchr(in->p, '<', (size_t) (in->end - in->p));

        if (q == NULL) {
            in->p = in->end;
            return HPF_OK;
        }

        in->p = q;

        /* where nothing with a rule is open, end tags do not matter */

        if (in->end - q < 3 || q[1] != '/' || m->u.markup.n) {
            break;
        }

        in->p += 2;
    }

    return hpf_mask_markup_less(m, in);
}


int
hpf_mask_markup_less(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    const unsigned char  *p;

    p = in->p;

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


void
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


void
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


const hpf_mask_shape_t *
hpf_mask_markup_shape(const hpf_mask_markup_t *u)
{
    const hpf_mask_markup_element_t  *e;

    if (u->n == 0) {
        return NULL;
    }

    e = &u->stack[u->n - 1];

    return (e->depth == 0 || u->over) ? e->shape : NULL;
}


void
hpf_mask_markup_search(hpf_mask_t *m, hpf_mask_markup_in_t *in)
{
    (void) hpf_mask_values(m, in->text, in->p, 0);
    hpf_mask_search_reset(&m->search);

    in->text = in->p;
}
