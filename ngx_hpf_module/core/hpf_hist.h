/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A histogram of durations: four buckets for each power of two from 64 us to
 * 67 s, one below and one above.  A quantile is off by a quarter at most.
 * Counts are the caller's array of HPF_HIST_BUCKETS numbers.
 */

#ifndef _HPF_HIST_H_INCLUDED_
#define _HPF_HIST_H_INCLUDED_


#include <stdint.h>


#define HPF_HIST_FIRST    6            /* 2^6 us is the first bound */
#define HPF_HIST_LAST     26           /* 2^26 us the last one */
#define HPF_HIST_BUCKETS  (4 * (HPF_HIST_LAST - HPF_HIST_FIRST) + 2)


/* The bucket that us is counted in. */
unsigned hpf_hist_index(uint64_t us);

/*
 * The greatest us that a bucket counts; UINT64_MAX of the last one.  For
 * Prometheus, whose bounds are inclusive as well ("le"), every fourth bound is
 * a power of two: of the buckets 0, 4, 8, ….
 */
uint64_t hpf_hist_bound(unsigned bucket);

/*
 * The us that permille of all durations do not exceed, 0 .. 1000, evened out
 * inside of its bucket.  0: nothing was counted.
 */
uint64_t hpf_hist_quantile(const uint64_t *counts, unsigned permille);


#endif /* _HPF_HIST_H_INCLUDED_ */
