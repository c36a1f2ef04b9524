/*
 * Copyright (C) the HPF gateway authors
 */

/* UTF-8 that was cut by something that counts bytes. */

#ifndef _HPF_UTF8_H_INCLUDED_
#define _HPF_UTF8_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Takes out of text, in place, what is left of characters that were cut; it
 * was good UTF-8 before the cut and ends with a zero.
 */
void hpf_utf8_whole(char *text);

/* A code point of up to U+10FFFF as 1 to 4 bytes; returns how many. */
size_t hpf_utf8_encode(unsigned char *dst, uint32_t cp);


#endif /* _HPF_UTF8_H_INCLUDED_ */
