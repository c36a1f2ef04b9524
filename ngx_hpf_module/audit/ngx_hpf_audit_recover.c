/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * After a crash of all of the gateway: chains that were not closed are looked
 * for in the file, and the ledger says where they end.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_plugin.h"
#include "ngx_hpf_audit_int.h"


#define NGX_HPF_AUDIT_CHUNK  (1024 * 1024)


typedef struct {
    ngx_hpf_audit_t         *audit;
    ngx_array_t              chains;   /* of ngx_hpf_record_chain_t */
} ngx_hpf_audit_scan_t;

typedef ngx_int_t (*ngx_hpf_audit_line_pt)(ngx_hpf_audit_scan_t *scan,
    u_char *line, size_t len);


static ngx_int_t ngx_hpf_audit_recover_read(ngx_hpf_audit_scan_t *scan,
    ngx_fd_t fd, ngx_hpf_audit_line_pt handler);
static ngx_int_t ngx_hpf_audit_recover_entry(ngx_hpf_audit_scan_t *scan,
    u_char *line, size_t len);
static ngx_int_t ngx_hpf_audit_recover_record(ngx_hpf_audit_scan_t *scan,
    u_char *line, size_t len);
static ngx_hpf_record_chain_t *ngx_hpf_audit_recover_find(
    ngx_hpf_audit_scan_t *scan, const char *id);
static void ngx_hpf_audit_recover_close(ngx_hpf_audit_scan_t *scan,
    ngx_log_t *log);
static void ngx_hpf_audit_recover_file(ngx_hpf_audit_scan_t *scan,
    ngx_log_t *log);


void
ngx_hpf_audit_recover(ngx_hpf_audit_t *audit, ngx_log_t *log)
{
    ngx_pool_t              *pool;
    ngx_hpf_audit_scan_t     scan;
    ngx_hpf_audit_handle_t  *handle;

    handle = audit->ledger->handle;

    if (!handle->fresh) {
        return;
    }

    handle->fresh = 0;

    pool = ngx_create_pool(4096, log);
    if (pool == NULL) {
        return;
    }

    ngx_memzero(&scan, sizeof(ngx_hpf_audit_scan_t));

    scan.audit = audit;

    if (ngx_array_init(&scan.chains, pool, 8, sizeof(ngx_hpf_record_chain_t))
            == NGX_OK
        && ngx_hpf_audit_recover_read(&scan, handle->fd,
                                      ngx_hpf_audit_recover_entry)
           == NGX_OK)
    {
        ngx_hpf_audit_recover_file(&scan, log);
        ngx_hpf_audit_recover_close(&scan, log);
    }

    ngx_destroy_pool(pool);
}


/* All lines of a file, one after the other. */

static ngx_int_t
ngx_hpf_audit_recover_read(ngx_hpf_audit_scan_t *scan, ngx_fd_t fd,
    ngx_hpf_audit_line_pt handler)
{
    off_t        offset;
    u_char      *buf, *p, *end, *last;
    ssize_t      n;
    ngx_int_t    rc;
    struct stat  st;

    /* a device has no end */

    if (ngx_fd_info(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        return NGX_OK;
    }

    buf = ngx_alloc(NGX_HPF_AUDIT_CHUNK, ngx_cycle->log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    offset = 0;

    for ( ;; ) {
        n = pread(fd, buf, NGX_HPF_AUDIT_CHUNK, offset);

        if (n <= 0) {
            break;
        }

        p = buf;
        last = buf + n;

        while (rc == NGX_OK && (end = ngx_strlchr(p, last, '\n'))) {
            rc = handler(scan, p, end - p);
            p = end + 1;
        }

        /* a line as long as this is none of ours */

        if (rc != NGX_OK || n < NGX_HPF_AUDIT_CHUNK) {
            break;
        }

        offset += p == buf ? n : p - buf;
    }

    ngx_free(buf);

    return n < 0 ? NGX_ERROR : rc;
}


/* Chains whose last entry is not that of an end. */

static ngx_int_t
ngx_hpf_audit_recover_entry(ngx_hpf_audit_scan_t *scan, u_char *line,
    size_t len)
{
    size_t                   signed_len;
    hpf_ledger_entry_t       entry;
    ngx_hpf_record_chain_t  *chain;

    if (hpf_ledger_read(line, len, &entry, &signed_len) != HPF_OK) {
        return NGX_OK;
    }

    chain = ngx_hpf_audit_recover_find(scan, entry.chain);

    if (entry.event == HPF_LEDGER_OPENED) {

        if (chain == NULL) {
            chain = ngx_array_push(&scan->chains);
            if (chain == NULL) {
                return NGX_ERROR;
            }
        }

        ngx_memzero(chain, sizeof(ngx_hpf_record_chain_t));
        ngx_memcpy(chain->id, entry.chain, HPF_CHAIN_ID);

        chain->segment = entry.segment;
        chain->open = 1;

        return NGX_OK;
    }

    if (chain && entry.segment == chain->segment
        && entry.event != HPF_LEDGER_CHECKPOINT)
    {
        /* the last one takes its place, so that few are to be looked through */

        *chain = ((ngx_hpf_record_chain_t *) scan->chains.elts)
                     [--scan->chains.nelts];
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_audit_recover_record(ngx_hpf_audit_scan_t *scan, u_char *line,
    size_t len)
{
    hpf_chain_record_t       record;
    ngx_hpf_record_chain_t  *chain;

    if (hpf_chain_read(line, len, &record) == HPF_OK) {
        chain = ngx_hpf_audit_recover_find(scan, record.id);

        if (chain && record.end.seq > chain->end.seq) {
            chain->end = record.end;
        }
    }

    return NGX_OK;
}


static ngx_hpf_record_chain_t *
ngx_hpf_audit_recover_find(ngx_hpf_audit_scan_t *scan, const char *id)
{
    ngx_uint_t               i;
    ngx_hpf_record_chain_t  *chain;

    chain = scan->chains.elts;

    for (i = scan->chains.nelts; i > 0; i--) {

        if (ngx_memcmp(chain[i - 1].id, id, HPF_CHAIN_ID) == 0) {
            return &chain[i - 1];
        }
    }

    return NULL;
}


static void
ngx_hpf_audit_recover_file(ngx_hpf_audit_scan_t *scan, ngx_log_t *log)
{
    u_char            last;
    ngx_fd_t          fd;
    struct stat       st;
    ngx_open_file_t  *file;

    file = scan->audit->file;

    fd = ngx_open_file(file->name.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return;
    }

    if (ngx_fd_info(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size) {

        if (scan->chains.nelts) {
            (void) ngx_hpf_audit_recover_read(scan, fd,
                                              ngx_hpf_audit_recover_record);
        }

        /* nothing is to be written behind half a line */

        if (pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n') {
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "hpf audit: the last line of \"%V\" is torn",
                          &file->name);

            (void) ngx_write_fd(file->fd, "\n", 1);
        }
    }

    (void) ngx_close_file(fd);
}


static void
ngx_hpf_audit_recover_close(ngx_hpf_audit_scan_t *scan, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_hpf_record_chain_t  *chain;

    chain = scan->chains.elts;

    for (i = 0; i < scan->chains.nelts; i++) {

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "hpf audit: chain %s was not closed, it ends with "
                      "record %uL", chain[i].id, chain[i].end.seq);

        (void) ngx_hpf_audit_ledger_add(scan->audit, HPF_LEDGER_RECOVERED,
                                        &chain[i]);
    }
}
