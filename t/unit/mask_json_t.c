/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a key and a value are in JSON, which values are found without a key,
 * text that is broken or none, and what is longer than can be waited for.
 */

#include "mask_test.h"


static void
rules(void)
{
    hpf_mask_shape_t  shape;

    mask_test_rules(HPF_MASK_TYPE_JSON);

    hpf_mask_shape_init(&shape, HPF_MASK_EMAIL);
    hpf_mask_rules_value(body_rules, &shape, 0);
    body_rule("*secret*", HPF_MASK_ALL, 0);
    body_rule("ywlsh", HPF_MASK_NONE, 0);

    mask_test_ready();
}


static void
test_keys(void)
{
    mask_test_json("{\"sjhm\":13800138000}", "{\"sjhm\":\"138****8000\"}");
    mask_test_json("{\"SJHM\" : 13800138000 , \"a\":1}",
                   "{\"SJHM\" : \"138****8000\" , \"a\":1}");
    mask_test_json("{\"idNo\":\"x1\",\"idno\":\"x2\",\"ID_NO\":\"x3\"}",
                   "{\"idNo\":\"x*\",\"idno\":\"x*\",\"ID_NO\":\"x*\"}");
    mask_test_json("{\"\\u0078\\u006d\":\"张三\"}",
                   "{\"\\u0078\\u006d\":\"张*\"}");
    mask_test_json("{\"\\u59d3\\u540d\":\"张三\"}",
                   "{\"\\u59d3\\u540d\":\"张*\"}");
    mask_test_json("{\"姓名\":\"张三\"}", "{\"姓名\":\"张*\"}");
    mask_test_stays("{\"name\":null,\"x\":\"abc\",\"name\":true,"
                    "\"y\":\"def\"}");
    mask_test_stays("{\"name\":{\"x\":\"abc\"},\"y\":\"abc\"}");
    mask_test_json("{\"name\":{\"name\":\"abc\"}}",
                   "{\"name\":{\"name\":\"a*c\"}}");
    mask_test_json("{\"name\":[\"abc\",\"de\",1],\"z\":\"abc\"}",
                   "{\"name\":[\"a*c\",\"d*\",\"*\"],\"z\":\"abc\"}");
    mask_test_json("{\"name\":[{\"x\":\"abc\",\"y\":[\"abc\"]},\"abc\"],"
                   "\"z\":\"abc\"}",
                   "{\"name\":[{\"x\":\"abc\",\"y\":[\"abc\"]},\"a*c\"],"
                   "\"z\":\"abc\"}");
    mask_test_json("{\"name\":[[\"abc\"],\"abc\",{\"q\":\"abc\",\"r\":1},"
                   "[\"abc\"]]}",
                   "{\"name\":[[\"a*c\"],\"a*c\",{\"q\":\"abc\",\"r\":1},"
                   "[\"a*c\"]]}");
    mask_test_stays("{\"x\":\"name\",\"y\":\"abc\",\"z\":[\"name\",\"abc\"]}");
    mask_test_stays("{\"names\":\"abc\",\"nam\":\"abc\",\"xname\":\"abc\"}");
    mask_test_json("{\"my_secret_1\":\"abc\"}", "{\"my_secret_1\":\"***\"}");
    mask_test_stays("{\"ywlsh\":\"11010519491231002X\",\"x\":\"abc\"}");
    mask_test_stays("{\"ywlsh\":[\"a\\\"\\\\\",13800138000],\"x\":\"abc\"}");
    mask_test_json("{\"name\":\"a\\\"b\\\\\"}", "{\"name\":\"a***\"}");
    mask_test_json("{\"name\":\"\\u005c\\\"\",\"x\":\"y\"}",
                   "{\"name\":\"\\u005c*\",\"x\":\"y\"}");
    mask_test_json("{\"id_no\":-1.5e3}", "{\"id_no\":\"-*****\"}");
    mask_test_json("[{\"name\":\"abc\"},"
                   "{\"name\":\"abc\"}]\n{\"name\":\"abc\"}",
                   "[{\"name\":\"a*c\"},"
                   "{\"name\":\"a*c\"}]\n{\"name\":\"a*c\"}");
}


static void
test_values(void)
{
    mask_test_json("{\"x\":\"13800138000\"}", "{\"x\":\"138****8000\"}");
    mask_test_json("{\"x\":13800138000}", "{\"x\":\"138****8000\"}");
    mask_test_json("{\"x\":13800138000.0}", "{\"x\":\"138****8000\"}");
    mask_test_json("[13800138000,13900139000]",
                   "[\"138****8000\",\"139****9000\"]");
    mask_test_stays("{\"x\":-13800138000,\"y\":0.13800138000,"
                    "\"z\":13800138000.5}");
    mask_test_stays("{\"x\":138001380001,\"y\":1380013800,\"z\":12800138000}");
    mask_test_json("{\"x\":\"证件11010519491231002x，电话13800138000。\"}",
                   "{\"x\":\"证件110105********002x，电话138****8000。\"}");
    mask_test_json("{\"x\":\"\\u0031\\u0033800138000\"}",
                   "{\"x\":\"\\u0031\\u00338****8000\"}");
    mask_test_json("{\"x\":\"\\u4e2d13800138000\\n13900139000\"}",
                   "{\"x\":\"\\u4e2d138****8000\\n139****9000\"}");
    mask_test_json("{\"x\":\"110105194912310\\u00302\\u0058\"}",
                   "{\"x\":\"110105********0\\u00302\\u0058\"}");
    mask_test_stays("{\"x\":\"20260101123456789012\","
                    "\"y\":\"110105194912310021\"}");
    mask_test_stays("{\"x\":\"11010519491231002X1\","
                    "\"y\":\"111010519491231002X\"}");
    mask_test_json("{\"x\":\"6217000010012345677\"}",
                   "{\"x\":\"***************5677\"}");
    mask_test_json("{\"x\":\"+8613800138000\"}", "{\"x\":\"+86138****8000\"}");
    mask_test_json("{\"13800138000\":\"x\"}", "{\"138****8000\":\"x\"}");
    mask_test_json("{\"x\":\"tel13800138000 phone13800138000\"}",
                   "{\"x\":\"tel138****8000 phone138****8000\"}");
    mask_test_stays("{\"x\":\"0f13800138000ab\",\"y\":\"13800138000fab1\"}");
    mask_test_json("{\"x\":\"13800138000about\"}",
                   "{\"x\":\"138****8000about\"}");
    mask_test_json("{\"x\":\"13800138000ab13900139000xy\"}",
                   "{\"x\":\"13800138000ab139****9000xy\"}");
    mask_test_json("{\"x\":\"{\\\"sjhm\\\":\\\"13800138000\\\"}\"}",
                   "{\"x\":\"{\\\"sjhm\\\":\\\"138****8000\\\"}\"}");
}


static void
stays(const char *in)
{
    mask_test_open(in, in);
}


static void
test_broken(void)
{
    stays("");
    stays("{");
    stays("\"");
    stays("\\");
    stays("{\"a\":\"\\u00");
    stays("{\"a\":\"\\");
    stays("\"\\u01\\u003380030013801\"");
    stays("133\n\x01" "18033\n\x01" "180000000033");
    stays("{\"a\":\"\\uzz\",\"b\":\"\\u12\"}");
    stays("no JSON at all: 1,2,3 -5 [}{ \"");
    mask_test_open("call 13800138000-1 or 13900139000",
                   "call 138****8000-1 or 139****9000");
    mask_test_open("13800138000-13900139000", "138****8000-139****9000");
    stays("{\"a\":13800138000abc}");
    mask_test_open("{\"name\":\"abc", "{\"name\":\"a*c");
    mask_test_open("{\"name\":\"abc\\", "{\"name\":\"***");
    mask_test_open("}}}]]]{\"name\":\"abc\"}", "}}}]]]{\"name\":\"a*c\"}");
    mask_test_open("cb({'sjhm':13800138000,\"name\":\"abc\"})",
                   "cb({'sjhm':\"138****8000\",\"name\":\"a*c\"})");
    mask_test_open("{\"name\":\"\xd5\xc5\xc8\xfd\"}", "{\"name\":\"***\"}");
    mask_test_open("{\"name\":\"a\xe5\xbc\"}", "{\"name\":\"***\"}");
    mask_test_open("{\"name\":\"\xc0\x80\"}", "{\"name\":\"***\"}");
    mask_test_open("\xef\xbb\xbf{\"name\":\"abc\"}",
                   "\xef\xbb\xbf{\"name\":\"a*c\"}");
}


static void
filled(body_t *t, const char *before, int c, size_t n, const char *after)
{
    t->n = 0;
    body_text(t, before);
    body_fill(t, c, n);
    body_text(t, after);
}


/* Whether that is what comes of it, in any split and with any kernel. */

static void
gives(const body_t *in, const body_t *expected, const char *what)
{
    static hpf_mask_t  m;

    body_whole(in->p, in->n, &m);

    ok(body_out.n == expected->n
       && memcmp(body_out.p, expected->p, expected->n) == 0, "%s", what);
    ok(mask_test_kernels(in->p, in->n, &m), "in any split");
}


static void
test_long(void)
{
    body_t  in, out;

    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));

    filled(&in, "{\"id_no\":\"", 'a', HPF_MASK_VALUE_MAX, "\",\"x\":1}");
    filled(&out, "{\"id_no\":\"aaaaaa", '*', HPF_MASK_VALUE_MAX - 10,
           "aaaa\",\"x\":1}");
    gives(&in, &out, "the longest value");

    filled(&in, "{\"id_no\":\"", 'a', HPF_MASK_VALUE_MAX + 1,
           "\",\"x\":1}");
    filled(&out, "{\"id_no\":\"", '*', 3, "\",\"x\":1}");
    gives(&in, &out, "one too long");

    filled(&in, "{\"id_no\":", '1', HPF_MASK_NUMBER + 1, ",\"x\":1}");
    gives(&in, &out, "a number too long");

    filled(&in, "{\"x\":", '1', HPF_MASK_NUMBER + 1, ",\"x\":1}");
    gives(&in, &in, "a long number without a rule");

    filled(&in, "{\"x\":\"\\u0031", '1', 300, "\\u0031\",\"x\":1}");
    gives(&in, &in, "a long run");

    filled(&in, "{\"n", 'a', 600, "\":\"13800138000\"}");
    filled(&out, "{\"n", 'a', 600, "\":\"138****8000\"}");
    gives(&in, &out, "a long key");

    free(in.p);
    free(out.p);
}


static void
test_deep(void)
{
    body_t             in;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));

    filled(&in, "{\"name\":", '[', 250000, "\"abc\"");
    body_whole(in.p, in.n, &m);
    is_str(body_out.p + body_out.n - 6, 6, "[\"a*c\"", "a depth of 250,000");

    filled(&in, "", '[', 250000, "{\"name\":[\"abc\",{\"x\":\"y\"},\"abc\"]}");
    body_whole(in.p, in.n, &m);
    is_str(body_out.p + 250000, body_out.n - 250000,
           "{\"name\":[\"a*c\",{\"x\":\"y\"},\"a*c\"]}",
           "a rule at a depth of 250,000");

    free(in.p);
}


/* Arrays under a key in arrays under a key: more than can be remembered. */

static void
test_nested(void)
{
    body_t             in;
    unsigned           i, n, good;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    good = 0;

    for (n = 0; n < 40; n++) {
        in.n = 0;

        for (i = 0; i < n; i++) {
            body_text(&in, "{\"name\":[\"abc\",");
        }

        body_text(&in, "{\"name\":\"abc\"}");

        for (i = 0; i < n; i++) {
            body_text(&in, ",\"abc\"],\"name\":\"abc\"}");
        }

        body_whole(in.p, in.n, &m);

        good += strstr((char *) body_out.p, "abc") == NULL
                && mask_test_valid(body_out.p, body_out.n)
                && mask_test_kernels(in.p, in.n, &m);
    }

    is_int(good, 40, "names in arrays of names");
    mask_test_json("[{\"name\":\"abc\",\"x\":\"abc\"}]",
                   "[{\"name\":\"a*c\",\"x\":\"abc\"}]");

    free(in.p);
}


int
main(void)
{
    plan(0);

    rules();

    test_keys();
    test_values();
    test_broken();
    test_long();
    test_deep();
    test_nested();

    return mask_test_done();
}
