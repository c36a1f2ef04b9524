/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The search for values: each text whole, in two parts at every place and
 * byte by byte, from memory of its exact size, and the result once more.
 */

#include "hpf_mask_search.h"
#include "tap.h"


typedef struct {
    size_t           n;
    unsigned char    p[65536];
} text_t;


static text_t             out, again, twice;
static hpf_mask_rules_t   rules;
static unsigned           style;
static unsigned           seed = 1;
static int                rounds = 20000;


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    text_t  *t;

    (void) pass;
    t = data;

    if (len < sizeof(t->p) - t->n) {
        memcpy(t->p + t->n, p, len);
        t->n += len;
    }

    return HPF_OK;
}


static void
on(unsigned values)
{
    unsigned  kind;

    memset(&rules, 0, sizeof(rules));

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        hpf_mask_shape_init(&rules.value[kind], kind);
    }

    rules.values = values;
}


/*
 * Masks a text that comes in parts of step bytes after one of first bytes; a
 * step of 0: all of the rest at once.
 */

static int
mask(text_t *t, const char *in, size_t len, size_t first, size_t step)
{
    int                    rc;
    size_t                 n, kept;
    unsigned char         *copy, *end;
    hpf_mask_hit_t         hit;
    hpf_mask_sink_t        sink;
    hpf_mask_search_t      s;
    const unsigned char   *p;
    static unsigned char   tail[HPF_MASK_SEARCH_TAIL];

    memset(&s, 0x5a, sizeof(s));
    s.rules = &rules;
    s.today.year = 2026;
    s.today.month = 11;
    s.today.day = 23;
    s.style = style;
    hpf_mask_search_reset(&s);

    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    sink.data = t;
    t->n = 0;
    kept = 0;

    for ( ;; ) {
        n = (first < len) ? first : len;
        len -= n;
        first = step ? step : len;

        copy = malloc(kept + n + 1);
        copy = realloc(copy, kept + n ? kept + n : 1);
        memcpy(copy, tail, kept);
        memcpy(copy + kept, in, n);
        in += n;
        p = copy;
        end = copy + kept + n;

        for ( ;; ) {
            rc = hpf_mask_search(&s, p, end, len > 0, &hit);

            if (rc != HPF_OK) {
                break;
            }

            if (hit.start < p || hit.end <= hit.start || hit.end > end) {
                printf("# a value outside of the text\n");
                return 0;
            }

            hpf_mask_put(&sink, p, (size_t) (hit.start - p));
            hpf_mask_search_put(&s, &hit, &sink);
            p = hit.end;
        }

        kept = 0;

        if (rc == HPF_AGAIN) {

            if (hit.start < p || hit.start >= end || len == 0
                || end - hit.start > HPF_MASK_SEARCH_TAIL)
            {
                printf("# what is kept is wrong\n");
                return 0;
            }

            kept = (size_t) (end - hit.start);
            memcpy(tail, hit.start, kept);
        }

        hpf_mask_put(&sink, p, (size_t) (end - p) - kept);
        free(copy);

        if (len == 0) {
            break;
        }
    }

    hpf_mask_flush(&sink);
    t->p[t->n] = '\0';

    return 1;
}


static int
same(const text_t *a, const text_t *b)
{
    return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}


static void
find(const char *in, size_t len, const char *expected)
{
    size_t  i;

    ok(mask(&out, in, len, len, 0), "%.60s", in);
    is_str(out.p, out.n, expected, "is right");

    for (i = 0; i <= len; i++) {

        if (!mask(&again, in, len, i, 0) || !same(&out, &again)) {
            ok(0, "in two parts at %zu: %s", i, again.p);
        }
    }

    for (i = 1; i < 4; i++) {

        if (!mask(&again, in, len, i, i) || !same(&out, &again)) {
            ok(0, "in parts of %zu: %s", i, again.p);
        }
    }

    mask(&twice, (const char *) out.p, out.n, out.n, 0);

    if (!same(&out, &twice)) {
        ok(0, "twice as once: %s", twice.p);
    }
}


static void
is(const char *in, const char *expected)
{
    find(in, strlen(in), expected);
}


static void
left(const char *in)
{
    is(in, in);
}


#define ALL  (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE                  \
              | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL               \
              | 1u << HPF_MASK_PASSPORT | 1u << HPF_MASK_USCC                 \
              | 1u << HPF_MASK_ID_CARD_15)
#define USUAL  (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE                \
                | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL)


static void
test_plain(void)
{
    is("13800138000", "138****8000");
    is("tel13800138000.", "tel138****8000.");
    is("电话：13800138000，13900139000", "电话：138****8000，139****9000");
    is("+8613800138000 008613800138000", "+86138****8000 0086138****8000");
    is("+86 13800138000", "+86 138****8000");
    is("138 0013 8000", "138 **** 8000");
    is("+86-138-0013-8000", "+86-138-****-8000");
    is("0086-138-0013-8000", "0086-138-****-8000");
    is("+86138 0013 8000", "+86138 **** 8000");
    is("138　0013　8000", "138　****　8000");
    is("１３８００１３８０００", "１３８****８０００");
    is("１３８－００１３－８０００", "１３８－****－８０００");
    is("138\xc2\xa0" "0013\xc2\xa0" "8000",
       "138\xc2\xa0****\xc2\xa0" "8000");
    is("138 0013 8000 139 0013 9000", "138 **** 8000 139 **** 9000");
    is("13800138000.0", "138****8000.0");
    is("11010519491231002X", "110105********002X");
    is("110105 19491231 002x", "110105 ******** 002x");
    is("1101 0519 4912 3100 2X", "1101 05** **** **00 2X");
    is("证件a11010519491231002Xa", "证件a110105********002Xa");
    is("6222020000000000000", "***************0000");
    is("6222 0200 0000 0000 000", "**** **** **** ***0 000");
    is("6222-0200-0000-0000-000", "****-****-****-***0-000");
    is("zhangsan@example.cn", "z***@example.cn");
    is("a@example.cn,b.c@x.example.com.", "*@example.cn,b***@x.example.com.");
    is("<13800138000@139.com>", "<1***@139.com>");
    is("zhang.13800138000@139.com", "z***@139.com");
    is("请联系张三zhang@example.cn。", "请联系张三z***@example.cn。");
    is("zhang@163.com13800138000", "z***@163.com138****8000");
    is("a@13800138000.cn", "a@138****8000.cn");

    left("2026-11-25 13:47:54 20261125134754 2026-11-25 1380");
    left("0.13800138000 13800138000.55 13800138000.00");
    left("20260101123456789012 1380013800 138001380001");
    left("0f13800138000ab");
    left("550e8400-e29b-41d4-a716-446655440000");
    left("2026-138-0013-8000 138-0013-8000-1");
    left("138  0013  8000");
    left("1380 0138 000");
    left("z***@example.cn *@example.cn 138****8000 **13800138000");
    left("icon@2x.png a@b @x.cn");
    left("E12345678 91350100M000100Y43 110105491231002");
}


static void
test_codes(void)
{
    on(ALL);
    is("护照E12345678。", "护照E******78。");
    is("EA1234567 H1234567890 C12345678", "E******67 H********90 C******78");
    is("ABC123456789012", "A************12");
    is("91350100M000100Y43", "9135**********0Y43");
    is("代码91110000600037341L。", "代码9111**********341L。");
    is("110105491231002", "110105*****1002");
    left("AE12345678 E123456789 YW20261125 e12345678");
    left("91350100M000100Y44 a91350100M000100Y43");

    /* letters, more of them than a code has, before digits */

    left("abcdefghijklmnopqrstuvwxyzabcdefghijk1234567 13800138000123");
    is("abcdefghijklmnopqrstuvwxyzabcdefghijk1234567 13800138000",
       "abcdefghijklmnopqrstuvwxyzabcdefghijk1234567 138****8000");
    is("abcdefghijklmnopqrstuvwxyzabcdefghijk13800138000",
       "abcdefghijklmnopqrstuvwxyzabcdefghijk138****8000");
    on(USUAL);
}


static void
test_json(void)
{
    style = HPF_MASK_JSON_TEXT;
    is("\\u0031\\u0033800138000", "\\u0031\\u00338****8000");
    is("\\u4e2d13800138000\\n13900139000", "\\u4e2d138****8000\\n139****9000");
    is("\\b13800138000", "\\b138****8000");
    is("\\uff11\\uFF13800138000", "\\uff11\\uFF138****8000");
    is("138\\u30000013\\u00208000", "138\\u3000****\\u00208000");
    is("zhang\\u0040example.cn", "z***\\u0040example.cn");
    is("\\\\13800138000", "\\\\138****8000");
    left("\\\\u00313800138000x");
    style = HPF_MASK_PLAIN;
}


static void
test_styles(void)
{
    style = HPF_MASK_FORM_TEXT;
    is("138+0013+8000", "138+****+8000");
    is("%E5%BC%A013800138000", "%E5%BC%A0138****8000");
    is("138%200013%2D8000 %31380013800%30",
       "138%200013%2D8000 %3138****800%30");
    is("%EF%BC%913800138000", "%EF%BC%9138****8000");
    is("zhang%40example.cn", "z***%40example.cn");
    style = HPF_MASK_XML_TEXT;
    is("&#49;3800138000", "&#49;38****8000");
    is("&#x31;38&nbsp;0013&#32;8000&amp;13900139000",
       "&#x31;38&nbsp;****&#32;8000&amp;139****9000");
    style = HPF_MASK_PLAIN;
}


/* Wherever a value is in the blocks of 64 bytes that are looked at. */

static void
everywhere(const char *in, const char *expected)
{
    char    text[400], wanted[400];
    size_t  i, n;

    n = strlen(in);

    for (i = 0; i < 140; i++) {
        memset(text, ',', sizeof(text));
        memset(wanted, ',', sizeof(wanted));
        memcpy(text + i, in, n);
        memcpy(wanted + i, expected, strlen(expected));

        if (!mask(&out, text, i + n + 80, i + n + 80, 0)
            || out.n != i + strlen(expected) + 80
            || memcmp(out.p, wanted, out.n) != 0)
        {
            break;
        }
    }

    ok(i == 140, "%s, at any place", in);

    if (i < 140) {
        printf("# behind %zu bytes\n", i);
    }
}


static void
test_blocks(void)
{
    everywhere("13800138000", "138****8000");
    everywhere("138 0013 8000", "138 **** 8000");
    everywhere("138-0013-8000", "138-****-8000");
    everywhere("１３８００１３８０００", "１３８****８０００");
    everywhere("138００13８０００", "138****８０００");
    everywhere("138　0013　8000", "138　****　8000");
    everywhere("138　0013 8000", "138　**** 8000");
    everywhere("138－0013-8000", "138－****-8000");
    everywhere("138\xc2\xa0" "0013 8000", "138\xc2\xa0**** 8000");
    everywhere("138 0013　8000", "138 ****　8000");
    everywhere("11010519491231002X", "110105********002X");
    everywhere("zhang@example.cn", "z***@example.cn");

    style = HPF_MASK_JSON_TEXT;
    everywhere("1380013800\\u0030", "138****800\\u0030");
    everywhere("138\\u30000013 8000", "138\\u3000**** 8000");
    everywhere("\\u0031380013 8000", "\\u0031380013 8000");
    everywhere("\\u00313800138000", "\\u003138****8000");
    everywhere("zhang\\u0040example.cn", "z***\\u0040example.cn");
    style = HPF_MASK_FORM_TEXT;
    everywhere("138%200013+8000", "138%20****+8000");
    everywhere("138%E3%80%800013+8000", "138%E3%80%80****+8000");
    everywhere("138001380%30%30", "138****80%30%30");
    everywhere("zhang%40example.cn", "z***%40example.cn");
    style = HPF_MASK_XML_TEXT;
    everywhere("138&#32;0013 8000", "138&#32;**** 8000");
    everywhere("1380013800&#48;", "138****800&#48;");
    style = HPF_MASK_PLAIN;
}


/* What docs/masking-corpus.md says is not found. */

static void
test_limits(void)
{
    left("138.0013.8000 138/0013/8000 138 0013-8000 1380 013 8000");
    left("013800138000 13800138000a 1.13800138000 %3D13800138000");
    left("138<b>0013</b>8000 021-12345678 (0857)8222333");
    left("6222 0200 0000 0000 1234 5678");
    left("6222 0200 0000 0000 1234");
    left("622 202 000 000 000 000 0");
    is("6222 0200 0000 0000 000 2026-11-25",
       "**** **** **** ***0 000 2026-11-25");
    is("622202 0000000000000", "****** *********0000");
    is("3714 496353 98431", "**** ****** *8431");
    is("110105194912310021 11010519491231002X.5",
       "110105194912310021 110105********002X.5");
}


/* A JSON number as a whole. */

static void
number(const char *in, unsigned kind, const char *expected)
{
    size_t              n;
    unsigned char      *p;
    hpf_mask_hit_t      hit;
    hpf_mask_sink_t     sink;
    hpf_mask_search_t   s;

    memset(&s, 0, sizeof(s));
    s.rules = &rules;
    s.today.year = 2026;
    s.today.month = 11;
    s.today.day = 23;

    memset(&sink, 0, sizeof(sink));
    sink.out = collect;
    sink.data = &out;
    out.n = 0;

    n = strlen(in);
    p = malloc(n + (n == 0));
    memcpy(p, in, n);

    if (hpf_mask_search_number(&s, p, p + n, &hit) == HPF_OK) {
        is_int(hit.kind, kind, "the kind of %s", in);
        hpf_mask_search_put(&s, &hit, &sink);
        hpf_mask_flush(&sink);

    } else {
        is_int(HPF_MASK_NONE, kind, "%s is no value", in);
    }

    is_str(out.p, out.n, expected, "and what is put");
    free(p);
}


static void
test_numbers(void)
{
    number("13800138000", HPF_MASK_MOBILE, "138****8000");
    number("13800138000.0", HPF_MASK_MOBILE, "138****8000");
    number("13800138000.000", HPF_MASK_MOBILE, "138****8000");
    number("8613800138000", HPF_MASK_MOBILE, "86138****8000");
    number("440524188001010014", HPF_MASK_ID_CARD, "440524********0014");
    number("6222020000000000000", HPF_MASK_BANK_CARD, "***************0000");
    number("13800138000.5", HPF_MASK_NONE, "");
    number("13800138000.", HPF_MASK_NONE, "");
    number("13800138000e0", HPF_MASK_NONE, "");
    number("-13800138000", HPF_MASK_NONE, "");
    number("1380013800", HPF_MASK_NONE, "");
    number("20260101123456789012", HPF_MASK_NONE, "");
    number("", HPF_MASK_NONE, "");
    number("110105491231002", HPF_MASK_NONE, "");
    on(ALL);
    number("110105491231002", HPF_MASK_ID_CARD_15, "110105*****1002");
    on(USUAL);
}


/* Texts that are longer than what is kept of them. */

static void
test_long(void)
{
    char    in[3000], expected[3000];
    size_t  i, n;

    memset(in, '1', sizeof(in));
    in[1200] = '\0';
    left(in);

    memset(in, 'a', sizeof(in));
    memcpy(in + 1000, "@example.cn", 12);
    left(in);

    memset(in, 'a', 64);
    memcpy(in + 64, "@example.cn", 12);
    is(in, "a***@example.cn");

    memset(in, 'a', 65);
    memcpy(in + 65, "@example.cn", 12);
    left(in);

    /* a domain beyond the end of what is kept */

    n = (size_t) snprintf(in, sizeof(in), "zhang@");

    for (i = 0; i < 200; i++) {
        n += (size_t) snprintf(in + n, sizeof(in) - n, "ab.");
    }

    memcpy(in + n, "cn", 3);
    left(in);

    style = HPF_MASK_XML_TEXT;

    for (i = 0, n = 0; i < 11; i++) {
        n += (size_t) snprintf(in + n, sizeof(in) - n, "&#x000003%c;",
                               "13800138000"[i]);
    }

    snprintf(expected, sizeof(expected), "%.33s****%s", in, in + 7 * 11);
    is(in, expected);

    style = HPF_MASK_PLAIN;

    memset(in, ' ', 2000);

    for (i = 0; i < 1900; i += 37) {
        memcpy(in + i, "13800138000", 11);
    }

    in[1950] = '\0';
    memcpy(expected, in, 1951);

    for (i = 0; i < 1900; i += 37) {
        memcpy(expected + i, "138****8000", 11);
    }

    is(in, expected);
}


static void
test_mask_character(void)
{
    hpf_mask_shape_char(&rules.value[HPF_MASK_MOBILE], "•", strlen("•"));
    is("tel 13800138000, 138 0013 8000", "tel 138••••8000, 138 •••• 8000");

    style = HPF_MASK_FORM_TEXT;
    is("138+0013+8000",
       "138+%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2+8000");
    style = HPF_MASK_PLAIN;

    on(USUAL);
}


static unsigned
rnd(unsigned n)
{
    seed = seed * 1103515245 + 12345;

    return (seed >> 16) % n;
}


/* Texts of what may matter, in every style and cut at random. */

static void
test_random(void)
{
    int          i, n, bad;
    char         in[2048];
    size_t       len, k;
    unsigned     kind;
    const char  *piece;

    static const char  *pieces[] = {
        "13800138000", "138", "0013", "8000", "86", "0086", "+86", "-", "-",
        " ", " ", "　", "－", "\xc2\xa0", "+", ".", ".0", "0", "1", "12", "x",
        "X", "a", "f", "g", "tel", "*", "**", "@", "@", ".cn", "example.cn",
        "zhang", "_", "%", "&", "\\", "\\\\", "\\u", "\\u00", "\\u0031",
        "\\u0038", "\\u0020", "\\u3000", "\\uff11", "\\u4e2d", "\\n",
        "\\u0040", "&#49;", "&#x38;", "&#32;", "&nbsp;", "&amp;", "&#", "&#4",
        "%31", "%38", "%20", "%2D", "%EF%BC%91", "%EF", "%E4%B8%AD", "%40",
        "１", "８", "Ｘ", "\xef", "\xef\xbc", "中", "，", "\xe3", "\xe3\x80",
        "11010519491231002X", "11010519491231002", "110105", "19491231",
        "002X", "440524188001010014", "6222020000000000000", "6222", "0200",
        "0000", "000", "110105491231002", "E12345678", "E1234567", "E", "EA",
        "91350100M000100Y43", "9135", "0100", "M000100Y43", "ABC", "\n", ",",
        "123456789012", "2026-11-25 13:47:54", "9", "e", "\xa0", "\x91", ";",
        "#", "u", "zhang.san@example.cn", "a@b.cn", "2x", "%3", "3", "D"
    };

    bad = 0;

    for (i = 0; i < rounds; i++) {
        style = (unsigned) i % (HPF_MASK_CSV_TEXT + 1);
        len = 0;

        on(rnd(2) ? ALL : USUAL);

        if (rnd(8) == 0) {
            on(1u << (HPF_MASK_ID_CARD + rnd(9)));
        }

        if (rnd(8) == 0) {
            kind = HPF_MASK_ID_CARD + rnd(3);
            hpf_mask_shape_keep(&rules.value[kind], rnd(5), rnd(5));
        }

        for (n = (int) rnd(40); n >= 0; n--) {
            piece = pieces[rnd(sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(in + len, piece, strlen(piece));
            len += strlen(piece);
        }

        if (!mask(&out, in, len, len, 0)) {
            bad++;
        }

        for (n = 0; n < 4; n++) {
            k = n ? rnd((unsigned) len + 1) : 1;

            if (!mask(&again, in, len, k, n ? rnd(7) : 1)
                || !same(&out, &again))
            {
                bad++;
                printf("# style %u, values %x, at %zu: \"%.*s\"\n# \"%s\"\n",
                       style, rules.values, k, (int) len, in, out.p);
                printf("# \"%s\"\n", again.p);
            }
        }

        mask(&twice, (const char *) out.p, out.n, out.n, 0);

        if (!same(&out, &twice)) {
            bad++;
            printf("# twice, style %u: \"%.*s\"\n# \"%s\"\n",
                   style, (int) len, in, out.p);
            printf("# \"%s\"\n", twice.p);
        }

        if (bad > 5) {
            break;
        }
    }

    ok(bad == 0, "%d texts made at random", i);

    style = HPF_MASK_PLAIN;
    on(USUAL);
}


int
main(int argc, char **argv)
{
    plan(0);
    on(USUAL);

    if (argc > 2) {
        seed = (unsigned) atoi(argv[1]);
        rounds = atoi(argv[2]);
    }

    test_plain();
    test_codes();
    test_json();
    test_styles();
    test_blocks();
    test_limits();
    test_numbers();
    test_long();
    test_mask_character();
    test_random();

    return done();
}
