/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Money: on the wire a string of yuan with two decimals ("1024.00"), inside a
 * whole number of fen, never a floating-point number.
 */

#ifndef _HPF_MONEY_H_INCLUDED_
#define _HPF_MONEY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_MONEY_MAX  999999999999999LL       /* fen, in both directions */
#define HPF_MONEY_LEN  17                      /* characters, with a sign */


/* HPF_OK, or HPF_ERROR: not written as money, *fen is untouched. */
int hpf_money_parse(const char *s, size_t len, int64_t *fen);

/* The characters written, 0: beyond HPF_MONEY_MAX.  No zero is added. */
size_t hpf_money_print(char buf[HPF_MONEY_LEN], int64_t fen);


#endif /* _HPF_MONEY_H_INCLUDED_ */
