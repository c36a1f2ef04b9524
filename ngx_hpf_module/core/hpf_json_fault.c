/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Where a text stops being JSON.  jansson tells how far it had read when it
 * noticed, which is the end of the token or of the line of bytes that it
 * could make nothing of; this is the grammar of RFC 8259 once more, for texts
 * that are known to be faulty.
 */


#include <string.h>

#include "hpf_json.h"
#include "hpf_json_fault.h"


typedef enum {
    HPF_JSON_FAULT_VALUE = 0,
    HPF_JSON_FAULT_FIRST_VALUE,        /* or the end of the array */
    HPF_JSON_FAULT_KEY,
    HPF_JSON_FAULT_FIRST_KEY,          /* or the end of the object */
    HPF_JSON_FAULT_COLON,
    HPF_JSON_FAULT_NEXT                /* behind a value */
} hpf_json_fault_state_e;

typedef struct {
    const unsigned char     *pos;
    const unsigned char     *last;
    const unsigned char     *token;    /* the last string, number or word */
    size_t                   depth;
    unsigned char            open[HPF_JSON_DEPTH];
    hpf_json_fault_state_e   state;
} hpf_json_fault_t;


static int hpf_json_fault_step(hpf_json_fault_t *f);
static int hpf_json_fault_value(hpf_json_fault_t *f);
static int hpf_json_fault_open(hpf_json_fault_t *f);
static int hpf_json_fault_close(hpf_json_fault_t *f);
static int hpf_json_fault_next(hpf_json_fault_t *f);
static int hpf_json_fault_string(hpf_json_fault_t *f);
static int hpf_json_fault_escape(hpf_json_fault_t *f);
static int hpf_json_fault_unit(hpf_json_fault_t *f, unsigned *unit);
static int hpf_json_fault_number(hpf_json_fault_t *f);
static int hpf_json_fault_digits(hpf_json_fault_t *f);
static int hpf_json_fault_word(hpf_json_fault_t *f, const char *word);


size_t
hpf_json_fault(const unsigned char *text, size_t len, int token)
{
    hpf_json_fault_t  f;

    f.pos = text;
    f.last = text + len;
    f.token = f.last;
    f.depth = 0;
    f.state = HPF_JSON_FAULT_VALUE;

    for ( ;; ) {

        while (f.pos < f.last && (*f.pos == ' ' || *f.pos == '\t'
                                  || *f.pos == '\n' || *f.pos == '\r'))
        {
            f.pos++;
        }

        if (f.pos == f.last) {
            return token ? (size_t) (f.token - text) : len;
        }

        if (hpf_json_fault_step(&f)) {
            return f.pos - text;
        }
    }
}


/* These leave pos at what is wrong and return 1, or behind what they took. */

static int
hpf_json_fault_step(hpf_json_fault_t *f)
{
    switch (f->state) {

    case HPF_JSON_FAULT_FIRST_VALUE:
        if (*f->pos == ']') {
            return hpf_json_fault_close(f);
        }

        return hpf_json_fault_value(f);

    case HPF_JSON_FAULT_VALUE:
        return hpf_json_fault_value(f);

    case HPF_JSON_FAULT_FIRST_KEY:
        if (*f->pos == '}') {
            return hpf_json_fault_close(f);
        }

        /* fall through */

    case HPF_JSON_FAULT_KEY:
        f->state = HPF_JSON_FAULT_COLON;

        return *f->pos == '"' ? hpf_json_fault_string(f) : 1;

    case HPF_JSON_FAULT_COLON:
        f->state = HPF_JSON_FAULT_VALUE;

        if (*f->pos != ':') {
            return 1;
        }

        f->pos++;

        return 0;

    default:
        return hpf_json_fault_next(f);
    }
}


static int
hpf_json_fault_value(hpf_json_fault_t *f)
{
    f->state = HPF_JSON_FAULT_NEXT;

    switch (*f->pos) {

    case '{':
    case '[':
        return hpf_json_fault_open(f);

    case '"':
        return hpf_json_fault_string(f);

    case 't':
        return hpf_json_fault_word(f, "true");

    case 'f':
        return hpf_json_fault_word(f, "false");

    case 'n':
        return hpf_json_fault_word(f, "null");

    default:
        return hpf_json_fault_number(f);
    }
}


static int
hpf_json_fault_open(hpf_json_fault_t *f)
{
    if (f->depth == HPF_JSON_DEPTH) {
        return 1;
    }

    f->open[f->depth++] = *f->pos;
    f->state = *f->pos == '{' ? HPF_JSON_FAULT_FIRST_KEY
                              : HPF_JSON_FAULT_FIRST_VALUE;
    f->pos++;

    return 0;
}


static int
hpf_json_fault_close(hpf_json_fault_t *f)
{
    f->depth--;
    f->pos++;
    f->state = HPF_JSON_FAULT_NEXT;

    return 0;
}


static int
hpf_json_fault_next(hpf_json_fault_t *f)
{
    unsigned char  open;

    if (f->depth == 0) {
        return 1;
    }

    open = f->open[f->depth - 1];

    if (*f->pos == ',') {
        f->state = open == '{' ? HPF_JSON_FAULT_KEY : HPF_JSON_FAULT_VALUE;
        f->pos++;
        return 0;
    }

    return *f->pos == (open == '{' ? '}' : ']') ? hpf_json_fault_close(f) : 1;
}


/* What is cut off is no fault here. */

static int
hpf_json_fault_string(hpf_json_fault_t *f)
{
    f->token = f->pos++;

    while (f->pos < f->last) {

        if (*f->pos < 0x20) {
            return 1;
        }

        if (*f->pos == '"') {
            f->pos++;
            return 0;
        }

        if (*f->pos != '\\') {
            f->pos++;

        } else if (hpf_json_fault_escape(f)) {
            return 1;
        }
    }

    return 0;
}


static int
hpf_json_fault_escape(hpf_json_fault_t *f)
{
    unsigned              first, second;
    const unsigned char  *start;

    start = f->pos++;

    if (f->pos == f->last) {
        return 0;
    }

    if (*f->pos != 'u') {

        if (*f->pos == '\0' || strchr("\"\\/bfnrt", *f->pos) == NULL) {
            return 1;
        }

        f->pos++;

        return 0;
    }

    if (hpf_json_fault_unit(f, &first)) {
        return 1;
    }

    /* a NUL, or half a pair */

    second = 0;

    if (first >= 0xd800 && first < 0xdc00 && f->last - f->pos >= 6
        && f->pos[0] == '\\' && f->pos[1] == 'u')
    {
        f->pos++;

        if (hpf_json_fault_unit(f, &second)) {
            return 1;
        }
    }

    if (f->pos < f->last
        && (first == 0 || (first >= 0xdc00 && first < 0xe000)
            || (first >= 0xd800 && first < 0xdc00
                && (second < 0xdc00 || second >= 0xe000))))
    {
        f->pos = start;
        return 1;
    }

    return 0;
}


/* "u" and four digits. */

static int
hpf_json_fault_unit(hpf_json_fault_t *f, unsigned *unit)
{
    int            i;
    unsigned char  c;

    f->pos++;
    *unit = 0;

    for (i = 0; i < 4 && f->pos < f->last; i++, f->pos++) {
        c = *f->pos;

        if (c >= '0' && c <= '9') {
            *unit = *unit * 16 + (c - '0');

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            *unit = *unit * 16 + ((c | 0x20) - 'a' + 10);

        } else {
            return 1;
        }
    }

    return 0;
}


static int
hpf_json_fault_number(hpf_json_fault_t *f)
{
    f->token = f->pos;

    if (*f->pos == '-') {
        f->pos++;
    }

    if (f->pos < f->last && *f->pos == '0') {
        f->pos++;

    } else if (hpf_json_fault_digits(f)) {
        return 1;
    }

    if (f->pos < f->last && *f->pos == '.') {
        f->pos++;

        if (hpf_json_fault_digits(f)) {
            return 1;
        }
    }

    if (f->pos < f->last && (*f->pos | 0x20) == 'e') {
        f->pos++;

        if (f->pos < f->last && (*f->pos == '+' || *f->pos == '-')) {
            f->pos++;
        }

        return hpf_json_fault_digits(f);
    }

    return 0;
}


static int
hpf_json_fault_digits(hpf_json_fault_t *f)
{
    const unsigned char  *start;

    start = f->pos;

    while (f->pos < f->last && *f->pos >= '0' && *f->pos <= '9') {
        f->pos++;
    }

    return f->pos == start && f->pos < f->last;
}


static int
hpf_json_fault_word(hpf_json_fault_t *f, const char *word)
{
    f->token = f->pos;

    while (*word && f->pos < f->last) {

        if (*f->pos != (unsigned char) *word) {
            return 1;
        }

        f->pos++;
        word++;
    }

    return 0;
}
