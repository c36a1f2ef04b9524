/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine: bytes of a body go in, in any split, and come out as
 * spans that are passed on untouched or replaced.  The output depends on the
 * bytes alone and never on where they were split.  Memory is the structure
 * below, whatever the body; nothing is allocated.
 *
 * A value under a key with a rule takes the form of the rule.  In all other
 * text, values are searched for (hpf_mask_search.h).  What a key and a value
 * are is said by the type of the body; see the file of each.
 *
 * A value of more than HPF_MASK_VALUE_MAX bytes is no name and no number: it
 * is replaced by three mask characters.
 */

#ifndef _HPF_MASK_H_INCLUDED_
#define _HPF_MASK_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_ident.h"
#include "hpf_mask_kind.h"
#include "hpf_mask_rules.h"
#include "hpf_mask_search.h"


#define HPF_MASK_VALUE_MAX  1024    /* raw bytes of a value to be masked */
#define HPF_MASK_CARRY      1280    /* bytes that wait for more */


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


typedef struct hpf_mask_s  hpf_mask_t;

typedef const unsigned char *(*hpf_mask_run_pt)(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end, unsigned more);


#include "hpf_mask_json.h"
#include "hpf_mask_markup.h"
#include "hpf_mask_csv.h"
#include "hpf_mask_form.h"


struct hpf_mask_s {
    const hpf_mask_rules_t  *rules;
    hpf_mask_run_pt          run;       /* of the type */
    hpf_mask_search_t        search;
    unsigned                 level;
    unsigned                 copies:1;  /* what is fed does not stay */
    unsigned                 window:1;  /* m->hold is being read */

    const unsigned char     *pass;      /* passed on up to here */

    size_t                   count;     /* fields masked so far */
    size_t                   counts[HPF_MASK_KINDS];
    size_t                   revealed;  /* fields shown by "reveal" */
    uint32_t                 reveals;   /* their kinds, a bit each */

    union {
        hpf_mask_json_t      json;
        hpf_mask_markup_t    markup;
        hpf_mask_csv_t       csv;
        hpf_mask_form_t      form;
    } u;

    hpf_mask_sink_t          out;

    size_t                   nhold;
    unsigned char            hold[2 * HPF_MASK_CARRY];
};


/* The rules must live as long as the state; conf need not. */
void hpf_mask_init(hpf_mask_t *m, const hpf_mask_conf_t *conf);

/* HPF_OK, or what out() returned: then nothing more may be fed. */
int hpf_mask_feed(hpf_mask_t *m, const unsigned char *p, size_t len);

/* The end of the body: gives out what was held back. */
int hpf_mask_finish(hpf_mask_t *m);


#endif /* _HPF_MASK_H_INCLUDED_ */
