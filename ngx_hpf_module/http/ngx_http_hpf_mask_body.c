/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking of a body: runs the engine over the chain.  What comes out of it
 * is gathered in ngx_http_hpf_mask_out.c.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_text.h"


/* Bytes that are inflated before the client has taken them. */
#define NGX_HTTP_HPF_MASK_AHEAD  65536


/* the engine of a request is in a block */

_Static_assert(sizeof(hpf_mask_t) <= NGX_HTTP_HPF_MASK_BUFFER,
               "the masking engine has grown out of its block");


static ngx_int_t ngx_http_hpf_mask_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_hpf_mask_body_coded(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_inflate(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_failed(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_chain_t *in);
static ngx_int_t ngx_http_hpf_mask_body_feed(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static size_t ngx_http_hpf_mask_body_length(ngx_http_hpf_mask_ctx_t *ctx,
    size_t len);
static ngx_uint_t ngx_http_hpf_mask_body_all(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_signs(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_body_bytes(ngx_http_hpf_mask_ctx_t *ctx,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hpf_mask_body_settle(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_text(ngx_http_hpf_mask_ctx_t *ctx,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hpf_mask_body_finish(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_report(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_body_end(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_body_drain(ngx_http_hpf_mask_ctx_t *ctx,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_body_send(ngx_http_hpf_mask_ctx_t *ctx);


static ngx_http_output_body_filter_pt  ngx_http_next_body_filter;


void
ngx_http_hpf_mask_body_init(void)
{
    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_hpf_mask_body_filter;
}


ngx_int_t
ngx_http_hpf_mask_body_start(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, const hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_type_t *type)
{
    u_char                   *block;
    hpf_mask_conf_t           conf;
    ngx_http_hpf_mask_ctx_t  *caller;

    block = ngx_http_hpf_mask_block_get(ctx);
    if (block == NULL) {
        return NGX_ERROR;
    }

    ctx->engine = (hpf_mask_t *) block;
    ctx->room = block + sizeof(hpf_mask_t);
    ctx->room_end = block + NGX_HTTP_HPF_MASK_BUFFER;

    ngx_http_hpf_mask_text_conf(r, &conf, rules, type);

    caller = ngx_http_hpf_mask_get_ctx(r->main);

    conf.level = (caller != NULL) ? caller->level : 0;
    conf.copy = ctx->copy;
    conf.out = ngx_http_hpf_mask_out;
    conf.data = ctx;

    hpf_mask_init(ctx->engine, &conf);

    ctx->sent = 0;
    ctx->in = NULL;
    ctx->pos = NULL;
    ctx->nhead = 0;
    ctx->out = NULL;
    ctx->last_out = &ctx->out;
    ctx->busy = NULL;
    ctx->own = NULL;
    ctx->tail = NULL;
    ctx->flushed = 0;

    ctx->head = ngx_palloc(r->pool, ctx->need);
    if (ctx->head == NULL) {
        return NGX_ERROR;
    }

    r->filter_need_in_memory = 1;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "hpf mask: body is masked, type:%ui", type->type);

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
        || (in == NULL && ctx->busy == NULL && ctx->in == NULL))
    {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->inflate != NULL) {

        if (ngx_chain_add_copy(r->pool, &ctx->in, in) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_hpf_mask_body_coded(ctx);
    }

    for (cl = in; cl; cl = cl->next) {

        if (ctx->refused) {
            rc = ngx_http_hpf_mask_body_drain(ctx, cl->buf);

        } else {
            rc = ngx_http_hpf_mask_body_feed(ctx, cl->buf);
        }

        if (rc == NGX_DECLINED) {

            if (ngx_http_hpf_mask_body_failed(ctx, cl) != NGX_OK) {
                return NGX_ERROR;
            }

            break;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_body_send(ctx);
}


/*
 * A coded body may stand for a thousand times as much: no more of it is
 * inflated while the client has not taken what there is.
 */

static ngx_int_t
ngx_http_hpf_mask_body_coded(ngx_http_hpf_mask_ctx_t *ctx)
{
    size_t               ahead;
    ngx_int_t            rc;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = ctx->request;

    for ( ;; ) {

        ahead = ngx_http_hpf_mask_out_size(ctx->busy);

        while (ctx->in != NULL
               && ahead + ngx_http_hpf_mask_out_size(ctx->out)
                  < NGX_HTTP_HPF_MASK_AHEAD)
        {
            rc = ngx_http_hpf_mask_body_inflate(ctx);

            if (rc == NGX_DECLINED) {
                rc = ngx_http_hpf_mask_body_failed(ctx, ctx->in);
                ctx->in = NULL;
            }

            if (rc == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (rc == NGX_OK && ctx->in != NULL) {
                cl = ctx->in;
                ctx->in = cl->next;
                ngx_free_chain(r->pool, cl);
            }
        }

        rc = ngx_http_hpf_mask_body_send(ctx);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (ctx->in == NULL) {
            r->buffered &= ~NGX_HTTP_HPF_MASK_BUFFERED;
            return rc;
        }

        if (ngx_http_hpf_mask_out_size(ctx->busy) >= NGX_HTTP_HPF_MASK_AHEAD) {
            r->buffered |= NGX_HTTP_HPF_MASK_BUFFERED;
            return NGX_AGAIN;
        }
    }
}


/* NGX_AGAIN: there is more to come of the buffer. */

static ngx_int_t
ngx_http_hpf_mask_body_inflate(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_str_t   out;
    ngx_buf_t  *b;

    b = ctx->in->buf;

    if (ctx->pos == NULL) {
        ctx->pos = b->pos;
    }

    ctx->buf = b;
    ctx->ref = NULL;

    if (ngx_buf_in_memory(b)) {
        rc = ngx_http_hpf_mask_inflate(ctx->inflate, &ctx->pos, b->last, &out);

        if (rc == NGX_OK) {
            rc = ngx_http_hpf_mask_body_bytes(ctx, out.data, out.len);

            return (rc == NGX_OK) ? NGX_AGAIN : rc;
        }

        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    if ((b->last_buf || b->last_in_chain) && !ctx->sent
        && ngx_http_hpf_mask_inflate_end(ctx->inflate) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ctx->pos = NULL;

    return ngx_http_hpf_mask_body_signs(ctx, b);
}


/* Of in nothing goes out any more, not even of what was masked. */

static ngx_int_t
ngx_http_hpf_mask_body_failed(ngx_http_hpf_mask_ctx_t *ctx, ngx_chain_t *in)
{
    char  *reason;

    reason = (ctx->inflate != NULL) ? "a body that is badly coded"
                                    : "a body in such characters";

    if (ngx_http_hpf_mask_refuse_late(ctx->request, ctx, reason) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( /* void */ ; in; in = in->next) {

        if (ngx_http_hpf_mask_body_drain(ctx, in->buf) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* One buffer of the input: bytes, signs, or both. */

static ngx_int_t
ngx_http_hpf_mask_body_feed(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    size_t     len;
    ngx_int_t  rc;

    ctx->buf = b;
    ctx->ref = NULL;

    if (b->pos < b->last && ngx_buf_in_memory(b)) {

        len = ngx_http_hpf_mask_body_length(ctx, b->last - b->pos);

        rc = len ? ngx_http_hpf_mask_body_bytes(ctx, b->pos, len) : NGX_OK;

        if (rc != NGX_OK) {
            return rc;
        }

    } else if (b->in_file) {
        ngx_log_error(NGX_LOG_ALERT, ctx->request->connection->log, 0,
                      "hpf mask: a buffer in a file came to the filter");
        return NGX_ERROR;
    }

    return ngx_http_hpf_mask_body_signs(ctx, b);
}


/* Of len bytes that came as many as the body may have, where that was said. */

static size_t
ngx_http_hpf_mask_body_length(ngx_http_hpf_mask_ctx_t *ctx, size_t len)
{
    size_t  max;

    max = ctx->whole ? ctx->left : ctx->sent ? 0 : len;

    if (len > max) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf mask: %uz bytes behind the end of the body are "
                      "left out", len - max);
        len = max;
    }

    ctx->left -= ctx->whole ? len : 0;

    return len;
}


/*
 * All of a whole body is there.  Where nginx is about to say so, body and end
 * go out together.
 */

static ngx_uint_t
ngx_http_hpf_mask_body_all(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    if (!ctx->whole || ctx->left) {
        return 0;
    }

    u = ctx->request->upstream;

    return u == NULL || u->pipe == NULL || !u->pipe->upstream_done;
}


static ngx_int_t
ngx_http_hpf_mask_body_signs(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_int_t   rc;
    ngx_uint_t  last;

    last = (b->last_buf || b->last_in_chain || ngx_http_hpf_mask_body_all(ctx));

    if (ctx->need
        && (last || (b->flush && ngx_http_hpf_mask_head_enough(ctx))))
    {
        rc = ngx_http_hpf_mask_body_settle(ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (last && !ctx->sent && ngx_http_hpf_mask_body_finish(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->whole && (last || b->flush)) {
        rc = last ? ngx_http_hpf_mask_head_whole(ctx)
                  : ngx_http_hpf_mask_head_part(ctx);

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_body_end(ctx, b);
}


/* Bytes without a coding: the first of them tell what characters they are. */

static ngx_int_t
ngx_http_hpf_mask_body_bytes(ngx_http_hpf_mask_ctx_t *ctx, u_char *p,
    size_t len)
{
    size_t     n;
    ngx_int_t  rc;

    if (ctx->need) {

        if (ctx->nhead || len < ctx->need) {
            n = ngx_min(len, ctx->need - ctx->nhead);

            ngx_memcpy(ctx->head + ctx->nhead, p, n);
            ctx->nhead += n;
            p += n;
            len -= n;

            if (ctx->nhead < ctx->need) {
                return NGX_OK;
            }

            rc = ngx_http_hpf_mask_body_settle(ctx);

        } else {
            rc = ngx_http_hpf_mask_head(ctx, p, len);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ngx_http_hpf_mask_body_text(ctx, p, len);
}


/* What has been kept goes on. */

static ngx_int_t
ngx_http_hpf_mask_body_settle(ngx_http_hpf_mask_ctx_t *ctx)
{
    unsigned   copy;
    ngx_int_t  rc;

    rc = ngx_http_hpf_mask_head(ctx, ctx->head, ctx->nhead);

    if (rc != NGX_OK) {
        return rc;
    }

    copy = ctx->copy;
    ctx->copy = 1;

    rc = ngx_http_hpf_mask_body_text(ctx, ctx->head, ctx->nhead);

    ctx->copy = copy;

    return rc;
}


static ngx_int_t
ngx_http_hpf_mask_body_text(ngx_http_hpf_mask_ctx_t *ctx, u_char *p,
    size_t len)
{
    u_char     *last;
    ngx_int_t   rc;
    ngx_str_t   out;

    if (ctx->convert == NULL) {
        rc = hpf_mask_feed(ctx->engine, p, len);

        return (rc == HPF_OK) ? NGX_OK : NGX_ERROR;
    }

    last = p + len;

    do {
        rc = ngx_http_hpf_mask_convert(ctx->convert, &p, last, &out);

        if (out.len
            && hpf_mask_feed(ctx->engine, out.data, out.len) != HPF_OK)
        {
            return NGX_ERROR;
        }

    } while (rc == NGX_OK);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_body_finish(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_str_t  out;

    if (ctx->convert != NULL) {
        ngx_http_hpf_mask_convert_end(ctx->convert, &out);

        if (out.len
            && hpf_mask_feed(ctx->engine, out.data, out.len) != HPF_OK)
        {
            return NGX_ERROR;
        }
    }

    if (hpf_mask_finish(ctx->engine) != HPF_OK) {
        return NGX_ERROR;
    }

    ctx->sent = 1;

    return ngx_http_hpf_mask_body_report(ctx);
}


/* The record is that of the main request. */

static ngx_int_t
ngx_http_hpf_mask_body_report(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_http_request_t       *r;
    ngx_http_hpf_mask_ctx_t  *parent;

    r = ctx->request;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "hpf mask: %uz fields masked", ctx->engine->count);

    if (r == r->main
        || (ctx->engine->count == 0 && ctx->engine->revealed == 0))
    {
        return NGX_OK;
    }

    parent = ngx_http_hpf_mask_create_ctx(r->main);
    if (parent == NULL) {
        return NGX_ERROR;
    }

    parent->count += ctx->engine->count;
    parent->revealed += ctx->engine->revealed;
    parent->reveals |= ctx->engine->reveals;

    return NGX_OK;
}


/*
 * All of a buffer is in ctx->out.  It goes back to its owner only when the
 * last of what came of it is sent, copies as well: this is what holds a fast
 * source to the pace of a slow client.  Its signs go with that last buffer.
 *
 * A body that waits to be whole needs all of its buffers at once.
 */

static ngx_int_t
ngx_http_hpf_mask_body_end(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
{
    ngx_buf_t    *last;
    ngx_chain_t  *cl;

    if (ctx->whole) {
        b->pos = b->last;
        return NGX_OK;
    }

    if (ctx->ref != NULL) {
        ctx->ref->shadow = b;
        ctx->ref->recycled = b->recycled;

    } else {
        b->pos = b->last;
    }

    ctx->own = NULL;

    /* nothing goes before the header, not even a flush */

    if ((!b->last_buf && !b->last_in_chain && !b->flush && !b->sync)
        || ctx->held)
    {
        return NGX_OK;
    }

    last = ctx->tail;

    if (last == NULL) {

        /* a flush of nothing is passed on once: it takes a buffer each time */

        if (ctx->flushed && !b->last_buf && !b->last_in_chain) {
            return NGX_OK;
        }

        cl = ngx_http_hpf_mask_out_get(ctx->request->pool, &ctx->shadows);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        cl->buf->sync = 1;

        ngx_http_hpf_mask_out_add(ctx, cl);

        last = cl->buf;
    }

    last->last_buf |= b->last_buf;
    last->last_in_chain |= b->last_in_chain;
    last->flush |= b->flush;

    ctx->flushed = last->flush;

    return NGX_OK;
}


/* A refused body: each buffer goes back, the last is answered for all. */

static ngx_int_t
ngx_http_hpf_mask_body_drain(ngx_http_hpf_mask_ctx_t *ctx, ngx_buf_t *b)
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

    cl = ngx_http_hpf_mask_out_get(ctx->request->pool, &ctx->shadows);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    last = cl->buf;

    last->memory = 1;
    last->start = ctx->problem.data;
    last->pos = last->start;
    last->end = last->start + ctx->problem.len;
    last->last = last->end;
    last->last_buf |= b->last_buf;
    last->last_in_chain |= b->last_in_chain;

    *ctx->last_out = cl;
    ctx->last_out = &cl->next;
    ctx->sent = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_body_send(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t         *out, *cl, **ll;
    ngx_http_request_t  *r;

    r = ctx->request;

    if ((ctx->out == NULL && ctx->busy == NULL) || ctx->whole) {
        return NGX_OK;
    }

    /* a filter may come back here, as addition does with the last buffer */

    out = ctx->out;
    ctx->out = NULL;
    ctx->last_out = &ctx->out;
    ctx->own = NULL;
    ctx->tail = NULL;

    rc = ngx_http_next_body_filter(r, out);

    for (ll = &ctx->busy; *ll; ll = &(*ll)->next) { /* void */ }

    *ll = out;

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
