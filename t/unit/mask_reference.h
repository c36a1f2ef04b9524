/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking, slow and obvious: it walks a tree, compares a name with each rule,
 * and a place with each path component by component.  How one value is shown,
 * and what is found in one text, is asked of the engine's functions for just
 * that.
 */

#ifndef _MASK_REFERENCE_H_INCLUDED_
#define _MASK_REFERENCE_H_INCLUDED_


#include "hpf_mask_path.h"
#include "mask_tree.h"


#define REF_RULES  24
#define REF_STEPS  64


typedef struct {
    char              text[160];
    hpf_mask_shape_t  shape;
} ref_rule_t;


/* A step to a place. */

typedef struct {
    const tree_t     *name;             /* of a member; NULL: an element */
    size_t            index;
} ref_step_t;


static ref_rule_t       ref_names[REF_RULES], ref_places[REF_RULES];
static size_t           ref_nnames, ref_nplaces;
static ref_step_t       ref_steps[REF_STEPS];
static size_t           ref_masked, ref_revealed;
static body_t           ref_text;
static hpf_mask_sink_t  ref_sink;


static tree_t *ref_value(const tree_t *in, const hpf_mask_shape_t *shape,
    size_t depth);


static unsigned
ref_is_shown(const hpf_mask_shape_t *shape)
{
    return shape->kind == HPF_MASK_NONE
           || (shape->reveal && body_conf.level >= shape->reveal);
}


/* 1: the pattern is for the name; case matters only outside of ASCII. */

static unsigned
ref_is_like(const char *pattern, const unsigned char *p, size_t n)
{
    if (*pattern == '*') {
        return ref_is_like(pattern + 1, p, n)
               || (n && ref_is_like(pattern, p + 1, n - 1));
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

    return ref_is_like(pattern + 1, p + 1, n - 1);
}


static const hpf_mask_shape_t *
ref_of_name(const tree_t *name)
{
    size_t    i;
    unsigned  patterns;

    if (name->n == 0 || name->n > HPF_MASK_KEY_MAX) {
        return NULL;
    }

    for (patterns = 0; patterns < 2; patterns++) {

        for (i = ref_nnames; i > 0; i--) {

            if ((strchr(ref_names[i - 1].text, '*') != NULL) == patterns
                && ref_is_like(ref_names[i - 1].text, name->p, name->n))
            {
                return &ref_names[i - 1].shape;
            }
        }
    }

    return NULL;
}


/* Whether the component of len bytes leads there. */

static unsigned
ref_leads(const char *component, size_t len, const ref_step_t *step)
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


/* The rule for the place that the first depth ref_steps lead to. */

static const hpf_mask_shape_t *
ref_of_place(size_t depth)
{
    size_t       i, n, len;
    const char  *p;

    for (i = ref_nplaces; i > 0; i--) {
        p = ref_places[i - 1].text;

        for (n = 0; n < depth && *p == '/'; n++) {
            len = strcspn(p + 1, "/");

            if (!ref_leads(p + 1, len, &ref_steps[n])) {
                break;
            }

            p += 1 + len;
        }

        if (n == depth && *p == '\0') {
            return &ref_places[i - 1].shape;
        }
    }

    return NULL;
}


/* What is put to ref_sink until ref_end() is a string. */

static void
ref_begin(void)
{
    memset(&ref_sink, 0, sizeof(hpf_mask_sink_t));
    ref_sink.out = body_collect;
    ref_sink.data = &ref_text;
    ref_sink.hash = body_conf.hash;

    ref_text.n = 0;
}


static tree_t *
ref_end(void)
{
    hpf_mask_flush(&ref_sink);

    return tree_string(ref_text.p, ref_text.n);
}


static tree_t *
ref_same(const tree_t *in)
{
    tree_t  *out;

    out = tree_string(in->p, in->n);
    out->type = in->type;

    return out;
}


/* Under a rule what is too long, or has escapes in JSON in a string. */

static tree_t *
ref_hidden(const hpf_mask_shape_t *shape)
{
    ref_masked++;

    ref_begin();
    hpf_mask_stars(shape, &ref_sink, shape->kind == HPF_MASK_DROP ? 0 : 3);

    return ref_end();
}


/* The text of a string or number under a rule. */

static tree_t *
ref_form(const tree_t *in, const hpf_mask_shape_t *shape)
{
    if (in->raw > (in->type == '"' ? HPF_MASK_VALUE_MAX : HPF_MASK_NUMBER)) {
        return ref_hidden(shape);
    }

    ref_masked++;

    ref_begin();
    hpf_mask_apply(shape, &ref_sink, in->p, in->p + in->n, HPF_MASK_PLAIN);

    return ref_end();
}


static void
ref_begin_search(hpf_mask_search_t *s)
{
    memset(s, 0, sizeof(hpf_mask_search_t));
    s->rules = body_rules;
    s->today = body_conf.today;
    s->style = HPF_MASK_PLAIN;
}


/* A text without a rule: what is found in it. */

static tree_t *
ref_found(const tree_t *in)
{
    hpf_mask_hit_t        hit;
    hpf_mask_search_t     s;
    const unsigned char  *p, *end;

    ref_begin();
    ref_begin_search(&s);

    p = in->p;
    end = in->p + in->n;

    while (hpf_mask_search(&s, p, end, 0, &hit) == HPF_OK) {
        hpf_mask_put(&ref_sink, p, (size_t) (hit.start - p));
        hpf_mask_search_put(&s, &hit, &ref_sink);
        p = hit.end;
        ref_masked++;
    }

    hpf_mask_put(&ref_sink, p, (size_t) (end - p));

    return ref_end();
}


static tree_t *
ref_number(const tree_t *in)
{
    hpf_mask_hit_t     hit;
    hpf_mask_search_t  s;

    ref_begin_search(&s);

    if (in->raw > HPF_MASK_NUMBER
        || body_rules->values == 0
        || hpf_mask_search_number(&s, in->p, in->p + in->n, &hit) != HPF_OK)
    {
        return ref_same(in);
    }

    ref_masked++;

    ref_begin();
    hpf_mask_search_put(&s, &hit, &ref_sink);

    return ref_end();
}


/*
 * JSON inside of a string, that many levels deep: rules by name are for its
 * strings and numbers, too; other numbers stay.  An array under a rule is
 * like others up to its first object.
 */

static tree_t *
ref_inner(const tree_t *in, const hpf_mask_shape_t *shape, unsigned level)
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
            out->first = ref_inner(text, NULL, level + 1);

            return out;
        }
    }

    if (in->type == '"' || in->type == '0') {

        if (shape) {
            return (in->raw > in->n) ? ref_hidden(shape) : ref_form(in, shape);
        }

        return (in->type == '"') ? ref_found(in) : ref_same(in);
    }

    out = tree_new(in->type);
    last = &out->first;

    for (each = in->first; each; each = each->next) {

        if (in->type == '{') {
            shape = ref_of_name(each->name);
            shape = (shape && ref_is_shown(shape)) ? NULL : shape;
            object = 0;
        }

        child = ref_inner(each, object ? NULL : shape, level);
        child->name = each->name;
        *last = child;
        last = &child->next;
    }

    object |= (in->type == '{');

    return out;
}


/* A member that is to go, as far as it can: its name is seen in time. */

static unsigned
ref_goes(const tree_t *member, const hpf_mask_shape_t *shape)
{
    return shape && shape->kind == HPF_MASK_DROP && !ref_is_shown(shape)
           && member->space <= 128
           && member->name->n <= HPF_MASK_KEY_MAX;
}


static tree_t *
ref_members(const tree_t *in, size_t depth)
{
    tree_t                  *out, *child, **last;
    const tree_t            *each;
    const hpf_mask_shape_t  *shape;

    out = tree_new('{');
    last = &out->first;

    for (each = in->first; each; each = each->next) {
        ref_steps[depth].name = each->name;

        shape = ref_of_place(depth + 1);
        shape = shape ? shape : ref_of_name(each->name);

        if (ref_goes(each, shape)) {
            ref_masked++;
            continue;
        }

        child = ref_value(each, shape, depth + 1);
        child->name = ref_inner(each->name, NULL, 0);
        *last = child;
        last = &child->next;
    }

    return out;
}


static tree_t *
ref_elements(const tree_t *in, const hpf_mask_shape_t *all, size_t depth)
{
    tree_t                  *out, **last;
    size_t                   i;
    const tree_t            *each;
    const hpf_mask_shape_t  *shape;

    out = tree_new('[');
    last = &out->first;

    for (each = in->first, i = 0; each; each = each->next, i++) {
        ref_steps[depth].name = NULL;
        ref_steps[depth].index = i;

        shape = ref_of_place(depth + 1);

        *last = ref_value(each, shape ? shape : all, depth + 1);
        last = &(*last)->next;
    }

    return out;
}


/* depth steps lead to it; those beyond the last step are not looked at. */

static tree_t *
ref_value(const tree_t *in, const hpf_mask_shape_t *shape, size_t depth)
{
    if (shape && shape->kind == HPF_MASK_DROP && !ref_is_shown(shape)
        && in->type != 'n' && in->type != 't' && in->type != 'f')
    {
        ref_masked++;
        return tree_new('n');
    }

    depth = (depth < REF_STEPS) ? depth : REF_STEPS - 1;

    switch (in->type) {

    case '{':
        return ref_members(in, depth);

    case '[':
        return ref_elements(in, shape, depth);

    case '"':
    case '0':
        if (shape == NULL) {
            return (in->type == '"') ? ref_inner(in, NULL, 0) : ref_number(in);
        }

        if (!ref_is_shown(shape)) {
            return ref_form(in, shape);
        }

        ref_revealed += (shape->kind != HPF_MASK_NONE);

        return ref_same(in);

    default:
        return tree_new(in->type);
    }
}


#endif /* _MASK_REFERENCE_H_INCLUDED_ */
