/*
 * Copyright (C) the HPF gateway authors
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_json.h"
#include "hpf_json_line.h"
#include "hpf_mask_path.h"
#include "hpf_mask_rulefile_int.h"
#include "hpf_spell.h"
#include "hpf_utf8.h"


static void hpf_mask_rulefile_syntax(hpf_mask_rulefile_in_t *in,
    const hpf_json_error_t *error);
static void hpf_mask_rulefile_read(hpf_mask_rulefile_in_t *in);
static void hpf_mask_rulefile_part(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_part_e part);
static void hpf_mask_rulefile_known(hpf_mask_rulefile_in_t *in, json_t *json,
    const char *const *members);


/* By hpf_mask_rulefile_part_e. */

static const char *const  hpf_mask_rulefile_parts[] = {
    "keys", "paths", "values", "$schema", NULL
};

static const char *const  hpf_mask_rulefile_members[][7] = {
    { "names", "kind", "keep", "char", "reveal", NULL, NULL },
    { "paths", "kind", "keep", "char", "reveal", NULL, NULL },
    { "kind", "on", "keep", "char", NULL, NULL, NULL }
};


hpf_mask_rulefile_t *
hpf_mask_rulefile_parse(const unsigned char *text, size_t len,
    const hpf_mask_rulefile_conf_t *conf)
{
    hpf_json_error_t        error;
    hpf_mask_rulefile_in_t  in;

    memset(&in, 0, sizeof(hpf_mask_rulefile_in_t));

    in.text = text;
    in.len = len;
    in.conf = conf;

    if (len > HPF_MASK_RULEFILE_SIZE) {
        conf->fault(conf->data, 1, 0, "a file of rules has at most 16 MiB");
        return NULL;
    }

    in.file = calloc(1, sizeof(hpf_mask_rulefile_t));

    if (in.file == NULL) {
        conf->fault(conf->data, 1, 0, "no memory");
        return NULL;
    }

    in.file->json = hpf_json_parse(text, len, &error);

    if (in.file->json == NULL) {
        hpf_mask_rulefile_syntax(&in, &error);

    } else {
        hpf_mask_rulefile_read(&in);
    }

    if (in.faults) {
        hpf_mask_rulefile_free(in.file);
        return NULL;
    }

    return in.file;
}


void
hpf_mask_rulefile_free(hpf_mask_rulefile_t *file)
{
    json_decref(file->json);
    free(file->entries);
    free(file);
}


unsigned
hpf_mask_rulefile_has(const hpf_mask_rulefile_t *file, unsigned kind)
{
    size_t  i;

    for (i = 0; i < file->n; i++) {

        if (file->entries[i].names != NULL
            && file->entries[i].rule.shape.kind == kind)
        {
            return 1;
        }
    }

    return 0;
}


int
hpf_mask_rulefile_apply(const hpf_mask_rulefile_t *file,
    hpf_mask_rules_t *rules)
{
    int                         rc;
    size_t                      i, j, len;
    json_t                     *name;
    const char                 *p;
    hpf_mask_rulefile_entry_t  *entry;

    for (i = 0; i < file->n; i++) {
        entry = &file->entries[i];

        if (entry->part == HPF_MASK_RULEFILE_VALUES) {
            hpf_mask_rule_apply(&entry->rule, rules);
            continue;
        }

        json_array_foreach(entry->names, j, name) {
            p = json_string_value(name);
            len = json_string_length(name);

            if (entry->part == HPF_MASK_RULEFILE_PATHS) {
                rc = hpf_mask_path_add(rules, p, len, &entry->rule.shape);

            } else {
                rc = hpf_mask_rules_key(rules, p, len, &entry->rule.shape);
            }

            if (rc != HPF_OK) {
                return rc;
            }
        }
    }

    return HPF_OK;
}


/* The line is counted by what has read the text, the column is not. */

static void
hpf_mask_rulefile_syntax(hpf_mask_rulefile_in_t *in,
    const hpf_json_error_t *error)
{
    char      text[HPF_MASK_RULEFILE_TEXT];
    size_t    i;
    unsigned  column;

    column = 1;
    i = (error->offset > in->len) ? in->len : error->offset;

    while (i > 0 && in->text[i - 1] != '\n') {
        i--;

        /* characters, not bytes */

        if ((in->text[i] & 0xc0) != 0x80) {
            column++;
        }
    }

    (void) snprintf(text, sizeof(text), "no JSON: %s", error->reason);
    hpf_utf8_whole(text);

    in->faults++;
    in->conf->fault(in->conf->data, (unsigned) error->line, column, text);
}


static void
hpf_mask_rulefile_read(hpf_mask_rulefile_in_t *in)
{
    size_t    n;
    json_t   *json, *part;
    unsigned  i;

    json = in->file->json;

    if (!json_is_object(json)) {
        hpf_mask_rulefile_fault(in, NULL,
                                "an object with \"keys\", \"paths\" and "
                                "\"values\" is expected");
        return;
    }

    hpf_mask_rulefile_known(in, json, hpf_mask_rulefile_parts);

    n = 1;

    for (i = 0; i <= HPF_MASK_RULEFILE_VALUES; i++) {
        part = json_object_get(json, hpf_mask_rulefile_parts[i]);
        n += json_array_size(part);
    }

    in->file->entries = calloc(n, sizeof(hpf_mask_rulefile_entry_t));

    if (in->file->entries == NULL) {
        hpf_mask_rulefile_fault(in, NULL, "no memory");
        return;
    }

    for (i = 0; i <= HPF_MASK_RULEFILE_VALUES; i++) {
        hpf_mask_rulefile_part(in, i);
    }
}


static void
hpf_mask_rulefile_part(hpf_mask_rulefile_in_t *in,
    hpf_mask_rulefile_part_e part)
{
    size_t                      i;
    json_t                     *list, *json;
    hpf_mask_rulefile_entry_t  *entry;

    list = json_object_get(in->file->json, hpf_mask_rulefile_parts[part]);

    if (list == NULL) {
        return;
    }

    (void) snprintf(in->at, sizeof(in->at), "/%s",
                    hpf_mask_rulefile_parts[part]);

    if (!json_is_array(list)) {
        hpf_mask_rulefile_fault(in, NULL, "a list of rules is expected");
        return;
    }

    json_array_foreach(list, i, json) {
        (void) snprintf(in->at, sizeof(in->at), "/%s/%zu",
                        hpf_mask_rulefile_parts[part], i);

        if (in->faults >= HPF_MASK_RULEFILE_FAULTS) {
            return;
        }

        if (!json_is_object(json)) {
            hpf_mask_rulefile_fault(in, NULL, "an object is expected");
            continue;
        }

        entry = &in->file->entries[in->file->n++];
        entry->part = part;

        hpf_mask_rulefile_known(in, json, hpf_mask_rulefile_members[part]);
        hpf_mask_rulefile_rule(in, entry, json);
    }
}


/* Members that there are not, with what they may have been meant to be. */

static void
hpf_mask_rulefile_known(hpf_mask_rulefile_in_t *in, json_t *json,
    const char *const *members)
{
    size_t        i;
    json_t       *value;
    const char   *key;
    hpf_spell_t   spell;

    json_object_foreach(json, key, value) {

        for (i = 0; members[i] != NULL; i++) {

            if (strcmp(members[i], key) == 0) {
                break;
            }
        }

        if (members[i] != NULL) {
            continue;
        }

        hpf_spell_begin(&spell, key);

        for (i = 0; members[i] != NULL; i++) {
            hpf_spell_try(&spell, members[i]);
        }

        hpf_mask_rulefile_fault(in, key, spell.nearest
                                ? "unknown \"%s\", did you mean \"%s\"?"
                                : "unknown \"%s\"", key, spell.nearest);
    }
}


/* Where: the rule, and its member when there is one. */

void
hpf_mask_rulefile_fault(hpf_mask_rulefile_in_t *in, const char *member,
    const char *fmt, ...)
{
    int       n;
    char      text[HPF_MASK_RULEFILE_TEXT];
    char      pointer[HPF_MASK_RULEFILE_POINTER + 64];
    va_list   args;

    if (in->faults++ >= HPF_MASK_RULEFILE_FAULTS) {
        return;
    }

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text) - HPF_MASK_RULEFILE_POINTER, fmt, args);
    va_end(args);

    if (n < 0) {
        n = 0;
    }

    if ((size_t) n >= sizeof(text) - HPF_MASK_RULEFILE_POINTER) {
        n = (int) (sizeof(text) - HPF_MASK_RULEFILE_POINTER - 1);
    }

    (void) snprintf(text + n, sizeof(text) - (size_t) n, ", at \"%s\"",
                    in->at);
    hpf_utf8_whole(text);

    (void) snprintf(pointer, sizeof(pointer), "%s%s%.60s", in->at,
                    member ? "/" : "", member ? member : "");

    in->conf->fault(in->conf->data,
                    hpf_json_line(in->text, in->len, pointer), 0, text);
}
