/* links: crypto/hpf_sign.c crypto/hpf_sign_file.c crypto/hpf_secret.c crypto/hpf_crypto.c core/hpf_base64.c core/hpf_hex.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Signatures by public keys: the vectors of RFC 9421 (4.3 and B.2.4) and of
 * GB/T 32918.5, what must not pass for one, and keys from files.
 */


#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tap.h"
#include "hpf_base64.h"
#include "hpf_hex.h"
#include "hpf_sign.h"
#include "hpf_sign_file.h"


#define PEM(body)  "-----BEGIN PUBLIC KEY-----\n" body                        \
                   "-----END PUBLIC KEY-----\n"

#define P256_N  "ffffffff00000000ffffffffffffffff"                            \
                "bce6faada7179e84f3b9cac2fc632551"
#define SM2_N   "fffffffeffffffffffffffffffffffff"                            \
                "7203df6b21c6052b53bbf40939d54123"
#define ZERO    "00000000000000000000000000000000"
#define ONES    "ffffffffffffffffffffffffffffffff"


static const char  p256_pem[] = PEM(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n"
    "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n");

static const char  rsa_pem[] = PEM(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhAKYdtoeoy8zcAcR874L\n"
    "8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrwWEBnez6d0UDKDwGbc6nxfEXAy5mbhgaj\n"
    "zrw3MOEt8uA5txSKobBpKDeBLOsdJKFqMGmXCQvEG7YemcxDTRPxAleIAgYYRjTS\n"
    "d/QBwVW9OwNFhekro3RtlinV0a75jfZgkne/YiktSvLG34lw2zqXBDTC5NHROUqG\n"
    "TlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0PuKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dS\n"
    "FFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQPSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ1\n"
    "0wIDAQAB\n");

/* a modulus that three divides */

static const char  weak_pem[] = PEM(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAjiNgnD2xVJtMbVaYeU9j\n"
    "mwzdjM4Pbt2WnM85NPprF/AwSGK+RxJv/GatxR8MncarNur9DFJ+WOK/0AcovjEZ\n"
    "vxSvpUkGxRZDh5DzY5xUUlr3bcMP2SrekjPM2aer/BnjWASzHjZCSF1UgjWppl7C\n"
    "a7vdtBpA4FSwEjRDQQUg5W0xF8QIwv8ASfb3IKnEAf++D/zOGDicUWaNMn3RChan\n"
    "zMfu7pNwx1ke7g+MLMFdtF/MXKpY+frkGzmWQVva8heCC5XTx9DiPy3cDqPKatG3\n"
    "RJXzt/gyUdsq5qujGAVLj39hp5tLyEFsoqBPugkyQwO4POKCCPsE1bLEMzZoG7X9\n"
    "fQIDAQAB\n");

/* GB/T 32918.5: the key of the example of a signature */

static const char  sm2_pem[] = PEM(
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n");

static const char  b24_base[] =
    "\"@status\": 200\n"
    "\"content-type\": application/json\n"
    "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJg"
    "Jc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n"
    "\"content-length\": 23\n"
    "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" "
    "\"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";

static const char  b24_signature[] =
    "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlY"
    "UEkLIj+32oiasw==";

#define REQUEST                                                               \
    "\"content-digest\": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaP"\
    "m+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:\n"                         \
    "\"content-type\": application/json\n"                                     \
    "\"content-length\": 18\n"
#define COVERED  "\"@method\" \"@authority\" \"@path\" \"content-digest\" "   \
                 "\"content-type\" \"content-length\""

/* section 4.3: what the client has signed, and what a proxy has */

static const char  client_base[] =
    "\"@method\": POST\n"
    "\"@authority\": example.com\n"
    "\"@path\": /foo\n"
    REQUEST
    "\"@signature-params\": (" COVERED ");created=1618884475"
    ";keyid=\"test-key-ecc-p256\"";

static const char  client_signature[] =
    "X5spyd6CFnAG5QnDyHfqoSNICd+BUP4LYMz2Q0JXlb//4Ijpzp+kve2w4NIyqeAuM7jTDX+s"
    "NalzA8ESSaHD3A==";

static const char  proxy_base[] =
    "\"@method\": POST\n"
    "\"@authority\": origin.host.internal.example\n"
    "\"@path\": /foo\n"
    REQUEST
    "\"forwarded\": for=192.0.2.123;host=example.com;proto=https\n"
    "\"@signature-params\": (" COVERED " \"forwarded\");created=1618884480"
    ";keyid=\"test-key-rsa\";alg=\"rsa-v1_5-sha256\";expires=1618884540";

static const char  proxy_signature[] =
    "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g"
    "92iHgxtRPz+MjniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0"
    "jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8N"
    "MaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+Y"
    "uI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==";

static const char  sm2_signature[] =
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";


static hpf_crypto_t  *crypto;
static char           file[] = "/tmp/hpf-sign-XXXXXX";


static hpf_sign_key_t *
key_of(const char *alg, const char *pem)
{
    const char         *why;
    hpf_sign_key_t     *key;
    hpf_crypto_part_t   part;

    part.data = pem;
    part.len = strlen(pem);

    key = hpf_sign_key_create(crypto, alg, &part, &why);

    if (key == NULL) {
        printf("# %s: %s\n", alg, why);
    }

    return key;
}


static int
verify(hpf_sign_key_t *key, const char *text, const void *bytes, size_t len)
{
    int                rc;
    hpf_crypto_part_t  t, s;

    t.data = text;
    t.len = strlen(text);
    s.data = bytes;
    s.len = len;

    rc = hpf_sign_verify(key, &t, &s);

    if (ERR_peek_error() != 0) {
        ok(0, "an error is left behind");
        ERR_clear_error();
    }

    return rc;
}


/* what holds of every signature of raw bytes that verifies */

static void
strict(hpf_sign_key_t *key, const char *base, const unsigned char *signature,
    size_t len, const char *name)
{
    int            bad;
    char           text[1024];
    size_t         i;
    unsigned char  s[600];

    is_int(verify(key, base, signature, len), 0, "%s: verified", name);

    /* again: nothing is left over from the one before */

    is_int(verify(key, base, signature, len), 0, "%s: once more", name);

    memcpy(s, signature, len);
    bad = 0;

    for (i = 0; i < len; i++) {
        s[i] ^= 0x10;
        bad += verify(key, base, s, len) != -5;
        s[i] ^= 0x10;
    }

    is_int(bad, 0, "%s: no byte of it may change", name);

    memcpy(text, base, strlen(base) + 1);
    bad = 0;

    for (i = 0; i < strlen(base); i += 7) {
        text[i] ^= 1;
        bad += verify(key, text, s, len) != -5;
        text[i] ^= 1;
    }

    is_int(bad, 0, "%s: nor of the text", name);

    bad = 0;
    s[len] = 0;

    for (i = 0; i < len; i++) {
        bad += verify(key, base, s, i) != -5;
    }

    is_int(bad, 0, "%s: none that is cut off", name);
    is_int(verify(key, base, s, len + 1), -5, "%s: with a byte behind", name);

    memmove(s + 1, signature, len);
    s[0] = 0;
    is_int(verify(key, base, s, len + 1), -5, "%s: with one before", name);
    is_int(verify(key, base, s, len), -5, "%s: moved by one", name);
}


/* r and s have to be from 1 to n - 1 */

static void
halves(hpf_sign_key_t *key, const char *base, const unsigned char *signature,
    const char *n, const char *name)
{
    size_t         i;
    unsigned char  s[64], half[32];

    const char  *values[] = { ZERO ZERO, n, ONES ONES };

    for (i = 0; i < 3; i++) {
        (void) hpf_hex_decode(values[i], 64, half);

        memcpy(s, signature, 64);
        memcpy(s, half, 32);
        is_int(verify(key, base, s, 64), -5, "%s: r is %s", name, values[i]);

        memcpy(s, signature, 64);
        memcpy(s + 32, half, 32);
        is_int(verify(key, base, s, 64), -5, "%s: s is %s", name, values[i]);

        memcpy(s, half, 32);
        is_int(verify(key, base, s, 64), -5, "%s: both are", name);
    }

    memcpy(s, signature + 32, 32);
    memcpy(s + 32, signature, 32);
    is_int(verify(key, base, s, 64), -5, "%s: r and s exchanged", name);
}


/* r + n stands for the same number, and is not below n */

static void
plus_n(hpf_sign_key_t *key, const char *base, const unsigned char *signature,
    const char *n, const char *name)
{
    size_t          at;
    BIGNUM         *a, *b;
    unsigned char   s[64];

    for (at = 0; at < 64; at += 32) {
        a = BN_bin2bn(signature + at, 32, NULL);
        b = NULL;
        BN_hex2bn(&b, n);
        BN_add(a, a, b);
        BN_mask_bits(a, 256);

        memcpy(s, signature, 64);
        BN_bn2binpad(a, s + at, 32);
        is_int(verify(key, base, s, 64), -5, "%s: n more at %zu", name, at);

        BN_free(a);
        BN_free(b);
    }
}


static void
ecdsa(void)
{
    size_t           n;
    unsigned char    s[80];
    hpf_sign_key_t  *key;

    key = key_of("ecdsa-p256-sha256", p256_pem);
    ok(key && !hpf_sign_key_slow(key), "a key on P-256");

    n = hpf_base64_decode(s, client_signature, strlen(client_signature));
    is_int(verify(key, client_base, s, n), 0, "4.3, of the client");

    n = hpf_base64_decode(s, b24_signature, strlen(b24_signature));
    is_int(n, 64, "r and s");

    strict(key, b24_base, s, n, "B.2.4");
    halves(key, b24_base, s, P256_N, "B.2.4");
    plus_n(key, b24_base, s, P256_N, "B.2.4");
    is_int(verify(key, client_base, s, n), -5, "of another text");

    hpf_sign_key_destroy(key);
}


static void
rsa(void)
{
    size_t           n;
    unsigned char    s[300];
    hpf_sign_key_t  *key;

    key = key_of("rsa-v1_5-sha256", rsa_pem);
    ok(key && !hpf_sign_key_slow(key), "a key of RSA");

    n = hpf_base64_decode(s, proxy_signature, strlen(proxy_signature));
    is_int(n, 256, "as long as the modulus");
    strict(key, proxy_base, s, n, "4.3, of the proxy");

    memset(s, 0, sizeof(s));
    is_int(verify(key, proxy_base, s, 256), -5, "RSA: zeroes");
    s[255] = 1;
    is_int(verify(key, proxy_base, s, 256), -5, "RSA: one");
    memset(s, 0xff, sizeof(s));
    is_int(verify(key, proxy_base, s, 256), -5, "RSA: beyond the modulus");

    hpf_sign_key_destroy(key);
}


static void
sm2(void)
{
    unsigned char    s[80];
    hpf_sign_key_t  *key;

    key = key_of("sm2-sm3", sm2_pem);
    ok(key && hpf_sign_key_slow(key), "a key of SM2");

    (void) hpf_hex_decode(sm2_signature, 128, s);

    strict(key, "message digest", s, 64, "GB/T 32918.5");
    halves(key, "message digest", s, SM2_N, "GB/T 32918.5");
    plus_n(key, "message digest", s, SM2_N, "GB/T 32918.5");

    hpf_sign_key_ref(key);
    hpf_sign_key_destroy(key);
    is_int(verify(key, "message digest", s, 64), 0, "while it is held");
    hpf_sign_key_destroy(key);
}


/* one's signature is not that of another's key, nor of another algorithm */

static void
others(void)
{
    size_t              i, j;
    unsigned char       s[3][300];
    hpf_sign_key_t     *keys[3];
    hpf_crypto_part_t   alg;

    static const char   *names[] = {
        "ecdsa-p256-sha256", "rsa-v1_5-sha256", "sm2-sm3"
    };
    static const char   *pems[] = { p256_pem, rsa_pem, sm2_pem };
    static const char   *bases[] = { b24_base, proxy_base, "message digest" };
    static const size_t  lens[] = { 64, 256, 64 };

    (void) hpf_base64_decode(s[0], b24_signature, strlen(b24_signature));
    (void) hpf_base64_decode(s[1], proxy_signature, strlen(proxy_signature));
    (void) hpf_hex_decode(sm2_signature, 128, s[2]);

    for (i = 0; i < 3; i++) {
        keys[i] = key_of(names[i], pems[i]);
    }

    for (i = 0; i < 3; i++) {
        for (j = 0; j < 3; j++) {
            alg.data = names[j];
            alg.len = strlen(names[j]);

            is_int(hpf_sign_fits(keys[i], &alg), i == j, "%s and %s",
                   names[i], names[j]);
            is_int(verify(keys[i], bases[j], s[j], lens[j]), i == j ? 0 : -5,
                   "%s by %s", names[j], names[i]);

            if (i != j) {
                ok(key_of(names[i], pems[j]) == NULL, "%s with a key of %s",
                   names[i], names[j]);
            }
        }

        alg.data = NULL;
        alg.len = 0;
        ok(hpf_sign_fits(keys[i], &alg), "none named");
        alg.data = "hmac-sha256";
        alg.len = 11;
        ok(!hpf_sign_fits(keys[i], &alg), "its key is no secret");
    }

    for (i = 0; i < 3; i++) {
        hpf_sign_key_destroy(keys[i]);
    }

    ok(key_of("none", p256_pem) == NULL, "no algorithm");
    ok(key_of("", p256_pem) == NULL, "an empty one");
}


/* a file with this text; what it was taken for, or why it was not */

static const char *
from(const char *text, int mode, const char *alg)
{
    int              fd;
    const char      *why, *name;
    hpf_sign_key_t  *key;

    (void) chmod(file, 0600);

    fd = open(file, O_WRONLY|O_TRUNC);

    if (write(fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        return "not written";
    }

    (void) fchmod(fd, mode);
    close(fd);

    key = hpf_sign_file_read(crypto, file, alg, &why);
    name = key ? hpf_sign_key_alg(key) : why;

    hpf_sign_key_destroy(key);

    return name;
}


static void
is_from(const char *text, int mode, const char *alg, const char *want)
{
    const char  *got;

    got = from(text, mode, alg);

    ok(strstr(got, want) != NULL, "%s: %s", want, got);
}


static void
made(const char *type, int bits, const char *curve, const char *want)
{
    int        n;
    BIO       *bio;
    char       text[2048];
    EVP_PKEY  *pkey;

    pkey = bits ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t) bits)
           : curve ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve)
           : EVP_PKEY_Q_keygen(NULL, NULL, type);

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, pkey);
    n = BIO_read(bio, text, sizeof(text) - 1);
    text[n] = '\0';

    is_from(text, 0644, NULL, want);

    BIO_free(bio);
    EVP_PKEY_free(pkey);
}


static void
files(void)
{
    static const char  secret[] =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

    is_from(secret, 0600, NULL, "hmac-sha256");
    is_from(secret, 0600, "hmac-sha256", "hmac-sha256");
    is_from(secret, 0600, "sm2-sm3", "no public key");
    is_from(secret, 0640, NULL, "mode 0600");
    is_from("AAAA\n", 0600, NULL, "less than 32");
    is_from("", 0600, NULL, "less than 32");
    is_from("what is this?\n", 0600, NULL, "neither base64");

    is_from(p256_pem, 0644, NULL, "ecdsa-p256-sha256");
    is_from(rsa_pem, 0644, NULL, "rsa-v1_5-sha256");
    is_from(sm2_pem, 0600, NULL, "sm2-sm3");
    is_from(sm2_pem, 0644, "sm2-sm3", "sm2-sm3");
    is_from(p256_pem, 0664, NULL, "mode 0644");
    is_from(p256_pem, 0646, NULL, "mode 0644");
    is_from(p256_pem, 0644, "sm2-sm3", "another algorithm");
    is_from(p256_pem, 0600, "hmac-sha256", "no secret");
    is_from("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            0600, NULL, "no public key");
    is_from(PEM("AAAA\n"), 0644, NULL, "no public key");

    made("EC", 0, "P-256", "ecdsa-p256-sha256");
    made("EC", 0, "P-384", "not P-256");
    made("EC", 0, "secp256k1", "not P-256");
    made("SM2", 0, NULL, "sm2-sm3");
    made("RSA", 2048, NULL, "rsa-v1_5-sha256");
    made("RSA", 1024, NULL, "2048 to 4096");
    made("ED25519", 0, NULL, "neither EC");
    is_from(weak_pem, 0644, NULL, "none that anybody");

}


/* the point of the key moved off its curve */

static void
off_curve(void)
{
    char    pem[sizeof(p256_pem)];
    size_t  i;

    memcpy(pem, p256_pem, sizeof(pem));

    i = strstr(pem, "NnoXQ") - pem;
    pem[i + 2] = 'q';

    ok(key_of("ecdsa-p256-sha256", pem) == NULL, "a point off the curve");
}


int
main(void)
{
    int  fd;

    fd = mkstemp(file);
    close(fd);

    crypto = hpf_crypto_create();

    plan(0);

    ecdsa();
    rsa();
    sm2();
    others();
    off_curve();
    files();

    hpf_crypto_destroy(crypto);
    (void) unlink(file);

    return done();
}
