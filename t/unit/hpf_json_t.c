/* links: core/hpf_json.c core/hpf_json_fault.c -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Reading JSON: what is taken, what is refused, and where the fault is said
 * to be.
 */

#include "hpf_json.h"
#include "tap.h"


#define TEXT(s)  s, sizeof(s) - 1


typedef struct {
    const char  *text;
    size_t       len;
    int          line;    /* of the fault, 0: there is none */
    const char  *name;
} hpf_json_t_case_t;


static const hpf_json_t_case_t  cases[] = {
    { TEXT("{\"a\":[1,\"\\u4e2d\"]}"), 0, "object" },
    { TEXT("7"), 0, "bare number" },
    { TEXT("\"\""), 0, "empty string" },
    { TEXT("\"[[\\\"[[\""), 0, "brackets in a string" },
    { TEXT(""), 1, "nothing" },
    { TEXT("{\"a\":1,\n\"a\":2}"), 2, "duplicate member" },
    { TEXT("{} x"), 1, "trailing text" },
    { TEXT("[\n\n1,]"), 3, "trailing comma" },
    { TEXT("\"\xc3(\""), 1, "bad utf-8" },
    { TEXT("\"\xed\xa0\x80\""), 1, "surrogate in utf-8" },
    { TEXT("\"\\u0000\""), 1, "escaped nul" },
    { TEXT("\"a\0b\""), 1, "nul in a string" },
    { TEXT("1\0"), 1, "nul after the value" },
    { TEXT("99999999999999999999"), 1, "over 64 bit" },
    { TEXT("[1"), 1, "cut off" },
    { TEXT("\"\\"), 1, "cut off in an escape" }
};


/* each is faulty at the byte behind the mark, which is not there */

static const char  *faults[] = {
    "|", "  |", "|\xef\xbb\xbf{}", "|\xc2\xa0{}", "|\f1", "{}|x", "{} |{}",
    "[1,|]", "[|,1]", "[1|:2]", "[1|}", "[1 |2]", "{|,}", "{\"a\"|}",
    "{\"a\" |1}", "{\"a\":|}", "{\"a\":1,|}", "{\"a\":1|]", "{|a:1}",
    "{|'a':1}",
    "{\"a\":1,|1:2}", "{\"\xe5\xa5\xbd\":1,|x}", "t|Rue", "[tru|]", "nul|",
    "|NaN", "[-|]", "[0|1]", "[-0|1]", "[|+1]", "[|.5]", "[1.|]", "[1.|e5]",
    "[1e|]", "[1e+|]", "1e|", "-|", "[1|x]", "{\"a\":|/*c*/1}",
    "\"a|\x01\"", "\"a|\n\"", "\"a|", "\"\\|x\"", "\"\\u12|g4\"", "\"\\u12|\"",
    "\"\\u12|", "\"\\|", "\"a|\\u0000b\"", "\"a|\\ud800b\"",
    "\"a|\\ud800\\u0041\"", "\"a|\\udc00\"", "\"\\ud83d\\ude00|\\udfff\"",
    "[\"a|\xff\"]", "[\"a|\xe4\xb8\"]", "[\"a|\xc0\xaf\"]",
    "[\"a|\xed\xa0\x80\"]", "{\"a\":1,|\"a\":2}", "{\"a\":1,\n |\"\\u0061\":2}",
    "{\"a\":{\"b\":1,|\"b\":2}}", "[1,|99999999999999999999]", "[1, |-1e400]",
    "|9223372036854775808", "[|x,\"\\u0000\"]", "{\"a\":1,\"a|", "{\"a\":1|"
};


static void
places(void)
{
    char              text[128];
    size_t            i, at;
    hpf_json_error_t  e;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        at = strchr(faults[i], '|') - faults[i];

        memcpy(text, faults[i], at);
        memcpy(text + at, faults[i] + at + 1, strlen(faults[i]) - at);

        ok(hpf_json_parse((unsigned char *) text, strlen(text), &e) == NULL,
           "the fault %d", (int) i);
        is_int(e.offset, at, "where");
    }

    /* before a NUL and before what is too deep */

    ok(hpf_json_parse((const unsigned char *) TEXT("{x\0}"), &e) == NULL,
       "refused before a NUL");
    is_int(e.offset, 1, "where");
}


static json_t *
nested(size_t depth, hpf_json_error_t *error)
{
    unsigned char  text[2 * (HPF_JSON_DEPTH + 1)];

    memset(text, '[', depth);
    memset(text + depth, ']', depth);

    return hpf_json_parse(text, 2 * depth, error);
}


int
main(void)
{
    size_t            i;
    json_t           *root;
    hpf_json_error_t  e;

    plan(0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        root = hpf_json_parse((const unsigned char *) cases[i].text,
                              cases[i].len, &e);

        ok((root != NULL) == (cases[i].line == 0), "%s", cases[i].name);
        is_int(e.line, cases[i].line, "%s: line", cases[i].name);
        ok(e.offset <= cases[i].len, "%s: offset inside", cases[i].name);
        ok((e.reason[0] != '\0') == (cases[i].line != 0), "%s: reason",
           cases[i].name);

        json_decref(root);
    }

    places();

    root = nested(HPF_JSON_DEPTH, &e);
    ok(root != NULL, "the deepest nesting allowed");
    json_decref(root);

    root = nested(HPF_JSON_DEPTH + 1, &e);
    ok(root == NULL, "one level more");
    is_int(e.offset, HPF_JSON_DEPTH, "the offset of the level");
    json_decref(root);

    return done();
}
