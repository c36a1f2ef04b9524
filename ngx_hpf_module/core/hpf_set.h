/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tables in memory that processes share: sets of a few entries, each set with
 * a lock of its own, found by a hash.  An entry is sought among the few of
 * its set and, when the set is full, takes the place of the one that is worth
 * least: the cost is the same whatever the size, there is no list to keep and
 * nothing to repair but one set.
 *
 * The lock holds the id of the process that has it.  A process that waits
 * long looks whether the owner is alive and takes the lock of a dead one; the
 * set is cleared then, since it may be half written.
 */

#ifndef _HPF_SET_H_INCLUDED_
#define _HPF_SET_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


typedef struct {
    uint32_t           owner;          /* process id, 0: free */
    uint32_t           broken;         /* times it was taken from the dead */
} hpf_set_lock_t;


/* In shared memory, followed by the sets. */

typedef struct {
    uint64_t           nsets;
    uint32_t           ways;           /* entries of a set */
    uint32_t           size;           /* bytes of an entry, of 8 */
    uint64_t           stride;         /* bytes of a set */
} hpf_set_table_t;


/* Bytes of the largest table that fits in bytes; 0: not one set. */
size_t hpf_set_bytes(size_t bytes, uint32_t ways, uint32_t size);

/* Makes an empty table in zeroed memory of as many bytes. */
void hpf_set_init(hpf_set_table_t *table, size_t bytes, uint32_t ways,
    uint32_t size);

/* The first entry of the set of a hash, locked; its upper bits count most. */
void *hpf_set_lock(hpf_set_table_t *table, uint64_t hash);
void hpf_set_unlock(hpf_set_table_t *table, void *set);

/* The same by number, 0 to nsets - 1. */
void *hpf_set_lock_nth(hpf_set_table_t *table, uint64_t n);


/* A lock alone.  1: it was taken from a dead process. */
int hpf_set_spin(hpf_set_lock_t *lock);
void hpf_set_release(hpf_set_lock_t *lock);


#endif /* _HPF_SET_H_INCLUDED_ */
