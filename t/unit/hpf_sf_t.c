/* links: core/hpf_sf.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Structured fields: what is read and what is refused of dictionaries, lists
 * and items, and what is written.
 */


#include "tap.h"
#include "hpf_sf.h"


/* how many members, items of lists and parameters; -1: refused */

static int
count(const char *text)
{
    int            rc, n;
    char          *copy;
    hpf_sf_t       sf, list, params;
    hpf_sf_text_t  key;
    hpf_sf_item_t  item, inner;

    /* a copy without a zero, so that reading beyond it is found */

    copy = malloc(strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    copy = realloc(copy, strlen(text) ? strlen(text) : 1);

    hpf_sf_init(&sf, copy, strlen(text));
    n = 0;

    while ((rc = hpf_sf_member(&sf, &key, &item)) == 0) {
        n++;

        if (item.type == HPF_SF_LIST) {
            hpf_sf_init_list(&list, &item);

            while (hpf_sf_list_item(&list, &inner) == 0) {
                n++;
            }
        }

        hpf_sf_init_params(&params, &item);

        while (hpf_sf_param(&params, &key, &inner) == 0) {
            n++;
        }
    }

    free(copy);

    return rc == -5 ? n : -1;
}


static void
dictionaries(void)
{
    size_t  i;

    static const char  *bad[] = {
        "a,", ",", "a,,b", "a b", "A=1", "1=1", "a=", "a= 1", "a =1", "=1",
        "a;", "a;A", "a;b=", "a=(1", "a=(1)x", "a=1)", "a=(1,2)", "a=(1 2",
        "a=((1))", "a=(\"b\"\"c\")", "a=\"x", "a=\"\\x\"", "a=\"\\",
        "a=\"\x7f\"",
        "a=\"\x01\"", "a=:b", "a=:b!:", "a=?2", "a=?", "a=-", "a=--1", "a=1.",
        "a=.1", "a=1.2345", "a=1234567890123456", "a=1234567890123.1",
        "a=@1.5", "a=@", "a=@x", "a=\xc3", "a=!", "\ta", "a=(\t1)",
        "a=%\"x\"", "a;b=(1)", "a=1;\tb", "a=\"\xc3\xa4\""
    };

    static const struct {
        const char  *text;
        int          n;
    } good[] = {
        { "", 0 }, { "   ", 0 }, { "a=1\t", 1 }, { "a", 1 }, { " a ", 1 },
        { "a,b", 2 },
        { "a \t,\t b", 2 }, { "a=1,a=2", 2 }, { "a;b;c=1", 3 },
        { "a;  b", 2 }, { "a=()", 1 }, { "a=(  )", 1 }, { "a=(1 2);c", 4 },
        { "a=( 1  2 )", 3 }, { "a=(1;x 2;y=?0);z", 4 }, { "*a.b-c_d*=1", 1 },
        { "a=\"\"", 1 }, { "a=\"\\\\\\\"\"", 1 }, { "a=::", 1 },
        { "a=:YQ==:", 1 }, { "a=?0,b=?1", 2 }, { "a=-999999999999999", 1 },
        { "a=999999999999.999", 1 }, { "a=-0.1", 1 }, { "a=@-1", 1 },
        { "a=*x/y:z#", 1 }, { "a=Tok;b=tok", 2 }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(count(bad[i]), -1, "%d refused", (int) i);
    }

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(count(good[i].text), good[i].n, "\"%s\"", good[i].text);
    }
}


static void
values(void)
{
    hpf_sf_t       sf;
    hpf_sf_text_t  key;
    hpf_sf_item_t  item;

    static const char  text[] =
        "sig=( \"a\";x  \"b\");created=5;n=\"q\\\"\" , i=-12, d=-1.5, s=\"t\", "
        "t=a/b, y=:YQ==:, o=?0, f, e=@77;p";

    hpf_sf_init(&sf, text, sizeof(text) - 1);

    hpf_sf_member(&sf, &key, &item);
    ok(hpf_sf_is(&key, "sig"), "the key");
    ok(!hpf_sf_is(&key, "si") && !hpf_sf_is(&key, "sigs"), "and no other");
    is_int(item.type, HPF_SF_LIST, "a list");
    is_str(item.raw.data, item.raw.len,
           "( \"a\";x  \"b\");created=5;n=\"q\\\"\"", "as it was received");
    is_str(item.params.data, item.params.len, ";created=5;n=\"q\\\"\"",
           "its parameters");

    hpf_sf_member(&sf, &key, &item);
    ok(item.type == HPF_SF_INTEGER && item.integer == -12, "an integer");
    is_str(item.raw.data, item.raw.len, "-12", "its text");
    hpf_sf_member(&sf, &key, &item);
    ok(item.type == HPF_SF_DECIMAL && item.integer == -1500, "a decimal");
    hpf_sf_member(&sf, &key, &item);
    is_int(item.type, HPF_SF_STRING, "a string");
    is_str(item.text.data, item.text.len, "t", "its text");
    hpf_sf_member(&sf, &key, &item);
    is_int(item.type, HPF_SF_TOKEN, "a token");
    is_str(item.text.data, item.text.len, "a/b", "its text");
    hpf_sf_member(&sf, &key, &item);
    is_int(item.type, HPF_SF_BYTES, "bytes");
    is_str(item.text.data, item.text.len, "YQ==", "their text");
    hpf_sf_member(&sf, &key, &item);
    ok(item.type == HPF_SF_BOOLEAN && item.integer == 0, "false");
    hpf_sf_member(&sf, &key, &item);
    ok(item.type == HPF_SF_BOOLEAN && item.integer == 1, "true");
    is_int(item.raw.len, 0, "which was not written");
    hpf_sf_member(&sf, &key, &item);
    ok(item.type == HPF_SF_DATE && item.integer == 77, "a date");
    is_str(item.raw.data, item.raw.len, "@77;p", "with its parameter");
    is_int(hpf_sf_member(&sf, &key, &item), -5, "the end");
    is_int(hpf_sf_member(&sf, &key, &item), -5, "and again");

    is_int(hpf_sf_item(" 5;a ", 5, &item), 0, "an item");
    is_int(item.integer, 5, "its value");
    is_int(hpf_sf_item("5 6", 3, &item), -1, "two items");
    is_int(hpf_sf_item("", 0, &item), -1, "none");
    is_int(hpf_sf_item(NULL, 0, &item), -1, "nothing at all");
}


static void
writing(void)
{
    int      bad;
    char     out[64], *p;
    size_t   n;

    p = hpf_sf_put_string(out, out + sizeof(out), "user", 4);
    p = hpf_sf_put_param(p, out + sizeof(out), "q", 100);
    p = hpf_sf_put_param(p, out + sizeof(out), "w", 60);
    is_str(out, p - out, "\"user\";q=100;w=60", "RateLimit-Policy");

    p = hpf_sf_put_string(out, out + sizeof(out), "a\"\\", 3);
    p = hpf_sf_put_param(p, out + sizeof(out), "r", -999999999999999);
    p = hpf_sf_put_param(p, out + sizeof(out), "t", 0);
    is_str(out, p - out, "\"a\\\"\\\\\";r=-999999999999999;t=0",
           "escapes");

    bad = 0;

    for (n = 0; n < 17; n++) {
        p = hpf_sf_put_string(out, out + n, "user", 4);
        p = hpf_sf_put_param(p, out + n, "q", 100);
        p = hpf_sf_put_param(p, out + n, "w", 60);
        bad += p != NULL;
    }

    is_int(bad, 0, "no room that is too small");
    ok(hpf_sf_put_string(out, out + 64, "\n", 1) == NULL, "a control");
    ok(hpf_sf_put_string(out, out + 64, "\xc3\xa4", 2) == NULL, "not ASCII");
    ok(hpf_sf_put_param(out, out + 64, "q", 1000000000000000LL) == NULL,
       "too large a number");
}


int
main(void)
{
    plan(0);

    dictionaries();
    values();
    writing();

    return done();
}
