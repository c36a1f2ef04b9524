/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The keys of an issuer of tokens.  It never changes after it was made.
 */

#ifndef _HPF_JWK_SET_H_INCLUDED_
#define _HPF_JWK_SET_H_INCLUDED_


#include "hpf_jwt.h"
#include "hpf_pkey.h"


typedef struct hpf_jwk_set_s  hpf_jwk_set_t;


/*
 * algs: bits of 1 << HPF_JWS_..., those that are taken.  NULL with *why: not a
 * set, a bad key, none that can be used, or out of memory.
 */
hpf_jwk_set_t *hpf_jwk_set_create(const unsigned char *text, size_t len,
    unsigned algs, const char **why);

/* By one thread only; there is one reference at first. */
void hpf_jwk_set_ref(hpf_jwk_set_t *set);
void hpf_jwk_set_destroy(hpf_jwk_set_t *set);

/*
 * By which the token has to be signed, as HPF_PKEY_FIXED; it is the set's.
 * HPF_DECLINED with *why: the token is by another algorithm than the key.
 * HPF_AGAIN with *why: no key of that name is known; a newer set may have it.
 * Without a name in the token there has to be exactly one key of its
 * algorithm.
 */
int hpf_jwk_set_key(const hpf_jwk_set_t *set, const hpf_jws_t *jws,
    hpf_pkey_t **pkey, const char **why);


#endif /* _HPF_JWK_SET_H_INCLUDED_ */
