/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Writes that must not be lost: they go over a link of their own, where WAIT
 * follows them, and their replies are held until it has told how many
 * replicas have them.  WAIT stops its connection, so the other link is free of
 * it; and one of them is for all writes of a turn.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


static void ngx_hpf_redis_proof_told(void *data,
    const ngx_hpf_redis_reply_t *reply);


ngx_int_t
ngx_hpf_redis_proof_keep(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    if (op->handler == NULL) {
        return NGX_DECLINED;
    }

    op->reply = ngx_hpf_redis_reply_copy(reply, &op->proof,
                                         op->rds->cycle->log);

    if (op->reply == NULL) {

        /* it may have happened, but nothing can be said of it */

        ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_LOST);
        return NGX_OK;
    }

    ngx_queue_insert_tail(&op->conn->unproven, &op->queue);

    return NGX_OK;
}


void
ngx_hpf_redis_proof_ask(ngx_hpf_redis_conn_t *conn)
{
    u_char                 replicas[NGX_INT_T_LEN], ms[NGX_INT_T_LEN];
    ngx_str_t              argv[3];
    ngx_hpf_redis_conf_t  *conf;

    conf = &conn->rds->conf;

    ngx_str_set(&argv[0], "WAIT");
    argv[1].data = replicas;
    argv[1].len = ngx_sprintf(replicas, "%ui", conf->replicas) - replicas;
    argv[2].data = ms;
    argv[2].len = ngx_sprintf(ms, "%M", conf->replicas_timeout) - ms;

    conn->unwaited = 0;

    (void) ngx_hpf_redis_conn_command(conn, 3, argv, ngx_hpf_redis_proof_told);
}


/*
 * Replies come in order, so what is held now was sent before this WAIT, and
 * after the last one.
 */

static void
ngx_hpf_redis_proof_told(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_uint_t             proved;
    ngx_queue_t           *q, queue;
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_op_t    *op;
    ngx_hpf_redis_conn_t  *conn = data;

    rds = conn->rds;

    proved = (reply->type == NGX_HPF_REDIS_INTEGER
              && reply->u.integer >= (int64_t) rds->conf.replicas);

    if (!proved) {
        conn->reason_len = ngx_snprintf(conn->reason, NGX_HPF_REDIS_REASON,
                                        "%L of %ui replicas have it",
                                        ngx_hpf_redis_integer(reply),
                                        rds->conf.replicas)
                           - conn->reason;
    }

    ngx_queue_init(&queue);

    if (!ngx_queue_empty(&conn->unproven)) {
        ngx_queue_add(&queue, &conn->unproven);
        ngx_queue_init(&conn->unproven);
    }

    while (!ngx_queue_empty(&queue)) {
        q = ngx_queue_head(&queue);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_hpf_redis_op_t, queue);

        if (proved) {
            ngx_hpf_redis_cmd_deliver(op, op->reply);

        } else {
            ngx_hpf_redis_cmd_fail(op, NGX_HPF_REDIS_LOST);
        }
    }
}
