/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A user's own sessions: where he is logged in, and an end to one of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_session.h"


static void ngx_http_hpf_session_list_answer(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);
static json_t *ngx_http_hpf_session_list_one(ngx_http_hpf_known_t *known,
    ngx_str_t *current);
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
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                                 ngx_http_hpf_session_list_json(ctx, &current));
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


json_t *
ngx_http_hpf_session_list_json(ngx_http_hpf_ctx_t *ctx, ngx_str_t *current)
{
    json_t                *list;
    ngx_uint_t             i;
    ngx_http_hpf_walk_t   *walk;
    ngx_http_hpf_known_t  *known;

    walk = ctx->walk;
    known = walk->known.elts;

    ngx_http_hpf_sessions_sort(walk);

    list = json_array();

    for (i = 0; i < walk->known.nelts; i++) {

        if (json_array_append_new(list,
                                  ngx_http_hpf_session_list_one(&known[i],
                                                            current))
            != 0)
        {
            json_decref(list);
            return NULL;
        }
    }

    return json_pack("{s:o}", "sessions", list);
}


static json_t *
ngx_http_hpf_session_list_one(ngx_http_hpf_known_t *known, ngx_str_t *current)
{
    json_t  *one;

    one = json_pack("{s:s%,s:s%,s:i,s:o,s:o,s:o}",
                    "id", known->hash.data, known->hash.len,
                    "channel", known->channel.data, known->channel.len,
                    "level", (int) known->level,
                    "created_at",
                    ngx_http_hpf_json_time((time_t) (known->began / 1000)),
                    "last_used",
                    ngx_http_hpf_json_time(ngx_time() - known->unused),
                    "ends_at",
                    ngx_http_hpf_json_time(ngx_time() + known->left));

    if (one && current
        && json_object_set_new(one, "current",
                               json_boolean(ngx_strncmp(known->hash.data,
                                                        current->data,
                                                        current->len) == 0))
           != 0)
    {
        json_decref(one);
        return NULL;
    }

    return one;
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
