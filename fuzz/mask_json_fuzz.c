/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON with all sorts of rules.  The first byte chooses the rules, the second
 * one how what follows is split and which kernel skips over it.  All must
 * give what the whole gives without a kernel; and JSON must stay JSON.
 */

#include <jansson.h>

#include "mask_fuzz.h"
#include "hpf_mask_skip.h"


/* The bits of the first byte. */

#define MASK_JSON_LINES    0x01
#define MASK_JSON_DROPS    0x02
#define MASK_JSON_PATHS    0x04
#define MASK_JSON_LEVEL    0x08
#define MASK_JSON_HASH     0x10
#define MASK_JSON_PATTERN  0x20
#define MASK_JSON_ALL      0x40     /* all kinds of values */
#define MASK_JSON_NOTHING  0x80     /* or none, when both are set */


static hpf_mask_rules_t  *rules[256];
static mask_fuzz_text_t   whole, other;


static void
hash(void *data, const unsigned char *p, size_t len,
    unsigned char digest[HPF_MASK_HASH_LEN])
{
    size_t  i;

    (void) data;

    memset(digest, (int) len & 0xff, HPF_MASK_HASH_LEN);

    for (i = 0; i < len; i++) {
        digest[i % HPF_MASK_HASH_LEN] += (unsigned char) (p[i] * 7);
    }
}


/* Rules of those flags; names are short, so that they are found soon. */

static hpf_mask_rules_t *
make(unsigned flags)
{
    unsigned           kind;
    hpf_mask_rules_t  *r;
    hpf_mask_shape_t   shape;

    r = mask_fuzz_rules();

    mask_fuzz_key(r, "n", HPF_MASK_NAME, 0);
    mask_fuzz_key(r, "i", HPF_MASK_ID_CARD, 0);
    mask_fuzz_key(r, "all", HPF_MASK_ALL, 0);
    mask_fuzz_key(r, "none", HPF_MASK_NONE, 0);
    mask_fuzz_key(r, "r2", HPF_MASK_NAME, 2);
    mask_fuzz_key(r, "r3", HPF_MASK_MOBILE, 3);
    mask_fuzz_key(r, "h", HPF_MASK_HASH, 0);

    if (flags & MASK_JSON_DROPS) {
        mask_fuzz_key(r, "d", HPF_MASK_DROP, 0);
        mask_fuzz_key(r, "d2", HPF_MASK_DROP, 2);
    }

    if (flags & MASK_JSON_PATHS) {
        mask_fuzz_path(r, "/p", HPF_MASK_NAME, 0);
        mask_fuzz_path(r, "/n", HPF_MASK_NONE, 0);
        mask_fuzz_path(r, "/a/*/b", HPF_MASK_ALL, 0);
        mask_fuzz_path(r, "/*/0", HPF_MASK_NAME, 0);
        mask_fuzz_path(r, "/1/2", HPF_MASK_NAME, 2);
        mask_fuzz_path(r, "/0/*/*/x", HPF_MASK_NAME, 0);

        if (flags & MASK_JSON_DROPS) {
            mask_fuzz_path(r, "/a/c", HPF_MASK_DROP, 0);
            mask_fuzz_path(r, "/*/1", HPF_MASK_DROP, 0);
        }
    }

    if (flags & MASK_JSON_PATTERN) {
        mask_fuzz_key(r, "x*", HPF_MASK_NONE, 0);
        mask_fuzz_key(r, "*no", HPF_MASK_ID_CARD, 0);
        mask_fuzz_key(r, "q*r", HPF_MASK_ALL, 0);
    }

    if (flags & (MASK_JSON_ALL|MASK_JSON_NOTHING)) {

        for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
            hpf_mask_shape_init(&shape, kind);
            hpf_mask_rules_value(r, &shape, !(flags & MASK_JSON_NOTHING));
        }
    }

    if (flags & MASK_JSON_ALL && flags & MASK_JSON_NOTHING) {
        hpf_mask_shape_init(&shape, HPF_MASK_EMAIL);
        hpf_mask_rules_value(r, &shape, 1);
    }

    hpf_mask_rules_compile(r);

    return r;
}


static void
valid(const uint8_t *in, size_t size)
{
    json_t        *tree;
    const size_t   flags = JSON_DECODE_ANY|JSON_ALLOW_NUL;

    /* a zero behind a number ends the text for jansson: that is no JSON */

    if (memchr(in, '\0', size) != NULL) {
        return;
    }

    tree = json_loadb((const char *) in, size, flags, NULL);

    if (tree == NULL) {
        return;
    }

    json_decref(tree);

    tree = json_loadb((char *) whole.p, whole.n, flags, NULL);

    if (tree == NULL) {
        fprintf(stderr, "no JSON any more:\n%.*s\n%.*s\n", (int) size, in,
                (int) whole.n, whole.p);
        abort();
    }

    json_decref(tree);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           step;
    unsigned         flags, how;
    hpf_mask_conf_t  conf;

    if (size < 2 || size > MASK_FUZZ_MAX) {
        return 0;
    }

    flags = data[0];
    how = data[1];

    data += 2;
    size -= 2;

    if (rules[flags] == NULL) {
        rules[flags] = make(flags);
    }

    memset(&conf, 0, sizeof(conf));
    conf.rules = rules[flags];
    conf.type = (flags & MASK_JSON_LINES) ? HPF_MASK_TYPE_JSON_LINES
                                          : HPF_MASK_TYPE_JSON;
    conf.level = (flags & MASK_JSON_LEVEL) ? 2 : 0;
    conf.hash = (flags & MASK_JSON_HASH) ? hash : NULL;

    (void) hpf_mask_skip_use(HPF_MASK_SKIP_NONE);
    mask_fuzz_run(&whole, &conf, data, size, 0);

    (void) hpf_mask_skip_use(HPF_MASK_SKIP_PLAIN
                             + how % (HPF_MASK_SKIP_LEVELS - 1));
    mask_fuzz_run(&other, &conf, data, size, 0);
    mask_fuzz_equal(&whole, &other, "with a kernel");

    /* small parts, or some that are large enough for it */

    step = (how & 0x80) ? 1 + (how & 0x0f) : 80 + (how & 0x7f);
    mask_fuzz_run(&other, &conf, data, size, step);
    mask_fuzz_equal(&whole, &other, "in parts");

    if (!(flags & MASK_JSON_LINES)) {
        valid(data, size);
    }

    return 0;
}
