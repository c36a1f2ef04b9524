/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a client is told when a plugin has its answer, or has none.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_call.h"


/* Seconds; nobody knows when a plugin comes back that somebody has to mend. */

#define NGX_HTTP_HPF_CALL_QUARANTINED  60


static ngx_str_t *ngx_http_hpf_call_id(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_call_late(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_call_busy(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_call_problem_case(ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_call_answer(ngx_http_hpf_ctx_t *ctx)
{
    json_t            *tree;
    ngx_hpf_answer_t  *answer;

    answer = ngx_hpf_call_answer(ctx->call);

    if (answer == NULL) {
        return ngx_http_hpf_call_fault(ctx);
    }

    if (answer->failed) {
        return ngx_http_hpf_call_problem(ctx, answer);
    }

    if (ctx->case_no.len) {
        ctx->case_result = answer->tree;
        return ngx_http_hpf_case_answer(ctx, NGX_HTTP_CREATED);
    }

    tree = json_object();

    if (json_object_set(tree, "result", answer->tree ? answer->tree
                                                     : json_null())
        != 0)
    {
        json_decref(tree);
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK, tree);
}


/* The plugin has no answer, or was not asked. */

ngx_int_t
ngx_http_hpf_call_fault(ngx_http_hpf_ctx_t *ctx)
{
    switch (ngx_hpf_call_fault(ctx->call)) {

    case NGX_HPF_FAULT_QUARANTINED:
        ctx->retry_after = NGX_HTTP_HPF_CALL_QUARANTINED;
        return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_QUARANTINED);

    case NGX_HPF_FAULT_BUSY:
        return ngx_http_hpf_call_busy(ctx);

    case NGX_HPF_FAULT_LATE:
        return ngx_http_hpf_call_late(ctx);

    default: /* NGX_HPF_FAULT_FAILED */
        return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_FAILED);
    }
}


ngx_int_t
ngx_http_hpf_call_failed(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_code_e code)
{
    (void) ngx_http_hpf_refuse(ctx, code);

    if (ngx_http_hpf_extra_string(ctx, "item", ngx_http_hpf_call_id(ctx))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_call_problem_case(ctx);
}


static ngx_str_t *
ngx_http_hpf_call_id(ngx_http_hpf_ctx_t *ctx)
{
    return ngx_hpf_plugin_id(ngx_hpf_call_plugin(ctx->call));
}


/* What it was waiting for is to blame: the back end that it asked first. */

static ngx_int_t
ngx_http_hpf_call_late(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               *backend;
    ngx_http_hpf_call_op_t  *op;

    backend = NULL;

    for (op = ctx->backend_ops; op; op = op->next) {

        if (!op->answered) {
            backend = &op->backend;
        }
    }

    if (backend == NULL) {
        return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_FAILED);
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_BACKEND_TIMEOUT);

    if (ngx_http_hpf_extra_string(ctx, "backend", backend) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_call_problem_case(ctx);
}


/* As many calls are under way on this node as the item may have. */

static ngx_int_t
ngx_http_hpf_call_busy(ngx_http_hpf_ctx_t *ctx)
{
    u_char     buf[HPF_MANIFEST_ID + sizeof("-concurrency")];
    ngx_str_t  name;

    name.data = buf;
    name.len = ngx_snprintf(buf, sizeof(buf), "%V-concurrency",
                            ngx_http_hpf_call_id(ctx))
               - buf;

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_RATE_LIMITED);

    if (ngx_http_hpf_extra_string(ctx, "limit", &name) != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "retry_after", ctx->retry_after)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}


ngx_int_t
ngx_http_hpf_call_problem(ngx_http_hpf_ctx_t *ctx, ngx_hpf_answer_t *answer)
{
    json_t               *value;
    const char           *name;
    ngx_http_hpf_code_e   code;

    code = ngx_http_hpf_problem_find((char *) answer->code.data,
                                     answer->code.len);

    if (code == NGX_HTTP_HPF_CODES) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf call: \"%V\" failed with an unknown code \"%V\"",
                      ngx_http_hpf_call_id(ctx), &answer->code);

        return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_FAILED);
    }

    if (code == NGX_HTTP_HPF_BACKEND_UNAVAILABLE && ctx->backend_timeout) {
        code = NGX_HTTP_HPF_BACKEND_TIMEOUT;
    }

    (void) ngx_http_hpf_refuse(ctx, code);

    ctx->detail = answer->detail;

    if ((code == NGX_HTTP_HPF_BACKEND_UNAVAILABLE
         || code == NGX_HTTP_HPF_BACKEND_TIMEOUT)
        && ctx->backend.len && json_object_get(answer->tree, "backend") == NULL
        && ngx_http_hpf_extra_string(ctx, "backend", &ctx->backend) != NGX_OK)
    {
        return NGX_ERROR;
    }

    json_object_foreach(answer->tree, name, value) {

        if (ngx_http_hpf_extra_json(ctx, name, json_incref(value)) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_call_problem_case(ctx);
}


/* A case that was opened, or may have been. */

static ngx_int_t
ngx_http_hpf_call_problem_case(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->case_no.len
        && ngx_http_hpf_extra_string(ctx, "case_no", &ctx->case_no) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}
