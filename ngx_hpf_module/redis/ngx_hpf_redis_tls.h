/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * TLS of a link, by nginx' own functions.
 */

#ifndef _NGX_HPF_REDIS_TLS_H_INCLUDED_
#define _NGX_HPF_REDIS_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_conn.h"


/*
 * At configuration time, for "rediss://": sets rds->ssl, with the
 * certificates to trust and to show.  NGX_ERROR: logged.
 */
ngx_int_t ngx_hpf_redis_tls_init(ngx_conf_t *cf, ngx_hpf_redis_t *rds);

/* On a connected socket; handler is called when NGX_AGAIN was returned. */
ngx_int_t ngx_hpf_redis_tls_start(ngx_hpf_redis_conn_t *conn,
    ngx_connection_handler_pt handler);

/* After the handshake.  NULL: the server is who it should be; or why not. */
const char *ngx_hpf_redis_tls_verify(ngx_hpf_redis_conn_t *conn);

/* Before the socket is closed; does not wait. */
void ngx_hpf_redis_tls_end(ngx_connection_t *c);


#endif /* _NGX_HPF_REDIS_TLS_H_INCLUDED_ */
