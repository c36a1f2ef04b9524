/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Answers that are made here: the fixed calls, items and problems.  Their
 * common headers are added by the header filter.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_time.h"
#include "ngx_http_hpf_cookie.h"


#define NGX_HTTP_HPF_ANSWER_SIZE  1024     /* bytes, to begin with */


typedef struct {
    ngx_pool_t   *pool;
    ngx_str_t     text;
    size_t        size;
} ngx_http_hpf_answer_to_t;


static void ngx_http_hpf_answer_unasked(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_answer_headers(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_answer_challenge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_answer_header(ngx_http_request_t *r,
    const char *key, ngx_str_t *value);
static int ngx_http_hpf_answer_add(const char *text, size_t len, void *data);


ngx_int_t
ngx_http_hpf_send(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ctx->answered = 1;
    ctx->ours = 1;

    if (ctx->problem) {
        ngx_http_hpf_answer_unasked(r);
    }

    /* what a client sends after a refusal must not become a request */

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->problem
        && ngx_http_hpf_problem_text(ctx, &ctx->answer) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_hpf_answer_headers(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->answer.data;
    b->last = ctx->answer.data + ctx->answer.len;
    b->memory = ctx->answer.len ? 1 : 0;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/*
 * RFC 9110, section 10.1.1: a client that asks before it sends a body is told
 * of the refusal and not to go on.  Whether the body comes all the same nobody
 * knows, so the connection ends.
 */

static void
ngx_http_hpf_answer_unasked(ngx_http_request_t *r)
{
    if (r->headers_in.expect == NULL || r->expect_tested
        || !ngx_http_hpf_has_body(r)
        || r->header_in->pos != r->header_in->last)
    {
        return;
    }

    r->expect_tested = 1;
    r->keepalive = 0;
}


static ngx_int_t
ngx_http_hpf_answer_headers(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char           *p;
    ngx_str_t         value;
    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  problem = ngx_string("application/problem+json");

    r->headers_out.status = ctx->status;

    if (ctx->status == 422) {

        /* nginx has no phrase for it */

        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }
    r->headers_out.content_length_n = ctx->answer.len;

    r->headers_out.content_type = ctx->problem ? problem : json;
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ctx->status == NGX_HTTP_NO_CONTENT) {
        r->headers_out.content_length_n = -1;
        r->headers_out.content_type.len = 0;
        r->header_only = 1;
    }

    if (ctx->problem && ctx->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_hpf_answer_challenge(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->problem && ctx->by_cookie
        && ctx->code == NGX_HTTP_HPF_SESSION_EXPIRED)
    {
        ctx->set_cookie = ngx_http_hpf_cookie_end;
    }

    if (ctx->set_cookie.len
        && ngx_http_hpf_answer_header(r, "Set-Cookie", &ctx->set_cookie)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->problem && ctx->retry_after) {
        p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%T", ctx->retry_after) - p;

        if (ngx_http_hpf_answer_header(r, "Retry-After", &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->location.len) {
        return ngx_http_hpf_answer_header(r, "Location", &ctx->location);
    }

    return NGX_OK;
}


/*
 * RFC 9110, section 15.5.2: each 401 says what would do.  For what is no
 * session there is no scheme of HTTP; the names are our own.
 */

static ngx_int_t
ngx_http_hpf_answer_challenge(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    static ngx_str_t  bearer = ngx_string("Bearer");
    static ngx_str_t  factor = ngx_string("HPF-Factor");
    static ngx_str_t  channel = ngx_string("HPF-Channel");

    switch (ctx->code) {

    case NGX_HTTP_HPF_SESSION_REQUIRED:
    case NGX_HTTP_HPF_SESSION_EXPIRED:
        return ngx_http_hpf_answer_header(r, "WWW-Authenticate", &bearer);

    case NGX_HTTP_HPF_FACTOR_FAILED:
        return ngx_http_hpf_answer_header(r, "WWW-Authenticate", &factor);

    case NGX_HTTP_HPF_CHANNEL_UNKNOWN:
    case NGX_HTTP_HPF_CHANNEL_SIGNATURE:
        return ngx_http_hpf_answer_header(r, "WWW-Authenticate", &channel);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_hpf_answer_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;

    return NGX_OK;
}


/* Takes the tree over; its text is written straight into the pool. */

ngx_int_t
ngx_http_hpf_answer(ngx_http_hpf_ctx_t *ctx, ngx_uint_t status, json_t *tree)
{
    int                       rc;
    ngx_http_hpf_answer_to_t  to;

    ctx->status = status;

    if (tree == NULL) {
        return status == NGX_HTTP_NO_CONTENT ? NGX_OK : NGX_ERROR;
    }

    to.pool = ctx->request->pool;
    to.size = NGX_HTTP_HPF_ANSWER_SIZE;
    to.text.len = 0;
    to.text.data = ngx_pnalloc(to.pool, to.size);

    rc = to.text.data ? json_dump_callback(tree, ngx_http_hpf_answer_add, &to,
                                           NGX_HTTP_HPF_JSON)
                      : -1;

    json_decref(tree);

    ctx->answer = to.text;

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


/* What has to be copied on the way is no more than the text itself. */

static int
ngx_http_hpf_answer_add(const char *text, size_t len, void *data)
{
    ngx_http_hpf_answer_to_t *to = data;

    u_char  *p;

    if (len > to->size - to->text.len) {
        to->size = 2 * to->size + len;

        p = ngx_pnalloc(to->pool, to->size);
        if (p == NULL) {
            return -1;
        }

        ngx_memcpy(p, to->text.data, to->text.len);

        /* the block before is given back when it was a large one */

        (void) ngx_pfree(to->pool, to->text.data);

        to->text.data = p;
    }

    ngx_memcpy(to->text.data + to->text.len, text, len);
    to->text.len += len;

    return 0;
}


json_t *
ngx_http_hpf_json_str(const ngx_str_t *value)
{
    /* what is not configured is empty, and has no address */

    return json_stringn(value->len ? (char *) value->data : "", value->len);
}


ngx_int_t
ngx_http_hpf_set_str(json_t *object, const char *key, const ngx_str_t *value)
{
    return json_object_set_new(object, key, ngx_http_hpf_json_str(value)) == 0
           ? NGX_OK : NGX_ERROR;
}


json_t *
ngx_http_hpf_json_time(time_t t)
{
    char  buf[HPF_TIME_LEN];

    return json_stringn(buf, hpf_time_rfc3339_seconds(buf,
                                                     (int64_t) t * 1000));
}
