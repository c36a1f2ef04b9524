/* links: crypto/hpf_sign.c crypto/hpf_crypto.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What it costs to verify a signature of a channel, by algorithm.
 */


#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "hpf_plugin.h"
#include "hpf_sign.h"


#define ROUNDS  2000
#define TEXT    400                    /* bytes of a signature base */


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}


static void
measure(const char *name, hpf_crypto_t *c, const hpf_crypto_part_t *material)
{
    int                 i, bad;
    char                text[TEXT];
    double              start;
    const char         *why;
    unsigned char       bytes[512];
    hpf_sign_key_t     *key;
    hpf_crypto_part_t   t, s;

    key = hpf_sign_key_create(c, name, material, &why);

    if (key == NULL) {
        printf("%-20s %s\n", name, why);
        return;
    }

    /* a wrong one costs as much as a right one */

    memset(text, 'x', sizeof(text));
    memset(bytes, 0x5a, sizeof(bytes));

    t.data = text;
    t.len = sizeof(text);
    s.data = bytes;
    s.len = strcmp(name, "rsa-v1_5-sha256") == 0 ? 256
            : strcmp(name, "hmac-sha256") == 0 ? 32 : 64;

    bad = 0;
    start = now();

    for (i = 0; i < ROUNDS; i++) {
        bad += hpf_sign_verify(key, &t, &s) == HPF_OK;
    }

    printf("%-20s %8.1f us%s\n", name, (now() - start) / ROUNDS,
           bad ? " and accepts what is wrong" : "");

    hpf_sign_key_destroy(key);
}


static void
of_pair(const char *name, hpf_crypto_t *c, EVP_PKEY *pkey)
{
    BIO                *bio;
    char               *pem;
    hpf_crypto_part_t   material;

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, pkey);

    material.len = BIO_get_mem_data(bio, &pem);
    material.data = pem;

    measure(name, c, &material);

    BIO_free(bio);
    EVP_PKEY_free(pkey);
}


int
main(void)
{
    char                secret[32] = "an-example-key-of-32-bytes-12345";
    hpf_crypto_t       *c;
    hpf_crypto_part_t   material;

    c = hpf_crypto_create();

    material.data = secret;
    material.len = sizeof(secret);

    measure("hmac-sha256", c, &material);

    of_pair("ecdsa-p256-sha256", c,
            EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    of_pair("rsa-v1_5-sha256", c,
            EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) 2048));
    of_pair("sm2-sm3", c, EVP_PKEY_Q_keygen(NULL, NULL, "SM2"));

    hpf_crypto_destroy(c);

    return 0;
}
