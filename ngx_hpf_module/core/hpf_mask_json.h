/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a JSON body, a part of hpf_mask_t; see hpf_mask_json.c. */

#ifndef _HPF_MASK_JSON_H_INCLUDED_
#define _HPF_MASK_JSON_H_INCLUDED_


typedef struct {
    unsigned  state;
} hpf_mask_json_t;


#endif /* _HPF_MASK_JSON_H_INCLUDED_ */
