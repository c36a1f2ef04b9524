/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the parts of hpf_schema_*.c share: a schema becomes a node, each of
 * its keywords a rule in the order of the keywords' table.
 */

#ifndef _HPF_SCHEMA_NODE_H_INCLUDED_
#define _HPF_SCHEMA_NODE_H_INCLUDED_


#define PCRE2_CODE_UNIT_WIDTH  8

#include <stdint.h>

#include <pcre2.h>

#include "hpf_schema.h"


#define HPF_SCHEMA_NODES      4096     /* of a schema */
#define HPF_SCHEMA_NESTING    64       /* of a schema's text */
#define HPF_SCHEMA_DEPTH      256      /* of nodes being checked at a time */
#define HPF_SCHEMA_WORK       2000000  /* steps of one check, with patterns */
#define HPF_SCHEMA_NAMES_MAX  1024     /* of a "required" and its like */
#define HPF_SCHEMA_HEAP       16384    /* KiB of one match */
#define HPF_SCHEMA_POINTER    1024     /* of a fault; longer ones are cut */

/* types; an integer is also a number */

#define HPF_SCHEMA_NULL       0x01
#define HPF_SCHEMA_BOOLEAN    0x02
#define HPF_SCHEMA_INTEGER    0x04
#define HPF_SCHEMA_NUMBER     0x08
#define HPF_SCHEMA_STRING     0x10
#define HPF_SCHEMA_ARRAY      0x20
#define HPF_SCHEMA_OBJECT     0x40
#define HPF_SCHEMA_ANY        0x7f


typedef struct hpf_schema_node_s     hpf_schema_node_t;
typedef struct hpf_schema_rule_s     hpf_schema_rule_t;
typedef struct hpf_schema_path_s     hpf_schema_path_t;
typedef struct hpf_schema_keyword_s  hpf_schema_keyword_t;
typedef struct hpf_schema_ctx_s      hpf_schema_ctx_t;


/* Where one is; made on the stack, written down for a fault only. */

struct hpf_schema_path_s {
    const hpf_schema_path_t  *parent;
    const char               *key;     /* NULL: index, or the root */
    size_t                    index;
    const hpf_schema_node_t  *node;    /* whose title it may have, or NULL */
};


typedef struct {
    const json_t             *value;
    const hpf_schema_path_t  *path;
} hpf_schema_pair_t;


typedef enum {
    HPF_SCHEMA_NOTE_ANY = 0,           /* annotations: of any type ... */
    HPF_SCHEMA_NOTE_TEXT,
    HPF_SCHEMA_NOTE_FLAG,
    HPF_SCHEMA_NOTE_LIST,
    HPF_SCHEMA_DIALECT,
    HPF_SCHEMA_ID,
    HPF_SCHEMA_VALUE,                  /* anything to compare with */
    HPF_SCHEMA_VALUES,
    HPF_SCHEMA_TYPES,
    HPF_SCHEMA_COUNT,
    HPF_SCHEMA_LIMIT,
    HPF_SCHEMA_FACTOR,
    HPF_SCHEMA_FLAG,
    HPF_SCHEMA_NAMES,
    HPF_SCHEMA_NAMES_MAP,
    HPF_SCHEMA_PATTERN,
    HPF_SCHEMA_FORMAT,
    HPF_SCHEMA_REF,
    HPF_SCHEMA_ONE,                    /* a schema, ... */
    HPF_SCHEMA_LIST,                   /* ... an array of them, ... */
    HPF_SCHEMA_MAP,                    /* ... by names, ... */
    HPF_SCHEMA_PATTERN_MAP             /* ... by patterns */
} hpf_schema_shape_e;


/* 1: valid, 0: not, and told unless ctx->quiet, -1: cannot be said */

typedef int (*hpf_schema_check_pt)(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path);

struct hpf_schema_keyword_s {
    const char           *name;
    hpf_schema_shape_e    shape;
    unsigned              types;       /* of instances that it is for */
    const char           *needs;       /* a keyword it says nothing without */
    hpf_schema_check_pt   check;       /* NULL: of another's, or no check */
    unsigned              in_place;    /* its schemas are for the same value */
};


typedef struct {
    const char               *name;    /* of a map, NULL in a list */
    const json_t             *value;
    pcre2_code               *code;
    hpf_schema_node_t        *node;
} hpf_schema_member_t;

struct hpf_schema_rule_s {
    const hpf_schema_keyword_t   *keyword;
    const hpf_schema_node_t      *owner;
    const json_t                 *value;
    hpf_schema_node_t            *node;        /* ONE, REF */
    hpf_schema_member_t          *members;     /* LIST, MAP, PATTERN_MAP */
    size_t                        nmembers;
    const hpf_schema_format_t    *format;
    pcre2_code                   *code;
    size_t                        count;
    unsigned                      types;
};

struct hpf_schema_node_s {
    hpf_schema_node_t            *next;        /* of all, for freeing */
    const json_t                 *json;
    hpf_schema_rule_t            *rules;
    size_t                        nrules;
    unsigned                      state;       /* of the search for loops */
};

struct hpf_schema_s {
    json_t                       *json;
    hpf_schema_node_t            *root;
    hpf_schema_node_t            *nodes;
    size_t                        nnodes;
    const hpf_schema_formats_t   *formats;
};

/* whether a form asks for more than HPF_SCHEMA_WORK, _DEPTH or _HEAP */

typedef enum {
    HPF_SCHEMA_WITHIN = 0,
    HPF_SCHEMA_REACHED,
    HPF_SCHEMA_TOLD
} hpf_schema_limit_e;


struct hpf_schema_ctx_s {
    const hpf_schema_t           *schema;
    json_t                       *faults;      /* NULL until the first */
    pcre2_match_data             *match;       /* NULL until the first */
    pcre2_match_context          *limits;
    size_t                        seen;        /* where a match has been */
    size_t                        work;
    unsigned                      depth;
    unsigned                      quiet;       /* how many ask only whether */
    hpf_schema_limit_e            limit;
    int                           en;
};


typedef struct {
    hpf_schema_t                 *schema;
    hpf_schema_error_t           *error;
    unsigned                      depth;
} hpf_schema_compile_t;


/* hpf_schema_keyword.c */

const hpf_schema_keyword_t *hpf_schema_keywords(void);  /* name NULL: end */

/* hpf_schema_compile_value.c */

int hpf_schema_compile_value(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path);
pcre2_code *hpf_schema_compile_pattern(hpf_schema_compile_t *c,
    const char *pattern, const hpf_schema_path_t *path);
int hpf_schema_compile_fault(hpf_schema_compile_t *c,
    const hpf_schema_path_t *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* hpf_schema_ref.c: HPF_OK, or HPF_ERROR with *error filled */

int hpf_schema_ref_resolve(hpf_schema_t *schema, hpf_schema_error_t *error);

/* hpf_schema_text.c */

/* rule NULL: the schema is false.  0, or -1: no memory */

void hpf_schema_text_pointer(char *dst, size_t size,
    const hpf_schema_path_t *path);
int hpf_schema_text_fault(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
int hpf_schema_text_limit(hpf_schema_ctx_t *ctx,
    const hpf_schema_path_t *path);

/* hpf_schema_value.c */

unsigned hpf_schema_value_type(const json_t *value);
unsigned hpf_schema_value_type_named(const char *name);
const char *hpf_schema_value_type_name(unsigned bit);
int hpf_schema_value_compare(const json_t *a, const json_t *b);
int hpf_schema_value_multiple(const json_t *value, const json_t *factor);
int hpf_schema_value_equal(hpf_schema_ctx_t *ctx, const json_t *a,
    const json_t *b);
uint64_t hpf_schema_value_hash(const json_t *value);
size_t hpf_schema_value_characters(const char *p, size_t len);

/* hpf_schema_check.c */

int hpf_schema_check_node(hpf_schema_ctx_t *ctx,
    const hpf_schema_node_t *node, const json_t *value,
    const hpf_schema_path_t *path);
int hpf_schema_check_quietly(hpf_schema_ctx_t *ctx,
    const hpf_schema_node_t *node, const json_t *value,
    const hpf_schema_path_t *path);
int hpf_schema_check_match(hpf_schema_ctx_t *ctx, const pcre2_code *code,
    const char *p, size_t len);
int hpf_schema_check_work(hpf_schema_ctx_t *ctx, size_t n);
const hpf_schema_rule_t *hpf_schema_check_sibling(
    const hpf_schema_rule_t *rule, const char *keyword);
const hpf_schema_node_t *hpf_schema_check_property(
    const hpf_schema_rule_t *rule, const char *name);

/* the checks: hpf_schema_scalar.c, _array.c, _object.c, _logic.c */

#define hpf_schema_declare(name)                                              \
    int name(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,            \
        const json_t *value, const hpf_schema_path_t *path)

hpf_schema_declare(hpf_schema_scalar_type);
hpf_schema_declare(hpf_schema_scalar_enum);
hpf_schema_declare(hpf_schema_scalar_const);
hpf_schema_declare(hpf_schema_scalar_pattern);
hpf_schema_declare(hpf_schema_scalar_format);
hpf_schema_declare(hpf_schema_scalar_min_length);
hpf_schema_declare(hpf_schema_scalar_max_length);
hpf_schema_declare(hpf_schema_scalar_minimum);
hpf_schema_declare(hpf_schema_scalar_maximum);
hpf_schema_declare(hpf_schema_scalar_above);
hpf_schema_declare(hpf_schema_scalar_below);
hpf_schema_declare(hpf_schema_scalar_multiple);

hpf_schema_declare(hpf_schema_array_prefix);
hpf_schema_declare(hpf_schema_array_items);
hpf_schema_declare(hpf_schema_array_min);
hpf_schema_declare(hpf_schema_array_max);
hpf_schema_declare(hpf_schema_array_unique);
hpf_schema_declare(hpf_schema_array_contains);

hpf_schema_declare(hpf_schema_object_required);
hpf_schema_declare(hpf_schema_object_properties);
hpf_schema_declare(hpf_schema_object_patterns);
hpf_schema_declare(hpf_schema_object_additional);
hpf_schema_declare(hpf_schema_object_names);
hpf_schema_declare(hpf_schema_object_min);
hpf_schema_declare(hpf_schema_object_max);
hpf_schema_declare(hpf_schema_object_dependent);
hpf_schema_declare(hpf_schema_object_dependent_schemas);

hpf_schema_declare(hpf_schema_logic_ref);
hpf_schema_declare(hpf_schema_logic_all);
hpf_schema_declare(hpf_schema_logic_any);
hpf_schema_declare(hpf_schema_logic_one);
hpf_schema_declare(hpf_schema_logic_not);
hpf_schema_declare(hpf_schema_logic_if);


#endif /* _HPF_SCHEMA_NODE_H_INCLUDED_ */
