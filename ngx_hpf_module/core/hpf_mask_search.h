/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The value rules: finds in a text what is an ID card, mobile telephone, bank
 * card or passport number, a unified social credit code or an e-mail address,
 * however its characters are written, also in groups with a space or hyphen
 * between them and in full-width digits.
 *
 * A value is never part of a longer run.  What was before the text that is
 * given is known to the search, so text may be given in any pieces.
 */

#ifndef _HPF_MASK_SEARCH_H_INCLUDED_
#define _HPF_MASK_SEARCH_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_ident.h"
#include "hpf_mask_kind.h"
#include "hpf_mask_rules.h"


/* bytes that may be left undecided at the end of a piece of text */
#define HPF_MASK_SEARCH_TAIL  512

/* characters before a text that are remembered */
#define HPF_MASK_SEARCH_BACK  8


typedef struct {
    const hpf_mask_rules_t  *rules;
    hpf_date_t               today;
    unsigned                 style;         /* hpf_mask_style_e */
    unsigned                 nback;
    unsigned char            back[HPF_MASK_SEARCH_BACK];
} hpf_mask_search_t;


/* A value [start, end), of which left and right of n characters stay. */

typedef struct {
    const unsigned char     *start;
    const unsigned char     *end;
    unsigned                 kind;          /* hpf_mask_kind_e */
    unsigned                 n;             /* without what separates groups */
    unsigned                 left;
    unsigned                 right;
} hpf_mask_hit_t;


/* What comes next has nothing before it: the beginning of a string. */
static inline void
hpf_mask_search_reset(hpf_mask_search_t *s)
{
    s->nback = 0;
}


/*
 * The first value in the text [p, end), which begins and ends between
 * characters or, when more follows, is cut off anywhere.
 *
 * HPF_OK: *hit is it; the search goes on at hit->end.
 * HPF_DECLINED: there is none, and all of the text is decided.
 * HPF_AGAIN: only with more: there is none before hit->start; the rest, at
 * most HPF_MASK_SEARCH_TAIL bytes, has to be given again with more behind it.
 */
int hpf_mask_search(hpf_mask_search_t *s, const unsigned char *p,
    const unsigned char *end, unsigned more, hpf_mask_hit_t *hit);

/*
 * Whether the number [p, end) of a JSON text is a value as a whole, plainly
 * or with a fraction of zeros.  HPF_OK or HPF_DECLINED; style and back do not
 * matter.
 */
int hpf_mask_search_number(hpf_mask_search_t *s, const unsigned char *p,
    const unsigned char *end, hpf_mask_hit_t *hit);

/* Puts the masked form; separators stay where they are. */
void hpf_mask_search_put(const hpf_mask_search_t *s,
    const hpf_mask_hit_t *hit, hpf_mask_sink_t *out);


#endif /* _HPF_MASK_SEARCH_H_INCLUDED_ */
