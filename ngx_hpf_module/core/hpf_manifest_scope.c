/*
 * Copyright (C) the HPF gateway authors
 */

/* Who else may see what of an item, and how fresh its user's proofs are. */


#include "hpf_manifest_int.h"
#include "hpf_mask_path.h"
#include "hpf_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define HPF_MANIFEST_SCOPE_TEXT   512
#define HPF_MANIFEST_SCOPE_DEPTH  8


static void hpf_manifest_scope_fields(hpf_manifest_in_t *in,
    const hpf_manifest_scope_t *scope);
static void hpf_manifest_sharing(hpf_manifest_in_t *in, hpf_manifest_t *mf);


/* Names and numbers have been checked by the schema. */

int
hpf_manifest_scopes(hpf_manifest_in_t *in, hpf_manifest_t *mf)
{
    json_t                *fresh, *fields;
    const char            *name;
    hpf_manifest_scope_t  *scope;

    json_object_foreach(json_object_get(mf->json, "scopes"), name, fields) {
        scope = &mf->scopes[mf->nscopes++];
        scope->name = name;

        if (hpf_manifest_list(&scope->fields, &scope->nfields, fields)
            != HPF_OK)
        {
            return HPF_ERROR;
        }

        hpf_manifest_scope_fields(in, scope);
    }

    hpf_manifest_sharing(in, mf);

    fresh = json_object_get(mf->json, "fresh");
    mf->within = (unsigned) hpf_manifest_integer(fresh, "within", 0);

    return hpf_manifest_list(&mf->fresh, &mf->nfresh,
                             json_object_get(fresh, "factors"));
}


void
hpf_manifest_scopes_free(hpf_manifest_t *mf)
{
    size_t  i;

    for (i = 0; i < mf->nscopes; i++) {
        free(mf->scopes[i].fields);
    }

    free(mf->fresh);
}


static void
hpf_manifest_scope_fields(hpf_manifest_in_t *in,
    const hpf_manifest_scope_t *scope)
{
    char         text[HPF_MANIFEST_SCOPE_TEXT];
    char         pointer[HPF_MANIFEST_SCOPE_TEXT];
    size_t       i, n;
    const char  *reason, *p;

    for (i = 0; i < scope->nfields; i++) {
        n = 0;

        for (p = scope->fields[i]; *p; p++) {
            n += (*p == '/');
        }

        reason = (n > HPF_MANIFEST_SCOPE_DEPTH)
                 ? "it has more than 8 components"
                 : hpf_mask_path_fault(scope->fields[i],
                                       strlen(scope->fields[i]));

        if (reason != NULL) {
            (void) snprintf(pointer, sizeof(pointer), "/scopes/%s/%zu",
                            scope->name, i);
            (void) snprintf(text, sizeof(text), "invalid path \"%.256s\", %s",
                            scope->fields[i], reason);
            hpf_manifest_fault(in, pointer, text);
        }
    }
}


static void
hpf_manifest_sharing(hpf_manifest_in_t *in, hpf_manifest_t *mf)
{
    mf->sharing = json_is_true(json_object_get(mf->json, "sharing"));

    if (!mf->sharing) {
        return;
    }

    if (mf->nscopes == 0) {
        hpf_manifest_fault(in, "/sharing",
                           "\"scopes\" must say what is shared");
    }

    if (mf->mode != HPF_MANIFEST_QUERY
        || !(mf->users & HPF_MANIFEST_INDIVIDUAL))
    {
        hpf_manifest_fault(in, "/sharing",
                           "only a query about individuals can be shared");
    }
}
