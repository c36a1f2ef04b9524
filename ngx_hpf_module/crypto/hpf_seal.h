/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Personal numbers at rest: authenticated encryption to a text.
 *
 *     base64url(head | key id | nonce 12 | ciphertext | tag 16)
 *
 * The head's upper half is the version of this format, the lower one the
 * suite, so that a number of 18 characters makes a text of 64.  Suites:
 * AES-256-GCM, and SM4-CTR with HMAC-SM3 over everything and the associated
 * data (encrypt, then MAC).  Each key is good for 2^32 texts (nonces are
 * random); a new one is made by adding a key with another id.
 */

#ifndef _HPF_SEAL_H_INCLUDED_
#define _HPF_SEAL_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include "hpf_base64.h"
#include "hpf_crypto.h"


#define HPF_SEAL_AES  1                /* AES-256-GCM */
#define HPF_SEAL_SM   2                /* SM4-CTR with HMAC-SM3 */

#define HPF_SEAL_MAX       1048576     /* bytes of a plain text, at most */
#define HPF_SEAL_OVERHEAD  30

/* of the sealed text, without a zero */
#define HPF_SEAL_LEN(n)    HPF_BASE64_URL_LEN((n) + HPF_SEAL_OVERHEAD)


typedef struct hpf_seal_s  hpf_seal_t;


/* suite: what is sealed from now on; texts of either are opened. */
hpf_seal_t *hpf_seal_create(hpf_crypto_t *c, int suite);
void hpf_seal_destroy(hpf_seal_t *s);

/*
 * A master key of 32 bytes or more, id 0 .. 255; each suite gets keys of its
 * own from it.  The key that was added last seals, all of them open.
 * HPF_ERROR: an id that is there, a short key, out of memory.
 */
int hpf_seal_add_key(hpf_seal_t *s, unsigned id,
    const hpf_crypto_part_t *master);

/*
 * ad is bound to the text and not in it ("user:UID:id_no"): a text that was
 * moved to another place does not open.  out has HPF_SEAL_LEN(plain->len)
 * characters and does not overlap plain.  The length, or HPF_ERROR.
 */
ssize_t hpf_seal_seal(hpf_seal_t *s, const hpf_crypto_part_t *ad,
    const hpf_crypto_part_t *plain, char *out);

/*
 * out has room for text->len bytes and does not overlap it.  The length of
 * the plain text; HPF_ERROR: not a text of ours, changed, of another ad, or
 * out of memory; HPF_DECLINED: its key is not there.  What was changed leaves
 * nothing of its plain text in out.
 */
ssize_t hpf_seal_open(hpf_seal_t *s, const hpf_crypto_part_t *ad,
    const hpf_crypto_part_t *text, unsigned char *out);

/* 1: the text is not of the current key and suite, and better sealed anew. */
int hpf_seal_is_old(const hpf_seal_t *s, const hpf_crypto_part_t *text);

/* "aes-256-gcm" or "sm4-ctr-hmac-sm3"; HPF_ERROR: another name. */
int hpf_seal_suite(const char *name);


#endif /* _HPF_SEAL_H_INCLUDED_ */
