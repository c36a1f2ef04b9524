/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: golden vectors, each fed whole, in two parts at every
 * position and byte by byte, and each masked twice; generated documents
 * against a slow and obvious reference that masks a parsed tree.
 */

#include <jansson.h>

#include "hpf_mask.h"
#include "tap.h"


typedef struct {
    size_t          n;
    size_t          size;
    unsigned char  *p;
} text_t;


static void            *pieces[8192];
static size_t           npieces;
static text_t           out, again;
static hpf_mask_rules_t  *rules;
static unsigned         seed = 1;


static void *
take(void *data, size_t size)
{
    (void) data;

    if (npieces == sizeof(pieces) / sizeof(pieces[0])) {
        return NULL;
    }

    pieces[npieces] = malloc(size);

    return pieces[npieces++];
}


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    text_t  *t;

    (void) pass;
    t = data;

    if (t->n + len > t->size) {
        t->size = (t->n + len) * 2;
        t->p = realloc(t->p, t->size);
    }

    memcpy(t->p + t->n, p, len);
    t->n += len;

    return HPF_OK;
}


/* Feeds [p, p + len) from memory of its exact size, so ASan sees overreads. */

static void
part(hpf_mask_t *m, const char *p, size_t len)
{
    unsigned char  *copy;

    copy = malloc(len ? len : 1);
    memcpy(copy, p, len);
    hpf_mask_feed(m, copy, len);
    memset(copy, '#', len);
    free(copy);
}


static void
begin(hpf_mask_t *m, text_t *t, unsigned text)
{
    hpf_mask_conf_t  conf;

    t->n = 0;

    memset(m, 0x5a, sizeof(hpf_mask_t));

    memset(&conf, 0, sizeof(conf));
    conf.rules = rules;
    conf.today.year = 2026;
    conf.today.month = 11;
    conf.today.day = 23;
    conf.type = text ? HPF_MASK_TYPE_TEXT : HPF_MASK_TYPE_JSON;
    conf.out = collect;
    conf.data = t;

    hpf_mask_init(m, &conf);
}


/* Whether every split of the text gives what the whole gave. */

static int
splits(const char *in, size_t len, unsigned text)
{
    size_t             i;
    static hpf_mask_t  m;

    for (i = 0; i <= len; i++) {
        begin(&m, &again, text);
        part(&m, in, i);
        part(&m, in + i, len - i);
        hpf_mask_finish(&m);

        if (again.n != out.n || memcmp(again.p, out.p, out.n) != 0) {
            printf("# split at %zu: \"%.*s\"\n", i, (int) again.n, again.p);
            return 0;
        }
    }

    begin(&m, &again, text);

    for (i = 0; i < len; i++) {
        part(&m, in + i, 1);
    }

    hpf_mask_finish(&m);

    if (again.n != out.n || memcmp(again.p, out.p, out.n) != 0) {
        printf("# in bytes: \"%.*s\"\n", (int) again.n, again.p);
        return 0;
    }

    return 1;
}


static void
whole(const char *in, size_t len, unsigned text)
{
    static hpf_mask_t  m;

    begin(&m, &out, text);
    part(&m, in, len);
    hpf_mask_finish(&m);

    collect(&out, (const unsigned char *) "", 1, 0);
    out.n--;
}


static void
vector(const char *in, const char *expected, unsigned text)
{
    char               *copy, label[72];
    size_t              i;
    static hpf_mask_t   m;

    whole(in, strlen(in), text);

    for (i = 0; i < sizeof(label) - 1 && in[i] != '\0'; i++) {
        label[i] = ((unsigned char) in[i] < 0x20) ? ' ' : in[i];
    }

    label[i] = '\0';

    is_str(out.p, out.n, expected, "%s", label);

    if (!splits(in, strlen(in), text)) {
        ok(0, "any split of %s", in);
    }

    copy = strdup((const char *) out.p);

    begin(&m, &again, text);
    part(&m, copy, strlen(copy));
    hpf_mask_finish(&m);

    if (again.n != strlen(copy) || memcmp(again.p, copy, again.n) != 0) {
        printf("# twice: \"%.*s\"\n", (int) again.n, again.p);
        ok(0, "twice as once: %s", in);
    }

    free(copy);
}


static void
json(const char *in, const char *expected)
{
    vector(in, expected, 0);
}


static void
text(const char *in, const char *expected)
{
    vector(in, expected, 1);
}


static void
same(const char *in)
{
    vector(in, in, 0);
}


static void
test_forms(void)
{
    json("{\"name\":\"张三\"}", "{\"name\":\"张*\"}");
    json("{\"name\":\"张小三\"}", "{\"name\":\"张*三\"}");
    json("{\"name\":\"欧阳震华\"}", "{\"name\":\"欧阳**\"}");
    json("{\"name\":\"张\"}", "{\"name\":\"*\"}");
    json("{\"name\":\"\"}", "{\"name\":\"\"}");
    json("{\"name\":\"𠮷野\"}", "{\"name\":\"𠮷*\"}");
    json("{\"name\":\"阿不都热依木·买买提\"}", "{\"name\":\"阿*********\"}");
    json("{\"name\":\"John Smith\"}", "{\"name\":\"J*********\"}");
    json("{\"name\":\"\\u5f20\\u4e09\"}", "{\"name\":\"\\u5f20*\"}");
    json("{\"name\":\"\\ud842\\udfb7\\u91ce\"}",
         "{\"name\":\"\\ud842\\udfb7*\"}");

    json("{\"id_no\":\"11010519491231002X\"}",
         "{\"id_no\":\"110105********002X\"}");
    json("{\"id_no\":\"110105491231002\"}", "{\"id_no\":\"110105*****1002\"}");
    json("{\"id_no\":\"12345\"}", "{\"id_no\":\"1****\"}");
    json("{\"id_no\":\"1\"}", "{\"id_no\":\"*\"}");
    json("{\"mobile\":\"13800138000\"}", "{\"mobile\":\"138****8000\"}");
    json("{\"mobile\":\"+8613800138000\"}",
         "{\"mobile\":\"+86138****8000\"}");
    json("{\"bank_card\":\"6222020000000000000\"}",
         "{\"bank_card\":\"***************0000\"}");
    json("{\"account_no\":\"850012345678\"}",
         "{\"account_no\":\"********5678\"}");
    json("{\"email\":\"zhangsan@example.cn\"}",
         "{\"email\":\"z***@example.cn\"}");
    json("{\"email\":\"a@example.cn\"}", "{\"email\":\"*@example.cn\"}");
    json("{\"email\":\"nobody\"}", "{\"email\":\"n*****\"}");
    json("{\"password\":\"secret\"}", "{\"password\":\"***\"}");

    json("{\"address\":\"北京市朝阳区某路1号\"}",
         "{\"address\":\"北京市朝阳区***\"}");
    json("{\"address\":\"贵州省毕节市七星关区洪山街道1号2单元301室\"}",
         "{\"address\":\"贵州省毕节市七星关区***\"}");
    json("{\"address\":\"广西壮族自治区南宁市青秀区民族大道1号\"}",
         "{\"address\":\"广西壮族自治区南宁市青秀区***\"}");
    json("{\"address\":\"广东省东莞市人民路1号幸福小区\"}",
         "{\"address\":\"广东省东莞市***\"}");
    json("{\"address\":\"幸福小区1号楼\"}", "{\"address\":\"***\"}");
    json("{\"address\":\"北京市朝阳区\"}", "{\"address\":\"北京市***\"}");
    json("{\"address\":\"10 Downing Street\"}", "{\"address\":\"***\"}");
}


static void
test_keys(void)
{
    json("{\"sjhm\":13800138000}", "{\"sjhm\":\"138****8000\"}");
    json("{\"SJHM\" : 13800138000 , \"a\":1}",
         "{\"SJHM\" : \"138****8000\" , \"a\":1}");
    json("{\"idNo\":\"x1\",\"idno\":\"x2\",\"ID_NO\":\"x3\"}",
         "{\"idNo\":\"x*\",\"idno\":\"x*\",\"ID_NO\":\"x*\"}");
    json("{\"\\u0078\\u006d\":\"张三\"}", "{\"\\u0078\\u006d\":\"张*\"}");
    json("{\"\\u59d3\\u540d\":\"张三\"}", "{\"\\u59d3\\u540d\":\"张*\"}");
    json("{\"姓名\":\"张三\"}", "{\"姓名\":\"张*\"}");
    same("{\"name\":null,\"x\":\"abc\",\"name\":true,\"y\":\"def\"}");
    same("{\"name\":{\"x\":\"abc\"},\"y\":\"abc\"}");
    json("{\"name\":{\"name\":\"abc\"}}", "{\"name\":{\"name\":\"a*c\"}}");
    json("{\"name\":[\"abc\",\"de\",1],\"z\":\"abc\"}",
         "{\"name\":[\"a*c\",\"d*\",\"*\"],\"z\":\"abc\"}");
    json("{\"name\":[{\"x\":\"abc\",\"y\":[\"abc\"]},\"abc\"],\"z\":\"abc\"}",
         "{\"name\":[{\"x\":\"abc\",\"y\":[\"abc\"]},\"a*c\"],\"z\":\"abc\"}");
    json("{\"name\":[[\"abc\"],\"abc\",{\"q\":\"abc\",\"r\":1},[\"abc\"]]}",
         "{\"name\":[[\"a*c\"],\"a*c\",{\"q\":\"abc\",\"r\":1},[\"a*c\"]]}");
    same("{\"x\":\"name\",\"y\":\"abc\",\"z\":[\"name\",\"abc\"]}");
    same("{\"names\":\"abc\",\"nam\":\"abc\",\"xname\":\"abc\"}");
    json("{\"my_secret_1\":\"abc\"}", "{\"my_secret_1\":\"***\"}");
    same("{\"ywlsh\":\"11010519491231002X\",\"x\":\"abc\"}");
    same("{\"ywlsh\":[\"a\\\"\\\\\",13800138000],\"x\":\"abc\"}");
    json("{\"name\":\"a\\\"b\\\\\"}", "{\"name\":\"a***\"}");
    json("{\"name\":\"\\u005c\\\"\",\"x\":\"y\"}",
         "{\"name\":\"\\u005c*\",\"x\":\"y\"}");
    json("{\"id_no\":-1.5e3}", "{\"id_no\":\"-*****\"}");
    json("[{\"name\":\"abc\"},{\"name\":\"abc\"}]\n{\"name\":\"abc\"}",
         "[{\"name\":\"a*c\"},{\"name\":\"a*c\"}]\n{\"name\":\"a*c\"}");
}


static void
test_values(void)
{
    json("{\"x\":\"13800138000\"}", "{\"x\":\"138****8000\"}");
    json("{\"x\":13800138000}", "{\"x\":\"138****8000\"}");
    json("{\"x\":13800138000.0}", "{\"x\":\"138****8000\"}");
    json("[13800138000,13900139000]",
         "[\"138****8000\",\"139****9000\"]");
    same("{\"x\":-13800138000,\"y\":0.13800138000,\"z\":13800138000.5}");
    same("{\"x\":138001380001,\"y\":1380013800,\"z\":12800138000}");
    json("{\"x\":\"证件11010519491231002x，电话13800138000。\"}",
         "{\"x\":\"证件110105********002x，电话138****8000。\"}");
    json("{\"x\":\"\\u0031\\u0033800138000\"}",
         "{\"x\":\"\\u0031\\u00338****8000\"}");
    json("{\"x\":\"\\u4e2d13800138000\\n13900139000\"}",
         "{\"x\":\"\\u4e2d138****8000\\n139****9000\"}");
    json("{\"x\":\"110105194912310\\u00302\\u0058\"}",
         "{\"x\":\"110105********0\\u00302\\u0058\"}");
    same("{\"x\":\"20260101123456789012\",\"y\":\"110105194912310021\"}");
    same("{\"x\":\"11010519491231002X1\",\"y\":\"111010519491231002X\"}");
    json("{\"x\":\"6217000010012345677\"}",
         "{\"x\":\"***************5677\"}");
    json("{\"x\":\"+8613800138000\"}", "{\"x\":\"+86138****8000\"}");
    json("{\"13800138000\":\"x\"}", "{\"138****8000\":\"x\"}");
    json("{\"x\":\"tel13800138000 phone13800138000\"}",
         "{\"x\":\"tel138****8000 phone138****8000\"}");
    same("{\"x\":\"0f13800138000ab\",\"y\":\"13800138000fab1\"}");
    json("{\"x\":\"13800138000about\"}", "{\"x\":\"138****8000about\"}");
    json("{\"x\":\"13800138000ab13900139000xy\"}",
         "{\"x\":\"13800138000ab139****9000xy\"}");
    json("{\"x\":\"{\\\"sjhm\\\":\\\"13800138000\\\"}\"}",
         "{\"x\":\"{\\\"sjhm\\\":\\\"138****8000\\\"}\"}");
}


static void
test_broken(void)
{
    same("");
    same("{");
    same("\"");
    same("\\");
    same("{\"a\":\"\\u00");
    same("{\"a\":\"\\");
    same("\"\\u01\\u003380030013801\"");
    same("133\n\x01" "18033\n\x01" "180000000033");
    same("{\"a\":\"\\uzz\",\"b\":\"\\u12\"}");
    same("no JSON at all: 1,2,3 -5 [}{ \"");
    json("call 13800138000-1 or 13900139000",
         "call 138****8000-1 or 139****9000");
    json("13800138000-13900139000", "138****8000-139****9000");
    same("{\"a\":13800138000abc}");
    json("{\"name\":\"abc", "{\"name\":\"a*c");
    json("{\"name\":\"abc\\", "{\"name\":\"***");
    json("}}}]]]{\"name\":\"abc\"}", "}}}]]]{\"name\":\"a*c\"}");
    json("cb({'sjhm':13800138000,\"name\":\"abc\"})",
         "cb({'sjhm':\"138****8000\",\"name\":\"a*c\"})");
    json("{\"name\":\"\xd5\xc5\xc8\xfd\"}", "{\"name\":\"***\"}");
    json("{\"name\":\"a\xe5\xbc\"}", "{\"name\":\"***\"}");
    json("{\"name\":\"\xc0\x80\"}", "{\"name\":\"***\"}");
    json("\xef\xbb\xbf{\"name\":\"abc\"}", "\xef\xbb\xbf{\"name\":\"a*c\"}");
}


static void
test_text(void)
{
    text("电话13800138000，证件440524188001010014。",
         "电话138****8000，证件440524********0014。");
    text("{\"name\":\"abc\",\"x\":13800138000}",
         "{\"name\":\"abc\",\"x\":138****8000}");
    text("\\u0031380013800 \\13800138000", "\\u0031380013800 \\138****8000");
    text("1380013800", "1380013800");
    text("<td>6217000010012345677</td>", "<td>***************5677</td>");
}


static void
filled(const char *before, int c, size_t n, const char *after, text_t *t)
{
    size_t         i;
    unsigned char  byte;

    t->n = 0;
    byte = (unsigned char) c;

    collect(t, (const unsigned char *) before, strlen(before), 0);

    for (i = 0; i < n; i++) {
        collect(t, &byte, 1, 0);
    }

    collect(t, (const unsigned char *) after, strlen(after), 0);
}


static void
test_long(void)
{
    text_t  in, expected;

    memset(&in, 0, sizeof(in));
    memset(&expected, 0, sizeof(expected));

    filled("{\"id_no\":\"", 'a', HPF_MASK_VALUE_MAX, "\",\"x\":1}", &in);
    filled("{\"id_no\":\"aaaaaa", '*', HPF_MASK_VALUE_MAX - 10,
           "aaaa\",\"x\":1}", &expected);
    whole((char *) in.p, in.n, 0);
    ok(out.n == expected.n && memcmp(out.p, expected.p, out.n) == 0,
       "the longest value");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"id_no\":\"", 'a', HPF_MASK_VALUE_MAX + 1, "\",\"x\":1}", &in);
    whole((char *) in.p, in.n, 0);
    is_str(out.p, out.n, "{\"id_no\":\"***\",\"x\":1}", "one too long");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"id_no\":", '1', HPF_MASK_NUMBER + 1, ",\"x\":1}", &in);
    whole((char *) in.p, in.n, 0);
    is_str(out.p, out.n, "{\"id_no\":\"***\",\"x\":1}", "a number too long");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"x\":", '1', HPF_MASK_NUMBER + 1, ",\"x\":1}", &in);
    whole((char *) in.p, in.n, 0);
    ok(out.n == in.n && memcmp(out.p, in.p, in.n) == 0,
       "a long number without a rule");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"x\":\"\\u0031", '1', 300, "\\u0031\",\"x\":1}", &in);
    whole((char *) in.p, in.n, 0);
    ok(out.n == in.n && memcmp(out.p, in.p, in.n) == 0, "a long run");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"n", 'a', 600, "\":\"13800138000\"}", &in);
    filled("{\"n", 'a', 600, "\":\"138****8000\"}", &expected);
    whole((char *) in.p, in.n, 0);
    ok(out.n == expected.n && memcmp(out.p, expected.p, out.n) == 0,
       "a long key");
    ok(splits((char *) in.p, in.n, 0), "in any split");

    filled("{\"name\":", '[', 250000, "\"abc\"", &in);
    whole((char *) in.p, in.n, 0);
    ok(memcmp(out.p + out.n - 5, "\"a*c\"", 5) == 0, "a depth of 250,000");

    filled("", '[', 250000, "{\"name\":[\"abc\",{\"x\":\"y\"},\"abc\"]}", &in);
    whole((char *) in.p, in.n, 0);
    is_str(out.p + 250000, out.n - 250000,
           "{\"name\":[\"a*c\",{\"x\":\"y\"},\"a*c\"]}",
           "a rule at a depth of 250,000");

    free(in.p);
    free(expected.p);
}


/* The reference: the same rules on a tree. */

static unsigned
any(unsigned n)
{
    seed = seed * 1103515245u + 12345u;

    return (seed >> 16) % n;
}


static void
reference_shape(const hpf_mask_shape_t *shape, const char *s, text_t *t)
{
    hpf_mask_sink_t  sink;

    /* no escapes are left in a parsed string: a backslash is hidden twice */

    t->n = 0;
    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    sink.data = t;

    hpf_mask_apply(shape, &sink, (const unsigned char *) s,
                   (const unsigned char *) s + strlen(s), HPF_MASK_JSON_TEXT);
    hpf_mask_flush(&sink);
}


static void
reference_text(const char *s, text_t *t)
{
    size_t                i, j, n, left, right;
    hpf_date_t            day = { 2026, 11, 23 };
    unsigned char         c;
    const unsigned char  *p;

    t->n = 0;
    n = strlen(s);

    for (i = 0; i < n; i = j) {

        for (j = i; j < n && s[j] >= '0' && s[j] <= '9'; j++) { /* void */ }

        if (j - i == 17 && (s[j] == 'X' || s[j] == 'x')
            && !(s[j + 1] >= '0' && s[j + 1] <= '9'))
        {
            j++;
        }

        if (j == i) {
            j++;
            collect(t, (const unsigned char *) s + i, 1, 0);
            continue;
        }

        left = j - i;
        right = 0;

        p = (const unsigned char *) s + i;

        if (hpf_ident_is_id_card(p, j - i, &day)) {
            left = 6;
            right = 4;

        } else if (hpf_ident_is_mobile(p, j - i)) {
            left = 3;
            right = 4;

        } else if (hpf_ident_is_issued_card(p, j - i)) {
            left = 0;
            right = 4;
        }

        for ( /* void */ ; i < j; i++) {
            c = (left > 0 || j - i <= right) ? (unsigned char) s[i] : '*';
            left -= (left > 0);
            collect(t, &c, 1, 0);
        }
    }
}


static json_t *
reference(json_t *node, const hpf_mask_shape_t *shape)
{
    char        *s;
    size_t       i;
    json_t      *copy, *value;
    text_t       t;
    const char  *key;

    memset(&t, 0, sizeof(t));

    switch (json_typeof(node)) {

    case JSON_OBJECT:
        copy = json_object();

        json_object_foreach(node, key, value) {
            json_object_set_new(copy, key,
                reference(value,
                          hpf_mask_rules_find(rules,
                                              (const unsigned char *) key,
                                              strlen(key))));
        }

        return copy;

    case JSON_ARRAY:
        copy = json_array();

        json_array_foreach(node, i, value) {
            json_array_append_new(copy, reference(value, shape));
        }

        return copy;

    case JSON_STRING:
    case JSON_INTEGER:
        s = json_is_string(node) ? strdup(json_string_value(node))
                                 : json_dumps(node, JSON_ENCODE_ANY);

        if (shape != NULL) {
            reference_shape(shape, s, &t);

        } else {
            reference_text(s, &t);
        }

        if (json_is_integer(node) && shape == NULL
            && t.n == strlen(s) && memcmp(t.p, s, t.n) == 0)
        {
            copy = json_incref(node);

        } else {
            copy = json_stringn(t.n ? (char *) t.p : "", t.n);
        }

        free(s);
        free(t.p);

        return copy;

    default:
        return json_incref(node);
    }
}


static json_t *
generate(int depth)
{
    int      i, n;
    char     key[64];
    json_t  *node;

    static const char  *keys[] = {
        "name", "idNo", "MOBILE", "bank_card", "address", "email", "x", "y",
        "remark", "姓名", "balance", "a\"b", "long key without a rule"
    };

    static const char  *strings[] = {
        "", "张三", "欧阳震华", "13800138000", "11010519491231002X",
        "6217000010012345677", "北京市朝阳区某路1号", "zhangsan@example.cn",
        "电话13800138000或13900139000", "2026-11-23T12:00:00+08:00",
        "20-digit serial 20260101123456789012", "\t\n\"quoted\"/",
        "𠮷野", "证件440524188001010014。", "plain words without a number",
        "1380013800013800138000", "11010519491231002X9"
    };

    static const json_int_t  integers[] = {
        0, -1, 13800138000, 110105194912310021, 440524188001010014,
        6222020000000000, 1700000000000, 12
    };

    switch (depth > 5 ? 4 + any(6) : any(10)) {

    case 0: case 1: case 2:
        node = json_object();
        n = (int) any(6);

        for (i = 0; i < n; i++) {
            snprintf(key, sizeof(key), "%s",
                     keys[any(sizeof(keys) / sizeof(keys[0]))]);
            json_object_set_new(node, key, generate(depth + 1));
        }

        return node;

    case 3:
        node = json_array();
        n = (int) any(5);

        for (i = 0; i < n; i++) {
            json_array_append_new(node, generate(depth + 1));
        }

        return node;

    case 4: case 5: case 6:
        return json_string(strings[any(sizeof(strings)
                                       / sizeof(strings[0]))]);

    case 7: case 8:
        return json_integer(integers[any(sizeof(integers)
                                         / sizeof(integers[0]))]);

    default:
        return any(2) ? json_null() : json_true();
    }
}


static void
test_generated(void)
{
    int      i, equal, split;
    char    *in;
    size_t   flags;
    json_t  *tree, *expected, *got;

    equal = 0;
    split = 0;

    for (i = 0; i < 400; i++) {
        tree = json_array();
        json_array_append_new(tree, generate(0));
        json_array_append_new(tree, generate(0));

        flags = (any(2) ? JSON_ENSURE_ASCII : 0)
                | (any(2) ? JSON_INDENT(3) : JSON_COMPACT);
        in = json_dumps(tree, flags);

        whole(in, strlen(in), 0);

        got = json_loadb((char *) out.p, out.n, 0, NULL);
        expected = reference(tree, NULL);

        if (got != NULL && json_equal(got, expected)) {
            equal++;

        } else {
            printf("# %s\n# gave %.*s\n", in, (int) out.n, out.p);
        }

        split += splits(in, strlen(in), 0);

        json_decref(tree);
        json_decref(expected);
        json_decref(got);
        free(in);
    }

    is_int(equal, 400, "as the reference");
    is_int(split, 400, "in any split");
}


static void
test_rules(void)
{
    unsigned           i;
    const char        *name;
    hpf_mask_rules_t  *base;
    hpf_mask_alloc_t   alloc = { take, NULL };
    hpf_mask_shape_t   shape;

    base = rules;
    rules = hpf_mask_rules_create(&alloc, base);

    hpf_mask_shape_init(&shape, HPF_MASK_ID_CARD);
    is_int(hpf_mask_shape_keep(&shape, 3, 4), HPF_OK, "keep 3 and 4");
    is_int(hpf_mask_shape_char(&shape, "×", 2), HPF_OK, "another character");
    is_int(hpf_mask_shape_char(&shape, "\"", 1), HPF_ERROR, "not a quote");
    is_int(hpf_mask_shape_char(&shape, "ab", 2), HPF_ERROR, "not two");
    is_int(hpf_mask_rules_key(rules, "zjhm", 4, &shape), HPF_OK, "a key");
    is_int(hpf_mask_rules_value(rules, &shape, 1), HPF_OK, "a value");

    hpf_mask_shape_init(&shape, HPF_MASK_MOBILE);
    is_int(hpf_mask_rules_value(rules, &shape, 0), HPF_OK, "a value off");

    hpf_mask_shape_init(&shape, HPF_MASK_NAME);
    is_int(hpf_mask_rules_value(rules, &shape, 1), HPF_DECLINED,
           "names are not looked for");
    is_int(hpf_mask_shape_keep(&shape, 1, 1), HPF_ERROR, "nor counted");
    is_int(hpf_mask_rules_key(rules, "", 0, &shape), HPF_DECLINED, "no key");
    is_int(hpf_mask_rules_key(rules, "a*c", 3, &shape), HPF_OK, "a pattern");
    is_int(hpf_mask_rules_compile(rules), HPF_OK, "compiled");

    json("{\"ZJHM\":\"11010519491231002X\",\"x\":\"11010519491231002X\","
         "\"y\":\"13800138000\",\"abbc\":\"abc\",\"abb\":\"abc\"}",
         "{\"ZJHM\":\"110×××××××××××002X\",\"x\":\"110×××××××××××002X\","
         "\"y\":\"13800138000\",\"abbc\":\"a*c\",\"abb\":\"abc\"}");

    rules = base;

    json("{\"zjhm\":\"11010519491231002X\"}",
         "{\"zjhm\":\"110105********002X\"}");

    for (i = 0; i < HPF_MASK_KINDS; i++) {
        name = hpf_mask_kind_name(i);
        is_int(hpf_mask_kind_find(name, strlen(name)), i, "kind %s", name);
    }
}


static void
test_count(void)
{
    static hpf_mask_t  m;

    begin(&m, &out, 0);
    part(&m, "{\"name\":\"abc\",\"x\":\"13800138000 13900139000\"}", 45);
    hpf_mask_finish(&m);

    is_int(m.count, 3, "fields");
    is_int(m.counts[HPF_MASK_NAME], 1, "names");
    is_int(m.counts[HPF_MASK_MOBILE], 2, "mobiles");
}


int
main(void)
{
    hpf_mask_alloc_t  alloc = { take, NULL };
    hpf_mask_shape_t  shape;

    rules = hpf_mask_rules_create(&alloc, NULL);
    hpf_mask_rules_defaults(rules);

    hpf_mask_shape_init(&shape, HPF_MASK_EMAIL);
    hpf_mask_rules_value(rules, &shape, 0);
    hpf_mask_shape_init(&shape, HPF_MASK_ALL);
    hpf_mask_rules_key(rules, "*secret*", 8, &shape);
    hpf_mask_shape_init(&shape, HPF_MASK_NONE);
    hpf_mask_rules_key(rules, "ywlsh", 5, &shape);
    hpf_mask_rules_compile(rules);

    plan(0);
    test_forms();
    test_keys();
    test_values();
    test_broken();
    test_text();
    test_long();
    test_rules();
    test_count();
    test_generated();

    return done();
}
