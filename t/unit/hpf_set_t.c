/* links: core/hpf_set.c core/hpf_hash.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tables in shared memory: their division, their locks between processes, and
 * what becomes of a lock whose owner dies.  And the hash that leads there.
 */

#include "hpf_hash.h"
#include "hpf_set.h"
#include "tap.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define BYTES     65536
#define CHILDREN  4
#define ROUNDS    20000


typedef struct {
    uint64_t  count;
    uint64_t  mirror;              /* equal to count when nobody is inside */
} entry_t;


static hpf_set_table_t *
table(uint32_t ways)
{
    void    *p;
    size_t   n;

    n = hpf_set_bytes(BYTES, ways, sizeof(entry_t));

    p = mmap(NULL, BYTES, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
             0);
    if (p == MAP_FAILED) {
        exit(EXIT_FAILURE);
    }

    hpf_set_init(p, n, ways, sizeof(entry_t));

    return p;
}


static void
test_division(void)
{
    size_t            n;
    entry_t          *set;
    uint64_t          i, found;
    hpf_set_table_t  *t;

    is_int(hpf_set_bytes(64, 8, 16), 0, "no room for a set");

    n = hpf_set_bytes(BYTES, 8, 16);
    ok(n > 0 && n <= BYTES, "no more than there is");
    is_int(hpf_set_bytes(n, 8, 16), n, "and just so much");

    t = table(8);
    ok((t->nsets + 1) * t->stride > BYTES - 128, "all of it is used");
    ok(t->nsets * t->stride <= BYTES, "and no more");

    for (i = 0; i < t->nsets; i++) {
        set = hpf_set_lock_nth(t, i);
        set[0].count = i + 1;
        set[7].count = i + 1;
        hpf_set_unlock(t, set);
    }

    found = 0;

    for (i = 0; i < t->nsets; i++) {
        set = hpf_set_lock(t, (uint64_t) ((((unsigned __int128) i << 64) + 1)
                                          / t->nsets) + 1);
        found += (set[0].count == i + 1 && set[7].count == i + 1
                  && set[1].count == 0);
        hpf_set_unlock(t, set);
    }

    is_int(found, t->nsets, "none overlaps another, a hash finds its own");

    munmap(t, BYTES);
}


/* Processes that all work in a few sets lose no step. */

static void
test_processes(void)
{
    int               i, status, bad;
    pid_t             pids[CHILDREN];
    entry_t          *set;
    uint64_t          n, sum;
    hpf_set_table_t  *t;

    t = table(8);

    for (i = 0; i < CHILDREN; i++) {
        pids[i] = fork();

        if (pids[i] == 0) {

            for (n = 0; n < ROUNDS; n++) {
                set = hpf_set_lock_nth(t, n % 3);

                if (set[0].count != set[0].mirror) {
                    _exit(1);
                }

                set[0].count++;
                set[0].mirror++;
                hpf_set_unlock(t, set);
            }

            _exit(0);
        }
    }

    bad = 0;

    for (i = 0; i < CHILDREN; i++) {
        (void) waitpid(pids[i], &status, 0);
        bad += (status != 0);
    }

    is_int(bad, 0, "nobody saw a half");

    sum = 0;

    for (n = 0; n < 3; n++) {
        set = hpf_set_lock_nth(t, n);
        sum += set[0].count;
        hpf_set_unlock(t, set);
    }

    is_int(sum, CHILDREN * ROUNDS, "no step is lost");

    munmap(t, BYTES);
}


/* Its half-done work is thrown away, and the others go on. */

static void
test_death(void)
{
    int               fd[2];
    char              c;
    pid_t             pid;
    entry_t          *set;
    hpf_set_lock_t   *lock;
    hpf_set_table_t  *t;

    t = table(8);
    set = hpf_set_lock_nth(t, 5);
    set[3].count = 9;
    hpf_set_unlock(t, set);

    if (pipe(fd) != 0) {
        exit(EXIT_FAILURE);
    }

    pid = fork();

    if (pid == 0) {
        set = hpf_set_lock_nth(t, 5);
        set[0].count = 1;

        if (write(fd[1], "x", 1) != 1) {
            _exit(1);
        }

        for ( ;; ) {
            (void) pause();
        }
    }

    is_int(read(fd[0], &c, 1), 1, "a process has the lock");
    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, NULL, 0);

    set = hpf_set_lock_nth(t, 5);
    ok(set != NULL, "it dies, and the lock is taken over");
    is_int(set[0].count, 0, "nothing is left half done");
    is_int(set[3].count, 0, "the set is empty");
    lock = (hpf_set_lock_t *) ((unsigned char *) set - sizeof(*lock));
    is_int(lock->broken, 1, "which is counted");
    hpf_set_unlock(t, set);

    set = hpf_set_lock_nth(t, 6);
    hpf_set_unlock(t, set);
    ok(1, "other sets go on");

    munmap(t, BYTES);
}


static void
test_hash(void)
{
    size_t         i, j, same, bits[64];
    unsigned char  a[HPF_HASH_LEN], b[HPF_HASH_LEN];

    hpf_hash(a, "user", 4, 0);
    hpf_hash(b, "user", 4, 0);
    ok(memcmp(a, b, HPF_HASH_LEN) == 0, "the same of the same");

    hpf_hash(b, "user", 4, 1);
    ok(memcmp(a, b, HPF_HASH_LEN) != 0, "another seed");

    hpf_hash(b, "use", 3, 0);
    hpf_hash_more(b, "r", 1);
    ok(memcmp(a, b, HPF_HASH_LEN) != 0, "parts are not their sum");

    hpf_hash(a, "a", 1, 0);
    hpf_hash_more(a, "bc", 2);
    hpf_hash(b, "ab", 2, 0);
    hpf_hash_more(b, "c", 1);
    ok(memcmp(a, b, HPF_HASH_LEN) != 0, "nor where they meet");

    /* lengths around the block, each byte counts */

    same = 0;

    for (i = 1; i < 70; i++) {
        unsigned char  text[70];

        memset(text, 'x', sizeof(text));
        hpf_hash(a, text, i, 0);

        for (j = 0; j < i; j++) {
            text[j] ^= 1;
            hpf_hash(b, text, i, 0);
            text[j] ^= 1;
            same += memcmp(a, b, HPF_HASH_LEN) == 0;
        }
    }

    is_int(same, 0, "every byte counts");

    /* numbers that follow each other go to sets all over */

    memset(bits, 0, sizeof(bits));

    for (i = 0; i < 64000; i++) {
        hpf_hash(a, &i, sizeof(i), 0);
        bits[a[0] & 63]++;
    }

    same = 0;

    for (i = 0; i < 64; i++) {
        same += (bits[i] < 800 || bits[i] > 1200);
    }

    is_int(same, 0, "evenly");
}


int
main(void)
{
    plan(0);

    test_division();
    test_processes();
    test_death();
    test_hash();

    return done();
}
