/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A registration goes from who has but named an ID number to who has proved
 * that it is his: stages of POST /v1/users that do nothing unless
 * person->retakes.
 */

#ifndef _NGX_HTTP_HPF_RETAKE_H_INCLUDED_
#define _NGX_HTTP_HPF_RETAKE_H_INCLUDED_


#include "ngx_http_hpf_user.h"


/* 1: what was proved now is enough for it. */
ngx_uint_t ngx_http_hpf_retake_may(ngx_http_hpf_ctx_t *ctx);

ngx_int_t ngx_http_hpf_retake_certs_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_retake_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_retake_tell_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_RETAKE_H_INCLUDED_ */
