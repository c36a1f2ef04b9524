/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a body of this type, a part of hpf_mask_t. */

#ifndef _HPF_MASK_CSV_H_INCLUDED_
#define _HPF_MASK_CSV_H_INCLUDED_


#include <stddef.h>

#include "hpf_mask_kind.h"


#define HPF_MASK_CSV_COLUMNS  256   /* with rules of their own */
#define HPF_MASK_CSV_SHAPES   32    /* different forms among them */


typedef struct {
    unsigned                 state;
    unsigned                 column;
    size_t                   seen;      /* bytes read, but not yet decided */
    const hpf_mask_shape_t  *shape;     /* of the field that is read */

    unsigned                 header:1;  /* the names may still come */
    unsigned                 tabs:1;
    unsigned                 shown:1;   /* the field is not searched */
    unsigned                 lines:8;   /* of the header without a rule */
    unsigned                 cells:8;   /* of such a line, with a text */
    unsigned char            sep;

    unsigned                 nshapes;
    const hpf_mask_shape_t  *shapes[HPF_MASK_CSV_SHAPES];

    /* index + 1; the last one is for all that follow */
    unsigned char            columns[HPF_MASK_CSV_COLUMNS + 1];
} hpf_mask_csv_t;


#endif /* _HPF_MASK_CSV_H_INCLUDED_ */
