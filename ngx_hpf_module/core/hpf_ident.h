/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Identifiers of persons, units and money: what is valid, and its one
 * spelling.  Pure functions over (pointer, length); nothing is allocated and
 * the caller says what day it is.
 */

#ifndef _HPF_IDENT_H_INCLUDED_
#define _HPF_IDENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_plugin.h"


#define HPF_IDENT_ID_LEN      18
#define HPF_IDENT_OLD_ID_LEN  15
#define HPF_IDENT_USCC_LEN    18
#define HPF_IDENT_ORG_LEN     9
#define HPF_IDENT_MOBILE_LEN  11
#define HPF_IDENT_CARD_MIN    13
#define HPF_IDENT_CARD_MAX    19
#define HPF_IDENT_MONEY_LEN   24      /* room for any int64_t of fen */


typedef struct {
    int  year;
    int  month;         /* 1 .. 12 */
    int  day;           /* 1 .. 31; 0 in a month without a day */
} hpf_date_t;


/* The hpf_ident_is_*() functions return 1 when valid, otherwise 0. */

/*
 * GB 11643: province (or 9 and a province: permanent residence of
 * foreigners; 81, 82, 83: residence permits), a real birth date from 1850 to
 * *today, the check character, x or X.
 */
int hpf_ident_is_id_card(const unsigned char *p, size_t len,
    const hpf_date_t *today);

/* The form of 15 digits issued until 1999: no check digit, born 19YY. */
int hpf_ident_is_old_id_card(const unsigned char *p, size_t len,
    const hpf_date_t *today);

/* GB 32100: 18 characters and the check character at their end. */
int hpf_ident_is_uscc(const unsigned char *p, size_t len);

/* GB 11714: the organisation's code, positions 9 to 17 of most codes. */
int hpf_ident_is_org_code(const unsigned char *p, size_t len);

/* Exactly 11 digits, 1[3-9]. */
int hpf_ident_is_mobile(const unsigned char *p, size_t len);

/* 13 to 19 digits that pass Luhn (ISO/IEC 7812-1). */
int hpf_ident_is_bank_card(const unsigned char *p, size_t len);

/* The same, and beginning as a card scheme's numbers do: for searching. */
int hpf_ident_is_issued_card(const unsigned char *p, size_t len);


/*
 * Normalisers: HPF_OK, or HPF_DECLINED when what is left is not valid.
 * The result has the fixed length above and no NUL.
 */

/* Strips spaces, hyphens, +86 and 0086. */
int hpf_ident_mobile(unsigned char *dst, const unsigned char *p, size_t len);

/* x becomes X. */
int hpf_ident_id_card(unsigned char *dst, const unsigned char *p, size_t len,
    const hpf_date_t *today);


/*
 * Yuan with exactly two decimals, at most 16 digits before the point and no
 * sign, exponent or separators, to fen.  HPF_OK or HPF_DECLINED.
 */
int hpf_ident_money(const unsigned char *p, size_t len, int64_t *fen);

/* The reverse, also of negative sums; returns the length, no NUL. */
size_t hpf_ident_money_text(unsigned char *dst, int64_t fen);


/* YYYY-MM-DD and YYYY-MM, real ones.  HPF_OK or HPF_DECLINED. */
int hpf_ident_date(const unsigned char *p, size_t len, hpf_date_t *date);
int hpf_ident_month(const unsigned char *p, size_t len, hpf_date_t *date);

/* <0, 0, >0 as a is before, on or after b. */
int hpf_ident_date_cmp(const hpf_date_t *a, const hpf_date_t *b);

/* 1 for a day of the Gregorian calendar. */
int hpf_ident_is_date(const hpf_date_t *date);


#endif /* _HPF_IDENT_H_INCLUDED_ */
