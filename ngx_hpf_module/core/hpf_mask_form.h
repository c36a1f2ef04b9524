/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a body of this type, a part of hpf_mask_t. */

#ifndef _HPF_MASK_FORM_H_INCLUDED_
#define _HPF_MASK_FORM_H_INCLUDED_


typedef struct {
    unsigned  state;
} hpf_mask_form_t;


#endif /* _HPF_MASK_FORM_H_INCLUDED_ */
