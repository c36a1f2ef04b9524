/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private to the masking engine: the tokens that may be masked, and what
 * hpf_mask.c and hpf_mask_token.c need of each other.
 */

#ifndef _HPF_MASK_TOKEN_H_INCLUDED_
#define _HPF_MASK_TOKEN_H_INCLUDED_


#include "hpf_mask.h"


/* States: each takes what it can of [p, end) and returns where it stopped. */

const unsigned char *hpf_mask_value(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
const unsigned char *hpf_mask_value_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
const unsigned char *hpf_mask_number(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);
const unsigned char *hpf_mask_number_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
const unsigned char *hpf_mask_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);

/* A number, or a run of digits or an escape, begins at p. */
const unsigned char *hpf_mask_number_start(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
const unsigned char *hpf_mask_run_start(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);

/* The body ends inside the token that is held back. */
void hpf_mask_value_last(hpf_mask_t *m);
void hpf_mask_number_last(hpf_mask_t *m);
void hpf_mask_run_last(hpf_mask_t *m);


/* In hpf_mask.c: */

/* Runs the states over [p, end). */
void hpf_mask_bytes(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);

/* The quote that ends the string that p is in, or end. */
const unsigned char *hpf_mask_quote(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);

/* A value has ended: the rule of the next one, if it is an element. */
void hpf_mask_next(hpf_mask_t *m);

/* No look back beyond p. */
void hpf_mask_move(hpf_mask_t *m, const unsigned char *p);

/* Passes on what is before p. */
void hpf_mask_pass(hpf_mask_t *m, const unsigned char *p);


#endif /* _HPF_MASK_TOKEN_H_INCLUDED_ */
