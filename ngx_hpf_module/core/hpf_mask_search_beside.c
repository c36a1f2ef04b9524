/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is beside a number, and makes it a part of something else.
 */

#include "hpf_mask_search_part.h"


#define HPF_MASK_BESIDE   4       /* letters beside a number that are read */


/*
 * What is beside a number.  A point with digits after it does not count when
 * they are a single zero: some programs write a whole number so.
 */

unsigned
hpf_mask_search_beside(const hpf_mask_units_t *u, unsigned i, unsigned end)
{
    unsigned              n, class;
    const unsigned char  *c;

    class = 0;
    c = &u->c[i - 1];

    for (n = 0;
         n < HPF_MASK_BESIDE && hpf_mask_search_is_letter(*c);
         n++, c--)
    {
        class |= ((*c | 0x20) <= 'f') ? HPF_MASK_HEX : HPF_MASK_WORD;
    }

    if (n == 0) {

        if (c[0] == '.' && hpf_mask_search_is_digit(c[-1])) {
            class |= HPF_MASK_POINT;

        } else if (c[0] == '*' && c[-1] == '*') {
            class |= HPF_MASK_PART;
        }
    }

    c = &u->c[end];

    for (n = 0;
         n < HPF_MASK_BESIDE && hpf_mask_search_is_letter(*c);
         n++, c++)
    {
        class |= ((*c | 0x20) <= 'f') ? HPF_MASK_HEX : HPF_MASK_WORD;
    }

    if (n == HPF_MASK_BESIDE) {
        return class;
    }

    if (c[0] == HPF_MASK_CUT) {
        return class | HPF_MASK_OPEN;
    }

    if (n == 0 && (c[0] == '.' || c[0] == '*')) {

        if (c[1] == HPF_MASK_CUT) {
            return class | HPF_MASK_OPEN;
        }

        if (c[0] == '*') {
            return (c[1] == '*') ? class | HPF_MASK_PART : class;
        }

        if (c[1] == '0' && c[2] == HPF_MASK_CUT) {
            return class | HPF_MASK_OPEN;
        }

        if (hpf_mask_search_is_digit(c[1])
            && (c[1] != '0' || hpf_mask_search_is_digit(c[2])))
        {
            class |= HPF_MASK_POINT;
        }
    }

    return class;
}


/*
 * With hyphens there may be no further group; but 86 or 0086 may come before
 * a mobile number.
 */

unsigned
hpf_mask_search_joined(const hpf_mask_units_t *u, unsigned i, unsigned end,
    unsigned kind)
{
    const unsigned char  *c;

    c = &u->c[i];

    if (c[-1] == '-' && hpf_mask_search_is_alnum(c[-2])) {

        if (kind != HPF_MASK_MOBILE
            || c[-2] != '6'
            || c[-3] != '8'
            || (hpf_mask_search_is_alnum(c[-4])
                && (c[-4] != '0' || c[-5] != '0'
                    || hpf_mask_search_is_alnum(c[-6]))))
        {
            return HPF_MASK_PART;
        }
    }

    c = &u->c[end];

    if (c[0] == '-') {

        if (c[1] == HPF_MASK_CUT) {
            return HPF_MASK_OPEN;
        }

        return hpf_mask_search_is_alnum(c[1]) ? HPF_MASK_PART : 0;
    }

    return 0;
}


/*
 * A whole group after a card's, and another one or nothing behind it: what
 * begins as a card does is a longer number, or a line of numbers.  A date or
 * an amount goes on in another way.
 */

unsigned
hpf_mask_search_longer(const unsigned char *c, unsigned size)
{
    unsigned  n;

    if (*c++ != ' ') {
        return 0;
    }

    for (n = 0; hpf_mask_search_is_digit(*c); n++, c++) {

        if (n == size) {
            return 0;
        }
    }

    if (c[0] == HPF_MASK_CUT || (c[0] == ' ' && c[1] == HPF_MASK_CUT)) {
        return HPF_MASK_OPEN;
    }

    if (n < size) {
        return 0;
    }

    if (c[0] == ' ') {
        return hpf_mask_search_is_digit(c[1]) ? HPF_MASK_PART : 0;
    }

    return (c[0] < ' ') ? HPF_MASK_PART : 0;
}
