/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The value rules; see the header.
 */

#include "hpf_mask_find.h"


#define hpf_mask_is_digit(c)  ((unsigned) (c) - '0' <= 9)


static size_t hpf_mask_unit(const unsigned char *p, const unsigned char *end,
    unsigned flags, uint32_t *cp);
static int hpf_mask_run_right(hpf_mask_run_t *run, const unsigned char *end,
    unsigned flags);
static size_t hpf_mask_run_prefix(const hpf_mask_run_t *run);


int
hpf_mask_run_read(hpf_mask_run_t *run, const unsigned char *p,
    const unsigned char *end, unsigned flags)
{
    size_t    n;
    uint32_t  cp;

    run->n = 0;
    run->end = p;
    run->right = HPF_MASK_ALONE;

    for ( ;; ) {

        if (p == end) {

            if (flags & HPF_MASK_RUN_LAST) {
                break;
            }

            return HPF_AGAIN;
        }

        n = hpf_mask_unit(p, end, flags, &cp);

        if (n == 0) {
            return HPF_AGAIN;
        }

        if (cp > 0x7f || !hpf_mask_is_digit(cp)) {

            /* an escape on its own, or the X of an ID card */

            if (run->n == 0 && *p == '\\') {
                run->end = p + n;
                return HPF_OK;
            }

            if (run->n != HPF_IDENT_ID_LEN - 1 || (cp != 'X' && cp != 'x')) {
                break;
            }
        }

        if (run->n < HPF_MASK_RUN_UNITS) {
            run->digits[run->n] = (unsigned char) cp;
            run->units[run->n] = p;
        }

        p += n;
        run->n++;
        run->end = p;

        if (run->n <= HPF_MASK_RUN_UNITS) {
            run->units[run->n] = p;
        }

        if (cp == 'X' || cp == 'x') {
            break;
        }
    }

    if (run->n < HPF_IDENT_MOBILE_LEN || run->n > HPF_MASK_RUN_UNITS) {
        return HPF_OK;
    }

    return hpf_mask_run_right(run, end, flags);
}


/* A character of a run; 0: it is cut off by end. */

static size_t
hpf_mask_unit(const unsigned char *p, const unsigned char *end,
    unsigned flags, uint32_t *cp)
{
    size_t  n;

    if (*p != '\\' || !(flags & HPF_MASK_RUN_JSON)) {
        *cp = *p;
        return 1;
    }

    n = hpf_mask_escape(p, end, cp);

    if (n == 0 && (flags & HPF_MASK_RUN_LAST)) {
        *cp = HPF_MASK_BAD;
        return 1;
    }

    return n;
}


/*
 * The letters after the run.  After an X a digit may not follow either: the
 * run is then made longer than any number.
 */

static int
hpf_mask_run_right(hpf_mask_run_t *run, const unsigned char *end,
    unsigned flags)
{
    size_t                i;
    unsigned              class;
    const unsigned char  *p;

    p = run->end;

    for (i = 0; i < HPF_MASK_LETTERS; i++) {

        if (p + i == end) {
            return (flags & HPF_MASK_RUN_LAST) ? HPF_OK : HPF_AGAIN;
        }

        if (i == 0 && hpf_mask_is_digit(p[0])) {
            run->n = HPF_MASK_RUN_UNITS + 1;
            return HPF_OK;
        }

        class = hpf_mask_letter(p[i]);

        if (class == HPF_MASK_ALONE) {
            break;
        }

        if (run->right < class) {
            run->right = class;
        }
    }

    return HPF_OK;
}


unsigned
hpf_mask_letter(unsigned char c)
{
    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return HPF_MASK_HEX;
    }

    return (c > 'f' && c <= 'z') ? HPF_MASK_WORD : HPF_MASK_ALONE;
}


unsigned
hpf_mask_run_kind(const hpf_mask_run_t *run, const hpf_mask_rules_t *rules,
    const hpf_date_t *today, hpf_mask_cut_t *cut)
{
    size_t                   n, prefix;
    unsigned                 kind, beside;
    const hpf_mask_shape_t  *shape;

    n = run->n;
    prefix = 0;

    if (n < HPF_IDENT_MOBILE_LEN || n > HPF_MASK_RUN_UNITS) {
        return HPF_MASK_NONE;
    }

    beside = (run->left > run->right) ? run->left : run->right;

    if ((rules->values >> HPF_MASK_ID_CARD & 1)
        && hpf_ident_is_id_card(run->digits, n, today))
    {
        kind = HPF_MASK_ID_CARD;

    } else if (beside == HPF_MASK_HEX) {
        return HPF_MASK_NONE;

    } else if ((rules->values >> HPF_MASK_BANK_CARD & 1)
               && hpf_ident_is_issued_card(run->digits, n))
    {
        kind = HPF_MASK_BANK_CARD;

    } else {
        prefix = hpf_mask_run_prefix(run);

        if (!(rules->values >> HPF_MASK_MOBILE & 1)
            || !hpf_ident_is_mobile(run->digits + prefix, n - prefix))
        {
            return HPF_MASK_NONE;
        }

        kind = HPF_MASK_MOBILE;
    }

    shape = &rules->value[kind];

    hpf_mask_cut(cut, n, shape->left + prefix, shape->right);

    return kind;
}


/* 86 or 0086 before a mobile number. */

static size_t
hpf_mask_run_prefix(const hpf_mask_run_t *run)
{
    size_t                n;
    const unsigned char  *p;

    n = run->n - HPF_IDENT_MOBILE_LEN;
    p = run->digits;

    if (n == 4 && p[0] == '0' && p[1] == '0') {
        p += 2;

    } else if (n != 2) {
        return 0;
    }

    return (p[0] == '8' && p[1] == '6') ? n : 0;
}
