/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private keys that sign, see the header.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "hpf_plugin.h"
#include "hpf_hex.h"
#include "hpf_secret.h"
#include "hpf_sign.h"
#include "hpf_signer.h"


#define HPF_SIGNER_FILE  4096
#define HPF_SIGNER_DER   80            /* of r and s, at most 72 */
#define HPF_SIGNER_HALF  (HPF_SIGNER_LEN / 2)


struct hpf_signer_s {
    EVP_PKEY    *pkey;
    int          sm2;
    char         id[HPF_SIGNER_ID + 1];
};


static const char *hpf_signer_kind(EVP_PKEY *pkey, int *sm2);
static int hpf_signer_name(EVP_PKEY *pkey, char *id);
static int hpf_signer_raw(const unsigned char *der, size_t len,
    unsigned char *out);


hpf_signer_t *
hpf_signer_read(const char *file, const char **why)
{
    BIO           *bio;
    char           text[HPF_SIGNER_FILE];
    mode_t         mode;
    ssize_t        n;
    hpf_signer_t  *signer;

    n = hpf_secret_load(file, text, sizeof(text), &mode, why);

    if (n < 0) {
        return NULL;
    }

    *why = hpf_secret_check(mode);
    bio = *why ? NULL : BIO_new_mem_buf(text, (int) n);

    if (bio == NULL) {
        hpf_crypto_cleanse(text, sizeof(text));
        return NULL;
    }

    signer = calloc(1, sizeof(hpf_signer_t));

    if (signer) {
        signer->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, "");

        *why = signer->pkey ? hpf_signer_kind(signer->pkey, &signer->sm2)
                            : "no private key in PEM without a password";

        if (*why == NULL && hpf_signer_name(signer->pkey, signer->id)
                            != HPF_OK)
        {
            *why = "out of memory";
        }

        if (*why) {
            hpf_signer_destroy(signer);
            signer = NULL;
        }
    }

    hpf_crypto_cleanse(text, sizeof(text));

    BIO_free(bio);
    ERR_clear_error();

    return signer;
}


void
hpf_signer_destroy(hpf_signer_t *signer)
{
    if (signer) {
        EVP_PKEY_free(signer->pkey);
        free(signer);
    }
}


int
hpf_signer_sign(hpf_signer_t *signer, const void *text, size_t len,
    unsigned char *out)
{
    int             rc;
    size_t          n;
    EVP_MD_CTX     *ctx;
    EVP_PKEY_CTX   *pctx;
    unsigned char   der[HPF_SIGNER_DER];

    ctx = EVP_MD_CTX_new();
    n = sizeof(der);

    rc = ctx
         && EVP_DigestSignInit_ex(ctx, &pctx, signer->sm2 ? "SM3" : "SHA256",
                                  NULL, NULL, signer->pkey, NULL)
            == 1
         && (!signer->sm2
             || EVP_PKEY_CTX_set1_id(pctx, HPF_SIGN_SM2_ID,
                                     sizeof(HPF_SIGN_SM2_ID) - 1)
                == 1)
         && EVP_DigestSign(ctx, der, &n, text, len) == 1;

    EVP_MD_CTX_free(ctx);

    rc = rc ? hpf_signer_raw(der, n, out) : HPF_ERROR;

    /* nginx would find what is left here when a TLS connection fails */

    ERR_clear_error();

    return rc;
}


const char *
hpf_signer_id(const hpf_signer_t *signer)
{
    return signer->id;
}


int
hpf_signer_public_id(const hpf_crypto_part_t *pem, char *id)
{
    int        rc;
    BIO       *bio;
    EVP_PKEY  *pkey;

    bio = BIO_new_mem_buf(pem->data, (int) pem->len);
    pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

    rc = pkey ? hpf_signer_name(pkey, id) : HPF_ERROR;

    EVP_PKEY_free(pkey);
    BIO_free(bio);
    ERR_clear_error();

    return rc;
}


size_t
hpf_signer_public(const hpf_signer_t *signer, char *pem)
{
    int   n;
    BIO  *bio;

    n = 0;
    bio = BIO_new(BIO_s_mem());

    if (bio && PEM_write_bio_PUBKEY(bio, signer->pkey) == 1) {
        n = BIO_read(bio, pem, HPF_SIGNER_PEM);
    }

    BIO_free(bio);

    return n > 0 ? (size_t) n : 0;
}


/* NULL, or why not. */

static const char *
hpf_signer_kind(EVP_PKEY *pkey, int *sm2)
{
    char    curve[64];
    size_t  len;

    *sm2 = EVP_PKEY_is_a(pkey, "SM2");

    if (*sm2) {
        return NULL;
    }

    if (!EVP_PKEY_is_a(pkey, "EC")
        || EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), &len) != 1
        || strcmp(curve, "prime256v1") != 0)
    {
        return "the key is neither of P-256 nor of SM2";
    }

    return NULL;
}


static int
hpf_signer_name(EVP_PKEY *pkey, char *id)
{
    int             len;
    unsigned        n;
    unsigned char  *der, digest[EVP_MAX_MD_SIZE];

    der = NULL;
    len = i2d_PUBKEY(pkey, &der);

    if (len <= 0) {
        return HPF_ERROR;
    }

    n = EVP_Digest(der, len, digest, &n, EVP_sha256(), NULL) == 1 ? n : 0;

    OPENSSL_free(der);

    if (n == 0) {
        return HPF_ERROR;
    }

    (void) hpf_hex_encode(id, digest, HPF_SIGNER_ID / 2);

    id[HPF_SIGNER_ID] = '\0';

    return HPF_OK;
}


static int
hpf_signer_raw(const unsigned char *der, size_t len, unsigned char *out)
{
    int         rc;
    ECDSA_SIG  *sig;

    sig = d2i_ECDSA_SIG(NULL, &der, (long) len);

    if (sig == NULL) {
        return HPF_ERROR;
    }

    rc = BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, HPF_SIGNER_HALF)
             == HPF_SIGNER_HALF
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + HPF_SIGNER_HALF,
                         HPF_SIGNER_HALF)
             == HPF_SIGNER_HALF
         ? HPF_OK : HPF_ERROR;

    ECDSA_SIG_free(sig);

    return rc;
}
