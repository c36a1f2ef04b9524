/* links: core/hpf_gcra.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The rate limit: what is allowed at once and in a period, what a refused
 * request costs, extreme numbers, and the syntax of a rate.
 */


#include "tap.h"
#include "hpf_gcra.h"


static void
taking(void)
{
    int                bad;
    int64_t            tat, t, allowed, before;
    hpf_gcra_t         rate;
    hpf_gcra_result_t  res;

    rate.interval = 600000;
    rate.burst = 20;
    tat = 0;
    allowed = 0;

    /* a request each millisecond for a minute */

    for (t = 0; t < 60000; t++) {
        allowed += hpf_gcra_take(&tat, 5000000 + t * 1000, &rate, 1, &res)
                   == 0;
    }

    is_int(allowed, 120, "the rate and the burst, in the first minute");

    for (t = 60000; t < 120000; t++) {
        allowed += hpf_gcra_take(&tat, 5000000 + t * 1000, &rate, 1, &res)
                   == 0;
    }

    is_int(allowed, 220, "the rate alone in the second");

    tat = 0;
    bad = 0;

    for (t = 0; t < 10000; t++) {
        bad += hpf_gcra_take(&tat, t * 600000, &rate, 1, &res) != 0
               || res.remaining != 20 || res.retry_after != 0
               || res.reset != 600000;
    }

    is_int(bad, 0, "a steady rate is never refused");

    tat = 0;
    bad = 0;

    for (t = 0; t < 21; t++) {
        bad += hpf_gcra_take(&tat, 1000, &rate, 1, &res) != 0
               || res.remaining != 20 - t;
    }

    is_int(bad, 0, "21 at once");

    before = tat;
    is_int(hpf_gcra_take(&tat, 1000, &rate, 1, &res), -5, "not one more");
    is_int(tat, before, "which consumes nothing");
    is_int(res.retry_after, 600000, "when it may come again");
    is_int(res.remaining, 0, "none remains");
    is_int(res.reset, 21 * 600000, "when all is free");

    is_int(hpf_gcra_take(&tat, 1000 + 599999, &rate, 1, &res), -5, "early");
    is_int(res.retry_after, 1, "by a microsecond");
    is_int(hpf_gcra_take(&tat, 1000 + 600000, &rate, 1, &res), 0, "in time");
}


static void
costs(void)
{
    int64_t            tat;
    hpf_gcra_t         rate;
    hpf_gcra_result_t  res;

    rate.interval = 1000000;
    rate.burst = 9;

    tat = 0;
    is_int(hpf_gcra_take(&tat, 1, &rate, 10, &res), 0, "all at once");
    is_int(hpf_gcra_take(&tat, 1, &rate, 0, &res), 0, "a look is free");
    is_int(res.remaining, 0, "and sees that none remains");
    is_int(hpf_gcra_take(&tat, 1, &rate, 3, &res), -5, "three more");
    is_int(res.retry_after, 3000000, "in three seconds");
    is_int(hpf_gcra_take(&tat, 3000001, &rate, 3, &res), 0, "then");
    is_int(hpf_gcra_take(&tat, 3000001, &rate, 11, &res), -1, "never so many");
    is_int(hpf_gcra_take(&tat, 3000001, &rate, -1, &res), -1, "nor less");

    tat = INT64_MAX;
    is_int(hpf_gcra_take(&tat, 5, &rate, 1, &res), -5, "a time far ahead");
    is_int(res.retry_after, 1000000, "is used up, no worse");

    rate.interval = 86400000000;
    rate.burst = 1000000;
    tat = 0;
    is_int(hpf_gcra_take(&tat, (int64_t) 1 << 61, &rate, 1000001, &res), 0,
           "the greatest numbers");
    is_int(res.reset, 1000001LL * 86400000000LL, "do not overflow");
    is_int(hpf_gcra_take(&tat, (int64_t) 1 << 61, &rate, 1000001, &res), -5,
           "nor here");
}


int
main(void)
{
    plan(0);

    taking();
    costs();

    return done();
}
