/*
 * Copyright (C) the HPF gateway authors
 */

/* The values of keywords that hold no schema: is each of its shape. */

#include "hpf_schema_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_spell.h"
#include "hpf_utf8.h"


/* white space of ECMA-262, 12.2 and 12.3, and all else, within a class */

#define HPF_SCHEMA_SPACE                                                      \
    "\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029"                     \
    "\\u202f\\u205f\\u3000\\ufeff"
#define HPF_SCHEMA_NO_SPACE                                                   \
    "\\u0000-\\u0008\\u000e-\\u001f!-\\u009f\\u00a1-\\u167f"                  \
    "\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e"            \
    "\\u2060-\\u2fff\\u3001-\\ufefe\\uff00-\\u{10ffff}"

#define HPF_SCHEMA_COUNT_MAX    0x7fffffff
#define HPF_SCHEMA_DIALECT_URI  "https://json-schema.org/draft/2020-12/schema"


static int hpf_schema_compile_value_types(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_value_number(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_value_names(hpf_schema_compile_t *c,
    const json_t *names, const hpf_schema_path_t *path);
static int hpf_schema_compile_value_names_map(hpf_schema_compile_t *c,
    const json_t *map, const hpf_schema_path_t *path);
static int hpf_schema_compile_value_format(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static int hpf_schema_compile_value_text(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static char *hpf_schema_compile_value_spaces(const char *pattern);
static pcre2_code *hpf_schema_compile_value_code(hpf_schema_compile_t *c,
    const char *pattern, const hpf_schema_path_t *path);


int
hpf_schema_compile_value(hpf_schema_compile_t *c, hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    const json_t  *value;

    value = rule->value;

    switch (rule->keyword->shape) {

    case HPF_SCHEMA_NOTE_FLAG:
    case HPF_SCHEMA_FLAG:
        if (!json_is_boolean(value)) {
            return hpf_schema_compile_fault(c, path, "must be true or false");
        }

        return HPF_OK;

    case HPF_SCHEMA_NOTE_LIST:
        if (!json_is_array(value)) {
            return hpf_schema_compile_fault(c, path, "must be an array");
        }

        return HPF_OK;

    case HPF_SCHEMA_VALUES:
        if (json_array_size(value) == 0) {
            return hpf_schema_compile_fault(c, path, "must be an array of at "
                                            "least one value");
        }

        return HPF_OK;

    case HPF_SCHEMA_TYPES:
        return hpf_schema_compile_value_types(c, rule, path);

    case HPF_SCHEMA_COUNT:
    case HPF_SCHEMA_LIMIT:
    case HPF_SCHEMA_FACTOR:
        return hpf_schema_compile_value_number(c, rule, path);

    case HPF_SCHEMA_NAMES:
        return hpf_schema_compile_value_names(c, value, path);

    case HPF_SCHEMA_NAMES_MAP:
        return hpf_schema_compile_value_names_map(c, value, path);

    case HPF_SCHEMA_NOTE_ANY:
    case HPF_SCHEMA_VALUE:
        return HPF_OK;

    default: /* NOTE_TEXT, DIALECT, ID, PATTERN, FORMAT, REF */
        return hpf_schema_compile_value_text(c, rule, path);
    }
}


static int
hpf_schema_compile_value_types(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path)
{
    size_t       i, n;
    unsigned     type;
    const char  *name;

    n = json_is_array(rule->value) ? json_array_size(rule->value) : 1;

    if (n == 0) {
        return hpf_schema_compile_fault(c, path, "must not be empty");
    }

    for (i = 0; i < n; i++) {
        name = json_string_value(json_is_array(rule->value)
                                 ? json_array_get(rule->value, i)
                                 : rule->value);

        type = name ? hpf_schema_value_type_named(name) : 0;

        if (type == 0) {
            return hpf_schema_compile_fault(c, path, "must be one or several "
                                            "of null, boolean, integer, "
                                            "number, string, array, object");
        }

        if (rule->types & type) {
            return hpf_schema_compile_fault(c, path, "\"%s\" is there twice",
                                            name);
        }

        rule->types |= type;
    }

    return HPF_OK;
}


static int
hpf_schema_compile_value_number(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path)
{
    const json_t  *value;

    value = rule->value;

    switch (rule->keyword->shape) {

    case HPF_SCHEMA_COUNT:
        /* 2.0 is an integer; over the bound no value has so many */

        if (!(hpf_schema_value_type(value) & HPF_SCHEMA_INTEGER)
            || !(json_number_value(value) >= 0))
        {
            return hpf_schema_compile_fault(c, path, "must be an integer of "
                                            "at least 0");
        }

        rule->count = (json_number_value(value) < HPF_SCHEMA_COUNT_MAX)
                      ? (size_t) json_number_value(value)
                      : HPF_SCHEMA_COUNT_MAX;

        return HPF_OK;

    case HPF_SCHEMA_FACTOR:
        if (!(json_number_value(value) > 0)) {
            return hpf_schema_compile_fault(c, path, "must be a number over "
                                            "0");
        }

        return HPF_OK;

    default: /* HPF_SCHEMA_LIMIT */
        if (!json_is_number(value)) {
            return hpf_schema_compile_fault(c, path, "must be a number");
        }

        return HPF_OK;
    }
}


static int
hpf_schema_compile_value_names(hpf_schema_compile_t *c, const json_t *names,
    const hpf_schema_path_t *path)
{
    size_t  i, j;

    if (!json_is_array(names)) {
        return hpf_schema_compile_fault(c, path, "must be an array of names");
    }

    if (json_array_size(names) > HPF_SCHEMA_NAMES_MAX) {
        return hpf_schema_compile_fault(c, path, "must not have more than %d "
                                        "names", HPF_SCHEMA_NAMES_MAX);
    }

    for (i = 0; i < json_array_size(names); i++) {

        if (!json_is_string(json_array_get(names, i))) {
            return hpf_schema_compile_fault(c, path, "must be an array of "
                                            "names");
        }

        for (j = 0; j < i; j++) {
            if (json_equal(json_array_get(names, i),
                           json_array_get(names, j)))
            {
                return hpf_schema_compile_fault(c, path, "\"%.64s\" is there "
                           "twice", json_string_value(json_array_get(names,
                                                                     i)));
            }
        }
    }

    return HPF_OK;
}


static int
hpf_schema_compile_value_names_map(hpf_schema_compile_t *c,
    const json_t *map, const hpf_schema_path_t *path)
{
    void               *it;
    hpf_schema_path_t   here;

    if (!json_is_object(map)) {
        return hpf_schema_compile_fault(c, path, "must be an object");
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;

    for (it = json_object_iter((json_t *) map);
         it != NULL;
         it = json_object_iter_next((json_t *) map, it))
    {
        here.key = json_object_iter_key(it);

        if (hpf_schema_compile_value_names(c, json_object_iter_value(it),
                                           &here)
            != HPF_OK)
        {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


static int
hpf_schema_compile_value_text(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path)
{
    const char  *text;

    text = json_string_value(rule->value);
    if (text == NULL) {
        return hpf_schema_compile_fault(c, path, "must be a string");
    }

    switch (rule->keyword->shape) {

    case HPF_SCHEMA_DIALECT:
        if (strcmp(text, HPF_SCHEMA_DIALECT_URI) != 0) {
            return hpf_schema_compile_fault(c, path, "only \"%s\" is "
                                            "supported",
                                            HPF_SCHEMA_DIALECT_URI);
        }

        return HPF_OK;

    case HPF_SCHEMA_ID:
        if (c->depth != 1) {
            return hpf_schema_compile_fault(c, path, "belongs at the root of "
                                            "the schema only");
        }

        return HPF_OK;

    case HPF_SCHEMA_PATTERN:
        rule->code = hpf_schema_compile_pattern(c, text, path);

        return rule->code ? HPF_OK : HPF_ERROR;

    case HPF_SCHEMA_FORMAT:
        return hpf_schema_compile_value_format(c, rule, path);

    default: /* NOTE_TEXT; REF is resolved when all schemas are known */
        return HPF_OK;
    }
}


static int
hpf_schema_compile_value_format(hpf_schema_compile_t *c,
    hpf_schema_rule_t *rule, const hpf_schema_path_t *path)
{
    const char                 *name;
    hpf_spell_t                 spell;
    const hpf_schema_format_t  *format, *formats;

    name = json_string_value(rule->value);
    formats = c->schema->formats ? c->schema->formats->formats : NULL;

    for (format = formats; format != NULL && format->name != NULL; format++) {

        if (strcmp(format->name, name) == 0) {
            rule->format = format;
            return HPF_OK;
        }
    }

    hpf_spell_begin(&spell, name);

    for (format = formats; format != NULL && format->name != NULL; format++) {
        hpf_spell_try(&spell, format->name);
    }

    if (spell.nearest == NULL) {
        return hpf_schema_compile_fault(c, path, "unknown format \"%.64s\"",
                                        name);
    }

    return hpf_schema_compile_fault(c, path, "unknown format \"%.64s\", did "
                                    "you mean \"%s\"?", name, spell.nearest);
}


/*
 * As near to ECMA-262 with the u flag as PCRE2 comes: "$" is the very end,
 * \uXXXX, \u{X} and \xXX are characters, \d and \w are ASCII, \s is not,
 * "." is no end of a line, [] matches nothing.
 */

pcre2_code *
hpf_schema_compile_pattern(hpf_schema_compile_t *c, const char *pattern,
    const hpf_schema_path_t *path)
{
    char        *spaces;
    pcre2_code  *code;

    /* as it was written, for what is wrong with it is told by its place */

    code = hpf_schema_compile_value_code(c, pattern, path);

    if (code == NULL
        || (strstr(pattern, "\\s") == NULL && strstr(pattern, "\\S") == NULL))
    {
        return code;
    }

    pcre2_code_free(code);

    spaces = hpf_schema_compile_value_spaces(pattern);
    if (spaces == NULL) {
        (void) hpf_schema_compile_fault(c, path, "no memory");
        return NULL;
    }

    code = hpf_schema_compile_value_code(c, spaces, path);

    free(spaces);

    return code;
}


/*
 * PCRE2 has \s of ASCII, or all classes of Unicode: here it becomes the
 * characters that ECMA-262 has in it, the ideographic space among them.
 */

static char *
hpf_schema_compile_value_spaces(const char *pattern)
{
    char        *start, *dst;
    size_t       size;
    unsigned     in_class;
    const char  *p;

    /* two characters become so many at most */

    size = strlen(pattern) * (sizeof(HPF_SCHEMA_NO_SPACE) / 2 + 2) + 1;

    start = malloc(size);
    if (start == NULL) {
        return NULL;
    }

    dst = start;
    in_class = 0;

    for (p = pattern; *p != '\0'; p++) {

        if (*p != '\\' || p[1] == '\0') {
            in_class = (*p == '[') || (in_class && *p != ']');
            *dst++ = *p;
            continue;
        }

        p++;

        if (*p == 's' || *p == 'S') {
            dst += snprintf(dst, start + size - dst, "%s%s%s",
                            in_class ? "" : "[",
                            *p == 's' ? HPF_SCHEMA_SPACE : HPF_SCHEMA_NO_SPACE,
                            in_class ? "" : "]");
            continue;
        }

        *dst++ = '\\';
        *dst++ = *p;
    }

    *dst = '\0';

    return start;
}


/* Callouts count the steps of a match. */

static pcre2_code *
hpf_schema_compile_value_code(hpf_schema_compile_t *c, const char *pattern,
    const hpf_schema_path_t *path)
{
    int                     rc;
    size_t                  offset;
    pcre2_code             *code;
    PCRE2_UCHAR             why[120];
    pcre2_compile_context  *context;

    context = pcre2_compile_context_create(NULL);
    if (context == NULL) {
        (void) hpf_schema_compile_fault(c, path, "no memory");
        return NULL;
    }

    (void) pcre2_set_compile_extra_options(context,
                                           PCRE2_EXTRA_ALT_BSUX);
    (void) pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);

    code = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_UTF|PCRE2_DOLLAR_ENDONLY|PCRE2_ALT_BSUX
                         |PCRE2_ALLOW_EMPTY_CLASS|PCRE2_MATCH_UNSET_BACKREF
                         |PCRE2_NEVER_BACKSLASH_C|PCRE2_AUTO_CALLOUT,
                         &rc, &offset, context);

    pcre2_compile_context_free(context);

    if (code != NULL) {
        return code;
    }

    why[0] = '\0';
    (void) pcre2_get_error_message(rc, why, sizeof(why));

    (void) hpf_schema_compile_fault(c, path, "pattern: %s at character %zu",
                                    (char *) why,
                                    hpf_schema_value_characters(pattern,
                                                                offset));

    return NULL;
}


/* the first fault ends the compilation; always HPF_ERROR */

int
hpf_schema_compile_fault(hpf_schema_compile_t *c,
    const hpf_schema_path_t *path, const char *fmt, ...)
{
    va_list  args;

    hpf_schema_text_pointer(c->error->pointer, sizeof(c->error->pointer),
                            path);

    va_start(args, fmt);
    (void) vsnprintf(c->error->text, sizeof(c->error->text), fmt, args);
    va_end(args);

    hpf_utf8_whole(c->error->text);

    return HPF_ERROR;
}
