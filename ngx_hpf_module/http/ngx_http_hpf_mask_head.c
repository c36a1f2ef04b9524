/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The first bytes of a body tell what characters it is in; the header of the
 * answer, which says so to the client, waits for them.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"


static ngx_int_t ngx_http_hpf_mask_head_send(ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_head_charset(ngx_http_hpf_mask_ctx_t *ctx,
    u_char *p, size_t len, const hpf_mask_charset_t **cs);


ngx_uint_t
ngx_http_hpf_mask_head_enough(ngx_http_hpf_mask_ctx_t *ctx)
{
    if (ctx->nhead < NGX_HTTP_HPF_MASK_MARK
        && !hpf_mask_charset_none(ctx->head, ctx->nhead))
    {
        return 0;
    }

    return ctx->need == NGX_HTTP_HPF_MASK_MARK
           || hpf_mask_charset_past(ctx->head, ctx->nhead);
}


ngx_int_t
ngx_http_hpf_mask_head(ngx_http_hpf_mask_ctx_t *ctx, u_char *p, size_t len)
{
    ngx_int_t                      rc;
    ngx_http_request_t            *r;
    const hpf_mask_charset_t      *cs;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    r = ctx->request;
    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    rc = ngx_http_hpf_mask_head_charset(ctx, p, len, &cs);

    if (rc == NGX_OK && cs->name == NULL) {
        ctx->convert = NULL;

    } else if (rc == NGX_OK
               && hmlcf->http.charset == NGX_HTTP_HPF_MASK_CONVERT
               && (ctx->held || ctx->convert != NULL))
    {
        ctx->convert = ngx_http_hpf_mask_convert_create(r->pool, cs);
        ctx->copy = 1;

        if (ctx->convert == NULL) {
            return NGX_DECLINED;
        }

        ngx_http_hpf_mask_type_utf8(r);

    } else if (rc != NGX_DECLINED) {

        if (hmlcf->unscannable != NGX_HTTP_HPF_MASK_PASS) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "hpf mask: a body in such characters cannot be scanned, "
                      "masked as if it were UTF-8");
    }

    ctx->need = 0;

    return (ctx->held && !ctx->whole) ? ngx_http_hpf_mask_head_send(ctx)
                                      : NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_head_whole(ngx_http_hpf_mask_ctx_t *ctx)
{
    ctx->whole = 0;

    ctx->request->headers_out.content_length_n =
                                         ngx_http_hpf_mask_out_size(ctx->out);

    return ngx_http_hpf_mask_head_send(ctx);
}


ngx_int_t
ngx_http_hpf_mask_head_part(ngx_http_hpf_mask_ctx_t *ctx)
{
    ctx->whole = 0;

    return (ctx->need == 0) ? ngx_http_hpf_mask_head_send(ctx) : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_head_send(ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;

    ctx->held = 0;

    rc = ngx_http_hpf_mask_filter_send(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    /* a filter that writes into buffers says so too late for the source */

    if (r->filter_need_temporary) {
        ctx->copy = 1;
    }

    return NGX_OK;
}


/*
 * As the first bytes have it.  NGX_DECLINED: as it was known, NGX_ABORT: in
 * none that is known.
 */

static ngx_int_t
ngx_http_hpf_mask_head_charset(ngx_http_hpf_mask_ctx_t *ctx, u_char *p,
    size_t len, const hpf_mask_charset_t **cs)
{
    size_t                n;
    const unsigned char  *name;

    *cs = hpf_mask_charset_mark(p, len);

    /* without a real mark, what the header says counts */

    if (*cs != NULL && (ctx->convert == NULL || p[0] >= 0x80)) {
        return NGX_OK;
    }

    n = (ctx->need == NGX_HTTP_HPF_MASK_MARK)
        ? 0 : hpf_mask_charset_declared(p, len, &name);

    if (n == 0) {
        *cs = ctx->fallback;
        return (*cs != NULL) ? NGX_OK : NGX_DECLINED;
    }

    *cs = hpf_mask_charset_find((char *) name, n);

    if (*cs == NULL) {
        return NGX_ABORT;
    }

    /* what can be read here is in no wider characters */

    return ((*cs)->unit > 1) ? NGX_DECLINED : NGX_OK;
}
