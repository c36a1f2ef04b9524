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

#include "hpf_mask_rules.h"


/*
 * Masks the answer by these compiled rules, which must live as long as the
 * request does, whatever "hpf_mask" says.  To be called before the request
 * goes to its content handler, so that the back end is not asked for coded or
 * partial bodies.  They survive internal redirects.  NGX_OK or NGX_ERROR: no
 * memory, the request must not go on.
 */
ngx_int_t ngx_http_hpf_mask_set_rules(ngx_http_request_t *r,
    const hpf_mask_rules_t *rules);

/* Fields masked so far, those of subrequests that ended included. */
ngx_uint_t ngx_http_hpf_mask_count(ngx_http_request_t *r);

/*
 * The compiled rules of the http block, for hpf_mask_rules_create() to
 * extend; from the postconfiguration on.  They live as long as the cycle.
 */
const hpf_mask_rules_t *ngx_http_hpf_mask_base_rules(ngx_cycle_t *cycle);


extern ngx_module_t  ngx_http_hpf_mask_filter_module;


#endif /* _NGX_HTTP_HPF_MASK_FILTER_H_INCLUDED_ */
