/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What happened to an account before the demo began: pure functions of the
 * person's index, up to October 2026.
 */

#ifndef _DEMO_HISTORY_H_INCLUDED_
#define _DEMO_HISTORY_H_INCLUDED_


#include <stdint.h>

#include "hpf_plugin.h"


typedef struct {
    unsigned     index;
    const char  *status;               /* normal, sealed, closed */
    char         opened[11];
    char         last_paid_month[8];
    int64_t      monthly_deposit;      /* money is in fen */
    int64_t      balance;
    unsigned     movements;
} demo_account_t;

typedef struct {
    unsigned     seq;                  /* from 1, ascending in time */
    const char  *kind;    /* deposit, interest, withdrawal, back-pay */
    char         date[11];
    int64_t      amount;               /* > 0, whatever the kind */
    int64_t      balance;              /* after it */
} demo_movement_t;

typedef struct {
    char         contract_no[24];
    int64_t      amount;
    int64_t      balance;
    int          months;
    int          paid_months;
    const char  *rate;                 /* per cent a year */
    char         next_due[11];
} demo_loan_t;

typedef struct {
    int          score;
    int          overdue;
    int          loans;
} demo_credit_t;

/* HPF_OK to go on. */
typedef int (*demo_history_pt)(const demo_movement_t *m, void *data);


/*
 * The account in the end.  Calls fn, unless it is NULL, for each movement;
 * HPF_ERROR as soon as fn does not return HPF_OK.
 */
int demo_history_walk(demo_account_t *account, unsigned index,
    demo_history_pt fn, void *data);

/* 1: the person has a loan. */
int demo_history_loan(demo_loan_t *loan, unsigned index);

void demo_history_credit(demo_credit_t *credit, unsigned index);


#endif /* _DEMO_HISTORY_H_INCLUDED_ */
