/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Handlers in stages.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_flow.h"


ngx_int_t
ngx_http_hpf_flow_run(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_step_pt *stages)
{
    ngx_int_t             rc;
    ngx_http_hpf_step_pt  stage;

    ctx->stages = stages;

    while (*ctx->stages) {

        stage = *ctx->stages++;
        rc = stage(ctx->request, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


void
ngx_http_hpf_flow_next(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        rc = ngx_http_hpf_flow_run(ctx, ctx->stages);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}
