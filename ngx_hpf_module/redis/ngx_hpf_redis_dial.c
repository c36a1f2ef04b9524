/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * From a server's name to a connected socket.  A name is asked for with
 * nginx' resolver at each attempt, so that it may move; without a "resolver"
 * the addresses hold that it had when the configuration was read.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>
#include "ngx_hpf_redis_store.h"


static void ngx_hpf_redis_dial_resolve(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_dial_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_hpf_redis_dial_known(ngx_hpf_redis_conn_t *conn,
    const char *reason);
static void ngx_hpf_redis_dial_address(ngx_hpf_redis_conn_t *conn,
    struct sockaddr *sockaddr, socklen_t socklen);
static ngx_int_t ngx_hpf_redis_dial_connect(ngx_hpf_redis_conn_t *conn,
    socklen_t socklen);


void
ngx_hpf_redis_dial(ngx_hpf_redis_conn_t *conn)
{
    conn->server = &conn->servers[conn->turn % conn->nservers];

    ngx_add_timer(&conn->retry, conn->rds->conf.connect_timeout);

    if (!conn->server->literal && conn->rds->conf.resolver) {
        ngx_hpf_redis_dial_resolve(conn);
        return;
    }

    ngx_hpf_redis_dial_known(conn, "its name needs a \"resolver\"");
}


static void
ngx_hpf_redis_dial_resolve(ngx_hpf_redis_conn_t *conn)
{
    ngx_resolver_ctx_t  *ctx;

    conn->state = NGX_HPF_REDIS_CONN_RESOLVING;

    ctx = ngx_resolve_start(conn->rds->conf.resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_hpf_redis_dial_known(conn, "no resolver");
        return;
    }

    ctx->name = conn->server->host;
    ctx->handler = ngx_hpf_redis_dial_resolved;
    ctx->data = conn;
    ctx->timeout = conn->rds->conf.connect_timeout;

    conn->resolve = ctx;

    /* the handler may be called from here; on an error ctx is freed */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        conn->resolve = NULL;
        ngx_hpf_redis_dial_known(conn, "its name cannot be resolved");
    }
}


static void
ngx_hpf_redis_dial_resolved(ngx_resolver_ctx_t *ctx)
{
    socklen_t              socklen;
    ngx_resolver_addr_t   *addr;
    ngx_hpf_redis_conn_t  *conn;

    conn = ctx->data;
    conn->resolve = NULL;

    if (ctx->state) {
        ngx_resolve_name_done(ctx);

        ngx_hpf_redis_dial_known(conn, "its name cannot be resolved");
        return;
    }

    addr = &ctx->addrs[conn->turn / conn->nservers % ctx->naddrs];
    socklen = addr->socklen;

    ngx_memcpy(&conn->sockaddr, addr->sockaddr, socklen);
    ngx_inet_set_port(&conn->sockaddr.sockaddr, conn->server->port);

    ngx_resolve_name_done(ctx);

    ngx_hpf_redis_dial_address(conn, &conn->sockaddr.sockaddr, socklen);
}


void
ngx_hpf_redis_dial_cancel(ngx_hpf_redis_conn_t *conn)
{
    if (conn->resolve) {
        ngx_resolve_name_done(conn->resolve);
        conn->resolve = NULL;
    }
}


/* What the configuration knew; or the end, for that reason. */

static void
ngx_hpf_redis_dial_known(ngx_hpf_redis_conn_t *conn, const char *reason)
{
    ngx_addr_t  *addr;

    if (conn->server->naddrs == 0) {
        conn->state = NGX_HPF_REDIS_CONN_RESOLVING;
        ngx_hpf_redis_conn_drop(conn, "%s", reason);
        return;
    }

    addr = &conn->server->addrs[conn->turn / conn->nservers
                                % conn->server->naddrs];

    ngx_hpf_redis_dial_address(conn, addr->sockaddr, addr->socklen);
}


static void
ngx_hpf_redis_dial_address(ngx_hpf_redis_conn_t *conn,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_int_t  rc;

    conn->state = NGX_HPF_REDIS_CONN_CONNECTING;

    ngx_memzero(&conn->peer, sizeof(ngx_peer_connection_t));

    conn->peer.sockaddr = sockaddr;

    rc = ngx_hpf_redis_dial_connect(conn, socklen);

    if (rc == NGX_OK) {
        ngx_hpf_redis_dial_done(conn);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_hpf_redis_conn_break(conn, ngx_socket_errno);
        return;
    }

    if (rc != NGX_AGAIN) {
        ngx_hpf_redis_conn_drop(conn, "no memory or file descriptor");
    }
}


static ngx_int_t
ngx_hpf_redis_dial_connect(ngx_hpf_redis_conn_t *conn, socklen_t socklen)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    conn->peer.socklen = socklen;
    conn->peer.name = &conn->server->name;
    conn->peer.get = ngx_event_get_peer;
    conn->peer.log = &conn->log;
    conn->peer.log_error = NGX_ERROR_INFO;
    conn->peer.so_keepalive = 1;

    /* a failed connect() is told here, once, and not at each attempt */

    conn->log.log_level = NGX_LOG_ALERT;

    rc = ngx_event_connect_peer(&conn->peer);

    conn->log.log_level = conn->rds->cycle->log->log_level;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        return rc;
    }

    c = conn->peer.connection;
    conn->connection = c;

    c->data = conn;
    c->read->handler = ngx_hpf_redis_conn_read_handler;
    c->write->handler = ngx_hpf_redis_conn_write_handler;

    c->pool = ngx_create_pool(512, &conn->log);
    if (c->pool == NULL) {
        return NGX_ERROR;
    }

    conn->in = ngx_palloc(c->pool, NGX_HPF_REDIS_IN);
    if (conn->in == NULL) {
        return NGX_ERROR;
    }

    if (conn->peer.sockaddr->sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_hpf_redis_reply_open(&conn->parser, conn->rds->conf.max_reply,
                                 &conn->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rc;
}
