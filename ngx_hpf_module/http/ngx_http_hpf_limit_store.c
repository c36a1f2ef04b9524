/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits that hold for all nodes.  While the store does not answer, each node
 * goes on with buckets of its own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_limit.h"


/*
 * A question for a lease: its tokens are the node's and come to it also when
 * the request that asked has ended.
 */

struct ngx_http_hpf_limit_lease_s {
    ngx_pool_t                *pool;
    ngx_hpf_zone_t            *zone;
    ngx_http_hpf_limit_ask_t  *ask;        /* waits, or NULL */
    hpf_gcra_t                 rate;
    int64_t                    want;
    u_char                     key[HPF_HASH_LEN];
};


static ngx_hpf_redis_op_t *ngx_http_hpf_limit_eval(
    const ngx_http_hpf_limit_ask_t *ask, ngx_hpf_redis_pt handler,
    void *data);
static ngx_int_t ngx_http_hpf_limit_send(ngx_http_hpf_limit_ask_t *ask);
static ngx_http_hpf_limit_lease_t *ngx_http_hpf_limit_lease_ask(
    ngx_http_hpf_limit_ask_t *ask);
static void ngx_http_hpf_limit_lease_done(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_limit_send_group(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group);
static void ngx_http_hpf_limit_group_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_limit_answer(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_limit_decide(ngx_http_hpf_limit_ask_t *ask,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_limit_done(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc);
static ngx_uint_t ngx_http_hpf_limit_answered(
    const ngx_hpf_redis_reply_t *reply);
static int64_t ngx_http_hpf_limit_read(const ngx_hpf_redis_reply_t *reply,
    ngx_uint_t at, hpf_gcra_result_t *result);


/* What this worker last knew of the store. */

static ngx_uint_t  ngx_http_hpf_limit_alone;


ngx_int_t
ngx_http_hpf_limit_ask(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    const u_char *key, int64_t want)
{
    ngx_http_hpf_limit_ask_t  *ask;

    ask = ngx_palloc(ctx->request->pool, sizeof(ngx_http_hpf_limit_ask_t));
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ask->ctx = ctx;
    ask->limit = limit;
    ask->want = want;
    ask->op = NULL;
    ask->lease = NULL;
    ask->next = ctx->asks;

    ngx_memcpy(ask->key, key, HPF_HASH_LEN);

    ctx->asks = ask;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_limit_wait(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_group_t *group)
{
    ngx_http_hpf_limit_ask_t  *ask;

    ctx->op_rc = NGX_OK;
    ctx->asked = 0;

    for (ask = ctx->asks; ask; ask = ask->next) {

        if (ngx_http_hpf_limit_send(ask) != NGX_OK) {
            ngx_http_hpf_limit_cancel(ctx);
            return NGX_ERROR;
        }

        ctx->asked++;
    }

    if (group && group->n) {

        if (ngx_http_hpf_limit_send_group(ctx, group) != NGX_AGAIN) {
            ngx_http_hpf_limit_cancel(ctx);
            return NGX_ERROR;
        }

        ctx->asked++;
    }

    return ctx->asked ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_limit_send(ngx_http_hpf_limit_ask_t *ask)
{
    if (ask->limit->scope == NGX_HTTP_HPF_LEASED) {
        ask->lease = ngx_http_hpf_limit_lease_ask(ask);

        if (ask->lease == NULL) {
            return NGX_ERROR;
        }

        ask->lease->ask = ask;

        return NGX_OK;
    }

    ask->op = ngx_http_hpf_limit_eval(ask, ngx_http_hpf_limit_answer, ask);

    return ask->op ? NGX_OK : NGX_ERROR;
}


static ngx_hpf_redis_op_t *
ngx_http_hpf_limit_eval(const ngx_http_hpf_limit_ask_t *ask,
    ngx_hpf_redis_pt handler, void *data)
{
    ngx_str_t                  args[5], hash;
    hpf_gcra_t                *rate;
    ngx_http_hpf_ctx_t        *ctx;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx = ask->ctx;
    rate = &ask->limit->rate;
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    hash = ngx_http_hpf_store_hex(ctx, ask->key, HPF_HASH_LEN);

    args[0] = ngx_http_hpf_store_key(ctx, "l", &hash, ":limit");
    ngx_str_set(&args[1], "1");
    args[2] = ngx_http_hpf_store_int(ctx, rate->interval);
    args[3] = ngx_http_hpf_store_int(ctx, rate->interval * (rate->burst + 1));
    args[4] = ngx_http_hpf_store_int(ctx, ask->want);

    if (args[0].data == NULL || args[2].data == NULL || args[3].data == NULL
        || args[4].data == NULL)
    {
        return NULL;
    }

    eval.script = &ngx_hpf_redis_script_limit_take;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    ctx->store_trip = 1;

    return ngx_hpf_redis_gather(hmcf->redis, &eval, handler, data);
}


void
ngx_http_hpf_limit_ahead(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    const u_char *key, int64_t want)
{
    ngx_http_hpf_limit_ask_t   ask;
    ngx_http_hpf_main_conf_t  *hmcf;

    ask.ctx = ctx;
    ask.limit = limit;
    ask.want = want;

    ngx_memcpy(ask.key, key, HPF_HASH_LEN);

    if (ngx_http_hpf_limit_lease_ask(&ask) == NULL) {
        hmcf = ngx_http_get_module_main_conf(ctx->request,
                                             ngx_http_hpf_module);

        ngx_hpf_lease_grant(hmcf->zone, key, &limit->rate, NULL);
    }
}


static ngx_http_hpf_limit_lease_t *
ngx_http_hpf_limit_lease_ask(ngx_http_hpf_limit_ask_t *ask)
{
    ngx_pool_t                  *pool;
    ngx_http_hpf_main_conf_t    *hmcf;
    ngx_http_hpf_limit_lease_t  *lease;

    hmcf = ngx_http_get_module_main_conf(ask->ctx->request,
                                         ngx_http_hpf_module);

    pool = ngx_create_pool(sizeof(ngx_pool_t)
                           + sizeof(ngx_http_hpf_limit_lease_t),
                           ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    lease = ngx_palloc(pool, sizeof(ngx_http_hpf_limit_lease_t));

    if (lease == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    lease->pool = pool;
    lease->zone = hmcf->zone;
    lease->ask = NULL;
    lease->rate = ask->limit->rate;
    lease->want = ask->want;

    ngx_memcpy(lease->key, ask->key, HPF_HASH_LEN);

    if (ngx_http_hpf_limit_eval(ask, ngx_http_hpf_limit_lease_done, lease)
        == NULL)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    return lease;
}


/* One token is for the request that waits. */

static void
ngx_http_hpf_limit_lease_done(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_limit_lease_t *lease = data;

    hpf_lease_grant_t          grant;
    ngx_http_hpf_limit_ask_t  *ask;

    ask = lease->ask;

    grant.want = lease->want;
    grant.granted = ngx_http_hpf_limit_read(reply, 0, &grant.limit);
    grant.granted -= (ask && grant.granted > 0);

    ngx_hpf_lease_grant(lease->zone, lease->key, &lease->rate,
                        ngx_http_hpf_limit_answered(reply) ? &grant : NULL);

    ngx_destroy_pool(lease->pool);

    if (ask) {
        ask->lease = NULL;
        ngx_http_hpf_limit_answer(ask, reply);
    }
}


static ngx_int_t
ngx_http_hpf_limit_send_group(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group)
{
    ngx_str_t              args[NGX_HTTP_HPF_LIMIT_ARGS];
    ngx_uint_t             n;
    ngx_hpf_redis_eval_t   eval;

    n = group->n;

    args[n] = ngx_http_hpf_store_int(ctx, n);

    if (args[n].data == NULL
        || ngx_http_hpf_limit_keys(ctx, group, args) != NGX_OK
        || ngx_http_hpf_limit_numbers(ctx, group, args + n + 1) != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_limit_take;
    eval.nkeys = n;
    eval.argc = 1 + 4 * n;
    eval.args = args;

    return ngx_http_hpf_store_gather(ctx, &eval,
                                     ngx_http_hpf_limit_group_answer);
}


ngx_int_t
ngx_http_hpf_limit_names(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *args)
{
    ngx_uint_t  i;

    for (i = 0; i < group->n; i++) {
        args[i] = ngx_http_hpf_store_hex(ctx, group->limits[i]->hash,
                                         HPF_HASH_LEN);
        if (args[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_limit_numbers(ctx, group, args + group->n);
}


ngx_int_t
ngx_http_hpf_limit_numbers(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *args)
{
    ngx_uint_t   i;
    hpf_gcra_t  *rate;

    for (i = 0; i < group->n; i++, args += 3) {
        rate = &group->limits[i]->rate;

        args[0] = ngx_http_hpf_store_int(ctx, rate->interval);
        args[1] = ngx_http_hpf_store_int(ctx,
                                         rate->interval * (rate->burst + 1));
        ngx_str_set(&args[2], "1");

        if (args[0].data == NULL || args[1].data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_limit_keys(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *keys)
{
    char        suffix[sizeof(":limit:") + 2 * HPF_HASH_LEN];
    u_char     *p;
    ngx_str_t   uid;
    ngx_uint_t  i;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    for (i = 0; i < group->n; i++) {
        p = ngx_cpymem(suffix, ":limit:", sizeof(":limit:") - 1);
        p = ngx_hex_dump(p, group->limits[i]->hash, HPF_HASH_LEN);
        *p = '\0';

        keys[i] = ngx_http_hpf_store_key(ctx, "u", &uid, suffix);

        if (keys[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_hpf_limit_group_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_limit_group_t  group;

    ngx_http_hpf_limit_group(ctx, &group);

    ngx_http_hpf_limit_done(ctx, ngx_http_hpf_limit_answered(reply)
                            ? ngx_http_hpf_limit_told(ctx, &group, reply, 0)
                            : ngx_http_hpf_limit_own(ctx, &group));
}


/*
 * None of a group was taken when one had no room: that one has a time until
 * there is.
 */

ngx_int_t
ngx_http_hpf_limit_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t at)
{
    int64_t            taken;
    ngx_int_t          rc;
    ngx_uint_t         i;
    hpf_gcra_result_t  result;

    ctx->limits_taken = 1;

    for (i = 0; i < group->n; i++, at += NGX_HTTP_HPF_LIMIT_ANSWER) {

        taken = ngx_http_hpf_limit_read(reply, at, &result);

        if (taken == 0 && result.retry_after == 0) {
            continue;
        }

        rc = ngx_http_hpf_limit_verdict(ctx, group->limits[i], taken == 0,
                                        &result, NGX_HTTP_HPF_LIMIT_STORE);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static void
ngx_http_hpf_limit_answer(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_limit_ask_t *ask = data;

    ask->op = NULL;

    ngx_http_set_log_request(ask->ctx->request->connection->log,
                             ask->ctx->request);

    ngx_http_hpf_limit_done(ask->ctx, ngx_http_hpf_limit_decide(ask, reply));
}


static ngx_int_t
ngx_http_hpf_limit_decide(ngx_http_hpf_limit_ask_t *ask,
    const ngx_hpf_redis_reply_t *reply)
{
    int64_t            taken;
    hpf_gcra_result_t  result;

    if (ask->ctx->op_rc != NGX_OK) {
        return ask->ctx->op_rc;
    }

    if (!ngx_http_hpf_limit_answered(reply)) {
        return ngx_http_hpf_limit_local(ask->ctx, ask->limit, ask->key);
    }

    taken = ngx_http_hpf_limit_read(reply, 0, &result);

    return ngx_http_hpf_limit_verdict(ask->ctx, ask->limit, taken == 0,
                                      &result, NGX_HTTP_HPF_LIMIT_STORE);
}


/* One of those that were asked for; with the last one the line goes on. */

static void
ngx_http_hpf_limit_done(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (ctx->op_rc == NGX_OK) {
        ctx->op_rc = rc;
    }

    if (--ctx->asked) {
        return;
    }

    ctx->asks = NULL;
    ctx->resumed = 1;

    ngx_http_hpf_resume(ctx->request);
}


static ngx_uint_t
ngx_http_hpf_limit_answered(const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t   text;
    ngx_uint_t  alone;

    alone = (ngx_hpf_redis_count(reply) < NGX_HTTP_HPF_LIMIT_ANSWER);

    if (alone == ngx_http_hpf_limit_alone) {
        return !alone;
    }

    ngx_http_hpf_limit_alone = alone;

    if (alone) {
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "hpf limit: limits of all nodes hold for this node "
                      "alone: %V", &text);

    } else {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "hpf limit: limits hold for all nodes again");
    }

    return !alone;
}


/* Tokens that were taken. */

static int64_t
ngx_http_hpf_limit_read(const ngx_hpf_redis_reply_t *reply, ngx_uint_t at,
    hpf_gcra_result_t *result)
{
    result->remaining = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, at + 1));
    result->reset = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, at + 2));
    result->retry_after = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply,
                                                                 at + 3));

    return ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, at));
}


void
ngx_http_hpf_limit_cancel(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_limit_ask_t  *ask;

    for (ask = ctx->asks; ask; ask = ask->next) {

        if (ask->op) {
            ngx_hpf_redis_cancel(ask->op);
        }

        if (ask->lease) {
            ask->lease->ask = NULL;
        }
    }

    ctx->asks = NULL;
}
