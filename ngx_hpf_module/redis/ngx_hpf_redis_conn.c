/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One link: nginx' socket and timers around hiredis' parser.  Handlers of
 * callers never run while the link is taken down, they are put off to the
 * next turn of the loop; so only code of this file has to expect that a call
 * ended the socket under its feet, and it looks at the epoch.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"
#include "ngx_hpf_redis_tls.h"


#define NGX_HPF_REDIS_CONN_KEEP    262144

/*
 * hiredis moves what is left in its buffer each time it has parsed 1 KiB, so
 * it is fed in small portions.
 */
#define NGX_HPF_REDIS_CONN_SLICE   4096

#define NGX_HPF_REDIS_CONN_DELAY   10
#define NGX_HPF_REDIS_CONN_STABLE  1000


static void ngx_hpf_redis_conn_flush_handler(ngx_event_t *ev);
static void ngx_hpf_redis_conn_retry_handler(ngx_event_t *ev);
static ngx_err_t ngx_hpf_redis_conn_test(ngx_connection_t *c);
static void ngx_hpf_redis_conn_secured(ngx_connection_t *c);
static ngx_int_t ngx_hpf_redis_conn_parse(ngx_hpf_redis_conn_t *conn,
    u_char *data, size_t len);
static void ngx_hpf_redis_conn_reply(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_conn_flush(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_conn_release(ngx_hpf_redis_conn_t *conn);
static ngx_msec_t ngx_hpf_redis_conn_delay(ngx_hpf_redis_conn_t *conn);


/* what was not done in time, by state */

static const char  *ngx_hpf_redis_conn_steps[] = {
    "attempt",
    "attempt",
    "address",
    "connection",
    "TLS handshake",
    "greeting",
    "link",
    "link"
};


void
ngx_hpf_redis_conn_init(ngx_hpf_redis_conn_t *conn, ngx_hpf_redis_t *rds)
{
    ngx_memzero(conn, sizeof(ngx_hpf_redis_conn_t));

    conn->rds = rds;

    ngx_queue_init(&conn->fifo);
    ngx_queue_init(&conn->held);
    ngx_queue_init(&conn->unproven);

    conn->log = *rds->cycle->log;

    conn->flush.data = conn;
    conn->flush.log = &conn->log;
    conn->flush.handler = ngx_hpf_redis_conn_flush_handler;

    conn->expire.data = conn;
    conn->expire.log = &conn->log;
    conn->expire.handler = ngx_hpf_redis_queue_expire_handler;

    conn->retry.data = conn;
    conn->retry.log = &conn->log;
    conn->retry.handler = ngx_hpf_redis_conn_retry_handler;
    conn->retry.cancelable = 1;
}


void
ngx_hpf_redis_conn_open(ngx_hpf_redis_conn_t *conn)
{
    conn->epoch++;

    ngx_hpf_redis_dial(conn);
}


ngx_uint_t
ngx_hpf_redis_conn_usable(ngx_hpf_redis_conn_t *conn)
{
    return conn->state >= NGX_HPF_REDIS_CONN_RESOLVING
           && conn->state <= NGX_HPF_REDIS_CONN_UP;
}


void
ngx_hpf_redis_conn_write_handler(ngx_event_t *wev)
{
    ngx_err_t              err;
    ngx_connection_t      *c;
    ngx_hpf_redis_conn_t  *conn;

    c = wev->data;
    conn = c->data;

    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, wev->log, 0,
                   "hpf redis: write handler, state %ui", conn->state);

    if (conn->state != NGX_HPF_REDIS_CONN_CONNECTING) {
        ngx_hpf_redis_conn_flush(conn);
        return;
    }

    err = ngx_hpf_redis_conn_test(c);

    if (err) {
        ngx_hpf_redis_conn_break(conn, err);
        return;
    }

    ngx_hpf_redis_dial_done(conn);
}


static ngx_err_t
ngx_hpf_redis_conn_test(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    return err;
}


void
ngx_hpf_redis_conn_break(ngx_hpf_redis_conn_t *conn, ngx_err_t err)
{
    u_char  *last, text[NGX_HPF_REDIS_REASON];

    if (conn->state > NGX_HPF_REDIS_CONN_SECURING && conn->rds->ssl) {

        /* OpenSSL leaves no errno */

        ngx_hpf_redis_conn_drop(conn, "TLS: %s",
                                conn->alert ? conn->alert
                                            : "connection broken");
        return;
    }

    last = ngx_strerror(err, text, sizeof(text));

    ngx_hpf_redis_conn_drop(conn, "%*s", (size_t) (last - text), text);
}


void
ngx_hpf_redis_dial_done(ngx_hpf_redis_conn_t *conn)
{
    ngx_int_t  rc;

    if (conn->rds->ssl == NULL) {
        ngx_hpf_redis_greet(conn);
        return;
    }

    conn->state = NGX_HPF_REDIS_CONN_SECURING;

    /*
     * What the two cannot agree on is told by us, once, and not at each
     * attempt; with TLS 1.3 the server looks at our certificate after the
     * handshake.
     */

    conn->log.log_level = NGX_LOG_ALERT;

    rc = ngx_hpf_redis_tls_start(conn, ngx_hpf_redis_conn_secured);

    if (rc == NGX_ERROR) {
        ngx_hpf_redis_conn_drop(conn, "TLS: handshake failed");
        return;
    }

    if (rc == NGX_OK) {
        ngx_hpf_redis_conn_secured(conn->connection);
    }
}


static void
ngx_hpf_redis_conn_secured(ngx_connection_t *c)
{
    const char            *reason;
    ngx_hpf_redis_conn_t  *conn;

    conn = c->data;

    c->read->handler = ngx_hpf_redis_conn_read_handler;
    c->write->handler = ngx_hpf_redis_conn_write_handler;

    reason = ngx_hpf_redis_tls_verify(conn);

    if (reason) {
        ngx_hpf_redis_conn_drop(conn, "TLS: %s", reason);
        return;
    }

    ngx_hpf_redis_greet(conn);
}


void
ngx_hpf_redis_conn_ready(ngx_hpf_redis_conn_t *conn)
{
    ngx_uint_t           level;
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *op;

    conn->log.log_level = conn->rds->cycle->log->log_level;

    level = conn->told ? NGX_LOG_NOTICE : NGX_LOG_INFO;

    ngx_log_error(level, &conn->log, 0,
                  "hpf redis: %sconnection to \"%V\" established",
                  conn->label, &conn->server->name);

    ngx_del_timer(&conn->retry);

    conn->state = NGX_HPF_REDIS_CONN_UP;
    conn->since = ngx_current_msec;
    conn->heard = ngx_current_msec;
    conn->told = 0;

    if (conn->ever) {
        conn->rds->stat.reconnects++;
    }

    conn->ever = 1;

    while (!ngx_queue_empty(&conn->held)) {
        q = ngx_queue_head(&conn->held);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        if (ngx_hpf_redis_queue_send(conn, op) != NGX_OK) {
            ngx_hpf_redis_conn_drop(conn, "no memory");
            return;
        }
    }

    if (conn->up) {
        conn->up(conn);
    }
}


void
ngx_hpf_redis_conn_read_handler(ngx_event_t *rev)
{
    ssize_t                n;
    ngx_connection_t      *c;
    ngx_hpf_redis_conn_t  *conn;

    c = rev->data;
    conn = c->data;

    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, rev->log, 0,
                   "hpf redis: read handler, state %ui", conn->state);

    if (c->close) {
        ngx_hpf_redis_conn_close(conn, "the worker shuts down");
        return;
    }

    if (conn->state < NGX_HPF_REDIS_CONN_GREETING) {
        return;
    }

    while (rev->ready) {

        n = c->recv(c, conn->in, NGX_HPF_REDIS_IN);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0) {
            ngx_hpf_redis_conn_drop(conn, "closed by the server");
            return;
        }

        if (n == NGX_ERROR) {
            ngx_hpf_redis_conn_break(conn, ngx_socket_errno);
            return;
        }

        if (ngx_hpf_redis_conn_parse(conn, conn->in, n) != NGX_OK) {
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_hpf_redis_conn_drop(conn, "no read event");
    }
}


/* NGX_DONE: the socket is gone. */

static ngx_int_t
ngx_hpf_redis_conn_parse(ngx_hpf_redis_conn_t *conn, u_char *data, size_t len)
{
    size_t                   n;
    ngx_int_t                rc;
    ngx_uint_t               epoch;
    ngx_hpf_redis_reply_t   *reply;
    ngx_hpf_redis_parser_t  *p;

    p = &conn->parser;
    epoch = conn->epoch;

    while (len) {
        n = ngx_min(len, NGX_HPF_REDIS_CONN_SLICE);

        rc = ngx_hpf_redis_reply_feed(p, data, n);

        while (rc == NGX_OK) {
            rc = ngx_hpf_redis_reply_next(p, &reply);

            if (rc != NGX_OK) {
                break;
            }

            ngx_hpf_redis_conn_reply(conn, reply);

            if (conn->epoch != epoch || conn->connection == NULL) {
                return NGX_DONE;
            }
        }

        if (rc == NGX_ERROR) {
            ngx_hpf_redis_conn_drop(conn, "%s", ngx_hpf_redis_reply_error(p));
            return NGX_DONE;
        }

        data += n;
        len -= n;
    }

    return NGX_OK;
}


static void
ngx_hpf_redis_conn_reply(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *op;

    conn->heard = ngx_current_msec;

    if (conn->push && conn->push(conn, reply) == NGX_OK) {
        return;
    }

    if (ngx_queue_empty(&conn->fifo)) {
        ngx_hpf_redis_conn_drop(conn, "unexpected reply");
        return;
    }

    q = ngx_queue_head(&conn->fifo);
    ngx_queue_remove(q);

    op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

    if (ngx_queue_empty(&conn->fifo) && ngx_queue_empty(&conn->held)) {
        conn->expire.cancelable = 1;
    }

    ngx_hpf_redis_cmd_done(op, reply);
}


void
ngx_hpf_redis_conn_submit(ngx_hpf_redis_conn_t *conn, ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_cmd_attach(op, conn);

    if (conn->state == NGX_HPF_REDIS_CONN_IDLE) {
        ngx_hpf_redis_conn_open(conn);
    }

    if (conn->state == NGX_HPF_REDIS_CONN_UP) {

        if (ngx_hpf_redis_queue_send(conn, op) != NGX_OK) {
            ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
        }

        return;
    }

    if (ngx_hpf_redis_conn_usable(conn)) {
        ngx_queue_insert_tail(&conn->held, &op->queue);
        ngx_hpf_redis_queue_watch(conn, op);
        return;
    }

    ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_UNSENT);
}


ngx_int_t
ngx_hpf_redis_conn_command(ngx_hpf_redis_conn_t *conn, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_hpf_redis_pt handler)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_alloc(conn->rds);

    if (op == NULL) {
        ngx_hpf_redis_conn_drop(conn, "no memory");
        return NGX_ERROR;
    }

    ngx_hpf_redis_cmd_attach(op, conn);

    op->internal = 1;
    op->handler = handler;
    op->data = conn;

    if (conn->state == NGX_HPF_REDIS_CONN_GREETING) {
        op->deadline = ngx_current_msec + conn->rds->conf.connect_timeout;
        conn->greetings++;
    }

    if (ngx_hpf_redis_cmd_format(op, argc, argv) != NGX_OK
        || ngx_hpf_redis_queue_send(conn, op) != NGX_OK)
    {
        ngx_hpf_redis_cmd_free(op);
        ngx_hpf_redis_conn_drop(conn, "no memory");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_hpf_redis_conn_flush_handler(ngx_event_t *ev)
{
    ngx_hpf_redis_conn_flush(ev->data);
}


static void
ngx_hpf_redis_conn_flush(ngx_hpf_redis_conn_t *conn)
{
    ssize_t               n;
    ngx_connection_t     *c;
    ngx_hpf_redis_out_t  *out;

    c = conn->connection;
    out = &conn->out;

    if (c == NULL || conn->state < NGX_HPF_REDIS_CONN_GREETING) {
        return;
    }

    if (conn->unwaited) {
        ngx_hpf_redis_proof_ask(conn);

        if (conn->connection == NULL) {
            return;
        }
    }

    while (out->pos < out->last && c->write->ready) {

        n = c->send(c, out->pos, out->last - out->pos);

        if (n == NGX_ERROR) {
            ngx_hpf_redis_conn_break(conn, ngx_socket_errno);
            return;
        }

        if (n == NGX_AGAIN) {
            break;
        }

        out->pos += n;
        conn->sent += n;
    }

    if (out->pos == out->last) {

        if (out->end - out->start > NGX_HPF_REDIS_CONN_KEEP) {
            ngx_free(out->start);
            ngx_memzero(out, sizeof(ngx_hpf_redis_out_t));
        }

        out->pos = out->start;
        out->last = out->start;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_hpf_redis_conn_drop(conn, "no write event");
    }
}


static void
ngx_hpf_redis_conn_retry_handler(ngx_event_t *ev)
{
    ngx_hpf_redis_conn_t  *conn;

    conn = ev->data;

    if (conn->state == NGX_HPF_REDIS_CONN_DOWN) {
        ngx_hpf_redis_conn_open(conn);
        return;
    }

    ngx_hpf_redis_conn_drop(conn, "no %s in %M ms",
                            ngx_hpf_redis_conn_steps[conn->state],
                            conn->rds->conf.connect_timeout);
}


void
ngx_hpf_redis_conn_drop(ngx_hpf_redis_conn_t *conn, const char *fmt, ...)
{
    va_list     args;
    ngx_uint_t  up, level;

    if (conn->state <= NGX_HPF_REDIS_CONN_DOWN
        || conn->state == NGX_HPF_REDIS_CONN_CLOSED)
    {
        return;
    }

    va_start(args, fmt);
    conn->reason_len = ngx_vslprintf(conn->reason,
                                     conn->reason + NGX_HPF_REDIS_REASON, fmt,
                                     args)
                       - conn->reason;
    va_end(args);

    up = (conn->state == NGX_HPF_REDIS_CONN_UP);

    conn->log.log_level = conn->rds->cycle->log->log_level;

    level = conn->told ? NGX_LOG_INFO : NGX_LOG_WARN;

    ngx_log_error(level, &conn->log, 0,
                  "hpf redis: %sconnection to \"%V\" %s: %*s",
                  conn->label, &conn->server->name, up ? "lost" : "failed",
                  conn->reason_len, conn->reason);

    conn->told = 1;
    conn->turn++;
    conn->state = NGX_HPF_REDIS_CONN_DOWN;

    ngx_hpf_redis_conn_release(conn);
    ngx_hpf_redis_queue_fail(conn);

    if (up && conn->down) {
        conn->down(conn);
    }

    if (conn->state == NGX_HPF_REDIS_CONN_CLOSED) {
        return;
    }

    if (up && ngx_current_msec - conn->since >= NGX_HPF_REDIS_CONN_STABLE) {

        /* the server may well be there, new commands need not fail */

        conn->attempts = 0;
        ngx_hpf_redis_conn_open(conn);
        return;
    }

    ngx_add_timer(&conn->retry, ngx_hpf_redis_conn_delay(conn));

    conn->attempts++;
}


void
ngx_hpf_redis_conn_close(ngx_hpf_redis_conn_t *conn, char *reason)
{
    conn->state = NGX_HPF_REDIS_CONN_CLOSED;
    conn->reason_len = ngx_cpystrn(conn->reason, (u_char *) reason,
                                   NGX_HPF_REDIS_REASON)
                       - conn->reason;

    ngx_hpf_redis_conn_release(conn);
    ngx_hpf_redis_queue_fail(conn);
}


static void
ngx_hpf_redis_conn_release(ngx_hpf_redis_conn_t *conn)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    if (conn->flush.posted) {
        ngx_delete_posted_event(&conn->flush);
    }

    if (conn->retry.timer_set) {
        ngx_del_timer(&conn->retry);
    }

    if (conn->expire.timer_set) {
        ngx_del_timer(&conn->expire);
    }

    conn->unwaited = 0;

    ngx_hpf_redis_dial_cancel(conn);
    ngx_hpf_redis_reply_close(&conn->parser);

    c = conn->connection;

    if (c) {
        conn->connection = NULL;

        ngx_hpf_redis_tls_end(c);

        pool = c->pool;
        ngx_close_connection(c);

        if (pool) {
            ngx_destroy_pool(pool);
        }
    }

    if (conn->out.start) {
        ngx_free(conn->out.start);
        ngx_memzero(&conn->out, sizeof(ngx_hpf_redis_out_t));
    }
}


/* Doubled at each attempt; half of it is chance, so that workers spread. */

static ngx_msec_t
ngx_hpf_redis_conn_delay(ngx_hpf_redis_conn_t *conn)
{
    ngx_msec_t  delay, max;

    max = ngx_max(conn->rds->conf.reconnect_max, NGX_HPF_REDIS_CONN_DELAY);

    delay = NGX_HPF_REDIS_CONN_DELAY << ngx_min(conn->attempts, 12);
    delay = ngx_min(delay, max);

    return delay / 2 + (ngx_msec_t) ngx_random() % (delay / 2 + 1);
}
