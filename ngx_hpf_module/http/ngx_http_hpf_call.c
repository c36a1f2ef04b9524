/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Runs of plugins: of a service item, POST /v1/items/{id}, in the place of a
 * handler, or of a factor.  What a plugin asks of the gateway is begun here,
 * for the C host and the Lua host alike.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_call.h"
#include "ngx_http_hpf_factor_plugin.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"


static ngx_int_t ngx_http_hpf_call_backend(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_backend_args_t *args);
static void ngx_http_hpf_call_backend_done(ngx_http_hpf_ctx_t *ctx,
    void *data, ngx_http_hpf_backend_res_t *res);
static void ngx_http_hpf_call_blame(ngx_http_hpf_call_op_t *op,
    ngx_http_hpf_backend_res_t *res);
static ngx_int_t ngx_http_hpf_call_kv(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_kv_args_t *args);
static ngx_int_t ngx_http_hpf_call_incr(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_call_op_t *op, ngx_str_t *key, ngx_hpf_kv_args_t *args);
static void ngx_http_hpf_call_kv_done(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_call_kv_result(ngx_http_hpf_call_op_t *op,
    const ngx_hpf_redis_reply_t *reply, hpf_result_t *result);
static ngx_int_t ngx_http_hpf_call_sleep(ngx_hpf_call_t *call, int32_t op,
    ngx_msec_t ms);
static void ngx_http_hpf_call_sleep_done(ngx_event_t *ev);
static ngx_str_t ngx_http_hpf_call_fact(ngx_hpf_call_t *call,
    const char *name);
static void ngx_http_hpf_call_done(ngx_hpf_call_t *call);
static ngx_str_t ngx_http_hpf_call_user(ngx_http_hpf_ctx_t *ctx,
    const char *name);
static ngx_http_hpf_call_op_t *ngx_http_hpf_call_op(ngx_hpf_call_t *call,
    int32_t number);
static void ngx_http_hpf_call_op_cleanup(void *data);


static const ngx_hpf_call_ops_t  ngx_http_hpf_call_ops = {
    ngx_http_hpf_call_backend,
    ngx_http_hpf_call_kv,
    ngx_http_hpf_command_begin,
    ngx_http_hpf_case_open,
    ngx_http_hpf_case_set,
    ngx_http_hpf_call_sleep,
    ngx_http_hpf_call_fact,
    ngx_http_hpf_case_data,
    ngx_http_hpf_call_done
};


ngx_int_t
ngx_http_hpf_call_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->idem_case) {

        /* a first attempt has opened a case and gave no answer */

        return ngx_http_hpf_case_answer(ctx, NGX_HTTP_CREATED);
    }

    return ngx_http_hpf_call_run(ctx, ngx_hpf_call_start, NULL);
}


ngx_int_t
ngx_http_hpf_call_run(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_call_run_pt run,
    ngx_http_hpf_call_end_pt end)
{
    ngx_int_t                  rc;
    ngx_http_hpf_call_conf_t   conf;

    conf.plugin = ctx->item;
    conf.form = ctx->form;
    conf.run = run;
    conf.end = end ? end : ngx_http_hpf_call_answer;

    rc = ngx_http_hpf_call_begin(ctx, &conf);

    return rc == NGX_OK ? ctx->call_end(ctx) : rc;
}


ngx_int_t
ngx_http_hpf_call_begin(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_call_conf_t *conf)
{
    ngx_int_t            rc;
    ngx_hpf_call_conf_t  of;

    if (ctx->call) {
        ngx_hpf_call_destroy(ctx->call);
    }

    of.plugin = conf->plugin;
    of.pool = ctx->request->pool;
    of.log = ctx->request->connection->log;
    of.form = conf->form;
    of.ops = &ngx_http_hpf_call_ops;
    of.data = ctx;

    ctx->call = ngx_hpf_call_create(&of);
    ctx->call_end = conf->end;

    /* which back end is to blame is asked of each call */

    ctx->backend_ops = NULL;
    ctx->backend_fault = 0;
    ctx->backend_timeout = 0;
    ngx_str_null(&ctx->backend);

    if (ctx->call == NULL) {
        return NGX_ERROR;
    }

    rc = conf->run(ctx->call);

    return rc == NGX_AGAIN || rc == NGX_DECLINED ? rc : NGX_OK;
}


/* From an event: the plugin has its answer. */

static void
ngx_http_hpf_call_done(ngx_hpf_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_hpf_call_data(call);
    rc = ctx->call_end(ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static ngx_http_hpf_call_op_t *
ngx_http_hpf_call_op(ngx_hpf_call_t *call, int32_t number)
{
    ngx_http_hpf_ctx_t      *ctx;
    ngx_pool_cleanup_t      *cln;
    ngx_http_hpf_call_op_t  *op;

    ctx = ngx_hpf_call_data(call);

    cln = ngx_pool_cleanup_add(ctx->request->pool,
                               sizeof(ngx_http_hpf_call_op_t));
    if (cln == NULL) {
        return NULL;
    }

    op = cln->data;
    ngx_memzero(op, sizeof(ngx_http_hpf_call_op_t));

    cln->handler = ngx_http_hpf_call_op_cleanup;

    op->call = call;
    op->ctx = ctx;
    op->number = number;

    return op;
}


static void
ngx_http_hpf_call_op_cleanup(void *data)
{
    ngx_http_hpf_call_op_t *op = data;

    if (op->op) {
        ngx_hpf_redis_cancel(op->op);
    }

    if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);
    }
}


static ngx_int_t
ngx_http_hpf_call_backend(ngx_hpf_call_t *call, int32_t number,
    ngx_hpf_backend_args_t *args)
{
    size_t                       len;
    ngx_http_hpf_ctx_t          *ctx;
    ngx_http_hpf_call_op_t      *op;
    ngx_http_hpf_backend_req_t   req;

    ctx = ngx_hpf_call_data(call);

    ngx_memzero(&req, sizeof(ngx_http_hpf_backend_req_t));

    req.backend = args->backend;
    req.method = args->method;
    req.path = args->path;

    if (args->body) {
        len = json_dumpb(args->body, NULL, 0, JSON_COMPACT);

        req.body.data = ngx_pnalloc(ctx->request->pool, len);
        if (req.body.data == NULL || len == 0) {
            return NGX_ERROR;
        }

        req.body.len = json_dumpb(args->body, (char *) req.body.data, len,
                                  JSON_COMPACT);
    }

    op = ngx_pcalloc(ctx->request->pool, sizeof(ngx_http_hpf_call_op_t));
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->call = call;
    op->ctx = ctx;
    op->number = number;
    op->backend.len = args->backend.len;
    op->backend.data = ngx_pstrdup(ctx->request->pool, &args->backend);

    if (op->backend.data == NULL
        || ngx_http_hpf_backend_call(ctx, &req,
                                     ngx_http_hpf_call_backend_done, op)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    op->next = ctx->backend_ops;
    ctx->backend_ops = op;

    return NGX_OK;
}


static void
ngx_http_hpf_call_backend_done(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_http_hpf_call_op_t *op = data;

    hpf_result_t  result;

    op->answered = 1;

    ngx_http_hpf_call_blame(op, res);

    ngx_memzero(&result, sizeof(hpf_result_t));

    result.size = sizeof(hpf_result_t);
    result.op = op->number;
    result.outcome = res->outcome;
    result.status = res->status;
    result.body.data = (char *) res->body.data;
    result.body.len = res->body.len;

    ngx_hpf_call_complete(op->call, op->number, &result);
}


/*
 * Which back end a problem names is known here better than in the plugin: the
 * last of those that did worst.
 */

static void
ngx_http_hpf_call_blame(ngx_http_hpf_call_op_t *op,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_uint_t           fault;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = op->ctx;

    if (op->call != ctx->call) {
        return;
    }

    if (res->outcome != HPF_DONE || res->status >= 500) {
        fault = 2;

    } else if (res->status >= 300 || res->body.len == 0
               || (res->body.data[0] != '{' && res->body.data[0] != '['))
    {
        /* it answered, but not what was asked for */

        fault = 1;

    } else {
        fault = 0;
    }

    if (fault >= ctx->backend_fault) {
        ctx->backend_fault = fault;
        ctx->backend = op->backend;
        ctx->backend_timeout = (res->outcome == HPF_TIMEOUT);
    }
}


/* hpf:{p:ITEM}:KEY */

static ngx_int_t
ngx_http_hpf_call_kv(ngx_hpf_call_t *call, int32_t number,
    ngx_hpf_kv_args_t *args)
{
    ngx_str_t                  argv[6];
    ngx_uint_t                 n;
    ngx_http_hpf_ctx_t        *ctx;
    ngx_http_hpf_call_op_t    *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx = ngx_hpf_call_data(call);
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_http_hpf_call_op(call, number);
    argv[1] = ngx_http_hpf_command_key(call, ":", &args->key);

    if (op == NULL || argv[1].data == NULL) {
        return NGX_ERROR;
    }

    op->verb = args->verb;
    n = 2;

    switch (args->verb) {

    case NGX_HPF_KV_GET:
        ngx_str_set(&argv[0], "GET");
        break;

    case NGX_HPF_KV_DEL:
        ngx_str_set(&argv[0], "UNLINK");
        break;

    case NGX_HPF_KV_INCR:
        return ngx_http_hpf_call_incr(ctx, op, &argv[1], args);

    default: /* NGX_HPF_KV_SET, NGX_HPF_KV_ADD */
        ngx_str_set(&argv[0], "SET");
        argv[2] = args->value;
        ngx_str_set(&argv[3], "EX");
        argv[4] = ngx_http_hpf_store_int(ctx, args->ttl);
        n = 5;

        if (args->verb == NGX_HPF_KV_ADD) {
            ngx_str_set(&argv[5], "NX");
            n = 6;
        }
    }

    op->op = ngx_hpf_redis_command(hmcf->redis, n, argv,
                                   ngx_http_hpf_call_kv_done, op);

    return op->op ? NGX_OK : NGX_ERROR;
}


/* The number and its time to live, in one step. */

static ngx_int_t
ngx_http_hpf_call_incr(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_call_op_t *op,
    ngx_str_t *key, ngx_hpf_kv_args_t *args)
{
    ngx_str_t                  argv[3];
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    argv[0] = *key;
    argv[1] = ngx_http_hpf_store_int(ctx, args->by);
    argv[2] = ngx_http_hpf_store_int(ctx, args->ttl);

    eval.script = &ngx_hpf_redis_script_kv_incr;
    eval.nkeys = 1;
    eval.argc = 3;
    eval.args = argv;

    op->op = ngx_hpf_redis_eval(hmcf->redis, &eval, ngx_http_hpf_call_kv_done,
                                op);

    return op->op ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_call_kv_done(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_call_op_t *op = data;

    hpf_result_t  result;

    op->op = NULL;
    op->ctx->store_trip = 1;

    ngx_memzero(&result, sizeof(hpf_result_t));

    result.size = sizeof(hpf_result_t);
    result.op = op->number;

    ngx_http_hpf_call_kv_result(op, reply, &result);

    ngx_http_hpf_call_complete(op->call, &result);
}


static void
ngx_http_hpf_call_kv_result(ngx_http_hpf_call_op_t *op,
    const ngx_hpf_redis_reply_t *reply, hpf_result_t *result)
{
    ngx_str_t  text;

    text = ngx_hpf_redis_text(reply);

    switch (ngx_hpf_redis_type(reply)) {

    case NGX_HPF_REDIS_UNSENT:
    case NGX_HPF_REDIS_ERROR:
        result->outcome = HPF_UNAVAILABLE;
        return;

    case NGX_HPF_REDIS_LOST:
        result->outcome = HPF_UNKNOWN;
        return;

    case NGX_HPF_REDIS_NIL:
        result->status = op->verb == NGX_HPF_KV_ADD ? NGX_HTTP_CONFLICT
                                                    : NGX_HTTP_NOT_FOUND;
        return;

    case NGX_HPF_REDIS_INTEGER:
        text = ngx_http_hpf_store_int(op->ctx, ngx_hpf_redis_integer(reply));
        break;

    default:
        text.data = ngx_pstrdup(op->ctx->request->pool, &text);
    }

    result->status = NGX_HTTP_OK;
    result->value.data = (char *) text.data;
    result->value.len = text.data ? text.len : 0;
}


static ngx_int_t
ngx_http_hpf_call_sleep(ngx_hpf_call_t *call, int32_t number, ngx_msec_t ms)
{
    ngx_http_hpf_ctx_t      *ctx;
    ngx_http_hpf_call_op_t  *op;

    ctx = ngx_hpf_call_data(call);

    op = ngx_http_hpf_call_op(call, number);
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->timer.data = op;
    op->timer.handler = ngx_http_hpf_call_sleep_done;
    op->timer.log = ctx->request->connection->log;

    ngx_add_timer(&op->timer, ms);

    return NGX_OK;
}


static void
ngx_http_hpf_call_sleep_done(ngx_event_t *ev)
{
    ngx_http_hpf_call_op_t *op = ev->data;

    hpf_result_t  result;

    ngx_memzero(&result, sizeof(hpf_result_t));

    result.size = sizeof(hpf_result_t);
    result.op = op->number;

    ngx_http_hpf_call_complete(op->call, &result);
}


void
ngx_http_hpf_call_complete(ngx_hpf_call_t *call, hpf_result_t *result)
{
    ngx_connection_t    *c;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_hpf_call_data(call);
    c = ctx->request->connection;

    ngx_http_set_log_request(c->log, ctx->request);

    ngx_hpf_call_complete(call, result->op, result);

    /* the calls to back ends that the plugin has begun, or the next request */

    ngx_http_run_posted_requests(c);
}


static ngx_str_t
ngx_http_hpf_call_fact(ngx_hpf_call_t *call, const char *name)
{
    ngx_str_t            s;
    ngx_hpf_plugin_t    *plugin;
    ngx_http_hpf_ctx_t  *ctx;

    static ngx_str_t  zh = ngx_string("zh-CN");
    static ngx_str_t  en = ngx_string("en");

    ctx = ngx_hpf_call_data(call);
    plugin = ngx_hpf_call_plugin(call);

    if (ngx_strcmp(name, "request_id") == 0) {
        s.data = ctx->id;
        s.len = NGX_HTTP_HPF_ID_LEN;

        return s;
    }

    if (ngx_strcmp(name, "channel") == 0) {
        return ctx->channel->id;
    }

    if (ngx_strcmp(name, "item") == 0) {
        return *ngx_hpf_plugin_id(plugin);
    }

    if (ngx_strcmp(name, "language") == 0) {
        return ctx->en ? en : zh;
    }

    return ngx_hpf_plugin_manifest(plugin)->kind == HPF_MANIFEST_FACTOR
           ? ngx_http_hpf_factor_plugin_fact(ctx, name)
           : ngx_http_hpf_call_user(ctx, name);
}


/* What a service item is told of its user and of what he wants. */

static ngx_str_t
ngx_http_hpf_call_user(ngx_http_hpf_ctx_t *ctx, const char *name)
{
    ngx_str_t         s;
    ngx_table_elt_t  *h;

    static ngx_str_t  idem = ngx_string("idempotency-key");
    static u_char     levels[] = "0123";

    ngx_str_null(&s);

    if (ngx_strcmp(name, "case_no") == 0) {
        s = ctx->case_no;

    } else if (ngx_strcmp(name, "idempotency_key") == 0) {
        h = ngx_http_hpf_header_in(ctx->request, &idem);

        if (h) {
            s = h->value;
        }

    } else if (ctx->shared && ngx_strcmp(name, "id_no") == 0) {
        s = ctx->person;

    } else if (ctx->shared && ngx_strcmp(name, "user_type") == 0) {
        ngx_str_set(&s, "individual");

    } else if (!ctx->has_session) {
        return s;

    } else if (ngx_strcmp(name, "user_id") == 0) {
        s.data = ctx->session.uid;
        s.len = ctx->session.uid_len;

    } else if (ngx_strcmp(name, "user_type") == 0) {
        ngx_http_hpf_session_type(&ctx->session, &s);

    } else if (ngx_strcmp(name, "level") == 0) {
        s.data = &levels[ngx_min(ctx->session.level, 3)];
        s.len = 1;

    } else if (ngx_strcmp(name, "handler") == 0) {
        s = ngx_http_hpf_session_acting(&ctx->session);

    } else if (ngx_strcmp(name, ngx_http_hpf_session_number(&ctx->session))
               == 0)
    {
        if (ngx_http_hpf_seal_open_subject(ctx, &s) != NGX_OK) {
            ngx_str_null(&s);
        }
    }

    return s;
}
