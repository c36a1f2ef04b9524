/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The walk over a schema and an instance: every rule of a node is asked, so
 * that all faults are told; in a question ("quiet") the first fault ends it.
 */

#include "hpf_schema_node.h"

#include <string.h>

#include "hpf_plugin.h"


static int hpf_schema_check_prepare(hpf_schema_ctx_t *ctx);
static int hpf_schema_check_callout(pcre2_callout_block *at, void *data);


int
hpf_schema_check_node(hpf_schema_ctx_t *ctx, const hpf_schema_node_t *node,
    const json_t *value, const hpf_schema_path_t *path)
{
    int                       rc, valid;
    size_t                    i;
    unsigned                  type;
    const hpf_schema_rule_t  *rule;

    if (ctx->depth == HPF_SCHEMA_DEPTH) {
        ctx->limit = HPF_SCHEMA_REACHED;
        return hpf_schema_text_limit(ctx, path);
    }

    if (hpf_schema_check_work(ctx, 1 + node->nrules) != HPF_OK) {
        return hpf_schema_text_limit(ctx, path);
    }

    if (json_is_false(node->json)) {
        return hpf_schema_text_fault(ctx, NULL, path);
    }

    ctx->depth++;
    valid = 1;
    type = hpf_schema_value_type(value);

    for (i = 0; i < node->nrules; i++) {
        rule = &node->rules[i];

        if (rule->keyword->check == NULL || !(rule->keyword->types & type)) {
            continue;
        }

        rc = rule->keyword->check(ctx, rule, value, path);

        if (rc == 1) {
            continue;
        }

        valid = rc;

        if (rc == -1 || ctx->quiet) {
            break;
        }
    }

    ctx->depth--;

    if (valid == -1 && ctx->limit == HPF_SCHEMA_REACHED) {
        return hpf_schema_text_limit(ctx, path);
    }

    return valid;
}


int
hpf_schema_check_quietly(hpf_schema_ctx_t *ctx, const hpf_schema_node_t *node,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  rc;

    ctx->quiet++;
    rc = hpf_schema_check_node(ctx, node, value, path);
    ctx->quiet--;

    return rc;
}


int
hpf_schema_check_match(hpf_schema_ctx_t *ctx, const pcre2_code *code,
    const char *p, size_t len)
{
    int  rc;

    if (hpf_schema_check_work(ctx, 16 + len / 16) != HPF_OK) {
        return -1;
    }

    if (ctx->match == NULL && hpf_schema_check_prepare(ctx) != HPF_OK) {
        return -1;
    }

    ctx->seen = 0;

    rc = pcre2_match(code, (PCRE2_SPTR) p, len, 0, 0, ctx->match,
                     ctx->limits);

    if (rc >= 0) {
        return 1;
    }

    if (rc == PCRE2_ERROR_NOMATCH) {
        return 0;
    }

    /* what stopped halfway says nothing about the text */

    if (rc != PCRE2_ERROR_NOMEMORY) {
        ctx->limit = HPF_SCHEMA_REACHED;
    }

    return -1;
}


static int
hpf_schema_check_prepare(hpf_schema_ctx_t *ctx)
{
    ctx->match = pcre2_match_data_create(1, NULL);
    ctx->limits = pcre2_match_context_create(NULL);

    if (ctx->match == NULL || ctx->limits == NULL) {
        return HPF_ERROR;
    }

    (void) pcre2_set_heap_limit(ctx->limits, HPF_SCHEMA_HEAP);
    (void) pcre2_set_callout(ctx->limits, hpf_schema_check_callout, ctx);

    return HPF_OK;
}


/*
 * Called before each item of a pattern.  PCRE2's own limit of steps begins
 * anew at each place where a match may start and does not see how far a
 * repeat runs: "\s+$" takes minutes over a mebibyte of blanks within it.
 */

static int
hpf_schema_check_callout(pcre2_callout_block *at, void *data)
{
    hpf_schema_ctx_t *ctx = data;

    size_t  n;

    n = 1;

    if (at->current_position > ctx->seen) {
        n += (at->current_position - ctx->seen) / 16;
    }

    ctx->seen = at->current_position;

    return (hpf_schema_check_work(ctx, n) == HPF_OK) ? 0
                                                     : PCRE2_ERROR_CALLOUT;
}


int
hpf_schema_check_work(hpf_schema_ctx_t *ctx, size_t n)
{
    ctx->work += n;

    if (ctx->work <= HPF_SCHEMA_WORK) {
        return HPF_OK;
    }

    ctx->limit = HPF_SCHEMA_REACHED;

    return HPF_ERROR;
}


/* the rule of another keyword in the same schema, or NULL */

const hpf_schema_rule_t *
hpf_schema_check_sibling(const hpf_schema_rule_t *rule, const char *keyword)
{
    size_t  i;

    for (i = 0; i < rule->owner->nrules; i++) {
        if (strcmp(rule->owner->rules[i].keyword->name, keyword) == 0) {
            return &rule->owner->rules[i];
        }
    }

    return NULL;
}


/* the schema of a property in the same schema, or NULL */

const hpf_schema_node_t *
hpf_schema_check_property(const hpf_schema_rule_t *rule, const char *name)
{
    size_t                    i;
    const hpf_schema_rule_t  *properties;

    properties = hpf_schema_check_sibling(rule, "properties");
    if (properties == NULL) {
        return NULL;
    }

    for (i = 0; i < properties->nmembers; i++) {
        if (strcmp(properties->members[i].name, name) == 0) {
            return properties->members[i].node;
        }
    }

    return NULL;
}
