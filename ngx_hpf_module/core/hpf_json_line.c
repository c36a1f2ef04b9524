/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The text is walked once: a value that is not on the way is skipped.
 * Member names are compared as they are written, without their escapes.
 */


#include "hpf_json_line.h"

#include <string.h>


typedef struct {
    const unsigned char  *p;
    const unsigned char  *last;
    unsigned              line;
} hpf_json_line_t;


static int hpf_json_line_enter(hpf_json_line_t *in, const char **pointer);
static int hpf_json_line_member(hpf_json_line_t *in, const char *token,
    size_t len);
static int hpf_json_line_element(hpf_json_line_t *in, const char *token,
    size_t len);
static int hpf_json_line_is(const unsigned char *key, size_t n,
    const char *token, size_t len);
static void hpf_json_line_space(hpf_json_line_t *in);
static void hpf_json_line_string(hpf_json_line_t *in);
static void hpf_json_line_skip(hpf_json_line_t *in);


unsigned
hpf_json_line(const unsigned char *text, size_t len, const char *pointer)
{
    unsigned         line;
    hpf_json_line_t  in;

    in.p = text;
    in.last = text + len;
    in.line = 1;

    do {
        hpf_json_line_space(&in);
        line = in.line;
    } while (*pointer == '/' && hpf_json_line_enter(&in, &pointer));

    return line;
}


/* Goes to the value of the next token: 1 when there is one. */

static int
hpf_json_line_enter(hpf_json_line_t *in, const char **pointer)
{
    size_t       len;
    const char  *token;

    token = *pointer + 1;
    len = strcspn(token, "/");
    *pointer = token + len;

    if (in->p == in->last) {
        return 0;
    }

    switch (*in->p++) {

    case '{':
        return hpf_json_line_member(in, token, len);

    case '[':
        return hpf_json_line_element(in, token, len);

    default:
        return 0;
    }
}


static int
hpf_json_line_member(hpf_json_line_t *in, const char *token, size_t len)
{
    int                   found;
    const unsigned char  *key;

    for ( ;; ) {
        hpf_json_line_space(in);

        if (in->p == in->last || *in->p != '"') {
            return 0;
        }

        key = in->p + 1;
        hpf_json_line_string(in);
        found = in->p > key
                && hpf_json_line_is(key, in->p - key - 1, token, len);

        hpf_json_line_space(in);

        /* the colon */

        in->p += (in->p < in->last);

        if (found) {
            return 1;
        }

        hpf_json_line_skip(in);
        hpf_json_line_space(in);

        in->p += (in->p < in->last && *in->p == ',');
    }
}


static int
hpf_json_line_element(hpf_json_line_t *in, const char *token, size_t len)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < len && token[i] >= '0' && token[i] <= '9' && i < 9; i++) {
        n = n * 10 + (token[i] - '0');
    }

    for (i = 0; i < n; i++) {
        hpf_json_line_skip(in);
        hpf_json_line_space(in);

        if (in->p == in->last || *in->p != ',') {
            return 0;
        }

        in->p++;
    }

    return 1;
}


/* ~1 is a slash and ~0 a tilde in a token. */

static int
hpf_json_line_is(const unsigned char *key, size_t n, const char *token,
    size_t len)
{
    char    ch;
    size_t  i, k;

    for (i = 0, k = 0; i < len; i++, k++) {

        ch = token[i];

        if (ch == '~' && i + 1 < len) {
            ch = token[++i] == '1' ? '/' : '~';
        }

        if (k == n || key[k] != (unsigned char) ch) {
            return 0;
        }
    }

    return k == n;
}


static void
hpf_json_line_space(hpf_json_line_t *in)
{
    for ( /* void */ ; in->p < in->last; in->p++) {

        switch (*in->p) {

        case '\n':
            in->line++;
            break;

        case ' ':
        case '\t':
        case '\r':
            break;

        default:
            return;
        }
    }
}


/* To behind the closing quote. */

static void
hpf_json_line_string(hpf_json_line_t *in)
{
    for (in->p++; in->p < in->last && *in->p != '"'; in->p++) {
        in->p += (*in->p == '\\' && in->p + 1 < in->last);
    }

    in->p += (in->p < in->last);
}


/* To behind a value of any depth. */

static void
hpf_json_line_skip(hpf_json_line_t *in)
{
    size_t  depth;

    depth = 0;
    hpf_json_line_space(in);

    while (in->p < in->last) {

        switch (*in->p) {

        case '"':
            hpf_json_line_string(in);
            break;

        case '{':
        case '[':
            depth++;
            in->p++;
            break;

        case '}':
        case ']':
            if (depth == 0) {
                return;
            }

            depth--;
            in->p++;
            break;

        case ',':
            if (depth == 0) {
                return;
            }

            in->p++;
            break;

        default:
            in->p++;
        }

        hpf_json_line_space(in);
    }
}
