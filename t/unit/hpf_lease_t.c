/* links: core/hpf_lease.c core/hpf_gcra.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A limit that nodes share in portions: nodes and their bank in simulated
 * time.  Together they exceed the limit by 2 % at the most, need the bank for
 * one request in twenty at the most where the quota is large, and do not
 * refuse what the limit would have room for.
 */


#include <string.h>

#include "tap.h"
#include "hpf_plugin.h"
#include "hpf_lease.h"


#define NODES   2
#define DELAY   500                    /* us, of the bank's answer */
#define FLIGHT  4096

typedef struct {
    int64_t            due;
    int                node;
    int                waits;          /* a request does */
    hpf_lease_grant_t  grant;
} answer_t;

typedef struct {
    hpf_gcra_t         rate;
    int64_t            tat;
    hpf_lease_t        lease[NODES];
    answer_t           flight[FLIGHT];
    int                head, tail;
    int64_t            requests, admitted, asked, waited;
} world_t;


/* As the script does: as many as there is room for. */

static void
bank(world_t *w, int64_t now, answer_t *a)
{
    int64_t             room, used, n;
    hpf_lease_grant_t  *g;

    g = &a->grant;
    room = (w->rate.burst + 1) * w->rate.interval;
    used = w->tat > now ? w->tat - now : 0;
    n = (room - used) / w->rate.interval;
    n = n < g->want ? n : g->want;

    used += n * w->rate.interval;

    if (n) {
        w->tat = now + used;
    }

    g->granted = n;
    g->limit.remaining = (room - used) / w->rate.interval;
    g->limit.reset = used;
    g->limit.retry_after = n ? 0 : used + w->rate.interval - room;
}


static void
ask(world_t *w, int64_t now, int node, int waits, int64_t want)
{
    answer_t  *a;

    a = &w->flight[w->tail++ % FLIGHT];

    a->due = now + DELAY;
    a->node = node;
    a->waits = waits;
    a->grant.want = want;

    bank(w, now + DELAY / 2, a);

    w->asked++;
    w->waited += waits;
}


static void
deliver(world_t *w, int64_t now)
{
    answer_t  *a;

    while (w->head < w->tail && w->flight[w->head % FLIGHT].due <= now) {
        a = &w->flight[w->head++ % FLIGHT];

        if (a->waits && a->grant.granted) {
            a->grant.granted--;
            w->admitted++;
        }

        hpf_lease_grant(&w->lease[a->node], now, &w->rate, &a->grant);
    }
}


static void
request(world_t *w, int64_t now, int node)
{
    int                 rc;
    hpf_lease_result_t  result;

    w->requests++;

    rc = hpf_lease_take(&w->lease[node], now, &w->rate, &result);

    if (rc == HPF_OK) {
        w->admitted++;
    }

    if (result.want) {
        ask(w, now, node, rc == HPF_AGAIN, result.want);
    }
}


/* Requests at even distances, in turns at the nodes, or all at the first. */

static void
run(world_t *w, int64_t from, int64_t until, int64_t gap, int nodes)
{
    int      i;
    int64_t  now;

    for (i = 0, now = from; now < until; now += gap, i++) {
        deliver(w, now);
        request(w, now, i % nodes);
    }

    deliver(w, until + DELAY);
}


static void
start(world_t *w, int64_t interval, int64_t quota)
{
    memset(w, 0, sizeof(world_t));

    w->rate.interval = interval;
    w->rate.burst = quota - 1;
}


/* Five windows at percent of the rate. */

static void
load(int64_t quota, int64_t window, int percent, int nodes)
{
    int64_t         most, all, gap, seconds;
    static world_t  w;

    seconds = 5 * window;
    start(&w, window * 1000000 / quota, quota);

    gap = w.rate.interval * 100 / percent;

    run(&w, 1000000000, 1000000000 + seconds * 1000000, gap, nodes);

    most = quota + seconds * 1000000 / w.rate.interval;
    all = w.requests < most ? w.requests : most;

    ok(w.admitted <= most + nodes * quota / 100,
       "%d nodes, %lld in %lld s, load %d %%: %lld admitted of at most %lld",
       nodes, (long long) quota, (long long) window, percent,
       (long long) w.admitted, (long long) most);

    ok(w.admitted >= all - nodes * quota / 100 - quota / 100,
       "and no less than there was room for: %lld of %lld",
       (long long) w.admitted, (long long) all);

    if (quota >= 2000) {
        ok(w.waited * 20 <= w.requests,
           "one in twenty waits at the most: %lld of %lld, and %lld asked",
           (long long) w.waited, (long long) w.requests,
           (long long) w.asked);
    }

    if (quota >= 4000) {
        ok(w.asked * 20 <= w.requests, "one in twenty asks at the most");
    }
}


/* A limit is used up, all is quiet, and a window later it is full again. */

static void
after_a_burst(void)
{
    int64_t         first;
    static world_t  w;

    start(&w, 30000, 2000);            /* 2000 a minute */

    run(&w, 1000000000, 1000100000, 20, 2);
    first = w.admitted;

    ok(first <= 2040 && first >= 1940, "a burst of 5000: %lld of 2000",
       (long long) first);

    run(&w, 1060100000, 1060200000, 20, 2);

    ok(w.admitted - first <= 2040 && w.admitted - first >= 1940,
       "a minute later: %lld", (long long) (w.admitted - first));
}


static void
without_the_bank(void)
{
    static world_t      w;
    hpf_lease_result_t  result;

    start(&w, 1000, 1000);

    is_int(hpf_lease_take(&w.lease[0], 1000000, &w.rate, &result), HPF_AGAIN,
           "the first one asks");
    is_int(result.want > 0, 1, "for a token at least");

    hpf_lease_fail(&w.lease[0], 1000000);

    is_int(hpf_lease_take(&w.lease[0], 1000001, &w.rate, &result), HPF_ERROR,
           "then the node decides alone");
    is_int(result.want, 0, "and does not ask");
    is_int(hpf_lease_take(&w.lease[0], 3000000, &w.rate, &result), HPF_AGAIN,
           "until a while later");
}


int
main(void)
{
    static const int      percent[] = { 10, 50, 90, 100, 120, 200, 1000 };
    static const int64_t  quota[] = { 100, 2000, 20000, 100000 };

    int  i, j;

    plan(0);

    for (i = 0; i < 4; i++) {
        for (j = 0; j < 7; j++) {
            load(quota[i], i < 2 ? 60 : 1, percent[j], 2);
            load(quota[i], i < 2 ? 60 : 1, percent[j], 1);
        }
    }

    after_a_burst();
    without_the_bank();

    return done();
}
