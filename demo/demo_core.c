/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The core system's queries: accounts, movements, loans.
 */


#include <string.h>

#include "hpf_ident.h"
#include "hpf_time.h"
#include "demo_core.h"
#include "demo_history.h"
#include "demo_route.h"
#include "demo_store.h"


#define DEMO_CORE_SIZE      20         /* items of a page */
#define DEMO_CORE_SIZE_MAX  200


typedef struct {
    int64_t      person;
    int64_t      page;
    int64_t      size;
    const char  *from;
    const char  *to;
} demo_core_range_t;


static int demo_core_movement(const demo_movement_t *m, void *data);
static int demo_core_range(demo_request_t *r, demo_core_range_t *range);
static int demo_core_items(demo_request_t *r, const demo_core_range_t *range);


int64_t
demo_core_person(demo_request_t *r)
{
    char           id_no[HPF_IDENT_ID_LEN + 1];
    int64_t        person;
    const char    *text;
    sqlite3_stmt  *st;

    text = demo_http_text(r, "id_no");

    if (text == NULL || strlen(text) != HPF_IDENT_ID_LEN) {
        return -1;
    }

    memcpy(id_no, text, HPF_IDENT_ID_LEN + 1);

    if (id_no[HPF_IDENT_ID_LEN - 1] == 'x') {
        id_no[HPF_IDENT_ID_LEN - 1] = 'X';
    }

    st = demo_store_query("SELECT id FROM person WHERE id_no = ?", "t",
                          id_no);

    if (st == NULL || demo_store_row(st) != 1) {
        return -1;
    }

    person = sqlite3_column_int64(st, 0);
    demo_store_done(st);

    return person;
}


int
demo_core_no_account(demo_request_t *r)
{
    return demo_http_fail(r, MHD_HTTP_NOT_FOUND, "no-account",
                          "nobody has this id_no");
}


int
demo_core_broken(demo_request_t *r)
{
    return demo_http_fail(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "database",
                          "the tables cannot be used");
}


int
demo_core_account(demo_request_t *r)
{
    int64_t        person;
    sqlite3_stmt  *st;

    person = demo_core_person(r);

    if (person < 0) {
        return demo_core_no_account(r);
    }

    st = demo_store_query("SELECT p.name, p.id_no, account_no, u.name,"
                          " mobile, bank_card, balance, status,"
                          " last_paid_month, monthly_deposit, opened"
                          " FROM person p JOIN account a ON a.person = p.id"
                          " JOIN unit u ON u.id = a.unit WHERE p.id = ?",
                          "i", person);

    if (st == NULL || demo_store_row(st) != 1) {
        return demo_core_broken(r);
    }

    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "name", demo_store_text(st, 0));
    demo_http_put(r, "id_no", demo_store_text(st, 1));
    demo_http_put(r, "account_no", demo_store_text(st, 2));
    demo_http_put(r, "unit_name", demo_store_text(st, 3));
    demo_http_put(r, "mobile", demo_store_text(st, 4));
    demo_http_put(r, "bank_card", demo_store_text(st, 5));
    demo_http_put_money(r, "balance", sqlite3_column_int64(st, 6));
    demo_http_put(r, "status", demo_store_text(st, 7));
    demo_http_put(r, "last_paid_month", demo_store_text(st, 8));
    demo_http_put_money(r, "monthly_deposit", sqlite3_column_int64(st, 9));
    demo_http_put(r, "opened", demo_store_text(st, 10));
    hpf_json_out_end_object(&r->out);

    demo_store_done(st);

    return MHD_HTTP_OK;
}


int
demo_core_fill(int64_t person)
{
    int              filled;
    sqlite3_stmt    *st;
    demo_account_t   account;

    st = demo_store_query("SELECT filled FROM account WHERE person = ?", "i",
                          person);

    if (st == NULL || demo_store_row(st) != 1) {
        return HPF_ERROR;
    }

    filled = sqlite3_column_int(st, 0);
    demo_store_done(st);

    if (filled) {
        return HPF_OK;
    }

    if (demo_store_exec("BEGIN", "") != HPF_OK) {
        return HPF_ERROR;
    }

    if (demo_history_walk(&account, (unsigned) person, demo_core_movement,
                          &person)
        == HPF_OK
        && demo_store_exec("UPDATE account SET filled = 1 WHERE person = ?",
                           "i", person)
           == HPF_OK
        && demo_store_exec("COMMIT", "") == HPF_OK)
    {
        return HPF_OK;
    }

    (void) demo_store_exec("ROLLBACK", "");

    return HPF_ERROR;
}


static int
demo_core_movement(const demo_movement_t *m, void *data)
{
    int64_t  *person;

    person = data;

    return demo_store_exec("INSERT INTO movement"
                           " VALUES (?, ?, ?, ?, ?, ?, NULL)", "iittii",
                           *person, (int64_t) m->seq, m->date, m->kind,
                           m->amount, m->balance);
}


int
demo_core_details(demo_request_t *r)
{
    int64_t             total;
    sqlite3_stmt       *st;
    demo_core_range_t   range;

    range.person = demo_core_person(r);

    if (range.person < 0) {
        return demo_core_no_account(r);
    }

    if (demo_core_range(r, &range) != HPF_OK) {
        return demo_http_fail(r, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid",
                              "from and to must be dates, YYYY-MM-DD");
    }

    if (demo_core_fill(range.person) != HPF_OK) {
        return demo_core_broken(r);
    }

    st = demo_store_query("SELECT count(*) FROM movement WHERE person = ?"
                          " AND date BETWEEN ? AND ?", "itt", range.person,
                          range.from, range.to);

    if (st == NULL || demo_store_row(st) != 1) {
        return demo_core_broken(r);
    }

    total = sqlite3_column_int64(st, 0);
    demo_store_done(st);

    hpf_json_out_begin_object(&r->out);

    if (demo_core_items(r, &range) != HPF_OK) {
        return demo_core_broken(r);
    }

    demo_http_put_int(r, "page", range.page);
    demo_http_put_int(r, "pages", (total + range.size - 1) / range.size);
    demo_http_put_int(r, "total", total);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


static int
demo_core_range(demo_request_t *r, demo_core_range_t *range)
{
    int32_t  day;

    range->page = demo_http_number(r, "page", 1, 1, 1000000);
    range->size = demo_http_number(r, "size", DEMO_CORE_SIZE, 1,
                                   DEMO_CORE_SIZE_MAX);
    range->from = demo_http_arg(r, "from");
    range->to = demo_http_arg(r, "to");

    if (range->from == NULL) {
        range->from = "0000-01-01";
    }

    if (range->to == NULL) {
        range->to = "9999-12-31";
    }

    if (hpf_time_parse_date(range->from, strlen(range->from), &day)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return hpf_time_parse_date(range->to, strlen(range->to), &day);
}


static int
demo_core_items(demo_request_t *r, const demo_core_range_t *range)
{
    int            rc;
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT date, kind, amount, m.balance, u.name"
                          " FROM movement m"
                          " JOIN account a ON a.person = m.person"
                          " JOIN unit u ON u.id = a.unit"
                          " WHERE m.person = ? AND date BETWEEN ? AND ?"
                          " ORDER BY seq DESC LIMIT ? OFFSET ?", "ittii",
                          range->person, range->from, range->to, range->size,
                          (range->page - 1) * range->size);
    if (st == NULL) {
        return HPF_ERROR;
    }

    hpf_json_out_key(&r->out, "items");
    hpf_json_out_begin_array(&r->out);

    for ( ;; ) {
        rc = demo_store_row(st);

        if (rc != 1) {
            break;
        }

        hpf_json_out_begin_object(&r->out);
        demo_http_put(r, "date", demo_store_text(st, 0));
        demo_http_put(r, "kind", demo_store_text(st, 1));
        demo_http_put_money(r, "amount", sqlite3_column_int64(st, 2));
        demo_http_put_money(r, "balance", sqlite3_column_int64(st, 3));
        demo_http_put(r, "unit_name", demo_store_text(st, 4));
        hpf_json_out_end_object(&r->out);
    }

    hpf_json_out_end_array(&r->out);

    return rc;
}


int
demo_core_loans(demo_request_t *r)
{
    int64_t        person;
    sqlite3_stmt  *st;

    person = demo_core_person(r);

    if (person < 0) {
        return demo_core_no_account(r);
    }

    st = demo_store_query("SELECT contract_no, amount, balance, months,"
                          " paid_months, rate, next_due FROM loan"
                          " WHERE person = ? ORDER BY contract_no", "i",
                          person);
    if (st == NULL) {
        return demo_core_broken(r);
    }

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "loans");
    hpf_json_out_begin_array(&r->out);

    while (demo_store_row(st) == 1) {
        hpf_json_out_begin_object(&r->out);
        demo_http_put(r, "contract_no", demo_store_text(st, 0));
        demo_http_put_money(r, "amount", sqlite3_column_int64(st, 1));
        demo_http_put_money(r, "balance", sqlite3_column_int64(st, 2));
        demo_http_put_int(r, "months", sqlite3_column_int64(st, 3));
        demo_http_put_int(r, "paid_months", sqlite3_column_int64(st, 4));
        demo_http_put(r, "rate", demo_store_text(st, 5));
        demo_http_put(r, "next_due", demo_store_text(st, 6));
        hpf_json_out_end_object(&r->out);
    }

    hpf_json_out_end_array(&r->out);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}
