/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What comes out for JSON, parsed, is what a slow and obvious reference makes
 * of the parsed input; so is what was counted.  Documents and rules are made
 * by a seed.
 */

#include "mask_nasty.h"
#include "mask_reference.h"
#include "mask_test.h"


#define ROUNDS  500
#define BODIES  20


/* What the reference has for JSON in a string is that in the output, too. */

static void
read_inner(const tree_t *expected, tree_t *got)
{
    tree_t  *text;

    if (expected->type == 'i' && got->type == '"') {
        text = tree_read(got->p, got->n);

        if (text) {
            got->type = 'i';
            got->n = 0;
            got->first = text;
        }
    }

    if (expected->name && got->name) {
        read_inner(expected->name, got->name);
    }

    expected = expected->first;
    got = got->first;

    for ( /* void */ ; expected && got; got = got->next) {
        read_inner(expected, got);
        expected = expected->next;
    }
}


static void
hash(void *data, const unsigned char *p, size_t len,
    unsigned char digest[HPF_MASK_HASH_LEN])
{
    size_t  i;

    (void) data;

    memset(digest, (int) (len & 0xff), HPF_MASK_HASH_LEN);

    for (i = 0; i < len; i++) {
        digest[i % HPF_MASK_HASH_LEN] =
            (unsigned char) (digest[i % HPF_MASK_HASH_LEN] * 31 + p[i]);
    }
}


static void
any_shape(hpf_mask_shape_t *shape, unsigned drop)
{
    unsigned  kind;

    do {
        kind = body_random(HPF_MASK_KINDS);
    } while (kind == HPF_MASK_ID_CARD_15 || (kind == HPF_MASK_DROP && !drop));

    hpf_mask_shape_init(shape, kind);

    if (body_random(3) == 0) {
        (void) hpf_mask_shape_keep(shape, body_random(8), body_random(8));
    }

    if (body_random(3) == 0) {
        (void) hpf_mask_shape_char(shape, "×", 2);
    }

    if (body_random(3) == 0) {
        shape->reveal = (unsigned char) (1 + body_random(3));
    }
}


static void
any_names(unsigned drop)
{
    size_t       n;
    ref_rule_t  *rule;

    static const char *const  patterns[] = {
        "NAME", "Id*", "*o*", "n*e", "*", "*1*2*", "**", "a*", "*b", "*card*",
        "mobile", "A", "B"
    };

    ref_nnames = 0;

    for (n = body_random(8); n; n--) {
        rule = &ref_names[ref_nnames];

        (void) snprintf(rule->text, sizeof(rule->text), "%s",
                        body_random(3) ? nasty_name() : nasty_one(patterns));
        any_shape(&rule->shape, drop);

        if (hpf_mask_rules_key(body_rules, rule->text, strlen(rule->text),
                               &rule->shape) == HPF_OK)
        {
            ref_nnames++;
        }
    }
}


/* /a~1b/x/0, as a text. */

static void
any_place(body_t *t)
{
    unsigned     depth;
    const char  *p;

    static const char *const  often[] = { "*", "*", "0", "1", "2", "12" };

    t->n = 0;

    for (depth = 1 + body_random(3); depth; depth--) {
        body_text(t, "/");

        for (p = body_random(2) ? nasty_one(often) : nasty_name(); *p; p++) {

            if (*p == '~' || *p == '/') {
                body_text(t, *p == '~' ? "~0" : "~1");

            } else {
                body_fill(t, *p, 1);
            }
        }
    }
}


static void
any_places(unsigned drop)
{
    size_t       n;
    body_t       text;
    ref_rule_t  *rule;

    memset(&text, 0, sizeof(text));
    ref_nplaces = 0;

    for (n = body_random(6); n; n--) {
        any_place(&text);

        if (text.n >= sizeof(rule->text)) {
            continue;
        }

        rule = &ref_places[ref_nplaces];

        (void) snprintf(rule->text, sizeof(rule->text), "%s", text.p);
        any_shape(&rule->shape, drop);

        if (hpf_mask_path_add(body_rules, rule->text, text.n, &rule->shape)
            == HPF_OK)
        {
            ref_nplaces++;
        }
    }

    free(text.p);
}


static void
any_rules(void)
{
    unsigned          kind, drop;
    hpf_mask_shape_t  shape;

    body_forget();
    body_begin_rules(NULL, HPF_MASK_TYPE_JSON);

    drop = (body_random(3) == 0);

    any_names(drop);
    ref_nplaces = 0;

    if (body_random(2)) {
        any_places(drop);
    }

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        hpf_mask_shape_init(&shape, kind);
        (void) hpf_mask_rules_value(body_rules, &shape, body_random(4) > 0);
    }

    mask_test_ready();

    body_conf.level = body_random(4);
    body_conf.hash = body_random(2) ? hash : NULL;
}


static void
explain(const body_t *in, const char *what)
{
    size_t  i;

    printf("# %s is different\n# in: %s\n# out: %s\n", what, in->p,
           body_out.p);

    for (i = 0; i < ref_nnames; i++) {
        printf("# name \"%s\": %s, from level %u on\n", ref_names[i].text,
               hpf_mask_kind_name(ref_names[i].shape.kind),
               ref_names[i].shape.reveal);
    }

    for (i = 0; i < ref_nplaces; i++) {
        printf("# place \"%s\": %s, from level %u on\n", ref_places[i].text,
               hpf_mask_kind_name(ref_places[i].shape.kind),
               ref_places[i].shape.reveal);
    }

    printf("# level %u\n", body_conf.level);
}


/* NULL, or what is not as the reference has it. */

static const char *
differs(const body_t *in)
{
    tree_t             *tree, *expected, *got;
    const char         *what;
    static hpf_mask_t   m;

    tree_reset();
    tree = tree_read(in->p, in->n);

    if (tree == NULL) {
        return "the test's JSON";
    }

    ref_masked = 0;
    ref_revealed = 0;
    expected = ref_value(tree, NULL, 0);

    body_whole(in->p, in->n, &m);

    got = tree_read(body_out.p, body_out.n);

    if (got == NULL
        || (mask_test_valid(in->p, in->n)
            && !mask_test_valid(body_out.p, body_out.n)))
    {
        return "that it is JSON";
    }

    read_inner(expected, got);

    what = tree_differs(expected, got);

    if (what == NULL && m.count != ref_masked) {
        what = "the number of masked values";
    }

    if (what == NULL && m.revealed != ref_revealed) {
        what = "the number of shown values";
    }

    return what;
}


static void
test_documents(void)
{
    body_t       in;
    size_t       sum;
    unsigned     i, k, rounds;
    const char  *what;

    memset(&in, 0, sizeof(in));
    sum = 0;
    rounds = body_rounds(ROUNDS);
    what = NULL;

    for (i = 0; what == NULL && i < rounds; i++) {
        any_rules();

        for (k = 0; what == NULL && k < BODIES; k++) {
            in.n = 0;
            nasty_json(&in);
            what = differs(&in);
            sum += in.n;
        }
    }

    if (what) {
        explain(&in, what);
    }

    free(ref_text.p);

    printf("# %u documents of %zu bytes\n", i * BODIES, sum / i / BODIES);
    ok(what == NULL, "what comes out is what the reference makes of it");

    free(in.p);
}


int
main(void)
{
    plan(0);

    test_documents();

    return mask_test_done();
}
