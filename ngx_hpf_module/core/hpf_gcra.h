/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The generic cell rate algorithm (ITU-T I.371): a limit is one number, the
 * theoretical arrival time of the next request.  The rest is arithmetic: no
 * state, no lock; the caller keeps the number and reads the clock.  Times are
 * microseconds of a clock that does not go back.
 */

#ifndef _HPF_GCRA_H_INCLUDED_
#define _HPF_GCRA_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


typedef struct {
    int64_t    interval;               /* of one request, us */
    int64_t    burst;                  /* at once, beyond the first */
} hpf_gcra_t;

typedef struct {
    int64_t    remaining;              /* requests that may come at once */
    int64_t    retry_after;            /* us until this one may; 0: taken */
    int64_t    reset;                  /* us until the limit is all free */
} hpf_gcra_result_t;


/*
 * HPF_OK: allowed and taken.  HPF_DECLINED: refused, nothing is consumed.
 * HPF_ERROR: cost, of 0 or more, exceeds what may ever come at once.
 * *tat begins as 0; one that lies too far ahead (the clock did go back, or a
 * restart) counts as a limit that is used up and no worse.
 */
int hpf_gcra_take(int64_t *tat, int64_t now, const hpf_gcra_t *rate,
    int64_t cost, hpf_gcra_result_t *result);


#endif /* _HPF_GCRA_H_INCLUDED_ */
