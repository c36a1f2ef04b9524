/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The vector part of the masking engine: runs over bytes that mean nothing
 * to it.  Every function returns the first byte of interest, or end, and
 * reads nothing at or after end.
 */

#ifndef _HPF_MASK_SCAN_H_INCLUDED_
#define _HPF_MASK_SCAN_H_INCLUDED_


#include <stddef.h>


/* Digits in a row below which no value rule can match. */
#define HPF_MASK_SCAN_RUN  11


/*
 * A quote, a backslash, or the start of a run of digits that is long enough,
 * or is cut off by end or a backslash.
 */
const unsigned char *hpf_mask_scan_string(const unsigned char *p,
    const unsigned char *end);

/* The same without a meaning of quotes and backslashes. */
const unsigned char *hpf_mask_scan_text(const unsigned char *p,
    const unsigned char *end);

/* A quote or a backslash. */
const unsigned char *hpf_mask_scan_quote(const unsigned char *p,
    const unsigned char *end);

/* Anything above the space. */
const unsigned char *hpf_mask_scan_space(const unsigned char *p,
    const unsigned char *end);


#endif /* _HPF_MASK_SCAN_H_INCLUDED_ */
