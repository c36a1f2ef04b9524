/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A histogram of durations, see the header.  The place of the highest bit is
 * the power of two, the two bits after it the quarter.
 */


#include "hpf_hist.h"


unsigned
hpf_hist_index(uint64_t us)
{
    unsigned  power;

    if (us <= (uint64_t) 1 << HPF_HIST_FIRST) {
        return 0;
    }

    if (us > (uint64_t) 1 << HPF_HIST_LAST) {
        return HPF_HIST_BUCKETS - 1;
    }

    us--;                              /* bounds belong to what they end */
    power = 63 - __builtin_clzll(us);

    return 1 + 4 * (power - HPF_HIST_FIRST) + ((us >> (power - 2)) & 3);
}


uint64_t
hpf_hist_bound(unsigned bucket)
{
    if (bucket == 0) {
        return (uint64_t) 1 << HPF_HIST_FIRST;
    }

    if (bucket >= HPF_HIST_BUCKETS - 1) {
        return UINT64_MAX;
    }

    bucket--;

    return (uint64_t) (5 + bucket % 4) << (bucket / 4 + HPF_HIST_FIRST - 2);
}


uint64_t
hpf_hist_quantile(const uint64_t *counts, unsigned permille)
{
    double     rank, share;
    unsigned   i;
    uint64_t   total, lo, hi;

    total = 0;

    for (i = 0; i < HPF_HIST_BUCKETS; i++) {
        total += counts[i];
    }

    if (total == 0) {
        return 0;
    }

    rank = (double) total * (permille < 1000 ? permille : 1000) / 1000;
    lo = 0;

    for (i = 0; i < HPF_HIST_BUCKETS - 1; i++) {
        hi = hpf_hist_bound(i);

        if (counts[i] && (double) counts[i] >= rank) {
            share = rank / (double) counts[i];
            return lo + (uint64_t) ((double) (hi - lo) * share + 0.5);
        }

        rank -= (double) counts[i];
        lo = hi;
    }

    /* beyond the last bound: more is not known */

    return lo;
}
