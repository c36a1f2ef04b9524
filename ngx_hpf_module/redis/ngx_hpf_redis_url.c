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


static ngx_int_t ngx_hpf_redis_url_scheme(ngx_str_t *rest,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_tcp(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_path(ngx_conf_t *cf, ngx_str_t *path,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_args(ngx_conf_t *cf, ngx_str_t *rest,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_arg(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_login(ngx_conf_t *cf, ngx_str_t *login,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_decode(ngx_conf_t *cf, ngx_str_t *src,
    ngx_str_t *dst);
static ngx_int_t ngx_hpf_redis_url_db(ngx_conf_t *cf, ngx_str_t *db,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_servers(ngx_conf_t *cf, ngx_str_t *hosts,
    ngx_hpf_redis_url_t *url);
static ngx_int_t ngx_hpf_redis_url_server(ngx_conf_t *cf, ngx_str_t *host,
    ngx_hpf_redis_url_t *url, ngx_hpf_redis_server_t *server);
static ngx_int_t ngx_hpf_redis_url_host(ngx_conf_t *cf, ngx_url_t *u,
    ngx_hpf_redis_server_t *server);


static const struct {
    ngx_str_t             prefix;
    ngx_hpf_redis_kind_e  kind;
    ngx_uint_t            tls;
} ngx_hpf_redis_url_schemes[] = {
    { ngx_string("redis://"),           NGX_HPF_REDIS_SINGLE,   0 },
    { ngx_string("rediss://"),          NGX_HPF_REDIS_SINGLE,   1 },
    { ngx_string("redis-sentinel://"),  NGX_HPF_REDIS_SENTINEL, 0 },
    { ngx_string("rediss-sentinel://"), NGX_HPF_REDIS_SENTINEL, 1 },
    { ngx_string("redis-cluster://"),   NGX_HPF_REDIS_CLUSTER,  0 },
    { ngx_string("rediss-cluster://"),  NGX_HPF_REDIS_CLUSTER,  1 }
};


ngx_int_t
ngx_hpf_redis_url_parse(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_hpf_redis_url_t *url)
{
    ngx_str_t  rest;

    ngx_memzero(url, sizeof(ngx_hpf_redis_url_t));

    rest = *text;

    if (rest.len > 5 && ngx_strncasecmp(rest.data, (u_char *) "unix:", 5) == 0)
    {
        if (ngx_hpf_redis_url_args(cf, &rest, url) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_hpf_redis_url_servers(cf, &rest, url);
    }

    if (ngx_hpf_redis_url_scheme(&rest, url) == NGX_OK) {
        return ngx_hpf_redis_url_tcp(cf, &rest, url);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hpf redis: invalid URL, \"redis://\", "
                       "\"redis-sentinel://\", \"redis-cluster://\", the "
                       "same with \"rediss\", or \"unix:\" expected");
    return NGX_ERROR;
}


static ngx_int_t
ngx_hpf_redis_url_scheme(ngx_str_t *rest, ngx_hpf_redis_url_t *url)
{
    ngx_uint_t        i, n;
    const ngx_str_t  *prefix;

    n = sizeof(ngx_hpf_redis_url_schemes)
        / sizeof(ngx_hpf_redis_url_schemes[0]);

    for (i = 0; i < n; i++) {
        prefix = &ngx_hpf_redis_url_schemes[i].prefix;

        if (rest->len > prefix->len
            && ngx_strncasecmp(rest->data, prefix->data, prefix->len) == 0)
        {
            url->kind = ngx_hpf_redis_url_schemes[i].kind;
            url->tls = ngx_hpf_redis_url_schemes[i].tls;
            rest->data += prefix->len;
            rest->len -= prefix->len;

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
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

    if (ngx_hpf_redis_url_args(cf, rest, url) != NGX_OK) {
        return NGX_ERROR;
    }

    last = rest->data + rest->len;
    p = ngx_strlchr(rest->data, last, '/');

    part.data = p ? p + 1 : last;
    part.len = last - part.data;

    if (p) {
        rest->len = p - rest->data;
    }

    if (ngx_hpf_redis_url_path(cf, &part, url) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_hpf_redis_url_servers(cf, rest, url);
}


/* [MASTER/]DB */

static ngx_int_t
ngx_hpf_redis_url_path(ngx_conf_t *cf, ngx_str_t *path,
    ngx_hpf_redis_url_t *url)
{
    u_char     *p;
    ngx_str_t   db;

    db = *path;

    if (url->kind == NGX_HPF_REDIS_SENTINEL) {

        p = ngx_strlchr(path->data, path->data + path->len, '/');

        url->master.data = path->data;
        url->master.len = p ? (size_t) (p - path->data) : path->len;

        if (url->master.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hpf redis: no name of a master in the URL, "
                               "\"redis-sentinel://HOST,HOST/MASTER\" "
                               "expected");
            return NGX_ERROR;
        }

        db.data = p ? p + 1 : path->data + path->len;
        db.len = path->data + path->len - db.data;
    }

    if (db.len && ngx_hpf_redis_url_db(cf, &db, url) != NGX_OK) {
        return NGX_ERROR;
    }

    if (url->kind == NGX_HPF_REDIS_CLUSTER && url->login.db.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hpf redis: a cluster has no databases, \"/%V\" "
                           "in the URL", &url->login.db);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* "?NAME=VALUE&..." is cut off. */

static ngx_int_t
ngx_hpf_redis_url_args(ngx_conf_t *cf, ngx_str_t *rest,
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

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_url_arg(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_hpf_redis_url_t *url)
{
    u_char                 *p, *last;
    ngx_str_t               name, value;
    ngx_hpf_redis_login_t  *login;

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

    login = &url->login;

    if (name.len > 9 && ngx_strncmp(name.data, "sentinel_", 9) == 0
        && url->kind == NGX_HPF_REDIS_SENTINEL)
    {
        login = &url->sentinel;
        name.data += 9;
        name.len -= 9;
    }

    if (name.len == 4 && ngx_strncmp(name.data, "user", 4) == 0) {
        return ngx_hpf_redis_url_decode(cf, &value, &login->user);
    }

    if (name.len == 8 && ngx_strncmp(name.data, "password", 8) == 0) {
        return ngx_hpf_redis_url_decode(cf, &value, &login->password);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hpf redis: invalid parameter \"%V\" in URL, \"db\", "
                       "\"user\" or \"password\" expected, of sentinels also "
                       "\"sentinel_user\" and \"sentinel_password\"", &name);
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

        if (ngx_hpf_redis_url_decode(cf, &part, &url->login.password)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        last = p;
    }

    part.data = login->data;
    part.len = last - login->data;

    return ngx_hpf_redis_url_decode(cf, &part, &url->login.user);
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

    url->login.db = *db;

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_url_servers(ngx_conf_t *cf, ngx_str_t *hosts,
    ngx_hpf_redis_url_t *url)
{
    u_char      *p, *last, *end;
    ngx_str_t    host;
    ngx_uint_t   n;

    url->name = *hosts;

    n = 1;
    last = hosts->data + hosts->len;

    if (url->kind != NGX_HPF_REDIS_SINGLE) {
        for (p = hosts->data; p < last; p++) {
            n += (*p == ',');
        }
    }

    url->servers = ngx_pcalloc(cf->pool, n * sizeof(ngx_hpf_redis_server_t));
    if (url->servers == NULL) {
        return NGX_ERROR;
    }

    for (p = hosts->data; url->nservers < n; p = end + 1) {

        end = (n > 1) ? ngx_strlchr(p, last, ',') : NULL;
        end = end ? end : last;

        host.data = p;
        host.len = end - p;

        if (ngx_hpf_redis_url_server(cf, &host, url,
                                     &url->servers[url->nservers++])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_redis_url_server(ngx_conf_t *cf, ngx_str_t *host,
    ngx_hpf_redis_url_t *url, ngx_hpf_redis_server_t *server)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *host;
    u.default_port = (url->kind == NGX_HPF_REDIS_SENTINEL)
                     ? NGX_HPF_REDIS_SENTINEL_PORT : NGX_HPF_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hpf redis: %s in \"%V\" of the URL",
                           u.err ? u.err : "no memory", host);
        return NGX_ERROR;
    }

    server->name = *host;
    server->addrs = u.addrs;
    server->naddrs = u.naddrs;
    server->port = u.port;

    return ngx_hpf_redis_url_host(cf, &u, server);
}


/* OpenSSL wants a name that ends with a zero, and an address bare. */

static ngx_int_t
ngx_hpf_redis_url_host(ngx_conf_t *cf, ngx_url_t *u,
    ngx_hpf_redis_server_t *server)
{
    u_char      addr[16];
    ngx_str_t   host;

    host = u->host;

    if (host.len > 2 && host.data[0] == '[') {
        host.data++;
        host.len -= 2;
    }

    server->host.len = host.len;
    server->host.data = ngx_pnalloc(cf->pool, host.len + 1);

    if (server->host.data == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(server->host.data, host.data, host.len + 1);

    server->literal = (u->family == AF_UNIX
                       || ngx_inet_addr(host.data, host.len) != INADDR_NONE
                       || ngx_inet6_addr(host.data, host.len, addr) == NGX_OK);

    return NGX_OK;
}
