/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Runs of plugins and their cases.
 */

#ifndef _NGX_HTTP_HPF_CALL_H_INCLUDED_
#define _NGX_HTTP_HPF_CALL_H_INCLUDED_


#include "ngx_http_hpf.h"


typedef ngx_int_t (*ngx_http_hpf_call_run_pt)(ngx_hpf_call_t *call);
typedef ngx_int_t (*ngx_http_hpf_call_end_pt)(ngx_http_hpf_ctx_t *ctx);


typedef struct {
    ngx_hpf_plugin_t           *plugin;
    json_t                     *form;          /* borrowed */
    ngx_http_hpf_call_run_pt    run;
    ngx_http_hpf_call_end_pt    end;
} ngx_http_hpf_call_conf_t;


/* One operation under way; the event is that of sleep(). */

struct ngx_http_hpf_call_op_s {
    ngx_hpf_call_t             *call;
    ngx_http_hpf_ctx_t         *ctx;
    int32_t                     number;
    ngx_str_t                   backend;
    ngx_uint_t                  answered;      /* by the back end */
    ngx_http_hpf_call_op_t     *next;          /* that was asked before */
    ngx_hpf_kv_e                verb;
    ngx_hpf_redis_op_t         *op;
    ngx_event_t                 timer;
};


/*
 * Runs ctx->item by run(), ngx_hpf_call_start or _reconcile; end makes the
 * request's answer when the plugin has one, NULL: that of POST /v1/items.
 * Returns as a handler, or NGX_DECLINED: the plugin has no such function.
 */
ngx_int_t ngx_http_hpf_call_run(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_call_run_pt run, ngx_http_hpf_call_end_pt end);

/*
 * Begins a run, after the one before.  NGX_OK: it has ended, and end was not
 * called; NGX_AGAIN: end will be called from an event, and what it returns is
 * that of the handler; NGX_DECLINED: there is no such function; NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_call_begin(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_call_conf_t *conf);


/* Ends an operation from an event; the request may be gone afterwards. */
void ngx_http_hpf_call_complete(ngx_hpf_call_t *call, hpf_result_t *result);

/*
 * _call_answer.c, of ctx->call when it has ended: the answer of an item; the
 * problem when there is no answer; that of an answer by fail(); that of a
 * plugin which is to blame, with its id.
 */
ngx_int_t ngx_http_hpf_call_answer(ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_call_fault(ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_call_problem(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_answer_t *answer);
ngx_int_t ngx_http_hpf_call_failed(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_code_e code);

/* _command.c: hpf.redis, an operation of a plugin. */
ngx_int_t ngx_http_hpf_command_begin(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_redis_args_t *args);
/* A plugin's own, "hpf:{p:ITEM}" KIND KEY; data is NULL: no memory. */
ngx_str_t ngx_http_hpf_command_key(ngx_hpf_call_t *call, const char *kind,
    ngx_str_t *key);

/* _case.c: operations of a plugin. */
ngx_int_t ngx_http_hpf_case_open(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_case_args_t *args);
ngx_int_t ngx_http_hpf_case_set(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_case_args_t *args);
json_t *ngx_http_hpf_case_data(ngx_hpf_call_t *call);

/*
 * _case_view.c: answers with the case of ctx->case_no, after asking the store
 * for it; as a handler.
 */
ngx_int_t ngx_http_hpf_case_answer(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t status);


#endif /* _NGX_HTTP_HPF_CALL_H_INCLUDED_ */
