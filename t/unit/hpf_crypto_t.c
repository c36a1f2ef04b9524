/* links: crypto/hpf_crypto.c core/hpf_hex.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Digests and keyed digests by the vectors of FIPS 180, GB/T 32905, RFC 4231,
 * RFC 5869; random numbers by their distribution: TEST_RANDOM of each, 100,000
 * unless it is given.
 */


#include "tap.h"
#include "hpf_crypto.h"
#include "hpf_hex.h"


#define TOKEN  32                      /* bytes, as those of sessions */


static size_t         count;
static hpf_crypto_t  *c;


static void
digests(void)
{
    char                  hex[65];
    unsigned char         out[HPF_CRYPTO_LEN];
    hpf_crypto_part_t     parts[3];
    hpf_crypto_stream_t  *s;

    hpf_crypto_digest(c, HPF_CRYPTO_SHA256, "abc", 3, out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
           "SHA-256 of abc");

    hpf_crypto_digest(c, HPF_CRYPTO_SM3, "abc", 3, out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
           "SM3 of abc");

    parts[0].data = "a";
    parts[0].len = 1;
    parts[1].data = NULL;
    parts[1].len = 0;
    parts[2].data = "bc";
    parts[2].len = 2;

    hpf_crypto_digest_parts(c, HPF_CRYPTO_SHA256, parts, 3, out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
           "SHA-256 of parts");

    s = hpf_crypto_stream_create(c, HPF_CRYPTO_SM3);

    ok(s && hpf_crypto_stream_update(s, "ab", 2) == 0
       && hpf_crypto_stream_update(s, "", 0) == 0
       && hpf_crypto_stream_update(s, "c", 1) == 0
       && hpf_crypto_stream_final(s, out) == 0, "a stream");
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
           "SM3 of a stream");

    hpf_crypto_stream_destroy(s);
}


static void
hmacs(void)
{
    char                hex[65];
    size_t              n;
    unsigned char       key[131], out[HPF_CRYPTO_LEN], *k;
    hpf_crypto_hmac_t  *h;
    hpf_crypto_part_t   part, label, parts[2];

    h = hpf_crypto_hmac_create(c, HPF_CRYPTO_SHA256, "Jefe", 4);

    for (n = 0; n < 2; n++) {
        hpf_crypto_hmac(h, "what do ya want for nothing?", 28, out);
        is_str(hex, hpf_hex_encode(hex, out, 32),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "RFC 4231 case 2, time %d", (int) n);
    }

    parts[0].data = "what do ya ";
    parts[0].len = 11;
    parts[1].data = "want for nothing?";
    parts[1].len = 17;

    hpf_crypto_hmac_parts(h, parts, 2, out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
           "the same in parts");

    hpf_crypto_hmac_destroy(h);

    memset(key, 0xaa, sizeof(key));
    label.data = key;
    label.len = sizeof(key);
    part.data = "Test Using Larger Than Block-Size Key - Hash Key First";
    part.len = 54;

    hpf_crypto_hmac_once(c, HPF_CRYPTO_SHA256, &label, &part, out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
           "RFC 4231 case 6, a long key");

    /* RFC 5869 test case 3: the first 32 of 42 bytes */

    memset(key, 0x0b, 22);
    part.data = key;
    part.len = 22;

    hpf_crypto_derive(c, HPF_CRYPTO_SHA256, &part, "", out);
    is_str(hex, hpf_hex_encode(hex, out, 32),
           "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
           "HKDF, RFC 5869 case 3");

    k = out;
    hpf_crypto_derive(c, HPF_CRYPTO_SHA256, &part, "a", key + 32);
    ok(memcmp(k, key + 32, 32) != 0, "another label, another key");
    hpf_crypto_derive(c, HPF_CRYPTO_SM3, &part, "", key + 32);
    ok(memcmp(k, key + 32, 32) != 0, "another digest, another key");
}


/* HMAC-SM3 against its definition, H(k ^ opad | H(k ^ ipad | m)) */

static void
hmac_sm3(void)
{
    size_t             i;
    unsigned char      pad[64 + 32], out[32], want[32];
    hpf_crypto_part_t  key, data, parts[2];

    key.data = "0123456789abcdef";
    key.len = 16;
    data.data = "hello";
    data.len = 5;

    hpf_crypto_hmac_once(c, HPF_CRYPTO_SM3, &key, &data, out);

    for (i = 0; i < 64; i++) {
        pad[i] = (i < 16 ? ((const char *) key.data)[i] : 0) ^ 0x36;
    }

    parts[0].data = pad;
    parts[0].len = 64;
    parts[1] = data;

    hpf_crypto_digest_parts(c, HPF_CRYPTO_SM3, parts, 2, want);

    for (i = 0; i < 64; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }

    parts[1].data = want;
    parts[1].len = 32;

    hpf_crypto_digest_parts(c, HPF_CRYPTO_SM3, parts, 2, want);

    ok(memcmp(out, want, 32) == 0, "HMAC-SM3 by its definition");
}


static void
randoms(void)
{
    int            bad;
    double         chi;
    uint32_t       v, i, count[10];
    unsigned char  a[32], b[32];

    ok(hpf_crypto_random(a, 32) == 0 && hpf_crypto_random_private(b, 32) == 0
       && memcmp(a, b, 32) != 0, "random bytes");

    is_int(hpf_crypto_random_below(0, &v), -1, "none below zero");
    ok(hpf_crypto_random_below(1, &v) == 0 && v == 0, "zero below one");

    bad = 0;
    memset(count, 0, sizeof(count));

    for (i = 0; i < 100000; i++) {
        bad += hpf_crypto_random_below(1000000, &v) != 0 || v > 999999;
        count[v / 100000]++;
    }

    chi = 0;

    for (i = 0; i < 10; i++) {
        chi += ((double) count[i] - 10000) * ((double) count[i] - 10000)
               / 10000;
    }

    is_int(bad, 0, "all below a million");

    /* 9 degrees of freedom: a good generator exceeds 50 once in 10^7 runs */

    ok(chi < 50, "evenly spread");

    /* the low third would come up half as often again with a plain modulo */

    for (i = 0, bad = 0; i < 30000; i++) {
        hpf_crypto_random_below(3U << 30, &v);
        bad += v < 1U << 30;
    }

    ok(bad > 9500 && bad < 10500, "no remainder is favoured");
}


/* Of n things in so many boxes, by how much they are not evenly spread: about
 * the number of boxes, plus or minus the root of twice that. */

static double
chi_square(const uint32_t *boxes, size_t nboxes, size_t n)
{
    double  want, sum;
    size_t  i;

    want = (double) n / (double) nboxes;
    sum = 0;

    for (i = 0; i < nboxes; i++) {
        sum += ((double) boxes[i] - want) * ((double) boxes[i] - want) / want;
    }

    return sum;
}


static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, TOKEN);
}


/* Made as sessions' tokens are: none twice, all bytes at each place. */

static void
tokens(void)
{
    size_t                i, at, bad, same;
    uint32_t            (*boxes)[256];
    unsigned char        *all;

    all = malloc(count * TOKEN);
    boxes = calloc(TOKEN, sizeof(*boxes));

    for (i = 0, bad = 0; i < count; i++) {
        bad += hpf_crypto_random_private(all + i * TOKEN, TOKEN) != 0;

        for (at = 0; at < TOKEN; at++) {
            boxes[at][all[i * TOKEN + at]]++;
        }
    }

    is_int(bad, 0, "%zu tokens", count);

    /* 255 degrees of freedom: more than 420 once in 10^9 times */

    for (at = 0, bad = 0; at < TOKEN; at++) {
        bad += chi_square(boxes[at], 256, count) > 420;
    }

    is_int(bad, 0, "each byte is evenly spread");

    qsort(all, count, TOKEN, compare);

    for (i = 1, same = 0; i < count; i++) {
        same += compare(all + (i - 1) * TOKEN, all + i * TOKEN) == 0;
    }

    is_int(same, 0, "none twice");

    free(boxes);
    free(all);
}


/* Codes of six digits, by their first four: those with zeros in front, too. */

static void
codes(void)
{
    size_t     i, bad;
    uint32_t   v, *boxes;

    boxes = calloc(10000, sizeof(uint32_t));

    for (i = 0, bad = 0; i < count; i++) {
        bad += hpf_crypto_random_below(1000000, &v) != 0 || v > 999999;
        boxes[v / 100 % 10000]++;
    }

    is_int(bad, 0, "%zu codes", count);

    /* 9999 degrees of freedom, and a deviation of 141: six of them */

    ok(chi_square(boxes, 10000, count) < 10850, "evenly spread");

    free(boxes);
}


int
main(void)
{
    char         secret[4] = "key";
    const char  *number;

    plan(0);

    number = getenv("TEST_RANDOM");
    count = number ? strtoul(number, NULL, 10) : 100000;

    c = hpf_crypto_create();
    ok(c != NULL, "created");

    digests();
    hmacs();
    hmac_sm3();
    randoms();
    tokens();
    codes();

    ok(hpf_crypto_equal("abc", "abc", 3), "equal");
    ok(!hpf_crypto_equal("abc", "abd", 3), "not equal");
    ok(hpf_crypto_equal("a", "b", 0), "nothing is equal to nothing");

    hpf_crypto_cleanse(secret, sizeof(secret));
    ok(memcmp(secret, "\0\0\0", 4) == 0, "cleansed");

    hpf_crypto_destroy(c);
    hpf_crypto_destroy(NULL);

    return done();
}
