/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Digests, keyed digests and random numbers.  What OpenSSL 3 finds slowly by
 * name is fetched once, into an hpf_crypto_t; a key is expanded once, into an
 * hpf_crypto_hmac_t.  Both are made with the configuration (they go well
 * through fork) and are used by one thread only.
 */

#ifndef _HPF_CRYPTO_H_INCLUDED_
#define _HPF_CRYPTO_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_CRYPTO_SHA256  0
#define HPF_CRYPTO_SM3     1
#define HPF_CRYPTO_LEN     32          /* of both digests, bytes */

#define HPF_CRYPTO_SHA512      2       /* for hpf_crypto_digest() alone */
#define HPF_CRYPTO_SHA512_LEN  64


typedef struct hpf_crypto_s         hpf_crypto_t;
typedef struct hpf_crypto_hmac_s    hpf_crypto_hmac_t;
typedef struct hpf_crypto_stream_s  hpf_crypto_stream_t;

typedef struct {
    const void  *data;
    size_t       len;
} hpf_crypto_part_t;


/* NULL: out of memory, or OpenSSL does not know an algorithm. */
hpf_crypto_t *hpf_crypto_create(void);
void hpf_crypto_destroy(hpf_crypto_t *c);

/* For hpf_seal: an EVP_CIPHER that lives as long as c. */
const void *hpf_crypto_aes_256_gcm(const hpf_crypto_t *c);
const void *hpf_crypto_sm4_ctr(const hpf_crypto_t *c);


/*
 * 32 bytes into out, of HPF_CRYPTO_SHA512 64.  HPF_OK or HPF_ERROR, which is
 * out of memory and nothing else; out is then not to be used.
 */
int hpf_crypto_digest(hpf_crypto_t *c, int md, const void *data, size_t len,
    unsigned char *out);
int hpf_crypto_digest_parts(hpf_crypto_t *c, int md,
    const hpf_crypto_part_t *parts, size_t n, unsigned char *out);

/* A digest of what comes bit by bit.  final may be called once. */
hpf_crypto_stream_t *hpf_crypto_stream_create(hpf_crypto_t *c, int md);
int hpf_crypto_stream_update(hpf_crypto_stream_t *s, const void *data,
    size_t len);
int hpf_crypto_stream_final(hpf_crypto_stream_t *s, unsigned char *out);
void hpf_crypto_stream_destroy(hpf_crypto_stream_t *s);


/* The key may be forgotten after create; c must outlive what it makes. */
hpf_crypto_hmac_t *hpf_crypto_hmac_create(hpf_crypto_t *c, int md,
    const void *key, size_t len);
void hpf_crypto_hmac_destroy(hpf_crypto_hmac_t *h);

int hpf_crypto_hmac(hpf_crypto_hmac_t *h, const void *data, size_t len,
    unsigned char *out);
/* As if the parts stood one after the other. */
int hpf_crypto_hmac_parts(hpf_crypto_hmac_t *h,
    const hpf_crypto_part_t *parts, size_t n, unsigned char *out);
/* For a key that is used once; twice the time of the above. */
int hpf_crypto_hmac_once(hpf_crypto_t *c, int md,
    const hpf_crypto_part_t *key, const hpf_crypto_part_t *data,
    unsigned char *out);

/*
 * A key for one purpose from a master key: HKDF (RFC 5869) without salt, with
 * the label as the info, 32 bytes long.
 */
int hpf_crypto_derive(hpf_crypto_t *c, int md, const hpf_crypto_part_t *key,
    const char *label, unsigned char *out);


/*
 * From the operating system through OpenSSL's generator.  HPF_ERROR: there is
 * none; the caller must fail, nothing else takes its place.  _private is for
 * keys and tokens, the other for what is seen (nonces, ids).
 */
int hpf_crypto_random(void *out, size_t len);
int hpf_crypto_random_private(void *out, size_t len);
/* Each of 0 .. n - 1 with the same chance; n > 0. */
int hpf_crypto_random_below(uint32_t n, uint32_t *out);

/* 1: equal.  The time depends on len alone. */
int hpf_crypto_equal(const void *a, const void *b, size_t len);
/* Zeroes; the compiler cannot leave it out. */
void hpf_crypto_cleanse(void *p, size_t len);


#endif /* _HPF_CRYPTO_H_INCLUDED_ */
