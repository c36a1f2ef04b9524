/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Turns of an event loop, seen from outside: how long a process was busy from
 * each return of epoll_wait() to the next call of it.  It is preloaded into an
 * nginx that does not know of it:
 *
 *     HPF_TURNS=/tmp/turns LD_PRELOAD=build/bench/turns.so nginx ...
 *
 * Each process that waits writes to /tmp/turns.PID, which others read
 * meanwhile: a header and a ring of records, see below.  CPU time is that of
 * the thread which waits, so neither its neighbours on the core count nor the
 * threads of nginx's pool.  It costs a microsecond a turn.  nginx waits once
 * while a worker begins: the first turn is the rest of that.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>


#define TURNS  (1 << 20)               /* that the ring keeps */


typedef struct {
    uint32_t      cpu;                 /* ns, of the thread */
    uint32_t      wall;                /* ns */
    uint32_t      events;              /* that the turn was for */
} turn_t;

typedef struct {
    uint64_t      count;               /* of turns that have ended */
    uint64_t      busy;                /* one has begun */
    turn_t        turn[TURNS];
} turns_t;

typedef int (*turns_wait_pt)(int, struct epoll_event *, int, int);


/* A process of nginx waits in one thread only. */

static turns_t        *turns;
static char           *turns_file;
static pid_t           turns_pid;
static uint64_t        turns_cpu, turns_wall;
static turns_wait_pt   turns_wait;


/* nginx takes the environment away from its workers. */

static void __attribute__((constructor))
turns_init(void)
{
    const char  *file;

    file = getenv("HPF_TURNS");
    turns_file = file ? strdup(file) : NULL;
    turns_wait = (turns_wait_pt) dlsym(RTLD_NEXT, "epoll_wait");
}


static uint64_t
turns_clock(clockid_t id)
{
    struct timespec  ts;

    clock_gettime(id, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* A child has a file of its own; without one nothing is counted. */

static void
turns_begin(void)
{
    int    fd;
    char   name[4096];
    void  *p;

    turns = NULL;
    turns_pid = getpid();

    if (turns_file == NULL) {
        return;
    }

    snprintf(name, sizeof(name), "%s.%d", turns_file, (int) turns_pid);

    fd = open(name, O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0600);

    if (fd == -1) {
        return;
    }

    if (ftruncate(fd, sizeof(turns_t)) == 0) {

        /* pages are there before they are needed: they are no one's turn */

        p = mmap(NULL, sizeof(turns_t), PROT_READ|PROT_WRITE,
                 MAP_SHARED|MAP_POPULATE, fd, 0);

        if (p != MAP_FAILED) {
            turns = p;
        }
    }

    close(fd);
}


static void
turns_start(int events)
{
    turns->turn[turns->count % TURNS].events = events > 0 ? events : 0;

    __atomic_store_n(&turns->busy, 1, __ATOMIC_RELEASE);

    turns_wall = turns_clock(CLOCK_MONOTONIC);
    turns_cpu = turns_clock(CLOCK_THREAD_CPUTIME_ID);
}


static void
turns_end(void)
{
    turn_t  *turn;

    turn = &turns->turn[turns->count % TURNS];

    turn->cpu = turns_clock(CLOCK_THREAD_CPUTIME_ID) - turns_cpu;
    turn->wall = turns_clock(CLOCK_MONOTONIC) - turns_wall;

    __atomic_store_n(&turns->count, turns->count + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&turns->busy, 0, __ATOMIC_RELEASE);
}


int
epoll_wait(int epfd, struct epoll_event *events, int n, int timeout)
{
    int  rc;

    if (turns_pid != getpid()) {
        turns_begin();

    } else if (turns) {
        turns_end();
    }

    rc = turns_wait(epfd, events, n, timeout);

    if (turns) {
        turns_start(rc);
    }

    return rc;
}
