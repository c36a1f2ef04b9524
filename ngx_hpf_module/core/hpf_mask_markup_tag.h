/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tags of XML and HTML, and the open elements that have a rule.
 *
 * A label is an attribute like name or id whose value is the name of a field:
 * <input name="mobile" value="...">, <field name="mobile">...</field>.
 */

#ifndef _HPF_MASK_MARKUP_TAG_H_INCLUDED_
#define _HPF_MASK_MARKUP_TAG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_markup.h"
#include "hpf_mask_rules.h"


/* Kinds of elements, by the names of HTML: bits. */

#define HPF_MASK_MARKUP_VOID    0x01    /* has no end tag */
#define HPF_MASK_MARKUP_INLINE  0x02    /* its text is of the text around */
#define HPF_MASK_MARKUP_LABEL   0x04    /* name="..." is always a label */
#define HPF_MASK_MARKUP_RAW     0x08    /* no tags inside: a script */
#define HPF_MASK_MARKUP_CONTROL 0x100   /* its text is no value */

/* those that need no end tag and end each other: a number */
#define HPF_MASK_MARKUP_GROUP   0xf0

/* none is counted as an element inside of another */
#define HPF_MASK_MARKUP_LIGHT   (HPF_MASK_MARKUP_VOID                         \
                                 | HPF_MASK_MARKUP_INLINE                     \
                                 | HPF_MASK_MARKUP_RAW)


/* An attribute; value is NULL when it has none. */

typedef struct {
    const unsigned char     *name;
    const unsigned char     *name_end;
    const unsigned char     *value;
    const unsigned char     *value_end;
    const unsigned char     *end;       /* behind all of it */
    unsigned                 quote;     /* 0: there is none */
    unsigned                 slash;     /* right before name, or end */
} hpf_mask_markup_attr_t;


/* Whether a name may begin like this. */
unsigned hpf_mask_markup_tag_begins(unsigned char c);
unsigned hpf_mask_markup_tag_is_space(unsigned char c);

/* The end of the name at p, or end. */
const unsigned char *hpf_mask_markup_tag_name(const unsigned char *p,
    const unsigned char *end);

/* A hash of a name, for any case. */
uint32_t hpf_mask_markup_tag_hash(const unsigned char *p,
    const unsigned char *end);

/* The bits above for the name [p, end). */
unsigned hpf_mask_markup_tag_kind(const unsigned char *p,
    const unsigned char *end);

/*
 * The attribute at p.  HPF_OK; HPF_DECLINED: there is none, the tag ends at
 * attr->end with ">", or, broken, with "<"; HPF_AGAIN: end cuts it off, value
 * is set when it begins before.
 */
int hpf_mask_markup_tag_attr(const unsigned char *p,
    const unsigned char *end, hpf_mask_markup_attr_t *attr);

/*
 * Where the value at p ends.  HPF_OK; HPF_AGAIN: not before *q, which is end
 * or a "/" that may be of the tag.
 */
int hpf_mask_markup_tag_value(const unsigned char *p,
    const unsigned char *end, unsigned quote, const unsigned char **q);

/*
 * What can be known of the tag [p, end) in advance; p is the "<".  HPF_OK:
 * it ends at *q, see above.  HPF_AGAIN: end cuts it off.
 */
int hpf_mask_markup_tag_read(hpf_mask_markup_t *u,
    const hpf_mask_rules_t *rules, const unsigned char *p,
    const unsigned char *end, const unsigned char **q);

/* The form for the attribute of u->tag, or NULL; notes what it labels. */
const hpf_mask_shape_t *hpf_mask_markup_tag_rule(hpf_mask_markup_t *u,
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr);

/* The element of u->tag begins; shape may be NULL. */
void hpf_mask_markup_tag_open(hpf_mask_markup_t *u,
    const hpf_mask_shape_t *shape);

/* The end tag [p, end). */
void hpf_mask_markup_tag_close(hpf_mask_markup_t *u, const unsigned char *p,
    const unsigned char *end);


#endif /* _HPF_MASK_MARKUP_TAG_H_INCLUDED_ */
