/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking of CSV: golden vectors, random bodies in every split, and tables
 * against a slow and obvious reference.
 */

#include "mask_body.h"


static void
test_columns(void)
{
    body_stays("");
    body_stays("\n");
    body_stays("name");
    body_stays("name,mobile");
    body_stays("a,b\nc,d\n");

    body_vector("name,x\n张三,abc\n李小四,def\n",
                "name,x\n张*,abc\n李*四,def\n");
    body_vector("x,NAME\r\nabc,abc\r\nabc,abc\r\n",
                "x,NAME\r\nabc,a*c\r\nabc,a*c\r\n");
    body_vector("x,name\nabc,abc", "x,name\nabc,a*c");
    body_vector("x,name\r\nabc,abc\r", "x,name\r\nabc,a*c\r");
    body_vector("name\n张三\n\n李四\n", "name\n张*\n\n李*\n");
    body_vector("\xef\xbb\xbfname,x\nabc,y\n", "\xef\xbb\xbfname,x\na*c,y\n");
    body_vector("\xef\xbb\xbf\"name\",x\nabc,y\n",
                "\xef\xbb\xbf\"name\",x\na*c,y\n");
    body_vector(" name , \"x\"\n abc ,y\n", " name , \"x\"\n a*c ,y\n");
    body_vector("姓名,手机号码,备注\n张三,13800138000,电13900139000话\n",
                "姓名,手机号码,备注\n张*,138****8000,电139****9000话\n");
    body_vector("*姓名(必填),手机号 （移动）\n张三,123456789\n",
                "*姓名(必填),手机号 （移动）\n张*,123**6789\n");
    body_vector("user.name,user.x\nabc,abc\n", "user.name,user.x\na*c,abc\n");
    body_vector("name,x,name\n,,\nabc\nabc,abc,abc,abc\n",
                "name,x,name\n,,\na*c\na*c,abc,a*c,abc\n");
    body_vector("ywlsh,x\n13800138000,13800138000\n",
                "ywlsh,x\n13800138000,138****8000\n");
    body_vector("x,ywlsh,y\n13800138000,13800138000,13800138000\n",
                "x,ywlsh,y\n138****8000,13800138000,138****8000\n");
    body_vector("seen,unseen\nabc,abc\n,\n\"a,bc\",abc\n",
                "seen,unseen\nabc,a*c\n,\n\"a,bc\",a*c\n");
    body_vector("x,seen\r\nabc,\r\nabc,\rabc\r\n",
                "x,seen\r\nabc,\r\nabc,\rabc\r\n");
    body_vector("13800138000,x\n13800138000,y\n",
                "138****8000,x\n138****8000,y\n");
}


static void
test_quotes(void)
{
    body_vector("\"name\",\"x\"\n\"张三\",\"abc\"\n",
                "\"name\",\"x\"\n\"张*\",\"abc\"\n");
    body_vector("\"na\"\"me\",\"n\name\"\n\"abc\",\"abc\"\n",
                "\"na\"\"me\",\"n\name\"\n\"abc\",\"abc\"\n");
    body_vector("x,name\n\"a,b\n,c\",abc\n", "x,name\n\"a,b\n,c\",a*c\n");
    body_vector("x,name\n\"a\"\"b,\"\"\",abc\n",
                "x,name\n\"a\"\"b,\"\"\",a*c\n");
    body_vector("name,x\n\"a\nb,c\"\r\n\"\",abc\n",
                "name,x\n\"a****\"\r\n\"\",abc\n");
    body_vector("x,y,name\n\"13800138000\",\"a\"\"13800138000\",b\n",
                "x,y,name\n\"138****8000\",\"a\"\"138****8000\",*\n");
    body_vector("name,x\n\"abc\"def,abc\n\"\"\"\",x\n\"\"a,y\n",
                "name,x\n\"***\",abc\n\"*\",x\n\"***\",y\n");
    body_vector("name,x\n\"abc\" ,abc\n", "name,x\n\"a*c\" ,abc\n");
    body_vector("name,x\n\"abc", "name,x\n\"a*c");
    body_vector("x,name\na\"b,a\"b\"c,\n", "x,name\na\"b,a****,\n");
    body_stays("name,x\n\"");
    body_stays("x,name\n\"abc,def\n");
}


static void
test_excel(void)
{
    body_vector("mobile,x\n=\"0123456789\",a\n'0123456789,b\n\t0123456789,c\n",
                "mobile,x\n=\"012***6789\",a\n'012***6789,b\n"
                "\t012***6789,c\n");
    body_vector("mobile,x\n\"=\"\"0123456789\"\"\",a\n\"'0123456789\",b\n",
                "mobile,x\n\"=\"\"012***6789\"\"\",a\n\"'012***6789\",b\n");
    body_vector("x,y\n=\"13800138000\",'13800138000\n",
                "x,y\n=\"138****8000\",'138****8000\n");
    body_vector("sep=;\nname;x,y\nabc;abc\n", "sep=;\nname;x,y\na*c;abc\n");
    body_stays("mobile,x\n=\"\",a\n',b\n\"=\"\"\"\"\",c\n");
    body_stays("sep=");
}


static void
test_dividers(void)
{
    body_vector("x;name\na,b;abc\n", "x;name\na,b;a*c\n");
    body_vector("x;y,name\na;b,abc\n", "x;y,name\na;b,a*c\n");
    body_vector("\"x,y\";name\na,b;abc\n", "\"x,y\";name\na,b;a*c\n");
    body_vector("x\tname\na,b\tabc\n", "x\tname\na,b\ta*c\n");
    body_vector("x;a\tname\na;b\tabc\n", "x;a\tname\na;b\tabc\n");

    body_conf.tabs = 1;
    body_vector("x,y\tname\na,b\tabc\r\n", "x,y\tname\na,b\ta*c\r\n");
    body_conf.tabs = 0;

    body_conf.headless = 1;
    body_vector("name,x\nabc,13800138000\n", "name,x\nabc,138****8000\n");
    body_conf.headless = 0;

    body_vector("缴存明细\n\n日期：2026,,\n姓名,x\n张三,y\n",
                "缴存明细\n\n日期：2026,,\n姓名,x\n张*,y\n");
    body_stays("a,b\nname,x\nabc,y\n");
    body_stays("1\n2\n3\n4\n5\n6\n7\n8\n9\nname\nabc\n");
}


static void
test_drop(void)
{
    body_vector("a,drop,b\n1,2,3\n4,\"5,6\n\",7\n8,,9\n",
                "a,drop,b\n1,,3\n4,,7\n8,,9\n");
    body_vector("a,drop\r\n1,2\r\n1,\"2\"\r\n1,", "a,drop\r\n1,\r\n1,\r\n1,");
    body_vector("drop\nabc\n\"abc\"x\n", "drop\n\n\n");
}


static void
test_long(void)
{
    body_t             in, expected;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    body_text(&in, "mobile,drop,x\r\n");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX);
    body_text(&in, ",,y\r\n\"");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX + 1);
    body_text(&in, "\",abc\r\n");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX * 2);
    body_text(&in, ",\"");
    body_fill(&in, '\"', HPF_MASK_VALUE_MAX * 2);
    body_text(&in, ",\"x\r,abc\r\n\"");
    body_fill(&in, '1', HPF_MASK_VALUE_MAX * 2);
    body_text(&in, "\"\r\n1,");
    body_fill(&in, '2', HPF_MASK_VALUE_MAX * 2);
    body_text(&in, "\r");

    body_text(&expected, "mobile,drop,x\r\n111");
    body_fill(&expected, '*', HPF_MASK_VALUE_MAX - 7);
    body_text(&expected, "1111,,y\r\n\"***\",\r\n***,,abc\r\n\"***\"\r\n*,\r");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "long fields");
    ok(body_splits(in.p, in.n, &m), "long fields, any split");
    is_int(m.count, 8, "counted once each");

    free(in.p);
    free(expected.p);
}


static void
test_wide(void)
{
    size_t             i;
    body_t             in, expected;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    for (i = 0; i < 300; i++) {
        body_text(&in, (i % 2) ? "x," : "name,");
    }

    body_text(&in, "\n");
    body_add(&expected, in.p, in.n);

    for (i = 0; i < 300; i++) {
        body_text(&in, "abc,");
        body_text(&expected, i >= 256 ? "***," : i % 2 ? "abc," : "a*c,");
    }

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p,
           "behind 256 columns all are hidden when one has a rule");
    ok(body_splits(in.p, in.n, &m), "in any split");

    in.n = 0;
    expected.n = 0;

    for (i = 0; i < 300; i++) {
        body_text(&in, (i % 2 || i >= 256) ? "x," : "name,");
    }

    body_text(&in, "\n");
    body_add(&expected, in.p, in.n);

    for (i = 0; i < 300; i++) {
        body_text(&in, "abc,");
        body_text(&expected, (i % 2 || i >= 256) ? "abc," : "a*c,");
    }

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p,
           "and none when none has");
    ok(body_splits(in.p, in.n, &m), "in any split");

    in.n = 0;
    expected.n = 0;

    body_text(&in, "a,");
    body_fill(&in, 'x', 600);
    body_text(&in, ",\"");
    body_fill(&in, 'x', 600);
    body_text(&in, "\",name");
    body_add(&expected, in.p, in.n);
    body_text(&in, "\n1,2,3,abc\n");
    body_text(&expected, "\n1,2,3,a*c\n");

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "long names");
    ok(body_splits(in.p, in.n, &m), "long names, any split");

    in.n = 0;
    body_text(&in, "name,mobile,x,y\n");

    while (in.n < 1048576) {
        body_text(&in, "abc,\"13800138000\",\"x\"\"\n\",");
        body_fill(&in, 'z', body_random(300));
        body_text(&in, "\n");
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
        ",", ",", ",", ",", "\n", "\n", "\r\n", "\r", "\"", "\"", "\"\"", ";",
        "\t", "name", "mobile", "drop", "ywlsh", "seen", "abc", "13800138000",
        "1380013", "8000", "=\"012345\"", "'012", " ", "张三", "\xff",
        "name,drop,x,seen,mobile\n", "\"abc\",", "\"a\"\"b\"\n", "sep=;\n"
    };

    body_words(words, sizeof(words) / sizeof(words[0]), 3000, "csv");
}


/* A field as a program would write it. */

static void
field(body_t *t, const char *value)
{
    size_t  i;

    if (value[strcspn(value, ",\"\n\r")] == '\0') {
        body_text(t, value);
        return;
    }

    body_text(t, "\"");

    for (i = 0; value[i] != '\0'; i++) {
        body_add(t, &value[i], 1);
        body_text(t, (value[i] == '"') ? "\"" : "");
    }

    body_text(t, "\"");
}


/* What a column's rule makes of a value, quotes not doubled. */

static void
masked(body_t *t, const char *name, const char *value)
{
    size_t                   i;
    body_t                   plain;
    hpf_mask_sink_t          sink;
    const hpf_mask_shape_t  *shape;

    shape = hpf_mask_rules_find(body_rules, (const unsigned char *) name,
                                strlen(name));

    if (shape == NULL || shape->kind == HPF_MASK_NONE) {
        field(t, value);
        return;
    }

    if (shape->kind == HPF_MASK_DROP || value[0] == '\0') {
        return;
    }

    memset(&plain, 0, sizeof(plain));
    memset(&sink, 0, sizeof(sink));
    sink.out = body_collect;
    sink.data = &plain;

    hpf_mask_apply(shape, &sink, (const unsigned char *) value,
                   (const unsigned char *) value + strlen(value),
                   HPF_MASK_PLAIN);
    hpf_mask_flush(&sink);

    i = strcspn(value, ",\"\n\r");

    if (value[i] == '\0') {
        body_text(t, (char *) plain.p);

    } else {
        body_text(t, "\"");

        for (i = 0; i < plain.n; i++) {
            body_add(t, &plain.p[i], 1);
            body_text(t, (plain.p[i] == '"') ? "\"" : "");
        }

        body_text(t, "\"");
    }

    free(plain.p);
}


static void
test_reference(void)
{
    static const char *const  names[] = {
        "name", "mobile", "drop", "ywlsh", "x", "y", "my_secret", "姓名", "z"
    };
    static const char *const  values[] = {
        "", "a", "abc", "张三", "a,b", "x\ny", "1\"2", "\"", "13800138000",
        "a b", "\"\"c", "\r\n"
    };

    size_t             i, k, row, columns;
    body_t             in, t;
    const char        *column[8], *value, *feed;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&t, 0, sizeof(t));

    for (i = 0; i < 10000; i++) {
        in.n = 0;
        t.n = 0;
        columns = 2 + body_random(6);
        feed = body_random(2) ? "\n" : "\r\n";

        for (k = 0; k < columns; k++) {
            column[k] = names[body_random(9)];
            body_text(&in, k ? "," : "");
            field(&in, column[k]);
        }

        body_text(&in, feed);
        body_add(&t, in.p, in.n);

        for (row = 0; row < 4; row++) {

            for (k = 0; k < columns; k++) {
                value = values[body_random(12)];
                body_text(&in, k ? "," : "");
                body_text(&t, k ? "," : "");
                field(&in, value);
                masked(&t, column[k], value);
            }

            body_text(&in, feed);
            body_text(&t, feed);
        }

        body_whole(in.p, in.n, &m);

        if (body_out.n != t.n || memcmp(body_out.p, t.p, t.n) != 0) {
            printf("# in: %s\n# out: %s\n# reference: %s\n", in.p,
                   body_out.p, t.p);
            break;
        }
    }

    is_int(i, 10000, "as the reference says");

    free(in.p);
    free(t.p);
}


/* 40 columns with a form each: those without a place are hidden whole. */

static void
test_forms(void)
{
    char               name[32];
    size_t             i;
    body_t             in, expected;
    hpf_mask_shape_t   shape;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    body_begin_rules(NULL, HPF_MASK_TYPE_CSV);

    for (i = 0; i < 40; i++) {
        (void) snprintf(name, sizeof(name), "c%zu", i);

        hpf_mask_shape_init(&shape, i == 39 ? HPF_MASK_NONE
                                            : HPF_MASK_ID_CARD);
        (void) hpf_mask_shape_keep(&shape, 1, (unsigned) i);
        (void) hpf_mask_rules_key(body_rules, name, strlen(name), &shape);

        body_text(&in, name);
        body_text(&in, ",");
    }

    hpf_mask_rules_compile(body_rules);

    body_text(&in, "\n");
    body_add(&expected, in.p, in.n);

    for (i = 0; i < 40; i++) {
        body_fill(&in, 'a', 100);
        body_text(&in, ",");

        if (i < 31) {
            body_text(&expected, "a");
            body_fill(&expected, '*', 99 - i);
            body_fill(&expected, 'a', i);

        } else if (i < 39) {
            body_text(&expected, "***");

        } else {
            body_fill(&expected, 'a', 100);
        }

        body_text(&expected, ",");
    }

    body_whole(in.p, in.n, &m);
    is_str(body_out.p, body_out.n, (char *) expected.p, "40 forms");
    ok(body_splits(in.p, in.n, &m), "in any split");

    free(in.p);
    free(expected.p);
}


int
main(void)
{
    plan(0);
    body_setup(HPF_MASK_TYPE_CSV);

    test_columns();
    test_quotes();
    test_excel();
    test_dividers();
    test_drop();
    test_long();
    test_wide();
    test_random();

    body_rules->values = 0;
    test_reference();

    test_forms();

    body_free();

    return done();
}
