/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates: the store, and what a client says.  See the header.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "hpf_plugin.h"
#include "hpf_cert_int.h"
#include "hpf_pkey_int.h"


#define HPF_CERT_FILE_MAX    0x1fffffff
#define HPF_CERT_CHAIN_MAX   8         /* certificates that a client sends */
#define HPF_CERT_STORE_MAX   1000


static int hpf_cert_file_read(const char *file, hpf_crypto_part_t *part,
    hpf_cert_stamp_t *stamp, char *why);
static void hpf_cert_stamp(const struct stat *st, hpf_cert_stamp_t *stamp);
static int hpf_cert_store_authorities(hpf_cert_store_t *store,
    const hpf_crypto_part_t *pem, char *why);
static int hpf_cert_store_authority(hpf_cert_store_t *store, X509 *x);
static int hpf_cert_store_lists(hpf_cert_store_t *store,
    const hpf_crypto_part_t *file, char *why);
static STACK_OF(X509) *hpf_cert_read(const hpf_crypto_part_t *pem, int max);
static int hpf_cert_signed(X509 *leaf, const hpf_cert_claim_t *claim,
    char *why);


hpf_cert_store_t *
hpf_cert_store_load(const hpf_cert_conf_t *conf, char *why)
{
    hpf_cert_files_t    files;
    hpf_cert_store_t   *store;
    hpf_cert_stamp_t    stamps[2];
    hpf_crypto_part_t   parts[2];

    memset(parts, 0, sizeof(parts));
    store = NULL;

    if (hpf_cert_file_read(conf->authorities, &parts[0], &stamps[0], why)
            == HPF_OK
        && hpf_cert_file_read(conf->revocation, &parts[1], &stamps[1], why)
               == HPF_OK)
    {
        files.authorities = parts[0];
        files.revocation = &parts[1];
        files.n = 1;

        store = hpf_cert_store_create(conf, &files, why);
    }

    OPENSSL_free((void *) parts[0].data);
    OPENSSL_free((void *) parts[1].data);

    if (store) {
        memcpy(store->stamps, stamps, sizeof(stamps));
    }

    return store;
}


static int
hpf_cert_file_read(const char *file, hpf_crypto_part_t *part,
    hpf_cert_stamp_t *stamp, char *why)
{
    int             fd;
    ssize_t         n;
    struct stat     st;
    unsigned char  *buf;

    fd = open(file, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);

    if (fd == -1 || fstat(fd, &st) == -1) {
        (void) snprintf(why, HPF_CERT_WHY, "\"%.80s\" cannot be read: %.40s",
                        file, strerror(errno));
        (void) close(fd);
        return HPF_ERROR;
    }

    /* what changes while it is read is read again: the stamp is older */

    hpf_cert_stamp(&st, stamp);

    buf = stamp->size > 0 && stamp->size < HPF_CERT_FILE_MAX
          ? OPENSSL_malloc(stamp->size) : NULL;

    part->data = buf;

    while (buf && part->len < (size_t) stamp->size) {

        n = read(fd, buf + part->len, stamp->size - part->len);

        if (n > 0) {
            part->len += n;

        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }

    (void) close(fd);

    if (part->len == 0 || part->len != (size_t) stamp->size) {
        (void) snprintf(why, HPF_CERT_WHY,
                        "\"%.80s\" is empty, too long, or being written",
                        file);
        return HPF_ERROR;
    }

    return HPF_OK;
}


static void
hpf_cert_stamp(const struct stat *st, hpf_cert_stamp_t *stamp)
{
    memset(stamp, 0, sizeof(hpf_cert_stamp_t));

    stamp->changed = st->st_mtim;
    stamp->size = st->st_size;
    stamp->inode = st->st_ino;
}


int
hpf_cert_store_fresh(const hpf_cert_store_t *store)
{
    struct stat       st[2];
    hpf_cert_stamp_t  now[2];

    /* a file that is gone for now is no reason to forget what it said */

    if (stat(store->conf->authorities, &st[0]) == -1
        || stat(store->conf->revocation, &st[1]) == -1)
    {
        return 1;
    }

    hpf_cert_stamp(&st[0], &now[0]);
    hpf_cert_stamp(&st[1], &now[1]);

    return memcmp(now, store->stamps, sizeof(now)) == 0;
}


hpf_cert_store_t *
hpf_cert_store_create(const hpf_cert_conf_t *conf,
    const hpf_cert_files_t *files, char *why)
{
    size_t             i;
    hpf_cert_store_t  *store;

    store = OPENSSL_zalloc(sizeof(hpf_cert_store_t));
    if (store == NULL) {
        (void) snprintf(why, HPF_CERT_WHY, "out of memory");
        return NULL;
    }

    store->conf = conf;
    store->trust = X509_STORE_new();
    store->anchors = sk_X509_new_null();
    store->between = sk_X509_new_null();
    store->lists = sk_X509_CRL_new_null();

    if (store->trust == NULL || store->anchors == NULL
        || store->between == NULL || store->lists == NULL)
    {
        (void) snprintf(why, HPF_CERT_WHY, "out of memory");
        goto failed;
    }

    if (conf->number) {
        store->number = OBJ_txt2obj(conf->number, 1);

        if (store->number == NULL) {
            (void) snprintf(why, HPF_CERT_WHY, "\"%.80s\" is no OID",
                            conf->number);
            goto failed;
        }
    }

    if (hpf_cert_store_authorities(store, &files->authorities, why)
        != HPF_OK)
    {
        goto failed;
    }

    for (i = 0; i < files->n; i++) {

        if (hpf_cert_store_lists(store, &files->revocation[i], why)
            != HPF_OK)
        {
            goto failed;
        }
    }

    ERR_clear_error();

    return store;

failed:

    hpf_cert_store_destroy(store);
    ERR_clear_error();

    return NULL;
}


void
hpf_cert_store_destroy(hpf_cert_store_t *store)
{
    if (store == NULL) {
        return;
    }

    X509_STORE_free(store->trust);
    sk_X509_pop_free(store->anchors, X509_free);
    sk_X509_pop_free(store->between, X509_free);
    sk_X509_CRL_pop_free(store->lists, X509_CRL_free);
    ASN1_OBJECT_free(store->number);
    OPENSSL_free(store);
}


int
hpf_cert_is_oid(const char *text)
{
    ASN1_OBJECT  *oid;

    oid = OBJ_txt2obj(text, 1);

    ASN1_OBJECT_free(oid);
    ERR_clear_error();

    return oid != NULL;
}


void
hpf_cert_store_count(const hpf_cert_store_t *store, size_t *authorities,
    size_t *lists, size_t *entries)
{
    *authorities = sk_X509_num(store->anchors) + sk_X509_num(store->between);
    *lists = sk_X509_CRL_num(store->lists);
    *entries = store->entries;
}


int64_t
hpf_cert_store_ends(const hpf_cert_store_t *store)
{
    return store->ends;
}


static int
hpf_cert_store_authorities(hpf_cert_store_t *store,
    const hpf_crypto_part_t *pem, char *why)
{
    int              i, n;
    STACK_OF(X509)  *all;

    all = hpf_cert_read(pem, HPF_CERT_STORE_MAX);
    n = all ? sk_X509_num(all) : 0;

    for (i = 0; i < n; i++) {

        if (hpf_cert_store_authority(store, sk_X509_value(all, i)) != HPF_OK) {
            break;
        }
    }

    sk_X509_pop_free(all, X509_free);

    if (n == 0 || i < n) {
        (void) snprintf(why, HPF_CERT_WHY,
                        n ? "authority %d cannot be used"
                          : "it has no certificates in PEM, or bad ones",
                        i + 1);
        return HPF_ERROR;
    }

    if (sk_X509_num(store->anchors) == 0) {
        (void) snprintf(why, HPF_CERT_WHY,
                        "no authority is self-signed: there is no anchor");
        return HPF_ERROR;
    }

    return HPF_OK;
}


/* What is signed with its own key is an anchor, all else a help. */

static int
hpf_cert_store_authority(hpf_cert_store_t *store, X509 *x)
{
    int              anchor;
    EVP_PKEY        *pkey;
    STACK_OF(X509)  *to;

    pkey = X509_get0_pubkey(x);

    anchor = pkey
             && X509_NAME_cmp(X509_get_subject_name(x),
                              X509_get_issuer_name(x))
                == 0
             && X509_verify(x, pkey) == 1;

    if (anchor && !X509_STORE_add_cert(store->trust, x)) {
        return HPF_ERROR;
    }

    to = anchor ? store->anchors : store->between;

    if (sk_X509_push(to, x) == 0) {
        return HPF_ERROR;
    }

    (void) X509_up_ref(x);

    /* what OpenSSL finds out about it is found out before threads ask */

    (void) X509_check_purpose(x, -1, 0);

    return HPF_OK;
}


static int
hpf_cert_store_lists(hpf_cert_store_t *store, const hpf_crypto_part_t *file,
    char *why)
{
    BIO            *bio;
    int             rc;
    long            len;
    char           *name, *header;
    size_t          n;
    const char     *text;
    unsigned char  *der;

    if (file->len && ((const char *) file->data)[0] == V_ASN1_SEQUENCE
                     + V_ASN1_CONSTRUCTED)
    {
        rc = hpf_cert_crl_add(store, file->data, file->len, &text);

        if (rc != HPF_OK) {
            (void) snprintf(why, HPF_CERT_WHY, "the list: %s", text);
        }

        return rc;
    }

    bio = BIO_new_mem_buf(file->data, file->len);
    rc = bio ? HPF_OK : HPF_ERROR;
    text = "out of memory";

    for (n = 0; rc == HPF_OK; n++) {

        if (PEM_read_bio(bio, &name, &header, &der, &len) != 1) {

            /* the usual end; anything else is a fault of the file */

            if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE
                || n == 0)
            {
                text = "it is not in PEM";
                rc = HPF_DECLINED;
            }

            break;
        }

        text = "it is no revocation list";

        rc = strcmp(name, PEM_STRING_X509_CRL) == 0
             ? hpf_cert_crl_add(store, der, len, &text) : HPF_DECLINED;

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }

    BIO_free(bio);

    if (rc != HPF_OK) {
        (void) snprintf(why, HPF_CERT_WHY, "list %d: %s", (int) n, text);
    }

    return rc;
}


/* All of them, each with the id for SM2; NULL: none, too many, or bad. */

static STACK_OF(X509) *
hpf_cert_read(const hpf_crypto_part_t *pem, int max)
{
    int              n, ok;
    BIO             *bio;
    X509            *x;
    STACK_OF(X509)  *all;

    bio = BIO_new_mem_buf(pem->data, pem->len);
    all = sk_X509_new_null();
    ok = bio && all;
    n = 0;

    while (ok) {
        x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (x == NULL) {
            ok = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }

        ok = ++n <= max && hpf_cert_name_sm2_id(x) && sk_X509_push(all, x);

        if (!ok) {
            X509_free(x);
        }
    }

    BIO_free(bio);
    ERR_clear_error();

    if (!ok || n == 0) {
        sk_X509_pop_free(all, X509_free);
        return NULL;
    }

    return all;
}


int
hpf_cert_check(const hpf_cert_store_t *store, const hpf_cert_claim_t *claim,
    hpf_cert_t *cert, char *why)
{
    int              rc;
    X509            *leaf;
    STACK_OF(X509)  *all;

    if (claim->pem.len == 0 || claim->pem.len > HPF_CERT_PEM_MAX) {
        (void) snprintf(why, HPF_CERT_WHY, "no certificate, or too long");
        return HPF_DECLINED;
    }

    all = hpf_cert_read(&claim->pem, HPF_CERT_CHAIN_MAX);
    if (all == NULL) {
        (void) snprintf(why, HPF_CERT_WHY, "no certificate in PEM");
        return HPF_DECLINED;
    }

    leaf = sk_X509_value(all, 0);

    rc = hpf_cert_path_check(store, leaf, all, claim->now, why);

    if (rc == HPF_OK && claim->text.len) {
        rc = hpf_cert_signed(leaf, claim, why);
    }

    if (rc == HPF_OK) {
        rc = hpf_cert_name_fill(store, leaf, cert);
    }

    sk_X509_pop_free(all, X509_free);
    ERR_clear_error();

    return rc;
}


int
hpf_cert_revoked(const hpf_cert_store_t *store, uint32_t by,
    const char *serial)
{
    int            i, found;
    BIGNUM        *bn;
    ASN1_INTEGER  *number;

    bn = NULL;
    number = BN_hex2bn(&bn, serial) ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
    found = 0;

    for (i = 0; number && i < sk_X509_CRL_num(store->lists); i++) {
        found |= hpf_cert_crl_has(sk_X509_CRL_value(store->lists, i), by,
                                  number);
    }

    ASN1_INTEGER_free(number);
    BN_free(bn);

    return found;
}


static int
hpf_cert_signed(X509 *leaf, const hpf_cert_claim_t *claim, char *why)
{
    int          rc;
    hpf_pkey_t  *key;
    const char  *text;

    key = hpf_pkey_wrap(X509_get0_pubkey(leaf), &text);
    if (key == NULL) {
        (void) snprintf(why, HPF_CERT_WHY, "%s", text);
        return HPF_DECLINED;
    }

    rc = hpf_pkey_verify(key, HPF_PKEY_DER, &claim->text, &claim->signature);

    if (rc == HPF_DECLINED) {
        (void) snprintf(why, HPF_CERT_WHY, "the signature is not of this key");
    }

    hpf_pkey_destroy(key);

    return rc;
}
