/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masked forms; see the header.  A value with malformed UTF-8 (GBK, for
 * instance) has no characters that could be counted: it is hidden whole.
 */

#include <string.h>

#include "hpf_mask_char.h"
#include "hpf_mask_shape.h"
#include "hpf_utf8.h"
#include "hpf_word.h"


#define HPF_MASK_HASH_TEXT  4096      /* bytes that are hashed */


typedef struct {
    const char     *name;
    unsigned char   counts;        /* keeps characters at both ends */
    unsigned char   left;
    unsigned char   right;
} hpf_mask_kind_t;


static unsigned hpf_mask_is_ascii(const unsigned char *p,
    const unsigned char *end, unsigned style);
static void hpf_mask_read_ascii(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned kind);
static void hpf_mask_read(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned style);
static unsigned hpf_mask_hash(hpf_mask_sink_t *out, const unsigned char *p,
    const unsigned char *end, unsigned style);


static const hpf_mask_kind_t  hpf_mask_kinds[HPF_MASK_KINDS] = {
    { "none",      0, 0, 0 },
    { "name",      0, 0, 0 },
    { "id-card",   1, 6, 4 },
    { "mobile",    1, 3, 4 },
    { "bank-card", 1, 0, 4 },
    { "account",   1, 0, 4 },
    { "address",   0, 0, 0 },
    { "email",     0, 0, 0 },
    { "passport",  1, 1, 2 },
    { "uscc",      1, 4, 4 },
    { "id-card-15", 1, 6, 4 },
    { "amount",    0, 0, 0 },
    { "all",       1, 0, 0 },
    { "hash",      0, 0, 0 },
    { "drop",      0, 0, 0 }
};


const char *
hpf_mask_kind_name(unsigned kind)
{
    return hpf_mask_kinds[kind].name;
}


unsigned
hpf_mask_kind_find(const char *name, size_t len)
{
    unsigned  kind;

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

        if (strlen(hpf_mask_kinds[kind].name) == len
            && memcmp(hpf_mask_kinds[kind].name, name, len) == 0)
        {
            break;
        }
    }

    return kind;
}


void
hpf_mask_shape_init(hpf_mask_shape_t *shape, unsigned kind)
{
    memset(shape, 0, sizeof(hpf_mask_shape_t));

    shape->kind = (unsigned char) kind;
    shape->left = hpf_mask_kinds[kind].left;
    shape->right = hpf_mask_kinds[kind].right;
    shape->nch = 1;
    shape->ch[0] = '*';
}


int
hpf_mask_shape_keep(hpf_mask_shape_t *shape, unsigned left, unsigned right)
{
    if (!hpf_mask_kinds[shape->kind].counts
        || left > HPF_MASK_KEEP_MAX
        || right > HPF_MASK_KEEP_MAX)
    {
        return HPF_ERROR;
    }

    shape->left = (unsigned char) left;
    shape->right = (unsigned char) right;

    return HPF_OK;
}


int
hpf_mask_shape_char(hpf_mask_shape_t *shape, const char *ch, size_t len)
{
    uint32_t              cp;
    const unsigned char  *p;

    p = (const unsigned char *) ch;

    if (len == 0
        || hpf_mask_char(p, p + len, HPF_MASK_PLAIN, &cp) != len
        || cp == HPF_MASK_BAD
        || cp <= ' ' || (cp >= 0x7f && cp < 0xa0)
        || (cp < 0x80 && strchr("\"\\<>&'%+=,;", (int) cp) != NULL))
    {
        return HPF_ERROR;
    }

    memcpy(shape->ch, ch, len);
    shape->nch = (unsigned char) len;

    return HPF_OK;
}


void
hpf_mask_apply(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out,
    const unsigned char *p, const unsigned char *end, unsigned style)
{
    hpf_mask_kept_t  kept;

    if (p == end || shape->kind == HPF_MASK_DROP) {
        return;
    }

    if (shape->kind == HPF_MASK_HASH && hpf_mask_hash(out, p, end, style)) {
        return;
    }

    hpf_mask_keep(shape, p, end, style, &kept);

    hpf_mask_put(out, p, (size_t) (kept.from - p));
    hpf_mask_stars_as(shape, out, kept.stars, style);
    hpf_mask_put(out, kept.to, (size_t) (end - kept.to));
}


void
hpf_mask_keep(const hpf_mask_shape_t *shape, const unsigned char *p,
    const unsigned char *end, unsigned style, hpf_mask_kept_t *kept)
{
    size_t           i;
    uint32_t         cp;
    hpf_mask_cut_t   cut;
    hpf_mask_text_t  text;

    if (hpf_mask_is_ascii(p, end, style)) {
        hpf_mask_read_ascii(&text, p, end, shape->kind);
        hpf_mask_shape_cut(shape, &text, &cut);

        kept->from = p + cut.left;
        kept->to = end - cut.right;
        kept->stars = cut.stars;

        return;
    }

    hpf_mask_read(&text, p, end, style);
    hpf_mask_shape_cut(shape, &text, &cut);

    for (i = 0; i < cut.left; i++) {
        p += hpf_mask_char(p, end, style, &cp);
    }

    kept->from = p;
    kept->to = end;
    kept->stars = cut.stars;

    if (cut.right == 0) {
        return;
    }

    for ( /* void */ ; i < text.n - cut.right; i++) {
        p += hpf_mask_char(p, end, style, &cp);
    }

    kept->to = p;
}


/* 1: each byte is a character; looks at eight at a time. */

static unsigned
hpf_mask_is_ascii(const unsigned char *p, const unsigned char *end,
    unsigned style)
{
    /* what begins another spelling; in a form two bytes do */

    static const unsigned char  escapes[][2] = {
        { 0, 0 }, { '\\', '\\' }, { '&', '&' }, { '%', '+' }, { '"', '"' }
    };

    size_t    i, n;
    uint64_t  word, any;

    n = (size_t) (end - p);
    any = 0;

    for (i = 0; i < n; i += 8) {

        /* the last eight once more, since there are eight */

        word = (n < 8) ? hpf_word(p, n)
                       : hpf_word(p + ((n - i < 8) ? n - 8 : i), 8);

        any |= word;

        if (style != HPF_MASK_PLAIN) {
            any |= hpf_word_has(word, escapes[style][0])
                   | hpf_word_has(word, escapes[style][1]);
        }
    }

    return (any & HPF_WORD_HIGHS) == 0;
}


static void
hpf_mask_read_ascii(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned kind)
{
    size_t  i, n;

    text->n = (size_t) (end - p);
    text->at = text->n;
    text->bad = 0;

    if (kind != HPF_MASK_MOBILE && hpf_mask_kinds[kind].counts) {
        return;
    }

    n = (text->n < HPF_MASK_HEAD) ? text->n : HPF_MASK_HEAD;

    for (i = 0; i < n; i++) {
        text->head[i] = p[i];
    }

    for (i = text->n; kind == HPF_MASK_EMAIL && i > 0; i--) {

        if (p[i - 1] == '@') {
            text->at = i - 1;
            break;
        }
    }
}


static void
hpf_mask_read(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned style)
{
    size_t    at;
    uint32_t  cp;

    text->n = 0;
    text->bad = 0;
    at = (size_t) -1;

    while (p < end) {
        p += hpf_mask_char(p, end, style, &cp);

        if (cp == HPF_MASK_BAD) {
            text->bad = 1;
        }

        if (cp == '@') {
            at = text->n;
        }

        if (text->n < HPF_MASK_HEAD) {
            text->head[text->n] = cp;
        }

        text->n++;
    }

    text->at = (at == (size_t) -1) ? text->n : at;
}


/* 0: there is no such hash, or no text that it could be of. */

static unsigned
hpf_mask_hash(hpf_mask_sink_t *out, const unsigned char *p,
    const unsigned char *end, unsigned style)
{
    static const char  hex[] = "0123456789abcdef";

    size_t             i, n;
    uint32_t           cp;
    unsigned char      text[HPF_MASK_HASH_TEXT];
    unsigned char      digest[HPF_MASK_HASH_LEN];
    unsigned char      digits[HPF_MASK_HASH_LEN * 2];

    if (out->hash == NULL) {
        return 0;
    }

    for (n = 0; p < end; n += hpf_utf8_encode(text + n, cp)) {
        p += hpf_mask_char(p, end, style, &cp);

        if (cp == HPF_MASK_BAD || n > HPF_MASK_HASH_TEXT - 4) {
            return 0;
        }
    }

    out->hash(out->hash_data, text, n, digest);

    for (i = 0; i < HPF_MASK_HASH_LEN; i++) {
        digits[i * 2] = (unsigned char) hex[digest[i] >> 4];
        digits[i * 2 + 1] = (unsigned char) hex[digest[i] & 0x0f];
    }

    hpf_mask_put(out, digits, sizeof(digits));

    return 1;
}


void
hpf_mask_cut(hpf_mask_cut_t *cut, size_t n, size_t left, size_t right)
{
    if (n <= left + right) {
        left = (n > 1 && left + right > 0) ? 1 : 0;
        right = 0;
    }

    cut->left = left;
    cut->right = right;
    cut->stars = n - left - right;
}


void
hpf_mask_stars(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out, size_t n)
{
    if (shape->nch == 1 && n <= HPF_MASK_OUT_LEN - out->n) {
        memset(out->buf + out->n, shape->ch[0], n);
        out->n += n;
        return;
    }

    while (n--) {
        hpf_mask_put(out, shape->ch, shape->nch);
    }
}


/* The same in a style: a form holds no bytes above 0x7f as they are. */

void
hpf_mask_stars_as(const hpf_mask_shape_t *shape, hpf_mask_sink_t *out,
    size_t n, unsigned style)
{
    static const char  hex[] = "0123456789ABCDEF";

    unsigned           i, len;
    unsigned char      ch[HPF_MASK_CHAR_MAX * 3];

    if (style != HPF_MASK_FORM_TEXT || shape->nch == 1) {
        hpf_mask_stars(shape, out, n);
        return;
    }

    len = 0;

    for (i = 0; i < shape->nch; i++) {
        ch[len++] = '%';
        ch[len++] = (unsigned char) hex[shape->ch[i] >> 4];
        ch[len++] = (unsigned char) hex[shape->ch[i] & 0xf];
    }

    while (n--) {
        hpf_mask_put(out, ch, len);
    }
}


void
hpf_mask_put(hpf_mask_sink_t *out, const unsigned char *p, size_t len)
{
    size_t  n;

    while (len) {

        if (out->n == HPF_MASK_OUT_LEN) {
            hpf_mask_flush(out);
        }

        n = HPF_MASK_OUT_LEN - out->n;
        n = (len < n) ? len : n;

        memcpy(out->buf + out->n, p, n);

        out->n += n;
        p += n;
        len -= n;
    }
}


void
hpf_mask_flush(hpf_mask_sink_t *out)
{
    if (out->n && out->rc == HPF_OK) {
        out->rc = out->out(out->data, out->buf, out->n, 0);
    }

    out->n = 0;
}
