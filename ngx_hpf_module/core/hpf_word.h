/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Up to eight bytes of a text at a time.
 */

#ifndef _HPF_WORD_H_INCLUDED_
#define _HPF_WORD_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define HPF_WORD_ONES   0x0101010101010101ULL
#define HPF_WORD_HIGHS  0x8080808080808080


/*
 * The first eight bytes as they are in memory, with zeros after a shorter
 * text; nothing is read beyond it.
 */
static inline uint64_t
hpf_word(const unsigned char *p, size_t len)
{
    uint16_t  two[2];
    uint32_t  four[2];
    uint64_t  word;

    if (len >= 8) {
        memcpy(&word, p, 8);
        return word;
    }

    if (len >= 4) {
        memcpy(&four[0], p, 4);
        memcpy(&four[1], p + len - 4, 4);

        return four[0] | (uint64_t) four[1] << 8 * (len - 4);
    }

    if (len >= 2) {
        memcpy(&two[0], p, 2);
        memcpy(&two[1], p + len - 2, 2);

        return two[0] | (uint64_t) two[1] << 8 * (len - 2);
    }

    return len ? p[0] : 0;
}


/* The high bits of the bytes that are c, and perhaps of some behind those. */
static inline uint64_t
hpf_word_has(uint64_t word, unsigned char c)
{
    word ^= HPF_WORD_ONES * c;

    return (word - HPF_WORD_ONES) & ~word & HPF_WORD_HIGHS;
}


#endif /* _HPF_WORD_H_INCLUDED_ */
