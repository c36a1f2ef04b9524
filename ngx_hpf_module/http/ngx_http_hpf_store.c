/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Redis on behalf of a request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_digits.h"
#include "hpf_hex.h"
#include "ngx_http_hpf_store.h"


static ngx_int_t ngx_http_hpf_store_wait(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_redis_op_t *op, ngx_http_hpf_store_pt handler);
static void ngx_http_hpf_store_handler(void *data,
    const ngx_hpf_redis_reply_t *reply);


ngx_int_t
ngx_http_hpf_store_eval(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval, ngx_http_hpf_store_pt handler)
{
    ngx_hpf_redis_op_t        *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_hpf_redis_eval(hmcf->redis, eval,
                            ngx_http_hpf_store_handler, ctx);

    return ngx_http_hpf_store_wait(ctx, op, handler);
}


ngx_int_t
ngx_http_hpf_store_gather(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval, ngx_http_hpf_store_pt handler)
{
    ngx_hpf_redis_op_t        *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_hpf_redis_gather(hmcf->redis, eval,
                              ngx_http_hpf_store_handler, ctx);

    return ngx_http_hpf_store_wait(ctx, op, handler);
}


ngx_int_t
ngx_http_hpf_store_command(ngx_http_hpf_ctx_t *ctx, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_http_hpf_store_pt handler)
{
    ngx_hpf_redis_op_t        *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_hpf_redis_command(hmcf->redis, argc, argv,
                               ngx_http_hpf_store_handler, ctx);

    return ngx_http_hpf_store_wait(ctx, op, handler);
}


ngx_int_t
ngx_http_hpf_store_write(ngx_http_hpf_ctx_t *ctx, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_http_hpf_store_pt handler)
{
    ngx_hpf_redis_op_t        *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_hpf_redis_write(hmcf->redis, argc, argv,
                             ngx_http_hpf_store_handler, ctx);

    return ngx_http_hpf_store_wait(ctx, op, handler);
}


static ngx_int_t
ngx_http_hpf_store_wait(ngx_http_hpf_ctx_t *ctx, ngx_hpf_redis_op_t *op,
    ngx_http_hpf_store_pt handler)
{
    ctx->store_handler = handler;
    ctx->op = op;

    return op ? NGX_AGAIN : NGX_ERROR;
}


static void
ngx_http_hpf_store_handler(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_ctx_t *ctx = data;

    ngx_connection_t  *c;

    c = ctx->request->connection;

    ctx->op = NULL;
    ctx->store_trip = 1;

    ngx_http_set_log_request(c->log, ctx->request);

    ctx->store_handler(ctx, reply);

    /* what it has begun, if it has not ended the request */

    ngx_http_run_posted_requests(c);
}


ngx_uint_t
ngx_http_hpf_store_failed(const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_type_e  type;

    type = ngx_hpf_redis_type(reply);

    return type == NGX_HPF_REDIS_ERROR || type == NGX_HPF_REDIS_UNSENT
           || type == NGX_HPF_REDIS_LOST;
}


ngx_int_t
ngx_http_hpf_store_check(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  text;

    if (!ngx_http_hpf_store_failed(reply)) {
        return NGX_OK;
    }

    text = ngx_hpf_redis_text(reply);

    ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                  "hpf store: not available: %V", &text);

    return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
}


ngx_int_t
ngx_http_hpf_store_text(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_str_t *text)
{
    ngx_str_t  from;

    from = ngx_hpf_redis_text(reply);

    text->data = ngx_pstrdup(ctx->request->pool, &from);
    text->len = text->data ? from.len : 0;

    return text->data ? NGX_OK : NGX_ERROR;
}


ngx_str_t
ngx_http_hpf_store_key(ngx_http_hpf_ctx_t *ctx, const char *tag,
    const ngx_str_t *name, const char *suffix)
{
    u_char     *p;
    size_t      n;
    ngx_str_t   key;

    n = ngx_strlen(tag);

    key.len = sizeof("hpf:{:}") - 1 + n + name->len + ngx_strlen(suffix);
    key.data = ngx_pnalloc(ctx->request->pool, key.len);

    if (key.data == NULL) {
        key.len = 0;
        return key;
    }

    p = ngx_cpymem(key.data, "hpf:{", sizeof("hpf:{") - 1);
    p = ngx_cpymem(p, tag, n);
    *p++ = ':';
    p = ngx_cpymem(p, name->data, name->len);
    *p++ = '}';
    ngx_memcpy(p, suffix, key.data + key.len - p);

    return key;
}


ngx_str_t
ngx_http_hpf_store_hex(ngx_http_hpf_ctx_t *ctx, const u_char *p, size_t n)
{
    ngx_str_t  s;

    s.len = 2 * n;
    s.data = ngx_pnalloc(ctx->request->pool, s.len);

    if (s.data == NULL) {
        s.len = 0;
        return s;
    }

    (void) hpf_hex_encode((char *) s.data, p, n);

    return s;
}


ngx_str_t
ngx_http_hpf_store_int(ngx_http_hpf_ctx_t *ctx, int64_t n)
{
    u_char     *p;
    ngx_str_t   s;

    ngx_str_null(&s);

    p = ngx_pnalloc(ctx->request->pool, HPF_DIGITS_SIGNED);

    if (p) {
        s.len = hpf_digits_signed(p, n);
        s.data = p + HPF_DIGITS_SIGNED - s.len;
    }

    return s;
}
