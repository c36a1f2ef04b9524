/*
 * Copyright (C) the HPF gateway authors
 */

/* The keywords that combine schemas for the same value. */

#include "hpf_schema_node.h"

#include "hpf_plugin.h"


static int hpf_schema_logic_count(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path, size_t enough);


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

    return n ? n : hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_logic_one(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  n;

    n = hpf_schema_logic_count(ctx, rule, value, path, 2);

    if (n == 1 || n == -1) {
        return n;
    }

    return hpf_schema_text_fault(ctx, rule, path);
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
