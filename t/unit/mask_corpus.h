/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Texts with values in every spelling that is promised, and texts with what
 * looks like values; a seed makes them, always the same ones.  Persons do not
 * exist: they are born from 1880 to 1899.
 */

#ifndef _MASK_CORPUS_H_INCLUDED_
#define _MASK_CORPUS_H_INCLUDED_


#include "mask_body.h"


#define CORPUS_TEXT    1024

#define CORPUS_USUAL   (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE        \
                        | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL)
#define CORPUS_ALL     (CORPUS_USUAL | 1u << HPF_MASK_PASSPORT                \
                        | 1u << HPF_MASK_USCC | 1u << HPF_MASK_ID_CARD_15)


/* How the characters of a value are written. */

typedef enum {
    AS_IS = 0,
    AS_WIDE,               /* full width */
    AS_JSON,               /* \u0031 */
    AS_JSON_WIDE,          /* \uff11 */
    AS_XML,                /* &#49; */
    AS_XML_HEX,            /* &#x31; */
    AS_FORM,               /* %31 */
    AS_FORM_WIDE           /* %EF%BC%91 */
} corpus_as_e;


typedef struct {
    const char         *name;
    unsigned            style;
    unsigned            as;         /* corpus_as_e */
    unsigned            some;       /* one of so many characters, or all */
    const char         *gap;        /* between groups */
    const char         *before;     /* a prefix of a mobile number */
    unsigned            kinds;      /* that are written so */
} corpus_spelling_t;


typedef struct {
    const char         *name;
    void              (*make)(char *p);
    unsigned            most[2];    /* hits that are put up with, by config */
} corpus_alike_t;


typedef struct {
    size_t              n;
    size_t              start;      /* of the value */
    size_t              end;
    unsigned char       p[CORPUS_TEXT];
} corpus_text_t;


static const hpf_date_t   today = { 2026, 11, 23 };


#define NUMBERS  (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE              \
                  | 1u << HPF_MASK_BANK_CARD)
#define MOBILES  (1u << HPF_MASK_MOBILE)

static const corpus_spelling_t  spellings[] = {
    { "in one piece", HPF_MASK_PLAIN, AS_IS, 0, NULL, NULL, CORPUS_ALL },
    { "groups, spaces", HPF_MASK_PLAIN, AS_IS, 0, " ", NULL, NUMBERS },
    { "groups, hyphens", HPF_MASK_PLAIN, AS_IS, 0, "-", NULL, NUMBERS },
    { "groups, U+3000", HPF_MASK_PLAIN, AS_IS, 0, "\xe3\x80\x80", NULL,
      NUMBERS },
    { "groups, U+00A0", HPF_MASK_PLAIN, AS_IS, 0, "\xc2\xa0", NULL, NUMBERS },
    { "full width", HPF_MASK_PLAIN, AS_WIDE, 0, NULL, NULL, NUMBERS },
    { "full width, some", HPF_MASK_PLAIN, AS_WIDE, 4, NULL, NULL, NUMBERS },
    { "full width, groups", HPF_MASK_PLAIN, AS_WIDE, 0, "\xef\xbc\x8d", NULL,
      NUMBERS },
    { "+86", HPF_MASK_PLAIN, AS_IS, 0, NULL, "+86", MOBILES },
    { "0086", HPF_MASK_PLAIN, AS_IS, 0, NULL, "0086", MOBILES },
    { "+86 and spaces", HPF_MASK_PLAIN, AS_IS, 0, " ", "+86 ", MOBILES },
    { "+86 and hyphens", HPF_MASK_PLAIN, AS_IS, 0, "-", "+86-", MOBILES },
    { "(86)", HPF_MASK_PLAIN, AS_IS, 0, NULL, "(86)", MOBILES },
    { "JSON, all escaped", HPF_MASK_JSON_TEXT, AS_JSON, 0, NULL, NULL,
      CORPUS_ALL },
    { "JSON, some escaped", HPF_MASK_JSON_TEXT, AS_JSON, 4, NULL, NULL,
      CORPUS_ALL },
    { "JSON, full width", HPF_MASK_JSON_TEXT, AS_JSON_WIDE, 0, NULL, NULL,
      NUMBERS },
    { "JSON, U+3000", HPF_MASK_JSON_TEXT, AS_IS, 0, "\\u3000", NULL, NUMBERS },
    { "JSON, escaped spaces", HPF_MASK_JSON_TEXT, AS_IS, 0, "\\u0020", NULL,
      NUMBERS },
    { "XML, references", HPF_MASK_XML_TEXT, AS_XML, 0, NULL, NULL,
      CORPUS_ALL },
    { "XML, some", HPF_MASK_XML_TEXT, AS_XML_HEX, 4, NULL, NULL, CORPUS_ALL },
    { "XML, &nbsp;", HPF_MASK_XML_TEXT, AS_IS, 0, "&nbsp;", NULL, NUMBERS },
    { "form, all coded", HPF_MASK_FORM_TEXT, AS_FORM, 0, NULL, NULL,
      CORPUS_ALL },
    { "form, some", HPF_MASK_FORM_TEXT, AS_FORM, 4, NULL, NULL, CORPUS_ALL },
    { "form, full width", HPF_MASK_FORM_TEXT, AS_FORM_WIDE, 0, NULL, NULL,
      NUMBERS },
    { "form, + and %20", HPF_MASK_FORM_TEXT, AS_IS, 0, "+", NULL, NUMBERS },
    { "form, %20", HPF_MASK_FORM_TEXT, AS_IS, 0, "%20", NULL, NUMBERS }
};


static unsigned
rnd(unsigned n)
{
    unsigned  high;

    high = body_random(1u << 15);

    return (high << 15 | body_random(1u << 15)) % n;
}


static const char *
one_of(const char *const *list, size_t n)
{
    return list[rnd((unsigned) n)];
}

#define ONE_OF(list)  one_of((list), sizeof(list) / sizeof((list)[0]))


static void
digits(char *p, unsigned n)
{
    while (n--) {
        *p++ = (char) ('0' + rnd(10));
    }

    *p = '\0';
}


static void
make_id_card(char *p)
{
    static const char *const  provinces[] = {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33",
        "34", "35", "36", "37", "41", "42", "43", "44", "45", "46", "50",
        "51", "52", "53", "54", "61", "62", "63", "64", "65", "81", "82", "83"
    };

    int                       i;
    static const char         check[] = "0123456789Xx";

    snprintf(p, 19, "%s%02u%02u%u%02u%02u%03u", ONE_OF(provinces), rnd(30) + 1,
             rnd(30) + 1, 1880 + rnd(20), rnd(12) + 1, rnd(28) + 1, rnd(999));

    for (i = 0; i < 12; i++) {
        p[17] = check[i];
        p[18] = '\0';

        if (hpf_ident_is_id_card((unsigned char *) p, 18, &today)) {

            if (i == 10 && rnd(2)) {
                p[17] = 'x';
            }

            return;
        }
    }
}


static void
make_old_id(char *p)
{
    snprintf(p, 16, "%u%04u%02u%02u%02u%03u", 31 + rnd(7), rnd(10000),
             rnd(100), rnd(12) + 1, rnd(28) + 1, rnd(1000));
}


static void
make_mobile(char *p)
{
    p[0] = '1';
    p[1] = (char) ('3' + rnd(7));
    digits(p + 2, 9);
}


static void
make_card(char *p)
{
    static const char *const  prefixes[] = {
        "622202", "621700", "622848", "621661", "625912", "4", "51", "356",
        "37", "955880", "601382", "2230", "620522"
    };

    static const unsigned     lens[] = {
        19, 19, 19, 19, 16, 16, 16, 16, 15, 19, 19, 16, 19
    };

    unsigned                  i, n;

    i = rnd(sizeof(lens) / sizeof(lens[0]));
    n = (unsigned) strlen(prefixes[i]);

    memcpy(p, prefixes[i], n);
    digits(p + n, lens[i] - n);

    for (p[lens[i] - 1] = '0';
         !hpf_ident_is_issued_card((unsigned char *) p, lens[i]);
         p[lens[i] - 1]++)
    {
        /* void */
    }
}


static void
make_email(char *p)
{
    static const char *const  users[] = {
        "zhangsan", "li.si", "wang_wu", "a", "z.w", "info", "10086abc",
        "Zhao-Liu", "x+tag", "ZHANG.SAN", "13800138000", "1234567"
    };

    static const char *const  domains[] = {
        "example.cn", "example.com", "163.com", "qq.com", "mail.gov.cn",
        "x-y.example.com.cn", "126.com", "sub.sub.example.org", "gjj.gov.cn"
    };

    snprintf(p, 80, "%s@%s", ONE_OF(users), ONE_OF(domains));
}


static void
make_passport(char *p)
{
    static const char *const  prefixes[] = {
        "E", "G", "D", "S", "P", "EA", "EK", "C", "W", "CB", "H", "M", "T",
        "L", "K", "DE", "SE", "KJ", "MA", "ABC", "H", "M"
    };

    static const unsigned     lens[] = {
        8, 8, 8, 8, 7, 7, 7, 8, 8, 7, 8, 8, 8, 8, 8, 7, 7, 7, 7, 12, 10, 10
    };

    unsigned                  i, n;

    i = rnd(sizeof(lens) / sizeof(lens[0]));
    n = (unsigned) strlen(prefixes[i]);

    memcpy(p, prefixes[i], n);
    digits(p + n, lens[i]);
}


static void
make_uscc(char *p)
{
    static const char         alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const char *const  heads[] = { "91", "11", "12", "51", "92", "93" };

    int                       i;

    for ( ;; ) {
        snprintf(p, 32, "%s3%u0%u0%u", ONE_OF(heads), rnd(8), rnd(10),
                 rnd(10));
        snprintf(p + 8, 3, "MA");

        for (i = 10; i < 16; i++) {
            p[i] = alphabet[rnd(31)];
        }

        /* most of those of before 2015 are digits */

        if (rnd(4) == 0) {
            digits(p + 8, 8);
        }

        for (i = 0; i < 11; i++) {
            p[16] = "0123456789X"[i];

            if (hpf_ident_is_org_code((unsigned char *) p + 8, 9)) {
                break;
            }
        }

        for (i = 0; i < 31; i++) {
            p[17] = alphabet[i];
            p[18] = '\0';

            if (hpf_ident_is_uscc((unsigned char *) p, 18)) {
                return;
            }
        }
    }
}


static void
make_value(unsigned kind, char *p)
{
    switch (kind) {
    case HPF_MASK_ID_CARD:
        make_id_card(p);
        return;
    case HPF_MASK_MOBILE:
        make_mobile(p);
        return;
    case HPF_MASK_BANK_CARD:
        make_card(p);
        return;
    case HPF_MASK_EMAIL:
        make_email(p);
        return;
    case HPF_MASK_PASSPORT:
        make_passport(p);
        return;
    case HPF_MASK_USCC:
        make_uscc(p);
        return;
    default:
        make_old_id(p);
        return;
    }
}


/* Whether a group ends before the character i of a value. */

static unsigned
is_group(unsigned kind, size_t i, unsigned how)
{
    switch (kind) {

    case HPF_MASK_MOBILE:
        return i == 3 || i == 7;

    case HPF_MASK_ID_CARD:
        return how ? i == 6 || i == 14 : i == 6 || i == 10 || i == 14;

    default:
        return how ? i == 6 : i % 4 == 0 && i > 0;
    }
}


static void
put(corpus_text_t *t, const char *p)
{
    size_t  n;

    n = strlen(p);
    memcpy(t->p + t->n, p, n);
    t->n += n;
}


static void
put_char(corpus_text_t *t, unsigned char c, unsigned as)
{
    char      s[16];
    unsigned  wide;

    wide = c + 0xfee0u;

    switch (as) {
    case AS_WIDE:
        snprintf(s, sizeof(s), "\xef%c%c", (int) (0x80 | (wide >> 6 & 0x3f)),
                 (int) (0x80 | (wide & 0x3f)));
        break;
    case AS_JSON:
        snprintf(s, sizeof(s), rnd(2) ? "\\u%04x" : "\\u%04X", c);
        break;
    case AS_JSON_WIDE:
        snprintf(s, sizeof(s), rnd(2) ? "\\u%04x" : "\\u%04X", wide);
        break;
    case AS_XML:
        snprintf(s, sizeof(s), rnd(2) ? "&#%u;" : "&#%04u;", c);
        break;
    case AS_XML_HEX:
        snprintf(s, sizeof(s), rnd(2) ? "&#x%x;" : "&#x%04X;", c);
        break;
    case AS_FORM:
        snprintf(s, sizeof(s), rnd(2) ? "%%%02x" : "%%%02X", c);
        break;
    case AS_FORM_WIDE:
        snprintf(s, sizeof(s), "%%EF%%%02X%%%02X", 0x80 | (wide >> 6 & 0x3f),
                 0x80 | (wide & 0x3f));
        break;
    default:
        snprintf(s, sizeof(s), "%c", c);
        break;
    }

    put(t, s);
}


static void
put_value(corpus_text_t *t, const corpus_spelling_t *how, unsigned kind)
{
    char      value[128];
    size_t    i;
    unsigned  groups;

    make_value(kind, value);
    groups = rnd(2);

    if (how->before) {
        put(t, how->before);
    }

    t->start = t->n;

    for (i = 0; value[i] != '\0'; i++) {

        if (how->gap && is_group(kind, i, groups)) {
            put(t, how->gap);
        }

        put_char(t, (unsigned char) value[i],
                 (how->some && rnd(how->some) && value[i] != '+')
                 ? (unsigned) AS_IS : how->as);
    }

    t->end = t->n;
}


/* What stands before and after; a word only beside what is no code. */

static const char *const  before[] = {
    "", "", "电话", "证件号码：", "请联系张三，", "tel: ", "(", "[", "{",
    "2026-11-25 13:47:54 INFO user ", "业务流水20261125，", "第3笔 ", "no. ",
    "申请人：李四，", "缴存人", "1、", "账户 8812 余额 1024.00 元，", "/", "|",
    "id:", "#", "收款人 ", "\t", "\n", "。"
};

static const char *const  words[] = { "tel", "phone", "u_", "ID", "No", "px" };

static const char *const  after[] = {
    "", "", "。", "，请尽快办理", " ok", ")", "]", "}", "/", "元", "|", "；",
    " 2026-11-25 13:47:54", "的住房公积金", " 余额1024.00", ".", ". Next",
    "\t1", "\n", "（本人）", " - ", "、"
};


static void
make_text(corpus_text_t *t, const corpus_spelling_t *how, unsigned kind)
{
    t->n = 0;

    put(t, ONE_OF(before));

    if (!how->before
        && kind != HPF_MASK_EMAIL
        && kind != HPF_MASK_PASSPORT
        && kind != HPF_MASK_USCC
        && rnd(8) == 0)
    {
        put(t, ONE_OF(words));
    }

    put_value(t, how, kind);
    put(t, ONE_OF(after));
}


/* What looks like a value and is none. */

static void
alike_serial(char *p)
{
    digits(p, 20);
}


static void
alike_order(char *p)
{
    p += snprintf(p, 32, "2026%02u%02u%02u%02u%02u", rnd(12) + 1, rnd(28) + 1,
                  rnd(24), rnd(60), rnd(60));
    digits(p, 4 + rnd(3));
}


static void
alike_18(char *p)
{
    digits(p, 18);
}


static void
alike_19(char *p)
{
    digits(p, 19);
}


static void
alike_16(char *p)
{
    digits(p, 16);
}


static void
alike_12(char *p)
{
    digits(p, 12);
}


static void
alike_11(char *p)
{
    static const char *const  heads[] = { "0", "2", "8", "10", "11", "12" };
    const char               *head;

    head = ONE_OF(heads);
    p += snprintf(p, 8, "%s", head);
    digits(p, 11 - (unsigned) strlen(head));
}


static void
alike_epoch(char *p)
{
    static const unsigned  lens[] = { 1, 4, 7, 10 };

    p += snprintf(p, 16, "17%u", 6000000 + rnd(4000000));
    digits(p, lens[rnd(4)]);
}


static void
alike_stamp(char *p)
{
    p += snprintf(p, 32, "2026%02u%02u%02u%02u%02u", rnd(12) + 1, rnd(28) + 1,
                  rnd(24), rnd(60), rnd(60));

    if (rnd(2)) {
        digits(p, 3);
    }
}


static void
alike_time(char *p)
{
    static const char *const  formats[] = {
        "2026-%02u-%02u %02u:%02u:%02u", "2026-%02u-%02uT%02u:%02u:%02u.138Z",
        "2026/%02u/%02u %02u:%02u:%02u", "2026-%02u-%02u %02u%02u%02u",
        "2026%02u%02u %02u%02u%02u", "2026%02u%02u-%02u%02u%02u-0001",
        "2026年%02u月%02u日 %02u时%02u分%02u秒"
    };

    snprintf(p, 96, ONE_OF(formats), rnd(12) + 1, rnd(28) + 1, rnd(24),
             rnd(60), rnd(60));
}


static void
hex(char *p, unsigned n)
{
    while (n--) {
        *p++ = "0123456789abcdef"[rnd(16)];
    }

    *p = '\0';
}


static void
alike_uuid(char *p)
{
    static const unsigned  lens[] = { 8, 4, 4, 4, 12 };

    unsigned               i;

    for (i = 0; i < 5; i++) {
        hex(p, lens[i]);
        p += lens[i];
        *p++ = (i == 4) ? '\0' : '-';
    }
}


static void
alike_digest(char *p)
{
    static const unsigned  lens[] = { 32, 40, 64, 128 };

    hex(p, lens[rnd(4)]);
}


static void
alike_ip(char *p)
{
    if (rnd(2)) {
        snprintf(p, 64, "%u.%u.%u.%u:%u", rnd(256), rnd(256), rnd(256),
                 rnd(256), rnd(65536));
        return;
    }

    snprintf(p, 64, "2001:db8:%x:%x:%x:%x:%x:%x", rnd(65536), rnd(65536),
             rnd(65536), rnd(65536), rnd(65536), rnd(65536));
}


static void
alike_place(char *p)
{
    p += snprintf(p, 8, "%u.", 73 + rnd(62));
    digits(p, 6 + rnd(10));
    p += strlen(p);
    p += snprintf(p, 8, ",%u.", 18 + rnd(35));
    digits(p, 6 + rnd(10));
}


static void
alike_double(char *p)
{
    p += snprintf(p, 8, "0.");
    digits(p, 11 + rnd(8));
}


static void
alike_amount(char *p)
{
    switch (rnd(3)) {
    case 0:
        snprintf(p, 64, "%u%09u.%02u", 1 + rnd(99), rnd(1000000000), rnd(100));
        return;
    case 1:
        snprintf(p, 64, "%u,%03u,%03u,%03u.%02u", 1 + rnd(999), rnd(1000),
                 rnd(1000), rnd(1000), rnd(100));
        return;
    default:
        snprintf(p, 64, "¥%u.%02u", rnd(100000000), rnd(100));
        return;
    }
}


static void
alike_contract(char *p)
{
    static const char *const  formats[] = {
        "2026毕房预字第%07u号", "HT-2026-%07u", "毕公积金贷字（2026）%06u号",
        "GJJ2026%08u", "%05u-2026-%06u"
    };

    snprintf(p, 96, ONE_OF(formats), rnd(10000000), rnd(1000000));
}


static void
alike_version(char *p)
{
    snprintf(p, 96, "%u.%u.%u-%u.el8_%u", rnd(20), rnd(100), rnd(1000),
             rnd(100), rnd(10));
}


static void
alike_base64(char *p)
{
    unsigned  n;

    for (n = 40 + rnd(60); n; n--) {
        *p++ = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
               "+/"[rnd(64)];
    }

    memcpy(p, "=", 2);
}


static void
alike_service(char *p)
{
    static const char *const  numbers[] = {
        "12329", "95588", "12345", "400-810-8888", "4008108888", "95533转9",
        "800-820-8820", "010-12329", "110", "1065795588", "106575258888",
        "021-12345678", "0857-8222333", "(0857)8222333", "+86 857 8222333"
    };

    snprintf(p, 64, "%s", ONE_OF(numbers));
}


static void
alike_columns(char *p)
{
    unsigned  n;

    for (n = 8; n; n--) {
        p += snprintf(p, 16, "%u ", rnd(10000));
    }
}


static void
alike_barcode(char *p)
{
    p += snprintf(p, 8, "69");
    digits(p, 11);
}


static void
alike_mail(char *p)
{
    static const char *const  texts[] = {
        "icon@2x.png", "@zhangsan", "user@host", "a @ b.cn", "x@.cn",
        "lodash@4.17.21", "张三@李四", "root@127.0.0.1", "@media screen",
        "5@8.5元", "git@[::1]:x", "foo@bar..cn", "z***@example.cn"
    };

    snprintf(p, 64, "%s", ONE_OF(texts));
}


static void
alike_masked(char *p)
{
    static const char *const  texts[] = {
        "138****8000", "110105********002X", "***************0000",
        "6222 **** **** 0000", "z***@example.cn", "E******78", "138 **** 8000",
        "9135**********0Y43", "+86138****8000"
    };

    snprintf(p, 64, "%s", ONE_OF(texts));
}


static void
alike_part(char *p)
{
    static const char *const  formats[] = {
        "YW2026%04u", "AB%08u", "SN%010u", "X%06u", "e%08u", "PO-%08u",
        "ISO%05u", "A%07u", "E%09u", "DKZH%08u", "GB%05u-2015"
    };

    snprintf(p, 64, ONE_OF(formats), rnd(10000));
}


static const corpus_alike_t  alikes[] = {
    { "serial numbers, 20 digits", alike_serial, { 0, 0 } },
    { "order numbers, a time and 4 to 6 digits", alike_order, { 0, 4 } },
    { "any 19 digits", alike_19, { 33, 43 } },
    { "any 18 digits", alike_18, { 23, 19 } },
    { "any 16 digits", alike_16, { 60, 68 } },
    { "any 12 digits (accounts)", alike_12, { 0, 0 } },
    { "11 digits, not 13 to 19 first", alike_11, { 0, 0 } },
    { "seconds to nanoseconds since 1970", alike_epoch, { 0, 0 } },
    { "20261125134754, with milliseconds", alike_stamp, { 0, 0 } },
    { "dates and times", alike_time, { 0, 0 } },
    { "UUIDs", alike_uuid, { 0, 0 } },
    { "digests in hexadecimal", alike_digest, { 0, 0 } },
    { "IP addresses", alike_ip, { 0, 0 } },
    { "co-ordinates", alike_place, { 0, 0 } },
    { "fractions, 11 to 18 digits", alike_double, { 0, 0 } },
    { "amounts", alike_amount, { 0, 0 } },
    { "numbers of contracts", alike_contract, { 0, 422 } },
    { "versions", alike_version, { 0, 0 } },
    { "base64", alike_base64, { 0, 0 } },
    { "service numbers, landlines", alike_service, { 0, 0 } },
    { "columns of small numbers", alike_columns, { 203, 179 } },
    { "EAN-13 of China", alike_barcode, { 0, 0 } },
    { "an \"@\" without an address", alike_mail, { 0, 0 } },
    { "values that are masked", alike_masked, { 0, 0 } },
    { "letters and digits of parts, orders", alike_part, { 0, 0 } }
};


#endif /* _MASK_CORPUS_H_INCLUDED_ */
