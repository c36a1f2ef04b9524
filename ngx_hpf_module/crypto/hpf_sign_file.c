/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys that verify signatures, from files, see the header.
 */


#include <string.h>
#include <sys/stat.h>

#include "hpf_plugin.h"
#include "hpf_secret.h"
#include "hpf_sign_file.h"


#define HPF_SIGN_FILE_MAX  4096        /* RSA of 4096 bits in PEM has 800 */
#define HPF_SIGN_FILE_PEM  "-----BEGIN "


static hpf_sign_key_t *hpf_sign_file_public(hpf_crypto_t *c,
    const hpf_crypto_part_t *pem, const char *alg, const char **why);
static hpf_sign_key_t *hpf_sign_file_secret(hpf_crypto_t *c,
    const hpf_crypto_part_t *text, const char *alg, const char **why);


hpf_sign_key_t *
hpf_sign_file_read(hpf_crypto_t *c, const char *file, const char *alg,
    const char **why)
{
    char                buf[HPF_SIGN_FILE_MAX];
    mode_t              mode;
    ssize_t             n;
    hpf_sign_key_t     *key;
    hpf_crypto_part_t   text;

    *why = NULL;

    n = hpf_secret_load(file, buf, sizeof(buf), &mode, why);

    if (n < 0) {
        return NULL;
    }

    text.data = buf;
    text.len = n;

    if (text.len > sizeof(HPF_SIGN_FILE_PEM)
        && memcmp(buf, HPF_SIGN_FILE_PEM, sizeof(HPF_SIGN_FILE_PEM) - 1) == 0)
    {
        *why = mode & (S_IWGRP|S_IWOTH)
               ? "may be changed by group or others (use mode 0644)" : NULL;

        key = *why ? NULL : hpf_sign_file_public(c, &text, alg, why);

    } else {
        *why = hpf_secret_check(mode);

        key = *why ? NULL : hpf_sign_file_secret(c, &text, alg, why);
    }

    hpf_crypto_cleanse(buf, sizeof(buf));

    return key;
}


static hpf_sign_key_t *
hpf_sign_file_public(hpf_crypto_t *c, const hpf_crypto_part_t *pem,
    const char *alg, const char **why)
{
    if (alg == NULL) {
        alg = hpf_sign_pem_alg(pem, why);

    } else if (strcmp(alg, "hmac-sha256") == 0) {

        /* what is public must never be taken for a secret */

        *why = "is a public key and no secret";
        alg = NULL;
    }

    return alg ? hpf_sign_key_create(c, alg, pem, why) : NULL;
}


static hpf_sign_key_t *
hpf_sign_file_secret(hpf_crypto_t *c, const hpf_crypto_part_t *text,
    const char *alg, const char **why)
{
    ssize_t             n;
    unsigned char       bytes[HPF_SECRET_TEXT];
    hpf_sign_key_t     *key;
    hpf_crypto_part_t   secret;

    if (text->len > HPF_SECRET_TEXT) {
        *why = "is too long";
        return NULL;
    }

    key = NULL;
    n = hpf_secret_decode(text->data, text->len, bytes, why);

    if (n >= 0) {
        secret.data = bytes;
        secret.len = n;

        if (alg == NULL) {
            alg = "hmac-sha256";
        }

        key = hpf_sign_key_create(c, alg, &secret, why);
    }

    hpf_crypto_cleanse(bytes, sizeof(bytes));

    return key;
}
