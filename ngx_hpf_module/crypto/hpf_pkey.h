/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Public keys of others and what they have signed.  A key is RSA of 2048 to
 * 8192 bits, or a point of P-256, P-384 or the curve of SM2; its digest is
 * that of its kind, so that no message chooses one:
 *
 *     RSA    SHA-256      P-384  SHA-384
 *     P-256  SHA-256      SM2    SM3, with the id 1234567812345678
 *
 * A key never changes after it was made and may be used by several threads.
 */

#ifndef _HPF_PKEY_H_INCLUDED_
#define _HPF_PKEY_H_INCLUDED_


#include <stddef.h>

#include "hpf_crypto.h"


#define HPF_PKEY_SM2_ID  "1234567812345678"    /* GM/T 0009 */


typedef struct hpf_pkey_s  hpf_pkey_t;

typedef enum {
    HPF_PKEY_RSA = 0,
    HPF_PKEY_P256,
    HPF_PKEY_P384,
    HPF_PKEY_SM2
} hpf_pkey_kind_e;

/*
 * How a signature is written.  DER: ECDSA and SM2 as SEQUENCE { r, s }, RSA
 * by PKCS #1 v1.5 or PSS with a salt of 32 bytes.  FIXED: r and s of fixed
 * length one behind the other, RSA by PKCS #1 v1.5 alone.
 */

typedef enum {
    HPF_PKEY_DER = 0,
    HPF_PKEY_FIXED
} hpf_pkey_form_e;


/*
 * NULL with *why, which is a static text: not one of these, not good enough,
 * or out of memory.  spki: SubjectPublicKeyInfo in DER; n, e, x, y: big-endian
 * without a sign.
 */
hpf_pkey_t *hpf_pkey_spki(const hpf_crypto_part_t *spki, const char **why);
hpf_pkey_t *hpf_pkey_rsa(const hpf_crypto_part_t *n,
    const hpf_crypto_part_t *e, const char **why);
hpf_pkey_t *hpf_pkey_point(hpf_pkey_kind_e kind, const hpf_crypto_part_t *x,
    const hpf_crypto_part_t *y, const char **why);
void hpf_pkey_destroy(hpf_pkey_t *key);

hpf_pkey_kind_e hpf_pkey_kind(const hpf_pkey_t *key);

/* 1: it takes so long that other requests should not wait for it. */
int hpf_pkey_slow(const hpf_pkey_t *key);

/* HPF_OK: signed by the key.  HPF_DECLINED: not so.  HPF_ERROR: no memory. */
int hpf_pkey_verify(const hpf_pkey_t *key, hpf_pkey_form_e form,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);


#endif /* _HPF_PKEY_H_INCLUDED_ */
