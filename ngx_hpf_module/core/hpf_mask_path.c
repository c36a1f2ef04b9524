/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules by JSON Pointer.  For each depth there are masks of the rules with a
 * star, with a name, with a number and with their end there, so that names
 * are compared for those rules alone that are alive and need it.
 */

#include <string.h>

#include "hpf_mask_path.h"


#define HPF_MASK_PATH_DIGITS  18           /* of an index, fit into 64 bits */
#define HPF_MASK_PATH_NONE    ((size_t) -1)


typedef struct {
    const unsigned char  *name;            /* without escapes */
    size_t                len;
    size_t                index;           /* HPF_MASK_PATH_NONE: no number */
} hpf_mask_step_t;


typedef struct {
    const char           *text;
    size_t                len;
    unsigned              n;
    unsigned              scope;           /* hpf_mask_path_scope_e */
    hpf_mask_shape_t      shape;
    hpf_mask_step_t       steps[HPF_MASK_PATH_DEPTH];
} hpf_mask_path_t;


struct hpf_mask_paths_s {
    hpf_mask_path_t      *path[HPF_MASK_PATHS];

    /* by depth, a bit for a path: */
    uint64_t              stars[HPF_MASK_PATH_DEPTH];
    uint64_t              names[HPF_MASK_PATH_DEPTH];
    uint64_t              numbers[HPF_MASK_PATH_DEPTH];
    uint64_t              ends[HPF_MASK_PATH_DEPTH];

    uint64_t              withheld;
    uint64_t              granted;
};


static int hpf_mask_path_new(hpf_mask_rules_t *rules, const char *path,
    size_t len, hpf_mask_path_t **new);
static void hpf_mask_path_read(hpf_mask_path_t *path, unsigned char *p);
static size_t hpf_mask_path_number(const unsigned char *p, size_t len);
static void hpf_mask_path_replace(hpf_mask_rules_t *rules,
    const hpf_mask_path_t *path);


const char *
hpf_mask_path_fault(const char *path, size_t len)
{
    size_t  i, n, start;

    if (len == 0 || path[0] != '/') {
        return "it must begin with \"/\"";
    }

    n = 1;
    start = 1;

    for (i = 1; i < len; i++) {

        if (path[i] == '/') {
            n++;
            start = i + 1;
            continue;
        }

        if (path[i] == '~'
            && (i + 1 == len || (path[i + 1] != '0' && path[i + 1] != '1')))
        {
            return "\"~\" must be written \"~0\", and \"/\" in a name \"~1\"";
        }

        if (path[i] == '*'
            && (i > start || (i + 1 < len && path[i + 1] != '/')))
        {
            return "a star must be a component of its own";
        }

        if (i - start == HPF_MASK_KEY_MAX) {
            return "a name in it is longer than 128 bytes";
        }
    }

    return (n > HPF_MASK_PATH_DEPTH) ? "it has more than 16 components" : NULL;
}


int
hpf_mask_path_add(hpf_mask_rules_t *rules, const char *path, size_t len,
    const hpf_mask_shape_t *shape)
{
    int               rc;
    hpf_mask_path_t  *new;

    rc = hpf_mask_path_new(rules, path, len, &new);

    if (rc != HPF_OK) {
        return rc;
    }

    new->scope = HPF_MASK_PATH_RULE;
    new->shape = *shape;

    hpf_mask_path_replace(rules, new);

    if (rules->npaths == HPF_MASK_PATHS) {
        return HPF_DECLINED;
    }

    rules->paths->path[rules->npaths++] = new;

    return HPF_OK;
}


int
hpf_mask_path_scope(hpf_mask_rules_t *rules, const char *path, size_t len,
    unsigned scope)
{
    int               rc;
    hpf_mask_path_t  *new;

    if (rules->npaths == HPF_MASK_PATHS) {
        return HPF_DECLINED;
    }

    rc = hpf_mask_path_new(rules, path, len, &new);

    if (rc != HPF_OK) {
        return rc;
    }

    new->scope = scope;
    hpf_mask_shape_init(&new->shape, HPF_MASK_DROP);

    rules->paths->path[rules->npaths++] = new;

    return HPF_OK;
}


static int
hpf_mask_path_new(hpf_mask_rules_t *rules, const char *path, size_t len,
    hpf_mask_path_t **new)
{
    char  *text;

    if (hpf_mask_path_fault(path, len) != NULL) {
        return HPF_DECLINED;
    }

    if (rules->paths == NULL) {
        rules->paths = rules->alloc.alloc(rules->alloc.data,
                                          sizeof(hpf_mask_paths_t));
        if (rules->paths == NULL) {
            return HPF_ERROR;
        }
    }

    /* the text as it is, and once more for the names */

    *new = rules->alloc.alloc(rules->alloc.data, sizeof(hpf_mask_path_t));
    text = rules->alloc.alloc(rules->alloc.data, 2 * len);

    if (*new == NULL || text == NULL) {
        return HPF_ERROR;
    }

    memcpy(text, path, len);

    (*new)->text = text;
    (*new)->len = len;

    hpf_mask_path_read(*new, (unsigned char *) text + len);

    return HPF_OK;
}


int
hpf_mask_path_copy(hpf_mask_rules_t *rules, const hpf_mask_rules_t *base)
{
    if (base->npaths == 0) {
        return HPF_OK;
    }

    rules->paths = rules->alloc.alloc(rules->alloc.data,
                                      sizeof(hpf_mask_paths_t));
    if (rules->paths == NULL) {
        return HPF_ERROR;
    }

    *rules->paths = *base->paths;
    rules->npaths = base->npaths;

    return HPF_OK;
}


unsigned
hpf_mask_path_compile(hpf_mask_rules_t *rules)
{
    unsigned           i, d, drops;
    uint64_t           bit;
    hpf_mask_step_t   *step;
    hpf_mask_path_t   *path;
    hpf_mask_paths_t  *paths;

    paths = rules->paths;

    if (paths == NULL) {
        return 0;
    }

    drops = 0;

    paths->withheld = 0;
    paths->granted = 0;

    memset(paths->stars, 0, sizeof(paths->stars));
    memset(paths->names, 0, sizeof(paths->names));
    memset(paths->numbers, 0, sizeof(paths->numbers));
    memset(paths->ends, 0, sizeof(paths->ends));

    for (i = 0; i < rules->npaths; i++) {
        path = paths->path[i];
        bit = (uint64_t) 1 << i;

        for (d = 0; d < path->n; d++) {
            step = &path->steps[d];

            if (step->len == 1 && step->name[0] == '*') {
                paths->stars[d] |= bit;
                continue;
            }

            paths->names[d] |= bit;

            if (step->index != HPF_MASK_PATH_NONE) {
                paths->numbers[d] |= bit;
            }
        }

        paths->ends[path->n - 1] |= bit;

        if (path->shape.kind == HPF_MASK_DROP) {
            drops = 1;
        }

        if (path->scope == HPF_MASK_PATH_WITHHELD) {
            paths->withheld |= bit;

        } else if (path->scope == HPF_MASK_PATH_GRANTED) {
            paths->granted |= bit;
        }
    }

    return drops;
}


uint64_t
hpf_mask_path_key(const hpf_mask_rules_t *rules, uint64_t alive,
    unsigned depth, const unsigned char *name, size_t len)
{
    unsigned                 i;
    uint64_t                 left, ask;
    const hpf_mask_step_t   *step;
    const hpf_mask_paths_t  *paths;

    if (alive == 0 || depth >= HPF_MASK_PATH_DEPTH) {
        return 0;
    }

    paths = rules->paths;
    left = alive & paths->stars[depth];

    for (ask = alive & paths->names[depth]; ask; ask &= ask - 1) {
        i = (unsigned) __builtin_ctzll(ask);
        step = &paths->path[i]->steps[depth];

        if (step->len == len && memcmp(step->name, name, len) == 0) {
            left |= (uint64_t) 1 << i;
        }
    }

    return left;
}


uint64_t
hpf_mask_path_index(const hpf_mask_rules_t *rules, uint64_t alive,
    unsigned depth, size_t index)
{
    unsigned                 i;
    uint64_t                 left, ask;
    const hpf_mask_paths_t  *paths;

    if (alive == 0 || depth >= HPF_MASK_PATH_DEPTH) {
        return 0;
    }

    paths = rules->paths;
    left = alive & paths->stars[depth];

    for (ask = alive & paths->numbers[depth]; ask; ask &= ask - 1) {
        i = (unsigned) __builtin_ctzll(ask);

        if (paths->path[i]->steps[depth].index == index) {
            left |= (uint64_t) 1 << i;
        }
    }

    return left;
}


const hpf_mask_shape_t *
hpf_mask_path_shape(const hpf_mask_rules_t *rules, uint64_t alive,
    unsigned depth)
{
    uint64_t  withheld;

    if (alive == 0 || depth >= HPF_MASK_PATH_DEPTH) {
        return NULL;
    }

    alive &= rules->paths->ends[depth];
    withheld = alive & rules->paths->withheld;

    if (withheld && !(alive & rules->paths->granted)) {
        alive = withheld;

    } else {
        alive &= ~(withheld | rules->paths->granted);
    }

    if (alive == 0) {
        return NULL;
    }

    return &rules->paths->path[63 - __builtin_clzll(alive)]->shape;
}


/* The names go to p, where they are not longer than with their escapes. */

static void
hpf_mask_path_read(hpf_mask_path_t *path, unsigned char *p)
{
    size_t            i;
    hpf_mask_step_t  *step;

    path->n = 0;
    step = NULL;

    for (i = 0; i < path->len; i++) {

        if (path->text[i] == '/') {
            step = &path->steps[path->n++];
            step->name = p;
            step->len = 0;
            continue;
        }

        if (path->text[i] == '~') {
            *p++ = (path->text[++i] == '0') ? '~' : '/';

        } else {
            *p++ = (unsigned char) path->text[i];
        }

        step->len++;
    }

    for (i = 0; i < path->n; i++) {
        step = &path->steps[i];
        step->index = hpf_mask_path_number(step->name, step->len);
    }
}


/* An index has no zeros before it (RFC 6901, section 4). */

static size_t
hpf_mask_path_number(const unsigned char *p, size_t len)
{
    size_t  i, n;

    if (len == 0
        || len > HPF_MASK_PATH_DIGITS
        || (p[0] == '0' && len > 1))
    {
        return HPF_MASK_PATH_NONE;
    }

    n = 0;

    for (i = 0; i < len; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return HPF_MASK_PATH_NONE;
        }

        n = n * 10 + (size_t) (p[i] - '0');
    }

    return n;
}


/* Takes an equal path out; those behind it keep their order. */

static void
hpf_mask_path_replace(hpf_mask_rules_t *rules, const hpf_mask_path_t *path)
{
    unsigned           i;
    hpf_mask_path_t  **old;

    for (i = 0; i < rules->npaths; i++) {
        old = &rules->paths->path[i];

        if ((*old)->scope == HPF_MASK_PATH_RULE && (*old)->len == path->len
            && memcmp((*old)->text, path->text, path->len) == 0)
        {
            rules->npaths--;
            memmove(old, old + 1,
                    (rules->npaths - i) * sizeof(hpf_mask_path_t *));
            return;
        }
    }
}
