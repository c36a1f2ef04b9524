/*
 * Copyright (C) the HPF gateway authors
 */

/* The keywords about arrays. */

#include "hpf_schema_node.h"

#include "hpf_plugin.h"


static int hpf_schema_array_item(hpf_schema_ctx_t *ctx,
    const hpf_schema_node_t *node, const json_t *value, size_t i,
    const hpf_schema_path_t *path);


int
hpf_schema_array_prefix(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int     rc, valid;
    size_t  i;

    valid = 1;

    for (i = 0; i < rule->nmembers && i < json_array_size(value); i++) {
        rc = hpf_schema_array_item(ctx, rule->members[i].node, value, i, path);

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
hpf_schema_array_items(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int                       rc, valid;
    size_t                    i;
    const hpf_schema_rule_t  *prefix;

    valid = 1;
    prefix = hpf_schema_check_sibling(rule, "prefixItems");

    for (i = prefix ? prefix->nmembers : 0; i < json_array_size(value); i++) {
        rc = hpf_schema_array_item(ctx, rule->node, value, i, path);

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
hpf_schema_array_item(hpf_schema_ctx_t *ctx, const hpf_schema_node_t *node,
    const json_t *value, size_t i, const hpf_schema_path_t *path)
{
    hpf_schema_path_t  here;

    here.parent = path;
    here.key = NULL;
    here.index = i;
    here.node = node;

    return hpf_schema_check_node(ctx, node, json_array_get(value, i), &here);
}


int
hpf_schema_array_min(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (json_array_size(value) >= rule->count) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_array_max(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (json_array_size(value) <= rule->count) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


/* quadratic, which the work limit bounds */

int
hpf_schema_array_unique(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int     rc;
    size_t  i, j;

    if (json_is_false(rule->value)) {
        return 1;
    }

    for (i = 1; i < json_array_size(value); i++) {
        for (j = 0; j < i; j++) {
            rc = hpf_schema_value_equal(ctx, json_array_get(value, i),
                                        json_array_get(value, j));
            if (rc == -1) {
                return -1;
            }

            if (rc == 1) {
                return hpf_schema_text_fault(ctx, rule, path);
            }
        }
    }

    return 1;
}


int
hpf_schema_array_contains(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int                       rc;
    size_t                    i, n;
    const hpf_schema_rule_t  *min, *max;

    n = 0;
    min = hpf_schema_check_sibling(rule, "minContains");
    max = hpf_schema_check_sibling(rule, "maxContains");

    for (i = 0; i < json_array_size(value); i++) {
        rc = hpf_schema_check_quietly(ctx, rule->node,
                                      json_array_get(value, i), path);
        if (rc == -1) {
            return -1;
        }

        n += rc;
    }

    if (n < (min ? min->count : 1)) {
        return hpf_schema_text_fault(ctx, min ? min : rule, path);
    }

    if (max != NULL && n > max->count) {
        return hpf_schema_text_fault(ctx, max, path);
    }

    return 1;
}
