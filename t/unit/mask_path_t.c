/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules for places in JSON: stars, indexes, names with escapes, how deep they
 * reach, and that they win over rules for keys.
 */

#include "mask_test.h"


static void
begin(void)
{
    mask_test_rules(HPF_MASK_TYPE_JSON);
}


static void
test_members(void)
{
    begin();
    mask_test_path("/a/b", HPF_MASK_NAME, 0);
    mask_test_path("/x~1y/~0", HPF_MASK_NAME, 0);
    mask_test_path("/姓/\"q\"", HPF_MASK_NAME, 0);
    mask_test_path("/", HPF_MASK_NAME, 0);
    mask_test_path("/e/", HPF_MASK_NAME, 0);
    mask_test_ready();

    mask_test_json("{\"a\":{\"b\":\"abc\",\"c\":\"abc\"},\"b\":\"abc\"}",
                   "{\"a\":{\"b\":\"a*c\",\"c\":\"abc\"},\"b\":\"abc\"}");
    mask_test_json("{\"a\":{\"c\":{\"b\":\"abc\"},\"b\":12}}",
                   "{\"a\":{\"c\":{\"b\":\"abc\"},\"b\":\"1*\"}}");
    mask_test_json("{\"a\":{\"b\":\"abc\"},\"a\":{\"b\":\"abc\"}}",
                   "{\"a\":{\"b\":\"a*c\"},\"a\":{\"b\":\"a*c\"}}");
    mask_test_json("{ \"a\" : { \"b\" : \"abc\" } }",
                   "{ \"a\" : { \"b\" : \"a*c\" } }");
    mask_test_json("{\"\\u0061\":{\"\\u0062\":\"abc\"}}",
                   "{\"\\u0061\":{\"\\u0062\":\"a*c\"}}");
    mask_test_json("{\"x/y\":{\"~\":\"abc\",\"~0\":\"abc\"}}",
                   "{\"x/y\":{\"~\":\"a*c\",\"~0\":\"abc\"}}");
    mask_test_json("{\"x\\/y\":{\"\\u007e\":\"abc\"}}",
                   "{\"x\\/y\":{\"\\u007e\":\"a*c\"}}");
    mask_test_json("{\"\\u59d3\":{\"\\\"q\\u0022\":\"abc\"}}",
                   "{\"\\u59d3\":{\"\\\"q\\u0022\":\"a*c\"}}");
    mask_test_json("{\"\":\"abc\",\"e\":{\"\":\"abc\"}}",
                   "{\"\":\"a*c\",\"e\":{\"\":\"a*c\"}}");
    mask_test_stays("{\"A\":{\"b\":\"abc\"},\"a\":{\"B\":\"abc\"}}");
    mask_test_stays("{\"a\":\"b\",\"c\":{\"b\":\"abc\"}}");
    mask_test_stays("{\"a\":[{\"b\":\"abc\"}],\"a/b\":\"abc\"}");
    mask_test_stays("{\"z\":{\"a\":{\"b\":\"abc\"}}}");
    mask_test_stays("[{\"a\":{\"b\":\"abc\"}}]");
    mask_test_stays("{\"x\":\"{\\\"a\\\":{\\\"b\\\":\\\"abc\\\"}}\"}");
}


static void
test_elements(void)
{
    begin();
    mask_test_path("/1", HPF_MASK_NAME, 0);
    mask_test_path("/n/0", HPF_MASK_NAME, 0);
    mask_test_path("/n/10", HPF_MASK_ALL, 0);
    mask_test_path("/n/01", HPF_MASK_ALL, 0);
    mask_test_path("/n/99999999999999999999", HPF_MASK_ALL, 0);
    mask_test_ready();

    mask_test_json("[\"abc\",\"abc\",\"abc\"]", "[\"abc\",\"a*c\",\"abc\"]");
    mask_test_json("{\"1\":\"abc\",\"01\":\"abc\"}",
                   "{\"1\":\"a*c\",\"01\":\"abc\"}");
    mask_test_json("[{\"1\":\"abc\"},[\"abc\",\"de\"],\"abc\"]",
                   "[{\"1\":\"abc\"},[\"a*c\",\"d*\"],\"abc\"]");
    mask_test_json("[[],[[\"abc\"],{\"x\":\"abc\"}],[\"abc\"]]",
                   "[[],[[\"a*c\"],{\"x\":\"abc\"}],[\"abc\"]]");
    mask_test_json("{\"n\":[\"abc\",1,2,3,4,5,6,7,8,9,\"abc\",\"abc\"]}",
                   "{\"n\":[\"a*c\",1,2,3,4,5,6,7,8,9,\"***\",\"abc\"]}");
    mask_test_json("{\"n\":{\"0\":\"abc\",\"01\":\"abc\"}}",
                   "{\"n\":{\"0\":\"a*c\",\"01\":\"***\"}}");
    mask_test_json("{\"n\":{\"99999999999999999999\":\"abc\"}}",
                   "{\"n\":{\"99999999999999999999\":\"***\"}}");
    mask_test_stays("[[\"abc\",2],null]");
    mask_test_stays("[{\"x\":[1,\"abc\"]},true,\"abc\"]");
}


static void
test_stars(void)
{
    begin();
    mask_test_path("/rows/*/memo", HPF_MASK_NAME, 0);
    mask_test_path("/all/*", HPF_MASK_NAME, 0);
    mask_test_path("/*/*/*/deep", HPF_MASK_ALL, 0);
    mask_test_ready();

    mask_test_json("{\"rows\":[{\"memo\":\"abc\"},[\"memo\"],"
                   "{\"x\":\"abc\",\"memo\":\"abc\"}]}",
                   "{\"rows\":[{\"memo\":\"a*c\"},[\"memo\"],"
                   "{\"x\":\"abc\",\"memo\":\"a*c\"}]}");
    mask_test_json("{\"rows\":{\"a\":{\"memo\":\"abc\"},\"memo\":\"abc\"}}",
                   "{\"rows\":{\"a\":{\"memo\":\"a*c\"},\"memo\":\"abc\"}}");
    mask_test_json("{\"all\":[\"abc\",{\"x\":\"abc\"},[\"abc\"]]}",
                   "{\"all\":[\"a*c\",{\"x\":\"abc\"},[\"a*c\"]]}");
    mask_test_json("{\"all\":{\"\":\"abc\",\"*\":\"abc\",\"x\":1}}",
                   "{\"all\":{\"\":\"a*c\",\"*\":\"a*c\",\"x\":\"*\"}}");
    mask_test_json("[[[{\"deep\":\"abc\"}]],{\"a\":[{\"deep\":12}]}]",
                   "[[[{\"deep\":\"***\"}]],{\"a\":[{\"deep\":\"***\"}]}]");
    mask_test_stays("{\"rows\":[[{\"memo\":\"abc\"}]],\"memo\":\"abc\"}");
    mask_test_stays("[[{\"deep\":\"abc\"},[[{\"deep\":\"abc\"}]]]]");
}


/* A star is for names of any length, which rules for keys are not. */

static void
test_long_names(void)
{
    size_t             n;
    body_t             in, out;
    static hpf_mask_t  m;

    static const size_t  lens[] = { 127, 128, 129, 760, 769, 1300, 5000 };

    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));

    for (n = 0; n < sizeof(lens) / sizeof(lens[0]); n++) {
        in.n = 0;
        out.n = 0;

        body_text(&in, "{\"all\":{\"x\":\"abc\",\"");
        body_text(&out, "{\"all\":{\"x\":\"a*c\",\"");
        body_fill(&in, 'k', lens[n]);
        body_fill(&out, 'k', lens[n]);
        body_text(&in, "\":\"abc\"},\"x\":\"abc\"}");
        body_text(&out, "\":\"a*c\"},\"x\":\"abc\"}");

        body_whole(in.p, in.n, &m);
        ok(body_out.n == out.n && memcmp(body_out.p, out.p, out.n) == 0,
           "a star, and a name of %zu bytes", lens[n]);
        ok(mask_test_kernels(in.p, in.n, &m), "in any split");
    }

    /* nor is it one of the value before it */

    in.n = 0;
    body_text(&in, "{\"y\":\"p\",\"");
    body_fill(&in, 'k', 900);
    body_text(&in, "\":\"abc\"}");

    begin();
    mask_test_path("/p", HPF_MASK_NAME, 0);
    mask_test_ready();

    body_whole(in.p, in.n, &m);
    is_int(m.count, 0, "a value is no name of what follows it");
    ok(mask_test_kernels(in.p, in.n, &m), "in any split");

    free(in.p);
    free(out.p);
}


/* 16 components are as far as a place may be; what is below has none. */

static void
test_depth(void)
{
    body_t             path, in;
    unsigned           i, n;
    static hpf_mask_t  m;

    memset(&path, 0, sizeof(path));
    memset(&in, 0, sizeof(in));

    for (i = 0; i < HPF_MASK_PATH_DEPTH; i++) {
        body_text(&path, i % 2 ? "/0" : "/a");
    }

    begin();
    mask_test_path((char *) path.p, HPF_MASK_NAME, 0);
    mask_test_path("/a/0/a", HPF_MASK_ALL, 0);
    mask_test_ready();

    for (n = 15; n < 19; n++) {
        in.n = 0;

        for (i = 0; i < n; i++) {
            body_text(&in, i % 2 ? "[" : "{\"a\":");
        }

        body_text(&in, "\"abc\"");

        for (i = n; i > 0; i--) {
            body_text(&in, i % 2 ? "}" : "]");
        }

        body_whole(in.p, in.n, &m);
        is_int(m.count, n == 16, "a value at a depth of %u", n);
        ok(mask_test_kernels(in.p, in.n, &m), "in any split");
    }

    /* what is deeper is forgotten when it ends */

    mask_test_json("{\"x\":[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]],"
                   "\"a\":[{\"a\":\"abc\"},\"abc\"]}",
                   "{\"x\":[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]],"
                   "\"a\":[{\"a\":\"***\"},\"abc\"]}");
    mask_test_json("{\"a\":[{\"a\":12}]}\n{\"a\":[{\"a\":12}]}",
                   "{\"a\":[{\"a\":\"***\"}]}\n{\"a\":[{\"a\":\"***\"}]}");

    free(path.p);
    free(in.p);
}


static void
test_precedence(void)
{
    begin();
    body_rule("k", HPF_MASK_ALL, 0);
    body_rule("list", HPF_MASK_ALL, 0);
    mask_test_path("/a/k", HPF_MASK_NAME, 0);
    mask_test_path("/none/*", HPF_MASK_NONE, 0);
    mask_test_path("/none/2", HPF_MASK_NAME, 0);
    mask_test_path("/list/1", HPF_MASK_NAME, 0);
    mask_test_path("/list/2", HPF_MASK_NONE, 0);
    mask_test_path("/later/*", HPF_MASK_ALL, 0);
    mask_test_path("/later/k", HPF_MASK_NAME, 0);
    mask_test_path("/again/k", HPF_MASK_NAME, 0);
    mask_test_path("/again/*", HPF_MASK_AMOUNT, 0);
    mask_test_path("/again/k", HPF_MASK_NAME, 0);
    mask_test_ready();

    mask_test_json("{\"a\":{\"k\":\"abc\"},\"k\":\"abc\"}",
                   "{\"a\":{\"k\":\"a*c\"},\"k\":\"***\"}");
    mask_test_json("{\"none\":{\"k\":\"abc\",\"x\":\"13800138000\","
                   "\"2\":\"abc\"}}",
                   "{\"none\":{\"k\":\"abc\",\"x\":\"13800138000\","
                   "\"2\":\"a*c\"}}");
    mask_test_json("{\"list\":[\"abc\",\"abc\",\"13800138000\",\"abc\"]}",
                   "{\"list\":[\"***\",\"a*c\",\"13800138000\",\"***\"]}");
    mask_test_json("{\"list\":[[\"abc\",12],[\"abc\"],[12],[[12]]]}",
                   "{\"list\":[[\"***\",\"***\"],[\"a*c\"],[12],"
                   "[[\"***\"]]]}");
    mask_test_json("{\"later\":{\"k\":\"abc\",\"x\":\"abc\"}}",
                   "{\"later\":{\"k\":\"a*c\",\"x\":\"***\"}}");
    mask_test_json("{\"again\":{\"k\":\"abc\",\"x\":\"abc\"}}",
                   "{\"again\":{\"k\":\"a*c\",\"x\":\"***\"}}");
    mask_test_json("{\"none\":{\"k\":{\"k\":\"abc\"}}}",
                   "{\"none\":{\"k\":{\"k\":\"***\"}}}");
}


static void
scope(const char *path, unsigned what)
{
    if (hpf_mask_path_scope(body_rules, path, strlen(path), what) != HPF_OK) {
        ok(0, "the scope of %s", path);
    }
}


/* Only what is granted is there, and it is masked as it would be. */

static void
test_scopes(void)
{
    begin();
    body_rule("mobile", HPF_MASK_NAME, 0);
    mask_test_path("/r/id", HPF_MASK_NAME, 0);
    mask_test_path("/r/gone", HPF_MASK_NAME, 1);
    scope("/r/*", HPF_MASK_PATH_WITHHELD);
    scope("/r/a", HPF_MASK_PATH_GRANTED);
    scope("/r/id", HPF_MASK_PATH_GRANTED);
    scope("/r/mobile", HPF_MASK_PATH_GRANTED);
    scope("/r/list", HPF_MASK_PATH_GRANTED);
    scope("/r/list/*", HPF_MASK_PATH_GRANTED);
    scope("/r/list/*/*", HPF_MASK_PATH_WITHHELD);
    scope("/r/list/*/x", HPF_MASK_PATH_GRANTED);

    /* a rule that comes later opens nothing */
    mask_test_path("/r/other", HPF_MASK_NONE, 0);
    mask_test_path("/r/id", HPF_MASK_AMOUNT, 0);
    mask_test_ready();

    mask_test_json("{\"r\":{\"a\":\"abc\",\"b\":\"abc\"}}",
                   "{\"r\":{\"a\":\"abc\"}}");
    mask_test_json("{\"r\":{\"b\":{\"a\":1},\"\\u0061\":[1,{\"z\":2}]}}",
                   "{\"r\":{\"\\u0061\":[1,{\"z\":2}]}}");
    mask_test_json("{\"r\":{\"mobile\":\"abc\",\"other\":\"abc\"}}",
                   "{\"r\":{\"mobile\":\"a*c\"}}");
    mask_test_json("{\"r\":{\"id\":\"abc\",\"gone\":\"abc\"}}",
                   "{\"r\":{\"id\":\"***\"}}");
    mask_test_json("{\"r\":{\"list\":[{\"x\":1,\"y\":2},{\"y\":3}]}}",
                   "{\"r\":{\"list\":[{\"x\":1},{}]}}");
    mask_test_json("{\"r\":{\"b\":1},\"b\":\"abc\"}",
                   "{\"r\":{},\"b\":\"abc\"}");
    mask_test_stays("{\"q\":{\"b\":\"abc\"},\"r\":\"abc\"}");
}


int
main(void)
{
    plan(0);

    test_members();
    test_elements();
    test_stars();
    test_long_names();
    test_depth();
    test_precedence();
    test_scopes();

    return mask_test_done();
}
