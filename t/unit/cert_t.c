/* links: crypto/hpf_cert.c crypto/hpf_cert_crl.c crypto/hpf_cert_name.c crypto/hpf_cert_path.c crypto/hpf_pkey.c core/hpf_der.c core/hpf_revoked.c core/hpf_ident.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a user's certificate must be, with keys of every kind: signed by an
 * authority that is trusted, for signing, not weak, not over, and on no list;
 * and what is read from it.
 */


#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "cert_make.h"


#define TEXT  "hpf-login-nonce"


typedef struct {
    EVP_PKEY           *root_key;
    EVP_PKEY           *ca_key;
    EVP_PKEY           *key;
    X509               *root;
    X509               *ca;
    hpf_crypto_part_t   lists;
    hpf_cert_store_t   *store;
} pki_t;

static hpf_cert_conf_t  conf;
static hpf_cert_t       cert;
static char             why[HPF_CERT_WHY];


/* Takes apart nothing: what tests make is small and ends with them. */

static hpf_crypto_part_t
lists_of(pki_t *pki, const char *digest, long until)
{
    X509_CRL  *one, *two;

    one = make_crl_new(pki->root, -10, until);
    make_crl_sign(one, pki->root_key, NULL);

    two = make_crl_new(pki->ca, -10, until);
    make_crl_entry(two, 666);
    make_crl_entry(two, 123456789);
    make_crl_sign(two, pki->ca_key, digest);

    return make_pem_crl(one, two, NULL);
}


static hpf_cert_store_t *
store_of(X509 *root, X509 *ca, hpf_crypto_part_t lists)
{
    hpf_cert_files_t  files;

    files.authorities = make_pem(root, ca, NULL);
    files.revocation = &lists;
    files.n = lists.len ? 1 : 0;
    why[0] = '\0';

    return hpf_cert_store_create(&conf, &files, why);
}


static void
pki_make(pki_t *pki, const char *root, const char *ca, const char *leaf)
{
    pki->root_key = make_key(root);
    pki->ca_key = make_key(ca);
    pki->key = make_key(leaf);

    pki->root = make_cert(&(make_t) {
        .subject = "Root", .key = pki->root_key, .ca = 1, .pathlen = -1,
        .from = -1000, .until = 5000 });
    pki->ca = make_cert(&(make_t) {
        .subject = "Issuing", .key = pki->ca_key, .issuer = pki->root,
        .issuer_key = pki->root_key, .ca = 1, .pathlen = 0, .serial = 2,
        .from = -900, .until = 4000 });

    pki->lists = lists_of(pki, NULL, 10);
    pki->store = store_of(pki->root, pki->ca, pki->lists);
}


/* The usual certificate of a user, to be spoilt. */

static make_t
usual(pki_t *pki)
{
    return (make_t) {
        .subject = "user", .key = pki->key, .issuer = pki->ca,
        .issuer_key = pki->ca_key, .serial = 7, .from = -10,
        .purpose = "clientAuth" };
}


static int
check_pem(hpf_cert_store_t *store, hpf_crypto_part_t pem,
    hpf_crypto_part_t signature, int64_t now)
{
    hpf_cert_claim_t  claim;

    memset(&claim, 0, sizeof(claim));

    claim.pem = pem;
    claim.signature = signature;
    claim.now = now;

    if (signature.len) {
        claim.text.data = TEXT;
        claim.text.len = sizeof(TEXT) - 1;
    }

    why[0] = '\0';

    return hpf_cert_check(store, &claim, &cert, why);
}


static int
check(pki_t *pki, X509 *leaf)
{
    hpf_crypto_part_t  none = { NULL, 0 };

    return check_pem(pki->store, make_pem(leaf, NULL), none, MAKE_NOW);
}


/* is(rc, "why") of the last check */

static void
refused(int rc, const char *reason, const char *what)
{
    int  as_expected;

    as_expected = rc == HPF_DECLINED && strcmp(why, reason) == 0;

    ok(as_expected, "%s", what);

    if (!as_expected) {
        printf("# %d, %s\n", rc, why);
    }
}


static void
algorithms(void)
{
    pki_t              pki;
    size_t             i;
    hpf_crypto_part_t  pem, sig;

    static const char *const  kinds[][3] = {
        { "RSA:2048", "RSA:2048", "RSA:2048" },
        { "EC:P-256", "EC:P-256", "EC:P-256" },
        { "EC:P-384", "EC:P-384", "EC:P-256" },
        { "SM2", "SM2", "SM2" },
        { "RSA:2048", "SM2", "EC:P-384" },
        { "SM2", "EC:P-256", "SM2" },
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        pki_make(&pki, kinds[i][0], kinds[i][1], kinds[i][2]);
        ok(pki.store != NULL, "%s, %s, %s %s", kinds[i][0], kinds[i][1],
           kinds[i][2], why);

        pem = make_pem(make_cert(&(make_t) {
            .subject = "user", .key = pki.key, .issuer = pki.ca,
            .issuer_key = pki.ca_key, .serial = 7 }), NULL);
        sig = make_signature(pki.key, NULL, NULL, 0, TEXT);

        is_int(check_pem(pki.store, pem, sig, MAKE_NOW), HPF_OK,
               "holds, and has signed");
        is_int(hpf_cert_revoked(pki.store, cert.by, cert.serial), 0,
               "is on no list later on");
        is_int(hpf_cert_revoked(pki.store, cert.by, "029A"), 1,
               "another one is");
        is_int(hpf_cert_revoked(pki.store, cert.by + 1, "029A"), 0,
               "of this issuer alone");
        is_int(hpf_cert_revoked(pki.store, cert.by, "x"), 0, "no number");
        sig = make_signature(pki.ca_key, NULL, NULL, 0, TEXT);
        refused(check_pem(pki.store, pem, sig, MAKE_NOW),
                "the signature is not of this key", "has not signed");

        pem = make_pem(make_cert(&(make_t) {
            .subject = "user", .key = pki.key, .issuer = pki.ca,
            .issuer_key = pki.ca_key, .serial = 666 }), NULL);
        refused(check_pem(pki.store, pem, sig, MAKE_NOW),
                "certificate revoked", "is on the list");

        hpf_cert_store_destroy(pki.store);
    }
}


static void
spoilt(pki_t *pki)
{
    make_t     m;
    EVP_PKEY  *key;

    m = usual(pki);
    is_int(check(pki, make_cert(&m)), HPF_OK, "the usual one (%s)", why);

    m.purpose = NULL;
    is_int(check(pki, make_cert(&m)), HPF_OK, "for no purpose in particular");

    m = usual(pki);
    m.purpose = "serverAuth";
    refused(check(pki, make_cert(&m)), "unsuitable certificate purpose",
            "for servers");

    m = usual(pki);
    m.usage = "critical,keyEncipherment";
    refused(check(pki, make_cert(&m)), "unsuitable certificate purpose",
            "the half of a pair that is for encryption");
    m.usage = "critical,keyAgreement";
    refused(check(pki, make_cert(&m)),
            "the key is not for digital signatures", "for key agreement");
    m.usage = "";
    refused(check(pki, make_cert(&m)),
            "the key is not for digital signatures", "for it says not what");
    m.usage = "critical,digitalSignature,nonRepudiation";
    is_int(check(pki, make_cert(&m)), HPF_OK, "for more");

    m = usual(pki);
    m.from = 1;
    refused(check(pki, make_cert(&m)), "certificate is not yet valid",
            "not yet");
    m = usual(pki);
    m.until = -1;
    refused(check(pki, make_cert(&m)), "certificate has expired", "over");

    m = usual(pki);
    m.digest = "SHA1";
    refused(check(pki, make_cert(&m)),
            "a signature is of no allowed algorithm", "by SHA-1");
    m.digest = "MD5";
    refused(check(pki, make_cert(&m)),
            "a signature is of no allowed algorithm", "by MD5");
    m.digest = "SHA512";
    is_int(check(pki, make_cert(&m)), HPF_OK, "by SHA-512");

    m = usual(pki);
    m.key = make_key("RSA:1024");
    refused(check(pki, make_cert(&m)), "the key is too short",
            "RSA of 1024 bits");
    m.key = make_key("EC:secp256k1");
    refused(check(pki, make_cert(&m)), "the key is of no allowed curve",
            "a curve of others");
    m.key = make_key("ED25519");
    refused(check(pki, make_cert(&m)), "the key is of no allowed kind",
            "Ed25519");

    m = usual(pki);
    m.extra[0] = "1.2.3.4.5.6";
    m.extra[1] = "critical,ASN1:UTF8String:x";
    refused(check(pki, make_cert(&m)), "unhandled critical extension",
            "something critical that nobody knows");

    /* other authorities */

    key = make_key("RSA:2048");

    m = usual(pki);
    m.issuer_key = key;
    refused(check(pki, make_cert(&m)), "certificate signature failure",
            "signed by somebody else in the authority's name");

    m = usual(pki);
    m.issuer = NULL;
    refused(check(pki, make_cert(&m)), "self-signed certificate",
            "self-signed");

    m = usual(pki);
    m.ca = 1;
    m.pathlen = -1;
    m.usage = "critical,keyCertSign,digitalSignature";
    refused(check(pki, make_cert(&m)), "the end entity is an authority",
            "an authority below one that may have none");

    m = usual(pki);
    m.ca = 1;
    m.pathlen = -1;
    m.issuer = pki->root;
    m.issuer_key = pki->root_key;
    m.usage = "critical,keyCertSign,digitalSignature";
    refused(check(pki, make_cert(&m)), "the end entity is an authority",
            "an authority as a user");
}


/* Another one of the same names is not the same. */

static void
others(pki_t *pki)
{
    X509               *ca, *leaf;
    pki_t               twin;
    make_t              m;
    hpf_crypto_part_t   none = { NULL, 0 };

    pki_make(&twin, "EC:P-256", "EC:P-256", "EC:P-256");

    m = usual(&twin);
    leaf = make_cert(&m);
    is_int(check(&twin, leaf), HPF_OK, "an authority of the same name");
    ok(check_pem(pki->store, make_pem(leaf, twin.ca, twin.root, NULL), none,
                 MAKE_NOW)
       == HPF_DECLINED, "is not the same: %s", why);

    /* what a client sends along helps, and is not trusted */

    ca = make_cert(&(make_t) {
        .subject = "Third", .key = twin.ca_key, .issuer = pki->root,
        .issuer_key = pki->root_key, .ca = 1, .pathlen = 0, .serial = 3,
        .from = -900, .until = 4000 });
    m = usual(pki);
    m.issuer = ca;
    m.issuer_key = twin.ca_key;
    leaf = make_cert(&m);

    ok(check_pem(pki->store, make_pem(leaf, NULL), none, MAKE_NOW)
       == HPF_DECLINED, "an authority that is not known: %s", why);
    refused(check_pem(pki->store, make_pem(leaf, ca, NULL), none, MAKE_NOW),
            "unable to get certificate CRL",
            "that is sent along, without a list here");

    m = usual(pki);
    leaf = make_cert(&m);
    is_int(check_pem(pki->store, make_pem(leaf, pki->ca, pki->root, NULL),
                     none, MAKE_NOW), HPF_OK, "a whole path");
    is_int(check_pem(pki->store, make_pem(leaf, twin.root, NULL), none,
                     MAKE_NOW), HPF_OK, "and what is of no use");

    hpf_cert_store_destroy(twin.store);
}


static void
depth(void)
{
    pki_t  pki;

    pki_make(&pki, "EC:P-256", "EC:P-256", "EC:P-256");

    conf.depth = 3;
    is_int(check(&pki, make_cert(&(make_t) {
        .subject = "user", .key = pki.key, .issuer = pki.ca,
        .issuer_key = pki.ca_key, .serial = 7 })), HPF_OK, "three deep");
    conf.depth = 2;
    refused(check(&pki, make_cert(&(make_t) {
        .subject = "user", .key = pki.key, .issuer = pki.ca,
        .issuer_key = pki.ca_key, .serial = 7 })),
        "certificate chain too long", "which two are not enough for");
    conf.depth = HPF_CERT_DEPTH;

    hpf_cert_store_destroy(pki.store);
}


static void
lists(pki_t *pki)
{
    X509               *leaf;
    make_t              m;
    X509_CRL           *root, *crl;
    hpf_cert_store_t   *store;
    hpf_crypto_part_t   none = { NULL, 0 }, pem;

    m = usual(pki);
    leaf = make_cert(&m);
    pem = make_pem(leaf, NULL);

    refused(check_pem(pki->store, pem, none, MAKE_NOW + 11 * MAKE_DAY),
            "CRL has expired", "a list that is stale");

    conf.grace = 2 * MAKE_DAY;
    is_int(check_pem(pki->store, pem, none, MAKE_NOW + 11 * MAKE_DAY), HPF_OK,
           "a grace that was declared");
    refused(check_pem(pki->store, pem, none, MAKE_NOW + 13 * MAKE_DAY),
            "CRL has expired", "and is over");
    m.serial = 666;
    refused(check_pem(pki->store, make_pem(make_cert(&m), NULL), none,
                      MAKE_NOW + 11 * MAKE_DAY),
            "certificate revoked", "no grace for who is on the list");
    conf.grace = 0;

    refused(check_pem(pki->store, pem, none, MAKE_NOW - 11 * MAKE_DAY),
            "CRL is not yet valid", "before it began");

    store = store_of(pki->root, pki->ca, none);
    refused(check_pem(store, pem, none, MAKE_NOW),
            "unable to get certificate CRL", "no list, no answer");
    hpf_cert_store_destroy(store);

    root = make_crl_new(pki->root, -10, 10);
    make_crl_entry(root, 2);
    make_crl_sign(root, pki->root_key, NULL);
    crl = make_crl_new(pki->ca, -10, 10);
    make_crl_sign(crl, pki->ca_key, NULL);
    store = store_of(pki->root, pki->ca, make_pem_crl(root, crl, NULL));
    refused(check_pem(store, pem, none, MAKE_NOW), "certificate revoked",
            "an authority that is revoked");
    hpf_cert_store_destroy(store);

    /* lists that are none */

    ok(store_of(pki->root, pki->ca, lists_of(pki, "SHA1", 10)) == NULL,
       "a list by SHA-1: %s", why);

    crl = make_crl_new(pki->ca, -10, 10);
    make_crl_sign(crl, pki->root_key, NULL);
    ok(store_of(pki->root, pki->ca, make_pem_crl(crl, NULL)) == NULL,
       "a list that another has signed: %s", why);

    crl = make_crl_new(leaf, -10, 10);
    make_crl_sign(crl, pki->key, NULL);
    ok(store_of(pki->root, pki->ca, make_pem_crl(crl, NULL)) == NULL,
       "a list of nobody: %s", why);

    crl = make_crl_new(pki->ca, -10, -10);
    make_crl_sign(crl, pki->ca_key, NULL);
    ok(store_of(pki->root, pki->ca, make_pem_crl(crl, NULL)) == NULL,
       "a list without an end: %s", why);

    ok(store_of(pki->root, pki->ca, make_pem(leaf, NULL)) == NULL,
       "a certificate for a list: %s", why);
    pem.data = "nothing";
    pem.len = 7;
    ok(store_of(pki->root, pki->ca, pem) == NULL, "no PEM: %s", why);
    pem = pki->lists;
    pem.len -= 40;
    ok(store_of(pki->root, pki->ca, pem) == NULL, "a list that is cut: %s",
       why);
    ok(store_of(pki->ca, NULL, none) == NULL, "no anchor: %s", why);
}


/* In DER, and entries in any order. */

static void
many(pki_t *pki)
{
    int                 i, len, missed;
    make_t              m;
    size_t              a, l, e;
    X509_CRL           *crl, *root;
    unsigned char      *der;
    hpf_cert_files_t    files;
    hpf_cert_store_t   *store;
    hpf_crypto_part_t   parts[2], none = { NULL, 0 };

    crl = make_crl_new(pki->ca, -10, 10);

    for (i = 0; i < 3000; i++) {
        make_crl_entry(crl, 1000 + 7919L * i % 3001 * 3);
    }

    make_crl_sign(crl, pki->ca_key, NULL);
    root = make_crl_new(pki->root, -10, 10);
    make_crl_sign(root, pki->root_key, NULL);

    der = NULL;
    len = i2d_X509_CRL(crl, &der);

    parts[0].data = der;
    parts[0].len = len;
    parts[1] = make_pem_crl(root, NULL);

    files.authorities = make_pem(pki->root, pki->ca, NULL);
    files.revocation = parts;
    files.n = 2;

    store = hpf_cert_store_create(&conf, &files, why);
    ok(store != NULL, "a long list in DER");

    hpf_cert_store_count(store, &a, &l, &e);
    is_int(a, 2, "two authorities");
    is_int(l, 2, "two lists");
    is_int(e, 3000, "all entries");
    is_int(hpf_cert_store_ends(store), MAKE_NOW + 10 * MAKE_DAY,
           "when the first of them ends");

    m = usual(pki);
    missed = 0;

    for (i = 0; i < 60; i++) {
        m.serial = 1000 + 7919L * (i * 50) % 3001 * 3;
        missed += check_pem(store, make_pem(make_cert(&m), NULL), none,
                            MAKE_NOW)
                  != HPF_DECLINED;
        m.serial++;
        missed += check_pem(store, make_pem(make_cert(&m), NULL), none,
                            MAKE_NOW)
                  != HPF_OK;
    }

    is_int(missed, 0, "each is found, and nothing else");
    hpf_cert_store_destroy(store);
}


static void
names(pki_t *pki)
{
    X509        *leaf;
    make_t       m;
    hpf_cert_t   first;

    m = usual(pki);
    m.subject = "041@Zhang San@91110000000000005C@1";
    m.number = "11010519491231002x";
    leaf = make_cert(&m);

    is_int(check(pki, leaf), HPF_OK, "names");
    is_str(cert.subject, strlen(cert.subject), m.subject, "of the subject");
    is_str(cert.issuer, strlen(cert.issuer), "Issuing", "of the issuer");
    is_str(cert.serial, strlen(cert.serial), "07", "serial number");
    is_int(cert.until, MAKE_NOW + 365L * MAKE_DAY, "until");
    is_int(cert.nnumbers, 1, "one number that is valid");
    is_str(cert.numbers[0], HPF_CERT_NUMBER, "11010519491231002X",
           "in its one spelling");

    first = cert;
    m.serial = 8;
    check(pki, make_cert(&m));
    ok(memcmp(first.id, cert.id, HPF_CRYPTO_LEN) != 0, "another serial");
    ok(memcmp(first.key, cert.key, HPF_CRYPTO_LEN) == 0, "of the same key");

    m.number = NULL;
    m.subject = "user";
    m.extra[0] = "1.2.156.10260.4.1.1";
    m.extra[1] = "ASN1:UTF8String:11010519491231002X";
    check(pki, make_cert(&m));
    is_int(cert.nnumbers, 0, "an extension that was not configured");

    conf.number = "1.2.156.10260.4.1.1";
    pki->store = store_of(pki->root, pki->ca, pki->lists);
    check(pki, make_cert(&m));
    is_int(cert.nnumbers, 1, "and one that was");

    conf.number = "no OID";
    ok(store_of(pki->root, pki->ca, pki->lists) == NULL, "no OID: %s", why);
    conf.number = NULL;
}


static void
write_file(const char *name, hpf_crypto_part_t part, long when)
{
    FILE             *f;
    struct timespec   times[2] = { { when, 0 }, { when, 0 } };

    f = fopen(name, "wb");
    fwrite(part.data, 1, part.len, f);
    fclose(f);
    (void) utimensat(AT_FDCWD, name, times, 0);
}


static void
files(pki_t *pki)
{
    char               dir[] = "/tmp/hpf-cert-XXXXXX", ca[64], crl[64];
    hpf_cert_store_t  *store;

    ok(mkdtemp(dir) != NULL, "files");
    (void) snprintf(ca, sizeof(ca), "%s/ca", dir);
    (void) snprintf(crl, sizeof(crl), "%s/crl", dir);

    conf.authorities = ca;
    conf.revocation = crl;

    ok(hpf_cert_store_load(&conf, why) == NULL, "that are not there: %s", why);

    write_file(ca, make_pem(pki->root, pki->ca, NULL), 1000);
    write_file(crl, pki->lists, 1000);

    store = hpf_cert_store_load(&conf, why);
    ok(store != NULL, "that are %s", why);
    is_int(hpf_cert_store_fresh(store), 1, "and have not changed");

    write_file(crl, pki->lists, 1001);
    is_int(hpf_cert_store_fresh(store), 0, "and have");
    (void) unlink(crl);
    is_int(hpf_cert_store_fresh(store), 1, "and are away for now");

    hpf_cert_store_destroy(store);
    (void) unlink(ca);
    (void) rmdir(dir);
}


static void
texts(pki_t *pki)
{
    char               *padded;
    make_t              m;
    hpf_crypto_part_t   pem, none = { NULL, 0 };

    refused(check_pem(pki->store, none, none, MAKE_NOW),
            "no certificate, or too long", "nothing");

    m = usual(pki);
    pem = make_pem(make_cert(&m), NULL);
    pem.len -= 30;
    refused(check_pem(pki->store, pem, none, MAKE_NOW),
            "no certificate in PEM", "cut off");

    padded = calloc(1, HPF_CERT_PEM_MAX + 1);
    pem.data = padded;
    pem.len = HPF_CERT_PEM_MAX + 1;
    refused(check_pem(pki->store, pem, none, MAKE_NOW),
            "no certificate, or too long", "too long");
    free(padded);
}


int
main(void)
{
    pki_t  pki;

    plan(0);

    conf.depth = HPF_CERT_DEPTH;

    algorithms();

    pki_make(&pki, "EC:P-256", "RSA:2048", "EC:P-256");

    spoilt(&pki);
    others(&pki);
    depth();
    lists(&pki);
    many(&pki);
    texts(&pki);
    files(&pki);
    names(&pki);

    return done();
}
