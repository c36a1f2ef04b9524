/*
 * Copyright (C) the HPF gateway authors
 */

/* The life of a compiled schema and of one check. */

#include "hpf_schema_node.h"

#include <stdlib.h>

#include "hpf_plugin.h"


int
hpf_schema_check(const hpf_schema_t *schema, const json_t *instance, int en,
    json_t **faults)
{
    int                rc;
    hpf_schema_ctx_t   ctx;
    hpf_schema_path_t  root;

    ctx.schema = schema;
    ctx.faults = NULL;
    ctx.match = NULL;
    ctx.limits = NULL;
    ctx.seen = 0;
    ctx.work = 0;
    ctx.depth = 0;
    ctx.quiet = 0;
    ctx.limit = HPF_SCHEMA_WITHIN;
    ctx.en = en;

    root.parent = NULL;
    root.key = NULL;
    root.index = 0;
    root.node = schema->root;

    *faults = NULL;

    rc = hpf_schema_check_node(&ctx, schema->root, instance, &root);

    pcre2_match_data_free(ctx.match);
    pcre2_match_context_free(ctx.limits);

    if (rc == 1) {
        json_decref(ctx.faults);
        return HPF_OK;
    }

    if (ctx.faults == NULL || (rc == -1 && ctx.limit != HPF_SCHEMA_TOLD)) {
        json_decref(ctx.faults);
        return HPF_ERROR;
    }

    *faults = ctx.faults;

    return HPF_DECLINED;
}


void
hpf_schema_free(hpf_schema_t *schema)
{
    size_t              i, j;
    hpf_schema_node_t  *node, *next;
    hpf_schema_rule_t  *rule;

    if (schema == NULL) {
        return;
    }

    for (node = schema->nodes; node != NULL; node = next) {
        next = node->next;

        for (i = 0; i < node->nrules; i++) {
            rule = &node->rules[i];

            for (j = 0; j < rule->nmembers; j++) {
                pcre2_code_free(rule->members[j].code);
            }

            pcre2_code_free(rule->code);
            free(rule->members);
        }

        free(node->rules);
        free(node);
    }

    json_decref(schema->json);
    free(schema);
}
