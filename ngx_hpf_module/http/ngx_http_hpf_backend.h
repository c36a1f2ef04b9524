/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Calls to back ends: in-memory subrequests to the internal locations that
 * hpf_backend names, so that connections, TLS, time-outs, balancing and
 * retries are nginx's own.  A call carries a body and headers of its own and
 * nothing of the client's request.
 */

#ifndef _NGX_HTTP_HPF_BACKEND_H_INCLUDED_
#define _NGX_HTTP_HPF_BACKEND_H_INCLUDED_


#include "ngx_http_hpf.h"


typedef struct {
    ngx_str_t    backend;              /* of hpf_backend */
    ngx_str_t    method;
    ngx_str_t    path;                 /* "/x/y?z", below its location */
    ngx_str_t    body;                 /* JSON; len 0: none */
} ngx_http_hpf_backend_req_t;


typedef struct {
    int32_t      outcome;              /* HPF_DONE, ... of hpf_plugin.h */
    ngx_uint_t   status;
    ngx_str_t    body;                 /* in the request's pool */
} ngx_http_hpf_backend_res_t;


/*
 * Called exactly once, from an event of its own, unless the request ends
 * first.
 */

typedef void (*ngx_http_hpf_backend_pt)(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res);


/* NGX_OK: begun; NGX_DECLINED: no such back end; NGX_ERROR: no memory. */
ngx_int_t ngx_http_hpf_backend_call(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_req_t *req, ngx_http_hpf_backend_pt handler,
    void *data);

/*
 * _backend_circuit.c: whether the back end is to be asked, and what became of
 * that.
 */
void ngx_http_hpf_backend_init_worker(ngx_http_hpf_main_conf_t *hmcf);
ngx_uint_t ngx_http_hpf_backend_circuit_enter(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_backend_t *backend);
void ngx_http_hpf_backend_circuit_leave(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_t *backend, const ngx_http_hpf_backend_res_t *res);

/* Sets the problem for a result that is no answer; returns NGX_ABORT. */
ngx_int_t ngx_http_hpf_backend_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *backend, ngx_http_hpf_backend_res_t *res);


#endif /* _NGX_HTTP_HPF_BACKEND_H_INCLUDED_ */
