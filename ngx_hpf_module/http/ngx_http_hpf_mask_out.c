/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The output of the engine as a chain: what is not touched is passed on in
 * shadows of the input's buffers, small pieces are gathered in buffers of the
 * filter's own.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"


/* A span that is shorter costs less to copy than to pass on by itself. */
#define NGX_HTTP_HPF_MASK_SHORT   2048


static ngx_int_t ngx_http_hpf_mask_out_shadow(ngx_http_hpf_mask_ctx_t *ctx,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hpf_mask_out_own(ngx_http_hpf_mask_ctx_t *ctx);


/* Takes the output of the engine. */

int
ngx_http_hpf_mask_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    ngx_http_hpf_mask_ctx_t *ctx = data;

    size_t      n;
    ngx_buf_t  *b;

    b = ctx->buf;

    if (pass && !ctx->copy
        && (len >= NGX_HTTP_HPF_MASK_SHORT
            || (ctx->own == NULL && len == (size_t) (b->last - b->pos))))
    {
        return ngx_http_hpf_mask_out_shadow(ctx, (u_char *) p, len);
    }

    while (len) {

        if (ctx->own == NULL || ctx->own->last == ctx->own->end) {

            if (ngx_http_hpf_mask_out_own(ctx) != NGX_OK) {
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
ngx_http_hpf_mask_out_shadow(ngx_http_hpf_mask_ctx_t *ctx, u_char *p,
    size_t len)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_http_hpf_mask_out_get(ctx->request->pool, &ctx->shadows);
    if (cl == NULL) {
        return HPF_ERROR;
    }

    b = cl->buf;

    b->memory = 1;
    b->start = p;
    b->pos = p;
    b->last = p + len;
    b->end = b->last;

    ngx_http_hpf_mask_out_add(ctx, cl);

    ctx->ref = b;
    ctx->own = NULL;

    return HPF_OK;
}


/* Opens a buffer of the filter's own. */

static ngx_int_t
ngx_http_hpf_mask_out_own(ngx_http_hpf_mask_ctx_t *ctx)
{
    u_char       *start, *end;
    size_t        size, need;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    /* most likely all that comes of the input fits */

    need = (ctx->buf->last - ctx->buf->pos) * 5 / 4 + 256;
    size = 1024;

    while (size < need && size < NGX_HTTP_HPF_MASK_BUFFER) {
        size *= 2;
    }

    start = NULL;
    end = NULL;

    if (ctx->buffers != NULL) {
        start = ctx->buffers->buf->start;
        end = ctx->buffers->buf->end;
    }

    cl = ngx_http_hpf_mask_out_get(ctx->request->pool, &ctx->buffers);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    if (start == NULL && ctx->room != NULL
        && (size_t) (ctx->room_end - ctx->room) >= size)
    {
        start = ctx->room;
        end = ctx->room_end;

        ctx->room = NULL;
    }

    if (start == NULL || (size_t) (end - start) < size) {

        start = (size == NGX_HTTP_HPF_MASK_BUFFER)
                ? ngx_http_hpf_mask_block_get(ctx)
                : ngx_palloc(ctx->request->pool, size);

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

    ngx_http_hpf_mask_out_add(ctx, cl);

    ctx->own = b;
    ctx->ref = b;

    return NGX_OK;
}


/* A link and a buffer with all bits clear. */

ngx_chain_t *
ngx_http_hpf_mask_out_get(ngx_pool_t *pool, ngx_chain_t **free)
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


size_t
ngx_http_hpf_mask_out_size(ngx_chain_t *cl)
{
    size_t  size;

    for (size = 0; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    return size;
}


void
ngx_http_hpf_mask_out_add(ngx_http_hpf_mask_ctx_t *ctx, ngx_chain_t *cl)
{
    *ctx->last_out = cl;
    ctx->last_out = &cl->next;

    ctx->tail = cl->buf;
    ctx->flushed = 0;
}
