/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Everybody into the tables.  An account's movements are left out: they are
 * written when somebody asks for them first (see demo_core.c), since most of
 * a million rows would never be read.
 */


#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hpf_ident.h"
#include "demo_fill.h"
#include "demo_history.h"
#include "demo_people.h"
#include "demo_store.h"


#define DEMO_FILL_PEOPLE  200
#define DEMO_FILL_UNITS   50


typedef int (*demo_fill_line_pt)(hpf_json_out_t *out, unsigned index);


static int demo_fill_one(unsigned index);
static int demo_fill_account(const demo_person_t *p);
static int demo_fill_registers(unsigned index);
static int demo_fill_unit(hpf_json_out_t *out, unsigned index);
static int demo_fill_file(const char *dir, const char *name, unsigned n,
    demo_fill_line_pt line);
static void demo_fill_put(hpf_json_out_t *out, const char *name,
    const char *text);


int
demo_fill_all(void)
{
    unsigned     i;
    demo_unit_t  u;

    for (i = 0; i < DEMO_PEOPLE_UNITS; i++) {
        demo_people_unit(&u, i);

        if (demo_store_exec("INSERT INTO unit VALUES (?, ?, ?, ?)", "itti",
                            (int64_t) i, u.name, u.uscc, (int64_t) u.handler)
            != HPF_OK)
        {
            return HPF_ERROR;
        }
    }

    for (i = 0; i < DEMO_PEOPLE_N; i++) {

        if (demo_fill_one(i) != HPF_OK) {
            return HPF_ERROR;
        }
    }

    return HPF_OK;
}


static int
demo_fill_one(unsigned index)
{
    demo_person_t  p;

    demo_people_get(&p, index);

    if (demo_store_exec("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?)",
                        "ittttt", (int64_t) index, p.name, p.id_no, p.mobile,
                        p.bank_card, p.address)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    if (demo_fill_account(&p) != HPF_OK) {
        return HPF_ERROR;
    }

    return demo_fill_registers(index);
}


static int
demo_fill_account(const demo_person_t *p)
{
    demo_loan_t     loan;
    demo_account_t  a;

    (void) demo_history_walk(&a, p->index, NULL, NULL);

    if (demo_store_exec("INSERT INTO account (person, account_no, unit,"
                        " status, opened, last_paid_month, monthly_deposit,"
                        " balance) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        "ititttii", (int64_t) p->index, p->account_no,
                        (int64_t) p->unit, a.status, a.opened,
                        a.last_paid_month, a.monthly_deposit, a.balance)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    if (!demo_history_loan(&loan, p->index)) {
        return HPF_OK;
    }

    return demo_store_exec("INSERT INTO loan VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           "tiiiiitt", loan.contract_no, (int64_t) p->index,
                           loan.amount, loan.balance, (int64_t) loan.months,
                           (int64_t) loan.paid_months, loan.rate,
                           loan.next_due);
}


static int
demo_fill_registers(unsigned index)
{
    int            spouse;
    char           since[11];
    unsigned       i, n;
    demo_house_t   houses[DEMO_PEOPLE_HOUSES];
    demo_credit_t  credit;

    spouse = demo_people_spouse(index, since);

    if (spouse >= 0
        && demo_store_exec("INSERT INTO marriage VALUES (?, ?, ?)", "iit",
                           (int64_t) index, (int64_t) spouse, since)
           != HPF_OK)
    {
        return HPF_ERROR;
    }

    n = demo_people_houses(index, houses);

    for (i = 0; i < n; i++) {

        if (demo_store_exec("INSERT INTO house VALUES (?, ?, ?, ?, ?, ?)",
                            "iitttt", (int64_t) index, (int64_t) i,
                            houses[i].city, houses[i].address, houses[i].area,
                            houses[i].registered)
            != HPF_OK)
        {
            return HPF_ERROR;
        }
    }

    demo_history_credit(&credit, index);

    return demo_store_exec("INSERT INTO credit VALUES (?, ?, ?, ?)", "iiii",
                           (int64_t) index, (int64_t) credit.score,
                           (int64_t) credit.overdue, (int64_t) credit.loans);
}


int
demo_fill_export(const char *dir)
{
    if (demo_fill_file(dir, "people.jsonl", DEMO_FILL_PEOPLE,
                       demo_fill_person)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return demo_fill_file(dir, "units.jsonl", DEMO_FILL_UNITS,
                          demo_fill_unit);
}


int
demo_fill_person(hpf_json_out_t *out, unsigned index)
{
    sqlite3_stmt   *st;
    unsigned char   money[HPF_IDENT_MONEY_LEN];

    st = demo_store_query("SELECT name, id_no, mobile, bank_card, balance,"
                          " EXISTS (SELECT 1 FROM marriage m"
                          "         WHERE m.person = p.id),"
                          " EXISTS (SELECT 1 FROM house h"
                          "         WHERE h.person = p.id)"
                          " FROM person p JOIN account a ON a.person = p.id"
                          " WHERE p.id = ?", "i", (int64_t) index);

    if (st == NULL || demo_store_row(st) != 1) {
        return HPF_ERROR;
    }

    hpf_json_out_begin_object(out);

    demo_fill_put(out, "name", demo_store_text(st, 0));
    demo_fill_put(out, "id_no", demo_store_text(st, 1));
    demo_fill_put(out, "mobile", demo_store_text(st, 2));
    demo_fill_put(out, "bank_card", demo_store_text(st, 3));

    hpf_json_out_key(out, "balance");
    hpf_json_out_string(out, money,
                 hpf_ident_money_text(money, sqlite3_column_int64(st, 4)));

    hpf_json_out_key(out, "married");
    hpf_json_out_bool(out, sqlite3_column_int(st, 5));
    hpf_json_out_key(out, "owns_house");
    hpf_json_out_bool(out, sqlite3_column_int(st, 6));

    hpf_json_out_end_object(out);
    demo_store_done(st);

    return HPF_OK;
}


static int
demo_fill_unit(hpf_json_out_t *out, unsigned index)
{
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT u.name, uscc, p.name, id_no, mobile"
                          " FROM unit u JOIN person p ON p.id = handler"
                          " WHERE u.id = ?", "i", (int64_t) index);

    if (st == NULL || demo_store_row(st) != 1) {
        return HPF_ERROR;
    }

    hpf_json_out_begin_object(out);

    demo_fill_put(out, "unit_name", demo_store_text(st, 0));
    demo_fill_put(out, "uscc", demo_store_text(st, 1));

    hpf_json_out_key(out, "handler");
    hpf_json_out_begin_object(out);
    demo_fill_put(out, "name", demo_store_text(st, 2));
    demo_fill_put(out, "id_no", demo_store_text(st, 3));
    demo_fill_put(out, "mobile", demo_store_text(st, 4));
    hpf_json_out_end_object(out);

    hpf_json_out_end_object(out);
    demo_store_done(st);

    return HPF_OK;
}


static int
demo_fill_file(const char *dir, const char *name, unsigned n,
    demo_fill_line_pt line)
{
    int              failed;
    char             path[4096], temp[4096 + 8], buf[4096];
    FILE            *f;
    unsigned         i;
    hpf_json_out_t   out;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void) snprintf(temp, sizeof(temp), "%s.new", path);

    f = fopen(temp, "w");
    if (f == NULL) {
        perror(temp);
        return HPF_ERROR;
    }

    failed = 0;

    for (i = 0; i < n && !failed; i++) {
        hpf_json_out_init(&out, buf, sizeof(buf) - 1);

        failed = line(&out, i) != HPF_OK || hpf_json_out_failed(&out);

        buf[hpf_json_out_len(&out)] = '\n';

        failed |= fwrite(buf, hpf_json_out_len(&out) + 1, 1, f) != 1;
    }

    failed |= fclose(f) != 0;

    if (failed || rename(temp, path) != 0) {
        perror(path);
        (void) unlink(temp);
        return HPF_ERROR;
    }

    return HPF_OK;
}


static void
demo_fill_put(hpf_json_out_t *out, const char *name, const char *text)
{
    hpf_json_out_key(out, name);
    hpf_json_out_cstring(out, text);
}
