/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The commands of a link that are under way: their bytes, their order and
 * their deadlines.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_QUEUE_OUT  16384


static ngx_int_t ngx_hpf_redis_queue_asking(ngx_hpf_redis_conn_t *conn);
static ngx_int_t ngx_hpf_redis_queue_room(ngx_hpf_redis_conn_t *conn,
    size_t len);


/* The bytes go out at the end of the turn, with those of others. */

ngx_int_t
ngx_hpf_redis_queue_send(ngx_hpf_redis_conn_t *conn, ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_out_t  *out;

    if (op->asking && ngx_hpf_redis_queue_asking(conn) != NGX_OK) {
        return NGX_ERROR;
    }

    out = &conn->out;

    if ((size_t) (out->end - out->last) < op->len
        && ngx_hpf_redis_queue_room(conn, op->len) != NGX_OK)
    {
        return NGX_ERROR;
    }

    out->last = ngx_cpymem(out->last, op->cmd, op->len);

    op->offset = conn->queued;
    conn->queued += op->len;

    conn->unwaited |= conn->proves & op->durable;

    ngx_queue_insert_tail(&conn->fifo, &op->queue);

    ngx_hpf_redis_queue_watch(conn, op);

    if (!conn->flush.posted) {
        ngx_post_event(&conn->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


/* For the next command alone. */

static ngx_int_t
ngx_hpf_redis_queue_asking(ngx_hpf_redis_conn_t *conn)
{
    static const ngx_str_t  asking = ngx_string("ASKING");

    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_alloc(conn->rds);
    if (op == NULL) {
        return NGX_ERROR;
    }

    ngx_hpf_redis_cmd_attach(op, conn);

    op->internal = 1;

    if (ngx_hpf_redis_cmd_format(op, 1, &asking) != NGX_OK
        || ngx_hpf_redis_queue_send(conn, op) != NGX_OK)
    {
        ngx_hpf_redis_cmd_free(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_queue_room(ngx_hpf_redis_conn_t *conn, size_t len)
{
    u_char               *p;
    size_t                size, used;
    ngx_hpf_redis_out_t  *out;

    out = &conn->out;

    used = out->last - out->pos;
    size = out->end - out->start;

    if (size - used < len || used > size / 2) {

        size = ngx_max(size, NGX_HPF_REDIS_QUEUE_OUT / 2) * 2;
        size = ngx_max(size, used + len);

        p = ngx_alloc(size, &conn->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (out->start) {
            ngx_memcpy(p, out->pos, used);
            ngx_free(out->start);
        }

        out->start = p;
        out->end = p + size;

    } else {
        ngx_memmove(out->start, out->pos, used);
    }

    out->pos = out->start;
    out->last = out->start + used;

    return NGX_OK;
}


/*
 * All operations live equally long, so the timer is for the oldest one and
 * is left to run when that one ends; cancelable tells nginx whether there is
 * something to wait for before a worker exits.
 */

void
ngx_hpf_redis_queue_watch(ngx_hpf_redis_conn_t *conn, ngx_hpf_redis_op_t *op)
{
    ngx_msec_int_t  left;

    conn->expire.cancelable = conn->background;

    if (conn->expire.timer_set
        && (ngx_msec_int_t) (op->deadline - conn->expire.timer.key) >= 0)
    {
        return;
    }

    /* ngx_add_timer() would keep a timer that is not much too late */

    if (conn->expire.timer_set) {
        ngx_del_timer(&conn->expire);
    }

    left = (ngx_msec_int_t) (op->deadline - ngx_current_msec);

    ngx_add_timer(&conn->expire, (ngx_msec_t) ngx_max(left, 1));
}


void
ngx_hpf_redis_queue_expire_handler(ngx_event_t *ev)
{
    ngx_queue_t           *q, *next;
    ngx_hpf_redis_op_t    *op;
    ngx_hpf_redis_conn_t  *conn;

    conn = ev->data;

    for (q = ngx_queue_head(&conn->held);
         q != ngx_queue_sentinel(&conn->held);
         q = next)
    {
        next = ngx_queue_next(q);
        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        if ((ngx_msec_int_t) (op->deadline - ngx_current_msec) <= 0) {
            conn->rds->stat.timeouts++;
            conn->reason_len = ngx_snprintf(conn->reason,
                                            NGX_HPF_REDIS_REASON,
                                            "timed out while connecting")
                               - conn->reason;

            ngx_queue_remove(q);
            ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
            continue;
        }

        ngx_hpf_redis_queue_watch(conn, op);
    }

    for (q = ngx_queue_head(&conn->fifo);
         q != ngx_queue_sentinel(&conn->fifo);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        if ((ngx_msec_int_t) (op->deadline - ngx_current_msec) <= 0) {

            /* a late reply must never reach another operation */

            conn->rds->stat.timeouts++;
            ngx_hpf_redis_conn_drop(conn, "no reply to %*s in %M ms",
                                    op->name_len, op->name,
                                    conn->rds->conf.timeout);
            return;
        }

        ngx_hpf_redis_queue_watch(conn, op);
    }
}


void
ngx_hpf_redis_queue_fail(ngx_hpf_redis_conn_t *conn)
{
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *op;

    while (!ngx_queue_empty(&conn->fifo)) {
        q = ngx_queue_head(&conn->fifo);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        ngx_hpf_redis_cmd_fail(op, op->offset < conn->sent
                                   ? NGX_HPF_REDIS_LOST
                                   : NGX_HPF_REDIS_UNSENT);
    }

    while (!ngx_queue_empty(&conn->held)) {
        q = ngx_queue_head(&conn->held);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
    }

    while (!ngx_queue_empty(&conn->unproven)) {
        q = ngx_queue_head(&conn->unproven);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_LOST);
    }

    conn->sent = conn->queued;
}
