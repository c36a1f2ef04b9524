/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A fast 128-bit hash for keys of tables in memory.  It is not meant to stand
 * against somebody who looks for collisions: what is secret or decides who
 * somebody is goes through crypto/.
 */

#ifndef _HPF_HASH_H_INCLUDED_
#define _HPF_HASH_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_HASH_LEN  16


void hpf_hash(unsigned char *out, const void *data, size_t len,
    uint64_t seed);

/* Goes on: the hash of what out stands for, followed by data. */
void hpf_hash_more(unsigned char *out, const void *data, size_t len);


#endif /* _HPF_HASH_H_INCLUDED_ */
