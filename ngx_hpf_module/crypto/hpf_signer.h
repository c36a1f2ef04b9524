/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A private key that signs, of P-256 (ecdsa-p256-sha256) or of SM2 (sm2-sm3),
 * from a file in PEM that nobody but its owner may read.  What it signs,
 * hpf_sign.h verifies with the public key.
 */

#ifndef _HPF_SIGNER_H_INCLUDED_
#define _HPF_SIGNER_H_INCLUDED_


#include <stddef.h>

#include "hpf_crypto.h"


#define HPF_SIGNER_LEN  64             /* of a signature: r and s */
#define HPF_SIGNER_ID   16             /* digits of the id of a key */
#define HPF_SIGNER_PEM  512            /* of a public key, at the most */


typedef struct hpf_signer_s  hpf_signer_t;


/* NULL with *why.  Blocks for as long as a small file on a disk takes. */
hpf_signer_t *hpf_signer_read(const char *file, const char **why);
void hpf_signer_destroy(hpf_signer_t *signer);

/* HPF_OK, or HPF_ERROR: out of memory. */
int hpf_signer_sign(hpf_signer_t *signer, const void *text, size_t len,
    unsigned char *out);

/*
 * The id of a key: the first 8 bytes of the SHA-256 of its public half, as
 * hexadecimal digits and a zero.  Of a public key in PEM: HPF_OK, or HPF_ERROR
 * when it is none.
 */
const char *hpf_signer_id(const hpf_signer_t *signer);
int hpf_signer_public_id(const hpf_crypto_part_t *pem, char *id);

/* The public key in PEM; its length, 0: out of memory. */
size_t hpf_signer_public(const hpf_signer_t *signer, char *pem);


#endif /* _HPF_SIGNER_H_INCLUDED_ */
