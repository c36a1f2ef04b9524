/* links: core/hpf_session.c core/hpf_set.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table of sessions alone: nanoseconds of a look-up that finds and of one
 * that does not, lock included, in memory that processes share; medians of
 * several rounds.  Keys are in random order, so that with a million sessions
 * most of it is waiting for memory.
 */

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hpf_plugin.h"
#include "hpf_session.h"


#define BENCH_SPACE   160000000
#define BENCH_ROUNDS  9
#define BENCH_LOOKS   1000000


static uint64_t            drops;
static hpf_session_mark_t  mark = { &drops, 0, 1 };


static const unsigned char *
bench_key(uint64_t n)
{
    int              i;
    uint64_t         z;
    static uint64_t  words[4];

    for (i = 0; i < 4; i++) {
        z = (n * 4 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        words[i] = z ^ (z >> 27);
    }

    return (unsigned char *) words;
}


static uint64_t
bench_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static int
bench_order(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


/* Of keys from on, of which there are n; what making the keys costs is off. */

static double
bench_look(hpf_set_table_t *t, uint64_t from, uint64_t n)
{
    int                i, j;
    double             ns[BENCH_ROUNDS];
    uint64_t           start, keys;
    hpf_session_t      s;
    volatile uint64_t  sink;

    for (i = 0; i < BENCH_ROUNDS; i++) {

        start = bench_clock();

        for (j = 0; j < BENCH_LOOKS; j++) {
            sink = *(const uint64_t *) bench_key(from
                                                 + j * UINT64_C(7919) % n);
        }

        keys = bench_clock() - start;
        start = bench_clock();

        for (j = 0; j < BENCH_LOOKS; j++) {
            (void) hpf_session_get(t, bench_key(from + j * UINT64_C(7919) % n),
                                   1, 1001, &s);
        }

        ns[i] = (double) (bench_clock() - start - keys) / BENCH_LOOKS;
    }

    (void) sink;

    qsort(ns, BENCH_ROUNDS, sizeof(double), bench_order);

    return ns[BENCH_ROUNDS / 2];
}


static void
bench_table(uint64_t n)
{
    int               i;
    pid_t             pid;
    uint32_t          ways, size;
    uint64_t          j;
    hpf_session_t     s;
    hpf_set_table_t  *t;

    hpf_session_shape(&ways, &size);

    t = mmap(NULL, BENCH_SPACE, PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    hpf_set_init(t, hpf_set_bytes(BENCH_SPACE, ways, size), ways, size);

    memset(&s, 0, sizeof(s));
    s.idle = 1800;
    s.idle_at = 10000;
    s.ends_at = 10000;
    s.fresh_until = 10000;

    for (j = 0; j < n; j++) {
        (void) hpf_session_put(t, bench_key(j), 1000, &s, &mark);
    }

    for (i = 1; i <= 2; i++) {

        /* one looks, and so does another for as long as that */

        pid = (i == 2) ? fork() : -1;

        if (pid == 0) {
            for ( ;; ) {
                (void) bench_look(t, 0, n);
            }
        }

        printf("%8lu sessions, %d process%s  found %4.0f ns  not found "
               "%4.0f ns\n", (unsigned long) n, i, i > 1 ? "es" : "  ",
               bench_look(t, 0, n), bench_look(t, UINT64_C(1) << 40, n));

        if (pid > 0) {
            kill(pid, SIGKILL);
            (void) waitpid(pid, NULL, 0);
        }
    }

    munmap(t, BENCH_SPACE);
}


int
main(void)
{
    bench_table(10000);
    bench_table(1000000);

    return 0;
}
