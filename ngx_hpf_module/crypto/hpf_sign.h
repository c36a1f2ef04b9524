/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Verifies a signature over a text.  The algorithm belongs to the key's
 * record: a message that names another one is refused, so that nobody can
 * choose a weaker one.  A further algorithm is one more line of a table.
 */

#ifndef _HPF_SIGN_H_INCLUDED_
#define _HPF_SIGN_H_INCLUDED_


#include <stddef.h>

#include "hpf_crypto.h"


/* of the user to whom an SM2 key belongs: GB/T 35276, where none is agreed */
#define HPF_SIGN_SM2_ID  "1234567812345678"


typedef struct hpf_sign_key_s  hpf_sign_key_t;


/*
 * alg          material
 *
 * hmac-sha256        the shared secret, 32 bytes or more
 * ecdsa-p256-sha256  a public key in PEM, on the curve P-256; signatures are
 *                    r and s of 32 bytes each, as RFC 9421 has it
 * rsa-v1_5-sha256    a public key in PEM, of 2048 to 4096 bits
 * sm2-sm3            a public key in PEM, on the curve SM2; signatures are
 *                    r and s as above, over SM3 with HPF_SIGN_SM2_ID
 *
 * NULL with *why: not known, not good enough, or out of memory.  c must
 * outlive the key; the material may be forgotten.  There is one reference.
 */
hpf_sign_key_t *hpf_sign_key_create(hpf_crypto_t *c, const char *alg,
    const hpf_crypto_part_t *material, const char **why);

/* The algorithm of a public key in PEM; NULL with *why: of no known one. */
const char *hpf_sign_pem_alg(const hpf_crypto_part_t *pem, const char **why);

/* By one thread only, whichever has it verify. */
void hpf_sign_key_ref(hpf_sign_key_t *key);
void hpf_sign_key_destroy(hpf_sign_key_t *key);

/* The name of its algorithm. */
const char *hpf_sign_key_alg(const hpf_sign_key_t *key);

/* 1: it takes so long that other requests should not wait for it. */
int hpf_sign_key_slow(const hpf_sign_key_t *key);

/* 1: alg is what the key is for, or NULL: the message names none. */
int hpf_sign_fits(const hpf_sign_key_t *key, const hpf_crypto_part_t *alg);

/*
 * HPF_OK: signed by the key.  HPF_DECLINED: not so.  HPF_ERROR: out of memory.
 * A key that is slow may be used by several threads at a time.
 */
int hpf_sign_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature);


#endif /* _HPF_SIGN_H_INCLUDED_ */
