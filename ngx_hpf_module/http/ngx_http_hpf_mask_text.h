/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Short texts outside of bodies: headers, query strings, lines of logs.
 */

#ifndef _NGX_HTTP_HPF_MASK_TEXT_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_TEXT_H_INCLUDED_


#include "hpf_mask.h"
#include "ngx_http_hpf_mask_type.h"


/* Rules, type and the day for an engine; the output is the caller's. */
void ngx_http_hpf_mask_text_conf(ngx_http_request_t *r,
    hpf_mask_conf_t *conf, const hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_type_t *type);

/*
 * The text, of a type of hpf_mask_type_e, masked; *s itself where there is
 * nothing to mask.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_hpf_mask_text(ngx_http_request_t *r,
    const hpf_mask_rules_t *rules, ngx_uint_t type, ngx_str_t *s);

/* The same for what may have a query: the path is text, the rest a form. */
ngx_int_t ngx_http_hpf_mask_text_uri(ngx_http_request_t *r,
    const hpf_mask_rules_t *rules, ngx_str_t *s);

/* A whole value in the form of a kind. */
ngx_int_t ngx_http_hpf_mask_text_value(ngx_http_request_t *r,
    const hpf_mask_shape_t *shape, ngx_uint_t style, ngx_str_t *s);


#endif /* _NGX_HTTP_HPF_MASK_TEXT_H_INCLUDED_ */
