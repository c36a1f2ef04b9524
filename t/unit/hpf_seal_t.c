/* links: crypto/hpf_seal.c crypto/hpf_crypto.c core/hpf_base64.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sealed numbers: there and back in both suites, every bit of a text changed,
 * other places, rotation of keys and of suites.
 */


#include "tap.h"
#include "hpf_seal.h"


#define NUMBER  "11010519491231002X"

static hpf_crypto_t       *c;
static hpf_crypto_part_t   ad = { "user:1:id_no", 12 };
static hpf_crypto_part_t   other = { "user:2:id_no", 12 };
static hpf_crypto_part_t   plain = { NUMBER, 18 };
static hpf_crypto_part_t   master = { "0123456789abcdef0123456789abcdef", 32 };
static hpf_crypto_part_t   master2 = { "1123456789abcdef0123456789abcdef", 32 };


static void
suite(int which, const char *name)
{
    int                bad;
    char              *text, again[64], tmp[64];
    size_t             i;
    ssize_t            n;
    hpf_seal_t        *s;
    unsigned char     *out, *big, binary[48];
    hpf_crypto_part_t  p, t;

    text = malloc(HPF_SEAL_LEN(HPF_SEAL_MAX));
    out = malloc(HPF_SEAL_LEN(HPF_SEAL_MAX));
    big = malloc(HPF_SEAL_MAX);

    s = hpf_seal_create(c, which);

    is_int(hpf_seal_seal(s, &ad, &plain, text), -1, "%s: no key", name);
    is_int(hpf_seal_add_key(s, 7, &master), 0, "%s: a key", name);
    is_int(hpf_seal_add_key(s, 7, &master2), -1, "%s: an id twice", name);
    is_int(hpf_seal_add_key(s, 256, &master2), -1, "%s: no such id", name);
    is_int(hpf_seal_seal(s, &ad, &plain, text), 64, "%s: sealed", name);
    is_int(hpf_seal_seal(s, &ad, &plain, again), 64, "%s: again", name);
    ok(memcmp(text, again, 64) != 0, "%s: no two texts are the same", name);

    t.data = text;
    t.len = 64;

    n = hpf_seal_open(s, &ad, &t, out);
    is_str(out, n, NUMBER, "%s: opened", name);
    is_int(hpf_seal_open(s, &other, &t, out), -1, "%s: moved", name);
    ok(!hpf_seal_is_old(s, &t), "%s: is new", name);

    /* every bit; one of the key id finds no key */

    hpf_base64_url_decode(binary, text, 64);
    t.data = tmp;
    bad = 0;

    for (i = 0; i < 48 * 8; i++) {
        binary[i / 8] ^= 1 << i % 8;
        hpf_base64_url_encode(tmp, binary, 48);
        binary[i / 8] ^= 1 << i % 8;

        n = hpf_seal_open(s, &ad, &t, out);

        bad += n != (i / 8 == 1 ? -5 : -1);
        bad += memcmp(out + 14, NUMBER, 8) == 0;
    }

    is_int(bad, 0, "%s: no changed bit is accepted", name);

    t.data = text;
    bad = 0;

    for (t.len = 0; t.len < 64; t.len++) {
        bad += hpf_seal_open(s, &ad, &t, out) != -1;
    }

    is_int(bad, 0, "%s: no text that is cut off", name);

    for (i = 0; i < HPF_SEAL_MAX; i++) {
        big[i] = (unsigned char) (i * 31 + i / 251);
    }

    p.data = big;
    bad = 0;

    for (i = 0; i <= HPF_SEAL_MAX; i += i < 260 ? 1 : i * 5) {
        p.len = i;
        n = hpf_seal_seal(s, &ad, &p, text);
        bad += n != (ssize_t) HPF_SEAL_LEN(i);
        t.len = n;
        bad += hpf_seal_open(s, &ad, &t, out) != (ssize_t) i;
        bad += memcmp(out, big, i) != 0;
    }

    p.len = HPF_SEAL_MAX;
    t.len = hpf_seal_seal(s, &ad, &p, text);
    bad += hpf_seal_open(s, &ad, &t, out) != HPF_SEAL_MAX;
    bad += memcmp(out, big, HPF_SEAL_MAX) != 0;

    is_int(bad, 0, "%s: every length", name);

    p.len = HPF_SEAL_MAX + 1;
    is_int(hpf_seal_seal(s, &ad, &p, text), -1, "%s: too long", name);

    /* without associated data */

    p.data = NULL;
    p.len = 0;
    t.len = hpf_seal_seal(s, &p, &plain, text);
    is_int(hpf_seal_open(s, &p, &t, out), 18, "%s: no place", name);
    is_int(hpf_seal_open(s, &ad, &t, out), -1, "%s: but not any", name);

    hpf_seal_destroy(s);
    free(text);
    free(out);
    free(big);
}


static void
rotation(void)
{
    char               text[64], fresh[64];
    hpf_seal_t        *old, *now, *wrong;
    unsigned char      out[64];
    hpf_crypto_part_t  t, f;

    old = hpf_seal_create(c, HPF_SEAL_AES);
    hpf_seal_add_key(old, 1, &master);
    t.data = text;
    t.len = hpf_seal_seal(old, &ad, &plain, text);

    now = hpf_seal_create(c, HPF_SEAL_SM);
    hpf_seal_add_key(now, 1, &master);
    ok(hpf_seal_is_old(now, &t), "another suite is old");
    hpf_seal_add_key(now, 2, &master2);
    ok(hpf_seal_is_old(now, &t), "another key is old");

    is_int(hpf_seal_open(now, &ad, &t, out), 18, "what is old is opened");

    f.data = fresh;
    f.len = hpf_seal_seal(now, &ad, &plain, fresh);
    is_int(hpf_seal_open(now, &ad, &f, out), 18, "what is new as well");
    is_int(hpf_seal_open(old, &ad, &f, out), -5, "its key is not there");

    wrong = hpf_seal_create(c, HPF_SEAL_AES);
    hpf_seal_add_key(wrong, 1, &master2);
    is_int(hpf_seal_open(wrong, &ad, &t, out), -1, "another key of that id");

    hpf_seal_destroy(old);
    hpf_seal_destroy(now);
    hpf_seal_destroy(wrong);
}


int
main(void)
{
    hpf_seal_t         *s;
    hpf_crypto_part_t   weak;

    plan(0);

    c = hpf_crypto_create();

    suite(HPF_SEAL_AES, "aes");
    suite(HPF_SEAL_SM, "sm4");
    rotation();

    ok(hpf_seal_create(c, 3) == NULL, "no such suite");

    weak = master;
    weak.len = 31;
    s = hpf_seal_create(c, HPF_SEAL_AES);
    is_int(hpf_seal_add_key(s, 1, &weak), -1, "a short master key");
    hpf_seal_destroy(s);
    hpf_seal_destroy(NULL);

    is_int(hpf_seal_suite("aes-256-gcm"), HPF_SEAL_AES, "a name");
    is_int(hpf_seal_suite("sm4-ctr-hmac-sm3"), HPF_SEAL_SM, "the other");
    is_int(hpf_seal_suite("none"), -1, "no name");

    hpf_crypto_destroy(c);

    return done();
}
