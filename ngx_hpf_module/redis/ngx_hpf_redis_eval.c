/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Scripts by digest.  A server that does not know one (restarted, flushed,
 * failed over) gets the text in the same link, at the end of the pipeline.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_sha1.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_EVAL_ARGS  32

/* what follows "*N" CRLF, up to the number of keys */
#define NGX_HPF_REDIS_EVAL_SHA                                               \
    (sizeof("$7\r\nEVALSHA\r\n$40\r\n") - 1 + 40 + sizeof("\r\n") - 1)


static ngx_hpf_redis_op_t *ngx_hpf_redis_eval_create(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_eval_t *eval, ngx_hpf_redis_pt handler, void *data);
static ngx_int_t ngx_hpf_redis_eval_format(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_eval_t *eval);


ngx_hpf_redis_op_t *
ngx_hpf_redis_eval(ngx_hpf_redis_t *rds, const ngx_hpf_redis_eval_t *eval,
    ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_eval_create(rds, eval, handler, data);
    if (op == NULL) {
        return NULL;
    }

    if (eval->nkeys) {
        ngx_hpf_redis_route_key(op, &eval->args[0]);
    }

    ngx_hpf_redis_route(op);

    return op;
}


ngx_hpf_redis_op_t *
ngx_hpf_redis_eval_part(ngx_hpf_redis_t *rds, ngx_int_t part,
    const ngx_hpf_redis_eval_t *eval, ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_eval_create(rds, eval, handler, data);
    if (op == NULL) {
        return NULL;
    }

    op->slot = part;

    ngx_hpf_redis_route(op);

    return op;
}


static ngx_hpf_redis_op_t *
ngx_hpf_redis_eval_create(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_eval_t *eval, ngx_hpf_redis_pt handler, void *data)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_eval_alloc(rds, eval->script);
    if (op == NULL) {
        return NULL;
    }

    if (ngx_hpf_redis_eval_format(op, eval) != NGX_OK) {
        ngx_hpf_redis_cmd_free(op);
        return NULL;
    }

    op->handler = handler;
    op->data = data;

    return op;
}


static ngx_int_t
ngx_hpf_redis_eval_format(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_eval_t *eval)
{
    u_char      keys[NGX_INT_T_LEN];
    ngx_int_t   rc;
    ngx_str_t  *argv, args[NGX_HPF_REDIS_EVAL_ARGS];

    argv = args;

    if (eval->argc + 3 > NGX_HPF_REDIS_EVAL_ARGS) {

        argv = ngx_alloc((eval->argc + 3) * sizeof(ngx_str_t),
                         op->rds->cycle->log);
        if (argv == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_hpf_redis_eval_head(eval->script, eval->nkeys, keys, argv);

    if (eval->argc) {
        ngx_memcpy(&argv[3], eval->args, eval->argc * sizeof(ngx_str_t));
    }

    rc = ngx_hpf_redis_cmd_format(op, eval->argc + 3, argv);

    if (argv != args) {
        ngx_free(argv);
    }

    return rc;
}


ngx_hpf_redis_op_t *
ngx_hpf_redis_eval_alloc(ngx_hpf_redis_t *rds, ngx_hpf_redis_script_t *script)
{
    ngx_hpf_redis_op_t  *op;

    op = ngx_hpf_redis_cmd_alloc(rds);
    if (op == NULL) {
        return NULL;
    }

    ngx_hpf_redis_eval_digest(script);

    op->script = script;
    op->name_len = ngx_min(script->name.len, NGX_HPF_REDIS_NAME);
    ngx_memcpy(op->name, script->name.data, op->name_len);

    op->durable = (script->durable && rds->conf.replicas);

    rds->stat.commands++;

    return op;
}


void
ngx_hpf_redis_eval_head(ngx_hpf_redis_script_t *script, ngx_uint_t nkeys,
    u_char *digits, ngx_str_t *argv)
{
    ngx_str_set(&argv[0], "EVALSHA");

    argv[1].data = script->sha1;
    argv[1].len = 40;

    argv[2].data = digits;
    argv[2].len = ngx_sprintf(digits, "%ui", nkeys) - digits;
}


ngx_int_t
ngx_hpf_redis_eval_reload(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char     *p, *cmd, *keys;
    size_t      len, head, tail;
    ngx_str_t  *source;

    if (op->script == NULL
        || op->handler == NULL
        || !ngx_hpf_redis_error_is(reply, "NOSCRIPT"))
    {
        return NGX_DECLINED;
    }

    source = &op->script->source;

    p = op->cmd;
    keys = ngx_strlchr(p, p + op->len, LF) + 1;
    head = keys - p;
    keys += NGX_HPF_REDIS_EVAL_SHA;
    tail = p + op->len - keys;

    len = head + sizeof("$4\r\nEVAL\r\n$\r\n\r\n") - 1 + NGX_SIZE_T_LEN
          + source->len + tail;

    cmd = ngx_alloc(len, op->rds->cycle->log);
    if (cmd == NULL) {
        return NGX_DECLINED;
    }

    p = ngx_cpymem(cmd, op->cmd, head);
    p = ngx_sprintf(p, "$4\r\nEVAL\r\n$%uz\r\n%V\r\n", source->len, source);
    p = ngx_cpymem(p, keys, tail);

    ngx_free(op->cmd);

    op->cmd = cmd;
    op->len = p - cmd;
    op->script = NULL;

    ngx_hpf_redis_conn_submit(op->conn, op);

    return NGX_OK;
}


void
ngx_hpf_redis_eval_digest(ngx_hpf_redis_script_t *script)
{
    u_char      digest[20];
    ngx_sha1_t  sha1;

    if (script->sha1[0]) {
        return;
    }

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, script->source.data, script->source.len);
    ngx_sha1_final(digest, &sha1);

    ngx_hex_dump(script->sha1, digest, 20);
}
