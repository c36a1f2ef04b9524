/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The keys of an issuer of tokens.  It never changes after it was made.
 */

#ifndef _HPF_JWK_SET_H_INCLUDED_
#define _HPF_JWK_SET_H_INCLUDED_


#include "hpf_jwt.h"


typedef struct hpf_jwk_set_s  hpf_jwk_set_t;


/*
 * algs: bits of 1 << HPF_JWS_..., those that are taken.  NULL with *why: not a
 * set, a bad key, none that can be used, or out of memory.
 */
hpf_jwk_set_t *hpf_jwk_set_create(const unsigned char *text, size_t len,
    unsigned algs, const char **why);
void hpf_jwk_set_destroy(hpf_jwk_set_t *set);

/*
 * HPF_OK: signed by a key of the set, by the algorithm of that key.
 * HPF_DECLINED with *why: not so.  HPF_AGAIN with *why: no key of that name is
 * known; a newer set may have it.  HPF_ERROR: out of memory.  Without a name
 * in the token there has to be exactly one key of its algorithm.
 */
int hpf_jwk_set_verify(const hpf_jwk_set_t *set, const hpf_jws_t *jws,
    const char **why);


#endif /* _HPF_JWK_SET_H_INCLUDED_ */
