/*
 * Copyright (C) the HPF gateway authors
 */

/* The keywords that combine schemas for the same value. */

#include "hpf_schema_node.h"

#include "hpf_plugin.h"


static int hpf_schema_logic_count(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path, size_t enough);
static int hpf_schema_logic_none(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path);
static unsigned hpf_schema_logic_types(const hpf_schema_node_t *node);


int
hpf_schema_logic_ref(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    return hpf_schema_check_node(ctx, rule->node, value, path);
}


int
hpf_schema_logic_all(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int     rc, valid;
    size_t  i;

    valid = 1;

    for (i = 0; i < rule->nmembers; i++) {
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


int
hpf_schema_logic_any(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  n;

    n = hpf_schema_logic_count(ctx, rule, value, path, 1);

    return n ? n : hpf_schema_logic_none(ctx, rule, value, path);
}


int
hpf_schema_logic_one(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  n;

    n = hpf_schema_logic_count(ctx, rule, value, path, 2);

    switch (n) {

    case -1:
    case 1:
        return n;

    case 0:
        return hpf_schema_logic_none(ctx, rule, value, path);

    default:
        return hpf_schema_text_fault(ctx, rule, path);
    }
}


/* how many of the schemas accept the value, or -1 */

static int
hpf_schema_logic_count(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path, size_t enough)
{
    int     rc;
    size_t  i, n;

    n = 0;

    for (i = 0; i < rule->nmembers && n < enough; i++) {
        rc = hpf_schema_check_quietly(ctx, rule->members[i].node, value, path);
        if (rc == -1) {
            return -1;
        }

        n += rc;
    }

    return (int) n;
}


/*
 * No schema accepts the value.  When only one is for values of its type, that
 * one was meant, and it says more than that there are several.
 */

static int
hpf_schema_logic_none(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    size_t                    i;
    const hpf_schema_node_t  *meant;

    meant = NULL;

    for (i = 0; i < rule->nmembers; i++) {

        if (!(hpf_schema_logic_types(rule->members[i].node)
              & hpf_schema_value_type(value)))
        {
            continue;
        }

        if (meant != NULL) {
            return hpf_schema_text_fault(ctx, rule, path);
        }

        meant = rule->members[i].node;
    }

    if (ctx->quiet || meant == NULL) {
        return hpf_schema_text_fault(ctx, rule, path);
    }

    return hpf_schema_check_node(ctx, meant, value, path);
}


static unsigned
hpf_schema_logic_types(const hpf_schema_node_t *node)
{
    size_t  i;

    for (i = 0; i < node->nrules; i++) {
        if (node->rules[i].keyword->shape == HPF_SCHEMA_TYPES) {
            return node->rules[i].types;
        }
    }

    return json_is_false(node->json) ? 0 : HPF_SCHEMA_ANY;
}


int
hpf_schema_logic_not(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  rc;

    rc = hpf_schema_check_quietly(ctx, rule->node, value, path);

    switch (rc) {

    case -1:
        return -1;

    case 0:
        return 1;

    default:
        return hpf_schema_text_fault(ctx, rule, path);
    }
}


int
hpf_schema_logic_if(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int                       rc;
    const hpf_schema_rule_t  *branch;

    rc = hpf_schema_check_quietly(ctx, rule->node, value, path);
    if (rc == -1) {
        return -1;
    }

    branch = hpf_schema_check_sibling(rule, rc ? "then" : "else");

    if (branch == NULL) {
        return 1;
    }

    return hpf_schema_check_node(ctx, branch->node, value, path);
}
