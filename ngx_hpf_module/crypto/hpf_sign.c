/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Verifies signatures by the algorithm of a key, see the header.
 */


#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_sign.h"


#define HPF_SIGN_SECRET_MIN  32        /* bytes; RFC 2104: as the digest */


typedef struct {
    const char   *name;

    /* what the others get; NULL with *why */
    void       *(*create)(hpf_crypto_t *c, const hpf_crypto_part_t *material,
                    const char **why);
    /* HPF_OK, HPF_DECLINED or HPF_ERROR */
    int         (*verify)(void *data, const hpf_crypto_part_t *text,
                    const hpf_crypto_part_t *signature);
    void        (*destroy)(void *data);
} hpf_sign_alg_t;

struct hpf_sign_key_s {
    const hpf_sign_alg_t  *alg;
    void                  *data;
};


static void *hpf_sign_hmac_create(hpf_crypto_t *c,
    const hpf_crypto_part_t *material, const char **why);
static int hpf_sign_hmac_verify(void *data, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature);
static void hpf_sign_hmac_destroy(void *data);


static const hpf_sign_alg_t  hpf_sign_algs[] = {
    { "hmac-sha256", hpf_sign_hmac_create, hpf_sign_hmac_verify,
      hpf_sign_hmac_destroy },
    { NULL, NULL, NULL, NULL }
};


hpf_sign_key_t *
hpf_sign_key_create(hpf_crypto_t *c, const char *alg,
    const hpf_crypto_part_t *material, const char **why)
{
    hpf_sign_key_t        *key;
    const hpf_sign_alg_t  *known;

    for (known = hpf_sign_algs; known->name; known++) {
        if (strcmp(known->name, alg) == 0) {
            break;
        }
    }

    if (known->name == NULL) {
        *why = "the algorithm is not known";
        return NULL;
    }

    *why = "out of memory";

    key = malloc(sizeof(hpf_sign_key_t));
    if (key == NULL) {
        return NULL;
    }

    key->alg = known;
    key->data = known->create(c, material, why);

    if (key->data == NULL) {
        free(key);
        return NULL;
    }

    return key;
}


void
hpf_sign_key_destroy(hpf_sign_key_t *key)
{
    if (key) {
        key->alg->destroy(key->data);
        free(key);
    }
}


const char *
hpf_sign_key_alg(const hpf_sign_key_t *key)
{
    return key->alg->name;
}


int
hpf_sign_verify(hpf_sign_key_t *key, const hpf_crypto_part_t *alg,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature)
{
    if (alg->len && (alg->len != strlen(key->alg->name)
                     || memcmp(alg->data, key->alg->name, alg->len) != 0))
    {
        return HPF_DECLINED;
    }

    return key->alg->verify(key->data, text, signature);
}


static void *
hpf_sign_hmac_create(hpf_crypto_t *c, const hpf_crypto_part_t *material,
    const char **why)
{
    if (material->len < HPF_SIGN_SECRET_MIN) {
        *why = "the secret has less than 32 bytes";
        return NULL;
    }

    return hpf_crypto_hmac_create(c, HPF_CRYPTO_SHA256, material->data,
                                  material->len);
}


static int
hpf_sign_hmac_verify(void *data, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    unsigned char  mac[HPF_CRYPTO_LEN];

    if (hpf_crypto_hmac_parts(data, text, 1, mac) != HPF_OK) {
        return HPF_ERROR;
    }

    if (signature->len != sizeof(mac)
        || !hpf_crypto_equal(mac, signature->data, sizeof(mac)))
    {
        return HPF_DECLINED;
    }

    return HPF_OK;
}


static void
hpf_sign_hmac_destroy(void *data)
{
    hpf_crypto_hmac_destroy(data);
}
