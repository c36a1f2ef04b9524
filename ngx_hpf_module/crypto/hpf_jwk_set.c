/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys of tokens, see the header.
 */


#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_jwk_set.h"
#include "hpf_pkey.h"


typedef struct {
    char            kid[HPF_JWS_KID + 1];
    hpf_jws_alg_e   alg;
    hpf_pkey_t     *pkey;
} hpf_jwk_set_key_t;

struct hpf_jwk_set_s {
    unsigned            refs;
    int                 n;
    hpf_jwk_set_key_t   keys[HPF_JWT_KEYS];
};


static hpf_pkey_t *hpf_jwk_set_pkey(const hpf_jwk_t *jwk, const char **why);
static const hpf_jwk_set_key_t *hpf_jwk_set_find(const hpf_jwk_set_t *set,
    const hpf_jws_t *jws);


hpf_jwk_set_t *
hpf_jwk_set_create(const unsigned char *text, size_t len, unsigned algs,
    const char **why)
{
    int                 i, n;
    hpf_jwk_t          *jwks;
    hpf_jwk_set_t      *set;
    hpf_jwk_set_key_t  *key;

    *why = "out of memory";

    jwks = calloc(HPF_JWT_KEYS, sizeof(hpf_jwk_t));
    set = calloc(1, sizeof(hpf_jwk_set_t));

    if (jwks == NULL || set == NULL) {
        free(jwks);
        free(set);
        return NULL;
    }

    set->refs = 1;

    n = hpf_jwt_keys(text, len, jwks, why);

    for (i = 0; i < n; i++) {

        if (!(algs & 1 << jwks[i].alg)) {
            continue;
        }

        key = &set->keys[set->n];

        key->pkey = hpf_jwk_set_pkey(&jwks[i], why);

        if (key->pkey == NULL) {
            break;
        }

        memcpy(key->kid, jwks[i].kid, sizeof(key->kid));
        key->alg = jwks[i].alg;
        set->n++;
    }

    free(jwks);

    if (i == n && set->n) {
        return set;
    }

    if (i == n) {
        *why = "no key that can be used";
    }

    hpf_jwk_set_destroy(set);

    return NULL;
}


static hpf_pkey_t *
hpf_jwk_set_pkey(const hpf_jwk_t *jwk, const char **why)
{
    hpf_crypto_part_t  one, two;

    one.data = jwk->one;
    one.len = jwk->one_len;
    two.data = jwk->two;
    two.len = jwk->two_len;

    switch (jwk->alg) {

    case HPF_JWS_RS256:
        return hpf_pkey_rsa(&one, &two, why);

    case HPF_JWS_ES256:
        return hpf_pkey_point(HPF_PKEY_P256, &one, &two, why);

    default: /* HPF_JWS_SM2 */
        return hpf_pkey_point(HPF_PKEY_SM2, &one, &two, why);
    }
}


void
hpf_jwk_set_ref(hpf_jwk_set_t *set)
{
    set->refs++;
}


void
hpf_jwk_set_destroy(hpf_jwk_set_t *set)
{
    int  i;

    if (set == NULL || --set->refs) {
        return;
    }

    for (i = 0; i < set->n; i++) {
        hpf_pkey_destroy(set->keys[i].pkey);
    }

    free(set);
}


int
hpf_jwk_set_key(const hpf_jwk_set_t *set, const hpf_jws_t *jws,
    hpf_pkey_t **pkey, const char **why)
{
    const hpf_jwk_set_key_t  *key;

    key = hpf_jwk_set_find(set, jws);

    if (key == NULL) {
        *why = "no such key";
        return HPF_AGAIN;
    }

    if (key->alg != jws->alg) {
        *why = "the algorithm is not that of the key";
        return HPF_DECLINED;
    }

    *pkey = key->pkey;

    return HPF_OK;
}


static const hpf_jwk_set_key_t *
hpf_jwk_set_find(const hpf_jwk_set_t *set, const hpf_jws_t *jws)
{
    int                       i;
    const hpf_jwk_set_key_t  *found;

    found = NULL;

    for (i = 0; i < set->n; i++) {

        if (jws->kid[0]) {

            if (strcmp(set->keys[i].kid, jws->kid) == 0) {
                return &set->keys[i];
            }

        } else if (set->keys[i].alg == jws->alg) {

            if (found) {
                return NULL;
            }

            found = &set->keys[i];
        }
    }

    return found;
}
