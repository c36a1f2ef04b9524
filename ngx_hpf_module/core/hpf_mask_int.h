/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Private to the masking engine: what hpf_mask.c does for the types of bodies,
 * and what it wants of them.
 */

#ifndef _HPF_MASK_INT_H_INCLUDED_
#define _HPF_MASK_INT_H_INCLUDED_


#include "hpf_mask.h"


/*
 * How a type reads: it takes what it can of [p, end) and returns where it
 * stopped.  From there on the bytes come again, with more behind them; they
 * may be at another address.  It leaves at most HPF_MASK_CARRY bytes, and
 * nothing when more is 0: then the body ends at end, and what the type waits
 * for does not come.
 *
 * What it takes is passed on as it is, but for what it replaces; it does so
 * from left to right.
 */

/* The functions of the types, in a file each. */

const unsigned char *hpf_mask_text_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more);

void hpf_mask_json_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);
const unsigned char *hpf_mask_json_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more);

void hpf_mask_markup_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);
const unsigned char *hpf_mask_markup_run(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);

void hpf_mask_csv_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);
const unsigned char *hpf_mask_csv_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more);

void hpf_mask_form_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);
const unsigned char *hpf_mask_form_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more);


/* 1: a value with that rule is shown. */
static inline unsigned
hpf_mask_is_shown(const hpf_mask_t *m, const hpf_mask_shape_t *shape)
{
    return shape->kind == HPF_MASK_NONE
           || (shape->reveal && m->level >= shape->reveal);
}


/* The same; what is shown is counted, so this is asked once for a value. */
unsigned hpf_mask_shown(hpf_mask_t *m, const hpf_mask_shape_t *shape);

/*
 * The whole value [p, end) takes the form; an empty one stays.  Its last
 * characters may not be passed on yet: hpf_mask_replace() before a put.
 */
void hpf_mask_value(hpf_mask_t *m, const hpf_mask_shape_t *shape,
    const unsigned char *p, const unsigned char *end, unsigned style);

/* [p, end) is of a value too long to be a name or number: *** or nothing. */
void hpf_mask_long_value(hpf_mask_t *m, const hpf_mask_shape_t *shape,
    const unsigned char *p, const unsigned char *end);

/*
 * The value rules over the text [p, end), in the style of m->search, which is
 * set, and reset at its beginning, by the type.  Returns where they stopped:
 * end, or before it when more follows.
 */
const unsigned char *hpf_mask_values(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned more);

/* One more field of the kind was masked. */
void hpf_mask_count(hpf_mask_t *m, unsigned kind);

/* What is before from is passed on; [from, to) goes, for what is put next. */
void hpf_mask_replace(hpf_mask_t *m, const unsigned char *from,
    const unsigned char *to);


#endif /* _HPF_MASK_INT_H_INCLUDED_ */
