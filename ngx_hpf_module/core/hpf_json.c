/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * jansson bounds its recursion at 2048 levels, which is too deep for the
 * recursive readers of the tree, so depth is counted before it is built; and
 * it takes a NUL after the value for the end of the text.
 */

#include <string.h>

#include "hpf_json.h"


static int hpf_json_prescan(const unsigned char *body, size_t len,
    hpf_json_error_t *error);


json_t *
hpf_json_parse(const unsigned char *body, size_t len, hpf_json_error_t *error)
{
    size_t        n;
    json_t       *root;
    json_error_t  je;

    memset(error, 0, sizeof(hpf_json_error_t));

    if (hpf_json_prescan(body, len, error)) {
        return NULL;
    }

    root = json_loadb((const char *) body, len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &je);
    if (root != NULL) {
        return root;
    }

    n = strnlen(je.text, sizeof(error->reason) - 1);
    memcpy(error->reason, je.text, n);
    error->reason[n] = '\0';

    error->line = je.line > 0 ? je.line : 1;
    error->offset = je.position > 0 ? (size_t) je.position : 0;

    if (error->offset > len) {
        error->offset = len;
    }

    return NULL;
}


static int
hpf_json_prescan(const unsigned char *body, size_t len, hpf_json_error_t *error)
{
    int          line, quoted;
    size_t       i, depth;
    const char  *reason;

    line = 1;
    depth = 0;
    reason = "nested too deeply";
    quoted = 0;

    for (i = 0; i < len; i++) {

        if (body[i] == '\n') {
            line++;

        } else if (body[i] == '\0') {
            reason = "NUL byte";
            goto failed;
        }

        if (quoted) {
            if (body[i] == '\\') {
                i++;

            } else if (body[i] == '"') {
                quoted = 0;
            }

            continue;
        }

        if (body[i] == '"') {
            quoted = 1;

        } else if (body[i] == '[' || body[i] == '{') {

            if (++depth > HPF_JSON_DEPTH) {
                goto failed;
            }

        } else if ((body[i] == ']' || body[i] == '}') && depth > 0) {
            depth--;
        }
    }

    return 0;

failed:

    error->offset = i;
    error->line = line;
    memcpy(error->reason, reason, strlen(reason) + 1);

    return 1;
}
