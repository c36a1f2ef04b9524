/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The keywords of JSON Schema 2020-12 (core, applicator, validation,
 * meta-data and format as an assertion) that a form may use, in the order in
 * which they are checked.
 */

#include "hpf_schema_node.h"


#define HPF_SCHEMA_NUMERIC  (HPF_SCHEMA_INTEGER|HPF_SCHEMA_NUMBER)


static const hpf_schema_keyword_t  hpf_schema_keyword_table[] = {

    { "$schema", HPF_SCHEMA_DIALECT, 0, NULL, NULL, 0 },
    { "$id", HPF_SCHEMA_ID, 0, NULL, NULL, 0 },
    { "$comment", HPF_SCHEMA_NOTE_TEXT, 0, NULL, NULL, 0 },
    { "$defs", HPF_SCHEMA_MAP, 0, NULL, NULL, 0 },
    { "title", HPF_SCHEMA_NOTE_TEXT, 0, NULL, NULL, 0 },
    { "description", HPF_SCHEMA_NOTE_TEXT, 0, NULL, NULL, 0 },
    { "default", HPF_SCHEMA_NOTE_ANY, 0, NULL, NULL, 0 },
    { "examples", HPF_SCHEMA_NOTE_LIST, 0, NULL, NULL, 0 },
    { "deprecated", HPF_SCHEMA_NOTE_FLAG, 0, NULL, NULL, 0 },
    { "readOnly", HPF_SCHEMA_NOTE_FLAG, 0, NULL, NULL, 0 },
    { "writeOnly", HPF_SCHEMA_NOTE_FLAG, 0, NULL, NULL, 0 },

    { "$ref", HPF_SCHEMA_REF, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_ref, 1 },

    { "type", HPF_SCHEMA_TYPES, HPF_SCHEMA_ANY, NULL,
      hpf_schema_scalar_type, 0 },
    { "enum", HPF_SCHEMA_VALUES, HPF_SCHEMA_ANY, NULL,
      hpf_schema_scalar_enum, 0 },
    { "const", HPF_SCHEMA_VALUE, HPF_SCHEMA_ANY, NULL,
      hpf_schema_scalar_const, 0 },

    { "minLength", HPF_SCHEMA_COUNT, HPF_SCHEMA_STRING, NULL,
      hpf_schema_scalar_min_length, 0 },
    { "maxLength", HPF_SCHEMA_COUNT, HPF_SCHEMA_STRING, NULL,
      hpf_schema_scalar_max_length, 0 },
    { "pattern", HPF_SCHEMA_PATTERN, HPF_SCHEMA_STRING, NULL,
      hpf_schema_scalar_pattern, 0 },
    { "format", HPF_SCHEMA_FORMAT, HPF_SCHEMA_STRING, NULL,
      hpf_schema_scalar_format, 0 },

    { "minimum", HPF_SCHEMA_LIMIT, HPF_SCHEMA_NUMERIC, NULL,
      hpf_schema_scalar_minimum, 0 },
    { "maximum", HPF_SCHEMA_LIMIT, HPF_SCHEMA_NUMERIC, NULL,
      hpf_schema_scalar_maximum, 0 },
    { "exclusiveMinimum", HPF_SCHEMA_LIMIT, HPF_SCHEMA_NUMERIC, NULL,
      hpf_schema_scalar_above, 0 },
    { "exclusiveMaximum", HPF_SCHEMA_LIMIT, HPF_SCHEMA_NUMERIC, NULL,
      hpf_schema_scalar_below, 0 },
    { "multipleOf", HPF_SCHEMA_FACTOR, HPF_SCHEMA_NUMERIC, NULL,
      hpf_schema_scalar_multiple, 0 },

    { "minItems", HPF_SCHEMA_COUNT, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_min, 0 },
    { "maxItems", HPF_SCHEMA_COUNT, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_max, 0 },
    { "prefixItems", HPF_SCHEMA_LIST, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_prefix, 0 },
    { "items", HPF_SCHEMA_ONE, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_items, 0 },
    { "contains", HPF_SCHEMA_ONE, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_contains, 0 },
    { "minContains", HPF_SCHEMA_COUNT, 0, "contains", NULL, 0 },
    { "maxContains", HPF_SCHEMA_COUNT, 0, "contains", NULL, 0 },
    { "uniqueItems", HPF_SCHEMA_FLAG, HPF_SCHEMA_ARRAY, NULL,
      hpf_schema_array_unique, 0 },

    { "required", HPF_SCHEMA_NAMES, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_required, 0 },
    { "dependentRequired", HPF_SCHEMA_NAMES_MAP, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_dependent, 0 },
    { "minProperties", HPF_SCHEMA_COUNT, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_min, 0 },
    { "maxProperties", HPF_SCHEMA_COUNT, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_max, 0 },
    { "propertyNames", HPF_SCHEMA_ONE, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_names, 0 },
    { "properties", HPF_SCHEMA_MAP, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_properties, 0 },
    { "patternProperties", HPF_SCHEMA_PATTERN_MAP, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_patterns, 0 },
    { "additionalProperties", HPF_SCHEMA_ONE, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_additional, 0 },
    { "dependentSchemas", HPF_SCHEMA_MAP, HPF_SCHEMA_OBJECT, NULL,
      hpf_schema_object_dependent_schemas, 1 },

    { "allOf", HPF_SCHEMA_LIST, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_all, 1 },
    { "anyOf", HPF_SCHEMA_LIST, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_any, 1 },
    { "oneOf", HPF_SCHEMA_LIST, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_one, 1 },
    { "not", HPF_SCHEMA_ONE, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_not, 1 },
    { "if", HPF_SCHEMA_ONE, HPF_SCHEMA_ANY, NULL, hpf_schema_logic_if, 1 },
    { "then", HPF_SCHEMA_ONE, 0, "if", NULL, 1 },
    { "else", HPF_SCHEMA_ONE, 0, "if", NULL, 1 },

    { NULL, HPF_SCHEMA_NOTE_ANY, 0, NULL, NULL, 0 }
};


const hpf_schema_keyword_t *
hpf_schema_keywords(void)
{
    return hpf_schema_keyword_table;
}
