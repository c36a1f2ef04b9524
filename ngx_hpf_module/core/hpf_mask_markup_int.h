/*
 * Copyright (C) the HPF gateway authors
 */

/* Private to markup: how its states are told apart, and what they share. */

#ifndef _HPF_MASK_MARKUP_INT_H_INCLUDED_
#define _HPF_MASK_MARKUP_INT_H_INCLUDED_


#include "hpf_mask_int.h"
#include "hpf_mask_markup_tag.h"


typedef enum {
    HPF_MASK_MARKUP_CONTENT = 0,
    HPF_MASK_MARKUP_TAG,            /* between attributes */
    HPF_MASK_MARKUP_ATTR_SKIP,      /* a value without a rule */
    HPF_MASK_MARKUP_ATTR_VALUE,
    HPF_MASK_MARKUP_ATTR_REST,      /* what is replaced already */
    HPF_MASK_MARKUP_TEXT_SKIP,      /* a text that is shown */
    HPF_MASK_MARKUP_TEXT_VALUE,
    HPF_MASK_MARKUP_TEXT_REST,
    HPF_MASK_MARKUP_MAYBE,          /* a text, if </input> comes after it */
    HPF_MASK_MARKUP_DECLARATION,    /* to the next ">" */
    HPF_MASK_MARKUP_COMMENT,
    HPF_MASK_MARKUP_SCRIPT,
    HPF_MASK_MARKUP_STATES
} hpf_mask_markup_state_e;


/* What is read: [text, p) is to be searched. */

typedef struct {
    const unsigned char     *text;
    const unsigned char     *p;
    const unsigned char     *end;
    unsigned                 more;
} hpf_mask_markup_in_t;


/* The text that was read so far ends here. */
void hpf_mask_markup_search(hpf_mask_t *m, hpf_mask_markup_in_t *in);

/* The form for a text right here, or NULL. */
const hpf_mask_shape_t *hpf_mask_markup_shape(
    const hpf_mask_markup_t *u);

/* [p, end) is a value with a rule; space around it stays. */
void hpf_mask_markup_mask(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, unsigned style);

/* A "<" is at in->p. */
int hpf_mask_markup_less(hpf_mask_t *m, hpf_mask_markup_in_t *in);

/* The ">" of a start tag is at in->p. */
void hpf_mask_markup_begun(hpf_mask_t *m, hpf_mask_markup_in_t *in);

/*
 * Whether a text with a rule ends at p: HPF_OK or HPF_DECLINED; HPF_AGAIN: end
 * cuts it off.  A "]]>" is the end of a section, also of one that was not
 * noticed.
 */
int hpf_mask_markup_is_stop(const hpf_mask_markup_t *u,
    const unsigned char *p, const unsigned char *end);

/* Right inside of an element with a rule: space around a text stays. */
int hpf_mask_markup_ruled(hpf_mask_t *m, hpf_mask_markup_in_t *in);

/* The states in a tag and in a text with a rule; HPF_AGAIN: it waits. */
int hpf_mask_markup_tag(hpf_mask_t *m, hpf_mask_markup_in_t *in);
int hpf_mask_markup_attr_skip(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_attr_value(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_attr_rest(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_text_skip(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_text_value(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_text_rest(hpf_mask_t *m,
    hpf_mask_markup_in_t *in);
int hpf_mask_markup_maybe(hpf_mask_t *m, hpf_mask_markup_in_t *in);


#endif /* _HPF_MASK_MARKUP_INT_H_INCLUDED_ */
