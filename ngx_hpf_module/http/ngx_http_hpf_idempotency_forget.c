/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * An attempt that Redis may have noted although its answer never came: it is
 * taken back as soon as Redis can be reached, since the user, who was told
 * that it failed, would else wait for one that nobody makes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"
#include "ngx_hpf_redis_script.h"


#define NGX_HTTP_HPF_FORGET_PAUSE  200     /* ms */
#define NGX_HTTP_HPF_FORGET_TRIES  300     /* it ends by itself after 60 s */


/* Lives in a pool of its own, longer than the request. */

typedef struct {
    ngx_event_t       timer;
    ngx_pool_t       *pool;
    ngx_hpf_redis_t  *redis;
    ngx_uint_t        tries;
    ngx_str_t         args[6];
} ngx_http_hpf_forget_t;


static void ngx_http_hpf_idempotency_forget_try(ngx_event_t *ev);
static void ngx_http_hpf_idempotency_forgotten(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_idempotency_forget_later(
    ngx_http_hpf_forget_t *forget);


void
ngx_http_hpf_idempotency_forget(ngx_http_hpf_ctx_t *ctx, ngx_str_t *token)
{
    ngx_pool_t                *pool;
    ngx_http_hpf_forget_t     *forget;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    forget = ngx_pcalloc(pool, sizeof(ngx_http_hpf_forget_t));

    if (forget) {
        forget->args[0].data = ngx_pstrdup(pool, &ctx->idem_store);
        forget->args[1].data = ngx_pstrdup(pool, token);
    }

    if (forget == NULL || forget->args[0].data == NULL
        || forget->args[1].data == NULL)
    {
        ngx_destroy_pool(pool);
        return;
    }

    forget->args[0].len = ctx->idem_store.len;
    forget->args[1].len = token->len;

    forget->pool = pool;
    forget->redis = hmcf->redis;

    forget->timer.data = forget;
    forget->timer.handler = ngx_http_hpf_idempotency_forget_try;
    forget->timer.log = ngx_cycle->log;
    forget->timer.cancelable = 1;

    ngx_http_hpf_idempotency_forget_later(forget);
}


static void
ngx_http_hpf_idempotency_forget_try(ngx_event_t *ev)
{
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_forget_t  *forget;

    forget = ev->data;

    eval.script = &ngx_hpf_redis_script_idempotency_end;
    eval.nkeys = 1;
    eval.argc = 6;
    eval.args = forget->args;

    if (ngx_hpf_redis_eval(forget->redis, &eval,
                           ngx_http_hpf_idempotency_forgotten, forget)
        == NULL)
    {
        ngx_http_hpf_idempotency_forget_later(forget);
    }
}


static void
ngx_http_hpf_idempotency_forgotten(void *data,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_forget_t *forget = data;

    if (ngx_hpf_redis_type(reply) >= NGX_HPF_REDIS_ERROR) {
        ngx_http_hpf_idempotency_forget_later(forget);
        return;
    }

    ngx_destroy_pool(forget->pool);
}


static void
ngx_http_hpf_idempotency_forget_later(ngx_http_hpf_forget_t *forget)
{
    if (ngx_exiting || forget->tries++ == NGX_HTTP_HPF_FORGET_TRIES) {
        ngx_destroy_pool(forget->pool);
        return;
    }

    ngx_add_timer(&forget->timer, NGX_HTTP_HPF_FORGET_PAUSE);
}
