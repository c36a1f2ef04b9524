/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * DELETE /v1/session and /v1/session/all.  A session has ended
 * when Redis has let it go; the cache of this node forgets it at once, those
 * of other nodes are told by Redis.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_LOGOUT_ARGS   4
#define NGX_HTTP_HPF_LOGOUT_KNOWN  "600"   /* s, why a session has ended */


static void ngx_http_hpf_logout_eval(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash,
    ngx_str_t *args, ngx_hpf_redis_eval_t *eval);
static void ngx_http_hpf_logout_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_logout_all_done(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);


ngx_int_t
ngx_http_hpf_logout_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_set(&ctx->event, "logged-out");
    ctx->ending = "logged-out";

    return ngx_http_hpf_logout_session(ctx, ngx_http_hpf_logout_done);
}


ngx_int_t
ngx_http_hpf_logout_session(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t  uid, hash;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);

    return ngx_http_hpf_logout_one(ctx, &uid, &hash, handler);
}


void
ngx_http_hpf_logout_drop(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash)
{
    ngx_str_t                  args[NGX_HTTP_HPF_LOGOUT_ARGS];
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ngx_http_hpf_logout_eval(ctx, hash, args, &eval);

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);
}


ngx_int_t
ngx_http_hpf_logout_end(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t             args[NGX_HTTP_HPF_LOGOUT_ARGS];
    ngx_hpf_redis_eval_t  eval;

    ngx_http_hpf_logout_eval(ctx, hash, args, &eval);

    return ngx_http_hpf_store_eval(ctx, &eval, handler);
}


static void
ngx_http_hpf_logout_eval(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash,
    ngx_str_t *args, ngx_hpf_redis_eval_t *eval)
{
    const char  *why;

    why = ctx->ending ? ctx->ending
          : ctx->operator.len ? "ended-by-operator" : "ended-by-user";

    args[0] = ngx_http_hpf_store_key(ctx, "s", hash, "");
    args[1] = ngx_http_hpf_session_key(ctx, "end", hash);
    args[2].data = (u_char *) why;
    args[2].len = ngx_strlen(why);
    ngx_str_set(&args[3], NGX_HTTP_HPF_LOGOUT_KNOWN);

    eval->script = &ngx_hpf_redis_script_session_end;
    eval->nkeys = 2;
    eval->argc = NGX_HTTP_HPF_LOGOUT_ARGS;
    eval->args = args;
}


/* The list of the user's sessions has one less, whether or not it is heard. */

ngx_int_t
ngx_http_hpf_logout_one(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_str_t *hash, ngx_http_hpf_store_pt handler)
{
    ngx_str_t                  args[4], acting;
    ngx_uint_t                 n;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    acting = ngx_http_hpf_session_acting(&ctx->session);
    n = 0;

    args[n++] = ngx_http_hpf_store_key(ctx, "u", uid, ":sessions");

    if (acting.len) {
        args[n++] = ngx_http_hpf_session_handler_key(ctx, uid, &acting);
    }

    args[n] = *hash;
    ngx_str_set(&args[n + 1], "0");

    if (args[0].data == NULL) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_session_index;
    eval.nkeys = n;
    eval.argc = n + 2;
    eval.args = args;

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);

    ngx_http_hpf_logout_forget(ctx, hash);

    return ngx_http_hpf_logout_end(ctx, hash, handler);
}


void
ngx_http_hpf_logout_forget(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash)
{
    u_char                     key[HPF_SESSION_KEY];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (ngx_http_hpf_sessions_hash(hash, key) == NGX_OK) {
        ngx_hpf_session_drop(hmcf->zone, key);
    }
}


static void
ngx_http_hpf_logout_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                  rc;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    rc = ngx_http_hpf_store_check(ctx, reply);

    /* a request beside this one may have read it back into the cache */

    ngx_hpf_session_drop(hmcf->zone, ctx->token_hash);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);

        if (ctx->by_cookie) {
            ctx->set_cookie = ngx_http_hpf_cookie_end;
        }
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


ngx_int_t
ngx_http_hpf_logout_all_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  uid;

    ngx_str_set(&ctx->event, "logged-out-everywhere");

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    return ngx_http_hpf_sessions_end(ctx, &uid, ngx_http_hpf_logout_all_done);
}


static void
ngx_http_hpf_logout_all_done(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);

        if (ctx->by_cookie) {
            ctx->set_cookie = ngx_http_hpf_cookie_end;
        }
    }

    ngx_http_hpf_finish(ctx->request, rc);
}
