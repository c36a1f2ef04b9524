/* links: mask -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What comes out for JSON, parsed, is what a slow and obvious reference makes
 * of the parsed input: rules by name, compared one by one; places, compared
 * component by component; what goes, what is null then, and what was counted.
 * How one value is shown, and what is found in one text, is asked of the
 * engine's functions for just that.  Documents and rules are made by a seed.
 */

#include "mask_nasty.h"
#include "mask_test.h"
#include "mask_tree.h"


#define RULES   24
#define STEPS   64
#define ROUNDS  500
#define BODIES  20


typedef struct {
    char              text[160];
    hpf_mask_shape_t  shape;
} rule_t;


/* A step to a place. */

typedef struct {
    const tree_t     *name;             /* of a member; NULL: an element */
    size_t            index;
} step_t;


static rule_t   names[RULES], places[RULES];
static size_t   nnames, nplaces;
static step_t   steps[STEPS];
static size_t   masked, revealed;


static tree_t *value(const tree_t *in, const hpf_mask_shape_t *shape,
    size_t depth);


static unsigned
is_shown(const hpf_mask_shape_t *shape)
{
    return shape->kind == HPF_MASK_NONE
           || (shape->reveal && body_conf.level >= shape->reveal);
}


/* 1: the pattern is for the name; case matters only outside of ASCII. */

static unsigned
is_like(const char *pattern, const unsigned char *p, size_t n)
{
    if (*pattern == '*') {
        return is_like(pattern + 1, p, n) || (n && is_like(pattern, p + 1,
                                                           n - 1));
    }

    if (n == 0 || *pattern == '\0') {
        return n == 0 && *pattern == '\0';
    }

    if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'
        ? (*p | 0x20) != (*pattern | 0x20)
        : *p != (unsigned char) *pattern)
    {
        return 0;
    }

    return is_like(pattern + 1, p + 1, n - 1);
}


static const hpf_mask_shape_t *
of_name(const tree_t *name)
{
    size_t    i;
    unsigned  patterns;

    if (name->n == 0 || name->n > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    for (patterns = 0; patterns < 2; patterns++) {

        for (i = nnames; i > 0; i--) {

            if ((strchr(names[i - 1].text, '*') != NULL) == patterns
                && is_like(names[i - 1].text, name->p, name->n))
            {
                return &names[i - 1].shape;
            }
        }
    }

    return NULL;
}


/* Whether the component of len bytes leads there. */

static unsigned
leads(const char *component, size_t len, const step_t *step)
{
    char    text[160], number[32];
    size_t  i, n;

    if (len == 1 && *component == '*') {
        return 1;
    }

    for (i = 0, n = 0; i < len; i++) {
        text[n++] = (component[i] != '~') ? component[i]
                                          : "~/"[component[++i] - '0'];
    }

    if (step->name) {
        return step->name->n <= HPF_MASK_KEY_MAX
               && step->name->n == n
               && memcmp(step->name->p, text, n) == 0;
    }

    (void) snprintf(number, sizeof(number), "%zu", step->index);

    return strlen(number) == n && memcmp(number, text, n) == 0;
}


/* The rule for the place that the first depth steps lead to. */

static const hpf_mask_shape_t *
of_place(size_t depth)
{
    size_t       i, n, len;
    const char  *p;

    for (i = nplaces; i > 0; i--) {
        p = places[i - 1].text;

        for (n = 0; n < depth && *p == '/'; n++) {
            len = strcspn(p + 1, "/");

            if (!leads(p + 1, len, &steps[n])) {
                break;
            }

            p += 1 + len;
        }

        if (n == depth && *p == '\0') {
            return &places[i - 1].shape;
        }
    }

    return NULL;
}


static void
begin_sink(hpf_mask_sink_t *sink, body_t *t)
{
    memset(sink, 0, sizeof(hpf_mask_sink_t));
    sink->out = body_collect;
    sink->data = t;
    sink->hash = body_conf.hash;

    t->n = 0;
    body_text(t, "");
}


/* Under a rule what is too long, or has escapes in JSON in a string. */

static tree_t *
hidden(const hpf_mask_shape_t *shape)
{
    body_t           t;
    tree_t          *out;
    hpf_mask_sink_t  sink;

    memset(&t, 0, sizeof(t));
    begin_sink(&sink, &t);

    hpf_mask_stars(shape, &sink, shape->kind == HPF_MASK_DROP ? 0 : 3);
    hpf_mask_flush(&sink);
    masked++;

    out = tree_string(t.p, t.n);
    free(t.p);

    return out;
}


/* The text of a string or number under a rule. */

static tree_t *
form(const tree_t *in, const hpf_mask_shape_t *shape)
{
    body_t           t;
    tree_t          *out;
    hpf_mask_sink_t  sink;

    if (in->raw > (in->type == '"' ? HPF_MASK_VALUE_MAX : HPF_MASK_NUMBER)) {
        return hidden(shape);
    }

    memset(&t, 0, sizeof(t));
    begin_sink(&sink, &t);

    hpf_mask_apply(shape, &sink, in->p, in->p + in->n, HPF_MASK_PLAIN);
    hpf_mask_flush(&sink);
    masked++;

    out = tree_string(t.p, t.n);
    free(t.p);

    return out;
}


/* A text without a rule: what is found in it. */

static tree_t *
found(const tree_t *in)
{
    body_t                t;
    tree_t               *out;
    hpf_mask_hit_t        hit;
    hpf_mask_sink_t       sink;
    hpf_mask_search_t     s;
    const unsigned char  *p, *end;

    memset(&t, 0, sizeof(t));
    begin_sink(&sink, &t);

    memset(&s, 0, sizeof(s));
    s.rules = body_rules;
    s.today = body_conf.today;
    s.style = HPF_MASK_PLAIN;

    p = in->p;
    end = in->p + in->n;

    while (hpf_mask_search(&s, p, end, 0, &hit) == HPF_OK) {
        hpf_mask_put(&sink, p, (size_t) (hit.start - p));
        hpf_mask_search_put(&s, &hit, &sink);
        p = hit.end;
        masked++;
    }

    hpf_mask_put(&sink, p, (size_t) (end - p));
    hpf_mask_flush(&sink);

    out = tree_string(t.p, t.n);
    free(t.p);

    return out;
}


static tree_t *
number(const tree_t *in)
{
    body_t             t;
    tree_t            *out;
    hpf_mask_hit_t     hit;
    hpf_mask_sink_t    sink;
    hpf_mask_search_t  s;

    memset(&s, 0, sizeof(s));
    s.rules = body_rules;
    s.today = body_conf.today;

    if (in->raw > HPF_MASK_NUMBER
        || body_rules->values == 0
        || hpf_mask_search_number(&s, in->p, in->p + in->n, &hit) != HPF_OK)
    {
        out = tree_string(in->p, in->n);
        out->type = '0';

        return out;
    }

    memset(&t, 0, sizeof(t));
    begin_sink(&sink, &t);
    hpf_mask_search_put(&s, &hit, &sink);
    hpf_mask_flush(&sink);
    masked++;

    out = tree_string(t.p, t.n);
    free(t.p);

    return out;
}


/*
 * JSON inside of a string, that many levels deep: rules by name are for its
 * strings and numbers, too; other numbers stay.  An array under a rule is
 * like others up to its first object.
 */

static tree_t *
inner(const tree_t *in, const hpf_mask_shape_t *shape, unsigned level)
{
    tree_t           *out, *child, **last, *text;
    const tree_t     *each;
    static unsigned   object;           /* one was before this element */

    if (in->type == '"' && shape == NULL && level < 2
        && in->n && (in->p[0] == '{' || in->p[0] == '['))
    {
        text = tree_read(in->p, in->n);

        if (text) {
            out = tree_new('i');
            out->first = inner(text, NULL, level + 1);

            return out;
        }
    }

    if (in->type == '"' || in->type == '0') {

        if (shape) {
            return (in->raw > in->n) ? hidden(shape) : form(in, shape);
        }

        out = (in->type == '"') ? found(in) : tree_string(in->p, in->n);
        out->type = in->type;

        return out;
    }

    out = tree_new(in->type);
    last = &out->first;

    for (each = in->first; each; each = each->next) {

        if (in->type == '{') {
            shape = of_name(each->name);
            shape = (shape && is_shown(shape)) ? NULL : shape;
            object = 0;
        }

        child = inner(each, object ? NULL : shape, level);
        child->name = each->name;
        *last = child;
        last = &child->next;
    }

    object |= (in->type == '{');

    return out;
}


/* A member that is to go, as far as it can: its name is seen in time. */

static unsigned
goes(const tree_t *member, const hpf_mask_shape_t *shape)
{
    return shape && shape->kind == HPF_MASK_DROP && !is_shown(shape)
           && member->space <= 128
           && member->name->n <= HPF_MASK_KEY_MAX;
}


static tree_t *
members(const tree_t *in, size_t depth)
{
    tree_t                  *out, *child, **last;
    const tree_t            *each;
    const hpf_mask_shape_t  *shape;

    out = tree_new('{');
    last = &out->first;

    for (each = in->first; each; each = each->next) {
        steps[depth].name = each->name;

        shape = of_place(depth + 1);
        shape = shape ? shape : of_name(each->name);

        if (goes(each, shape)) {
            masked++;
            continue;
        }

        child = value(each, shape, depth + 1);
        child->name = inner(each->name, NULL, 0);
        *last = child;
        last = &child->next;
    }

    return out;
}


static tree_t *
elements(const tree_t *in, const hpf_mask_shape_t *all, size_t depth)
{
    tree_t                  *out, **last;
    size_t                   i;
    const tree_t            *each;
    const hpf_mask_shape_t  *shape;

    out = tree_new('[');
    last = &out->first;

    for (each = in->first, i = 0; each; each = each->next, i++) {
        steps[depth].name = NULL;
        steps[depth].index = i;

        shape = of_place(depth + 1);

        *last = value(each, shape ? shape : all, depth + 1);
        last = &(*last)->next;
    }

    return out;
}


/* depth steps lead to it; those beyond the last step are not looked at. */

static tree_t *
value(const tree_t *in, const hpf_mask_shape_t *shape, size_t depth)
{
    tree_t  *out;

    if (shape && shape->kind == HPF_MASK_DROP && !is_shown(shape)
        && in->type != 'n' && in->type != 't' && in->type != 'f')
    {
        masked++;
        return tree_new('n');
    }

    depth = (depth < STEPS) ? depth : STEPS - 1;

    switch (in->type) {

    case '{':
        return members(in, depth);

    case '[':
        return elements(in, shape, depth);

    case '"':
    case '0':
        if (shape == NULL) {
            return (in->type == '"') ? inner(in, NULL, 0) : number(in);
        }

        if (!is_shown(shape)) {
            return form(in, shape);
        }

        revealed += (shape->kind != HPF_MASK_NONE);

        out = tree_string(in->p, in->n);
        out->type = in->type;

        return out;

    default:
        return tree_new(in->type);
    }
}


/* What the reference has as JSON in a string, the output has, too. */

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
    size_t  n;

    static const char *const  patterns[] = {
        "NAME", "Id*", "*o*", "n*e", "*", "*1*2*", "**", "a*", "*b", "*card*",
        "mobile", "A", "B"
    };

    nnames = 0;

    for (n = body_random(8); n; n--) {
        (void) snprintf(names[nnames].text, sizeof(names[0].text), "%s",
                        body_random(3) ? nasty_name() : nasty_one(patterns));
        any_shape(&names[nnames].shape, drop);

        if (hpf_mask_rules_key(body_rules, names[nnames].text,
                               strlen(names[nnames].text),
                               &names[nnames].shape) == HPF_OK)
        {
            nnames++;
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
    size_t   n;
    body_t   text;
    rule_t  *rule;

    memset(&text, 0, sizeof(text));
    nplaces = 0;

    for (n = body_random(6); n; n--) {
        any_place(&text);

        if (text.n >= sizeof(rule->text)) {
            continue;
        }

        rule = &places[nplaces];

        (void) snprintf(rule->text, sizeof(rule->text), "%s", text.p);
        any_shape(&rule->shape, drop);

        if (hpf_mask_path_add(body_rules, rule->text, text.n, &rule->shape)
            == HPF_OK)
        {
            nplaces++;
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
    nplaces = 0;

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

    for (i = 0; i < nnames; i++) {
        printf("# name \"%s\": %s, from level %u on\n", names[i].text,
               hpf_mask_kind_name(names[i].shape.kind),
               names[i].shape.reveal);
    }

    for (i = 0; i < nplaces; i++) {
        printf("# place \"%s\": %s, from level %u on\n", places[i].text,
               hpf_mask_kind_name(places[i].shape.kind),
               places[i].shape.reveal);
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

    masked = 0;
    revealed = 0;
    expected = value(tree, NULL, 0);

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

    if (what == NULL && m.count != masked) {
        what = "the number of masked values";
    }

    if (what == NULL && m.revealed != revealed) {
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
