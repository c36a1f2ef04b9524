/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Public keys, see the header.
 */


#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "hpf_plugin.h"
#include "hpf_pkey_int.h"


#define HPF_PKEY_RSA_MIN    2048       /* bits */
#define HPF_PKEY_RSA_MAX    8192
#define HPF_PKEY_SALT       32         /* of PSS, bytes: as the digest */
#define HPF_PKEY_EXPONENT   64         /* bits of e, at most */
#define HPF_PKEY_COORD_MAX  48
#define HPF_PKEY_SIG_MAX    1024       /* bytes of a signature */


struct hpf_pkey_s {
    EVP_PKEY         *pkey;
    hpf_pkey_kind_e   kind;
};

typedef struct {
    const char   *group;               /* of OpenSSL; NULL: RSA */
    const char   *type;
    const char   *digest;
    size_t        coord;               /* bytes of r, s, x and y */
} hpf_pkey_alg_t;


static int hpf_pkey_allowed_rsa(EVP_PKEY *pkey, const char **why);
static hpf_pkey_t *hpf_pkey_build(const char *type, OSSL_PARAM_BLD *bld,
    const char **why);
static int hpf_pkey_verify_as(const hpf_pkey_t *key, int padding,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);
static int hpf_pkey_setup(const hpf_pkey_t *key, EVP_PKEY_CTX *pctx,
    int padding);
static int hpf_pkey_der(const hpf_pkey_t *key,
    const hpf_crypto_part_t *fixed, unsigned char *out);


/* In the order of their kinds. */

static const hpf_pkey_alg_t  hpf_pkey_algs[] = {
    { NULL, "RSA", "SHA256", 0 },
    { "prime256v1", "EC", "SHA256", 32 },
    { "secp384r1", "EC", "SHA384", 48 },
    { "SM2", "SM2", "SM3", 32 }
};


int
hpf_pkey_allowed(EVP_PKEY *pkey, hpf_pkey_kind_e *kind, const char **why)
{
    char      group[32];
    size_t    len;
    unsigned  i;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        *kind = HPF_PKEY_RSA;
        return hpf_pkey_allowed_rsa(pkey, why);
    }

    *why = "the key is of no allowed kind";

    if (!EVP_PKEY_is_a(pkey, "EC") && !EVP_PKEY_is_a(pkey, "SM2")) {
        return HPF_DECLINED;
    }

    if (!EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
                                        group, sizeof(group), &len))
    {
        return HPF_DECLINED;
    }

    for (i = HPF_PKEY_P256; i <= HPF_PKEY_SM2; i++) {

        if (strcmp(group, hpf_pkey_algs[i].group) == 0) {
            *kind = i;
            return HPF_OK;
        }
    }

    *why = "the key is of no allowed curve";

    return HPF_DECLINED;
}


static int
hpf_pkey_allowed_rsa(EVP_PKEY *pkey, const char **why)
{
    int      bits, ok;
    BIGNUM  *e;

    bits = EVP_PKEY_get_bits(pkey);

    if (bits < HPF_PKEY_RSA_MIN || bits > HPF_PKEY_RSA_MAX) {
        *why = bits < HPF_PKEY_RSA_MIN ? "the key is too short"
                                       : "the key is too long";
        return HPF_DECLINED;
    }

    *why = "the key has a bad exponent";
    e = NULL;

    ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e)
         && BN_is_odd(e) && !BN_is_one(e)
         && BN_num_bits(e) <= HPF_PKEY_EXPONENT;

    BN_free(e);

    return ok ? HPF_OK : HPF_DECLINED;
}


hpf_pkey_t *
hpf_pkey_wrap(EVP_PKEY *pkey, const char **why)
{
    hpf_pkey_t       *key;
    hpf_pkey_kind_e   kind;

    if (hpf_pkey_allowed(pkey, &kind, why) != HPF_OK) {
        ERR_clear_error();
        return NULL;
    }

    *why = "out of memory";

    key = OPENSSL_malloc(sizeof(hpf_pkey_t));
    if (key == NULL) {
        return NULL;
    }

    (void) EVP_PKEY_up_ref(pkey);

    key->pkey = pkey;
    key->kind = kind;

    return key;
}


hpf_pkey_t *
hpf_pkey_spki(const hpf_crypto_part_t *spki, const char **why)
{
    EVP_PKEY             *pkey;
    hpf_pkey_t           *key;
    const unsigned char  *p;

    *why = "it is no public key";
    p = spki->data;
    key = NULL;

    pkey = d2i_PUBKEY(NULL, &p, spki->len);

    if (pkey && p == (const unsigned char *) spki->data + spki->len) {
        key = hpf_pkey_wrap(pkey, why);
    }

    EVP_PKEY_free(pkey);
    ERR_clear_error();

    return key;
}


hpf_pkey_t *
hpf_pkey_rsa(const hpf_crypto_part_t *n, const hpf_crypto_part_t *e,
    const char **why)
{
    BIGNUM          *bn_n, *bn_e;
    hpf_pkey_t      *key;
    OSSL_PARAM_BLD  *bld;

    *why = "the key is too long";

    if (n->len > HPF_PKEY_RSA_MAX / 8 || e->len > HPF_PKEY_EXPONENT / 8) {
        return NULL;
    }

    bn_n = BN_bin2bn(n->data, n->len, NULL);
    bn_e = BN_bin2bn(e->data, e->len, NULL);
    bld = OSSL_PARAM_BLD_new();
    key = NULL;

    *why = "out of memory";

    if (bn_n && bn_e && bld
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e))
    {
        key = hpf_pkey_build("RSA", bld, why);
    }

    OSSL_PARAM_BLD_free(bld);
    BN_free(bn_n);
    BN_free(bn_e);

    return key;
}


hpf_pkey_t *
hpf_pkey_point(hpf_pkey_kind_e kind, const hpf_crypto_part_t *x,
    const hpf_crypto_part_t *y, const char **why)
{
    size_t                 coord;
    hpf_pkey_t            *key;
    unsigned char          point[1 + 2 * HPF_PKEY_COORD_MAX];
    OSSL_PARAM_BLD        *bld;
    const hpf_pkey_alg_t  *alg;

    alg = &hpf_pkey_algs[kind];
    coord = alg->coord;

    if (coord == 0 || x->len != coord || y->len != coord) {
        *why = "the point is not of the length of its curve";
        return NULL;
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(&point[1], x->data, coord);
    memcpy(&point[1 + coord], y->data, coord);

    *why = "out of memory";
    key = NULL;
    bld = OSSL_PARAM_BLD_new();

    if (bld
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           alg->group, 0)
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, 1 + 2 * coord))
    {
        key = hpf_pkey_build(alg->type, bld, why);
    }

    OSSL_PARAM_BLD_free(bld);

    return key;
}


/* OpenSSL refuses what is no point of the curve. */

static hpf_pkey_t *
hpf_pkey_build(const char *type, OSSL_PARAM_BLD *bld, const char **why)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    hpf_pkey_t    *key;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    key = NULL;

    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    params = OSSL_PARAM_BLD_to_param(bld);

    if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1) {
        *why = "it is no public key";

        if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1) {
            key = hpf_pkey_wrap(pkey, why);
        }
    }

    EVP_PKEY_free(pkey);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();

    return key;
}


void
hpf_pkey_destroy(hpf_pkey_t *key)
{
    if (key) {
        EVP_PKEY_free(key->pkey);
        OPENSSL_free(key);
    }
}


hpf_pkey_kind_e
hpf_pkey_kind(const hpf_pkey_t *key)
{
    return key->kind;
}


/* OpenSSL has optimised code for neither. */

int
hpf_pkey_slow(const hpf_pkey_t *key)
{
    return key->kind == HPF_PKEY_SM2 || key->kind == HPF_PKEY_P384;
}


int
hpf_pkey_verify(const hpf_pkey_t *key, hpf_pkey_form_e form,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature)
{
    int                rc;
    unsigned char      der[2 * HPF_PKEY_COORD_MAX + 16];
    hpf_crypto_part_t  part;

    if (signature->len == 0 || signature->len > HPF_PKEY_SIG_MAX) {
        return HPF_DECLINED;
    }

    if (key->kind == HPF_PKEY_RSA) {
        rc = hpf_pkey_verify_as(key, RSA_PKCS1_PADDING, text, signature);

        if (rc == HPF_DECLINED && form == HPF_PKEY_DER) {
            rc = hpf_pkey_verify_as(key, RSA_PKCS1_PSS_PADDING, text,
                                    signature);
        }

        return rc;
    }

    if (form == HPF_PKEY_DER) {
        return hpf_pkey_verify_as(key, 0, text, signature);
    }

    rc = hpf_pkey_der(key, signature, der);
    if (rc < 0) {
        return rc;
    }

    part.data = der;
    part.len = rc;

    return hpf_pkey_verify_as(key, 0, text, &part);
}


/*
 * OpenSSL itself refuses signatures that are no DER, or have something behind
 * it: it writes what it has read and compares.
 */

static int
hpf_pkey_verify_as(const hpf_pkey_t *key, int padding,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature)
{
    int            rc;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    ctx = EVP_MD_CTX_new();
    pctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    rc = HPF_ERROR;

    if (ctx && pctx) {

        /* SM2 hashes its id at the beginning: it is set before */

        EVP_MD_CTX_set_pkey_ctx(ctx, pctx);

        if ((key->kind != HPF_PKEY_SM2
             || EVP_PKEY_CTX_set1_id(pctx, HPF_PKEY_SM2_ID,
                                     sizeof(HPF_PKEY_SM2_ID) - 1) == 1)
            && EVP_DigestVerifyInit_ex(ctx, NULL,
                                       hpf_pkey_algs[key->kind].digest, NULL,
                                       NULL, key->pkey, NULL)
               == 1
            && hpf_pkey_setup(key, pctx, padding) == HPF_OK)
        {
            rc = EVP_DigestVerify(ctx, signature->data, signature->len,
                                  text->data, text->len)
                 == 1 ? HPF_OK : HPF_DECLINED;
        }
    }

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    ERR_clear_error();

    return rc;
}


static int
hpf_pkey_setup(const hpf_pkey_t *key, EVP_PKEY_CTX *pctx, int padding)
{
    if (key->kind != HPF_PKEY_RSA) {
        return HPF_OK;
    }

    if (EVP_PKEY_CTX_set_rsa_padding(pctx, padding) != 1
        || (padding == RSA_PKCS1_PSS_PADDING
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, HPF_PKEY_SALT) != 1))
    {
        return HPF_ERROR;
    }

    return HPF_OK;
}


/* The length of the DER, HPF_DECLINED or HPF_ERROR. */

static int
hpf_pkey_der(const hpf_pkey_t *key, const hpf_crypto_part_t *fixed,
    unsigned char *out)
{
    int                   n;
    size_t                coord;
    BIGNUM               *r, *s;
    ECDSA_SIG            *sig;
    const unsigned char  *p;

    coord = hpf_pkey_algs[key->kind].coord;

    if (fixed->len != 2 * coord) {
        return HPF_DECLINED;
    }

    p = fixed->data;

    r = BN_bin2bn(p, coord, NULL);
    s = BN_bin2bn(p + coord, coord, NULL);
    sig = ECDSA_SIG_new();

    if (r == NULL || s == NULL || sig == NULL
        || ECDSA_SIG_set0(sig, r, s) != 1)
    {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);

        return HPF_ERROR;
    }

    n = i2d_ECDSA_SIG(sig, &out);

    ECDSA_SIG_free(sig);

    return n > 0 ? n : HPF_ERROR;
}
