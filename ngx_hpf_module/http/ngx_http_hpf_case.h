/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Cases, for the file that changes them and the one that shows them.
 */

#ifndef _NGX_HTTP_HPF_CASE_H_INCLUDED_
#define _NGX_HTTP_HPF_CASE_H_INCLUDED_


#include "ngx_http_hpf_store.h"


/* The key of a case of the session's user, in the pool. */
ngx_str_t ngx_http_hpf_case_key(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no);

/* What is put to the steps of a case, as JSON in the pool. */
ngx_int_t ngx_http_hpf_case_step(ngx_http_hpf_ctx_t *ctx, ngx_str_t *by,
    ngx_str_t *status, ngx_str_t *note, ngx_str_t *step);

/* A tree as text that is sealed for the session's user, none for NULL. */
ngx_int_t ngx_http_hpf_case_seal(ngx_http_hpf_ctx_t *ctx, json_t *tree,
    ngx_str_t *text);

/* Reads ctx->case_no and answers with it as it now stands.  NGX_AGAIN. */
ngx_int_t ngx_http_hpf_case_reread(ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_CASE_H_INCLUDED_ */
