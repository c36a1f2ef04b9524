/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Numbers with letters, all of them upper case, between word boundaries:
 * passports, permits and unified social credit codes.
 */

#include <string.h>

#include "hpf_mask_search_part.h"


/*
 * Letters and the number of digits after them; a bit is a letter.
 * Passports: E, G, D, S, P, those of Hong Kong and Macau, E and a letter but
 * I and O.  Permits: C, W, T, L to Hong Kong, Macau and Taiwan, H and M from
 * there.  Three letters: permanent residence of foreigners until 2023.
 */

typedef struct {
    const char      *first;
    const char      *second;       /* NULL: there is none */
    unsigned         lengths;      /* a bit for a number of digits */
} hpf_mask_code_t;


static unsigned hpf_mask_search_passport(const unsigned char *c, unsigned n);
static unsigned hpf_mask_search_uscc(const unsigned char *c);


static const hpf_mask_code_t  hpf_mask_codes[] = {
    { "EGCWTLK", NULL, 1u << 8 },
    { "DSP", NULL, 1u << 7 | 1u << 8 },
    { "HM", NULL, 1u << 8 | 1u << 10 },
    { "EC", "ABCDEFGHJKLMNPQRSTUVWXYZ", 1u << 7 },
    { "DSP", "E", 1u << 7 },
    { "KH", "J", 1u << 7 | 1u << 8 },
    { "M", "AB", 1u << 7 }
};


int
hpf_mask_search_code_at(const hpf_mask_search_t *s,
    const hpf_mask_units_t *u, unsigned i, hpf_mask_hit_t *hit)
{
    unsigned                 n, kind;
    hpf_mask_cut_t           cut;
    const unsigned char     *c;
    const hpf_mask_shape_t  *shape;

    c = &u->c[i];
    hit->start = u->at[i];

    for (n = 0;
         n <= HPF_IDENT_USCC_LEN && hpf_mask_search_is_alnum(c[n]);
         n++)
    {
        /* void */
    }

    if (n > HPF_IDENT_USCC_LEN) {
        return HPF_DECLINED;
    }

    if (c[n] == HPF_MASK_CUT) {
        return HPF_AGAIN;
    }

    if (n == HPF_IDENT_USCC_LEN
        && (s->rules->values >> HPF_MASK_USCC & 1)
        && hpf_mask_search_uscc(c))
    {
        kind = HPF_MASK_USCC;

    } else if ((s->rules->values >> HPF_MASK_PASSPORT & 1)
               && hpf_mask_search_passport(c, n))
    {
        kind = HPF_MASK_PASSPORT;

    } else {
        return HPF_DECLINED;
    }

    if (c[-1] == '*' && c[-2] == '*') {
        return HPF_DECLINED;
    }

    if (c[n] == '*') {

        if (c[n + 1] == HPF_MASK_CUT) {
            return HPF_AGAIN;
        }

        if (c[n + 1] == '*') {
            return HPF_DECLINED;
        }
    }

    shape = &s->rules->value[kind];
    hpf_mask_cut(&cut, n, shape->left, shape->right);

    hit->end = u->at[i + n];
    hit->kind = kind;
    hit->n = n;
    hit->left = (unsigned) cut.left;
    hit->right = (unsigned) cut.right;

    return HPF_OK;
}


static unsigned
hpf_mask_search_passport(const unsigned char *c, unsigned n)
{
    unsigned                i, letters;
    const hpf_mask_code_t  *code;

    for (i = 0; i < n && c[i] >= 'A' && c[i] <= 'Z'; i++) {
        /* void */
    }

    letters = i;

    while (i < n && hpf_mask_search_is_digit(c[i])) {
        i++;
    }

    if (i < n || letters == 0) {
        return 0;
    }

    if (letters == 3) {
        return n == 15;
    }

    if (letters > 2) {
        return 0;
    }

    for (i = 0; i < sizeof(hpf_mask_codes) / sizeof(*code); i++) {
        code = &hpf_mask_codes[i];

        if (strchr(code->first, c[0]) != NULL
            && (code->lengths >> (n - letters) & 1)
            && (code->second == NULL
                ? letters == 1
                : letters == 2 && strchr(code->second, c[1]) != NULL))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Beside the check character: who registers, a region of digits, and the
 * check of the organisation's code.  That one is not true of every code that
 * has been issued, and only a code of digits alone is refused for it: other
 * numbers have as many digits.
 */

static unsigned
hpf_mask_search_uscc(const unsigned char *c)
{
    unsigned  i, letters;

    if (strchr("123456789ANY", c[0]) == NULL
        || !hpf_ident_is_uscc(c, HPF_IDENT_USCC_LEN))
    {
        return 0;
    }

    for (i = 2; i < 8; i++) {

        if (!hpf_mask_search_is_digit(c[i])) {
            return 0;
        }
    }

    letters = 0;

    for (i = 0; i < HPF_IDENT_USCC_LEN; i++) {
        letters += !hpf_mask_search_is_digit(c[i]);
    }

    return letters > 0 || hpf_ident_is_org_code(c + 8, HPF_IDENT_ORG_LEN);
}
