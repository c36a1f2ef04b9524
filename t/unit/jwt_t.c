/* links: core/hpf_jws.c core/hpf_jwt.c core/hpf_jwt_keys.c core/hpf_json.c core/hpf_json_fault.c core/hpf_base64.c crypto/hpf_jwk_set.c crypto/hpf_pkey.c -ljansson -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tokens of an identity provider.  Wycheproof's vectors for signatures in JSON
 * are in no package of Debian, so the ways to forge or bend a token stand here:
 * algorithms that are none, are others, or are chosen by the token; keys that
 * it brings along; encodings that are not the one; claims that are missing, of
 * another type, doubled, or of others.
 */


#include <openssl/core_names.h>

#include "tap.h"
#include "cert_make.h"
#include "hpf_base64.h"
#include "hpf_jwk_set.h"


#define NOW     1700000000
#define CLAIMS  "{\"iss\":\"https://idp\",\"aud\":\"hpf\",\"exp\":1700000300,"  \
                "\"iat\":1700000000,\"jti\":\"1\"}"
#define ALL     7


static hpf_jwt_rules_t  rules = { "https://idp", "hpf", 60, 600 };

static EVP_PKEY       *rsa, *ec, *sm2, *other;
static hpf_jwk_set_t  *set;
static const char     *why;


static char *
b64(const void *data, size_t len)
{
    char  *out;

    out = calloc(1, HPF_BASE64_URL_LEN(len) + 1);
    hpf_base64_url_encode(out, data, len);

    return out;
}


/* r and s as they are, of a signature in DER */

static hpf_crypto_part_t
fixed(hpf_crypto_part_t der)
{
    ECDSA_SIG            *sig;
    unsigned char        *out;
    const unsigned char  *p;

    p = der.data;
    sig = d2i_ECDSA_SIG(NULL, &p, der.len);
    out = malloc(64);

    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32);
    ECDSA_SIG_free(sig);

    der.data = out;
    der.len = 64;

    return der;
}


static char *
token_of(EVP_PKEY *key, const char *header, const char *claims)
{
    char               *text, *token;
    size_t              len;
    hpf_crypto_part_t   sig;

    text = calloc(1, 20000);
    (void) snprintf(text, 20000, "%s.%s", b64(header, strlen(header)),
                    b64(claims, strlen(claims)));

    sig = make_signature(key, NULL, NULL, 0, text);

    if (key != rsa && key != other) {
        sig = fixed(sig);
    }

    len = strlen(text) + 2000;
    token = malloc(len);
    (void) snprintf(token, len, "%s.%s", text, b64(sig.data, sig.len));
    free(text);

    return token;
}


static char *
jwk(EVP_PKEY *key, const char *kid, const char *more)
{
    char           *text;
    size_t          len;
    BIGNUM         *n, *e;
    unsigned char   buf[512], buf2[16], point[65];

    text = malloc(2048);

    if (EVP_PKEY_is_a(key, "RSA")) {
        n = e = NULL;
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e);

        (void) snprintf(text, 2048, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\""
                        "%s\",\"e\":\"%s\"%s}", kid,
                        b64(buf, BN_bn2bin(n, buf)),
                        b64(buf2, BN_bn2bin(e, buf2)), more);
        return text;
    }

    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                    point, sizeof(point), &len);

    (void) snprintf(text, 2048, "{\"kty\":\"EC\",\"kid\":\"%s\",\"crv\":\"%s\","
                    "\"x\":\"%s\",\"y\":\"%s\"%s}", kid,
                    EVP_PKEY_is_a(key, "SM2") ? "SM2" : "P-256",
                    b64(point + 1, 32), b64(point + 33, 32), more);

    return text;
}


static hpf_jwk_set_t *
keys(const char *one, const char *two, const char *three, unsigned algs)
{
    char  text[8192];

    (void) snprintf(text, sizeof(text), "{\"keys\":[%s%s%s%s%s]}", one,
                    two ? "," : "", two ? two : "", three ? "," : "",
                    three ? three : "");

    return hpf_jwk_set_create((unsigned char *) text, strlen(text), algs,
                              &why);
}


/* As whoever logs in by a token: the key first, and the signature by it. */

static int
verify(const hpf_jws_t *jws)
{
    int                 rc;
    hpf_pkey_t         *pkey;
    hpf_crypto_part_t   text, signature;

    rc = hpf_jwk_set_key(set, jws, &pkey, &why);
    if (rc != HPF_OK) {
        return rc;
    }

    why = "the signature is not of this key";

    text.data = jws->text;
    text.len = jws->text_len;
    signature.data = jws->signature;
    signature.len = jws->signature_len;

    return hpf_pkey_verify(pkey, HPF_PKEY_FIXED, &text, &signature);
}


static int
check(const char *token)
{
    int         rc;
    json_t     *claims;
    hpf_jws_t   jws;
    hpf_jwt_t   jwt;

    why = "";

    rc = hpf_jws_parse(&jws, token, strlen(token), &why);
    if (rc != HPF_OK) {
        return rc;
    }

    rc = verify(&jws);

    if (rc == HPF_OK) {
        claims = hpf_jws_claims(&jws, &why);
        rc = claims ? hpf_jwt_check(claims, &rules, NOW, &jwt, &why)
                    : HPF_DECLINED;
        json_decref(claims);
    }

    hpf_jws_free(&jws);

    return rc;
}


static void
refused(const char *token, const char *reason, const char *what)
{
    int  rc;

    rc = check(token);

    if (!ok(rc != HPF_OK && strcmp(why, reason) == 0, "%s", what)) {
        printf("# %d, %s\n", rc, why);
    }
}


static void
good(void)
{
    is_int(check(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS)),
           HPF_OK, "RS256");
    is_int(check(token_of(ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS)),
           HPF_OK, "ES256");
    is_int(check(token_of(sm2, "{\"alg\":\"SM2\",\"kid\":\"s\"}", CLAIMS)),
           HPF_OK, "SM2");
    is_int(check(token_of(ec, "{\"alg\":\"ES256\"}", CLAIMS)), HPF_OK,
           "without a name there is one that it can be");
    is_int(check(token_of(ec, "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"x\":[1]}",
                          CLAIMS)), HPF_OK, "more in the header");
}


static void
headers(void)
{
    char   *t, *p;
    size_t  i;

    static const char *const  algs[] = {
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512",
        "RS1", "RS384", "RS512", "PS256", "ES384", "ES512", "EdDSA", "rs256",
        "RSA1_5", "RS256 "
    };

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        char  header[64];

        (void) snprintf(header, sizeof(header),
                        "{\"alg\":\"%s\",\"kid\":\"r\"}", algs[i]);
        refused(token_of(rsa, header, CLAIMS),
                "an algorithm that is not taken", algs[i]);
    }

    refused(token_of(rsa, "{\"kid\":\"r\"}", CLAIMS),
            "an algorithm that is not taken", "no algorithm");
    refused(token_of(rsa, "{\"alg\":256,\"kid\":\"r\"}", CLAIMS),
            "an algorithm that is not taken", "a number");
    refused(token_of(rsa, "{\"alg\":[\"RS256\"],\"kid\":\"r\"}", CLAIMS),
            "an algorithm that is not taken", "a list");

    /* the key has its algorithm, whatever the token says */

    refused(token_of(ec, "{\"alg\":\"ES256\",\"kid\":\"r\"}", CLAIMS),
            "the algorithm is not that of the key", "ES256 with a key of RSA");
    refused(token_of(ec, "{\"alg\":\"SM2\",\"kid\":\"e\"}", CLAIMS),
            "the algorithm is not that of the key", "SM2 with one of P-256");
    refused(token_of(ec, "{\"alg\":\"ES256\",\"kid\":\"s\"}", CLAIMS),
            "the algorithm is not that of the key", "ES256 with one of SM2");

    /* keys that a token brings along */

    p = malloc(8192);
    (void) snprintf(p, 8192, "{\"alg\":\"RS256\",\"kid\":\"x\",\"jwk\":%s,"
                    "\"jku\":\"https://evil/\",\"x5u\":\"https://evil/\"}",
                    jwk(other, "x", ""));
    refused(token_of(other, p, CLAIMS), "no such key", "its own key");
    (void) snprintf(p, 8192, "{\"alg\":\"RS256\",\"kid\":\"r\",\"jwk\":%s}",
                    jwk(other, "r", ""));
    refused(token_of(other, p, CLAIMS), "the signature is not of this key",
            "its own key of a known name");
    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}",
                     CLAIMS), "no such key", "a name that is a path");
    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":7}", CLAIMS),
            "a bad header", "a name that is none");

    /* what has to be understood, and bad JSON */

    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"exp\"]"
                          ",\"exp\":1}", CLAIMS),
            "a header that has to be understood", "crit");
    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[]}",
                     CLAIMS),
            "a header that has to be understood", "an empty one");
    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\",\"b64\":false}",
                     CLAIMS),
            "a header that has to be understood", "no base64");
    refused(token_of(rsa, "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r\"}",
                     CLAIMS), "a bad header", "a member twice");
    refused(token_of(rsa, "[\"RS256\"]", CLAIMS), "a bad header", "no object");
    refused(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"} x", CLAIMS),
            "a bad header", "something behind it");
    refused(token_of(rsa, "{\"alg\":\"RS256\\u0000\",\"kid\":\"r\"}", CLAIMS),
            "a bad header", "a zero");

    /* the parts */

    t = token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}", CLAIMS);

    refused("", "no token", "nothing");
    refused(".", "no token", "a dot");
    refused("..", "a bad signature", "two dots");
    refused("a.b.c.d", "no token", "four parts");
    refused("a.b.c.d.e", "no token", "five parts, as of an encrypted one");

    p = strdup(t);
    *strrchr(p, '.') = '\0';
    refused(p, "no token", "two parts");
    p = strdup(t);
    strrchr(p, '.')[1] = '\0';
    refused(p, "a bad signature", "no signature");
    p = malloc(20000);
    (void) snprintf(p, 20000, "%s=", t);
    refused(p, "a bad signature", "padding");
    (void) snprintf(p, 20000, "%s\n", t);
    refused(p, "a bad signature", "a line feed");
    (void) snprintf(p, 20000, " %s", t);
    refused(p, "a bad header", "a blank");
    (void) snprintf(p, 20000, "%s.x", t);
    refused(p, "no token", "one more part");
    memset(p, 'A', HPF_JWS_MAX + 1);
    p[HPF_JWS_MAX + 1] = '\0';
    refused(p, "no token", "a long one");

    t = strdup(t);
    strchr(t, '.')[3] ^= 1;
    refused(t, "the signature is not of this key", "another claim");
}


static void
signatures(void)
{
    char               *text, *t, *p;
    unsigned char       zero[64] = { 0 };
    hpf_crypto_part_t   sig;

    text = calloc(1, 4096);
    (void) snprintf(text, 4096, "%s.%s",
                    b64("{\"alg\":\"ES256\",\"kid\":\"e\"}", 25),
                    b64(CLAIMS, strlen(CLAIMS)));
    t = malloc(8192);

    (void) snprintf(t, 8192, "%s.%s", text, b64(zero, 64));
    refused(t, "the signature is not of this key", "r = s = 0");

    sig = make_signature(ec, "SHA256", NULL, 0, text);
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, sig.len));
    refused(t, "the signature is not of this key", "DER");

    sig = fixed(sig);
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, 63));
    refused(t, "the signature is not of this key", "cut");
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, 64));
    is_int(check(t), HPF_OK, "whole");

    /* the last character has bits to spare, which must be zero */

    p = strdup(t);
    p[strlen(p) - 1]++;
    refused(p, "a bad signature", "another text of the same bytes");

    sig = fixed(make_signature(ec, "SHA512", NULL, 0, text));
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, 64));
    refused(t, "the signature is not of this key", "another digest");

    (void) snprintf(text, 4096, "%s.%s",
                    b64("{\"alg\":\"RS256\",\"kid\":\"r\"}", 25),
                    b64(CLAIMS, strlen(CLAIMS)));
    sig = make_signature(rsa, "SHA256", NULL, RSA_PKCS1_PSS_PADDING, text);
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, sig.len));
    refused(t, "the signature is not of this key", "PSS as RS256");
    sig = make_signature(other, "SHA256", NULL, 0, text);
    (void) snprintf(t, 8192, "%s.%s", text, b64(sig.data, sig.len));
    refused(t, "the signature is not of this key", "of another key");
}


static void
claims(void)
{
    size_t  i;

    static const struct {
        const char  *claims;
        const char  *reason;           /* NULL: taken */
        const char  *what;
    } all[] = {
#define C(iss, aud, exp, iat, more)                                          \
        "{\"iss\":" iss ",\"aud\":" aud ",\"exp\":" exp ",\"iat\":" iat more "}"
#define I  "\"https://idp\""
#define A  "\"hpf\""
#define J  ",\"jti\":\"1\""

        { C(I, "[\"x\",\"hpf\"]", "1700000300", "1700000000", J), NULL,
          "one of several audiences" },
        { C(I, A, "1700000300.5", "1699999999.5", J), NULL,
          "parts of seconds" },
        { C(I, A, "1699999941", "1699999900", J), NULL,
          "expired within the leeway" },
        { C(I, A, "1699999940", "1699999900", J), "expired", "expired" },
        { C(I, A, "1700000300", "1700000060", J), NULL,
          "a clock that is ahead within the leeway" },
        { C(I, A, "1700000300", "1700000061", J), "from the future",
          "issued later" },
        { C(I, A, "1700000300", "1700000000", J ",\"nbf\":1700000061"),
          "from the future", "not yet" },
        { C(I, A, "1700000300", "1700000000", J ",\"nbf\":1700000060"), NULL,
          "not yet within the leeway" },
        { C(I, A, "1700000300", "1700000000", J ",\"nbf\":\"0\""),
          "a time is missing or bad", "a time as a text" },
        { C(I, A, "1700000601", "1700000000", J), "it holds too long",
          "longer than is taken" },
        { C(I, A, "\"1700000300\"", "1700000000", J),
          "a time is missing or bad", "an end as a text" },
        { C(I, A, "null", "1700000000", J), "a time is missing or bad",
          "no end" },
        { C(I, A, "true", "1700000000", J), "a time is missing or bad",
          "true" },
        { C(I, A, "-1", "1700000000", J), "a time is missing or bad",
          "before all time" },
        { C(I, A, "1e300", "1700000000", J), "a time is missing or bad",
          "after all time" },
        { C(I, A, "1700000300", "null", J), "a time is missing or bad",
          "issued at no time" },
        { C(I, A, "1700000300", "1700000000", ""), "no jti", "no jti" },
        { C(I, A, "1700000300", "1700000000", ",\"jti\":\"\""), "no jti",
          "an empty one" },
        { C(I, A, "1700000300", "1700000000", ",\"jti\":1"), "no jti",
          "a number" },
        { C("\"https://idp/\"", A, "1700000300", "1700000000", J),
          "another issuer", "almost the issuer" },
        { C("[\"https://idp\"]", A, "1700000300", "1700000000", J),
          "another issuer", "a list of issuers" },
        { C(I, "\"hpf2\"", "1700000300", "1700000000", J),
          "for another audience", "another audience" },
        { C(I, "[]", "1700000300", "1700000000", J), "for another audience",
          "no audience" },
        { C(I, "{\"hpf\":1}", "1700000300", "1700000000", J),
          "for another audience", "an object" },
        { C(I, A, "1700000300", "1700000000", J ",\"iss\":\"x\""),
          "bad claims", "a claim twice" },
        { "[]", "bad claims", "no object" },
        { "{}", "another issuer", "nothing" },
        { CLAIMS "x", "bad claims", "something behind" },
        { "{\"iss\":\"\xff\"}", "bad claims", "no UTF-8" },
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char  *token;

        token = token_of(ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}",
                         all[i].claims);

        if (all[i].reason) {
            refused(token, all[i].reason, all[i].what);

        } else {
            is_int(check(token), HPF_OK, "%s", all[i].what);
        }
    }
}


static void
sets(void)
{
    EVP_PKEY       *weak;
    hpf_jwk_set_t  *one;

    one = keys(jwk(ec, "e", ""), "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
               "{\"kty\":\"new\",\"kid\":7}", ALL);
    ok(one != NULL, "keys that are not for us are passed over");
    hpf_jwk_set_destroy(one);

    one = keys(jwk(ec, "e", ",\"use\":\"sig\",\"alg\":\"ES256\","
                            "\"key_ops\":[\"verify\"]"), NULL, NULL, ALL);
    ok(one != NULL, "a key that says what it is for");
    hpf_jwk_set_destroy(one);

    ok(keys(jwk(ec, "e", ",\"use\":\"enc\""), NULL, NULL, ALL) == NULL,
       "for encryption");
    ok(keys(jwk(ec, "e", ",\"key_ops\":[\"sign\"]"), NULL, NULL, ALL) == NULL,
       "not to verify with");
    ok(keys(jwk(ec, "e", ",\"alg\":\"ES384\""), NULL, NULL, ALL) == NULL,
       "of another algorithm");
    ok(keys(jwk(ec, "e", ",\"d\":\"AA\""), NULL, NULL, ALL) == NULL
       && strcmp(why, "a private key") == 0, "a private key");
    ok(keys("{\"kty\":\"oct\",\"k\":\"AAAA\"}", jwk(ec, "e", ""), NULL, ALL)
       == NULL, "a shared secret");
    ok(keys(jwk(ec, "e", ""), jwk(rsa, "e", ""), NULL, ALL) == NULL
       && strcmp(why, "two keys of one name") == 0, "two of one name");
    ok(keys(jwk(sm2, "s", ""), NULL, NULL, 3) == NULL,
       "SM2 where it was not configured");
    ok(keys("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
            NULL, NULL, ALL) == NULL, "no point: it is refused");
    ok(keys("7", NULL, NULL, ALL) == NULL, "no key");

    weak = make_key("RSA:1024");
    ok(keys(jwk(weak, "w", ""), NULL, NULL, ALL) == NULL
       && strcmp(why, "the key is too short") == 0, "a weak one");
    EVP_PKEY_free(weak);

    ok(hpf_jwk_set_create((unsigned char *) "{}", 2, ALL, &why) == NULL,
       "no set");
    ok(hpf_jwk_set_create((unsigned char *) "{\"keys\":[]}", 11, ALL, &why)
       == NULL, "an empty one");
    ok(hpf_jwk_set_create((unsigned char *) "", 0, ALL, &why) == NULL,
       "nothing");

    /* without a name there must be no choice */

    one = set;
    set = keys(jwk(rsa, "1", ""), jwk(other, "2", ""), NULL, ALL);
    refused(token_of(rsa, "{\"alg\":\"RS256\"}", CLAIMS), "no such key",
            "without a name one of two is not chosen");
    hpf_jwk_set_destroy(set);
    set = one;
}


int
main(void)
{
    plan(0);

    rsa = make_key("RSA:2048");
    other = make_key("RSA:2048");
    ec = make_key("EC:P-256");
    sm2 = make_key("SM2");

    set = keys(jwk(rsa, "r", ""), jwk(ec, "e", ""), jwk(sm2, "s", ""), ALL);
    ok(set != NULL, "a set of three");

    good();
    headers();
    signatures();
    claims();
    sets();

    return done();
}
