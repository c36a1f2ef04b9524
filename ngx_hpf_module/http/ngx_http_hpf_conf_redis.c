/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The directives of the store.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_conf.h"


#define NGX_HTTP_HPF_CONF_REPLY  4096      /* bytes, at least */


static ngx_int_t ngx_http_hpf_conf_redis_parameter(ngx_conf_t *cf,
    ngx_hpf_redis_conf_t *rcf, ngx_str_t *text);
static ngx_int_t ngx_http_hpf_conf_redis_msec(ngx_str_t *s,
    ngx_msec_t *field);
static ngx_int_t ngx_http_hpf_conf_redis_size(ngx_str_t *s, size_t *field);
static ngx_int_t ngx_http_hpf_conf_redis_file(ngx_conf_t *cf, ngx_str_t *s,
    ngx_str_t *field);
static ngx_int_t ngx_http_hpf_conf_redis_verify(ngx_str_t *s,
    ngx_flag_t *insecure);


typedef enum {
    NGX_HTTP_HPF_CONF_MSEC = 0,
    NGX_HTTP_HPF_CONF_SIZE,
    NGX_HTTP_HPF_CONF_FILE,
    NGX_HTTP_HPF_CONF_VERIFY
} ngx_http_hpf_conf_redis_e;


static const struct {
    ngx_str_t                  prefix;
    ngx_http_hpf_conf_redis_e  type;
    size_t                     offset;
} ngx_http_hpf_conf_redis_parameters[] = {
    { ngx_string("connect="), NGX_HTTP_HPF_CONF_MSEC,
      offsetof(ngx_hpf_redis_conf_t, connect_timeout) },
    { ngx_string("timeout="), NGX_HTTP_HPF_CONF_MSEC,
      offsetof(ngx_hpf_redis_conf_t, timeout) },
    { ngx_string("idle="), NGX_HTTP_HPF_CONF_MSEC,
      offsetof(ngx_hpf_redis_conf_t, idle_timeout) },
    { ngx_string("reconnect="), NGX_HTTP_HPF_CONF_MSEC,
      offsetof(ngx_hpf_redis_conf_t, reconnect_max) },
    { ngx_string("reply="), NGX_HTTP_HPF_CONF_SIZE,
      offsetof(ngx_hpf_redis_conf_t, max_reply) },
    { ngx_string("ca="), NGX_HTTP_HPF_CONF_FILE,
      offsetof(ngx_hpf_redis_conf_t, tls_ca) },
    { ngx_string("cert="), NGX_HTTP_HPF_CONF_FILE,
      offsetof(ngx_hpf_redis_conf_t, tls_cert) },
    { ngx_string("key="), NGX_HTTP_HPF_CONF_FILE,
      offsetof(ngx_hpf_redis_conf_t, tls_key) },
    { ngx_string("verify="), NGX_HTTP_HPF_CONF_VERIFY,
      offsetof(ngx_hpf_redis_conf_t, tls_insecure) }
};


/* hpf_redis URL [NAME=VALUE ...] */

char *
ngx_http_hpf_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t             *value;
    ngx_uint_t             i;
    ngx_hpf_redis_conf_t  *rcf;

    value = cf->args->elts;
    rcf = &hmcf->redis_conf;

    if (hmcf->redis) {
        return "is duplicate";
    }

    rcf->url = value[1];
    rcf->connect_timeout = 500;
    rcf->timeout = 500;
    rcf->idle_timeout = 1000;
    rcf->reconnect_max = 1000;
    rcf->max_reply = 1024 * 1024;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_conf_redis_parameter(cf, rcf, &value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": connect=TIME, "
                               "timeout=TIME, idle=TIME, reconnect=TIME, "
                               "reply=SIZE (of at least 4k), ca=FILE, "
                               "cert=FILE, key=FILE or verify=on|off "
                               "expected", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if ((rcf->tls_cert.len != 0) != (rcf->tls_key.len != 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cert=\" and \"key=\" are needed together");
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value[1].data, "rediss", 6) != 0
        && (rcf->tls_ca.len || rcf->tls_cert.len || rcf->tls_insecure))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"ca=\", \"cert=\", \"key=\" and \"verify=\" are "
                           "for \"rediss\" URLs");
        return NGX_CONF_ERROR;
    }

    hmcf->redis = ngx_hpf_redis_create(cf, rcf);

    return hmcf->redis ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_hpf_conf_redis_parameter(ngx_conf_t *cf, ngx_hpf_redis_conf_t *rcf,
    ngx_str_t *text)
{
    void        *field;
    ngx_str_t    s;
    ngx_uint_t   i, n;

    n = sizeof(ngx_http_hpf_conf_redis_parameters)
        / sizeof(ngx_http_hpf_conf_redis_parameters[0]);

    for (i = 0; i < n; i++) {

        s = ngx_http_hpf_conf_redis_parameters[i].prefix;

        if (text->len > s.len
            && ngx_strncmp(text->data, s.data, s.len) == 0)
        {
            break;
        }
    }

    if (i == n) {
        return NGX_ERROR;
    }

    field = (u_char *) rcf + ngx_http_hpf_conf_redis_parameters[i].offset;

    s.data = text->data + s.len;
    s.len = text->len - s.len;

    switch (ngx_http_hpf_conf_redis_parameters[i].type) {

    case NGX_HTTP_HPF_CONF_MSEC:
        return ngx_http_hpf_conf_redis_msec(&s, field);

    case NGX_HTTP_HPF_CONF_SIZE:
        return ngx_http_hpf_conf_redis_size(&s, field);

    case NGX_HTTP_HPF_CONF_FILE:
        return ngx_http_hpf_conf_redis_file(cf, &s, field);

    default: /* NGX_HTTP_HPF_CONF_VERIFY */
        return ngx_http_hpf_conf_redis_verify(&s, field);
    }
}


static ngx_int_t
ngx_http_hpf_conf_redis_msec(ngx_str_t *s, ngx_msec_t *field)
{
    ngx_int_t  ms;

    ms = ngx_parse_time(s, 0);

    if (ms <= 0) {
        return NGX_ERROR;
    }

    *field = ms;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_conf_redis_size(ngx_str_t *s, size_t *field)
{
    ssize_t  size;

    size = ngx_parse_size(s);

    if (size < NGX_HTTP_HPF_CONF_REPLY) {
        return NGX_ERROR;
    }

    *field = size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_conf_redis_file(ngx_conf_t *cf, ngx_str_t *s, ngx_str_t *field)
{
    *field = *s;

    return ngx_conf_full_name(cf->cycle, field, 1);
}


static ngx_int_t
ngx_http_hpf_conf_redis_verify(ngx_str_t *s, ngx_flag_t *insecure)
{
    if (s->len == 2 && ngx_strncmp(s->data, "on", 2) == 0) {
        *insecure = 0;
        return NGX_OK;
    }

    if (s->len == 3 && ngx_strncmp(s->data, "off", 3) == 0) {
        *insecure = 1;
        return NGX_OK;
    }

    return NGX_ERROR;
}


/* hpf_redis_wait N [timeout=TIME] */

char *
ngx_http_hpf_conf_redis_wait(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t              n;
    ngx_str_t             *value, s;
    ngx_hpf_redis_conf_t  *rcf;

    value = cf->args->elts;
    rcf = &hmcf->redis_conf;

    if (rcf->replicas_timeout) {
        return "is duplicate";
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 0 || n > 100) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\": a number of replicas "
                           "expected, 0 to 100", &value[1]);
        return NGX_CONF_ERROR;
    }

    rcf->replicas = n;
    rcf->replicas_timeout = 100;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "timeout=", 8) == 0) {
        s.data = value[2].data + 8;
        s.len = value[2].len - 8;

        if (ngx_http_hpf_conf_redis_msec(&s, &rcf->replicas_timeout)
            == NGX_OK)
        {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": timeout=TIME expected",
                       &value[2]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_hpf_conf_store(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_hpf_redis_conf_t      *rcf;
    ngx_http_core_loc_conf_t  *clcf;

    rcf = &hmcf->redis_conf;

    if (hmcf->redis == NULL) {

        if (rcf->replicas_timeout) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"hpf_redis_wait\" needs \"hpf_redis\"");
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (hmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_redis\" needs \"hpf_zone\"");
        return NGX_CONF_ERROR;
    }

    if (rcf->replicas_timeout >= rcf->timeout) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the \"timeout=\" of \"hpf_redis_wait\", %M ms, "
                           "has to be shorter than that of \"hpf_redis\", "
                           "%M ms", rcf->replicas_timeout, rcf->timeout);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    rcf->resolver = clcf->resolver;

    ngx_hpf_redis_complete(hmcf->redis, rcf);

    return NGX_CONF_OK;
}
