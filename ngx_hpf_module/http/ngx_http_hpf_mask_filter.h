/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking filter as the gate sees it.  The filter is a module of its own
 * that works without the gate, by "hpf_mask on;" alone.
 */

#ifndef _NGX_HTTP_HPF_MASK_FILTER_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_FILTER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_layer.h"


/*
 * Masks the answer by these rules, which must live as long as the request
 * does, whatever "hpf_mask" says.  To be called before the request
 * goes to its content handler, so that the back end is not asked for coded or
 * partial bodies.  They survive internal redirects.  NGX_OK or NGX_ERROR: no
 * memory, the request must not go on.
 */
ngx_int_t ngx_http_hpf_mask_set_rules(ngx_http_request_t *r,
    ngx_http_hpf_mask_set_t *set);

/*
 * Who gets the answer: the rules of the channel, or NULL, come on top of
 * those of the location, of subrequests as well, and the level of the session
 * is what "reveal" is compared with.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_mask_set_caller(ngx_http_request_t *r,
    ngx_http_hpf_mask_layer_t *layer, ngx_uint_t level);

/*
 * The request itself is masked as well before its content handler gets it, as
 * "hpf_mask_request" does.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_mask_set_request(ngx_http_request_t *r);

/* The rules of the location. */
ngx_http_hpf_mask_set_t *ngx_http_hpf_mask_location(ngx_http_request_t *r);

/*
 * Fields masked so far: of the body and headers of the answer, of subrequests
 * that ended, and of the request on its way to a back end.
 */
ngx_uint_t ngx_http_hpf_mask_count(ngx_http_request_t *r);

/* Fields of bodies shown by "reveal", and their kinds, a bit each. */
ngx_uint_t ngx_http_hpf_mask_revealed(ngx_http_request_t *r,
    ngx_uint_t *kinds);

/* 1: so many rules more may come between a location's and a channel's. */
ngx_uint_t ngx_http_hpf_mask_fits(ngx_cycle_t *cycle, size_t nkeys,
    size_t npaths);


extern ngx_module_t  ngx_http_hpf_mask_filter_module;


#endif /* _NGX_HTTP_HPF_MASK_FILTER_H_INCLUDED_ */
