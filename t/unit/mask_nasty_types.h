/*
 * Copyright (C) the HPF gateway authors
 */

/* Bodies that are hard to read, of other types than JSON. */

#ifndef _MASK_NASTY_TYPES_H_INCLUDED_
#define _MASK_NASTY_TYPES_H_INCLUDED_


#include "mask_nasty.h"


/* A text of any sort. */

static const char *
nasty_any(void)
{
    switch (body_random(6)) {

    case 0:
        return nasty_name();

    case 1:
        return nasty_one(nasty_numbers);

    default:
        return nasty_one(nasty_texts);
    }
}


/* Now and then one as long as what is waited for. */

static void
nasty_some_long(body_t *t)
{
    body_t  text;

    if (body_random(40)) {
        return;
    }

    memset(&text, 0, sizeof(text));
    nasty_long(&text);
    body_add(t, text.p, text.n);
    free(text.p);
}


static inline void
nasty_words(body_t *t)
{
    unsigned  n;

    static const char *const  between[] = { " ", "", "\n", "中", ",", "-" };

    for (n = 1 + body_random(30); n; n--) {
        body_text(t, nasty_any());
        body_text(t, nasty_one(between));
        nasty_some_long(t);
    }
}


/* JSON texts of all sorts, some of which do not end. */

static inline void
nasty_lines(body_t *t)
{
    size_t    start;
    unsigned  n;

    static const char *const  before[] = {
        "", "", "data: ", "data:", "\x1e", "event: name\ndata: ", "id: 7\n",
        ": 13800138000\n", "\xef\xbb\xbf"
    };
    static const char *const  behind[] = {
        "\n", "\n", "\n\n", "\r\n\r\n", " ", ""
    };

    for (n = 1 + body_random(6); n; n--) {
        body_text(t, nasty_one(before));

        start = t->n;
        nasty_json(t);

        if (body_random(4) == 0) {
            t->n -= body_random((unsigned) (t->n - start));
        }

        body_text(t, nasty_one(behind));
    }
}


/* With references, more of them than there have to be. */

static void
nasty_refs(body_t *t, const char *text)
{
    char                  ref[32];
    size_t                n;
    uint32_t              cp;
    unsigned              some;
    const unsigned char  *p, *end;

    p = (const unsigned char *) text;
    end = p + strlen(text);
    some = body_random(3) ? 0 : 1 + body_random(4);

    for ( /* void */ ; p < end; p += n) {
        n = hpf_mask_char(p, end, HPF_MASK_PLAIN, &cp);

        if (*p == '<' || *p == '&' || *p == '"' || *p == '\''
            || (some && body_random(some) == 0))
        {
            (void) snprintf(ref, sizeof(ref),
                            body_random(2) ? "&#%u;" : "&#x%x;",
                            (unsigned) cp);
            body_text(t, ref);

        } else {
            body_add(t, p, n);
        }
    }
}


static void
nasty_attr(body_t *t)
{
    const char  *quote;

    static const char *const  names[] = {
        "name", "id", "value", "mobile", "class", "type", "title", "content",
        "data-mobile", "ns:name", "idNo", "for", "KEY", "key", "checked"
    };
    static const char *const  labels[] = {
        "name", "user.mobile", "p[0][idNo]", "hidden", "text", "x",
        "form:address", "password"
    };
    static const char *const  quotes[] = { "\"", "\"", "'", "" };

    body_text(t, body_random(9) ? " " : "\n\t");
    body_text(t, nasty_one(names));

    if (body_random(12) == 0) {
        return;
    }

    quote = nasty_one(quotes);

    body_text(t, body_random(9) ? "=" : " = ");
    body_text(t, quote);

    if (*quote && body_random(2)) {
        nasty_refs(t, nasty_any());

    } else {
        body_text(t, nasty_one(labels));
    }

    body_text(t, quote);
}


static void
nasty_element(body_t *t, unsigned depth)
{
    unsigned     n;
    const char  *name;

    static const char *const  names[] = {
        "name", "a", "div", "p", "input", "param", "ns:mobile", "idNo", "td",
        "tr", "br", "x", "user.name", "option", "meta", "textarea", "li",
        "NAME", "entry", "姓名", "script", "li", "dt", "dd"
    };

    name = nasty_one(names);

    body_text(t, "<");
    body_text(t, name);

    for (n = body_random(4); n; n--) {
        nasty_attr(t);
    }

    body_text(t, body_random(9) ? ">" : "/>");

    if (strcmp(name, "script") == 0) {
        body_text(t, "var x = ");
        nasty_json(t);

    } else {

        for (n = body_random(depth > 6 ? 2 : 5); n; n--) {

            switch (body_random(depth > 6 ? 4 : 8)) {

            case 0:
                body_text(t, "<!-- ");
                body_text(t, nasty_any());
                body_text(t, " -->");
                break;

            case 1:
                body_text(t, "<![CDATA[");
                body_text(t, nasty_any());
                body_text(t, "]]>");
                break;

            case 2: case 3:
                nasty_space(t);
                nasty_refs(t, nasty_any());
                nasty_some_long(t);
                break;

            default:
                nasty_element(t, depth + 1);
            }
        }
    }

    if (body_random(12)) {
        body_text(t, "</");
        body_text(t, name);
        body_text(t, body_random(9) ? ">" : " >");
    }
}


static inline void
nasty_markup(body_t *t)
{
    unsigned  n;

    static const char *const  heads[] = {
        "", "<?xml version='1.0'?>\n", "<!DOCTYPE html>\n", "\xef\xbb\xbf"
    };

    body_text(t, nasty_one(heads));

    for (n = 1 + body_random(4); n; n--) {
        nasty_element(t, 0);
        nasty_space(t);
    }
}


static void
nasty_field(body_t *t, const char *text)
{
    static const char *const  forms[] = { "%s", "=\"%s\"", "'%s", " %s " };

    char         field[256];
    const char  *p;

    (void) snprintf(field, sizeof(field),
                    body_random(12) ? forms[0] : nasty_one(forms), text);

    if (body_random(3) && strpbrk(field, "\",;\t\n") == NULL) {
        body_text(t, field);
        nasty_some_long(t);
        return;
    }

    body_text(t, "\"");

    for (p = field; *p; p++) {
        body_text(t, *p == '"' ? "\"" : "");
        body_fill(t, *p, 1);
    }

    nasty_some_long(t);
    body_text(t, body_random(60) ? "\"" : "\" junk");
}


static inline void
nasty_csv(body_t *t)
{
    unsigned     row, column, rows, columns;
    const char  *sep, *eol;

    static const char *const  heads[] = { "\xef\xbb\xbf", "", "", "A title\n" };
    static const char *const  seps[] = { ",", ";", "\t" };

    sep = nasty_one(seps);
    eol = body_random(2) ? "\n" : "\r\n";

    body_text(t, nasty_one(heads));

    if (body_random(20) == 0) {
        body_text(t, "sep=");
        body_text(t, sep);
        body_text(t, eol);
    }

    rows = 2 + body_random(10);
    columns = body_random(30) ? 1 + body_random(8) : 250 + body_random(20);
    rows = (columns > 8) ? 2 : rows;

    for (row = 0; row < rows; row++) {

        for (column = 0; column < columns; column++) {
            body_text(t, column ? sep : "");
            nasty_field(t, row ? nasty_any() : nasty_name());
        }

        body_text(t, eol);

        if (body_random(20) == 0) {
            columns = 1 + body_random(8);
        }
    }
}


static void
nasty_percent(body_t *t, const char *text)
{
    char         code[8];
    unsigned     some;
    const char  *p;

    some = body_random(3) ? 0 : 1 + body_random(4);

    for (p = text; *p; p++) {

        if (*p == ' ' && body_random(2)) {
            body_text(t, "+");

        } else if (strchr("&=%+#; ", *p)
                   || (some && body_random(some) == 0)
                   || ((*p & 0x80) && body_random(2)))
        {
            (void) snprintf(code, sizeof(code),
                            body_random(2) ? "%%%02X" : "%%%02x",
                            (unsigned char) *p);
            body_text(t, code);

        } else {
            body_fill(t, *p, 1);
        }
    }
}


static inline void
nasty_form(body_t *t)
{
    unsigned  n;

    static const char *const  names[] = {
        "user[mobile]", "user.name", "list[0].idNo", "name[]", "ns:address"
    };
    static const char *const  heads[] = { "", "", "", "/path?", "?", "&" };
    static const char *const  ends[] = { "&", "&", "&", ";", "&&", "\n", "#" };

    body_text(t, nasty_one(heads));

    for (n = 1 + body_random(12); n; n--) {
        nasty_percent(t, body_random(3) ? nasty_name() : nasty_one(names));
        body_text(t, body_random(12) ? "=" : "");
        nasty_percent(t, nasty_any());
        nasty_some_long(t);
        body_text(t, nasty_one(ends));
    }
}


#endif /* _MASK_NASTY_TYPES_H_INCLUDED_ */
