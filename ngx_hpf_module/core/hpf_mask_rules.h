/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is masked: names of keys and kinds of values.  Rules are built while a
 * configuration or a plugin is loaded, then compiled, and from then on only
 * read, by any number of requests.
 *
 * Of two rules for a key an exact name wins over a pattern, and the one added
 * later over the earlier one; rules extend others by beginning with theirs.
 */

#ifndef _HPF_MASK_RULES_H_INCLUDED_
#define _HPF_MASK_RULES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_kind.h"


#define HPF_MASK_KEY_MAX  128     /* bytes of a key that can match */


/* Where rules get their memory; it is never given back piece by piece. */

typedef struct {
    void *(*alloc)(void *data, size_t size);
    void   *data;
} hpf_mask_alloc_t;


typedef struct hpf_mask_key_s  hpf_mask_key_t;

typedef struct {
    hpf_mask_alloc_t    alloc;

    hpf_mask_key_t     *keys;             /* as added, exact and patterns */
    size_t              nkeys;
    size_t              size;

    unsigned            values;           /* a bit for a kind */
    hpf_mask_shape_t    value[HPF_MASK_KINDS];

    /* compiled: */
    uint64_t            lens[256];        /* by first byte: a bit a length */
    uint16_t           *slots;            /* open hash of indices + 1 */
    size_t              mask;
    uint16_t           *patterns;         /* indices, the latest first */
    size_t              npatterns;
} hpf_mask_rules_t;


/*
 * New rules: those of base, or none when it is NULL.  NULL: no memory.
 * The base must live as long.
 */
hpf_mask_rules_t *hpf_mask_rules_create(const hpf_mask_alloc_t *alloc,
    const hpf_mask_rules_t *base);

/* The usual names of keys, and the usual kinds of values. */
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

/* Whether a key may have a rule: most are refused by this alone. */
static inline unsigned
hpf_mask_rules_may(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    unsigned char  c;

    if (rules->npatterns) {
        return 1;
    }

    if (len == 0) {
        return 0;
    }

    c = name[0];

    if (c >= 'A' && c <= 'Z') {
        c |= 0x20;
    }

    return (rules->lens[c] >> ((len < 63) ? len : 63)) & 1;
}


/* The form for a key (UTF-8 without escapes), or NULL. */
const hpf_mask_shape_t *hpf_mask_rules_find(const hpf_mask_rules_t *rules,
    const unsigned char *name, size_t len);


#endif /* _HPF_MASK_RULES_H_INCLUDED_ */
