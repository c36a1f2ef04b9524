/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is masked: names of keys, places (hpf_mask_path.h) and kinds of
 * values.  Rules are built while a configuration or a plugin is loaded, then
 * compiled, and from then on only read, by any number of requests.
 *
 * A rule for a place wins over one for a key, and that over one for a kind of
 * value.  Of two rules for a key an exact name wins over a pattern, and else
 * the one added later; rules extend others by beginning with theirs.
 */

#ifndef _HPF_MASK_RULES_H_INCLUDED_
#define _HPF_MASK_RULES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_kind.h"
#include "hpf_word.h"


#define HPF_MASK_KEY_MAX    128     /* bytes of a key that can match */
#define HPF_MASK_RULES_MAX  65535   /* keys and patterns */
#define HPF_MASK_FILTER     8192    /* bytes, a bit for a name */
#define HPF_MASK_RULES_LAST  64     /* bytes of a name that it looks at */

/* Kinds that a value can be recognised as, and what "all" means of them. */
#define HPF_MASK_VALUES_ALL                                                   \
    (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE                           \
     | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL                        \
     | 1u << HPF_MASK_PASSPORT | 1u << HPF_MASK_USCC)
#define HPF_MASK_VALUES     (HPF_MASK_VALUES_ALL | 1u << HPF_MASK_ID_CARD_15)


/* Where rules get their memory; it is never given back piece by piece. */

typedef struct {
    void *(*alloc)(void *data, size_t size);
    void   *data;
} hpf_mask_alloc_t;


typedef struct hpf_mask_key_s    hpf_mask_key_t;
typedef struct hpf_mask_paths_s  hpf_mask_paths_t;

typedef struct {
    hpf_mask_alloc_t    alloc;

    hpf_mask_key_t     *keys;             /* as added, exact and patterns */
    size_t              nkeys;
    size_t              size;

    hpf_mask_paths_t   *paths;
    unsigned            npaths;

    unsigned            values;           /* a bit for a kind */
    hpf_mask_shape_t    value[HPF_MASK_KINDS];

    /* compiled: */
    unsigned            drops;            /* there is a HPF_MASK_DROP */
    size_t              mask;
    uint16_t           *slots;            /* open hash of indices + 1 */

    /*
     * Lists of patterns, the latest first, as indices + 1: by the first byte,
     * of those that begin with a star by the last one, and the others.
     */
    size_t              npatterns;
    uint16_t            first[256];
    uint16_t            last[256];
    uint16_t            rest;

    /* the bit at hpf_mask_rules_slot() of every exact name */
    unsigned char       filter[HPF_MASK_FILTER];
} hpf_mask_rules_t;


/*
 * New rules: those of base, or none when it is NULL.  NULL: no memory.
 * The base must live as long.
 */
hpf_mask_rules_t *hpf_mask_rules_create(const hpf_mask_alloc_t *alloc,
    const hpf_mask_rules_t *base);

/*
 * The usual names of keys, and the kinds of values that are personal and
 * hardly ever anything else.
 */
int hpf_mask_rules_defaults(hpf_mask_rules_t *rules);

/*
 * A key, any case, "*" for any characters; the name is copied.  HPF_OK,
 * HPF_ERROR: no memory, HPF_DECLINED: the name is empty or too long, or
 * there are too many.
 */
int hpf_mask_rules_key(hpf_mask_rules_t *rules, const char *name, size_t len,
    const hpf_mask_shape_t *shape);

/*
 * Whether values of a kind are looked for anywhere, and their form.
 * HPF_DECLINED: values of this kind cannot be recognised.
 */
int hpf_mask_rules_value(hpf_mask_rules_t *rules,
    const hpf_mask_shape_t *shape, unsigned on);

/* After the last rule and before the first use.  HPF_OK or HPF_ERROR. */
int hpf_mask_rules_compile(hpf_mask_rules_t *rules);

/*
 * The place of a name in the filter.  head is the first eight of its bytes as
 * they are in memory, with zeros after a shorter name; len is the number of
 * bytes.  Of a name that is longer only the last HPF_MASK_RULES_LAST count for
 * both.  A key whose bit is 0 has no rule, unless there are patterns.
 */
static inline unsigned
hpf_mask_rules_slot(uint64_t head, size_t len)
{
    return (unsigned) (((head | 0x2020202020202020ULL) + len)
                       * 0xff51afd7ed558ccdULL >> 48);
}


static inline unsigned
hpf_mask_rules_place(const unsigned char *name, size_t len)
{
    if (len > HPF_MASK_RULES_LAST) {
        name += len - HPF_MASK_RULES_LAST;
        len = HPF_MASK_RULES_LAST;
    }

    return hpf_mask_rules_slot(hpf_word(name, len), len);
}


static inline unsigned
hpf_mask_rules_bit(const hpf_mask_rules_t *rules, unsigned slot)
{
    return (rules->filter[slot / 8] >> (slot % 8)) & 1;
}


/* Whether a key may have a rule: most are refused by this alone. */
static inline unsigned
hpf_mask_rules_may(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    return rules->npatterns
           || hpf_mask_rules_bit(rules, hpf_mask_rules_place(name, len));
}


/* The form for a key (UTF-8 without escapes), or NULL. */
const hpf_mask_shape_t *hpf_mask_rules_find(const hpf_mask_rules_t *rules,
    const unsigned char *name, size_t len);


#endif /* _HPF_MASK_RULES_H_INCLUDED_ */
