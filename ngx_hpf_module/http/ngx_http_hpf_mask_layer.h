/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules of channels, which come on top of those of a location or an item.
 * What comes of both is made when it is needed first, once in a worker, and
 * ends with the location's configuration or the item's generation.
 */

#ifndef _NGX_HTTP_HPF_MASK_LAYER_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_LAYER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_rules.h"


/* Rules of a channel. */

typedef struct {
    ngx_array_t              *own;
    ngx_uint_t                number;
    u_char                   *file;       /* of the first line */
    ngx_uint_t                line;
} ngx_http_hpf_mask_layer_t;


/* Compiled rules, and what they are with those of each channel. */

typedef struct {
    const hpf_mask_rules_t   *rules;
    const hpf_mask_rules_t  **with;       /* by the number of the layer */
    ngx_pool_t               *pool;       /* for these */
} ngx_http_hpf_mask_set_t;


/* All layers, and all sets that are made with the configuration. */

typedef struct {
    ngx_array_t               layers;     /* ngx_http_hpf_mask_layer_t * */
    ngx_array_t               sets;       /* ngx_http_hpf_mask_set_t * */
    size_t                    nkeys;      /* of a set and a layer, at most */
    size_t                    npaths;
} ngx_http_hpf_mask_layers_t;


ngx_int_t ngx_http_hpf_mask_layer_create(ngx_conf_t *cf,
    ngx_http_hpf_mask_layers_t *all);

/* "mask_rule" of a channel; *layer is NULL before the first. */
char *ngx_http_hpf_mask_layer_rule(ngx_conf_t *cf,
    ngx_http_hpf_mask_layer_t **layer);

/*
 * The set of a level: that of the level above when own is NULL.  NULL: no
 * memory, or too many rules, which is logged.
 */
ngx_http_hpf_mask_set_t *ngx_http_hpf_mask_layer_set(ngx_conf_t *cf,
    ngx_array_t *own, ngx_http_hpf_mask_set_t *base);

/* After all sets: NGX_ERROR, logged, when a layer does not fit on all. */
ngx_int_t ngx_http_hpf_mask_layer_init(ngx_conf_t *cf,
    ngx_http_hpf_mask_layers_t *all);

/*
 * The rules of a set with a layer on top, which may be NULL.  NULL: no memory,
 * the answer must not go out.
 */
const hpf_mask_rules_t *ngx_http_hpf_mask_layer_on(
    ngx_http_hpf_mask_set_t *set, ngx_http_hpf_mask_layer_t *layer,
    ngx_uint_t nlayers);


#endif /* _NGX_HTTP_HPF_MASK_LAYER_H_INCLUDED_ */
