/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * How often a value is missed, and how often something else is taken for
 * one.  With an argument the tables of docs/masking-corpus.md are printed.
 * The engines have to find in a body what the search finds in its text.
 */

#include "mask_corpus.h"


#define CORPUS_EACH    60          /* texts of each kind and spelling */
#define CORPUS_ALIKE   2000        /* texts of each look-alike */


typedef struct {
    unsigned            texts;
    unsigned            missed;
    unsigned            other;      /* found as another kind */
    unsigned            extra;      /* hits beside the value */
} corpus_count_t;


static hpf_mask_rules_t   rules;
static unsigned           tables;


static void
begin(hpf_mask_search_t *s, unsigned style)
{
    memset(s, 0, sizeof(hpf_mask_search_t));
    s->rules = &rules;
    s->today = today;
    s->style = style;
}


/* Looks for values in a text from memory of its exact size. */

static void
look(const corpus_text_t *t, unsigned style, unsigned kind,
    corpus_count_t *count)
{
    unsigned              found;
    unsigned char        *copy;
    hpf_mask_hit_t        hit;
    hpf_mask_search_t     s;
    const unsigned char  *p;

    copy = malloc(t->n);
    memcpy(copy, t->p, t->n);
    p = copy;
    found = 0;

    begin(&s, style);

    while (hpf_mask_search(&s, p, copy + t->n, 0, &hit) == HPF_OK) {
        p = hit.end;

        if (kind != HPF_MASK_NONE
            && (size_t) (hit.start - copy) <= t->start
            && (size_t) (hit.end - copy) >= t->end)
        {
            found = 1;
            count->other += (hit.kind != kind);

        } else {
            count->extra++;
        }
    }

    count->texts++;

    if (kind != HPF_MASK_NONE && !found) {
        count->missed++;
        printf("# missed: \"%.*s\"\n", (int) t->n, copy);
    }

    free(copy);
}


/* The text as the search alone would mask it. */

static void
expect(body_t *t, const corpus_text_t *text, unsigned style)
{
    hpf_mask_hit_t        hit;
    hpf_mask_sink_t       sink;
    hpf_mask_search_t     s;
    const unsigned char  *p, *end;

    memset(&sink, 0, sizeof(sink));
    sink.out = body_collect;
    sink.data = t;

    begin(&s, style);

    p = text->p;
    end = p + text->n;

    while (hpf_mask_search(&s, p, end, 0, &hit) == HPF_OK) {
        hpf_mask_put(&sink, p, (size_t) (hit.start - p));
        hpf_mask_search_put(&s, &hit, &sink);
        p = hit.end;
    }

    hpf_mask_put(&sink, p, (size_t) (end - p));
    hpf_mask_flush(&sink);
}


static int
is_line(const corpus_text_t *t)
{
    return memchr(t->p, '\n', t->n) == NULL && memchr(t->p, '\t', t->n) == NULL;
}


/* Whether the engine of a type finds as much, in a body around the text. */

static void
engine(const corpus_text_t *text, const corpus_spelling_t *how, unsigned *bad)
{
    unsigned            style, type;
    const char         *head, *foot;
    static body_t       in, expected;
    static hpf_mask_t   m;

    style = (how->style == HPF_MASK_PLAIN) ? (unsigned) HPF_MASK_JSON_TEXT
                                           : how->style;

    switch (style) {
    case HPF_MASK_XML_TEXT:
        type = HPF_MASK_TYPE_MARKUP;
        head = "<p>A longer text is in front of this one, with no value</p><p>";
        foot = "</p>";
        break;
    case HPF_MASK_FORM_TEXT:
        type = HPF_MASK_TYPE_FORM;
        head = "title=A+longer+text+is+in+front+of+this+one&remark=";
        foot = "&x=1";
        break;
    default:
        type = HPF_MASK_TYPE_JSON;
        head = "{\"title\":\"A longer text is in front of this one, with no"
               " value in it, and more of it\",\"remark\":\"";
        foot = "\",\"seq\":1,\"text\":\"behind it there is one more\"}";
        break;
    }

    in.n = 0;
    body_text(&in, head);
    body_add(&in, text->p, text->n);
    body_text(&in, foot);

    expected.n = 0;
    body_text(&expected, head);
    expect(&expected, text, style);
    body_text(&expected, foot);

    body_conf.type = type;
    body_whole(in.p, in.n, &m);

    if (body_out.n != expected.n
        || memcmp(body_out.p, expected.p, expected.n) != 0)
    {
        if ((*bad)++ < 3) {
            printf("# engine: %s\n# search: %s\n", body_out.p, expected.p);
        }
    }
}


static void
test_engines(void)
{
    size_t         i;
    unsigned       kind, n, bad;
    corpus_text_t  text;

    body_setup(HPF_MASK_TYPE_JSON);
    body_rules->values = rules.values;

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        bad = 0;

        for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

            if (!(spellings[i].kinds & rules.values & 1u << kind)) {
                continue;
            }

            for (n = 0; n < CORPUS_EACH; n++) {
                make_text(&text, &spellings[i], kind);

                if (is_line(&text)) {
                    engine(&text, &spellings[i], &bad);
                }
            }
        }

        ok(bad == 0, "the engine finds as much: %s, %u less",
           spellings[i].name, bad);
    }
}


static void
add(corpus_count_t *sum, const corpus_count_t *n)
{
    sum->texts += n->texts;
    sum->missed += n->missed;
    sum->other += n->other;
    sum->extra += n->extra;
}


/* Values of a kind in every spelling. */

static void
test_kind(unsigned kind, corpus_count_t *sum, corpus_count_t *by)
{
    size_t          i;
    unsigned        n;
    corpus_text_t   text;
    corpus_count_t  count;

    memset(sum, 0, sizeof(corpus_count_t));

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {

        if (!(spellings[i].kinds >> kind & 1)) {
            continue;
        }

        memset(&count, 0, sizeof(count));

        for (n = 0; n < CORPUS_EACH; n++) {
            make_text(&text, &spellings[i], kind);
            look(&text, spellings[i].style, kind, &count);
        }

        ok(count.missed == 0, "%s, %s: %u texts", hpf_mask_kind_name(kind),
           spellings[i].name, count.texts);

        add(sum, &count);
        add(&by[i], &count);
    }
}


static void
print_spellings(const corpus_count_t *by)
{
    size_t  i;

    printf("| spelling | texts | missed |\n| --- | ---: | ---: |\n");

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        printf("| %s | %u | %u |\n", spellings[i].name, by[i].texts,
               by[i].missed);
    }
}


static void
test_values(void)
{
    unsigned        kind;
    corpus_count_t  sum, by[sizeof(spellings) / sizeof(spellings[0])];

    memset(by, 0, sizeof(by));

    if (tables) {
        printf("| kind | texts | missed | found as another kind | found"
               " beside it |\n| --- | ---: | ---: | ---: | ---: |\n");
    }

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

        if (!(rules.values >> kind & 1)) {
            continue;
        }

        test_kind(kind, &sum, by);

        if (tables) {
            printf("| %s | %u | %u | %u | %u |\n", hpf_mask_kind_name(kind),
                   sum.texts, sum.missed, sum.other, sum.extra);
        }
    }

    if (tables) {
        print_spellings(by);
    }
}


static void
test_alikes(unsigned which)
{
    char            p[256];
    size_t          i;
    unsigned        n;
    corpus_text_t   text;
    corpus_count_t  count;

    if (tables) {
        printf("| look-alike | texts | found |\n| --- | ---: | ---: |\n");
    }

    for (i = 0; i < sizeof(alikes) / sizeof(alikes[0]); i++) {
        memset(&count, 0, sizeof(count));

        for (n = 0; n < CORPUS_ALIKE; n++) {
            alikes[i].make(p);

            text.n = 0;
            put(&text, ONE_OF(before));
            put(&text, p);
            put(&text, ONE_OF(after));

            look(&text, HPF_MASK_PLAIN, HPF_MASK_NONE, &count);
        }

        ok(count.extra <= alikes[i].most[which], "%s: %u of %u",
           alikes[i].name, count.extra, count.texts);

        if (tables) {
            printf("| %s | %u | %u |\n", alikes[i].name, count.texts,
                   count.extra);
        }
    }
}


int
main(int argc, char **argv)
{
    unsigned  kind;

    (void) argv;

    tables = (argc > 1);
    plan(0);

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        hpf_mask_shape_init(&rules.value[kind], kind);
    }

    rules.values = CORPUS_ALL;
    test_values();
    test_alikes(1);

    rules.values = CORPUS_USUAL;
    test_alikes(0);
    test_engines();

    rules.values = CORPUS_ALL;
    test_engines();

    body_free();

    return done();
}
