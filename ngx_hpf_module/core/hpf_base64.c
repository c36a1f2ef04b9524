/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Base64, strict.  The two alphabets differ in the last two characters only,
 * which the functions get as c62 and c63.
 */


#include <stdint.h>

#include "hpf_plugin.h"
#include "hpf_base64.h"


#define HPF_BASE64_STD  '+', '/'
#define HPF_BASE64_URL  '-', '_'


static size_t hpf_base64_put(char *out, const unsigned char *p, size_t len,
    unsigned c62, unsigned c63);
static char hpf_base64_char(unsigned v, unsigned c62, unsigned c63);
static ssize_t hpf_base64_get(unsigned char *out, const unsigned char *p,
    size_t len, unsigned c62, unsigned c63);
static unsigned hpf_base64_value(unsigned c, unsigned c62, unsigned c63);
static unsigned hpf_base64_in(unsigned c, unsigned lo, unsigned hi);


size_t
hpf_base64_encode(char *out, const void *data, size_t len)
{
    size_t  n;

    n = hpf_base64_put(out, data, len, HPF_BASE64_STD);

    while (n & 3) {
        out[n++] = '=';
    }

    return n;
}


size_t
hpf_base64_url_encode(char *out, const void *data, size_t len)
{
    return hpf_base64_put(out, data, len, HPF_BASE64_URL);
}


ssize_t
hpf_base64_decode(unsigned char *out, const void *text, size_t len)
{
    const unsigned char  *p;

    p = text;

    if (len & 3) {
        return HPF_ERROR;
    }

    if (len && p[len - 1] == '=') {
        len--;

        if (p[len - 1] == '=') {
            len--;
        }
    }

    return hpf_base64_get(out, p, len, HPF_BASE64_STD);
}


ssize_t
hpf_base64_url_decode(unsigned char *out, const void *text, size_t len)
{
    return hpf_base64_get(out, text, len, HPF_BASE64_URL);
}


static size_t
hpf_base64_put(char *out, const unsigned char *p, size_t len, unsigned c62,
    unsigned c63)
{
    char      *q;
    size_t     i;
    uint32_t   v;

    q = out;

    for (i = 0; i + 3 <= len; i += 3) {
        v = (uint32_t) p[i] << 16 | (uint32_t) p[i + 1] << 8 | p[i + 2];

        *q++ = hpf_base64_char(v >> 18, c62, c63);
        *q++ = hpf_base64_char(v >> 12 & 63, c62, c63);
        *q++ = hpf_base64_char(v >> 6 & 63, c62, c63);
        *q++ = hpf_base64_char(v & 63, c62, c63);
    }

    if (i < len) {
        v = (uint32_t) p[i] << 16;

        if (i + 1 < len) {
            v |= (uint32_t) p[i + 1] << 8;
        }

        *q++ = hpf_base64_char(v >> 18, c62, c63);
        *q++ = hpf_base64_char(v >> 12 & 63, c62, c63);

        if (i + 1 < len) {
            *q++ = hpf_base64_char(v >> 6 & 63, c62, c63);
        }
    }

    return q - out;
}


static char
hpf_base64_char(unsigned v, unsigned c62, unsigned c63)
{
    return (char) ((hpf_base64_in(v, 0, 25) & (v + 'A'))
                   | (hpf_base64_in(v, 26, 51) & (v - 26 + 'a'))
                   | (hpf_base64_in(v, 52, 61) & (v - 52 + '0'))
                   | (hpf_base64_in(v, 62, 62) & c62)
                   | (hpf_base64_in(v, 63, 63) & c63));
}


/* len is without padding */

static ssize_t
hpf_base64_get(unsigned char *out, const unsigned char *p, size_t len,
    unsigned c62, unsigned c63)
{
    size_t          i, rest;
    unsigned        x, bad;
    uint32_t        v;
    unsigned char  *q;

    rest = len & 3;

    if (rest == 1) {
        return HPF_ERROR;
    }

    q = out;
    v = 0;
    bad = 0;

    for (i = 0; i < len; i++) {
        x = hpf_base64_value(p[i], c62, c63);

        bad |= x;
        v = v << 6 | (x & 63);

        if ((i & 3) == 3) {
            *q++ = (unsigned char) (v >> 16);
            *q++ = (unsigned char) (v >> 8);
            *q++ = (unsigned char) v;
        }
    }

    /* bits that are left over must be zero */

    if (rest == 2) {
        bad |= (v & 0xf) << 8;
        *q++ = (unsigned char) (v >> 4);

    } else if (rest == 3) {
        bad |= (v & 3) << 8;
        *q++ = (unsigned char) (v >> 10);
        *q++ = (unsigned char) (v >> 2);
    }

    return (bad & ~63U) ? HPF_ERROR : q - out;
}


/* more than 63: not of the alphabet */

static unsigned
hpf_base64_value(unsigned c, unsigned c62, unsigned c63)
{
    unsigned  upper, lower, digit, plus, slash;

    upper = hpf_base64_in(c, 'A', 'Z');
    lower = hpf_base64_in(c, 'a', 'z');
    digit = hpf_base64_in(c, '0', '9');
    plus = hpf_base64_in(c, c62, c62);
    slash = hpf_base64_in(c, c63, c63);

    return (upper & (c - 'A')) | (lower & (c - 'a' + 26))
           | (digit & (c - '0' + 52)) | (plus & 62) | (slash & 63)
           | (~(upper | lower | digit | plus | slash) & 0x100);
}


/* all ones when lo <= c <= hi */

static unsigned
hpf_base64_in(unsigned c, unsigned lo, unsigned hi)
{
    return (unsigned) 0 - (c - lo <= hi - lo);
}
