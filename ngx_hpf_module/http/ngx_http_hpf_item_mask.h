/*
 * Copyright (C) the HPF gateway authors
 */

/* The rules of masking of a manifest. */

#ifndef _NGX_HTTP_HPF_ITEM_MASK_H_INCLUDED_
#define _NGX_HTTP_HPF_ITEM_MASK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_manifest.h"
#include "ngx_http_hpf_mask_filter.h"


typedef struct ngx_http_hpf_item_mask_s  ngx_http_hpf_item_mask_t;


/* When a generation is loaded.  NULL: they cannot be used, which is logged. */
ngx_http_hpf_item_mask_t *ngx_http_hpf_item_mask_create(ngx_pool_t *pool,
    const hpf_manifest_t *mf);

/*
 * Its rules on top of those of a location.  Where scopes are given, a bit for
 * each of the manifest, only their fields are shown.  They are made when they
 * are needed first and end with the generation.  NULL: no memory.
 */
ngx_http_hpf_mask_set_t *ngx_http_hpf_item_mask_set(
    ngx_http_hpf_item_mask_t *mask, ngx_http_hpf_mask_set_t *location,
    ngx_uint_t scopes);


#endif /* _NGX_HTTP_HPF_ITEM_MASK_H_INCLUDED_ */
