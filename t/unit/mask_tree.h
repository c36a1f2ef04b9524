/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON as a tree, read by the letter of RFC 8259.  It keeps what a masking
 * engine must not lose and most libraries do: members of the same name, names
 * with a zero in them, and numbers as they are written.
 */

#ifndef _MASK_TREE_H_INCLUDED_
#define _MASK_TREE_H_INCLUDED_


#include "hpf_utf8.h"
#include "mask_body.h"


#define TREE_NODES  65536
#define TREE_TEXT   2097152


typedef struct tree_s  tree_t;

struct tree_s {
    char                  type;     /* { [ " 0 or the letter of a word */
    const unsigned char  *p;        /* a string's characters, a number */
    size_t                n;
    size_t                raw;      /* bytes of it as written */
    size_t                space;    /* around a member's name, at most */
    tree_t               *name;     /* of a member */
    tree_t               *first;    /* member or element */
    tree_t               *next;
};


typedef struct {
    const unsigned char  *p;
    const unsigned char  *end;
    unsigned              bad;
} tree_text_t;


static tree_t         tree_nodes[TREE_NODES];
static unsigned char  tree_bytes[TREE_TEXT];
static size_t         tree_nnodes, tree_nbytes;


static tree_t *tree_value(tree_text_t *t);


/* All trees so far are gone. */

static inline void
tree_reset(void)
{
    tree_nnodes = 0;
    tree_nbytes = 0;
}


static tree_t *
tree_new(char type)
{
    tree_t  *node;

    if (tree_nnodes == TREE_NODES) {
        printf("Bail out! too many nodes\n");
        exit(EXIT_FAILURE);
    }

    node = &tree_nodes[tree_nnodes++];

    memset(node, 0, sizeof(tree_t));
    node->type = type;

    return node;
}


/* Room for n bytes; tree_nbytes is moved by who uses it. */

static unsigned char *
tree_room(size_t n)
{
    if (n > TREE_TEXT - tree_nbytes) {
        printf("Bail out! too much text\n");
        exit(EXIT_FAILURE);
    }

    return tree_bytes + tree_nbytes;
}


static inline tree_t *
tree_string(const void *p, size_t n)
{
    tree_t         *node;
    unsigned char  *copy;

    node = tree_new('"');
    copy = tree_room(n);
    tree_nbytes += n;

    if (n) {
        memcpy(copy, p, n);
    }

    node->p = copy;
    node->n = n;

    return node;
}


static size_t
tree_space(tree_text_t *t)
{
    const unsigned char  *p;

    p = t->p;

    while (t->p < t->end && strchr(" \t\n\r", *t->p) && *t->p) {
        t->p++;
    }

    return (size_t) (t->p - p);
}


/* 1: the byte is next, and taken. */

static unsigned
tree_take(tree_text_t *t, int c)
{
    if (t->p == t->end || *t->p != c) {
        return 0;
    }

    t->p++;

    return 1;
}


static uint32_t
tree_hex(tree_text_t *t)
{
    int       i;
    uint32_t  n;

    static const char  digits[] = "0123456789abcdef";

    n = 0;

    for (i = 0; i < 4; i++) {
        const char  *d;

        if (t->p == t->end || *t->p == '\0'
            || (d = strchr(digits, *t->p | 0x20)) == NULL)
        {
            t->bad = 1;
            return 0;
        }

        n = n * 16 + (uint32_t) (d - digits);
        t->p++;
    }

    return n;
}


/* What is behind a backslash. */

static uint32_t
tree_escape(tree_text_t *t)
{
    uint32_t     high, low;
    const char  *e;

    static const char  escapes[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";

    if (t->p == t->end || *t->p == '\0') {
        t->bad = 1;
        return 0;
    }

    e = strchr(escapes, *t->p++);

    if (e) {
        return (uint32_t) means[e - escapes];
    }

    if (t->p[-1] != 'u') {
        t->bad = 1;
        return 0;
    }

    high = tree_hex(t);

    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }

    if (high > 0xdbff || !tree_take(t, '\\') || !tree_take(t, 'u')) {
        t->bad = 1;
        return 0;
    }

    low = tree_hex(t);

    if (low < 0xdc00 || low > 0xdfff) {
        t->bad = 1;
    }

    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}


static tree_t *
tree_text(tree_text_t *t)
{
    tree_t               *node;
    unsigned char        *d;
    const unsigned char  *start;

    node = tree_new('"');

    if (!tree_take(t, '"')) {
        t->bad = 1;
        return node;
    }

    start = t->p;
    d = tree_room((size_t) (t->end - t->p));
    node->p = d;

    while (!t->bad) {

        if (t->p == t->end || *t->p < ' ') {
            t->bad = 1;
            break;
        }

        if (*t->p == '"') {
            break;
        }

        if (tree_take(t, '\\')) {
            d += hpf_utf8_encode(d, tree_escape(t));

        } else {
            *d++ = *t->p++;
        }
    }

    node->n = (size_t) (d - node->p);
    node->raw = (size_t) (t->p - start);
    tree_nbytes += node->n;

    (void) tree_take(t, '"');

    return node;
}


static void
tree_digits(tree_text_t *t)
{
    const unsigned char  *p;

    for (p = t->p; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {
        /* void */
    }

    if (t->p == p) {
        t->bad = 1;
    }
}


static tree_t *
tree_number(tree_text_t *t)
{
    tree_t  *node;

    node = tree_new('0');
    node->p = t->p;

    (void) tree_take(t, '-');

    if (!tree_take(t, '0')) {
        tree_digits(t);
    }

    if (tree_take(t, '.')) {
        tree_digits(t);
    }

    if (tree_take(t, 'e') || tree_take(t, 'E')) {
        (void) (tree_take(t, '+') || tree_take(t, '-'));
        tree_digits(t);
    }

    node->n = (size_t) (t->p - node->p);
    node->raw = node->n;

    return node;
}


static tree_t *
tree_word(tree_text_t *t)
{
    size_t  i, n;

    static const char *const  words[] = { "null", "true", "false" };

    for (i = 0; i < 3; i++) {
        n = strlen(words[i]);

        if ((size_t) (t->end - t->p) >= n && memcmp(t->p, words[i], n) == 0) {
            t->p += n;
            return tree_new(words[i][0]);
        }
    }

    t->bad = 1;

    return tree_new('n');
}


static tree_t *
tree_member(tree_text_t *t, size_t space)
{
    size_t   behind;
    tree_t  *name, *node;

    name = tree_text(t);
    behind = tree_space(t);

    if (!tree_take(t, ':')) {
        t->bad = 1;
    }

    node = tree_value(t);
    node->name = name;
    node->space = (space > behind) ? space : behind;

    return node;
}


/* An object, or an array; its end is ] or }. */

static tree_t *
tree_all(tree_text_t *t, char type, int end)
{
    size_t    space;
    tree_t   *node, **last;

    node = tree_new(type);
    last = &node->first;

    space = tree_space(t);

    if (tree_take(t, end)) {
        return node;
    }

    while (!t->bad) {
        *last = (type == '{') ? tree_member(t, space) : tree_value(t);
        last = &(*last)->next;

        if (tree_take(t, end)) {
            return node;
        }

        t->bad |= !tree_take(t, ',');
        space = tree_space(t);
    }

    return node;
}


/* A value, and the white space around it. */

static tree_t *
tree_value(tree_text_t *t)
{
    tree_t  *node;

    (void) tree_space(t);

    if (tree_take(t, '{')) {
        node = tree_all(t, '{', '}');

    } else if (tree_take(t, '[')) {
        node = tree_all(t, '[', ']');

    } else if (t->p < t->end && *t->p == '"') {
        node = tree_text(t);

    } else if (t->p < t->end && (*t->p == '-' || (*t->p >= '0'
                                                  && *t->p <= '9')))
    {
        node = tree_number(t);

    } else {
        node = tree_word(t);
    }

    (void) tree_space(t);

    return node;
}


/* NULL: it is no JSON. */

static inline tree_t *
tree_read(const unsigned char *p, size_t len)
{
    tree_t       *node;
    tree_text_t   t;

    t.p = p;
    t.end = p + len;
    t.bad = 0;

    node = tree_value(&t);

    return (t.bad || t.p < t.end) ? NULL : node;
}


/* What is different, or NULL. */

static inline const char *
tree_differs(const tree_t *a, const tree_t *b)
{
    const char  *what;

    if (a->type != b->type) {
        return "the type of a value";
    }

    if (a->n != b->n || (a->n && memcmp(a->p, b->p, a->n) != 0)) {
        return "a value";
    }

    if (a->name && b->name && tree_differs(a->name, b->name)) {
        return "a name";
    }

    for (a = a->first, b = b->first; a && b; a = a->next, b = b->next) {
        what = tree_differs(a, b);

        if (what) {
            return what;
        }
    }

    return (a || b) ? "the number of values" : NULL;
}


#endif /* _MASK_TREE_H_INCLUDED_ */
