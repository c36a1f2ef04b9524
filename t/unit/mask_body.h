/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the tests of the types of bodies share: a body is masked whole and in
 * parts, each from memory of its exact size, and must come out the same.  What
 * is passed on must be the input, from left to right, and no more may be held
 * than there is room for.
 */

#ifndef _MASK_BODY_H_INCLUDED_
#define _MASK_BODY_H_INCLUDED_


#include "hpf_mask.h"
#include "tap.h"


#define BODY_LONG  4096


typedef struct {
    size_t                n;
    size_t                size;
    unsigned char        *p;
    const unsigned char  *from;         /* input passed on is in [from, to) */
    const unsigned char  *to;
    unsigned              wrong;
} body_t;


static void              *body_pieces[8192];
static size_t             body_npieces;
static body_t             body_out, body_again;
static hpf_mask_rules_t  *body_rules;
static hpf_mask_conf_t    body_conf;
static unsigned           body_seed = 1;


static void *
body_take(void *data, size_t size)
{
    (void) data;

    if (body_npieces == sizeof(body_pieces) / sizeof(body_pieces[0])) {
        return NULL;
    }

    body_pieces[body_npieces] = malloc(size);

    return body_pieces[body_npieces++];
}


static inline void
body_rule(const char *name, unsigned kind, unsigned reveal)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);
    shape.reveal = (unsigned char) reveal;
    hpf_mask_rules_key(body_rules, name, strlen(name), &shape);
}


/* Rules upon those of base, to which a test adds its own. */

static inline void
body_begin_rules(const hpf_mask_rules_t *base, unsigned type)
{
    const hpf_mask_alloc_t  alloc = { body_take, NULL };

    body_rules = hpf_mask_rules_create(&alloc, base);

    memset(&body_conf, 0, sizeof(body_conf));

    body_conf.rules = body_rules;
    body_conf.today.year = 2026;
    body_conf.today.month = 11;
    body_conf.today.day = 23;
    body_conf.type = type;
}


/* The usual rules and some of every sort. */

static inline void
body_setup(unsigned type)
{
    body_begin_rules(NULL, type);
    hpf_mask_rules_defaults(body_rules);

    body_rule("ywlsh", HPF_MASK_NONE, 0);
    body_rule("drop", HPF_MASK_DROP, 0);
    body_rule("*secret*", HPF_MASK_ALL, 0);
    body_rule("seen", HPF_MASK_NAME, 2);
    body_rule("unseen", HPF_MASK_NAME, 3);

    hpf_mask_rules_compile(body_rules);

    body_conf.level = 2;
}


/* All rules so far. */

static inline void
body_forget(void)
{
    while (body_npieces) {
        free(body_pieces[--body_npieces]);
    }
}


static inline void
body_free(void)
{
    body_forget();

    free(body_out.p);
    free(body_again.p);
}


static inline unsigned
body_random(unsigned below)
{
    body_seed = body_seed * 1103515245 + 12345;

    return (body_seed >> 16) % below;
}


/* How many documents are made: as usual, or TEST_ROUNDS times as many. */

static inline unsigned
body_rounds(unsigned usual)
{
    const char  *times;

    times = getenv("TEST_ROUNDS");

    return usual * (times ? (unsigned) atoi(times) : 1);
}


static void
body_add(body_t *t, const void *p, size_t len)
{
    if (t->n + len + 1 > t->size) {
        t->size = (t->n + len + 1) * 2;
        t->p = realloc(t->p, t->size);
    }

    if (len) {
        memcpy(t->p + t->n, p, len);
    }

    t->n += len;
    t->p[t->n] = '\0';
}


static inline void
body_text(body_t *t, const char *text)
{
    body_add(t, text, strlen(text));
}


static inline void
body_fill(body_t *t, int c, size_t n)
{
    unsigned char  byte;

    byte = (unsigned char) c;

    while (n--) {
        body_add(t, &byte, 1);
    }
}


static int
body_collect(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    body_t  *t;

    t = data;

    if (pass) {
        if (p < t->from || p + len > t->to) {
            t->wrong = 1;
        }

        t->from = p + len;
    }

    body_add(t, p, len);

    return HPF_OK;
}


static void
body_begin(hpf_mask_t *m, body_t *t)
{
    t->wrong = 0;
    t->n = 0;
    body_add(t, "", 0);

    memset(m, 0x5a, sizeof(hpf_mask_t));

    body_conf.out = body_collect;
    body_conf.data = t;

    hpf_mask_init(m, &body_conf);
}


static void
body_part(hpf_mask_t *m, const void *p, size_t len)
{
    body_t         *t;
    unsigned char  *copy;

    copy = malloc(len ? len : 1);

    if (len) {
        memcpy(copy, p, len);
    }

    t = m->out.data;
    t->from = copy;
    t->to = copy + len;

    hpf_mask_feed(m, copy, len);

    if (m->nhold > HPF_MASK_CARRY) {
        t->wrong = 1;
    }

    memset(copy, '#', len);
    free(copy);
}


static void
body_whole(const void *in, size_t len, hpf_mask_t *m)
{
    body_begin(m, &body_out);
    body_part(m, in, len);
    hpf_mask_finish(m);

    if (body_out.wrong) {
        ok(0, "what is passed on is the input, and little is held");
    }
}


static int
body_same(const hpf_mask_t *m, const hpf_mask_t *whole, const char *how,
    size_t i)
{
    if (body_again.n == body_out.n
        && memcmp(body_again.p, body_out.p, body_out.n) == 0
        && !body_again.wrong
        && m->count == whole->count
        && m->revealed == whole->revealed)
    {
        return 1;
    }

    printf("# %s %zu: \"%.*s\"%s %zu/%zu %zu/%zu\n", how, i,
           (int) body_again.n, body_again.p, body_again.wrong ? " wrong" : "",
           m->count, whole->count, m->revealed, whole->revealed);

    return 0;
}


/* In parts of about step bytes; 0: of any size. */

static inline int
body_chunks(const unsigned char *in, size_t len, size_t step,
    const hpf_mask_t *whole)
{
    size_t             i, n;
    static hpf_mask_t  m;

    body_begin(&m, &body_again);

    for (i = 0; i < len; i += n) {
        n = step ? 1 + body_random((unsigned) (2 * step - 1))
                 : 1 + body_random(body_random(20) ? 40 : 4000);
        n = (n < len - i) ? n : len - i;
        body_part(&m, in + i, n);
    }

    hpf_mask_finish(&m);

    return body_same(&m, whole, "parts of about", step);
}


/*
 * Whether any split gives what the whole gave: at each place, and of what is
 * long 64 sets of places; and byte by byte.
 */

static int
body_splits(const unsigned char *in, size_t len, const hpf_mask_t *whole)
{
    size_t             i;
    unsigned           set;
    static hpf_mask_t  m;

    for (i = 0; len <= BODY_LONG && i <= len; i++) {
        body_begin(&m, &body_again);
        body_part(&m, in, i);
        body_part(&m, in + i, len - i);
        hpf_mask_finish(&m);

        if (!body_same(&m, whole, "split at", i)) {
            return 0;
        }
    }

    for (set = (len <= BODY_LONG) ? 62 : 0; set < 64; set++) {

        if (!body_chunks(in, len, set % 2 ? 0 : 3 + body_random(1300), whole))
        {
            return 0;
        }
    }

    return body_chunks(in, len, 1, whole)
           && body_chunks(in, len, 3, whole);
}


/* Whether what came out of the whole stays as it is when it is masked again. */

static inline int
body_twice(void)
{
    static hpf_mask_t  m;

    body_begin(&m, &body_again);
    body_part(&m, body_out.p, body_out.n);
    hpf_mask_finish(&m);

    if (body_again.n == body_out.n
        && memcmp(body_again.p, body_out.p, body_out.n) == 0)
    {
        return 1;
    }

    printf("# twice: \"%s\"\n", body_again.p);

    return 0;
}


static inline void
body_vector(const char *in, const char *expected)
{
    char               label[72];
    size_t             i;
    static hpf_mask_t  m;

    body_whole(in, strlen(in), &m);

    for (i = 0; i < sizeof(label) - 1 && in[i] != '\0'; i++) {
        label[i] = ((unsigned char) in[i] < 0x20 || in[i] == '#') ? ' '
                                                                  : in[i];
    }

    label[i] = '\0';

    is_str(body_out.p, body_out.n, expected, "%s", label);

    if (!body_splits((const unsigned char *) in, strlen(in), &m)) {
        ok(0, "any split of %s", in);
    }

    if (!body_twice()) {
        ok(0, "twice as once: %s", in);
    }
}


static inline void
body_stays(const char *in)
{
    body_vector(in, in);
}


/* n documents of words put together at random: any split is as the whole. */

static inline void
body_words(const char *const *words, size_t nwords, unsigned n,
    const char *what)
{
    size_t             i, len;
    body_t             in;
    unsigned           good;
    static hpf_mask_t  m;

    memset(&in, 0, sizeof(in));
    good = 0;

    while (good < n) {
        in.n = 0;
        len = 1 + body_random(30);

        for (i = 0; i < len; i++) {
            body_text(&in, words[body_random((unsigned) nwords)]);

            if (body_random(200) == 0) {
                body_fill(&in, "a1 \n"[body_random(4)], body_random(2000));
            }
        }

        body_whole(in.p, in.n, &m);

        if (in.n < 600 ? !body_splits(in.p, in.n, &m)
                       : !(body_chunks(in.p, in.n, 0, &m)
                           && body_chunks(in.p, in.n, 2, &m)
                           && body_chunks(in.p, in.n, 50, &m)))
        {
            printf("# in: \"%s\"\n# out: \"%s\"\n", in.p, body_out.p);
            break;
        }

        good++;
    }

    is_int(good, n, "%s: any split of %u random bodies", what, n);
    free(in.p);
}


#endif /* _MASK_BODY_H_INCLUDED_ */
