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
#include "hpf_json_fault.h"


static int hpf_json_prescan(const unsigned char *body, size_t len,
    hpf_json_error_t *error);
static void hpf_json_failed(const unsigned char *body, size_t len,
    const json_error_t *je, hpf_json_error_t *error);
static int hpf_json_line_of(const unsigned char *body, size_t offset);


json_t *
hpf_json_parse(const unsigned char *body, size_t len, hpf_json_error_t *error)
{
    json_t       *root;
    json_error_t  je;

    memset(error, 0, sizeof(hpf_json_error_t));

    if (hpf_json_prescan(body, len, error)) {
        return NULL;
    }

    root = json_loadb((const char *) body, len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &je);

    if (root == NULL) {
        hpf_json_failed(body, len, &je, error);
    }

    return root;
}


/* jansson has stopped at je->position, which is behind the fault or at it. */

static void
hpf_json_failed(const unsigned char *body, size_t len, const json_error_t *je,
    hpf_json_error_t *error)
{
    int                   token;
    size_t                n;
    enum json_error_code  code;

    n = strnlen(je->text, sizeof(error->reason) - 1);
    memcpy(error->reason, je->text, n);
    error->reason[n] = '\0';

    code = json_error_code(je);
    token = code == json_error_duplicate_key
            || code == json_error_numeric_overflow;

    if (je->position >= 0 && (size_t) je->position < len) {
        len = je->position;
    }

    error->offset = hpf_json_fault(body, len, token);
    error->line = hpf_json_line_of(body, error->offset);
}


static int
hpf_json_line_of(const unsigned char *body, size_t offset)
{
    int     line;
    size_t  i;

    line = 1;

    for (i = 0; i < offset; i++) {
        line += body[i] == '\n';
    }

    return line;
}


static int
hpf_json_prescan(const unsigned char *body, size_t len, hpf_json_error_t *error)
{
    int          quoted;
    size_t       i, depth;
    const char  *reason;

    depth = 0;
    reason = "nested too deeply";
    quoted = 0;

    for (i = 0; i < len; i++) {

        if (body[i] == '\0') {
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

    error->offset = hpf_json_fault(body, i, 0);
    error->line = hpf_json_line_of(body, error->offset);

    if (error->offset < i) {
        reason = "invalid token";
    }

    memcpy(error->reason, reason, strlen(reason) + 1);

    return 1;
}
