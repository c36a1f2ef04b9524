/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a body of this type, a part of hpf_mask_t. */

#ifndef _HPF_MASK_FORM_H_INCLUDED_
#define _HPF_MASK_FORM_H_INCLUDED_


#include "hpf_mask_kind.h"
#include "hpf_mask_rules.h"


typedef struct {
    unsigned                 state;
    unsigned                 path:1;    /* neither "=" nor "&" so far */
    unsigned                 url:1;     /* there was a path: "#" divides */
    unsigned                 first:1;   /* no pair to the left stays */
    unsigned                 amp:1;     /* the next byte is "&", held */
    const hpf_mask_shape_t  *shape;     /* of the value that is read */
} hpf_mask_form_t;


/* The form for the name [name, end) as a form writes it, or NULL. */
const hpf_mask_shape_t *hpf_mask_form_rule(const hpf_mask_rules_t *rules,
    const unsigned char *name, const unsigned char *end);


#endif /* _HPF_MASK_FORM_H_INCLUDED_ */
