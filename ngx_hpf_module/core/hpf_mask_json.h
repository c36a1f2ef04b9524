/*
 * Copyright (C) the HPF gateway authors
 */

/* The state of a JSON body, a part of hpf_mask_t; see hpf_mask_json.c. */

#ifndef _HPF_MASK_JSON_H_INCLUDED_
#define _HPF_MASK_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_mask_kind.h"


#define HPF_MASK_NUMBER       64    /* bytes of a number that is masked */

#define HPF_MASK_JSON_FRAMES  16    /* arrays with a rule, one in another */
#define HPF_MASK_JSON_LEVELS  17    /* containers in which a path may end */


typedef enum {
    HPF_MASK_JSON_GAP = 0,          /* between tokens */
    HPF_MASK_JSON_WORD,             /* what is no JSON */
    HPF_MASK_JSON_STRING,           /* in a long string, with values in it */
    HPF_MASK_JSON_SHOWN,            /* in a long string that is shown */
    HPF_MASK_JSON_HIDDEN,           /* in a long string that is hidden */
    HPF_MASK_JSON_NUMBER_SHOWN,     /* in a long number that is shown */
    HPF_MASK_JSON_NUMBER_HIDDEN,    /* in a long number that is hidden */
    HPF_MASK_JSON_FIRST,            /* where the first member may have to go */
    HPF_MASK_JSON_SWALLOW,          /* in a value that goes */
    HPF_MASK_JSON_TRIM,             /* behind it, where its comma may be */
    HPF_MASK_JSON_STATES
} hpf_mask_json_state_e;


/* Arrays under a key with a rule: depths first to last. */

typedef struct {
    const hpf_mask_shape_t      *shape;
    size_t                       first;
    size_t                       last;
} hpf_mask_json_frame_t;


/* Where the rules by path are: which ones may still end below. */

typedef struct {
    size_t                       level;         /* containers that are open */
    uint64_t                     next;          /* for the value to come */
    uint64_t                     named;         /* by the last string */
    uint64_t                     alive[HPF_MASK_JSON_LEVELS];
    size_t                       index[HPF_MASK_JSON_LEVELS];
    uint32_t                     arrays;        /* a bit for a level */
} hpf_mask_json_path_t;


/* JSON inside of a string; see hpf_mask_json_inner.c. */

#define HPF_MASK_JSON_INNER_LEVELS  2


typedef enum {
    HPF_MASK_JSON_INNER_TEXT = 0,
    HPF_MASK_JSON_INNER_COLON,      /* at a colon, or before an element */
    HPF_MASK_JSON_INNER_VALUE,
    HPF_MASK_JSON_INNER_HIDDEN,     /* in a long value */
    HPF_MASK_JSON_INNER_NUMBER,
    HPF_MASK_JSON_INNER_COMMA       /* behind an element */
} hpf_mask_json_inner_e;


typedef struct {
    hpf_mask_json_inner_e        state;
    unsigned                     level;         /* strings in strings */
    unsigned                     arrays;        /* open under the key */
    const hpf_mask_shape_t      *shape;
} hpf_mask_json_inner_t;


/* A value that goes. */

typedef struct {
    size_t                       depth;
    unsigned                     begun:1;
    unsigned                     line:1;        /* a line feed was before */
    unsigned                     string:1;
    unsigned                     first:1;       /* no comma is before it */
} hpf_mask_json_drop_t;


typedef struct {
    hpf_mask_json_state_e        state;
    unsigned                     lines:1;       /* a line feed ends strings */
    unsigned                     line:1;        /* one was just read */
    unsigned                     field:1;       /* after it: "data: " */
    unsigned                     number:1;      /* one may begin here */

    const hpf_mask_shape_t      *key;           /* of the last string */
    const hpf_mask_shape_t      *shape;         /* of the value to come */

    size_t                       depth;         /* since the first frame */
    size_t                       over;          /* the array with no frame */
    size_t                       nframes;
    hpf_mask_json_frame_t        frames[HPF_MASK_JSON_FRAMES];

    hpf_mask_json_path_t         path;
    hpf_mask_json_drop_t         drop;
    hpf_mask_json_inner_t        inner;
} hpf_mask_json_t;


#endif /* _HPF_MASK_JSON_H_INCLUDED_ */
