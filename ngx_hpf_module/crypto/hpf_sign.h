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


typedef struct hpf_sign_key_s  hpf_sign_key_t;


/*
 * alg: "hmac-sha256", with the shared secret of 32 bytes or more as material.
 * NULL with *why: not known, not good enough, or out of memory.  c must
 * outlive the key; the material may be forgotten.
 */
hpf_sign_key_t *hpf_sign_key_create(hpf_crypto_t *c, const char *alg,
    const hpf_crypto_part_t *material, const char **why);
void hpf_sign_key_destroy(hpf_sign_key_t *key);

/* The name of its algorithm. */
const char *hpf_sign_key_alg(const hpf_sign_key_t *key);

/*
 * alg: as the message names it, no bytes when it does not.  HPF_OK: signed by
 * the key.  HPF_DECLINED: not so.  HPF_ERROR: out of memory.
 */
int hpf_sign_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *alg,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);


#endif /* _HPF_SIGN_H_INCLUDED_ */
