/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What who has found an open session must not do: it needs a proof of just now,
 * by more than what others know as well.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_FRESH  300            /* s */


static ngx_int_t ngx_http_hpf_fresh_refuse(ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_fresh_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    uint32_t        now;
    ngx_uint_t      n, factors;
    hpf_session_t  *rec;

    rec = &ctx->session;
    now = ngx_hpf_session_cache_clock();
    factors = rec->factors & ~NGX_HTTP_HPF_F_KNOWN;

    for (n = 0; n < HPF_SESSION_FACTORS; n++) {

        if (((factors >> n) & 1) && rec->proved[n] < HPF_SESSION_LONG_AGO
            && rec->proved[n]
               <= NGX_HTTP_HPF_FRESH + (rec->fresh_until - now))
        {
            return NGX_OK;
        }
    }

    return ngx_http_hpf_fresh_refuse(ctx);
}


static ngx_int_t
ngx_http_hpf_fresh_refuse(ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t         rc;
    static ngx_str_t  factors = ngx_string("[\"sms\",\"password\"]");

    rc = ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_STEP_UP_REQUIRED,
                                    "请重新核验身份后再操作",
                                    "Prove anew who you are");

    if (ngx_http_hpf_extra_int(ctx, "required_level", ctx->session.level)
            != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "level", ctx->session.level) != NGX_OK
        || ngx_http_hpf_extra(ctx, "factors", &factors) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rc;
}
