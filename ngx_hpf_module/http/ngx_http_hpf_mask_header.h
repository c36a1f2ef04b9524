/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking of headers of an answer.
 */

#ifndef _NGX_HTTP_HPF_MASK_HEADER_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_HEADER_H_INCLUDED_


#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"


/* The headers that are named.  NGX_OK or NGX_ERROR: no memory. */
ngx_int_t ngx_http_hpf_mask_header(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf);


#endif /* _NGX_HTTP_HPF_MASK_HEADER_H_INCLUDED_ */
