/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sets of a few entries in memory that processes share.
 */


#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "hpf_set.h"


#define HPF_SET_SPINS   2048           /* before the owner is looked at */
#define HPF_SET_ALIGN   64             /* a cache line */


static uint32_t hpf_set_process(void);
static void hpf_set_forked(void);


static uint32_t  hpf_set_me;           /* 0: not known */


static size_t
hpf_set_stride(uint32_t ways, uint32_t size)
{
    size_t  n;

    n = sizeof(hpf_set_lock_t) + (size_t) ways * size;

    return (n + HPF_SET_ALIGN - 1) / HPF_SET_ALIGN * HPF_SET_ALIGN;
}


size_t
hpf_set_bytes(size_t bytes, uint32_t ways, uint32_t size)
{
    size_t  stride;

    stride = hpf_set_stride(ways, size);

    if (bytes < HPF_SET_ALIGN + stride) {
        return 0;
    }

    return bytes - (bytes - HPF_SET_ALIGN) % stride;
}


void
hpf_set_init(hpf_set_table_t *table, size_t bytes, uint32_t ways,
    uint32_t size)
{
    table->ways = ways;
    table->size = size;
    table->stride = hpf_set_stride(ways, size);
    table->nsets = (bytes - HPF_SET_ALIGN) / table->stride;
}


void *
hpf_set_lock(hpf_set_table_t *table, uint64_t hash)
{
    return hpf_set_lock_nth(table,
               (uint64_t) (((unsigned __int128) hash * table->nsets) >> 64));
}


void *
hpf_set_lock_nth(hpf_set_table_t *table, uint64_t n)
{
    unsigned char   *set;
    hpf_set_lock_t  *lock;

    set = (unsigned char *) table + HPF_SET_ALIGN + n * table->stride;
    lock = (hpf_set_lock_t *) set;

    set += sizeof(hpf_set_lock_t);

    if (hpf_set_spin(lock)) {
        memset(set, 0, (size_t) table->ways * table->size);
    }

    return set;
}


void
hpf_set_unlock(hpf_set_table_t *table, void *set)
{
    (void) table;

    hpf_set_release((hpf_set_lock_t *) ((unsigned char *) set
                                        - sizeof(hpf_set_lock_t)));
}


/* getpid() is a system call; this is not, but for once in a process. */

static uint32_t
hpf_set_process(void)
{
    static int  watched;

    if (!watched) {
        watched = 1;

        if (pthread_atfork(NULL, NULL, hpf_set_forked) != 0) {
            watched = 0;
            return (uint32_t) getpid();
        }
    }

    hpf_set_me = (uint32_t) getpid();

    return hpf_set_me;
}


static void
hpf_set_forked(void)
{
    hpf_set_me = 0;
}


int
hpf_set_spin(hpf_set_lock_t *lock)
{
    unsigned  n;
    uint32_t  owner, me;

    me = hpf_set_me ? hpf_set_me : hpf_set_process();

    for ( ;; ) {

        for (n = 0; n < HPF_SET_SPINS; n++) {

            owner = 0;

            if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == 0
                && __atomic_compare_exchange_n(&lock->owner, &owner, me, 0,
                                               __ATOMIC_ACQUIRE,
                                               __ATOMIC_RELAXED))
            {
                return 0;
            }

#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#endif
        }

        owner = __atomic_load_n(&lock->owner, __ATOMIC_RELAXED);

        if (owner && owner != me && kill((pid_t) owner, 0) == -1
            && errno == ESRCH
            && __atomic_compare_exchange_n(&lock->owner, &owner, me, 0,
                                           __ATOMIC_ACQUIRE,
                                           __ATOMIC_RELAXED))
        {
            lock->broken++;
            return 1;
        }

        (void) sched_yield();
    }
}


void
hpf_set_release(hpf_set_lock_t *lock)
{
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
}
