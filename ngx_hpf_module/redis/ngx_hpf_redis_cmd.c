/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Operations: made, formatted, ended.  Each ends in ngx_hpf_redis_cmd_done()
 * or ngx_hpf_redis_cmd_fail(), and there its handler is called once, unless
 * it was detached before.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_CMD_FREE  256

/* A timer and not a posted event: it keeps an exiting worker until then. */
#define NGX_HPF_REDIS_CMD_TURN  1

#define NGX_HPF_REDIS_CMD_COMPLAIN  1000


static ngx_hpf_redis_op_t *ngx_hpf_redis_cmd_make(ngx_hpf_redis_t *rds,
    ngx_uint_t argc, const ngx_str_t *argv);
static size_t ngx_hpf_redis_cmd_reason(ngx_hpf_redis_op_t *op, u_char *text,
    size_t size);
static void ngx_hpf_redis_cmd_sent_handler(void *data,
    const ngx_hpf_redis_reply_t *reply);


ngx_hpf_redis_op_t *
ngx_hpf_redis_command(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_make(rds, argc, argv);
    if (op == NULL) {
        return NULL;
    }

    op->handler = handler;
    op->data = data;

    ngx_hpf_redis_route(op);

    return op;
}


ngx_hpf_redis_op_t *
ngx_hpf_redis_write(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_make(rds, argc, argv);
    if (op == NULL) {
        return NULL;
    }

    op->handler = handler;
    op->data = data;
    op->durable = (rds->conf.replicas != 0);

    ngx_hpf_redis_route(op);

    return op;
}


static ngx_hpf_redis_op_t *
ngx_hpf_redis_cmd_make(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_alloc(rds);
    if (op == NULL) {
        return NULL;
    }

    if (ngx_hpf_redis_cmd_format(op, argc, argv) != NGX_OK) {
        ngx_hpf_redis_cmd_free(op);
        return NULL;
    }

    if (argc > 1) {
        ngx_hpf_redis_route_key(op, &argv[1]);
    }

    rds->stat.commands++;

    return op;
}


void
ngx_hpf_redis_send(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_command(rds, argc, argv, NULL, NULL);

    if (op == NULL) {
        ngx_log_error(NGX_LOG_ERR, rds->cycle->log, 0,
                      "hpf redis: no memory for %V", &argv[0]);
        return;
    }

    op->handler = ngx_hpf_redis_cmd_sent_handler;
    op->data = op;
}


void
ngx_hpf_redis_eval_send(ngx_hpf_redis_t *rds, const ngx_hpf_redis_eval_t *eval)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_eval(rds, eval, NULL, NULL);

    if (op == NULL) {
        ngx_log_error(NGX_LOG_ERR, rds->cycle->log, 0,
                      "hpf redis: no memory for script \"%V\"",
                      &eval->script->name);
        return;
    }

    op->handler = ngx_hpf_redis_cmd_sent_handler;
    op->data = op;
}


void
ngx_hpf_redis_cancel(ngx_hpf_redis_op_t *op)
{
    op->handler = NULL;
    op->data = NULL;
}


ngx_hpf_redis_op_t *
ngx_hpf_redis_cmd_alloc(ngx_hpf_redis_t *rds)
{
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *op;

    if (rds->cycle == NULL) {
        return NULL;
    }

    if (ngx_queue_empty(&rds->free)) {

        op = ngx_alloc(sizeof(ngx_hpf_redis_op_t), rds->cycle->log);
        if (op == NULL) {
            return NULL;
        }

    } else {
        q = ngx_queue_head(&rds->free);
        ngx_queue_remove(q);
        rds->nfree--;

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);
    }

    ngx_memzero(op, sizeof(ngx_hpf_redis_op_t));

    op->rds = rds;
    op->slot = NGX_HPF_REDIS_NO_SLOT;
    op->deadline = ngx_current_msec + rds->conf.timeout;

    rds->stat.pending++;

    return op;
}


void
ngx_hpf_redis_cmd_free(ngx_hpf_redis_op_t *op)
{
    ngx_hpf_redis_t  *rds;

    rds = op->rds;

    if (op->cmd) {
        ngx_free(op->cmd);
        op->cmd = NULL;
    }

    if (op->proof) {
        ngx_destroy_pool(op->proof);
    }

    if (op->conn) {
        op->conn->ops--;
    }

    rds->stat.pending--;

    if (rds->nfree >= NGX_HPF_REDIS_CMD_FREE) {
        ngx_free(op);
        return;
    }

    ngx_queue_insert_head(&rds->free, &op->queue);
    rds->nfree++;
}


/* The worker exits: what the list keeps goes, too. */

void
ngx_hpf_redis_cmd_drain(ngx_hpf_redis_t *rds)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&rds->free)) {
        q = ngx_queue_head(&rds->free);
        ngx_queue_remove(q);

        ngx_free(ngx_queue_data(q, ngx_hpf_redis_op_t, queue));
    }

    rds->nfree = 0;
}


ngx_int_t
ngx_hpf_redis_cmd_format(ngx_hpf_redis_op_t *op, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    u_char  *p;

    if (argc == 0) {
        return NGX_ERROR;
    }

    p = ngx_alloc(NGX_HPF_REDIS_CMD_HEAD + ngx_hpf_redis_cmd_size(argc, argv),
                  op->rds->cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->cmd = p;

    p = ngx_hpf_redis_cmd_head(p, '*', argc);
    p = ngx_hpf_redis_cmd_put(p, argc, argv);

    op->len = p - op->cmd;

    /* a script has its own name */

    if (op->name_len == 0) {
        op->name_len = ngx_min(argv[0].len, NGX_HPF_REDIS_NAME);
        ngx_memcpy(op->name, argv[0].data, op->name_len);
    }

    return NGX_OK;
}


size_t
ngx_hpf_redis_cmd_size(ngx_uint_t n, const ngx_str_t *strings)
{
    size_t      size;
    ngx_uint_t  i;

    size = 0;

    for (i = 0; i < n; i++) {
        size += NGX_HPF_REDIS_CMD_HEAD + strings[i].len + sizeof(CRLF) - 1;
    }

    return size;
}


u_char *
ngx_hpf_redis_cmd_put(u_char *p, ngx_uint_t n, const ngx_str_t *strings)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        p = ngx_hpf_redis_cmd_head(p, '$', strings[i].len);

        if (strings[i].len) {
            p = ngx_cpymem(p, strings[i].data, strings[i].len);
        }

        *p++ = CR;
        *p++ = LF;
    }

    return p;
}


u_char *
ngx_hpf_redis_cmd_head(u_char *p, u_char type, size_t n)
{
    size_t  len;
    u_char  digits[HPF_DIGITS];

    len = hpf_digits(digits, n);

    *p++ = type;
    p = ngx_cpymem(p, digits + HPF_DIGITS - len, len);
    *p++ = CR;
    *p++ = LF;

    return p;
}


void
ngx_hpf_redis_cmd_attach(ngx_hpf_redis_op_t *op, ngx_hpf_redis_conn_t *conn)
{
    if (op->conn) {
        op->conn->ops--;
    }

    op->conn = conn;
    conn->ops++;
}


/* An error may be about the way and not about the command. */

void
ngx_hpf_redis_cmd_done(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    if (reply->type == NGX_HPF_REDIS_ERROR) {

        if (ngx_hpf_redis_eval_reload(op, reply) == NGX_OK
            || ngx_hpf_redis_route_again(op, reply) == NGX_OK)
        {
            return;
        }

        op->rds->stat.errors++;

    } else if (op->durable && ngx_hpf_redis_proof_keep(op, reply) == NGX_OK) {
        return;
    }

    ngx_hpf_redis_cmd_deliver(op, reply);
}


void
ngx_hpf_redis_cmd_fail(ngx_hpf_redis_op_t *op, ngx_hpf_redis_type_e failure)
{
    ngx_hpf_redis_t  *rds;

    if (op->internal) {
        ngx_hpf_redis_cmd_free(op);
        return;
    }

    rds = op->rds;

    /* that it was refused is all that is known; taken back, no harm is done */

    op->failure = op->tried ? NGX_HPF_REDIS_LOST : failure;
    rds->stat.errors++;

    ngx_queue_insert_tail(&rds->failed, &op->queue);

    if (!rds->fail.timer_set) {
        ngx_add_timer(&rds->fail, NGX_HPF_REDIS_CMD_TURN);
    }
}


void
ngx_hpf_redis_cmd_fail_handler(ngx_event_t *ev)
{
    u_char                 text[NGX_HPF_REDIS_REASON * 2];
    ngx_queue_t           *q, queue;
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_op_t    *op;
    ngx_hpf_redis_reply_t  reply;

    rds = ev->data;

    if (ngx_queue_empty(&rds->failed)) {
        return;
    }

    /* what handlers start anew, and what fails of it, is for the next turn */

    ngx_queue_init(&queue);
    ngx_queue_add(&queue, &rds->failed);
    ngx_queue_init(&rds->failed);

    while (!ngx_queue_empty(&queue)) {
        q = ngx_queue_head(&queue);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);
        reply.type = op->failure;
        reply.u.text.data = text;
        reply.u.text.len = ngx_hpf_redis_cmd_reason(op, text, sizeof(text));

        ngx_hpf_redis_cmd_deliver(op, &reply);
    }
}


static size_t
ngx_hpf_redis_cmd_reason(ngx_hpf_redis_op_t *op, u_char *text, size_t size)
{
    u_char                *last;
    ngx_hpf_redis_conn_t  *conn;

    conn = op->conn;

    if (conn == NULL) {
        last = ngx_snprintf(text, size, "%*s on \"%V\": no server is known "
                            "that has it", op->name_len, op->name,
                            &op->rds->url.name);

    } else {
        last = ngx_snprintf(text, size, "%*s on \"%V\": %*s", op->name_len,
                            op->name, &conn->server->name, conn->reason_len,
                            conn->reason);
    }

    return last - text;
}


void
ngx_hpf_redis_cmd_deliver(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_pt  handler;

    handler = op->handler;
    op->handler = NULL;

    if (handler) {
        handler(op->data, reply);
    }

    ngx_hpf_redis_cmd_free(op);
}


/*
 * What nobody waits for: a lost link was told already, and an error that
 * comes with every command is told once a second.
 */

static void
ngx_hpf_redis_cmd_sent_handler(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_t     *rds;
    ngx_hpf_redis_op_t  *op = data;

    rds = op->rds;

    switch (reply->type) {

    case NGX_HPF_REDIS_ERROR:
        break;

    case NGX_HPF_REDIS_UNSENT:
    case NGX_HPF_REDIS_LOST:
        ngx_log_error(NGX_LOG_INFO, rds->cycle->log, 0, "hpf redis: %V",
                      &reply->u.text);
        return;

    default:
        return;
    }

    if (rds->complained
        && ngx_current_msec - rds->complained < NGX_HPF_REDIS_CMD_COMPLAIN)
    {
        return;
    }

    rds->complained = ngx_current_msec;

    ngx_log_error(NGX_LOG_ERR, rds->cycle->log, 0,
                  "hpf redis: %*s on \"%V\": %V", op->name_len, op->name,
                  &op->conn->server->name, &reply->u.text);
}
