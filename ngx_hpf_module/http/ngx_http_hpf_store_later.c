/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A command whose answer never came may still be executed, when Redis goes
 * on: what it did is taken back as soon as Redis can be reached, since the
 * user was told that it failed.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_LATER_PAUSE  200      /* ms */
#define NGX_HTTP_HPF_LATER_TRIES  3000     /* ten minutes */


/* Lives in a pool of its own, longer than the request. */

typedef struct {
    ngx_event_t            timer;
    ngx_pool_t            *pool;
    ngx_hpf_redis_t       *redis;
    ngx_uint_t             tries;
    ngx_hpf_redis_eval_t   eval;
} ngx_http_hpf_store_later_t;


static ngx_int_t ngx_http_hpf_store_later_copy(
    ngx_http_hpf_store_later_t *later, const ngx_hpf_redis_eval_t *eval);
static void ngx_http_hpf_store_later_try(ngx_event_t *ev);
static void ngx_http_hpf_store_later_done(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_store_later_arm(ngx_http_hpf_store_later_t *later);


void
ngx_http_hpf_store_later(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval)
{
    ngx_pool_t                  *pool;
    ngx_http_hpf_main_conf_t    *hmcf;
    ngx_http_hpf_store_later_t  *later;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    later = ngx_pcalloc(pool, sizeof(ngx_http_hpf_store_later_t));

    if (later == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    later->pool = pool;
    later->redis = hmcf->redis;

    if (ngx_http_hpf_store_later_copy(later, eval) != NGX_OK) {
        ngx_destroy_pool(pool);
        return;
    }

    later->timer.data = later;
    later->timer.handler = ngx_http_hpf_store_later_try;
    later->timer.log = ngx_cycle->log;
    later->timer.cancelable = 1;

    ngx_http_hpf_store_later_arm(later);
}


static ngx_int_t
ngx_http_hpf_store_later_copy(ngx_http_hpf_store_later_t *later,
    const ngx_hpf_redis_eval_t *eval)
{
    ngx_str_t   *args;
    ngx_uint_t   i;

    args = ngx_palloc(later->pool, eval->argc * sizeof(ngx_str_t));
    if (args == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < eval->argc; i++) {
        args[i].len = eval->args[i].len;
        args[i].data = ngx_pstrdup(later->pool,
                                   (ngx_str_t *) &eval->args[i]);

        if (args[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    later->eval = *eval;
    later->eval.args = args;

    return NGX_OK;
}


static void
ngx_http_hpf_store_later_try(ngx_event_t *ev)
{
    ngx_http_hpf_store_later_t  *later;

    later = ev->data;

    if (ngx_hpf_redis_eval(later->redis, &later->eval,
                           ngx_http_hpf_store_later_done, later)
        == NULL)
    {
        ngx_http_hpf_store_later_arm(later);
    }
}


static void
ngx_http_hpf_store_later_done(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_store_later_t *later = data;

    if (ngx_hpf_redis_type(reply) >= NGX_HPF_REDIS_ERROR) {
        ngx_http_hpf_store_later_arm(later);
        return;
    }

    ngx_destroy_pool(later->pool);
}


static void
ngx_http_hpf_store_later_arm(ngx_http_hpf_store_later_t *later)
{
    if (ngx_exiting || later->tries++ == NGX_HTTP_HPF_LATER_TRIES) {
        ngx_destroy_pool(later->pool);
        return;
    }

    ngx_add_timer(&later->timer, NGX_HTTP_HPF_LATER_PAUSE);
}
