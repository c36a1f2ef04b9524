/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tags, see the header.  What is open is known only from the outermost
 * element with a rule on: each remembers how many elements are open inside,
 * not which.  An end tag that fits none of them ends what is around.
 */

#include <string.h>

#include "hpf_mask.h"
#include "hpf_mask_int.h"
#include "hpf_mask_key.h"
#include "hpf_mask_markup_tag.h"


#define HPF_MASK_MARKUP_CELL   0x10     /* table cells and rows */
#define HPF_MASK_MARKUP_ITEM   0x20
#define HPF_MASK_MARKUP_TERM   0x30
#define HPF_MASK_MARKUP_P      0x40
#define HPF_MASK_MARKUP_CHOICE 0x50

#define hpf_mask_markup_bit(c)  ((uint64_t) 1 << (c))

#define HPF_MASK_MARKUP_SPACES (hpf_mask_markup_bit('\t')                     \
                               | hpf_mask_markup_bit('\n')                    \
                               | hpf_mask_markup_bit('\f')                    \
                               | hpf_mask_markup_bit('\r')                    \
                               | hpf_mask_markup_bit(' '))

/* what ends a name */
#define HPF_MASK_MARKUP_ENDS   (HPF_MASK_MARKUP_SPACES                        \
                               | hpf_mask_markup_bit('/')                     \
                               | hpf_mask_markup_bit('<')                     \
                               | hpf_mask_markup_bit('=')                     \
                               | hpf_mask_markup_bit('>'))

#define hpf_mask_markup_fold(c)  ((unsigned char)                             \
    (((c) >= 'A' && (c) <= 'Z') ? ((c) | 0x20) : (c)))


typedef struct {
    char      name[8];                  /* zeros after a shorter one */
    unsigned  kind;
} hpf_mask_markup_name_t;


static unsigned hpf_mask_markup_tag_note(hpf_mask_markup_tag_t *tag,
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr);
static const hpf_mask_shape_t *hpf_mask_markup_tag_own(
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr);
static unsigned hpf_mask_markup_tag_is_label(
    const hpf_mask_markup_attr_t *attr);
static unsigned hpf_mask_markup_tag_is_field(
    const hpf_mask_markup_attr_t *attr);
static unsigned hpf_mask_markup_tag_labels(const hpf_mask_markup_tag_t *tag,
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr);
static const unsigned char *hpf_mask_markup_tag_last(
    const hpf_mask_markup_attr_t *attr);
static unsigned hpf_mask_markup_tag_is(const char *name,
    const unsigned char *p, size_t len);
static unsigned hpf_mask_markup_tag_is_raw(const unsigned char *p,
    size_t len);
static void hpf_mask_markup_tag_push(hpf_mask_markup_t *u,
    const hpf_mask_shape_t *shape);


static const hpf_mask_markup_name_t  hpf_mask_markup_names[] = {
    { "input", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "meta", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "img", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "param", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "embed", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "area", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "source", HPF_MASK_MARKUP_VOID | HPF_MASK_MARKUP_LABEL },
    { "br", HPF_MASK_MARKUP_VOID },
    { "hr", HPF_MASK_MARKUP_VOID },
    { "link", HPF_MASK_MARKUP_VOID },
    { "base", HPF_MASK_MARKUP_VOID },
    { "col", HPF_MASK_MARKUP_VOID },
    { "track", HPF_MASK_MARKUP_VOID },
    { "wbr", HPF_MASK_MARKUP_VOID },
    { "frame", HPF_MASK_MARKUP_VOID },
    { "a", HPF_MASK_MARKUP_INLINE | HPF_MASK_MARKUP_LABEL },
    { "b", HPF_MASK_MARKUP_INLINE },
    { "i", HPF_MASK_MARKUP_INLINE },
    { "u", HPF_MASK_MARKUP_INLINE },
    { "s", HPF_MASK_MARKUP_INLINE },
    { "em", HPF_MASK_MARKUP_INLINE },
    { "strong", HPF_MASK_MARKUP_INLINE },
    { "span", HPF_MASK_MARKUP_INLINE },
    { "font", HPF_MASK_MARKUP_INLINE },
    { "small", HPF_MASK_MARKUP_INLINE },
    { "big", HPF_MASK_MARKUP_INLINE },
    { "tt", HPF_MASK_MARKUP_INLINE },
    { "mark", HPF_MASK_MARKUP_INLINE },
    { "del", HPF_MASK_MARKUP_INLINE },
    { "ins", HPF_MASK_MARKUP_INLINE },
    { "sub", HPF_MASK_MARKUP_INLINE },
    { "sup", HPF_MASK_MARKUP_INLINE },
    { "bdi", HPF_MASK_MARKUP_INLINE },
    { "bdo", HPF_MASK_MARKUP_INLINE },
    { "abbr", HPF_MASK_MARKUP_INLINE },
    { "cite", HPF_MASK_MARKUP_INLINE },
    { "code", HPF_MASK_MARKUP_INLINE },
    { "kbd", HPF_MASK_MARKUP_INLINE },
    { "q", HPF_MASK_MARKUP_INLINE },
    { "samp", HPF_MASK_MARKUP_INLINE },
    { "var", HPF_MASK_MARKUP_INLINE },
    { "strike", HPF_MASK_MARKUP_INLINE },
    { "button", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "form", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "fieldset", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "select", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "map", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "object", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "iframe", HPF_MASK_MARKUP_LABEL | HPF_MASK_MARKUP_CONTROL },
    { "textarea", HPF_MASK_MARKUP_LABEL },
    { "output", HPF_MASK_MARKUP_LABEL },
    { "slot", HPF_MASK_MARKUP_LABEL },
    { "script", HPF_MASK_MARKUP_RAW },
    { "style", HPF_MASK_MARKUP_RAW },
    { "td", HPF_MASK_MARKUP_CELL },
    { "th", HPF_MASK_MARKUP_CELL },
    { "tr", HPF_MASK_MARKUP_CELL },
    { "li", HPF_MASK_MARKUP_ITEM },
    { "dt", HPF_MASK_MARKUP_TERM },
    { "dd", HPF_MASK_MARKUP_TERM },
    { "p", HPF_MASK_MARKUP_P },
    { "option", HPF_MASK_MARKUP_CHOICE }
};


unsigned
hpf_mask_markup_tag_begins(unsigned char c)
{
    return c >= 0x80
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
           || c == '_' || c == ':';
}


unsigned
hpf_mask_markup_tag_is_space(unsigned char c)
{
    return c < 64 && (HPF_MASK_MARKUP_SPACES >> c) & 1;
}


const unsigned char *
hpf_mask_markup_tag_name(const unsigned char *p, const unsigned char *end)
{
    while (p < end && (*p >= 64 || ((HPF_MASK_MARKUP_ENDS >> *p) & 1) == 0)) {
        p++;
    }

    return p;
}


uint32_t
hpf_mask_markup_tag_hash(const unsigned char *p, const unsigned char *end)
{
    uint32_t  hash;

    hash = 2166136261u;

    while (p < end) {
        hash = (hash ^ hpf_mask_markup_fold(*p)) * 16777619u;
        p++;
    }

    return hash;
}


unsigned
hpf_mask_markup_tag_kind(const unsigned char *p, const unsigned char *end)
{
    size_t    i, n;
    uint64_t  word, name;

    n = (size_t) (end - p);

    if (n == 0 || n > 8) {
        return 0;
    }

    /* letters become small ones, and nothing else a letter */

    word = hpf_word(p, n);
    memset(&name, 0, sizeof(name));
    memset(&name, 0x20, n);
    word |= name;

    n = sizeof(hpf_mask_markup_names) / sizeof(hpf_mask_markup_names[0]);

    for (i = 0; i < n; i++) {
        memcpy(&name, hpf_mask_markup_names[i].name, sizeof(name));

        if (name == word) {
            return hpf_mask_markup_names[i].kind;
        }
    }

    return 0;
}


int
hpf_mask_markup_tag_attr(const unsigned char *p, const unsigned char *end,
    hpf_mask_markup_attr_t *attr)
{
    int                   rc;
    const unsigned char  *q;

    attr->value = NULL;
    attr->value_end = NULL;
    attr->quote = 0;

    while (p < end && (*p == '/' || hpf_mask_markup_tag_is_space(*p))) {
        attr->slash = (*p == '/');
        p++;
    }

    attr->name = p;
    attr->end = p;

    q = hpf_mask_markup_tag_name(p, end);

    attr->name_end = q;

    if (p < end && q == p && *p != '=') {
        return HPF_DECLINED;
    }

    while (q < end && hpf_mask_markup_tag_is_space(*q)) {
        q++;
    }

    if (q == end) {
        return HPF_AGAIN;
    }

    if (*q != '=') {
        attr->slash = 0;
        attr->end = attr->name_end;
        return HPF_OK;
    }

    do {
        q++;
    } while (q < end && hpf_mask_markup_tag_is_space(*q));

    if (q == end) {
        return HPF_AGAIN;
    }

    if (*q == '"' || *q == '\'') {
        attr->quote = *q++;
    }

    attr->slash = 0;
    attr->value = q;

    rc = hpf_mask_markup_tag_value(q, end, attr->quote, &attr->value_end);

    attr->end = attr->value_end + (rc == HPF_OK && attr->quote);

    return rc;
}


int
hpf_mask_markup_tag_value(const unsigned char *p, const unsigned char *end,
    unsigned quote, const unsigned char **q)
{
    if (quote) {
        *q = memchr(p, (int) quote, (size_t) (end - p));

        if (*q == NULL) {
            *q = end;
            return HPF_AGAIN;
        }

        return HPF_OK;
    }

    for ( /* void */ ; p < end; p++) {

        if (*p == '>' || hpf_mask_markup_tag_is_space(*p)) {
            *q = p;
            return HPF_OK;
        }

        if (*p == '/' && (end - p == 1 || p[1] == '>')) {
            *q = p;
            return (end - p == 1) ? HPF_AGAIN : HPF_OK;
        }
    }

    *q = end;

    return HPF_AGAIN;
}


int
hpf_mask_markup_tag_read(hpf_mask_markup_t *u, const hpf_mask_rules_t *rules,
    const unsigned char *p, const unsigned char *end, const unsigned char **q)
{
    int                      rc;
    unsigned                 known;
    hpf_mask_markup_tag_t   *tag;
    hpf_mask_markup_attr_t   attr;

    tag = &u->tag;

    memset(tag, 0, sizeof(hpf_mask_markup_tag_t));

    p++;
    *q = hpf_mask_markup_tag_name(p, end);

    tag->len = (uint32_t) (*q - p);

    if (*q == end) {
        return HPF_AGAIN;
    }

    tag->own = hpf_mask_key_find(rules, p, tag->len);

    known = (tag->own != NULL || u->n);

    if (known || hpf_mask_markup_tag_is_raw(p, tag->len)) {
        tag->kind = hpf_mask_markup_tag_kind(p, *q);
        tag->name = hpf_mask_markup_tag_hash(p, *q);
    }

    if (**q == '>') {
        return HPF_OK;
    }

    attr.slash = 0;
    attr.end = *q;

    do {
        rc = hpf_mask_markup_tag_attr(attr.end, end, &attr);

        if (rc == HPF_OK && attr.value != NULL
            && hpf_mask_markup_tag_note(tag, rules, &attr)
            && !known)
        {
            known = 1;
            tag->kind = hpf_mask_markup_tag_kind(p, *q);
            tag->name = hpf_mask_markup_tag_hash(p, *q);
        }

    } while (rc == HPF_OK);

    if (rc == HPF_DECLINED) {
        tag->slash = attr.slash;
        *q = attr.end;
        return HPF_OK;
    }

    /* the rest of a long tag may have rules */

    if (!known) {
        tag->kind = hpf_mask_markup_tag_kind(p, *q);
        tag->name = hpf_mask_markup_tag_hash(p, *q);
    }

    return HPF_AGAIN;
}


/* Whether the attribute is a label or has a rule. */

static unsigned
hpf_mask_markup_tag_note(hpf_mask_markup_tag_t *tag,
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr)
{
    const hpf_mask_shape_t  *own;

    own = hpf_mask_markup_tag_own(rules, attr);

    if (!hpf_mask_markup_tag_is_label(attr)) {

        if (own != NULL) {
            tag->record = 1;
            tag->rules = 1;
        }

        return own != NULL;
    }

    if (tag->label == NULL) {
        tag->label = hpf_mask_key_find(rules, attr->value,
                                  (size_t) (attr->value_end - attr->value));
    }

    if (own == NULL && tag->label == NULL) {
        return 0;
    }

    tag->rules = 1;

    return 1;
}


const hpf_mask_shape_t *
hpf_mask_markup_tag_rule(hpf_mask_markup_t *u, const hpf_mask_rules_t *rules,
    const hpf_mask_markup_attr_t *attr)
{
    hpf_mask_markup_tag_t   *tag;
    const hpf_mask_shape_t  *own;

    tag = &u->tag;
    own = hpf_mask_markup_tag_own(rules, attr);

    if (!hpf_mask_markup_tag_is_label(attr)) {

        if (tag->label != NULL && hpf_mask_markup_tag_is_field(attr)) {
            return tag->label;
        }

        return own;
    }

    if (attr->value_end == NULL) {
        return own;
    }

    if (tag->label == NULL) {
        tag->label = hpf_mask_key_find(rules, attr->value,
                                  (size_t) (attr->value_end - attr->value));
    }

    if (own != NULL && hpf_mask_markup_tag_labels(tag, rules, attr)) {
        return NULL;
    }

    return own;
}


static const hpf_mask_shape_t *
hpf_mask_markup_tag_own(const hpf_mask_rules_t *rules,
    const hpf_mask_markup_attr_t *attr)
{
    size_t                   n;
    const unsigned char     *last;
    const hpf_mask_shape_t  *shape;

    n = (size_t) (attr->name_end - attr->name);
    shape = hpf_mask_key_find(rules, attr->name, n);

    if (shape != NULL || n < 6) {
        return shape;
    }

    last = hpf_mask_markup_tag_last(attr);

    if (last == attr->name) {
        return NULL;
    }

    return hpf_mask_key_find(rules, last, (size_t) (attr->name_end - last));
}


static unsigned
hpf_mask_markup_tag_is_label(const hpf_mask_markup_attr_t *attr)
{
    size_t                n;
    const unsigned char  *p;

    p = hpf_mask_markup_tag_last(attr);
    n = (size_t) (attr->name_end - p);

    switch (n) {

    case 2:
        return hpf_mask_markup_tag_is("id", p, n);

    case 3:
        return hpf_mask_markup_tag_is("key", p, n);

    case 4:
        return hpf_mask_markup_tag_is("name", p, n);

    case 5:
        return hpf_mask_markup_tag_is("field", p, n);

    case 8:
        return hpf_mask_markup_tag_is("property", p, n)
               || hpf_mask_markup_tag_is("itemprop", p, n);

    default:
        return 0;
    }
}


/* What a label is for. */

static unsigned
hpf_mask_markup_tag_is_field(const hpf_mask_markup_attr_t *attr)
{
    size_t                n;
    const unsigned char  *p;

    p = hpf_mask_markup_tag_last(attr);
    n = (size_t) (attr->name_end - p);

    return (n == 5 && hpf_mask_markup_tag_is("value", p, n))
           || (n == 7 && hpf_mask_markup_tag_is("content", p, n));
}


/*
 * Whether the value of name="..." and the like, which has a rule itself, is
 * the name of something and not of somebody: <input name="remark"> is, and
 * <user name="zhangsan" mobile="..."> is not.
 */

static unsigned
hpf_mask_markup_tag_labels(const hpf_mask_markup_tag_t *tag,
    const hpf_mask_rules_t *rules, const hpf_mask_markup_attr_t *attr)
{
    const unsigned char  *p;

    if (tag->kind & HPF_MASK_MARKUP_LABEL
        || hpf_mask_key_find(rules, attr->value,
                             (size_t) (attr->value_end - attr->value)))
    {
        return 1;
    }

    if (tag->record) {
        return 0;
    }

    p = attr->value;

    if (p < attr->value_end && *p >= '0' && *p <= '9') {
        return 0;
    }

    while (p < attr->value_end) {

        if ((*p < '0' || *p > '9')
            && ((*p | 0x20) < 'a' || (*p | 0x20) > 'z')
            && strchr("_.:-[]$", *p) == NULL)
        {
            return 0;
        }

        p++;
    }

    return 1;
}


/* The name behind "ns:" and "data-". */

static const unsigned char *
hpf_mask_markup_tag_last(const hpf_mask_markup_attr_t *attr)
{
    const unsigned char  *p, *q;

    p = attr->name;

    for (q = attr->name_end; q > p; q--) {

        if (q[-1] == ':') {
            p = q;
            break;
        }
    }

    if (attr->name_end - p > 5 && hpf_mask_markup_tag_is("data-", p, 5)) {
        p += 5;
    }

    return p;
}


static unsigned
hpf_mask_markup_tag_is(const char *name, const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (hpf_mask_markup_fold(p[i]) != (unsigned char) name[i]) {
            return 0;
        }
    }

    return 1;
}


static unsigned
hpf_mask_markup_tag_is_raw(const unsigned char *p, size_t len)
{
    return (len == 5 && hpf_mask_markup_tag_is("style", p, len))
           || (len == 6 && hpf_mask_markup_tag_is("script", p, len));
}


void
hpf_mask_markup_tag_open(hpf_mask_markup_t *u, const hpf_mask_shape_t *shape)
{
    unsigned                    kind;
    hpf_mask_markup_element_t  *e;

    kind = u->tag.kind;

    if (u->over) {
        u->over += !(kind & HPF_MASK_MARKUP_VOID);
        return;
    }

    if (u->n) {
        e = &u->stack[u->n - 1];

        if (e->depth == 0
            && kind & HPF_MASK_MARKUP_GROUP
            && (kind & HPF_MASK_MARKUP_GROUP)
               == (e->kind & HPF_MASK_MARKUP_GROUP))
        {
            u->n--;
        }
    }

    if (shape != NULL) {
        hpf_mask_markup_tag_push(u, shape);
        return;
    }

    if (u->n == 0) {
        return;
    }

    e = &u->stack[u->n - 1];

    e->same += (u->tag.name == e->name);
    e->depth += !(kind & HPF_MASK_MARKUP_LIGHT);
}


/* Beyond the stack all text has the rule of its top. */

static void
hpf_mask_markup_tag_push(hpf_mask_markup_t *u, const hpf_mask_shape_t *shape)
{
    hpf_mask_markup_element_t  *e;

    if (u->n == HPF_MASK_MARKUP_DEPTH) {
        u->over = 1;
        return;
    }

    e = &u->stack[u->n++];

    e->shape = shape;
    e->name = u->tag.name;
    e->kind = u->tag.kind;
    e->depth = 0;
    e->same = 0;
}


void
hpf_mask_markup_tag_close(hpf_mask_markup_t *u, const unsigned char *p,
    const unsigned char *end)
{
    uint32_t                    name;
    unsigned                    light;
    hpf_mask_markup_element_t  *e;

    name = hpf_mask_markup_tag_hash(p, end);
    light = hpf_mask_markup_tag_kind(p, end) & HPF_MASK_MARKUP_LIGHT;

    if (u->over) {
        u->over -= !(light & HPF_MASK_MARKUP_VOID);
        return;
    }

    while (u->n) {
        e = &u->stack[u->n - 1];

        if (e->name == name && e->same == 0) {
            u->n--;
            return;
        }

        if (e->name == name) {
            e->same--;
            e->depth -= (!light && e->depth);
            return;
        }

        if (light) {
            return;
        }

        if (e->depth) {
            e->depth--;
            return;
        }

        u->n--;
    }
}
