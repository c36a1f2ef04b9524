/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Headers of masked bodies, and bodies that cannot be scanned: they are
 * refused, which means drained by the body filter, and a problem document
 * (RFC 9457) goes out in their place.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"


static ngx_int_t ngx_http_hpf_mask_refuse_charset(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf);
static void ngx_http_hpf_mask_refuse_abort(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_refuse_problem(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason);
static ngx_table_elt_t *ngx_http_hpf_mask_refuse_find(ngx_http_request_t *r,
    ngx_str_t *name);
static void ngx_http_hpf_mask_refuse_drop(ngx_http_request_t *r,
    ngx_str_t *name);


static ngx_str_t  ngx_http_hpf_mask_refuse_encoding =
    ngx_string("content-encoding");


/* What is said of the bytes that the back end sent. */

static ngx_str_t  ngx_http_hpf_mask_refuse_digests[] = {
    ngx_string("content-digest"),
    ngx_string("repr-digest"),
    ngx_string("digest"),
    ngx_string("content-md5"),
    ngx_null_string
};


/* What keeps the body from being scanned, or NULL. */

char *
ngx_http_hpf_mask_refuse_reason(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT) {
        return "a part of a body";
    }

    if (ngx_http_hpf_mask_refuse_coding(r) == NGX_HTTP_HPF_MASK_CODED) {
        return "a body with such a content coding";
    }

    if (ngx_http_hpf_mask_refuse_charset(r, hmlcf) != NGX_OK) {
        return "a body in such characters";
    }

    return NULL;
}


/* Several lines are several codings; the last is the one that is pointed to. */

ngx_uint_t
ngx_http_hpf_mask_refuse_coding(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = r->headers_out.content_encoding;

    if (h == NULL || h->hash == 0) {
        return NGX_HTTP_HPF_MASK_IDENTITY;
    }

    if (ngx_http_hpf_mask_refuse_find(r, &ngx_http_hpf_mask_refuse_encoding)
        != h)
    {
        return NGX_HTTP_HPF_MASK_CODED;
    }

    return ngx_http_hpf_mask_inflate_coding(&h->value);
}


static ngx_int_t
ngx_http_hpf_mask_refuse_charset(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf)
{
    ngx_int_t                  rc;
    const hpf_mask_charset_t  *cs;

    rc = ngx_http_hpf_mask_type_charset(r, hmlcf, &cs);

    if (rc == NGX_OK && cs->name != NULL
        && hmlcf->http.charset != NGX_HTTP_HPF_MASK_CONVERT)
    {
        return NGX_ABORT;
    }

    return (rc == NGX_ABORT) ? NGX_ABORT : NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_refuse_late(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason)
{
    ngx_int_t  rc;

    ctx->inflate = NULL;

    if (!ctx->held) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "hpf mask: %s cannot be scanned, the answer is cut off",
                      reason);

        ngx_http_hpf_mask_refuse_abort(r);

        return NGX_ERROR;
    }

    ctx->held = 0;

    if (ngx_http_hpf_mask_refuse(r, ctx, reason) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_hpf_mask_filter_send(r);

    return (rc == NGX_ERROR || rc > NGX_OK) ? NGX_ERROR : NGX_OK;
}


/*
 * To a client of HTTP/1.0 the end of the connection is the end of the body:
 * a reset says that it is not.  A stream of HTTP/2 is reset by nginx.
 */

static void
ngx_http_hpf_mask_refuse_abort(ngx_http_request_t *r)
{
    struct linger  linger;

#if (NGX_HTTP_V2)
    if (r->stream) {
        return;
    }
#endif

    linger.l_onoff = 1;
    linger.l_linger = 0;

    if (setsockopt(r->connection->fd, SOL_SOCKET, SO_LINGER,
                   (const void *) &linger, sizeof(struct linger))
        == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_socket_errno,
                      "hpf mask: setsockopt(SO_LINGER) failed");
    }
}


ngx_int_t
ngx_http_hpf_mask_refuse(ngx_http_request_t *r, ngx_http_hpf_mask_ctx_t *ctx,
    char *reason)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "hpf mask: %s cannot be scanned, answered with 502", reason);

    if (ngx_http_hpf_mask_refuse_problem(r, ctx, reason) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_refuse_headers(r);

    ngx_http_hpf_mask_refuse_drop(r, &ngx_http_hpf_mask_refuse_encoding);
    r->headers_out.content_encoding = NULL;

    if (r->headers_out.content_range) {
        r->headers_out.content_range->hash = 0;
        r->headers_out.content_range = NULL;
    }

    ngx_http_clear_etag(r);

    r->headers_out.status = NGX_HTTP_BAD_GATEWAY;
    r->headers_out.status_line.len = 0;

    ngx_str_set(&r->headers_out.content_type, "application/problem+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    if (r == r->main) {
        r->headers_out.content_length_n = ctx->problem.len;
    }

    /* nothing is read of the old body, so it need not be in memory */

    ctx->refused = 1;
    ctx->held = 0;
    ctx->whole = 0;
    ctx->sent = 0;
    ctx->out = NULL;
    ctx->last_out = &ctx->out;
    ctx->busy = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_refuse_problem(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason)
{
    size_t            len;
    ngx_str_t        *id;
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("x-request-id");
    static ngx_str_t  none = ngx_null_string;

    static char       format[] =
        "{\"type\":\"urn:hpf:problem:mask-unscannable\","
        "\"title\":\"Bad Gateway\",\"status\":502,"
        "\"detail\":\"the back end sent %s that cannot be masked\","
        "\"instance\":\"%V\",\"code\":\"mask-unscannable\"}";

    h = ngx_http_hpf_mask_refuse_find(r, &name);
    id = (h != NULL) ? &h->value : &none;

    if (ngx_escape_json(NULL, id->data, id->len) != 0) {
        id = &none;
    }

    len = sizeof(format) + ngx_strlen(reason) + id->len;

    ctx->problem.data = ngx_pnalloc(r->pool, len);
    if (ctx->problem.data == NULL) {
        return NGX_ERROR;
    }

    ctx->problem.len = ngx_sprintf(ctx->problem.data, format, reason, id)
                       - ctx->problem.data;

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_http_hpf_mask_refuse_find(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash != 0
            && h[i].key.len == name->len
            && ngx_strncasecmp(h[i].key.data, name->data, name->len) == 0)
        {
            return &h[i];
        }
    }
}


/* The entity is another one: see RFC 9110 sections 8.6, 8.8, 14.3. */

void
ngx_http_hpf_mask_refuse_headers(ngx_http_request_t *r)
{
    ngx_str_t  *name;

    ngx_http_clear_content_length(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    for (name = ngx_http_hpf_mask_refuse_digests; name->len; name++) {
        ngx_http_hpf_mask_refuse_drop(r, name);
    }
}


/* All lines of it. */

static void
ngx_http_hpf_mask_refuse_drop(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_table_elt_t  *h;

    for ( ;; ) {
        h = ngx_http_hpf_mask_refuse_find(r, name);

        if (h == NULL) {
            return;
        }

        h->hash = 0;
    }
}
