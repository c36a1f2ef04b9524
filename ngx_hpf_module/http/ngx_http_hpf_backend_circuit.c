/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Circuits of back ends: one that does not answer is not asked for a while, so
 * that requests do not wait for it one after another.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_backend.h"


static void ngx_http_hpf_backend_circuit_gauge(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_backend_t *backend, ngx_uint_t open);
static ngx_uint_t ngx_http_hpf_backend_circuit_failed(
    const ngx_http_hpf_backend_res_t *res);


void
ngx_http_hpf_backend_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i;
    ngx_http_hpf_backend_t  *backend;

    backend = hmcf->backends.elts;

    for (i = 0; hmcf->zone && i < hmcf->backends.nelts; i++) {

        backend[i].circuit = ngx_hpf_circuit_get(hmcf->zone,
                                                 &backend[i].name);

        if (backend[i].circuit == NULL) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "hpf backend: no room for the circuit of \"%V\"",
                          &backend[i].name);

        } else if (backend[i].circuit_conf.failures == 0
                   && hpf_circuit_succeed(backend[i].circuit)
                      == HPF_CIRCUIT_CLOSED)
        {
            /* it was open under another configuration */

            ngx_http_hpf_backend_circuit_gauge(hmcf, &backend[i], 0);
        }
    }
}


ngx_uint_t
ngx_http_hpf_backend_circuit_enter(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_backend_t *backend)
{
    if (backend->circuit == NULL
        || hpf_circuit_enter(backend->circuit, &backend->circuit_conf,
                             ngx_current_msec))
    {
        return 1;
    }

    ngx_http_hpf_metrics_backend(hmcf, NGX_HPF_STAT_COUNTER,
                                 "hpf_backend_refused_total", &backend->name,
                                 1);
    return 0;
}


/* What the gateway itself could not do says nothing of the back end. */

void
ngx_http_hpf_backend_circuit_leave(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_t *backend, const ngx_http_hpf_backend_res_t *res)
{
    ngx_log_t                 *log;
    hpf_circuit_edge_e         edge;
    ngx_http_hpf_main_conf_t  *hmcf;

    if (backend->circuit == NULL || res->outcome == HPF_REFUSED) {
        return;
    }

    edge = ngx_http_hpf_backend_circuit_failed(res)
           ? hpf_circuit_fail(backend->circuit, &backend->circuit_conf,
                              ngx_current_msec)
           : hpf_circuit_succeed(backend->circuit);

    if (edge == HPF_CIRCUIT_SAME) {
        return;
    }

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    log = ctx->request->connection->log;

    if (edge == HPF_CIRCUIT_OPENED) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "hpf backend: \"%V\" has failed %uD times in a row and "
                      "is tried once in %uDms until it answers",
                      &backend->name, backend->circuit_conf.failures,
                      backend->circuit_conf.pause);

    } else {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "hpf backend: \"%V\" answers again", &backend->name);
    }

    ngx_http_hpf_backend_circuit_gauge(hmcf, backend,
                                       edge == HPF_CIRCUIT_OPENED);
}


static void
ngx_http_hpf_backend_circuit_gauge(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_backend_t *backend, ngx_uint_t open)
{
    ngx_http_hpf_metrics_backend(hmcf, NGX_HPF_STAT_GAUGE,
                                 "hpf_backend_open", &backend->name, open);
}


/* An error of the program is an answer; one of a proxy in front is none. */

static ngx_uint_t
ngx_http_hpf_backend_circuit_failed(const ngx_http_hpf_backend_res_t *res)
{
    return res->outcome != HPF_DONE
           || (res->status >= NGX_HTTP_BAD_GATEWAY
               && res->status <= NGX_HTTP_GATEWAY_TIME_OUT);
}
