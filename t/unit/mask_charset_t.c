/* links: core/hpf_mask_charset.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Character sets: their names, and what a text or a header says of its own.
 */

#include "hpf_mask_charset.h"
#include "tap.h"


static void
names(void)
{
    size_t                     i, n;
    const hpf_mask_charset_t  *cs;

    static const struct {
        const char  *name;
        const char  *iconv;
    } known[] = {
        { "UTF-8", NULL }, { "utf8", NULL }, { "us-ascii", NULL },
        { "ISO-8859-15", NULL }, { "windows-1252", NULL },
        { "gbk", "GB18030" }, { "GB2312", "GB18030" },
        { "GB18030-2022", "GB18030" }, { "Big5-HKSCS", "BIG5-HKSCS" },
        { "UTF-16", "UTF-16" }, { "utf-16le", "UTF-16LE" },
        { "utf-32be", "UTF-32BE" }
    };

    static const char  *unknown[] = {
        "", "u", "utf-7", "utf-88", "iso-2022-cn", "x-mine", "gbkk", "*"
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        cs = hpf_mask_charset_find(known[i].name, strlen(known[i].name));

        ok(cs != NULL
           && (known[i].iconv == NULL
               ? cs->name == NULL
               : cs->name != NULL && strcmp(cs->name, known[i].iconv) == 0),
           "%s", known[i].name);
    }

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        ok(hpf_mask_charset_find(unknown[i], strlen(unknown[i])) == NULL,
           "no \"%s\"", unknown[i]);
    }

    n = 0;

    for (cs = hpf_mask_charset_next(NULL); cs; cs = hpf_mask_charset_next(cs)) {
        n += (cs->name != NULL && cs->unit > 0);
    }

    ok(n >= 10 && n < 30, "%zu sets for iconv", n);
}


static void
mark(const char *text, size_t len, const char *iconv, const char *what)
{
    const hpf_mask_charset_t  *cs;

    cs = hpf_mask_charset_mark((const unsigned char *) text, len);

    ok(iconv == NULL ? cs == NULL
                     : cs != NULL && cs->name != NULL
                       && strcmp(cs->name, iconv) == 0,
       "%s", what);
}


static void
marks(void)
{
    const hpf_mask_charset_t  *cs;

    mark("\xff\xfe" "1\0", 4, "UTF-16LE", "a mark, little");
    mark("\xfe\xff\0" "1", 4, "UTF-16BE", "a mark, big");
    mark("\xff\xfe\0\0", 4, "UTF-32LE", "a mark of 32 bits, little");
    mark("\0\0\xfe\xff", 4, "UTF-32BE", "a mark of 32 bits, big");
    mark("{\0\"\0", 4, "UTF-16LE", "zeros, little");
    mark("\0{\0\"", 4, "UTF-16BE", "zeros, big");
    mark("{\0\0\0", 4, "UTF-32LE", "zeros of 32 bits, little");
    mark("\0\0\0{", 4, "UTF-32BE", "zeros of 32 bits, big");
    mark("{\"a\"", 4, NULL, "none");
    mark("\0\0\0\0", 4, NULL, "zeros alone");
    mark("", 0, NULL, "nothing");
    mark("\xff", 1, NULL, "half a mark");

    cs = hpf_mask_charset_mark((const unsigned char *) "\xef\xbb\xbf{", 4);
    ok(cs != NULL && cs->name == NULL, "the mark of UTF-8");
}


static void
said(size_t (*f)(const unsigned char *p, size_t len,
    const unsigned char **name), const char *text, const char *want)
{
    size_t                n, len;
    unsigned char        *p;
    const unsigned char  *name;

    /* a copy of its own, so that no byte behind it is read unnoticed */

    len = strlen(text);
    p = malloc(len ? len : 1);
    memcpy(p, text, len);

    n = f(p, len, &name);

    ok(n == strlen(want) && (n == 0 || memcmp(name, want, n) == 0),
       "\"%s\": \"%s\"", text, want);

    free(p);
}


/* Whether a page is past the place for a charset; its beginnings never are. */

static void
past(const char *head, const char *content)
{
    char    *p;
    size_t   i, n;

    n = strlen(head);
    p = malloc(n + strlen(content));
    memcpy(p, head, n);
    memcpy(p + n, content, strlen(content));

    for (i = 0; i <= n && !hpf_mask_charset_past((unsigned char *) p, i); i++) {
        /* void */
    }

    ok(i == n + 1, "\"%s\": not past it", head);
    ok(hpf_mask_charset_past((unsigned char *) p, n + strlen(content)),
       "\"%s%s\": past it", head, content);

    free(p);
}


int
main(void)
{
    names();
    marks();

    said(hpf_mask_charset_declared, "<?xml version=\"1\" encoding='GBK'?>",
         "GBK");
    said(hpf_mask_charset_declared, "<?xml encoding = \"gbk\" ?>", "gbk");
    said(hpf_mask_charset_declared, "<meta charset=gbk>", "gbk");
    said(hpf_mask_charset_declared, "<META content=\"x; Charset=big5\">",
         "big5");
    said(hpf_mask_charset_declared, "<meta name=a><p>charset=gbk", "");
    said(hpf_mask_charset_declared, "<p charset=gbk>", "");
    said(hpf_mask_charset_declared, "<meta charset", "");
    said(hpf_mask_charset_declared, "<meta charset=", "");
    said(hpf_mask_charset_declared, "<?xm", "");
    said(hpf_mask_charset_declared, "", "");

    past("<!DOCTYPE html>\n<HTML>\n<head><title>a</title><link x>"
         "<script></script><style></style><meta charset=gbk>", "</head>");
    past("<?xml version=\"1.0\"?>\n<!-- x -->\n", "<a>");
    past(" \t\r\n", "a");
    past("<p", ">");

    said(hpf_mask_charset_param, "text/plain; charset=gbk", "gbk");
    said(hpf_mask_charset_param, "text/plain;charset=\"GBK\"; x=y", "GBK");
    said(hpf_mask_charset_param, "text/plain; x=charset", "");
    said(hpf_mask_charset_param, "text/plain; charset", "");
    said(hpf_mask_charset_param, "charset=gbk", "");
    said(hpf_mask_charset_param, "", "");

    return done();
}
