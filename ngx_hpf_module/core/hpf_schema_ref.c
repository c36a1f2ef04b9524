/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * $ref: a URI fragment that is a JSON pointer into the same document
 * (RFC 6901, section 6).  A schema that refers to itself for the same value
 * would never end and is refused; one that does so for a part may.
 */

#include "hpf_schema_node.h"

#include <stdio.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_utf8.h"


#define HPF_SCHEMA_REF_TOKEN  128      /* of a pointer, decoded */


static int hpf_schema_ref_set(hpf_schema_t *schema, hpf_schema_rule_t *rule);
static const json_t *hpf_schema_ref_find(const json_t *json, const char *p);
static int hpf_schema_ref_token(char *dst, const char **p);
static int hpf_schema_ref_hex(const char *p);
static int hpf_schema_ref_locate(const json_t *json, const json_t *target,
    const hpf_schema_path_t *path, hpf_schema_error_t *error);
static int hpf_schema_ref_loops(hpf_schema_node_t *node);
static int hpf_schema_ref_rule_loops(const hpf_schema_rule_t *rule);


int
hpf_schema_ref_resolve(hpf_schema_t *schema, hpf_schema_error_t *error)
{
    size_t              i;
    hpf_schema_node_t  *node;

    for (node = schema->nodes; node != NULL; node = node->next) {
        for (i = 0; i < node->nrules; i++) {

            if (node->rules[i].keyword->shape == HPF_SCHEMA_REF
                && hpf_schema_ref_set(schema, &node->rules[i]) != HPF_OK)
            {
                hpf_schema_ref_locate(schema->json, node->rules[i].value,
                                      NULL, error);
                (void) snprintf(error->text, sizeof(error->text),
                                "$ref \"%.128s\" names no schema of this "
                                "document",
                                json_string_value(node->rules[i].value));
                hpf_utf8_whole(error->text);
                return HPF_ERROR;
            }
        }
    }

    for (node = schema->nodes; node != NULL; node = node->next) {
        if (hpf_schema_ref_loops(node)) {
            hpf_schema_ref_locate(schema->json, node->json, NULL, error);
            (void) snprintf(error->text, sizeof(error->text),
                            "a $ref leads back here without end");
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


/* where in the document it is: 1, and the pointer is set, or 0 */

static int
hpf_schema_ref_locate(const json_t *json, const json_t *target,
    const hpf_schema_path_t *path, hpf_schema_error_t *error)
{
    void               *it;
    size_t              i;
    hpf_schema_path_t   here, root;

    memset(&root, 0, sizeof(hpf_schema_path_t));

    if (path == NULL) {
        path = &root;
    }

    if (json == target) {
        hpf_schema_text_pointer(error->pointer, sizeof(error->pointer), path);
        return 1;
    }

    memset(&here, 0, sizeof(hpf_schema_path_t));
    here.parent = path;

    for (i = 0; i < json_array_size(json); i++) {
        here.index = i;

        if (hpf_schema_ref_locate(json_array_get(json, i), target, &here,
                                  error))
        {
            return 1;
        }
    }

    for (it = json_object_iter((json_t *) json);
         it != NULL;
         it = json_object_iter_next((json_t *) json, it))
    {
        here.key = json_object_iter_key(it);

        if (hpf_schema_ref_locate(json_object_iter_value(it), target, &here,
                                  error))
        {
            return 1;
        }
    }

    return 0;
}


static int
hpf_schema_ref_set(hpf_schema_t *schema, hpf_schema_rule_t *rule)
{
    const char         *ref;
    const json_t       *target;
    hpf_schema_node_t  *node;

    ref = json_string_value(rule->value);

    if (ref[0] != '#') {
        return HPF_ERROR;
    }

    target = hpf_schema_ref_find(schema->json, ref + 1);
    if (target == NULL) {
        return HPF_ERROR;
    }

    for (node = schema->nodes; node != NULL; node = node->next) {
        if (node->json == target) {
            rule->node = node;
            return HPF_OK;
        }
    }

    return HPF_ERROR;
}


static const json_t *
hpf_schema_ref_find(const json_t *json, const char *p)
{
    char         token[HPF_SCHEMA_REF_TOKEN];
    size_t       i;
    const char  *digit;

    while (json != NULL && *p != '\0') {

        if (*p++ != '/' || hpf_schema_ref_token(token, &p) != HPF_OK) {
            return NULL;
        }

        if (json_is_object(json)) {
            json = json_object_get(json, token);
            continue;
        }

        if (token[0] == '\0' || (token[0] == '0' && token[1] != '\0')
            || strspn(token, "0123456789") != strlen(token)
            || strlen(token) > 6)
        {
            return NULL;
        }

        i = 0;

        for (digit = token; *digit != '\0'; digit++) {
            i = i * 10 + (*digit - '0');
        }

        json = json_array_get(json, i);
    }

    return json;
}


/* one reference token: %XX of the URI first, then ~0 and ~1 of the pointer */

static int
hpf_schema_ref_token(char *dst, const char **p)
{
    int          ch;
    char        *last;
    const char  *s;

    s = *p;
    last = &dst[HPF_SCHEMA_REF_TOKEN - 1];

    while (*s != '\0' && *s != '/') {

        ch = (unsigned char) *s++;

        if (ch == '%') {
            ch = hpf_schema_ref_hex(s);
            if (ch <= 0) {
                return HPF_ERROR;
            }

            s += 2;
        }

        if (ch == '~') {
            if (*s != '0' && *s != '1') {
                return HPF_ERROR;
            }

            ch = (*s++ == '0') ? '~' : '/';
        }

        if (dst == last) {
            return HPF_ERROR;
        }

        *dst++ = (char) ch;
    }

    *dst = '\0';
    *p = s;

    return HPF_OK;
}


static int
hpf_schema_ref_hex(const char *p)
{
    int   i, value;
    char  ch;

    value = 0;

    for (i = 0; i < 2; i++) {
        ch = p[i];

        if (ch >= '0' && ch <= '9') {
            value = value * 16 + (ch - '0');

        } else if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'f') {
            value = value * 16 + ((ch | 0x20) - 'a' + 10);

        } else {
            return -1;
        }
    }

    return value;
}


/* a depth-first search: 1, on the way down; 2, has been looked at */

static int
hpf_schema_ref_loops(hpf_schema_node_t *node)
{
    size_t  i;

    if (node->state != 0) {
        return node->state == 1;
    }

    node->state = 1;

    for (i = 0; i < node->nrules; i++) {
        if (hpf_schema_ref_rule_loops(&node->rules[i])) {
            return 1;
        }
    }

    node->state = 2;

    return 0;
}


/* only what is applied to the same value counts */

static int
hpf_schema_ref_rule_loops(const hpf_schema_rule_t *rule)
{
    size_t  i;

    if (!rule->keyword->in_place) {
        return 0;
    }

    if (rule->node != NULL && hpf_schema_ref_loops(rule->node)) {
        return 1;
    }

    for (i = 0; i < rule->nmembers; i++) {
        if (hpf_schema_ref_loops(rule->members[i].node)) {
            return 1;
        }
    }

    return 0;
}
