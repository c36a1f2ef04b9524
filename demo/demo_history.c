/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Month by month: a deposit (汇缴) on the 15th, now and then back pay (补缴)
 * on the 20th and a withdrawal (提取) on the 25th, interest (结息) of 1.5 % on
 * the 30th of June, as the rules for provident fund accounts have it.
 */


#include <stdio.h>
#include <string.h>

#include "demo_history.h"
#include "demo_people.h"


#define DEMO_HISTORY_FIRST    (2012 * 12)          /* January 2012 */
#define DEMO_HISTORY_LAST     (2026 * 12 + 9)      /* October 2026 */
#define DEMO_HISTORY_SHORT    (2024 * 12 + 11)     /* opened no later */
#define DEMO_HISTORY_YUAN     100                  /* fen */


enum {
    DEMO_HISTORY_OPENED = 2000,
    DEMO_HISTORY_BASE,
    DEMO_HISTORY_RATE,
    DEMO_HISTORY_BACK,
    DEMO_HISTORY_OUT,
    DEMO_HISTORY_END,
    DEMO_HISTORY_LOAN,
    DEMO_HISTORY_TERM,
    DEMO_HISTORY_CREDIT
};

typedef struct {
    demo_account_t   *account;
    demo_history_pt   fn;
    void             *data;
    demo_movement_t   movement;
    int               failed;
} demo_history_t;


static void demo_history_month(demo_history_t *h, int month);
static void demo_history_put(demo_history_t *h, int month, int day,
    const char *kind, int64_t amount);
static int demo_history_opened(unsigned index);
static int64_t demo_history_deposit(unsigned index, int month);


int
demo_history_walk(demo_account_t *account, unsigned index,
    demo_history_pt fn, void *data)
{
    int             last, month, opened;
    demo_history_t  h;

    memset(account, 0, sizeof(demo_account_t));
    memset(&h, 0, sizeof(demo_history_t));

    h.account = account;
    h.fn = fn;
    h.data = data;

    opened = demo_history_opened(index);
    last = DEMO_HISTORY_LAST;

    account->index = index;
    account->status = "normal";

    /* the people whom examples use, the first 200, have normal accounts */

    if (index >= 200 && (index % 100 == 37 || index % 100 == 83)) {
        account->status = index % 100 == 37 ? "sealed" : "closed";
        last -= 1 + (int) demo_names_pick(index, DEMO_HISTORY_END, 20);
    }

    (void) snprintf(account->opened, sizeof(account->opened),
                    "%04u-%02u-15", (unsigned) opened / 12 % 10000,
                    (unsigned) opened % 12 + 1);

    for (month = opened; month <= last; month++) {
        demo_history_month(&h, month);
    }

    if (account->status[0] == 'c' && account->balance > 0) {
        demo_history_put(&h, last, 28, "withdrawal", account->balance);
    }

    (void) snprintf(account->last_paid_month,
                    sizeof(account->last_paid_month), "%04u-%02u",
                    (unsigned) last / 12 % 10000, (unsigned) last % 12 + 1);

    account->monthly_deposit = demo_history_deposit(index, last);

    return h.failed ? HPF_ERROR : HPF_OK;
}


static void
demo_history_month(demo_history_t *h, int month)
{
    int64_t   amount, deposit, part;
    unsigned  index;
    uint64_t  key;

    index = h->account->index;
    key = (uint64_t) month * DEMO_PEOPLE_N + index;
    deposit = demo_history_deposit(index, month);

    demo_history_put(h, month, 15, "deposit", deposit);

    if (demo_names_pick(key, DEMO_HISTORY_BACK, 41) == 0) {
        demo_history_put(h, month, 20, "back-pay", deposit / 2);
    }

    if (demo_names_pick(key, DEMO_HISTORY_OUT, 31) == 0) {
        part = 5 + demo_names_pick(key, DEMO_HISTORY_OUT, 40);
        amount = h->account->balance * part / 100;
        amount -= amount % (100 * DEMO_HISTORY_YUAN);

        if (amount > 0) {
            demo_history_put(h, month, 25, "withdrawal", amount);
        }
    }

    if (month % 12 == 5) {
        demo_history_put(h, month, 30, "interest",
                         h->account->balance * 15 / 1000);
    }
}


static void
demo_history_put(demo_history_t *h, int month, int day, const char *kind,
    int64_t amount)
{
    demo_movement_t  *m;

    m = &h->movement;

    h->account->balance += kind[0] == 'w' ? -amount : amount;
    h->account->movements++;

    if (h->fn == NULL || h->failed) {
        return;
    }

    m->seq = h->account->movements;
    m->kind = kind;
    m->amount = amount;
    m->balance = h->account->balance;

    (void) snprintf(m->date, sizeof(m->date), "%04u-%02u-%02u",
                    (unsigned) month / 12 % 10000, (unsigned) month % 12 + 1,
                    (unsigned) day % 100);

    h->failed = h->fn(m, h->data) != HPF_OK;
}


/* At 22 years of age or with a later unit; in months since the year 0. */

static int
demo_history_opened(unsigned index)
{
    int            opened;
    demo_person_t  person;

    demo_people_get(&person, index);

    opened = (person.born + 22) * 12;

    if (opened < DEMO_HISTORY_FIRST) {
        opened = DEMO_HISTORY_FIRST;
    }

    opened += (int) demo_names_pick(index, DEMO_HISTORY_OPENED, 72);

    return opened < DEMO_HISTORY_SHORT ? opened : DEMO_HISTORY_SHORT;
}


/* Of person and unit together; the base rises by 4 % points every July. */

static int64_t
demo_history_deposit(unsigned index, int month)
{
    int      july;
    int64_t  base, percent;

    july = (month + 6) / 12;

    base = 4000 + demo_names_pick(index, DEMO_HISTORY_BASE, 18000);
    base = base * (100 - 4 * (2027 - july)) / 100;
    percent = 5 + demo_names_pick(index, DEMO_HISTORY_RATE, 8);

    return 2 * (base * percent / 100) * DEMO_HISTORY_YUAN;
}


/* Equal parts of the principal; the rates in force since May 2025. */

int
demo_history_loan(demo_loan_t *loan, unsigned index)
{
    uint64_t      h;
    demo_house_t  houses[DEMO_PEOPLE_HOUSES];

    memset(loan, 0, sizeof(demo_loan_t));

    if (demo_people_houses(index, houses) == 0
        || demo_names_pick(index, DEMO_HISTORY_LOAN, 100) >= 40)
    {
        return 0;
    }

    h = demo_names_hash(index, DEMO_HISTORY_TERM);

    loan->months = 60 * (1 + (int) (h % 6));
    loan->paid_months = (int) (h / 6 % (unsigned) (loan->months - 1));
    loan->amount = (int64_t) loan->months * DEMO_HISTORY_YUAN
                   * (500 + (int64_t) (h / 6000 % 2500));
    loan->balance = loan->amount / loan->months
                    * (loan->months - loan->paid_months);
    loan->rate = loan->months > 60 ? "2.60" : "2.10";

    (void) snprintf(loan->contract_no, sizeof(loan->contract_no),
                    "GJJDK%08u", index);
    (void) snprintf(loan->next_due, sizeof(loan->next_due), "2026-12-20");

    return 1;
}


void
demo_history_credit(demo_credit_t *credit, unsigned index)
{
    unsigned     n;
    demo_loan_t  loan;

    n = demo_names_pick(index, DEMO_HISTORY_CREDIT, 1000);

    credit->overdue = n < 900 ? 0 : (int) (n % 7) + 1;
    credit->loans = demo_history_loan(&loan, index) + (n % 5 == 0);
    credit->score = 560 + (int) (n % 290) - 40 * credit->overdue;
}
