/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What of a person is kept in Redis: sealed as the user's own, so that what
 * was sealed for one user does not open as another's.
 */

#ifndef _NGX_HTTP_HPF_SEAL_H_INCLUDED_
#define _NGX_HTTP_HPF_SEAL_H_INCLUDED_


#include "ngx_http_hpf.h"


/* Text (base64url) in the request's pool.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_hpf_seal(ngx_http_hpf_ctx_t *ctx, ngx_str_t *plain,
    ngx_str_t *uid, ngx_str_t *text);

/* NGX_ERROR: it was changed, or is of another user; logged. */
ngx_int_t ngx_http_hpf_seal_open(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text,
    ngx_str_t *uid, ngx_str_t *plain);

/*
 * The user's number in a session: bytes, at most HPF_SESSION_SUBJ, so
 * that a cached session needs no other record.
 */
ngx_int_t ngx_http_hpf_seal_subject(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *id_no, ngx_str_t *uid, ngx_str_t *subj);
ngx_int_t ngx_http_hpf_seal_open_subject(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *id_no);

char *ngx_http_hpf_seal_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_hpf_seal_init(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);

/*
 * _reseal.c: n pairs of member and text of the record; those that are old are
 * sealed anew, in the background.  How many these are.  _reseal_walk.c: all.
 */
ngx_uint_t ngx_http_hpf_reseal(ngx_http_hpf_main_conf_t *hmcf,
    ngx_pool_t *pool, ngx_str_t *key, ngx_uint_t n, ngx_str_t *texts);
ngx_int_t ngx_http_hpf_reseal_init_worker(ngx_http_hpf_main_conf_t *hmcf,
    ngx_cycle_t *cycle);

void ngx_http_hpf_seal_free(ngx_http_hpf_main_conf_t *hmcf);


#endif /* _NGX_HTTP_HPF_SEAL_H_INCLUDED_ */
