/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Verifies a signature.  What takes long, SM2, is done by nginx's threads, so
 * that other requests do not wait for it.  A thread has a copy of all that it
 * reads: the request may end first.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif

#include "ngx_http_hpf_signature.h"


struct ngx_http_hpf_verify_s {
    ngx_pool_t           *pool;
    ngx_http_hpf_ctx_t   *ctx;         /* NULL: the request has ended */
    hpf_sign_key_t       *key;
    hpf_crypto_part_t     text;
    hpf_crypto_part_t     signature;
    int                   rc;
};


static void ngx_http_hpf_signature_parts(ngx_http_hpf_signer_t *signer,
    hpf_crypto_part_t *text, hpf_crypto_part_t *signature);

#if (NGX_THREADS)
static ngx_int_t ngx_http_hpf_signature_post(ngx_http_hpf_ctx_t *ctx,
    ngx_thread_pool_t *threads);
static ngx_int_t ngx_http_hpf_signature_copy(ngx_pool_t *pool,
    hpf_crypto_part_t *part);
static void ngx_http_hpf_signature_thread(void *data, ngx_log_t *log);
static void ngx_http_hpf_signature_done(ngx_event_t *ev);
#endif


ngx_int_t
ngx_http_hpf_signature_verify(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_signer_t *signer)
{
    hpf_crypto_part_t  text, signature;

#if (NGX_THREADS)
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (hmcf->sign_threads && hpf_sign_key_slow(signer->key)
        && ngx_http_hpf_signature_post(ctx, hmcf->sign_threads) == NGX_OK)
    {
        return NGX_AGAIN;
    }
#endif

    ngx_http_hpf_signature_parts(signer, &text, &signature);

    signer->verified = hpf_sign_verify(signer->key, &text, &signature);

    return NGX_OK;
}


static void
ngx_http_hpf_signature_parts(ngx_http_hpf_signer_t *signer,
    hpf_crypto_part_t *text, hpf_crypto_part_t *signature)
{
    text->data = signer->base.data;
    text->len = signer->base.len;
    signature->data = signer->sig.signature;
    signature->len = signer->sig.signature_len;
}


void
ngx_http_hpf_signature_cancel(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->signer && ctx->signer->verify) {
        ctx->signer->verify->ctx = NULL;
    }
}


char *
ngx_http_hpf_signature_threads(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
#if (NGX_THREADS)
    ngx_uint_t               i, j;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        for (j = 0; j < ch[i].nkeys; j++) {

            if (!hpf_sign_key_slow(ch[i].keys[j].sign)) {
                continue;
            }

            hmcf->sign_threads = ngx_thread_pool_add(cf, NULL);

            return hmcf->sign_threads ? NGX_CONF_OK : NGX_CONF_ERROR;
        }
    }
#endif

    return NGX_CONF_OK;
}


#if (NGX_THREADS)

/* NGX_DECLINED: no thread does it. */

static ngx_int_t
ngx_http_hpf_signature_post(ngx_http_hpf_ctx_t *ctx,
    ngx_thread_pool_t *threads)
{
    ngx_pool_t             *pool;
    ngx_thread_task_t      *task;
    ngx_http_hpf_verify_t  *verify;

    pool = ngx_create_pool(ctx->signer->base.len + 1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_DECLINED;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_http_hpf_verify_t));
    if (task == NULL) {
        goto declined;
    }

    verify = task->ctx;

    verify->pool = pool;
    verify->ctx = ctx;
    verify->key = ctx->signer->key;

    ngx_http_hpf_signature_parts(ctx->signer, &verify->text,
                                 &verify->signature);

    task->handler = ngx_http_hpf_signature_thread;
    task->event.handler = ngx_http_hpf_signature_done;
    task->event.data = verify;

    if (ngx_http_hpf_signature_copy(pool, &verify->text) != NGX_OK
        || ngx_http_hpf_signature_copy(pool, &verify->signature) != NGX_OK
        || ngx_thread_task_post(threads, task) != NGX_OK)
    {
        goto declined;
    }

    hpf_sign_key_ref(verify->key);

    ctx->signer->verify = verify;

    return NGX_OK;

declined:

    ngx_destroy_pool(pool);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hpf_signature_copy(ngx_pool_t *pool, hpf_crypto_part_t *part)
{
    u_char  *p;

    p = ngx_pnalloc(pool, part->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, part->data, part->len);
    part->data = p;

    return NGX_OK;
}


static void
ngx_http_hpf_signature_thread(void *data, ngx_log_t *log)
{
    ngx_http_hpf_verify_t *verify = data;

    verify->rc = hpf_sign_verify(verify->key, &verify->text,
                                 &verify->signature);
}


static void
ngx_http_hpf_signature_done(ngx_event_t *ev)
{
    ngx_http_hpf_verify_t *verify = ev->data;

    ngx_http_hpf_ctx_t  *ctx;

    ctx = verify->ctx;

    if (ctx) {
        ctx->signer->verified = verify->rc;
        ctx->signer->verify = NULL;
    }

    hpf_sign_key_destroy(verify->key);
    ngx_destroy_pool(verify->pool);

    if (ctx) {
        ngx_http_hpf_resume(ctx->request);
    }
}

#endif
