/* links: core/hpf_hist.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The histogram: every bound belongs to its bucket and what follows to the
 * next one; quantiles against the exact ones.
 */


#include "tap.h"
#include "hpf_hist.h"


static void
bounds(void)
{
    int       bad;
    uint64_t  us, bound;
    unsigned  i;

    bad = 0;

    for (i = 0; i < HPF_HIST_BUCKETS - 1; i++) {
        bound = hpf_hist_bound(i);

        bad += hpf_hist_index(bound) != i;
        bad += hpf_hist_index(bound + 1) != i + 1;
        bad += i % 4 == 0 && bound != (uint64_t) 64 << i / 4;
    }

    is_int(bad, 0, "bounds end their buckets");
    is_int(hpf_hist_index(0), 0, "nothing");
    is_int(hpf_hist_index(UINT64_MAX), HPF_HIST_BUCKETS - 1, "for ever");
    ok(hpf_hist_bound(HPF_HIST_BUCKETS - 1) == UINT64_MAX, "has no bound");
    is_int(hpf_hist_bound(HPF_HIST_BUCKETS - 2), 1 << 26, "the last bound");

    bad = 0;

    for (us = 0; us < 1000000; us++) {
        i = hpf_hist_index(us);
        bad += us > hpf_hist_bound(i) || (i && us <= hpf_hist_bound(i - 1));
    }

    is_int(bad, 0, "a million durations");
}


static void
quantiles(void)
{
    uint64_t  counts[HPF_HIST_BUCKETS], q;
    unsigned  i, us;

    memset(counts, 0, sizeof(counts));

    is_int(hpf_hist_quantile(counts, 500), 0, "of nothing");

    for (us = 1; us <= 100000; us++) {
        counts[hpf_hist_index(us)]++;
    }

    for (i = 100; i <= 1000; i += 100) {
        q = hpf_hist_quantile(counts, i);
        ok(q >= i * 100 * 3 / 4 && q <= i * 100 * 5 / 4,
           "%u of 1000: %llu", i, (unsigned long long) q);
    }

    memset(counts, 0, sizeof(counts));
    counts[HPF_HIST_BUCKETS - 1] = 5;
    is_int(hpf_hist_quantile(counts, 990), 1 << 26, "beyond the last bound");

    memset(counts, 0, sizeof(counts));
    counts[hpf_hist_index(1000)] = 1;
    q = hpf_hist_quantile(counts, 1000);
    is_int(q, hpf_hist_bound(hpf_hist_index(1000)), "of a single one");
    ok(hpf_hist_quantile(counts, 0) < 1000, "the least");
    is_int(hpf_hist_quantile(counts, 5000), q, "more than all is all");
}


int
main(void)
{
    plan(0);

    bounds();
    quantiles();

    return done();
}
