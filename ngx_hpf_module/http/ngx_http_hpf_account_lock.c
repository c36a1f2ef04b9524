/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * An operator locks an account, and ends that: its sessions end everywhere,
 * and nobody gets another one.  To whoever tries, it is one that does not
 * exist: a thief does not learn that what he has stolen is right.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_session.h"


#define NGX_HTTP_HPF_ACCOUNT_LOCK_WHY  200     /* bytes */


static ngx_int_t ngx_http_hpf_account_lock_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_account_lock_run(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_account_lock_ask(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_account_lock_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_account_lock_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_account_lock_set(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *why, ngx_http_hpf_store_pt handler);
static ngx_int_t ngx_http_hpf_account_lock_why(ngx_http_request_t *r,
    ngx_str_t *why);
static ngx_uint_t ngx_http_hpf_account_lock_is_text(ngx_str_t *s);
static void ngx_http_hpf_account_lock_locked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_account_lock_ended(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);
static void ngx_http_hpf_account_lock_unlocked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


/* hpf_account_lock: a content handler. */

char *
ngx_http_hpf_account_lock(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hpf_account_lock_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_account_lock_handler(ngx_http_request_t *r)
{
    return ngx_http_hpf_session_status_begin(r, ngx_http_hpf_account_lock_run);
}


static ngx_int_t
ngx_http_hpf_account_lock_run(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  uid, why;

    if (ngx_http_hpf_session_status_user(r, ctx, &uid) != NGX_OK) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                          "需要 user=", "user= is expected");
    }

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return ngx_http_hpf_account_lock_ask(ctx);
    }

    if (r->method != NGX_HTTP_PUT && r->method != NGX_HTTP_DELETE) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_METHOD_NOT_ALLOWED);
    }

    if (ctx->operator.len == 0
        || !ngx_http_hpf_account_lock_is_text(&ctx->operator))
    {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                          "缺少 X-HPF-Operator",
                                          "X-HPF-Operator is missing");
    }

    if (r->method == NGX_HTTP_DELETE) {
        ngx_str_null(&why);

        return ngx_http_hpf_account_lock_set(ctx, &why,
                                           ngx_http_hpf_account_lock_unlocked);
    }

    if (ngx_http_hpf_account_lock_why(r, &why) != NGX_OK) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                          "需要 reason=",
                                          "reason= is expected");
    }

    ctx->reason = (char *) why.data;

    return ngx_http_hpf_account_lock_set(ctx, &why,
                                         ngx_http_hpf_account_lock_locked);
}


static ngx_int_t
ngx_http_hpf_account_lock_ask(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[6];

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &ctx->subject, ":profile");
    ngx_str_set(&argv[2], "type");
    ngx_str_set(&argv[3], "locked");
    ngx_str_set(&argv[4], "locked_by");
    ngx_str_set(&argv[5], "locked_why");

    return ngx_http_hpf_store_command(ctx, 6, argv,
                                      ngx_http_hpf_account_lock_told);
}


static void
ngx_http_hpf_account_lock_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_account_lock_answer(ctx, reply);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static ngx_int_t
ngx_http_hpf_account_lock_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t     *lock;
    ngx_str_t   type, at, by, why;

    type = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
    at = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    by = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 2));
    why = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 3));

    if (type.len == 0) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    lock = at.len ? json_pack("{s:o,s:s%,s:s%}", "at",
                              ngx_http_hpf_json_time(ngx_atotm(at.data,
                                                               at.len)),
                              "by", by.data, by.len, "reason", why.data,
                              why.len)
                  : json_null();

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
               json_pack("{s:s%,s:o}", "user_id", ctx->subject.data,
                         ctx->subject.len, "locked", lock));
}


static ngx_int_t
ngx_http_hpf_account_lock_set(ngx_http_hpf_ctx_t *ctx, ngx_str_t *why,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t             args[5];
    ngx_hpf_redis_eval_t  eval;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &ctx->subject, ":profile");
    args[1] = ngx_http_hpf_store_key(ctx, "u", &ctx->subject, ":handlers");
    args[2] = ctx->operator;
    args[3] = *why;
    args[4] = ngx_http_hpf_store_key(ctx, "u", &ctx->subject, ":handler:");

    eval.script = &ngx_hpf_redis_script_user_lock;
    eval.nkeys = 2;
    eval.argc = 5;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, handler);
}


/* Ends with a zero. */

static ngx_int_t
ngx_http_hpf_account_lock_why(ngx_http_request_t *r, ngx_str_t *why)
{
    u_char     *src, *dst;
    size_t      i;
    ngx_str_t   arg;

    if (ngx_http_arg(r, (u_char *) "reason", 6, &arg) != NGX_OK
        || arg.len == 0 || arg.len > 3 * NGX_HTTP_HPF_ACCOUNT_LOCK_WHY)
    {
        return NGX_DECLINED;
    }

    why->data = ngx_pnalloc(r->pool, arg.len + 1);
    if (why->data == NULL) {
        return NGX_ERROR;
    }

    src = arg.data;
    dst = why->data;

    ngx_unescape_uri(&dst, &src, arg.len, 0);

    *dst = '\0';
    why->len = dst - why->data;

    for (i = 0; i < why->len; i++) {

        if (why->data[i] < ' ' || why->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return why->len && why->len <= NGX_HTTP_HPF_ACCOUNT_LOCK_WHY
           && ngx_http_hpf_account_lock_is_text(why)
           ? NGX_OK : NGX_DECLINED;
}


/* In UTF-8, for it is told as JSON. */

static ngx_uint_t
ngx_http_hpf_account_lock_is_text(ngx_str_t *s)
{
    json_t  *text;

    text = json_stringn((char *) s->data, s->len);

    json_decref(text);

    return text != NULL;
}


/* Whoever logs in from here on gets nothing; those who have are put out. */

static void
ngx_http_hpf_account_lock_locked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_integer(reply) != 1) {
        ctx->reason = NULL;
        rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    if (rc == NGX_OK) {
        ctx->ending = "account-locked";
        rc = ngx_http_hpf_sessions_end(ctx, &ctx->subject,
                                       ngx_http_hpf_account_lock_ended);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static void
ngx_http_hpf_account_lock_ended(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        ngx_str_set(&ctx->event, "account-locked");

        ngx_log_error(NGX_LOG_NOTICE, ctx->request->connection->log, 0,
                      "hpf account: user \"%V\" is locked by operator \"%V\"",
                      &ctx->subject, &ctx->operator);

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static void
ngx_http_hpf_account_lock_unlocked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_integer(reply) != 1) {
        rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    if (rc == NGX_OK) {
        ngx_str_set(&ctx->event, "account-unlocked");

        ngx_log_error(NGX_LOG_NOTICE, ctx->request->connection->log, 0,
                      "hpf account: user \"%V\" is unlocked by operator \"%V\"",
                      &ctx->subject, &ctx->operator);

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}
