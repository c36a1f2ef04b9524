/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include <iconv.h>

#include "ngx_http_hpf_mask_convert.h"


#define NGX_HTTP_HPF_MASK_CONVERT_SIZE   16384
#define NGX_HTTP_HPF_MASK_CONVERT_CARRY  16     /* no character is longer */


struct ngx_http_hpf_mask_convert_s {
    iconv_t                   cd;         /* first, for the cleanup */
    size_t                    unit;
    size_t                    ncarry;

    u_char                   *buf;
    u_char                    carry[NGX_HTTP_HPF_MASK_CONVERT_CARRY];
};


static void ngx_http_hpf_mask_convert_carried(
    ngx_http_hpf_mask_convert_t *ctx, u_char **p, u_char *last, u_char **out);
static u_char *ngx_http_hpf_mask_convert_run(
    ngx_http_hpf_mask_convert_t *ctx, u_char *p, u_char *last, u_char **out);
static u_char *ngx_http_hpf_mask_convert_bad(u_char *out);
static void ngx_http_hpf_mask_convert_cleanup(void *data);


ngx_int_t
ngx_http_hpf_mask_convert_open(ngx_pool_t *pool)
{
    iconv_t                   *cd;
    ngx_pool_cleanup_t        *cln;
    const hpf_mask_charset_t  *cs;

    for (cs = hpf_mask_charset_next(NULL); cs; cs = hpf_mask_charset_next(cs)) {

        cln = ngx_pool_cleanup_add(pool, sizeof(iconv_t));
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cd = cln->data;
        *cd = iconv_open("UTF-8", cs->name);

        if (*cd == (iconv_t) -1) {
            ngx_log_error(NGX_LOG_WARN, pool->log, ngx_errno,
                          "hpf mask: iconv does not know \"%s\", bodies in it "
                          "are refused", cs->name);
            continue;
        }

        cln->handler = ngx_http_hpf_mask_convert_cleanup;
    }

    return NGX_OK;
}


ngx_http_hpf_mask_convert_t *
ngx_http_hpf_mask_convert_create(ngx_pool_t *pool,
    const hpf_mask_charset_t *charset)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_hpf_mask_convert_t  *ctx;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_hpf_mask_convert_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ctx->unit = charset->unit;
    ctx->ncarry = 0;

    ctx->buf = ngx_palloc(pool, NGX_HTTP_HPF_MASK_CONVERT_SIZE);
    if (ctx->buf == NULL) {
        return NULL;
    }

    ctx->cd = iconv_open("UTF-8", charset->name);

    if (ctx->cd == (iconv_t) -1) {
        ngx_log_error(NGX_LOG_ERR, pool->log, ngx_errno,
                      "hpf mask: iconv_open(\"%s\") failed", charset->name);
        return NULL;
    }

    cln->handler = ngx_http_hpf_mask_convert_cleanup;

    return ctx;
}


ngx_int_t
ngx_http_hpf_mask_convert(ngx_http_hpf_mask_convert_t *ctx, u_char **p,
    u_char *last, ngx_str_t *out)
{
    u_char  *q;

    q = ctx->buf;

    if (ctx->ncarry) {
        ngx_http_hpf_mask_convert_carried(ctx, p, last, &q);
    }

    if (ctx->ncarry == 0) {
        *p = ngx_http_hpf_mask_convert_run(ctx, *p, last, &q);

        /* what is left of less than a character */

        if (last - *p < NGX_HTTP_HPF_MASK_CONVERT_CARRY
            && q + NGX_HTTP_HPF_MASK_CONVERT_CARRY * 3
               < ctx->buf + NGX_HTTP_HPF_MASK_CONVERT_SIZE)
        {
            ctx->ncarry = last - *p;
            ngx_memcpy(ctx->carry, *p, ctx->ncarry);
            *p = last;
        }
    }

    out->data = ctx->buf;
    out->len = q - ctx->buf;

    return (out->len || *p < last) ? NGX_OK : NGX_AGAIN;
}


void
ngx_http_hpf_mask_convert_end(ngx_http_hpf_mask_convert_t *ctx,
    ngx_str_t *out)
{
    u_char  *q;

    q = ctx->buf;

    if (ctx->ncarry) {
        q = ngx_http_hpf_mask_convert_bad(q);
        ctx->ncarry = 0;
    }

    out->data = ctx->buf;
    out->len = q - ctx->buf;
}


/* A byte at a time until the kept character is whole, or malformed. */

static void
ngx_http_hpf_mask_convert_carried(ngx_http_hpf_mask_convert_t *ctx,
    u_char **p, u_char *last, u_char **out)
{
    u_char  *end, *left;

    while (ctx->ncarry && *p < last) {

        ctx->carry[ctx->ncarry++] = *(*p)++;

        end = ctx->carry + ctx->ncarry;
        left = ngx_http_hpf_mask_convert_run(ctx, ctx->carry, end, out);

        ctx->ncarry = end - left;
        ngx_memmove(ctx->carry, left, ctx->ncarry);
    }
}


/* Returns where it stopped: the output is full, or a character is not whole. */

static u_char *
ngx_http_hpf_mask_convert_run(ngx_http_hpf_mask_convert_t *ctx, u_char *p,
    u_char *last, u_char **out)
{
    char    *in, *to;
    size_t   nin, nto, skip;

    for ( ;; ) {
        in = (char *) p;
        nin = last - p;
        to = (char *) *out;

        /* with room for the sign of what is malformed */

        nto = ctx->buf + NGX_HTTP_HPF_MASK_CONVERT_SIZE - *out - 3;

        if (iconv(ctx->cd, &in, &nin, &to, &nto) != (size_t) -1) {
            *out = (u_char *) to;
            return last;
        }

        p = (u_char *) in;
        *out = (u_char *) to;

        if (ngx_errno != NGX_EILSEQ
            && (size_t) (last - p) < NGX_HTTP_HPF_MASK_CONVERT_CARRY)
        {
            return p;
        }

        if (ngx_errno == E2BIG) {
            return p;
        }

        *out = ngx_http_hpf_mask_convert_bad(*out);

        skip = ngx_min(ctx->unit, (size_t) (last - p));
        p += skip;

        if (*out + 3 > ctx->buf + NGX_HTTP_HPF_MASK_CONVERT_SIZE - 3) {
            return p;
        }
    }
}


static u_char *
ngx_http_hpf_mask_convert_bad(u_char *out)
{
    return ngx_cpymem(out, "\xef\xbf\xbd", 3);
}


static void
ngx_http_hpf_mask_convert_cleanup(void *data)
{
    iconv_t *cd = data;

    iconv_close(*cd);
}
