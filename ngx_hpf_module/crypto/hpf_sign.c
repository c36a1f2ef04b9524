/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Verifies signatures by the algorithm of a key, see the header.  What depends
 * on the key alone is prepared once, in a digest context that is copied for
 * each signature.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hpf_plugin.h"
#include "hpf_sign.h"


#define HPF_SIGN_SECRET_MIN  32        /* bytes; RFC 2104: as the digest */
#define HPF_SIGN_RSA_MIN     2048      /* bits */
#define HPF_SIGN_RSA_MAX     4096
#define HPF_SIGN_HALF        32        /* bytes of r and of s */
#define HPF_SIGN_DER         80        /* bytes of both in DER, at most 72 */


typedef struct {
    const char   *name;

    /* of its public keys; NULL: it has none */
    const char   *type;                /* as OpenSSL names it */
    const char   *curve;               /* NULL: of any */
    const char   *digest;
    const char   *id;                  /* of the user, or NULL */
    int           raw;                 /* signatures are r and s */
    int           slow;
} hpf_sign_alg_t;

struct hpf_sign_key_s {
    const hpf_sign_alg_t  *alg;
    unsigned               refs;
    size_t                 len;        /* of a signature */
    hpf_crypto_hmac_t     *hmac;
    EVP_MD_CTX            *ctx;
};


static int hpf_sign_hmac_create(hpf_sign_key_t *key, hpf_crypto_t *c,
    const hpf_crypto_part_t *material, const char **why);
static int hpf_sign_public_create(hpf_sign_key_t *key,
    const hpf_crypto_part_t *material, const char **why);
static EVP_PKEY *hpf_sign_pem_read(const hpf_crypto_part_t *pem,
    const char **why);
static const hpf_sign_alg_t *hpf_sign_pem_find(EVP_PKEY *pkey,
    const char **why);
static int hpf_sign_pem_sound(EVP_PKEY *pkey);
static int hpf_sign_prepare(hpf_sign_key_t *key, EVP_PKEY *pkey);
static int hpf_sign_hmac_verify(hpf_sign_key_t *key,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);
static int hpf_sign_public_verify(hpf_sign_key_t *key,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);
static int hpf_sign_der(const unsigned char *raw, unsigned char *der);


static const hpf_sign_alg_t  hpf_sign_algs[] = {
    { "hmac-sha256", NULL, NULL, NULL, NULL, 0, 0 },
    { "ecdsa-p256-sha256", "EC", "prime256v1", "SHA256", NULL, 1, 0 },
    { "rsa-v1_5-sha256", "RSA", NULL, "SHA256", NULL, 0, 0 },
    { "sm2-sm3", "SM2", NULL, "SM3", HPF_SIGN_SM2_ID, 1, 1 },
    { NULL, NULL, NULL, NULL, NULL, 0, 0 }
};


hpf_sign_key_t *
hpf_sign_key_create(hpf_crypto_t *c, const char *alg,
    const hpf_crypto_part_t *material, const char **why)
{
    int                    rc;
    hpf_sign_key_t        *key;
    const hpf_sign_alg_t  *known;

    for (known = hpf_sign_algs; known->name; known++) {
        if (strcmp(known->name, alg) == 0) {
            break;
        }
    }

    if (known->name == NULL) {
        *why = "the algorithm is not known";
        return NULL;
    }

    *why = "out of memory";

    key = calloc(1, sizeof(hpf_sign_key_t));
    if (key == NULL) {
        return NULL;
    }

    key->alg = known;
    key->refs = 1;

    rc = known->type ? hpf_sign_public_create(key, material, why)
                     : hpf_sign_hmac_create(key, c, material, why);

    if (rc != HPF_OK) {
        hpf_sign_key_destroy(key);
        return NULL;
    }

    return key;
}


const char *
hpf_sign_pem_alg(const hpf_crypto_part_t *pem, const char **why)
{
    EVP_PKEY              *pkey;
    const hpf_sign_alg_t  *alg;

    pkey = hpf_sign_pem_read(pem, why);

    alg = pkey ? hpf_sign_pem_find(pkey, why) : NULL;

    EVP_PKEY_free(pkey);

    return alg ? alg->name : NULL;
}


void
hpf_sign_key_ref(hpf_sign_key_t *key)
{
    key->refs++;
}


void
hpf_sign_key_destroy(hpf_sign_key_t *key)
{
    if (key == NULL || --key->refs) {
        return;
    }

    hpf_crypto_hmac_destroy(key->hmac);
    EVP_MD_CTX_free(key->ctx);

    free(key);
}


const char *
hpf_sign_key_alg(const hpf_sign_key_t *key)
{
    return key->alg->name;
}


int
hpf_sign_key_slow(const hpf_sign_key_t *key)
{
    return key->alg->slow;
}


int
hpf_sign_fits(const hpf_sign_key_t *key, const hpf_crypto_part_t *alg)
{
    return alg->data == NULL
           || (alg->len == strlen(key->alg->name)
               && memcmp(alg->data, key->alg->name, alg->len) == 0);
}


int
hpf_sign_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    if (signature->len != key->len) {
        return HPF_DECLINED;
    }

    return key->hmac ? hpf_sign_hmac_verify(key, text, signature)
                     : hpf_sign_public_verify(key, text, signature);
}


static int
hpf_sign_hmac_create(hpf_sign_key_t *key, hpf_crypto_t *c,
    const hpf_crypto_part_t *material, const char **why)
{
    if (material->len < HPF_SIGN_SECRET_MIN) {
        *why = "the secret has less than 32 bytes";
        return HPF_ERROR;
    }

    key->len = HPF_CRYPTO_LEN;
    key->hmac = hpf_crypto_hmac_create(c, HPF_CRYPTO_SHA256, material->data,
                                       material->len);

    return key->hmac ? HPF_OK : HPF_ERROR;
}


static int
hpf_sign_public_create(hpf_sign_key_t *key, const hpf_crypto_part_t *material,
    const char **why)
{
    int                    rc;
    EVP_PKEY              *pkey;
    const hpf_sign_alg_t  *alg;

    pkey = hpf_sign_pem_read(material, why);
    if (pkey == NULL) {
        return HPF_ERROR;
    }

    rc = HPF_ERROR;
    alg = hpf_sign_pem_find(pkey, why);

    if (alg == key->alg) {
        key->len = alg->raw ? 2 * HPF_SIGN_HALF : (size_t) EVP_PKEY_size(pkey);

        *why = "out of memory";
        rc = hpf_sign_prepare(key, pkey);

    } else if (alg) {
        *why = "the key is for another algorithm";
    }

    EVP_PKEY_free(pkey);
    ERR_clear_error();

    return rc;
}


/* A point that is not on its curve does not get through. */

static EVP_PKEY *
hpf_sign_pem_read(const hpf_crypto_part_t *pem, const char **why)
{
    BIO       *bio;
    EVP_PKEY  *pkey;

    pkey = NULL;
    bio = BIO_new_mem_buf(pem->data, (int) pem->len);

    if (bio) {
        pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        BIO_free(bio);
    }

    if (pkey == NULL) {
        *why = "no public key in PEM (\"BEGIN PUBLIC KEY\")";
    }

    ERR_clear_error();

    return pkey;
}


static const hpf_sign_alg_t *
hpf_sign_pem_find(EVP_PKEY *pkey, const char **why)
{
    int                    bits;
    char                   curve[64];
    size_t                 len;
    const hpf_sign_alg_t  *alg;

    for (alg = hpf_sign_algs; alg->name; alg++) {

        if (alg->type && EVP_PKEY_is_a(pkey, alg->type)) {
            break;
        }
    }

    if (alg->name == NULL) {
        *why = "the key is neither EC nor RSA nor SM2";
        return NULL;
    }

    if (alg->curve
        && (EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), &len) != 1
            || strcmp(curve, alg->curve) != 0))
    {
        *why = "the curve of the key is not P-256";
        return NULL;
    }

    bits = EVP_PKEY_get_bits(pkey);

    if (strcmp(alg->type, "RSA") == 0
        && (bits < HPF_SIGN_RSA_MIN || bits > HPF_SIGN_RSA_MAX))
    {
        *why = "the RSA key does not have 2048 to 4096 bits";
        return NULL;
    }

    if (!hpf_sign_pem_sound(pkey)) {
        *why = "the key is none that anybody has made";
        return NULL;
    }

    return alg;
}


/* A modulus that is a prime or has small factors, a point at infinity, … */

static int
hpf_sign_pem_sound(EVP_PKEY *pkey)
{
    int            rc;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    rc = ctx ? EVP_PKEY_public_check(ctx) : 0;

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();

    return rc == 1;
}


static int
hpf_sign_prepare(hpf_sign_key_t *key, EVP_PKEY *pkey)
{
    EVP_PKEY_CTX          *pctx;
    const hpf_sign_alg_t  *alg;

    alg = key->alg;

    key->ctx = EVP_MD_CTX_new();

    if (key->ctx == NULL
        || EVP_DigestVerifyInit_ex(key->ctx, &pctx, alg->digest, NULL, NULL,
                                   pkey, NULL)
           != 1)
    {
        return HPF_ERROR;
    }

    if (alg->id
        && EVP_PKEY_CTX_set1_id(pctx, alg->id, (int) strlen(alg->id)) != 1)
    {
        return HPF_ERROR;
    }

    if (strcmp(alg->type, "RSA") == 0
        && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) != 1)
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


static int
hpf_sign_hmac_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    unsigned char  mac[HPF_CRYPTO_LEN];

    if (hpf_crypto_hmac_parts(key->hmac, text, 1, mac) != HPF_OK) {
        return HPF_ERROR;
    }

    return hpf_crypto_equal(mac, signature->data, sizeof(mac)) ? HPF_OK
                                                               : HPF_DECLINED;
}


static int
hpf_sign_public_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    int                   rc, len;
    EVP_MD_CTX           *ctx;
    unsigned char         der[HPF_SIGN_DER];
    const unsigned char  *p;

    p = signature->data;
    len = (int) signature->len;

    if (key->alg->raw) {
        len = hpf_sign_der(p, der);
        p = der;

        if (len <= 0) {
            return HPF_ERROR;
        }
    }

    ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, key->ctx) != 1) {
        EVP_MD_CTX_free(ctx);
        return HPF_ERROR;
    }

    rc = EVP_DigestVerify(ctx, p, len, text->data, text->len);

    EVP_MD_CTX_free(ctx);

    /* nginx would find what is left here when a TLS connection fails */

    ERR_clear_error();

    return rc == 1 ? HPF_OK : HPF_DECLINED;
}


/* Numbers that are zero or too great are for the verification to refuse. */

static int
hpf_sign_der(const unsigned char *raw, unsigned char *der)
{
    int         len;
    BIGNUM     *r, *s;
    ECDSA_SIG  *sig;

    r = BN_bin2bn(raw, HPF_SIGN_HALF, NULL);
    s = BN_bin2bn(raw + HPF_SIGN_HALF, HPF_SIGN_HALF, NULL);
    sig = ECDSA_SIG_new();

    if (r == NULL || s == NULL || sig == NULL) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return HPF_ERROR;
    }

    (void) ECDSA_SIG_set0(sig, r, s);

    len = i2d_ECDSA_SIG(sig, &der);

    ECDSA_SIG_free(sig);

    return len;
}
