/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Browsers: their sessions are cookies, and their pages are of other origins.
 */

#ifndef _NGX_HTTP_HPF_COOKIE_H_INCLUDED_
#define _NGX_HTTP_HPF_COOKIE_H_INCLUDED_


#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_COOKIE  "__Host-hpf"


/*
 * _cookie.c: the token in the cookie of the request.  NGX_DECLINED: there is
 * none, or none that counts; NGX_ERROR: it cannot be one of ours; NGX_ABORT:
 * the request is not one that may use it.
 */
ngx_int_t ngx_http_hpf_cookie_token(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *token);

/* As a step, with ctx->token_hash: what changes something has X-CSRF-Token. */
ngx_int_t ngx_http_hpf_cookie_csrf(ngx_http_hpf_ctx_t *ctx);

/* X-CSRF-Token of a session by its hash, as a member "csrf_token". */
json_t *ngx_http_hpf_cookie_csrf_member(ngx_http_hpf_ctx_t *ctx,
    const u_char *token_hash);

/*
 * What every answer begins with that gives out a token: the token, or, of a
 * browser, "csrf_token" and a cookie beside it.  A new object, or NULL.
 */
json_t *ngx_http_hpf_cookie_answer(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_person_t *person);

/* The header that ends the cookie. */
extern ngx_str_t  ngx_http_hpf_cookie_end;


/* _cors.c: the origin of the request, if a channel has it. */
void ngx_http_hpf_cors_origin(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx);
ngx_http_hpf_channel_t *ngx_http_hpf_cors_find(
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *origin);

/* When the channel is known: whether the origin is one of its own. */
void ngx_http_hpf_cors_channel(ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_COOKIE_H_INCLUDED_ */
