/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Redis on behalf of a request: one operation at a time, let go when the
 * request ends first.  The handler is called with the request's context and
 * then continues it, by ngx_http_hpf_resume() in a step and by
 * ngx_http_hpf_finish() or another operation in a handler.
 *
 * Keys:  hpf:{u:UID}:...  hpf:{s:HASH}  hpf:{c:CASE}  hpf:{i:HASH}  where HASH
 * is a keyed hash in hex; hpf:cfg:...
 */

#ifndef _NGX_HTTP_HPF_STORE_H_INCLUDED_
#define _NGX_HTTP_HPF_STORE_H_INCLUDED_


#include "ngx_hpf_redis_script.h"
#include "ngx_http_hpf.h"


typedef void (*ngx_http_hpf_store_pt)(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


/* NGX_AGAIN: handler will be called; NGX_ERROR: no memory. */
ngx_int_t ngx_http_hpf_store_eval(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval, ngx_http_hpf_store_pt handler);
ngx_int_t ngx_http_hpf_store_gather(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval, ngx_http_hpf_store_pt handler);
ngx_int_t ngx_http_hpf_store_command(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_http_hpf_store_pt handler);

/* As the last, for what must not be lost: see hpf_redis_wait. */
ngx_int_t ngx_http_hpf_store_write(ngx_http_hpf_ctx_t *ctx, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_http_hpf_store_pt handler);

/* 1: a reply that never came, or an error of Redis. */
ngx_uint_t ngx_http_hpf_store_failed(const ngx_hpf_redis_reply_t *reply);

/*
 * NGX_OK: a reply that is no error.  NGX_ABORT: store-unavailable was set, as
 * it is for a reply that never came or an error of Redis (logged).
 */
ngx_int_t ngx_http_hpf_store_check(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);

/* A reply's text in the request's pool.  NGX_ERROR: no memory, and no text. */
ngx_int_t ngx_http_hpf_store_text(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_str_t *text);

/*
 * The key "hpf:{TAG:NAME}SUFFIX" in the request's pool; data is NULL when
 * memory is short.
 */
ngx_str_t ngx_http_hpf_store_key(ngx_http_hpf_ctx_t *ctx, const char *tag,
    const ngx_str_t *name, const char *suffix);

/* Lower-case hex of bytes in the request's pool. */
ngx_str_t ngx_http_hpf_store_hex(ngx_http_hpf_ctx_t *ctx, const u_char *p,
    size_t n);

/* A number as an argument. */
ngx_str_t ngx_http_hpf_store_int(ngx_http_hpf_ctx_t *ctx, int64_t n);

/*
 * _store_later.c: takes back what a command did whose answer was lost; tries
 * until Redis has done it.  Everything is copied.
 */
void ngx_http_hpf_store_later(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_eval_t *eval);


#endif /* _NGX_HTTP_HPF_STORE_H_INCLUDED_ */
