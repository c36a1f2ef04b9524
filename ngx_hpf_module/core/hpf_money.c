/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Money between its text and fen.  "-0.00", "01.00" and "1.0" are refused, so
 * that an amount has one spelling only and equal amounts compare equal.
 */


#include "hpf_money.h"
#include "hpf_plugin.h"


int
hpf_money_parse(const char *s, size_t len, int64_t *fen)
{
    int       minus;
    size_t    i;
    int64_t   n;

    minus = (len > 0 && s[0] == '-');
    s += minus;
    len -= minus;

    if (len < 4 || len > HPF_MONEY_LEN - 1 || s[len - 3] != '.'
        || (s[0] == '0' && len > 4))
    {
        return HPF_ERROR;
    }

    n = 0;

    for (i = 0; i < len; i++) {

        if (i == len - 3) {
            continue;
        }

        if (s[i] < '0' || s[i] > '9') {
            return HPF_ERROR;
        }

        n = n * 10 + (s[i] - '0');
    }

    if (minus && n == 0) {
        return HPF_ERROR;
    }

    *fen = minus ? -n : n;

    return HPF_OK;
}


size_t
hpf_money_print(char buf[HPF_MONEY_LEN], int64_t fen)
{
    char     *p, text[HPF_MONEY_LEN];
    size_t    i;
    int64_t   n;

    if (fen > HPF_MONEY_MAX || fen < -HPF_MONEY_MAX) {
        return 0;
    }

    n = fen < 0 ? -fen : fen;
    p = text + HPF_MONEY_LEN;

    for (i = 0; i < 3 || n > 0; i++) {

        if (i == 2) {
            *--p = '.';
        }

        *--p = (char) ('0' + n % 10);
        n /= 10;
    }

    if (fen < 0) {
        *--p = '-';
    }

    for (i = 0; p < text + HPF_MONEY_LEN; i++) {
        buf[i] = *p++;
    }

    return i;
}
