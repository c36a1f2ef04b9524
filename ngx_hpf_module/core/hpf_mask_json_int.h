/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private to the JSON engine.  A function of a state, and of a token, takes
 * what it can of [p, end) and returns where it stopped; where it began, and
 * in the same state: all that is left has to come again with more.
 */

#ifndef _HPF_MASK_JSON_INT_H_INCLUDED_
#define _HPF_MASK_JSON_INT_H_INCLUDED_


#include "hpf_mask_int.h"
#include "hpf_mask_path.h"


/* raw bytes of a string that may be a key, each character an escape */
#define HPF_MASK_JSON_KEY    (6 * HPF_MASK_KEY_MAX)

#define HPF_MASK_JSON_SPACE  128    /* white space that is looked over */


#define hpf_mask_json_is_space(c)                                             \
    ((c) == ' ' || (c) == '\n' || (c) == '\r' || (c) == '\t')


#define HPF_MASK_JSON_RS     0x1e   /* before a text, RFC 7464 */


/* At the beginning of a line: another text begins, or the last one ends. */
#define hpf_mask_json_starts(c)                                               \
    ((c) == '\n' || (c) == '\r' || (c) == '{' || (c) == '[')


/* In hpf_mask_json.c: */

void hpf_mask_json_begin(hpf_mask_t *m);

/* A value has ended, or a comma came: the rule of the next one, if any. */
void hpf_mask_json_next(hpf_mask_t *m);


/* In hpf_mask_json_token.c: */

/* Not 0: JSON may go on at that byte after something that is none. */
extern const unsigned char  hpf_mask_json_signs[256];

/* A string begins at the quote at p. */
const unsigned char *hpf_mask_json_string(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);

/*
 * A key with a rule ends at p.  Takes its value, if that is the usual: a whole
 * string without escapes.
 */
const unsigned char *hpf_mask_json_field(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);

/* A number begins at p, or a word that looks like one. */
const unsigned char *hpf_mask_json_number(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);

/* Something that is no JSON begins at p. */
const unsigned char *hpf_mask_json_word(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);

/* The states of what is too long to be seen whole. */
const unsigned char *hpf_mask_json_word_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_string_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_shown_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_hidden_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_number_shown_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_number_hidden_rest(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);

/*
 * The end of the string that p is in: the quote, with lines also a line feed;
 * or end, or a backslash that end cuts off from what it escapes.
 */
const unsigned char *hpf_mask_json_quote(const hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);

/* The name of a key without escapes: into name, or where it is. */
const unsigned char *hpf_mask_json_name(const unsigned char *p,
    const unsigned char *end, unsigned char name[HPF_MASK_KEY_MAX],
    size_t *len);


/* Behind the digits, points, signs and exponents at p. */
const unsigned char *hpf_mask_json_digits(const unsigned char *p,
    const unsigned char *end);


/*
 * In hpf_mask_json_inner.c: a string without a rule begins; some of it is
 * here, and with more there is more of it.
 */
void hpf_mask_json_inner_start(hpf_mask_t *m);
const unsigned char *hpf_mask_json_inner(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);


/* In hpf_mask_json_drop.c: */

/*
 * Whether the member behind the comma at p is to go.  HPF_OK: it does, and
 * goes from *next on; HPF_DECLINED: it stays; HPF_AGAIN: more is needed to
 * know.
 */
int hpf_mask_json_drop(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more, const unsigned char **next);

/* 1: the value that comes has to go. */
static inline unsigned
hpf_mask_json_drops(const hpf_mask_t *m)
{
    const hpf_mask_shape_t  *shape;

    shape = m->u.json.shape;

    return shape && shape->kind == HPF_MASK_DROP
           && !hpf_mask_is_shown(m, shape);
}


/* The value at p goes, and null comes in its place. */
void hpf_mask_json_drop_value(hpf_mask_t *m, const unsigned char *p);

const unsigned char *hpf_mask_json_first(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_swallow(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);
const unsigned char *hpf_mask_json_trim(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);


/* In hpf_mask_json_path.c, when there are rules by path: */

void hpf_mask_json_path_init(hpf_mask_t *m);
void hpf_mask_json_path_open(hpf_mask_t *m, unsigned array);
void hpf_mask_json_path_close(hpf_mask_t *m);
void hpf_mask_json_path_name(hpf_mask_t *m, const unsigned char *name,
    size_t len);

/* The rule of the value that comes after a colon, or in an array, or NULL. */
const hpf_mask_shape_t *hpf_mask_json_path_value(hpf_mask_t *m);
const hpf_mask_shape_t *hpf_mask_json_path_element(hpf_mask_t *m,
    unsigned first);

/* The rule of a member of that name, if one with it came now. */
const hpf_mask_shape_t *hpf_mask_json_path_member(hpf_mask_t *m,
    const unsigned char *name, size_t len);


#endif /* _HPF_MASK_JSON_INT_H_INCLUDED_ */
