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


static ngx_int_t ngx_http_hpf_mask_refuse_problem(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason);
static ngx_table_elt_t *ngx_http_hpf_mask_refuse_find(ngx_http_request_t *r,
    ngx_str_t *name);


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
    ngx_str_t  *charset, *coding;

    if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT) {
        return "a part of a body";
    }

    if (r->headers_out.content_encoding != NULL
        && r->headers_out.content_encoding->hash != 0)
    {
        coding = &r->headers_out.content_encoding->value;

        if (coding->len
            && (coding->len != 8
                || ngx_strncasecmp(coding->data, (u_char *) "identity", 8)
                   != 0))
        {
            return "a body with a content coding";
        }
    }

    charset = &r->headers_out.charset;

    if (charset->len >= 6
        && (ngx_strncasecmp(charset->data, (u_char *) "utf-16", 6) == 0
            || ngx_strncasecmp(charset->data, (u_char *) "utf-32", 6) == 0))
    {
        return "a body of 16 or 32 bit characters";
    }

    return NULL;
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

    if (r->headers_out.content_encoding) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

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
    ngx_str_t        *name;
    ngx_table_elt_t  *h;

    ngx_http_clear_content_length(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    for (name = ngx_http_hpf_mask_refuse_digests; name->len; name++) {

        h = ngx_http_hpf_mask_refuse_find(r, name);

        if (h != NULL) {
            h->hash = 0;
        }
    }
}
