/*
 * Copyright (C) the HPF gateway authors
 */

#include <string.h>

#include "hpf_mask_charset.h"


#define hpf_mask_charset_lower(c)                                             \
    ((unsigned char) (((c) >= 'A' && (c) <= 'Z') ? ((c) | 0x20) : (c)))


typedef struct {
    const char          *name;
    hpf_mask_charset_t   charset;
} hpf_mask_charset_label_t;


static unsigned hpf_mask_charset_begins(const unsigned char *p,
    const unsigned char *end, const char *s);
static unsigned hpf_mask_charset_is(const hpf_mask_charset_label_t *label,
    const unsigned char *p, size_t len);
static unsigned hpf_mask_charset_early(const unsigned char *p,
    const unsigned char *end);
static size_t hpf_mask_charset_value(const unsigned char *p,
    const unsigned char *end, const unsigned char **name);


/*
 * Names as they are met, a star at the end for any others.  A "gb2312" of the
 * wild is GBK, and GB18030 holds both.  Character sets that shift between
 * states, as ISO-2022-CN and UTF-7 do, are not known: what looks like ASCII
 * in them is none.
 */

static const hpf_mask_charset_label_t  hpf_mask_charset_labels[] = {
    { "utf-8", { NULL, 1 } },
    { "utf8", { NULL, 1 } },
    { "us-ascii", { NULL, 1 } },
    { "ascii", { NULL, 1 } },
    { "iso-8859-*", { NULL, 1 } },
    { "iso8859-*", { NULL, 1 } },
    { "iso_8859-*", { NULL, 1 } },
    { "latin*", { NULL, 1 } },
    { "windows-125*", { NULL, 1 } },
    { "cp125*", { NULL, 1 } },
    { "koi8-*", { NULL, 1 } },

    { "gb18030*", { "GB18030", 1 } },
    { "gbk", { "GB18030", 1 } },
    { "x-gbk", { "GB18030", 1 } },
    { "gb2312*", { "GB18030", 1 } },
    { "gb_2312*", { "GB18030", 1 } },
    { "csgb2312", { "GB18030", 1 } },
    { "euc-cn", { "GB18030", 1 } },
    { "chinese", { "GB18030", 1 } },
    { "cp936", { "GB18030", 1 } },
    { "ms936", { "GB18030", 1 } },
    { "windows-936", { "GB18030", 1 } },

    { "big5*", { "BIG5-HKSCS", 1 } },
    { "cn-big5", { "BIG5-HKSCS", 1 } },
    { "x-x-big5", { "BIG5-HKSCS", 1 } },
    { "cp950", { "BIG5-HKSCS", 1 } },
    { "euc-tw", { "EUC-TW", 1 } },

    { "euc-jp", { "EUC-JP", 1 } },
    { "shift_jis", { "CP932", 1 } },
    { "shift-jis", { "CP932", 1 } },
    { "sjis", { "CP932", 1 } },
    { "x-sjis", { "CP932", 1 } },
    { "windows-31j", { "CP932", 1 } },
    { "euc-kr", { "UHC", 1 } },
    { "ks_c_5601-1987", { "UHC", 1 } },

    { "utf-16", { "UTF-16", 2 } },
    { "utf-16le", { "UTF-16LE", 2 } },
    { "utf-16be", { "UTF-16BE", 2 } },
    { "utf-32", { "UTF-32", 4 } },
    { "utf-32le", { "UTF-32LE", 4 } },
    { "utf-32be", { "UTF-32BE", 4 } },

    { NULL, { NULL, 0 } }
};


const hpf_mask_charset_t *
hpf_mask_charset_find(const char *name, size_t len)
{
    const hpf_mask_charset_label_t  *label;

    for (label = hpf_mask_charset_labels; label->name; label++) {

        if (hpf_mask_charset_is(label, (const unsigned char *) name, len)) {
            return &label->charset;
        }
    }

    return NULL;
}


const hpf_mask_charset_t *
hpf_mask_charset_next(const hpf_mask_charset_t *cs)
{
    const char                      *last;
    const hpf_mask_charset_label_t  *label;

    last = (cs != NULL) ? cs->name : NULL;
    label = hpf_mask_charset_labels;

    if (cs != NULL) {

        while (&label->charset != cs) {
            label++;
        }
    }

    for ( /* void */ ; label->name; label++) {

        if (label->charset.name != NULL
            && (last == NULL || strcmp(last, label->charset.name) != 0))
        {
            return &label->charset;
        }
    }

    return NULL;
}


const hpf_mask_charset_t *
hpf_mask_charset_mark(const unsigned char *p, size_t len)
{
    const char  *name;

    name = NULL;

    if (len >= 4 && memcmp(p, "\xff\xfe\0\0", 4) == 0) {
        name = "utf-32le";

    } else if (len >= 4 && memcmp(p, "\0\0\xfe\xff", 4) == 0) {
        name = "utf-32be";

    } else if (len >= 2 && memcmp(p, "\xff\xfe", 2) == 0) {
        name = "utf-16le";

    } else if (len >= 2 && memcmp(p, "\xfe\xff", 2) == 0) {
        name = "utf-16be";

    } else if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        name = "utf-8";

    } else if (len >= 4 && p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] != 0) {
        name = "utf-32be";

    } else if (len >= 4 && p[0] != 0 && p[1] == 0 && p[2] == 0 && p[3] == 0) {
        name = "utf-32le";

    } else if (len >= 2 && p[0] == 0 && p[1] != 0) {
        name = "utf-16be";

    } else if (len >= 2 && p[0] != 0 && p[1] == 0) {
        name = "utf-16le";
    }

    return (name != NULL) ? hpf_mask_charset_find(name, strlen(name)) : NULL;
}


size_t
hpf_mask_charset_declared(const unsigned char *p, size_t len,
    const unsigned char **name)
{
    unsigned              in;
    const unsigned char  *end;

    if (len > HPF_MASK_CHARSET_HEAD) {
        len = HPF_MASK_CHARSET_HEAD;
    }

    end = p + len;
    in = 0;

    /* "<?xml ... encoding=" and "<meta ... charset=" up to the next ">" */

    for ( /* void */ ; p < end; p++) {

        switch (hpf_mask_charset_lower(*p)) {

        case '<':
            in = hpf_mask_charset_begins(p, end, "<?xml") ? 'e'
                 : hpf_mask_charset_begins(p, end, "<meta") ? 'c' : 0;
            break;

        case '>':
            in = 0;
            break;

        case 'e':
            if (in == 'e' && hpf_mask_charset_begins(p, end, "encoding")) {
                return hpf_mask_charset_value(p + 8, end, name);
            }

            break;

        case 'c':
            if (in == 'c' && hpf_mask_charset_begins(p, end, "charset")) {
                return hpf_mask_charset_value(p + 7, end, name);
            }

            break;

        default:
            break;
        }
    }

    return 0;
}


unsigned
hpf_mask_charset_past(const unsigned char *p, size_t len)
{
    const unsigned char  *end, *tag;

    end = p + len;

    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    if (p < end && *p != '<') {
        return 1;
    }

    /* a tag that is not whole may still be one that says it */

    while (p < end) {
        tag = p + 1;

        p = memchr(tag, '>', (size_t) (end - tag));
        if (p == NULL) {
            return 0;
        }

        if (!hpf_mask_charset_early(tag, end)) {
            return 1;
        }

        p = memchr(p, '<', (size_t) (end - p));
        if (p == NULL) {
            return 0;
        }
    }

    return 0;
}


/* What may come before a "meta". */

static unsigned
hpf_mask_charset_early(const unsigned char *p, const unsigned char *end)
{
    size_t  i;

    static const char  *names[] = {
        "?", "!", "html", "head", "meta", "title", "/title", "base", "link",
        "script", "/script", "style", "/style", "noscript", "/noscript"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (hpf_mask_charset_begins(p, end, names[i])) {
            return 1;
        }
    }

    return 0;
}


size_t
hpf_mask_charset_param(const unsigned char *p, size_t len,
    const unsigned char **name)
{
    const unsigned char  *end;

    end = p + len;

    /* most have none */

    if (len == 0 || (memchr(p, ';', len) == NULL
                     && memchr(p, ' ', len) == NULL))
    {
        return 0;
    }

    for ( /* void */ ; p < end; p++) {

        if ((*p == ';' || *p == ' ')
            && hpf_mask_charset_begins(p + 1, end, "charset"))
        {
            return hpf_mask_charset_value(p + 8, end, name);
        }
    }

    return 0;
}


static unsigned
hpf_mask_charset_begins(const unsigned char *p, const unsigned char *end,
    const char *s)
{
    for ( /* void */ ; *s; s++, p++) {

        if (p >= end || hpf_mask_charset_lower(*p) != (unsigned char) *s) {
            return 0;
        }
    }

    return 1;
}


static unsigned
hpf_mask_charset_is(const hpf_mask_charset_label_t *label,
    const unsigned char *p, size_t len)
{
    size_t  n;

    n = strlen(label->name);

    if (label->name[n - 1] == '*') {
        n--;
        len = (len > n) ? n : len;
    }

    for ( /* void */ ; n && len; n--, len--) {

        if (hpf_mask_charset_lower(p[len - 1])
            != (unsigned char) label->name[n - 1])
        {
            return 0;
        }
    }

    return n == 0 && len == 0;
}


/* = "NAME", quoted or not. */

static size_t
hpf_mask_charset_value(const unsigned char *p, const unsigned char *end,
    const unsigned char **name)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    if (p == end || *p != '=') {
        return 0;
    }

    do {
        p++;
    } while (p < end && (*p == ' ' || *p == '\t' || *p == '"' || *p == '\''));

    *name = p;

    while (p < end && *p > ' ' && *p != '"' && *p != '\'' && *p != ';'
           && *p != '>' && *p != '?' && *p != '/')
    {
        p++;
    }

    return (size_t) (p - *name);
}
