/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masked forms; see the header.  A value with malformed UTF-8 (GBK, for
 * instance) has no characters that could be counted: it is hidden whole.
 */

#include <string.h>

#include "hpf_mask_kind.h"
#include "hpf_word.h"


#define HPF_MASK_HEAD      32      /* characters that a form looks at */
#define HPF_MASK_DISTRICT  10      /* characters of a district's name */


typedef struct {
    const char     *name;
    unsigned char   counts;        /* keeps characters at both ends */
    unsigned char   left;
    unsigned char   right;
} hpf_mask_kind_t;


/* A value as the forms see it. */

typedef struct {
    size_t          n;             /* characters */
    size_t          at;            /* the last "@", or n */
    unsigned        bad;
    uint32_t        head[HPF_MASK_HEAD];
} hpf_mask_text_t;


static unsigned hpf_mask_is_ascii(const unsigned char *p,
    const unsigned char *end, unsigned style);
static void hpf_mask_read_ascii(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned kind);
static void hpf_mask_read(hpf_mask_text_t *text, const unsigned char *p,
    const unsigned char *end, unsigned style);
static void hpf_mask_form(const hpf_mask_shape_t *shape,
    const hpf_mask_text_t *text, hpf_mask_cut_t *cut);
static void hpf_mask_name_form(const hpf_mask_text_t *text,
    hpf_mask_cut_t *cut);
static unsigned hpf_mask_is_compound(const uint32_t *cp);
static size_t hpf_mask_mobile_prefix(const hpf_mask_text_t *text);
static void hpf_mask_email_form(const hpf_mask_text_t *text,
    hpf_mask_cut_t *cut);
static size_t hpf_mask_district(const hpf_mask_text_t *text);
static unsigned hpf_mask_is_district(const hpf_mask_text_t *text, size_t i);
static unsigned hpf_mask_is_street(uint32_t cp, size_t nth);


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


/* Surnames of two characters. */

static const char  hpf_mask_compound[] =
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台"
    "皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘"
    "子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
    "段干百里呼延东郭南门羊舌微生梁丘左丘西门第五即墨达奚褚师南荣东里";


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
        || hpf_mask_char(p, p + len, 0, &cp) != len
        || cp == HPF_MASK_BAD
        || cp < ' ' || cp == '"' || cp == '\\')
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
    size_t                i;
    uint32_t              cp;
    hpf_mask_cut_t        cut;
    hpf_mask_text_t       text;
    const unsigned char  *q;

    if (p == end) {
        return;
    }

    if (hpf_mask_is_ascii(p, end, style)) {
        hpf_mask_read_ascii(&text, p, end, shape->kind);
        hpf_mask_form(shape, &text, &cut);

        hpf_mask_put(out, p, cut.left);
        hpf_mask_stars(shape, out, cut.stars);
        hpf_mask_put(out, end - cut.right, cut.right);

        return;
    }

    hpf_mask_read(&text, p, end, style);
    hpf_mask_form(shape, &text, &cut);

    q = p;

    for (i = 0; i < cut.left; i++) {
        q += hpf_mask_char(q, end, style, &cp);
    }

    hpf_mask_put(out, p, (size_t) (q - p));
    hpf_mask_stars(shape, out, cut.stars);

    if (cut.right == 0) {
        return;
    }

    for ( /* void */ ; i < text.n - cut.right; i++) {
        q += hpf_mask_char(q, end, style, &cp);
    }

    hpf_mask_put(out, q, (size_t) (end - q));
}


/* 1: each byte is a character; looks at eight at a time. */

static unsigned
hpf_mask_is_ascii(const unsigned char *p, const unsigned char *end,
    unsigned style)
{
    /* what begins another spelling; in a form two bytes do */

    static const unsigned char  escapes[][2] = {
        { 0x80, 0x80 }, { '\\', '\\' }, { '&', '&' }, { '%', '+' },
        { '"', '"' }
    };

    uint64_t  word, any;

    any = 0;

    while (p < end) {
        word = hpf_word(p, (size_t) (end - p));

        any |= word | hpf_word_has(word, escapes[style][0])
               | hpf_word_has(word, escapes[style][1]);

        p += (end - p < 8) ? end - p : 8;
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


static void
hpf_mask_form(const hpf_mask_shape_t *shape, const hpf_mask_text_t *text,
    hpf_mask_cut_t *cut)
{
    cut->left = 0;
    cut->right = 0;
    cut->stars = HPF_MASK_FIXED;

    if (text->bad) {
        return;
    }

    switch (shape->kind) {

    case HPF_MASK_NAME:
        hpf_mask_name_form(text, cut);
        return;

    case HPF_MASK_EMAIL:
        hpf_mask_email_form(text, cut);
        return;

    case HPF_MASK_ADDRESS:
        cut->left = hpf_mask_district(text);
        return;

    case HPF_MASK_AMOUNT:
    case HPF_MASK_HASH:
    case HPF_MASK_DROP:
        return;

    case HPF_MASK_ALL:
        if (shape->left == 0 && shape->right == 0) {
            return;
        }

        hpf_mask_cut(cut, text->n, shape->left, shape->right);
        return;

    case HPF_MASK_MOBILE:
        hpf_mask_cut(cut, text->n,
                     shape->left + hpf_mask_mobile_prefix(text),
                     shape->right);
        return;

    default:
        hpf_mask_cut(cut, text->n, shape->left, shape->right);
        return;
    }
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


/* 张* · 张*三 · 欧阳** ; a longer name shows its first character alone. */

static void
hpf_mask_name_form(const hpf_mask_text_t *text, hpf_mask_cut_t *cut)
{
    cut->left = (text->n > 1);

    if (text->n == 3) {
        cut->right = 1;

    } else if (text->n > 3 && hpf_mask_is_compound(text->head)) {
        cut->left = 2;
    }

    cut->stars = text->n - cut->left - cut->right;
}


static unsigned
hpf_mask_is_compound(const uint32_t *cp)
{
    size_t                n;
    uint32_t              c[2];
    const unsigned char  *p, *end;

    p = (const unsigned char *) hpf_mask_compound;
    end = p + sizeof(hpf_mask_compound) - 1;

    while (p < end) {
        n = hpf_mask_char(p, end, HPF_MASK_PLAIN, &c[0]);
        n += hpf_mask_char(p + n, end, HPF_MASK_PLAIN, &c[1]);

        if (c[0] == cp[0] && c[1] == cp[1]) {
            return 1;
        }

        p += n;
    }

    return 0;
}


/* The characters of +86, 0086 or 86 before a mobile number. */

static size_t
hpf_mask_mobile_prefix(const hpf_mask_text_t *text)
{
    size_t           i;
    const uint32_t  *cp;

    cp = text->head;
    i = 0;

    if (text->n > 11 && cp[0] == '+') {
        i = 1;

    } else if (text->n == 15 && cp[0] == '0' && cp[1] == '0') {
        i = 2;

    } else if (text->n != 13) {
        return 0;
    }

    return (cp[i] == '8' && cp[i + 1] == '6') ? i + 2 : 0;
}


static void
hpf_mask_email_form(const hpf_mask_text_t *text, hpf_mask_cut_t *cut)
{
    if (text->at == text->n || text->at == 0) {
        hpf_mask_cut(cut, text->n, 1, 0);
        return;
    }

    cut->left = (text->at > 1);
    cut->right = text->n - text->at;

    if (text->at == 1) {
        cut->stars = 1;
    }
}


/*
 * The length of 省 + 市 + 区 at the head of an address, 0 when there is none
 * or when it is all there is.  In doubt less is shown: the search ends where
 * a street begins, and a name of a district is short.
 */

static size_t
hpf_mask_district(const hpf_mask_text_t *text)
{
    size_t    i, n, unit, cut;
    uint32_t  cp;

    n = (text->n < HPF_MASK_HEAD) ? text->n : HPF_MASK_HEAD;
    unit = 0;
    cut = 0;

    for (i = 0; i < n && i - unit < HPF_MASK_DISTRICT; i++) {
        cp = text->head[i];

        if (hpf_mask_is_street(cp, i - unit)) {
            break;
        }

        if (i - unit < 1 || i + 1 == text->n) {
            continue;
        }

        if (cp == 0x5e02 /* 市 */ || cp == 0x7701 /* 省 */
            || cp == 0x5dde /* 州 */ || cp == 0x76df /* 盟 */)
        {
            cut = i + 1;
            unit = i + 1;
            continue;
        }

        if (hpf_mask_is_district(text, i)) {
            return i + 1;
        }

        if (cp == 0x533a /* 区 */
            && (text->head[i - 1] == 0x6cbb /* 治 */
                || text->head[i - 1] == 0x5730 /* 地 */))
        {
            cut = i + 1;
            unit = i + 1;
        }
    }

    return cut;
}


static unsigned
hpf_mask_is_district(const hpf_mask_text_t *text, size_t i)
{
    uint32_t  before;

    if (text->head[i] == 0x53bf /* 县 */ || text->head[i] == 0x65d7 /* 旗 */) {
        return 1;
    }

    if (text->head[i] != 0x533a /* 区 */) {
        return 0;
    }

    before = text->head[i - 1];

    return before != 0x6cbb        /* 自治区 */
           && before != 0x5730     /* 地区 */
           && before != 0x5c0f     /* 小区 */
           && before != 0x793e     /* 社区 */
           && before != 0x56ed     /* 园区 */
           && before != 0x6821     /* 校区 */
           && before != 0x5382     /* 厂区 */
           && before != 0x8f96;    /* 市辖区 */
}


/* Signs of a street; some of them begin the names of districts (路桥区). */

static unsigned
hpf_mask_is_street(uint32_t cp, size_t nth)
{
    switch (cp) {

    case 0x8def:    /* 路 */
    case 0x8857:    /* 街 */
    case 0x9053:    /* 道 */
    case 0x9547:    /* 镇 */
    case 0x4e61:    /* 乡 */
        return nth > 1;

    case 0x5df7:    /* 巷 */
    case 0x5f04:    /* 弄 */
    case 0x53f7:    /* 号 */
    case 0x6751:    /* 村 */
        return 1;

    default:
        return cp < 0x80;
    }
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
