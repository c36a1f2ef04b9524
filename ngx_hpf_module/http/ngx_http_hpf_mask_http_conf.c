/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_rule.h"


static ngx_uint_t ngx_http_hpf_mask_http_conf_token(ngx_str_t *name);


/* What is no text of a back end's, or what the protocol stands on. */

static ngx_str_t  ngx_http_hpf_mask_http_conf_fixed[] = {
    ngx_string("accept-ranges"),
    ngx_string("connection"),
    ngx_string("content-encoding"),
    ngx_string("content-length"),
    ngx_string("content-range"),
    ngx_string("content-type"),
    ngx_string("date"),
    ngx_string("etag"),
    ngx_string("keep-alive"),
    ngx_string("last-modified"),
    ngx_string("server"),
    ngx_string("trailer"),
    ngx_string("transfer-encoding"),
    ngx_string("upgrade"),
    ngx_null_string
};


void
ngx_http_hpf_mask_http_conf_init(ngx_http_hpf_mask_http_conf_t *conf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->charset_default = NULL;
     *     conf->names = NULL;
     */

    conf->charset = NGX_CONF_UNSET_UINT;
    conf->request = NGX_CONF_UNSET;
    conf->fields = NGX_CONF_UNSET_PTR;
}


void
ngx_http_hpf_mask_http_conf_merge(ngx_http_hpf_mask_http_conf_t *conf,
    ngx_http_hpf_mask_http_conf_t *prev)
{
    if (conf->charset == NGX_CONF_UNSET_UINT) {
        conf->charset_default = prev->charset_default;
    }

    ngx_conf_merge_uint_value(conf->charset, prev->charset,
                              NGX_HTTP_HPF_MASK_CONVERT);
    ngx_conf_merge_value(conf->request, prev->request, 0);

    if (conf->fields == NGX_CONF_UNSET_PTR) {
        conf->names = prev->names;
    }

    ngx_conf_merge_ptr_value(conf->fields, prev->fields, NULL);
}


/* hpf_mask_charset convert | refuse [default=CHARSET] */

char *
ngx_http_hpf_mask_http_conf_charset(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hpf_mask_loc_conf_t *hmlcf = conf;

    ngx_str_t                      *value;
    ngx_http_hpf_mask_http_conf_t  *hc;

    value = cf->args->elts;
    hc = &hmlcf->http;

    if (hc->charset != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "convert") == 0) {
        hc->charset = NGX_HTTP_HPF_MASK_CONVERT;

    } else if (ngx_strcmp(value[1].data, "refuse") == 0) {
        hc->charset = NGX_HTTP_HPF_MASK_REFUSE_CHARSET;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\", "
                           "it must be \"convert\" or \"refuse\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "default=", 8) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", \"default=\" is "
                           "expected", &value[2]);
        return NGX_CONF_ERROR;
    }

    hc->charset_default = hpf_mask_charset_find((char *) value[2].data + 8,
                                                value[2].len - 8);
    if (hc->charset_default == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown charset in \"%V\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* hpf_mask_header NAME [kind=KIND] [keep=LEFT,RIGHT] [char=C] */

char *
ngx_http_hpf_mask_http_conf_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hpf_mask_loc_conf_t *hmlcf = conf;

    ngx_int_t                   rc;
    ngx_str_t                  *value, *fixed;
    ngx_http_hpf_mask_field_t  *field;

    value = cf->args->elts;

    if (!ngx_http_hpf_mask_http_conf_token(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid header \"%V\", a name such as "
                           "\"Location\" is expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_strlow(value[1].data, value[1].data, value[1].len);

    for (fixed = ngx_http_hpf_mask_http_conf_fixed; fixed->len; fixed++) {

        if (fixed->len == value[1].len
            && ngx_strncmp(fixed->data, value[1].data, fixed->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "header \"%V\" cannot be masked", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (hmlcf->http.fields == NGX_CONF_UNSET_PTR) {
        hmlcf->http.fields = ngx_array_create(cf->pool, 4,
                                          sizeof(ngx_http_hpf_mask_field_t));
        hmlcf->http.names = ngx_palloc(cf->pool, sizeof(ngx_http_hpf_names_t));

        if (hmlcf->http.fields == NULL || hmlcf->http.names == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_http_hpf_names_init(hmlcf->http.names, cf->pool);
    }

    rc = ngx_http_hpf_names_add(hmlcf->http.names, &value[1],
                                hmlcf->http.fields->nelts);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "header \"%V\" is duplicate", &value[1]);
        return NGX_CONF_ERROR;
    }

    field = ngx_array_push(hmlcf->http.fields);

    if (field == NULL || rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(field, sizeof(ngx_http_hpf_mask_field_t));

    field->name = value[1];

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    field->whole = 1;

    return ngx_http_hpf_mask_rule_shape(cf, 2, &field->shape);
}


/* A name that a header may have: RFC 9110 section 5.6.2, and not too long. */

static ngx_uint_t
ngx_http_hpf_mask_http_conf_token(ngx_str_t *name)
{
    size_t  i;

    for (i = 0; i < name->len; i++) {

        if (name->data[i] <= ' ' || name->data[i] >= 0x7f
            || ngx_strchr("\"(),/:;<=>?@[\\]{}", name->data[i]) != NULL)
        {
            return 0;
        }
    }

    return name->len != 0 && name->len <= NGX_HTTP_HPF_MASK_HEADER;
}
