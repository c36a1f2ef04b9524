/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Writes JSON in one pass.  A string is looked at once, eight bytes at a time:
 * stretches that need nothing are copied whole.
 */


#include <string.h>

#include "hpf_digits.h"
#include "hpf_plugin.h"
#include "hpf_json_out.h"


/* the same byte eight times */
#define HPF_JSON_OUT_EACH(c)  (UINT64_C(0x0101010101010101) * (c))


static void hpf_json_out_put(hpf_json_out_t *out, const void *text,
    size_t len);
static void hpf_json_out_open(hpf_json_out_t *out, char c);
static void hpf_json_out_close(hpf_json_out_t *out, char c);
static void hpf_json_out_comma(hpf_json_out_t *out);
static void hpf_json_out_text(hpf_json_out_t *out, const unsigned char *p,
    size_t len);
static size_t hpf_json_out_plain(const unsigned char *p, size_t len);
static int hpf_json_out_ascii(uint64_t w);
static size_t hpf_json_out_utf8(const unsigned char *p, size_t len);
static void hpf_json_out_escape(hpf_json_out_t *out, unsigned char c);


void
hpf_json_out_init(hpf_json_out_t *out, void *buf, size_t size)
{
    memset(out, 0, sizeof(hpf_json_out_t));

    out->start = buf;
    out->pos = buf;
    out->last = size ? out->start + size : buf;
}


void
hpf_json_out_begin_object(hpf_json_out_t *out)
{
    hpf_json_out_open(out, '{');
}


void
hpf_json_out_end_object(hpf_json_out_t *out)
{
    hpf_json_out_close(out, '}');
}


void
hpf_json_out_begin_array(hpf_json_out_t *out)
{
    hpf_json_out_open(out, '[');
}


void
hpf_json_out_end_array(hpf_json_out_t *out)
{
    hpf_json_out_close(out, ']');
}


void
hpf_json_out_key_len(hpf_json_out_t *out, const void *name, size_t len)
{
    hpf_json_out_string(out, name, len);
    hpf_json_out_put(out, ":", 1);

    out->comma = 0;
}


void
hpf_json_out_string(hpf_json_out_t *out, const void *text, size_t len)
{
    unsigned char  *p;

    if (hpf_json_out_plain(text, len) == len
        && (size_t) (out->last - out->pos) >= len + 3 && !out->failed)
    {
        p = out->pos;
        *p = ',';
        p += out->comma;
        *p++ = '"';

        if (len) {
            memcpy(p, text, len);
        }

        p[len] = '"';

        out->pos = p + len + 1;
        out->comma = 1;

        return;
    }

    hpf_json_out_comma(out);
    hpf_json_out_put(out, "\"", 1);
    hpf_json_out_text(out, text, len);
    hpf_json_out_put(out, "\"", 1);
}


void
hpf_json_out_cstring(hpf_json_out_t *out, const char *text)
{
    hpf_json_out_string(out, text, strlen(text));
}


void
hpf_json_out_string2(hpf_json_out_t *out, const char *a, const char *b)
{
    hpf_json_out_comma(out);
    hpf_json_out_put(out, "\"", 1);
    hpf_json_out_text(out, (const unsigned char *) a, strlen(a));
    hpf_json_out_text(out, (const unsigned char *) b, strlen(b));
    hpf_json_out_put(out, "\"", 1);
}


void
hpf_json_out_int(hpf_json_out_t *out, int64_t value)
{
    size_t         n;
    unsigned char  text[HPF_DIGITS_SIGNED];

    n = hpf_digits_signed(text, value);

    hpf_json_out_value(out, text + sizeof(text) - n, n);
}


void
hpf_json_out_uint(hpf_json_out_t *out, uint64_t value)
{
    size_t         n;
    unsigned char  text[HPF_DIGITS];

    n = hpf_digits(text, value);

    hpf_json_out_value(out, text + sizeof(text) - n, n);
}


void
hpf_json_out_bool(hpf_json_out_t *out, int value)
{
    hpf_json_out_value(out, value ? "true" : "false", value ? 4 : 5);
}


void
hpf_json_out_null(hpf_json_out_t *out)
{
    hpf_json_out_value(out, "null", 4);
}


void
hpf_json_out_value(hpf_json_out_t *out, const void *text, size_t len)
{
    hpf_json_out_comma(out);
    hpf_json_out_put(out, text, len);
}


void
hpf_json_out_raw(hpf_json_out_t *out, const void *text, size_t len)
{
    hpf_json_out_put(out, text, len);
}


int
hpf_json_out_failed(const hpf_json_out_t *out)
{
    return out->failed;
}


size_t
hpf_json_out_len(const hpf_json_out_t *out)
{
    return out->pos - out->start;
}


int
hpf_json_out_room(hpf_json_out_t *out, size_t need)
{
    if (out->failed) {
        return HPF_ERROR;
    }

    if ((size_t) (out->last - out->pos) >= need) {
        return HPF_OK;
    }

    if (out->grow == NULL || out->grow(out, need) != HPF_OK) {
        out->failed = 1;
        return HPF_ERROR;
    }

    return HPF_OK;
}


static void
hpf_json_out_put(hpf_json_out_t *out, const void *text, size_t len)
{
    if (len && hpf_json_out_room(out, len) == HPF_OK) {
        memcpy(out->pos, text, len);
        out->pos += len;
    }
}


static void
hpf_json_out_open(hpf_json_out_t *out, char c)
{
    hpf_json_out_comma(out);
    hpf_json_out_put(out, &c, 1);

    out->comma = 0;
}


static void
hpf_json_out_close(hpf_json_out_t *out, char c)
{
    hpf_json_out_put(out, &c, 1);

    out->comma = 1;
}


/* before a value, which the next one is parted from */

static void
hpf_json_out_comma(hpf_json_out_t *out)
{
    if (out->comma) {
        hpf_json_out_put(out, ",", 1);
    }

    out->comma = 1;
}


static void
hpf_json_out_text(hpf_json_out_t *out, const unsigned char *p, size_t len)
{
    size_t  n;

    while (len) {
        n = hpf_json_out_plain(p, len);

        hpf_json_out_put(out, p, n);

        p += n;
        len -= n;

        if (len) {
            hpf_json_out_escape(out, *p);
            p++;
            len--;
        }
    }
}


/* how many bytes from here on can stay as they are */

static size_t
hpf_json_out_plain(const unsigned char *p, size_t len)
{
    size_t    i, n;
    uint64_t  w;

    i = 0;

    while (i < len) {

        if (len - i >= sizeof(w)) {
            memcpy(&w, p + i, sizeof(w));

            if (hpf_json_out_ascii(w)) {
                i += sizeof(w);

                /* the rest together with what was looked at already */

                if (len > i && len - i < sizeof(w)) {
                    memcpy(&w, p + len - sizeof(w), sizeof(w));
                    i = hpf_json_out_ascii(w) ? len : i;
                }

                continue;
            }
        }

        if (p[i] < 0x80) {
            if (p[i] < 0x20 || p[i] == '"' || p[i] == '\\') {
                break;
            }

            i++;
            continue;
        }

        n = hpf_json_out_utf8(p + i, len - i);
        if (n == 0) {
            break;
        }

        i += n;
    }

    return i;
}


/*
 * Whether all of eight bytes are ASCII that needs no escape.  x - n has the
 * highest bit of a byte set where that byte was below n, and perhaps in those
 * above it, which does not matter: one is enough.
 */

static int
hpf_json_out_ascii(uint64_t w)
{
    uint64_t  found, quote, backslash;

    quote = w ^ HPF_JSON_OUT_EACH('"');
    backslash = w ^ HPF_JSON_OUT_EACH('\\');

    found = w
            | ((w - HPF_JSON_OUT_EACH(0x20)) & ~w)
            | ((quote - HPF_JSON_OUT_EACH(1)) & ~quote)
            | ((backslash - HPF_JSON_OUT_EACH(1)) & ~backslash);

    return (found & HPF_JSON_OUT_EACH(0x80)) == 0;
}


/* the length of a character of two bytes or more; 0: none (RFC 3629) */

static size_t
hpf_json_out_utf8(const unsigned char *p, size_t len)
{
    size_t    i, n;
    unsigned  lo, hi;

    lo = 0x80;
    hi = 0xbf;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if ((p[0] & 0xf0) == 0xe0) {
        n = 3;
        lo = p[0] == 0xe0 ? 0xa0 : 0x80;
        hi = p[0] == 0xed ? 0x9f : 0xbf;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        lo = p[0] == 0xf0 ? 0x90 : 0x80;
        hi = p[0] == 0xf4 ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if (len < n || p[1] < lo || p[1] > hi) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


static void
hpf_json_out_escape(hpf_json_out_t *out, unsigned char c)
{
    char  text[6];

    static const char  letters[] = "btn\0fr";
    static const char  hex[] = "0123456789abcdef";

    if (c >= 0x80) {
        hpf_json_out_put(out, "\xef\xbf\xbd", 3);
        return;
    }

    text[0] = '\\';
    text[1] = (char) c;

    if (c >= 0x20) {
        hpf_json_out_put(out, text, 2);
        return;
    }

    if (c >= '\b' && c <= '\r' && c != '\v') {
        text[1] = letters[c - '\b'];
        hpf_json_out_put(out, text, 2);
        return;
    }

    text[1] = 'u';
    text[2] = '0';
    text[3] = '0';
    text[4] = hex[c >> 4];
    text[5] = hex[c & 0xf];

    hpf_json_out_put(out, text, 6);
}
