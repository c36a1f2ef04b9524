/*
 * Copyright (C) the HPF gateway authors
 */

/* One rule of a file. */

#include "hpf_mask_path.h"
#include "hpf_mask_rulefile_int.h"


static const char *hpf_mask_rulefile_names(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_part_e part, const json_t *names);
static const char *hpf_mask_rulefile_kind(hpf_mask_rulefile_entry_t *entry,
    const json_t *kind);
static const char *hpf_mask_rulefile_on(hpf_mask_rule_t *rule,
    const json_t *value);
static const char *hpf_mask_rulefile_keep(hpf_mask_rule_t *rule,
    const json_t *value);
static const char *hpf_mask_rulefile_char(hpf_mask_rule_t *rule,
    const json_t *value);
static const char *hpf_mask_rulefile_reveal(hpf_mask_rule_t *rule,
    const json_t *value);
static int64_t hpf_mask_rulefile_number(const json_t *value);


/* By hpf_mask_rulefile_part_e. */

static const char *const  hpf_mask_rulefile_lists[] = { "names", "paths" };


/* What may stand in a rule besides its names and its kind. */

static const struct {
    const char  *name;
    const char *(*read)(hpf_mask_rule_t *rule, const json_t *value);
} hpf_mask_rulefile_more[] = {
    { "on", hpf_mask_rulefile_on },
    { "keep", hpf_mask_rulefile_keep },
    { "char", hpf_mask_rulefile_char },
    { "reveal", hpf_mask_rulefile_reveal },
    { NULL, NULL }
};


void
hpf_mask_rulefile_rule(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_entry_t *entry, json_t *json)
{
    size_t       i;
    json_t      *value;
    const char  *list, *reason;

    if (entry->part != HPF_MASK_RULEFILE_VALUES) {
        list = hpf_mask_rulefile_lists[entry->part];
        entry->names = json_object_get(json, list);

        reason = hpf_mask_rulefile_names(in, entry->part, entry->names);

        if (reason != NULL) {
            hpf_mask_rulefile_fault(in, list, "invalid \"%s\", %s", list,
                                    reason);
        }
    }

    value = json_object_get(json, "kind");
    reason = hpf_mask_rulefile_kind(entry, value);

    if (reason != NULL) {
        hpf_mask_rulefile_fault(in, "kind", "%s \"kind\", %s",
                                value ? "invalid" : "no", reason);
        return;
    }

    for (i = 0; hpf_mask_rulefile_more[i].name != NULL; i++) {
        value = json_object_get(json, hpf_mask_rulefile_more[i].name);

        if (value == NULL) {
            continue;
        }

        reason = hpf_mask_rulefile_more[i].read(&entry->rule, value);

        if (reason != NULL) {
            hpf_mask_rulefile_fault(in, hpf_mask_rulefile_more[i].name,
                                    "invalid \"%s\", %s",
                                    hpf_mask_rulefile_more[i].name, reason);
        }
    }
}


static const char *
hpf_mask_rulefile_names(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_part_e part, const json_t *names)
{
    size_t       i, len;
    json_t      *name;
    const char  *reason;

    if (json_array_size(names) == 0) {
        return "a list of strings is expected";
    }

    json_array_foreach(names, i, name) {

        if (!json_is_string(name)) {
            return "a list of strings is expected";
        }

        len = json_string_length(name);

        if (part == HPF_MASK_RULEFILE_KEYS) {

            if (len == 0 || len > HPF_MASK_KEY_MAX) {
                return "names of 1 to 128 bytes are expected";
            }

            continue;
        }

        reason = hpf_mask_path_fault(json_string_value(name), len);

        if (reason != NULL) {
            hpf_mask_rulefile_fault(in, "paths", "invalid path \"%s\", %s",
                                    json_string_value(name), reason);
        }
    }

    return NULL;
}


static const char *
hpf_mask_rulefile_kind(hpf_mask_rulefile_entry_t *entry, const json_t *kind)
{
    size_t       len;
    const char  *p;

    p = json_is_string(kind) ? json_string_value(kind) : "";
    len = json_is_string(kind) ? json_string_length(kind) : 0;

    return (entry->part == HPF_MASK_RULEFILE_VALUES)
           ? hpf_mask_rule_values(&entry->rule, p, len)
           : hpf_mask_rule_kind(&entry->rule, p, len);
}


static const char *
hpf_mask_rulefile_on(hpf_mask_rule_t *rule, const json_t *value)
{
    if (!json_is_boolean(value)) {
        return "true or false is expected";
    }

    rule->on = json_is_true(value);

    return NULL;
}


static const char *
hpf_mask_rulefile_keep(hpf_mask_rule_t *rule, const json_t *value)
{
    int64_t  left, right;

    left = -1;
    right = -1;

    if (json_array_size(value) == 2) {
        left = hpf_mask_rulefile_number(json_array_get(value, 0));
        right = hpf_mask_rulefile_number(json_array_get(value, 1));
    }

    return hpf_mask_rule_keep(rule, left, right);
}


static const char *
hpf_mask_rulefile_char(hpf_mask_rule_t *rule, const json_t *value)
{
    return hpf_mask_rule_char(rule, json_is_string(value)
                                    ? json_string_value(value) : "",
                              json_string_length(value));
}


static const char *
hpf_mask_rulefile_reveal(hpf_mask_rule_t *rule, const json_t *value)
{
    return hpf_mask_rule_reveal(rule, hpf_mask_rulefile_number(value));
}


static int64_t
hpf_mask_rulefile_number(const json_t *value)
{
    return json_is_integer(value) ? json_integer_value(value) : -1;
}
