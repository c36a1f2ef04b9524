/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Versions of plugins that were approved: hpf:cfg:plugins, a hash with the
 * digest of each id, and the number of the set as "#".
 */

#ifndef _NGX_HTTP_HPF_APPROVAL_H_INCLUDED_
#define _NGX_HTTP_HPF_APPROVAL_H_INCLUDED_


#include "ngx_http_hpf.h"


extern ngx_conf_enum_t  ngx_http_hpf_approval_modes[];


ngx_int_t ngx_http_hpf_approval_init_worker(ngx_http_hpf_main_conf_t *hmcf);

/* POST {id, digest, state} by this operator; as a content handler. */
ngx_int_t ngx_http_hpf_approval_request(ngx_http_request_t *r,
    ngx_str_t *by);


#endif /* _NGX_HTTP_HPF_APPROVAL_H_INCLUDED_ */
