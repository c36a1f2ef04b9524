/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Parser of the store's URL.  The password is taken out before anything can
 * be logged.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_url.h"


#define NGX_HPF_REDIS_URL_PORT  6379


static ngx_int_t ngx_hpf_redis_url_tcp(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_unix(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_arg(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_login(ngx_conf_t *cf, ngx_str_t *login,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_decode(ngx_conf_t *cf, ngx_str_t *src,
    ngx_str_t *dst);
static ngx_int_t ngx_hpf_redis_url_db(ngx_conf_t *cf, ngx_str_t *db,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_resolve(ngx_conf_t *cf, ngx_str_t *host,
    ngx_hpf_redis_url_t *url);


ngx_int_t
ngx_hpf_redis_url_parse(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_hpf_redis_url_t *url)
{
    ngx_str_t  rest;

    ngx_memzero(url, sizeof(ngx_hpf_redis_url_t));

    rest = *text;

    if (rest.len > 5 && ngx_strncasecmp(rest.data, (u_char *) "unix:", 5) == 0)
    {
        return ngx_hpf_redis_url_unix(cf, &rest, url);
    }

    if (rest.len > 8
        && ngx_strncasecmp(rest.data, (u_char *) "redis://", 8) == 0)
    {
        rest.data += 8;
        rest.len -= 8;

        return ngx_hpf_redis_url_tcp(cf, &rest, url);
    }

    if (rest.len > 9
        && ngx_strncasecmp(rest.data, (u_char *) "rediss://", 9) == 0)
    {
        url->tls = 1;
        rest.data += 9;
        rest.len -= 9;

        return ngx_hpf_redis_url_tcp(cf, &rest, url);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hpf redis: invalid URL, \"redis://\", "
                       "\"rediss://\" or \"unix:\" expected");
    return NGX_ERROR;
}


static ngx_int_t
ngx_hpf_redis_url_tcp(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url)
{
    u_char     *p, *last;
    ngx_str_t   part;

    /* the last "@": an unescaped one in a password is taken as meant */

    last = rest->data + rest->len;

    for (p = last; p > rest->data; p--) {

        if (p[-1] != '@') {
            continue;
        }

        part.data = rest->data;
        part.len = p - 1 - rest->data;

        if (ngx_hpf_redis_url_login(cf, &part, url) != NGX_OK) {
            return NGX_ERROR;
        }

        rest->len = last - p;
        rest->data = p;
        break;
    }

    p = ngx_strlchr(rest->data, last, '/');

    if (p != NULL) {
        part.data = p + 1;
        part.len = last - part.data;
        rest->len = p - rest->data;

        if (part.len && ngx_hpf_redis_url_db(cf, &part, url) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_hpf_redis_url_resolve(cf, rest, url);
}


static ngx_int_t
ngx_hpf_redis_url_unix(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url)
{
    u_char     *p, *last;
    ngx_str_t   arg;

    last = rest->data + rest->len;
    p = ngx_strlchr(rest->data, last, '?');

    if (p != NULL) {
        rest->len = p - rest->data;
    }

    while (p != NULL) {
        arg.data = p + 1;
        p = ngx_strlchr(arg.data, last, '&');
        arg.len = (p ? p : last) - arg.data;

        if (ngx_hpf_redis_url_arg(cf, &arg, url) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_hpf_redis_url_resolve(cf, rest, url);
}


static ngx_int_t
ngx_hpf_redis_url_arg(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_hpf_redis_url_t *url)
{
    u_char     *p, *last;
    ngx_str_t   name, value;

    last = arg->data + arg->len;

    p = ngx_strlchr(arg->data, last, '=');
    if (p == NULL) {
        p = last;
    }

    name.data = arg->data;
    name.len = p - arg->data;

    value.data = ngx_min(p + 1, last);
    value.len = last - value.data;

    if (name.len == 2 && ngx_strncmp(name.data, "db", 2) == 0) {
        return ngx_hpf_redis_url_db(cf, &value, url);
    }

    if (name.len == 4 && ngx_strncmp(name.data, "user", 4) == 0) {
        return ngx_hpf_redis_url_decode(cf, &value, &url->user);
    }

    if (name.len == 8 && ngx_strncmp(name.data, "password", 8) == 0) {
        return ngx_hpf_redis_url_decode(cf, &value, &url->password);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hpf redis: invalid parameter \"%V\" in URL, \"db\", "
                       "\"user\" or \"password\" expected", &name);
    return NGX_ERROR;
}


static ngx_int_t
ngx_hpf_redis_url_login(ngx_conf_t *cf, ngx_str_t *login,
    ngx_hpf_redis_url_t *url)
{
    u_char     *p, *last;
    ngx_str_t   part;

    last = login->data + login->len;

    p = ngx_strlchr(login->data, last, ':');

    if (p != NULL) {
        part.data = p + 1;
        part.len = last - part.data;

        if (ngx_hpf_redis_url_decode(cf, &part, &url->password) != NGX_OK) {
            return NGX_ERROR;
        }

        last = p;
    }

    part.data = login->data;
    part.len = last - login->data;

    return ngx_hpf_redis_url_decode(cf, &part, &url->user);
}


static ngx_int_t
ngx_hpf_redis_url_decode(ngx_conf_t *cf, ngx_str_t *src, ngx_str_t *dst)
{
    u_char     *p, *last;
    ngx_int_t   ch;

    dst->data = ngx_pnalloc(cf->pool, src->len);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    p = src->data;
    last = p + src->len;

    while (p < last) {

        if (*p != '%') {
            dst->data[dst->len++] = *p++;
            continue;
        }

        ch = (last - p > 2) ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (ch == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hpf redis: invalid percent code in the user "
                               "or password of the URL");
            return NGX_ERROR;
        }

        dst->data[dst->len++] = (u_char) ch;
        p += 3;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_url_db(ngx_conf_t *cf, ngx_str_t *db, ngx_hpf_redis_url_t *url)
{
    if (db->len > 9 || ngx_atoi(db->data, db->len) == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hpf redis: invalid database \"%V\" in URL, "
                           "a number expected", db);
        return NGX_ERROR;
    }

    url->db = *db;

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_url_resolve(ngx_conf_t *cf, ngx_str_t *host,
    ngx_hpf_redis_url_t *url)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *host;
    u.default_port = NGX_HPF_REDIS_URL_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hpf redis: %s in \"%V\" of the URL",
                           u.err ? u.err : "no memory", host);
        return NGX_ERROR;
    }

    url->name = *host;
    url->host = u.host;
    url->addrs = u.addrs;
    url->naddrs = u.naddrs;

    return NGX_OK;
}
