/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a certificate says of its subject: for a list that the user sees, and
 * numbers that have to be his.  Authorities put these into various attributes,
 * often between other characters ("NTRCN-91110000…", "041@…@1"), or into an
 * extension (GB/T 20518); whatever stands alone there and is a valid number
 * counts.
 */


#include <ctype.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "hpf_plugin.h"
#include "hpf_cert_int.h"
#include "hpf_ident.h"
#include "hpf_pkey.h"


#define HPF_CERT_NAME_SERIAL  64       /* bytes of a serial number in DER */


static int hpf_cert_name_ids(X509 *leaf, hpf_cert_t *cert);
static int hpf_cert_name_serial(X509 *leaf, hpf_cert_t *cert);
static void hpf_cert_name_text(const X509_NAME *name, int nid, char *out);
static void hpf_cert_name_subject(const hpf_cert_store_t *store, X509 *leaf,
    hpf_cert_t *cert);
static void hpf_cert_name_numbers(hpf_cert_t *cert, const unsigned char *p,
    size_t len);
static void hpf_cert_name_number(hpf_cert_t *cert, const unsigned char *p);


int
hpf_cert_name_fill(const hpf_cert_store_t *store, X509 *leaf, hpf_cert_t *cert)
{
    struct tm         tm;
    const X509_NAME  *issuer;

    memset(cert, 0, sizeof(hpf_cert_t));

    if (hpf_cert_name_ids(leaf, cert) != HPF_OK
        || hpf_cert_name_serial(leaf, cert) != HPF_OK
        || !ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm))
    {
        return HPF_ERROR;
    }

    cert->until = timegm(&tm);

    issuer = X509_get_issuer_name(leaf);

    hpf_cert_name_text(X509_get_subject_name(leaf), NID_commonName,
                       cert->subject);
    hpf_cert_name_text(issuer, NID_commonName, cert->issuer);

    if (cert->issuer[0] == '\0') {
        hpf_cert_name_text(issuer, NID_organizationName, cert->issuer);
    }

    cert->by = hpf_cert_name_hash(issuer);

    hpf_cert_name_subject(store, leaf, cert);
    ERR_clear_error();

    return HPF_OK;
}


static int
hpf_cert_name_ids(X509 *leaf, hpf_cert_t *cert)
{
    int                   ok, len, spki_len;
    size_t                issuer_len;
    EVP_MD_CTX           *ctx;
    unsigned char         serial[HPF_CERT_NAME_SERIAL], *spki, *p;
    const unsigned char  *issuer;

    len = i2d_ASN1_INTEGER(X509_get0_serialNumber(leaf), NULL);

    if (len <= 0 || len > HPF_CERT_NAME_SERIAL) {
        return HPF_ERROR;
    }

    p = serial;
    (void) i2d_ASN1_INTEGER(X509_get0_serialNumber(leaf), &p);

    ctx = EVP_MD_CTX_new();
    spki = NULL;
    spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);

    ok = ctx && spki_len > 0
         && X509_NAME_get0_der(X509_get_issuer_name(leaf), &issuer,
                               &issuer_len)
         && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)
         && EVP_DigestUpdate(ctx, issuer, issuer_len)
         && EVP_DigestUpdate(ctx, serial, len)
         && EVP_DigestFinal_ex(ctx, cert->id, NULL)
         && EVP_Digest(spki, spki_len, cert->key, NULL, EVP_sha256(), NULL);

    OPENSSL_free(spki);
    EVP_MD_CTX_free(ctx);

    return ok ? HPF_OK : HPF_ERROR;
}


static int
hpf_cert_name_serial(X509 *leaf, hpf_cert_t *cert)
{
    char    *hex;
    size_t   len;
    BIGNUM  *bn;

    bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
    hex = bn ? BN_bn2hex(bn) : NULL;
    len = hex ? strlen(hex) : 0;

    if (len && len <= HPF_CERT_SERIAL) {
        memcpy(cert->serial, hex, len + 1);
    }

    OPENSSL_free(hex);
    BN_free(bn);

    return len && len <= HPF_CERT_SERIAL ? HPF_OK : HPF_ERROR;
}


uint32_t
hpf_cert_name_hash(const X509_NAME *name)
{
    return (uint32_t) X509_NAME_hash_ex(name, NULL, NULL, NULL);
}


/* In UTF-8, cut at a character. */

static void
hpf_cert_name_text(const X509_NAME *name, int nid, char *out)
{
    int             i, n;
    unsigned char  *text;

    out[0] = '\0';

    i = X509_NAME_get_index_by_NID(name, nid, -1);
    if (i < 0) {
        return;
    }

    text = NULL;
    n = ASN1_STRING_to_UTF8(&text,
                   X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));

    if (n > HPF_CERT_NAME - 1) {

        for (n = HPF_CERT_NAME - 1; n && (text[n] & 0xc0) == 0x80; n--) {
            /* void */
        }
    }

    if (n > 0 && memchr(text, '\0', n) == NULL) {
        memcpy(out, text, n);
        out[n] = '\0';
    }

    OPENSSL_free(text);
}


static void
hpf_cert_name_subject(const hpf_cert_store_t *store, X509 *leaf,
    hpf_cert_t *cert)
{
    int                       i, n, nid;
    const X509_NAME          *name;
    const ASN1_STRING        *s;
    const ASN1_OBJECT        *oid;
    const X509_NAME_ENTRY    *entry;

    name = X509_get_subject_name(leaf);
    n = X509_NAME_entry_count(name);

    for (i = 0; i < n; i++) {
        entry = X509_NAME_get_entry(name, i);
        oid = X509_NAME_ENTRY_get_object(entry);
        nid = OBJ_obj2nid(oid);

        if (nid == NID_commonName || nid == NID_serialNumber
            || nid == NID_organizationIdentifier
            || (store->number && OBJ_cmp(oid, store->number) == 0))
        {
            s = X509_NAME_ENTRY_get_data(entry);
            hpf_cert_name_numbers(cert, ASN1_STRING_get0_data(s),
                                  ASN1_STRING_length(s));
        }
    }

    i = store->number ? X509_get_ext_by_OBJ(leaf, store->number, -1) : -1;

    if (i >= 0) {
        s = X509_EXTENSION_get_data(X509_get_ext(leaf, i));
        hpf_cert_name_numbers(cert, ASN1_STRING_get0_data(s),
                              ASN1_STRING_length(s));
    }
}


/* Runs of 18 letters and digits; what is around them is anything. */

static void
hpf_cert_name_numbers(hpf_cert_t *cert, const unsigned char *p, size_t len)
{
    size_t  i, start;

    start = 0;

    for (i = 0; i <= len; i++) {

        if (i < len && (isdigit(p[i]) || (p[i] >= 'A' && p[i] <= 'Z')
                        || (p[i] >= 'a' && p[i] <= 'z')))
        {
            continue;
        }

        if (i - start == HPF_CERT_NUMBER) {
            hpf_cert_name_number(cert, p + start);
        }

        start = i + 1;
    }
}


static void
hpf_cert_name_number(hpf_cert_t *cert, const unsigned char *p)
{
    unsigned       i;
    unsigned char  number[HPF_CERT_NUMBER];

    static const hpf_date_t  ever = { 9999, 12, 31 };

    for (i = 0; i < HPF_CERT_NUMBER; i++) {
        number[i] = p[i] >= 'a' && p[i] <= 'z' ? p[i] - 'a' + 'A' : p[i];
    }

    if (cert->nnumbers < HPF_CERT_NUMBERS
        && (hpf_ident_is_id_card(number, HPF_CERT_NUMBER, &ever)
            || hpf_ident_is_uscc(number, HPF_CERT_NUMBER)))
    {
        memcpy(cert->numbers[cert->nnumbers++], number, HPF_CERT_NUMBER);
    }
}


int
hpf_cert_name_sm2_id(X509 *x)
{
    ASN1_OCTET_STRING  *id;

    /* and fails for another algorithm when there is one */

    if (X509_get_signature_nid(x) != NID_SM2_with_SM3) {
        return 1;
    }

    id = ASN1_OCTET_STRING_new();

    if (id == NULL
        || !ASN1_OCTET_STRING_set(id, (const unsigned char *) HPF_PKEY_SM2_ID,
                                  sizeof(HPF_PKEY_SM2_ID) - 1))
    {
        ASN1_OCTET_STRING_free(id);
        return 0;
    }

    X509_set0_distinguishing_id(x, id);

    return 1;
}
