/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Calls: one run of a plugin, whatever language it is written in.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugin_int.h"


static ngx_int_t ngx_hpf_call_enter(ngx_hpf_call_t *call,
    int (*run)(ngx_hpf_call_t *call));
static ngx_int_t ngx_hpf_call_leave(ngx_hpf_call_t *call, int rc);


ngx_hpf_call_t *
ngx_hpf_call_create(ngx_hpf_call_conf_t *conf)
{
    ngx_hpf_call_t  *call;

    call = ngx_pcalloc(conf->pool, sizeof(ngx_hpf_call_t));

    if (call == NULL
        || ngx_array_init(&call->nodes, conf->pool, 8, sizeof(json_t *))
           != NGX_OK)
    {
        return NULL;
    }

    call->magic = NGX_HPF_CALL_MAGIC;
    call->plugin = conf->plugin;
    call->pool = conf->pool;
    call->log = conf->log;
    call->form = conf->form;
    call->ops = conf->ops;
    call->data = conf->data;

    call->plugin->refs++;
    call->plugin->calls++;

    return call;
}


void *
ngx_hpf_call_data(ngx_hpf_call_t *call)
{
    return call->data;
}


ngx_int_t
ngx_hpf_call_start(ngx_hpf_call_t *call)
{
    return ngx_hpf_call_enter(call, call->plugin->host->start);
}


ngx_int_t
ngx_hpf_call_reconcile(ngx_hpf_call_t *call)
{
    return ngx_hpf_call_enter(call, call->plugin->host->reconcile);
}


static ngx_int_t
ngx_hpf_call_enter(ngx_hpf_call_t *call, int (*run)(ngx_hpf_call_t *call))
{
    int        rc;
    ngx_int_t  end;

    call->entered = 1;
    rc = run(call);
    call->entered = 0;

    end = rc == HPF_DECLINED ? NGX_DECLINED : ngx_hpf_call_leave(call, rc);

    /* operations that were begun all the same may end later: nobody waits */

    call->done = (end != NGX_AGAIN);

    return end;
}


/* What the plugin said and what it did have to agree. */

static ngx_int_t
ngx_hpf_call_leave(ngx_hpf_call_t *call, int rc)
{
    if (call->answered) {
        return NGX_OK;
    }

    if (rc == HPF_AGAIN && call->pending) {
        return NGX_AGAIN;
    }

    if (rc == HPF_OK || rc == HPF_AGAIN) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" ended a call without an answer",
                      &call->plugin->id);
    }

    call->failed = 1;

    return NGX_ERROR;
}


ngx_hpf_answer_t *
ngx_hpf_call_answer(ngx_hpf_call_t *call)
{
    return call->failed ? NULL : &call->answer;
}


void
ngx_hpf_call_complete(ngx_hpf_call_t *call, int32_t op, hpf_result_t *result)
{
    int  rc;

    if (call->magic != NGX_HPF_CALL_MAGIC || call->done) {
        return;
    }

    call->pending--;

    if (result->outcome == HPF_DONE && result->body.len
        && result->json == NULL)
    {
        result->json = (hpf_json_t *) ngx_hpf_call_own(call,
                           json_loadb(result->body.data, result->body.len,
                                      JSON_DECODE_ANY, NULL));
    }

    if (result->body.data == NULL) {
        result->body.data = "";
    }

    if (result->value.data == NULL) {
        result->value.data = "";
    }

    call->entered = 1;
    rc = call->plugin->host->resume(call, result);
    call->entered = 0;

    if (ngx_hpf_call_leave(call, rc) != NGX_AGAIN) {
        call->done = 1;
        call->ops->done(call);
    }
}


void
ngx_hpf_call_destroy(ngx_hpf_call_t *call)
{
    json_t      **node;
    ngx_uint_t    i;

    if (call->magic != NGX_HPF_CALL_MAGIC) {
        return;
    }

    call->plugin->host->cancel(call);

    call->magic = 0;

    json_decref(call->answer.tree);

    node = call->nodes.elts;

    for (i = 0; i < call->nodes.nelts; i++) {
        json_decref(node[i]);
    }

    ngx_hpf_plugin_unref(call->plugin);
}


static int32_t
ngx_hpf_call_begin(ngx_hpf_call_t *call)
{
    if (call->answered || call->pending == NGX_HPF_CALL_OPS) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" began an operation %s",
                      &call->plugin->id,
                      call->answered ? "after its answer"
                                     : "with too many under way");
        return HPF_ERROR;
    }

    call->pending++;

    return ++call->last;
}


static int32_t
ngx_hpf_call_undo(ngx_hpf_call_t *call)
{
    call->pending--;

    return HPF_ERROR;
}


int
ngx_hpf_call_reply(ngx_hpf_call_t *call, int status, json_t *result)
{
    if (call->answered) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" answered twice", &call->plugin->id);
        return HPF_ERROR;
    }

    call->answered = 1;
    call->answer.status = status;
    call->answer.tree = result ? json_incref(result) : NULL;

    return HPF_OK;
}


int
ngx_hpf_call_fail(ngx_hpf_call_t *call, const char *code, const char *detail,
    json_t *extra)
{
    ngx_str_t          s;
    ngx_hpf_answer_t  *answer;

    if (ngx_hpf_call_reply(call, 0, extra) != HPF_OK) {
        return HPF_ERROR;
    }

    answer = &call->answer;
    answer->failed = 1;

    s.data = (u_char *) code;
    s.len = ngx_strlen(code);

    answer->code.data = ngx_pstrdup(call->pool, &s);
    answer->code.len = answer->code.data ? s.len : 0;

    if (detail) {
        s.data = (u_char *) detail;
        s.len = ngx_strlen(detail);

        answer->detail.data = ngx_pstrdup(call->pool, &s);
        answer->detail.len = answer->detail.data ? s.len : 0;
    }

    return HPF_OK;
}


json_t *
ngx_hpf_call_own(ngx_hpf_call_t *call, json_t *node)
{
    json_t  **p;

    if (node == NULL) {
        return NULL;
    }

    p = ngx_array_push(&call->nodes);

    if (p == NULL) {
        json_decref(node);
        return NULL;
    }

    *p = node;

    return node;
}


/* The manifest says which back ends a plugin may call. */

int32_t
ngx_hpf_call_backend(ngx_hpf_call_t *call, ngx_hpf_backend_args_t *args)
{
    int32_t  op;

    if (!hpf_manifest_may_call(call->plugin->manifest,
                               (char *) args->backend.data,
                               args->backend.len))
    {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" may not call back end \"%V\", which "
                      "its manifest does not name", &call->plugin->id,
                      &args->backend);
        return HPF_ERROR;
    }

    op = ngx_hpf_call_begin(call);

    if (op > 0 && call->ops->backend(call, op, args) != NGX_OK) {
        return ngx_hpf_call_undo(call);
    }

    return op;
}


int32_t
ngx_hpf_call_case(ngx_hpf_call_t *call, ngx_hpf_call_case_pt begin,
    ngx_hpf_case_args_t *args)
{
    int32_t  op;

    op = ngx_hpf_call_begin(call);

    if (op > 0 && begin(call, op, args) != NGX_OK) {
        return ngx_hpf_call_undo(call);
    }

    return op;
}


int32_t
ngx_hpf_call_kv(ngx_hpf_call_t *call, ngx_hpf_kv_args_t *args)
{
    int32_t  op;

    op = ngx_hpf_call_begin(call);

    if (op > 0 && call->ops->kv(call, op, args) != NGX_OK) {
        return ngx_hpf_call_undo(call);
    }

    return op;
}


int32_t
ngx_hpf_call_sleep(ngx_hpf_call_t *call, ngx_msec_t ms)
{
    int32_t  op;

    op = ngx_hpf_call_begin(call);

    if (op > 0 && call->ops->sleep(call, op, ms) != NGX_OK) {
        return ngx_hpf_call_undo(call);
    }

    return op;
}
