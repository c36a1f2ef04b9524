/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Hexadecimal text.  The time that both functions take does not depend on
 * the data (no tables), so that they may be used on keys.
 */

#ifndef _HPF_HEX_H_INCLUDED_
#define _HPF_HEX_H_INCLUDED_


#include <stddef.h>


/* Writes 2 * len lower-case digits, no zero; returns how many. */
size_t hpf_hex_encode(char *out, const void *data, size_t len);

/*
 * Digits of either case into len / 2 bytes at out.  HPF_OK; HPF_ERROR: an odd
 * number of them, or another character.
 */
int hpf_hex_decode(const void *text, size_t len, unsigned char *out);


#endif /* _HPF_HEX_H_INCLUDED_ */
