/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking filter.  The header filter decides whether a body is masked and
 * takes away what no longer holds for it; the body filter runs the engine
 * over the chain.  What is not touched is passed on in shadows of its
 * buffers, small pieces are gathered in buffers of the filter's own.  A body
 * that cannot be scanned is refused: it is drained and a problem document
 * goes out in its place.
 */

#include "hpf_mask.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_mask_conf.h"


/* A span that is shorter costs less to copy than to pass on by itself. */
#define NGX_HTTP_HPF_MASK_SHORT   2048

#define NGX_HTTP_HPF_MASK_BUFFER  8192


typedef struct {
    ngx_http_request_t       *request;
    const hpf_mask_rules_t   *rules;      /* of the gate */
    hpf_mask_t               *engine;     /* NULL: the body is not masked */

    ngx_buf_t                *buf;        /* of the input, being fed */
    ngx_buf_t                *ref;        /* the last shadow of it */
    ngx_buf_t                *own;        /* open for more bytes */

    ngx_chain_t              *out;
    ngx_chain_t             **last_out;
    ngx_chain_t              *busy;
    ngx_chain_t              *shadows;    /* free, without memory */
    ngx_chain_t              *buffers;    /* free, with memory */

    ngx_str_t                 problem;    /* in place of the body */
    ngx_uint_t                count;      /* of subrequests that ended */

    unsigned                  refused:1;
    unsigned                  sent:1;     /* the problem, or all */
} ngx_http_hpf_mask_ctx_t;


static ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_get_ctx(
    ngx_http_request_t *r);
static ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_hpf_mask_cleanup(void *data);

static ngx_int_t ngx_http_hpf_mask_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hpf_mask_has_body(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hpf_mask_is_parts(ngx_http_request_t *r);
static char *ngx_http_hpf_mask_fault(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_refuse(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *fault);
static ngx_int_t ngx_http_hpf_mask_problem(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *fault);
static ngx_table_elt_t *ngx_http_hpf_mask_find_header(ngx_http_request_t *r,
    ngx_str_t *name);
static void ngx_http_hpf_mask_clear_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_start(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, const hpf_mask_rules_t *rules,
    ngx_uint_t type);

static ngx_int_t ngx_http_hpf_mask_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_hpf_mask_feed(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_report(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_end(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_drain(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_send(ngx_http_hpf_mask_ctx_t *ctx);
static int ngx_http_hpf_mask_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);
static ngx_int_t ngx_http_hpf_mask_shadow(ngx_http_hpf_mask_ctx_t *ctx,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hpf_mask_own(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_chain_t *ngx_http_hpf_mask_get(ngx_pool_t *pool,
    ngx_chain_t **free);

static ngx_int_t ngx_http_hpf_mask_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hpf_mask_add_variables(ngx_conf_t *cf);
static ngx_int_t ngx_http_hpf_mask_init(ngx_conf_t *cf);


static ngx_str_t  ngx_http_hpf_mask_variable_name =
    ngx_string("hpf_masked_fields");


/* What is said of the bytes that the back end sent. */

static ngx_str_t  ngx_http_hpf_mask_digests[] = {
    ngx_string("content-digest"),
    ngx_string("repr-digest"),
    ngx_string("digest"),
    ngx_string("content-md5"),
    ngx_null_string
};


static ngx_http_module_t  ngx_http_hpf_mask_filter_module_ctx = {
    ngx_http_hpf_mask_add_variables,       /* preconfiguration */
    ngx_http_hpf_mask_init,                /* postconfiguration */

    ngx_http_hpf_mask_create_main_conf,    /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_hpf_mask_create_loc_conf,     /* create location configuration */
    ngx_http_hpf_mask_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_hpf_mask_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_hpf_mask_filter_module_ctx,  /* module context */
    ngx_http_hpf_mask_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_hpf_mask_set_rules(ngx_http_request_t *r,
    const hpf_mask_rules_t *rules)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->rules = rules;

    return ngx_http_hpf_mask_request_prepare(r);
}


ngx_uint_t
ngx_http_hpf_mask_count(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_get_ctx(r);
    if (ctx == NULL) {
        return 0;
    }

    return ctx->count + ((ctx->engine != NULL) ? ctx->engine->count : 0);
}


const hpf_mask_rules_t *
ngx_http_hpf_mask_base_rules(ngx_cycle_t *cycle)
{
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_hpf_mask_filter_module);

    return (hmmcf == NULL) ? NULL : hmmcf->base;
}


/*
 * An internal redirect and an error page clear the contexts of a request; the
 * rules must outlive that, and are found again by the cleanup handler.
 */

static ngx_http_hpf_mask_ctx_t *
ngx_http_hpf_mask_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_hpf_mask_filter_module);

    if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_hpf_mask_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_hpf_mask_filter_module);
            return ctx;
        }
    }

    return NULL;
}


static ngx_http_hpf_mask_ctx_t *
ngx_http_hpf_mask_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_get_ctx(r);
    if (ctx != NULL) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_mask_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_hpf_mask_ctx_t));
    ctx->request = r;

    cln->handler = ngx_http_hpf_mask_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_hpf_mask_filter_module);

    return ctx;
}


/* Has nothing to do: it is there to find the context by. */

static void
ngx_http_hpf_mask_cleanup(void *data)
{
    (void) data;
}


static ngx_int_t
ngx_http_hpf_mask_header_filter(ngx_http_request_t *r)
{
    char                          *fault;
    ngx_uint_t                     type;
    const hpf_mask_rules_t        *rules;
    ngx_http_hpf_mask_ctx_t       *ctx;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);
    ctx = ngx_http_hpf_mask_get_ctx(r);

    if (ctx != NULL) {
        ctx->engine = NULL;
        ctx->refused = 0;
    }

    rules = (ctx != NULL && ctx->rules != NULL) ? ctx->rules : NULL;

    if (rules == NULL && hmlcf->enable) {
        rules = hmlcf->rules;
    }

    if (rules == NULL || !ngx_http_hpf_mask_has_body(r)) {
        return ngx_http_next_header_filter(r);
    }

    type = ngx_http_hpf_mask_conf_type(r, hmlcf);

    if (type == NGX_HTTP_HPF_MASK_NO_TYPE && !ngx_http_hpf_mask_is_parts(r)) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    fault = ngx_http_hpf_mask_fault(r);

    if (fault != NULL) {

        if (hmlcf->unscannable == NGX_HTTP_HPF_MASK_PASS) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "hpf mask: %s cannot be scanned, passed unmasked",
                          fault);
            return ngx_http_next_header_filter(r);
        }

        return ngx_http_hpf_mask_refuse(r, ctx, fault);
    }

    ngx_http_hpf_mask_clear_headers(r);

    if (!r->header_only
        && ngx_http_hpf_mask_start(r, ctx, rules, type) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_uint_t
ngx_http_hpf_mask_has_body(ngx_http_request_t *r)
{
    if (r->subrequest_in_memory) {
        return 0;
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_SWITCHING_PROTOCOLS:
    case NGX_HTTP_NO_CONTENT:
    case NGX_HTTP_NOT_MODIFIED:
        return 0;

    default:
        return 1;
    }
}


/* The parts of such an answer have types of their own. */

static ngx_uint_t
ngx_http_hpf_mask_is_parts(ngx_http_request_t *r)
{
    return r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT
           && r->headers_out.content_type.len > 10
           && ngx_strncasecmp(r->headers_out.content_type.data,
                              (u_char *) "multipart/", 10)
              == 0;
}


/* What keeps the body from being scanned, or NULL. */

static char *
ngx_http_hpf_mask_fault(ngx_http_request_t *r)
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


static ngx_int_t
ngx_http_hpf_mask_refuse(ngx_http_request_t *r, ngx_http_hpf_mask_ctx_t *ctx,
    char *fault)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "hpf mask: %s cannot be scanned, answered with 502", fault);

    if (ngx_http_hpf_mask_problem(r, ctx, fault) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_clear_headers(r);

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

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_hpf_mask_problem(ngx_http_request_t *r, ngx_http_hpf_mask_ctx_t *ctx,
    char *fault)
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

    h = ngx_http_hpf_mask_find_header(r, &name);
    id = (h != NULL) ? &h->value : &none;

    if (ngx_escape_json(NULL, id->data, id->len) != 0) {
        id = &none;
    }

    len = sizeof(format) + ngx_strlen(fault) + id->len;

    ctx->problem.data = ngx_pnalloc(r->pool, len);
    if (ctx->problem.data == NULL) {
        return NGX_ERROR;
    }

    ctx->problem.len = ngx_sprintf(ctx->problem.data, format, fault, id)
                       - ctx->problem.data;

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_http_hpf_mask_find_header(ngx_http_request_t *r, ngx_str_t *name)
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

static void
ngx_http_hpf_mask_clear_headers(ngx_http_request_t *r)
{
    ngx_str_t        *name;
    ngx_table_elt_t  *h;

    ngx_http_clear_content_length(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_weak_etag(r);

    for (name = ngx_http_hpf_mask_digests; name->len; name++) {

        h = ngx_http_hpf_mask_find_header(r, name);

        if (h != NULL) {
            h->hash = 0;
        }
    }
}


static ngx_int_t
ngx_http_hpf_mask_start(ngx_http_request_t *r, ngx_http_hpf_mask_ctx_t *ctx,
    const hpf_mask_rules_t *rules, ngx_uint_t type)
{
    ngx_tm_t           tm;
    ngx_time_t        *tp;
    hpf_mask_conf_t    conf;

    ctx->engine = ngx_palloc(r->pool, sizeof(hpf_mask_t));
    if (ctx->engine == NULL) {
        return NGX_ERROR;
    }

    tp = ngx_timeofday();
    ngx_gmtime(tp->sec + tp->gmtoff * 60, &tm);

    conf.rules = rules;
    conf.today.year = tm.ngx_tm_year;
    conf.today.month = tm.ngx_tm_mon;
    conf.today.day = tm.ngx_tm_mday;
    conf.text = (type == NGX_HTTP_HPF_MASK_TEXT);
    conf.out = ngx_http_hpf_mask_out;
    conf.data = ctx;

    hpf_mask_init(ctx->engine, &conf);

    ctx->sent = 0;
    ctx->out = NULL;
    ctx->last_out = &ctx->out;
    ctx->busy = NULL;
    ctx->own = NULL;

    r->filter_need_in_memory = 1;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "hpf mask: body is masked, text:%ui", conf.text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                 rc;
    ngx_chain_t              *cl;
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_hpf_mask_filter_module);

    if (ctx == NULL
        || (ctx->engine == NULL && !ctx->refused)
        || (in == NULL && ctx->busy == NULL))
    {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {

        if (ctx->refused) {
            rc = ngx_http_hpf_mask_drain(ctx, cl->buf);

        } else {
            rc = ngx_http_hpf_mask_feed(ctx, cl->buf);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_send(ctx);
}


/* One buffer of the input: bytes, signs, or both. */

static ngx_int_t
ngx_http_hpf_mask_feed(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    ctx->buf = b;
    ctx->ref = NULL;

    if (b->pos < b->last && ngx_buf_in_memory(b)) {

        if (hpf_mask_feed(ctx->engine, b->pos, b->last - b->pos) != HPF_OK) {
            return NGX_ERROR;
        }

    } else if (b->in_file) {
        ngx_log_error(NGX_LOG_ALERT, ctx->request->connection->log, 0,
                      "hpf mask: a buffer in a file came to the filter");
        return NGX_ERROR;
    }

    if ((b->last_buf || b->last_in_chain) && !ctx->sent) {

        if (hpf_mask_finish(ctx->engine) != HPF_OK) {
            return NGX_ERROR;
        }

        ctx->sent = 1;

        if (ngx_http_hpf_mask_report(ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_end(ctx, b);
}


/* The record is that of the main request. */

static ngx_int_t
ngx_http_hpf_mask_report(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_http_request_t       *r;
    ngx_http_hpf_mask_ctx_t  *parent;

    r = ctx->request;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "hpf mask: %uz fields masked", ctx->engine->count);

    if (r == r->main || ctx->engine->count == 0) {
        return NGX_OK;
    }

    parent = ngx_http_hpf_mask_create_ctx(r->main);
    if (parent == NULL) {
        return NGX_ERROR;
    }

    parent->count += ctx->engine->count;

    return NGX_OK;
}


/*
 * All of a buffer is in ctx->out.  It goes back to its owner when its last
 * shadow is sent, at once when there is none; its signs go with the last
 * buffer that came of it.
 */

static ngx_int_t
ngx_http_hpf_mask_end(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_buf_t    *last;
    ngx_chain_t  *cl;

    if (ctx->ref != NULL) {
        ctx->ref->shadow = b;
        ctx->ref->recycled = b->recycled;

    } else {
        b->pos = b->last;
    }

    if (!b->last_buf && !b->last_in_chain && !b->flush && !b->sync) {
        return NGX_OK;
    }

    last = (ctx->own != NULL) ? ctx->own : ctx->ref;

    if (last == NULL) {
        cl = ngx_http_hpf_mask_get(ctx->request->pool, &ctx->shadows);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        last = cl->buf;
        last->sync = 1;

        *ctx->last_out = cl;
        ctx->last_out = &cl->next;
    }

    last->last_buf = b->last_buf;
    last->last_in_chain = b->last_in_chain;
    last->flush = b->flush;

    ctx->own = NULL;

    return NGX_OK;
}


/* A refused body: each buffer goes back, the last is answered for all. */

static ngx_int_t
ngx_http_hpf_mask_drain(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_buf_t    *last;
    ngx_chain_t  *cl;

    b->pos = b->last;

    if (b->in_file) {
        b->file_pos = b->file_last;
    }

    if (!b->last_buf && !b->last_in_chain) {
        return NGX_OK;
    }

    if (ctx->sent) {
        return NGX_OK;
    }

    cl = ngx_http_hpf_mask_get(ctx->request->pool, &ctx->shadows);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    last = cl->buf;

    last->memory = 1;
    last->start = ctx->problem.data;
    last->pos = last->start;
    last->end = last->start + ctx->problem.len;
    last->last = last->end;
    last->last_buf = b->last_buf;
    last->last_in_chain = b->last_in_chain;

    *ctx->last_out = cl;
    ctx->last_out = &cl->next;
    ctx->sent = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_send(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t         *cl, **ll;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->out == NULL && ctx->busy == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_next_body_filter(r, ctx->out);

    for (ll = &ctx->busy; *ll; ll = &(*ll)->next) { /* void */ }

    *ll = ctx->out;
    ctx->out = NULL;
    ctx->last_out = &ctx->out;
    ctx->own = NULL;

    while (ctx->busy) {
        cl = ctx->busy;
        b = cl->buf;

        if (ngx_buf_size(b) != 0) {
            break;
        }

        if (b->shadow) {
            b->shadow->pos = b->shadow->last;
            b->shadow = NULL;
        }

        ctx->busy = cl->next;

        /* a buffer without bytes may still be on its way: it is not reused */

        if (b->temporary) {
            cl->next = ctx->buffers;
            ctx->buffers = cl;

        } else if (b->start != NULL) {
            cl->next = ctx->shadows;
            ctx->shadows = cl;

        } else {
            ngx_free_chain(r->pool, cl);
        }
    }

    return rc;
}


/* Takes the output of the engine. */

static int
ngx_http_hpf_mask_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    ngx_http_hpf_mask_ctx_t *ctx = data;

    size_t      n;
    ngx_buf_t  *b;

    b = ctx->buf;

    if (pass
        && (len >= NGX_HTTP_HPF_MASK_SHORT
            || (ctx->own == NULL && len == (size_t) (b->last - b->pos))))
    {
        return ngx_http_hpf_mask_shadow(ctx, (u_char *) p, len);
    }

    while (len) {

        if (ctx->own == NULL || ctx->own->last == ctx->own->end) {

            if (ngx_http_hpf_mask_own(ctx) != NGX_OK) {
                return HPF_ERROR;
            }
        }

        b = ctx->own;
        n = ngx_min((size_t) (b->end - b->last), len);

        b->last = ngx_cpymem(b->last, p, n);
        p += n;
        len -= n;
    }

    return HPF_OK;
}


/* Passes on bytes of the input where they are. */

static ngx_int_t
ngx_http_hpf_mask_shadow(ngx_http_hpf_mask_ctx_t *ctx, u_char *p, size_t len)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_http_hpf_mask_get(ctx->request->pool, &ctx->shadows);
    if (cl == NULL) {
        return HPF_ERROR;
    }

    b = cl->buf;

    b->memory = 1;
    b->start = p;
    b->pos = p;
    b->last = p + len;
    b->end = b->last;

    *ctx->last_out = cl;
    ctx->last_out = &cl->next;

    ctx->ref = b;
    ctx->own = NULL;

    return HPF_OK;
}


/* Opens a buffer of the filter's own. */

static ngx_int_t
ngx_http_hpf_mask_own(ngx_http_hpf_mask_ctx_t *ctx)
{
    u_char       *start, *end;
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    start = NULL;
    end = NULL;

    if (ctx->buffers != NULL) {
        start = ctx->buffers->buf->start;
        end = ctx->buffers->buf->end;
    }

    cl = ngx_http_hpf_mask_get(ctx->request->pool, &ctx->buffers);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    if (start == NULL) {

        /* the first one for what is most likely all of a small body */

        size = (ctx->buf->last - ctx->buf->pos) * 5 / 4 + 256;

        if (ctx->own != NULL || size > NGX_HTTP_HPF_MASK_BUFFER) {
            size = NGX_HTTP_HPF_MASK_BUFFER;
        }

        start = ngx_palloc(ctx->request->pool, size);
        if (start == NULL) {
            return NGX_ERROR;
        }

        end = start + size;
    }

    b->temporary = 1;
    b->start = start;
    b->pos = start;
    b->last = start;
    b->end = end;

    *ctx->last_out = cl;
    ctx->last_out = &cl->next;

    ctx->own = b;

    return NGX_OK;
}


/* A link and a buffer with all bits clear. */

static ngx_chain_t *
ngx_http_hpf_mask_get(ngx_pool_t *pool, ngx_chain_t **free)
{
    ngx_chain_t  *cl;

    cl = ngx_chain_get_free_buf(pool, free);
    if (cl == NULL) {
        return NULL;
    }

    ngx_memzero(cl->buf, sizeof(ngx_buf_t));

    cl->buf->tag = (ngx_buf_tag_t) &ngx_http_hpf_mask_filter_module;
    cl->next = NULL;

    return cl;
}


static ngx_int_t
ngx_http_hpf_mask_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%ui", ngx_http_hpf_mask_count(r)) - p;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    var = ngx_http_add_variable(cf, &ngx_http_hpf_mask_variable_name,
                                NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_hpf_mask_variable;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_http_hpf_mask_conf_base(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_mask_request_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_hpf_mask_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_hpf_mask_body_filter;

    return NGX_OK;
}
