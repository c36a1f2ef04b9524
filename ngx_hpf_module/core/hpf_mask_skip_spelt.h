/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Characters in another spelling, for hpf_mask_skip.c only: whether what looks
 * rare in a block is of interest.
 */

#ifndef _HPF_MASK_SKIP_SPELT_H_INCLUDED_
#define _HPF_MASK_SKIP_SPELT_H_INCLUDED_


#include "hpf_mask_block.h"


#define hpf_mask_is_digit(c)  ((unsigned) (c) - '0' <= 9)

#define HPF_MASK_SKIP_INLINE static inline __attribute__((always_inline))


/* By the four hexadecimal digits at p. */

static inline unsigned
hpf_mask_skip_is_spelled(const unsigned char *p)
{
    unsigned char  last;

    last = p[3] | 0x20;

    switch (p[0]) {

    case '0':
        if (p[1] != '0') {
            return 0;
        }

        return (p[2] == '2' && (last == '0' || last == 'd'))
               || (p[2] == '3' && hpf_mask_is_digit(last))
               || (p[2] == '4' && last == '0')
               || ((p[2] | 0x20) == 'a' && last == '0');

    case '3':
        return p[1] == '0' && p[2] == '0' && p[3] == '0';

    default:
        return (p[1] | 0x20) == 'f'
               && ((p[2] == '1' && hpf_mask_is_digit(last))
                   || (p[2] == '0' && last == 'd'));
    }
}


/*
 * Escapes of what is in a number or an address: digits, also full-width ones,
 * space, hyphen and the like, and the at sign.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_spelled(const unsigned char *p, const hpf_mask_block_t *b,
    uint64_t escaped)
{
    uint64_t              found, bit;
    const unsigned char  *c;

    /*
     * Unless the digit is behind the block, or was not looked for since the
     * backslash is before it.
     */

    found = 0;
    escaped &= b->lead >> 1 | (uint64_t) 1 << 63 | 1;

    for ( /* void */ ; escaped; escaped &= escaped - 1) {

        bit = escaped & -escaped;
        c = p + __builtin_ctzll(bit);

        if (c[0] == 'u' && hpf_mask_skip_is_spelled(c + 1)) {
            found |= bit;
        }
    }

    return found;
}


/*
 * Of the characters that begin so, the full-width digits, and what may stand
 * between groups of digits as a space or hyphen does: U+3000, U+00A0, U+FF0D.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_wide(const unsigned char *p, uint64_t wide)
{
    uint64_t              found;
    const unsigned char  *c;

    found = 0;

    for ( /* void */ ; wide; wide &= wide - 1) {

        c = p + __builtin_ctzll(wide);

        if ((c[0] == 0xef && c[1] == 0xbc
             && ((c[2] >= 0x90 && c[2] <= 0x99)
                 || (c[2] == 0x8d && hpf_mask_is_digit(c[3]))))
            || (c[0] == 0xe3 && c[1] == 0x80 && c[2] == 0x80
                && hpf_mask_is_digit(c[3]))
            || (c[0] == 0xc2 && c[1] == 0xa0 && hpf_mask_is_digit(c[2])))
        {
            found |= wide & -wide;
        }
    }

    return found;
}


#endif /* _HPF_MASK_SKIP_SPELT_H_INCLUDED_ */
