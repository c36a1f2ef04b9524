/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * From JSON to nodes and rules.  What is not understood is refused with its
 * place in the schema, so that no form is checked less than it says.
 */

#include "hpf_schema_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_spell.h"


static hpf_schema_node_t *hpf_schema_compile_node(hpf_schema_compile_t *c,
    const json_t *json, const hpf_schema_path_t *path);
static int hpf_schema_compile_known(hpf_schema_compile_t *c,
    const json_t *json, const hpf_schema_path_t *path);
static int hpf_schema_compile_unknown(hpf_schema_compile_t *c,
    const char *key, const hpf_schema_path_t *path);
static int hpf_schema_compile_rules(hpf_schema_compile_t *c,
    hpf_schema_node_t *node, const hpf_schema_path_t *path);
static int hpf_schema_compile_rule(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_one(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_list(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_map(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);


hpf_schema_t *
hpf_schema_compile(json_t *json, const hpf_schema_formats_t *formats,
    hpf_schema_error_t *error)
{
    hpf_schema_t          *schema;
    hpf_schema_path_t      root;
    hpf_schema_compile_t   c;

    memset(error, 0, sizeof(hpf_schema_error_t));

    schema = calloc(1, sizeof(hpf_schema_t));
    if (schema == NULL) {
        (void) snprintf(error->text, sizeof(error->text), "no memory");
        return NULL;
    }

    schema->json = json_incref(json);
    schema->formats = formats;

    memset(&root, 0, sizeof(hpf_schema_path_t));

    c.schema = schema;
    c.error = error;
    c.depth = 0;

    schema->root = hpf_schema_compile_node(&c, json, &root);

    if (schema->root == NULL
        || hpf_schema_ref_resolve(schema, error) != HPF_OK)
    {
        hpf_schema_free(schema);
        return NULL;
    }

    return schema;
}


static hpf_schema_node_t *
hpf_schema_compile_node(hpf_schema_compile_t *c, const json_t *json,
    const hpf_schema_path_t *path)
{
    int                 rc;
    hpf_schema_node_t  *node;

    if (!json_is_object(json) && !json_is_boolean(json)) {
        (void) hpf_schema_compile_fault(c, path, "a schema is an object, true "
                                        "or false");
        return NULL;
    }

    if (c->depth == HPF_SCHEMA_NESTING
        || c->schema->nnodes == HPF_SCHEMA_NODES)
    {
        (void) hpf_schema_compile_fault(c, path, "the schema is too large");
        return NULL;
    }

    node = calloc(1, sizeof(hpf_schema_node_t));
    if (node == NULL) {
        (void) hpf_schema_compile_fault(c, path, "no memory");
        return NULL;
    }

    node->json = json;
    node->next = c->schema->nodes;
    c->schema->nodes = node;
    c->schema->nnodes++;

    if (json_is_boolean(json)) {
        return node;
    }

    c->depth++;

    rc = hpf_schema_compile_known(c, json, path);

    if (rc == HPF_OK) {
        rc = hpf_schema_compile_rules(c, node, path);
    }

    c->depth--;

    return (rc == HPF_OK) ? node : NULL;
}


/* every member is a keyword or begins with x- */

static int
hpf_schema_compile_known(hpf_schema_compile_t *c, const json_t *json,
    const hpf_schema_path_t *path)
{
    void                        *it;
    const char                  *key;
    const hpf_schema_keyword_t  *keyword;

    for (it = json_object_iter((json_t *) json);
         it != NULL;
         it = json_object_iter_next((json_t *) json, it))
    {
        key = json_object_iter_key(it);

        if (strncmp(key, "x-", 2) == 0) {
            continue;
        }

        for (keyword = hpf_schema_keywords();
             keyword->name != NULL && strcmp(keyword->name, key) != 0;
             keyword++)
        {
            /* void */
        }

        if (keyword->name == NULL) {
            return hpf_schema_compile_unknown(c, key, path);
        }
    }

    return HPF_OK;
}


static int
hpf_schema_compile_unknown(hpf_schema_compile_t *c, const char *key,
    const hpf_schema_path_t *path)
{
    hpf_spell_t                  spell;
    hpf_schema_path_t            here;
    const hpf_schema_keyword_t  *keyword;

    hpf_spell_begin(&spell, key);

    for (keyword = hpf_schema_keywords(); keyword->name != NULL; keyword++) {
        hpf_spell_try(&spell, keyword->name);
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;
    here.key = key;

    if (spell.nearest == NULL) {
        return hpf_schema_compile_fault(c, &here, "keyword \"%.64s\" is "
                                        "not supported", key);
    }

    return hpf_schema_compile_fault(c, &here, "keyword \"%.64s\" is not "
                                    "supported, did you mean \"%s\"?",
                                    key, spell.nearest);
}


static int
hpf_schema_compile_rules(hpf_schema_compile_t *c, hpf_schema_node_t *node,
    const hpf_schema_path_t *path)
{
    const json_t                *value;
    hpf_schema_path_t            here;
    hpf_schema_rule_t           *rule;
    const hpf_schema_keyword_t  *keyword;

    if (json_object_size(node->json) == 0) {
        return HPF_OK;
    }

    node->rules = calloc(json_object_size(node->json),
                         sizeof(hpf_schema_rule_t));
    if (node->rules == NULL) {
        return hpf_schema_compile_fault(c, path, "no memory");
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;

    for (keyword = hpf_schema_keywords(); keyword->name != NULL; keyword++) {

        value = json_object_get(node->json, keyword->name);
        if (value == NULL) {
            continue;
        }

        here.key = keyword->name;

        if (keyword->needs != NULL
            && json_object_get(node->json, keyword->needs) == NULL)
        {
            return hpf_schema_compile_fault(c, &here, "\"%s\" says nothing "
                                            "without \"%s\"",
                                            keyword->name, keyword->needs);
        }

        rule = &node->rules[node->nrules++];
        rule->keyword = keyword;
        rule->owner = node;
        rule->value = value;

        if (hpf_schema_compile_rule(c, rule, &here) != HPF_OK) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


static int
hpf_schema_compile_rule(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    switch (rule->keyword->shape) {

    case HPF_SCHEMA_ONE:
        return hpf_schema_compile_one(c, rule, path);

    case HPF_SCHEMA_LIST:
        return hpf_schema_compile_list(c, rule, path);

    case HPF_SCHEMA_MAP:
    case HPF_SCHEMA_PATTERN_MAP:
        return hpf_schema_compile_map(c, rule, path);

    default:
        return hpf_schema_compile_value(c, rule, path);
    }
}


static int
hpf_schema_compile_one(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    rule->node = hpf_schema_compile_node(c, rule->value, path);

    return rule->node ? HPF_OK : HPF_ERROR;
}


static int
hpf_schema_compile_list(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    size_t                i, n;
    hpf_schema_path_t     here;
    hpf_schema_member_t  *member;

    n = json_array_size(rule->value);

    if (n == 0) {
        return hpf_schema_compile_fault(c, path, "must be an array of at "
                                        "least one schema");
    }

    rule->members = calloc(n, sizeof(hpf_schema_member_t));
    if (rule->members == NULL) {
        return hpf_schema_compile_fault(c, path, "no memory");
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;

    for (i = 0; i < n; i++) {
        here.index = i;

        member = &rule->members[rule->nmembers++];
        member->value = json_array_get(rule->value, i);
        member->node = hpf_schema_compile_node(c, member->value, &here);

        if (member->node == NULL) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


static int
hpf_schema_compile_map(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    void                 *it;
    json_t               *map;
    hpf_schema_path_t     here;
    hpf_schema_member_t  *member;

    if (!json_is_object(rule->value)) {
        return hpf_schema_compile_fault(c, path, "must be an object of "
                                        "schemas");
    }

    if (json_object_size(rule->value) == 0) {
        return HPF_OK;
    }

    rule->members = calloc(json_object_size(rule->value),
                           sizeof(hpf_schema_member_t));
    if (rule->members == NULL) {
        return hpf_schema_compile_fault(c, path, "no memory");
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;

    map = (json_t *) rule->value;

    for (it = json_object_iter(map);
         it != NULL;
         it = json_object_iter_next(map, it))
    {
        here.key = json_object_iter_key(it);

        member = &rule->members[rule->nmembers++];
        member->name = here.key;
        member->value = json_object_iter_value(it);

        if (rule->keyword->shape == HPF_SCHEMA_PATTERN_MAP) {
            member->code = hpf_schema_compile_pattern(c, here.key, &here);
            if (member->code == NULL) {
                return HPF_ERROR;
            }
        }

        member->node = hpf_schema_compile_node(c, member->value, &here);
        if (member->node == NULL) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}
