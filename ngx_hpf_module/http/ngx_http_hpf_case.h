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


#endif /* _NGX_HTTP_HPF_CASE_H_INCLUDED_ */
