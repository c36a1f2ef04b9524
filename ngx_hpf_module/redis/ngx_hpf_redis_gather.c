/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What many ask of one script in the same turn of the loop goes to Redis as
 * one command: most of what a short script costs there is that it is one.
 *
 * Who asks has an operation that waits in a list and is never on a link.  The
 * command is one more; those whose answers it brings are a ring, its data.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


/* in one command, for Redis does nothing else meanwhile */
#define NGX_HPF_REDIS_GATHER  64


static ngx_int_t ngx_hpf_redis_gather_format(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_eval_t *eval);
static void ngx_hpf_redis_gather_handler(ngx_event_t *ev);
static void ngx_hpf_redis_gather_send(ngx_hpf_redis_t *rds);
static ngx_hpf_redis_op_t *ngx_hpf_redis_gather_join(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_gather_reply(void *data,
    const ngx_hpf_redis_reply_t *reply);


void
ngx_hpf_redis_gather_init(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_gather_t  *gather;

    gather = &rds->gather;

    ngx_memzero(gather, sizeof(ngx_hpf_redis_gather_t));

    ngx_queue_init(&gather->ops);

    gather->event.data = rds;
    gather->event.log = rds->cycle->log;
    gather->event.handler = ngx_hpf_redis_gather_handler;
}


void
ngx_hpf_redis_gather_close(ngx_hpf_redis_t *rds)
{
    if (rds->gather.n) {
        ngx_delete_posted_event(&rds->gather.event);
        ngx_hpf_redis_gather_send(rds);
    }
}


ngx_hpf_redis_op_t *
ngx_hpf_redis_gather(ngx_hpf_redis_t *rds, const ngx_hpf_redis_eval_t *eval,
    ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t      *op;
    ngx_hpf_redis_gather_t  *gather;

    op = ngx_hpf_redis_cmd_alloc(rds);
    if (op == NULL) {
        return NULL;
    }

    if (ngx_hpf_redis_gather_format(op, eval) != NGX_OK) {
        ngx_hpf_redis_cmd_free(op);
        return NULL;
    }

    op->handler = handler;
    op->data = data;

    ngx_hpf_redis_route_key(op, &eval->args[0]);

    gather = &rds->gather;

    /* in a cluster one command has keys of one slot */

    if (gather->n
        && (gather->n == NGX_HPF_REDIS_GATHER
            || gather->script != eval->script
            || rds->cluster))
    {
        ngx_hpf_redis_gather_send(rds);
    }

    ngx_queue_insert_tail(&gather->ops, &op->queue);

    gather->script = eval->script;
    gather->n++;
    gather->nkeys += eval->nkeys;
    gather->argc += eval->argc;
    gather->len += op->len;

    if (!gather->event.posted) {
        ngx_post_event(&gather->event, &ngx_posted_events);
    }

    return op;
}


/* The keys, and behind them what else it asks with. */

static ngx_int_t
ngx_hpf_redis_gather_format(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_eval_t *eval)
{
    u_char  *p;

    op->cmd = ngx_alloc(ngx_hpf_redis_cmd_size(eval->argc, eval->args),
                        op->rds->cycle->log);
    if (op->cmd == NULL) {
        return NGX_ERROR;
    }

    p = ngx_hpf_redis_cmd_put(op->cmd, eval->nkeys, eval->args);
    op->keys = p - op->cmd;

    p = ngx_hpf_redis_cmd_put(p, eval->argc - eval->nkeys,
                              eval->args + eval->nkeys);
    op->len = p - op->cmd;

    return NGX_OK;
}


static void
ngx_hpf_redis_gather_handler(ngx_event_t *ev)
{
    ngx_hpf_redis_gather_send(ev->data);
}


static void
ngx_hpf_redis_gather_send(ngx_hpf_redis_t *rds)
{
    ngx_queue_t             *q;
    ngx_hpf_redis_op_t      *op, *first;
    ngx_hpf_redis_gather_t  *gather;

    gather = &rds->gather;
    first = ngx_queue_data(ngx_queue_head(&gather->ops), ngx_hpf_redis_op_t,
                           queue);

    op = ngx_hpf_redis_gather_join(rds);

    gather->n = 0;
    gather->nkeys = 0;
    gather->argc = 0;
    gather->len = 0;

    if (op == NULL) {

        while (!ngx_queue_empty(&gather->ops)) {
            q = ngx_queue_head(&gather->ops);
            ngx_queue_remove(q);

            ngx_hpf_redis_cmd_fail(ngx_queue_data(q, ngx_hpf_redis_op_t,
                                                  queue),
                                   NGX_HPF_REDIS_UNSENT);
        }

        return;
    }

    /* the list without its head is the ring */

    ngx_queue_remove(&gather->ops);
    ngx_queue_init(&gather->ops);

    op->slot = first->slot;
    op->handler = ngx_hpf_redis_gather_reply;
    op->data = first;

    ngx_hpf_redis_route(op);
}


/* All of them as one command.  NULL: no memory. */

static ngx_hpf_redis_op_t *
ngx_hpf_redis_gather_join(ngx_hpf_redis_t *rds)
{
    u_char                  *p, keys[NGX_INT_T_LEN];
    ngx_str_t                argv[3];
    ngx_queue_t             *q;
    ngx_hpf_redis_op_t      *op, *part;
    ngx_hpf_redis_gather_t  *gather;

    gather = &rds->gather;

    op = ngx_hpf_redis_eval_alloc(rds, gather->script);
    if (op == NULL) {
        return NULL;
    }

    ngx_hpf_redis_eval_head(gather->script, gather->nkeys, keys, argv);

    p = ngx_alloc(NGX_HPF_REDIS_CMD_HEAD + ngx_hpf_redis_cmd_size(3, argv)
                  + gather->len, rds->cycle->log);

    if (p == NULL) {
        ngx_hpf_redis_cmd_free(op);
        return NULL;
    }

    op->cmd = p;

    p = ngx_hpf_redis_cmd_head(p, '*', 3 + gather->argc);
    p = ngx_hpf_redis_cmd_put(p, 3, argv);

    for (q = ngx_queue_head(&gather->ops);
         q != ngx_queue_sentinel(&gather->ops);
         q = ngx_queue_next(q))
    {
        part = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);
        p = ngx_cpymem(p, part->cmd, part->keys);
    }

    for (q = ngx_queue_head(&gather->ops);
         q != ngx_queue_sentinel(&gather->ops);
         q = ngx_queue_next(q))
    {
        part = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);
        p = ngx_cpymem(p, part->cmd + part->keys, part->len - part->keys);
    }

    op->len = p - op->cmd;

    return op;
}


/* Each gets his answer; what is none, an error or the like, is for all. */

static void
ngx_hpf_redis_gather_reply(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_op_t *op = data;

    ngx_uint_t           i, each;
    ngx_queue_t         *q;
    ngx_hpf_redis_op_t  *next;

    each = (reply->type == NGX_HPF_REDIS_ARRAY);

    for (i = 0; op; i++, op = next) {

        q = ngx_queue_next(&op->queue);
        next = (q == &op->queue) ? NULL
                                 : ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        ngx_queue_remove(&op->queue);

        ngx_hpf_redis_cmd_deliver(op, each ? ngx_hpf_redis_at(reply, i)
                                           : reply);
    }
}
