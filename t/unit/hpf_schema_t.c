/* links: core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_form_formats.c core/hpf_ident.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * JSON Schema: a table of schemas, instances and what is said about them
 * ("pointer rule", joined by a comma); schemas that are refused; messages.
 */

#include "tap.h"

#include "hpf_plugin.h"
#include "hpf_form_formats.h"
#include "hpf_schema.h"


typedef struct {
    const char  *schema;
    const char  *instance;
    const char  *faults;               /* "": valid */
} schema_case_t;

typedef struct {
    const char  *schema;
    const char  *pointer;
    const char  *text;                 /* a part of it */
} schema_refused_t;

typedef struct {
    const char  *schema;
    const char  *instance;
    const char  *zh;
    const char  *en;
} schema_words_t;


static const schema_case_t  cases[] = {

#define T(type) "{\"type\":" type "}"

    { "true", "1", "" },
    { "false", "1", " false" },
    { "{}", "[1]", "" },
    { T("\"null\""), "null", "" },
    { T("\"null\""), "0", " type" },
    { T("\"boolean\""), "false", "" },
    { T("\"integer\""), "1", "" },
    { T("\"integer\""), "1.0", "" },
    { T("\"integer\""), "1e300", "" },
    { T("\"integer\""), "1.5", " type" },
    { T("\"integer\""), "\"1\"", " type" },
    { T("\"number\""), "1", "" },
    { T("\"number\""), "1.5", "" },
    { T("\"string\""), "\"x\"", "" },
    { T("\"string\""), "{}", " type" },
    { T("\"array\""), "[]", "" },
    { T("\"object\""), "[]", " type" },
    { T("[\"string\",\"null\"]"), "null", "" },
    { T("[\"string\",\"null\"]"), "1", " type" },

    { "{\"enum\":[1,\"a\",{\"x\":[1]}]}", "1.0", "" },
    { "{\"enum\":[1,\"a\",{\"x\":[1]}]}", "{\"x\":[1.0]}", "" },
    { "{\"enum\":[1,\"a\",{\"x\":[1]}]}", "{\"x\":[2]}", " enum" },
    { "{\"enum\":[1,\"a\"]}", "true", " enum" },
    { "{\"const\":null}", "null", "" },
    { "{\"const\":false}", "0", " const" },
    { "{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", "" },

    { "{\"minLength\":2}", "\"\xe5\xbc\xa0\xe4\xb8\x89\"", "" },
    { "{\"minLength\":2}", "\"\xe5\xbc\xa0\"", " minLength" },
    { "{\"minLength\":2}", "1", "" },
    { "{\"maxLength\":1}", "\"\xf0\xa0\xae\xb7\"", "" },
    { "{\"maxLength\":1}", "\"ab\"", " maxLength" },
    { "{\"pattern\":\"^[a-z]+$\"}", "\"abc\"", "" },
    { "{\"pattern\":\"^[a-z]+$\"}", "\"abc\\n\"", " pattern" },
    { "{\"pattern\":\"b\"}", "\"abc\"", "" },
    { "{\"pattern\":\"^\\\\u5f20.$\"}", "\"\xe5\xbc\xa0\xe4\xb8\x89\"", "" },
    { "{\"pattern\":\"^\\\\d$\"}", "\"\xef\xbc\x91\"", " pattern" },

    { "{\"minimum\":1}", "1", "" },
    { "{\"minimum\":1}", "0.999", " minimum" },
    { "{\"minimum\":9223372036854775807}", "9223372036854775806",
      " minimum" },
    { "{\"maximum\":1.5}", "1.5", "" },
    { "{\"maximum\":1.5}", "2", " maximum" },
    { "{\"exclusiveMinimum\":0}", "0.0", " exclusiveMinimum" },
    { "{\"exclusiveMaximum\":12}", "12", " exclusiveMaximum" },
    { "{\"exclusiveMaximum\":12}", "11", "" },
    { "{\"multipleOf\":100}", "300", "" },
    { "{\"multipleOf\":100}", "-350", " multipleOf" },
    { "{\"multipleOf\":0.01}", "19.99", "" },
    { "{\"multipleOf\":0.01}", "1234567.89", "" },
    { "{\"multipleOf\":0.01}", "0.075", " multipleOf" },
    { "{\"multipleOf\":0.5}", "1e308", " multipleOf" },

    { "{\"minItems\":1}", "[]", " minItems" },
    { "{\"maxItems\":1}", "[1,2]", " maxItems" },
    { "{\"items\":{\"type\":\"integer\"}}", "[1,\"a\",2,null]",
      "/1 type,/3 type" },
    { "{\"prefixItems\":[{\"const\":1}],\"items\":false}", "[1]", "" },
    { "{\"prefixItems\":[{\"const\":1}],\"items\":false}", "[2,3]",
      "/0 const,/1 false" },
    { "{\"uniqueItems\":true}", "[1,2,3]", "" },
    { "{\"uniqueItems\":true}", "[1,2,1.0]", " uniqueItems" },
    { "{\"uniqueItems\":true}", "[{\"a\":1},{\"a\":1}]", " uniqueItems" },
    { "{\"uniqueItems\":true}", "[0,false]", "" },
    { "{\"uniqueItems\":false}", "[1,1]", "" },
    { "{\"contains\":{\"const\":5}}", "[1,5]", "" },
    { "{\"contains\":{\"const\":5}}", "[1]", " contains" },
    { "{\"contains\":{\"const\":5},\"minContains\":2}", "[5]",
      " minContains" },
    { "{\"contains\":{\"const\":5},\"minContains\":0}", "[]", "" },
    { "{\"contains\":{\"const\":5},\"maxContains\":1}", "[5,5]",
      " maxContains" },

    { "{\"required\":[\"a\",\"b\"]}", "{}", "/a required,/b required" },
    { "{\"required\":[\"a/b~\"]}", "{}", "/a~1b~0 required" },
    { "{\"required\":[\"a\"]}", "{\"a\":null}", "" },
    { "{\"required\":[\"a\"]}", "[]", "" },
    { "{\"properties\":{\"a\":{\"minimum\":1},\"b\":false}}",
      "{\"a\":0,\"b\":1,\"c\":1}", "/a minimum,/b false" },
    { "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
      "{\"a\":0,\"b\":1}", "/b additionalProperties" },
    { "{\"properties\":{\"a\":{}},\"additionalProperties\":"
      "{\"type\":\"string\"}}", "{\"a\":0,\"b\":1}", "/b type" },
    { "{\"patternProperties\":{\"^x\":{\"type\":\"string\"}},"
      "\"additionalProperties\":false}", "{\"x1\":1,\"y\":1,\"x2\":\"\"}",
      "/x1 type,/y additionalProperties" },
    { "{\"propertyNames\":{\"maxLength\":2}}", "{\"ab\":1,\"abc\":1}",
      "/abc propertyNames" },
    { "{\"minProperties\":1}", "{}", " minProperties" },
    { "{\"maxProperties\":1}", "{\"a\":1,\"b\":1}", " maxProperties" },
    { "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{\"a\":1,\"c\":1}",
      "/b dependentRequired" },
    { "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"c\":1}", "" },
    { "{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", "{\"a\":1}",
      "/b required" },

    { "{\"allOf\":[{\"minimum\":1},{\"maximum\":-1}]}", "0",
      " minimum, maximum" },
    { "{\"anyOf\":[{\"minimum\":1},{\"maximum\":-1}]}", "0", " anyOf" },
    { "{\"anyOf\":[{\"minimum\":1},{\"maximum\":-1}]}", "2", "" },
    { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", "" },
    { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2", " oneOf" },
    { "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "0", " oneOf" },
    { "{\"not\":{\"const\":1}}", "1", " not" },
    { "{\"not\":{\"const\":1}}", "2", "" },
    { "{\"if\":{\"properties\":{\"k\":{\"const\":1}}},"
      "\"then\":{\"required\":[\"a\"]},\"else\":{\"required\":[\"b\"]}}",
      "{\"k\":1}", "/a required" },
    { "{\"if\":{\"properties\":{\"k\":{\"const\":1}}},"
      "\"then\":{\"required\":[\"a\"]},\"else\":{\"required\":[\"b\"]}}",
      "{\"k\":2}", "/b required" },
    { "{\"if\":false,\"then\":false}", "1", "" },

    { "{\"$defs\":{\"p\":{\"minimum\":1}},\"items\":"
      "{\"$ref\":\"#/$defs/p\"}}", "[0,1]", "/0 minimum" },
    { "{\"$defs\":{\"a/b\":{\"minimum\":1}},"
      "\"$ref\":\"#/$defs/a~1b\"}", "0", " minimum" },
    { "{\"$defs\":{\"\xe5\xbc\xa0\":false},"
      "\"$ref\":\"#/$defs/%E5%BC%A0\"}", "0", " false" },
    { "{\"allOf\":[{\"minimum\":1}],\"$defs\":{\"x\":{\"$ref\":"
      "\"#/allOf/0\"}},\"items\":{\"$ref\":\"#/$defs/x\"}}", "[0]",
      "/0 minimum" },
    { "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}}}",
      "{\"next\":{\"next\":{\"next\":1}}}", "/next/next/next type" },

    { "{\"format\":\"id-card\"}", "\"11010519491231002X\"", "" },
    { "{\"format\":\"id-card\"}", "\"11010519491231002x\"", "" },
    { "{\"format\":\"id-card\"}", "\"110105194912310021\"", " format" },
    { "{\"format\":\"uscc\"}", "\"91350100M000100Y43\"", "" },
    { "{\"format\":\"uscc\"}", "\"91350100M000100Y44\"", " format" },
    { "{\"format\":\"mobile\"}", "\"+86 138-0013-8000\"", "" },
    { "{\"format\":\"mobile\"}", "\"10012345678\"", " format" },
    { "{\"format\":\"bank-card\"}", "\"6222020000000000000\"", "" },
    { "{\"format\":\"bank-card\"}", "\"6222021234567890123\"", " format" },
    { "{\"format\":\"money\"}", "\"1500.00\"", "" },
    { "{\"format\":\"money\"}", "\"1500\"", " format" },
    { "{\"format\":\"money\"}", "\"-1.00\"", " format" },
    { "{\"format\":\"date\"}", "\"2024-02-29\"", "" },
    { "{\"format\":\"date\"}", "\"2023-02-29\"", " format" },
    { "{\"format\":\"month\"}", "\"2026-01\"", "" },
    { "{\"format\":\"month\"}", "\"2026-13\"", " format" },
    { "{\"format\":\"date-time\"}", "\"2026-01-31T09:00:00+08:00\"", "" },
    { "{\"format\":\"date-time\"}", "\"2026-01-31 09:00\"", " format" },
    { "{\"format\":\"email\"}", "\"zhang.san@example.cn\"", "" },
    { "{\"format\":\"email\"}", "\"a..b@example.cn\"", " format" },
    { "{\"format\":\"email\"}", "\".a@example.cn\"", " format" },
    { "{\"format\":\"email\"}", "\"a@example\"", " format" },
    { "{\"format\":\"email\"}", "\"a@-b.cn\"", " format" },
    { "{\"format\":\"email\"}", "\"@example.cn\"", " format" },
    { "{\"format\":\"email\"}", "\"\"", " format" },
    { "{\"format\":\"email\"}", "1", "" },
};

static const schema_refused_t  refused[] = {
    { "1", "", "a schema is an object" },
    { "{\"properties\":{\"a\":[]}}", "/properties/a", "a schema is" },
    { "{\"typ\":\"string\"}", "/typ", "did you mean \"type\"?" },
    { "{\"items\":{\"unevaluatedProperties\":false}}",
      "/items/unevaluatedProperties", "not supported" },
    { "{\"$anchor\":\"x\"}", "/$anchor", "not supported" },
    { "{\"format\":\"idcard\"}", "/format", "did you mean \"id-card\"?" },
    { "{\"format\":\"hostname\"}", "/format", "unknown format" },
    { "{\"pattern\":\"(\"}", "/pattern", "pattern: " },
    { "{\"patternProperties\":{\"[\":{}}}", "/patternProperties/[",
      "pattern: " },
    { "{\"type\":\"text\"}", "/type", "must be one or several" },
    { "{\"type\":[\"null\",\"null\"]}", "/type", "twice" },
    { "{\"type\":[]}", "/type", "must not be empty" },
    { "{\"enum\":[]}", "/enum", "at least one" },
    { "{\"minLength\":-1}", "/minLength", "at least 0" },
    { "{\"maximum\":\"1\"}", "/maximum", "must be a number" },
    { "{\"multipleOf\":0}", "/multipleOf", "over 0" },
    { "{\"required\":\"a\"}", "/required", "array of names" },
    { "{\"required\":[\"a\",\"a\"]}", "/required", "twice" },
    { "{\"dependentRequired\":{\"a\":[1]}}", "/dependentRequired/a",
      "array of names" },
    { "{\"anyOf\":[]}", "/anyOf", "at least one schema" },
    { "{\"then\":{}}", "/then", "without \"if\"" },
    { "{\"minContains\":1}", "/minContains", "without \"contains\"" },
    { "{\"uniqueItems\":1}", "/uniqueItems", "true or false" },
    { "{\"title\":1}", "/title", "must be a string" },
    { "{\"examples\":1}", "/examples", "must be an array" },
    { "{\"items\":{\"$id\":\"x\"}}", "/items/$id", "at the root" },
    { "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
      "/$schema", "2020-12" },
    { "{\"$ref\":\"#/$defs/x\"}", "/$ref", "names no schema" },
    { "{\"$ref\":\"other.json\"}", "/$ref", "names no schema" },
    { "{\"required\":[],\"items\":{\"$ref\":\"#/required\"}}",
      "/items/$ref", "names no schema" },
    { "{\"$ref\":\"#\"}", "", "without end" },
    { "{\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"}]},"
      "\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}", "/$defs/",
      "without end" },
};

static const schema_words_t  words[] = {
    { "{\"properties\":{\"amount\":{\"title\":\"\xe9\x87\x91\xe9\xa2\x9d\","
      "\"x-title-en\":\"Amount\"}},\"required\":[\"amount\"]}", "{}",
      "“金额”必填", "\"Amount\" is required" },
    { "{\"properties\":{\"a\":{\"type\":[\"integer\",\"null\"]}}}",
      "{\"a\":\"\"}", "“a”应为空值或整数",
      "\"a\" must be null or an integer" },
    { "{\"properties\":{\"level\":{}},\"additionalProperties\":false}",
      "{\"lvel\":1}", "不认识“lvel”，是否为“level”？",
      "unknown member \"lvel\", did you mean \"level\"?" },
    { "{\"title\":\"T\",\"items\":{\"enum\":[\"a\",2]}}", "[1]",
      "“T”第1项只能是a、2", "\"T\", item 1, must be one of a, 2" },
    { "{\"type\":\"object\"}", "1", "表单应为一组数据",
      "the form must be an object" },
    { "{\"items\":{\"$ref\":\"#/$defs/c\"},\"$defs\":{\"c\":"
      "{\"title\":\"C\",\"format\":\"bank-card\"}}}", "[\"1\"]",
      "“C”不是有效的银行卡号", "\"C\" is not a valid bank card number" },
    { "{\"maximum\":12.5}", "13", "表单不能大于12.5",
      "the form must not be more than 12.5" },
};


static hpf_date_t
today(void)
{
    hpf_date_t  date;

    date.year = 2026;
    date.month = 10;
    date.day = 1;

    return date;
}


static json_t *
load(const char *text)
{
    json_t  *json;

    json = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json == NULL) {
        printf("Bail out! the test's JSON: %s\n", text);
        exit(EXIT_FAILURE);
    }

    return json;
}


static hpf_schema_t *
compile(const char *text, hpf_schema_error_t *error)
{
    json_t        *json;
    hpf_schema_t  *schema;

    json = load(text);
    schema = hpf_schema_compile(json, hpf_form_formats(today), error);
    json_decref(json);

    return schema;
}


static void
list(char *dst, size_t size, const json_t *faults)
{
    size_t   i, n;
    json_t  *fault;

    n = 0;
    dst[0] = '\0';

    json_array_foreach(faults, i, fault) {
        n += snprintf(dst + n, size - n, "%s%s %s", i ? "," : "",
                      json_string_value(json_object_get(fault, "pointer")),
                      json_string_value(json_object_get(fault, "rule")));
    }
}


static void
check_cases(void)
{
    int                   rc;
    char                  text[4096];
    json_t               *instance, *faults;
    size_t                i;
    hpf_schema_t         *schema;
    hpf_schema_error_t    error;
    const schema_case_t  *c;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];
        schema = compile(c->schema, &error);

        if (schema == NULL) {
            ok(0, "%s: %s", c->schema, error.text);
            continue;
        }

        instance = load(c->instance);
        rc = hpf_schema_check(schema, instance, 0, &faults);

        list(text, sizeof(text), faults);
        is_str(text, strlen(text), c->faults, "%s of %s", c->instance,
               c->schema);

        if (rc != (c->faults[0] ? HPF_DECLINED : HPF_OK)) {
            ok(0, "returns %d", rc);
        }

        json_decref(faults);
        json_decref(instance);
        hpf_schema_free(schema);
    }
}


static void
check_refused(void)
{
    size_t                   i;
    hpf_schema_t            *schema;
    hpf_schema_error_t       error;
    const schema_refused_t  *c;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        c = &refused[i];
        schema = compile(c->schema, &error);

        ok(schema == NULL && strstr(error.text, c->text) != NULL
           && strncmp(error.pointer, c->pointer, strlen(c->pointer)) == 0,
           "%s is refused at \"%s\": %s", c->schema, error.pointer,
           error.text);

        hpf_schema_free(schema);
    }
}


static void
check_words(void)
{
    int                    en;
    size_t                 i;
    json_t                *instance, *faults;
    const char            *text;
    hpf_schema_t          *schema;
    hpf_schema_error_t     error;
    const schema_words_t  *c;

    for (i = 0; i < 2 * sizeof(words) / sizeof(words[0]); i++) {
        c = &words[i / 2];
        en = i % 2;
        schema = compile(c->schema, &error);
        instance = load(c->instance);

        hpf_schema_check(schema, instance, en, &faults);

        text = json_string_value(json_object_get(json_array_get(faults, 0),
                                                 "message"));
        is_str(text, text ? strlen(text) : 0, en ? c->en : c->zh,
               "the message in %s", en ? "English" : "Chinese");

        json_decref(faults);
        json_decref(instance);
        hpf_schema_free(schema);
    }
}


static void
check_bounds(void)
{
    int                  rc;
    char                 text[HPF_SCHEMA_FAULTS * 8 + 64];
    size_t               i;
    json_t              *array, *faults;
    hpf_schema_t        *schema;
    hpf_schema_error_t   error;

    array = json_array();

    for (i = 0; i < 3000; i++) {
        json_array_append_new(array, json_integer((json_int_t) i));
    }

    schema = compile("{\"items\":{\"type\":\"string\"}}", &error);
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_DECLINED, "3000 faults are declined");
    is_int(json_array_size(faults), HPF_SCHEMA_FAULTS, "and as many told");
    json_decref(faults);
    hpf_schema_free(schema);

    schema = compile("{\"uniqueItems\":true}", &error);
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_ERROR, "quadratic work has its limit");
    ok(faults == NULL, "and then no faults");
    hpf_schema_free(schema);
    json_decref(array);

    schema = compile("{\"pattern\":\"^(a+)+$\"}", &error);
    array = load("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_ERROR, "a pattern that runs away is stopped");
    json_decref(array);
    hpf_schema_free(schema);

    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    text[200] = '\0';

    schema = compile("{\"items\":{\"$ref\":\"#\"}}", &error);
    array = load(text);
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_OK, "100 levels deep");
    json_decref(array);
    hpf_schema_free(schema);

    memset(text, '[', 300);
    memset(text + 300, ']', 300);
    text[600] = '\0';

    schema = compile("{\"items\":{\"$ref\":\"#\"}}", &error);
    array = load(text);
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_ERROR, "300 levels are too deep");
    json_decref(array);
    hpf_schema_free(schema);
}


int
main(void)
{
    plan(0);

    check_cases();
    check_refused();
    check_words();
    check_bounds();

    return done();
}
