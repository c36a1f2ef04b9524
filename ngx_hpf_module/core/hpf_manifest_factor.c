/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the two kinds of plugins do not share: a factor is no service item, and
 * has a name that sessions know.
 */


#include "hpf_manifest_int.h"

#include <stdio.h>
#include <string.h>


static void hpf_manifest_factor_id(hpf_manifest_in_t *in, json_t *json);


static const char  *hpf_manifest_factors[] = {
    "id-card", "bank-card", "face", NULL
};

static const char  *hpf_manifest_of_items[] = {
    "mode", "category", "users", "level", "channels", "time_limit", "limits",
    "mask", "scopes", "sharing", "fresh", "documents", "checks", "tolerates",
    "basis", "commitment", "fees", NULL
};


void
hpf_manifest_factor(hpf_manifest_in_t *in, json_t *json)
{
    char         pointer[32], text[128];
    unsigned     i;
    const char  *name;

    if (strcmp(hpf_manifest_string(json, "kind", "item"), "factor") != 0) {

        if (json_object_get(json, "person")) {
            hpf_manifest_fault(in, "/person",
                               "\"person\" is of factors; an item knows who "
                               "is logged in");
        }

        return;
    }

    hpf_manifest_factor_id(in, json);

    for (i = 0; hpf_manifest_of_items[i]; i++) {
        name = hpf_manifest_of_items[i];

        if (json_object_get(json, name)) {
            (void) snprintf(pointer, sizeof(pointer), "/%s", name);
            (void) snprintf(text, sizeof(text),
                            "\"%s\" is of service items; a factor has none",
                            name);
            hpf_manifest_fault(in, pointer, text);
        }
    }

    if (json_object_get(json_object_get(json_object_get(json, "form"),
                                        "properties"), "factor"))
    {
        hpf_manifest_fault(in, "/form/properties/factor",
                           "\"factor\" is the name of the factor and not in "
                           "its form");
    }
}


/* A session keeps which factors it was made of, in a bit for each. */

static void
hpf_manifest_factor_id(hpf_manifest_in_t *in, json_t *json)
{
    unsigned     i;
    const char  *id;

    id = hpf_manifest_string(json, "id", "");

    for (i = 0; hpf_manifest_factors[i]; i++) {

        if (strcmp(hpf_manifest_factors[i], id) == 0) {
            return;
        }
    }

    hpf_manifest_fault(in, "/id",
                       "a factor is \"id-card\", \"bank-card\" or \"face\"; "
                       "sessions know no other");
}
