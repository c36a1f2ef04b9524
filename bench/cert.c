/* links: crypto/hpf_cert.c crypto/hpf_cert_crl.c crypto/hpf_cert_name.c crypto/hpf_cert_path.c crypto/hpf_pkey.c core/hpf_der.c core/hpf_revoked.c core/hpf_ident.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What it takes to check a user's certificate, by the kind of its keys: a path
 * of three and a signature.  And what a revocation list of a million entries
 * costs, to read and to look into, beside what OpenSSL takes for the same.
 */


#include <malloc.h>
#include <time.h>

#include "tap.h"
#include "cert_make.h"
#include "hpf_revoked.h"


#define TEXT     "hpf:login:7pJ3mAqvQ0m2cDqLx0a1tQ9y5cJc2a6cVqK9m1vWm4w"
#define ENTRIES  1000000
#define CHECKS   300
#define LOOKUPS  1000000


typedef struct {
    X509               *root;
    X509               *ca;
    X509               *leaf;
    EVP_PKEY           *key;
    EVP_PKEY           *ca_key;
    hpf_crypto_part_t   parts[2];      /* lists of the root and below */
} pki_t;

static hpf_cert_conf_t  conf;


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}


/* MiB that are in use */

static double
used(void)
{
    struct mallinfo2  info;

    info = mallinfo2();

    return (info.uordblks + info.hblkhd) / 1048576.0;
}


static void
make(pki_t *pki, const char *kind)
{
    X509_CRL  *crl;
    EVP_PKEY  *root_key;

    root_key = make_key(kind);
    pki->ca_key = make_key(kind);
    pki->key = make_key(kind);

    pki->root = make_cert(&(make_t) {
        .subject = "Root", .key = root_key, .ca = 1, .pathlen = -1 });
    pki->ca = make_cert(&(make_t) {
        .subject = "Issuing", .key = pki->ca_key, .issuer = pki->root,
        .issuer_key = root_key, .ca = 1, .pathlen = 0, .serial = 2 });
    pki->leaf = make_cert(&(make_t) {
        .subject = "user", .key = pki->key, .issuer = pki->ca,
        .issuer_key = pki->ca_key, .serial = 7 });

    crl = make_crl_new(pki->root, -10, 10);
    make_crl_sign(crl, root_key, NULL);
    pki->parts[0] = make_pem_crl(crl, NULL);

    crl = make_crl_new(pki->ca, -10, 10);
    make_crl_sign(crl, pki->ca_key, NULL);
    pki->parts[1] = make_pem_crl(crl, NULL);
}


static hpf_cert_store_t *
store_of(pki_t *pki)
{
    char               why[HPF_CERT_WHY];
    hpf_cert_files_t   files;
    hpf_cert_store_t  *store;

    files.authorities = make_pem(pki->root, pki->ca, NULL);
    files.revocation = pki->parts;
    files.n = 2;

    store = hpf_cert_store_create(&conf, &files, why);

    if (store == NULL) {
        fprintf(stderr, "cert: %s\n", why);
        exit(1);
    }

    return store;
}


/* us of one check */

static double
check(hpf_cert_store_t *store, pki_t *pki, int with_signature)
{
    int               i;
    char              why[HPF_CERT_WHY];
    double            start;
    hpf_cert_t        cert;
    hpf_cert_claim_t  claim;

    memset(&claim, 0, sizeof(claim));

    claim.pem = make_pem(pki->leaf, NULL);
    claim.now = MAKE_NOW;

    if (with_signature) {
        claim.text.data = TEXT;
        claim.text.len = sizeof(TEXT) - 1;
        claim.signature = make_signature(pki->key, NULL, NULL, 0, TEXT);
    }

    start = now();

    for (i = 0; i < CHECKS; i++) {

        if (hpf_cert_check(store, &claim, &cert, why) != HPF_OK) {
            fprintf(stderr, "cert: %s\n", why);
            exit(1);
        }
    }

    return (now() - start) / CHECKS;
}


static void
kinds(void)
{
    pki_t              pki;
    size_t             i;
    hpf_cert_store_t  *store;

    static const char *const  names[] = {
        "RSA:2048", "RSA:4096", "EC:P-256", "EC:P-384", "SM2"
    };

    printf("us of a path of three: without, and with a signature\n");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        make(&pki, names[i]);
        store = store_of(&pki);

        printf("  %-10s %8.0f %8.0f\n", names[i], check(store, &pki, 0),
               check(store, &pki, 1));

        hpf_cert_store_destroy(store);
    }
}


static void
serial_of(unsigned long n, unsigned char serial[16])
{
    int       i;
    uint64_t  x;

    x = n * 0x9e3779b97f4a7c15ULL;

    for (i = 0; i < 16; i++) {
        x ^= x >> 29;
        x *= 0xbf58476d1ce4e5b9ULL;
        serial[i] = x >> 56;
    }

    serial[0] = (serial[0] & 0x3f) | 0x40;
}


static X509_CRL *
big_list(pki_t *pki)
{
    long            i;
    BIGNUM         *bn;
    X509_CRL       *crl;
    ASN1_TIME      *time;
    ASN1_INTEGER   *number;
    X509_REVOKED   *entry;
    unsigned char   serial[16];

    crl = make_crl_new(pki->ca, -10, 10);
    time = ASN1_TIME_set(NULL, MAKE_NOW);

    for (i = 0; i < ENTRIES; i++) {
        serial_of(i, serial);
        bn = BN_bin2bn(serial, 16, NULL);
        number = BN_to_ASN1_INTEGER(bn, NULL);

        entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, number);
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);

        ASN1_INTEGER_free(number);
        BN_free(bn);
    }

    ASN1_TIME_free(time);
    make_crl_sign(crl, pki->ca_key, NULL);

    return crl;
}


/* What OpenSSL does with the same list by itself. */

static void
openssl(pki_t *pki, const hpf_crypto_part_t *der)
{
    double                 before, start, load, first, next;
    X509_CRL              *crl;
    X509_REVOKED          *entry;
    const unsigned char   *p;

    before = used();
    start = now();
    p = der->data;
    crl = d2i_X509_CRL(NULL, &p, der->len);
    load = now() - start;

    start = now();
    (void) X509_CRL_get0_by_cert(crl, &entry, pki->leaf);
    first = now() - start;

    start = now();
    (void) X509_CRL_verify(crl, X509_get0_pubkey(pki->ca));
    next = now() - start;

    printf("OpenSSL by itself\n"
           "  read %.0f ms, %.0f MB, first use %.0f ms, signature at each "
           "use %.1f ms\n", load / 1e3, used() - before, first / 1e3,
           next / 1e3);

    X509_CRL_free(crl);
}


static void
lookups(void)
{
    long            i, found;
    double          start;
    hpf_revoked_t   set;
    unsigned char   serial[16];

    hpf_revoked_init(&set, ENTRIES);

    for (i = 0; i < ENTRIES; i++) {
        serial_of(i, serial);
        hpf_revoked_add(&set, 0, serial, 16);
    }

    start = now();
    hpf_revoked_sort(&set);
    printf("  sort %.0f ms", (now() - start) / 1e3);

    start = now();

    for (i = 0, found = 0; i < LOOKUPS; i++) {
        serial_of(i * 2, serial);
        found += hpf_revoked_has(&set, 0, serial, 16);
    }

    printf(", look-up %.0f ns, %ld of %d found\n",
           (now() - start) * 1e3 / LOOKUPS, found, LOOKUPS);
    hpf_revoked_free(&set);
}


int
main(void)
{
    int                 len;
    pki_t               pki;
    double              before, start, load, few;
    X509_CRL           *crl;
    unsigned char      *der;
    hpf_cert_store_t   *store;

    conf.depth = 4;

    kinds();

    make(&pki, "EC:P-256");
    store = store_of(&pki);
    few = check(store, &pki, 1);
    hpf_cert_store_destroy(store);

    crl = big_list(&pki);
    der = NULL;
    len = i2d_X509_CRL(crl, &der);
    X509_CRL_free(crl);

    pki.parts[1].data = der;
    pki.parts[1].len = len;

    before = used();
    start = now();
    store = store_of(&pki);
    load = now() - start;

    printf("a list of %d entries, %d MB\n"
           "  read %.0f ms, %.0f MB; a check %.0f us, with no entries %.0f "
           "us\n", ENTRIES, len >> 20, load / 1e3, used() - before,
           check(store, &pki, 1), few);
    lookups();
    hpf_cert_store_destroy(store);

    openssl(&pki, &pki.parts[1]);

    return 0;
}
