/* links: core/hpf_session.c core/hpf_set.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table of sessions: a million fit into 160 MB and are found again, the
 * one that is not used goes first, what is in doubt or has ended goes before
 * it, and a drop is heard by whoever is about to put.
 */


#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "hpf_plugin.h"
#include "hpf_session.h"


#define MILLION  1000000
#define SPACE    168000000
#define WAYS     15

static uint64_t            drops;
static hpf_session_mark_t  mark = { &drops, 0, 1 };


static hpf_set_table_t *
table(size_t bytes)
{
    uint32_t          ways, size;
    hpf_set_table_t  *t;

    hpf_session_shape(&ways, &size);

    t = mmap(NULL, bytes, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
             0);

    hpf_set_init(t, hpf_set_bytes(bytes, ways, size), ways, size);

    return t;
}


/* Keys look like hashes (splitmix64). */

static unsigned char *
key(uint64_t n)
{
    int                  i;
    uint64_t             z;
    static uint64_t      words[4];

    for (i = 0; i < 4; i++) {
        z = (n * 4 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        words[i] = z ^ (z >> 31);
    }

    return (unsigned char *) words;
}


static hpf_session_t *
session(uint64_t n, uint32_t now)
{
    static hpf_session_t  s;

    memset(&s, 0, sizeof(s));
    memcpy(s.uid, &n, sizeof(n));

    s.uid_len = sizeof(n);
    s.idle = 1800;
    s.idle_at = now + 1800;
    s.ends_at = now + 28800;
    s.fresh_until = now + 600;

    return &s;
}


static void
put(hpf_set_table_t *t, uint64_t n, uint32_t now)
{
    (void) hpf_session_put(t, key(n), now, session(n, now), &mark);
}


static int
has(hpf_set_table_t *t, uint64_t n, uint32_t now)
{
    uint64_t       uid;
    hpf_session_t  s;

    if (hpf_session_get(t, key(n), 1, now, &s) != HPF_OK) {
        return 0;
    }

    memcpy(&uid, s.uid, sizeof(uid));

    return uid == n ? 1 : -1000000;
}


static void
a_million(void)
{
    long              found;
    uint64_t          n;
    hpf_set_table_t  *t;

    t = table(SPACE);

    for (n = 0; n < MILLION; n++) {
        put(t, n, 1000);
    }

    for (n = 0, found = 0; n < MILLION; n++) {
        found += has(t, n, 1001);
    }

    ok(found >= MILLION / 1000 * 999, "%ld of a million in %d bytes", found,
       SPACE);

    /* half as many again: the newest are all there */

    for (n = MILLION; n < MILLION * 3 / 2; n++) {
        put(t, n, 1002);
    }

    for (n = MILLION, found = 0; n < MILLION * 3 / 2; n++) {
        found += has(t, n, 1003);
    }

    ok(found >= MILLION / 2000 * 999, "%ld of the newest half a million",
       found);

    munmap(t, SPACE);
}


static void
who_goes(void)
{
    int               i, left;
    hpf_set_table_t  *t;

    /* one set: both choices are the same */

    t = table(3000);
    is_int(t->nsets, 1, "one set");

    for (i = 0; i < WAYS; i++) {
        put(t, i, 1000 + i);
    }

    is_int(has(t, 0, 1020), 1, "the oldest is used");
    put(t, WAYS, 1021);

    for (i = 0, left = 0; i < WAYS + 1; i++) {
        left += has(t, i, 1022) << i;
    }

    is_int(left, (1 << (WAYS + 1)) - 1 - 2, "so the next one goes");

    /* one that has ended goes before any that lives */

    hpf_session_drop(t, key(4));
    put(t, 99, 1023);
    is_int(has(t, 0, 1024) + has(t, 99, 1024), 2,
           "there is room after a drop");
    is_int(has(t, 4, 1024), 0, "the dropped one is gone");

    put(t, 99, 1025);

    for (i = 0, left = 0; i < WAYS + 1; i++) {
        left += has(t, i, 1026);
    }

    is_int(left, WAYS - 1, "put again it takes no other's place");

    munmap(t, 3000);
}


static void
times(void)
{
    hpf_session_t    *s, copy;
    hpf_set_table_t  *t;

    t = table(65536);

    put(t, 1, 1000);
    is_int(has(t, 1, 1599), 1, "fresh");
    is_int(has(t, 1, 1600), 0, "to be asked again");
    is_int(has(t, 1, 1599), 0, "and gone then");

    s = session(2, 1000);
    s->fresh_until = 100000;
    (void) hpf_session_put(t, key(2), 1000, s, &mark);

    is_int(has(t, 2, 2799), 1, "used within its idle time");
    is_int(has(t, 2, 4598), 1, "which begins anew");
    is_int(has(t, 2, 6398), 0, "and is over");

    s = session(3, 1000);
    s->idle_at = 100000;
    s->fresh_until = 100000;
    (void) hpf_session_put(t, key(3), 1000, s, &mark);

    is_int(has(t, 3, 29800), 0, "the absolute end");

    put(t, 4, 1000);
    hpf_session_touched(t, key(4), 1, 1234);
    (void) hpf_session_get(t, key(4), 1, 1235, &copy);
    is_int(copy.touched_at, 1234, "told to the store");

    is_int(hpf_session_get(t, key(4), 2, 1235, &copy), HPF_DECLINED,
           "of another epoch");

    munmap(t, 65536);
}


/* What is in doubt: epoch 1 ended at 1100, and 60 seconds are allowed. */

static uint32_t             since[HPF_SESSION_EPOCHS];
static hpf_session_doubt_t  doubt = { since, 2, 60 };


static int
doubted(hpf_set_table_t *t, uint64_t n, uint32_t now)
{
    hpf_session_t  s;

    return hpf_session_get_doubted(t, key(n), now, &doubt, &s) == HPF_OK
           && memcmp(s.uid, &n, sizeof(n)) == 0;
}


static void
in_doubt(void)
{
    hpf_session_t    *s, copy;
    hpf_set_table_t  *t;

    t = table(65536);
    memset(since, 0, sizeof(since));
    since[1] = 1100;
    doubt.epoch = 2;

    put(t, 1, 1000);
    is_int(hpf_session_get(t, key(1), 2, 1110, &copy), HPF_DECLINED,
           "in doubt it is to be asked for");
    is_int(doubted(t, 1, 1110), 1, "and used if nobody answers");
    is_int(doubted(t, 1, 1160), 1, "so long");
    is_int(doubted(t, 1, 1161), 0, "and no longer");
    is_int(doubted(t, 1, 1160), 1, "it is still there");
    is_int(doubted(t, 2, 1110), 0, "not one that was never there");

    mark.epoch = 2;
    put(t, 1, 1200);
    mark.epoch = 1;
    is_int(hpf_session_get(t, key(1), 2, 1210, &copy), HPF_OK,
           "put again it is good");
    is_int(doubted(t, 1, 1210), 1, "anyway");

    put(t, 3, 1000);
    hpf_session_drop(t, key(3));
    is_int(doubted(t, 3, 1110), 0, "not what was dropped");

    since[1] = 1590;
    put(t, 4, 1000);
    is_int(doubted(t, 4, 1599), 1, "as long as it would be cached");
    is_int(doubted(t, 4, 1600), 0, "and no longer");

    s = session(5, 1000);
    s->idle = 50;
    s->idle_at = 1050;
    s->fresh_until = 100000;
    (void) hpf_session_put(t, key(5), 1000, s, &mark);
    since[1] = 1040;
    is_int(doubted(t, 5, 1049), 1, "used in doubt");
    is_int(doubted(t, 5, 1098), 1, "its idle time begins anew");
    is_int(doubted(t, 5, 1148), 0, "and is over");

    munmap(t, 65536);
}


static void
epochs(void)
{
    uint32_t          e, n;
    hpf_set_table_t  *t;

    t = table(65536);
    n = HPF_SESSION_EPOCHS;

    /* one each second */

    for (e = 0; e < n; e++) {
        since[e] = 1100 + e;
    }

    put(t, 1, 1000);
    doubt.epoch = 1 + n / 2;
    is_int(doubted(t, 1, 1161), 1, "half of the ring ago");
    is_int(doubted(t, 1, 1162), 0, "the time of its own epoch counts");

    doubt.epoch++;
    is_int(doubted(t, 1, 1120), 0, "longer ago than is known");

    doubt.epoch = 5;
    since[3] = 0;
    is_int(doubted(t, 1, 1120), 0, "what was void stays void");
    since[3] = 1103;
    since[1] = 0;
    is_int(doubted(t, 1, 1120), 0, "from its epoch on");
    since[1] = 1101;
    since[0] = since[5] = 0;
    is_int(doubted(t, 1, 1120), 1, "others do not count");

    /* numbers begin anew */

    mark.epoch = UINT32_MAX;
    put(t, 2, 1000);
    mark.epoch = 1;
    doubt.epoch = 1;
    since[0] = 1100;
    since[n - 1] = 1100;
    is_int(doubted(t, 2, 1120), 1, "behind the highest number comes 0");

    munmap(t, 65536);
}


static void
who_goes_of_doubt(void)
{
    int               i, left;
    hpf_set_table_t  *t;

    t = table(3000);
    memset(since, 0, sizeof(since));
    since[1] = 1030;
    doubt.epoch = 2;

    /* half of the set is in doubt, and used later than the rest */

    mark.epoch = 2;

    for (i = 0; i < 8; i++) {
        put(t, i, 1000);
    }

    mark.epoch = 1;

    for (i = 8; i < WAYS; i++) {
        put(t, i, 1000 + i);
    }

    mark.epoch = 2;
    put(t, 20, 1031);
    put(t, 21, 1032);
    mark.epoch = 1;

    for (i = 0, left = 0; i < 8; i++) {
        left += doubted(t, i, 1033);
    }

    is_int(left, 8, "none goes before those in doubt");
    is_int(doubted(t, 20, 1033) + doubted(t, 21, 1033), 2, "two are new");
    is_int(doubted(t, 8, 1033) + doubted(t, 9, 1033), 0,
           "of those in doubt the oldest have gone");

    for (i = 10, left = 0; i < WAYS; i++) {
        left += doubted(t, i, 1033);
    }

    is_int(left, WAYS - 10, "and no others");

    munmap(t, 3000);
}


static void
drop_while_reading(void)
{
    hpf_session_t        s;
    hpf_set_table_t     *t;
    hpf_session_mark_t   before;

    t = table(65536);

    before = mark;
    drops++;
    hpf_session_drop(t, key(1));

    is_int(hpf_session_put(t, key(1), 1000, session(1, 1000), &before),
           HPF_DECLINED, "read before a drop, put after it");
    is_int(hpf_session_get(t, key(1), 1, 1000, &s), HPF_DECLINED, "not kept");

    mark.mark = drops;

    munmap(t, 65536);
}


/* Processes put, get and drop, and one is killed; nothing is ever another's. */

static void
many_processes(void)
{
    int               i, j, status, bad, begun[2];
    char              c;
    pid_t             pid[4];
    uint64_t          n;
    hpf_set_table_t  *t;

    t = table(1 << 20);
    ok(pipe(begun) == 0, "a pipe");

    for (i = 0; i < 4; i++) {
        pid[i] = fork();

        if (pid[i] == 0) {

            for (j = 0; j < 200000 || i == 0; j++) {
                n = (j * 7919 + i) % 9973;

                if (i == 0 && j == 20000 && write(begun[1], "", 1) != 1) {
                    _exit(1);
                }

                put(t, n, 1000);

                if (has(t, n, 1000) < 0) {
                    _exit(1);
                }

                if (j % 5 == 0) {
                    hpf_session_drop(t, key(n));
                }
            }

            _exit(0);
        }
    }

    /* in the middle of it */

    ok(read(begun[0], &c, 1) == 1, "the first one is at work");
    kill(pid[0], SIGKILL);

    for (i = 0, bad = 0; i < 4; i++) {
        (void) waitpid(pid[i], &status, 0);
        bad += (i > 0 && status != 0);
    }

    is_int(bad, 0, "none got the session of another");

    for (n = 0; n < 9973; n++) {
        hpf_session_drop(t, key(n));
    }

    for (n = 0, bad = 0; n < 9973; n++) {
        bad += has(t, n, 1000);
    }

    is_int(bad, 0, "and a drop leaves none, wherever it is");

    munmap(t, 1 << 20);
}


int
main(void)
{
    plan(0);

    a_million();
    who_goes();
    times();
    in_doubt();
    epochs();
    who_goes_of_doubt();
    drop_while_reading();
    many_processes();

    return done();
}
