/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * gzip (RFC 1952) and deflate (RFC 9110 section 8.4.1.2: a zlib stream, or,
 * from those who read "deflate" by its word, a raw one) as they come.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include <zlib.h>

#include "ngx_http_hpf_mask_inflate.h"


#define NGX_HTTP_HPF_MASK_INFLATE_SIZE  16384


struct ngx_http_hpf_mask_inflate_s {
    ngx_pool_t               *pool;
    ngx_uint_t                coding;
    z_stream                  zs;

    u_char                   *buf;
    u_char                    first;      /* of the two bytes that tell */

    unsigned                  begun:1;    /* any byte came */
    unsigned                  told:1;     /* first holds one */
    unsigned                  ready:1;    /* zs is */
    unsigned                  ended:1;    /* a member, or the stream, has */
};


static ngx_int_t ngx_http_hpf_mask_inflate_init(
    ngx_http_hpf_mask_inflate_t *ctx, u_char **p, u_char *last);
static ngx_int_t ngx_http_hpf_mask_inflate_bits(
    ngx_http_hpf_mask_inflate_t *ctx, int bits);
static ngx_int_t ngx_http_hpf_mask_inflate_run(
    ngx_http_hpf_mask_inflate_t *ctx, u_char **p, u_char *last,
    ngx_str_t *out);
static void *ngx_http_hpf_mask_inflate_alloc(void *data, u_int items,
    u_int size);
static void ngx_http_hpf_mask_inflate_free(void *data, void *p);


ngx_uint_t
ngx_http_hpf_mask_inflate_coding(ngx_str_t *value)
{
    size_t   len;
    u_char  *p;

    p = value->data;
    len = value->len;

    while (len && (p[len - 1] == ' ' || p[len - 1] == '\t')) {
        len--;
    }

    if (len == 0
        || (len == 8 && ngx_strncasecmp(p, (u_char *) "identity", 8) == 0))
    {
        return NGX_HTTP_HPF_MASK_IDENTITY;
    }

    if ((len == 4 && ngx_strncasecmp(p, (u_char *) "gzip", 4) == 0)
        || (len == 6 && ngx_strncasecmp(p, (u_char *) "x-gzip", 6) == 0))
    {
        return NGX_HTTP_HPF_MASK_GZIP;
    }

    if (len == 7 && ngx_strncasecmp(p, (u_char *) "deflate", 7) == 0) {
        return NGX_HTTP_HPF_MASK_DEFLATE;
    }

    return NGX_HTTP_HPF_MASK_CODED;
}


ngx_http_hpf_mask_inflate_t *
ngx_http_hpf_mask_inflate_create(ngx_pool_t *pool, ngx_uint_t coding)
{
    ngx_http_hpf_mask_inflate_t  *ctx;

    ctx = ngx_pcalloc(pool, sizeof(ngx_http_hpf_mask_inflate_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->buf = ngx_palloc(pool, NGX_HTTP_HPF_MASK_INFLATE_SIZE);
    if (ctx->buf == NULL) {
        return NULL;
    }

    ctx->pool = pool;
    ctx->coding = coding;

    return ctx;
}


ngx_int_t
ngx_http_hpf_mask_inflate(ngx_http_hpf_mask_inflate_t *ctx, u_char **p,
    u_char *last, ngx_str_t *out)
{
    ngx_int_t  rc;

    if (*p == last && !(ctx->ready && ctx->zs.avail_out == 0)) {
        return NGX_AGAIN;
    }

    ctx->begun = 1;

    if (!ctx->ready) {
        rc = ngx_http_hpf_mask_inflate_init(ctx, p, last);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    do {
        rc = ngx_http_hpf_mask_inflate_run(ctx, p, last, out);
    } while (rc == NGX_OK && out->len == 0);

    return rc;
}


ngx_int_t
ngx_http_hpf_mask_inflate_end(ngx_http_hpf_mask_inflate_t *ctx)
{
    /* no bytes at all are an empty body: there is nothing to mask */

    if (ctx->begun && !ctx->ended) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* A zlib frame is told from a raw stream by its first two bytes. */

static ngx_int_t
ngx_http_hpf_mask_inflate_init(ngx_http_hpf_mask_inflate_t *ctx, u_char **p,
    u_char *last)
{
    u_char     two[2], *pos;
    ngx_int_t  rc;
    ngx_str_t  out;

    if (ctx->coding == NGX_HTTP_HPF_MASK_GZIP) {
        return ngx_http_hpf_mask_inflate_bits(ctx, MAX_WBITS + 16);
    }

    if (!ctx->told) {
        ctx->first = *(*p)++;
        ctx->told = 1;

        if (*p == last) {
            return NGX_AGAIN;
        }
    }

    two[0] = ctx->first;
    two[1] = **p;

    if ((two[0] & 0x0f) == Z_DEFLATED && (two[0] >> 4) <= 7
        && ((two[0] << 8) | two[1]) % 31 == 0)
    {
        rc = ngx_http_hpf_mask_inflate_bits(ctx, MAX_WBITS);

    } else {
        rc = ngx_http_hpf_mask_inflate_bits(ctx, -MAX_WBITS);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    /* nothing comes of one byte */

    pos = two;

    rc = ngx_http_hpf_mask_inflate_run(ctx, &pos, two + 1, &out);

    return (rc == NGX_AGAIN) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_hpf_mask_inflate_bits(ngx_http_hpf_mask_inflate_t *ctx, int bits)
{
    int  rc;

    ctx->zs.zalloc = ngx_http_hpf_mask_inflate_alloc;
    ctx->zs.zfree = ngx_http_hpf_mask_inflate_free;
    ctx->zs.opaque = ctx;

    rc = inflateInit2(&ctx->zs, bits);

    if (rc != Z_OK) {
        ngx_log_error(NGX_LOG_ALERT, ctx->pool->log, 0,
                      "hpf mask: inflateInit2() failed: %d", rc);
        return NGX_ERROR;
    }

    ctx->ready = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_inflate_run(ngx_http_hpf_mask_inflate_t *ctx, u_char **p,
    u_char *last, ngx_str_t *out)
{
    int  rc;

    out->data = ctx->buf;
    out->len = 0;

    if (ctx->ended && *p < last) {

        /* another member may follow, nothing else */

        if (ctx->coding != NGX_HTTP_HPF_MASK_GZIP
            || inflateReset(&ctx->zs) != Z_OK)
        {
            return NGX_DECLINED;
        }

        ctx->ended = 0;
    }

    ctx->zs.next_in = *p;
    ctx->zs.avail_in = (u_int) (last - *p);
    ctx->zs.next_out = ctx->buf;
    ctx->zs.avail_out = NGX_HTTP_HPF_MASK_INFLATE_SIZE;

    rc = ctx->ended ? Z_BUF_ERROR : inflate(&ctx->zs, Z_NO_FLUSH);

    *p = ctx->zs.next_in;
    out->len = ctx->zs.next_out - ctx->buf;

    switch (rc) {

    case Z_STREAM_END:
        ctx->ended = 1;
        ctx->zs.avail_out = 1;

        /* fall through */

    case Z_OK:
        return (out->len || *p < last) ? NGX_OK : NGX_AGAIN;

    case Z_BUF_ERROR:
        return NGX_AGAIN;

    default:
        return NGX_DECLINED;
    }
}


static void *
ngx_http_hpf_mask_inflate_alloc(void *data, u_int items, u_int size)
{
    ngx_http_hpf_mask_inflate_t *ctx = data;

    return ngx_palloc(ctx->pool, (size_t) items * size);
}


/* The state and its window are allocated once: the pool frees them. */

static void
ngx_http_hpf_mask_inflate_free(void *data, void *p)
{
    (void) data;
    (void) p;
}
