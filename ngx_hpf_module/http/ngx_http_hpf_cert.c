/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The authorities and revocation lists that certificates of users are checked
 * with.  They are read with the configuration and, when a file has changed,
 * again by each worker; that and each check is done by nginx's threads, since
 * it may take from a millisecond to seconds.  What could not be read changes
 * nothing: the lists that stand hold until they end.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cert.h"


#define NGX_HTTP_HPF_CERT_LOOK      2000   /* ms between two looks at files */
#define NGX_HTTP_HPF_CERT_POLICIES  8


/* Used by one thread at a time but for the store itself. */

typedef struct {
    hpf_cert_store_t          *store;
    ngx_uint_t                 refs;
    ngx_thread_task_t          task;       /* that frees it */
} ngx_http_hpf_cert_ref_t;

struct ngx_http_hpf_cert_conf_s {
    hpf_cert_conf_t            conf;
    const char                *policies[NGX_HTTP_HPF_CERT_POLICIES];

    ngx_http_hpf_cert_ref_t   *current;
    ngx_thread_pool_t         *threads;

    ngx_event_t                look;
    ngx_thread_task_t         *task;       /* that reads the files again */
    hpf_cert_store_t          *loaded;     /* what it has read */
    ngx_uint_t                 failed;     /* it was logged */
    ngx_uint_t                 stale;
    char                       why[HPF_CERT_WHY];
};


/* One check: in memory of its own, since a client may leave meanwhile. */

typedef struct {
    ngx_pool_t                *pool;
    ngx_http_hpf_ctx_t        *ctx;        /* NULL: he has left */
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_cert_conf_t  *conf;
    ngx_http_hpf_cert_ref_t   *ref;
    ngx_http_hpf_cert_pt       handler;
    hpf_cert_claim_t           claim;
    hpf_cert_t                 cert;
    int                        rc;
    char                       why[HPF_CERT_WHY];
} ngx_http_hpf_cert_job_t;


static char *ngx_http_hpf_cert_conf(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);
static char *ngx_http_hpf_cert_option(ngx_conf_t *cf,
    ngx_http_hpf_cert_conf_t *cert, ngx_str_t *value);
static void ngx_http_hpf_cert_free(void *data);
static ngx_http_hpf_cert_ref_t *ngx_http_hpf_cert_ref(
    hpf_cert_store_t *store);
static void ngx_http_hpf_cert_release(ngx_http_hpf_cert_conf_t *cert,
    ngx_http_hpf_cert_ref_t *ref);
static void ngx_http_hpf_cert_unload(void *data, ngx_log_t *log);
static void ngx_http_hpf_cert_unloaded(ngx_event_t *ev);
static void ngx_http_hpf_cert_look(ngx_event_t *ev);
static void ngx_http_hpf_cert_age(ngx_http_hpf_cert_conf_t *cert,
    ngx_log_t *log);
static ngx_http_hpf_cert_job_t *ngx_http_hpf_cert_job(
    ngx_http_hpf_ctx_t *ctx, const hpf_cert_claim_t *claim,
    ngx_thread_task_t **task);
static const void *ngx_http_hpf_cert_copy(ngx_pool_t *pool,
    const hpf_crypto_part_t *part);
static void ngx_http_hpf_cert_work(void *data, ngx_log_t *log);
static void ngx_http_hpf_cert_done(ngx_event_t *ev);
static void ngx_http_hpf_cert_left(void *data);
static ngx_int_t ngx_http_hpf_cert_reload(ngx_http_hpf_cert_conf_t *cert);
static void ngx_http_hpf_cert_reload_work(void *data, ngx_log_t *log);
static void ngx_http_hpf_cert_reloaded(ngx_event_t *ev);


static char *
ngx_http_hpf_cert_conf(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_http_hpf_cert_conf_t  *cert;

    if (hmcf->cert) {
        return NGX_CONF_OK;
    }


    cert = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_cert_conf_t));
    if (cert == NULL) {
        return NGX_CONF_ERROR;
    }

    cert->threads = ngx_thread_pool_add(cf, NULL);
    cert->task = ngx_thread_task_alloc(cf->pool, 0);

    if (cert->threads == NULL || cert->task == NULL) {
        return NGX_CONF_ERROR;
    }

    cert->conf.policies = cert->policies;
    cert->conf.depth = 4;

    hmcf->cert = cert;

    return NGX_CONF_OK;
}


/* hpf_certificate_authorities FILE [depth=N] [policy=OID] ... [number=OID] */

char *
ngx_http_hpf_cert_authorities(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_hpf_cert_conf_t  *cert;

    if (ngx_http_hpf_cert_conf(cf, hmcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    cert = hmcf->cert;

    if (cert->conf.authorities) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cert->conf.authorities = (char *) value[1].data;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_cert_option(cf, cert, &value[i]) != NGX_CONF_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": depth=NUMBER (2 to "
                               "%d), policy=OID (at most %d) or number=OID "
                               "expected", &value[i], HPF_CERT_DEPTH,
                               NGX_HTTP_HPF_CERT_POLICIES);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_cert_option(ngx_conf_t *cf, ngx_http_hpf_cert_conf_t *cert,
    ngx_str_t *value)
{
    ngx_int_t  n;

    if (ngx_strncmp(value->data, "depth=", 6) == 0) {
        n = ngx_atoi(value->data + 6, value->len - 6);

        if (n < 2 || n > HPF_CERT_DEPTH) {
            return NGX_CONF_ERROR;
        }

        cert->conf.depth = n;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "policy=", 7) == 0
        && cert->conf.npolicies < NGX_HTTP_HPF_CERT_POLICIES
        && hpf_cert_is_oid((char *) value->data + 7))
    {
        cert->policies[cert->conf.npolicies++] = (char *) value->data + 7;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "number=", 7) == 0
        && cert->conf.number == NULL
        && hpf_cert_is_oid((char *) value->data + 7))
    {
        cert->conf.number = (char *) value->data + 7;
        return NGX_CONF_OK;
    }

    return NGX_CONF_ERROR;
}


/* hpf_certificate_revocation FILE [grace=TIME] */

char *
ngx_http_hpf_cert_revocation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    time_t                     grace;
    ngx_str_t                 *value, s;
    ngx_http_hpf_cert_conf_t  *cert;

    if (ngx_http_hpf_cert_conf(cf, hmcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    cert = hmcf->cert;

    if (cert->conf.revocation) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cert->conf.revocation = (char *) value[1].data;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    grace = (time_t) NGX_ERROR;

    if (ngx_strncmp(value[2].data, "grace=", 6) == 0) {
        s.data = value[2].data + 6;
        s.len = value[2].len - 6;

        grace = ngx_parse_time(&s, 1);
    }

    if (grace < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": grace=TIME expected",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    cert->conf.grace = grace;

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_cert_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    size_t                     authorities, lists, entries;
    hpf_cert_store_t          *store;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_cert_conf_t  *cert;

    cert = hmcf->cert;

    if (cert == NULL) {
        return NGX_CONF_OK;
    }

    if (cert->conf.authorities == NULL || cert->conf.revocation == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_certificate_authorities\" and "
                           "\"hpf_certificate_revocation\" need each other");
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    store = hpf_cert_store_load(&cert->conf, cert->why);

    if (store == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "certificates cannot be checked: %s", cert->why);
        return NGX_CONF_ERROR;
    }

    cert->current = ngx_http_hpf_cert_ref(store);

    if (cert->current == NULL) {
        hpf_cert_store_destroy(store);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hpf_cert_free;
    cln->data = cert;

    hpf_cert_store_count(store, &authorities, &lists, &entries);

    ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                  "hpf cert: %uz authorities, %uz revocation lists, %uz "
                  "entries", authorities, lists, entries);

    return NGX_CONF_OK;
}


static void
ngx_http_hpf_cert_free(void *data)
{
    ngx_http_hpf_cert_conf_t *cert = data;

    hpf_cert_store_destroy(cert->current->store);
    ngx_free(cert->current);
}


/* NULL: no memory, and the store is still the caller's. */

static ngx_http_hpf_cert_ref_t *
ngx_http_hpf_cert_ref(hpf_cert_store_t *store)
{
    ngx_http_hpf_cert_ref_t  *ref;

    ref = ngx_calloc(sizeof(ngx_http_hpf_cert_ref_t), ngx_cycle->log);

    if (ref) {
        ref->store = store;
        ref->refs = 1;
    }

    return ref;
}


/* To give the memory of a million entries back takes milliseconds. */

static void
ngx_http_hpf_cert_release(ngx_http_hpf_cert_conf_t *cert,
    ngx_http_hpf_cert_ref_t *ref)
{
    if (--ref->refs) {
        return;
    }

    ref->task.ctx = ref;
    ref->task.handler = ngx_http_hpf_cert_unload;
    ref->task.event.handler = ngx_http_hpf_cert_unloaded;
    ref->task.event.data = ref;

    if (ngx_thread_task_post(cert->threads, &ref->task) != NGX_OK) {
        hpf_cert_store_destroy(ref->store);
        ngx_free(ref);
    }
}


static void
ngx_http_hpf_cert_unload(void *data, ngx_log_t *log)
{
    ngx_http_hpf_cert_ref_t *ref = data;

    hpf_cert_store_destroy(ref->store);
}


static void
ngx_http_hpf_cert_unloaded(ngx_event_t *ev)
{
    ngx_free(ev->data);
}


void
ngx_http_hpf_cert_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_http_hpf_cert_conf_t  *cert;

    cert = hmcf->cert;

    if (cert == NULL) {
        return;
    }

    cert->look.handler = ngx_http_hpf_cert_look;
    cert->look.data = cert;
    cert->look.log = ngx_cycle->log;
    cert->look.cancelable = 1;

    ngx_add_timer(&cert->look, NGX_HTTP_HPF_CERT_LOOK);
}


static void
ngx_http_hpf_cert_look(ngx_event_t *ev)
{
    ngx_http_hpf_cert_conf_t  *cert;

    cert = ev->data;

    ngx_http_hpf_cert_age(cert, ev->log);


    /* the timer goes on when the thread has ended */

    if (!hpf_cert_store_fresh(cert->current->store)
        && ngx_http_hpf_cert_reload(cert) == NGX_OK)
    {
        return;
    }


    ngx_add_timer(ev, NGX_HTTP_HPF_CERT_LOOK);
}


/* On the edge: from now on nobody can log in with a certificate. */

static void
ngx_http_hpf_cert_age(ngx_http_hpf_cert_conf_t *cert, ngx_log_t *log)
{
    ngx_uint_t  stale;

    stale = hpf_cert_store_ends(cert->current->store) + cert->conf.grace
            <= ngx_time();

    if (stale && !cert->stale) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "hpf cert: a list of \"%s\" is stale: certificates that "
                      "it is for are refused", cert->conf.revocation);
    }

    cert->stale = stale;
}


static ngx_int_t
ngx_http_hpf_cert_reload(ngx_http_hpf_cert_conf_t *cert)
{
    cert->task->ctx = cert;
    cert->task->handler = ngx_http_hpf_cert_reload_work;
    cert->task->event.handler = ngx_http_hpf_cert_reloaded;
    cert->task->event.data = cert;

    return ngx_thread_task_post(cert->threads, cert->task);
}


static void
ngx_http_hpf_cert_reload_work(void *data, ngx_log_t *log)
{
    ngx_http_hpf_cert_conf_t *cert = data;

    cert->loaded = hpf_cert_store_load(&cert->conf, cert->why);
}


static void
ngx_http_hpf_cert_reloaded(ngx_event_t *ev)
{
    size_t                     authorities, lists, entries;
    ngx_http_hpf_cert_ref_t   *ref;
    ngx_http_hpf_cert_conf_t  *cert;

    cert = ev->data;

    if (cert->loaded == NULL) {

        if (!cert->failed) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hpf cert: changed files cannot be used, those read "
                          "before still hold: %s", cert->why);
        }

        cert->failed = 1;
        ngx_add_timer(&cert->look, NGX_HTTP_HPF_CERT_LOOK);

        return;
    }

    ref = ngx_http_hpf_cert_ref(cert->loaded);

    if (ref == NULL) {
        hpf_cert_store_destroy(cert->loaded);

    } else {
        hpf_cert_store_count(cert->loaded, &authorities, &lists, &entries);

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "hpf cert: read again: %uz authorities, %uz revocation "
                      "lists, %uz entries", authorities, lists, entries);

        ngx_http_hpf_cert_release(cert, cert->current);
        cert->current = ref;
        cert->failed = 0;
    }

    ngx_add_timer(&cert->look, NGX_HTTP_HPF_CERT_LOOK);
}


ngx_int_t
ngx_http_hpf_cert_check(ngx_http_hpf_ctx_t *ctx, hpf_cert_claim_t *claim,
    ngx_http_hpf_cert_pt handler)
{
    ngx_thread_task_t         *task;
    ngx_http_hpf_cert_job_t   *job;
    ngx_http_hpf_cert_conf_t  *cert;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    cert = hmcf->cert;

    job = ngx_http_hpf_cert_job(ctx, claim, &task);
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->handler = handler;
    job->conf = cert;
    job->ref = cert->current;
    job->ref->refs++;

    if (ngx_thread_task_post(cert->threads, task) != NGX_OK) {
        ngx_http_hpf_cert_release(cert, job->ref);
        job->cln->handler = NULL;
        ngx_destroy_pool(job->pool);

        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* A search by halves in each list: it needs no thread. */

ngx_uint_t
ngx_http_hpf_cert_void(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *text)
{
    char      serial[HPF_CERT_SERIAL + 1];
    time_t    until;
    uint32_t  by;

    return hmcf->cert
           && ngx_http_hpf_cert_session_read(text, &until, &by, serial)
              == NGX_OK
           && hpf_cert_revoked(hmcf->cert->current->store, by, serial);
}


static ngx_http_hpf_cert_job_t *
ngx_http_hpf_cert_job(ngx_http_hpf_ctx_t *ctx, const hpf_cert_claim_t *claim,
    ngx_thread_task_t **task)
{
    ngx_pool_t               *pool;
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_cert_job_t  *job;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    *task = ngx_thread_task_alloc(pool, sizeof(ngx_http_hpf_cert_job_t));
    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);

    if (*task == NULL || cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    job = (*task)->ctx;

    job->claim = *claim;
    job->claim.pem.data = ngx_http_hpf_cert_copy(pool, &claim->pem);
    job->claim.text.data = ngx_http_hpf_cert_copy(pool, &claim->text);
    job->claim.signature.data = ngx_http_hpf_cert_copy(pool,
                                                       &claim->signature);

    if (job->claim.pem.data == NULL || job->claim.text.data == NULL
        || job->claim.signature.data == NULL)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    job->pool = pool;
    job->ctx = ctx;
    job->cln = cln;

    cln->handler = ngx_http_hpf_cert_left;
    cln->data = job;

    (*task)->handler = ngx_http_hpf_cert_work;
    (*task)->event.handler = ngx_http_hpf_cert_done;
    (*task)->event.data = job;

    return job;
}


static const void *
ngx_http_hpf_cert_copy(ngx_pool_t *pool, const hpf_crypto_part_t *part)
{
    void  *p;

    p = ngx_pnalloc(pool, part->len);

    if (p) {
        ngx_memcpy(p, part->data, part->len);
    }

    return p;
}


static void
ngx_http_hpf_cert_left(void *data)
{
    ngx_http_hpf_cert_job_t *job = data;

    job->ctx = NULL;
}


/* In a thread: nothing of nginx but the memory of the job. */

static void
ngx_http_hpf_cert_work(void *data, ngx_log_t *log)
{
    ngx_http_hpf_cert_job_t *job = data;

    job->rc = hpf_cert_check(job->ref->store, &job->claim, &job->cert,
                             job->why);
}


static void
ngx_http_hpf_cert_done(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_hpf_cert_job_t  *job;

    job = ev->data;

    ngx_http_hpf_cert_release(job->conf, job->ref);

    if (job->ctx) {
        c = job->ctx->request->connection;
        job->cln->handler = NULL;

        ngx_http_set_log_request(c->log, job->ctx->request);

        job->handler(job->ctx, job->rc, &job->cert, job->why);

        ngx_http_run_posted_requests(c);
    }

    ngx_destroy_pool(job->pool);
}
