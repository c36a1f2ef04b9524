/* links: mask core/hpf_mask_rulefile.c core/hpf_mask_rulefile_rule.c core/hpf_json.c core/hpf_json_fault.c core/hpf_json_line.c core/hpf_spell.c -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The rules of masking: names, patterns and places, what a later rule and a
 * further layer do to earlier ones, the filter, and that ten thousand rules
 * are found as ten are.
 */

#include <time.h>

#include "hpf_mask_path.h"
#include "hpf_mask_rules.h"
#include "tap.h"


static void    *pieces[262144];
static size_t   npieces;


static void *
take(void *data, size_t size)
{
    (void) data;

    if (npieces == sizeof(pieces) / sizeof(pieces[0])) {
        return NULL;
    }

    pieces[npieces] = malloc(size);

    return pieces[npieces++];
}


static hpf_mask_rules_t *
fresh(const hpf_mask_rules_t *base)
{
    hpf_mask_alloc_t  alloc;

    alloc.alloc = take;
    alloc.data = NULL;

    return hpf_mask_rules_create(&alloc, base);
}


static int
key(hpf_mask_rules_t *rules, const char *name, unsigned kind)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);

    return hpf_mask_rules_key(rules, name, strlen(name), &shape);
}


static int
path(hpf_mask_rules_t *rules, const char *text, unsigned kind)
{
    hpf_mask_shape_t  shape;

    hpf_mask_shape_init(&shape, kind);

    return hpf_mask_path_add(rules, text, strlen(text), &shape);
}


/* The kind for a key, HPF_MASK_KINDS: no rule. */

static unsigned
of(const hpf_mask_rules_t *rules, const char *name)
{
    size_t                   len;
    const unsigned char     *p;
    const hpf_mask_shape_t  *shape;

    p = (const unsigned char *) name;
    len = strlen(name);

    shape = hpf_mask_rules_find(rules, p, len);

    if (shape && !hpf_mask_rules_may(rules, p, len)) {
        return HPF_MASK_KINDS + 1;
    }

    return shape ? shape->kind : HPF_MASK_KINDS;
}


/*
 * The kind at a place: members are written "/name", elements "#3", and the
 * name ends at the next of these signs.
 */

static unsigned
at(const hpf_mask_rules_t *rules, const char *place)
{
    size_t                   n;
    unsigned                 depth;
    uint64_t                 alive;
    const hpf_mask_shape_t  *shape;

    alive = hpf_mask_path_start(rules);
    shape = NULL;

    for (depth = 0; *place; depth++) {
        n = 1 + strcspn(place + 1, "/#");

        if (*place == '#') {
            alive = hpf_mask_path_index(rules, alive, depth,
                                        strtoul(place + 1, NULL, 10));

        } else {
            alive = hpf_mask_path_key(rules, alive, depth,
                                      (const unsigned char *) place + 1,
                                      n - 1);
        }

        shape = hpf_mask_path_shape(rules, alive, depth);
        place += n;
    }

    return shape ? shape->kind : HPF_MASK_KINDS;
}


static void
keys(void)
{
    hpf_mask_rules_t  *r, *child;

    r = fresh(NULL);

    is_int(key(r, "Name", HPF_MASK_NAME), HPF_OK, "a key");
    is_int(key(r, "*phone*", HPF_MASK_MOBILE), HPF_OK, "a pattern");
    is_int(key(r, "x*", HPF_MASK_ALL), HPF_OK, "a prefix");
    is_int(key(r, "*no", HPF_MASK_ACCOUNT), HPF_OK, "a suffix");
    is_int(key(r, "phoneKind", HPF_MASK_NONE), HPF_OK, "and an exact name");
    is_int(key(r, "", HPF_MASK_ALL), HPF_DECLINED, "not an empty one");
    is_int(hpf_mask_rules_compile(r), HPF_OK, "compiled");

    is_int(of(r, "name"), HPF_MASK_NAME, "in lower case");
    is_int(of(r, "NAME"), HPF_MASK_NAME, "in upper case");
    is_int(of(r, "names"), HPF_MASK_KINDS, "not a longer name");
    is_int(of(r, "homePhone2"), HPF_MASK_MOBILE, "the pattern");
    is_int(of(r, "PHONEKIND"), HPF_MASK_NONE, "an exact name wins");
    is_int(of(r, "xPhone"), HPF_MASK_ALL, "of patterns the later");
    is_int(of(r, "phoneNo"), HPF_MASK_ACCOUNT, "whatever their stars");
    is_int(of(r, "xNo"), HPF_MASK_ACCOUNT, "also between prefix and suffix");
    is_int(r->npatterns, 3, "three patterns");
    is_int(r->drops, 0, "no member goes");

    child = fresh(r);

    is_int(key(child, "NAME", HPF_MASK_DROP), HPF_OK, "a further layer");
    is_int(key(child, "*mail", HPF_MASK_EMAIL), HPF_OK, "with a pattern");
    is_int(hpf_mask_rules_compile(child), HPF_OK, "compiled");

    is_int(of(child, "name"), HPF_MASK_DROP, "its rule wins");
    is_int(of(child, "e-mail"), HPF_MASK_EMAIL, "it has its own");
    is_int(of(child, "homePhone"), HPF_MASK_MOBILE, "and those below");
    is_int(child->drops, 1, "a member may go");

    is_int(of(r, "name"), HPF_MASK_NAME, "the lower layer stays as it was");
    is_int(of(r, "e-mail"), HPF_MASK_KINDS, "without the rules above it");
}


static void
paths(void)
{
    char               text[64];
    unsigned           i;
    hpf_mask_rules_t  *r, *child;

    r = fresh(NULL);

    is_int(path(r, "/data/*/name", HPF_MASK_NAME), HPF_OK, "a path");
    is_int(path(r, "/data/0/name", HPF_MASK_ALL), HPF_OK, "with an index");
    is_int(path(r, "/a~1b/c~0d", HPF_MASK_MOBILE), HPF_OK, "with escapes");
    is_int(path(r, "/*", HPF_MASK_AMOUNT), HPF_OK, "a star alone");
    is_int(path(r, "/x/", HPF_MASK_EMAIL), HPF_OK, "an empty name");
    is_int(path(r, "/n/01", HPF_MASK_ACCOUNT), HPF_OK, "no index");
    is_int(hpf_mask_rules_compile(r), HPF_OK, "compiled");

    is_int(at(r, "/data#1/name"), HPF_MASK_NAME, "any element");
    is_int(at(r, "/data/k/name"), HPF_MASK_NAME, "any member");
    is_int(at(r, "/data#0/name"), HPF_MASK_ALL, "that element");
    is_int(at(r, "/data/0/name"), HPF_MASK_ALL, "or that member");
    is_int(at(r, "/data#1/Name"), HPF_MASK_KINDS, "case matters");
    is_int(at(r, "/data#1#1/name"), HPF_MASK_KINDS, "one star, one step");
    is_int(at(r, "/data#1/name/x"), HPF_MASK_KINDS, "not below it");
    is_int(at(r, "/data#1"), HPF_MASK_KINDS, "not above it");
    is_int(at(r, "/date#1/name"), HPF_MASK_KINDS, "nor beside it");
    is_int(at(r, "#0"), HPF_MASK_AMOUNT, "an element of the root");
    is_int(at(r, "/x/"), HPF_MASK_EMAIL, "the empty name");
    is_int(at(r, "/n/01"), HPF_MASK_ACCOUNT, "a name of digits");
    is_int(at(r, "/n#1"), HPF_MASK_KINDS, "is no index");
    is_int(at(r, ""), HPF_MASK_KINDS, "the root");

    child = fresh(r);

    is_int(path(child, "/data/*/name", HPF_MASK_DROP), HPF_OK,
           "the same path in a further layer");
    is_int(hpf_mask_rules_compile(child), HPF_OK, "compiled");
    is_int(child->npaths, 6, "takes the place of the earlier");
    is_int(at(child, "/data#0/name"), HPF_MASK_DROP, "and comes last");
    is_int(at(r, "/data#0/name"), HPF_MASK_ALL, "the layer below stays");
    is_int(child->drops, 1, "a member may go");
    is_int(r->drops, 0, "but not there");

    for (i = child->npaths; i < HPF_MASK_PATHS; i++) {
        (void) snprintf(text, sizeof(text), "/many/%u/*", i);

        if (path(child, text, HPF_MASK_ALL) != HPF_OK) {
            break;
        }
    }

    is_int(i, HPF_MASK_PATHS, "64 paths");
    is_int(path(child, "/more", HPF_MASK_ALL), HPF_DECLINED, "no more");
    is_int(path(child, "/many/9/*", HPF_MASK_NAME), HPF_OK, "but again one");
    is_int(hpf_mask_rules_compile(child), HPF_OK, "compiled");
    is_int(hpf_mask_path_start(child) == ~(uint64_t) 0, 1, "all are alive");
    is_int(at(child, "/many#9/x"), HPF_MASK_NAME, "the last bit");
    is_int(at(child, "/many#63#5"), HPF_MASK_ALL, "and the one before");
}


static void
faults(void)
{
    char     deep[HPF_MASK_PATH_DEPTH * 2 + 8], name[160];
    size_t   i, n;

    static const char  *bad[] = {
        "", "a", "data/name", "/a*", "/*a/b", "/a/b*", "/**", "/~", "/a~2",
        "/a/~/b"
    };
    static const char  *good[] = {
        "/", "/a", "/*", "/*/*", "//", "/~0~1", "/a/0/b", "/姓名", "/a b"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(hpf_mask_path_fault(bad[i], strlen(bad[i])) != NULL,
           "\"%s\" is no path", bad[i]);
    }

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(hpf_mask_path_fault(good[i], strlen(good[i])) == NULL,
           "\"%s\" is a path", good[i]);
    }

    for (i = 0; i < HPF_MASK_PATH_DEPTH + 1; i++) {
        memcpy(deep + 2 * i, "/x", 2);
    }

    ok(hpf_mask_path_fault(deep, 2 * HPF_MASK_PATH_DEPTH) == NULL,
       "16 components");
    ok(hpf_mask_path_fault(deep, 2 * HPF_MASK_PATH_DEPTH + 2) != NULL,
       "17 components");

    memset(name, 'n', sizeof(name));
    name[0] = '/';
    n = 1 + HPF_MASK_KEY_MAX;

    ok(hpf_mask_path_fault(name, n) == NULL, "a name of 128 bytes");
    ok(hpf_mask_path_fault(name, n + 1) != NULL, "one of 129");
}


static void
values(void)
{
    unsigned           kind, n;
    hpf_mask_rules_t  *r, *child;
    hpf_mask_shape_t   shape;

    r = fresh(NULL);
    n = 0;

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {
        hpf_mask_shape_init(&shape, kind);
        n += hpf_mask_rules_value(r, &shape, 1) == HPF_OK;
    }

    is_int(n, 7, "kinds that can be found in a text");
    is_int(r->values, HPF_MASK_VALUES, "a bit for each");

    hpf_mask_shape_init(&shape, HPF_MASK_MOBILE);
    shape.left = 1;

    child = fresh(r);

    is_int(hpf_mask_rules_value(child, &shape, 0), HPF_OK, "one off");
    is_int(child->values, HPF_MASK_VALUES & ~(1u << HPF_MASK_MOBILE),
           "the others stay");
    is_int(child->value[HPF_MASK_MOBILE].left, 1, "its form");
    is_int(r->value[HPF_MASK_MOBILE].left, 3, "not that of the base");
}


static void
filter(void)
{
    unsigned              slot;
    unsigned char         name[HPF_MASK_RULES_LAST + 8];
    hpf_mask_rules_t     *r;
    const unsigned char  *p;

    is_int(hpf_word((const unsigned char *) "ab", 2), 0x6261,
           "a head");
    is_int(hpf_mask_rules_slot(0x6261, 2), hpf_mask_rules_slot(0x4241, 2),
           "of any case");
    ok(hpf_mask_rules_slot(0x6261, 2) != hpf_mask_rules_slot(0x6261, 3),
       "but of one length");

    p = (const unsigned char *) "applicationName";

    is_int(hpf_mask_rules_place(p, 15), hpf_mask_rules_slot(hpf_word(p, 8), 15),
           "the first eight bytes and the length give the place");

    memset(name, 'x', sizeof(name));
    slot = hpf_mask_rules_place(name, sizeof(name));
    name[7] = 'y';
    is_int(hpf_mask_rules_place(name, sizeof(name)), slot,
           "of a long name the last bytes alone");
    name[8] = 'y';
    ok(hpf_mask_rules_place(name, sizeof(name)) != slot, "from there on");

    r = fresh(NULL);
    (void) key(r, "applicationName", HPF_MASK_NAME);
    (void) hpf_mask_rules_compile(r);

    ok(hpf_mask_rules_may(r, p, 15), "a name with a rule is known");
    ok(!hpf_mask_rules_may(r, (const unsigned char *) "amount", 6),
       "others are refused");

    (void) key(r, "*x*", HPF_MASK_NAME);
    (void) hpf_mask_rules_compile(r);

    ok(hpf_mask_rules_may(r, (const unsigned char *) "amount", 6),
       "but not beside a pattern");
}


/* Of ten thousand names the filter still refuses most that have no rule. */

static void
filter_full(void)
{
    char               name[16];
    size_t             i, n;
    hpf_mask_rules_t  *r;

    r = fresh(NULL);

    for (i = 0; i < 10000; i++) {
        (void) snprintf(name, sizeof(name), "k-%u", (unsigned) i);
        (void) key(r, name, HPF_MASK_ALL);
    }

    (void) hpf_mask_rules_compile(r);

    n = 0;

    for (i = 0; i < 10000; i++) {
        (void) snprintf(name, sizeof(name), "no-%u", (unsigned) i);
        n += hpf_mask_rules_may(r, (unsigned char *) name, strlen(name));
    }

    ok(n < 2500, "%u of 10000 other names pass", (unsigned) n);
}


/* ns for a key with a rule, at best. */

static double
cost(const hpf_mask_rules_t *r)
{
    double                ns, best;
    size_t                i, n;
    struct timespec       a, b;
    const unsigned char  *p;

    best = 1e9;
    p = (const unsigned char *) "customer_7_last_name";

    for (n = 0; n < 10; n++) {
        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);

        for (i = 0; i < 20000; i++) {

            if (hpf_mask_rules_find(r, p, 20) == NULL) {
                return 1e9;
            }
        }

        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);

        ns = ((double) (b.tv_sec - a.tv_sec) * 1e9
              + (double) (b.tv_nsec - a.tv_nsec)) / 20000;
        best = (ns < best) ? ns : best;
    }

    return best;
}


static void
many(void)
{
    char               name[64];
    size_t             i, n;
    double             few, lots;
    hpf_mask_rules_t  *r, *small;

    small = fresh(NULL);
    r = fresh(NULL);
    n = 0;

    for (i = 0; i < 40000; i++) {
        (void) snprintf(name, sizeof(name), "customer_%zu_last_name", i);
        n += key(r, name, HPF_MASK_NAME) == HPF_OK;

        if (i < 10) {
            (void) key(small, name, HPF_MASK_NAME);
        }
    }

    is_int(n, 40000, "forty thousand names");
    is_int(hpf_mask_rules_compile(r), HPF_OK, "compiled");
    is_int(hpf_mask_rules_compile(small), HPF_OK, "and ten");

    for (i = 0, n = 0; i < 40000; i++) {
        (void) snprintf(name, sizeof(name), "CUSTOMER_%zu_Last_Name", i);
        n += of(r, name) == HPF_MASK_NAME;
    }

    is_int(n, 40000, "each is found");
    is_int(of(r, "customer_40000_last_name"), HPF_MASK_KINDS, "and no other");

    few = cost(small);
    lots = cost(r);
    printf("# a key: %.0f ns of 10, %.0f ns of 40000\n", few, lots);
    ok(lots < few * 4 + 20, "about as fast");

    for (i = r->nkeys; i < HPF_MASK_RULES_MAX; i++) {
        (void) key(r, "again", HPF_MASK_ALL);
    }

    is_int(key(r, "more", HPF_MASK_ALL), HPF_DECLINED, "there is a limit");
    is_int(hpf_mask_rules_compile(r), HPF_OK, "which can be compiled");
    is_int(of(r, "again"), HPF_MASK_ALL, "and found");
}


static void
defaults(void)
{
    hpf_mask_rules_t  *r;

    r = fresh(NULL);

    is_int(hpf_mask_rules_defaults(r), HPF_OK, "the built-in rules");
    is_int(hpf_mask_rules_compile(r), HPF_OK, "compiled");
    is_int(of(r, "realName"), HPF_MASK_NAME, "a name");
    is_int(of(r, "ZJHM"), HPF_MASK_ID_CARD, "by initials");
    is_int(of(r, "姓名"), HPF_MASK_NAME, "in Chinese");
    is_int(of(r, "amount"), HPF_MASK_KINDS, "amounts have none");
    is_int(r->npaths, 0, "no paths");
    is_int(at(r, "/name"), HPF_MASK_KINDS, "which may be asked for");
    is_int(r->values,
           1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE
           | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL,
           "values that are personal and nothing else");
}


int
main(void)
{
    plan(0);

    keys();
    paths();
    faults();
    values();
    filter();
    filter_full();
    many();
    defaults();

    while (npieces) {
        free(pieces[--npieces]);
    }

    return done();
}
