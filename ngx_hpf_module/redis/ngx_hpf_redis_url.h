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


typedef struct {
    ngx_str_t    name;          /* for logs: without user and password */
    ngx_str_t    host;
    ngx_str_t    user;
    ngx_str_t    password;
    ngx_str_t    db;            /* digits, empty: 0 */
    ngx_addr_t  *addrs;
    ngx_uint_t   naddrs;
    unsigned     tls:1;
} ngx_hpf_redis_url_t;


/*
 * Parses "redis://[user[:password]@]host[:port][/db]" or the same with
 * "rediss://", where host may be an IPv6 address in brackets, and
 * "unix:/path[?db=N&user=U&password=P]"; user and password may be
 * percent-coded.  Names are resolved here, and only here:
 * a link asks for an address of addrs each time it connects.  The result is in
 * cf->pool.  NGX_ERROR: logged with file and line, without the password.
 */
ngx_int_t ngx_hpf_redis_url_parse(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_hpf_redis_url_t *url);


#endif /* _NGX_HPF_REDIS_URL_H_INCLUDED_ */
