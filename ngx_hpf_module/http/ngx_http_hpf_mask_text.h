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

/* What becomes of a text, piece by piece; the first is for _init(). */

typedef struct {
    ngx_http_request_t       *request;
    const hpf_mask_rules_t   *rules;
    ngx_uint_t                count;      /* fields masked */
    ngx_str_t                 s;          /* so far */
    size_t                    size;
} ngx_http_hpf_mask_text_t;


void ngx_http_hpf_mask_text_init(ngx_http_hpf_mask_text_t *text,
    ngx_http_request_t *r, const hpf_mask_rules_t *rules);

/* All of these add to text->s and return NGX_OK or NGX_ERROR: no memory. */

/* A piece as it is. */
ngx_int_t ngx_http_hpf_mask_text_put(ngx_http_hpf_mask_text_t *text,
    u_char *p, size_t len);

/* A piece, of a type of hpf_mask_type_e, masked. */
ngx_int_t ngx_http_hpf_mask_text_add(ngx_http_hpf_mask_text_t *text,
    ngx_uint_t type, u_char *p, size_t len);

/* A URI: its path, its query and its fragment are forms of their own. */
ngx_int_t ngx_http_hpf_mask_text_uri(ngx_http_hpf_mask_text_t *text,
    u_char *p, size_t len);

/* A whole value in the form of a kind, as the style (hpf_mask_style_e) is. */
ngx_int_t ngx_http_hpf_mask_text_value(ngx_http_hpf_mask_text_t *text,
    const hpf_mask_shape_t *shape, ngx_str_t *value, ngx_uint_t style);


#endif /* _NGX_HTTP_HPF_MASK_TEXT_H_INCLUDED_ */
