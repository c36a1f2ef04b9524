/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Variables for logs: what the client asked for, masked.
 */

#ifndef _NGX_HTTP_HPF_MASK_URI_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_URI_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


ngx_int_t ngx_http_hpf_mask_uri_variables(ngx_conf_t *cf);


#endif /* _NGX_HTTP_HPF_MASK_URI_H_INCLUDED_ */
