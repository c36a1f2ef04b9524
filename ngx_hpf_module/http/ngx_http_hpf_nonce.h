/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Nonces of signed requests: each is accepted once, by all nodes.
 */

#ifndef _NGX_HTTP_HPF_NONCE_H_INCLUDED_
#define _NGX_HTTP_HPF_NONCE_H_INCLUDED_


#include "hpf_sf.h"
#include "ngx_http_hpf.h"


/* hpf_nonce */

#define NGX_HTTP_HPF_NONCE_CLUSTER  0
#define NGX_HTTP_HPF_NONCE_NODE     1


/*
 * The nonce of a signature that holds, of ctx->channel; as a step.  NGX_OK:
 * the node has not seen it; what the store says, ngx_http_hpf_nonce_step()
 * waits for.
 */
ngx_int_t ngx_http_hpf_nonce_take(ngx_http_hpf_ctx_t *ctx,
    const hpf_sf_text_t *nonce);

/* The request ends first. */
void ngx_http_hpf_nonce_cancel(ngx_http_hpf_ctx_t *ctx);


extern ngx_conf_enum_t  ngx_http_hpf_nonce_scopes[];


#endif /* _NGX_HTTP_HPF_NONCE_H_INCLUDED_ */
