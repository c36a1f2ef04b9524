/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: the first byte says how to split the rest and whether
 * it is text.  Every split gives what the whole gives, and masking that once
 * more changes nothing.  Each part is fed from memory of its exact size.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_mask.h"


#define MASK_FUZZ_MAX   65536
#define MASK_FUZZ_POOL  262144


typedef struct {
    size_t          n;
    unsigned char   p[MASK_FUZZ_MAX * 8];
} mask_fuzz_text_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static unsigned char       pool[MASK_FUZZ_POOL];
static size_t              used;
static hpf_mask_rules_t   *rules;
static mask_fuzz_text_t    whole, parts, twice;


static void *
take(void *data, size_t size)
{
    void  *p;

    (void) data;

    size = (size + 15) & ~(size_t) 15;

    if (size > sizeof(pool) - used) {
        return NULL;
    }

    p = pool + used;
    used += size;

    return p;
}


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
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


/* A step of 0 is the whole; otherwise the parts' sizes vary about it. */

static void
mask(mask_fuzz_text_t *text, const uint8_t *data, size_t size, unsigned how)
{
    size_t             n, step;
    unsigned char     *copy;
    hpf_mask_conf_t    conf;
    static hpf_mask_t  m;

    text->n = 0;
    step = how & 0x3f;

    memset(&conf, 0, sizeof(conf));
    conf.rules = rules;
    conf.today.year = 2026;
    conf.today.month = 11;
    conf.today.day = 23;
    conf.type = (how >> 7) ? HPF_MASK_TYPE_TEXT : HPF_MASK_TYPE_JSON;
    conf.out = collect;
    conf.data = text;

    hpf_mask_init(&m, &conf);

    while (size) {
        n = step ? 1 + (step * 7 + size * 13) % step : size;
        n = (n < size) ? n : size;

        copy = malloc(n);
        memcpy(copy, data, n);
        hpf_mask_feed(&m, copy, n);
        free(copy);

        data += n;
        size -= n;
    }

    hpf_mask_finish(&m);
}


static void
equal(const mask_fuzz_text_t *text)
{
    if (whole.n != text->n || memcmp(whole.p, text->p, whole.n) != 0) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                 text;
    hpf_mask_shape_t         shape;
    const hpf_mask_alloc_t   alloc = { take, NULL };

    if (rules == NULL) {
        rules = hpf_mask_rules_create(&alloc, NULL);
        hpf_mask_rules_defaults(rules);
        hpf_mask_shape_init(&shape, HPF_MASK_NONE);
        hpf_mask_rules_key(rules, "x*", 2, &shape);
        hpf_mask_rules_compile(rules);
    }

    if (size == 0 || size > MASK_FUZZ_MAX) {
        return 0;
    }

    text = data[0] & 0x80;

    mask(&whole, data + 1, size - 1, text);
    mask(&parts, data + 1, size - 1, data[0] | 1);
    equal(&parts);

    mask(&parts, data + 1, size - 1, text | 1);
    equal(&parts);

    mask(&twice, whole.p, whole.n, text);
    equal(&twice);

    return 0;
}
