/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_text.h"
#include "ngx_http_hpf_mask_uri.h"


static ngx_int_t ngx_http_hpf_mask_uri_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_hpf_mask_uri_plain(ngx_str_t *s);


enum {
    NGX_HTTP_HPF_MASK_URI = 0,
    NGX_HTTP_HPF_MASK_URI_ARGS,
    NGX_HTTP_HPF_MASK_URI_REFERER
};


static ngx_http_variable_t  ngx_http_hpf_mask_uri_table[] = {

    { ngx_string("hpf_masked_uri"), NULL, ngx_http_hpf_mask_uri_variable,
      NGX_HTTP_HPF_MASK_URI, 0, 0 },

    { ngx_string("hpf_masked_args"), NULL, ngx_http_hpf_mask_uri_variable,
      NGX_HTTP_HPF_MASK_URI_ARGS, 0, 0 },

    { ngx_string("hpf_masked_referer"), NULL, ngx_http_hpf_mask_uri_variable,
      NGX_HTTP_HPF_MASK_URI_REFERER, 0, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_hpf_mask_uri_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_hpf_mask_uri_table; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_uri_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                  rc;
    ngx_str_t                  s;
    const hpf_mask_rules_t    *rules;
    ngx_http_hpf_mask_text_t   text;

    switch (data) {

    case NGX_HTTP_HPF_MASK_URI:
        s = r->unparsed_uri;
        break;

    case NGX_HTTP_HPF_MASK_URI_ARGS:
        s = r->args;
        break;

    default:
        if (r->headers_in.referer == NULL) {
            v->not_found = 1;
            return NGX_OK;
        }

        s = r->headers_in.referer->value;
    }

    rules = ngx_http_hpf_mask_filter_rules(r);
    if (rules == NULL) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_text_init(&text, r, rules);

    if (data == NGX_HTTP_HPF_MASK_URI_ARGS) {
        rc = ngx_http_hpf_mask_text_add(&text, HPF_MASK_TYPE_FORM, s.data,
                                        s.len);

    } else {
        rc = ngx_http_hpf_mask_text_uri(&text, s.data, s.len);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_uri_plain(&text.s);

    v->len = text.s.len;
    v->data = text.s.data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* No control character gets through, whatever "log_format" escapes. */

static void
ngx_http_hpf_mask_uri_plain(ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            s->data[i] = '?';
        }
    }
}
