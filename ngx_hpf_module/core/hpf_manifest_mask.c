/*
 * Copyright (C) the HPF gateway authors
 */

/* The rules of masking in a manifest. */


#include "hpf_manifest_int.h"
#include "hpf_mask_path.h"
#include "hpf_mask_rule.h"
#include "hpf_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define HPF_MANIFEST_MASK_TEXT     1024
#define HPF_MANIFEST_MASK_POINTER  64


static void hpf_manifest_mask_names(hpf_manifest_in_t *in, size_t i,
    const hpf_manifest_mask_t *mask);
static void hpf_manifest_mask_shape(hpf_manifest_in_t *in, size_t i,
    const json_t *json, hpf_mask_shape_t *shape);
static void hpf_manifest_mask_fault(hpf_manifest_in_t *in, size_t i,
    const char *member, const char *reason);


int
hpf_manifest_mask(hpf_manifest_in_t *in, hpf_manifest_t *mf)
{
    size_t                i;
    json_t               *from, *value;
    hpf_manifest_mask_t  *mask;

    from = json_object_get(mf->json, "mask");

    mf->mask = calloc(json_array_size(from) + 1, sizeof(hpf_manifest_mask_t));

    if (mf->mask == NULL) {
        return HPF_ERROR;
    }

    json_array_foreach(from, i, value) {
        mask = &mf->mask[i];
        mf->nmask = i + 1;

        if (hpf_manifest_list(&mask->keys, &mask->nkeys,
                              json_object_get(value, "keys")) != HPF_OK
            || hpf_manifest_list(&mask->paths, &mask->npaths,
                                 json_object_get(value, "paths")) != HPF_OK)
        {
            return HPF_ERROR;
        }

        hpf_manifest_mask_names(in, i, mask);
        hpf_manifest_mask_shape(in, i, value, &mask->shape);
    }

    return HPF_OK;
}


void
hpf_manifest_mask_free(hpf_manifest_t *mf)
{
    size_t  i;

    for (i = 0; i < mf->nmask; i++) {
        free(mf->mask[i].keys);
        free(mf->mask[i].paths);
    }

    free(mf->mask);
}


static void
hpf_manifest_mask_names(hpf_manifest_in_t *in, size_t i,
    const hpf_manifest_mask_t *mask)
{
    char         text[HPF_MANIFEST_MASK_TEXT];
    size_t       j;
    const char  *reason;

    if (mask->nkeys + mask->npaths == 0) {
        hpf_manifest_mask_fault(in, i, NULL,
                                "\"keys\" or \"paths\" are required");
    }

    for (j = 0; j < mask->nkeys; j++) {

        if (strlen(mask->keys[j]) > HPF_MASK_KEY_MAX) {
            hpf_manifest_mask_fault(in, i, "keys",
                                    "names of 1 to 128 bytes are expected");
        }
    }

    for (j = 0; j < mask->npaths; j++) {
        reason = hpf_mask_path_fault(mask->paths[j], strlen(mask->paths[j]));

        if (reason != NULL) {
            (void) snprintf(text, sizeof(text), "invalid path \"%.512s\", %s",
                            mask->paths[j], reason);
            hpf_manifest_mask_fault(in, i, "paths", text);
        }
    }
}


/* Types and most bounds have been checked by the schema. */

static void
hpf_manifest_mask_shape(hpf_manifest_in_t *in, size_t i, const json_t *json,
    hpf_mask_shape_t *shape)
{
    json_t           *value;
    const char       *reason;
    hpf_mask_rule_t   rule;

    value = json_object_get(json, "kind");
    reason = hpf_mask_rule_kind(&rule, json_string_value(value),
                                json_string_length(value));

    if (reason != NULL) {
        hpf_manifest_mask_fault(in, i, "kind", reason);
        return;
    }

    if (rule.shape.kind == HPF_MASK_HASH && !in->conf->keyed) {
        hpf_manifest_mask_fault(in, i, "kind",
                                "the kind \"hash\" needs \"hpf_mask_key\" in "
                                "the configuration of nginx");
    }

    if (json_object_get(json, "left") != NULL) {
        reason = hpf_mask_rule_keep(&rule,
                                    hpf_manifest_integer(json, "left", -1),
                                    hpf_manifest_integer(json, "right", -1));

        if (reason != NULL) {
            hpf_manifest_mask_fault(in, i, "left", reason);
        }
    }

    value = json_object_get(json, "char");

    if (value != NULL) {
        reason = hpf_mask_rule_char(&rule, json_string_value(value),
                                    json_string_length(value));

        if (reason != NULL) {
            hpf_manifest_mask_fault(in, i, "char", reason);
        }
    }

    if (json_object_get(json, "reveal") != NULL) {
        reason = hpf_mask_rule_reveal(&rule,
                                      hpf_manifest_integer(json, "reveal",
                                                           -1));

        if (reason != NULL) {
            hpf_manifest_mask_fault(in, i, "reveal", reason);
        }
    }

    *shape = rule.shape;
}


static void
hpf_manifest_mask_fault(hpf_manifest_in_t *in, size_t i, const char *member,
    const char *reason)
{
    char  pointer[HPF_MANIFEST_MASK_POINTER];

    (void) snprintf(pointer, sizeof(pointer), "/mask/%zu%s%s", i,
                    member ? "/" : "", member ? member : "");

    hpf_manifest_fault(in, pointer, reason);
}
