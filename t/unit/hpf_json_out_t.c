/* links: core/hpf_json_out.c -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The JSON writer: exact texts, every byte sequence of two bytes read back by
 * a JSON library, every size of a buffer that is too small, growing.
 */


#include <limits.h>

#include <jansson.h>

#include "tap.h"
#include "hpf_json_out.h"


static void
structure(hpf_json_out_t *out)
{
    hpf_json_out_begin_object(out);
    hpf_json_out_key(out, "a");
    hpf_json_out_int(out, -1);
    hpf_json_out_key_len(out, "b\"", 2);
    hpf_json_out_begin_array(out);
    hpf_json_out_int(out, INT64_MIN);
    hpf_json_out_uint(out, UINT64_MAX);
    hpf_json_out_int(out, 0);
    hpf_json_out_begin_object(out);
    hpf_json_out_end_object(out);
    hpf_json_out_bool(out, 1);
    hpf_json_out_bool(out, 0);
    hpf_json_out_null(out);
    hpf_json_out_end_array(out);
    hpf_json_out_key(out, "c");
    hpf_json_out_string2(out, "x\n", "y");
    hpf_json_out_raw(out, ",\"r\":1", 6);
    hpf_json_out_key(out, "d");
    hpf_json_out_value(out, "[2]", 3);
    hpf_json_out_end_object(out);
}


static const char  expected[] =
    "{\"a\":-1,\"b\\\"\":[-9223372036854775808,18446744073709551615,0,{},"
    "true,false,null],\"c\":\"x\\ny\",\"r\":1,\"d\":[2]}";


static int
grow(hpf_json_out_t *out, size_t need)
{
    size_t          len;
    unsigned char  *p;

    len = out->pos - out->start;

    p = realloc(out->start, len + need);
    if (p == NULL) {
        return -1;
    }

    out->start = p;
    out->pos = p + len;
    out->last = out->pos + need;

    return 0;
}


static void
sizes(void)
{
    int             bad;
    size_t          n;
    unsigned char   buf[sizeof(expected) + 1], *p;
    hpf_json_out_t  out;

    bad = 0;

    for (n = 0; n < sizeof(expected) - 1; n++) {
        p = malloc(n + 1);

        hpf_json_out_init(&out, p, n);
        structure(&out);
        bad += !hpf_json_out_failed(&out) || hpf_json_out_len(&out) > n;

        free(p);
    }

    is_int(bad, 0, "no size that is too small");

    hpf_json_out_init(&out, buf, sizeof(expected) - 1 + 3);
    structure(&out);
    ok(!hpf_json_out_failed(&out), "it fits");
    is_str(buf, hpf_json_out_len(&out), expected, "structure");

    hpf_json_out_init(&out, NULL, 0);
    out.grow = grow;
    structure(&out);
    ok(!hpf_json_out_failed(&out), "it grows");
    is_str(out.start, hpf_json_out_len(&out), expected, "the same");
    free(out.start);
}


static void
string(const void *text, size_t len, const char *want, const char *name)
{
    unsigned char   buf[256];
    hpf_json_out_t  out;

    hpf_json_out_init(&out, buf, sizeof(buf));
    hpf_json_out_string(&out, text, len);
    is_str(buf, hpf_json_out_len(&out), want, "%s", name);
}


#define FFFD  "\xef\xbf\xbd"


static void
strings(void)
{
    string("", 0, "\"\"", "empty");
    string("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"", "quotes");
    string("\b\t\n\v\f\r\0\x1f\x7f", 9,
           "\"\\b\\t\\n\\u000b\\f\\r\\u0000\\u001f\x7f\"", "controls");
    string("公积金\xf0\x9f\x8f\xa0", 13, "\"公积金\xf0\x9f\x8f\xa0\"", "UTF-8");
    string("\xc0\x80", 2, "\"" FFFD FFFD "\"", "overlong");
    string("\xe0\x9f\xbf", 3, "\"" FFFD FFFD FFFD "\"", "overlong of three");
    string("\xed\xa0\x80", 3, "\"" FFFD FFFD FFFD "\"", "a surrogate");
    string("\xf4\x90\x80\x80", 4, "\"" FFFD FFFD FFFD FFFD "\"", "too large");
    string("\xe5\x85", 2, "\"" FFFD FFFD "\"", "cut off");
    string("\xe5" "a\x85", 3, "\"" FFFD "a" FFFD "\"", "interrupted");
}


/* what is written is JSON of the library's taste, whatever came in */

static void
pairs(void)
{
    int              bad;
    long             i;
    json_t          *json;
    unsigned char    text[4], buf[64];
    hpf_json_out_t   out;

    bad = 0;

    for (i = 0; i < 256 * 256; i++) {
        text[0] = 0xe5;
        text[1] = (unsigned char) (i >> 8);
        text[2] = (unsigned char) i;
        text[3] = 'z';

        hpf_json_out_init(&out, buf, sizeof(buf));
        hpf_json_out_begin_array(&out);
        hpf_json_out_string(&out, text, 4);
        hpf_json_out_end_array(&out);

        json = json_loadb((char *) buf, hpf_json_out_len(&out),
                          JSON_ALLOW_NUL, NULL);

        bad += json == NULL || hpf_json_out_failed(&out);
        json_decref(json);
    }

    is_int(bad, 0, "65536 strings are read back");
}


/* every byte in every place among others that need nothing */

static void
places(void)
{
    int             bad, plain;
    size_t          i, n;
    unsigned        c;
    unsigned char   text[24], buf[64];
    hpf_json_out_t  out;

    bad = 0;

    for (i = 0; i < sizeof(text); i++) {

        for (c = 0; c < 256; c++) {
            memset(text, 'a', sizeof(text));
            text[i] = (unsigned char) c;

            hpf_json_out_init(&out, buf, sizeof(buf));
            hpf_json_out_string(&out, text, sizeof(text));

            n = hpf_json_out_len(&out);
            plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

            bad += plain != (n == sizeof(text) + 2
                             && memcmp(buf + 1, text, sizeof(text)) == 0)
                   || memcmp(buf + 1, text, i) != 0
                   || memcmp(buf + n - (sizeof(text) - i), text + i + 1,
                             sizeof(text) - i - 1) != 0;
        }
    }

    is_int(bad, 0, "256 bytes in 24 places");
}


int
main(void)
{
    plan(0);

    sizes();
    strings();
    pairs();
    places();

    return done();
}
