/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Bodies that are hard to read, made by a seed: always the same ones.  JSON is
 * JSON by the letter, however it looks; nasty_break() makes it, and anything
 * else, a body that somebody damaged.
 */

#ifndef _MASK_NASTY_H_INCLUDED_
#define _MASK_NASTY_H_INCLUDED_


#include "mask_body.h"


#define nasty_one(list)                                                       \
    ((list)[body_random((unsigned) (sizeof(list) / sizeof((list)[0])))])

#define NASTY_NAME  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
                    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
                    "kkkkkkkkkkkkkkkk"            /* 128 bytes */


/* How characters are written that need no escape. */

typedef enum {
    NASTY_PLAIN = 0,
    NASTY_SOME,
    NASTY_ALL
} nasty_spelling_e;


static const char *const  nasty_often[] = { "a", "b", "name", "idNo", "x" };

static const char *const  nasty_names[] = {
    "name", "idNo", "MOBILE", "mobile", "Address", "email", "a", "b", "x",
    "姓名", "a/b", "m~n", "~", "/", "0", "1", "2", "01", "12", "", " ", "*",
    "\"", "\\", "a\"b", "a\nb", "\x01", "𠮷", "13800138000", "a@example.cn",
    "11010519491231002X", "card no 6217000010012345677", "name ", "names",
    "NASTY", "ａ１", NASTY_NAME, NASTY_NAME "k", "k" NASTY_NAME "k"
};

static const char *const  nasty_texts[] = {
    "", "张三", "欧阳震华", "13800138000", "11010519491231002X",
    "440524188001010014", "6217000010012345677", "zhangsan@example.cn",
    "北京市朝阳区某路1号", "电话13800138000或13900139000。",
    "１３８００１３８０００", "138 0013 8000", "+86-138-0013-8000",
    "13800138000@139.com", "02112345678",
    "2026-11-23T12:00:00+08:00", "20260101123456789012", "a\\b\"c/d\b\f\n\r\t",
    "𠮷野", "plain words without a number", "1380013800013800138000", "{", "[",
    "]}", "}", ",", ":", "null", "12", "*", "138****8000", "a@b", "@", "\\",
    "\"", "\x7f", "\xc2\xa0", "\xe3\x80\x80", "tel 13800138000",
    "0x13800138000",
    "E12345678", "91350100M000100Y43", "name", "\\u0031", "13800138000.5",
    "110105491231002", "1380013", "8000", "6217 0000 1001 2345 677"
};

static const char *const  nasty_numbers[] = {
    "0", "-0", "1", "-1", "0.0", "12.50", "1e5", "1E+05", "-1.5e-300",
    "1e99999",
    "13800138000", "-13800138000", "13800138000.0", "13800138000.00",
    "13800138000.5", "1.3800138000e10", "13800138000e0", "110105194912310021",
    "440524188001010014", "6217000010012345677", "1700000000000",
    "123456789012345678901234567890",
    "111111111111111111111111111111111111111111111111111111111111111",
    "1111111111111111111111111111111111111111111111111111111111111111",
    "11111111111111111111111111111111111111111111111111111111111111111",
    "13800138000.000000000000000000000000000000000000000000000000000000000",
    "13800138000e000000000000000000000000000000000000000000000000000000000"
};


static inline const char *
nasty_name(void)
{
    return body_random(2) ? nasty_one(nasty_often) : nasty_one(nasty_names);
}


static inline void
nasty_space(body_t *t)
{
    unsigned  n;

    if (body_random(4)) {
        return;
    }

    n = body_random(100) ? body_random(4)
                         : body_random(6) ? body_random(80)
                                          : 122 + body_random(12);
    while (n--) {
        body_fill(t, " \t\r\n"[body_random(4)], 1);
    }
}


static void
nasty_unit(body_t *t, uint32_t unit)
{
    char  escape[8];

    (void) snprintf(escape, sizeof(escape), body_random(2) ? "\\u%04x"
                                                           : "\\u%04X",
                    (unsigned) unit);
    body_text(t, escape);
}


/* The inside of a JSON string. */

static void
nasty_chars(body_t *t, const unsigned char *p, size_t len, unsigned spelling)
{
    size_t                n;
    uint32_t              cp;
    const char           *e;
    const unsigned char  *end;

    static const char  escapes[] = "\"\\/\b\f\n\r\t", letters[] = "\"\\/bfnrt";

    for (end = p + len; p < end; p += n) {
        n = hpf_mask_char(p, end, HPF_MASK_PLAIN, &cp);

        if (cp >= ' ' && cp != '"' && cp != '\\'
            && (spelling == NASTY_PLAIN
                || (spelling == NASTY_SOME && body_random(4))))
        {
            body_add(t, p, n);
            continue;
        }

        e = (cp && cp < 0x80) ? strchr(escapes, (int) cp) : NULL;

        if (e && (spelling == NASTY_PLAIN || body_random(2))) {
            body_fill(t, '\\', 1);
            body_fill(t, letters[e - escapes], 1);

        } else if (cp > 0xffff) {
            nasty_unit(t, 0xd800 + ((cp - 0x10000) >> 10));
            nasty_unit(t, 0xdc00 + (cp & 0x3ff));

        } else {
            nasty_unit(t, cp);
        }
    }
}


static void
nasty_quoted(body_t *t, const unsigned char *p, size_t len)
{
    unsigned  spelling;

    spelling = body_random(2) ? NASTY_PLAIN
                              : body_random(3) ? NASTY_SOME : NASTY_ALL;

    body_text(t, "\"");
    nasty_chars(t, p, len, spelling);
    body_text(t, "\"");
}


/* JSON for a string: plain enough for it to be told what it should become. */

static void
nasty_inner(body_t *t, unsigned depth)
{
    body_t    more;
    unsigned  i, n, array;

    static const char *const  names[] = { "name", "idNo", "a", "x", "姓名" };
    static const char *const  texts[] = {
        "张三", "abc", "13800138000", "a@example.cn", "", "12", "words"
    };
    static const char *const  others[] = {
        "1", "-1.5e3", "12", "true", "null", "[]", "{}"
    };

    switch (depth > 3 ? 2 + body_random(3) : body_random(7)) {

    case 0: case 1:
        array = body_random(2);
        n = body_random(4);
        body_text(t, array ? "[" : "{");

        for (i = 0; i < n; i++) {
            body_text(t, i ? "," : "");
            body_text(t, body_random(5) ? "" : body_random(2) ? " " : "\n");

            if (!array) {
                body_text(t, "\"");
                body_text(t, nasty_one(names));
                body_text(t, body_random(5) ? "\":" : "\" : ");
            }

            nasty_inner(t, depth + 1);
            body_text(t, body_random(5) ? "" : " ");
        }

        body_text(t, array ? "]" : "}");
        break;

    case 2: case 3:
        body_text(t, "\"");
        body_text(t, nasty_one(texts));
        body_text(t, "\"");
        break;

    case 4:
        body_text(t, nasty_one(others));
        break;

    default:
        memset(&more, 0, sizeof(more));

        body_text(&more, "{\"name\":");
        nasty_inner(&more, depth + 3);
        body_text(&more, "}");

        body_text(t, "\"");
        nasty_chars(t, more.p, more.n, NASTY_PLAIN);
        body_text(t, "\"");

        free(more.p);
    }
}


/* As long as what a window, a value or a key may hold, or a little longer. */

static void
nasty_long(body_t *t)
{
    unsigned  n;

    static const unsigned     lens[] = { 500, 758, 1014, 1270, 2550 };
    static const char *const  fills[] = {
        "a", "1", "张", "- ", "1 ", "\\", " ", "&", "a.", "a@", "\"", "+86 "
    };

    const char  *fill;

    n = nasty_one(lens) + body_random(16);
    fill = nasty_one(fills);

    while (t->n + strlen(fill) <= n) {
        body_text(t, fill);
    }

    body_text(t, body_random(2) ? "" : nasty_one(nasty_texts));
}


static void
nasty_string(body_t *t)
{
    body_t    text;
    unsigned  n;

    memset(&text, 0, sizeof(text));
    body_text(&text, "");

    switch (body_random(24)) {

    case 0:
        nasty_long(&text);
        body_text(t, "\"");
        nasty_chars(t, text.p, text.n, NASTY_PLAIN);
        body_text(t, "\"");
        break;

    case 1: case 2: case 3:
        body_text(&text, "{\"a\":");
        nasty_inner(&text, 0);
        body_text(&text, "}");
        body_text(t, "\"");
        nasty_chars(t, text.p, text.n, NASTY_PLAIN);
        body_text(t, "\"");
        break;

    case 4: case 5: case 6:
        for (n = 2 + body_random(4); n; n--) {
            body_text(&text, nasty_one(nasty_texts));
            body_text(&text, body_random(2) ? " " : "中");
        }

        nasty_quoted(t, text.p, text.n);
        break;

    default:
        body_text(&text, nasty_one(nasty_texts));
        nasty_quoted(t, text.p, text.n);
    }

    free(text.p);
}


/* *left is how many more values there may be. */

static void
nasty_value(body_t *t, unsigned depth, unsigned *left)
{
    unsigned     i, n, kind;
    const char  *name;

    static const char *const  words[] = { "null", "true", "false" };

    kind = (depth > 9 || *left == 0) ? 5 + body_random(5) : body_random(10);
    *left -= (*left > 0);

    nasty_space(t);

    if (kind < 5) {
        n = body_random(6);
        body_text(t, kind < 3 ? "{" : "[");
        nasty_space(t);

        for (i = 0; i < n; i++) {
            body_text(t, i ? "," : "");

            if (kind < 3) {
                nasty_space(t);
                name = nasty_name();
                nasty_quoted(t, (const unsigned char *) name, strlen(name));
                nasty_space(t);
                body_text(t, ":");
            }

            nasty_value(t, depth + 1, left);
        }

        body_text(t, kind < 3 ? "}" : "]");

    } else if (kind < 8) {
        nasty_string(t);

    } else {
        body_text(t, kind == 8 ? nasty_one(nasty_numbers)
                               : nasty_one(words));
    }

    nasty_space(t);
}


static inline void
nasty_json(body_t *t)
{
    unsigned     i, n, left;
    const char  *open, *close;

    left = 1 + body_random(40);
    n = 0;
    open = "";
    close = "";

    /* one in another, many times */

    if (body_random(30) == 0) {
        n = body_random(400);
        open = body_random(2) ? "[" : "{\"x\":";
        close = (open[0] == '[') ? "]" : "}";
    }

    for (i = 0; i < n; i++) {
        body_text(t, open);
    }

    nasty_value(t, 0, &left);

    for (i = 0; i < n; i++) {
        body_text(t, close);
    }
}


/* Bytes that go, come, change or come again, or the end that does not come. */

static inline void
nasty_break(body_t *t)
{
    size_t       at, n;
    body_t       out;
    unsigned     i, edits;
    const char  *piece;

    static const char *const  pieces[] = {
        "\"", "\\", "\n", "\xff", "\xe5\xbc", "\\ud800", "\\u00", "<", ">",
        "&#", "%", "{", "}", "[", "]", ",", ":", "\t", "\r\n\r\n", "=", "&",
        "'", "\x1e", "-->", "]]>", "\"\"", "1", " ", "@", "-", "a.", "\\u0031"
    };

    memset(&out, 0, sizeof(out));

    edits = body_random(6);

    for (i = 0; i < edits && t->n; i++) {
        at = body_random((unsigned) t->n);
        n = body_random(body_random(4) ? 4 : 100);
        n = (n < t->n - at) ? n : t->n - at;

        out.n = 0;
        body_add(&out, t->p, at);

        switch (body_random(4)) {

        case 0:
            body_add(&out, t->p + at + n, t->n - at - n);
            break;

        case 1:
            body_add(&out, t->p + at, n);
            body_add(&out, t->p + at, t->n - at);
            break;

        case 2:
            piece = nasty_one(pieces);

            for (n = body_random(20) ? 1 : 1400 + body_random(2000); n; n--) {
                body_text(&out, piece);
            }

            body_add(&out, t->p + at, t->n - at);
            break;

        default:
            if (body_random(4)) {
                body_add(&out, t->p + at, t->n - at);
            }
        }

        t->n = 0;
        body_add(t, out.p, out.n);
    }

    free(out.p);
}


#endif /* _MASK_NASTY_H_INCLUDED_ */
