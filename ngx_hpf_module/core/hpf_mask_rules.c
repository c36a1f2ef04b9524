/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules of masking: an open hash of exact names behind a filter that refuses
 * most keys, and patterns in lists by a byte that they need.
 */

#include <string.h>

#include "hpf_mask_path.h"
#include "hpf_mask_rules.h"


/* what upper and lower case letters differ in, of eight bytes */
#define HPF_MASK_CASE  0x2020202020202020

#define hpf_mask_fold(c)  ((unsigned char)                                    \
    (((c) >= 'A' && (c) <= 'Z') ? ((c) | 0x20) : (c)))


struct hpf_mask_key_s {
    uint64_t              head;           /* the first eight of its bytes */
    const unsigned char  *name;           /* folded */
    size_t                len;
    hpf_mask_shape_t      shape;
    unsigned char         pattern;
    uint16_t              next;           /* pattern, its index + 1 */
};


static void *hpf_mask_rules_alloc(hpf_mask_rules_t *rules, size_t size);
static int hpf_mask_rules_grow(hpf_mask_rules_t *rules);
static void hpf_mask_rules_insert(hpf_mask_rules_t *rules, size_t i);
static void hpf_mask_rules_link(hpf_mask_rules_t *rules, size_t i);
static size_t hpf_mask_rules_hash(uint64_t head, const unsigned char *p,
    size_t len);
static size_t hpf_mask_rules_search(const hpf_mask_rules_t *rules, size_t i,
    const unsigned char *p, size_t len);
static uint64_t hpf_mask_rules_fold(uint64_t bytes);
static unsigned hpf_mask_rules_same(const hpf_mask_key_t *key, uint64_t head,
    const unsigned char *p, size_t len);
static unsigned hpf_mask_rules_match(const hpf_mask_key_t *key,
    const unsigned char *p, size_t len);


hpf_mask_rules_t *
hpf_mask_rules_create(const hpf_mask_alloc_t *alloc,
    const hpf_mask_rules_t *base)
{
    unsigned           kind;
    hpf_mask_rules_t  *rules;

    rules = alloc->alloc(alloc->data, sizeof(hpf_mask_rules_t));
    if (rules == NULL) {
        return NULL;
    }

    memset(rules, 0, sizeof(hpf_mask_rules_t));
    rules->alloc = *alloc;

    if (base == NULL) {

        for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
            hpf_mask_shape_init(&rules->value[kind], kind);
        }

        return rules;
    }

    rules->values = base->values;
    memcpy(rules->value, base->value, sizeof(rules->value));

    if (hpf_mask_path_copy(rules, base) != HPF_OK) {
        return NULL;
    }

    if (base->nkeys == 0) {
        return rules;
    }

    rules->keys = hpf_mask_rules_alloc(rules,
                                       base->nkeys * sizeof(hpf_mask_key_t));
    if (rules->keys == NULL) {
        return NULL;
    }

    memcpy(rules->keys, base->keys, base->nkeys * sizeof(hpf_mask_key_t));
    rules->nkeys = base->nkeys;
    rules->size = base->nkeys;

    return rules;
}


int
hpf_mask_rules_key(hpf_mask_rules_t *rules, const char *name, size_t len,
    const hpf_mask_shape_t *shape)
{
    size_t           i;
    unsigned char   *p;
    hpf_mask_key_t  *key;

    if (len == 0
        || len > HPF_MASK_KEY_MAX
        || rules->nkeys == HPF_MASK_RULES_MAX)
    {
        return HPF_DECLINED;
    }

    if (rules->nkeys == rules->size && hpf_mask_rules_grow(rules) != HPF_OK) {
        return HPF_ERROR;
    }

    p = hpf_mask_rules_alloc(rules, len);
    if (p == NULL) {
        return HPF_ERROR;
    }

    key = &rules->keys[rules->nkeys];

    key->name = p;
    key->len = len;
    key->pattern = 0;
    key->shape = *shape;

    for (i = 0; i < len; i++) {
        p[i] = hpf_mask_fold((unsigned char) name[i]);

        if (p[i] == '*') {
            key->pattern = 1;
        }
    }

    key->head = hpf_word(p, len);

    rules->nkeys++;

    return HPF_OK;
}


int
hpf_mask_rules_value(hpf_mask_rules_t *rules, const hpf_mask_shape_t *shape,
    unsigned on)
{
    if (!((HPF_MASK_VALUES >> shape->kind) & 1)) {
        return HPF_DECLINED;
    }

    rules->value[shape->kind] = *shape;

    if (on) {
        rules->values |= 1u << shape->kind;

    } else {
        rules->values &= ~(1u << shape->kind);
    }

    return HPF_OK;
}


int
hpf_mask_rules_compile(hpf_mask_rules_t *rules)
{
    size_t  i, size;

    size = 16;

    while (size < rules->nkeys * 2) {
        size *= 2;
    }

    rules->slots = hpf_mask_rules_alloc(rules, size * sizeof(uint16_t));
    if (rules->slots == NULL) {
        return HPF_ERROR;
    }

    memset(rules->slots, 0, size * sizeof(uint16_t));
    memset(rules->filter, 0, sizeof(rules->filter));
    memset(rules->first, 0, sizeof(rules->first));
    memset(rules->last, 0, sizeof(rules->last));

    rules->mask = size - 1;
    rules->npatterns = 0;
    rules->rest = 0;
    rules->drops = hpf_mask_path_compile(rules);

    for (i = 0; i < rules->nkeys; i++) {

        if (rules->keys[i].shape.kind == HPF_MASK_DROP) {
            rules->drops = 1;
        }

        if (rules->keys[i].pattern) {
            hpf_mask_rules_link(rules, i);

        } else {
            hpf_mask_rules_insert(rules, i);
        }
    }

    return HPF_OK;
}


const hpf_mask_shape_t *
hpf_mask_rules_find(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    size_t           i, n;
    uint64_t         head;
    hpf_mask_key_t  *key;

    if (len == 0 || len > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    head = hpf_word(name, len);

    if (len > HPF_MASK_RULES_LAST
        || hpf_mask_rules_bit(rules, hpf_mask_rules_slot(head, len)))
    {
        i = hpf_mask_rules_hash(head, name, len) & rules->mask;
        head = hpf_mask_rules_fold(head);

        while (rules->slots[i]) {
            key = &rules->keys[rules->slots[i] - 1];

            if (hpf_mask_rules_same(key, head, name, len)) {
                return &key->shape;
            }

            i = (i + 1) & rules->mask;
        }
    }

    if (rules->npatterns == 0) {
        return NULL;
    }

    /* of the first match in each list the one that was added last */

    i = hpf_mask_rules_search(rules, rules->rest, name, len);

    n = hpf_mask_rules_search(rules, rules->first[hpf_mask_fold(name[0])],
                              name, len);
    i = (n > i) ? n : i;

    n = hpf_mask_rules_search(rules,
                              rules->last[hpf_mask_fold(name[len - 1])],
                              name, len);
    i = (n > i) ? n : i;

    return i ? &rules->keys[i - 1].shape : NULL;
}


static void *
hpf_mask_rules_alloc(hpf_mask_rules_t *rules, size_t size)
{
    return rules->alloc.alloc(rules->alloc.data, size);
}


static int
hpf_mask_rules_grow(hpf_mask_rules_t *rules)
{
    size_t           size;
    hpf_mask_key_t  *keys;

    size = (rules->size < 16) ? 32 : rules->size * 2;

    keys = hpf_mask_rules_alloc(rules, size * sizeof(hpf_mask_key_t));
    if (keys == NULL) {
        return HPF_ERROR;
    }

    if (rules->nkeys) {
        memcpy(keys, rules->keys, rules->nkeys * sizeof(hpf_mask_key_t));
    }

    rules->keys = keys;
    rules->size = size;

    return HPF_OK;
}


/* A later rule takes the place of an earlier one of the same name. */

static void
hpf_mask_rules_insert(hpf_mask_rules_t *rules, size_t k)
{
    size_t           i;
    unsigned         slot;
    hpf_mask_key_t  *key;

    key = &rules->keys[k];
    slot = hpf_mask_rules_place(key->name, key->len);

    rules->filter[slot / 8] |= 1u << slot % 8;

    i = hpf_mask_rules_hash(key->head, key->name, key->len) & rules->mask;

    while (rules->slots[i]) {

        if (hpf_mask_rules_same(&rules->keys[rules->slots[i] - 1], key->head,
                                key->name, key->len))
        {
            break;
        }

        i = (i + 1) & rules->mask;
    }

    rules->slots[i] = (uint16_t) (k + 1);
}


static void
hpf_mask_rules_link(hpf_mask_rules_t *rules, size_t k)
{
    uint16_t        *list;
    hpf_mask_key_t  *key;

    key = &rules->keys[k];

    if (key->name[0] != '*') {
        list = &rules->first[key->name[0]];

    } else if (key->name[key->len - 1] != '*') {
        list = &rules->last[key->name[key->len - 1]];

    } else {
        list = &rules->rest;
    }

    key->next = *list;
    *list = (uint16_t) (k + 1);

    rules->npatterns++;
}


/*
 * The same for names that differ in case; eight bytes at a time, and most
 * names have no more: head is these.
 */

static size_t
hpf_mask_rules_hash(uint64_t head, const unsigned char *p, size_t len)
{
    size_t    i;
    uint64_t  hash;

    hash = len;

    for (i = 8; /* void */ ; i += 8) {
        hash ^= head | HPF_MASK_CASE;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 32;

        if (i >= len) {
            return (size_t) hash;
        }

        head = hpf_word(p + i, len - i);
    }
}


/* The same name; head is its first eight bytes, folded. */

static unsigned
hpf_mask_rules_same(const hpf_mask_key_t *key, uint64_t head,
    const unsigned char *p, size_t len)
{
    size_t  i;

    if (key->head != head || key->len != len) {
        return 0;
    }

    for (i = 8; i < len; i += 8) {

        if (hpf_mask_rules_fold(hpf_word(p + i, len - i))
            != hpf_word(key->name + i, len - i))
        {
            return 0;
        }
    }

    return 1;
}


/* Eight bytes in lower case: ASCII letters alone. */

static uint64_t
hpf_mask_rules_fold(uint64_t bytes)
{
    uint64_t  ascii, low, upper;

    ascii = ~bytes & 0x8080808080808080;
    low = bytes & 0x7f7f7f7f7f7f7f7f;

    /* a high bit comes of what is at least A, and of what is beyond Z */

    upper = (low + 0x3f3f3f3f3f3f3f3f) ^ (low + 0x2525252525252525);

    return bytes | (upper & ascii) >> 2;
}


/* The first match of a list that begins at i, as its index + 1, or 0. */

static size_t
hpf_mask_rules_search(const hpf_mask_rules_t *rules, size_t i,
    const unsigned char *p, size_t len)
{
    while (i && !hpf_mask_rules_match(&rules->keys[i - 1], p, len)) {
        i = rules->keys[i - 1].next;
    }

    return i;
}


/* Each star takes as little as it can, and more when the rest fails. */

static unsigned
hpf_mask_rules_match(const hpf_mask_key_t *key, const unsigned char *p,
    size_t len)
{
    size_t  i, k, star, from;

    i = 0;
    k = 0;
    star = key->len;
    from = 0;

    while (i < len) {

        if (k < key->len && key->name[k] == '*') {
            star = k++;
            from = i;

        } else if (k < key->len && key->name[k] == hpf_mask_fold(p[i])) {
            k++;
            i++;

        } else if (star < key->len) {
            k = star + 1;
            i = ++from;

        } else {
            return 0;
        }
    }

    while (k < key->len && key->name[k] == '*') {
        k++;
    }

    return k == key->len;
}
