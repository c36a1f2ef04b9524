/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions, as the files of identity and the conditions know them.
 */

#ifndef _NGX_HTTP_HPF_SESSION_H_INCLUDED_
#define _NGX_HTTP_HPF_SESSION_H_INCLUDED_


#include "ngx_http_hpf_store.h"


/* session.user_type */

#define NGX_HTTP_HPF_INDIVIDUAL  'i'
#define NGX_HTTP_HPF_UNIT        'u'


/*
 * The token of the request.  NGX_DECLINED: there is none; NGX_ERROR: it
 * cannot be one that was given out here.
 */
ngx_int_t ngx_http_hpf_session_token(ngx_http_request_t *r,
    ngx_str_t *token);

/* 1: it has the form of a token that was given out here. */
ngx_uint_t ngx_http_hpf_session_token_valid(ngx_str_t *token);

/* hpf:idle:{s:HASH} in the pool; data NULL: no memory. */
ngx_str_t ngx_http_hpf_session_idle_key(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *hash);

/* "individual" or "unit". */
void ngx_http_hpf_session_type(hpf_session_t *rec, ngx_str_t *s);

/* _logout.c: ends the session of the request; as a step. */
ngx_int_t ngx_http_hpf_logout_session(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_store_pt handler);

ngx_int_t ngx_http_hpf_session_init_worker(ngx_http_hpf_main_conf_t *hmcf);


#endif /* _NGX_HTTP_HPF_SESSION_H_INCLUDED_ */
