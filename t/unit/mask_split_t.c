/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What holds for every body of every type, whole or damaged: how it is cut and
 * which kernel reads it changes nothing; what is not masked comes out as it
 * went in; and what was masked is not masked any more.
 */

#include "mask_nasty_types.h"
#include "mask_test.h"


#define BODIES  14


typedef struct {
    const char     *name;
    unsigned        type;
    unsigned        tabs:1;
    unsigned        headless:1;
    void          (*make)(body_t *t);
} kind_t;


static const kind_t  kinds[] = {
    { "text", HPF_MASK_TYPE_TEXT, 0, 0, nasty_words },
    { "JSON", HPF_MASK_TYPE_JSON, 0, 0, nasty_json },
    { "JSON, many texts", HPF_MASK_TYPE_JSON_LINES, 0, 0, nasty_lines },
    { "markup", HPF_MASK_TYPE_MARKUP, 0, 0, nasty_markup },
    { "CSV", HPF_MASK_TYPE_CSV, 0, 0, nasty_csv },
    { "CSV with tabs", HPF_MASK_TYPE_CSV, 1, 0, nasty_csv },
    { "CSV without names", HPF_MASK_TYPE_CSV, 0, 1, nasty_csv },
    { "a form", HPF_MASK_TYPE_FORM, 0, 0, nasty_form }
};


/* What went in, and how much of it is in what has come out. */

typedef struct {
    const unsigned char  *in;
    size_t                at;           /* accounted for */
    const unsigned char  *part;         /* what is being fed */
    size_t                base;         /* is behind so much */
    body_t                put;          /* came out instead of what is next */
    unsigned              wrong;
} spans_t;


static spans_t  spans;


/* Usual rules; or all sorts of rules, of which some take more than values. */

static void
rules(const kind_t *kind, unsigned all)
{
    unsigned          k;
    hpf_mask_shape_t  shape;

    body_forget();
    body_begin_rules(NULL, kind->type);
    hpf_mask_rules_defaults(body_rules);

    body_rule("x", HPF_MASK_NONE, 0);
    body_rule("b", HPF_MASK_ALL, 2);
    body_rule("*/b", HPF_MASK_ALL, 3);

    if (all) {
        body_rule("a", HPF_MASK_DROP, 0);
        body_rule("email", HPF_MASK_HASH, 0);
        mask_test_path("/name/*", HPF_MASK_ID_CARD, 0);
        mask_test_path("/*/0", HPF_MASK_NAME, 2);
        mask_test_path("/1/b", HPF_MASK_DROP, 0);
        mask_test_path("/0/*/idNo", HPF_MASK_AMOUNT, 0);

        for (k = 0; k < HPF_MASK_KINDS; k++) {
            hpf_mask_shape_init(&shape, k);
            (void) hpf_mask_rules_value(body_rules, &shape, 1);
        }
    }

    hpf_mask_rules_compile(body_rules);

    body_conf.level = 2;
    body_conf.tabs = kind->tabs;
    body_conf.headless = kind->headless;
}


/*
 * A number becomes a string and loses a fraction of zeros: what that changes
 * is left out.
 */

static size_t
reduce(unsigned char *to, const unsigned char *p, size_t n)
{
    size_t  i, k;

    for (i = 0, k = 0; i < n; i++) {

        if (strchr("\"\\.0", p[i]) == NULL || p[i] == '\0') {
            to[k++] = p[i];
        }
    }

    return k;
}


/* Whether what was put is that input with stars for parts of it. */

static int
stands_for(const body_t *put, const unsigned char *p, size_t n)
{
    size_t          i, k, len, star, mark;
    unsigned char  *a, *b;

    a = malloc(put->n + 1);
    b = malloc(n + 1);

    len = reduce(a, put->p, put->n);
    n = reduce(b, p, n);

    star = len;
    mark = 0;
    i = 0;

    for (k = 0; k < n; /* void */ ) {

        if (i < len && a[i] == '*') {
            star = i++;
            mark = k;

        } else if (i < len && a[i] == b[k]) {
            i++;
            k++;

        } else if (star < len) {
            i = star + 1;
            k = ++mark;

        } else {
            break;
        }
    }

    while (i < len && a[i] == '*') {
        i++;
    }

    free(a);
    free(b);

    return i == len && k == n;
}


/* What is behind a quote that closed a field of CSV goes. */

static int
is_behind_quote(void)
{
    return body_conf.type == HPF_MASK_TYPE_CSV
           && spans.put.n == 0
           && spans.at > 0
           && spans.in[spans.at - 1] == '"';
}


static int
account(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    size_t  from;

    (void) data;

    if (!pass) {
        body_add(&spans.put, p, len);
        return HPF_OK;
    }

    from = spans.base + (size_t) (p - spans.part);

    if (from < spans.at
        || (!stands_for(&spans.put, spans.in + spans.at, from - spans.at)
            && !is_behind_quote()))
    {
        spans.wrong = 1;
    }

    spans.at = from + len;
    spans.put.n = 0;

    return HPF_OK;
}


/* What is passed on is the input, and what comes instead stands for it. */

static int
is_accounted(const body_t *in, size_t step)
{
    size_t             n;
    static hpf_mask_t  m;

    spans.in = in->p;
    spans.at = 0;
    spans.wrong = 0;
    spans.put.n = 0;

    body_conf.out = account;
    hpf_mask_init(&m, &body_conf);

    for (spans.base = 0; spans.base < in->n; spans.base += n) {
        n = 1 + body_random((unsigned) step);
        n = (n < in->n - spans.base) ? n : in->n - spans.base;

        spans.part = in->p + spans.base;
        hpf_mask_feed(&m, spans.part, n);
    }

    hpf_mask_finish(&m);

    return !spans.wrong
           && stands_for(&spans.put, in->p + spans.at, in->n - spans.at);
}


static const char *
fault(const kind_t *kind, const body_t *in, unsigned all)
{
    int                good;
    static hpf_mask_t  m;

    body_whole(in->p, in->n, &m);

    good = (kind->make == nasty_json || kind->make == nasty_lines)
           ? mask_test_kernels(in->p, in->n, &m)
           : body_splits(in->p, in->n, &m);

    if (!good) {
        return "a split";
    }

    if (all) {
        return NULL;
    }

    if (!body_twice()) {
        return "a second time";
    }

    return is_accounted(in, 100000) && is_accounted(in, 700)
           ? NULL : "what is passed on";
}


static void
test(const kind_t *kind)
{
    body_t       in;
    unsigned     i, rounds;
    const char  *what;

    memset(&in, 0, sizeof(in));
    what = NULL;
    rounds = body_rounds(BODIES);

    for (i = 0; what == NULL && i < rounds; i++) {
        rules(kind, i % 2);

        in.n = 0;
        body_text(&in, "");
        kind->make(&in);

        if (body_random(2)) {
            nasty_break(&in);
        }

        what = fault(kind, &in, i % 2);
    }

    if (what) {
        printf("# %s, %s: %s\n", kind->name, what, in.p);
    }

    ok(what == NULL, "%s: %u bodies", kind->name, rounds);
    free(in.p);
}


int
main(void)
{
    size_t  i;

    plan(0);

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        test(&kinds[i]);
    }

    free(spans.put.p);

    return mask_test_done();
}
