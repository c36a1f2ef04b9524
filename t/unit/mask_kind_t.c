/* links: core/hpf_mask_kind.c core/hpf_mask_shape.c core/hpf_mask_char.c core/hpf_utf8.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Kinds and their forms, characters in every style, and what a mask
 * character may be.
 */

#include "hpf_mask_kind.h"
#include "tap.h"


static size_t         nout;
static char           out[16384];
static unsigned char  hashed[8192];
static size_t         nhashed;


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    (void) data;
    (void) pass;

    if (len < sizeof(out) - nout) {
        memcpy(out + nout, p, len);
        nout += len;
    }

    return HPF_OK;
}


static void
digest(void *data, const unsigned char *p, size_t len,
    unsigned char digest[HPF_MASK_HASH_LEN])
{
    size_t  i;

    memcpy(hashed, p, len);
    nhashed = len;

    for (i = 0; i < HPF_MASK_HASH_LEN; i++) {
        digest[i] = (unsigned char) (*(unsigned char *) data + i * 16);
    }
}


/* From memory of its exact size. */

static void
apply(const hpf_mask_shape_t *shape, unsigned style, const char *in,
    size_t len)
{
    unsigned char    *p, first;
    hpf_mask_sink_t   sink;

    first = 0x0a;

    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    sink.hash = digest;
    sink.hash_data = &first;

    p = malloc(len ? len : 1);
    memcpy(p, in, len);
    nout = 0;

    hpf_mask_apply(shape, &sink, p, p + len, style);
    hpf_mask_flush(&sink);
    free(p);
}


static void
form(unsigned kind, unsigned style, const char *in, const char *expected)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    apply(&shape, style, in, strlen(in));
    is_str(out, nout, expected, "%s: %s", hpf_mask_kind_name(kind), in);
}


static void
plain(unsigned kind, const char *in, const char *expected)
{
    form(kind, HPF_MASK_PLAIN, in, expected);
}


static void
kept(unsigned kind, unsigned left, unsigned right, const char *in,
    const char *expected)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    is_int(hpf_mask_shape_keep(&shape, left, right), HPF_OK, "%u and %u of %s",
           left, right, hpf_mask_kind_name(kind));
    apply(&shape, HPF_MASK_PLAIN, in, strlen(in));
    is_str(out, nout, expected, "%s", in);
}


static void
test_forms(void)
{
    plain(HPF_MASK_NAME, "张三", "张*");
    plain(HPF_MASK_NAME, "张小三", "张*三");
    plain(HPF_MASK_NAME, "欧阳震华", "欧阳**");
    plain(HPF_MASK_NAME, "张", "*");
    plain(HPF_MASK_NAME, "𠮷野", "𠮷*");
    plain(HPF_MASK_NAME, "阿不都热依木·买买提", "阿*********");
    plain(HPF_MASK_NAME, "John Smith", "J*********");
    plain(HPF_MASK_ID_CARD, "11010519491231002X", "110105********002X");
    plain(HPF_MASK_ID_CARD_15, "110105491231002", "110105*****1002");
    plain(HPF_MASK_MOBILE, "13800138000", "138****8000");
    plain(HPF_MASK_MOBILE, "+8613800138000", "+86138****8000");
    plain(HPF_MASK_BANK_CARD, "6222020000000000000", "***************0000");
    plain(HPF_MASK_ACCOUNT, "850012345678", "********5678");
    plain(HPF_MASK_EMAIL, "zhangsan@example.cn", "z***@example.cn");
    plain(HPF_MASK_EMAIL, "a@example.cn", "*@example.cn");
    plain(HPF_MASK_USCC, "91350100M000100Y43", "9135**********0Y43");
    plain(HPF_MASK_PASSPORT, "E12345678", "E******78");
    plain(HPF_MASK_ADDRESS, "北京市朝阳区某路1号", "北京市朝阳区***");
    plain(HPF_MASK_AMOUNT, "1234.56", "***");
    plain(HPF_MASK_ALL, "secret", "***");
    plain(HPF_MASK_DROP, "anything", "");
    plain(HPF_MASK_NAME, "", "");
    plain(HPF_MASK_NAME, "\xd5\xc5\xc8\xfd", "***");

    kept(HPF_MASK_ID_CARD, 3, 4, "11010519491231002X", "110***********002X");
    kept(HPF_MASK_ID_CARD, 1, 1, "11010519491231002X", "1****************X");
    kept(HPF_MASK_ID_CARD, 3, 4, "110105491231002", "110********1002");
    kept(HPF_MASK_BANK_CARD, 6, 4, "6222020000000000000",
         "622202*********0000");
    kept(HPF_MASK_ID_CARD, 64, 64, "123", "1**");
    kept(HPF_MASK_ALL, 0, 1, "1", "*");
}


static void
test_landline(void)
{
    plain(HPF_MASK_MOBILE, "021-12345678", "021-******78");
    plain(HPF_MASK_MOBILE, "021-1234567", "021-*****67");
    plain(HPF_MASK_MOBILE, "021-******78", "021-******78");
    plain(HPF_MASK_MOBILE, "0857-*****33", "0857-*****33");
    plain(HPF_MASK_MOBILE, "0857-8222333", "0857-*****33");
    plain(HPF_MASK_MOBILE, "0857-82223334", "0857-******34");
    plain(HPF_MASK_MOBILE, "021-123456", "021***3456");
    plain(HPF_MASK_MOBILE, "02112345678", "021****5678");
    plain(HPF_MASK_MOBILE, "021-1234567x", "021*****567x");
    plain(HPF_MASK_MOBILE, "12329", "1****");
    kept(HPF_MASK_MOBILE, 0, 4, "021-12345678", "********5678");
}


static void
test_styles(void)
{
    form(HPF_MASK_NAME, HPF_MASK_JSON_TEXT, "\\u5f20\\u4e09", "\\u5f20*");
    form(HPF_MASK_NAME, HPF_MASK_JSON_TEXT, "\\ud842\\udfb7\\u91ce",
         "\\ud842\\udfb7*");
    form(HPF_MASK_NAME, HPF_MASK_JSON_TEXT, "a\\\"b", "a*b");
    form(HPF_MASK_NAME, HPF_MASK_XML_TEXT, "&#24352;&#x4e09;", "&#24352;*");
    form(HPF_MASK_NAME, HPF_MASK_XML_TEXT, "&lt;&amp;b", "&lt;*b");
    form(HPF_MASK_NAME, HPF_MASK_XML_TEXT, "A&B", "A*B");
    form(HPF_MASK_MOBILE, HPF_MASK_XML_TEXT, "&#49;3800138000",
         "&#49;38****8000");
    form(HPF_MASK_NAME, HPF_MASK_FORM_TEXT, "%E5%BC%A0%e4%b8%89",
         "%E5%BC%A0*");
    form(HPF_MASK_NAME, HPF_MASK_FORM_TEXT, "a+b", "a*b");
    form(HPF_MASK_NAME, HPF_MASK_FORM_TEXT, "a%2", "***");
    form(HPF_MASK_EMAIL, HPF_MASK_FORM_TEXT, "zhang%40x.cn", "z***%40x.cn");
    form(HPF_MASK_NAME, HPF_MASK_CSV_TEXT, "a\"\"b", "a*b");
    form(HPF_MASK_NAME, HPF_MASK_CSV_TEXT, "\"\"\"\"c", "\"\"*c");
    form(HPF_MASK_NAME, HPF_MASK_PLAIN, "a\\b", "a*b");
}


static void
character(unsigned style, const char *in, uint32_t cp, size_t len)
{
    size_t          n;
    uint32_t        got;
    unsigned char  *p;

    n = strlen(in);
    p = malloc(n);
    memcpy(p, in, n);

    is_int(hpf_mask_char(p, p + n, style, &got), len, "the length of %s", in);
    is_int(got, cp, "and the character");

    free(p);
}


static void
test_characters(void)
{
    character(HPF_MASK_PLAIN, "a", 'a', 1);
    character(HPF_MASK_PLAIN, "张", 0x5f20, 3);
    character(HPF_MASK_PLAIN, "\xe5\xbc", HPF_MASK_BAD, 1);
    character(HPF_MASK_PLAIN, "\xc0\x80", HPF_MASK_BAD, 1);
    character(HPF_MASK_PLAIN, "\xed\xa0\x80", HPF_MASK_BAD, 1);
    character(HPF_MASK_PLAIN, "\xf4\x90\x80\x80", HPF_MASK_BAD, 1);
    character(HPF_MASK_JSON_TEXT, "\\n", '\n', 2);
    character(HPF_MASK_JSON_TEXT, "\\u0031", '1', 6);
    character(HPF_MASK_JSON_TEXT, "\\u00", HPF_MASK_BAD, 1);
    character(HPF_MASK_JSON_TEXT, "\\uzz", HPF_MASK_BAD, 2);
    character(HPF_MASK_JSON_TEXT, "\\", HPF_MASK_BAD, 1);
    character(HPF_MASK_XML_TEXT, "&amp;", '&', 5);
    character(HPF_MASK_XML_TEXT, "&nbsp;", 0xa0, 6);
    character(HPF_MASK_XML_TEXT, "&#x10FFFF;", 0x10ffff, 10);
    character(HPF_MASK_XML_TEXT, "&#x110000;", HPF_MASK_BAD, 10);
    character(HPF_MASK_XML_TEXT, "&#0;", HPF_MASK_BAD, 4);
    character(HPF_MASK_XML_TEXT, "&#xd800;", HPF_MASK_BAD, 8);
    character(HPF_MASK_XML_TEXT, "&#;", '&', 1);
    character(HPF_MASK_XML_TEXT, "&#x;", '&', 1);
    character(HPF_MASK_XML_TEXT, "&#49", '&', 1);
    character(HPF_MASK_XML_TEXT, "&unknown;", '&', 1);
    character(HPF_MASK_FORM_TEXT, "+", ' ', 1);
    character(HPF_MASK_FORM_TEXT, "%2b", '+', 3);
    character(HPF_MASK_FORM_TEXT, "%E5%BC%A0", 0x5f20, 9);
    character(HPF_MASK_FORM_TEXT, "\xe5%BC\xa0", 0x5f20, 5);
    character(HPF_MASK_FORM_TEXT, "%F0%A0%AE%B7", 0x20bb7, 12);
    character(HPF_MASK_FORM_TEXT, "%E5%BC", HPF_MASK_BAD, 3);
    character(HPF_MASK_FORM_TEXT, "%E5%BCa", HPF_MASK_BAD, 3);
    character(HPF_MASK_FORM_TEXT, "%4", HPF_MASK_BAD, 1);
    character(HPF_MASK_FORM_TEXT, "%zz", HPF_MASK_BAD, 1);
    character(HPF_MASK_CSV_TEXT, "\"\"", '"', 2);
    character(HPF_MASK_CSV_TEXT, "\"", '"', 1);
}


static void
test_mask_characters(void)
{
    size_t            i;
    hpf_mask_shape_t  shape;

    static const char  *good[] = {
        "*", "#", "x", "_", "•", "＊", "█", "\xf0\x9f\x94\x92"
    };

    static const char  *bad[] = {
        "", "\"", "\\", "<", ">", "&", "'", "%", "+", "=", ",", ";", " ",
        "\n", "\x7f", "\xc2\x80", "ab", "\xe5", "\xff"
    };

    hpf_mask_shape_init(&shape, HPF_MASK_MOBILE);

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        is_int(hpf_mask_shape_char(&shape, good[i], strlen(good[i])), HPF_OK,
               "\"%s\" hides", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(hpf_mask_shape_char(&shape, bad[i], strlen(bad[i])),
               HPF_ERROR, "not number %zu", i);
    }

    is_int(hpf_mask_shape_char(&shape, "\0", 1), HPF_ERROR, "not zero");

    hpf_mask_shape_char(&shape, "•", strlen("•"));

    apply(&shape, HPF_MASK_PLAIN, "13800138000", 11);
    is_str(out, nout, "138••••8000", "as it is");
    apply(&shape, HPF_MASK_JSON_TEXT, "13800138000", 11);
    is_str(out, nout, "138••••8000", "in JSON too");
    apply(&shape, HPF_MASK_FORM_TEXT, "13800138000", 11);
    is_str(out, nout, "138%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A28000",
           "percent-coded in a form");
}


static void
hash(unsigned style, const char *in, const char *text)
{
    form(HPF_MASK_HASH, style, in, "0a1a2a3a4a5a6a7a8a9aaabacadaeafa");
    is_str(hashed, nhashed, text, "of its characters");
}


static void
test_hash(void)
{
    static char       in[6000];

    hpf_mask_sink_t   sink;
    hpf_mask_shape_t  shape;

    hash(HPF_MASK_PLAIN, "张三<\"", "张三<\"");
    hash(HPF_MASK_JSON_TEXT, "\\u5f20\\u4e09<\\\"", "张三<\"");
    hash(HPF_MASK_XML_TEXT, "&#24352;三&lt;&quot;", "张三<\"");
    hash(HPF_MASK_FORM_TEXT, "%E5%BC%A0三%3C%22", "张三<\"");
    hash(HPF_MASK_CSV_TEXT, "张三<\"\"", "张三<\"");
    hash(HPF_MASK_JSON_TEXT, "\\ud842\\udfb7\\u00e9", "𠮷é");

    plain(HPF_MASK_HASH, "\xd5\xc5", "***");
    plain(HPF_MASK_HASH, "", "");

    memset(in, 'a', sizeof(in) - 1);
    plain(HPF_MASK_HASH, in, "***");

    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    nout = 0;

    hpf_mask_shape_init(&shape, HPF_MASK_HASH);
    hpf_mask_apply(&shape, &sink, (const unsigned char *) "abc",
                   (const unsigned char *) "abc" + 3, HPF_MASK_PLAIN);
    hpf_mask_flush(&sink);
    is_str(out, nout, "***", "no function, no hash");
}


static void
test_names(void)
{
    unsigned          kind;
    const char       *name;
    hpf_mask_shape_t  shape;

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        name = hpf_mask_kind_name(kind);
        is_int(hpf_mask_kind_find(name, strlen(name)), kind, "%s", name);
    }

    is_int(hpf_mask_kind_find("id", 2), HPF_MASK_KINDS, "there is no id");

    hpf_mask_shape_init(&shape, HPF_MASK_NAME);
    is_int(hpf_mask_shape_keep(&shape, 1, 1), HPF_ERROR,
           "a name's form is not counted");
    hpf_mask_shape_init(&shape, HPF_MASK_ALL);
    is_int(hpf_mask_shape_keep(&shape, HPF_MASK_KEEP_MAX + 1, 1), HPF_ERROR,
           "no more than %d", HPF_MASK_KEEP_MAX);
}


int
main(void)
{
    plan(0);

    test_names();
    test_forms();
    test_landline();
    test_styles();
    test_characters();
    test_mask_characters();
    test_hash();

    return done();
}
