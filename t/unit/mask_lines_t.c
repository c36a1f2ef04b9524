/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Several JSON texts in a body: one a line, one an event, or a sequence with
 * separators.  What one of them leaves open ends before the next one.
 */

#include "mask_test.h"


static void
test_keys(void)
{
    mask_test_json("{\"a\":1,\n\"name\"\n:\"abc\"}",
                   "{\"a\":1,\n\"name\"\n:\"a*c\"}");
    mask_test_json("\n\"name\"\n:\"abc\"", "\n\"name\"\n:\"a*c\"");

    /* what looks like an event's field takes the colon, and no more */

    mask_test_json("\"name\"\ndata:\"x\",\"name\" : \"abc\"",
                   "\"name\"\ndata:\"x\",\"name\" : \"a*c\"");
}


/* Each line is masked as if it were alone. */

static void
test_lines(void)
{
    mask_test_json("{\"name\":\"abc\"}\n{\"name\":\"abc\"}\n",
                   "{\"name\":\"a*c\"}\n{\"name\":\"a*c\"}\n");
    mask_test_json("{\"a\":\"b\n{\"name\":\"abc\"}\n",
                   "{\"a\":\"b\n{\"name\":\"a*c\"}\n");
    mask_test_json("{\"name\":\"abc\n{\"a\":\"abc\"}\n",
                   "{\"name\":\"a*c\n{\"a\":\"abc\"}\n");
    mask_test_json("{\"name\":[\"abc\n{\"a\":\"abc\"}\n",
                   "{\"name\":[\"a*c\n{\"a\":\"abc\"}\n");
    mask_test_json("{\"name\":\n{\"a\":\"abc\"}\n[\"abc\"]\n",
                   "{\"name\":\n{\"a\":\"abc\"}\n[\"abc\"]\n");
    mask_test_json("{\"name\n\":\"abc\",\"name\":\"abc\"}\n",
                   "{\"name\n\":\"abc\",\"name\":\"abc\"}\n");
    mask_test_json("{\"x\":\"138001\n38000\",\"y\":\"13800138000\n\"}\n",
                   "{\"x\":\"138001\n38000\",\"y\":\"138****8000\n\"}\n");
    mask_test_json("{\"a\":\"\\\n{\"name\":\"abc\"}\n",
                   "{\"a\":\"\\\n{\"name\":\"a*c\"}\n");
    mask_test_json("13800138000\n\"13800138000\n13800138000\n",
                   "\"138****8000\"\n\"138****8000\n\"138****8000\"\n");
}


/* One text may have several lines, as long as it is indented. */

static void
test_pretty(void)
{
    mask_test_json("{\n  \"name\": [\n    \"abc\",\n    \"de\"\n  ]\n}\n",
                   "{\n  \"name\": [\n    \"a*c\",\n    \"d*\"\n  ]\n}\n");
    mask_test_json("{\r\n \"name\"\r\n :\r\n \"abc\"\r\n}\r\n",
                   "{\r\n \"name\"\r\n :\r\n \"a*c\"\r\n}\r\n");
}


static void
test_sequence(void)
{
    mask_test_json("\x1e{\"name\":\"abc\"}\n\x1e{\"name\":[\"abc\n"
                   "\x1e\"abc\"\n",
                   "\x1e{\"name\":\"a*c\"}\n\x1e{\"name\":[\"a*c\n"
                   "\x1e\"abc\"\n");
    mask_test_json("\x1e{\"name\":\x1e\"abc\"\n\x1e[\"name\",\"abc\"]\n",
                   "\x1e{\"name\":\x1e\"abc\"\n\x1e[\"name\",\"abc\"]\n");
}


static void
test_events(void)
{
    mask_test_json("event: x\ndata: {\"name\":\"abc\"}\n\n"
                   "data: {\"name\":\ndata: \"abc\"}\n\n",
                   "event: x\ndata: {\"name\":\"a*c\"}\n\n"
                   "data: {\"name\":\ndata: \"a*c\"}\n\n");
    mask_test_json("data: {\"name\":\"abc\n\ndata: {\"a\":\"abc\"}\n\n",
                   "data: {\"name\":\"a*c\n\ndata: {\"a\":\"abc\"}\n\n");
    mask_test_json("data: {\"name\":[\r\n\r\ndata: \"abc\"\r\n\r\n",
                   "data: {\"name\":[\r\n\r\ndata: \"abc\"\r\n\r\n");
    mask_test_json("data: call 13800138000\n\n: 13900139000\nid: 7\n\n",
                   "data: call 138****8000\n\n: \"139****9000\"\nid: 7\n\n");
}


/* A member that goes takes no other text with it. */

static void
test_drop(void)
{
    mask_test_json("{\"d\":\"abc\n{\"name\":\"abc\"}\n",
                   "{\n{\"name\":\"a*c\"}\n");
    mask_test_json("{\"a\":1,\"d\":{\"x\":\"abc\n{\"name\":\"abc\"}\n",
                   "{\"a\":1\n{\"name\":\"a*c\"}\n");
    mask_test_json("{\"a\":1,\"d\":[{\"x\":1\n\n{\"name\":\"abc\"}\n",
                   "{\"a\":1\n\n{\"name\":\"a*c\"}\n");
    mask_test_json("\x1e{\"a\":1,\"d\":[{\"x\":\x1e{\"name\":\"abc\"}\n",
                   "\x1e{\"a\":1\x1e{\"name\":\"a*c\"}\n");
    mask_test_json("data: {\"a\":1,\"d\":[1,\n\ndata: {\"name\":\"abc\"}\n\n",
                   "data: {\"a\":1\n\ndata: {\"name\":\"a*c\"}\n\n");
    mask_test_json("{\n  \"d\": {\n    \"x\": [\n    ]\n  },\n  \"a\": 1\n}\n",
                   "{\n  \n  \"a\": 1\n}\n");
    mask_test_json("{\"a\":1,\n\n{\"d\":1}\n", "{\"a\":1,\n\n{}\n");
    mask_test_json("{\"d\":1\n\n\"a\":1}\n", "{\n\n\"a\":1}\n");
}


/* Whether all of it has come out when it has gone in. */

static int
is_out(const char *in, size_t step)
{
    size_t             i, n, len, before;
    static hpf_mask_t  m;

    len = strlen(in);

    body_begin(&m, &body_again);

    for (i = 0; i < len; i += n) {
        n = (step < len - i) ? step : len - i;
        body_part(&m, in + i, n);
    }

    before = body_again.n;
    hpf_mask_finish(&m);

    if (before != body_again.n) {
        printf("# %zu of %zu bytes are held: \"%s\"\n",
               body_again.n - before, body_again.n, body_again.p);
    }

    return before == body_again.n;
}


static void
test_out(void)
{
    size_t  i, step;

    static const char  *events[] = {
        "data: {\"name\":\"abc\"}\n\n",
        "data: {\"name\":\"abc\"}\r\n\r\n",
        "data: {\"a\":13800138000\n\n",
        "data: 13800138000\n\n",
        "data: call 13800138000\n\n",
        "data: zhang@example.cn\n\n",
        "data: zhang@example\n\n",
        "data: \"13800138000\n\n",
        "data: \"{\\\"name\\\":\\\"abc\n\n",
        "data: \"{\\\"name\n\n",
        "data: \"{\\\"name\\\":[1,\n\n",
        "data: {\"name\":\"abc\n\n",
        "data: {\"name\":13\n\n",
        "data: {\"name\n\n",
        "data: {\n\n",
        "data: {\r\n\r\n",
        "data: {\"d\n\n",
        "data: {\"d\"\n\n",
        "data: {\"d\":1\n\n",
        "data: {\"d\":1 \r\n\r\n",
        "data: {\"d\":1,\n\n",
        "data: {\"d\":{\"x\":\"abc\n\n",
        "data: {\"d\":[1,\r\n\r\n",
        "data: {\"a\":1,\n\n",
        "data: {\"a\":1,\"d\"\n\n",
        "data: {\"a\":1,\"d\":\n\n",
        "data: {\"a\":1,\"d\":1\n\n",
        "data: [\"a\",\n\n"
    };

    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {

        for (step = 1; step < 64 && is_out(events[i], step); step++) {
            /* void */
        }

        is_int(step, 64, "event %zu does not wait for the next one", i);
    }
}


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON_LINES);
    mask_test_ready();

    test_keys();
    test_lines();
    test_pretty();
    test_sequence();
    test_events();

    mask_test_rules(HPF_MASK_TYPE_JSON_LINES);
    body_rule("d", HPF_MASK_DROP, 0);
    mask_test_ready();

    test_drop();
    test_out();

    return mask_test_done();
}
