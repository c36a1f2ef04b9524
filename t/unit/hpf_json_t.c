/* links: core/hpf_json.c -ljansson */

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

    root = nested(HPF_JSON_DEPTH, &e);
    ok(root != NULL, "the deepest nesting allowed");
    json_decref(root);

    root = nested(HPF_JSON_DEPTH + 1, &e);
    ok(root == NULL, "one level more");
    is_int(e.offset, HPF_JSON_DEPTH, "the offset of the level");
    json_decref(root);

    return done();
}
