/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is masked is shown from a level of the session on, and what came of
 * each value is counted: masked ones by kind, shown ones and their kinds.
 */

#include "mask_test.h"


#define bit(kind)  ((uint32_t) 1 << (kind))


static hpf_mask_t  m;


static void
rules(unsigned type)
{
    mask_test_rules(type);
    body_rule("one", HPF_MASK_NAME, 1);
    body_rule("two", HPF_MASK_ID_CARD, 2);
    body_rule("three", HPF_MASK_MOBILE, 3);
    body_rule("never", HPF_MASK_ALL, 0);
    body_rule("none", HPF_MASK_NONE, 0);
    body_rule("gone", HPF_MASK_DROP, 2);
    mask_test_path("/place/*", HPF_MASK_AMOUNT, 2);
    mask_test_path("/place/one", HPF_MASK_NAME, 3);
    mask_test_ready();
}


/* At that level; counts are in m. */

static void
at(unsigned level, const char *in, const char *expected)
{
    body_conf.level = level;

    body_vector(in, expected);
    body_whole(in, strlen(in), &m);
}


static void
test_levels(void)
{
    const char  *in;

    in = "{\"one\":\"abc\",\"two\":12,\"three\":\"abc\",\"never\":\"abc\"}";

    at(0, in, "{\"one\":\"a*c\",\"two\":\"1*\",\"three\":\"a**\","
              "\"never\":\"***\"}");
    is_int(m.count, 4, "all are masked");
    is_int(m.revealed, 0, "none is shown");
    is_int(m.reveals, 0, "of no kind");

    at(1, in, "{\"one\":\"abc\",\"two\":\"1*\",\"three\":\"a**\","
              "\"never\":\"***\"}");
    is_int(m.count, 3, "three are masked");
    is_int(m.counts[HPF_MASK_NAME], 0, "no name");
    is_int(m.counts[HPF_MASK_ID_CARD], 1, "an ID card");
    is_int(m.revealed, 1, "one is shown");
    is_int(m.reveals, bit(HPF_MASK_NAME), "a name");

    at(2, in, "{\"one\":\"abc\",\"two\":12,\"three\":\"a**\","
              "\"never\":\"***\"}");
    is_int(m.revealed, 2, "two are shown");
    is_int(m.reveals, bit(HPF_MASK_NAME) | bit(HPF_MASK_ID_CARD),
           "a name and an ID card");

    at(3, in, "{\"one\":\"abc\",\"two\":12,\"three\":\"abc\","
              "\"never\":\"***\"}");
    is_int(m.count, 1, "what has no level stays masked");
    is_int(m.counts[HPF_MASK_ALL], 1, "by its kind");
    is_int(m.revealed, 3, "three are shown");
}


static void
test_values(void)
{
    at(2, "{\"one\":\"13800138000\",\"x\":\"13800138000\"}",
       "{\"one\":\"13800138000\",\"x\":\"138****8000\"}");
    is_int(m.count, 1, "what is shown is not searched");
    is_int(m.counts[HPF_MASK_MOBILE], 1, "what has no rule is");

    at(2, "{\"one\":[\"abc\",12,[\"abc\"],null],\"x\":1}",
       "{\"one\":[\"abc\",12,[\"abc\"],null],\"x\":1}");
    is_int(m.revealed, 3, "each element is counted");

    at(2, "{\"one\":{\"two\":\"abc\",\"three\":\"abc\"}}",
       "{\"one\":{\"two\":\"abc\",\"three\":\"a**\"}}");
    is_int(m.revealed, 1, "an object is not, its members are");

    at(2, "{\"one\":null,\"two\":true,\"never\":false}",
       "{\"one\":null,\"two\":true,\"never\":false}");
    is_int(m.revealed + m.count, 0, "nor null, true and false");

    at(2, "{\"none\":\"13800138000\",\"x\":1}",
       "{\"none\":\"13800138000\",\"x\":1}");
    is_int(m.revealed, 0, "nor what is no personal data");

    at(2, "{\"x\":\"a 13800138000, b 13900139000\"}",
       "{\"x\":\"a 138****8000, b 139****9000\"}");
    is_int(m.count, 2, "each value in a text is counted");

    at(3, "{\"x\":\"{\\\"one\\\":\\\"abc\\\",\\\"never\\\":\\\"abc\\\"}\"}",
       "{\"x\":\"{\\\"one\\\":\\\"abc\\\",\\\"never\\\":\\\"***\\\"}\"}");
    is_int(m.count, 1, "and each in JSON in a string");
}


static void
test_places(void)
{
    at(1, "{\"place\":{\"one\":\"abc\",\"x\":12}}",
       "{\"place\":{\"one\":\"a*c\",\"x\":\"***\"}}");
    is_int(m.counts[HPF_MASK_NAME], 1, "a place wins over a key");
    is_int(m.counts[HPF_MASK_AMOUNT], 1, "a star in a place");

    at(2, "{\"place\":{\"one\":\"abc\",\"x\":12}}",
       "{\"place\":{\"one\":\"a*c\",\"x\":12}}");
    is_int(m.reveals, bit(HPF_MASK_AMOUNT), "with a level of its own");

    at(3, "{\"place\":{\"one\":\"abc\",\"x\":12}}",
       "{\"place\":{\"one\":\"abc\",\"x\":12}}");
    is_int(m.revealed, 2, "both are shown");
}


static void
test_gone(void)
{
    at(1, "{\"gone\":{\"one\":\"abc\"},\"x\":1}", "{\"x\":1}");
    is_int(m.count, 1, "what goes is one value");
    is_int(m.counts[HPF_MASK_DROP], 1, "of its kind");
    is_int(m.revealed, 0, "nothing in it is shown");

    at(2, "{\"gone\":[\"abc\",{\"one\":12}],\"x\":1}",
       "{\"gone\":[\"abc\",{\"one\":12}],\"x\":1}");
    is_int(m.revealed, 2, "it stays from its level on");
    is_int(m.reveals, bit(HPF_MASK_DROP) | bit(HPF_MASK_NAME),
           "and is on record");
}


/* Too long to be waited for. */

static void
test_long(void)
{
    body_t    in;
    unsigned  i;

    static const char *const  quotes[] = { "\"", "" };
    static const char *const  what[] = { "a string", "a number" };

    memset(&in, 0, sizeof(in));

    for (i = 0; i < 2; i++) {
        in.n = 0;
        body_text(&in, "{\"two\":");
        body_text(&in, quotes[i]);
        body_fill(&in, '1', 2000);
        body_text(&in, quotes[i]);
        body_text(&in, ",\"x\":1}");

        body_conf.level = 2;
        body_whole(in.p, in.n, &m);
        ok(body_out.n == in.n && memcmp(body_out.p, in.p, in.n) == 0,
           "%s that is long is shown", what[i]);
        is_int(m.revealed, 1, "and counted once");
        ok(mask_test_kernels(in.p, in.n, &m), "in any split");

        body_conf.level = 1;
        body_whole(in.p, in.n, &m);
        is_str(body_out.p, body_out.n, "{\"two\":\"***\",\"x\":1}",
               "or kept to itself");
        is_int(m.count, 1, "and counted once");
        ok(mask_test_kernels(in.p, in.n, &m), "in any split");
    }

    free(in.p);
}


static void
test_types(void)
{
    rules(HPF_MASK_TYPE_FORM);
    at(2, "one=abc&two=abc&three=abc&gone=abc&x=13800138000",
       "one=abc&two=abc&three=a**&gone=abc&x=138****8000");
    is_int(m.count, 2, "a form: masked");
    is_int(m.revealed, 3, "shown");

    rules(HPF_MASK_TYPE_CSV);
    at(2, "one,two,three,x\nabc,\"abc\",abc,13800138000\n",
       "one,two,three,x\nabc,\"abc\",a**,138****8000\n");
    is_int(m.count, 2, "CSV: masked");
    is_int(m.revealed, 2, "shown");

    rules(HPF_MASK_TYPE_MARKUP);
    at(2, "<r two=\"abc\" three='abc'><one>abc</one><three>abc</three></r>",
       "<r two=\"abc\" three='a**'><one>abc</one><three>a**</three></r>");
    is_int(m.count, 2, "markup: masked");
    is_int(m.revealed, 2, "shown");

    rules(HPF_MASK_TYPE_JSON_LINES);
    at(2, "{\"one\":\"abc\"}\n{\"three\":\"abc\"}\n",
       "{\"one\":\"abc\"}\n{\"three\":\"a**\"}\n");
    is_int(m.count, 1, "lines: masked");
    is_int(m.revealed, 1, "shown");

    rules(HPF_MASK_TYPE_TEXT);
    at(3, "one: 13800138000", "one: 138****8000");
    is_int(m.revealed, 0, "text has no keys: nothing is shown");
}


int
main(void)
{
    plan(0);

    rules(HPF_MASK_TYPE_JSON);

    test_levels();
    test_values();
    test_places();
    test_gone();
    test_long();
    test_types();

    return mask_test_done();
}
