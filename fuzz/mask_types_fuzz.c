/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The types of bodies: the first byte says the type, the second how to split
 * the rest, which is the body.  Every split gives what the whole gives; what
 * is passed on is the input, from left to right; and without rules nothing
 * changes.  Each part is fed from memory of its exact size.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_mask.h"


#define TYPES_FUZZ_MAX   65536
#define TYPES_FUZZ_POOL  1048576


typedef struct {
    size_t                n;
    size_t                count;
    size_t                revealed;
    const unsigned char  *from;         /* input passed on is in [from, to) */
    const unsigned char  *to;
    unsigned char         p[TYPES_FUZZ_MAX * 8];
} types_fuzz_text_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static unsigned char       pool[TYPES_FUZZ_POOL];
static size_t              used;
static hpf_mask_rules_t   *rules, *none;
static types_fuzz_text_t   whole, parts;


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


static void
rule(const char *name, unsigned kind, unsigned reveal)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    shape.reveal = (unsigned char) reveal;
    hpf_mask_rules_key(rules, name, strlen(name), &shape);
}


static void
setup(void)
{
    const hpf_mask_alloc_t  alloc = { take, NULL };

    none = hpf_mask_rules_create(&alloc, NULL);
    hpf_mask_rules_compile(none);

    rules = hpf_mask_rules_create(&alloc, NULL);
    hpf_mask_rules_defaults(rules);
    rules->values = HPF_MASK_VALUES;

    rule("x*", HPF_MASK_NONE, 0);
    rule("d*", HPF_MASK_DROP, 0);
    rule("s", HPF_MASK_ALL, 1);
    rule("u", HPF_MASK_NAME, 9);

    hpf_mask_rules_compile(rules);
}


static int
collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    types_fuzz_text_t  *text;

    text = data;

    if (len > sizeof(text->p) - text->n) {
        abort();
    }

    if (pass) {

        if (p < text->from || p + len > text->to) {
            abort();
        }

        text->from = p + len;
    }

    memcpy(text->p + text->n, p, len);
    text->n += len;

    return HPF_OK;
}


/* A step of 0 is the whole; otherwise the parts' sizes vary about it. */

static void
mask(types_fuzz_text_t *text, hpf_mask_conf_t *conf, const uint8_t *data,
    size_t size, size_t step)
{
    size_t             n;
    unsigned char     *copy;
    static hpf_mask_t  m;

    text->n = 0;

    conf->out = collect;
    conf->data = text;

    hpf_mask_init(&m, conf);

    while (size) {
        n = step ? 1 + (step * 7 + size * 13) % step : size;
        n = (n < size) ? n : size;

        copy = malloc(n);
        memcpy(copy, data, n);

        text->from = copy;
        text->to = copy + n;

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
same(void)
{
    if (whole.n != parts.n
        || whole.count != parts.count
        || whole.revealed != parts.revealed
        || memcmp(whole.p, parts.p, whole.n) != 0)
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           step;
    hpf_mask_conf_t  conf;

    if (rules == NULL) {
        setup();
    }

    if (size < 2 || size > TYPES_FUZZ_MAX) {
        return 0;
    }

    memset(&conf, 0, sizeof(conf));

    conf.rules = rules;
    conf.today.year = 2026;
    conf.today.month = 11;
    conf.today.day = 23;
    conf.type = (data[0] & 0x0f) % HPF_MASK_TYPES;
    conf.tabs = data[0] >> 4 & 1;
    conf.headless = data[0] >> 5 & 1;
    conf.level = data[0] >> 6;

    step = data[1];
    data += 2;
    size -= 2;

    mask(&whole, &conf, data, size, 0);

    mask(&parts, &conf, data, size, 1);
    same();

    mask(&parts, &conf, data, size, step + 2);
    same();

    mask(&parts, &conf, data, size, (size_t) (step + 1) * 16);
    same();

    conf.rules = none;

    mask(&parts, &conf, data, size, step + 2);

    if (parts.n != size || memcmp(parts.p, data, size) != 0) {
        abort();
    }

    return 0;
}
