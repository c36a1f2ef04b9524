/* links: core/hpf_jws.c core/hpf_jwt.c core/hpf_jwt_keys.c core/hpf_json.c core/hpf_json_fault.c core/hpf_base64.c crypto/hpf_jwk_set.c crypto/hpf_pkey.c -ljansson -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tokens and sets of keys: whatever comes in, what is taken for a token lies
 * within the input and is of an algorithm that there is, no key of ours has
 * signed it, and a set that is taken has keys.  Claims are read as if it had
 * been signed.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_jwk_set.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A point of P-256 whose private key nobody has kept. */

static const char  ours[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"one\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";


static void
token(const hpf_jwk_set_t *set, const char *text, size_t size)
{
    json_t           *claims;
    hpf_jws_t         jws;
    hpf_jwt_t         jwt;
    const char       *why;
    hpf_jwt_rules_t   rules = { "i", "a", 60, 600 };

    if (hpf_jws_parse(&jws, text, size, &why) != HPF_OK) {

        if (jws.header) {
            abort();
        }

        return;
    }

    if (jws.text != text || jws.text_len > size || jws.payload < text
        || jws.payload + jws.payload_len > text + size
        || jws.alg >= HPF_JWS_ALGS || jws.signature_len == 0
        || jws.signature_len > HPF_JWS_SIGNATURE)
    {
        abort();
    }

    if (hpf_jwk_set_verify(set, &jws, &why) == HPF_OK) {
        abort();
    }

    claims = hpf_jws_claims(&jws, &why);

    if (claims && hpf_jwt_check(claims, &rules, 1000, &jwt, &why) == HPF_OK
        && (jwt.jti == NULL || jwt.ends <= 1000))
    {
        abort();
    }

    json_decref(claims);
    hpf_jws_free(&jws);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char            *why;
    hpf_jwk_set_t         *other;
    static hpf_jwk_set_t  *set;

    if (set == NULL) {
        set = hpf_jwk_set_create((const unsigned char *) ours,
                                 sizeof(ours) - 1, 7, &why);
        if (set == NULL) {
            abort();
        }
    }

    if (size && data[0] == '{') {
        other = hpf_jwk_set_create(data, size, 7, &why);
        hpf_jwk_set_destroy(other);

    } else {
        token(set, (const char *) data, size);
    }

    return 0;
}
