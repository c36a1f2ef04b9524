/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The ledger's file.  Whoever adds an entry has the lock of its first byte and
 * reads the last one there: so any process of the gateway may do it, one at a
 * time, and one that dies leaves nothing behind but half a line, which the next
 * one takes away.
 *
 * A far byte is locked by the file as it was opened, for as long as any process
 * has it from there: a second gateway finds that out when it starts.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_thread_pool.h>

#include "hpf_plugin.h"
#include "ngx_hpf_audit_int.h"


#define NGX_HPF_AUDIT_FAR  NGX_MAX_OFF_T_VALUE   /* the byte for all time */


typedef struct {
    ngx_pool_t               *pool;
    ngx_hpf_audit_t          *audit;
    hpf_ledger_event_e        event;
    ngx_hpf_record_chain_t    chain;
    ngx_fd_t                  fd;          /* of the record, a copy */
    ngx_err_t                 err;
} ngx_hpf_audit_vouch_t;


static ngx_hpf_audit_handle_t *ngx_hpf_audit_ledger_open(ngx_conf_t *cf,
    ngx_hpf_audit_ledger_conf_t *conf, ngx_hpf_audit_t *old);
static ngx_int_t ngx_hpf_audit_ledger_own(ngx_fd_t fd);
static void ngx_hpf_audit_ledger_cleanup(void *data);
static ngx_int_t ngx_hpf_audit_ledger_locked(ngx_fd_t fd, short type);
static ngx_int_t ngx_hpf_audit_ledger_last(ngx_hpf_audit_t *audit,
    hpf_ledger_entry_t *next);
static ngx_int_t ngx_hpf_audit_ledger_write(ngx_hpf_audit_t *audit,
    hpf_ledger_entry_t *entry);
static void ngx_hpf_audit_ledger_timer(ngx_event_t *ev);
static void ngx_hpf_audit_ledger_sync(void *data, ngx_log_t *log);
static void ngx_hpf_audit_ledger_done(ngx_event_t *ev);
static void ngx_hpf_audit_ledger_vouched(ngx_hpf_audit_vouch_t *vouch);
static int ngx_hpf_audit_ledger_digest(void *data, const unsigned char *prev,
    const void *text, size_t len, unsigned char *out);


char *
ngx_hpf_audit_chain(ngx_conf_t *cf, ngx_hpf_audit_t *audit,
    ngx_hpf_audit_ledger_conf_t *conf, ngx_hpf_audit_t *old)
{
    ngx_uint_t               i;
    const char              *why;
    hpf_crypto_t            *crypto;
    ngx_pool_cleanup_t      *cln;
    ngx_hpf_audit_ledger_t  *ledger;

    ledger = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_audit_ledger_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    crypto = hpf_crypto_create();

    if (ledger == NULL || cln == NULL || crypto == NULL) {
        hpf_crypto_destroy(crypto);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < HPF_CHAIN_ALGS; i++) {
        audit->mds[i].crypto = crypto;
        audit->mds[i].md = i;
        audit->algs[i].digest = ngx_hpf_audit_ledger_digest;
        audit->algs[i].data = &audit->mds[i];
    }

    audit->ledger = ledger;
    ledger->conf = *conf;

    cln->handler = ngx_hpf_audit_ledger_cleanup;
    cln->data = audit;

    ledger->signer = hpf_signer_read((char *) conf->key.data, &why);

    if (ledger->signer == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", &conf->key,
                           why ? why : "out of memory");
        return NGX_CONF_ERROR;
    }

    ledger->threads = ngx_thread_pool_add(cf, NULL);
    ledger->handle = ngx_hpf_audit_ledger_open(cf, conf, old);

    return ledger->threads && ledger->handle ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_hpf_audit_handle_t *
ngx_hpf_audit_ledger_open(ngx_conf_t *cf, ngx_hpf_audit_ledger_conf_t *conf,
    ngx_hpf_audit_t *old)
{
    ngx_fd_t                 fd;
    ngx_hpf_audit_handle_t  *handle;

    if (old && old->ledger && old->ledger->handle
        && old->ledger->conf.file.len == conf->file.len
        && ngx_strncmp(old->ledger->conf.file.data, conf->file.data,
                       conf->file.len)
           == 0)
    {
        old->ledger->handle->refs++;
        return old->ledger->handle;
    }

    fd = open((char *) conf->file.data, O_RDWR|O_CREAT|O_APPEND|O_CLOEXEC,
              0600);

    if (fd == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "open() \"%V\" failed", &conf->file);
        return NULL;
    }

    handle = ngx_calloc(sizeof(ngx_hpf_audit_handle_t), cf->log);
    if (handle == NULL) {
        (void) ngx_close_file(fd);
        return NULL;
    }

    handle->fd = fd;
    handle->refs = 1;

    /* one that is only looked at, or that ends another one, writes nothing */

    if (ngx_test_config || ngx_process == NGX_PROCESS_SIGNALLER) {
        return handle;
    }

    handle->locked = ngx_hpf_audit_ledger_own(fd) == NGX_OK;
    handle->fresh = handle->locked;

    /* a new nginx works beside the one that it takes the place of */

    if (!handle->locked && !ngx_inherited) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "another gateway writes to the ledger \"%V\"",
                           &conf->file);
        (void) ngx_close_file(fd);
        ngx_free(handle);
        return NULL;
    }

    return handle;
}


static ngx_int_t
ngx_hpf_audit_ledger_own(ngx_fd_t fd)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = F_WRLCK;
    fl.l_whence = SEEK_SET;
    fl.l_start = NGX_HPF_AUDIT_FAR;
    fl.l_len = 1;

    return fcntl(fd, F_OFD_SETLK, &fl) == -1 ? NGX_ERROR : NGX_OK;
}


static void
ngx_hpf_audit_ledger_cleanup(void *data)
{
    ngx_hpf_audit_t *audit = data;

    ngx_hpf_audit_handle_t  *handle;

    hpf_crypto_destroy(audit->mds[0].crypto);
    hpf_signer_destroy(audit->ledger->signer);

    handle = audit->ledger->handle;

    if (handle && --handle->refs == 0) {
        (void) ngx_close_file(handle->fd);
        ngx_free(handle);
    }
}


void
ngx_hpf_audit_ledger_init_worker(ngx_hpf_audit_t *audit, ngx_cycle_t *cycle)
{
    ngx_event_t  *ev;

    ev = &audit->ledger->timer;

    ev->handler = ngx_hpf_audit_ledger_timer;
    ev->data = audit;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, audit->ledger->conf.interval);
}


ngx_int_t
ngx_hpf_audit_ledger_add(ngx_hpf_audit_t *audit, hpf_ledger_event_e event,
    const ngx_hpf_record_chain_t *chain)
{
    ngx_fd_t             fd;
    ngx_int_t            rc;
    ngx_time_t          *tp;
    hpf_ledger_entry_t   entry;

    ngx_memzero(&entry, sizeof(hpf_ledger_entry_t));

    tp = ngx_timeofday();

    entry.time = (int64_t) tp->sec * 1000 + tp->msec;
    entry.event = event;
    entry.md = audit->ledger->conf.md;
    entry.segment = chain->segment;
    entry.end = chain->end;

    ngx_memcpy(entry.node, audit->ledger->conf.node.data,
               audit->ledger->conf.node.len);
    ngx_memcpy(entry.chain, chain->id, HPF_CHAIN_ID);
    ngx_memcpy(entry.key, hpf_signer_id(audit->ledger->signer),
               HPF_LEDGER_KEY);

    fd = audit->ledger->handle->fd;

    if (ngx_hpf_audit_ledger_locked(fd, F_WRLCK) != NGX_OK) {
        rc = NGX_ERROR;

    } else {
        rc = ngx_hpf_audit_ledger_last(audit, &entry);

        if (rc == NGX_OK) {
            rc = ngx_hpf_audit_ledger_write(audit, &entry);
        }

        (void) ngx_hpf_audit_ledger_locked(fd, F_UNLCK);
    }

    if (rc != NGX_OK
        && ngx_time() - audit->ledger->failed > NGX_HPF_AUDIT_SILENT)
    {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, ngx_errno,
                      "hpf audit: an entry \"%s\" was not written to the "
                      "ledger \"%V\"", hpf_ledger_event_name(event),
                      &audit->ledger->conf.file);

        audit->ledger->failed = ngx_time();
    }

    return rc;
}


static ngx_int_t
ngx_hpf_audit_ledger_locked(ngx_fd_t fd, short type)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = type;
    fl.l_whence = SEEK_SET;
    fl.l_len = 1;

    while (fcntl(fd, F_SETLKW, &fl) == -1) {

        if (ngx_errno != NGX_EINTR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Number and prev of what comes after the last entry. */

static ngx_int_t
ngx_hpf_audit_ledger_last(ngx_hpf_audit_t *audit, hpf_ledger_entry_t *next)
{
    off_t                size;
    size_t               signed_len;
    u_char              *p, *end, buf[2 * HPF_LEDGER_LINE];
    ssize_t              n;
    ngx_fd_t             fd;
    hpf_chain_alg_t     *alg;
    hpf_ledger_entry_t   last;

    fd = audit->ledger->handle->fd;
    next->n = 1;

    size = lseek(fd, 0, SEEK_END);

    if (size <= 0) {
        return size == 0 ? NGX_OK : NGX_ERROR;
    }

    n = pread(fd, buf, sizeof(buf), ngx_max(size - (off_t) sizeof(buf), 0));

    if (n <= 0) {
        return NGX_ERROR;
    }

    /* half of a line that somebody was writing who died */

    for (end = buf + n; end > buf && end[-1] != '\n'; end--) { /* void */ }

    if (end < buf + n && ftruncate(fd, size - (buf + n - end)) == -1) {
        return NGX_ERROR;
    }

    if (end == buf) {
        return n == size ? NGX_OK : NGX_ERROR;
    }

    end--;

    for (p = end; p > buf && p[-1] != '\n'; p--) { /* void */ }

    if (hpf_ledger_read(p, end - p, &last, &signed_len) != HPF_OK) {
        ngx_set_errno(EBADMSG);
        return NGX_ERROR;
    }

    alg = &audit->algs[next->md];
    next->n = last.n + 1;

    return alg->digest(alg->data, NULL, p, end - p, next->prev) == HPF_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_hpf_audit_ledger_write(ngx_hpf_audit_t *audit, hpf_ledger_entry_t *entry)
{
    size_t   len;
    u_char   line[HPF_LEDGER_LINE];
    ssize_t  n;

    len = hpf_ledger_text(entry, line);

    if (len == 0
        || hpf_signer_sign(audit->ledger->signer, line, len, entry->sig)
           != HPF_OK)
    {
        return NGX_ERROR;
    }

    len = hpf_ledger_sign(line, len, entry->sig);

    n = ngx_write_fd(audit->ledger->handle->fd, line, len);

    return n == (ssize_t) len ? NGX_OK : NGX_ERROR;
}


static void
ngx_hpf_audit_ledger_timer(ngx_event_t *ev)
{
    ngx_hpf_audit_t *audit = ev->data;

    ngx_hpf_record_chain_t    chain;
    ngx_hpf_audit_handle_t   *handle;

    handle = audit->ledger->handle;

    if (!handle->locked) {
        handle->locked = ngx_hpf_audit_ledger_own(handle->fd) == NGX_OK;
    }

    if (ngx_hpf_audit_flush(audit) == NGX_OK
        && ngx_hpf_record_chain(audit->zone, &chain) == NGX_OK
        && chain.open && chain.end.seq != audit->ledger->vouched)
    {
        ngx_hpf_audit_ledger_vouch(audit, HPF_LEDGER_CHECKPOINT, &chain);
    }

    if (!ngx_exiting) {
        ngx_add_timer(ev, audit->ledger->conf.interval);
    }
}


/*
 * All of the chain has been written; a thread brings it to the disk.  At the
 * end of the process there is none any more.
 */

void
ngx_hpf_audit_ledger_vouch(ngx_hpf_audit_t *audit, hpf_ledger_event_e event,
    const ngx_hpf_record_chain_t *chain)
{
    ngx_pool_t             *pool;
    ngx_thread_task_t      *task;
    ngx_hpf_audit_vouch_t  *vouch, now;

    ngx_memzero(&now, sizeof(ngx_hpf_audit_vouch_t));

    now.audit = audit;
    now.event = event;
    now.chain = *chain;
    now.fd = audit->file->fd;

    if (ngx_exiting || ngx_terminate || ngx_quit) {
        ngx_hpf_audit_ledger_sync(&now, ngx_cycle->log);
        ngx_hpf_audit_ledger_vouched(&now);
        return;
    }

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_hpf_audit_vouch_t));

    now.fd = dup(audit->file->fd);

    if (task == NULL || now.fd == -1) {
        goto failed;
    }

    now.pool = pool;
    vouch = task->ctx;
    *vouch = now;

    task->handler = ngx_hpf_audit_ledger_sync;
    task->event.handler = ngx_hpf_audit_ledger_done;
    task->event.data = vouch;

    if (ngx_thread_task_post(audit->ledger->threads, task) == NGX_OK) {
        audit->ledger->vouched = chain->end.seq;
        return;
    }

failed:

    if (now.fd != -1) {
        (void) ngx_close_file(now.fd);
    }

    ngx_destroy_pool(pool);
}


static void
ngx_hpf_audit_ledger_sync(void *data, ngx_log_t *log)
{
    ngx_hpf_audit_vouch_t *vouch = data;

    /* EINVAL: it is nothing that has a disk */

    if (fdatasync(vouch->fd) == -1 && ngx_errno != EINVAL) {
        vouch->err = ngx_errno;
    }

    if (fdatasync(vouch->audit->ledger->handle->fd) == -1
        && ngx_errno != EINVAL)
    {
        vouch->err = ngx_errno;
    }
}


static void
ngx_hpf_audit_ledger_done(ngx_event_t *ev)
{
    ngx_hpf_audit_vouch_t *vouch = ev->data;

    ngx_hpf_audit_ledger_vouched(vouch);

    (void) ngx_close_file(vouch->fd);

    ngx_destroy_pool(vouch->pool);
}


static void
ngx_hpf_audit_ledger_vouched(ngx_hpf_audit_vouch_t *vouch)
{
    if (vouch->err) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, vouch->err,
                      "hpf audit: \"%V\" was not synced, there is no "
                      "checkpoint of it", &vouch->audit->file->name);

        vouch->audit->ledger->vouched = 0;
        return;
    }

    (void) ngx_hpf_audit_ledger_add(vouch->audit, vouch->event,
                                    &vouch->chain);
}


static int
ngx_hpf_audit_ledger_digest(void *data, const unsigned char *prev,
    const void *text, size_t len, unsigned char *out)
{
    ngx_hpf_audit_md_t *md = data;

    hpf_crypto_part_t  parts[2];

    parts[0].data = prev;
    parts[0].len = prev ? HPF_CHAIN_HASH : 0;
    parts[1].data = text;
    parts[1].len = len;

    return hpf_crypto_digest_parts(md->crypto, md->md, parts, 2, out);
}
