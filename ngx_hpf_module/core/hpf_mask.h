/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: bytes of a body go in, in any split, and come out as
 * spans that are passed on untouched or replaced.  The output depends on the
 * bytes alone and never on where they were split.  Memory is the structure
 * below, whatever the body.
 *
 * JSON is scanned and not parsed: a string that is followed by a colon is a
 * key, and what comes after the colon is its value.  Broken JSON, or text
 * that is none, passes unchanged outside of what is masked.
 *
 *   - A string or number under a key with a rule takes the masked form of
 *     the rule; a number becomes a string.  Elements of arrays under the key,
 *     also of arrays in it, likewise.  Members of objects under it go by
 *     their own keys.  null, true and false stay.
 *   - In all other strings (keys too) and in whole numbers, runs of digits
 *     that are an ID card, mobile or bank card number are masked in place.
 *   - A string of more than HPF_MASK_VALUE_MAX bytes under a key with a rule
 *     is no name and no number: it is replaced by three mask characters.
 */

#ifndef _HPF_MASK_H_INCLUDED_
#define _HPF_MASK_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_ident.h"
#include "hpf_mask_find.h"
#include "hpf_mask_kind.h"
#include "hpf_mask_rules.h"


#define HPF_MASK_VALUE_MAX   1024    /* raw bytes of a string to be masked */
#define HPF_MASK_NUMBER_MAX  64      /* raw bytes of a number */
#define HPF_MASK_FRAMES      16      /* arrays with a rule, one in another */


typedef enum {
    HPF_MASK_GAP = 0,       /* JSON outside of strings */
    HPF_MASK_STRING,        /* a string without a rule */
    HPF_MASK_TEXT,          /* plain text */
    HPF_MASK_SHOWN,         /* a string whose rule is to show it */
    HPF_MASK_VALUE,         /* a string with a rule, not yet whole */
    HPF_MASK_VALUE_REST,    /* what is left of one that is too long */
    HPF_MASK_NUMBER,        /* a number, not yet whole */
    HPF_MASK_NUMBER_REST,   /* what is left of one that is too long */
    HPF_MASK_RUN            /* digits or an escape, not yet whole */
} hpf_mask_state_e;


/* Arrays under a key with a rule: depths first to last. */

typedef struct {
    const hpf_mask_shape_t  *shape;
    size_t                   first;
    size_t                   last;
} hpf_mask_frame_t;


/* How a body is written. */

typedef enum {
    HPF_MASK_TYPE_TEXT = 0,     /* values alone */
    HPF_MASK_TYPE_JSON,
    HPF_MASK_TYPE_JSON_LINES,   /* one a line, an event or a sequence: a line
                                   feed ends whatever is open */
    HPF_MASK_TYPE_MARKUP,       /* XML and HTML */
    HPF_MASK_TYPE_CSV,
    HPF_MASK_TYPE_FORM,         /* a=b&c=d */
    HPF_MASK_TYPES
} hpf_mask_type_e;


typedef struct {
    const hpf_mask_rules_t  *rules;
    hpf_date_t               today;     /* ID cards are not from the future */
    unsigned                 type;      /* hpf_mask_type_e */
    unsigned                 level;     /* of the session, for "reveal" */
    unsigned                 tabs:1;    /* of CSV: tabs and not commas */
    unsigned                 headless:1;    /* of CSV: no line of names */
    unsigned                 copy:1;    /* what is fed does not stay: all
                                           output is to be copied */
    hpf_mask_out_pt          out;
    void                    *data;
    hpf_mask_hash_pt         hash;      /* NULL: values are hidden instead */
    void                    *hash_data;
} hpf_mask_conf_t;


typedef struct {
    const hpf_mask_rules_t  *rules;
    const hpf_mask_shape_t  *key;       /* of the string before a colon */
    const hpf_mask_shape_t  *shape;     /* of the value to come */

    /* Into the input that is being fed: */
    const unsigned char     *pass;      /* passed on up to here */
    const unsigned char     *floor;     /* no look back beyond this */
    const unsigned char     *name;      /* of the string, may be a key */

    hpf_mask_state_e         state;
    hpf_mask_state_e         resume;    /* after HPF_MASK_RUN */

    hpf_date_t               today;

    unsigned                 value:1;   /* after a colon */
    unsigned                 number:1;  /* a JSON number may be here */
    unsigned                 escaped:1; /* the string has escapes */
    unsigned                 slash:1;   /* the last byte was a backslash */
    unsigned                 over:1;    /* the run is too long to match */
    unsigned                 copy:1;    /* the input is the engine's own */

    unsigned                 left;      /* what is before the run */
    size_t                   depth;
    size_t                   nframes;
    hpf_mask_frame_t         frames[HPF_MASK_FRAMES];

    size_t                   count;     /* fields masked so far */
    size_t                   counts[HPF_MASK_KINDS];
    size_t                   revealed;  /* fields shown by "reveal" */
    uint32_t                 reveals;   /* their kinds, a bit each */

    size_t                   nback;     /* letters at the end of the input */
    size_t                   nname;
    size_t                   nhold;

    hpf_mask_sink_t          out;

    unsigned char            back[HPF_MASK_LETTERS];
    unsigned char            namebuf[HPF_MASK_KEY_MAX + 1];
    unsigned char            hold[HPF_MASK_VALUE_MAX];
} hpf_mask_t;


/* The rules must live as long as the state; conf need not. */
void hpf_mask_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);

/* HPF_OK, or what out() returned: then nothing more may be fed. */
int hpf_mask_feed(hpf_mask_t *m, const unsigned char *p, size_t len);

/* The end of the body: gives out what was held back. */
int hpf_mask_finish(hpf_mask_t *m);


#endif /* _HPF_MASK_H_INCLUDED_ */
