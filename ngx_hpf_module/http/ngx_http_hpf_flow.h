/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A handler that asks several others one after the other is a list of
 * stages, each a function of one subject.  A stage returns as a step does:
 * NGX_OK: the next one; NGX_AGAIN: what it began will call
 * ngx_http_hpf_flow_next(); NGX_ABORT, NGX_ERROR: the end.
 */

#ifndef _NGX_HTTP_HPF_FLOW_H_INCLUDED_
#define _NGX_HTTP_HPF_FLOW_H_INCLUDED_


#include "ngx_http_hpf.h"


/* stages ends with NULL; the result is that of a handler. */
ngx_int_t ngx_http_hpf_flow_run(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_step_pt *stages);

/* From an event: what the stage under way came to. */
void ngx_http_hpf_flow_next(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc);


#endif /* _NGX_HTTP_HPF_FLOW_H_INCLUDED_ */
