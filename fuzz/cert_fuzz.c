/* links: crypto/hpf_cert.c crypto/hpf_cert_crl.c crypto/hpf_cert_name.c crypto/hpf_cert_path.c crypto/hpf_pkey.c core/hpf_der.c core/hpf_revoked.c core/hpf_ident.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates and revocation lists, the first byte says which: P for what a
 * client sends, in PEM, and D for one in DER, which is put into PEM here; L for
 * a list.  Nothing holds but the certificate that is a seed.
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "hpf_plugin.h"
#include "hpf_cert_int.h"


#define NOW  1796200000             /* 2026-12-02 */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hpf_cert_conf_t    conf;
static hpf_cert_store_t  *store;


/* The authority of the seeds, made with tools/demo-ca; its keys are gone. */

static void
set_up(void)
{
    char  why[HPF_CERT_WHY];

    conf.authorities = "fuzz/cert/ca.pem";
    conf.revocation = "fuzz/cert/crl.pem";
    conf.number = "1.2.156.10260.4.1.1";
    conf.depth = 4;

    store = hpf_cert_store_load(&conf, why);

    if (store == NULL) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
}


static void
certificate(const void *pem, size_t len)
{
    int               rc;
    char              why[HPF_CERT_WHY];
    hpf_cert_t        cert;
    hpf_cert_claim_t  claim;

    memset(&claim, 0, sizeof(claim));

    claim.pem.data = pem;
    claim.pem.len = len;
    claim.now = NOW;

    rc = hpf_cert_check(store, &claim, &cert, why);

    if (rc == HPF_OK
        && (strcmp(cert.subject, "seed") != 0
            || cert.nnumbers > HPF_CERT_NUMBERS))
    {
        abort();
    }
}


static void
list(const uint8_t *data, size_t size)
{
    int          n;
    const char  *why;

    n = sk_X509_CRL_num(store->lists);

    if (hpf_cert_crl_add(store, data, size, &why) == HPF_OK) {
        X509_CRL_free(sk_X509_CRL_pop(store->lists));
    }

    if (sk_X509_CRL_num(store->lists) != n) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BIO   *bio;
    char  *pem;
    long   len;

    if (store == NULL) {
        set_up();
    }

    if (size == 0) {
        return 0;
    }

    switch (data[0]) {

    case 'P':
        certificate(data + 1, size - 1);
        break;

    case 'D':
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio(bio, PEM_STRING_X509, "", data + 1, size - 1);
        len = BIO_get_mem_data(bio, &pem);
        certificate(pem, len);
        BIO_free(bio);
        break;

    case 'L':
        list(data + 1, size - 1);
        break;
    }

    return 0;
}
