/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Commands of a plugin to Redis, which were looked at before: one key, and of
 * those that write one script with the key's time to live.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_call.h"
#include "ngx_http_hpf_store.h"


typedef struct {
    ngx_hpf_call_t        *call;
    ngx_http_hpf_ctx_t    *ctx;
    int32_t                number;
    ngx_hpf_redis_op_t    *op;
} ngx_http_hpf_command_t;


static ngx_int_t ngx_http_hpf_command_write(ngx_http_hpf_command_t *command,
    ngx_hpf_redis_args_t *args);
static void ngx_http_hpf_command_done(void *data,
    const ngx_hpf_redis_reply_t *reply);
static int32_t ngx_http_hpf_command_error(ngx_http_hpf_command_t *command,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_command_tree(const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_command_cleanup(void *data);


ngx_int_t
ngx_http_hpf_command_begin(ngx_hpf_call_t *call, int32_t number,
    ngx_hpf_redis_args_t *args)
{
    ngx_http_hpf_ctx_t        *ctx;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_command_t    *command;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx = ngx_hpf_call_data(call);
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    cln = ngx_pool_cleanup_add(ctx->request->pool,
                               sizeof(ngx_http_hpf_command_t));
    args->argv[1] = ngx_http_hpf_command_key(call, "r:", &args->argv[1]);

    if (cln == NULL || args->argv[1].data == NULL) {
        return NGX_ERROR;
    }

    command = cln->data;
    cln->handler = ngx_http_hpf_command_cleanup;

    command->call = call;
    command->ctx = ctx;
    command->number = number;
    command->op = NULL;

    if (args->ttl) {
        return ngx_http_hpf_command_write(command, args);
    }

    command->op = ngx_hpf_redis_command(hmcf->redis, args->argc, args->argv,
                                        ngx_http_hpf_command_done, command);

    return command->op ? NGX_OK : NGX_ERROR;
}


/* One key may not come to be without its time to live. */

static ngx_int_t
ngx_http_hpf_command_write(ngx_http_hpf_command_t *command,
    ngx_hpf_redis_args_t *args)
{
    ngx_str_t                 *argv;
    ngx_http_request_t        *r;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    r = command->ctx->request;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    argv = ngx_palloc(r->pool, (args->argc + 1) * sizeof(ngx_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    argv[0] = args->argv[1];
    argv[1] = ngx_http_hpf_store_int(command->ctx, args->ttl);
    argv[2] = args->argv[0];

    ngx_memcpy(&argv[3], &args->argv[2],
               (args->argc - 2) * sizeof(ngx_str_t));

    eval.script = &ngx_hpf_redis_script_plugin_write;
    eval.nkeys = 1;
    eval.argc = args->argc + 1;
    eval.args = argv;

    command->op = ngx_hpf_redis_eval(hmcf->redis, &eval,
                                     ngx_http_hpf_command_done, command);

    return command->op ? NGX_OK : NGX_ERROR;
}


ngx_str_t
ngx_http_hpf_command_key(ngx_hpf_call_t *call, const char *kind,
    ngx_str_t *key)
{
    u_char              *p;
    ngx_str_t            s, head;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_hpf_call_data(call);

    head = ngx_http_hpf_store_key(ctx, "p",
                                  ngx_hpf_plugin_id(ngx_hpf_call_plugin(call)),
                                  kind);

    s.len = head.len + key->len;
    s.data = head.data ? ngx_pnalloc(ctx->request->pool, s.len) : NULL;

    if (s.data) {
        p = ngx_cpymem(s.data, head.data, head.len);
        ngx_memcpy(p, key->data, key->len);
    }

    return s;
}


static void
ngx_http_hpf_command_done(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_command_t *command = data;

    hpf_result_t  result;

    command->op = NULL;
    command->ctx->store_trip = 1;

    ngx_memzero(&result, sizeof(hpf_result_t));

    result.size = sizeof(hpf_result_t);
    result.op = command->number;

    if (ngx_http_hpf_store_failed(reply)) {
        result.outcome = ngx_http_hpf_command_error(command, reply);

    } else if (ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_NIL) {
        result.status = NGX_HTTP_NOT_FOUND;

    } else {
        result.status = NGX_HTTP_OK;
        result.json = (hpf_json_t *) ngx_http_hpf_command_tree(reply);
    }

    ngx_http_hpf_call_complete(command->call, &result);
}


/* What Redis itself refuses is the plugin's fault, and was not done. */

static int32_t
ngx_http_hpf_command_error(ngx_http_hpf_command_t *command,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  text;

    switch (ngx_hpf_redis_type(reply)) {

    case NGX_HPF_REDIS_UNSENT:
        return HPF_UNAVAILABLE;

    case NGX_HPF_REDIS_LOST:
        return HPF_UNKNOWN;

    default:
        break;
    }

    text = ngx_hpf_redis_text(reply);

    ngx_log_error(NGX_LOG_ERR, command->ctx->request->connection->log, 0,
                  "hpf call: \"%V\" got an error from Redis: %V",
                  ngx_hpf_plugin_id(ngx_hpf_call_plugin(command->call)), &text);

    return ngx_strncmp(text.data, "ERR ", ngx_min(text.len, 4)) == 0
           || ngx_strncmp(text.data, "WRONGTYPE", ngx_min(text.len, 9)) == 0
           ? HPF_REFUSED : HPF_UNAVAILABLE;
}


static json_t *
ngx_http_hpf_command_tree(const ngx_hpf_redis_reply_t *reply)
{
    json_t      *tree;
    ngx_str_t    text;
    ngx_uint_t   i;

    switch (ngx_hpf_redis_type(reply)) {

    case NGX_HPF_REDIS_INTEGER:
        return json_integer(ngx_hpf_redis_integer(reply));

    case NGX_HPF_REDIS_STRING:
    case NGX_HPF_REDIS_STATUS:
        text = ngx_hpf_redis_text(reply);
        return json_stringn((char *) text.data, text.len);

    case NGX_HPF_REDIS_ARRAY:
        tree = json_array();

        for (i = 0; i < ngx_hpf_redis_count(reply); i++) {
            (void) json_array_append_new(tree,
                       ngx_http_hpf_command_tree(ngx_hpf_redis_at(reply, i)));
        }

        return tree;

    default:
        return json_null();
    }
}


static void
ngx_http_hpf_command_cleanup(void *data)
{
    ngx_http_hpf_command_t *command = data;

    if (command->op) {
        ngx_hpf_redis_cancel(command->op);
    }
}
