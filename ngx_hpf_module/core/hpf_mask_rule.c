/*
 * Copyright (C) the HPF gateway authors
 */

#include <string.h>

#include "hpf_mask_rule.h"


static const char *hpf_mask_rule_meaningless =
    "it has no meaning for this kind";


const char *
hpf_mask_rule_kind(hpf_mask_rule_t *rule, const char *name, size_t len)
{
    unsigned  kind;

    memset(rule, 0, sizeof(hpf_mask_rule_t));

    kind = hpf_mask_kind_find(name, len);

    if (kind == HPF_MASK_KINDS || kind == HPF_MASK_ID_CARD_15) {
        return "it must be \"name\", \"id-card\", \"mobile\", \"bank-card\", "
               "\"account\", \"address\", \"email\", \"passport\", \"uscc\", "
               "\"amount\", \"all\", \"hash\", \"drop\" or \"none\"";
    }

    hpf_mask_shape_init(&rule->shape, kind);

    return NULL;
}


const char *
hpf_mask_rule_values(hpf_mask_rule_t *rule, const char *name, size_t len)
{
    unsigned  kind;

    memset(rule, 0, sizeof(hpf_mask_rule_t));

    rule->on = 1;

    if (len == 3 && memcmp(name, "all", 3) == 0) {
        hpf_mask_shape_init(&rule->shape, HPF_MASK_ID_CARD);
        rule->values = HPF_MASK_VALUES_ALL;

        return NULL;
    }

    kind = hpf_mask_kind_find(name, len);

    if (!((HPF_MASK_VALUES >> kind) & 1)) {
        return "it must be \"id-card\", \"id-card-15\", \"mobile\", "
               "\"bank-card\", \"email\", \"passport\", \"uscc\" or \"all\"";
    }

    hpf_mask_shape_init(&rule->shape, kind);
    rule->values = 1u << kind;

    return NULL;
}


const char *
hpf_mask_rule_keep(hpf_mask_rule_t *rule, int64_t left, int64_t right)
{
    if (left < 0
        || right < 0
        || left > HPF_MASK_KEEP_MAX
        || right > HPF_MASK_KEEP_MAX)
    {
        return "two numbers up to 64 are expected";
    }

    if (hpf_mask_shape_keep(&rule->shape, (unsigned) left, (unsigned) right)
        != HPF_OK)
    {
        return hpf_mask_rule_meaningless;
    }

    rule->kept = 1;

    return NULL;
}


const char *
hpf_mask_rule_char(hpf_mask_rule_t *rule, const char *ch, size_t len)
{
    switch (rule->shape.kind) {

    case HPF_MASK_NONE:
    case HPF_MASK_HASH:
    case HPF_MASK_DROP:
        return hpf_mask_rule_meaningless;

    default:
        break;
    }

    if (hpf_mask_shape_char(&rule->shape, ch, len) != HPF_OK) {
        return "it must be one character and no quote or backslash";
    }

    rule->drawn = 1;

    return NULL;
}


const char *
hpf_mask_rule_reveal(hpf_mask_rule_t *rule, int64_t level)
{
    if (rule->values) {
        return "only rules for keys and paths know whose a value is";
    }

    if (rule->shape.kind == HPF_MASK_NONE) {
        return hpf_mask_rule_meaningless;
    }

    if (level < 1 || level > HPF_MASK_LEVEL_MAX) {
        return "a level, 1 to 3, is expected";
    }

    rule->shape.reveal = (unsigned char) level;

    return NULL;
}


void
hpf_mask_rule_apply(const hpf_mask_rule_t *rule, hpf_mask_rules_t *rules)
{
    unsigned          kind;
    hpf_mask_shape_t  shape;

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

        if (!((rule->values >> kind) & 1)) {
            continue;
        }

        shape = rules->value[kind];

        if (rule->kept) {

            /* of all kinds, those that have ends */

            (void) hpf_mask_shape_keep(&shape, rule->shape.left,
                                       rule->shape.right);
        }

        if (rule->drawn) {
            shape.nch = rule->shape.nch;
            memcpy(shape.ch, rule->shape.ch, HPF_MASK_CHAR_MAX);
        }

        (void) hpf_mask_rules_value(rules, &shape, rule->on);
    }
}
