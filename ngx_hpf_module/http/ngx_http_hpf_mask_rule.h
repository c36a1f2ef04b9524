/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules of masking as directives write them, in their order; they are added
 * to those of the level above when that is known.
 */

#ifndef _NGX_HTTP_HPF_MASK_RULE_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_RULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_rules.h"


/*
 * A line, "NAME key|path|value ...", or a file of rules, from cf->args; the
 * array is made when *rules is NULL.
 */
char *ngx_http_hpf_mask_rule_line(ngx_conf_t *cf, ngx_array_t **rules);
char *ngx_http_hpf_mask_rule_file(ngx_conf_t *cf, ngx_array_t **rules);

/* "kind=KIND [keep=L,R] [char=C]" from argument n of cf->args on. */
char *ngx_http_hpf_mask_rule_shape(ngx_conf_t *cf, ngx_uint_t n,
    hpf_mask_shape_t *shape);

/*
 * Compiles rules: those of base, or the built-in ones when it is NULL, and
 * then own, which may be NULL.  All of it is in the pool.  NGX_ERROR: no
 * memory, NGX_DECLINED: these are too many.
 */
ngx_int_t ngx_http_hpf_mask_rule_compile(ngx_pool_t *pool, ngx_array_t *own,
    const hpf_mask_rules_t *base, hpf_mask_rules_t **rules);

/* For hpf_mask_rules_create(). */
void ngx_http_hpf_mask_rule_alloc(hpf_mask_alloc_t *alloc, ngx_pool_t *pool);


#endif /* _NGX_HTTP_HPF_MASK_RULE_H_INCLUDED_ */
