/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The way of an operation to a server: at first, and again when the server
 * says that it is the wrong one or cannot do it now.  An operation whose
 * server is not known at the moment is parked until its time is over.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "hpf_slot.h"
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_ROUTE_PAUSE  20
#define NGX_HPF_REDIS_ROUTE_TURNS  16


static ngx_hpf_redis_conn_t *ngx_hpf_redis_route_find(ngx_hpf_redis_op_t *op);
static ngx_int_t ngx_hpf_redis_route_redirect(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_route_leave(ngx_hpf_redis_t *rds);


void
ngx_hpf_redis_route_key(ngx_hpf_redis_op_t *op, const ngx_str_t *key)
{
    if (op->rds->cluster) {
        op->slot = hpf_slot(key->data, key->len);
    }
}


void
ngx_hpf_redis_route(ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_conn_t  *conn;

    rds = op->rds;
    conn = ngx_hpf_redis_route_find(op);

    if (conn) {
        ngx_hpf_redis_conn_submit(conn, op);

    } else if (rds->topology->hopeful(rds)) {
        ngx_hpf_redis_route_park(op);

    } else {
        ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
    }
}


static ngx_hpf_redis_conn_t *
ngx_hpf_redis_route_find(ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_node_t  *node;

    node = op->rds->topology->find(op->rds, op->slot);

    if (node == NULL || node->left) {
        return NULL;
    }

    return op->durable ? &node->safe : &node->link;
}


ngx_int_t
ngx_hpf_redis_route_again(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    if (op->internal || op->handler == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_hpf_redis_error_is(reply, "READONLY")
        || ngx_hpf_redis_error_is(reply, "NOAUTH"))
    {
        op->conn->node->left = 1;
        op->tried = 1;
        ngx_hpf_redis_route_park(op);

        return NGX_OK;
    }

    if (op->rds->cluster == NULL) {
        return NGX_DECLINED;
    }

    return ngx_hpf_redis_route_redirect(op, reply);
}


/* The answers of a cluster's server that has not, or not all, of the slot. */

static ngx_int_t
ngx_hpf_redis_route_redirect(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_node_t  *node;

    op->asking = 0;

    if (ngx_hpf_redis_error_is(reply, "TRYAGAIN")) {
        ngx_hpf_redis_route_park(op);
        return NGX_OK;
    }

    if (ngx_hpf_redis_error_is(reply, "CLUSTERDOWN")) {
        ngx_hpf_redis_cluster_refresh(op->rds);
        ngx_hpf_redis_route_park(op);
        return NGX_OK;
    }

    if (op->redirects == NGX_HPF_REDIS_ROUTE_TURNS) {
        return NGX_DECLINED;
    }

    if (ngx_hpf_redis_error_is(reply, "MOVED ")) {
        node = ngx_hpf_redis_cluster_moved(op, &reply->u.text);

    } else if (ngx_hpf_redis_error_is(reply, "ASK ")) {
        node = ngx_hpf_redis_cluster_asked(op, &reply->u.text);
        op->asking = (node != NULL);

    } else {
        return NGX_DECLINED;
    }

    if (node == NULL) {
        return NGX_DECLINED;
    }

    op->redirects++;

    ngx_hpf_redis_conn_submit(op->durable ? &node->safe : &node->link, op);

    return NGX_OK;
}


void
ngx_hpf_redis_route_park(ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_t  *rds;

    rds = op->rds;

    ngx_queue_insert_tail(&rds->parked, &op->queue);

    if (!rds->park.timer_set) {
        ngx_add_timer(&rds->park, NGX_HPF_REDIS_ROUTE_PAUSE);
    }
}


/*
 * From a server that refuses what it should do.  What is under way gets its
 * answers yet; the next link is to a better server, or greets it better.
 */

static void
ngx_hpf_redis_route_leave(ngx_hpf_redis_t *rds)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->left
            && ngx_queue_empty(&node->link.fifo)
            && ngx_queue_empty(&node->safe.fifo))
        {
            node->left = 0;
            ngx_hpf_redis_conn_drop(&node->safe, "it refuses commands");
            ngx_hpf_redis_conn_drop(&node->link, "it refuses commands");
        }
    }
}


void
ngx_hpf_redis_route_handler(ngx_event_t *ev)
{
    ngx_queue_t           *q, queue;
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_op_t    *op;
    ngx_hpf_redis_conn_t  *conn;

    rds = ev->data;

    ngx_hpf_redis_route_leave(rds);

    if (ngx_queue_empty(&rds->parked)) {
        return;
    }

    ngx_queue_init(&queue);
    ngx_queue_add(&queue, &rds->parked);
    ngx_queue_init(&rds->parked);

    while (!ngx_queue_empty(&queue)) {
        q = ngx_queue_head(&queue);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        if ((ngx_msec_int_t) (op->deadline - ngx_current_msec) <= 0) {
            rds->stat.timeouts++;
            ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
            continue;
        }

        conn = ngx_hpf_redis_route_find(op);

        if (conn && ngx_hpf_redis_conn_usable(conn)) {
            ngx_hpf_redis_conn_submit(conn, op);
            continue;
        }

        ngx_hpf_redis_route_park(op);
    }
}


void
ngx_hpf_redis_route_close(ngx_hpf_redis_t *rds)
{
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *op;

    if (rds->park.timer_set) {
        ngx_del_timer(&rds->park);
    }

    while (!ngx_queue_empty(&rds->parked)) {
        q = ngx_queue_head(&rds->parked);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
    }
}
