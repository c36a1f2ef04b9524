/*
 * Copyright (C) the HPF gateway authors
 */

/* The keywords about one value: its type, what it equals, text, numbers. */

#include "hpf_schema_node.h"

#include "hpf_plugin.h"


int
hpf_schema_scalar_type(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (hpf_schema_value_type(value) & rule->types) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_enum(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int     rc;
    size_t  i;

    for (i = 0; i < json_array_size(rule->value); i++) {
        rc = hpf_schema_value_equal(ctx, json_array_get(rule->value, i),
                                    value);
        if (rc != 0) {
            return rc;
        }
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_const(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    int  rc;

    rc = hpf_schema_value_equal(ctx, rule->value, value);

    return rc ? rc : hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_pattern(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    int  rc;

    rc = hpf_schema_check_match(ctx, rule->code, json_string_value(value),
                                json_string_length(value));

    return rc ? rc : hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_format(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (rule->format->check(ctx->schema->formats->data,
                            (const unsigned char *) json_string_value(value),
                            json_string_length(value)))
    {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_min_length(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    if (hpf_schema_value_characters(json_string_value(value),
                                    json_string_length(value))
        >= rule->count)
    {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_max_length(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    if (hpf_schema_value_characters(json_string_value(value),
                                    json_string_length(value))
        <= rule->count)
    {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_minimum(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    if (hpf_schema_value_compare(value, rule->value) >= 0) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_maximum(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    if (hpf_schema_value_compare(value, rule->value) <= 0) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_above(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (hpf_schema_value_compare(value, rule->value) > 0) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_below(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const json_t *value, const hpf_schema_path_t *path)
{
    if (hpf_schema_value_compare(value, rule->value) < 0) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}


int
hpf_schema_scalar_multiple(hpf_schema_ctx_t *ctx,
    const hpf_schema_rule_t *rule, const json_t *value,
    const hpf_schema_path_t *path)
{
    if (hpf_schema_value_multiple(value, rule->value)) {
        return 1;
    }

    return hpf_schema_text_fault(ctx, rule, path);
}
