/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Revocation lists.  OpenSSL keeps some 200 bytes for each entry and hashes
 * the whole list whenever it looks for one, so it gets a copy without entries;
 * they stand in a table of 24 bytes each.  The signature of the list is
 * verified once, here, and X509_CRL_METHOD is what OpenSSL has for the rest:
 * it asks whether a key has signed the list, and whether a serial is in it.
 *
 * Complete lists are taken, also of one distribution point, of some reasons
 * or of several issuers.  Delta lists are not, nor a list that announces some:
 * without them it does not tell all.
 */


#include <pthread.h>
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "hpf_plugin.h"
#include "hpf_der.h"
#include "hpf_revoked.h"
#include "hpf_cert_int.h"
#include "hpf_pkey_int.h"


#define HPF_CERT_CRL_ENTRY  30         /* bytes of the usual entry, at least */
#define HPF_CERT_CRL_MAX    0x1fffffff /* of a list; OpenSSL counts in int */


/* A list, cut into what it is made of; all within its DER. */

typedef struct {
    hpf_der_item_t  tbs;
    hpf_der_item_t  alg;
    hpf_der_item_t  signature;
    hpf_der_item_t  revoked;           /* size 0: none */
    hpf_der_item_t  inner_alg;
} hpf_cert_crl_parts_t;

/* The data of OpenSSL's object. */

typedef struct {
    hpf_revoked_t          revoked;
    STACK_OF(X509_NAME)   *issuers;    /* beside the list's own, from 1 */
    EVP_PKEY              *signer;
    X509_REVOKED          *entry;      /* what OpenSSL is shown */
} hpf_cert_crl_t;


static int hpf_cert_crl_parse(const unsigned char *der, size_t len,
    hpf_cert_crl_parts_t *parts);
static X509_CRL *hpf_cert_crl_slim(const hpf_cert_crl_parts_t *parts);
static size_t hpf_cert_crl_slim_write(const hpf_cert_crl_parts_t *parts,
    unsigned char *out);
static const char *hpf_cert_crl_supported(X509_CRL *crl);
static int hpf_cert_crl_entries(hpf_cert_crl_t *list,
    const hpf_cert_crl_parts_t *parts, const char **why);
static int hpf_cert_crl_extensions(hpf_cert_crl_t *list, hpf_der_t *entry,
    unsigned *issuer);
static int hpf_cert_crl_issuer(hpf_cert_crl_t *list,
    const hpf_der_item_t *value, unsigned *issuer);
static EVP_PKEY *hpf_cert_crl_signer(const hpf_cert_store_t *store,
    X509_CRL *crl, const hpf_cert_crl_parts_t *parts);
static int hpf_cert_crl_signed(X509_CRL *crl, EVP_PKEY *pkey,
    const hpf_cert_crl_parts_t *parts);
static int hpf_cert_crl_init_method(X509_CRL *crl);
static int hpf_cert_crl_free_method(X509_CRL *crl);
static int hpf_cert_crl_lookup_method(X509_CRL *crl, X509_REVOKED **ret,
    const ASN1_INTEGER *serial, const X509_NAME *issuer);
static int hpf_cert_crl_verify_method(X509_CRL *crl, EVP_PKEY *pkey);


static pthread_mutex_t   hpf_cert_crl_lock = PTHREAD_MUTEX_INITIALIZER;
static X509_CRL_METHOD  *hpf_cert_crl_method;


int
hpf_cert_crl_add(hpf_cert_store_t *store, const unsigned char *der, size_t len,
    const char **why)
{
    int                    ok;
    int64_t                ends;
    X509_CRL              *crl;
    struct tm              tm;
    hpf_cert_crl_t        *list;
    hpf_cert_crl_parts_t   parts;

    *why = "it is no revocation list";

    if (len > HPF_CERT_CRL_MAX
        || hpf_cert_crl_parse(der, len, &parts) != HPF_OK)
    {
        return HPF_DECLINED;
    }

    crl = hpf_cert_crl_slim(&parts);
    if (crl == NULL) {
        return HPF_DECLINED;
    }

    list = X509_CRL_get_meth_data(crl);

    *why = hpf_cert_crl_supported(crl);
    ok = *why == NULL
         && hpf_cert_crl_entries(list, &parts, why) == HPF_OK;

    if (ok) {
        *why = "it is not signed by one of the authorities";
        list->signer = hpf_cert_crl_signer(store, crl, &parts);

        ok = list->signer != NULL;
    }

    if (ok) {
        *why = "its date cannot be read";
        ok = ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(crl), &tm);
    }

    if (ok) {
        *why = "out of memory";
        ok = sk_X509_CRL_push(store->lists, crl);
    }

    if (!ok) {
        X509_CRL_free(crl);
        return HPF_DECLINED;
    }

    ends = timegm(&tm);

    if (sk_X509_CRL_num(store->lists) == 1 || ends < store->ends) {
        store->ends = ends;
    }

    store->entries += list->revoked.n;

    return HPF_OK;
}


/* RFC 5280, section 5.1 */

static int
hpf_cert_crl_parse(const unsigned char *der, size_t len,
    hpf_cert_crl_parts_t *parts)
{
    int             i;
    hpf_der_t       all, in;
    hpf_der_item_t  item;

    memset(parts, 0, sizeof(hpf_cert_crl_parts_t));

    all.p = der;
    all.last = der + len;

    if (hpf_der_take(&all, HPF_DER_SEQUENCE, &item) != HPF_OK
        || all.p != all.last)
    {
        return HPF_DECLINED;
    }

    hpf_der_enter(&in, &item);

    if (hpf_der_take(&in, HPF_DER_SEQUENCE, &parts->tbs) != HPF_OK
        || hpf_der_take(&in, HPF_DER_SEQUENCE, &parts->alg) != HPF_OK
        || hpf_der_take(&in, HPF_DER_BIT_STRING, &parts->signature) != HPF_OK
        || in.p != in.last)
    {
        return HPF_DECLINED;
    }

    hpf_der_enter(&in, &parts->tbs);

    /* version, algorithm, issuer, one or two times, entries, extensions */

    (void) hpf_der_take(&in, HPF_DER_INTEGER, &item);

    if (hpf_der_take(&in, HPF_DER_SEQUENCE, &parts->inner_alg) != HPF_OK
        || hpf_der_take(&in, HPF_DER_SEQUENCE, &item) != HPF_OK)
    {
        return HPF_DECLINED;
    }

    for (i = 0; i < 2; i++) {

        if (hpf_der_take(&in, HPF_DER_UTC_TIME, &item) != HPF_OK
            && hpf_der_take(&in, HPF_DER_TIME, &item) != HPF_OK)
        {
            break;
        }
    }

    (void) hpf_der_take(&in, HPF_DER_SEQUENCE, &parts->revoked);
    (void) hpf_der_take(&in, HPF_DER_CONTEXT, &item);

    if (i == 0 || in.p != in.last
        || parts->alg.size != parts->inner_alg.size
        || memcmp(parts->alg.all, parts->inner_alg.all, parts->alg.size) != 0)
    {
        return HPF_DECLINED;
    }

    return HPF_OK;
}


/* An object of OpenSSL without entries, and with our method. */

static X509_CRL *
hpf_cert_crl_slim(const hpf_cert_crl_parts_t *parts)
{
    size_t                len;
    X509_CRL             *crl;
    unsigned char        *buf;
    const unsigned char  *p;

    len = parts->tbs.size + parts->alg.size + parts->signature.size
          - parts->revoked.size + 3 * HPF_DER_HEAD;

    buf = OPENSSL_malloc(len);
    if (buf == NULL) {
        return NULL;
    }

    p = buf;
    len = hpf_cert_crl_slim_write(parts, buf);
    crl = NULL;

    /*
     * OpenSSL has no other way than a default to give an object its method.
     * Whoever else made one now would get a list that nothing is signed by.
     */

    pthread_mutex_lock(&hpf_cert_crl_lock);

    if (hpf_cert_crl_method == NULL) {
        hpf_cert_crl_method = X509_CRL_METHOD_new(hpf_cert_crl_init_method,
                                                  hpf_cert_crl_free_method,
                                                  hpf_cert_crl_lookup_method,
                                                  hpf_cert_crl_verify_method);
    }

    if (hpf_cert_crl_method) {
        X509_CRL_set_default_method(hpf_cert_crl_method);
        crl = d2i_X509_CRL(NULL, &p, len);
        X509_CRL_set_default_method(NULL);
    }

    pthread_mutex_unlock(&hpf_cert_crl_lock);

    OPENSSL_free(buf);
    ERR_clear_error();

    return crl;
}


static size_t
hpf_cert_crl_slim_write(const hpf_cert_crl_parts_t *parts, unsigned char *out)
{
    size_t                before, after, tbs, n;
    unsigned char        *p, head[HPF_DER_HEAD];
    const unsigned char  *end;

    end = parts->tbs.data + parts->tbs.len;

    before = parts->revoked.size ? parts->revoked.all - parts->tbs.data
                                 : (ptrdiff_t) parts->tbs.len;
    after = parts->tbs.len - before - parts->revoked.size;
    tbs = before + after;

    n = hpf_der_head(head, HPF_DER_SEQUENCE, tbs);

    p = out;
    p += hpf_der_head(p, HPF_DER_SEQUENCE,
                      n + tbs + parts->alg.size + parts->signature.size);
    p += hpf_der_head(p, HPF_DER_SEQUENCE, tbs);

    memcpy(p, parts->tbs.data, before);
    p += before;
    memcpy(p, end - after, after);
    p += after;

    memcpy(p, parts->alg.all, parts->alg.size);
    p += parts->alg.size;
    memcpy(p, parts->signature.all, parts->signature.size);
    p += parts->signature.size;

    return p - out;
}


static const char *
hpf_cert_crl_supported(X509_CRL *crl)
{
    const char        *why;
    const X509_ALGOR  *alg;

    if (X509_CRL_get0_nextUpdate(crl) == NULL) {
        return "it does not say until when it holds";
    }

    if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0
        || X509_CRL_get_ext_by_NID(crl, NID_freshest_crl, -1) >= 0)
    {
        return "delta lists are not supported";
    }

    why = NULL;

    X509_CRL_get0_signature(crl, NULL, &alg);
    (void) hpf_cert_path_algorithm(alg, &why);

    return why;
}


static int
hpf_cert_crl_entries(hpf_cert_crl_t *list, const hpf_cert_crl_parts_t *parts,
    const char **why)
{
    int             rc;
    unsigned        issuer;
    hpf_der_t       in, entry;
    hpf_der_item_t  item, serial, date;

    *why = "out of memory";

    if (hpf_revoked_init(&list->revoked,
                         parts->revoked.size / HPF_CERT_CRL_ENTRY)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    if (parts->revoked.size == 0) {
        return HPF_OK;
    }

    *why = "an entry cannot be read";

    hpf_der_enter(&in, &parts->revoked);
    issuer = 0;

    while ((rc = hpf_der_next(&in, &item)) == HPF_OK) {

        if (item.tag != HPF_DER_SEQUENCE) {
            return HPF_DECLINED;
        }

        hpf_der_enter(&entry, &item);

        if (hpf_der_take(&entry, HPF_DER_INTEGER, &serial) != HPF_OK
            || (hpf_der_take(&entry, HPF_DER_UTC_TIME, &date) != HPF_OK
                && hpf_der_take(&entry, HPF_DER_TIME, &date) != HPF_OK)
            || hpf_cert_crl_extensions(list, &entry, &issuer) != HPF_OK
            || hpf_revoked_add(&list->revoked, issuer, serial.data,
                               serial.len)
               != HPF_OK)
        {
            return HPF_DECLINED;
        }
    }

    if (rc != HPF_DECLINED) {
        return HPF_DECLINED;
    }

    hpf_revoked_sort(&list->revoked);

    return HPF_OK;
}


/*
 * RFC 5280, section 5.3: an issuer that an entry names is that of those which
 * follow as well; all others but tell more.  One that is critical and not
 * known makes the list unusable.
 */

static int
hpf_cert_crl_extensions(hpf_cert_crl_t *list, hpf_der_t *entry,
    unsigned *issuer)
{
    int             id;
    hpf_der_t       in, ext;
    hpf_der_item_t  item, oid, critical, value;

    if (entry->p == entry->last) {
        return HPF_OK;
    }

    if (hpf_der_take(entry, HPF_DER_SEQUENCE, &item) != HPF_OK
        || entry->p != entry->last)
    {
        return HPF_DECLINED;
    }

    hpf_der_enter(&in, &item);

    while (in.p != in.last) {

        if (hpf_der_take(&in, HPF_DER_SEQUENCE, &item) != HPF_OK) {
            return HPF_DECLINED;
        }

        hpf_der_enter(&ext, &item);

        if (hpf_der_take(&ext, HPF_DER_OID, &oid) != HPF_OK) {
            return HPF_DECLINED;
        }

        critical.len = 0;
        (void) hpf_der_take(&ext, HPF_DER_BOOLEAN, &critical);

        if (hpf_der_take(&ext, HPF_DER_OCTETS, &value) != HPF_OK
            || ext.p != ext.last)
        {
            return HPF_DECLINED;
        }

        /* 2.5.29.x: 21 reason, 23 hold, 24 since when, 29 issuer */

        id = oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d
             ? oid.data[2] : 0;

        if (id == 29) {

            if (hpf_cert_crl_issuer(list, &value, issuer) != HPF_OK) {
                return HPF_DECLINED;
            }

        } else if (id != 21 && id != 23 && id != 24
                   && critical.len == 1 && critical.data[0])
        {
            return HPF_DECLINED;
        }
    }

    return HPF_OK;
}


static int
hpf_cert_crl_issuer(hpf_cert_crl_t *list, const hpf_der_item_t *value,
    unsigned *issuer)
{
    int                   i, n;
    hpf_der_t             in;
    X509_NAME            *name;
    hpf_der_item_t        names, item;
    const unsigned char  *p;

    hpf_der_enter(&in, value);

    if (hpf_der_take(&in, HPF_DER_SEQUENCE, &names) != HPF_OK
        || in.p != in.last)
    {
        return HPF_DECLINED;
    }

    hpf_der_enter(&in, &names);

    /* a directoryName, [4], of the GeneralNames */

    if (hpf_der_take(&in, HPF_DER_CONTEXT + 4, &item) != HPF_OK) {
        return HPF_DECLINED;
    }

    p = item.data;

    name = d2i_X509_NAME(NULL, &p, item.len);
    if (name == NULL) {
        return HPF_DECLINED;
    }

    n = sk_X509_NAME_num(list->issuers);

    for (i = 0; i < n; i++) {

        if (X509_NAME_cmp(sk_X509_NAME_value(list->issuers, i), name) == 0) {
            break;
        }
    }

    if (i < n) {
        X509_NAME_free(name);

    } else if (sk_X509_NAME_push(list->issuers, name) == 0) {
        X509_NAME_free(name);
        return HPF_DECLINED;
    }

    *issuer = i + 1;

    return HPF_OK;
}


static EVP_PKEY *
hpf_cert_crl_signer(const hpf_cert_store_t *store, X509_CRL *crl,
    const hpf_cert_crl_parts_t *parts)
{
    int              i, n;
    X509            *x;
    unsigned         which;
    EVP_PKEY        *pkey;
    STACK_OF(X509)  *stacks[2];

    stacks[0] = store->anchors;
    stacks[1] = store->between;

    for (which = 0; which < 2; which++) {
        n = sk_X509_num(stacks[which]);

        for (i = 0; i < n; i++) {
            x = sk_X509_value(stacks[which], i);
            pkey = X509_get0_pubkey(x);

            if (pkey
                && X509_NAME_cmp(X509_get_subject_name(x),
                                 X509_CRL_get_issuer(crl))
                   == 0
                && hpf_cert_crl_signed(crl, pkey, parts) == HPF_OK)
            {
                (void) EVP_PKEY_up_ref(pkey);
                return pkey;
            }
        }
    }

    return NULL;
}


static int
hpf_cert_crl_signed(X509_CRL *crl, EVP_PKEY *pkey,
    const hpf_cert_crl_parts_t *parts)
{
    int                      ok;
    EVP_MD_CTX              *ctx;
    const char              *why;
    ASN1_STRING             *tbs;
    EVP_PKEY_CTX            *pctx;
    hpf_pkey_kind_e          kind;
    const X509_ALGOR        *alg;
    const ASN1_BIT_STRING   *signature;

    if (hpf_pkey_allowed(pkey, &kind, &why) != HPF_OK) {
        return HPF_DECLINED;
    }

    X509_CRL_get0_signature(crl, &signature, &alg);

    ctx = EVP_MD_CTX_new();
    pctx = EVP_PKEY_CTX_new(pkey, NULL);
    tbs = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    ok = 0;

    /* what was signed goes in as it stands, tag and length included */

    if (ctx && pctx && tbs
        && ASN1_STRING_set(tbs, parts->tbs.all, parts->tbs.size))
    {
        EVP_MD_CTX_set_pkey_ctx(ctx, pctx);

        ok = (kind != HPF_PKEY_SM2
              || EVP_PKEY_CTX_set1_id(pctx, HPF_PKEY_SM2_ID,
                                      sizeof(HPF_PKEY_SM2_ID) - 1) == 1)
             && ASN1_item_verify_ctx(ASN1_ITEM_rptr(ASN1_SEQUENCE), alg,
                                     signature, tbs, ctx)
                == 1;
    }

    ASN1_STRING_free(tbs);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    ERR_clear_error();

    return ok ? HPF_OK : HPF_DECLINED;
}


static int
hpf_cert_crl_init_method(X509_CRL *crl)
{
    hpf_cert_crl_t  *list;

    list = OPENSSL_zalloc(sizeof(hpf_cert_crl_t));
    if (list == NULL) {
        return 0;
    }

    X509_CRL_set_meth_data(crl, list);

    list->issuers = sk_X509_NAME_new_null();
    list->entry = X509_REVOKED_new();

    return list->issuers && list->entry;
}


static int
hpf_cert_crl_free_method(X509_CRL *crl)
{
    hpf_cert_crl_t  *list;

    list = X509_CRL_get_meth_data(crl);

    if (list) {
        hpf_revoked_free(&list->revoked);
        sk_X509_NAME_pop_free(list->issuers, X509_NAME_free);
        X509_REVOKED_free(list->entry);
        EVP_PKEY_free(list->signer);
        OPENSSL_free(list);
    }

    return 1;
}


/* issuer: that of the certificate; NULL: that of the list. */

static int
hpf_cert_crl_lookup_method(X509_CRL *crl, X509_REVOKED **ret,
    const ASN1_INTEGER *serial, const X509_NAME *issuer)
{
    int              i, n, len;
    unsigned char   *p, buf[HPF_REVOKED_SERIAL + HPF_DER_HEAD];
    hpf_cert_crl_t  *list;

    list = X509_CRL_get_meth_data(crl);

    *ret = list->entry;

    /* what no list can hold has no place in a path either */

    len = i2d_ASN1_INTEGER(serial, NULL);

    if (len < 3 || len > HPF_REVOKED_SERIAL + 2) {
        return 1;
    }

    p = buf;
    (void) i2d_ASN1_INTEGER(serial, &p);

    if ((issuer == NULL
         || X509_NAME_cmp(issuer, X509_CRL_get_issuer(crl)) == 0)
        && hpf_revoked_has(&list->revoked, 0, buf + 2, len - 2))
    {
        return 1;
    }

    n = issuer ? sk_X509_NAME_num(list->issuers) : 0;

    for (i = 0; i < n; i++) {

        if (X509_NAME_cmp(sk_X509_NAME_value(list->issuers, i), issuer) == 0) {
            return hpf_revoked_has(&list->revoked, i + 1, buf + 2, len - 2);
        }
    }

    return 0;
}


/* The issuer is the list's own, or one that an entry names. */

int
hpf_cert_crl_has(X509_CRL *crl, uint32_t by, const ASN1_INTEGER *serial)
{
    int              i, n;
    X509_NAME       *name;
    X509_REVOKED    *entry;
    hpf_cert_crl_t  *list;

    list = X509_CRL_get_meth_data(crl);
    n = sk_X509_NAME_num(list->issuers);

    for (i = -1; i < n; i++) {
        name = i < 0 ? X509_CRL_get_issuer(crl)
                     : sk_X509_NAME_value(list->issuers, i);

        if (hpf_cert_name_hash(name) == by
            && hpf_cert_crl_lookup_method(crl, &entry, serial, name))
        {
            return 1;
        }
    }

    return 0;
}


static int
hpf_cert_crl_verify_method(X509_CRL *crl, EVP_PKEY *pkey)
{
    hpf_cert_crl_t  *list;

    list = X509_CRL_get_meth_data(crl);

    return list && list->signer && EVP_PKEY_eq(list->signer, pkey) == 1;
}
