/* links: core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_utf8.c core/hpf_json.c core/hpf_json_fault.c core/hpf_form_formats.c core/hpf_name.c core/hpf_ident.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Schemas and forms: the input is one of each with a zero between them.
 * Whatever they are, the faults are whole and the same in both languages,
 * and a schema in "allOf" or "not" says the same or the opposite.
 */


#include "form_fuzz.h"


/* as check(); -1 also when the schema is refused */

static int
verdict(json_t *json, const json_t *instance)
{
    int                  rc;
    hpf_schema_t        *schema;
    hpf_schema_error_t   error;

    schema = hpf_schema_compile(json, hpf_form_formats(today), &error);

    if (schema == NULL) {
        must(error.text[0]);
        return -1;
    }

    rc = check(schema, instance);

    hpf_schema_free(schema);

    return rc;
}


static int
refers(const json_t *json)
{
    void    *it;
    size_t   i;

    for (i = 0; i < json_array_size(json); i++) {
        if (refers(json_array_get(json, i))) {
            return 1;
        }
    }

    for (it = json_object_iter((json_t *) json);
         it != NULL;
         it = json_object_iter_next((json_t *) json, it))
    {
        if (strcmp(json_object_iter_key(it), "$ref") == 0
            || refers(json_object_iter_value(it)))
        {
            return 1;
        }
    }

    return 0;
}


static void
wrapped(json_t *schema, const json_t *instance, int rc)
{
    int      got;
    json_t  *all, *not;

    all = json_pack("{s:[O]}", "allOf", schema);
    not = json_pack("{s:O}", "not", schema);
    must(all != NULL && not != NULL);

    got = verdict(all, instance);
    must(got == rc || got == -1);

    got = verdict(not, instance);
    must(got == !rc || got == -1);

    json_decref(all);
    json_decref(not);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    size_t             len;
    json_t            *schema, *instance;
    const uint8_t     *end;
    hpf_json_error_t   error;

    end = size ? memchr(data, 0, size) : NULL;

    if (end == NULL) {
        return 0;
    }

    len = end - data;
    schema = hpf_json_parse(data, len, &error);
    instance = hpf_json_parse(end + 1, size - len - 1, &error);

    if (schema != NULL && instance != NULL) {
        rc = verdict(schema, instance);

        /* a reference is from the root, which is another one there */

        if (rc != -1 && !refers(schema)) {
            wrapped(schema, instance, rc);
        }
    }

    json_decref(schema);
    json_decref(instance);

    return 0;
}
