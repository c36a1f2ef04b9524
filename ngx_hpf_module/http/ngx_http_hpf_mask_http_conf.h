/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Configuration of what the masking filter does about HTTP: character sets,
 * headers and requests.
 */

#ifndef _NGX_HTTP_HPF_MASK_HTTP_CONF_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_HTTP_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_charset.h"
#include "hpf_mask_kind.h"
#include "ngx_http_hpf_names.h"


#define NGX_HTTP_HPF_MASK_CONVERT         0
#define NGX_HTTP_HPF_MASK_REFUSE_CHARSET  1

#define NGX_HTTP_HPF_MASK_HEADER          128    /* characters of a name */


/* A header of "hpf_mask_header". */

typedef struct {
    ngx_str_t                  name;      /* in lower case */
    unsigned                   whole:1;   /* kind= was given */
    hpf_mask_shape_t           shape;
} ngx_http_hpf_mask_field_t;


typedef struct {
    ngx_uint_t                 charset;
    const hpf_mask_charset_t  *charset_default;

    ngx_flag_t                 request;
    ngx_array_t               *fields;    /* ngx_http_hpf_mask_field_t */
    ngx_http_hpf_names_t      *names;     /* of these */
} ngx_http_hpf_mask_http_conf_t;


void ngx_http_hpf_mask_http_conf_init(ngx_http_hpf_mask_http_conf_t *conf);
void ngx_http_hpf_mask_http_conf_merge(ngx_http_hpf_mask_http_conf_t *conf,
    ngx_http_hpf_mask_http_conf_t *prev);

/* Setters; conf is that of the location. */
char *ngx_http_hpf_mask_http_conf_charset(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_mask_http_conf_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_HPF_MASK_HTTP_CONF_H_INCLUDED_ */
