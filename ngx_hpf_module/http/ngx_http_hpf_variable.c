/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Variables for logs, maps and headers to back ends.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_conf.h"
#include "ngx_http_hpf_session.h"


static ngx_int_t ngx_http_hpf_variable_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


typedef enum {
    NGX_HTTP_HPF_VAR_REQUEST_ID = 0,
    NGX_HTTP_HPF_VAR_CHANNEL,
    NGX_HTTP_HPF_VAR_ITEM,
    NGX_HTTP_HPF_VAR_USER,
    NGX_HTTP_HPF_VAR_USER_TYPE,
    NGX_HTTP_HPF_VAR_LEVEL,
    NGX_HTTP_HPF_VAR_OUTCOME,
    NGX_HTTP_HPF_VAR_LIMIT_STATUS,
    NGX_HTTP_HPF_VAR_CASE
} ngx_http_hpf_variable_e;


static ngx_http_variable_t  ngx_http_hpf_variables[] = {

    { ngx_string("hpf_request_id"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_REQUEST_ID, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_channel"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_CHANNEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_item"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_ITEM, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_user"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_USER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_user_type"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_USER_TYPE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_level"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_LEVEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_outcome"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_OUTCOME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_limit_status"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_LIMIT_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("hpf_case"), NULL, ngx_http_hpf_variable_get,
      NGX_HTTP_HPF_VAR_CASE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_http_hpf_variable_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t            s;
    ngx_http_hpf_ctx_t  *ctx;

    static u_char  levels[] = "0123";

    ctx = ngx_http_hpf_get_ctx(r);

    ngx_str_null(&s);

    if (ctx) {

        switch ((ngx_http_hpf_variable_e) data) {

        case NGX_HTTP_HPF_VAR_REQUEST_ID:
            s.data = ctx->id;
            s.len = NGX_HTTP_HPF_ID_LEN;
            break;

        case NGX_HTTP_HPF_VAR_CHANNEL:
            if (ctx->channel) {
                s = ctx->channel->id;
            }
            break;

        case NGX_HTTP_HPF_VAR_ITEM:
            s = ctx->item_id;
            break;

        case NGX_HTTP_HPF_VAR_USER:
            s.data = ctx->session.uid;
            s.len = ctx->session.uid_len;
            break;

        case NGX_HTTP_HPF_VAR_USER_TYPE:
            if (ctx->has_session) {
                ngx_http_hpf_session_type(&ctx->session, &s);
            }
            break;

        case NGX_HTTP_HPF_VAR_LEVEL:
            s.data = &levels[ngx_min(ctx->session.level, 3)];
            s.len = 1;
            break;

        case NGX_HTTP_HPF_VAR_OUTCOME:
            if (ctx->problem) {
                s.data = (u_char *) ngx_http_hpf_problem_name(ctx->code);
                s.len = ngx_strlen(s.data);

            } else if (ctx->passed) {
                ngx_str_set(&s, "ok");
            }
            break;

        case NGX_HTTP_HPF_VAR_LIMIT_STATUS:
            if (ctx->problem && ctx->code == NGX_HTTP_HPF_RATE_LIMITED) {
                ngx_str_set(&s, "REJECTED");

            } else if (ctx->limit_dry_run) {
                ngx_str_set(&s, "REJECTED_DRY_RUN");

            } else if (ctx->limit) {
                ngx_str_set(&s, "PASSED");
            }
            break;

        case NGX_HTTP_HPF_VAR_CASE:
            s = ctx->case_no;
            break;
        }
    }

    if (s.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = s.data;
    v->len = s.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_variable_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_hpf_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
