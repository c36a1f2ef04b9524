/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a Content-Type says of a body: whether it is looked into, how it is
 * read, and in what characters it is.
 */

#ifndef _NGX_HTTP_HPF_MASK_TYPE_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_TYPE_H_INCLUDED_


#include "hpf_mask_charset.h"
#include "ngx_http_hpf_mask_conf.h"


/* How a body of this Content-Type is read; HPF_MASK_TYPES: it is not. */
void ngx_http_hpf_mask_type(ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_str_t *content_type, ngx_http_hpf_mask_type_t *t);

/* The part of a Content-Type in front of its parameters. */
size_t ngx_http_hpf_mask_type_len(ngx_str_t *content_type);

/*
 * The characters of the answer as its headers have it.  NGX_OK: *cs is the
 * set; NGX_DECLINED: nothing is said, *cs is that of "default=" or NULL;
 * NGX_ABORT: a set that is not known.
 */
ngx_int_t ngx_http_hpf_mask_type_charset(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf, const hpf_mask_charset_t **cs);

/* The answer is in UTF-8 now. */
void ngx_http_hpf_mask_type_utf8(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_MASK_TYPE_H_INCLUDED_ */
