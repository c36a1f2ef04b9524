/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The server's certificate is verified against its name in the URL, or its
 * address there, unless the operator took that away.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"
#include "ngx_hpf_redis_tls.h"


#define NGX_HPF_REDIS_TLS_CA     "/etc/ssl/certs/ca-certificates.crt"
#define NGX_HPF_REDIS_TLS_DEPTH  4


#if (NGX_SSL)

static void ngx_hpf_redis_tls_info(const ngx_ssl_conn_t *ssl, int where,
    int ret);


ngx_int_t
ngx_hpf_redis_tls_init(ngx_conf_t *cf, ngx_hpf_redis_t *rds)
{
    ngx_ssl_t             *ssl;
    ngx_str_t              ca;
    ngx_pool_cleanup_t    *cln;
    ngx_hpf_redis_conf_t  *conf;

    conf = &rds->conf;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    /* the end of the output buffer moves between two attempts to write */

    SSL_CTX_set_mode(ssl->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                               |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (conf->tls_cert.len
        && ngx_ssl_certificate(cf, ssl, &conf->tls_cert, &conf->tls_key, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!conf->tls_insecure) {
        ngx_str_set(&ca, NGX_HPF_REDIS_TLS_CA);

        if (conf->tls_ca.len) {
            ca = conf->tls_ca;
        }

        if (ngx_ssl_trusted_certificate(cf, ssl, &ca, NGX_HPF_REDIS_TLS_DEPTH)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    rds->ssl = ssl;

    return NGX_OK;
}


ngx_int_t
ngx_hpf_redis_tls_start(ngx_hpf_redis_conn_t *conn,
    ngx_connection_handler_pt handler)
{
    char              *host;
    ngx_int_t          rc;
    ngx_ssl_conn_t    *ssl;
    ngx_connection_t  *c;

    c = conn->connection;

    if (ngx_ssl_create_connection(conn->rds->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ssl = c->ssl->connection;
    host = (char *) conn->server->host.data;

    conn->alert = NULL;
    SSL_set_info_callback(ssl, ngx_hpf_redis_tls_info);

    /* RFC 6066, 3: no addresses in server_name */

    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1
        && (SSL_set1_host(ssl, host) != 1
            || SSL_set_tlsext_host_name(ssl, host) != 1))
    {
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = handler;
    }

    return rc;
}


/* An alert says more than the error that follows from it. */

static void
ngx_hpf_redis_tls_info(const ngx_ssl_conn_t *ssl, int where, int ret)
{
    ngx_connection_t      *c;
    ngx_hpf_redis_conn_t  *conn;

    if (where != SSL_CB_READ_ALERT || (ret >> 8) != SSL3_AL_FATAL) {
        return;
    }

    c = ngx_ssl_get_connection((ngx_ssl_conn_t *) ssl);
    conn = c->data;

    conn->alert = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0,
                                                   SSL_AD_REASON_OFFSET
                                                   + (ret & 0xff)));
}


const char *
ngx_hpf_redis_tls_verify(ngx_hpf_redis_conn_t *conn)
{
    long               rc;
    ngx_connection_t  *c;

    c = conn->connection;

    if (!c->ssl->handshaked) {
        return conn->alert ? conn->alert : "handshake failed";
    }

    if (conn->rds->conf.tls_insecure) {
        return NULL;
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    return rc == X509_V_OK ? NULL : X509_verify_cert_error_string(rc);
}


void
ngx_hpf_redis_tls_end(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }
}


#else

ngx_int_t
ngx_hpf_redis_tls_init(ngx_conf_t *cf, ngx_hpf_redis_t *rds)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hpf redis: \"rediss://\" needs an nginx with SSL");
    return NGX_ERROR;
}


ngx_int_t
ngx_hpf_redis_tls_start(ngx_hpf_redis_conn_t *conn,
    ngx_connection_handler_pt handler)
{
    return NGX_ERROR;
}


const char *
ngx_hpf_redis_tls_verify(ngx_hpf_redis_conn_t *conn)
{
    return "no SSL";
}


void
ngx_hpf_redis_tls_end(ngx_connection_t *c)
{
}

#endif
