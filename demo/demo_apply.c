/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Applications to the core system.  A case number is done once: the same
 * request again gets the first answer, another one with it is refused.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpf_ident.h"
#include "hpf_time.h"
#include "demo_core.h"
#include "demo_route.h"
#include "demo_store.h"


#define DEMO_APPLY_CASE_LEN  64

#define DEMO_APPLY_COLUMNS                                                    \
    "SELECT case_no, item, id_no, amount, status, core_no, paid_at"           \
    " FROM application JOIN person ON person.id = person "


typedef struct {
    int64_t      person;
    int64_t      amount;
    int64_t      balance;
    int64_t      seq;                  /* of the last movement */
    const char  *case_no;
    const char  *item;
    char        *body;                 /* the same for the same members */
    char         date[HPF_TIME_DATE_LEN + 1];
    char         paid_at[HPF_TIME_LEN + 1];
} demo_apply_t;


static int demo_apply_read(demo_request_t *r, demo_apply_t *a);
static int demo_apply_earlier(demo_request_t *r, const demo_apply_t *a);
static int demo_apply_new(demo_request_t *r, demo_apply_t *a);
static int demo_apply_account(demo_apply_t *a);
static int demo_apply_pay(const demo_apply_t *a);
static int demo_apply_store(const demo_apply_t *a);
static int demo_apply_show(demo_request_t *r, const char *case_no);
static void demo_apply_put(demo_request_t *r, sqlite3_stmt *st);


int
demo_apply_post(demo_request_t *r)
{
    int           status;
    demo_apply_t  a;

    memset(&a, 0, sizeof(demo_apply_t));

    status = demo_apply_read(r, &a);

    if (status == 0) {
        status = demo_apply_earlier(r, &a);
    }

    if (status == 0) {
        status = demo_apply_new(r, &a);
    }

    free(a.body);

    return status;
}


/* 0, or the status of a refusal. */

static int
demo_apply_read(demo_request_t *r, demo_apply_t *a)
{
    json_t  *amount;

    a->case_no = json_string_value(json_object_get(r->json, "case_no"));
    a->item = json_string_value(json_object_get(r->json, "item"));
    amount = json_object_get(r->json, "amount");

    if (a->case_no == NULL || a->item == NULL || a->case_no[0] == '\0'
        || strlen(a->case_no) > DEMO_APPLY_CASE_LEN)
    {
        return demo_http_fail(r, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid",
                              "case_no and item are needed");
    }

    if (amount
        && (!json_is_string(amount)
            || hpf_ident_money((const unsigned char *)
                                   json_string_value(amount),
                               json_string_length(amount), &a->amount)
               != HPF_OK))
    {
        return demo_http_fail(r, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid",
                              "amount must be like \"1024.00\"");
    }

    a->person = demo_core_person(r);

    if (a->person < 0) {
        return demo_core_no_account(r);
    }

    a->body = json_dumps(r->json, JSON_SORT_KEYS|JSON_COMPACT);

    return a->body ? 0 : demo_core_broken(r);
}


static int
demo_apply_earlier(demo_request_t *r, const demo_apply_t *a)
{
    int            same;
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT body FROM application WHERE case_no = ?",
                          "t", a->case_no);
    if (st == NULL) {
        return demo_core_broken(r);
    }

    switch (demo_store_row(st)) {

    case 0:
        return 0;

    case 1:
        same = strcmp(demo_store_text(st, 0), a->body) == 0;
        demo_store_done(st);
        break;

    default:
        return demo_core_broken(r);
    }

    if (!same) {
        return demo_http_fail(r, MHD_HTTP_CONFLICT, "case-conflict",
                              "the case number is of another application");
    }

    return demo_apply_show(r, a->case_no);
}


/* An amount of zero is an application that pays nothing. */

static int
demo_apply_new(demo_request_t *r, demo_apply_t *a)
{
    int  status;

    if (demo_core_fill(a->person) != HPF_OK
        || demo_apply_account(a) != HPF_OK)
    {
        return demo_core_broken(r);
    }

    if (a->amount > a->balance) {
        return demo_http_fail(r, MHD_HTTP_UNPROCESSABLE_CONTENT,
                              "insufficient-balance",
                              "the amount is more than the balance");
    }

    if (demo_store_exec("BEGIN IMMEDIATE", "") != HPF_OK) {
        return demo_core_broken(r);
    }

    if ((a->amount && demo_apply_pay(a) != HPF_OK)
        || demo_apply_store(a) != HPF_OK
        || demo_store_exec("COMMIT", "") != HPF_OK)
    {
        (void) demo_store_exec("ROLLBACK", "");
        return demo_core_broken(r);
    }

    status = demo_apply_show(r, a->case_no);

    return status == MHD_HTTP_OK ? MHD_HTTP_CREATED : status;
}


/* Balance and last movement; no movement is dated before the last one. */

static int
demo_apply_account(demo_apply_t *a)
{
    char             today[HPF_TIME_DATE_LEN + 1];
    const char      *last;
    sqlite3_stmt    *st;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    a->paid_at[hpf_time_rfc3339_seconds(a->paid_at,
                                        (int64_t) ts.tv_sec * 1000)] = '\0';

    memcpy(today, a->paid_at, HPF_TIME_DATE_LEN);
    today[HPF_TIME_DATE_LEN] = '\0';

    st = demo_store_query("SELECT a.balance, m.seq, m.date FROM account a"
                          " JOIN movement m ON m.person = a.person"
                          " WHERE a.person = ? ORDER BY m.seq DESC LIMIT 1",
                          "i", a->person);

    if (st == NULL || demo_store_row(st) != 1) {
        return HPF_ERROR;
    }

    a->balance = sqlite3_column_int64(st, 0);
    a->seq = sqlite3_column_int64(st, 1);
    last = demo_store_text(st, 2);

    (void) snprintf(a->date, sizeof(a->date), "%s",
                    strcmp(last, today) > 0 ? last : today);

    demo_store_done(st);

    return HPF_OK;
}


static int
demo_apply_pay(const demo_apply_t *a)
{
    int64_t  left;

    left = a->balance - a->amount;

    if (demo_store_exec("INSERT INTO movement VALUES (?, ?, ?, 'withdrawal',"
                        " ?, ?, ?)", "iitiit", a->person, a->seq + 1, a->date,
                        a->amount, left, a->case_no)
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return demo_store_exec("UPDATE account SET balance = ? WHERE person = ?",
                           "ii", left, a->person);
}


static int
demo_apply_store(const demo_apply_t *a)
{
    return demo_store_exec("INSERT INTO application (id, case_no, person,"
                           " item, amount, status, core_no, paid_at, body)"
                           " SELECT n, ?, ?, ?, ?, 'approved',"
                           " 'C' || replace(?, '-', '')"
                           " || substr('000000' || n, -6), ?, ?"
                           " FROM (SELECT coalesce(max(id), 0) + 1 AS n"
                           "       FROM application)",
                           "titittt", a->case_no, a->person, a->item,
                           a->amount, a->date, a->paid_at, a->body);
}


static int
demo_apply_show(demo_request_t *r, const char *case_no)
{
    sqlite3_stmt  *st;

    st = demo_store_query(DEMO_APPLY_COLUMNS "WHERE case_no = ?", "t",
                          case_no);
    if (st == NULL) {
        return demo_core_broken(r);
    }

    if (demo_store_row(st) != 1) {
        return demo_http_fail(r, MHD_HTTP_NOT_FOUND, "no-case",
                              "no application has this number");
    }

    demo_apply_put(r, st);
    demo_store_done(st);

    return MHD_HTTP_OK;
}


int
demo_apply_get(demo_request_t *r)
{
    return demo_apply_show(r, r->path + strlen(r->route->path));
}


/* The newest first. */

int
demo_apply_list(demo_request_t *r)
{
    int64_t        person;
    sqlite3_stmt  *st;

    person = demo_core_person(r);

    if (person < 0) {
        return demo_core_no_account(r);
    }

    st = demo_store_query(DEMO_APPLY_COLUMNS "WHERE person = ?"
                          " ORDER BY application.id DESC", "i", person);
    if (st == NULL) {
        return demo_core_broken(r);
    }

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "applications");
    hpf_json_out_begin_array(&r->out);

    while (demo_store_row(st) == 1) {
        demo_apply_put(r, st);
    }

    hpf_json_out_end_array(&r->out);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


static void
demo_apply_put(demo_request_t *r, sqlite3_stmt *st)
{
    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "case_no", demo_store_text(st, 0));
    demo_http_put(r, "item", demo_store_text(st, 1));
    demo_http_put(r, "id_no", demo_store_text(st, 2));
    demo_http_put_money(r, "amount", sqlite3_column_int64(st, 3));
    demo_http_put(r, "status", demo_store_text(st, 4));
    demo_http_put(r, "core_no", demo_store_text(st, 5));
    demo_http_put(r, "paid_at", demo_store_text(st, 6));
    hpf_json_out_end_object(&r->out);
}
