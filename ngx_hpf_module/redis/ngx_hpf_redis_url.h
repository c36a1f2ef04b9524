/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * URL of a store, parsed at configuration time.
 */

#ifndef _NGX_HPF_REDIS_URL_H_INCLUDED_
#define _NGX_HPF_REDIS_URL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HPF_REDIS_PORT           6379
#define NGX_HPF_REDIS_SENTINEL_PORT  26379


typedef enum {
    NGX_HPF_REDIS_SINGLE = 0,
    NGX_HPF_REDIS_SENTINEL,
    NGX_HPF_REDIS_CLUSTER
} ngx_hpf_redis_kind_e;


typedef struct {
    ngx_str_t                user;
    ngx_str_t                password;
    ngx_str_t                db;        /* digits, empty: 0 */
} ngx_hpf_redis_login_t;


typedef struct {
    ngx_str_t                name;      /* in logs, "host:port" */
    ngx_str_t                host;      /* bare, ends with a zero */
    in_port_t                port;
    ngx_addr_t              *addrs;     /* known without a resolver */
    ngx_uint_t               naddrs;
    unsigned                 literal:1; /* an address: nothing to resolve */
} ngx_hpf_redis_server_t;


typedef struct {
    ngx_hpf_redis_kind_e     kind;
    ngx_str_t                name;      /* in logs: without passwords */
    ngx_hpf_redis_login_t    login;
    ngx_hpf_redis_login_t    sentinel;  /* at sentinels themselves */
    ngx_str_t                master;    /* what sentinels call it */
    ngx_hpf_redis_server_t  *servers;   /* sentinels, or some of a cluster */
    ngx_uint_t               nservers;
    unsigned                 tls:1;
} ngx_hpf_redis_url_t;


/*
 * Parses
 *
 *     redis://[LOGIN@]HOST[:PORT][/DB]
 *     redis-sentinel://[LOGIN@]HOST[:PORT],.../MASTER[/DB]
 *     redis-cluster://[LOGIN@]HOST[:PORT],...
 *     unix:PATH
 *
 * where LOGIN is "user:password", "user" or ":password", each percent-coded,
 * and HOST may be an IPv6 address in brackets; "rediss" instead of "redis" is
 * the same with TLS.  Arguments may follow: "?db=N&user=U&password=P", for
 * sentinels also "sentinel_user" and "sentinel_password".  The result is in
 * cf->pool.  NGX_ERROR: logged with file and line, without a password.
 */
ngx_int_t ngx_hpf_redis_url_parse(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_hpf_redis_url_t *url);


#endif /* _NGX_HPF_REDIS_URL_H_INCLUDED_ */
