/*
 * Copyright (C) the HPF gateway authors
 */

/* Markup: the text of elements with a rule. */

#include <string.h>

#include "hpf_mask_markup_int.h"


static int hpf_mask_markup_stop(const hpf_mask_markup_t *u,
    const unsigned char *p, const unsigned char *end,
    const unsigned char **q);


int
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


int
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


int
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


int
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

int
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

    if (rc == HPF_AGAIN) {
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


int
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
