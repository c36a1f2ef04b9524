/*
 * Copyright (C) the HPF gateway authors
 */

/* The first line of CSV: what divides fields, and which have a rule. */

#ifndef _HPF_MASK_CSV_HEAD_H_INCLUDED_
#define _HPF_MASK_CSV_HEAD_H_INCLUDED_


#include "hpf_mask.h"


#define HPF_MASK_CSV_NAME   512     /* bytes of a name with a rule */


typedef enum {
    HPF_MASK_CSV_START = 0,
    HPF_MASK_CSV_NEXT,              /* at the beginning of a field */
    HPF_MASK_CSV_BARE,
    HPF_MASK_CSV_QUOTED,
    HPF_MASK_CSV_QUOTE,             /* behind a quote inside of quotes */
    HPF_MASK_CSV_VALUE,             /* a field to mask */
    HPF_MASK_CSV_REST,              /* what is replaced already */
    HPF_MASK_CSV_QUOTED_REST,
    HPF_MASK_CSV_OTHER,             /* no column has a rule */
    HPF_MASK_CSV_STATES
} hpf_mask_csv_state_e;


/*
 * What divides the fields of the body that begins at p, 0 when more has to
 * come.  It is told by the first line that is divided.  A line "sep=;" is for
 * Excel.
 */
unsigned hpf_mask_csv_divider(const unsigned char *p,
    const unsigned char *end, unsigned more);

/* The next column has the name [p, end), quotes and all. */
void hpf_mask_csv_column(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end);

/* The end of a line that may be the header. */
void hpf_mask_csv_line(hpf_mask_csv_t *c);

/* Leaves out spaces and tabs at both ends. */
void hpf_mask_csv_trim(const unsigned char **p, const unsigned char **end);


#endif /* _HPF_MASK_CSV_HEAD_H_INCLUDED_ */
