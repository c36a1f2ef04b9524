/* links: crypto/hpf_cert.c crypto/hpf_cert_crl.c crypto/hpf_cert_name.c crypto/hpf_cert_path.c crypto/hpf_pkey.c core/hpf_der.c core/hpf_revoked.c core/hpf_ident.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * NIST's suite for path validation, PKITS 1.0.1, as Debian's package
 * python3-cryptography-vectors has it: all of its end entities, with the
 * results that its description demands.  What is bad there is refused without
 * an exception; what is good and refused all the same is listed with a reason.
 */


#include <dirent.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tap.h"
#include "hpf_plugin.h"
#include "hpf_cert_int.h"


#define PKITS      "/usr/lib/python3/dist-packages/cryptography_vectors"     \
                   "/x509/PKITS_data"
#define NOW        1420070400          /* 2015-01-01 */
#define FILES_MAX  512

#define ANY        "2.5.29.32.0"
#define P(n)       "2.16.840.1.101.3.2.1.48." #n


/*
 * Beside those whose name says Valid or Invalid, and those that are asked
 * with several sets of acceptable policies.  Inhibited policy mapping and
 * inhibited anyPolicy as an input are nothing that a store can be told, so
 * 4.10.1 case 3 and 4.12.3 case 2 cannot be asked.
 */

static const struct {
    const char  *name;
    const char  *policies[2];
    int          expected;
} cases[] = {
    { "ValidCertificatePathTest1", { ANY }, HPF_OK },
    { "ValidCertificatePathTest1", { P(1) }, HPF_OK },
    { "ValidCertificatePathTest1", { P(2) }, HPF_DECLINED },
    { "ValidCertificatePathTest1", { P(1), P(2) }, HPF_OK },
    { "AllCertificatesNoPoliciesTest2", { NULL }, HPF_OK },
    { "AllCertificatesNoPoliciesTest2", { ANY }, HPF_DECLINED },
    { "DifferentPoliciesTest3", { NULL }, HPF_OK },
    { "DifferentPoliciesTest3", { ANY }, HPF_DECLINED },
    { "DifferentPoliciesTest3", { P(1), P(2) }, HPF_DECLINED },
    { "DifferentPoliciesTest4", { NULL }, HPF_DECLINED },
    { "DifferentPoliciesTest5", { NULL }, HPF_DECLINED },
    { "OverlappingPoliciesTest6", { NULL }, HPF_OK },
    { "OverlappingPoliciesTest6", { P(1) }, HPF_OK },
    { "OverlappingPoliciesTest6", { P(2) }, HPF_DECLINED },
    { "DifferentPoliciesTest7", { NULL }, HPF_DECLINED },
    { "DifferentPoliciesTest8", { NULL }, HPF_DECLINED },
    { "DifferentPoliciesTest9", { NULL }, HPF_DECLINED },
    { "AllCertificatesSamePoliciesTest10", { NULL }, HPF_OK },
    { "AllCertificatesSamePoliciesTest10", { P(1) }, HPF_OK },
    { "AllCertificatesSamePoliciesTest10", { P(2) }, HPF_OK },
    { "AllCertificatesanyPolicyTest11", { NULL }, HPF_OK },
    { "AllCertificatesanyPolicyTest11", { P(1) }, HPF_OK },
    { "DifferentPoliciesTest12", { NULL }, HPF_DECLINED },
    { "AllCertificatesSamePoliciesTest13", { P(1) }, HPF_OK },
    { "AllCertificatesSamePoliciesTest13", { P(2) }, HPF_OK },
    { "AllCertificatesSamePoliciesTest13", { P(3) }, HPF_OK },
    { "AnyPolicyTest14", { P(1) }, HPF_OK },
    { "AnyPolicyTest14", { P(2) }, HPF_DECLINED },
    { "UserNoticeQualifierTest15", { NULL }, HPF_OK },
    { "UserNoticeQualifierTest16", { NULL }, HPF_OK },
    { "UserNoticeQualifierTest17", { NULL }, HPF_OK },
    { "UserNoticeQualifierTest18", { P(1) }, HPF_OK },
    { "UserNoticeQualifierTest18", { P(2) }, HPF_OK },
    { "UserNoticeQualifierTest19", { NULL }, HPF_OK },
    { "CPSPointerQualifierTest20", { NULL }, HPF_OK },
    { "ValidPolicyMappingTest1", { P(1) }, HPF_OK },
    { "ValidPolicyMappingTest1", { P(2) }, HPF_DECLINED },
    { "ValidPolicyMappingTest3", { P(1) }, HPF_DECLINED },
    { "ValidPolicyMappingTest3", { P(2) }, HPF_OK },
    { "ValidPolicyMappingTest5", { P(1) }, HPF_OK },
    { "ValidPolicyMappingTest5", { P(6) }, HPF_DECLINED },
    { "ValidPolicyMappingTest6", { P(1) }, HPF_OK },
    { "ValidPolicyMappingTest6", { P(6) }, HPF_DECLINED },
    { "ValidPolicyMappingTest12", { P(1) }, HPF_OK },
    { "ValidPolicyMappingTest12", { P(2) }, HPF_OK },
    { "inhibitAnyPolicyTest3", { NULL }, HPF_OK },
};


/* Good there, and refused here. */

static const struct {
    const char  *name;
    const char  *reason;
} stricter[] = {
    { "ValidDSASignaturesTest4", "DSA" },
    { "ValidDSAParameterInheritanceTest5", "DSA" },
    { "ValidpathLenConstraintTest8", "it is an authority's own" },
    { "ValidpathLenConstraintTest14", "it is an authority's own" },
    { "ValidonlyContainsCACertsTest13", "it is an authority's own" },
    { "OverlappingPoliciesTest6", "it is an authority's own" },
    { "ValidbasicConstraintsNotCriticalTest4",
      "an authority has to be one critically, RFC 5280, 4.2.1.9" },
    { "ValidcRLIssuerTest30",
      "only its own list says that the list's issuer holds" },
    { "ValiddeltaCRLTest2", "its list announces delta lists" },
    { "ValiddeltaCRLTest5", "its list announces delta lists" },
    { "ValiddeltaCRLTest7", "its list announces delta lists" },
    { "ValiddeltaCRLTest8", "its list announces delta lists" },
    { NULL, NULL }
};


typedef struct {
    char            name[128];
    unsigned char  *der;
    long            len;
} file_t;

static file_t              files[FILES_MAX];
static int                 nfiles;
static size_t              nlists;
static int                 bad_accepted;
static int                 good_refused;


static void
read_folder(const char *folder)
{
    DIR            *dir;
    char            path[512], *dot;
    FILE           *f;
    file_t         *file;
    struct dirent  *e;

    (void) snprintf(path, sizeof(path), "%s/%s", PKITS, folder);

    dir = opendir(path);
    nfiles = 0;

    while (dir && (e = readdir(dir)) != NULL && nfiles < FILES_MAX) {

        if (e->d_name[0] == '.') {
            continue;
        }

        file = &files[nfiles];

        (void) snprintf(file->name, sizeof(file->name), "%.120s", e->d_name);
        (void) snprintf(path, sizeof(path), "%s/%s/%s", PKITS, folder,
                        e->d_name);

        dot = strrchr(file->name, '.');
        if (dot) {
            *dot = '\0';
        }

        f = fopen(path, "rb");
        if (f == NULL) {
            continue;
        }

        file->der = malloc(65536);
        file->len = fread(file->der, 1, 65536, f);
        fclose(f);

        nfiles++;
    }

    if (dir) {
        closedir(dir);
    }
}


static void
to_pem(BIO *out, const file_t *file)
{
    PEM_write_bio(out, "CERTIFICATE", "", file->der, file->len);
}


static int
check(const hpf_cert_store_t *store, const file_t *file, char *why)
{
    BIO               *pem;
    int                rc;
    char              *text;
    hpf_cert_t         cert;
    hpf_cert_claim_t   claim;

    memset(&claim, 0, sizeof(claim));

    pem = BIO_new(BIO_s_mem());
    to_pem(pem, file);

    claim.pem.len = BIO_get_mem_data(pem, &text);
    claim.pem.data = text;
    claim.now = NOW;

    rc = hpf_cert_check(store, &claim, &cert, why);

    BIO_free(pem);

    return rc;
}


static const char *
strict_reason(const char *name)
{
    int  i;

    for (i = 0; stricter[i].name; i++) {
        if (strcmp(stricter[i].name, name) == 0) {
            return stricter[i].reason;
        }
    }

    return NULL;
}


static void
judge(const hpf_cert_store_t *store, const file_t *file, int expected,
    const char *how)
{
    int          rc;
    char         why[HPF_CERT_WHY] = "", name[128];
    const char  *reason;

    (void) snprintf(name, sizeof(name), "%.*s", (int) strlen(file->name) - 2,
                    file->name);

    rc = check(store, file, why);
    reason = strict_reason(name);

    if (expected == HPF_OK && reason) {
        good_refused++;
        is_int(rc, HPF_DECLINED, "%s%s: on purpose, %s (%s)", name, how,
               reason, why);
        return;
    }

    if (expected != HPF_OK && rc == HPF_OK) {
        bad_accepted++;
    }

    is_int(rc, expected, "%s%s%s%s", name, how, rc == HPF_OK ? "" : ": ",
           rc == HPF_OK ? "" : why);
}


int
main(void)
{
    BIO               *authorities;
    int                i, n, found;
    char              *text, why[HPF_CERT_WHY], how[128];
    size_t             a, l, e, k;
    const char        *reason;
    hpf_cert_conf_t    conf;
    hpf_cert_files_t   bundle;
    hpf_cert_store_t  *store;

    plan(0);

    memset(&conf, 0, sizeof(conf));
    conf.depth = HPF_CERT_DEPTH;

    read_folder("certs");

    if (nfiles == 0) {
        printf("1..0 # SKIP %s is not installed\n", PKITS);
        return 0;
    }

    authorities = BIO_new(BIO_s_mem());
    found = 0;

    for (i = 0; i < nfiles; i++) {
        n = strlen(files[i].name);

        if (n < 2 || strcmp(files[i].name + n - 2, "EE") != 0) {
            to_pem(authorities, &files[i]);
            found++;
        }
    }

    bundle.authorities.len = BIO_get_mem_data(authorities, &text);
    bundle.authorities.data = text;
    bundle.n = 0;

    store = hpf_cert_store_create(&conf, &bundle, why);
    ok(store != NULL, "the store (%s)", store ? "" : why);

    /* lists that are good for nothing are not taken */

    read_folder("crls");

    for (i = 0; store && i < nfiles; i++) {

        if (hpf_cert_crl_add(store, files[i].der, files[i].len, &reason)
            == HPF_OK)
        {
            nlists++;
        }

        free(files[i].der);
    }
    hpf_cert_store_count(store, &a, &l, &e);
    is_int(a, found, "all authorities");
    is_int(l, nlists, "all lists that can be used");

    read_folder("certs");

    for (i = 0; i < nfiles; i++) {
        n = strlen(files[i].name);

        if (n < 2 || strcmp(files[i].name + n - 2, "EE") != 0) {
            continue;
        }

        if (strncmp(files[i].name, "Invalid", 7) == 0) {
            judge(store, &files[i], HPF_DECLINED, "");
        }

        if (strncmp(files[i].name, "Valid", 5) == 0
            && strncmp(files[i].name, "ValidPolicyMapping", 18) != 0)
        {
            judge(store, &files[i], HPF_OK, "");
        }
    }

    /* the store reads what its configuration says at each check */

    for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        conf.policies = (const char **) cases[k].policies;
        conf.npolicies = !!cases[k].policies[0] + !!cases[k].policies[1];

        (void) snprintf(how, sizeof(how), " for %s %s",
                        cases[k].policies[0] ? cases[k].policies[0] : "all",
                        cases[k].policies[1] ? cases[k].policies[1] : "");

        found = 0;

        for (i = 0; i < nfiles; i++) {
            n = strlen(cases[k].name);

            if (strncmp(files[i].name, cases[k].name, n) == 0
                && strcmp(files[i].name + n, "EE") == 0)
            {
                judge(store, &files[i], cases[k].expected, how);
                found++;
            }
        }

        is_int(found, 1, "%s is there", cases[k].name);
    }

    hpf_cert_store_destroy(store);

    is_int(bad_accepted, 0, "bad ones that were accepted");
    printf("# good ones refused on purpose: %d\n", good_refused);

    BIO_free(authorities);

    return done();
}
