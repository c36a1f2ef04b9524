/* links: -lhiredis */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a link to Redis costs both ends: one on which all requests of a turn
 * go out in one write, or a pool with a link for each request.  N requests are
 * under way all the time; each reads a session and takes a limit of its user
 * by the gateway's own script, which "bench/redis" has loaded, with the
 * sessions.
 *
 *     redis_link SOCKET PID SHA SESSIONS link|pool N SECONDS
 *
 * Prints microseconds of CPU of the client and of Redis a request, those of
 * the middle and of the slowest in a hundred, and requests a second.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>


#define LINK_MAX     64
#define LINK_BUF     65536
#define LINK_TIMES   4000000
#define LINK_ARGS    10
#define LINK_PARTS   7             /* of an answer, with a limit at least */


typedef struct {
    int           fd;
    redisReader  *reader;
    size_t        len;                 /* of what goes out next */
    unsigned      head;                /* of begun, a ring */
    unsigned      tail;
    uint64_t      begun[LINK_MAX];     /* when each was asked, in order */
    char          out[LINK_BUF];
} link_t;


static int link_answer(link_t *l);


static link_t       links[LINK_MAX];
static uint32_t    *times;             /* ns of each request */
static long         ntimes;
static const char  *script;
static long         sessions;
static long         number;


static void
link_die(const char *what)
{
    fprintf(stderr, "redis_link: %s: %s\n", what, strerror(errno));
    exit(1);
}


static uint64_t
link_clock(clockid_t clock)
{
    struct timespec  ts;

    (void) clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* ns of CPU of another process */

static uint64_t
link_cpu(const char *pid)
{
    char                 name[64];
    FILE                *f;
    unsigned long long   ns;

    (void) snprintf(name, sizeof(name), "/proc/%s/schedstat", pid);

    ns = 0;
    f = fopen(name, "r");

    if (f == NULL || fscanf(f, "%llu", &ns) != 1) {
        link_die(name);
    }

    fclose(f);

    return ns;
}


static void
link_open(link_t *l, const char *path)
{
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(sun));
    sun.sun_family = AF_UNIX;
    strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);

    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (l->fd == -1
        || connect(l->fd, (struct sockaddr *) &sun, sizeof(sun)) == -1)
    {
        link_die(path);
    }

    l->reader = redisReaderCreate();

    if (l->reader == NULL) {
        link_die("no memory");
    }
}


/* What the gateway asks for a session that is not cached, with one limit. */

static void
link_ask(link_t *l)
{
    int          i;
    char        *cmd, session[80], idle[80], limit[40];
    size_t       len[LINK_ARGS];
    long long    n;
    const char  *argv[LINK_ARGS];

    (void) snprintf(session, sizeof(session), "hpf:{s:%064ld}",
                    number % sessions);
    (void) snprintf(idle, sizeof(idle), "hpf:idle:{s:%064ld}",
                    number % sessions);
    (void) snprintf(limit, sizeof(limit), "%032d", 1);

    number += 7919;

    argv[0] = "EVALSHA";
    argv[1] = script;
    argv[2] = "2";
    argv[3] = session;
    argv[4] = idle;
    argv[5] = "1";
    argv[6] = limit;
    argv[7] = "1";
    argv[8] = "1000000";
    argv[9] = "1";

    for (i = 0; i < LINK_ARGS; i++) {
        len[i] = strlen(argv[i]);
    }

    n = redisFormatCommandArgv(&cmd, LINK_ARGS, argv, len);

    if (n < 0 || l->len + n > LINK_BUF) {
        link_die("no room");
    }

    memcpy(l->out + l->len, cmd, n);
    l->len += n;
    l->begun[l->tail++ % LINK_MAX] = link_clock(CLOCK_MONOTONIC);

    redisFreeCommand(cmd);
}


static void
link_flush(link_t *l)
{
    size_t   sent;
    ssize_t  n;

    for (sent = 0; sent < l->len; sent += n) {

        n = write(l->fd, l->out + sent, l->len - sent);

        if (n == -1) {
            link_die("write");
        }
    }

    l->len = 0;
}


/* Reads until there is no more; each answer begins another request. */

static void
link_read(link_t *l)
{
    char      buf[LINK_BUF];
    ssize_t   n;

    do {
        n = read(l->fd, buf, sizeof(buf));

        if (n == -1 && errno == EAGAIN) {
            break;
        }

        if (n <= 0 || redisReaderFeed(l->reader, buf, n) != REDIS_OK) {
            link_die("read");
        }

        while (link_answer(l)) {
            link_ask(l);
        }

    } while (n == sizeof(buf));

    link_flush(l);
}


static int
link_answer(link_t *l)
{
    void        *p;
    redisReply  *reply;

    if (redisReaderGetReply(l->reader, &p) != REDIS_OK) {
        link_die("no answer");
    }

    if (p == NULL) {
        return 0;
    }

    reply = p;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < LINK_PARTS) {
        fprintf(stderr, "redis_link: no session: %s\n",
                reply->str ? reply->str : "");
        exit(1);
    }

    freeReplyObject(reply);

    if (ntimes < LINK_TIMES) {
        times[ntimes++] = link_clock(CLOCK_MONOTONIC)
                          - l->begun[l->head++ % LINK_MAX];
    }

    return 1;
}


static int
link_order(const void *a, const void *b)
{
    uint32_t  x, y;

    x = *(const uint32_t *) a;
    y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}


static void
link_run(int ep, uint64_t until)
{
    int                 i, n;
    struct epoll_event  events[LINK_MAX];

    while (link_clock(CLOCK_MONOTONIC) < until) {

        n = epoll_wait(ep, events, LINK_MAX, 1000);

        for (i = 0; i < n; i++) {
            link_read(events[i].data.ptr);
        }
    }
}


int
main(int argc, char **argv)
{
    int                 i, n, nlinks, ep;
    uint64_t            start, mine, theirs;
    struct epoll_event  ee;

    if (argc != 8) {
        fprintf(stderr, "usage: redis_link SOCKET PID SHA SESSIONS link|pool "
                "N SECONDS\n");
        return 2;
    }

    script = argv[3];
    sessions = atol(argv[4]);
    n = atoi(argv[6]);
    nlinks = strcmp(argv[5], "pool") == 0 ? n : 1;

    if (n < 1 || n > LINK_MAX) {
        return 2;
    }

    times = calloc(LINK_TIMES, sizeof(uint32_t));
    ep = epoll_create1(0);

    if (times == NULL || ep == -1) {
        link_die("cannot begin");
    }

    for (i = 0; i < nlinks; i++) {
        link_open(&links[i], argv[1]);

        ee.events = EPOLLIN | EPOLLET;
        ee.data.ptr = &links[i];

        if (epoll_ctl(ep, EPOLL_CTL_ADD, links[i].fd, &ee) == -1) {
            link_die("epoll_ctl");
        }
    }

    for (i = 0; i < n; i++) {
        link_ask(&links[i % nlinks]);
    }

    for (i = 0; i < nlinks; i++) {
        link_flush(&links[i]);
    }

    start = link_clock(CLOCK_MONOTONIC);
    mine = link_clock(CLOCK_PROCESS_CPUTIME_ID);
    theirs = link_cpu(argv[2]);

    link_run(ep, start + (uint64_t) atoi(argv[7]) * 1000000000);

    mine = link_clock(CLOCK_PROCESS_CPUTIME_ID) - mine;
    theirs = link_cpu(argv[2]) - theirs;
    start = link_clock(CLOCK_MONOTONIC) - start;

    if (ntimes == 0 || ntimes == LINK_TIMES) {
        link_die("too few or too many answers");
    }

    qsort(times, ntimes, sizeof(uint32_t), link_order);

    printf("%.2f %.2f %.1f %.1f %.0f\n", mine / 1000.0 / ntimes,
           theirs / 1000.0 / ntimes, times[ntimes / 2] / 1000.0,
           times[ntimes - ntimes / 100 - 1] / 1000.0,
           ntimes * 1000000000.0 / start);

    return 0;
}
