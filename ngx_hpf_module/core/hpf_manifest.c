/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A manifest is checked by a JSON Schema of its own, which is part of this
 * file when it is built, so that editors, documentation and gateway use the
 * same one.  What a schema cannot say is checked here.
 */


#include "hpf_manifest_int.h"
#include "hpf_json.h"
#include "hpf_json_line.h"
#include "hpf_plugin.h"
#include "hpf_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define HPF_MANIFEST_TEXT  2048        /* of a fault, with its pointer */
#define HPF_MANIFEST_SIZE  262144      /* of a manifest */


__asm__(".section .rodata\n"
        "hpf_manifest_schema_text:\n"
        ".incbin \"hpf_manifest.schema.json\"\n"
        "hpf_manifest_schema_last:\n"
        ".byte 0\n"
        ".previous\n");

extern const unsigned char  hpf_manifest_schema_text[]
    __attribute__((visibility("hidden")));
extern const unsigned char  hpf_manifest_schema_last[]
    __attribute__((visibility("hidden")));


static int hpf_manifest_is(const char *want, const char *name, size_t len);
static void hpf_manifest_check(hpf_manifest_in_t *in, json_t *json);
static void hpf_manifest_sense(hpf_manifest_in_t *in, json_t *json);
static void hpf_manifest_form(hpf_manifest_in_t *in, hpf_manifest_t *mf);
static int hpf_manifest_read(hpf_manifest_t *mf);
static void hpf_manifest_names(hpf_manifest_t *mf);
static int hpf_manifest_limits(hpf_manifest_t *mf);
static void hpf_manifest_resources(hpf_manifest_t *mf);
static unsigned hpf_manifest_words(json_t *from, const char **words);
static unsigned hpf_manifest_word(const char *word, const char **words);


hpf_manifest_t *
hpf_manifest_parse(const void *text, size_t len,
    const hpf_manifest_conf_t *conf)
{
    json_t             *json;
    hpf_manifest_t     *mf;
    hpf_json_error_t    error;
    hpf_manifest_in_t   in;

    in.text = text;
    in.len = len;
    in.conf = conf;
    in.faults = 0;

    if (len > HPF_MANIFEST_SIZE) {
        conf->fault(conf->data, 1, "a manifest has no more than 256 KiB");
        return NULL;
    }

    json = hpf_json_parse(text, len, &error);

    if (json == NULL) {
        hpf_utf8_whole(error.reason);
        conf->fault(conf->data, (unsigned) error.line, error.reason);
        return NULL;
    }

    mf = calloc(1, sizeof(hpf_manifest_t));

    if (mf == NULL) {
        conf->fault(conf->data, 1, "no memory");
        json_decref(json);
        return NULL;
    }

    mf->json = json;

    hpf_manifest_check(&in, json);

    if (in.faults == 0) {
        hpf_manifest_sense(&in, json);
        hpf_manifest_factor(&in, json);
        hpf_manifest_form(&in, mf);
    }

    if (in.faults == 0
        && (hpf_manifest_read(mf) != HPF_OK
            || hpf_manifest_mask(&in, mf) != HPF_OK
            || hpf_manifest_scopes(&in, mf) != HPF_OK))
    {
        hpf_manifest_fault(&in, "", "no memory");
    }

    if (in.faults) {
        hpf_manifest_free(mf);
        return NULL;
    }

    return mf;
}


void
hpf_manifest_free(hpf_manifest_t *mf)
{
    if (mf == NULL) {
        return;
    }

    hpf_schema_free(mf->form);
    hpf_manifest_mask_free(mf);
    hpf_manifest_scopes_free(mf);

    free(mf->limits);
    free(mf->channels);
    free(mf->backends);
    json_decref(mf->json);
    free(mf);
}


int
hpf_manifest_on_channel(const hpf_manifest_t *mf, const char *channel,
    size_t len)
{
    size_t  i;

    for (i = 0; i < mf->nchannels; i++) {

        if (strcmp(mf->channels[i], "*") == 0
            || hpf_manifest_is(mf->channels[i], channel, len))
        {
            return 1;
        }
    }

    return 0;
}


int
hpf_manifest_may_call(const hpf_manifest_t *mf, const char *backend,
    size_t len)
{
    size_t  i;

    for (i = 0; i < mf->nbackends; i++) {

        if (hpf_manifest_is(mf->backends[i], backend, len)) {
            return 1;
        }
    }

    return 0;
}


/* name may come from a plugin and have a zero in it */

static int
hpf_manifest_is(const char *want, const char *name, size_t len)
{
    return strlen(want) == len && memcmp(want, name, len) == 0;
}


static void
hpf_manifest_check(hpf_manifest_in_t *in, json_t *json)
{
    size_t               i;
    json_t              *rules, *faults, *fault;
    hpf_schema_t        *schema;
    hpf_json_error_t     parse;
    hpf_schema_error_t   error;

    faults = NULL;
    schema = NULL;

    rules = hpf_json_parse(hpf_manifest_schema_text,
                           (uintptr_t) hpf_manifest_schema_last
                           - (uintptr_t) hpf_manifest_schema_text,
                           &parse);
    if (rules) {
        schema = hpf_schema_compile(rules, NULL, &error);
    }

    if (schema == NULL
        || hpf_schema_check(schema, json, 1, &faults) == HPF_ERROR)
    {
        hpf_manifest_fault(in, "", "it could not be checked");
    }

    json_array_foreach(faults, i, fault) {
        hpf_manifest_fault(in, hpf_manifest_string(fault, "pointer", ""),
                           hpf_manifest_string(fault, "message", ""));
    }

    json_decref(faults);
    hpf_schema_free(schema);
    json_decref(rules);
}


static void
hpf_manifest_sense(hpf_manifest_in_t *in, json_t *json)
{
    size_t   i;
    json_t  *channels, *channel;

    if (strcmp(hpf_manifest_string(json, "id", ""), in->conf->folder) != 0) {
        hpf_manifest_fault(in, "/id", "it must be the name of the folder");
    }

    channels = json_object_get(json, "channels");

    json_array_foreach(channels, i, channel) {

        if (json_array_size(channels) > 1
            && strcmp(json_string_value(channel), "*") == 0)
        {
            hpf_manifest_fault(in, "/channels", "\"*\" must stand alone");
        }
    }

    if (strcmp(hpf_manifest_string(json, "mode", "query"), "application") == 0
        && hpf_manifest_integer(json, "level", 0) == 0)
    {
        hpf_manifest_fault(in, "/level",
                           "an application needs a user: 1 or more");
    }
}


/*
 * Without a form nothing may be sent along; and a plugin gets an object, as
 * its form has said.
 */

static void
hpf_manifest_form(hpf_manifest_in_t *in, hpf_manifest_t *mf)
{
    char                 pointer[sizeof("/form") + 256];
    json_t              *form;
    hpf_schema_error_t   error;

    form = json_incref(json_object_get(mf->json, "form"));

    if (form == NULL || json_object_size(form) == 0) {
        json_decref(form);
        form = json_pack("{s:s,s:b}", "type", "object",
                         "additionalProperties", 0);

        /* as it is published */
        (void) json_object_set(mf->json, "form", form);
    }

    mf->form = form ? hpf_schema_compile(form, in->conf->formats, &error)
                    : NULL;

    if (mf->form != NULL
        && strcmp(hpf_manifest_string(form, "type", ""), "object") != 0)
    {
        hpf_manifest_fault(in, "/form",
                           "a form needs \"type\": \"object\"");
    }

    if (mf->form == NULL) {
        (void) snprintf(pointer, sizeof(pointer), "/form%s",
                        form ? error.pointer : "");
        hpf_manifest_fault(in, pointer, form ? error.text : "no memory");
    }

    json_decref(form);
}


void
hpf_manifest_fault(hpf_manifest_in_t *in, const char *pointer,
    const char *text)
{
    char  line[HPF_MANIFEST_TEXT];

    in->faults++;

    (void) snprintf(line, sizeof(line), "%s, at \"%s\"", text, pointer);
    hpf_utf8_whole(line);

    in->conf->fault(in->conf->data, hpf_json_line(in->text, in->len, pointer),
                    line);
}


/* What was checked is only read here: HPF_ERROR means no memory. */

static int
hpf_manifest_read(hpf_manifest_t *mf)
{
    json_t  *json, *limit;

    static const char  *kinds[] = { "item", "factor", NULL };
    static const char  *languages[] = { "lua", "c", NULL };
    static const char  *modes[] = { "query", "application", NULL };
    static const char  *users[] = { "individual", "unit", "anyone", NULL };
    static const char  *person[] = { "name", "id_no", "mobile", NULL };

    json = mf->json;

    mf->id = hpf_manifest_string(json, "id", "");
    mf->version = hpf_manifest_string(json, "version", "");
    mf->category = hpf_manifest_string(json, "category", "other");
    mf->kind = hpf_manifest_word(hpf_manifest_string(json, "kind", "item"),
                                 kinds);
    mf->language = hpf_manifest_word(hpf_manifest_string(json, "language",
                                                         "lua"), languages);
    mf->mode = hpf_manifest_word(hpf_manifest_string(json, "mode", "query"),
                                 modes);
    mf->level = (unsigned) hpf_manifest_integer(json, "level", 0);

    mf->users = hpf_manifest_words(json_object_get(json, "users"), users);
    mf->person = hpf_manifest_words(json_object_get(json, "person"), person);

    limit = json_object_get(json, "time_limit");
    mf->days = (unsigned) hpf_manifest_integer(limit, "days", 0);
    mf->working = strcmp(hpf_manifest_string(limit, "unit", "working"),
                         "working") == 0;

    hpf_manifest_names(mf);
    hpf_manifest_resources(mf);

    if (hpf_manifest_list(&mf->channels, &mf->nchannels,
                          json_object_get(json, "channels")) != HPF_OK
        || hpf_manifest_list(&mf->backends, &mf->nbackends,
                             json_object_get(json, "backends")) != HPF_OK)
    {
        return HPF_ERROR;
    }

    return hpf_manifest_limits(mf);
}


static void
hpf_manifest_names(hpf_manifest_t *mf)
{
    json_t  *name;

    name = json_object_get(mf->json, "name");

    if (json_is_string(name)) {
        mf->name_zh = json_string_value(name);
        mf->name_en = mf->name_zh;
        return;
    }

    mf->name_zh = hpf_manifest_string(name, "zh", "");
    mf->name_en = hpf_manifest_string(name, "en", mf->name_zh);
}


int
hpf_manifest_list(const char ***list, size_t *n, json_t *from)
{
    size_t   i;
    json_t  *value;

    *list = calloc(json_array_size(from) + 1, sizeof(const char *));

    if (*list == NULL) {
        return HPF_ERROR;
    }

    json_array_foreach(from, i, value) {
        (*list)[i] = json_string_value(value);
    }

    *n = json_array_size(from);

    return HPF_OK;
}


/* rate is "10r/m": s, m or h */

static int
hpf_manifest_limits(hpf_manifest_t *mf)
{
    char                  *unit;
    size_t                 i;
    json_t                *from, *value;
    hpf_manifest_limit_t  *limit;

    static const char  *by[] = { "address", "channel", "item", "user", NULL };
    static const char  *scope[] = { "node", "cluster", "leased", NULL };

    from = json_object_get(mf->json, "limits");

    mf->limits = calloc(json_array_size(from) + 1,
                        sizeof(hpf_manifest_limit_t));
    if (mf->limits == NULL) {
        return HPF_ERROR;
    }

    json_array_foreach(from, i, value) {
        limit = &mf->limits[i];

        limit->by = hpf_manifest_word(hpf_manifest_string(value, "by", ""),
                                      by);
        limit->quota = strtoul(hpf_manifest_string(value, "rate", "1r/s"),
                               &unit, 10);
        limit->period = unit[2] == 's' ? 1 : unit[2] == 'm' ? 60 : 3600;
        limit->burst = hpf_manifest_integer(value, "burst", -1);
        limit->scope = hpf_manifest_word(hpf_manifest_string(value, "scope",
                                                             "node"),
                                         scope);
    }

    mf->nlimits = json_array_size(from);

    return HPF_OK;
}


static void
hpf_manifest_resources(hpf_manifest_t *mf)
{
    json_t  *from;

    from = json_object_get(mf->json, "resources");

    mf->resources.memory = (size_t) hpf_manifest_integer(from, "memory", 8)
                           << 20;
    mf->resources.instructions =
        (uint64_t) hpf_manifest_integer(from, "instructions", 10000000);
    mf->resources.time = (uint32_t) hpf_manifest_integer(from, "time", 15000);
    mf->resources.concurrency =
        (uint32_t) hpf_manifest_integer(from, "concurrency", 1000);
}


const char *
hpf_manifest_string(const json_t *object, const char *key,
    const char *otherwise)
{
    const char  *s;

    s = json_string_value(json_object_get(object, key));

    return s ? s : otherwise;
}


int64_t
hpf_manifest_integer(const json_t *object, const char *key, int64_t otherwise)
{
    json_t  *value;

    value = json_object_get(object, key);

    if (json_is_integer(value)) {
        return json_integer_value(value);
    }

    /* 2.0 is an integer as well, as the schema has it */

    return json_is_real(value) ? (int64_t) json_real_value(value) : otherwise;
}


/* A bit for each word of a list. */

static unsigned
hpf_manifest_words(json_t *from, const char **words)
{
    size_t     i;
    json_t    *word;
    unsigned   bits;

    bits = 0;

    json_array_foreach(from, i, word) {
        bits |= 1u << hpf_manifest_word(json_string_value(word), words);
    }

    return bits;
}


static unsigned
hpf_manifest_word(const char *word, const char **words)
{
    unsigned  i;

    for (i = 0; words[i]; i++) {

        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }

    return 0;
}
