/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Lines of the error log: what nginx adds to them of a request, its line, the
 * address that a back end was asked for and the referrer, is masked.
 */

#ifndef _NGX_HTTP_HPF_MASK_ERROR_LOG_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_ERROR_LOG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* In the post-read phase.  Before it, lines have the request as it came. */
ngx_int_t ngx_http_hpf_mask_error_log_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_MASK_ERROR_LOG_H_INCLUDED_ */
