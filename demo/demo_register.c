/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The departments: police, market regulator, civil affairs, real estate,
 * credit, bank.  Whom a register does not know is single, owns nothing, and
 * matches nobody.
 */


#include <string.h>

#include "demo_core.h"
#include "demo_route.h"
#include "demo_store.h"


static int demo_register_match(demo_request_t *r, int match);
static int demo_register_equals(demo_request_t *r, const char *name,
    const char *text);


int
demo_register_identity(demo_request_t *r)
{
    int            match;
    int64_t        person;
    sqlite3_stmt  *st;

    person = demo_core_person(r);

    if (person < 0) {
        return demo_register_match(r, 0);
    }

    st = demo_store_query("SELECT name FROM person WHERE id = ?", "i",
                          person);

    if (st == NULL || demo_store_row(st) != 1) {
        return demo_core_broken(r);
    }

    match = demo_register_equals(r, "name", demo_store_text(st, 0));
    demo_store_done(st);

    return demo_register_match(r, match);
}


static int
demo_register_match(demo_request_t *r, int match)
{
    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "match");
    hpf_json_out_bool(&r->out, match);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


static int
demo_register_equals(demo_request_t *r, const char *name, const char *text)
{
    const char  *given;

    given = demo_http_text(r, name);

    return given && strcmp(given, text) == 0;
}


/* The market regulator knows units by code and name. */

int
demo_register_unit(demo_request_t *r)
{
    int            match;
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT name FROM unit WHERE uscc = ?", "t",
                          demo_http_text(r, "uscc"));

    match = st ? demo_store_row(st) : HPF_ERROR;

    if (match == HPF_ERROR) {
        return demo_core_broken(r);
    }

    if (match) {
        match = demo_register_equals(r, "unit_name", demo_store_text(st, 0));
        demo_store_done(st);
    }

    return demo_register_match(r, match);
}


/* A picture is "face:" and the number of the person whom it shows. */

int
demo_register_face(demo_request_t *r)
{
    int            match;
    int64_t        person;
    const char    *capture;
    sqlite3_stmt  *st;

    person = demo_core_person(r);
    capture = demo_http_text(r, "capture");
    match = 0;

    if (person >= 0 && capture && strncmp(capture, "face:", 5) == 0) {
        st = demo_store_query("SELECT id_no FROM person WHERE id = ?", "i",
                              person);

        if (st == NULL || demo_store_row(st) != 1) {
            return demo_core_broken(r);
        }

        match = strcmp(capture + 5, demo_store_text(st, 0)) == 0;
        demo_store_done(st);
    }

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "match");
    hpf_json_out_bool(&r->out, match);
    demo_http_put(r, "score", match ? "0.97" : "0.12");
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


int
demo_register_marriage(demo_request_t *r)
{
    int            married;
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT name, id_no, since FROM marriage"
                          " JOIN person ON id = spouse WHERE person = ?", "i",
                          demo_core_person(r));

    married = st ? demo_store_row(st) : HPF_ERROR;

    if (married == HPF_ERROR) {
        return demo_core_broken(r);
    }

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "married");
    hpf_json_out_bool(&r->out, married);

    if (married) {
        hpf_json_out_key(&r->out, "spouse");
        hpf_json_out_begin_object(&r->out);
        demo_http_put(r, "name", demo_store_text(st, 0));
        demo_http_put(r, "id_no", demo_store_text(st, 1));
        hpf_json_out_end_object(&r->out);
        demo_http_put(r, "since", demo_store_text(st, 2));
        demo_store_done(st);
    }

    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


int
demo_register_houses(demo_request_t *r)
{
    const char    *city;
    sqlite3_stmt  *st;

    city = demo_http_text(r, "city");

    st = demo_store_query("SELECT address, area, registered FROM house"
                          " WHERE person = ?1 AND (?2 IS NULL OR city = ?2)"
                          " ORDER BY n", "it", demo_core_person(r), city);
    if (st == NULL) {
        return demo_core_broken(r);
    }

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "houses");
    hpf_json_out_begin_array(&r->out);

    while (demo_store_row(st) == 1) {
        hpf_json_out_begin_object(&r->out);
        demo_http_put(r, "address", demo_store_text(st, 0));
        hpf_json_out_key(&r->out, "area");
        hpf_json_out_value(&r->out, demo_store_text(st, 1),
                           strlen(demo_store_text(st, 1)));
        demo_http_put(r, "registered", demo_store_text(st, 2));
        hpf_json_out_end_object(&r->out);
    }

    hpf_json_out_end_array(&r->out);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


int
demo_register_credit(demo_request_t *r)
{
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT score, overdue, loans FROM credit"
                          " WHERE person = ?", "i", demo_core_person(r));
    if (st == NULL) {
        return demo_core_broken(r);
    }

    if (demo_store_row(st) != 1) {
        return demo_http_fail(r, MHD_HTTP_NOT_FOUND, "no-report",
                              "nobody has this id_no");
    }

    hpf_json_out_begin_object(&r->out);
    demo_http_put_int(r, "score", sqlite3_column_int64(st, 0));
    demo_http_put_int(r, "overdue", sqlite3_column_int64(st, 1));
    demo_http_put_int(r, "loans", sqlite3_column_int64(st, 2));
    hpf_json_out_end_object(&r->out);

    demo_store_done(st);

    return MHD_HTTP_OK;
}


/* All four must be right. */

int
demo_register_bank(demo_request_t *r)
{
    int            match;
    sqlite3_stmt  *st;

    st = demo_store_query("SELECT name, bank_card, mobile FROM person"
                          " WHERE id = ?", "i", demo_core_person(r));
    if (st == NULL) {
        return demo_core_broken(r);
    }

    match = 0;

    if (demo_store_row(st) == 1) {
        match = demo_register_equals(r, "name", demo_store_text(st, 0))
                && demo_register_equals(r, "card_no", demo_store_text(st, 1))
                && demo_register_equals(r, "mobile", demo_store_text(st, 2));
        demo_store_done(st);
    }

    return demo_register_match(r, match);
}
