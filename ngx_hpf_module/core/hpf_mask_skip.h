/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Runs over JSON in which nothing is to be done, 64 bytes at a time.  It
 * decides nothing: where it stops the engine looks for itself, and if it
 * stopped at every token the output would be the same.
 */

#ifndef _HPF_MASK_SKIP_H_INCLUDED_
#define _HPF_MASK_SKIP_H_INCLUDED_


#include "hpf_mask.h"


/* bytes below which it goes nowhere */
#define HPF_MASK_SKIP_MIN  (64 + 16)


/*
 * p is between tokens, with no rule pending.  Returns where to go on, again
 * between tokens: behind a key with a rule, which is set then, before a string
 * that may be one, before a string or other text that may hold a value, or as
 * far as it has come.
 */
const unsigned char *hpf_mask_skip(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);


/* Which instructions are used; the best that there are unless it is said. */

typedef enum {
    HPF_MASK_SKIP_NONE = 0,         /* it goes nowhere */
    HPF_MASK_SKIP_PLAIN,
    HPF_MASK_SKIP_SSE2,
    HPF_MASK_SKIP_AVX2,
    HPF_MASK_SKIP_AVX512,
    HPF_MASK_SKIP_LEVELS
} hpf_mask_skip_level_e;

/* For tests and measurements.  Returns the level that is used from now on. */
unsigned hpf_mask_skip_use(unsigned level);


#endif /* _HPF_MASK_SKIP_H_INCLUDED_ */
