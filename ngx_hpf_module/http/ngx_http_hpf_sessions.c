/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The sessions of a user: those that are alive, one of them, all of them, or
 * those that are too many.  Each is in a slot of its own, so Redis is asked
 * for one after the other.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hex.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_SESSIONS  1000    /* of a user, the newest, are shown */


static ngx_int_t ngx_http_hpf_sessions_begin(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *uid, ngx_http_hpf_walk_pt handler);
static ngx_int_t ngx_http_hpf_sessions_list(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *acting, ngx_int_t last, ngx_http_hpf_store_pt listed);
static ngx_int_t ngx_http_hpf_sessions_hashes(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_sessions_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_sessions_next(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_sessions_peeked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_sessions_end_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_sessions_end_next(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_sessions_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_sessions_crowded(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc);
static int ngx_libc_cdecl ngx_http_hpf_sessions_cmp(const void *one,
    const void *two);


ngx_int_t
ngx_http_hpf_sessions_walk(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_http_hpf_walk_pt handler)
{
    return ngx_http_hpf_sessions_begin(ctx, uid, handler) == NGX_OK
           ? ngx_http_hpf_sessions_list(ctx, NULL, NGX_HTTP_HPF_SESSIONS - 1,
                                        ngx_http_hpf_sessions_listed)
           : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_sessions_end(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_http_hpf_walk_pt handler)
{
    return ngx_http_hpf_sessions_begin(ctx, uid, handler) == NGX_OK
           ? ngx_http_hpf_sessions_list(ctx, NULL, -1,
                                        ngx_http_hpf_sessions_end_listed)
           : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_sessions_begin(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_http_hpf_walk_pt handler)
{
    ngx_pool_t           *pool;
    ngx_http_hpf_walk_t  *walk;

    pool = ctx->request->pool;

    walk = ngx_pcalloc(pool, sizeof(ngx_http_hpf_walk_t));

    if (walk == NULL
        || ngx_array_init(&walk->hashes, pool, 8, sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&walk->known, pool, 8, sizeof(ngx_http_hpf_known_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    walk->uid = *uid;
    walk->handler = handler;

    ctx->walk = walk;

    return NGX_OK;
}


/*
 * Those of the user, or of one who acts for a unit: the newest up to the last
 * that is wanted, -1 is the oldest.
 */

static ngx_int_t
ngx_http_hpf_sessions_list(ngx_http_hpf_ctx_t *ctx, ngx_str_t *acting,
    ngx_int_t last, ngx_http_hpf_store_pt listed)
{
    ngx_str_t  argv[4], *uid;

    uid = &ctx->walk->uid;

    ngx_str_set(&argv[0], "ZREVRANGE");
    argv[1] = acting
              ? ngx_http_hpf_session_handler_key(ctx, uid, acting)
              : ngx_http_hpf_store_key(ctx, "u", uid, ":sessions");
    ngx_str_set(&argv[2], "0");
    argv[3] = ngx_http_hpf_store_int(ctx, last);

    return ngx_http_hpf_store_command(ctx, 4, argv, listed);
}


static ngx_int_t
ngx_http_hpf_sessions_hashes(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char       key[HPF_SESSION_KEY];
    ngx_int_t    rc;
    ngx_str_t    text, *hash;
    ngx_uint_t   i;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc != NGX_OK) {
        return rc;
    }

    for (i = 0; i < ngx_hpf_redis_count(reply); i++) {
        text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));

        if (ngx_http_hpf_sessions_hash(&text, key) != NGX_OK) {
            continue;
        }

        hash = ngx_array_push(&ctx->walk->hashes);

        if (hash == NULL) {
            return NGX_ERROR;
        }

        hash->len = text.len;
        hash->data = ngx_pstrdup(ctx->request->pool, &text);

        if (hash->data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_sessions_hash(ngx_str_t *hash, u_char *key)
{
    return hash->len == 2 * HPF_SESSION_KEY
           && hpf_hex_decode(hash->data, hash->len, key) == 0
           ? NGX_OK : NGX_DECLINED;
}


static void
ngx_http_hpf_sessions_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_sessions_hashes(ctx, reply);

    if (rc != NGX_OK) {
        ctx->walk->handler(ctx, rc);
        return;
    }

    ngx_http_hpf_sessions_next(ctx);
}


static void
ngx_http_hpf_sessions_next(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t            *hash;
    ngx_http_hpf_walk_t  *walk;

    walk = ctx->walk;
    hash = walk->hashes.elts;

    if (walk->n == walk->hashes.nelts) {
        walk->handler(ctx, NGX_OK);
        return;
    }

    if (ngx_http_hpf_sessions_peek(ctx, &hash[walk->n],
                                   ngx_http_hpf_sessions_peeked)
        != NGX_AGAIN)
    {
        walk->handler(ctx, NGX_ERROR);
    }
}


ngx_int_t
ngx_http_hpf_sessions_peek(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t             args[2];
    ngx_hpf_redis_eval_t  eval;

    args[0] = ngx_http_hpf_store_key(ctx, "s", hash, "");
    args[1] = ngx_http_hpf_session_key(ctx, "idle", hash);

    if (args[0].data == NULL || args[1].data == NULL) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_session_peek;
    eval.nkeys = 2;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, handler);
}


static void
ngx_http_hpf_sessions_peeked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t              rc;
    ngx_str_t             *hash;
    ngx_http_hpf_walk_t   *walk;
    ngx_http_hpf_known_t  *known;

    walk = ctx->walk;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        known = ngx_array_push(&walk->known);
        rc = known ? ngx_http_hpf_sessions_read(ctx, reply, known) : NGX_ERROR;

        if (rc == NGX_OK) {
            hash = walk->hashes.elts;
            known->hash = hash[walk->n];

        } else if (known) {
            walk->known.nelts--;
        }
    }

    if (rc != NGX_OK && rc != NGX_DECLINED) {
        walk->handler(ctx, rc);
        return;
    }

    walk->n++;

    ngx_http_hpf_sessions_next(ctx);
}


ngx_int_t
ngx_http_hpf_sessions_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_http_hpf_known_t *known)
{
    ngx_str_t    text;
    ngx_pool_t  *pool;

    pool = ctx->request->pool;

    if (ngx_hpf_redis_count(reply) < 9) {
        return NGX_DECLINED;
    }

    ngx_memzero(known, sizeof(ngx_http_hpf_known_t));

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    known->level = ngx_atoi(text.data, text.len);

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 2));
    known->channel.data = ngx_pstrdup(pool, &text);
    known->channel.len = text.len;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 3));
    known->factors.data = ngx_pstrdup(pool, &text);
    known->factors.len = text.len;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 4));
    known->began = ngx_atoof(text.data, text.len);

    known->left = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 5));
    known->unused = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 6));

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 7));
    known->acts.data = ngx_pstrdup(pool, &text);
    known->acts.len = text.len;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 8));
    known->cert.data = ngx_pstrdup(pool, &text);
    known->cert.len = text.len;

    return known->channel.data && known->factors.data && known->acts.data
           && known->cert.data && known->level <= NGX_HTTP_HPF_LEVELS
           ? NGX_OK : NGX_ERROR;
}


/* All end: the list of those that were known to be a user's. */

static void
ngx_http_hpf_sessions_end_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t             rc;
    ngx_str_t            *hash, own;
    ngx_uint_t            i;
    ngx_http_hpf_walk_t  *walk;

    walk = ctx->walk;

    rc = ngx_http_hpf_sessions_hashes(ctx, reply);

    if (rc != NGX_OK) {
        walk->handler(ctx, rc);
        return;
    }

    /* if the store goes away in between, the user can try once more */

    own = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);
    hash = walk->hashes.elts;

    for (i = 0; i + 1 < walk->hashes.nelts; i++) {

        if (ngx_strncmp(hash[i].data, own.data, own.len) == 0) {
            own = hash[i];
            hash[i] = hash[walk->hashes.nelts - 1];
            hash[walk->hashes.nelts - 1] = own;
            break;
        }
    }

    ngx_http_hpf_sessions_end_next(ctx);
}


static void
ngx_http_hpf_sessions_end_next(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t            *hash;
    ngx_http_hpf_walk_t  *walk;

    walk = ctx->walk;
    hash = walk->hashes.elts;

    if (walk->n == walk->hashes.nelts) {
        walk->handler(ctx, NGX_OK);
        return;
    }

    if (ngx_http_hpf_logout_one(ctx, &walk->uid, &hash[walk->n],
                                ngx_http_hpf_sessions_ended)
        != NGX_AGAIN)
    {
        walk->handler(ctx, NGX_ERROR);
    }
}


static void
ngx_http_hpf_sessions_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t             rc;
    ngx_str_t            *hash;
    ngx_http_hpf_walk_t  *walk;

    walk = ctx->walk;
    hash = walk->hashes.elts;

    rc = ngx_http_hpf_store_check(ctx, reply);

    ngx_http_hpf_logout_forget(ctx, &hash[walk->n]);

    if (rc != NGX_OK) {
        walk->handler(ctx, rc);
        return;
    }

    walk->n++;

    ngx_http_hpf_sessions_end_next(ctx);
}


/*
 * After the new one is there: who comes last sees all of them, so that of
 * many at once no more stay than there may be.
 */

ngx_int_t
ngx_http_hpf_sessions_crowd_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ctx->channel->session_max == 0) {
        return NGX_OK;
    }

    return ngx_http_hpf_sessions_begin(ctx, &person->uid,
                                       ngx_http_hpf_sessions_crowded)
           == NGX_OK
           ? ngx_http_hpf_sessions_list(ctx,
                                        person->unit ? &person->handler : NULL,
                                        NGX_HTTP_HPF_SESSIONS - 1,
                                        ngx_http_hpf_sessions_listed)
           : NGX_ERROR;
}


/* What is left in walk->hashes is to end. */

static void
ngx_http_hpf_sessions_crowded(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    ngx_str_t             *hash;
    ngx_uint_t             i, n;
    ngx_http_hpf_walk_t   *walk;
    ngx_http_hpf_known_t  *known;

    walk = ctx->walk;

    if (rc != NGX_OK) {
        ngx_http_hpf_flow_next(ctx, rc);
        return;
    }

    known = walk->known.elts;

    ngx_http_hpf_sessions_sort(walk);

    n = 0;
    walk->n = 0;
    walk->hashes.nelts = 0;
    walk->handler = ngx_http_hpf_flow_next;

    ctx->ending = "too-many";

    for (i = 0; i < walk->known.nelts; i++) {

        if (known[i].channel.len != ctx->channel->id.len
            || ngx_strncmp(known[i].channel.data, ctx->channel->id.data,
                           ctx->channel->id.len) != 0
            || n++ < ctx->channel->session_max)
        {
            continue;
        }

        /* there is room: it held all that are known */

        hash = ngx_array_push(&walk->hashes);
        *hash = known[i].hash;

        ctx->ended_session = *hash;
    }

    ngx_http_hpf_sessions_end_next(ctx);
}


void
ngx_http_hpf_sessions_sort(ngx_http_hpf_walk_t *walk)
{
    ngx_qsort(walk->known.elts, walk->known.nelts,
              sizeof(ngx_http_hpf_known_t), ngx_http_hpf_sessions_cmp);
}


static int ngx_libc_cdecl
ngx_http_hpf_sessions_cmp(const void *one, const void *two)
{
    const ngx_http_hpf_known_t  *a, *b;

    a = one;
    b = two;

    if (a->began != b->began) {
        return a->began > b->began ? -1 : 1;
    }

    return ngx_strncmp(a->hash.data, b->hash.data, a->hash.len);
}
