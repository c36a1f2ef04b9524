/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Digests, keyed digests and random numbers by OpenSSL.  HMAC (RFC 2104) is
 * put together from two states that have taken in the padded key: copying
 * one costs less than what EVP_MAC does for the same, and far less than
 * HMAC() with its look-up by name.
 *
 * SHA-256, which each request needs several times, is called by its old
 * functions, which have a plain structure for a state.  EVP allocates one and
 * goes through the provider for the same instructions: 0.2 microseconds a
 * digest.
 */


#include <stdlib.h>
#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "hpf_plugin.h"
#include "hpf_crypto.h"


#define HPF_CRYPTO_BLOCK  64           /* of SHA-256 and SM3, bytes */


struct hpf_crypto_s {
    EVP_MD       *md[3];
    EVP_CIPHER   *aes_256_gcm;
    EVP_CIPHER   *sm4_ctr;
    EVP_MD_CTX   *ctx;                 /* holds nothing between calls */
};

/* What has taken in the padded key. */

typedef struct {
    SHA256_CTX    sha256;
    EVP_MD_CTX   *evp;                 /* of another digest */
} hpf_crypto_state_t;

struct hpf_crypto_hmac_s {
    int                  md;
    hpf_crypto_state_t   inner;
    hpf_crypto_state_t   outer;
    EVP_MD_CTX          *ctx;          /* of another digest */
};

struct hpf_crypto_stream_s {
    EVP_MD_CTX   *ctx;
};


static void hpf_crypto_pad_block(unsigned char *block, unsigned char pad);
static int hpf_crypto_pad(hpf_crypto_t *c, int md, const unsigned char *block,
    hpf_crypto_state_t *state);
static int hpf_crypto_sha256(SHA256_CTX *ctx, const hpf_crypto_part_t *parts,
    size_t n, unsigned char *out);
static int hpf_crypto_add(EVP_MD_CTX *ctx, const hpf_crypto_part_t *parts,
    size_t n);


hpf_crypto_t *
hpf_crypto_create(void)
{
    hpf_crypto_t  *c;

    c = calloc(1, sizeof(hpf_crypto_t));
    if (c == NULL) {
        return NULL;
    }

    c->md[HPF_CRYPTO_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->md[HPF_CRYPTO_SM3] = EVP_MD_fetch(NULL, "SM3", NULL);
    c->md[HPF_CRYPTO_SHA512] = EVP_MD_fetch(NULL, "SHA512", NULL);
    c->aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    c->sm4_ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    c->ctx = EVP_MD_CTX_new();

    if (c->md[HPF_CRYPTO_SHA256] == NULL || c->md[HPF_CRYPTO_SM3] == NULL
        || c->md[HPF_CRYPTO_SHA512] == NULL || c->aes_256_gcm == NULL
        || c->sm4_ctr == NULL || c->ctx == NULL)
    {
        hpf_crypto_destroy(c);
        return NULL;
    }

    return c;
}


void
hpf_crypto_destroy(hpf_crypto_t *c)
{
    if (c == NULL) {
        return;
    }

    EVP_MD_CTX_free(c->ctx);
    EVP_CIPHER_free(c->sm4_ctr);
    EVP_CIPHER_free(c->aes_256_gcm);
    EVP_MD_free(c->md[HPF_CRYPTO_SHA512]);
    EVP_MD_free(c->md[HPF_CRYPTO_SM3]);
    EVP_MD_free(c->md[HPF_CRYPTO_SHA256]);

    free(c);
}


const void *
hpf_crypto_aes_256_gcm(const hpf_crypto_t *c)
{
    return c->aes_256_gcm;
}


const void *
hpf_crypto_sm4_ctr(const hpf_crypto_t *c)
{
    return c->sm4_ctr;
}


int
hpf_crypto_digest(hpf_crypto_t *c, int md, const void *data, size_t len,
    unsigned char *out)
{
    hpf_crypto_part_t  part;

    part.data = data;
    part.len = len;

    return hpf_crypto_digest_parts(c, md, &part, 1, out);
}


int
hpf_crypto_digest_parts(hpf_crypto_t *c, int md,
    const hpf_crypto_part_t *parts, size_t n, unsigned char *out)
{
    SHA256_CTX  sha256;

    if (md == HPF_CRYPTO_SHA256) {
        return SHA256_Init(&sha256) == 1
               ? hpf_crypto_sha256(&sha256, parts, n, out) : HPF_ERROR;
    }

    if (EVP_DigestInit_ex2(c->ctx, c->md[md], NULL) != 1
        || hpf_crypto_add(c->ctx, parts, n) != HPF_OK
        || EVP_DigestFinal_ex(c->ctx, out, NULL) != 1)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


hpf_crypto_stream_t *
hpf_crypto_stream_create(hpf_crypto_t *c, int md)
{
    hpf_crypto_stream_t  *s;

    s = malloc(sizeof(hpf_crypto_stream_t));
    if (s == NULL) {
        return NULL;
    }

    s->ctx = EVP_MD_CTX_new();

    if (s->ctx == NULL || EVP_DigestInit_ex2(s->ctx, c->md[md], NULL) != 1) {
        hpf_crypto_stream_destroy(s);
        return NULL;
    }

    return s;
}


int
hpf_crypto_stream_update(hpf_crypto_stream_t *s, const void *data, size_t len)
{
    return EVP_DigestUpdate(s->ctx, data, len) == 1 ? HPF_OK : HPF_ERROR;
}


int
hpf_crypto_stream_final(hpf_crypto_stream_t *s, unsigned char *out)
{
    return EVP_DigestFinal_ex(s->ctx, out, NULL) == 1 ? HPF_OK : HPF_ERROR;
}


void
hpf_crypto_stream_destroy(hpf_crypto_stream_t *s)
{
    if (s) {
        EVP_MD_CTX_free(s->ctx);
        free(s);
    }
}


hpf_crypto_hmac_t *
hpf_crypto_hmac_create(hpf_crypto_t *c, int md, const void *key, size_t len)
{
    int                 rc;
    unsigned char       block[HPF_CRYPTO_BLOCK];
    hpf_crypto_hmac_t  *h;

    h = calloc(1, sizeof(hpf_crypto_hmac_t));
    if (h == NULL) {
        return NULL;
    }

    memset(block, 0, sizeof(block));
    rc = HPF_OK;

    if (len > sizeof(block)) {
        rc = hpf_crypto_digest(c, md, key, len, block);

    } else if (len) {
        memcpy(block, key, len);
    }

    h->md = md;
    h->ctx = EVP_MD_CTX_new();

    hpf_crypto_pad_block(block, 0x36);

    if (rc == HPF_OK) {
        rc = h->ctx ? hpf_crypto_pad(c, md, block, &h->inner) : HPF_ERROR;
    }

    hpf_crypto_pad_block(block, 0x36 ^ 0x5c);

    if (rc == HPF_OK) {
        rc = hpf_crypto_pad(c, md, block, &h->outer);
    }

    OPENSSL_cleanse(block, sizeof(block));

    if (rc != HPF_OK) {
        hpf_crypto_hmac_destroy(h);
        return NULL;
    }

    return h;
}


void
hpf_crypto_hmac_destroy(hpf_crypto_hmac_t *h)
{
    if (h == NULL) {
        return;
    }

    EVP_MD_CTX_free(h->ctx);
    EVP_MD_CTX_free(h->outer.evp);
    EVP_MD_CTX_free(h->inner.evp);

    OPENSSL_cleanse(h, sizeof(hpf_crypto_hmac_t));
    free(h);
}


int
hpf_crypto_hmac(hpf_crypto_hmac_t *h, const void *data, size_t len,
    unsigned char *out)
{
    hpf_crypto_part_t  part;

    part.data = data;
    part.len = len;

    return hpf_crypto_hmac_parts(h, &part, 1, out);
}


int
hpf_crypto_hmac_parts(hpf_crypto_hmac_t *h, const hpf_crypto_part_t *parts,
    size_t n, unsigned char *out)
{
    SHA256_CTX         sha256;
    unsigned char      digest[HPF_CRYPTO_LEN];
    hpf_crypto_part_t  part;

    if (h->md == HPF_CRYPTO_SHA256) {
        sha256 = h->inner.sha256;

        if (hpf_crypto_sha256(&sha256, parts, n, digest) != HPF_OK) {
            return HPF_ERROR;
        }

        sha256 = h->outer.sha256;
        part.data = digest;
        part.len = sizeof(digest);

        return hpf_crypto_sha256(&sha256, &part, 1, out);
    }

    if (EVP_MD_CTX_copy_ex(h->ctx, h->inner.evp) != 1
        || hpf_crypto_add(h->ctx, parts, n) != HPF_OK
        || EVP_DigestFinal_ex(h->ctx, digest, NULL) != 1
        || EVP_MD_CTX_copy_ex(h->ctx, h->outer.evp) != 1
        || EVP_DigestUpdate(h->ctx, digest, sizeof(digest)) != 1
        || EVP_DigestFinal_ex(h->ctx, out, NULL) != 1)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


int
hpf_crypto_hmac_once(hpf_crypto_t *c, int md, const hpf_crypto_part_t *key,
    const hpf_crypto_part_t *data, unsigned char *out)
{
    int                 rc;
    hpf_crypto_hmac_t  *h;

    h = hpf_crypto_hmac_create(c, md, key->data, key->len);
    if (h == NULL) {
        return HPF_ERROR;
    }

    rc = hpf_crypto_hmac_parts(h, data, 1, out);

    hpf_crypto_hmac_destroy(h);

    return rc;
}


int
hpf_crypto_derive(hpf_crypto_t *c, int md, const hpf_crypto_part_t *key,
    const char *label, unsigned char *out)
{
    int                 rc;
    unsigned char       prk[HPF_CRYPTO_LEN];
    hpf_crypto_hmac_t  *h;
    hpf_crypto_part_t   salt, info[2];

    salt.data = "";
    salt.len = 0;

    if (hpf_crypto_hmac_once(c, md, &salt, key, prk) != HPF_OK) {
        return HPF_ERROR;
    }

    h = hpf_crypto_hmac_create(c, md, prk, sizeof(prk));

    OPENSSL_cleanse(prk, sizeof(prk));

    if (h == NULL) {
        return HPF_ERROR;
    }

    info[0].data = label;
    info[0].len = strlen(label);
    info[1].data = "\x01";
    info[1].len = 1;

    rc = hpf_crypto_hmac_parts(h, info, 2, out);

    hpf_crypto_hmac_destroy(h);

    return rc;
}


int
hpf_crypto_random(void *out, size_t len)
{
    return RAND_bytes_ex(NULL, out, len, 0) == 1 ? HPF_OK : HPF_ERROR;
}


int
hpf_crypto_random_private(void *out, size_t len)
{
    return RAND_priv_bytes_ex(NULL, out, len, 0) == 1 ? HPF_OK : HPF_ERROR;
}


int
hpf_crypto_random_below(uint32_t n, uint32_t *out)
{
    uint32_t  v, first;

    if (n == 0) {
        return HPF_ERROR;
    }

    /* 2^32 mod n values at the low end would favour some remainders */

    first = (uint32_t) (0 - n) % n;

    do {
        if (hpf_crypto_random_private(&v, sizeof(v)) != HPF_OK) {
            return HPF_ERROR;
        }

    } while (v < first);

    *out = v % n;

    OPENSSL_cleanse(&v, sizeof(v));

    return HPF_OK;
}


int
hpf_crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
hpf_crypto_cleanse(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}


static void
hpf_crypto_pad_block(unsigned char *block, unsigned char pad)
{
    size_t  i;

    for (i = 0; i < HPF_CRYPTO_BLOCK; i++) {
        block[i] ^= pad;
    }
}


static int
hpf_crypto_pad(hpf_crypto_t *c, int md, const unsigned char *block,
    hpf_crypto_state_t *state)
{
    int  rc;

    if (md == HPF_CRYPTO_SHA256) {
        rc = SHA256_Init(&state->sha256) == 1
             && SHA256_Update(&state->sha256, block, HPF_CRYPTO_BLOCK) == 1;

    } else {
        state->evp = EVP_MD_CTX_new();

        rc = state->evp
             && EVP_DigestInit_ex2(state->evp, c->md[md], NULL) == 1
             && EVP_DigestUpdate(state->evp, block, HPF_CRYPTO_BLOCK) == 1;
    }

    return rc ? HPF_OK : HPF_ERROR;
}


static int
hpf_crypto_sha256(SHA256_CTX *ctx, const hpf_crypto_part_t *parts, size_t n,
    unsigned char *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (SHA256_Update(ctx, parts[i].data, parts[i].len) != 1) {
            return HPF_ERROR;
        }
    }

    return SHA256_Final(out, ctx) == 1 ? HPF_OK : HPF_ERROR;
}


static int
hpf_crypto_add(EVP_MD_CTX *ctx, const hpf_crypto_part_t *parts, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}
