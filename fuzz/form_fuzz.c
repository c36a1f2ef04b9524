/* links: core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_utf8.c core/hpf_json.c core/hpf_json_fault.c core/hpf_form_formats.c core/hpf_name.c core/hpf_ident.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Forms that users send, against one schema with every keyword and format.
 * Whatever comes, the faults are whole and the same in both languages, and a
 * form says the same when it was written and read once more.
 */

#include "form_fuzz.h"


static const char  rules[] =
    "{\"type\":\"object\",\"$defs\":{\"person\":{\"type\":\"object\","
    "\"required\":[\"name\"],\"properties\":{\"name\":{\"title\":\"姓名\","
    "\"type\":\"string\",\"minLength\":2,\"maxLength\":20,"
    "\"pattern\":\"^[\\\\u4e00-\\\\u9fff\\\\s·]+$\"},"
    "\"spouse\":{\"$ref\":\"#/$defs/person\"}}}},"
    "\"required\":[\"kind\",\"person\"],\"minProperties\":2,"
    "\"maxProperties\":16,\"additionalProperties\":false,"
    "\"propertyNames\":{\"maxLength\":12},\"properties\":{"
    "\"kind\":{\"enum\":[\"rent\",\"loan\",7,null,{\"a\":[1]}]},"
    "\"person\":{\"$ref\":\"#/$defs/person\"},"
    "\"id\":{\"format\":\"id-card\"},\"uscc\":{\"format\":\"uscc\"},"
    "\"mobile\":{\"format\":\"mobile\"},\"card\":{\"format\":\"bank-card\"},"
    "\"amount\":{\"format\":\"money\",\"pattern\":\"^(?!0)\\\\d{1,7}\\\\.\"},"
    "\"date\":{\"format\":\"date\"},\"month\":{\"format\":\"month\"},"
    "\"at\":{\"format\":\"date-time\"},\"mail\":{\"format\":\"email\"},"
    "\"months\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":12},"
    "\"rate\":{\"exclusiveMinimum\":0,\"exclusiveMaximum\":1,"
    "\"multipleOf\":0.01},"
    "\"list\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":8,"
    "\"uniqueItems\":true,\"prefixItems\":[{\"const\":1.0}],"
    "\"items\":{\"type\":[\"integer\",\"string\",\"object\"]},"
    "\"contains\":{\"const\":2},\"minContains\":1,\"maxContains\":2}},"
    "\"patternProperties\":{\"^x_\":{\"type\":\"boolean\"}},"
    "\"dependentRequired\":{\"card\":[\"amount\"]},"
    "\"dependentSchemas\":{\"uscc\":{\"not\":{\"required\":[\"id\"]}}},"
    "\"if\":{\"properties\":{\"kind\":{\"const\":\"rent\"}}},"
    "\"then\":{\"required\":[\"months\"]},\"else\":{\"anyOf\":["
    "{\"required\":[\"date\"]},{\"required\":[\"month\"]}]},"
    "\"oneOf\":[{\"required\":[\"id\"]},{\"required\":[\"mobile\"]}],"
    "\"allOf\":[{\"properties\":{\"mail\":{\"minLength\":6}}}]}";


static hpf_schema_t *
schema_of(const char *text)
{
    json_t              *json;
    hpf_schema_t        *schema;
    hpf_json_error_t     error;
    hpf_schema_error_t   refused;

    json = hpf_json_parse((const unsigned char *) text, strlen(text), &error);
    must(json != NULL);

    schema = hpf_schema_compile(json, hpf_form_formats(today), &refused);
    must(schema != NULL);

    json_decref(json);

    return schema;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    char              *text;
    json_t            *form, *again;
    hpf_json_error_t   error;

    static hpf_schema_t  *schema;

    if (schema == NULL) {
        schema = schema_of(rules);
    }

    form = hpf_json_parse(data, size, &error);

    if (form == NULL) {
        return 0;
    }

    rc = check(schema, form);

    text = json_dumps(form, JSON_ENCODE_ANY);
    must(text != NULL);

    again = hpf_json_parse((const unsigned char *) text, strlen(text), &error);
    must(again != NULL && check(schema, again) == rc);

    free(text);
    json_decref(again);
    json_decref(form);

    return 0;
}
