/* links: core/hpf_schema.c core/hpf_schema_array.c core/hpf_schema_check.c core/hpf_schema_compile.c core/hpf_schema_compile_value.c core/hpf_schema_keyword.c core/hpf_schema_logic.c core/hpf_schema_object.c core/hpf_schema_ref.c core/hpf_schema_scalar.c core/hpf_schema_text.c core/hpf_schema_value.c core/hpf_spell.c core/hpf_utf8.c core/hpf_form_formats.c core/hpf_name.c core/hpf_ident.c core/hpf_time.c -ljansson -lpcre2-8 */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The official JSON-Schema-Test-Suite, draft 2020-12, as Debian's package
 * libtest-json-schema-acceptance-perl has it.  Every file of the suite is
 * either run or named here as left out with the reason; a schema in a file
 * that is run is accepted, or named here as one that must be refused.
 */

#include "tap.h"

#include "hpf_plugin.h"
#include "hpf_form_formats.h"
#include "hpf_schema.h"

#include <dirent.h>


#define SUITE  "/usr/share/perl5/auto/share/dist/"                            \
               "Test-JSON-Schema-Acceptance/tests/draft2020-12"


typedef struct {
    const char  *file;
    const char  *why;                  /* NULL: it is run */
} suite_file_t;

/* a group whose schema is refused, or a test with another answer here */

typedef struct {
    const char  *file;
    const char  *group;
    const char  *test;                 /* NULL: the schema is refused ... */
    const char  *why;                  /* ... with this in the text */
} suite_except_t;


static const suite_file_t  files[] = {
    { "additionalProperties.json", NULL },
    { "allOf.json", NULL },
    { "anyOf.json", NULL },
    { "boolean_schema.json", NULL },
    { "const.json", NULL },
    { "contains.json", NULL },
    { "default.json", NULL },
    { "defs.json", NULL },
    { "dependentRequired.json", NULL },
    { "dependentSchemas.json", NULL },
    { "enum.json", NULL },
    { "exclusiveMaximum.json", NULL },
    { "exclusiveMinimum.json", NULL },
    { "if-then-else.json", NULL },
    { "infinite-loop-detection.json", NULL },
    { "items.json", NULL },
    { "maxContains.json", NULL },
    { "maxItems.json", NULL },
    { "maxLength.json", NULL },
    { "maxProperties.json", NULL },
    { "maximum.json", NULL },
    { "minContains.json", NULL },
    { "minItems.json", NULL },
    { "minLength.json", NULL },
    { "minProperties.json", NULL },
    { "minimum.json", NULL },
    { "multipleOf.json", NULL },
    { "not.json", NULL },
    { "oneOf.json", NULL },
    { "pattern.json", NULL },
    { "patternProperties.json", NULL },
    { "prefixItems.json", NULL },
    { "properties.json", NULL },
    { "propertyNames.json", NULL },
    { "ref.json", NULL },
    { "required.json", NULL },
    { "type.json", NULL },
    { "uniqueItems.json", NULL },

    { "anchor.json", "$anchor is not supported" },
    { "content.json", "contentEncoding and its kin are not supported" },
    { "dynamicRef.json", "$dynamicRef is not supported" },
    { "format.json", "format is checked here, and is only a note there" },
    { "id.json", "$id is for the root only" },
    { "refRemote.json", "$ref is for the same document only" },
    { "unevaluatedItems.json", "unevaluatedItems is not supported" },
    { "unevaluatedProperties.json",
      "unevaluatedProperties is not supported" },
    { "unknownKeyword.json", "unknown keywords are refused" },
    { "vocabulary.json", "there is one vocabulary" },

    { "optional/ecmascript-regex.json", NULL },
    { "optional/float-overflow.json", NULL },
    { "optional/non-bmp-regex.json", NULL },
    { "optional/no-schema.json", NULL },
    { "optional/unicode.json", NULL },

    { "optional/bignum.json", "integers over 64 bits are no JSON here" },
    { "optional/cross-draft.json", "there is one draft" },
    { "optional/dependencies-compatibility.json",
      "\"dependencies\" is of older drafts" },
    { "optional/format-assertion.json", "there is one vocabulary" },
    { "optional/refOfUnknownKeyword.json", "unknown keywords are refused" },

    { "optional/format/date.json", NULL },
    { "optional/format/date-time.json", NULL },
    { "optional/format/email.json", NULL },

    { NULL, NULL }
};


#define EMAIL  "optional/format/email.json", "validation of e-mail addresses"

static const suite_except_t  excepts[] = {

    { "defs.json",
      "validate definition against metaschema", NULL,
      "names no schema of this document" },
    { "if-then-else.json",
      "ignore then without if", NULL,
      "without \"if\"" },
    { "if-then-else.json",
      "ignore else without if", NULL,
      "without \"if\"" },
    { "if-then-else.json",
      "non-interference across combined schemas", NULL,
      "without \"if\"" },
    { "maxContains.json",
      "maxContains without contains is ignored", NULL,
      "without \"contains\"" },
    { "minContains.json",
      "minContains without contains is ignored", NULL,
      "without \"contains\"" },
    { "not.json",
      "collect annotations inside a 'not', even if collection is disabled",
      NULL,
      "unevaluatedProperties\" is not" },
    { "ref.json",
      "remote ref, containing refs itself", NULL,
      "names no schema of this document" },
    { "ref.json",
      "Recursive references between schemas", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "ref creates new scope when adjacent to keywords", NULL,
      "unevaluatedProperties\" is not" },
    { "ref.json",
      "refs with relative uris and defs", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "relative refs with absolute uris and defs", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "$id must be resolved against nearest parent, not just immediate parent",
      NULL,
      "at the root of the schema only" },
    { "ref.json",
      "order of evaluation: $id and $ref", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "order of evaluation: $id and $anchor and $ref", NULL,
      "$anchor\" is not" },
    { "ref.json",
      "simple URN base URI with $ref via the URN", NULL,
      "names no schema of this document" },
    { "ref.json",
      "URN base URI with f-component", NULL,
      "names no schema of this document" },
    { "ref.json",
      "URN base URI with URN and JSON pointer ref", NULL,
      "names no schema of this document" },
    { "ref.json",
      "URN base URI with URN and anchor ref", NULL,
      "$anchor\" is not" },
    { "ref.json",
      "URN ref with nested pointer ref", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "ref to if", NULL,
      "at the root of the schema only" },
    { "ref.json",
      "ref to then", NULL,
      "without \"if\"" },
    { "ref.json",
      "ref to else", NULL,
      "without \"if\"" },
    { "ref.json",
      "ref with absolute-path-reference", NULL,
      "at the root of the schema only" },
    { "optional/ecmascript-regex.json",
      "\\a is not an ECMA 262 control escape", NULL,
      "names no schema of this document" },
    { "optional/ecmascript-regex.json",
      "patterns always use unicode semantics with pattern", NULL,
      "unknown property" },
    { "optional/ecmascript-regex.json",
      "pattern with non-ASCII digits", NULL,
      "unknown property" },
    { "optional/ecmascript-regex.json",
      "patterns always use unicode semantics with patternProperties", NULL,
      "unknown property" },
    { "optional/ecmascript-regex.json",
      "patternProperties with non-ASCII digits", NULL,
      "unknown property" },

    { "optional/float-overflow.json",
      "all integers are multiples of 0.5, if overflow is handled",
      "valid if optional overflow handling is implemented",
      "a quotient over 2^63 is no multiple" },

    { EMAIL, "a quoted string with a space in the local part is valid",
      "no quoting" },
    { EMAIL, "a quoted string with a double dot in the local part is valid",
      "no quoting" },
    { EMAIL, "a quoted string with a @ in the local part is valid",
      "no quoting" },
    { EMAIL, "an IPv4-address-literal after the @ is valid",
      "no addresses for hosts" },
    { EMAIL, "an IPv6-address-literal after the @ is valid",
      "no addresses for hosts" },

    { NULL, NULL, NULL, NULL }
};


static hpf_date_t
today(void)
{
    hpf_date_t  date;

    date.year = 2026;
    date.month = 11;
    date.day = 23;

    return date;
}


static const char *
text(const json_t *object, const char *key)
{
    const char  *s;

    s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}


static const suite_except_t *
except(const char *file, const char *group, const char *test)
{
    const suite_except_t  *e;

    for (e = excepts; e->file; e++) {

        if (strcmp(e->file, file) == 0 && strcmp(e->group, group) == 0
            && (test == NULL) == (e->test == NULL)
            && (test == NULL || strcmp(e->test, test) == 0))
        {
            return e;
        }
    }

    return NULL;
}


static void
check_test(const char *file, const char *group, const hpf_schema_t *schema,
    const json_t *test)
{
    int                    rc, valid;
    json_t                *faults;
    const char            *name;
    const suite_except_t  *other;

    name = text(test, "description");
    valid = json_is_true(json_object_get(test, "valid"));

    other = except(file, group, name);
    if (other != NULL) {
        valid = !valid;
    }

    rc = hpf_schema_check(schema, json_object_get(test, "data"), 1, &faults);

    ok(rc == (valid ? HPF_OK : HPF_DECLINED), "%s: %s: %s%s%s", file, group,
       name, other ? ", not here: " : "", other ? other->why : "");

    json_decref(faults);
}


static void
check_group(const char *file, const json_t *group)
{
    size_t                 i;
    json_t                *test;
    const char            *name;
    hpf_schema_t          *schema;
    hpf_schema_error_t     error;
    const suite_except_t  *refused;

    name = text(group, "description");
    refused = except(file, name, NULL);

    schema = hpf_schema_compile(json_object_get(group, "schema"),
                                hpf_form_formats(today), &error);

    if (refused != NULL) {
        ok(schema == NULL && strstr(error.text, refused->why),
           "%s: %s: refused, %s", file, name, error.text);
        hpf_schema_free(schema);
        return;
    }

    if (schema == NULL) {
        ok(0, "%s: %s: %s at %s", file, name, error.text, error.pointer);
        return;
    }

    json_array_foreach(json_object_get(group, "tests"), i, test) {
        check_test(file, name, schema, test);
    }

    hpf_schema_free(schema);
}


static void
check_file(const char *file)
{
    char           path[512];
    size_t         i;
    json_t        *groups, *group;
    json_error_t   error;

    (void) snprintf(path, sizeof(path), "%s/%s", SUITE, file);

    groups = json_load_file(path, JSON_ALLOW_NUL, &error);

    if (groups == NULL) {
        ok(0, "%s: %s; \"make deps\" installs it", path, error.text);
        return;
    }

    json_array_foreach(groups, i, group) {
        check_group(file, group);
    }

    json_decref(groups);
}


static int
is_named(const char *file)
{
    const suite_file_t  *f;

    for (f = files; f->file; f++) {

        if (strcmp(f->file, file) == 0) {
            return 1;
        }
    }

    return 0;
}


/* a file that a newer suite has is not left out without anybody knowing */

static void
check_all_named(const char *folder)
{
    DIR            *dir;
    char            path[512];
    struct dirent  *entry;

    (void) snprintf(path, sizeof(path), "%s/%s", SUITE, folder);

    dir = opendir(path);

    if (dir == NULL) {
        ok(0, "%s is missing; \"make deps\" installs it", path);
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        if (strstr(entry->d_name, ".json") == NULL) {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s%s", folder, entry->d_name);

        ok(is_named(path), "%s is known", path);
    }

    (void) closedir(dir);
}


int
main(void)
{
    const suite_file_t  *file;

    plan(0);

    check_all_named("");
    check_all_named("optional/");

    for (file = files; file->file; file++) {

        if (file->why == NULL) {
            check_file(file->file);

        } else {
            printf("# left out: %s: %s\n", file->file, file->why);
        }
    }

    return done();
}
