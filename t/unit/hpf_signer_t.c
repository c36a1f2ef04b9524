/* links: crypto/hpf_signer.c crypto/hpf_sign.c crypto/hpf_secret.c crypto/hpf_crypto.c core/hpf_base64.c core/hpf_hex.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private keys that sign: what they sign is verified by their public halves
 * and by nobody else's; files that are no such keys are refused.
 */


#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tap.h"
#include "hpf_plugin.h"
#include "hpf_sign.h"
#include "hpf_signer.h"


static hpf_crypto_t  *crypto;
static char           path[] = "/tmp/hpf-signer-XXXXXX";


/* A new key of that curve in the file. */

static void
make(const char *curve, mode_t mode)
{
    FILE      *f;
    EVP_PKEY  *pkey;

    pkey = EVP_EC_gen(curve);
    f = fopen(path, "w");

    if (pkey == NULL || f == NULL
        || PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1)
    {
        printf("Bail out! no key of %s\n", curve);
        exit(1);
    }

    fclose(f);
    EVP_PKEY_free(pkey);

    chmod(path, mode);
}


static int
verified(const char *alg, const char *pem, size_t len, const char *text,
    const unsigned char *sig)
{
    int                 rc;
    const char         *why;
    hpf_sign_key_t     *key;
    hpf_crypto_part_t   part, what, signature;

    part.data = pem;
    part.len = len;
    what.data = text;
    what.len = strlen(text);
    signature.data = sig;
    signature.len = HPF_SIGNER_LEN;

    key = hpf_sign_key_create(crypto, alg, &part, &why);
    if (key == NULL) {
        return HPF_ERROR;
    }

    rc = hpf_sign_verify(key, &what, &signature);

    hpf_sign_key_destroy(key);

    return rc;
}


static void
signs(const char *curve, const char *alg)
{
    char                pem[HPF_SIGNER_PEM], id[HPF_SIGNER_ID + 1];
    size_t              len;
    const char         *why;
    hpf_signer_t       *signer;
    unsigned char       sig[HPF_SIGNER_LEN], two[HPF_SIGNER_LEN];
    hpf_crypto_part_t   part;

    make(curve, 0600);

    why = NULL;
    signer = hpf_signer_read(path, &why);

    ok(signer != NULL && why == NULL, "%s: the key is read", curve);

    if (signer == NULL) {
        return;
    }

    len = hpf_signer_public(signer, pem);

    is_int(hpf_signer_sign(signer, "text", 4, sig), HPF_OK, "it signs");
    is_int(hpf_signer_sign(signer, "other", 5, two), HPF_OK, "again");

    is_int(verified(alg, pem, len, "text", sig), HPF_OK, "this is signed");
    is_int(verified(alg, pem, len, "text", two), HPF_DECLINED, "not by that");
    is_int(verified(alg, pem, len, "Text", sig), HPF_DECLINED, "not that");

    sig[3] ^= 1;
    is_int(verified(alg, pem, len, "text", sig), HPF_DECLINED, "one bit");

    part.data = pem;
    part.len = len;
    is_int(hpf_signer_public_id(&part, id), HPF_OK, "the public key's id");
    is_str(id, strlen(id), hpf_signer_id(signer), "is that of the key");

    part.len = 10;
    is_int(hpf_signer_public_id(&part, id), HPF_ERROR, "no key");

    hpf_signer_destroy(signer);
}


static void
refused(const char *what)
{
    const char  *why;

    why = NULL;
    ok(hpf_signer_read(path, &why) == NULL && why, "%s", what);
}


int
main(void)
{
    FILE  *f;

    plan(0);

    crypto = hpf_crypto_create();
    close(mkstemp(path));

    signs("P-256", "ecdsa-p256-sha256");
    signs("SM2", "sm2-sm3");

    make("P-384", 0600);
    refused("another curve");

    make("P-256", 0640);
    refused("the group may read it");

    f = fopen(path, "w");
    fprintf(f, "nothing\n");
    fclose(f);
    chmod(path, 0600);
    refused("no key");

    unlink(path);
    refused("no file");

    hpf_crypto_destroy(crypto);

    return done();
}
