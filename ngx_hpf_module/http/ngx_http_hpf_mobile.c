/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * PUT /v1/session/mobile: another number, which the user has proved to be his.
 * The old one leads to him no more and is told so; other sessions end.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_kind.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_MOBILE_LEVEL  2


static ngx_int_t ngx_http_hpf_mobile_given(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mobile_index(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mobile_put(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_mobile_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_mobile_taken(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_mobile_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_mobile_tell(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mobile_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


const char  ngx_http_hpf_mobile_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"mobile\",\"factors\"],\"properties\":{"
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"},"
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
    NGX_HTTP_HPF_FACTORS_MAX ","
    "\"contains\":{\"properties\":{\"factor\":{\"const\":\"sms\"}}},"
    "\"maxContains\":1,"
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";


/* The index first: until the rest is done, it leads to the same user. */

static const ngx_http_hpf_step_pt  ngx_http_hpf_mobile_stages[] = {
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_mobile_given,
    ngx_http_hpf_lock_session_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_mobile_index,
    ngx_http_hpf_mobile_put,
    ngx_http_hpf_mobile_drop_stage,
    ngx_http_hpf_revoke_others_stage,
    ngx_http_hpf_mobile_tell,
    ngx_http_hpf_mobile_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_mobile_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    ctx->personal = 1;

    rc = ngx_http_hpf_level_check(ctx, NGX_HTTP_HPF_MOBILE_LEVEL, NULL);

    if (rc != NGX_OK) {
        return rc;
    }

    person = ngx_http_hpf_person_session(ctx);

    if (person == NULL || ngx_http_hpf_factor_read(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->purpose = "mobile";

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_mobile_stages);
}


/* The code is of the new number; what it was is kept in given_m and was. */

static ngx_int_t
ngx_http_hpf_mobile_given(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               s;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->given_m = person->m;
    person->was = person->mobile;

    s = ngx_http_hpf_person_member(ctx->form, "mobile");
    person->mobile = ngx_http_hpf_person_mobile(ctx, &s);
    person->m = ngx_http_hpf_person_index(ctx, "mobile", &person->mobile);

    return person->mobile.data && person->m.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_mobile_index(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[3];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->unit) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "m", &person->m, ":uid");
    argv[2] = person->uid;

    return ngx_http_hpf_store_write(ctx, 3, argv, ngx_http_hpf_mobile_done);
}


static ngx_int_t
ngx_http_hpf_mobile_put(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[6];
    ngx_uint_t              n;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    n = 0;

    args[n++] = ngx_http_hpf_person_key(ctx);

    if (person->unit) {
        args[n++] = ngx_http_hpf_store_key(ctx, "u", &person->uid,
                                           ":handlers");
    }

    args[n] = person->given_m;
    args[n + 1] = person->m;
    args[n + 3] = person->handler;

    if (ngx_http_hpf_seal(ctx, &person->mobile, &person->uid, &args[n + 2])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_mobile_set;
    eval.nkeys = n;
    eval.argc = n + 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_mobile_stored);
}


static void
ngx_http_hpf_mobile_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    int64_t                 epoch;
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        epoch = ngx_hpf_redis_integer(reply);

        if (epoch == -2) {
            rc = ngx_http_hpf_mobile_taken(ctx);

        } else if (epoch < 0) {
            person->proving = "changed";
            rc = ngx_http_hpf_factor_failed(ctx);

        } else {
            person->epoch = ngx_http_hpf_store_int(ctx, epoch);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_mobile_taken(ngx_http_hpf_ctx_t *ctx)
{
    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors",
               json_pack("[{s:s,s:s,s:s}]", "pointer", "/mobile", "rule",
                         "unique", "message",
                         ctx->en
                         ? "Somebody with this number is a handler already"
                         : "该手机号已登记为本单位经办人"))
           == NGX_OK ? NGX_ABORT : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_mobile_drop_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->unit
        || ngx_http_hpf_person_equal(&person->m, &person->given_m))
    {
        return NGX_OK;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "m", &person->given_m, ":uid");
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_index_drop;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_mobile_done);
}


static void
ngx_http_hpf_mobile_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_mobile_tell(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_tell(ctx, &person->was, "mobile-changed",
               ctx->en ? "[Housing Provident Fund] Your account has another "
                         "mobile number now. If that was not you, call 12329."
                       : "【住房公积金】您的账户已变更手机号。"
                         "如非本人操作，请立即拨打 12329。");
}


static ngx_int_t
ngx_http_hpf_mobile_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               device;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    device = ngx_http_hpf_device_make(ctx);

    ngx_str_set(&ctx->event, "mobile-changed");

    if (device.data == NULL
        || ngx_http_hpf_person_mask(r->pool, HPF_MASK_MOBILE, &person->mobile)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
               json_pack("{s:s%,s:s%}", "mobile", person->mobile.data,
                         person->mobile.len, "device", device.data,
                         device.len));
}
