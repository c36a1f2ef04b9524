/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Numbers as text.
 */

#ifndef _HPF_DIGITS_H_INCLUDED_
#define _HPF_DIGITS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_DIGITS         20          /* of 2^64 - 1 */
#define HPF_DIGITS_SIGNED  (1 + HPF_DIGITS)


/* The decimal digits of a number, at the end of the text; how many. */
static inline size_t
hpf_digits(unsigned char text[HPF_DIGITS], uint64_t v)
{
    size_t  i;

    i = HPF_DIGITS;

    do {
        text[--i] = (unsigned char) ('0' + v % 10);
        v /= 10;
    } while (v);

    return HPF_DIGITS - i;
}


/* The same of a number that may be below zero, with its sign. */
static inline size_t
hpf_digits_signed(unsigned char text[HPF_DIGITS_SIGNED], int64_t v)
{
    size_t  n;

    n = hpf_digits(text + 1, v < 0 ? 0 - (uint64_t) v : (uint64_t) v);

    if (v < 0) {
        text[HPF_DIGITS - n++] = '-';
    }

    return n;
}


#endif /* _HPF_DIGITS_H_INCLUDED_ */
