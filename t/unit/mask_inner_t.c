/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON inside of JSON strings, one and two levels deep: its keys have their
 * rules, and what comes out is JSON again when it is read level by level.
 */

#include "mask_test.h"


/* {"x":"…"} with that text in the string, as it has to be written there. */

static void
wrap(body_t *t, const char *text)
{
    t->n = 0;

    for (body_text(t, "{\"x\":\""); *text; text++) {

        if (*text == '"' || *text == '\\') {
            body_fill(t, '\\', 1);
        }

        body_fill(t, *text, 1);
    }

    body_text(t, "\"}");
}


/* Both on the first level and on the second. */

static void
inner(const char *in, const char *expected)
{
    body_t    a[2], b[2];
    unsigned  i;

    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));

    for (i = 0; i < 2; i++) {
        wrap(&a[i], i ? (char *) a[0].p : in);
        wrap(&b[i], i ? (char *) b[0].p : expected);

        mask_test_json((char *) a[i].p, (char *) b[i].p);
    }

    for (i = 0; i < 2; i++) {
        free(a[i].p);
        free(b[i].p);
    }
}


static void
stays(const char *in)
{
    inner(in, in);
}


static void
test_values(void)
{
    inner("{\"name\":\"张三\",\"x\":\"abc\"}",
          "{\"name\":\"张*\",\"x\":\"abc\"}");
    inner("{\"name\" : \"abc\"}", "{\"name\" : \"a*c\"}");
    inner("{\"NAME\":\"abc\",\"x\":\"abc\",\"name\":\"abc\"}",
          "{\"NAME\":\"a*c\",\"x\":\"abc\",\"name\":\"a*c\"}");
    inner("{\"name\":{\"name\":\"abc\",\"y\":\"abc\"},\"x\":\"abc\"}",
          "{\"name\":{\"name\":\"a*c\",\"y\":\"abc\"},\"x\":\"abc\"}");
    inner("{\"id_no\":12345,\"x\":12345}", "{\"id_no\":\"1****\",\"x\":12345}");
    inner("{\"x\":\"call 13800138000\"}", "{\"x\":\"call 138****8000\"}");
    stays("{\"name\":null,\"x\":\"abc\"}");
    stays("{\"names\":\"abc\",\"x\":\"name\",\"y\":\"abc\"}");
    stays("name: abc, \"name\" \"abc\"");
}


/* Elements share the rule, up to the first object. */

static void
test_arrays(void)
{
    inner("{\"name\":[\"abc\",\"abc\",12],\"x\":[\"abc\"]}",
          "{\"name\":[\"a*c\",\"a*c\",\"1*\"],\"x\":[\"abc\"]}");
    inner("{\"name\":[null,\"abc\",true, false ,\"abc\"]}",
          "{\"name\":[null,\"a*c\",true, false ,\"a*c\"]}");
    inner("{\"name\":[[\"abc\"],\"abc\",[[],[\"abc\"],12]],\"x\":\"abc\"}",
          "{\"name\":[[\"a*c\"],\"a*c\",[[],[\"a*c\"],\"1*\"]],"
          "\"x\":\"abc\"}");
    inner("{\"name\":[ ],\"x\":[\"abc\"]}", "{\"name\":[ ],\"x\":[\"abc\"]}");
    inner("{\"name\":[\"abc\",{\"x\":\"abc\",\"name\":\"abc\"},\"abc\"]}",
          "{\"name\":[\"a*c\",{\"x\":\"abc\",\"name\":\"a*c\"},\"abc\"]}");
    inner("{\"name\":[nonsense,\"abc\"],\"x\":\"abc\"}",
          "{\"name\":[nonsense,\"abc\"],\"x\":\"abc\"}");
    inner("{\"name\":[\"abc\"]],\"abc\"]}", "{\"name\":[\"a*c\"]],\"abc\"]}");
}


/* An escape of a level below is not cut in two: such a value is hidden. */

static void
test_escapes(void)
{
    inner("{\"name\":\"\\u5f20\\u4e09\",\"x\":\"\\u5f20\"}",
          "{\"name\":\"***\",\"x\":\"\\u5f20\"}");
    inner("{\"name\":\"say \\\"abc\\\"\"}", "{\"name\":\"***\"}");
    inner("{\"id_no\":\"11010519491231002\\\\\"}", "{\"id_no\":\"***\"}");
    inner("{\"\\u006eame\":\"abc\"}", "{\"\\u006eame\":\"a*c\"}");
}


/* Backslashes without end, of which few are held. */

static void
test_backslashes(void)
{
    size_t             n;
    body_t             in;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));

    for (n = 4200; n < 4216; n += 2) {
        in.n = 0;
        body_text(&in, "{\"x\":\"{\\\"name\\\":\\\"abc\\\",\\\"y\\\":\\\"");
        body_fill(&in, '\\', n);
        body_text(&in, "\\\",\\\"name\\\":\\\"abc\\\"}\"}");

        body_whole(in.p, in.n, &m);
        ok(mask_test_kernels(in.p, in.n, &m), "%zu backslashes", n);
        is_int(m.count, 2, "what is behind them is masked");
    }

    free(in.p);
}


static void
test_shown(void)
{
    mask_test_rules(HPF_MASK_TYPE_JSON);
    body_rule("seen", HPF_MASK_NAME, 2);
    body_rule("unseen", HPF_MASK_NAME, 3);
    body_rule("none", HPF_MASK_NONE, 0);
    body_rule("gone", HPF_MASK_DROP, 0);
    mask_test_ready();
    body_conf.level = 2;

    inner("{\"seen\":\"abc\",\"unseen\":\"abc\",\"none\":\"abc\"}",
          "{\"seen\":\"abc\",\"unseen\":\"a*c\",\"none\":\"abc\"}");
    inner("{\"gone\":\"abc\",\"x\":\"abc\"}", "{\"gone\":\"\",\"x\":\"abc\"}");
}


int
main(void)
{
    plan(0);

    mask_test_rules(HPF_MASK_TYPE_JSON);
    mask_test_ready();

    test_values();
    test_arrays();
    test_escapes();
    test_backslashes();
    test_shown();

    return mask_test_done();
}
