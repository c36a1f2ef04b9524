/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * DELETE /v1/session/user: the user goes.  What is known of the person is
 * deleted and not kept (个人信息保护法, article 47); the record has had no more
 * than a pseudonym, which leads to nobody now.  Cases are the centre's files.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_CLOSE_LEVEL  2


static ngx_int_t ngx_http_hpf_close_number(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_close_mobile(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_close_index(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t key);
static void ngx_http_hpf_close_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_close_certs(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_close_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_close_drop(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_close_dropped(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_close_tell(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_close_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* Sessions last: who is cut off in between may do it again. */

static const ngx_http_hpf_step_pt  ngx_http_hpf_close_stages[] = {
    ngx_http_hpf_fresh_stage,
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_close_number,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_close_mobile,
    ngx_http_hpf_close_certs,
    ngx_http_hpf_close_drop,
    ngx_http_hpf_close_tell,
    ngx_http_hpf_close_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_close_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->personal = 1;

    if (ctx->session.acts[0]
        && ctx->session.acts[0] != NGX_HTTP_HPF_HANDLER_ADMIN)
    {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_HANDLER_REFUSED,
                         "只有单位管理员才能注销单位用户",
                         "Only the unit's administrator may close its account");
    }

    rc = ngx_http_hpf_level_check(ctx, NGX_HTTP_HPF_CLOSE_LEVEL, NULL);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_hpf_person_session(ctx) == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_close_stages);
}


static ngx_int_t
ngx_http_hpf_close_number(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->uid.len == 0) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);
    }

    return ngx_http_hpf_close_index(ctx, ngx_http_hpf_store_key(ctx, "i",
                                                          &person->i, ""));
}


static ngx_int_t
ngx_http_hpf_close_mobile(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    /* that of a handler leads to himself, if he is a user */

    return person->unit
           ? NGX_OK
           : ngx_http_hpf_close_index(ctx, ngx_http_hpf_store_key(ctx, "m",
                                                       &person->m, ":uid"));
}


static ngx_int_t
ngx_http_hpf_close_index(ngx_http_hpf_ctx_t *ctx, ngx_str_t key)
{
    ngx_str_t               args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = key;
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_index_drop;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_close_done);
}


static void
ngx_http_hpf_close_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


/* His certificates may be those of another user then. */

static ngx_int_t
ngx_http_hpf_close_certs(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[2], uid;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "HKEYS");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":certs");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_close_released);
}


static void
ngx_http_hpf_close_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                  rc;
    ngx_str_t                  args[2], hash;
    ngx_uint_t                 i;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    rc = ngx_http_hpf_store_check(ctx, reply);

    args[1].data = ctx->session.uid;
    args[1].len = ctx->session.uid_len;

    eval.script = &ngx_hpf_redis_script_cert_release;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    for (i = 0; rc == NGX_OK && i < ngx_hpf_redis_count(reply); i++) {
        hash = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
        args[0] = ngx_http_hpf_store_key(ctx, "x", &hash, "");

        ngx_hpf_redis_eval_send(hmcf->redis, &eval);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_close_drop(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[7], uid;
    ngx_uint_t              n;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    static const char  *keys[] = {
        ":sessions", ":profile", ":certs", ":bindings", ":consents"
    };

    person = ctx->data;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    for (n = 0; n < 5; n++) {
        args[n] = ngx_http_hpf_store_key(ctx, "u", &uid, keys[n]);
    }

    if (person->unit) {
        args[n++] = ngx_http_hpf_store_key(ctx, "u", &uid, ":handlers");
        args[n] = ngx_http_hpf_store_key(ctx, "u", &uid, ":handler:");

    } else {
        ngx_str_set(&args[n], "");
    }

    eval.script = &ngx_hpf_redis_script_user_drop;
    eval.nkeys = n;
    eval.argc = n + 1;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_close_dropped);
}


static void
ngx_http_hpf_close_dropped(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_revoke(ctx, reply, 0);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


static ngx_int_t
ngx_http_hpf_close_tell(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_tell(ctx, &person->mobile, "user-closed",
               ctx->en ? "[Housing Provident Fund] Your account has been "
                         "closed. If that was not you, call 12329."
                       : "【住房公积金】您的账户已注销。"
                         "如非本人操作，请立即拨打 12329。");
}


static ngx_int_t
ngx_http_hpf_close_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_set(&ctx->event, "user-closed");

    return ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
}
