/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Verifies signatures in nginx's threads, see the header.  A thread has a copy
 * of all that it reads: the request may end first.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>

#include "ngx_http_hpf_verify.h"


typedef struct {
    ngx_http_hpf_verify_t   verify;
    ngx_pool_t             *pool;
    ngx_http_hpf_ctx_t     *ctx;           /* NULL: the request has ended */
    ngx_pool_cleanup_t     *cln;
    int                     rc;
} ngx_http_hpf_verify_job_t;


static ngx_thread_task_t *ngx_http_hpf_verify_job(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_verify_t *verify);
static ngx_int_t ngx_http_hpf_verify_copy(ngx_pool_t *pool,
    hpf_crypto_part_t *part);
static void ngx_http_hpf_verify_thread(void *data, ngx_log_t *log);
static void ngx_http_hpf_verify_done(ngx_event_t *ev);
static void ngx_http_hpf_verify_left(void *data);


ngx_int_t
ngx_http_hpf_verify(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_verify_t *verify)
{
    ngx_thread_task_t          *task;
    ngx_http_hpf_main_conf_t   *hmcf;
    ngx_http_hpf_verify_job_t  *job;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    task = hmcf->sign_threads ? ngx_http_hpf_verify_job(ctx, verify) : NULL;

    if (task) {

        if (ngx_thread_task_post(hmcf->sign_threads, task) == NGX_OK) {
            return NGX_AGAIN;
        }

        job = task->ctx;
        job->cln->handler = NULL;

        ngx_destroy_pool(job->pool);
    }

    verify->release(verify->owner);

    return NGX_DECLINED;
}


static ngx_thread_task_t *
ngx_http_hpf_verify_job(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_verify_t *verify)
{
    ngx_pool_t                 *pool;
    ngx_thread_task_t          *task;
    ngx_pool_cleanup_t         *cln;
    ngx_http_hpf_verify_job_t  *job;

    pool = ngx_create_pool(verify->text.len + 1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_http_hpf_verify_job_t));
    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);

    if (task == NULL || cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    job = task->ctx;
    job->verify = *verify;

    if (ngx_http_hpf_verify_copy(pool, &job->verify.text) != NGX_OK
        || ngx_http_hpf_verify_copy(pool, &job->verify.signature) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    job->pool = pool;
    job->ctx = ctx;
    job->cln = cln;

    cln->handler = ngx_http_hpf_verify_left;
    cln->data = job;

    task->handler = ngx_http_hpf_verify_thread;
    task->event.handler = ngx_http_hpf_verify_done;
    task->event.data = job;

    return task;
}


static ngx_int_t
ngx_http_hpf_verify_copy(ngx_pool_t *pool, hpf_crypto_part_t *part)
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
ngx_http_hpf_verify_thread(void *data, ngx_log_t *log)
{
    ngx_http_hpf_verify_job_t *job = data;

    job->rc = job->verify.verify(job->verify.key, &job->verify.text,
                                 &job->verify.signature);
}


static void
ngx_http_hpf_verify_done(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_hpf_verify_job_t  *job;

    job = ev->data;

    job->verify.release(job->verify.owner);

    if (job->ctx) {
        c = job->ctx->request->connection;
        job->cln->handler = NULL;

        ngx_http_set_log_request(c->log, job->ctx->request);

        job->verify.handler(job->ctx, job->rc);

        ngx_http_run_posted_requests(c);
    }

    ngx_destroy_pool(job->pool);
}


static void
ngx_http_hpf_verify_left(void *data)
{
    ngx_http_hpf_verify_job_t *job = data;

    job->ctx = NULL;
}


char *
ngx_http_hpf_verify_threads(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    if (hmcf->sign_threads == NULL) {
        hmcf->sign_threads = ngx_thread_pool_add(cf, NULL);
    }

    return hmcf->sign_threads ? NGX_CONF_OK : NGX_CONF_ERROR;
}
