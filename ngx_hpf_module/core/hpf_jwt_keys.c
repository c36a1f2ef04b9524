/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sets of keys (JWKS), see hpf_jwt.h.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_json.h"
#include "hpf_jwt.h"


static int hpf_jwt_keys_read(const json_t *list, hpf_jwk_t *keys,
    const char **why);
static int hpf_jwt_keys_one(const json_t *object, hpf_jwk_t *key,
    const char **why);
static int hpf_jwt_keys_kind(const json_t *object, hpf_jwk_t *key);
static int hpf_jwt_keys_number(const json_t *object, const char *name,
    unsigned char *out, size_t *len);
static int hpf_jwt_keys_has(const json_t *list, const char *text);


int
hpf_jwt_keys(const unsigned char *text, size_t len, hpf_jwk_t *keys,
    const char **why)
{
    int                n;
    json_t            *tree, *list;
    hpf_json_error_t   error;

    *why = "no set of keys";

    tree = len && len <= HPF_JWT_KEYS_MAX ? hpf_json_parse(text, len, &error)
                                          : NULL;
    list = json_object_get(tree, "keys");

    n = json_is_array(list) ? hpf_jwt_keys_read(list, keys, why) : HPF_ERROR;

    json_decref(tree);

    return n;
}


static int
hpf_jwt_keys_read(const json_t *list, hpf_jwk_t *keys, const char **why)
{
    int     i, n, rc;
    size_t  at;

    n = 0;

    for (at = 0; at < json_array_size(list); at++) {

        *why = "too many keys";

        if (n == HPF_JWT_KEYS) {
            return HPF_ERROR;
        }

        rc = hpf_jwt_keys_one(json_array_get(list, at), &keys[n], why);

        if (rc == HPF_ERROR) {
            return HPF_ERROR;
        }

        if (rc == HPF_DECLINED) {
            continue;
        }

        for (i = 0; i < n; i++) {

            if (strcmp(keys[i].kid, keys[n].kid) == 0) {
                *why = "two keys of one name";
                return HPF_ERROR;
            }
        }

        n++;
    }

    return n;
}


/* HPF_DECLINED: not for us. */

static int
hpf_jwt_keys_one(const json_t *object, hpf_jwk_t *key, const char **why)
{
    json_t      *kid, *ops;
    const char  *use, *alg;

    *why = "no key";

    if (!json_is_object(object)) {
        return HPF_ERROR;
    }

    /* whoever publishes it has none any more; and "oct" has its own in "k" */

    *why = "a private key";

    if (json_object_get(object, "d") || json_object_get(object, "k")) {
        return HPF_ERROR;
    }

    use = json_string_value(json_object_get(object, "use"));
    ops = json_object_get(object, "key_ops");
    alg = json_string_value(json_object_get(object, "alg"));
    kid = json_object_get(object, "kid");

    if ((use && strcmp(use, "sig") != 0)
        || (ops && !hpf_jwt_keys_has(ops, "verify"))
        || hpf_jwt_keys_kind(object, key) != HPF_OK
        || (alg && hpf_jws_alg(alg) != key->alg))
    {
        return HPF_DECLINED;
    }

    *why = "a bad name of a key";

    if (kid && (!json_is_string(kid) || json_string_length(kid) > HPF_JWS_KID))
    {
        return HPF_ERROR;
    }

    memcpy(key->kid, kid ? json_string_value(kid) : "",
           kid ? json_string_length(kid) + 1 : 1);

    return HPF_OK;
}


static int
hpf_jwt_keys_kind(const json_t *object, hpf_jwk_t *key)
{
    const char  *kty, *crv;

    kty = json_string_value(json_object_get(object, "kty"));
    crv = json_string_value(json_object_get(object, "crv"));

    if (kty == NULL) {
        return HPF_DECLINED;
    }

    if (strcmp(kty, "RSA") == 0) {
        key->alg = HPF_JWS_RS256;

        return hpf_jwt_keys_number(object, "n", key->one, &key->one_len)
                   == HPF_OK
               && hpf_jwt_keys_number(object, "e", key->two, &key->two_len)
                   == HPF_OK ? HPF_OK : HPF_DECLINED;
    }

    if (strcmp(kty, "EC") != 0 || crv == NULL) {
        return HPF_DECLINED;
    }

    if (strcmp(crv, "P-256") == 0) {
        key->alg = HPF_JWS_ES256;

    } else if (strcmp(crv, "SM2") == 0) {
        key->alg = HPF_JWS_SM2;

    } else {
        return HPF_DECLINED;
    }

    return hpf_jwt_keys_number(object, "x", key->one, &key->one_len) == HPF_OK
           && hpf_jwt_keys_number(object, "y", key->two, &key->two_len)
              == HPF_OK ? HPF_OK : HPF_DECLINED;
}


static int
hpf_jwt_keys_number(const json_t *object, const char *name, unsigned char *out,
    size_t *len)
{
    json_t   *member;
    ssize_t   n;

    member = json_object_get(object, name);

    if (!json_is_string(member)
        || json_string_length(member) > HPF_BASE64_URL_LEN(HPF_JWT_NUMBER))
    {
        return HPF_DECLINED;
    }

    n = hpf_base64_url_decode(out, json_string_value(member),
                              json_string_length(member));

    if (n <= 0) {
        return HPF_DECLINED;
    }

    *len = n;

    return HPF_OK;
}


static int
hpf_jwt_keys_has(const json_t *list, const char *text)
{
    size_t       i;
    const char  *one;

    for (i = 0; i < json_array_size(list); i++) {
        one = json_string_value(json_array_get(list, i));

        if (one && strcmp(one, text) == 0) {
            return 1;
        }
    }

    return 0;
}
