/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a configuration names, by its name: found at the same cost, however
 * much of it there is, while the configuration is read and by requests.
 */

#ifndef _NGX_HTTP_HPF_NAMES_H_INCLUDED_
#define _NGX_HTTP_HPF_NAMES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct ngx_http_hpf_name_s  ngx_http_hpf_name_t;

typedef struct {
    ngx_pool_t            *pool;
    ngx_uint_t             n;
    ngx_uint_t             size;       /* of slots, a power of two, or 0 */
    ngx_http_hpf_name_t  **slots;
} ngx_http_hpf_names_t;


void ngx_http_hpf_names_init(ngx_http_hpf_names_t *names, ngx_pool_t *pool);

/*
 * The name, which is not copied, stands for a number, such as its place in an
 * array.  NGX_DECLINED: it is there already, and stays as it was.
 */
ngx_int_t ngx_http_hpf_names_add(ngx_http_hpf_names_t *names, ngx_str_t *name,
    ngx_uint_t number);

/* The number, NGX_DECLINED: there is no such name. */
ngx_int_t ngx_http_hpf_names_find(ngx_http_hpf_names_t *names,
    ngx_str_t *name);


#endif /* _NGX_HTTP_HPF_NAMES_H_INCLUDED_ */
