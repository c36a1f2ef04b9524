/*
 * Copyright (C) the HPF gateway authors
 */

/* What stays of a value, by its kind: for hpf_mask_kind.c. */

#ifndef _HPF_MASK_SHAPE_H_INCLUDED_
#define _HPF_MASK_SHAPE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_kind.h"


#define HPF_MASK_HEAD  32      /* characters that a form looks at */


/* A value as the forms see it. */

typedef struct {
    size_t          n;             /* characters */
    size_t          at;            /* the last "@", or n */
    unsigned        bad;
    uint32_t        head[HPF_MASK_HEAD];
} hpf_mask_text_t;


void hpf_mask_shape_cut(const hpf_mask_shape_t *shape,
    const hpf_mask_text_t *text, hpf_mask_cut_t *cut);


#endif /* _HPF_MASK_SHAPE_H_INCLUDED_ */
