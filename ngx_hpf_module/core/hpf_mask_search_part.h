/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The parts of the search for values, for hpf_mask_search*.c only.
 *
 * A character is looked at as one byte, its class: an ASCII character is its
 * own class, also when it is written as an escape or in full width; the
 * spaces U+00A0 and U+3000 are a space; whatever else is OTHER.
 */

#ifndef _HPF_MASK_SEARCH_PART_H_INCLUDED_
#define _HPF_MASK_SEARCH_PART_H_INCLUDED_


#include "hpf_mask_search.h"


#define HPF_MASK_OTHER      0x80
#define HPF_MASK_CUT        0xff    /* the text ends, but more will follow */

#define HPF_MASK_LOCAL_MAX  64      /* characters of an e-mail's local part */
#define HPF_MASK_UNITS      96
#define HPF_MASK_AHEAD      40      /* more than any number looks at */


/* What is beside a number. */
#define HPF_MASK_HEX        1       /* letters, all of them a to f */
#define HPF_MASK_WORD       2       /* other letters */
#define HPF_MASK_POINT      4       /* a decimal point */
#define HPF_MASK_PART       8       /* more of the same, mask characters */
#define HPF_MASK_OPEN       16      /* not to be known yet */


/* The text of one call. */

typedef struct {
    hpf_mask_search_t       *s;
    const unsigned char     *start;
    const unsigned char     *end;
    unsigned                 more;
    unsigned                 run;           /* digits worth a look; 0: none */
    unsigned char            escape;        /* what begins an escape, or 0 */
    unsigned char            email;
    unsigned char            codes;         /* passports or credit codes */
    unsigned char            at;            /* "@", the escape and a wide */
    unsigned char            mark;          /* character are looked for */
} hpf_mask_part_t;


/*
 * Characters around a number: HPF_MASK_SEARCH_BACK of what is before, then
 * the number's and what follows.  c[n] is 0 at the end, or HPF_MASK_CUT.
 */

typedef struct {
    unsigned                 n;
    unsigned                 ready;         /* up to here all is known */
    const unsigned char     *at[HPF_MASK_UNITS + 1];
    unsigned char            c[HPF_MASK_UNITS + 1];
} hpf_mask_units_t;


static inline unsigned
hpf_mask_search_is_digit(unsigned c)
{
    return c - '0' <= 9;
}


static inline unsigned
hpf_mask_search_is_letter(unsigned c)
{
    return (c | 0x20) - 'a' <= 'z' - 'a';
}


static inline unsigned
hpf_mask_search_is_alnum(unsigned c)
{
    return hpf_mask_search_is_digit(c) || hpf_mask_search_is_letter(c);
}


/* What may separate groups of a number. */

static inline unsigned
hpf_mask_search_is_gap(unsigned c)
{
    return c == ' ' || c == '-';
}


/* What may stand before the "@" of an e-mail address. */

static inline unsigned
hpf_mask_search_is_local(unsigned c)
{
    return hpf_mask_search_is_alnum(c) || c == '.' || c == '-' || c == '_'
           || c == '+' || c == '%';
}


/* What may matter when it is near a number. */

static inline unsigned
hpf_mask_search_is_near(unsigned c)
{
    return hpf_mask_search_is_alnum(c) || c == ' ' || c == '-' || c == '.'
           || c == '*';
}


/* hpf_mask_search_text.c: a character that is more than a byte, or "+". */
size_t hpf_mask_search_other(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);

/* The length of the character at p; 0: the end, or it is cut off there. */
static inline size_t
hpf_mask_search_next(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char *c)
{
    if (p == t->end) {
        return 0;
    }

    *c = *p;

    if (*p < 0x80 && *p != t->escape && *p != '+') {
        return 1;
    }

    return hpf_mask_search_other(t, p, c);
}


/* The ways to write one; lengths as above. */
size_t hpf_mask_search_escape(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);
size_t hpf_mask_search_json(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);
size_t hpf_mask_search_xml(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);
size_t hpf_mask_search_byte(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);

/* The class of three bytes of UTF-8. */
unsigned char hpf_mask_search_class3(unsigned char a, unsigned char b,
    unsigned char c);


/*
 * hpf_mask_search_back.c: where the character before p begins, NULL at the
 * start of the text.
 */
const unsigned char *hpf_mask_search_prev(const hpf_mask_part_t *t,
    const unsigned char *p, unsigned char *c);

/* The classes before p, the nearest first, 0 where they do not matter. */
void hpf_mask_search_left(const hpf_mask_part_t *t, const unsigned char *p,
    unsigned char left[HPF_MASK_SEARCH_BACK]);

/* The start of the escape that p >= floor is inside of, or p. */
const unsigned char *hpf_mask_search_align(const hpf_mask_part_t *t,
    const unsigned char *p, const unsigned char *floor);

/* The start of a character that is cut off by the end, or the end. */
const unsigned char *hpf_mask_search_cut(const hpf_mask_part_t *t,
    const unsigned char *floor);


/* hpf_mask_search_seek.c: the first byte that is worth a look, or end. */
const unsigned char *hpf_mask_search_seek(const hpf_mask_part_t *t,
    const unsigned char *p);


/*
 * hpf_mask_search_run.c: where the first number that holds the character at p
 * may begin, and the first value that begins at p or soon after, which is a
 * digit or what may come before one.  HPF_OK; HPF_AGAIN: hit->start;
 * HPF_DECLINED: there is nothing before *floor.
 */
const unsigned char *hpf_mask_search_start(const hpf_mask_part_t *t,
    const unsigned char *p, const unsigned char *floor);
int hpf_mask_search_run(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char **floor, hpf_mask_hit_t *hit);

/*
 * A row of digits begins at p, with none before it that could be of the same
 * number.  HPF_OK: it is a value; HPF_DECLINED: none begins before *next;
 * HPF_AGAIN: what is beside it has to be looked at more closely.
 */
int hpf_mask_search_alone(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char **next, hpf_mask_hit_t *hit);


/*
 * hpf_mask_search_number.c, hpf_mask_search_code.c: the value that begins at
 * the unit i.  HPF_OK, HPF_DECLINED, HPF_AGAIN: not to be known yet.
 */
int hpf_mask_search_number_at(const hpf_mask_search_t *s,
    const hpf_mask_units_t *u, unsigned i, hpf_mask_hit_t *hit);
int hpf_mask_search_code_at(const hpf_mask_search_t *s,
    const hpf_mask_units_t *u, unsigned i, hpf_mask_hit_t *hit);

/* The kind of the n digits, and the digits of a prefix, or HPF_MASK_NONE. */
unsigned hpf_mask_search_digits(const hpf_mask_search_t *s,
    const unsigned char *digits, unsigned n, unsigned *prefix);

/* A hit from start to end is of that kind and has n characters. */
void hpf_mask_search_found(const hpf_mask_search_t *s, hpf_mask_hit_t *hit,
    unsigned n, unsigned kind, unsigned prefix);


/*
 * hpf_mask_search_beside.c: HPF_MASK_HEX and so on, of the units from i to
 * end; joined by hyphens, and with a whole group after the last one.
 */
unsigned hpf_mask_search_beside(const hpf_mask_units_t *u, unsigned i,
    unsigned end);
unsigned hpf_mask_search_joined(const hpf_mask_units_t *u, unsigned i,
    unsigned end, unsigned kind);
unsigned hpf_mask_search_longer(const unsigned char *c, unsigned size);


/*
 * hpf_mask_search_email.c: the address whose local part is around p.  Codes
 * as above; no more than HPF_MASK_SEARCH_TAIL bytes after from are read.
 */
int hpf_mask_search_email(const hpf_mask_part_t *t, const unsigned char *p,
    const unsigned char *from, hpf_mask_hit_t *hit);

/* Where the local part that may end at p begins. */
const unsigned char *hpf_mask_search_local(const hpf_mask_part_t *t,
    const unsigned char *p);


#endif /* _HPF_MASK_SEARCH_PART_H_INCLUDED_ */
