/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_NODE_ANONYMOUS  -1
#define NGX_HPF_REDIS_NODE_CHECK      60000


static ngx_int_t ngx_hpf_redis_node_server(ngx_hpf_redis_node_t *node,
    const ngx_str_t *host, in_port_t port);
static void ngx_hpf_redis_node_link_up(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_node_link_down(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_node_feed_up(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_node_identified(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_node_confirmed(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_node_feed_down(ngx_hpf_redis_conn_t *conn);
static ngx_int_t ngx_hpf_redis_node_push(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_node_tick(ngx_event_t *ev);
static void ngx_hpf_redis_node_ping(ngx_hpf_redis_conn_t *conn);


ngx_hpf_redis_node_t *
ngx_hpf_redis_node_create(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_server_t *servers, ngx_uint_t nservers)
{
    ngx_uint_t             i;
    ngx_pool_t            *pool;
    ngx_hpf_redis_conn_t  *conn, *conns[3];
    ngx_hpf_redis_node_t  *node;

    pool = ngx_create_pool(ngx_align(sizeof(ngx_hpf_redis_node_t) + 512,
                                     NGX_POOL_ALIGNMENT),
                           rds->cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    node = ngx_pcalloc(pool, sizeof(ngx_hpf_redis_node_t));

    if (node == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    node->rds = rds;
    node->pool = pool;
    node->first = NGX_HPF_REDIS_NO_SLOT;

    conns[0] = &node->link;
    conns[1] = &node->safe;
    conns[2] = &node->feed;

    for (i = 0; i < 3; i++) {
        conn = conns[i];

        ngx_hpf_redis_conn_init(conn, rds);

        conn->node = node;
        conn->servers = servers;
        conn->nservers = nservers;
        conn->server = servers;
        conn->login = &rds->url.login;
    }

    ngx_str_set(&node->link.role, "hpf");
    node->link.label = "";
    node->link.up = ngx_hpf_redis_node_link_up;
    node->link.down = ngx_hpf_redis_node_link_down;

    ngx_str_set(&node->safe.role, "hpf-safe");
    node->safe.label = "safe ";
    node->safe.proves = 1;

    ngx_str_set(&node->feed.role, "hpf-feed");
    node->feed.label = "feed ";
    node->feed.up = ngx_hpf_redis_node_feed_up;
    node->feed.down = ngx_hpf_redis_node_feed_down;
    node->feed.push = ngx_hpf_redis_node_push;
    node->feed.background = 1;

    node->tick.data = node;
    node->tick.log = rds->cycle->log;
    node->tick.handler = ngx_hpf_redis_node_tick;
    node->tick.cancelable = 1;

    ngx_queue_insert_tail(&rds->nodes, &node->queue);

    return node;
}


ngx_hpf_redis_node_t *
ngx_hpf_redis_node_get(ngx_hpf_redis_t *rds, const ngx_str_t *host,
    in_port_t port)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (ngx_hpf_redis_node_is(node, host, port)
            && node->link.state != NGX_HPF_REDIS_CONN_CLOSED)
        {
            if (!node->tracks) {
                ngx_hpf_redis_track_node(node);
            }

            return node;
        }
    }

    node = ngx_hpf_redis_node_create(rds, NULL, 1);

    if (node == NULL) {
        return NULL;
    }

    if (ngx_hpf_redis_node_server(node, host, port) != NGX_OK) {
        ngx_queue_remove(&node->queue);
        ngx_destroy_pool(node->pool);
        return NULL;
    }

    node->link.master = (rds->sentinel != NULL);
    node->safe.master = node->link.master;

    ngx_hpf_redis_track_node(node);

    return node;
}


static ngx_int_t
ngx_hpf_redis_node_server(ngx_hpf_redis_node_t *node, const ngx_str_t *host,
    in_port_t port)
{
    ngx_hpf_redis_server_t  *server;

    server = &node->server;

    server->host.len = host->len;
    server->host.data = ngx_pnalloc(node->pool, host->len + 1);
    server->name.data = ngx_pnalloc(node->pool,
                                    host->len + sizeof("[]:65535"));
    server->addrs = ngx_palloc(node->pool, sizeof(ngx_addr_t));

    if (server->host.data == NULL || server->name.data == NULL
        || server->addrs == NULL)
    {
        return NGX_ERROR;
    }

    ngx_cpystrn(server->host.data, host->data, host->len + 1);

    server->port = port;
    server->name.len = ngx_sprintf(server->name.data,
                                   ngx_strlchr(host->data,
                                               host->data + host->len, ':')
                                   ? "[%V]:%ui" : "%V:%ui", host,
                                   (ngx_uint_t) port)
                       - server->name.data;

    if (ngx_parse_addr(node->pool, server->addrs, host->data, host->len)
        == NGX_OK)
    {
        ngx_inet_set_port(server->addrs->sockaddr, port);
        server->naddrs = 1;
        server->literal = 1;
    }

    node->link.servers = server;
    node->link.server = server;
    node->safe.servers = server;
    node->safe.server = server;
    node->feed.servers = server;
    node->feed.server = server;

    return NGX_OK;
}


ngx_uint_t
ngx_hpf_redis_node_is(ngx_hpf_redis_node_t *node, const ngx_str_t *host,
    in_port_t port)
{
    return node->server.port == port
           && node->server.host.len == host->len
           && ngx_strncmp(node->server.host.data, host->data, host->len) == 0;
}


void
ngx_hpf_redis_node_open(ngx_hpf_redis_node_t *node)
{
    if (node->link.state == NGX_HPF_REDIS_CONN_IDLE) {
        ngx_hpf_redis_conn_open(&node->link);
    }

    if (node->channel.len && node->feed.state == NGX_HPF_REDIS_CONN_IDLE) {
        ngx_hpf_redis_conn_open(&node->feed);
    }

    if (!node->tick.timer_set) {
        ngx_add_timer(&node->tick, node->rds->conf.idle_timeout);
    }
}


void
ngx_hpf_redis_node_close(ngx_hpf_redis_node_t *node, char *reason)
{
    if (node->tick.timer_set) {
        ngx_del_timer(&node->tick);
    }

    node->tracks = 0;
    node->tracked = 0;

    ngx_hpf_redis_conn_close(&node->feed, reason);
    ngx_hpf_redis_conn_close(&node->safe, reason);
    ngx_hpf_redis_conn_close(&node->link, reason);
}


ngx_int_t
ngx_hpf_redis_node_reap(ngx_hpf_redis_t *rds)
{
    ngx_int_t              rc;
    ngx_queue_t           *q, *next;
    ngx_hpf_redis_node_t  *node;

    rc = NGX_OK;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->link.state != NGX_HPF_REDIS_CONN_CLOSED) {
            continue;
        }

        if (node->link.ops || node->safe.ops || node->feed.ops) {
            rc = NGX_AGAIN;
            continue;
        }

        ngx_queue_remove(q);
        ngx_destroy_pool(node->pool);
    }

    return rc;
}


static void
ngx_hpf_redis_node_link_up(ngx_hpf_redis_conn_t *conn)
{
    conn->node->left = 0;
    conn->node->calls->up(conn->node);
}


static void
ngx_hpf_redis_node_link_down(ngx_hpf_redis_conn_t *conn)
{
    conn->node->calls->down(conn->node);
}


/* The number of the feed has to be asked before it only listens. */

static void
ngx_hpf_redis_node_feed_up(ngx_hpf_redis_conn_t *conn)
{
    ngx_str_t  argv[2];

    conn->node->feed_id = 0;

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "ID");

    (void) ngx_hpf_redis_conn_command(conn, 2, argv,
                                      ngx_hpf_redis_node_identified);
}


static void
ngx_hpf_redis_node_identified(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              argv[2];
    ngx_hpf_redis_conn_t  *conn = data;

    if (reply->type == NGX_HPF_REDIS_INTEGER) {
        conn->node->feed_id = reply->u.integer;

    } else {

        /* messages come without */

        conn->node->feed_id = NGX_HPF_REDIS_NODE_ANONYMOUS;

        if (conn->node->tracks) {
            ngx_hpf_redis_track_refused(conn->node, "CLIENT ID", reply);
        }
    }

    ngx_str_set(&argv[0], "SUBSCRIBE");
    argv[1] = conn->node->channel;

    (void) ngx_hpf_redis_conn_command(conn, 2, argv,
                                      ngx_hpf_redis_node_confirmed);
}


static void
ngx_hpf_redis_node_confirmed(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_conn_t  *conn = data;

    if (reply->type == NGX_HPF_REDIS_ERROR) {
        ngx_hpf_redis_conn_drop(conn, "refused SUBSCRIBE: %V",
                                &reply->u.text);
        return;
    }

    conn->node->calls->heard(conn->node);
}


static void
ngx_hpf_redis_node_feed_down(ngx_hpf_redis_conn_t *conn)
{
    conn->node->feed_id = 0;
    conn->node->tracking_id = 0;

    conn->node->calls->deaf(conn->node);
}


static ngx_int_t
ngx_hpf_redis_node_push(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  kind;

    if (ngx_hpf_redis_count(reply) != 3) {
        return NGX_DECLINED;
    }

    kind = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

    if (kind.len != 7 || ngx_strncmp(kind.data, "message", 7) != 0) {
        return NGX_DECLINED;
    }

    conn->node->calls->message(conn->node, ngx_hpf_redis_at(reply, 2));

    return NGX_OK;
}


/* A link that is silent may be dead: only a question shows it. */

static void
ngx_hpf_redis_node_tick(ngx_event_t *ev)
{
    ngx_hpf_redis_node_t  *node;

    node = ev->data;

    ngx_add_timer(&node->tick, node->rds->conf.idle_timeout);

    ngx_hpf_redis_node_ping(&node->link);
    ngx_hpf_redis_node_ping(&node->feed);

    if (node->tracks && node->refused) {
        ngx_hpf_redis_track_request(node);
    }

    if (node->tracks
        && node->link.state == NGX_HPF_REDIS_CONN_UP
        && ngx_current_msec - node->checked >= NGX_HPF_REDIS_NODE_CHECK)
    {
        ngx_hpf_redis_check(node);
    }
}


static void
ngx_hpf_redis_node_ping(ngx_hpf_redis_conn_t *conn)
{
    ngx_str_t  argv[1];

    if (conn->state != NGX_HPF_REDIS_CONN_UP
        || !ngx_queue_empty(&conn->fifo)
        || ngx_current_msec - conn->heard < conn->rds->conf.idle_timeout / 2)
    {
        return;
    }

    ngx_str_set(&argv[0], "PING");

    (void) ngx_hpf_redis_conn_command(conn, 1, argv, NULL);
}
