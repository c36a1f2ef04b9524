/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a request of "hpf_api on;" wants: the table of the fixed calls.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"
#include "ngx_http_hpf_api.h"


#define C   NGX_HTTP_HPF_R_CHANNEL
#define S   (NGX_HTTP_HPF_R_SESSION|C)
#define B   NGX_HTTP_HPF_R_BODY
#define I   NGX_HTTP_HPF_R_IDEMPOTENT
#define R   NGX_HTTP_HPF_R_STORE
#define M   NGX_HTTP_HPF_R_MASK
#define A   NGX_HTTP_HPF_R_ACCOUNT
#define P   NGX_HTTP_HPF_R_SECRET
#define E   NGX_HTTP_HPF_R_ALWAYS
#define F   (NGX_HTTP_HPF_R_FACTORS|P)
#define X   (NGX_HTTP_HPF_R_ITEM|I|C|M)


static ngx_int_t ngx_http_hpf_route_match(ngx_http_hpf_ctx_t *ctx,
    const char *pattern, ngx_str_t *uri);


static const ngx_http_hpf_route_t  ngx_http_hpf_routes[] = {

    { NGX_HTTP_GET, "/v1/items", C, "item-list",
      ngx_http_hpf_items_handler, NULL },
    { NGX_HTTP_GET, "/v1/items/{}", C, "item-guide",
      ngx_http_hpf_items_guide_handler, NULL },
    { NGX_HTTP_POST, "/v1/items/{}", X, "item",
      ngx_http_hpf_call_handler, NULL },

    { NGX_HTTP_GET, "/v1/cases", S|M|R, "case-list",
      ngx_http_hpf_case_list_handler, NULL },
    { NGX_HTTP_GET, "/v1/cases/{}", S|M|R, "case",
      ngx_http_hpf_case_handler, NULL },
    { NGX_HTTP_POST, "/v1/cases/{}/cancel", S|B|M|R|I, "case-cancel",
      ngx_http_hpf_case_cancel_handler, ngx_http_hpf_case_cancel_form },
    { NGX_HTTP_POST, "/v1/cases/{}/evaluation", S|B|M|R|I, "case-evaluate",
      ngx_http_hpf_case_evaluation_handler,
      ngx_http_hpf_case_evaluation_form },

    { NGX_HTTP_GET, "/v1/channels", C, "channel-list",
      ngx_http_hpf_divert_handler, NULL },
    { NGX_HTTP_GET, "/v1/openapi.json", 0, "openapi",
      ngx_http_hpf_openapi_handler, NULL },

    { NGX_HTTP_POST, "/v1/challenges", C|B|P|I|R, "challenge-create",
      ngx_http_hpf_challenge_handler, ngx_http_hpf_challenge_form },
    { NGX_HTTP_POST, "/v1/users", C|B|I|R|F, "user-create",
      ngx_http_hpf_user_handler, ngx_http_hpf_user_form },
    { NGX_HTTP_POST, "/v1/sessions", C|B|R|F, "session-create",
      ngx_http_hpf_login_handler, ngx_http_hpf_login_form },
    { NGX_HTTP_GET, "/v1/session", S, "session",
      ngx_http_hpf_session_handler, NULL },
    { NGX_HTTP_DELETE, "/v1/session", S|R|E, "session-end",
      ngx_http_hpf_logout_handler, NULL },
    { NGX_HTTP_POST, "/v1/session/factors", S|B|R|F, "session-step-up",
      ngx_http_hpf_login_step_up_handler, ngx_http_hpf_step_up_form },
    { NGX_HTTP_GET, "/v1/session/certificates", S|M|R|A, "certificate-list",
      ngx_http_hpf_cert_list_handler, NULL },
    { NGX_HTTP_POST, "/v1/session/certificates", S|B|M|R|A, "certificate-bind",
      ngx_http_hpf_cert_bind_handler, ngx_http_hpf_cert_form },
    { NGX_HTTP_DELETE, "/v1/session/certificates/{}", S|R|A, "certificate-end",
      ngx_http_hpf_cert_release_handler, NULL },
    { NGX_HTTP_DELETE, "/v1/session/all", S|R|A|E, "session-end-all",
      ngx_http_hpf_logout_all_handler, NULL },
    { NGX_HTTP_GET, "/v1/sessions", S|R|A, "session-list",
      ngx_http_hpf_session_list_handler, NULL },
    { NGX_HTTP_DELETE, "/v1/sessions/{}", S|R|A|E, "session-end-one",
      ngx_http_hpf_session_list_end_handler, NULL },
    { NGX_HTTP_POST, "/v1/session/tickets", S|B|R|A, "ticket-create",
      ngx_http_hpf_ticket_handler, ngx_http_hpf_ticket_form },

    { NGX_HTTP_GET, "/v1/session/bindings", S|R|A, "binding-list",
      ngx_http_hpf_bindings_handler, NULL },
    { NGX_HTTP_PUT, "/v1/session/bindings/{}", S|B|R|A, "binding-put",
      ngx_http_hpf_binding_put_handler, ngx_http_hpf_binding_form },
    { NGX_HTTP_DELETE, "/v1/session/bindings/{}", S|R|A, "binding-end",
      ngx_http_hpf_binding_end_handler, NULL },

    { NGX_HTTP_GET, "/v1/consents", S|R|A, "consent-list",
      ngx_http_hpf_consent_list_handler, NULL },
    { NGX_HTTP_GET, "/v1/consents/{}", S|R, "consent",
      ngx_http_hpf_consent_handler, NULL },
    { NGX_HTTP_PUT, "/v1/consents/{}", S|B|R|A, "consent-put",
      ngx_http_hpf_consent_put_handler, ngx_http_hpf_consent_form },
    { NGX_HTTP_DELETE, "/v1/consents/{}", S|R, "consent-end",
      ngx_http_hpf_consent_end_handler, NULL },

    { NGX_HTTP_PUT, "/v1/session/password", S|B|P|R|A, "password-set",
      ngx_http_hpf_password_handler, ngx_http_hpf_password_form },
    { NGX_HTTP_PUT, "/v1/session/mobile", S|B|R|F|A, "mobile-set",
      ngx_http_hpf_mobile_handler, ngx_http_hpf_mobile_form },
    { NGX_HTTP_DELETE, "/v1/session/user", S|R|A, "user-close",
      ngx_http_hpf_close_handler, NULL },

    { NGX_HTTP_GET, "/v1/session/handlers", S|R|A, "handler-list",
      ngx_http_hpf_handler_list_handler, NULL },
    { NGX_HTTP_POST, "/v1/session/handlers", S|B|R|F|A, "handler-add",
      ngx_http_hpf_handler_add_handler, ngx_http_hpf_handler_form },
    { NGX_HTTP_PUT, "/v1/session/handlers/{}", S|B|R|A, "handler-set",
      ngx_http_hpf_handler_set_handler, ngx_http_hpf_handler_set_form },
    { NGX_HTTP_DELETE, "/v1/session/handlers/{}", S|R|A, "handler-remove",
      ngx_http_hpf_handler_remove_handler, NULL },

    { 0, NULL, 0, NULL, NULL, NULL }
};


ngx_int_t
ngx_http_hpf_route_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                   method, methods;
    ngx_http_hpf_loc_conf_t     *hlcf;
    const ngx_http_hpf_route_t  *route;

    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    if (!hlcf->api) {
        return NGX_OK;
    }

    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;
    methods = 0;

    for (route = ngx_http_hpf_routes; route->pattern; route++) {

        if (ngx_http_hpf_route_match(ctx, route->pattern, &r->uri)
            != NGX_OK)
        {
            continue;
        }

        if (route->method == method) {
            ctx->route = route;
            return NGX_OK;
        }

        methods |= route->method;
    }

    if (methods == 0) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    if (ngx_http_hpf_route_allow(r, methods) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_METHOD_NOT_ALLOWED);
}


/* {} stands for one segment that is not empty. */

static ngx_int_t
ngx_http_hpf_route_match(ngx_http_hpf_ctx_t *ctx, const char *pattern,
    ngx_str_t *uri)
{
    u_char  *p, *last;

    p = uri->data;
    last = p + uri->len;

    while (*pattern) {

        if (*pattern == '{') {
            ctx->arg.data = p;

            while (p < last && *p != '/') {
                p++;
            }

            ctx->arg.len = p - ctx->arg.data;

            if (ctx->arg.len == 0) {
                return NGX_DECLINED;
            }

            pattern += 2;
            continue;
        }

        if (p == last || *p != (u_char) *pattern) {
            return NGX_DECLINED;
        }

        p++;
        pattern++;
    }

    return p == last ? NGX_OK : NGX_DECLINED;
}


/* RFC 9110, section 15.5.6: a 405 names what is allowed. */

ngx_int_t
ngx_http_hpf_route_allow(ngx_http_request_t *r, ngx_uint_t methods)
{
    u_char           *p;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    static const struct {
        ngx_uint_t   method;
        const char  *name;
    } names[] = {
        { NGX_HTTP_GET, "GET, HEAD" },
        { NGX_HTTP_POST, "POST" },
        { NGX_HTTP_PUT, "PUT" },
        { NGX_HTTP_DELETE, "DELETE" }
    };

    h = ngx_list_push(&r->headers_out.headers);
    p = ngx_pnalloc(r->pool, 64);

    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Allow");
    h->value.data = p;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (methods & names[i].method) {
            p = ngx_sprintf(p, "%s%s", p == h->value.data ? "" : ", ",
                            names[i].name);
        }
    }

    h->value.len = p - h->value.data;

    return NGX_OK;
}


/* For the description of the interface. */

const ngx_http_hpf_route_t *
ngx_http_hpf_route_table(void)
{
    return ngx_http_hpf_routes;
}
