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
#include "ngx_hpf_audit.h"
#include "ngx_http_hpf.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_session.h"


#define NGX_HTTP_HPF_AUDIT_REST  512      /* bytes behind the notes */


static size_t ngx_http_hpf_audit_format(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, u_char *p, size_t len);
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
    u_char                    *line;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->audit == NULL) {
        return;
    }

    line = ngx_hpf_audit_begin(hmcf->audit, &len);

    if (line) {
        ngx_hpf_audit_end(hmcf->audit,
                          ngx_http_hpf_audit_format(r, ctx, line, len));
    }
}


void
ngx_http_hpf_audit_event(ngx_http_hpf_main_conf_t *hmcf, const char *event,
    ngx_str_t *item, const u_char *digest, ngx_str_t *by)
{
    size_t           len;
    u_char          *line;
    hpf_json_out_t   out;

    if (hmcf->audit == NULL) {
        return;
    }

    line = ngx_hpf_audit_begin(hmcf->audit, &len);

    if (line == NULL) {
        return;
    }

    hpf_json_out_init(&out, line, len);
    hpf_json_out_begin_object(&out);

    ngx_hpf_audit_time(&out);

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

    ngx_hpf_audit_end(hmcf->audit, hpf_json_out_len(&out));
}


/*
 * While nothing can be written, what changes something is refused before it is
 * done; what only shows goes on.
 */

ngx_int_t
ngx_http_hpf_audit_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS)) {
        return NGX_OK;
    }

    if (ctx->route && ctx->route->flags & NGX_HTTP_HPF_R_ALWAYS) {
        return NGX_OK;
    }

    if (ctx->item
        && ngx_hpf_plugin_manifest(ctx->item)->mode == HPF_MANIFEST_QUERY)
    {
        return NGX_OK;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->audit == NULL || ngx_hpf_audit_writable(hmcf->audit) == NGX_OK) {
        return NGX_OK;
    }

    ctx->retry_after = 60;

    return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE,
                                      "审计记录暂时无法写入",
                                      "the record cannot be written now");
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


static size_t
ngx_http_hpf_audit_format(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    u_char *p, size_t len)
{
    int64_t          us;
    ngx_str_t        user, handler;
    ngx_time_t      *tp;
    hpf_json_out_t   out, before;

    tp = ngx_timeofday();

    hpf_json_out_init(&out, p, len);
    hpf_json_out_begin_object(&out);

    ngx_hpf_audit_time(&out);

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

    before = out;
    ngx_http_hpf_audit_notes(&out, ctx);

    if (hpf_json_out_failed(&out)
        || (size_t) (out.last - out.pos) < NGX_HTTP_HPF_AUDIT_REST)
    {
        out = before;
        hpf_json_out_key(&out, "notes");
        hpf_json_out_begin_object(&out);
        hpf_json_out_end_object(&out);
    }

    hpf_json_out_key(&out, "masked");
    hpf_json_out_int(&out, ngx_http_hpf_mask_count(r));

    ngx_http_hpf_audit_revealed(&out, r);

    us = (tp->sec - r->start_sec) * 1000 + (tp->msec - r->start_msec);

    hpf_json_out_key(&out, "ms");
    hpf_json_out_int(&out, ngx_max(us, 0));

    hpf_json_out_end_object(&out);

    return hpf_json_out_len(&out);
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
