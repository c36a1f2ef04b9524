/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions as the operators see them: those of a user, and an end to one or
 * to all of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_session.h"


static ngx_int_t ngx_http_hpf_session_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_session_status_run(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_session_status_end(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_session_status_listed(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);
static void ngx_http_hpf_session_status_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_session_status_one(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_session_status_done(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);


/* hpf_session_status: a content handler. */

char *
ngx_http_hpf_session_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hpf_session_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_session_status_handler(ngx_http_request_t *r)
{
    return ngx_http_hpf_session_status_begin(r,
                                             ngx_http_hpf_session_status_run);
}


ngx_int_t
ngx_http_hpf_session_status_begin(ngx_http_request_t *r,
    ngx_http_hpf_step_pt run)
{
    ngx_int_t                  rc;
    ngx_str_t                 *by;
    ngx_http_hpf_ctx_t        *ctx;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->redis == NULL || hmcf->zone == NULL) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_http_hpf_gate_begin(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->personal = 1;

    by = ngx_http_hpf_operator(r);

    if (by) {
        ctx->operator = *by;
    }

    rc = run(r, ctx);

    if (rc == NGX_AGAIN) {
        r->main->count++;
        return NGX_DONE;
    }

    if (rc != NGX_ABORT) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hpf_send(r, ctx);
}


static ngx_int_t
ngx_http_hpf_session_status_run(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  uid;

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_hpf_session_status_end(r, ctx);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_hpf_route_allow(r, NGX_HTTP_GET|NGX_HTTP_DELETE)
               == NGX_OK
               ? ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_METHOD_NOT_ALLOWED)
               : NGX_ERROR;
    }

    if (ngx_http_hpf_session_status_user(r, ctx, &uid) != NGX_OK) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_BAD_REQUEST);
    }

    return ngx_http_hpf_sessions_walk(ctx, &uid,
                                      ngx_http_hpf_session_status_listed);
}


/*
 * Nobody is logged in here; but a page that an operator looks at cannot make
 * his browser send the header that names him.
 */

static ngx_int_t
ngx_http_hpf_session_status_end(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    u_char     key[HPF_SESSION_KEY];
    ngx_str_t  uid;

    if (ctx->operator.len == 0) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                          "缺少 X-HPF-Operator",
                                          "X-HPF-Operator is missing");
    }

    if (ngx_http_hpf_session_status_user(r, ctx, &uid) == NGX_OK) {
        ngx_str_set(&ctx->event, "sessions-ended");

        return ngx_http_hpf_sessions_end(ctx, &uid,
                                         ngx_http_hpf_session_status_done);
    }

    if (ngx_http_arg(r, (u_char *) "session", 7, &ctx->ended_session) != NGX_OK
        || ngx_http_hpf_sessions_hash(&ctx->ended_session, key) != NGX_OK)
    {
        ngx_str_null(&ctx->ended_session);

        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                          "需要 user= 或 session=",
                                          "user= or session= is expected");
    }

    ngx_str_set(&ctx->event, "session-ended");

    return ngx_http_hpf_sessions_peek(ctx, &ctx->ended_session,
                                      ngx_http_hpf_session_status_found);
}


ngx_int_t
ngx_http_hpf_session_status_user(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid)
{
    u_char  c;
    size_t  i;

    if (ngx_http_arg(r, (u_char *) "user", 4, uid) != NGX_OK
        || uid->len == 0 || uid->len > HPF_SESSION_UID)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < uid->len; i++) {
        c = uid->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return NGX_DECLINED;
        }
    }

    ctx->subject = *uid;

    return NGX_OK;
}


static void
ngx_http_hpf_session_status_listed(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        rc = ngx_http_hpf_session_list_text(ctx, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static void
ngx_http_hpf_session_status_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;
    ngx_str_t  uid;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

        ctx->subject.data = ngx_pstrdup(ctx->request->pool, &uid);
        ctx->subject.len = ctx->subject.data ? uid.len : 0;

        rc = ctx->subject.len
             ? ngx_http_hpf_logout_one(ctx, &ctx->subject, &ctx->ended_session,
                                       ngx_http_hpf_session_status_one)
             : ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static void
ngx_http_hpf_session_status_one(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    ngx_http_hpf_logout_forget(ctx, &ctx->ended_session);

    ngx_http_hpf_session_status_done(ctx, rc);
}


static void
ngx_http_hpf_session_status_done(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        ngx_log_error(NGX_LOG_NOTICE, ctx->request->connection->log, 0,
                      "hpf session: of user \"%V\" ended by operator \"%V\"",
                      &ctx->subject, &ctx->operator);

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}
