/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The forms of the kinds; see the header.  None shows a value whole.
 */

#include "hpf_mask_shape.h"


#define HPF_MASK_DISTRICT  10      /* characters of a district's name */
#define HPF_MASK_AREA      4       /* digits of an area code */
#define HPF_MASK_LANDLINE  2       /* digits that are shown of its number */


static void hpf_mask_shape_name(const hpf_mask_text_t *text,
    hpf_mask_cut_t *cut);
static unsigned hpf_mask_shape_is_compound(const uint32_t *cp);
static unsigned hpf_mask_shape_landline(const hpf_mask_shape_t *shape,
    const hpf_mask_text_t *text, hpf_mask_cut_t *cut);
static size_t hpf_mask_shape_mobile_prefix(const hpf_mask_text_t *text);
static void hpf_mask_shape_email(const hpf_mask_text_t *text,
    hpf_mask_cut_t *cut);
static size_t hpf_mask_shape_district(const hpf_mask_text_t *text);
static unsigned hpf_mask_shape_is_district(const hpf_mask_text_t *text,
    size_t i);
static unsigned hpf_mask_shape_is_street(uint32_t cp, size_t nth);


/* Surnames of two characters. */

static const char  hpf_mask_compound[] =
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台"
    "皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘"
    "子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
    "段干百里呼延东郭南门羊舌微生梁丘左丘西门第五即墨达奚褚师南荣东里";


void
hpf_mask_shape_cut(const hpf_mask_shape_t *shape, const hpf_mask_text_t *text,
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
        hpf_mask_shape_name(text, cut);
        return;

    case HPF_MASK_EMAIL:
        hpf_mask_shape_email(text, cut);
        return;

    case HPF_MASK_ADDRESS:
        cut->left = hpf_mask_shape_district(text);
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

        if (hpf_mask_shape_landline(shape, text, cut)) {
            return;
        }

        hpf_mask_cut(cut, text->n,
                     shape->left + hpf_mask_shape_mobile_prefix(text),
                     shape->right);
        return;

    default:
        hpf_mask_cut(cut, text->n, shape->left, shape->right);
        return;
    }
}


/* 张* · 张*三 · 欧阳** ; a longer name shows its first character alone. */

static void
hpf_mask_shape_name(const hpf_mask_text_t *text, hpf_mask_cut_t *cut)
{
    cut->left = (text->n > 1);

    if (text->n == 3) {
        cut->right = 1;

    } else if (text->n > 3 && hpf_mask_shape_is_compound(text->head)) {
        cut->left = 2;
    }

    cut->stars = text->n - cut->left - cut->right;
}


static unsigned
hpf_mask_shape_is_compound(const uint32_t *cp)
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


/*
 * 021-12345678, 0857-8222333: the area code and the last two digits, unless
 * other numbers of characters were asked for.  What was masked so before is
 * such a number, too, or less of it would stay.
 */

static unsigned
hpf_mask_shape_landline(const hpf_mask_shape_t *shape,
    const hpf_mask_text_t *text, hpf_mask_cut_t *cut)
{
    size_t           i, area;
    uint32_t         mask;
    const uint32_t  *cp;

    cp = text->head;

    if (text->n < 11
        || text->n > 13
        || cp[0] != '0'
        || shape->left != 3
        || shape->right != 4)
    {
        return 0;
    }

    area = (cp[HPF_MASK_AREA - 1] == '-') ? HPF_MASK_AREA - 1 : HPF_MASK_AREA;

    (void) hpf_mask_char(shape->ch, shape->ch + shape->nch, HPF_MASK_PLAIN,
                         &mask);

    for (i = 1; i < text->n; i++) {

        if (i == area) {

            if (cp[i] != '-') {
                return 0;
            }

        } else if ((cp[i] < '0' || cp[i] > '9') && cp[i] != mask) {
            return 0;
        }
    }

    cut->left = area + 1;
    cut->right = HPF_MASK_LANDLINE;
    cut->stars = text->n - cut->left - cut->right;

    return 1;
}


/* The characters of +86, 0086 or 86 before a mobile number. */

static size_t
hpf_mask_shape_mobile_prefix(const hpf_mask_text_t *text)
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
hpf_mask_shape_email(const hpf_mask_text_t *text, hpf_mask_cut_t *cut)
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
hpf_mask_shape_district(const hpf_mask_text_t *text)
{
    size_t    i, n, unit, cut;
    uint32_t  cp;

    n = (text->n < HPF_MASK_HEAD) ? text->n : HPF_MASK_HEAD;
    unit = 0;
    cut = 0;

    for (i = 0; i < n && i - unit < HPF_MASK_DISTRICT; i++) {
        cp = text->head[i];

        if (hpf_mask_shape_is_street(cp, i - unit)) {
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

        if (hpf_mask_shape_is_district(text, i)) {
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
hpf_mask_shape_is_district(const hpf_mask_text_t *text, size_t i)
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
hpf_mask_shape_is_street(uint32_t cp, size_t nth)
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
