/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Validation of a path (RFC 5280, section 6).  OpenSSL builds and validates
 * it, in its strict mode; what it lets pass and we do not, weak algorithms and
 * keys, what the end entity is for, and the age of lists, is asked besides.
 */


#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "hpf_plugin.h"
#include "hpf_cert_int.h"
#include "hpf_pkey_int.h"


#define HPF_CERT_PATH_FLAGS                                                  \
    (X509_V_FLAG_X509_STRICT|X509_V_FLAG_CRL_CHECK|X509_V_FLAG_CRL_CHECK_ALL \
     |X509_V_FLAG_EXTENDED_CRL_SUPPORT|X509_V_FLAG_POLICY_CHECK              \
     |X509_V_FLAG_TRUSTED_FIRST)


static int hpf_cert_path_setup(X509_STORE_CTX *ctx,
    const hpf_cert_store_t *store, int64_t now);
static int hpf_cert_path_verify_cb(int ok, X509_STORE_CTX *ctx);
static int hpf_cert_path_end(X509 *leaf, const char **why);
static int hpf_cert_path_strong(STACK_OF(X509) *chain, const char **why);


int
hpf_cert_path_check(const hpf_cert_store_t *store, X509 *leaf,
    STACK_OF(X509) *more, int64_t now, char *why)
{
    int              i, rc, error;
    const char      *text;
    STACK_OF(X509)  *others;
    X509_STORE_CTX  *ctx;

    text = "out of memory";
    rc = HPF_ERROR;

    ctx = X509_STORE_CTX_new();
    others = sk_X509_dup(more);

    for (i = 0; others && i < sk_X509_num(store->between); i++) {

        if (!sk_X509_push(others, sk_X509_value(store->between, i))) {
            sk_X509_free(others);
            others = NULL;
        }
    }

    if (ctx && others
        && X509_STORE_CTX_init(ctx, store->trust, leaf, others)
        && hpf_cert_path_setup(ctx, store, now) == HPF_OK)
    {
        rc = HPF_DECLINED;

        if (X509_verify_cert(ctx) == 1) {

            if (hpf_cert_path_end(leaf, &text) == HPF_OK
                && hpf_cert_path_strong(X509_STORE_CTX_get0_chain(ctx), &text)
                   == HPF_OK)
            {
                rc = HPF_OK;
            }

        } else {
            error = X509_STORE_CTX_get_error(ctx);
            text = X509_verify_cert_error_string(error);

            if (error == X509_V_ERR_OUT_OF_MEM) {
                rc = HPF_ERROR;
            }
        }
    }

    if (rc != HPF_OK) {
        (void) snprintf(why, HPF_CERT_WHY, "%s", text);
    }

    X509_STORE_CTX_free(ctx);
    sk_X509_free(others);
    ERR_clear_error();

    return rc;
}


static int
hpf_cert_path_setup(X509_STORE_CTX *ctx, const hpf_cert_store_t *store,
    int64_t now)
{
    size_t              i, n;
    ASN1_OBJECT        *policy;
    X509_VERIFY_PARAM  *param;

    param = X509_STORE_CTX_get0_param(ctx);

    X509_VERIFY_PARAM_set_time(param, now);

    /* OpenSSL counts what is between the end entity and the anchor */

    X509_VERIFY_PARAM_set_depth(param, store->conf->depth - 2);

    if (!X509_VERIFY_PARAM_set_flags(param, HPF_CERT_PATH_FLAGS)
        || !X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT))
    {
        return HPF_ERROR;
    }

    n = store->conf->npolicies;

    for (i = 0; i < n || i == 0; i++) {

        policy = n ? OBJ_txt2obj(store->conf->policies[i], 1)
                   : OBJ_nid2obj(NID_any_policy);

        if (policy == NULL || !X509_VERIFY_PARAM_add0_policy(param, policy)) {
            ASN1_OBJECT_free(policy);
            return HPF_ERROR;
        }
    }

    if (n && !X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_EXPLICIT_POLICY))
    {
        return HPF_ERROR;
    }

    X509_STORE_CTX_set0_crls(ctx, store->lists);
    X509_STORE_CTX_set_app_data(ctx, (void *) store);
    X509_STORE_CTX_set_verify_cb(ctx, hpf_cert_path_verify_cb);

    return HPF_OK;
}


/* A list may be as much older as was declared, and nothing else is let pass. */

static int
hpf_cert_path_verify_cb(int ok, X509_STORE_CTX *ctx)
{
    time_t                   until;
    X509_CRL                *crl;
    const hpf_cert_store_t  *store;

    if (ok || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CRL_HAS_EXPIRED) {
        return ok;
    }

    store = X509_STORE_CTX_get_app_data(ctx);
    crl = X509_STORE_CTX_get0_current_crl(ctx);

    until = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(ctx))
            - store->conf->grace;

    if (store->conf->grace == 0 || crl == NULL
        || X509_cmp_time(X509_CRL_get0_nextUpdate(crl), &until) != 1)
    {
        return 0;
    }

    X509_STORE_CTX_set_error(ctx, X509_V_OK);

    return 1;
}


static int
hpf_cert_path_end(X509 *leaf, const char **why)
{
    uint32_t  flags;

    flags = X509_get_extension_flags(leaf);

    if (flags & EXFLAG_CA) {
        *why = "the end entity is an authority";
        return HPF_DECLINED;
    }

    if (!(flags & EXFLAG_KUSAGE)
        || !(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
    {
        *why = "the key is not for digital signatures";
        return HPF_DECLINED;
    }

    /* OpenSSL takes others for a client, too */

    if ((flags & EXFLAG_XKUSAGE)
        && !(X509_get_extended_key_usage(leaf) & XKU_SSL_CLIENT))
    {
        *why = "the key is not for the authentication of clients";
        return HPF_DECLINED;
    }

    return HPF_OK;
}


/* The last one is the anchor: its signature proves nothing. */

static int
hpf_cert_path_strong(STACK_OF(X509) *chain, const char **why)
{
    int                i, n;
    X509              *x;
    EVP_PKEY          *pkey;
    hpf_pkey_kind_e    kind;
    const X509_ALGOR  *alg;

    n = sk_X509_num(chain);

    for (i = 0; i < n; i++) {
        x = sk_X509_value(chain, i);

        pkey = X509_get0_pubkey(x);

        if (pkey == NULL) {
            *why = "a key cannot be read";
            return HPF_DECLINED;
        }

        if (hpf_pkey_allowed(pkey, &kind, why) != HPF_OK) {
            return HPF_DECLINED;
        }

        X509_get0_signature(NULL, &alg, x);

        if (i < n - 1 && hpf_cert_path_algorithm(alg, why) != HPF_OK) {
            return HPF_DECLINED;
        }
    }

    return HPF_OK;
}


int
hpf_cert_path_algorithm(const X509_ALGOR *alg, const char **why)
{
    int                 nid, ok;
    RSA_PSS_PARAMS     *pss;
    const ASN1_OBJECT  *oid, *hash;

    X509_ALGOR_get0(&oid, NULL, NULL, alg);
    nid = OBJ_obj2nid(oid);

    switch (nid) {

    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512:
    case NID_SM2_with_SM3:
        return HPF_OK;

    case NID_rsassaPss:

        /* without parameters it is SHA-1 */

        pss = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS),
                                        alg->parameter);
        ok = 0;

        if (pss && pss->hashAlgorithm) {
            X509_ALGOR_get0(&hash, NULL, NULL, pss->hashAlgorithm);
            nid = OBJ_obj2nid(hash);

            ok = nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
        }

        RSA_PSS_PARAMS_free(pss);

        if (ok) {
            return HPF_OK;
        }

        break;
    }

    *why = "a signature is of no allowed algorithm";

    return HPF_DECLINED;
}
