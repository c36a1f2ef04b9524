/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking of form bodies, queries and URLs: golden vectors, random ones in
 * every split, and whole bodies against a slow and obvious reference.
 */

#include "mask_body.h"


static void
test_pairs(void)
{
    body_stays("");
    body_stays("a");
    body_stays("a=b&c=d&&=&=x&y");

    body_vector("name=张三", "name=张*");
    body_vector("a=1&NAME=张小三&b=2", "a=1&NAME=张*三&b=2");
    body_vector("name=张三&name=李四", "name=张*&name=李*");
    body_vector("name=&mobile=13800138000&", "name=&mobile=138****8000&");
    body_vector("name=a=b&c", "name=a*b&c");
    body_vector("name=a?b", "name=a*b");
    body_vector("ywlsh=13800138000&a=13800138000",
                "ywlsh=13800138000&a=138****8000");
    body_vector("seen=abc&unseen=abc", "seen=abc&unseen=a*c");
    body_vector("my_secret_1=abc", "my_secret_1=***");
    body_vector("a=1;name=abc", "a=1;name=abc");
    body_vector("name", "name");
    body_vector("name&mobile", "name&mobile");
    body_vector("13800138000=a&13800138000", "138****8000=a&138****8000");
    body_vector("name=%E5%BC%A0%e4%b8%89&idno=%31%32%33&name=a+b%20c",
                "name=%E5%BC%A0*&idno=%31**&name=a****");
    body_vector("name=%E5%BC%A0%E4&name=%&name=%zz",
                "name=***&name=***&name=***");
    body_vector("x=%31%33800138000&y=tel%3A13800138000%2C",
                "x=%31%338****8000&y=tel%3A138****8000%2C");
    body_vector("a=13800138000,13900139000&b=x13800138000",
                "a=138****8000,139****9000&b=x138****8000");
}


static void
test_names(void)
{
    body_vector("user[mobile]=13800138000&user.name=abc",
                "user[mobile]=138****8000&user.name=a*c");
    body_vector("list[0].name=abc&name[]=abc&name[12]=abc&name[][]=abc",
                "list[0].name=a*c&name[]=a*c&name[12]=a*c&name[][]=a*c");
    body_vector("user%5Bname%5D=abc&user%5bname%5d=abc",
                "user%5Bname%5D=a*c&user%5bname%5d=a*c");
    body_vector("%E5%A7%93%E5%90%8D=abc&%6e%61%6D%65=abc",
                "%E5%A7%93%E5%90%8D=a*c&%6e%61%6D%65=a*c");
    body_vector("form:name=abc&ctl00$name=abc", "form:name=a*c&ctl00$name=a*c");
    body_stays("%=a&%6=a&%zz=a&name%=abc&[]=abc&[0]=abc&...=abc");
    body_stays("user[name][x]=abc&xname=abc&na+me=abc");
}


static void
test_drop(void)
{
    body_vector("drop=1", "");
    body_vector("drop=", "");
    body_stays("drop");
    body_vector("drop=1&a=2", "a=2");
    body_vector("a=1&drop=2", "a=1");
    body_vector("a=1&drop=2&b=3", "a=1&b=3");
    body_vector("a=1&drop=2&drop=3&b=4", "a=1&b=4");
    body_vector("drop=1&drop=2&b=3", "b=3");
    body_vector("drop=1&drop=2", "");
    body_vector("drop=1&", "");
    body_vector("a&drop=1&", "a&");
    body_vector("&drop=1", "");
    body_vector("/p?drop=1", "/p?");
    body_vector("/p?drop=1&a=2#f", "/p?a=2#f");
    body_vector("/p?a=1&drop=2#f", "/p?a=1#f");
    body_vector("/p?drop=2#f&a=1", "/p?#f&a=1");
}


static void
test_urls(void)
{
    body_vector("/users/13800138000?name=abc", "/users/138****8000?name=a*c");
    body_vector("https://a.cn/x?a=1&name=abc&b=13800138000",
                "https://a.cn/x?a=1&name=a*c&b=138****8000");
    body_vector("/x#name=abc&b=1", "/x#name=a*c&b=1");
    body_vector("/x?name=abc#name=abc", "/x?name=a*c#name=a*c");
    body_vector("/#/x?name=abc#y", "/#/x?name=a*c#y");
    body_vector("/a;name=abc&x=1", "/a;name=a*c&x=1");
    body_vector("to=/x?name=abc&b=1", "to=/x?name=a*c&b=1");
    body_vector("name=abc#&b=1", "name=a***&b=1");
    body_stays("/a/b/c");
    body_stays("/name/abc?x");
    body_stays("?");
    body_stays("?#?#&");
}


static void
test_long(void)
{
    body_t             in, expected;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    body_text(&in, "a=1&mobile=");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX);
    body_text(&in, "&b=2");

    body_text(&expected, "a=1&mobile=111");
    body_fill(&expected, '*', HPF_MASK_VALUE_MAX - 7);
    body_text(&expected, "1111&b=2");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "the longest value");
    ok(body_splits(in.p, in.n, &m), "the longest value, any split");

    in.n = 0;
    body_text(&in, "a=1&mobile=");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX + 1);
    body_text(&in, "&drop=");
    body_fill(&in, '1', 3 * HPF_MASK_VALUE_MAX);
    body_text(&in, "&");
    body_fill(&in, 'n', 600);
    body_text(&in, ".name=abc&user.name=abc");

    expected.n = 0;
    body_text(&expected, "a=1&mobile=***&");
    body_fill(&expected, 'n', 600);
    body_text(&expected, ".name=abc&user.name=a*c");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "longer ones");
    ok(body_splits(in.p, in.n, &m), "longer ones, any split");
    is_int(m.count, 3, "counted once each");

    in.n = 0;

    while (in.n < 1048576) {
        body_text(&in, "name=abc&x=yz%20&u%5Bmobile%5D=13800138000&");
        body_fill(&in, 'z', body_random(300));
    }

    body_whole(in.p, in.n, &m);
    ok(body_chunks(in.p, in.n, 0, &m), "1 MiB in parts");

    free(in.p);
    free(expected.p);
}


static void
test_random(void)
{
    static const char *const  words[] = {
        "&", "&", "&", "=", "=", "=", "?", "#", "/", ";", "name", "mobile",
        "drop", "ywlsh", "seen", "user[name]", "u%5bname%5d", "%e5%bc%a0",
        "%", "%e", "+", "abc", "13800138000", "1380013", "8000", "x", "[]",
        "name=abc", "&drop=1&", "%31%33800138000", "张三", "a.", "\xff"
    };

    body_words(words, sizeof(words) / sizeof(words[0]), 3000, "form");
}


/* The masked form of a body of pairs without "?" and "#". */

static void
reference(const char *in, body_t *t)
{
    char                     name[256];
    size_t                   n, i, k, pairs;
    unsigned                 byte;
    const char              *eq, *p;
    hpf_mask_sink_t          sink;
    const hpf_mask_shape_t  *shape;

    t->n = 0;
    pairs = 0;

    memset(&sink, 0, sizeof(sink));
    sink.out = body_collect;
    sink.data = t;

    for (p = in; ; p += n + 1) {
        n = strcspn(p, "&");
        eq = memchr(p, '=', n);
        shape = NULL;

        if (eq != NULL) {
            k = 0;

            for (i = 0; p + i < eq; i++) {
                name[k] = p[i];

                if (sscanf(p + i, "%%%2x", &byte) == 1) {
                    name[k] = (char) byte;
                    i += 2;
                }

                k++;
            }

            shape = hpf_mask_rules_find(body_rules,
                                        (const unsigned char *) name, k);
        }

        if (shape == NULL || shape->kind != HPF_MASK_DROP) {

            if (pairs++) {
                body_text(t, "&");
            }

            if (shape == NULL || shape->kind == HPF_MASK_NONE) {
                body_add(t, p, n);

            } else {
                body_add(t, p, (size_t) (eq + 1 - p));
                hpf_mask_apply(shape, &sink, (const unsigned char *) eq + 1,
                               (const unsigned char *) p + n,
                               HPF_MASK_FORM_TEXT);
                hpf_mask_flush(&sink);
            }
        }

        if (p[n] == '\0') {
            return;
        }
    }
}


static void
test_reference(void)
{
    static const char *const  names[] = {
        "name", "mobile", "drop", "ywlsh", "x", "y", "%6eame", "dro%70",
        "my_secret", "%E5%A7%93%E5%90%8D", "", "id_no"
    };
    static const char *const  values[] = {
        "", "a", "abc", "%E5%BC%A0%E4%B8%89", "13800138000", "a%20b", "a+b",
        "110105", "=", "x=y"
    };

    size_t             i, k, n;
    body_t             in, t;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&t, 0, sizeof(t));

    body_conf.rules = body_rules;

    for (i = 0; i < 20000; i++) {
        in.n = 0;
        n = 1 + body_random(6);

        for (k = 0; k < n; k++) {
            body_text(&in, k ? "&" : "");
            body_text(&in, names[body_random(12)]);
            body_text(&in, body_random(9) ? "=" : "");
            body_text(&in, values[body_random(10)]);
        }

        t.from = t.to = NULL;
        reference((const char *) in.p, &t);
        body_whole(in.p, in.n, &m);

        if (body_out.n != t.n || memcmp(body_out.p, t.p, t.n) != 0) {
            printf("# in: %s\n# out: %s\n# reference: %s\n", in.p,
                   body_out.p, t.p);
            break;
        }
    }

    is_int(i, 20000, "as the reference says");

    free(in.p);
    free(t.p);
}


int
main(void)
{
    plan(0);
    body_setup(HPF_MASK_TYPE_FORM);

    test_pairs();
    test_names();
    test_drop();
    test_urls();
    test_long();
    test_random();

    body_rules->values = 0;
    test_reference();

    body_free();

    return done();
}
