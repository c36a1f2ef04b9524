/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Identifiers of persons, units and money; see the header.  ID cards follow
 * GB 11643, credit codes GB 32100 and GB 11714, cards ISO/IEC 7812-1.
 */

#include "hpf_ident.h"


#define HPF_IDENT_YEAR_MIN    1850
#define HPF_IDENT_YUAN_MAX    16      /* digits before the point */

#define hpf_ident_is_digit(c)  ((unsigned) (c) - '0' <= 9)


static int hpf_ident_number(const unsigned char *p, size_t len);
static int hpf_ident_all_digits(const unsigned char *p, size_t len);
static int hpf_ident_is_province(const unsigned char *p);
static int hpf_ident_born(const unsigned char *p, const hpf_date_t *today);
static int hpf_ident_is_issued(const unsigned char *p, size_t len);
static int hpf_ident_luhn(const unsigned char *p, size_t len);
static int hpf_ident_uscc_value(unsigned char c);


static const char  hpf_ident_uscc_alphabet[] =
    "0123456789ABCDEFGHJKLMNPQRTUWXY";


int
hpf_ident_is_id_card(const unsigned char *p, size_t len,
    const hpf_date_t *today)
{
    static const unsigned char  weight[] = {
        7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2
    };
    static const char           check[] = "10X98765432";

    size_t                      i;
    unsigned                    n, sum;
    unsigned char               last;

    if (len != HPF_IDENT_ID_LEN) {
        return 0;
    }

    sum = 0;

    for (i = 0; i < HPF_IDENT_ID_LEN - 1; i++) {
        n = (unsigned) p[i] - '0';

        if (n > 9) {
            return 0;
        }

        sum += n * weight[i];
    }

    last = p[HPF_IDENT_ID_LEN - 1];

    if (last == 'x') {
        last = 'X';
    }

    return last == (unsigned char) check[sum % 11]
           && hpf_ident_is_province(p[0] == '9' ? p + 1 : p)
           && hpf_ident_born(p + 6, today);
}


int
hpf_ident_is_old_id_card(const unsigned char *p, size_t len,
    const hpf_date_t *today)
{
    size_t         i;
    unsigned char  born[8];

    if (len != HPF_IDENT_OLD_ID_LEN || !hpf_ident_all_digits(p, len)) {
        return 0;
    }

    born[0] = '1';
    born[1] = '9';

    for (i = 2; i < 8; i++) {
        born[i] = p[4 + i];
    }

    return hpf_ident_is_province(p) && hpf_ident_born(born, today);
}


int
hpf_ident_is_uscc(const unsigned char *p, size_t len)
{
    int       value;
    size_t    i;
    unsigned  sum, weight;

    if (len != HPF_IDENT_USCC_LEN) {
        return 0;
    }

    sum = 0;
    weight = 1;

    for (i = 0; i < HPF_IDENT_USCC_LEN - 1; i++) {
        value = hpf_ident_uscc_value(p[i]);

        if (value < 0) {
            return 0;
        }

        sum += value * weight;
        weight = weight * 3 % 31;
    }

    value = hpf_ident_uscc_value(p[i]);

    return value >= 0 && (unsigned) value == (31 - sum % 31) % 31;
}


int
hpf_ident_is_org_code(const unsigned char *p, size_t len)
{
    static const unsigned char  weight[] = { 3, 7, 9, 10, 5, 8, 4, 2 };

    size_t                      i;
    unsigned                    sum, check;

    if (len != HPF_IDENT_ORG_LEN) {
        return 0;
    }

    sum = 0;

    for (i = 0; i < HPF_IDENT_ORG_LEN - 1; i++) {

        if (hpf_ident_is_digit(p[i])) {
            sum += (p[i] - '0') * weight[i];

        } else if (p[i] >= 'A' && p[i] <= 'Z') {
            sum += (p[i] - 'A' + 10) * weight[i];

        } else {
            return 0;
        }
    }

    check = 11 - sum % 11;

    if (check == 10) {
        return p[i] == 'X';
    }

    return p[i] == '0' + check % 11;
}


int
hpf_ident_is_mobile(const unsigned char *p, size_t len)
{
    return len == HPF_IDENT_MOBILE_LEN
           && p[0] == '1'
           && p[1] >= '3'
           && hpf_ident_all_digits(p, len);
}


int
hpf_ident_is_bank_card(const unsigned char *p, size_t len)
{
    return len >= HPF_IDENT_CARD_MIN
           && len <= HPF_IDENT_CARD_MAX
           && hpf_ident_luhn(p, len);
}


int
hpf_ident_is_issued_card(const unsigned char *p, size_t len)
{
    return len >= HPF_IDENT_CARD_MIN
           && hpf_ident_is_issued(p, len)
           && hpf_ident_is_bank_card(p, len);
}


int
hpf_ident_mobile(unsigned char *dst, const unsigned char *p, size_t len)
{
    size_t         i, n;
    unsigned char  digits[HPF_IDENT_MOBILE_LEN + 4];

    i = 0;
    n = 0;

    while (i < len && (p[i] == ' ' || p[i] == '-')) {
        i++;
    }

    if (i < len && p[i] == '+') {
        i++;

        if (len - i < 2 || p[i] != '8' || p[i + 1] != '6') {
            return HPF_DECLINED;
        }

        i += 2;

    } else if (len - i > 4
               && p[i] == '0'
               && p[i + 1] == '0'
               && p[i + 2] == '8'
               && p[i + 3] == '6')
    {
        i += 4;
    }

    for ( /* void */ ; i < len; i++) {

        if (p[i] == ' ' || p[i] == '-') {
            continue;
        }

        if (n == HPF_IDENT_MOBILE_LEN) {
            return HPF_DECLINED;
        }

        digits[n++] = p[i];
    }

    if (!hpf_ident_is_mobile(digits, n)) {
        return HPF_DECLINED;
    }

    for (i = 0; i < HPF_IDENT_MOBILE_LEN; i++) {
        dst[i] = digits[i];
    }

    return HPF_OK;
}


int
hpf_ident_id_card(unsigned char *dst, const unsigned char *p, size_t len,
    const hpf_date_t *today)
{
    size_t  i;

    if (!hpf_ident_is_id_card(p, len, today)) {
        return HPF_DECLINED;
    }

    for (i = 0; i < HPF_IDENT_ID_LEN; i++) {
        dst[i] = (p[i] == 'x') ? 'X' : p[i];
    }

    return HPF_OK;
}


int
hpf_ident_money(const unsigned char *p, size_t len, int64_t *fen)
{
    size_t   i;
    int64_t  n;

    if (len < 4 || len > HPF_IDENT_YUAN_MAX + 3 || p[len - 3] != '.') {
        return HPF_DECLINED;
    }

    if (p[0] == '0' && len > 4) {
        return HPF_DECLINED;
    }

    n = 0;

    for (i = 0; i < len; i++) {

        if (i == len - 3) {
            continue;
        }

        if (!hpf_ident_is_digit(p[i])) {
            return HPF_DECLINED;
        }

        n = n * 10 + (p[i] - '0');
    }

    *fen = n;

    return HPF_OK;
}


size_t
hpf_ident_money_text(unsigned char *dst, int64_t fen)
{
    size_t         i, n;
    uint64_t       u;
    unsigned char  text[HPF_IDENT_MONEY_LEN];

    u = (fen < 0) ? - (uint64_t) fen : (uint64_t) fen;
    n = 0;

    /* backwards: at least "0.00" */

    do {
        if (n == 2) {
            text[n++] = '.';
        }

        text[n++] = (unsigned char) ('0' + u % 10);
        u /= 10;

    } while (u != 0 || n < 4);

    if (fen < 0) {
        text[n++] = '-';
    }

    for (i = 0; i < n; i++) {
        dst[i] = text[n - 1 - i];
    }

    return n;
}


int
hpf_ident_date(const unsigned char *p, size_t len, hpf_date_t *date)
{
    if (len != 10
        || p[7] != '-'
        || !hpf_ident_all_digits(p + 8, 2)
        || hpf_ident_month(p, 7, date) != HPF_OK)
    {
        return HPF_DECLINED;
    }

    date->day = hpf_ident_number(p + 8, 2);

    return hpf_ident_is_date(date) ? HPF_OK : HPF_DECLINED;
}


int
hpf_ident_month(const unsigned char *p, size_t len, hpf_date_t *date)
{
    if (len != 7
        || p[4] != '-'
        || !hpf_ident_all_digits(p, 4)
        || !hpf_ident_all_digits(p + 5, 2))
    {
        return HPF_DECLINED;
    }

    date->year = hpf_ident_number(p, 4);
    date->month = hpf_ident_number(p + 5, 2);
    date->day = 0;

    return (date->month >= 1 && date->month <= 12) ? HPF_OK : HPF_DECLINED;
}


int
hpf_ident_date_cmp(const hpf_date_t *a, const hpf_date_t *b)
{
    if (a->year != b->year) {
        return a->year - b->year;
    }

    if (a->month != b->month) {
        return a->month - b->month;
    }

    return a->day - b->day;
}


int
hpf_ident_is_date(const hpf_date_t *date)
{
    static const unsigned char  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    int                         n;

    if (date->month < 1 || date->month > 12 || date->day < 1) {
        return 0;
    }

    n = days[date->month - 1];

    if (date->month == 2
        && date->year % 4 == 0
        && (date->year % 100 != 0 || date->year % 400 == 0))
    {
        n++;
    }

    return date->day <= n;
}


static int
hpf_ident_number(const unsigned char *p, size_t len)
{
    int     n;
    size_t  i;

    n = 0;

    for (i = 0; i < len; i++) {
        n = n * 10 + (p[i] - '0');
    }

    return n;
}


static int
hpf_ident_all_digits(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (!hpf_ident_is_digit(p[i])) {
            return 0;
        }
    }

    return 1;
}


/* GB/T 2260: the first two digits of a region. */

static int
hpf_ident_is_province(const unsigned char *p)
{
    /* the highest second digit of 1x to 8x; 0: there is none */
    static const char  highest[] = { 0, 5, 3, 7, 6, 4, 5, 1, 3, 0 };

    int                tens, ones;

    tens = p[0] - '0';
    ones = p[1] - '0';

    if (tens == 5) {
        return ones <= highest[tens];
    }

    return ones >= 1 && ones <= highest[tens];
}


static int
hpf_ident_born(const unsigned char *p, const hpf_date_t *today)
{
    hpf_date_t  born;

    born.year = hpf_ident_number(p, 4);
    born.month = hpf_ident_number(p + 4, 2);
    born.day = hpf_ident_number(p + 6, 2);

    return born.year >= HPF_IDENT_YEAR_MIN
           && hpf_ident_is_date(&born)
           && hpf_ident_date_cmp(&born, today) <= 0;
}


/* The schemes' prefixes and lengths; p has four characters or more. */

static int
hpf_ident_is_issued(const unsigned char *p, size_t len)
{
    int  prefix;

    prefix = hpf_ident_number(p, 4);

    switch (p[0]) {

    case '6':
        /* UnionPay, and the debit cards of its members before it */
        return len >= 16;

    case '4':
        return len == 13 || len == 16 || len == 19;

    case '5':
        return len == 16 && p[1] >= '1' && p[1] <= '5';

    case '2':
        return len == 16 && prefix >= 2221 && prefix <= 2720;

    case '3':
        if (p[1] == '4' || p[1] == '7') {
            return len == 15;
        }

        if (p[1] == '5') {
            return len == 16;
        }

        return len == 14 && (p[1] == '0' || p[1] == '6' || p[1] >= '8');

    case '9':
        /* 95588 and 95599: older debit cards of two large banks */
        return len >= 16 && (prefix == 9558 || prefix == 9559);

    default:
        return 0;
    }
}


/* All are digits, and the last one is right for the others. */

static int
hpf_ident_luhn(const unsigned char *p, size_t len)
{
    static const unsigned char  twice[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };

    size_t                      i;
    unsigned                    n, sum;

    sum = 0;

    for (i = 0; i < len; i++) {
        n = (unsigned) p[i] - '0';

        if (n > 9) {
            return 0;
        }

        sum += ((len - i) & 1) ? n : twice[n];
    }

    return sum % 10 == 0;
}


static int
hpf_ident_uscc_value(unsigned char c)
{
    int  i;

    for (i = 0; i < 31; i++) {

        if ((unsigned char) hpf_ident_uscc_alphabet[i] == c) {
            return i;
        }
    }

    return -1;
}
