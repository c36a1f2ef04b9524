/* links: crypto/hpf_pkey.c core/hpf_hex.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a key has signed, and everything that only looks like it: other texts,
 * other ids, other forms, r and s that are out of their range, and keys that
 * nothing should be signed by.
 */


#include <openssl/bn.h>

#include "tap.h"
#include "cert_make.h"
#include "hpf_hex.h"


#define TEXT  "message digest"


static hpf_crypto_part_t
part(const void *data, size_t len)
{
    hpf_crypto_part_t  p;

    p.data = data;
    p.len = len;

    return p;
}


static hpf_pkey_t *
wrap(EVP_PKEY *pkey, const char **why)
{
    int                 len;
    hpf_pkey_t         *key;
    unsigned char      *text;
    hpf_crypto_part_t   spki;

    text = NULL;
    len = i2d_PUBKEY(pkey, &text);
    spki = part(text, len);
    key = hpf_pkey_spki(&spki, why);

    OPENSSL_free(text);

    return key;
}


static int
verify(hpf_pkey_t *key, hpf_pkey_form_e form, const void *signature,
    size_t len)
{
    hpf_crypto_part_t  text, sig;

    text = part(TEXT, sizeof(TEXT) - 1);
    sig = part(signature, len);

    return hpf_pkey_verify(key, form, &text, &sig);
}


/* SEQUENCE { r, s } of any numbers, as bytes of the caller. */

static size_t
der(unsigned char *out, const unsigned char *r, size_t rlen,
    const unsigned char *s, size_t slen)
{
    size_t  n;

    n = 0;
    out[n++] = 0x30;
    out[n++] = 4 + rlen + slen;
    out[n++] = 0x02;
    out[n++] = rlen;
    memcpy(out + n, r, rlen);
    n += rlen;
    out[n++] = 0x02;
    out[n++] = slen;
    memcpy(out + n, s, slen);

    return n + slen;
}


/* GB/T 32918.5-2017, annex A.2 */

static const char  sm2_x[] =
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
static const char  sm2_y[] =
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
static const char  sm2_r[] =
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
static const char  sm2_s[] =
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
static const char  sm2_n[] =
    "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
static const char  sm2_p[] =
    "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";


/* A number with a zero in front. */

static void
number(unsigned char out[33], const char *hex)
{
    out[0] = 0;
    (void) hpf_hex_decode(hex, 64, out + 1);
}


static void
sm2_standard(void)
{
    BIGNUM             *bn, *br;
    size_t              len;
    const char         *why;
    hpf_pkey_t         *key;
    unsigned char       x[33], y[33], r[33], s[33], n[33], m[33], t[33];
    unsigned char       zero[1] = { 0 }, one[1] = { 1 }, sig[160], wide[34];
    hpf_crypto_part_t   px, py;

    number(x, sm2_x);
    number(y, sm2_y);
    number(r, sm2_r);
    number(s, sm2_s);
    number(n, sm2_n);

    px = part(x + 1, 32);
    py = part(y + 1, 32);

    key = hpf_pkey_point(HPF_PKEY_SM2, &px, &py, &why);
    ok(key != NULL, "the key of the standard");
    is_int(hpf_pkey_kind(key), HPF_PKEY_SM2, "is of SM2");

    len = der(sig, r, 33, s, 33);
    is_int(verify(key, HPF_PKEY_DER, sig, len), HPF_OK,
           "its signature, as DER");
    is_int(verify(key, HPF_PKEY_FIXED, sig, len), HPF_DECLINED,
           "which is not of fixed length");

    memcpy(sig, r + 1, 32);
    memcpy(sig + 32, s + 1, 32);
    is_int(verify(key, HPF_PKEY_FIXED, sig, 64), HPF_OK, "r and s as they are");
    is_int(verify(key, HPF_PKEY_DER, sig, 64), HPF_DECLINED,
           "which is no DER");
    is_int(verify(key, HPF_PKEY_FIXED, sig, 63), HPF_DECLINED, "cut");
    is_int(verify(key, HPF_PKEY_FIXED, sig, 65), HPF_DECLINED, "longer");

    /* r and s out of 1 .. n - 1, and r + s = n */

    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, zero, 1, s, 33)),
           HPF_DECLINED, "r = 0");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, r, 33, zero, 1)),
           HPF_DECLINED, "s = 0");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, zero, 1, zero, 1)),
           HPF_DECLINED, "both are 0");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, one, 1, one, 1)),
           HPF_DECLINED, "both are 1");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, n, 33, s, 33)),
           HPF_DECLINED, "r = n");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, r, 33, n, 33)),
           HPF_DECLINED, "s = n");

    bn = BN_bin2bn(n, 33, NULL);
    br = BN_bin2bn(r, 33, NULL);

    BN_sub(bn, bn, br);
    BN_bn2binpad(bn, m, 33);
    BN_bin2bn(n, 33, bn);
    BN_add(bn, bn, br);
    BN_bn2binpad(bn, t, 33);

    BN_free(bn);
    BN_free(br);

    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, r, 33, m + 1, 32)),
           HPF_DECLINED, "r + s = n");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, t, 33, s, 33)),
           HPF_DECLINED, "r + n instead of r");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, s, 33, r, 33)),
           HPF_DECLINED, "r and s exchanged");
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, r + 1, 32, s + 1, 32)),
           HPF_DECLINED, "negative numbers");

    /* the same numbers, written otherwise */

    len = der(sig, r, 33, s, 33);
    sig[len] = 0;
    is_int(verify(key, HPF_PKEY_DER, sig, len + 1), HPF_DECLINED,
           "a byte behind it");
    sig[1]++;
    is_int(verify(key, HPF_PKEY_DER, sig, len + 1), HPF_DECLINED,
           "a byte within it");
    is_int(verify(key, HPF_PKEY_DER, sig, len), HPF_DECLINED, "cut");

    len = der(sig, r, 33, s, 33);
    memmove(sig + 3, sig + 2, len - 2);
    sig[2] = sig[1];
    sig[1] = 0x81;
    is_int(verify(key, HPF_PKEY_DER, sig, len + 1), HPF_DECLINED,
           "a longer form of its length");
    sig[1] = 0x80;
    is_int(verify(key, HPF_PKEY_DER, sig, len + 1), HPF_DECLINED,
           "an indefinite one");

    memset(wide, 0, 2);
    memcpy(wide + 2, r + 1, 32);
    is_int(verify(key, HPF_PKEY_DER, sig, der(sig, wide, 34, s, 33)),
           HPF_DECLINED, "another zero in front of r");

    is_int(verify(key, HPF_PKEY_DER, "", 0), HPF_DECLINED, "nothing");

    for (len = 0; len < 72; len++) {
        der(sig, r, 33, s, 33);
        sig[len] ^= 1;

        if (verify(key, HPF_PKEY_DER, sig, 72) != HPF_DECLINED) {
            break;
        }
    }

    is_int(len, 72, "any bit of it");
    hpf_pkey_destroy(key);
}


/* Points that are none. */

static void
sm2_points(void)
{
    const char         *why;
    hpf_pkey_t         *key;
    unsigned char       x[33], y[33], p[33], zero[33] = { 0 };
    hpf_crypto_part_t   px, py;

    number(x, sm2_x);
    number(y, sm2_y);
    number(p, sm2_p);

    px = part(x + 1, 32);
    py = part(y + 1, 32);

    y[32] ^= 1;
    ok(hpf_pkey_point(HPF_PKEY_SM2, &px, &py, &why) == NULL,
       "not on the curve");
    y[32] ^= 1;

    ok(hpf_pkey_point(HPF_PKEY_P256, &px, &py, &why) == NULL,
       "on another curve");
    ok(hpf_pkey_point(HPF_PKEY_P384, &px, &py, &why) == NULL,
       "too short for the curve");
    ok(hpf_pkey_point(HPF_PKEY_RSA, &px, &py, &why) == NULL, "no curve");

    py.len = 31;
    ok(hpf_pkey_point(HPF_PKEY_SM2, &px, &py, &why) == NULL, "cut");

    px = part(zero, 32);
    py = part(zero, 32);
    ok(hpf_pkey_point(HPF_PKEY_SM2, &px, &py, &why) == NULL, "zeros");

    px = part(p + 1, 32);
    py = part(y + 1, 32);
    key = hpf_pkey_point(HPF_PKEY_SM2, &px, &py, &why);
    ok(key == NULL, "x = p");
}


static void
kinds(void)
{
    size_t              i;
    EVP_PKEY           *pkey, *other;
    const char         *why;
    hpf_pkey_t         *key;
    hpf_crypto_part_t   sig, cut;

    static const struct {
        const char  *name;
        const char  *digest;
        const char  *wrong;
    } all[] = {
        { "RSA:2048", "SHA256", "SHA1" },
        { "RSA:3072", "SHA256", "SHA512" },
        { "EC:P-256", "SHA256", "SHA1" },
        { "EC:P-384", "SHA384", "SHA256" },
        { "SM2", "SM3", "SHA256" },
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        pkey = make_key(all[i].name);
        other = make_key(all[i].name);
        key = wrap(pkey, &why);

        sig = make_signature(pkey, all[i].digest, NULL, 0, TEXT);
        is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len), HPF_OK, "%s",
               all[i].name);

        cut = part(TEXT, sizeof(TEXT) - 2);
        is_int(hpf_pkey_verify(key, HPF_PKEY_DER, &cut, &sig), HPF_DECLINED,
               "another text");

        if (strcmp(all[i].name, "SM2") == 0) {
            sig = make_signature(pkey, "SM3", "", 0, TEXT);
            is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len),
                   HPF_DECLINED, "without an id");
            sig = make_signature(pkey, "SM3", "1234567812345679", 0, TEXT);
            is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len),
                   HPF_DECLINED, "with another id");

        } else {
            sig = make_signature(pkey, all[i].wrong, NULL, 0, TEXT);
            is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len),
                   HPF_DECLINED, "by %s", all[i].wrong);
        }

        sig = make_signature(other, all[i].digest, NULL, 0, TEXT);
        is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len), HPF_DECLINED,
               "by another key");

        hpf_pkey_destroy(key);
        EVP_PKEY_free(pkey);
        EVP_PKEY_free(other);
    }
}


static void
rsa(void)
{
    EVP_PKEY           *pkey;
    const char         *why;
    hpf_pkey_t         *key;
    unsigned char       n[256], e[3] = { 1, 0, 1 }, bad[1] = { 2 };
    hpf_crypto_part_t   sig, pn, pe;

    pkey = make_key("RSA:2048");
    key = wrap(pkey, &why);

    sig = make_signature(pkey, "SHA256", NULL, RSA_PKCS1_PSS_PADDING, TEXT);
    is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len), HPF_OK, "PSS");
    is_int(verify(key, HPF_PKEY_FIXED, sig.data, sig.len), HPF_DECLINED,
           "which is not PKCS #1 v1.5");
    sig = make_signature(pkey, "SHA384", NULL, RSA_PKCS1_PSS_PADDING, TEXT);
    is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len), HPF_DECLINED,
           "PSS with another digest");
    sig = make_signature(pkey, "SHA256", NULL, RSA_X931_PADDING, TEXT);
    is_int(verify(key, HPF_PKEY_DER, sig.data, sig.len), HPF_DECLINED,
           "X9.31");

    memset(n, 0xff, sizeof(n));
    pn = part(n, sizeof(n));
    pe = part(e, sizeof(e));
    hpf_pkey_destroy(key);
    key = hpf_pkey_rsa(&pn, &pe, &why);
    ok(key != NULL, "a key of its numbers");
    hpf_pkey_destroy(key);

    pe = part(bad, 1);
    ok(hpf_pkey_rsa(&pn, &pe, &why) == NULL, "an even exponent");
    bad[0] = 1;
    ok(hpf_pkey_rsa(&pn, &pe, &why) == NULL, "an exponent of 1");
    pe = part(e, sizeof(e));
    pn.len = 255;
    ok(hpf_pkey_rsa(&pn, &pe, &why) == NULL, "2040 bits");
    pe = part(n, 9);
    ok(hpf_pkey_rsa(&pn, &pe, &why) == NULL, "a long exponent");

    EVP_PKEY_free(pkey);
}


static void
refused(void)
{
    size_t       i;
    EVP_PKEY    *pkey;
    const char  *why;

    static const char *const  names[] = {
        "RSA:1024", "RSA:2040", "EC:P-224", "EC:P-521", "EC:secp256k1",
        "EC:brainpoolP256r1", "ED25519", "X25519"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        pkey = make_key(names[i]);
        ok(pkey && wrap(pkey, &why) == NULL, "%s", names[i]);
        EVP_PKEY_free(pkey);
    }
}


int
main(void)
{
    plan(0);

    sm2_standard();
    sm2_points();
    kinds();
    rsa();
    refused();

    return done();
}
