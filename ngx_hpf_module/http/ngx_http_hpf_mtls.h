/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Channels that are told by the client's certificate.
 */

#ifndef _NGX_HTTP_HPF_MTLS_H_INCLUDED_
#define _NGX_HTTP_HPF_MTLS_H_INCLUDED_


#include "ngx_http_hpf.h"


ngx_int_t ngx_http_hpf_mtls_init(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch);

/* Member of a channel: "certificate sha256 …" or "certificate subject …". */
char *ngx_http_hpf_mtls_line(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch);

/*
 * The channel of the request's certificate, or only, if it is that; NULL: it
 * is not, and ctx->reason says why it is not that.
 */
ngx_http_hpf_channel_t *ngx_http_hpf_mtls_find(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_channel_t *only);


#endif /* _NGX_HTTP_HPF_MTLS_H_INCLUDED_ */
