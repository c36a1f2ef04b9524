/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Two lanes of multiply and fold over 16 bytes at a time; the length goes in
 * last, so that a prefix and its continuation differ.
 */


#include <string.h>

#include "hpf_hash.h"
#include "hpf_word.h"


#define HPF_HASH_K1  UINT64_C(0x9e3779b97f4a7c15)
#define HPF_HASH_K2  UINT64_C(0xc2b2ae3d27d4eb4f)


static uint64_t
hpf_hash_fold(uint64_t a, uint64_t b)
{
    __uint128_t  m;

    m = (__uint128_t) a * b;

    return (uint64_t) m ^ (uint64_t) (m >> 64);
}


static void
hpf_hash_run(unsigned char *out, const void *data, size_t len, uint64_t a,
    uint64_t b)
{
    size_t                n;
    uint64_t              w[2];
    const unsigned char  *p;

    p = data;

    for (n = len; n; n -= n < sizeof(w) ? n : sizeof(w)) {

        if (n >= sizeof(w)) {
            memcpy(w, p, sizeof(w));

        } else {
            w[0] = hpf_word(p, n);
            w[1] = n > sizeof(w[0]) ? hpf_word(p + sizeof(w[0]),
                                               n - sizeof(w[0]))
                                    : 0;
        }

        p += sizeof(w);

        a = hpf_hash_fold(a ^ w[0], HPF_HASH_K1 ^ w[1]);
        b = hpf_hash_fold(b ^ w[1], HPF_HASH_K2 ^ w[0]) + a;
    }

    a = hpf_hash_fold(a ^ len, HPF_HASH_K2);
    b = hpf_hash_fold(b ^ a, HPF_HASH_K1);

    memcpy(out, &a, sizeof(a));
    memcpy(out + sizeof(a), &b, sizeof(b));
}


void
hpf_hash(unsigned char *out, const void *data, size_t len, uint64_t seed)
{
    hpf_hash_run(out, data, len, seed ^ HPF_HASH_K2, HPF_HASH_K1);
}


void
hpf_hash_more(unsigned char *out, const void *data, size_t len)
{
    uint64_t  a, b;

    memcpy(&a, out, sizeof(a));
    memcpy(&b, out + sizeof(a), sizeof(b));

    hpf_hash_run(out, data, len, a, b);
}
