/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lines of the record on their way to the file, see the header.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "hpf_time.h"
#include "ngx_hpf_audit_int.h"


static void ngx_hpf_audit_reopen(ngx_open_file_t *file, ngx_log_t *log);
static ngx_int_t ngx_hpf_audit_place(ngx_hpf_audit_t *audit);
static void ngx_hpf_audit_tell_lost(ngx_hpf_audit_t *audit);
static void ngx_hpf_audit_lose(ngx_hpf_audit_t *audit);
static void ngx_hpf_audit_flush_handler(ngx_event_t *ev);
static ssize_t ngx_hpf_audit_write(ngx_hpf_audit_t *audit, u_char *text,
    size_t len);
static void ngx_hpf_audit_failed(ngx_hpf_audit_t *audit, ngx_err_t err);
static size_t ngx_hpf_audit_whole(u_char *text, size_t len);
static ngx_int_t ngx_hpf_audit_slot(ngx_hpf_audit_t *audit,
    ngx_hpf_stat_type_e type, const char *name);


ngx_hpf_audit_t *
ngx_hpf_audit_create(ngx_conf_t *cf, ngx_str_t *file)
{
    ngx_hpf_audit_t  *audit;

    audit = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_audit_t));
    if (audit == NULL) {
        return NULL;
    }

    audit->own = ngx_pnalloc(cf->pool, NGX_HPF_AUDIT_ROOM);
    audit->file = ngx_conf_open_file(cf->cycle, file);

    return audit->own && audit->file ? audit : NULL;
}


void
ngx_hpf_audit_set_zone(ngx_hpf_audit_t *audit, ngx_hpf_zone_t *zone)
{
    audit->zone = zone;
}


void
ngx_hpf_audit_init_module(ngx_hpf_audit_t *audit, ngx_cycle_t *cycle)
{
    if (audit->ledger && !ngx_test_config) {
        ngx_hpf_audit_recover(audit, cycle->log);
    }
}


/* A worker begins with what one that died has not written. */

void
ngx_hpf_audit_init_worker(ngx_hpf_audit_t *audit, ngx_cycle_t *cycle)
{
    if (audit->zone == NULL) {
        return;
    }

    audit->active = 1;

    audit->flush.handler = ngx_hpf_audit_flush_handler;
    audit->flush.data = audit;
    audit->flush.log = cycle->log;

    if (audit->ledger) {
        audit->file->flush = ngx_hpf_audit_reopen;
        audit->file->data = audit;

        ngx_hpf_audit_segment_take(audit);
        ngx_hpf_audit_ledger_init_worker(audit, cycle);
    }

    (void) ngx_hpf_audit_flush(audit);
}


void
ngx_hpf_audit_exit_worker(ngx_hpf_audit_t *audit)
{
    if (!audit->active) {
        return;
    }

    if (ngx_hpf_audit_flush(audit) == NGX_OK && audit->ledger) {
        ngx_hpf_audit_segment_close(audit, "exit");
        (void) ngx_hpf_audit_flush(audit);
    }

    ngx_hpf_record_leave(audit->zone);

    audit->active = 0;
}


/* nginx calls it before it opens the file again. */

static void
ngx_hpf_audit_reopen(ngx_open_file_t *file, ngx_log_t *log)
{
    ngx_hpf_audit_t *audit = file->data;

    if (audit->active && ngx_hpf_audit_flush(audit) == NGX_OK) {
        ngx_hpf_audit_segment_close(audit, "reopen");
    }
}


u_char *
ngx_hpf_audit_begin(ngx_hpf_audit_t *audit, size_t *size)
{
    ngx_int_t  rc;

    *size = NGX_HPF_AUDIT_LINE;

    rc = ngx_hpf_audit_place(audit);

    if (rc == NGX_OK) {
        return audit->line;
    }

    /* without a row, or in a small zone: each by itself, if that may be */

    if (rc == NGX_DECLINED && audit->ledger == NULL) {
        audit->line = audit->own;
        return audit->line;
    }

    ngx_hpf_audit_lose(audit);

    return NULL;
}


/* NGX_OK: at audit->line.  NGX_DECLINED: the zone has no place for any. */


static ngx_int_t
ngx_hpf_audit_place(ngx_hpf_audit_t *audit)
{
    if (!audit->active
        || ngx_hpf_record_chain(audit->zone, &audit->chain) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (audit->ledger) {

        if (!audit->chain.open
            && ngx_hpf_audit_segment_open(audit) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (audit->chain.lost) {
            ngx_hpf_audit_tell_lost(audit);
        }
    }

    return ngx_hpf_audit_room(audit);
}


ngx_int_t
ngx_hpf_audit_room(ngx_hpf_audit_t *audit)
{
    size_t  size;

    audit->line = ngx_hpf_record_room(audit->zone, &size);

    if (audit->line && size < NGX_HPF_AUDIT_ROOM) {

        if (ngx_hpf_audit_flush(audit) != NGX_OK) {
            return NGX_ERROR;
        }

        audit->line = ngx_hpf_record_room(audit->zone, &size);
    }

    return audit->line && size >= NGX_HPF_AUDIT_ROOM ? NGX_OK : NGX_DECLINED;
}


void
ngx_hpf_audit_end(ngx_hpf_audit_t *audit, size_t len)
{
    if (audit->line == audit->own) {
        audit->own[len++] = '\n';

        if (ngx_hpf_audit_write(audit, audit->own, len) != (ssize_t) len) {
            ngx_hpf_audit_lose(audit);
        }

        return;
    }

    if (audit->ledger == NULL) {
        audit->line[len++] = '\n';
        ngx_hpf_record_keep(audit->zone, len, &audit->chain);

    } else if (ngx_hpf_audit_segment_add(audit, len) != NGX_OK) {
        ngx_hpf_audit_lose(audit);
        return;

    } else if (audit->chain.bytes >= audit->ledger->conf.segment) {
        ngx_hpf_audit_segment_close(audit, "size");
    }

    ngx_post_event(&audit->flush, &ngx_posted_events);
}


/* What was lost is in the chain itself, before what comes after it. */

static void
ngx_hpf_audit_tell_lost(ngx_hpf_audit_t *audit)
{
    uint32_t        lost;
    hpf_json_out_t  out;

    if (ngx_hpf_audit_room(audit) != NGX_OK) {
        return;
    }

    lost = audit->chain.lost;

    hpf_json_out_init(&out, audit->line, NGX_HPF_AUDIT_LINE);
    hpf_json_out_begin_object(&out);
    ngx_hpf_audit_time(&out);
    hpf_json_out_key(&out, "event");
    hpf_json_out_cstring(&out, "records-lost");
    hpf_json_out_key(&out, "lost");
    hpf_json_out_uint(&out, lost);
    hpf_json_out_end_object(&out);

    audit->chain.lost = 0;

    if (ngx_hpf_audit_segment_add(audit, hpf_json_out_len(&out)) != NGX_OK) {
        audit->chain.lost = lost;
    }
}


static void
ngx_hpf_audit_lose(ngx_hpf_audit_t *audit)
{
    if (audit->zone) {
        ngx_hpf_stat_add(audit->zone,
                         ngx_hpf_audit_slot(audit, NGX_HPF_STAT_COUNTER,
                                            "hpf_audit_lost_total"),
                         1);
    }

    if (audit->active && audit->ledger
        && ngx_hpf_record_chain(audit->zone, &audit->chain) == NGX_OK)
    {
        audit->chain.lost++;
        ngx_hpf_record_keep(audit->zone, 0, &audit->chain);
    }
}


void
ngx_hpf_audit_time(hpf_json_out_t *out)
{
    ngx_time_t  *tp;

    static size_t      len;
    static char        text[HPF_TIME_LEN];
    static ngx_time_t  of;             /* what the text says */

    tp = ngx_timeofday();

    if (tp->sec != of.sec || tp->msec != of.msec) {
        len = hpf_time_rfc3339(text, (int64_t) tp->sec * 1000 + tp->msec);
        of = *tp;
    }

    hpf_json_out_key(out, "time");
    hpf_json_out_string(out, text, len);
}


ngx_int_t
ngx_hpf_audit_writable(ngx_hpf_audit_t *audit)
{
    if (!audit->failing) {
        return NGX_OK;
    }

    /* is there room again? */

    if (ngx_hpf_audit_place(audit) == NGX_OK) {
        (void) ngx_hpf_audit_flush(audit);
    }

    return audit->failing ? NGX_ERROR : NGX_OK;
}


static void
ngx_hpf_audit_flush_handler(ngx_event_t *ev)
{
    (void) ngx_hpf_audit_flush(ev->data);
}


ngx_int_t
ngx_hpf_audit_flush(ngx_hpf_audit_t *audit)
{
    ssize_t    n;
    ngx_str_t  kept;

    ngx_hpf_record_kept(audit->zone, &kept);

    if (kept.len == 0) {
        return NGX_OK;
    }

    n = ngx_hpf_audit_write(audit, kept.data, kept.len);

    if (n == (ssize_t) kept.len) {
        ngx_hpf_record_written(audit->zone, n);
        return NGX_OK;
    }

    /* other workers write behind it: a line is written as a whole */

    if (n > 0) {
        n = ngx_hpf_audit_whole(kept.data, n);
        ngx_hpf_record_written(audit->zone, n);
    }

    return NGX_ERROR;
}


static ssize_t
ngx_hpf_audit_write(ngx_hpf_audit_t *audit, u_char *text, size_t len)
{
    ssize_t       n;
    struct iovec  iov[2];

    /* a line of its own for the half of one that a failure has left */

    iov[0].iov_base = "\n";
    iov[0].iov_len = 1;
    iov[1].iov_base = (void *) text;
    iov[1].iov_len = len;

    n = audit->torn ? writev(audit->file->fd, iov, 2) - 1
                    : ngx_write_fd(audit->file->fd, text, len);

    if (n == (ssize_t) len) {
        audit->torn = 0;

        if (audit->failing) {
            ngx_hpf_audit_failing(audit, 0);
        }

        return n;
    }

    ngx_hpf_audit_failed(audit, n < 0 ? ngx_errno : 0);

    if (n > 0) {
        audit->torn = text[n - 1] != '\n';
    }

    return n;
}


static void
ngx_hpf_audit_failed(ngx_hpf_audit_t *audit, ngx_err_t err)
{
    if (ngx_time() - audit->failed > NGX_HPF_AUDIT_SILENT) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, err,
                      "hpf audit: a record was not written to \"%V\", "
                      "requests that have to be recorded are refused",
                      &audit->file->name);

        audit->failed = ngx_time();
    }

    ngx_hpf_audit_failing(audit, 1);
}


void
ngx_hpf_audit_failing(ngx_hpf_audit_t *audit, ngx_uint_t failing)
{
    if (!failing) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "hpf audit: records are written to \"%V\" again",
                      &audit->file->name);

        audit->failed = 0;
    }

    audit->failing = failing;

    if (audit->zone) {
        ngx_hpf_stat_set(audit->zone,
                         ngx_hpf_audit_slot(audit, NGX_HPF_STAT_GAUGE,
                                            "hpf_audit_failing"),
                         failing);
    }
}


/* Bytes of the lines that are whole within the first len. */

static size_t
ngx_hpf_audit_whole(u_char *text, size_t len)
{
    while (len && text[len - 1] != '\n') {
        len--;
    }

    return len;
}


static ngx_int_t
ngx_hpf_audit_slot(ngx_hpf_audit_t *audit, ngx_hpf_stat_type_e type,
    const char *name)
{
    ngx_str_t  s;

    static ngx_str_t  none = ngx_null_string;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    return ngx_hpf_stat_slot(audit->zone, type, &s, &none);
}
