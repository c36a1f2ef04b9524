/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Requests that are signed.
 */

#ifndef _NGX_HTTP_HPF_SIGNATURE_H_INCLUDED_
#define _NGX_HTTP_HPF_SIGNATURE_H_INCLUDED_


#include "hpf_httpsig.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_SIG_WINDOW  300       /* s, of created to both sides */


/* ctx->signer: what is known of the signature before it is verified. */

struct ngx_http_hpf_signer_s {
    hpf_httpsig_t             sig;
    ngx_http_hpf_channel_t   *channel;     /* that it says it is of */
    hpf_sign_key_t           *key;
    ngx_str_t                 key_id;
    ngx_str_t                 base;
    int                       verified;    /* as of hpf_sign_verify() */
};


/* NGX_OK: it has a signature for the gateway; NGX_DECLINED: for others. */
ngx_int_t ngx_http_hpf_signature_sent(ngx_http_request_t *r);

/* As a step; named: X-HPF-Channel, or NULL. */
ngx_int_t ngx_http_hpf_signature_step(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_table_elt_t *named);

/* why: for the record, static; NULL: the reason says enough. */
ngx_int_t ngx_http_hpf_signature_refuse(ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_reason_e reason, const char *why);

/* _signature_value.c: for hpf_httpsig_base(), data is the request. */
int ngx_http_hpf_signature_value(void *data, const hpf_sf_text_t *name,
    hpf_httpsig_base_t *base);


#endif /* _NGX_HTTP_HPF_SIGNATURE_H_INCLUDED_ */
