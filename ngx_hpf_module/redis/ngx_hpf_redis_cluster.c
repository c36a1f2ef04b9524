/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Redis Cluster: which server has which slot.  The map is asked for at the
 * start, when a server corrects us (MOVED), again and again while a slot has
 * no server or a server no link, and now and then: a worker that has nothing
 * to ask is not corrected, and would listen to a former master.  Any server
 * can tell, so one that is up is asked, each time another; if there is none,
 * those of the URL in turn.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_sha1.h>
#include "hpf_slot.h"
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_CLUSTER_PAUSE  100


struct ngx_hpf_redis_cluster_s {
    ngx_hpf_redis_node_t  *slots[HPF_SLOTS];
    ngx_hpf_redis_node_t  *scout;      /* asks the servers of the URL */
    ngx_hpf_redis_node_t  *asked;      /* NULL: no question is under way */
    ngx_uint_t             generation;
    u_char                 map[20];    /* of all ranges and their servers */
    u_char                 name[40];   /* in hex */
    ngx_event_t            timer;
    ngx_event_t            look;

    unsigned               again:1;    /* the map is out of date */
};


static ngx_int_t ngx_hpf_redis_cluster_init(ngx_hpf_redis_t *rds);
static ngx_hpf_redis_node_t *ngx_hpf_redis_cluster_find(ngx_hpf_redis_t *rds,
    ngx_int_t slot);
static ngx_uint_t ngx_hpf_redis_cluster_hopeful(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_cluster_up(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_cluster_down(ngx_hpf_redis_node_t *node);
static ngx_uint_t ngx_hpf_redis_cluster_whole(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_cluster_close(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_cluster_none(ngx_hpf_redis_node_t *node);
static ngx_hpf_redis_node_t *ngx_hpf_redis_cluster_next(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_cluster_ask(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_cluster_told(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_hpf_redis_node_t *ngx_hpf_redis_cluster_range(
    ngx_hpf_redis_conn_t *conn, const ngx_hpf_redis_reply_t *range);
static void ngx_hpf_redis_cluster_blend(ngx_hpf_redis_cluster_t *cluster,
    ngx_int_t first, ngx_int_t last, const ngx_hpf_redis_reply_t *master);
static void ngx_hpf_redis_cluster_retire(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_cluster_handler(ngx_event_t *ev);
static void ngx_hpf_redis_cluster_look(ngx_event_t *ev);
static ngx_int_t ngx_hpf_redis_cluster_where(ngx_hpf_redis_op_t *op,
    const ngx_str_t *text, ngx_hpf_redis_node_t **node);


const ngx_hpf_redis_topology_t  ngx_hpf_redis_cluster_topology = {
    ngx_hpf_redis_cluster_init,
    ngx_hpf_redis_cluster_find,
    ngx_hpf_redis_cluster_hopeful,
    ngx_hpf_redis_cluster_up,
    ngx_hpf_redis_cluster_down,
    ngx_hpf_redis_cluster_whole,
    ngx_hpf_redis_cluster_close
};


static const ngx_hpf_redis_node_calls_t  ngx_hpf_redis_cluster_scout_calls = {
    ngx_hpf_redis_cluster_up,
    ngx_hpf_redis_cluster_down,
    ngx_hpf_redis_cluster_none,
    ngx_hpf_redis_cluster_none,
    NULL
};


static ngx_int_t
ngx_hpf_redis_cluster_init(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = ngx_pcalloc(rds->cycle->pool, sizeof(ngx_hpf_redis_cluster_t));
    if (cluster == NULL) {
        return NGX_ERROR;
    }

    cluster->timer.data = rds;
    cluster->timer.log = rds->cycle->log;
    cluster->timer.handler = ngx_hpf_redis_cluster_handler;
    cluster->timer.cancelable = 1;

    cluster->look.data = rds;
    cluster->look.log = rds->cycle->log;
    cluster->look.handler = ngx_hpf_redis_cluster_look;
    cluster->look.cancelable = 1;

    rds->cluster = cluster;

    ngx_add_timer(&cluster->look, rds->conf.idle_timeout);

    ngx_hpf_redis_cluster_refresh(rds);

    return cluster->scout ? NGX_OK : NGX_ERROR;
}


static ngx_hpf_redis_node_t *
ngx_hpf_redis_cluster_find(ngx_hpf_redis_t *rds, ngx_int_t slot)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    if (slot != NGX_HPF_REDIS_NO_SLOT) {
        return rds->cluster->slots[slot];
    }

    /* a command without a key: any */

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->tracks && node->link.state == NGX_HPF_REDIS_CONN_UP) {
            return node;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_hpf_redis_cluster_hopeful(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = rds->cluster;

    return cluster->asked != NULL
           || (cluster->scout
               && ngx_hpf_redis_conn_usable(&cluster->scout->link))
           || ngx_hpf_redis_cluster_next(rds) != NULL;
}


/* One that is up, another one each time. */

static ngx_hpf_redis_node_t *
ngx_hpf_redis_cluster_next(ngx_hpf_redis_t *rds)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->link.state == NGX_HPF_REDIS_CONN_UP) {

            ngx_queue_remove(q);
            ngx_queue_insert_tail(&rds->nodes, q);

            return node;
        }
    }

    return NULL;
}


void
ngx_hpf_redis_cluster_refresh(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_node_t     *node;
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = rds->cluster;

    if (cluster->asked || cluster->timer.timer_set) {
        cluster->again = 1;
        return;
    }

    ngx_add_timer(&cluster->timer, NGX_HPF_REDIS_CLUSTER_PAUSE);

    node = ngx_hpf_redis_cluster_next(rds);

    if (node) {
        ngx_hpf_redis_cluster_ask(rds, node);
        return;
    }

    if (cluster->scout) {
        return;
    }

    node = ngx_hpf_redis_node_create(rds, rds->url.servers, rds->url.nservers);
    if (node == NULL) {
        return;
    }

    node->calls = &ngx_hpf_redis_cluster_scout_calls;
    node->link.label = "map ";
    cluster->scout = node;

    ngx_hpf_redis_node_open(node);
}


static void
ngx_hpf_redis_cluster_ask(ngx_hpf_redis_t *rds, ngx_hpf_redis_node_t *node)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "CLUSTER");
    ngx_str_set(&argv[1], "SLOTS");

    rds->cluster->asked = node;
    rds->cluster->again = 0;

    (void) ngx_hpf_redis_conn_command(&node->link, 2, argv,
                                      ngx_hpf_redis_cluster_told);
}


static void
ngx_hpf_redis_cluster_up(ngx_hpf_redis_node_t *node)
{
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = node->rds->cluster;

    if (node == cluster->scout && cluster->asked == NULL) {
        ngx_hpf_redis_cluster_ask(node->rds, node);
    }
}


static void
ngx_hpf_redis_cluster_down(ngx_hpf_redis_node_t *node)
{
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = node->rds->cluster;

    if (cluster->asked == node) {
        cluster->asked = NULL;
    }

    ngx_hpf_redis_cluster_refresh(node->rds);
}


static void
ngx_hpf_redis_cluster_none(ngx_hpf_redis_node_t *node)
{
    /* the scout has no feed */
}


static void
ngx_hpf_redis_cluster_told(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                     first, last;
    ngx_uint_t                    i;
    ngx_hpf_redis_t              *rds;
    ngx_hpf_redis_conn_t         *conn = data;
    ngx_hpf_redis_node_t         *node;
    ngx_hpf_redis_cluster_t      *cluster;
    const ngx_hpf_redis_reply_t  *range;

    rds = conn->rds;
    cluster = rds->cluster;

    cluster->asked = NULL;

    if (reply->type != NGX_HPF_REDIS_ARRAY) {
        ngx_hpf_redis_conn_drop(conn, "CLUSTER SLOTS: %V",
                                &reply->u.text);
        return;
    }

    cluster->generation++;

    ngx_memzero(cluster->slots, sizeof(cluster->slots));
    ngx_memzero(cluster->map, sizeof(cluster->map));

    for (i = 0; i < ngx_hpf_redis_count(reply); i++) {
        range = ngx_hpf_redis_at(reply, i);

        first = ngx_hpf_redis_integer(ngx_hpf_redis_at(range, 0));
        last = ngx_hpf_redis_integer(ngx_hpf_redis_at(range, 1));

        node = ngx_hpf_redis_cluster_range(conn, range);

        if (node == NULL || first < 0 || last >= HPF_SLOTS) {
            continue;
        }

        if (node->generation != cluster->generation || first < node->first) {
            node->first = first;
        }

        node->generation = cluster->generation;

        ngx_hpf_redis_cluster_blend(cluster, first, last,
                                    ngx_hpf_redis_at(range, 2));

        while (first <= last) {
            cluster->slots[first++] = node;
        }
    }

    (void) ngx_hex_dump(cluster->name, cluster->map, sizeof(cluster->map));

    ngx_hpf_redis_cluster_retire(rds);
    ngx_hpf_redis_track_review(rds);
}


/* { first, last, { host, port, ... }, replicas }: the master */

static ngx_hpf_redis_node_t *
ngx_hpf_redis_cluster_range(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *range)
{
    int64_t                       port;
    ngx_str_t                     host;
    const ngx_hpf_redis_reply_t  *master;

    master = ngx_hpf_redis_at(range, 2);

    host = ngx_hpf_redis_text(ngx_hpf_redis_at(master, 0));
    port = ngx_hpf_redis_integer(ngx_hpf_redis_at(master, 1));

    /* it does not know its own address, or is not to tell */

    if (host.len == 0 || (host.len == 1 && host.data[0] == '?')) {
        host = conn->server->host;
    }

    if (port <= 0 || port > 65535) {
        return NULL;
    }

    return ngx_hpf_redis_node_get(conn->rds, &host, (in_port_t) port);
}


/*
 * Servers tell of the ranges in any order, and may give each client another
 * address of a server: what all see alike is its id.
 */

static void
ngx_hpf_redis_cluster_blend(ngx_hpf_redis_cluster_t *cluster, ngx_int_t first,
    ngx_int_t last, const ngx_hpf_redis_reply_t *master)
{
    u_char      buf[2 * NGX_INT_T_LEN + 64], digest[20], *p;
    ngx_str_t   id;
    ngx_sha1_t  sha1;
    ngx_uint_t  i;

    id = ngx_hpf_redis_text(ngx_hpf_redis_at(master, 2));

    p = ngx_snprintf(buf, sizeof(buf), "%i-%i %V", first, last, &id);

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, buf, p - buf);
    ngx_sha1_final(digest, &sha1);

    for (i = 0; i < sizeof(digest); i++) {
        cluster->map[i] ^= digest[i];
    }
}


ngx_int_t
ngx_hpf_redis_map(ngx_hpf_redis_t *rds, ngx_str_t *map)
{
    ngx_str_null(map);

    if (rds->cluster == NULL) {
        return NGX_OK;
    }

    map->data = rds->cluster->name;
    map->len = sizeof(rds->cluster->name);

    return ngx_hpf_redis_cluster_whole(rds) ? NGX_OK : NGX_AGAIN;
}


ngx_int_t
ngx_hpf_redis_part_after(ngx_hpf_redis_t *rds, ngx_int_t part)
{
    ngx_int_t              next;
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    if (rds->cluster == NULL) {
        return part < 0 ? 0 : NGX_DONE;
    }

    next = HPF_SLOTS;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->tracks && node->first > part && node->first < next) {
            next = node->first;
        }
    }

    return next < HPF_SLOTS ? next : NGX_DONE;
}


/* What the new map does not have is let go by the timer. */

static void
ngx_hpf_redis_cluster_retire(ngx_hpf_redis_t *rds)
{
    ngx_queue_t              *q;
    ngx_hpf_redis_node_t     *node;
    ngx_hpf_redis_cluster_t  *cluster;

    cluster = rds->cluster;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->generation != cluster->generation) {
            node->tracks = 0;
        }
    }

    if (!cluster->timer.timer_set) {
        ngx_add_timer(&cluster->timer, NGX_HPF_REDIS_CLUSTER_PAUSE);
    }
}


static void
ngx_hpf_redis_cluster_handler(ngx_event_t *ev)
{
    ngx_queue_t              *q;
    ngx_hpf_redis_t          *rds;
    ngx_hpf_redis_node_t     *node;
    ngx_hpf_redis_cluster_t  *cluster;

    rds = ev->data;
    cluster = rds->cluster;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->tracks
            || node == cluster->asked
            || node->link.ops
            || node->safe.ops)
        {
            continue;
        }

        if (node == cluster->scout) {

            if (ngx_hpf_redis_cluster_find(rds, NGX_HPF_REDIS_NO_SLOT) == NULL)
            {
                continue;
            }

            cluster->scout = NULL;
        }

        ngx_hpf_redis_node_close(node, "it is not used any more");
    }

    if (cluster->again || !ngx_hpf_redis_cluster_whole(rds)) {
        ngx_hpf_redis_cluster_refresh(rds);
    }

    if (ngx_hpf_redis_node_reap(rds) == NGX_AGAIN
        && !cluster->timer.timer_set)
    {
        ngx_add_timer(&cluster->timer, NGX_HPF_REDIS_CLUSTER_PAUSE);
    }
}


static void
ngx_hpf_redis_cluster_look(ngx_event_t *ev)
{
    ngx_hpf_redis_t  *rds;

    rds = ev->data;

    ngx_add_timer(&rds->cluster->look, rds->conf.idle_timeout);

    ngx_hpf_redis_cluster_refresh(rds);
}


static ngx_uint_t
ngx_hpf_redis_cluster_whole(ngx_hpf_redis_t *rds)
{
    ngx_uint_t             i;
    ngx_hpf_redis_node_t  *node, *last;

    last = NULL;

    for (i = 0; i < HPF_SLOTS; i++) {
        node = rds->cluster->slots[i];

        if (node == last && i) {
            continue;
        }

        if (node == NULL || node->link.state != NGX_HPF_REDIS_CONN_UP) {
            return 0;
        }

        last = node;
    }

    return 1;
}


ngx_hpf_redis_node_t *
ngx_hpf_redis_cluster_moved(ngx_hpf_redis_op_t *op, const ngx_str_t *where)
{
    ngx_int_t              slot;
    ngx_hpf_redis_node_t  *node;

    slot = ngx_hpf_redis_cluster_where(op, where, &node);

    if (slot != NGX_ERROR) {
        node->generation = op->rds->cluster->generation;
        op->rds->cluster->slots[slot] = node;
    }

    ngx_hpf_redis_cluster_refresh(op->rds);

    return node;
}


ngx_hpf_redis_node_t *
ngx_hpf_redis_cluster_asked(ngx_hpf_redis_op_t *op, const ngx_str_t *where)
{
    ngx_hpf_redis_node_t  *node;

    (void) ngx_hpf_redis_cluster_where(op, where, &node);

    return node;
}


/* "MOVED 3999 127.0.0.1:6381": the slot, and the server, which may be new */

static ngx_int_t
ngx_hpf_redis_cluster_where(ngx_hpf_redis_op_t *op, const ngx_str_t *text,
    ngx_hpf_redis_node_t **node)
{
    u_char     *p, *last, *colon;
    ngx_int_t   slot, port;
    ngx_str_t   host;

    *node = NULL;

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, ' ') + 1;
    host.data = ngx_strlchr(p, last, ' ');

    if (host.data == NULL) {
        return NGX_ERROR;
    }

    slot = ngx_atoi(p, host.data - p);

    host.data++;

    /* the last one: an IPv6 address has more of them */

    for (colon = last; colon > host.data && colon[-1] != ':'; colon--) {
        /* void */
    }

    port = ngx_atoi(colon, last - colon);

    if (colon == host.data || slot < 0 || slot >= HPF_SLOTS || port <= 0
        || port > 65535)
    {
        return NGX_ERROR;
    }

    host.len = colon - 1 - host.data;

    if (host.len == 0) {
        host = op->conn->server->host;
    }

    *node = ngx_hpf_redis_node_get(op->rds, &host, (in_port_t) port);

    return *node ? slot : NGX_ERROR;
}


static void
ngx_hpf_redis_cluster_close(ngx_hpf_redis_t *rds)
{
    if (rds->cluster->timer.timer_set) {
        ngx_del_timer(&rds->cluster->timer);
    }

    if (rds->cluster->look.timer_set) {
        ngx_del_timer(&rds->cluster->look);
    }
}
