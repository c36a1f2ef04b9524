/* links: core/hpf_base64.c core/hpf_hex.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Base64, base64url and hex: the vectors of RFC 4648 section 10, every length
 * there and back, and everything that has to be refused.
 */


#include <stdint.h>

#include "tap.h"
#include "hpf_base64.h"
#include "hpf_hex.h"


static void
vectors(void)
{
    char           text[16];
    size_t         i, n;
    unsigned char  bytes[16];

    static const char  *v[][2] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        n = hpf_base64_encode(text, v[i][0], strlen(v[i][0]));
        is_str(text, n, v[i][1], "\"%s\" encoded", v[i][0]);

        n = hpf_base64_decode(bytes, v[i][1], strlen(v[i][1]));
        is_str(bytes, n, v[i][0], "\"%s\" decoded", v[i][1]);
    }
}


static void
round_trips(void)
{
    int            bad;
    char           text[512];
    size_t         i, n;
    unsigned char  data[256], back[512];

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char) (i * 151 + 7);
    }

    bad = 0;

    for (i = 0; i <= sizeof(data); i++) {
        n = hpf_base64_encode(text, data, i);
        bad += n != HPF_BASE64_LEN(i);
        bad += hpf_base64_decode(back, text, n) != (ssize_t) i
               || memcmp(back, data, i) != 0;

        n = hpf_base64_url_encode(text, data, i);
        bad += n != HPF_BASE64_URL_LEN(i);
        bad += hpf_base64_url_decode(back, text, n) != (ssize_t) i
               || memcmp(back, data, i) != 0;

        n = hpf_hex_encode(text, data, i);
        bad += n != 2 * i;
        bad += hpf_hex_decode(text, n, back) != 0
               || memcmp(back, data, i) != 0;
    }

    is_int(bad, 0, "0 .. 256 bytes there and back");
}


static void
refusals(void)
{
    size_t         i;
    unsigned char  out[16];

    static const char  *std[] = {
        "Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Zh==", "Zm9=", "Zm-v",
        "Zm_v", "Zm9v\n", "Zm 9", "Z", "Zm9vY", "\xffm9v", "Zm9v===="
    };

    static const char  *url[] = {
        "Zg==", "Zm8=", "Zm+v", "Zm/v", "Z", "Zh", "Zm9", "Zm9vZ"
    };

    static const char  *hex[] = {
        "0", "0g", "g0", " 0", "0x", "/0", ":0", "@a", "`a", "000", "\xe1\xe1"
    };

    for (i = 0; i < sizeof(std) / sizeof(std[0]); i++) {
        is_int(hpf_base64_decode(out, std[i], strlen(std[i])), -1,
               "base64 %d refused", (int) i);
    }

    for (i = 0; i < sizeof(url) / sizeof(url[0]); i++) {
        is_int(hpf_base64_url_decode(out, url[i], strlen(url[i])), -1,
               "base64url %d refused", (int) i);
    }

    for (i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
        is_int(hpf_hex_decode(hex[i], strlen(hex[i]), out), -1,
               "hex %d refused", (int) i);
    }
}


/* every text of four characters either has this one spelling or none */

static void
one_to_one(void)
{
    char           text[4], again[4];
    long           i, bad, good;
    ssize_t        n;
    unsigned char  out[3];

    bad = 0;
    good = 0;

    for (i = 0; i < 256L * 256 * 4; i++) {
        text[0] = 'A';
        text[1] = (char) (i >> 8);
        text[2] = (char) i;
        text[3] = "=AA="[i >> 16];

        n = hpf_base64_decode(out, text, 4);

        if (n > 0) {
            good++;
            bad += hpf_base64_encode(again, out, n) != 4
                   || memcmp(text, again, 4) != 0;
        }
    }

    /* 64 * 64 of three bytes, 64 * 16 of two, 4 of one; each seen twice */

    is_int(bad, 0, "what is decoded has one spelling");
    is_int(good, 2 * (64 * 64 + 64 * 16 + 4), "and as many as there are");
}


int
main(void)
{
    char           text[8];
    unsigned char  out[2];

    plan(0);

    vectors();
    round_trips();
    refusals();
    one_to_one();

    is_str(text, hpf_base64_encode(text, "\xfb\xff", 2), "+/8=", "62 and 63");
    is_str(text, hpf_base64_url_encode(text, "\xfb\xff", 2), "-_8", "in URLs");
    is_str(text, hpf_hex_encode(text, "\x09\xaf", 2), "09af", "hex letters");
    ok(hpf_hex_decode("fA0B", 4, out) == 0 && out[0] == 0xfa && out[1] == 0x0b,
       "hex of both cases");

    return done();
}
