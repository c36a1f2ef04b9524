/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The value rules: finds out whether a run of digits, plain or written as
 * escapes, is the number of an ID card, a mobile telephone or a bank card.
 *
 * A run is never part of a longer one.  Letters beside it are allowed
 * ("tel13800138000"), unless all of those next to it are hexadecimal: then
 * it is a piece of a digest or of a UUID.
 */

#ifndef _HPF_MASK_FIND_H_INCLUDED_
#define _HPF_MASK_FIND_H_INCLUDED_


#include <stddef.h>

#include "hpf_ident.h"
#include "hpf_mask_kind.h"
#include "hpf_mask_rules.h"


#define HPF_MASK_LETTERS    4      /* letters beside a run that are read */
#define HPF_MASK_RUN_UNITS  19     /* characters of the longest number */
#define HPF_MASK_RUN_BYTES  160    /* room for such a run and its letters */

/* What stands beside a run. */
#define HPF_MASK_ALONE      0
#define HPF_MASK_HEX        1      /* letters, all of them a to f */
#define HPF_MASK_WORD       2      /* other letters */


typedef struct {
    size_t                n;       /* units, more than fit when too long */
    unsigned              left;    /* HPF_MASK_ALONE, ..., by the caller */
    unsigned              right;
    const unsigned char  *end;     /* after the last unit */
    unsigned char         digits[HPF_MASK_RUN_UNITS];
    const unsigned char  *units[HPF_MASK_RUN_UNITS + 1];
} hpf_mask_run_t;


/* How [p, end) is to be read. */
#define HPF_MASK_RUN_JSON   1      /* backslashes begin escapes */
#define HPF_MASK_RUN_LAST   2      /* nothing comes after end */


/*
 * Reads the run, or the escape that is no digit, at p.  HPF_OK; HPF_AGAIN:
 * more bytes are needed to know where it ends, run->end and run->n tell how
 * far it is known.
 */
int hpf_mask_run_read(hpf_mask_run_t *run, const unsigned char *p,
    const unsigned char *end, unsigned flags);

/* The class of a letters' neighbourhood: classes are joined by the larger. */
unsigned hpf_mask_letter(unsigned char c);

/*
 * The kind of number that the run is by the rules, HPF_MASK_NONE when it is
 * none; cut says what of it stays.
 */
unsigned hpf_mask_run_kind(const hpf_mask_run_t *run,
    const hpf_mask_rules_t *rules, const hpf_date_t *today,
    hpf_mask_cut_t *cut);


#endif /* _HPF_MASK_FIND_H_INCLUDED_ */
