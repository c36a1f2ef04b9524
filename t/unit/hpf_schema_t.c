/* links: core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_utf8.c core/hpf_form_formats.c core/hpf_name.c core/hpf_ident.c core/hpf_time.c -ljansson -lpcre2-8 */

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
    { "{\"maxLength\":1.0}", "\"ab\"", " maxLength" },
    { "{\"maxLength\":1e300}", "\"ab\"", "" },
    { "{\"minItems\":9223372036854775807}", "[]", " minItems" },
    { "{\"pattern\":\"^[a-z]+$\"}", "\"abc\"", "" },
    { "{\"pattern\":\"^[a-z]+$\"}", "\"abc\\n\"", " pattern" },
    { "{\"pattern\":\"b\"}", "\"abc\"", "" },
    { "{\"pattern\":\"^\\\\u5f20.$\"}", "\"\xe5\xbc\xa0\xe4\xb8\x89\"", "" },
    { "{\"pattern\":\"^\\\\d$\"}", "\"\xef\xbc\x91\"", " pattern" },

    { "{\"pattern\":\"^\\\\u{20BB7}$\"}", "\"\xf0\xa0\xae\xb7\"", "" },
    { "{\"pattern\":\"^\\\\u{20BB7}$\"}", "\"u\"", " pattern" },
    { "{\"pattern\":\"^a.b$\"}", "\"a\\rb\"", " pattern" },
    { "{\"pattern\":\"^[^]$\"}", "\"\\n\"", "" },
    { "{\"pattern\":\"[]\"}", "\"]\"", " pattern" },

    { "{\"pattern\":\"^\\\\S+$\"}", "\"张　三\"", " pattern" },
    { "{\"pattern\":\"^\\\\S+$\"}", "\"张三\"", "" },
    { "{\"pattern\":\"^[\\\\u4e00-\\\\u9fff\\\\s]+$\"}", "\"张　三\"", "" },
    { "{\"pattern\":\"^[\\\\S]+$\"}", "\"a\\u00a0b\"", " pattern" },
    { "{\"pattern\":\"^[^\\\\s]+$\"}", "\"a\\tb\"", " pattern" },
    { "{\"pattern\":\"^\\\\\\\\s$\"}", "\"\\\\s\"", "" },
    { "{\"pattern\":\"^\\\\s\\\\Q\\\\\"}", "\"\\u3000\\\\\"", "" },

    { "{\"minimum\":1}", "1", "" },
    { "{\"minimum\":1}", "0.999", " minimum" },
    { "{\"minimum\":9223372036854775807}", "9223372036854775806",
      " minimum" },
    { "{\"minimum\":9223372036854775807}", "9223372036854775808.0", "" },
    { "{\"exclusiveMaximum\":9223372036854775808.0}", "9223372036854775807",
      "" },
    { "{\"minimum\":-9223372036854775808}", "-9223372036854777856.0",
      " minimum" },
    { "{\"const\":9007199254740993}", "9007199254740992.0", " const" },
    { "{\"exclusiveMinimum\":-1.5}", "-1", "" },
    { "{\"exclusiveMaximum\":-1.5}", "-1", " exclusiveMaximum" },
    { "{\"exclusiveMinimum\":1.5}", "1", " exclusiveMinimum" },
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
    { "{\"uniqueItems\":true}", "[0,-0.0]", " uniqueItems" },
    { "{\"uniqueItems\":true}", "[[1,2],[2,1],[[1],2]]", "" },
    { "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":[2]},{\"b\":[2.0],\"a\":1}]",
      " uniqueItems" },
    { "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"a\":2,\"b\":1}]", "" },
    { "{\"uniqueItems\":true}",
      "[9223372036854775807,9223372036854775806,9223372036854775807.0]",
      "" },
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
    { "{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},"
      "{\"type\":\"object\",\"required\":[\"zh\"]}]}", "\"\"", " minLength" },
    { "{\"oneOf\":[{\"type\":\"string\",\"minLength\":1},"
      "{\"type\":\"object\",\"required\":[\"zh\"]}]}", "{}",
      "/zh required" },
    { "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\"},false]}",
      "5", " anyOf" },
    { "{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"enum\":[1]}]}",
      "\"\"", " anyOf" },
    { "{\"not\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\","
      "\"minItems\":1}]}}", "[]", "" },
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
    { "{\"minLength\":1.5}", "/minLength", "at least 0" },
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

/* 10 characters, 30 bytes: what is longer than 160 is cut between two */

#define TEN  "一二三四五六七八九十"

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
    { "{\"pattern\":\"^[0-9]{12}$\",\"description\":\"12位数字\","
      "\"x-description-en\":\"12 digits\"}", "\"1\"",
      "表单格式不正确：12位数字",
      "the form does not have the right form: 12 digits" },
    { "{\"pattern\":\"x\",\"description\":\"带x\"}", "\"1\"",
      "表单格式不正确：带x", "the form does not have the right form: 带x" },
    { "{\"const\":{\"甲\":\"" TEN TEN TEN TEN TEN TEN "\"}}", "1",
      "表单必须是{\"甲\":\"" TEN TEN TEN TEN TEN,
      "the form must be {\"甲\":\"" TEN TEN TEN TEN TEN },
    { "{\"properties\":{\"a\":{\"pattern\":\"^(a+)+$\"}}}",
      "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}",
      "“a”内容过多或过于复杂", "\"a\" is too large or too complex" },
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


/* what is said of an instance, which is then freed */

static void
bound(const char *schema, json_t *instance, const char *faults,
    const char *name)
{
    int                  rc;
    char                 text[HPF_SCHEMA_FAULTS * 32];
    json_t              *told;
    hpf_schema_t        *compiled;
    hpf_schema_error_t   error;

    compiled = compile(schema, &error);

    rc = hpf_schema_check(compiled, instance, 0, &told);
    is_int(rc, faults[0] ? HPF_DECLINED : HPF_OK, "%s", name);

    list(text, sizeof(text), told);
    is_str(text, strlen(text), faults, "and what is said");

    json_decref(told);
    json_decref(instance);
    hpf_schema_free(compiled);
}


static json_t *
numbers(size_t n, int last)
{
    size_t   i;
    json_t  *array;

    array = json_array();

    for (i = 0; i + 1 < n; i++) {
        json_array_append_new(array, json_integer((json_int_t) i));
    }

    json_array_append_new(array, json_real(last));

    return array;
}


static json_t *
text_of(size_t n, int ch, const char *last)
{
    char    *text;
    json_t  *json;

    text = malloc(n + 1);
    memset(text, ch, n);
    memcpy(text + n - strlen(last), last, strlen(last));

    json = json_stringn(text, n);
    free(text);

    return json;
}


static json_t *
nested(size_t n)
{
    json_t  *json;

    json = json_array();

    while (--n) {
        json = json_pack("[o]", json);
    }

    return json;
}


static void
check_bounds(void)
{
    int                  rc;
    char                 text[HPF_SCHEMA_FAULTS * 32];
    json_t              *array, *faults;
    hpf_schema_t        *schema;
    hpf_schema_error_t   error;

    schema = compile("{\"items\":{\"type\":\"string\"}}", &error);
    array = numbers(3000, -1);
    rc = hpf_schema_check(schema, array, 0, &faults);
    is_int(rc, HPF_DECLINED, "3000 faults are declined");
    is_int(json_array_size(faults), HPF_SCHEMA_FAULTS, "and as many told");
    json_decref(faults);
    json_decref(array);
    hpf_schema_free(schema);

    bound("{\"items\":{\"type\":\"integer\"},\"uniqueItems\":true}",
          numbers(100000, -1), "", "a long array");
    bound("{\"uniqueItems\":true}", numbers(100000, 17), " uniqueItems",
          "two of a long array are equal");
    bound("{\"uniqueItems\":true}", numbers(600000, -1), " limit",
          "an array that is too long");
    bound("{\"not\":{\"uniqueItems\":true}}", numbers(600000, -1), " limit",
          "also where it is only a question");
    bound("{\"pattern\":\"^[a-z]+$\"}", text_of(1 << 20, 'a', ""), "",
          "a pattern over a mebibyte");
    bound("{\"pattern\":\"\\\\s+$\"}", text_of(1 << 20, ' ', "x"), " limit",
          "a pattern that begins again at each place");
    bound("{\"pattern\":\"^(a+)+$\"}", text_of(50, 'a', "b"), " limit",
          "a pattern that runs away");
    bound("{\"not\":{\"pattern\":\"^(a+)+$\"}}", text_of(50, 'a', "b"),
          " limit", "and does not pass for one that does not match");
    bound("{\"items\":{\"$ref\":\"#\"}}", nested(100), "", "100 levels deep");

    schema = compile("{\"items\":{\"$ref\":\"#\"}}", &error);
    array = nested(300);
    rc = hpf_schema_check(schema, array, 0, &faults);
    list(text, sizeof(text), faults);
    ok(rc == HPF_DECLINED && strncmp(text, "/0/0/0/0", 8) == 0
       && strstr(text, "/0 limit") != NULL, "300 levels are too deep");
    json_decref(faults);
    json_decref(array);
    hpf_schema_free(schema);
}


/* what does not fit is cut, and never within a character */

static void
check_cuts(void)
{
    size_t               n;
    json_t              *json, *text, *names;
    hpf_schema_t        *schema;
    hpf_schema_error_t   error;

    for (n = 60; n < 64; n++) {
        text = text_of(n, 'k', "");
        json = json_pack("{s:{s+:o}}", "properties",
                         json_string_value(text), "甲甲甲甲",
                         json_pack("{s:i}", "title", 1));
        json_decref(text);

        schema = hpf_schema_compile(json, NULL, &error);
        text = json_string(error.pointer);
        ok(schema == NULL && text != NULL, "a pointer is cut");
        json_decref(text);
        json_decref(json);

        text = text_of(n, 'k', "甲甲甲甲");
        json = json_pack("{s:o}", "format", text);
        schema = hpf_schema_compile(json, NULL, &error);
        text = json_string(error.text);
        ok(schema == NULL && text != NULL, "a name is cut: %s", error.text);
        json_decref(text);
        json_decref(json);
    }

    names = json_array();

    for (n = 0; n < 2000; n++) {
        json_array_append_new(names, json_sprintf("%zu", n));
    }

    json = json_pack("{s:o}", "required", names);
    schema = hpf_schema_compile(json, NULL, &error);
    ok(schema == NULL && strcmp(error.pointer, "/required") == 0,
       "too many names: %s", error.text);
    json_decref(json);
}


int
main(void)
{
    plan(0);

    check_cases();
    check_refused();
    check_words();
    check_bounds();
    check_cuts();

    return done();
}
