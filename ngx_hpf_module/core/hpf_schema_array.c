/*
 * Copyright (C) the HPF gateway authors
 */

/* The keywords about arrays. */

#include "hpf_schema_node.h"

#include <stdint.h>
#include <stdlib.h>

#include "hpf_plugin.h"


typedef struct {
    uint64_t                  hash;
    const json_t             *value;
} hpf_schema_hashed_t;


static int hpf_schema_array_item(hpf_schema_ctx_t *ctx,
    const hpf_schema_node_t *node, const json_t *value, size_t i,
    const hpf_schema_path_t *path);
static int hpf_schema_array_order(const void *one, const void *two);
static int hpf_schema_array_twice(hpf_schema_ctx_t *ctx,
    const hpf_schema_hashed_t *items, size_t n);


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


/* only what has the same hash is compared, so that long arrays are no work */

int
hpf_schema_array_unique(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int                   rc;
    size_t                i, n;
    hpf_schema_hashed_t  *items;

    n = json_array_size(value);

    if (json_is_false(rule->value) || n < 2) {
        return 1;
    }

    items = malloc(n * sizeof(hpf_schema_hashed_t));
    if (items == NULL) {
        return -1;
    }

    rc = 0;

    for (i = 0; i < n && rc != -1; i++) {
        items[i].value = json_array_get(value, i);
        items[i].hash = hpf_schema_value_hash(items[i].value);

        rc = (hpf_schema_check_work(ctx, 4) == HPF_OK) ? 0 : -1;
    }

    if (rc != -1) {
        qsort(items, n, sizeof(hpf_schema_hashed_t), hpf_schema_array_order);
        rc = hpf_schema_array_twice(ctx, items, n);
    }

    free(items);

    if (rc == 1) {
        return hpf_schema_text_fault(ctx, rule, path);
    }

    return (rc == 0) ? 1 : -1;
}


static int
hpf_schema_array_order(const void *one, const void *two)
{
    const hpf_schema_hashed_t *a = one;
    const hpf_schema_hashed_t *b = two;

    return (a->hash > b->hash) - (a->hash < b->hash);
}


/* 1: two are equal, 0: none are, -1: the work limit was reached */

static int
hpf_schema_array_twice(hpf_schema_ctx_t *ctx,
    const hpf_schema_hashed_t *items, size_t n)
{
    int     rc;
    size_t  i, j;

    for (i = 0; i < n; i++) {
        for (j = i + 1; j < n && items[j].hash == items[i].hash; j++) {
            rc = hpf_schema_value_equal(ctx, items[i].value, items[j].value);

            if (rc != 0) {
                return rc;
            }
        }
    }

    return 0;
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
