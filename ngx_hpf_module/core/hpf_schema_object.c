/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The keywords about objects.  What is missing or too much is told at the
 * member's own pointer, for that is where a form shows it.
 */

#include "hpf_schema_node.h"

#include <string.h>

#include "hpf_plugin.h"


static int hpf_schema_object_missing(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *names,
    const hpf_schema_pair_t *at);
static int hpf_schema_object_is_known(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *properties, const hpf_schema_rule_t *patterns,
    const char *key);


int
hpf_schema_object_required(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    hpf_schema_pair_t  at;

    at.value = value;
    at.path = path;

    return hpf_schema_object_missing(ctx, rule, rule->value, &at);
}


int
hpf_schema_object_dependent(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int                rc, valid;
    void              *it;
    json_t            *map;
    hpf_schema_pair_t  at;

    at.value = value;
    at.path = path;

    valid = 1;
    map = (json_t *) rule->value;

    for (it = json_object_iter(map);
         it != NULL;
         it = json_object_iter_next(map, it))
    {
        if (json_object_get(value, json_object_iter_key(it)) == NULL) {
            continue;
        }

        rc = hpf_schema_object_missing(ctx, rule, json_object_iter_value(it),
                                       &at);
        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return valid;
}


static int
hpf_schema_object_missing(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *names,
    const hpf_schema_pair_t *at)
{
    int                rc;
    size_t             i;
    const char        *name;
    hpf_schema_path_t  here;

    rc = 1;

    for (i = 0; i < json_array_size(names); i++) {
        name = json_string_value(json_array_get(names, i));

        if (hpf_schema_check_work(ctx, 1) != HPF_OK) {
            return -1;
        }

        if (json_object_get(at->value, name) != NULL) {
            continue;
        }

        here.parent = at->path;
        here.key = name;
        here.index = 0;
        here.node = hpf_schema_check_property(rule, name);

        rc = hpf_schema_text_fault(ctx, rule, &here);

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return rc;
}


int
hpf_schema_object_properties(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int                         rc, valid;
    size_t                      i;
    const json_t               *child;
    hpf_schema_path_t           here;
    const hpf_schema_member_t  *member;

    if (hpf_schema_check_work(ctx, rule->nmembers) != HPF_OK) {
        return -1;
    }

    valid = 1;

    for (i = 0; i < rule->nmembers; i++) {
        member = &rule->members[i];

        child = json_object_get(value, member->name);
        if (child == NULL) {
            continue;
        }

        here.parent = path;
        here.key = member->name;
        here.index = 0;
        here.node = member->node;

        rc = hpf_schema_check_node(ctx, member->node, child, &here);

        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return valid;
}


int
hpf_schema_object_patterns(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int                         rc, valid;
    void                       *it;
    size_t                      i;
    hpf_schema_path_t           here;
    const hpf_schema_member_t  *member;

    valid = 1;

    here.parent = path;
    here.index = 0;

    for (it = json_object_iter((json_t *) value);
         it != NULL;
         it = json_object_iter_next((json_t *) value, it))
    {
        here.key = json_object_iter_key(it);

        for (i = 0; i < rule->nmembers; i++) {
            member = &rule->members[i];

            rc = hpf_schema_check_match(ctx, member->code, here.key,
                                        strlen(here.key));
            if (rc == 1) {
                here.node = member->node;
                rc = hpf_schema_check_node(ctx, member->node,
                                           json_object_iter_value(it), &here);

            } else if (rc == 0) {
                continue;
            }

            if (rc == 1) {
                continue;
            }

            valid = rc;

            if (rc == -1 || ctx->quiet) {
                return valid;
            }
        }
    }

    return valid;
}


int
hpf_schema_object_additional(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int                       rc, valid;
    void                     *it;
    const json_t             *child;
    hpf_schema_path_t         here;
    const hpf_schema_rule_t  *properties, *patterns;

    valid = 1;
    properties = hpf_schema_check_sibling(rule, "properties");
    patterns = hpf_schema_check_sibling(rule, "patternProperties");

    here.parent = path;
    here.index = 0;
    here.node = rule->node;

    for (it = json_object_iter((json_t *) value);
         it != NULL;
         it = json_object_iter_next((json_t *) value, it))
    {
        here.key = json_object_iter_key(it);
        child = json_object_iter_value(it);

        rc = hpf_schema_object_is_known(ctx, properties, patterns, here.key);

        if (rc == 0) {
            rc = json_is_false(rule->value)
                 ? hpf_schema_text_fault(ctx, rule, &here)
                 : hpf_schema_check_node(ctx, rule->node, child, &here);
        }

        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return valid;
}


static int
hpf_schema_object_is_known(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *properties, const hpf_schema_rule_t *patterns,
    const char *key)
{
    int     rc;
    size_t  i;

    if (hpf_schema_check_work(ctx, 1) != HPF_OK) {
        return -1;
    }

    if (properties != NULL
        && json_object_get(properties->value, key) != NULL)
    {
        return 1;
    }

    if (patterns == NULL) {
        return 0;
    }

    for (i = 0; i < patterns->nmembers; i++) {
        rc = hpf_schema_check_match(ctx, patterns->members[i].code, key,
                                    strlen(key));
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


int
hpf_schema_object_names(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int                rc, valid;
    void              *it;
    json_t            *name;
    hpf_schema_path_t  here;

    valid = 1;

    here.parent = path;
    here.index = 0;
    here.node = NULL;

    for (it = json_object_iter((json_t *) value);
         it != NULL;
         it = json_object_iter_next((json_t *) value, it))
    {
        here.key = json_object_iter_key(it);

        name = json_string(here.key);
        if (name == NULL) {
            return -1;
        }

        rc = hpf_schema_check_quietly(ctx, rule->node, name, &here);

        if (rc == 0) {
            rc = hpf_schema_text_fault(ctx, rule, &here);
        }

        json_decref(name);

        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return valid;
}


int
hpf_schema_object_min(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (json_object_size(value) >= rule->count) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_object_max(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (json_object_size(value) <= rule->count) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_object_dependent_schemas(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int     rc, valid;
    size_t  i;

    valid = 1;

    for (i = 0; i < rule->nmembers; i++) {

        if (json_object_get(value, rule->members[i].name) == NULL) {
            continue;
        }

        rc = hpf_schema_check_node(ctx, rule->members[i].node, value, path);

        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    return valid;
}
