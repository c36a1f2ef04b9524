/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Cross-origin requests of browsers: whether the origin is one of a channel,
 * and the answer to what a browser asks before it sends the request itself.
 * What every answer tells the browser is added by the header filter.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cookie.h"


static ngx_uint_t ngx_http_hpf_cors_has(ngx_http_hpf_channel_t *ch,
    ngx_str_t *origin);
static ngx_int_t ngx_http_hpf_cors_preflight(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_cors_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    static ngx_str_t  name = ngx_string("access-control-request-method");

    ngx_http_hpf_cors_origin(r, ctx);

    if (r->method != NGX_HTTP_OPTIONS || ctx->origin.len == 0
        || ngx_http_hpf_header_in(r, &name) == NULL)
    {
        return NGX_OK;
    }

    return ngx_http_hpf_cors_preflight(r, ctx);
}


void
ngx_http_hpf_cors_origin(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_table_elt_t           *h;
    ngx_http_hpf_main_conf_t  *hmcf;

    static ngx_str_t  name = ngx_string("origin");

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    ctx->cors = hmcf->origins.n > 0;

    h = ngx_http_hpf_header_in(r, &name);

    if (h == NULL) {
        return;
    }

    if (ngx_http_hpf_header_next(r, &name, h) == NULL
        && ngx_http_hpf_cors_find(hmcf, &h->value))
    {
        ctx->origin = h->value;
        return;
    }

    ctx->origin_other = 1;
}


ngx_http_hpf_channel_t *
ngx_http_hpf_cors_find(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *origin)
{
    ngx_int_t                n;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;
    n = ngx_http_hpf_names_find(&hmcf->origins, origin);

    return n == NGX_DECLINED ? NULL : &ch[n];
}


static ngx_uint_t
ngx_http_hpf_cors_has(ngx_http_hpf_channel_t *ch, ngx_str_t *origin)
{
    ngx_str_t   *o;
    ngx_uint_t   i;

    o = ch->origins.elts;

    for (i = 0; i < ch->origins.nelts; i++) {

        if (o[i].len == origin->len
            && ngx_strncmp(o[i].data, origin->data, origin->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* An origin of another channel is none of this one. */

void
ngx_http_hpf_cors_channel(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->origin.len && !ngx_http_hpf_cors_has(ctx->channel, &ctx->origin)) {
        ngx_str_null(&ctx->origin);
        ctx->origin_other = 1;
    }
}


/*
 * The channel that the request will name is not known yet, so it is told what
 * holds for all; whether the request may be made is seen when it comes.
 */

static ngx_int_t
ngx_http_hpf_cors_preflight(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    static const struct {
        ngx_str_t  name;
        ngx_str_t  value;
    } headers[] = {
        { ngx_string("Access-Control-Allow-Methods"),
          ngx_string("GET, HEAD, POST, PUT, DELETE") },
        { ngx_string("Access-Control-Allow-Headers"),
          ngx_string("Authorization, Content-Type, Idempotency-Key, "
                     "X-CSRF-Token, X-HPF-Channel, X-HPF-Device, "
                     "traceparent") },
        { ngx_string("Access-Control-Max-Age"), ngx_string("600") }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {

        h = ngx_list_push(&r->headers_out.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        h->hash = 1;
        h->key = headers[i].name;
        h->value = headers[i].value;
    }

    ctx->status = NGX_HTTP_NO_CONTENT;

    ngx_str_set(&ctx->event, "preflight");

    /* the answer is there, though it is no problem */

    return NGX_ABORT;
}
