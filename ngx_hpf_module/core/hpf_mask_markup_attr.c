/*
 * Copyright (C) the HPF gateway authors
 */

/* Markup: the attributes of a tag that has rules, or is very long. */

#include "hpf_mask_markup_int.h"


#define HPF_MASK_MARKUP_ATTR   384  /* of an attribute up to its value */


static void hpf_mask_markup_attr(hpf_mask_t *m, hpf_mask_markup_in_t *in,
    const hpf_mask_markup_attr_t *attr);
static void hpf_mask_markup_attr_ended(hpf_mask_markup_t *u,
    hpf_mask_markup_in_t *in);


int
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


int
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


int
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

        if (u->shape->kind == HPF_MASK_DROP && u->quote == 0) {
            hpf_mask_put(&m->out, (const unsigned char *) "\"\"", 2);
        }

        return HPF_OK;
    }

    hpf_mask_markup_mask(m, p, q, HPF_MASK_XML_TEXT);

    /* without quotes an empty value would be what comes next */

    if (u->shape->kind == HPF_MASK_DROP && u->quote == 0) {
        hpf_mask_put(&m->out, (const unsigned char *) "\"\"", 2);
    }

    in->text = q;
    in->p = q;

    if (q < in->end) {
        hpf_mask_markup_attr_ended(u, in);
    }

    return HPF_OK;
}


int
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
