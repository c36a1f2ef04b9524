/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the fuzzers of the masking engine share.  A body is fed in parts, each
 * from memory of its exact size that is gone afterwards, and no more is held
 * than there is room for.
 */

#ifndef _MASK_FUZZ_H_INCLUDED_
#define _MASK_FUZZ_H_INCLUDED_


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_mask.h"
#include "hpf_mask_path.h"


#define MASK_FUZZ_MAX  65536


typedef struct {
    size_t         n;
    size_t         count;
    size_t         revealed;
    unsigned char  p[MASK_FUZZ_MAX * 8];
} mask_fuzz_text_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Rules live as long as the process. */

static void *
mask_fuzz_take(void *data, size_t size)
{
    void         **block;
    static void   *blocks;

    /* rules give nothing back; by this list the blocks are not lost */

    (void) data;

    block = malloc(sizeof(void *) + size);
    if (block == NULL) {
        return NULL;
    }

    *block = blocks;
    blocks = block;

    return block + 1;
}


static int
mask_fuzz_collect(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    mask_fuzz_text_t  *text;

    (void) pass;
    text = data;

    if (len > sizeof(text->p) - text->n) {
        abort();
    }

    memcpy(text->p + text->n, p, len);
    text->n += len;

    return HPF_OK;
}


static inline void
mask_fuzz_key(hpf_mask_rules_t *rules, const char *name, unsigned kind,
    unsigned reveal)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    shape.reveal = (unsigned char) reveal;
    hpf_mask_rules_key(rules, name, strlen(name), &shape);
}


static inline void
mask_fuzz_path(hpf_mask_rules_t *rules, const char *path, unsigned kind,
    unsigned reveal)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    shape.reveal = (unsigned char) reveal;
    hpf_mask_path_add(rules, path, strlen(path), &shape);
}


static inline hpf_mask_rules_t *
mask_fuzz_rules(void)
{
    hpf_mask_rules_t        *rules;
    const hpf_mask_alloc_t   alloc = { mask_fuzz_take, NULL };

    rules = hpf_mask_rules_create(&alloc, NULL);
    hpf_mask_rules_defaults(rules);

    return rules;
}


/* Parts of at most step bytes, of different sizes; 0: the whole. */

static void
mask_fuzz_run(mask_fuzz_text_t *text, hpf_mask_conf_t *conf,
    const uint8_t *data, size_t size, size_t step)
{
    size_t              n;
    unsigned char      *copy;
    static hpf_mask_t   m;

    text->n = 0;

    conf->today.year = 2026;
    conf->today.month = 11;
    conf->today.day = 23;
    conf->out = mask_fuzz_collect;
    conf->data = text;

    hpf_mask_init(&m, conf);

    while (size) {
        n = step ? 1 + (step * 7 + size * 13) % step : size;
        n = (n < size) ? n : size;

        copy = malloc(n);
        memcpy(copy, data, n);
        hpf_mask_feed(&m, copy, n);
        free(copy);

        if (m.nhold > HPF_MASK_CARRY) {
            abort();
        }

        data += n;
        size -= n;
    }

    hpf_mask_finish(&m);

    text->count = m.count;
    text->revealed = m.revealed;
}


static void
mask_fuzz_equal(const mask_fuzz_text_t *a, const mask_fuzz_text_t *b,
    const char *what)
{
    if (a->n != b->n
        || memcmp(a->p, b->p, a->n) != 0
        || a->count != b->count
        || a->revealed != b->revealed)
    {
        fprintf(stderr, "%s: %zu/%zu\n%.*s\n--- but %zu/%zu\n%.*s\n", what,
                a->count, a->revealed, (int) a->n, a->p,
                b->count, b->revealed, (int) b->n, b->p);
        abort();
    }
}


#endif /* _MASK_FUZZ_H_INCLUDED_ */
