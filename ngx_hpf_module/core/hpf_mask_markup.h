/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a body of this type, a part of hpf_mask_t. */

#ifndef _HPF_MASK_MARKUP_H_INCLUDED_
#define _HPF_MASK_MARKUP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_kind.h"


#define HPF_MASK_MARKUP_DEPTH  16   /* elements with a rule in one another */


/* An open element with a rule. */

typedef struct {
    const hpf_mask_shape_t  *shape;
    uint32_t                 name;      /* a hash */
    uint32_t                 kind;      /* of its name */
    uint32_t                 depth;     /* elements open inside */
    uint32_t                 same;      /* of them, with the same name */
} hpf_mask_markup_element_t;


/* The tag that is read. */

typedef struct {
    const hpf_mask_shape_t  *own;       /* for the element's name */
    const hpf_mask_shape_t  *label;     /* for what name="..." says */
    uint32_t                 name;      /* a hash */
    uint32_t                 len;       /* of the name */
    unsigned                 kind;
    unsigned                 rules:1;   /* an attribute may have one */
    unsigned                 record:1;  /* one has, other than a label */
    unsigned                 slash:1;   /* right before here */
} hpf_mask_markup_tag_t;


typedef struct {
    unsigned                   state;
    unsigned                   cdata:1;     /* in a section of a rule's */
    unsigned                   shown:1;     /* the value is not searched */
    unsigned                   dashes:2;    /* right before, in a comment */
    unsigned                   quote:8;     /* of the attribute, or 0 */
    size_t                     seen;        /* bytes read, not yet decided */
    const hpf_mask_shape_t    *shape;       /* of the value that is read */
    hpf_mask_markup_tag_t      tag;
    uint32_t                   over;        /* open beyond the stack */
    uint32_t                   n;
    hpf_mask_markup_element_t  stack[HPF_MASK_MARKUP_DEPTH];
} hpf_mask_markup_t;


#endif /* _HPF_MASK_MARKUP_H_INCLUDED_ */
