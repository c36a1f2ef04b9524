/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The record: one JSON line for every request, made in the log phase.  The
 * user stands in it by the random id of the gateway, which says nothing of the
 * person; personal numbers never do.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_json_out.h"
#include "hpf_mask_kind.h"
#include "hpf_time.h"
#include "ngx_http_hpf.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_session.h"


#define NGX_HTTP_HPF_AUDIT_LINE  3584      /* with notes of a plugin */


struct ngx_http_hpf_audit_s {
    ngx_open_file_t  *file;
    ngx_event_t       flush;           /* handler NULL: each line by itself */
    time_t            failed;          /* when a write failed last */
};


static void ngx_http_hpf_audit_put(ngx_http_hpf_main_conf_t *hmcf,
    u_char *line, size_t len);
static void ngx_http_hpf_audit_flush_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_hpf_audit_flush(ngx_http_hpf_main_conf_t *hmcf);
static void ngx_http_hpf_audit_out(ngx_http_hpf_main_conf_t *hmcf,
    u_char *line, size_t len);
static void ngx_http_hpf_audit_failed(ngx_http_hpf_audit_t *audit, ssize_t n);
static size_t ngx_http_hpf_audit_format(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, u_char *p, size_t len);
static void ngx_http_hpf_audit_time(hpf_json_out_t *out);
static void ngx_http_hpf_audit_member(hpf_json_out_t *out, const char *key,
    ngx_str_t *value);
static void ngx_http_hpf_audit_word(hpf_json_out_t *out, const char *key,
    const char *value);
static void ngx_http_hpf_audit_shown(hpf_json_out_t *out,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_audit_digest(hpf_json_out_t *out,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_audit_notes(hpf_json_out_t *out,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_audit_revealed(hpf_json_out_t *out,
    ngx_http_request_t *r);


void
ngx_http_hpf_audit_write(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    size_t                     len;
    u_char                     line[NGX_HTTP_HPF_AUDIT_LINE];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->audit == NULL) {
        return;
    }

    len = ngx_http_hpf_audit_format(r, ctx, line, sizeof(line));

    ngx_http_hpf_audit_put(hmcf, line, len);
}


void
ngx_http_hpf_audit_event(ngx_http_hpf_main_conf_t *hmcf, const char *event,
    ngx_str_t *item, const u_char *digest, ngx_str_t *by)
{
    size_t          len;
    u_char          line[NGX_HTTP_HPF_AUDIT_LINE];
    hpf_json_out_t  out;

    if (hmcf->audit == NULL) {
        return;
    }

    hpf_json_out_init(&out, line, sizeof(line) - 1);
    hpf_json_out_begin_object(&out);

    ngx_http_hpf_audit_time(&out);

    hpf_json_out_key(&out, "event");
    hpf_json_out_cstring(&out, event);

    ngx_http_hpf_audit_member(&out, "item", item);

    if (digest) {
        hpf_json_out_key(&out, "plugin");
        hpf_json_out_cstring(&out, (const char *) digest);
    }

    if (by) {
        ngx_http_hpf_audit_member(&out, "by", by);
    }

    hpf_json_out_end_object(&out);

    len = hpf_json_out_len(&out);
    line[len++] = '\n';

    ngx_http_hpf_audit_put(hmcf, line, len);
}


ngx_int_t
ngx_http_hpf_audit_reason(ngx_http_hpf_ctx_t *ctx, const char *what,
    const char *why)
{
    size_t   len;
    u_char  *p;

    len = ngx_strlen(what) + sizeof(": ") + ngx_strlen(why);

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_snprintf(p, len, "%s: %s%Z", what, why);

    ctx->reason = (char *) p;

    return NGX_OK;
}


/*
 * Lines of one turn of the event loop go out in one write.  Until then the
 * zone has them, so that those of a worker that dies are not lost.
 */

static void
ngx_http_hpf_audit_put(ngx_http_hpf_main_conf_t *hmcf, u_char *line,
    size_t len)
{
    ngx_http_hpf_audit_t  *audit;

    audit = hmcf->audit;

    if (audit->flush.handler == NULL) {
        ngx_http_hpf_audit_out(hmcf, line, len);
        return;
    }

    if (ngx_hpf_record_keep(hmcf->zone, line, len) == NGX_OK) {
        ngx_post_event(&audit->flush, &ngx_posted_events);
        return;
    }

    if (ngx_http_hpf_audit_flush(hmcf) != NGX_OK) {
        ngx_http_hpf_metrics_audit_failed(hmcf);
        return;
    }

    ngx_http_hpf_audit_out(hmcf, line, len);
}


static void
ngx_http_hpf_audit_flush_handler(ngx_event_t *ev)
{
    (void) ngx_http_hpf_audit_flush(ev->data);
}


/* NGX_ERROR: it is kept, for the next time. */

static ngx_int_t
ngx_http_hpf_audit_flush(ngx_http_hpf_main_conf_t *hmcf)
{
    ssize_t    n;
    ngx_str_t  kept;

    ngx_hpf_record_kept(hmcf->zone, &kept);

    if (kept.len == 0) {
        return NGX_OK;
    }

    n = ngx_write_fd(hmcf->audit->file->fd, kept.data, kept.len);

    if (n > 0) {
        ngx_hpf_record_written(hmcf->zone, n);
    }

    if (n == (ssize_t) kept.len) {
        return NGX_OK;
    }

    ngx_http_hpf_audit_failed(hmcf->audit, n);

    return NGX_ERROR;
}


static void
ngx_http_hpf_audit_out(ngx_http_hpf_main_conf_t *hmcf, u_char *line,
    size_t len)
{
    ssize_t  n;

    n = ngx_write_fd(hmcf->audit->file->fd, line, len);

    if (n != (ssize_t) len) {
        ngx_http_hpf_audit_failed(hmcf->audit, n);
        ngx_http_hpf_metrics_audit_failed(hmcf);
    }
}


static void
ngx_http_hpf_audit_failed(ngx_http_hpf_audit_t *audit, ssize_t n)
{
    if (ngx_time() - audit->failed > 59) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log,
                      n == -1 ? ngx_errno : 0,
                      "hpf audit: a record was not written to \"%V\"",
                      &audit->file->name);

        audit->failed = ngx_time();
    }
}


/* A worker begins with what one that died has not written. */

void
ngx_http_hpf_audit_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_event_t  *ev;

    if (hmcf->audit == NULL || hmcf->zone == NULL) {
        return;
    }

    ev = &hmcf->audit->flush;

    ev->handler = ngx_http_hpf_audit_flush_handler;
    ev->data = hmcf;
    ev->log = ngx_cycle->log;

    (void) ngx_http_hpf_audit_flush(hmcf);
}


void
ngx_http_hpf_audit_exit_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    if (hmcf->audit && hmcf->audit->flush.handler) {
        (void) ngx_http_hpf_audit_flush(hmcf);
    }
}


static size_t
ngx_http_hpf_audit_format(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    u_char *p, size_t len)
{
    int64_t          us;
    ngx_str_t        user, handler;
    ngx_time_t      *tp;
    hpf_json_out_t   out;

    tp = ngx_timeofday();

    hpf_json_out_init(&out, p, len - 1);
    hpf_json_out_begin_object(&out);

    ngx_http_hpf_audit_time(&out);

    hpf_json_out_key(&out, "id");
    hpf_json_out_string(&out, ctx->id, NGX_HTTP_HPF_ID_LEN);

    if (ctx->channel) {
        ngx_http_hpf_audit_member(&out, "channel", &ctx->channel->id);
    }

    ngx_http_hpf_audit_member(&out, "key", &ctx->key_id);
    ngx_http_hpf_audit_word(&out, "caller", ctx->caller);

    if (ctx->route) {
        hpf_json_out_key(&out, "call");
        hpf_json_out_cstring(&out, ctx->route->name);
    }

    ngx_http_hpf_audit_member(&out, "item", &ctx->item_id);

    if (ctx->has_session) {
        user.data = ctx->session.uid;
        user.len = ctx->session.uid_len;

        ngx_http_hpf_audit_member(&out, "user", &user);

        handler = ngx_http_hpf_session_acting(&ctx->session);

        ngx_http_hpf_audit_member(&out, "handler", &handler);

        hpf_json_out_key(&out, "level");
        hpf_json_out_int(&out, ctx->session.level);
    }

    hpf_json_out_key(&out, "outcome");
    hpf_json_out_cstring(&out, ctx->problem
                               ? ngx_http_hpf_problem_name(ctx->code)
                               : r->headers_out.status < 400 ? "ok"
                               : "error");
    hpf_json_out_key(&out, "status");
    hpf_json_out_int(&out, r->headers_out.status);

    ngx_http_hpf_audit_word(&out, "reason", ctx->reason);
    ngx_http_hpf_audit_member(&out, "event", &ctx->event);
    ngx_http_hpf_audit_member(&out, "operator", &ctx->operator);
    ngx_http_hpf_audit_member(&out, "subject", &ctx->subject);
    ngx_http_hpf_audit_member(&out, "session", &ctx->ended_session);
    ngx_http_hpf_audit_shown(&out, ctx);
    ngx_http_hpf_audit_member(&out, "case", &ctx->case_no);
    ngx_http_hpf_audit_digest(&out, ctx);
    ngx_http_hpf_audit_notes(&out, ctx);

    hpf_json_out_key(&out, "masked");
    hpf_json_out_int(&out, ngx_http_hpf_mask_count(r));

    ngx_http_hpf_audit_revealed(&out, r);

    us = (tp->sec - r->start_sec) * 1000 + (tp->msec - r->start_msec);

    hpf_json_out_key(&out, "ms");
    hpf_json_out_int(&out, ngx_max(us, 0));

    hpf_json_out_end_object(&out);

    len = hpf_json_out_len(&out);
    p[len++] = '\n';

    return len;
}


static void
ngx_http_hpf_audit_time(hpf_json_out_t *out)
{
    char         time[HPF_TIME_LEN];
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    hpf_json_out_key(out, "time");
    hpf_json_out_string(out, time,
                        hpf_time_rfc3339(time, (int64_t) tp->sec * 1000
                                               + tp->msec));
}


static void
ngx_http_hpf_audit_member(hpf_json_out_t *out, const char *key,
    ngx_str_t *value)
{
    if (value->len) {
        hpf_json_out_key(out, key);
        hpf_json_out_string(out, value->data, value->len);
    }
}


static void
ngx_http_hpf_audit_word(hpf_json_out_t *out, const char *key,
    const char *value)
{
    if (value) {
        hpf_json_out_key(out, key);
        hpf_json_out_cstring(out, value);
    }
}


static void
ngx_http_hpf_audit_digest(hpf_json_out_t *out, ngx_http_hpf_ctx_t *ctx)
{
    u_char  hex[2 * sizeof(ctx->digest)];

    if (ctx->digest_set
        && (ctx->route == NULL
            || !(ctx->route->flags & NGX_HTTP_HPF_R_SECRET)))
    {
        (void) ngx_hex_dump(hex, ctx->digest, sizeof(ctx->digest));

        hpf_json_out_key(out, "digest");
        hpf_json_out_string(out, hex, sizeof(hex));
    }
}


/* What was shown to whom, or was to be. */

static void
ngx_http_hpf_audit_shown(hpf_json_out_t *out, ngx_http_hpf_ctx_t *ctx)
{
    size_t   i;
    json_t  *name;

    ngx_http_hpf_audit_member(out, "party", &ctx->party);

    if (ctx->scope) {
        hpf_json_out_key(out, "scope");
        hpf_json_out_begin_array(out);

        json_array_foreach(ctx->scope, i, name) {
            hpf_json_out_string(out, json_string_value(name),
                                json_string_length(name));
        }

        hpf_json_out_end_array(out);
    }

    ngx_http_hpf_audit_member(out, "person", &ctx->person_hash);
    ngx_http_hpf_audit_member(out, "purpose", &ctx->purpose);
    ngx_http_hpf_audit_member(out, "matter", &ctx->matter);
}


/* What the plugin has added; few and short, and looked at there. */

static void
ngx_http_hpf_audit_notes(hpf_json_out_t *out, ngx_http_hpf_ctx_t *ctx)
{
    json_t      *notes, *value;
    const char  *key;

    notes = ctx->call ? ngx_hpf_call_notes(ctx->call) : NULL;

    if (notes == NULL) {
        return;
    }

    hpf_json_out_key(out, "notes");
    hpf_json_out_begin_object(out);

    json_object_foreach(notes, key, value) {
        hpf_json_out_key(out, key);
        hpf_json_out_string(out, json_string_value(value),
                            json_string_length(value));
    }

    hpf_json_out_end_object(out);
}


/* The kinds of what was shown although there is a rule for it. */

static void
ngx_http_hpf_audit_revealed(hpf_json_out_t *out, ngx_http_request_t *r)
{
    ngx_uint_t  kind, kinds;

    if (ngx_http_hpf_mask_revealed(r, &kinds) == 0) {
        return;
    }

    hpf_json_out_key(out, "revealed");
    hpf_json_out_begin_array(out);

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

        if ((kinds >> kind) & 1) {
            hpf_json_out_cstring(out, hpf_mask_kind_name(kind));
        }
    }

    hpf_json_out_end_array(out);
}


/* hpf_audit FILE|off */

char *
ngx_http_hpf_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t             *value;
    ngx_http_hpf_audit_t  *audit;

    value = cf->args->elts;

    if (hmcf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    hmcf->audit = NULL;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    audit = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_audit_t));
    if (audit == NULL) {
        return NGX_CONF_ERROR;
    }

    audit->file = ngx_conf_open_file(cf->cycle, &value[1]);
    if (audit->file == NULL) {
        return NGX_CONF_ERROR;
    }

    hmcf->audit = audit;

    return NGX_CONF_OK;
}
