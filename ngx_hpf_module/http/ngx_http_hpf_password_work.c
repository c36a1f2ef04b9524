/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * scrypt in nginx's threads: a tenth of a second and 32 megabytes for each
 * hash.  So no more than some are at work at once, and no more than some wait.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_password.h"


static void ngx_http_hpf_password_post(ngx_http_hpf_password_work_t *work);
static void ngx_http_hpf_password_thread(void *data, ngx_log_t *log);
static void ngx_http_hpf_password_done(ngx_event_t *ev);
static void ngx_http_hpf_password_next(ngx_http_hpf_password_t *password);
static void ngx_http_hpf_password_left(void *data);
static void ngx_http_hpf_password_free(ngx_http_hpf_password_work_t *work);


ngx_http_hpf_password_work_t *
ngx_http_hpf_password_work(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    ngx_pool_t                    *pool;
    ngx_http_hpf_main_conf_t      *hmcf;
    ngx_http_hpf_password_work_t  *work;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    pool = ngx_create_pool(2048, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    work = ngx_pcalloc(pool, sizeof(ngx_http_hpf_password_work_t));

    if (work) {
        work->text.len = text->len;
        work->text.data = ngx_pstrdup(pool, text);
        work->cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    }

    if (work == NULL || work->text.data == NULL || work->cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    work->pool = pool;
    work->ctx = ctx;
    work->password = hmcf->password;
    work->cln->handler = ngx_http_hpf_password_left;
    work->cln->data = work;

    return work;
}


ngx_int_t
ngx_http_hpf_password_add_new(ngx_http_hpf_password_work_t *work)
{
    hpf_password_t  *hash;

    hash = &work->hashes[work->n++];
    hash->cost = work->password->cost;

    return hpf_crypto_random(hash->salt, HPF_PASSWORD_SALT) == 0 ? NGX_OK
                                                                 : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_password_add(ngx_http_hpf_password_work_t *work,
    ngx_str_t *record)
{
    hpf_crypto_part_t  part;

    part.data = record->data;
    part.len = record->len;

    if (hpf_password_read(&work->hashes[work->n], &part) != HPF_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(work->wanted[work->n], work->hashes[work->n].hash,
               HPF_PASSWORD_HASH);
    work->n++;

    return NGX_OK;
}


ngx_uint_t
ngx_http_hpf_password_equal(ngx_http_hpf_password_work_t *work, ngx_uint_t i)
{
    return hpf_crypto_equal(work->wanted[i], work->hashes[i].hash,
                            HPF_PASSWORD_HASH);
}


ngx_int_t
ngx_http_hpf_password_start(ngx_http_hpf_password_work_t *work,
    ngx_http_hpf_password_pt handler)
{
    ngx_http_hpf_ctx_t       *ctx;
    ngx_http_hpf_password_t  *password;

    password = work->password;
    ctx = work->ctx;

    if (password->nwaiting == password->queue
        && password->running == password->threads)
    {
        if (ngx_time() - password->told > 59) {
            password->told = ngx_time();

            ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                          "hpf password: %ui wait already, others are refused",
                          password->nwaiting);
        }

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
    }

    work->handler = handler;
    work->state = NGX_HTTP_HPF_PASSWORD_WAITS;

    ngx_queue_insert_tail(&password->waiting, &work->queue);
    password->nwaiting++;

    ngx_http_hpf_password_next(password);

    return NGX_AGAIN;
}


static void
ngx_http_hpf_password_next(ngx_http_hpf_password_t *password)
{
    ngx_queue_t                   *q;
    ngx_http_hpf_password_work_t  *work;

    while (password->nwaiting && password->running < password->threads) {

        q = ngx_queue_head(&password->waiting);
        work = ngx_queue_data(q, ngx_http_hpf_password_work_t, queue);

        ngx_queue_remove(q);
        password->nwaiting--;
        password->running++;

        ngx_http_hpf_password_post(work);
    }
}


/* What cannot be posted fails in a turn of its own, as the contract says. */

static void
ngx_http_hpf_password_post(ngx_http_hpf_password_work_t *work)
{
    ngx_thread_task_t  *task;

    work->state = NGX_HTTP_HPF_PASSWORD_RUNS;

    task = ngx_thread_task_alloc(work->pool, 0);

    if (task) {
        task->ctx = work;
        task->handler = ngx_http_hpf_password_thread;
        task->event.data = work;
        task->event.handler = ngx_http_hpf_password_done;

        if (ngx_thread_task_post(work->password->pool, task) == NGX_OK) {
            return;
        }
    }

    work->failed = 1;
    work->event.data = work;
    work->event.handler = ngx_http_hpf_password_done;
    work->event.log = ngx_cycle->log;

    ngx_post_event(&work->event, &ngx_posted_events);
}


/* In a thread: nothing of nginx is touched here. */

static void
ngx_http_hpf_password_thread(void *data, ngx_log_t *log)
{
    ngx_http_hpf_password_work_t *work = data;

    ngx_uint_t         i;
    hpf_crypto_part_t  text;

    text.data = work->text.data;
    text.len = work->text.len;

    for (i = 0; i < work->n; i++) {

        if (hpf_password_derive(&work->hashes[i], &text) != HPF_OK) {
            work->failed = 1;
        }
    }
}


static void
ngx_http_hpf_password_done(ngx_event_t *ev)
{
    ngx_uint_t                     i;
    ngx_connection_t              *c;
    ngx_http_hpf_password_t       *password;
    ngx_http_hpf_password_work_t  *work;

    work = ev->data;
    password = work->password;

    for (i = 0; i < work->n; i++) {

        if (hpf_password_key(&work->hashes[i], password->pepper) != HPF_OK) {
            work->failed = 1;
        }
    }

    password->running--;
    ngx_http_hpf_password_next(password);

    if (work->ctx) {
        work->cln->handler = NULL;

        c = work->ctx->request->connection;

        ngx_http_set_log_request(c->log, work->ctx->request);

        work->handler(work->ctx, work);

        ngx_http_run_posted_requests(c);
    }

    ngx_http_hpf_password_free(work);
}


/* With the request; what has not begun is not begun any more. */

static void
ngx_http_hpf_password_left(void *data)
{
    ngx_http_hpf_password_work_t *work = data;

    work->ctx = NULL;

    if (work->state == NGX_HTTP_HPF_PASSWORD_RUNS) {
        return;
    }

    if (work->state == NGX_HTTP_HPF_PASSWORD_WAITS) {
        ngx_queue_remove(&work->queue);
        work->password->nwaiting--;
    }

    ngx_http_hpf_password_free(work);
}


static void
ngx_http_hpf_password_free(ngx_http_hpf_password_work_t *work)
{
    hpf_crypto_cleanse(work->text.data, work->text.len);
    hpf_crypto_cleanse(work->hashes, sizeof(work->hashes));

    ngx_destroy_pool(work->pool);
}
