/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A limit that many nodes share, in portions.  The whole limit is a GCRA in
 * one place, the bank; a node takes tokens from it ahead of need, a hundredth
 * of the quota at a time, and spends them alone.  What it holds is all that it
 * can exceed the limit by: N nodes admit in any time W no more than
 *
 *     (burst + 1) * (1 + N / 100) + W / interval
 *
 * and refuse no more than N % of the quota that the limit had room for.  When
 * the bank had no room, the node refuses alone for a while.
 *
 * Pure arithmetic: the caller keeps the lease, reads a clock that does not go
 * back (microseconds), and asks the bank.
 */

#ifndef _HPF_LEASE_H_INCLUDED_
#define _HPF_LEASE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_gcra.h"


/* All zero: nothing is known yet. */

typedef struct {
    int64_t             tokens;
    int64_t             closed;        /* refused until then */
    int64_t             alone;         /* the bank is not asked until then */
    int64_t             asked;         /* when the bank was; 0: answered */
    int64_t             told;          /* the rest is of then */
    int64_t             reset;
    int64_t             remaining;     /* in the bank */
} hpf_lease_t;


typedef struct {
    hpf_gcra_result_t   limit;
    int64_t             want;          /* to ask for; 0: do not ask */
} hpf_lease_result_t;


/* What the bank said to such a question. */

typedef struct {
    int64_t             want;
    int64_t             granted;       /* without one that was waited for */
    hpf_gcra_result_t   limit;
} hpf_lease_grant_t;


/*
 * HPF_OK: a token was spent; want tokens have to be asked for beside this if
 * it is not 0.  HPF_DECLINED: refused.  HPF_AGAIN: the bank has to say, want
 * is 1 or more, of which one is for this request.  HPF_ERROR: the bank was
 * not to be reached, the node decides without it.
 */
int hpf_lease_take(hpf_lease_t *lease, int64_t now, const hpf_gcra_t *rate,
    hpf_lease_result_t *result);

/* The bank has answered. */
void hpf_lease_grant(hpf_lease_t *lease, int64_t now, const hpf_gcra_t *rate,
    const hpf_lease_grant_t *grant);

/* It has not. */
void hpf_lease_fail(hpf_lease_t *lease, int64_t now);


#endif /* _HPF_LEASE_H_INCLUDED_ */
