/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a fault is called, for the one who filled the form in: by the field's
 * title, without its value, which may be personal.
 */

#include "hpf_schema_node.h"

#include <string.h>

#include "hpf_spell.h"


#define HPF_SCHEMA_TEXT_LEN    512     /* of a message; longer ones are cut */
#define HPF_SCHEMA_TEXT_NAME   96      /* bytes of a title in it */
#define HPF_SCHEMA_TEXT_ENUM   160     /* bytes of an enumeration in it */


typedef struct {
    char        *p;
    char        *last;
} hpf_schema_out_t;

typedef struct {
    const char  *name;
    const char  *zh;                   /* $: the field, #: the argument */
    const char  *en;
} hpf_schema_words_t;


static int hpf_schema_text_tell(hpf_schema_ctx_t *ctx, const char *name,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path);
static void hpf_schema_text_message(hpf_schema_out_t *out, const char *words,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path, int en);
static const char *hpf_schema_text_words(const hpf_schema_words_t *words,
    const char *name, int en);
static void hpf_schema_text_label(hpf_schema_out_t *out,
    const hpf_schema_path_t *path, int en);
static const char *hpf_schema_text_title(const hpf_schema_node_t *node,
    int en);
static void hpf_schema_text_argument(hpf_schema_out_t *out,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path, int en);
static void hpf_schema_text_description(hpf_schema_out_t *out,
    const hpf_schema_node_t *node, int en);
static void hpf_schema_text_types(hpf_schema_out_t *out, unsigned types,
    int en);
static void hpf_schema_text_value(hpf_schema_out_t *out,
    const json_t *value);
static int hpf_schema_text_dump(const char *text, size_t len, void *data);
static void hpf_schema_text_enum(hpf_schema_out_t *out, const json_t *values,
    int en);
static const char *hpf_schema_text_near(const hpf_schema_rule_t *rule,
    const char *key);
static void hpf_schema_text_path(hpf_schema_out_t *out,
    const hpf_schema_path_t *path);
static void hpf_schema_text_number(hpf_schema_out_t *out, size_t n);
static void hpf_schema_text_add(hpf_schema_out_t *out, const char *text,
    size_t len);
static void hpf_schema_text_adds(hpf_schema_out_t *out, const char *text);


static const hpf_schema_words_t  hpf_schema_text_rules[] = {
    { "type", "$应为#", "$ must be #" },
    { "enum", "$只能是#", "$ must be one of #" },
    { "const", "$必须是#", "$ must be #" },
    { "pattern", "$格式不正确#", "$ does not have the right form#" },
    { "format", "$不是有效的#", "$ is not a valid #" },
    { "minLength", "$至少#个字", "$ must have # characters or more" },
    { "maxLength", "$最多#个字", "$ must have # characters or less" },
    { "minimum", "$不能小于#", "$ must not be less than #" },
    { "maximum", "$不能大于#", "$ must not be more than #" },
    { "exclusiveMinimum", "$必须大于#", "$ must be more than #" },
    { "exclusiveMaximum", "$必须小于#", "$ must be less than #" },
    { "multipleOf", "$必须是#的倍数", "$ must be a multiple of #" },
    { "minItems", "$至少要有#项", "$ must have # items or more" },
    { "maxItems", "$最多只能有#项", "$ must have # items or less" },
    { "uniqueItems", "$不能有重复项", "$ must not have an item twice" },
    { "contains", "$缺少必需的项", "$ lacks a necessary item" },
    { "minContains", "$缺少必需的项，至少#项",
      "$ lacks necessary items, there must be # or more" },
    { "maxContains", "$中这样的项最多#个",
      "$ must have # such items or less" },
    { "required", "$必填", "$ is required" },
    { "dependentRequired", "$必填", "$ is required" },
    { "minProperties", "$至少要填#项", "$ must have # members or more" },
    { "maxProperties", "$最多只能填#项", "$ must have # members or less" },
    { "propertyNames", "不允许的名称$", "$ is not a name that may be used" },
    { "additionalProperties", "不认识$#", "unknown member $#" },
    { "anyOf", "$不符合任何一种允许的填法",
      "$ is in none of the ways that it may be" },
    { "oneOf", "$必须符合且只符合一种允许的填法",
      "$ must be in exactly one of the ways that it may be" },
    { "not", "$是不允许的内容", "$ is what it must not be" },
    { "limit", "$内容过多或过于复杂", "$ is too large or too complex" },
    { NULL, "$不允许填写", "$ is not allowed" }
};

static const hpf_schema_words_t  hpf_schema_text_formats[] = {
    { "id-card", "居民身份证号码", "identity card number" },
    { "uscc", "统一社会信用代码", "unified social credit code" },
    { "mobile", "手机号码", "mobile number" },
    { "bank-card", "银行卡号", "bank card number" },
    { "money", "金额（元，两位小数，如 1500.00）",
      "amount (yuan with two decimals, as 1500.00)" },
    { "date", "日期（如 2026-01-31）", "date (as 2026-01-31)" },
    { "month", "月份（如 2026-01）", "month (as 2026-01)" },
    { "date-time", "时间（如 2026-01-31T09:00:00+08:00）",
      "date and time (as 2026-01-31T09:00:00+08:00)" },
    { "email", "电子邮箱", "e-mail address" },
    { "name", "名称，不得含有不可见的字符，首尾不得有空格",
      "name without characters that cannot be seen, nor blanks at its ends" },
    { NULL, "内容", "value" }
};

static const hpf_schema_words_t  hpf_schema_text_types_table[] = {
    { "null", "空值", "null" },
    { "boolean", "是或否", "true or false" },
    { "integer", "整数", "an integer" },
    { "number", "数字", "a number" },
    { "string", "文字", "a string" },
    { "array", "列表", "an array" },
    { "object", "一组数据", "an object" },
    { NULL, "", "" }
};


int
hpf_schema_text_fault(hpf_schema_ctx_t *ctx, const hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path)
{
    if (ctx->quiet) {
        return 0;
    }

    if (hpf_schema_text_tell(ctx, rule ? rule->keyword->name : "false", rule,
                             path)
        != 0)
    {
        return -1;
    }

    if (json_array_size(ctx->faults) == HPF_SCHEMA_FAULTS) {

        /* there is no more to tell: the walk ends at the next fault */

        ctx->quiet++;
    }

    return 0;
}


/* the walk ends here, also where it was only a question; always -1 */

int
hpf_schema_text_limit(hpf_schema_ctx_t *ctx, const hpf_schema_path_t *path)
{
    if (hpf_schema_text_tell(ctx, "limit", NULL, path) == 0) {
        ctx->limit = HPF_SCHEMA_TOLD;
    }

    return -1;
}


static int
hpf_schema_text_tell(hpf_schema_ctx_t *ctx, const char *name,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path)
{
    char               pointer[HPF_SCHEMA_POINTER];
    char               message[HPF_SCHEMA_TEXT_LEN];
    json_t            *fault;
    hpf_schema_out_t   out;

    if (ctx->faults == NULL) {
        ctx->faults = json_array();
        if (ctx->faults == NULL) {
            return -1;
        }
    }

    hpf_schema_text_pointer(pointer, sizeof(pointer), path);

    out.p = message;
    out.last = message + sizeof(message) - 1;

    hpf_schema_text_message(&out, hpf_schema_text_words(hpf_schema_text_rules,
                                                        name, ctx->en),
                            rule, path, ctx->en);

    *out.p = '\0';

    fault = json_pack("{s:s, s:s, s:s}", "pointer", pointer, "rule", name,
                      "message", message);

    return (fault == NULL) ? -1 : json_array_append_new(ctx->faults, fault);
}


static void
hpf_schema_text_message(hpf_schema_out_t *out, const char *words,
    const hpf_schema_rule_t *rule, const hpf_schema_path_t *path, int en)
{
    size_t       n;
    const char  *p;

    p = words;

    for ( ;; ) {
        n = strcspn(p, "$#");
        hpf_schema_text_add(out, p, n);
        p += n;

        switch (*p) {

        case '$':
            hpf_schema_text_label(out, path, en);
            break;

        case '#':
            hpf_schema_text_argument(out, rule, path, en);
            break;

        default:
            return;
        }

        p++;
    }
}


static const char *
hpf_schema_text_words(const hpf_schema_words_t *words, const char *name,
    int en)
{
    while (words->name != NULL && strcmp(words->name, name) != 0) {
        words++;
    }

    return en ? words->en : words->zh;
}


/* the title, else the key; an item is "the list, item 2" */

static void
hpf_schema_text_label(hpf_schema_out_t *out, const hpf_schema_path_t *path,
    int en)
{
    const char        *title;
    hpf_schema_out_t   name;

    title = hpf_schema_text_title(path->node, en);

    if (title == NULL) {
        title = path->key;
    }

    if (title == NULL && path->parent == NULL) {
        hpf_schema_text_adds(out, en ? "the form" : "表单");
        return;
    }

    if (title == NULL) {
        hpf_schema_text_label(out, path->parent, en);
        hpf_schema_text_adds(out, en ? ", item " : "第");
        hpf_schema_text_number(out, path->index + 1);
        hpf_schema_text_adds(out, en ? "," : "项");
        return;
    }

    hpf_schema_text_adds(out, en ? "\"" : "“");

    name.p = out->p;
    name.last = (out->last - out->p > HPF_SCHEMA_TEXT_NAME)
                ? out->p + HPF_SCHEMA_TEXT_NAME : out->last;

    hpf_schema_text_adds(&name, title);
    out->p = name.p;

    hpf_schema_text_adds(out, en ? "\"" : "”");
}


static const char *
hpf_schema_text_title(const hpf_schema_node_t *node, int en)
{
    size_t         i;
    const char    *title;

    if (node == NULL || !json_is_object(node->json)) {
        return NULL;
    }

    title = NULL;

    if (en) {
        title = json_string_value(json_object_get(node->json, "x-title-en"));
    }

    if (title == NULL) {
        title = json_string_value(json_object_get(node->json, "title"));
    }

    for (i = 0; i < node->nrules && title == NULL; i++) {
        if (node->rules[i].keyword->shape == HPF_SCHEMA_REF) {
            title = hpf_schema_text_title(node->rules[i].node, en);
        }
    }

    return title;
}


static void
hpf_schema_text_argument(hpf_schema_out_t *out, const hpf_schema_rule_t *rule,
    const hpf_schema_path_t *path, int en)
{
    const char  *near;

    if (rule == NULL) {
        return;
    }

    switch (rule->keyword->shape) {

    case HPF_SCHEMA_TYPES:
        hpf_schema_text_types(out, rule->types, en);
        break;

    case HPF_SCHEMA_VALUES:
        hpf_schema_text_enum(out, rule->value, en);
        break;

    case HPF_SCHEMA_FORMAT:
        hpf_schema_text_adds(out,
                             hpf_schema_text_words(hpf_schema_text_formats,
                                                   rule->format->name, en));
        break;

    case HPF_SCHEMA_PATTERN:
        hpf_schema_text_description(out, rule->owner, en);
        break;

    case HPF_SCHEMA_ONE: /* additionalProperties */
        near = hpf_schema_text_near(rule, path->key);

        if (near != NULL) {
            hpf_schema_text_adds(out, en ? ", did you mean \"" : "，是否为“");
            hpf_schema_text_adds(out, near);
            hpf_schema_text_adds(out, en ? "\"?" : "”？");
        }

        break;

    default:
        hpf_schema_text_value(out, rule->value);
        break;
    }
}


/* a pattern is for machines, the description of its field for people */

static void
hpf_schema_text_description(hpf_schema_out_t *out,
    const hpf_schema_node_t *node, int en)
{
    const char  *text;

    text = json_string_value(json_object_get(node->json,
                                             en ? "x-description-en"
                                                : "description"));
    if (text == NULL) {
        text = json_string_value(json_object_get(node->json, "description"));
    }

    if (text != NULL) {
        hpf_schema_text_adds(out, en ? ": " : "：");
        hpf_schema_text_adds(out, text);
    }
}


static void
hpf_schema_text_types(hpf_schema_out_t *out, unsigned types, int en)
{
    unsigned     bit;
    const char  *between;

    between = "";

    for (bit = 1; bit & HPF_SCHEMA_ANY; bit <<= 1) {

        if (!(types & bit)) {
            continue;
        }

        hpf_schema_text_adds(out, between);
        hpf_schema_text_adds(out,
                         hpf_schema_text_words(hpf_schema_text_types_table,
                                               hpf_schema_value_type_name(bit),
                                               en));
        between = en ? " or " : "或";
    }
}


static void
hpf_schema_text_enum(hpf_schema_out_t *out, const json_t *values, int en)
{
    char    *start;
    size_t   i;

    start = out->p;

    for (i = 0; i < json_array_size(values); i++) {

        if (i > 0) {
            hpf_schema_text_adds(out, en ? ", " : "、");
        }

        if (out->p - start > HPF_SCHEMA_TEXT_ENUM) {
            hpf_schema_text_adds(out, en ? "..." : "……");
            break;
        }

        hpf_schema_text_value(out, json_array_get(values, i));
    }
}


static void
hpf_schema_text_value(hpf_schema_out_t *out, const json_t *value)
{
    hpf_schema_out_t  part;

    if (json_is_string(value)) {
        hpf_schema_text_adds(out, json_string_value(value));
        return;
    }

    part.p = out->p;
    part.last = (out->last - out->p > HPF_SCHEMA_TEXT_ENUM)
                ? out->p + HPF_SCHEMA_TEXT_ENUM : out->last;

    (void) json_dump_callback(value, hpf_schema_text_dump, &part,
                              JSON_ENCODE_ANY|JSON_COMPACT
                              |JSON_REAL_PRECISION(15));

    out->p = part.p;
}


static int
hpf_schema_text_dump(const char *text, size_t len, void *data)
{
    hpf_schema_text_add(data, text, len);

    return 0;
}


/* the property that an unknown one may have been meant for */

static const char *
hpf_schema_text_near(const hpf_schema_rule_t *rule, const char *key)
{
    size_t                    i;
    hpf_spell_t               spell;
    const hpf_schema_rule_t  *properties;

    properties = hpf_schema_check_sibling(rule, "properties");
    if (properties == NULL) {
        return NULL;
    }

    hpf_spell_begin(&spell, key);

    for (i = 0; i < properties->nmembers; i++) {
        hpf_spell_try(&spell, properties->members[i].name);
    }

    return spell.nearest;
}


/* RFC 6901; the root is the empty string */

void
hpf_schema_text_pointer(char *dst, size_t size, const hpf_schema_path_t *path)
{
    hpf_schema_out_t  out;

    out.p = dst;
    out.last = dst + size - 1;

    hpf_schema_text_path(&out, path);

    *out.p = '\0';
}


static void
hpf_schema_text_path(hpf_schema_out_t *out, const hpf_schema_path_t *path)
{
    const char  *p;

    if (path->parent == NULL) {
        return;
    }

    hpf_schema_text_path(out, path->parent);
    hpf_schema_text_adds(out, "/");

    if (path->key == NULL) {
        hpf_schema_text_number(out, path->index);
        return;
    }

    for (p = path->key; *p != '\0'; p += strcspn(p, "~/")) {

        if (*p == '~' || *p == '/') {
            hpf_schema_text_adds(out, (*p == '~') ? "~0" : "~1");
            p++;
        }

        hpf_schema_text_add(out, p, strcspn(p, "~/"));
    }
}


static void
hpf_schema_text_number(hpf_schema_out_t *out, size_t n)
{
    char   text[24];
    char  *p;

    p = text + sizeof(text);

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    hpf_schema_text_add(out, p, text + sizeof(text) - p);
}


/* what does not fit is cut between characters, and nothing follows it */

static void
hpf_schema_text_add(hpf_schema_out_t *out, const char *text, size_t len)
{
    size_t  room;

    room = out->last - out->p;

    if (len > room) {
        len = room;

        while (len > 0 && (text[len] & 0xc0) == 0x80) {
            len--;
        }

        out->last = out->p + len;
    }

    memcpy(out->p, text, len);
    out->p += len;
}


static void
hpf_schema_text_adds(hpf_schema_out_t *out, const char *text)
{
    hpf_schema_text_add(out, text, strlen(text));
}
