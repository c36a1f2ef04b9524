/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Calls: one run of a plugin, whatever language it is written in.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_call_enter(ngx_hpf_call_t *call,
    int (*run)(ngx_hpf_call_t *call));
static ngx_int_t ngx_hpf_call_admit(ngx_hpf_call_t *call);
static ngx_int_t ngx_hpf_call_leave(ngx_hpf_call_t *call, int rc);
static ngx_int_t ngx_hpf_call_refuse(ngx_hpf_call_t *call,
    ngx_hpf_fault_e fault);
static void ngx_hpf_call_late(ngx_event_t *ev);
static void ngx_hpf_call_end(ngx_hpf_call_t *call);
static void ngx_hpf_call_cancel(ngx_hpf_call_t *call);
static json_t *ngx_hpf_call_tree(ngx_hpf_call_t *call, hpf_result_t *result);


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


ngx_hpf_plugin_t *
ngx_hpf_call_plugin(ngx_hpf_call_t *call)
{
    return call->plugin;
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

    if (ngx_hpf_call_admit(call) != NGX_OK) {
        call->done = 1;
        return NGX_ERROR;
    }

    ngx_hpf_mark_enter(call->plugin, NGX_HPF_MARK_CALL);
    rc = run(call);
    ngx_hpf_mark_leave(call->plugin);

    /* only reconcile() may not be there */

    end = rc == HPF_DECLINED && run != call->plugin->host->start
          ? NGX_DECLINED : ngx_hpf_call_leave(call, rc);

    if (end != NGX_AGAIN) {
        ngx_hpf_call_end(call);
        return end;
    }

    call->timer.handler = ngx_hpf_call_late;
    call->timer.data = call;
    call->timer.log = call->log;

    ngx_add_timer(&call->timer, call->plugin->manifest->resources.time);

    return NGX_AGAIN;
}


/* One that was released from quarantine may be without its code still. */

static ngx_int_t
ngx_hpf_call_admit(ngx_hpf_call_t *call)
{
    ngx_hpf_plugin_t  *plugin;

    plugin = call->plugin;

    if (ngx_hpf_ledger_quarantined(plugin)) {
        return ngx_hpf_call_refuse(call, NGX_HPF_FAULT_QUARANTINED);
    }

    if (!plugin->loaded && ngx_hpf_generation_code(plugin) != NGX_OK) {
        return ngx_hpf_call_refuse(call, NGX_HPF_FAULT_FAILED);
    }

    if (ngx_hpf_ledger_enter(plugin) != NGX_OK) {
        return ngx_hpf_call_refuse(call, NGX_HPF_FAULT_BUSY);
    }

    call->counted = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_call_refuse(ngx_hpf_call_t *call, ngx_hpf_fault_e fault)
{
    call->failed = 1;
    call->fault = fault;

    return NGX_ERROR;
}


/* Nobody waits for it any longer. */

static void
ngx_hpf_call_late(ngx_event_t *ev)
{
    ngx_hpf_call_t  *call;

    call = ev->data;

    ngx_log_error(NGX_LOG_ERR, call->log, 0,
                  "hpf plugin: \"%V\" did not answer within %uDms",
                  &call->plugin->id, call->plugin->manifest->resources.time);

    (void) ngx_hpf_call_refuse(call, NGX_HPF_FAULT_LATE);

    ngx_hpf_call_end(call);
    ngx_hpf_call_cancel(call);

    call->ops->done(call);
}


/*
 * From here on the plugin hears nothing of it any more.  Operations that were
 * begun all the same may end later: nobody waits.
 */

static void
ngx_hpf_call_end(ngx_hpf_call_t *call)
{
    call->done = 1;

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->counted) {
        call->counted = 0;
        ngx_hpf_ledger_leave(call->plugin, call->failed);
    }
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


ngx_hpf_fault_e
ngx_hpf_call_fault(ngx_hpf_call_t *call)
{
    return call->fault;
}


json_t *
ngx_hpf_call_notes(ngx_hpf_call_t *call)
{
    return call->notes;
}


void
ngx_hpf_call_complete(ngx_hpf_call_t *call, int32_t op, hpf_result_t *result)
{
    int        rc;
    ngx_int_t  end;

    if (call->magic != NGX_HPF_CALL_MAGIC || call->done) {
        json_decref((json_t *) result->json);
        return;
    }

    call->pending--;

    result->json = (hpf_json_t *) ngx_hpf_call_tree(call, result);

    if (result->body.data == NULL) {
        result->body.data = "";
    }

    if (result->value.data == NULL) {
        result->value.data = "";
    }

    if (ngx_hpf_ledger_quarantined(call->plugin)) {
        end = ngx_hpf_call_refuse(call, NGX_HPF_FAULT_QUARANTINED);

    } else {
        ngx_hpf_mark_enter(call->plugin, NGX_HPF_MARK_CALL);
        rc = call->plugin->host->resume(call, result);
        ngx_hpf_mark_leave(call->plugin);

        end = ngx_hpf_call_leave(call, rc);
    }

    if (end != NGX_AGAIN) {
        ngx_hpf_call_end(call);
        call->ops->done(call);
    }
}


static json_t *
ngx_hpf_call_tree(ngx_hpf_call_t *call, hpf_result_t *result)
{
    json_t  *tree;

    tree = (json_t *) result->json;

    if (tree == NULL && result->outcome == HPF_DONE && result->body.len) {
        tree = json_loadb(result->body.data, result->body.len,
                          JSON_DECODE_ANY, NULL);
    }

    return ngx_hpf_call_own(call, tree);
}


/*
 * Whatever the plugin keeps for the call is let go, and it can begin nothing
 * more; but code that has ended workers is not run for that.
 */

static void
ngx_hpf_call_cancel(ngx_hpf_call_t *call)
{
    if (call->cancelled || !call->plugin->loaded
        || ngx_hpf_ledger_quarantined(call->plugin))
    {
        return;
    }

    call->cancelled = 1;

    ngx_hpf_mark_enter(call->plugin, NGX_HPF_MARK_CALL);
    call->plugin->host->cancel(call);
    ngx_hpf_mark_leave(call->plugin);
}


void
ngx_hpf_call_destroy(ngx_hpf_call_t *call)
{
    json_t      **node;
    ngx_uint_t    i;

    if (call->magic != NGX_HPF_CALL_MAGIC) {
        return;
    }

    ngx_hpf_call_end(call);
    ngx_hpf_call_cancel(call);

    call->magic = 0;

    json_decref(call->answer.tree);
    json_decref(call->notes);

    node = call->nodes.elts;

    for (i = 0; i < call->nodes.nelts; i++) {
        json_decref(node[i]);
    }

    ngx_hpf_plugin_unref(call->plugin);
}


/* Told once of a call: a plugin may try without end. */

static int32_t
ngx_hpf_call_begin(ngx_hpf_call_t *call)
{
    if (call->answered || call->done || call->pending == NGX_HPF_CALL_OPS) {

        if (!call->refused) {
            ngx_log_error(NGX_LOG_ERR, call->log, 0,
                          "hpf plugin: \"%V\" began an operation %s",
                          &call->plugin->id,
                          call->answered ? "after its answer"
                          : call->done ? "in a call that ends"
                          : "with too many under way");
        }

        call->refused = 1;

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
    if (call->answered || call->done) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" answered %s", &call->plugin->id,
                      call->answered ? "twice" : "a call that ends");
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

    if (call->plugin->manifest->kind == HPF_MANIFEST_FACTOR) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" is a factor, which has no cases",
                      &call->plugin->id);
        return HPF_ERROR;
    }

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
ngx_hpf_call_redis(ngx_hpf_call_t *call, ngx_hpf_redis_args_t *args)
{
    int32_t      op;
    const char  *why;

    why = ngx_hpf_command_check(args);

    if (why) {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "hpf plugin: \"%V\" may not send this to Redis: %s",
                      &call->plugin->id, why);
        return HPF_ERROR;
    }

    op = ngx_hpf_call_begin(call);

    if (op > 0 && call->ops->redis(call, op, args) != NGX_OK) {
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


/* Its id finds the other lines of the request, and what the client was told. */

void
ngx_hpf_call_log(ngx_hpf_call_t *call, int level, const char *text, size_t len)
{
    u_char     *p, buf[NGX_MAX_ERROR_STR / 2];
    ngx_str_t   id;

    id = call->ops->fact(call, "request_id");

    p = ngx_snprintf(buf, sizeof(buf), "request %V: %*s", &id, len, text);

    ngx_hpf_plugin_log(call->plugin, call->log, level, (char *) buf, p - buf);
}
