/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Calls to back ends by in-memory subrequests.
 *
 * They are background subrequests: the main request stays the one that
 * speaks to the client, several can be under way together, and a client that
 * leaves does not break off what a back end has been told to do.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_backend.h"


typedef struct {
    ngx_queue_t                  queue;        /* in ctx->ended */
    ngx_http_hpf_ctx_t          *ctx;
    ngx_http_hpf_backend_t      *backend;
    ngx_http_hpf_backend_pt      handler;
    void                        *data;
    ngx_http_hpf_backend_res_t   res;
    unsigned                     ended:1;
} ngx_http_hpf_backend_op_t;


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   method;
} ngx_http_hpf_backend_method_t;


static ngx_http_hpf_backend_t *ngx_http_hpf_backend_find(
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name);
static ngx_int_t ngx_http_hpf_backend_uri(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_t *backend, ngx_str_t *path, ngx_str_t *uri,
    ngx_str_t *args);
static const ngx_http_hpf_backend_method_t *ngx_http_hpf_backend_method(
    ngx_str_t *name);
static ngx_int_t ngx_http_hpf_backend_headers(ngx_http_request_t *sr,
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_hpf_backend_header(ngx_http_request_t *sr,
    const char *key, u_char *lowcase, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_backend_body(ngx_http_request_t *sr,
    ngx_str_t *body);
static ngx_int_t ngx_http_hpf_backend_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static ngx_int_t ngx_http_hpf_backend_ended(ngx_http_hpf_backend_op_t *op);
static void ngx_http_hpf_backend_outcome(ngx_http_request_t *sr,
    ngx_int_t rc, ngx_http_hpf_backend_res_t *res);
static void ngx_http_hpf_backend_fail(ngx_http_request_t *sr);
static void ngx_http_hpf_backend_resume(ngx_http_request_t *r);


ngx_int_t
ngx_http_hpf_backend_call(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_req_t *req, ngx_http_hpf_backend_pt handler,
    void *data)
{
    ngx_str_t                             uri, args;
    ngx_http_request_t                   *r, *sr;
    ngx_http_hpf_backend_t               *backend;
    ngx_http_hpf_main_conf_t             *hmcf;
    ngx_http_hpf_backend_op_t            *op;
    ngx_http_post_subrequest_t           *ps;
    const ngx_http_hpf_backend_method_t  *method;

    r = ctx->request;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    backend = ngx_http_hpf_backend_find(hmcf, &req->backend);
    method = ngx_http_hpf_backend_method(&req->method);

    if (backend == NULL || method == NULL
        || ngx_http_hpf_backend_uri(ctx, backend, &req->path, &uri, &args)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "hpf backend: \"%V\" cannot be called: its name, the "
                      "method or the path is invalid", &req->backend);
        return NGX_DECLINED;
    }

    op = ngx_pcalloc(r->pool, sizeof(ngx_http_hpf_backend_op_t));
    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (op == NULL || ps == NULL) {
        return NGX_ERROR;
    }

    op->ctx = ctx;
    op->backend = backend;
    op->handler = handler;
    op->data = data;

    if (!ngx_http_hpf_backend_circuit_enter(hmcf, backend)) {
        op->res.outcome = HPF_UNAVAILABLE;
        return ngx_http_hpf_backend_ended(op);
    }

    ps->handler = ngx_http_hpf_backend_done;
    ps->data = op;

    if (ngx_http_subrequest(r, &uri, &args, &sr, ps,
                            NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /*
     * From here on the subrequest will run and its end will be told; what
     * fails now makes it fail.
     */

    sr->method = method->method;
    sr->method_name = method->name;

    if (ngx_http_hpf_backend_headers(sr, ctx, &req->body) != NGX_OK
        || ngx_http_hpf_backend_body(sr, &req->body) != NGX_OK)
    {
        op->res.outcome = HPF_REFUSED;
        sr->write_event_handler = ngx_http_hpf_backend_fail;
    }

    return NGX_OK;
}


static ngx_http_hpf_backend_t *
ngx_http_hpf_backend_find(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_http_hpf_backend_t  *backend;

    backend = hmcf->backends.elts;

    for (i = 0; i < hmcf->backends.nelts; i++) {

        if (backend[i].name.len == name->len
            && ngx_strncmp(backend[i].name.data, name->data, name->len) == 0)
        {
            return &backend[i];
        }
    }

    return NULL;
}


/* A path cannot lead out of the location: no dot segments, no controls. */

static ngx_int_t
ngx_http_hpf_backend_uri(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_t *backend, ngx_str_t *path, ngx_str_t *uri,
    ngx_str_t *args)
{
    u_char      *p;
    ngx_str_t    rest;
    ngx_uint_t   i, flags;

    rest = *path;

    /* a query goes on as it is: no line of a request may begin in it */

    for (i = 0; i < rest.len; i++) {

        if (rest.data[i] <= ' ' || rest.data[i] == 0x7f
            || rest.data[i] == '#')
        {
            return NGX_ERROR;
        }
    }

    if (rest.len && rest.data[0] == '/') {
        rest.data++;
        rest.len--;
    }

    uri->len = backend->uri.len + rest.len;
    uri->data = ngx_pnalloc(ctx->request->pool, uri->len + 1);

    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(uri->data, backend->uri.data, backend->uri.len);
    ngx_memcpy(p, rest.data, rest.len);

    ngx_str_null(args);
    flags = NGX_HTTP_LOG_UNSAFE;

    return ngx_http_parse_unsafe_uri(ctx->request, uri, args, &flags);
}


static const ngx_http_hpf_backend_method_t *
ngx_http_hpf_backend_method(ngx_str_t *name)
{
    const ngx_http_hpf_backend_method_t  *m;

    static const ngx_http_hpf_backend_method_t  methods[] = {
        { ngx_string("GET"), NGX_HTTP_GET },
        { ngx_string("POST"), NGX_HTTP_POST },
        { ngx_string("PUT"), NGX_HTTP_PUT },
        { ngx_string("DELETE"), NGX_HTTP_DELETE },
        { ngx_string("PATCH"), NGX_HTTP_PATCH },
        { ngx_null_string, 0 }
    };

    for (m = methods; m->name.len; m++) {

        if (m->name.len == name->len
            && ngx_strncmp(m->name.data, name->data, name->len) == 0)
        {
            return m;
        }
    }

    return NULL;
}


/* Nothing of the client's headers goes along, see CVE-2020-11724. */

static ngx_int_t
ngx_http_hpf_backend_headers(ngx_http_request_t *sr, ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *body)
{
    u_char     *p, span[8];
    ngx_str_t   server, value;

    static u_char     id_key[] = "x-request-id";
    static u_char     trace_key[] = "traceparent";
    static u_char     type_key[] = "content-type";
    static u_char     accept_key[] = "accept";
    static ngx_str_t  json = ngx_string("application/json");

    server = sr->headers_in.server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.server = server;
    sr->headers_in.content_length_n = body->len ? (off_t) body->len : -1;
    sr->headers_in.keep_alive_n = -1;

    p = ngx_pnalloc(sr->pool, sizeof("00--0123456789abcdef-01") - 1
                              + NGX_HTTP_HPF_ID_LEN);

    if (p == NULL
        || ngx_list_init(&sr->headers_in.headers, sr->pool, 4,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || ngx_http_hpf_random(span, sizeof(span)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ctx->id;
    value.len = NGX_HTTP_HPF_ID_LEN;

    if (ngx_http_hpf_backend_header(sr, "X-Request-Id", id_key, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = p;

    p = ngx_cpymem(p, "00-", 3);
    p = ngx_cpymem(p, ctx->id, NGX_HTTP_HPF_ID_LEN);
    *p++ = '-';
    p = ngx_hex_dump(p, span, sizeof(span));
    p = ngx_cpymem(p, "-01", 3);

    value.len = p - value.data;

    if (ngx_http_hpf_backend_header(sr, "traceparent", trace_key, &value)
            != NGX_OK
        || ngx_http_hpf_backend_header(sr, "Accept", accept_key, &json)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (body->len == 0) {
        return NGX_OK;
    }

    return ngx_http_hpf_backend_header(sr, "Content-Type", type_key, &json);
}


static ngx_int_t
ngx_http_hpf_backend_header(ngx_http_request_t *sr, const char *key,
    u_char *lowcase, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->lowcase_key = lowcase;
    h->hash = ngx_hash_key(lowcase, h->key.len);
    h->value = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_backend_body(ngx_http_request_t *sr, ngx_str_t *body)
{
    ngx_buf_t                *b;
    ngx_http_request_body_t  *rb;

    /* never the parent's */

    rb = ngx_pcalloc(sr->pool, sizeof(ngx_http_request_body_t));
    sr->request_body = rb;

    if (rb == NULL) {
        return NGX_ERROR;
    }

    if (body->len == 0) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(sr->pool);
    rb->bufs = ngx_alloc_chain_link(sr->pool);

    if (b == NULL || rb->bufs == NULL) {
        return NGX_ERROR;
    }

    b->start = body->data;
    b->pos = body->data;
    b->last = body->data + body->len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    rb->buf = b;
    rb->bufs->buf = b;
    rb->bufs->next = NULL;

    return NGX_OK;
}


/*
 * The subrequest has ended, maybe deep inside the finalisation of nginx: the
 * main request is only posted.
 */

static ngx_int_t
ngx_http_hpf_backend_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_hpf_backend_op_t *op = data;

    if (op->ended) {
        return NGX_OK;
    }

    op->ended = 1;

    if (op->res.outcome != HPF_REFUSED) {
        ngx_http_hpf_backend_outcome(sr, rc, &op->res);
    }

    ngx_http_hpf_backend_circuit_leave(op->ctx, op->backend, &op->res);

    /* an error page for the subrequest would be of no use */

    return ngx_http_hpf_backend_ended(op);
}


/* The handler is called in a later turn, never from where this is called. */

static ngx_int_t
ngx_http_hpf_backend_ended(ngx_http_hpf_backend_op_t *op)
{
    ngx_http_request_t  *r;

    r = op->ctx->request;

    ngx_queue_insert_tail(&op->ctx->ended, &op->queue);

    /* the loop that runs will come to it */

    if (op->ctx->posted) {
        return NGX_OK;
    }

    r->write_event_handler = ngx_http_hpf_backend_resume;

    return ngx_http_post_request(r, NULL);
}


static void
ngx_http_hpf_backend_outcome(ngx_http_request_t *sr, ngx_int_t rc,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_buf_t            *b;
    ngx_http_upstream_t  *u;

    u = sr->upstream;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, sr->connection->log, 0,
                   "hpf backend: \"%V\" ended: %i, %ui", &sr->uri, rc,
                   sr->headers_out.status);

    if (rc == NGX_OK && sr->headers_out.status) {

        res->outcome = HPF_DONE;
        res->status = sr->headers_out.status;

        if (sr->out) {
            b = sr->out->buf;

            res->body.data = b->pos;
            res->body.len = b->last - b->pos;
        }

        return;
    }

    if (u == NULL || (!u->request_sent && !u->header_sent)) {
        res->outcome = HPF_UNAVAILABLE;

    } else if (rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        res->outcome = HPF_TIMEOUT;

    } else {
        res->outcome = HPF_UNKNOWN;
    }
}


static void
ngx_http_hpf_backend_fail(ngx_http_request_t *sr)
{
    ngx_http_finalize_request(sr, NGX_HTTP_INTERNAL_SERVER_ERROR);
}


static void
ngx_http_hpf_backend_resume(ngx_http_request_t *r)
{
    ngx_queue_t                *q;
    ngx_http_hpf_ctx_t         *ctx;
    ngx_http_hpf_backend_op_t  *op;

    ctx = ngx_http_hpf_get_ctx(r);

    /*
     * A handler may end the request: it is held until the queue is empty.
     */

    r->main->count++;
    ctx->posted = 1;

    while (!ngx_queue_empty(&ctx->ended)) {

        q = ngx_queue_head(&ctx->ended);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_http_hpf_backend_op_t, queue);

        op->handler(ctx, op->data, &op->res);
    }

    ctx->posted = 0;

    ngx_http_finalize_request(r, NGX_DONE);
}


ngx_int_t
ngx_http_hpf_backend_refuse(ngx_http_hpf_ctx_t *ctx, ngx_str_t *backend,
    ngx_http_hpf_backend_res_t *res)
{
    ctx->retry_after = 1;

    (void) ngx_http_hpf_refuse(ctx, res->outcome == HPF_TIMEOUT
                                    ? NGX_HTTP_HPF_BACKEND_TIMEOUT
                                    : NGX_HTTP_HPF_BACKEND_UNAVAILABLE);

    return ngx_http_hpf_extra_string(ctx, "backend", backend) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}
