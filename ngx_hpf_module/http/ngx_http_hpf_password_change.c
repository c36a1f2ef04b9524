/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * PUT /v1/session/password: the present one is needed, or a session that was
 * proved just now.  The user's other sessions end.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_password.h"


static ngx_int_t ngx_http_hpf_password_proof(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_password_new(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_password_before(ngx_http_hpf_password_work_t *work,
    ngx_str_t *records);
static void ngx_http_hpf_password_made(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work);
static ngx_int_t ngx_http_hpf_password_used(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_password_change(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_password_changed(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


const char  ngx_http_hpf_password_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"password\"],\"properties\":{"
    "\"password\":{\"type\":\"string\",\"maxLength\":1000},"
    "\"current\":{\"type\":\"string\",\"maxLength\":1000}}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_password_stages[] = {
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_lock_session_stage,
    ngx_http_hpf_password_proof,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_password_new,
    ngx_http_hpf_password_change,
    ngx_http_hpf_revoke_others_stage,
    ngx_http_hpf_password_changed,
    NULL
};


ngx_int_t
ngx_http_hpf_password_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ngx_http_hpf_person_session(ctx);

    if (person == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_password_stages);
}


/* Who has found an open session does not change the password. */

static ngx_int_t
ngx_http_hpf_password_proof(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  current;

    if (json_object_get(ctx->form, "current") == NULL) {
        return ngx_http_hpf_fresh_stage(r, ctx);
    }

    current = ngx_http_hpf_person_member(ctx->form, "current");

    return ngx_http_hpf_password_verify(ctx, &current);
}


/* The hashes that it would have as one of those before it, too. */

static ngx_int_t
ngx_http_hpf_password_new(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_str_t                      text;
    ngx_http_hpf_person_t         *person;
    ngx_http_hpf_password_work_t  *work;

    person = ctx->data;
    text = ngx_http_hpf_person_member(ctx->form, "password");

    rc = ngx_http_hpf_password_rules(ctx, &text, "/password");

    if (rc != NGX_OK) {
        return rc;
    }

    work = ngx_http_hpf_password_work(ctx, &text);

    if (work == NULL || ngx_http_hpf_password_add_new(work) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hpf_password_before(work, &person->pw);
    ngx_http_hpf_password_before(work, &person->pw_before);

    return ngx_http_hpf_password_start(work, ngx_http_hpf_password_made);
}


/* Records with spaces between. */

static void
ngx_http_hpf_password_before(ngx_http_hpf_password_work_t *work,
    ngx_str_t *records)
{
    u_char     *p, *last;
    ngx_str_t   record;

    p = records->data;
    last = p + records->len;

    while (p < last && work->n <= work->password->history) {

        record.data = p;
        p = ngx_strlchr(p, last, ' ');
        p = p ? p : last;
        record.len = p - record.data;

        (void) ngx_http_hpf_password_add(work, &record);

        p++;
    }
}


static void
ngx_http_hpf_password_made(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    rc = work->failed ? NGX_ERROR
                      : ngx_http_hpf_password_record(ctx, &work->hashes[0]);

    for (i = 1; i < work->n && rc == NGX_OK; i++) {

        if (ngx_http_hpf_password_equal(work, i)) {
            rc = ngx_http_hpf_password_used(ctx);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_password_used(ngx_http_hpf_ctx_t *ctx)
{
    json_t  *errors;

    errors = json_pack("[{s:s,s:s,s:s}]", "pointer", "/password", "rule",
                       "history", "message",
                       ctx->en ? "is one that you have had before"
                               : "不能使用最近用过的密码");

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors", errors) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_password_change(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_password_put(ctx, &person->pw, 1);
}


static ngx_int_t
ngx_http_hpf_password_changed(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  device;

    ngx_str_set(&ctx->event, "password-changed");

    device = ngx_http_hpf_device_make(ctx);

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
               json_pack("{s:s%}", "device", device.data, device.len));
}
