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


/*
 * Runs ctx->item by run(), ngx_hpf_call_start or _reconcile; end makes the
 * request's answer when the plugin has one, NULL: that of POST /v1/items.
 * Returns as a handler, or NGX_DECLINED: the plugin has no such function.
 */
ngx_int_t ngx_http_hpf_call_run(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_call_run_pt run, ngx_http_hpf_call_end_pt end);


/* Ends an operation from an event; the request may be gone afterwards. */
void ngx_http_hpf_call_complete(ngx_http_hpf_ctx_t *ctx,
    hpf_result_t *result);

/* _command.c: hpf.redis, an operation of a plugin. */
ngx_int_t ngx_http_hpf_command_begin(ngx_hpf_call_t *call, int32_t op,
    ngx_hpf_redis_args_t *args);
/* A plugin's own, "hpf:{p:ITEM}" KIND KEY; data is NULL: no memory. */
ngx_str_t ngx_http_hpf_command_key(ngx_http_hpf_ctx_t *ctx, const char *kind,
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
