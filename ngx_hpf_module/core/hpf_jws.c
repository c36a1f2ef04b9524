/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Signed tokens, see the header.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"
#include "hpf_json.h"
#include "hpf_jws.h"


static int hpf_jws_header(hpf_jws_t *jws, const char *text, size_t len,
    const char **why);
static json_t *hpf_jws_object(const char *text, size_t len);


static const char *const  hpf_jws_algs[] = { "RS256", "ES256", "SM2" };


int
hpf_jws_parse(hpf_jws_t *jws, const char *token, size_t len, const char **why)
{
    int          rc;
    ssize_t      n;
    const char  *one, *two, *last;

    memset(jws, 0, sizeof(hpf_jws_t));

    *why = "no token";

    if (len == 0 || len > HPF_JWS_MAX) {
        return HPF_DECLINED;
    }

    last = token + len;

    one = memchr(token, '.', len);
    two = one ? memchr(one + 1, '.', last - one - 1) : NULL;

    if (two == NULL || memchr(two + 1, '.', last - two - 1)) {
        return HPF_DECLINED;
    }

    jws->text = token;
    jws->text_len = two - token;
    jws->payload = one + 1;
    jws->payload_len = two - one - 1;

    *why = "a bad signature";

    if (last - two - 1 > (ptrdiff_t) HPF_BASE64_URL_LEN(HPF_JWS_SIGNATURE)) {
        return HPF_DECLINED;
    }

    n = hpf_base64_url_decode(jws->signature, two + 1, last - two - 1);

    if (n <= 0) {
        return HPF_DECLINED;
    }

    jws->signature_len = n;

    rc = hpf_jws_header(jws, token, one - token, why);

    if (rc != HPF_OK) {
        hpf_jws_free(jws);
    }

    return rc;
}


static int
hpf_jws_header(hpf_jws_t *jws, const char *text, size_t len, const char **why)
{
    json_t      *alg, *kid, *typ;
    const char  *name;

    *why = "a bad header";

    jws->header = hpf_jws_object(text, len);
    if (jws->header == NULL) {
        return HPF_DECLINED;
    }

    alg = json_object_get(jws->header, "alg");
    kid = json_object_get(jws->header, "kid");
    typ = json_object_get(jws->header, "typ");

    *why = "an algorithm that is not taken";

    name = json_string_value(alg);
    jws->alg = name ? hpf_jws_alg(name) : HPF_JWS_ALGS;

    if (jws->alg == HPF_JWS_ALGS) {
        return HPF_DECLINED;
    }

    /* keys that a token brings along (jwk, x5c, jku, x5u) are not looked at */

    *why = "a header that has to be understood";

    if (json_object_get(jws->header, "crit")
        || json_object_get(jws->header, "b64"))
    {
        return HPF_DECLINED;
    }

    *why = "a bad header";

    if ((kid && !json_is_string(kid)) || (typ && !json_is_string(typ))
        || (kid && json_string_length(kid) > HPF_JWS_KID))
    {
        return HPF_DECLINED;
    }

    jws->kid = kid ? json_string_value(kid) : "";

    return HPF_OK;
}


hpf_jws_alg_e
hpf_jws_alg(const char *name)
{
    unsigned  i;

    for (i = 0; i < HPF_JWS_ALGS; i++) {

        if (strcmp(hpf_jws_algs[i], name) == 0) {
            break;
        }
    }

    return i;
}


void
hpf_jws_free(hpf_jws_t *jws)
{
    json_decref(jws->header);
    jws->header = NULL;
}


json_t *
hpf_jws_claims(const hpf_jws_t *jws, const char **why)
{
    *why = "bad claims";

    return hpf_jws_object(jws->payload, jws->payload_len);
}


/* The longest is bounded by that of the token. */

static json_t *
hpf_jws_object(const char *text, size_t len)
{
    json_t            *tree;
    ssize_t            n;
    unsigned char      buf[HPF_BASE64_BYTES(HPF_JWS_MAX)];
    hpf_json_error_t   error;

    n = hpf_base64_url_decode(buf, text, len);

    if (n <= 0) {
        return NULL;
    }

    tree = hpf_json_parse(buf, n, &error);

    if (tree && !json_is_object(tree)) {
        json_decref(tree);
        tree = NULL;
    }

    return tree;
}
