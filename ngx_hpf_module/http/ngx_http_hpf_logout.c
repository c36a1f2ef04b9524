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

#include "hpf_hex.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"


static void ngx_http_hpf_logout_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_logout_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_logout_each(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


ngx_int_t
ngx_http_hpf_logout_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_set(&ctx->event, "logged-out");

    return ngx_http_hpf_logout_session(ctx, ngx_http_hpf_logout_done);
}


/* Ends the session of the request; as a step. */

ngx_int_t
ngx_http_hpf_logout_session(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t                  argv[2], args[3], uid, hash;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);

    args[0] = ngx_http_hpf_store_key(ctx, "u", &uid, ":sessions");
    args[1] = hash;
    ngx_str_set(&args[2], "0");

    eval.script = &ngx_hpf_redis_script_session_index;
    eval.nkeys = 1;
    eval.argc = 3;
    eval.args = args;

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);

    ngx_str_set(&argv[0], "UNLINK");
    argv[1] = ngx_http_hpf_store_key(ctx, "s", &hash, "");

    ngx_hpf_session_drop(hmcf->zone, ctx->token_hash);

    return ngx_http_hpf_store_command(ctx, 2, argv, handler);
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
    ngx_str_t  argv[4], uid;

    ngx_str_set(&ctx->event, "logged-out-everywhere");

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "ZRANGE");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":sessions");
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "-1");

    return ngx_http_hpf_store_command(ctx, 4, argv,
                                      ngx_http_hpf_logout_listed);
}


static void
ngx_http_hpf_logout_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_logout_each(ctx, reply);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


/* Each session is in a slot of its own; the present one goes last. */

static ngx_int_t
ngx_http_hpf_logout_each(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char                     key[HPF_SESSION_KEY];
    ngx_str_t                  argv[2], hash;
    ngx_uint_t                 i;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ngx_str_set(&argv[0], "UNLINK");

    for (i = 0; i < ngx_hpf_redis_count(reply); i++) {

        hash = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));

        if (hash.len != 2 * sizeof(key)
            || hpf_hex_decode(hash.data, hash.len, key) != 0)
        {
            continue;
        }

        argv[1] = ngx_http_hpf_store_key(ctx, "s", &hash, "");

        ngx_hpf_redis_send(hmcf->redis, 2, argv);
        ngx_hpf_session_drop(hmcf->zone, key);
    }

    return ngx_http_hpf_logout_session(ctx, ngx_http_hpf_logout_done);
}
