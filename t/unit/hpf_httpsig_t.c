/* links: core/hpf_httpsig.c core/hpf_sf.c core/hpf_base64.c core/hpf_content_digest.c crypto/hpf_sign.c crypto/hpf_crypto.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Message signatures: the HMAC example of RFC 9421 (B.2.5), the base of a
 * request of a channel, each rule of what is refused and why, and the
 * normalisation of values; Content-Digest.
 */


#include "tap.h"
#include "hpf_base64.h"
#include "hpf_content_digest.h"
#include "hpf_httpsig.h"
#include "hpf_sign.h"


#define COVER    "(\"@method\" \"@authority\" \"@path\" \"@query\" " \
                 "\"content-digest\")"
#define PARAMS   ";created=1000;nonce=\"n1\";keyid=\"kiosk:1\""
#define SIG      "hpf=:AAAA:"

typedef struct {
    const char   *name;
    const char   *value;
} field_t;


static const field_t  request[] = {
    { "@method", "POST" },
    { "@authority", "Example.COM" },
    { "@path", "/v1/items/account-query" },
    { "@query", "a=b&c=%20" },
    { "@scheme", "HTTPS" },
    { "@target-uri", "https://example.com/v1/items/account-query?a=b&c=%20" },
    { "@request-target", "/v1/items/account-query?a=b&c=%20" },
    { "date", "Tue, 20 Apr 2021 02:07:55 GMT" },
    { "content-type", "application/json" },
    { "content-digest", "sha-256=:x:" },
    { "x-two", " a \t" },
    { "x-two", "b\r\n \t c" },
    { "x-empty", "  " },
    { "x-high", "a\xc3\xa4" },
    { "x-ctl", "a\x01" },
    { "x-bad-fold", "a\r\nb" },
    { "authorization", "Bearer t" },
    { NULL, NULL }
};


static int
value(void *data, const hpf_sf_text_t *name, hpf_httpsig_base_t *base)
{
    int             found;
    const field_t  *f;

    found = 0;

    for (f = data; f->name; f++) {
        if (hpf_sf_is(name, f->name)) {
            hpf_httpsig_add(base, f->value, strlen(f->value));
            found = 1;
        }
    }

    return found ? 0 : -5;
}


static hpf_httpsig_reason_e
parse(hpf_httpsig_t *sig, const char *label, const char *input,
    const char *signature)
{
    hpf_sf_text_t  i, s;

    i.data = input;
    i.len = strlen(input);
    s.data = signature;
    s.len = strlen(signature);

    return hpf_httpsig_parse(sig, label, &i, &s);
}


/* the base of these components; or "-" when it is refused */

static size_t
base_of(const char *input, const field_t *fields, char *out, size_t size)
{
    hpf_httpsig_t       sig;
    hpf_httpsig_base_t  base;

    base.start = out;
    base.last = out + size;

    if (parse(&sig, "hpf", input, SIG) != HPF_HTTPSIG_OK
        || hpf_httpsig_base(&sig, &base, value, (void *) fields)
           != HPF_HTTPSIG_OK)
    {
        out[0] = '-';
        return 1;
    }

    return base.pos - base.start;
}


static void
rfc_example(void)
{
    char                 text[512];
    ssize_t              n;
    const char          *why;
    hpf_crypto_t        *c;
    unsigned char        secret[96];
    hpf_httpsig_t        sig;
    hpf_sign_key_t      *key;
    hpf_crypto_part_t    material, alg, part, signature;
    hpf_httpsig_base_t   base;

    static const field_t  fields[] = {
        { "date", "Tue, 20 Apr 2021 02:07:55 GMT" },
        { "@authority", "example.com" },
        { "content-type", "application/json" },
        { NULL, NULL }
    };

    is_int(parse(&sig, "sig-b25", "sig-b25=(\"date\" \"@authority\" "
                 "\"content-type\");created=1618884473;"
                 "keyid=\"test-shared-secret\"",
                 "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"),
           HPF_HTTPSIG_OK, "B.2.5 parsed");

    base.start = text;
    base.last = text + sizeof(text);

    is_int(hpf_httpsig_base(&sig, &base, value, (void *) fields),
           HPF_HTTPSIG_OK, "B.2.5 base");
    is_str(text, base.pos - text,
           "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
           "\"@authority\": example.com\n"
           "\"content-type\": application/json\n"
           "\"@signature-params\": (\"date\" \"@authority\" \"content-type\")"
           ";created=1618884473;keyid=\"test-shared-secret\"",
           "B.2.5 base text");

    n = hpf_base64_decode(secret, "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46Y"
                          "W4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
                          88);
    is_int(n, 64, "the shared secret");

    c = hpf_crypto_create();
    material.data = secret;
    material.len = n;

    key = hpf_sign_key_create(c, "hmac-sha256", &material, &why);
    ok(key != NULL, "its key");
    is_str(hpf_sign_key_alg(key), strlen(hpf_sign_key_alg(key)),
           "hmac-sha256", "its algorithm");

    part.data = text;
    part.len = base.pos - text;
    signature.data = sig.signature;
    signature.len = sig.signature_len;
    alg.data = NULL;
    alg.len = 0;

    is_int(hpf_sign_verify(key, &part, &signature), 0, "B.2.5 verified");
    ok(hpf_sign_fits(key, &alg), "no alg named");

    alg.data = "hmac-sha256";
    alg.len = 11;
    ok(hpf_sign_fits(key, &alg), "alg named");

    alg.data = "ed25519";
    alg.len = 7;
    ok(!hpf_sign_fits(key, &alg), "another alg");

    alg.len = 0;
    ok(!hpf_sign_fits(key, &alg), "an alg without a name");

    signature.len--;
    is_int(hpf_sign_verify(key, &part, &signature), -5, "cut off");

    signature.len++;
    text[3] ^= 1;
    is_int(hpf_sign_verify(key, &part, &signature), -5, "changed");

    hpf_sign_key_destroy(key);

    material.len = 31;
    ok(hpf_sign_key_create(c, "hmac-sha256", &material, &why) == NULL
       && strstr(why, "32") != NULL, "a short secret is refused");
    material.len = 32;
    ok(hpf_sign_key_create(c, "none", &material, &why) == NULL
       && strstr(why, "not known") != NULL, "no algorithm is refused");

    hpf_crypto_destroy(c);
}


static void
bases(void)
{
    int      bad;
    char     out[1024];
    size_t   n, full;

    static const field_t  none[] = {
        { "@query", "" }, { "@path", "" }, { NULL, NULL }
    };

    n = base_of("hpf=(\"@method\" \"@authority\" \"@path\" \"@query\" "
                "\"@scheme\" \"@target-uri\" \"@request-target\" \"x-two\" "
                "\"x-empty\");created=1;nonce=\"a\\\"b\"",
                request, out, sizeof(out));
    is_str(out, n,
           "\"@method\": POST\n"
           "\"@authority\": example.com\n"
           "\"@path\": /v1/items/account-query\n"
           "\"@query\": ?a=b&c=%20\n"
           "\"@scheme\": https\n"
           "\"@target-uri\": "
           "https://example.com/v1/items/account-query?a=b&c=%20\n"
           "\"@request-target\": /v1/items/account-query?a=b&c=%20\n"
           "\"x-two\": a, b c\n"
           "\"x-empty\": \n"
           "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" "
           "\"@query\" \"@scheme\" \"@target-uri\" \"@request-target\" "
           "\"x-two\" \"x-empty\");created=1;nonce=\"a\\\"b\"",
           "every component");

    full = n;
    bad = 0;

    for (n = 0; n < full; n++) {
        bad += base_of("hpf=(\"@method\" \"@authority\" \"@path\" \"@query\" "
                       "\"@scheme\" \"@target-uri\" \"@request-target\" "
                       "\"x-two\" \"x-empty\");created=1;nonce=\"a\\\"b\"",
                       request, out, n) != 1;
    }

    is_int(bad, 0, "no buffer that is too small");

    n = base_of("hpf=(\"@path\" \"@query\")", none, out, sizeof(out));
    is_str(out, n, "\"@path\": /\n\"@query\": ?\n"
           "\"@signature-params\": (\"@path\" \"@query\")", "empty ones");

    n = base_of("hpf=( \"date\"  );created=1 ", request, out, sizeof(out));
    is_str(out, n, "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
           "\"@signature-params\": (\"date\");created=1", "as it is written");

    n = base_of("hpf=(\"date\"   \"@path\");created=007; a=?1;b=?0;  c=-0;"
                "d=1.50;e=-2.000;f=@09;g=tok/en;h=:AAAA:;i=\"a\\\"b\";d2=.5",
                request, out, sizeof(out));
    is_str(out, n, "-", "and what is no parameter is refused");

    n = base_of("hpf=(\"date\"   \"@path\") ;created=1", request, out,
                sizeof(out));
    is_str(out, n, "-", "nor a space before one");

    n = base_of("hpf=(\"date\"   \"@path\");created=007; a=?1;b=?0;  c=-0;"
                "d=1.50;e=-2.000;f=@09;g=tok/en;h=:AAAA:;i=\"a\\\"b\";j",
                request, out, sizeof(out));
    is_str(out, n, "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
           "\"@path\": /v1/items/account-query\n"
           "\"@signature-params\": (\"date\" \"@path\");created=7;a;b=?0;"
           "c=0;d=1.5;e=-2.0;f=@9;g=tok/en;h=:AAAA:;i=\"a\\\"b\";j",
           "parameters that are not known, in their one spelling");

    is_str(out, base_of("hpf=(\"x-high\")", request, out, sizeof(out)), "-",
           "not ASCII");
    is_str(out, base_of("hpf=(\"x-ctl\")", request, out, sizeof(out)), "-",
           "a control character");
    is_str(out, base_of("hpf=(\"x-bad-fold\")", request, out, sizeof(out)),
           "-", "a line break");
    is_str(out, base_of("hpf=(\"x-none\")", request, out, sizeof(out)), "-",
           "not in the request");
}


static void
malformed(void)
{
    size_t         i;
    hpf_httpsig_t  sig;

    static const char  too_many[] =
        "hpf=(\"a\" \"b\" \"c\" \"d\" \"e\" \"f\" \"g\" \"h\" \"i\" \"j\" "
        "\"k\" \"l\" \"m\" \"n\" \"o\" \"p\" \"q\")";

    static const char  *inputs[] = {
        "hpf=(\"@method\" \"@method\")",
        "hpf=(\"date\" \"@method\" \"date\")",
        "hpf=(\"@status\")",
        "hpf=(\"@signature-params\")",
        "hpf=(\"@query-param\";name=\"a\")",
        "hpf=(\"@query-param\")",
        "hpf=(\"Date\")",
        "hpf=(\"\")",
        "hpf=(\"a b\")",
        "hpf=(\"a\\\"b\")",
        "hpf=(\"date\";sf)",
        "hpf=(\"date\";bs)",
        "hpf=(\"date\";key=\"a\")",
        "hpf=(\"@method\";req)",
        "hpf=(\"date\";tr)",
        "hpf=(date)",
        "hpf=(1)",
        "hpf=\"x\"",
        "hpf",
        "hpf=(\"date\"",
        "hpf=(\"date\" \"b\"),",
        "hpf=(\"date\"\"b\")",
        "hpf=(\"date\"),hpf=(\"date\")",
        "hpf=(\"date\");created=1;created=1",
        "hpf=(\"date\");created=\"1\"",
        "hpf=(\"date\");created=-1",
        "hpf=(\"date\");created=1.5",
        "hpf=(\"date\");created",
        "hpf=(\"date\");nonce=n",
        "hpf=(\"date\");nonce=\"a\";nonce=\"b\"",
        "hpf=(\"date\");keyid=1",
        "hpf=(\"date\");alg=\"a\";alg=\"a\"",
        too_many
    };

    static const char  *signatures[] = {
        "hpf=:AAA:", "hpf=::", "hpf=\"AAAA\"", "hpf=:AAAA:, hpf=:AAAA:",
        "hpf=:AAAA", "hpf=?1", "hpf", "hpf=(:AAAA:)"
    };

    for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        is_int(parse(&sig, "hpf", inputs[i], SIG), HPF_HTTPSIG_MISMATCH,
               "refused: %s", inputs[i]);
        ok(sig.why != NULL, "because %s", sig.why ? sig.why : "-");
    }

    for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        is_int(parse(&sig, "hpf", "hpf=(\"date\")", signatures[i]),
               HPF_HTTPSIG_MISMATCH, "refused: %s", signatures[i]);
        ok(sig.why != NULL, "because %s", sig.why ? sig.why : "-");
    }

    is_int(parse(&sig, "hpf", "", ""), HPF_HTTPSIG_MISSING, "no headers");
    is_int(parse(&sig, "hpf", "other=(\"date\")", SIG), HPF_HTTPSIG_MISSING,
           "no label in Signature-Input");
    is_int(parse(&sig, "hpf", "hpf=(\"date\")", "other=:AAAA:"),
           HPF_HTTPSIG_MISSING, "no label in Signature");
    is_int(parse(&sig, "hpf", "a=1, hpf=(\"date\");created=5, b=(1 2);c",
                 "z=:AA==:, hpf=:AAAA:"), HPF_HTTPSIG_OK, "among others");
    is_int(sig.created, 5, "its own parameters");
    is_int(sig.signature_len, 3, "its own signature");
}


static hpf_httpsig_reason_e
check(const char *input, int64_t now, unsigned query, unsigned body,
    unsigned authorization)
{
    hpf_httpsig_t         sig;
    hpf_httpsig_policy_t  policy;
    hpf_httpsig_reason_e  reason;

    policy.now = now;
    policy.window = 300;
    policy.has_query = query;
    policy.has_body = body;
    policy.has_authorization = authorization;

    reason = parse(&sig, "hpf", input, SIG);

    return reason ? reason : hpf_httpsig_check(&sig, &policy);
}


static void
checks(void)
{
    hpf_httpsig_t         sig;
    hpf_httpsig_policy_t  policy;

    is_int(check("hpf=" COVER PARAMS, 1000, 1, 1, 0), HPF_HTTPSIG_OK, "good");
    is_int(check("hpf=" COVER PARAMS, 1300, 1, 1, 0), HPF_HTTPSIG_OK, "+300");
    is_int(check("hpf=" COVER PARAMS, 700, 1, 1, 0), HPF_HTTPSIG_OK, "-300");
    is_int(check("hpf=" COVER PARAMS, 1301, 1, 1, 0), HPF_HTTPSIG_EXPIRED,
           "+301");
    is_int(check("hpf=" COVER PARAMS, 699, 1, 1, 0), HPF_HTTPSIG_EXPIRED,
           "-301");
    is_int(check("hpf=" COVER PARAMS ";expires=1001", 1000, 1, 1, 0),
           HPF_HTTPSIG_OK, "not expired yet");
    is_int(check("hpf=" COVER PARAMS ";expires=1000", 1000, 1, 1, 0),
           HPF_HTTPSIG_EXPIRED, "expired");
    is_int(check("hpf=" COVER PARAMS, 1000, 1, 1, 1), HPF_HTTPSIG_MISSING,
           "authorization is not covered");
    is_int(check("hpf=(\"@method\" \"@authority\" \"@path\")" PARAMS, 1000,
                 0, 0, 0), HPF_HTTPSIG_OK, "no query, no body");
    is_int(check("hpf=(\"@method\" \"@authority\" \"@path\")" PARAMS, 1000,
                 1, 0, 0), HPF_HTTPSIG_MISSING, "@query is not covered");
    is_int(check("hpf=(\"@method\" \"@authority\" \"@path\")" PARAMS, 1000,
                 0, 1, 0), HPF_HTTPSIG_MISSING, "the body is not covered");
    is_int(check("hpf=(\"@authority\" \"@path\")" PARAMS, 1000, 0, 0, 0),
           HPF_HTTPSIG_MISSING, "@method is not covered");
    is_int(check("hpf=(\"@method\" \"@path\")" PARAMS, 1000, 0, 0, 0),
           HPF_HTTPSIG_MISSING, "@authority is not covered");
    is_int(check("hpf=(\"@method\" \"@authority\")" PARAMS, 1000, 0, 0, 0),
           HPF_HTTPSIG_MISSING, "@path is not covered");
    is_int(check("hpf=" COVER ";nonce=\"n\";keyid=\"a:1\"", 1000, 1, 1, 0),
           HPF_HTTPSIG_MISSING, "no created");
    is_int(check("hpf=" COVER ";created=1000;keyid=\"a:1\"", 1000, 1, 1, 0),
           HPF_HTTPSIG_MISSING, "no nonce");
    is_int(check("hpf=" COVER ";created=1000;nonce=\"n\"", 1000, 1, 1, 0),
           HPF_HTTPSIG_MISSING, "no keyid");
    is_int(check("hpf=" COVER ";created=1000;nonce=\"\";keyid=\"a:1\"", 1000,
                 1, 1, 0), HPF_HTTPSIG_MISMATCH, "an empty nonce");
    is_int(check("hpf=" COVER ";created=1000;nonce=\"n\";keyid=\"a\"", 1000,
                 1, 1, 0), HPF_HTTPSIG_MISMATCH, "a keyid without a key");
    is_int(check("hpf=" COVER ";created=1000;nonce=\"n\";keyid=\":1\"", 1000,
                 1, 1, 0), HPF_HTTPSIG_MISMATCH, "a keyid without a channel");
    is_int(check("hpf=" COVER ";created=999999999999999;nonce=\"n\""
                 ";keyid=\"a:1\"", 1000, 1, 1, 0), HPF_HTTPSIG_EXPIRED,
           "the greatest integer");

    memset(&policy, 0, sizeof(policy));
    policy.now = 1000;
    policy.window = 300;

    parse(&sig, "hpf", "hpf=" COVER PARAMS ";alg=\"sm2-sm3\";tag=\"t\"", SIG);
    hpf_httpsig_check(&sig, &policy);
    is_str(sig.channel.data, sig.channel.len, "kiosk", "the channel");
    is_str(sig.key.data, sig.key.len, "1", "the key");
    is_str(sig.alg.data, sig.alg.len, "sm2-sm3", "alg");
    is_str(sig.tag.data, sig.tag.len, "t", "tag");
    is_str(sig.nonce.data, sig.nonce.len, "n1", "nonce");
    is_str(hpf_httpsig_reason(HPF_HTTPSIG_REPLAYED), 8, "replayed", "reason");
    is_str(hpf_httpsig_reason(HPF_HTTPSIG_DIGEST), 6, "digest", "reason");
}


#define EMPTY     "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define EMPTY512  "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+D" \
                  "GNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="


static void
digest(const char *text, int rc, unsigned has, const char *name)
{
    hpf_content_digest_t  d;

    is_int(hpf_content_digest_parse(&d, text, strlen(text)), rc, "%s", name);

    if (rc == 0) {
        is_int(d.has, has, "which of them");
        ok((!(d.has & 1) || d.bytes[HPF_CONTENT_DIGEST_SHA256][0] == 0xe3)
           && (!(d.has & 2) || d.bytes[HPF_CONTENT_DIGEST_SHA512][63] == 0x3e)
           && (!(d.has & 4) || d.bytes[HPF_CONTENT_DIGEST_SM3][31] == 0x55),
           "their bytes");
    }
}


static void
digests(void)
{
    digest("sha-256=:" EMPTY ":", 0, 1, "sha-256");
    digest("sha-512=:" EMPTY512 ":", 0, 2, "sha-512");
    digest("sm3=:" EMPTY ":", 0, 4, "sm3");
    digest("md5=:AA==:, sha-256=:" EMPTY ":;p, sm3=:" EMPTY ":", 0, 5, "both");
    digest("sha-512=:" EMPTY512 ":, sha-256=:" EMPTY ":", 0, 3, "of RFC 9530");
    digest("", -5, 0, "none");
    digest("md5=:AAAA:", -5, 0, "not a known one");
    digest("sha-256=:AAAA:", -1, 0, "too short");
    digest("sha-512=:" EMPTY ":", -1, 0, "that of another");
    digest("sha-256=" EMPTY, -1, 0, "no byte sequence");
    digest("sha-256=\"" EMPTY "\"", -1, 0, "a string");
    digest("sha-256=:" EMPTY ":, sha-256=:" EMPTY ":", -1, 0, "twice");
    digest("sha-256=:" EMPTY ":,", -1, 0, "a comma at the end");
    digest("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA:", -1, 0,
           "33 bytes");
}


int
main(void)
{
    plan(0);

    rfc_example();
    bases();
    malformed();
    checks();
    digests();

    return done();
}
