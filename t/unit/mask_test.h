/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the tests of JSON share, on top of mask_body.h.  An example is masked
 * whole, in every split and byte by byte, with each kernel, and once more at
 * every place of a block of 64 bytes.
 */

#ifndef _MASK_TEST_H_INCLUDED_
#define _MASK_TEST_H_INCLUDED_


#include <jansson.h>

#include "hpf_mask_path.h"
#include "hpf_mask_skip.h"
#include "mask_body.h"


#define MASK_TEST_BLOCK  64


static hpf_mask_rules_t  *mask_test_base;


/* The usual rules, to which a test adds its own; mask_test_ready() is next. */

static inline void
mask_test_rules(unsigned type)
{
    const hpf_mask_alloc_t  alloc = { body_take, NULL };

    if (mask_test_base == NULL) {
        mask_test_base = hpf_mask_rules_create(&alloc, NULL);
        hpf_mask_rules_defaults(mask_test_base);
        hpf_mask_rules_compile(mask_test_base);
    }

    body_begin_rules(mask_test_base, type);
}


static inline void
mask_test_path(const char *path, unsigned kind, unsigned reveal)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    shape.reveal = (unsigned char) reveal;

    if (hpf_mask_path_add(body_rules, path, strlen(path), &shape) != HPF_OK) {
        ok(0, "the path %s", path);
    }
}


static inline void
mask_test_ready(void)
{
    hpf_mask_rules_compile(body_rules);
}


/* 1: the kernel is there, and used from now on. */

static inline int
mask_test_kernel(unsigned level)
{
    return hpf_mask_skip_use(level) == level;
}


/* Whether [in, in + len) gives what is in body_out, whatever the split. */

static inline int
mask_test_kernels(const void *in, size_t len, const hpf_mask_t *whole)
{
    int                good;
    unsigned           level;
    static hpf_mask_t  m;

    good = 1;

    for (level = 0; good && mask_test_kernel(level); level++) {
        body_begin(&m, &body_again);
        body_part(&m, in, len);
        hpf_mask_finish(&m);

        good = body_same(&m, whole, "whole, with kernel", level)
               && body_splits(in, len, whole);

        if (!good) {
            printf("# with kernel %u\n", level);
        }
    }

    (void) mask_test_kernel(HPF_MASK_SKIP_NONE);

    return good;
}


/*
 * The same between strings, at each place of a block.  Before white space a
 * string may be a key, so that it is looked at in any case.
 */

static inline int
mask_test_places(const char *in, const char *expected, const char *between)
{
    int                good;
    size_t             i;
    body_t             text, out;
    unsigned           level;
    static hpf_mask_t  m;

    memset(&text, 0, sizeof(text));
    memset(&out, 0, sizeof(out));

    good = 1;

    for (i = 0; good && i < MASK_TEST_BLOCK; i++) {
        text.n = 0;
        out.n = 0;

        body_text(&text, "\"");
        body_fill(&text, 'f', i);
        body_text(&text, "\"");
        body_text(&text, between);
        body_add(&out, text.p, text.n);

        body_text(&text, in);
        body_text(&out, expected);

        body_text(&text, between);
        body_text(&text, "\"");
        body_fill(&text, 'g', 200);
        body_text(&text, "\"\n");
        body_add(&out, text.p + text.n - 204, 204);

        for (level = 0; good && mask_test_kernel(level); level++) {
            body_whole(text.p, text.n, &m);

            if (body_out.n != out.n
                || memcmp(body_out.p, out.p, out.n) != 0)
            {
                printf("# behind %zu, kernel %u: \"%s\"\n", i, level,
                       body_out.p);
                good = 0;
            }
        }
    }

    (void) mask_test_kernel(HPF_MASK_SKIP_NONE);

    free(text.p);
    free(out.p);

    return good;
}


/* What is not closed takes what is put behind it for its own. */

static inline void
mask_test_open(const char *in, const char *expected)
{
    char               label[72];
    size_t             i;
    static hpf_mask_t  m;

    (void) mask_test_kernel(HPF_MASK_SKIP_NONE);
    body_whole(in, strlen(in), &m);

    for (i = 0; i < sizeof(label) - 1 && in[i] != '\0'; i++) {
        label[i] = ((unsigned char) in[i] < 0x20 || in[i] == '#') ? ' '
                                                                  : in[i];
    }

    label[i] = '\0';

    is_str(body_out.p, body_out.n, expected, "%s", label);

    if (!mask_test_kernels(in, strlen(in), &m)) {
        ok(0, "any split of %s", in);
    }

    if (!body_twice()) {
        ok(0, "twice as once: %s", in);
    }
}


static inline void
mask_test_json(const char *in, const char *expected)
{
    mask_test_open(in, expected);

    /* behind a comma it would have no path */

    if (!mask_test_places(in, expected, "\n")
        || (body_rules->npaths == 0
            && !mask_test_places(in, expected, ",")))
    {
        ok(0, "at any place: %s", in);
    }
}


static inline void
mask_test_stays(const char *in)
{
    mask_test_json(in, in);
}


/* 1: it is JSON. */

static inline int
mask_test_valid(const void *p, size_t len)
{
    json_t  *tree;

    tree = json_loadb(p, len, JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
    json_decref(tree);

    return tree != NULL;
}


static inline int
mask_test_done(void)
{
    body_free();

    return done();
}


#endif /* _MASK_TEST_H_INCLUDED_ */
