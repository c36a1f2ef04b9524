/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A user's own sessions: where he is logged in, and an end to one of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_json_out.h"
#include "hpf_time.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_session.h"


/* but for the hash and the channel: names, three times, a number */
#define NGX_HTTP_HPF_SESSION_LIST_ONE  (128 + 3 * HPF_TIME_LEN + NGX_INT_T_LEN)


static void ngx_http_hpf_session_list_answer(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);
static void ngx_http_hpf_session_list_one(hpf_json_out_t *out,
    ngx_http_hpf_known_t *known, ngx_str_t *current);
static void ngx_http_hpf_session_list_time(hpf_json_out_t *out,
    const char *key, time_t t);
static void ngx_http_hpf_session_list_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_session_list_one_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


/* GET /v1/sessions */

ngx_int_t
ngx_http_hpf_session_list_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  uid;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    return ngx_http_hpf_sessions_walk(ctx, &uid,
                                      ngx_http_hpf_session_list_answer);
}


static void
ngx_http_hpf_session_list_answer(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    ngx_str_t  current;

    if (rc == NGX_OK) {
        current = ngx_http_hpf_store_hex(ctx, ctx->token_hash,
                                         HPF_SESSION_KEY);
        rc = ngx_http_hpf_session_list_text(ctx, &current);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


/* There may be a thousand: a tree would take five times as long. */

ngx_int_t
ngx_http_hpf_session_list_text(ngx_http_hpf_ctx_t *ctx, ngx_str_t *current)
{
    size_t                 len;
    u_char                *p;
    ngx_uint_t             i;
    hpf_json_out_t         out;
    ngx_http_hpf_walk_t   *walk;
    ngx_http_hpf_known_t  *known;

    walk = ctx->walk;
    known = walk->known.elts;

    ngx_http_hpf_sessions_sort(walk);

    len = sizeof("{\"sessions\":[]}");

    for (i = 0; i < walk->known.nelts; i++) {
        len += NGX_HTTP_HPF_SESSION_LIST_ONE + known[i].hash.len
               + 6 * known[i].channel.len;
    }

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    hpf_json_out_init(&out, p, len);
    hpf_json_out_begin_object(&out);
    hpf_json_out_key(&out, "sessions");
    hpf_json_out_begin_array(&out);

    for (i = 0; i < walk->known.nelts; i++) {
        ngx_http_hpf_session_list_one(&out, &known[i], current);
    }

    hpf_json_out_end_array(&out);
    hpf_json_out_end_object(&out);

    ctx->status = NGX_HTTP_OK;
    ctx->answer.data = p;
    ctx->answer.len = hpf_json_out_len(&out);

    return hpf_json_out_failed(&out) ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_hpf_session_list_one(hpf_json_out_t *out,
    ngx_http_hpf_known_t *known, ngx_str_t *current)
{
    hpf_json_out_begin_object(out);

    hpf_json_out_key(out, "id");
    hpf_json_out_string(out, known->hash.data, known->hash.len);
    hpf_json_out_key(out, "channel");
    hpf_json_out_string(out, known->channel.data, known->channel.len);
    hpf_json_out_key(out, "level");
    hpf_json_out_uint(out, known->level);

    ngx_http_hpf_session_list_time(out, "created_at",
                                   (time_t) (known->began / 1000));
    ngx_http_hpf_session_list_time(out, "last_used",
                                   ngx_time() - known->unused);
    ngx_http_hpf_session_list_time(out, "ends_at", ngx_time() + known->left);

    if (current) {
        hpf_json_out_key(out, "current");
        hpf_json_out_bool(out, ngx_strncmp(known->hash.data, current->data,
                                           current->len) == 0);
    }

    hpf_json_out_end_object(out);
}


static void
ngx_http_hpf_session_list_time(hpf_json_out_t *out, const char *key, time_t t)
{
    char  buf[HPF_TIME_LEN];

    hpf_json_out_key(out, key);
    hpf_json_out_string(out, buf,
                        hpf_time_rfc3339_seconds(buf, (int64_t) t * 1000));
}


/* DELETE /v1/sessions/{id}: somebody else's is as one that there is not. */

ngx_int_t
ngx_http_hpf_session_list_end_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    u_char  key[HPF_SESSION_KEY];

    if (ngx_http_hpf_sessions_hash(&ctx->arg, key) != NGX_OK) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    return ngx_http_hpf_sessions_peek(ctx, &ctx->arg,
                                      ngx_http_hpf_session_list_found);
}


static void
ngx_http_hpf_session_list_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;
    ngx_str_t  uid, owner;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        owner = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

        if (owner.len != uid.len
            || ngx_strncmp(owner.data, uid.data, uid.len) != 0)
        {
            rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
        }
    }

    if (rc == NGX_OK) {
        ngx_str_set(&ctx->event, "session-ended");
        ctx->ended_session = ctx->arg;

        rc = ngx_http_hpf_logout_one(ctx, &uid, &ctx->arg,
                                     ngx_http_hpf_session_list_one_ended);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static void
ngx_http_hpf_session_list_one_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    ngx_http_hpf_logout_forget(ctx, &ctx->arg);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}
