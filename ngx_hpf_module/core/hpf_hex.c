/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Hexadecimal text: arithmetic instead of tables, see the header.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_hex.h"


/* the same two bytes four times */
#define HPF_HEX_EACH(two)  (UINT64_C(0x0001000100010001) * (two))


static void hpf_hex_encode_four(char *out, const unsigned char *p);
static unsigned hpf_hex_value(unsigned c);


size_t
hpf_hex_encode(char *out, const void *data, size_t len)
{
    size_t                i;
    unsigned              hi, lo;
    const unsigned char  *p;

    p = data;
    i = 0;

    for ( /* void */ ; len - i >= 4; i += 4) {
        hpf_hex_encode_four(out + 2 * i, p + i);
    }

    for ( /* void */ ; i < len; i++) {
        hi = p[i] >> 4;
        lo = p[i] & 0xf;

        /* (9 - x) >> 8 has ones below when x is a letter */

        out[2 * i] = (char) ('0' + hi + (((9 - hi) >> 8) & 39));
        out[2 * i + 1] = (char) ('0' + lo + (((9 - lo) >> 8) & 39));
    }

    return 2 * len;
}


/* Each digit has a byte of a word of its own. */

static void
hpf_hex_encode_four(char *out, const unsigned char *p)
{
    uint64_t  w, letters;

    w = p[0] | (uint64_t) p[1] << 16 | (uint64_t) p[2] << 32
        | (uint64_t) p[3] << 48;
    w = (w >> 4 & HPF_HEX_EACH(0x000f)) | (w << 8 & HPF_HEX_EACH(0x0f00));

    letters = (w + HPF_HEX_EACH(0x0606)) >> 4 & HPF_HEX_EACH(0x0101);
    w += HPF_HEX_EACH(0x3030) + letters * 39;

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    w = __builtin_bswap64(w);
#endif

    memcpy(out, &w, sizeof(w));
}


int
hpf_hex_decode(const void *text, size_t len, unsigned char *out)
{
    size_t                i;
    unsigned              hi, lo, bad;
    const unsigned char  *p;

    if (len & 1) {
        return HPF_ERROR;
    }

    p = text;
    bad = 0;

    for (i = 0; i < len / 2; i++) {
        hi = hpf_hex_value(p[2 * i]);
        lo = hpf_hex_value(p[2 * i + 1]);

        bad |= hi | lo;
        out[i] = (unsigned char) (hi << 4 | (lo & 0xf));
    }

    return (bad & ~0xfU) ? HPF_ERROR : HPF_OK;
}


/* more than 15: not a digit */

static unsigned
hpf_hex_value(unsigned c)
{
    unsigned  digit, letter, is_digit, is_letter;

    digit = c - '0';
    letter = (c | 0x20) - 'a';

    is_digit = (unsigned) 0 - (digit < 10);
    is_letter = (unsigned) 0 - (letter < 6);

    return (digit & is_digit) | ((letter + 10) & is_letter)
           | (~(is_digit | is_letter) & 0x100);
}
