/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates and revocation lists for tests: made with OpenSSL, of whatever
 * fault is asked for.
 *
 *     key = make_key("SM2");
 *     x = make_cert(&(make_t) { .subject = "one", .key = key, ... });
 *     pem = make_pem(x, ca, NULL);
 */

#ifndef _CERT_MAKE_H_INCLUDED_
#define _CERT_MAKE_H_INCLUDED_


#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "hpf_plugin.h"
#include "hpf_cert.h"
#include "hpf_pkey.h"


#define MAKE_NOW  1767225600           /* 2026-01-01 */
#define MAKE_DAY  86400


typedef struct {
    const char   *subject;             /* its common name */
    const char   *number;              /* its serialNumber, or NULL */
    EVP_PKEY     *key;
    X509         *issuer;              /* NULL: self-signed */
    EVP_PKEY     *issuer_key;
    const char   *digest;              /* NULL: that of the key */
    long          serial;
    int           ca;
    int           pathlen;             /* -1: none */
    const char   *usage;               /* NULL: the usual one */
    const char   *purpose;             /* extended usage, or NULL */
    const char   *extra[2];            /* an OID or name, and its value */
    long          from;                /* days from MAKE_NOW */
    long          until;
} make_t;


/* "RSA:2048", "EC:P-256", "SM2", "ED25519" */

static inline EVP_PKEY *
make_key(const char *kind)
{
    if (strncmp(kind, "RSA:", 4) == 0) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) atoi(kind + 4));
    }

    if (strncmp(kind, "EC:", 3) == 0) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind + 3);
    }

    return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}


/* A context for signing; NULL: the usual digest, and the usual id of SM2. */

static inline EVP_MD_CTX *
make_signer(EVP_PKEY *key, const char *digest, const char *id)
{
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    ctx = EVP_MD_CTX_new();
    pctx = EVP_PKEY_CTX_new(key, NULL);
    EVP_MD_CTX_set_pkey_ctx(ctx, pctx);

    if (EVP_PKEY_is_a(key, "SM2")) {
        id = id ? id : HPF_PKEY_SM2_ID;
        EVP_PKEY_CTX_set1_id(pctx, id, strlen(id));
    }

    if (digest == NULL) {
        digest = EVP_PKEY_is_a(key, "SM2") ? "SM3"
                 : EVP_PKEY_is_a(key, "ED25519") ? NULL
                 : EVP_PKEY_get_bits(key) == 384 ? "SHA384" : "SHA256";
    }

    EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL);

    return ctx;
}


static inline void
make_signer_free(EVP_MD_CTX *ctx)
{
    EVP_PKEY_CTX  *pctx;

    pctx = EVP_MD_CTX_get_pkey_ctx(ctx);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
}


static inline void
make_extension(X509 *x, X509 *issuer, const char *name, const char *value)
{
    X509V3_CTX       ctx;
    X509_EXTENSION  *ext;

    X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);

    ext = X509V3_EXT_conf(NULL, &ctx, name, value);

    if (ext == NULL) {
        printf("# no extension %s=%s\n", name, value);
        return;
    }

    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}


static inline X509 *
make_cert(const make_t *m)
{
    X509        *x;
    char         text[64];
    X509_NAME   *name;
    EVP_MD_CTX  *ctx;

    x = X509_new();

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), m->serial ? m->serial : 1);
    ASN1_TIME_set(X509_getm_notBefore(x), MAKE_NOW + m->from * MAKE_DAY);
    ASN1_TIME_set(X509_getm_notAfter(x),
                  MAKE_NOW + (m->until ? m->until : 365) * MAKE_DAY);
    X509_set_pubkey(x, m->key);

    name = X509_get_subject_name(x);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *) m->subject, -1, -1, 0);

    if (m->number) {
        X509_NAME_add_entry_by_txt(name, "serialNumber", MBSTRING_UTF8,
                                   (const unsigned char *) m->number, -1, -1,
                                   0);
    }

    X509_set_issuer_name(x, m->issuer ? X509_get_subject_name(m->issuer)
                                      : name);

    if (m->ca) {
        (void) snprintf(text, sizeof(text), "critical,CA:TRUE,pathlen:%d",
                        m->pathlen);

        if (m->pathlen < 0) {
            text[sizeof("critical,CA:TRUE") - 1] = '\0';
        }

        make_extension(x, NULL, "basicConstraints", text);

    } else {
        make_extension(x, NULL, "basicConstraints", "critical,CA:FALSE");
    }

    make_extension(x, NULL, "subjectKeyIdentifier", "hash");
    make_extension(x, m->issuer, "authorityKeyIdentifier", "keyid");

    if (m->usage == NULL || m->usage[0]) {
        make_extension(x, NULL, "keyUsage",
                       m->usage ? m->usage
                       : m->ca ? "critical,keyCertSign,cRLSign"
                               : "critical,digitalSignature");
    }

    if (m->purpose) {
        make_extension(x, NULL, "extendedKeyUsage", m->purpose);
    }

    if (m->extra[0]) {
        make_extension(x, NULL, m->extra[0], m->extra[1]);
    }

    ctx = make_signer(m->issuer ? m->issuer_key : m->key, m->digest, NULL);
    X509_sign_ctx(x, ctx);
    make_signer_free(ctx);

    return x;
}


static inline X509_CRL *
make_crl_new(X509 *issuer, long from, long until)
{
    X509_CRL   *crl;
    ASN1_TIME  *time;

    crl = X509_CRL_new();

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));

    time = ASN1_TIME_set(NULL, MAKE_NOW + from * MAKE_DAY);
    X509_CRL_set1_lastUpdate(crl, time);

    if (until > from) {
        ASN1_TIME_set(time, MAKE_NOW + until * MAKE_DAY);
        X509_CRL_set1_nextUpdate(crl, time);
    }

    ASN1_TIME_free(time);

    return crl;
}


static inline void
make_crl_entry(X509_CRL *crl, long serial)
{
    ASN1_TIME     *time;
    ASN1_INTEGER  *number;
    X509_REVOKED  *entry;

    entry = X509_REVOKED_new();
    number = ASN1_INTEGER_new();
    time = ASN1_TIME_set(NULL, MAKE_NOW);

    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(crl, entry);

    ASN1_TIME_free(time);
    ASN1_INTEGER_free(number);
}


static inline void
make_crl_sign(X509_CRL *crl, EVP_PKEY *key, const char *digest)
{
    EVP_MD_CTX  *ctx;

    ctx = make_signer(key, digest, NULL);
    X509_CRL_sign_ctx(crl, ctx);
    make_signer_free(ctx);
}


/* PEM in memory that is never given back: one after the other until NULL. */

static inline hpf_crypto_part_t
make_pem(X509 *first, ...)
{
    BIO                *bio;
    X509               *x;
    char               *text;
    va_list             args;
    hpf_crypto_part_t   part;

    bio = BIO_new(BIO_s_mem());
    va_start(args, first);

    for (x = first; x; x = va_arg(args, X509 *)) {
        PEM_write_bio_X509(bio, x);
    }

    va_end(args);

    part.len = BIO_get_mem_data(bio, &text);
    part.data = text;

    return part;
}


static inline hpf_crypto_part_t
make_pem_crl(X509_CRL *first, ...)
{
    BIO                *bio;
    char               *text;
    va_list             args;
    X509_CRL           *crl;
    hpf_crypto_part_t   part;

    bio = BIO_new(BIO_s_mem());
    va_start(args, first);

    for (crl = first; crl; crl = va_arg(args, X509_CRL *)) {
        PEM_write_bio_X509_CRL(bio, crl);
    }

    va_end(args);

    part.len = BIO_get_mem_data(bio, &text);
    part.data = text;

    return part;
}


/* padding: that of RSA, or 0; the signature is never given back. */

static inline hpf_crypto_part_t
make_signature(EVP_PKEY *key, const char *digest, const char *id, int padding,
    const char *text)
{
    size_t              len;
    EVP_MD_CTX         *ctx;
    unsigned char      *buf;
    hpf_crypto_part_t   part;

    ctx = make_signer(key, digest, id);

    if (padding) {
        EVP_PKEY_CTX_set_rsa_padding(EVP_MD_CTX_get_pkey_ctx(ctx), padding);

        if (padding == RSA_PKCS1_PSS_PADDING) {
            EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_MD_CTX_get_pkey_ctx(ctx),
                                             RSA_PSS_SALTLEN_DIGEST);
        }
    }

    len = 1024;
    buf = malloc(len);

    EVP_DigestSign(ctx, buf, &len, (const unsigned char *) text, strlen(text));
    make_signer_free(ctx);

    part.data = buf;
    part.len = len;

    return part;
}


#endif /* _CERT_MAKE_H_INCLUDED_ */
