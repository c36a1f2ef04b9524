/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A message to the number that was a user's, when something has changed that
 * somebody else may have done.  If it cannot be sent, the change stands.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_user.h"


static void ngx_http_hpf_tell_sent(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res);


ngx_int_t
ngx_http_hpf_tell(ngx_http_hpf_ctx_t *ctx, ngx_str_t *mobile,
    const char *kind, const char *text)
{
    ngx_int_t                    rc;
    ngx_http_hpf_backend_req_t   req;

    if (mobile->len == 0) {
        return NGX_OK;
    }

    ngx_str_set(&req.backend, "sms");
    ngx_str_set(&req.method, "POST");
    ngx_str_set(&req.path, "/send");

    /* nothing here needs an escape */

    req.body.len = sizeof("{\"mobile\":\"\",\"template\":\"\",\"text\":\"\"}")
                   + mobile->len + ngx_strlen(kind) + ngx_strlen(text);
    req.body.data = ngx_pnalloc(ctx->request->pool, req.body.len);

    if (req.body.data == NULL) {
        return NGX_ERROR;
    }

    req.body.len = ngx_sprintf(req.body.data, "{\"mobile\":\"%V\","
                               "\"template\":\"%s\",\"text\":\"%s\"}",
                               mobile, kind, text)
                   - req.body.data;

    rc = ngx_http_hpf_backend_call(ctx, &req, ngx_http_hpf_tell_sent, NULL);

    return rc == NGX_OK ? NGX_AGAIN : NGX_OK;
}


static void
ngx_http_hpf_tell_sent(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res)
{
    if (res->outcome != HPF_DONE || res->status >= 300) {
        ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                      "hpf tell: a message of a change was not sent");
    }

    ngx_http_hpf_flow_next(ctx, NGX_OK);
}
