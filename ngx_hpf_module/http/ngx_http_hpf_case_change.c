/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/cases/{no}/cancel, POST /v1/cases/{no}/evaluation: what a user does
 * with a case of his.  Whether its status allows that is for the script to
 * say, since the plugin may be about to change it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_case.h"


static ngx_int_t ngx_http_hpf_case_change(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_redis_script_t *script, ngx_str_t *args, ngx_uint_t n,
    json_t *said);
static void ngx_http_hpf_case_changed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_case_allowed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


const char  ngx_http_hpf_case_cancel_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
        "\"reason\":{\"type\":\"string\",\"maxLength\":200}}}";

const char  ngx_http_hpf_case_evaluation_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"score\"],\"properties\":{"
        "\"score\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5},"
        "\"tags\":{\"type\":\"array\",\"maxItems\":20,\"uniqueItems\":true,"
            "\"items\":{\"type\":\"string\",\"minLength\":1,"
                       "\"maxLength\":40}},"
        "\"comment\":{\"type\":\"string\",\"maxLength\":1000}}}";


ngx_int_t
ngx_http_hpf_case_cancel_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t     *reason;
    ngx_str_t   args[3], note;

    static ngx_str_t  by = ngx_string("user");
    static ngx_str_t  status = ngx_string("cancelled");

    ngx_str_null(&note);

    if (ngx_http_hpf_case_step(ctx, &by, &status, &note, &args[1]) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&ctx->event, "case-cancelled");

    reason = json_object_get(ctx->form, "reason");

    return ngx_http_hpf_case_change(ctx, &ngx_hpf_redis_script_case_cancel,
               args, 3, reason ? json_pack("{s:O}", "reason", reason) : NULL);
}


ngx_int_t
ngx_http_hpf_case_evaluation_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    json_t     *score, *tags, *comment, *said;
    ngx_str_t   args[2];

    score = json_object_get(ctx->form, "score");
    tags = json_object_get(ctx->form, "tags");
    comment = json_object_get(ctx->form, "comment");

    /* 5.0 is an integer, too */

    said = json_pack("{s:{s:i,s:o,s:o,s:o}}", "evaluation",
                     "score", (int) json_number_value(score),
                     "tags", tags ? json_incref(tags) : json_array(),
                     "comment", comment ? json_incref(comment)
                                        : json_string(""),
                     "at", ngx_http_hpf_json_time(ngx_time()));

    if (said == NULL) {
        return NGX_ERROR;
    }

    ctx->case_created = 1;
    ngx_str_set(&ctx->event, "case-evaluated");

    return ngx_http_hpf_case_change(ctx, &ngx_hpf_redis_script_case_evaluate,
                                    args, 2, said);
}


/* The last of n arguments is what the user says of it; takes that over. */

static ngx_int_t
ngx_http_hpf_case_change(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_redis_script_t *script, ngx_str_t *args, ngx_uint_t n,
    json_t *said)
{
    ngx_int_t             rc;
    ngx_hpf_redis_eval_t  eval;

    ctx->case_no = ctx->arg;

    args[0] = ngx_http_hpf_case_key(ctx, &ctx->case_no);

    rc = ngx_http_hpf_case_seal(ctx, said, &args[n - 1]);

    json_decref(said);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    eval.script = script;
    eval.nkeys = 1;
    eval.argc = n;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_case_changed);
}


static void
ngx_http_hpf_case_changed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_case_allowed(ctx, reply);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_case_reread(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static ngx_int_t
ngx_http_hpf_case_allowed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  status;

    if (ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0)) == 1) {
        return NGX_OK;
    }

    ngx_str_null(&ctx->event);

    status = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

    if (status.len == 0) {
        ngx_str_null(&ctx->case_no);

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CASE_UNKNOWN);
    }

    /* "status" of a problem is that of HTTP */

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CASE_STATE);

    return ngx_http_hpf_extra_string(ctx, "case_status", &status) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}
