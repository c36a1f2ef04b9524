/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits of guessing.  An attempt to prove who one is is counted before it is
 * made, and given back when it was none.  Counted are
 *
 *   hpf:{f:HASH}:net:NET     attempts for a number from a network (/24, /64)
 *   hpf:{f:HASH}:all         the same from anywhere
 *   hpf:{f:HASH}:dev:DEVICE  instead of both, from a device of the user's
 *   hpf:{fn:NET}:ADDRESS     attempts from an address, and
 *   hpf:{fn:NET}:all         a network; not from a device
 *
 * HASH is of the number that was given and not of a user: who does not exist
 * is locked alike.
 */

#ifndef _NGX_HTTP_HPF_LOCK_H_INCLUDED_
#define _NGX_HTTP_HPF_LOCK_H_INCLUDED_


#include "ngx_http_hpf_user.h"


struct ngx_http_hpf_lock_s {
    ngx_flag_t   on;
    ngx_uint_t   user;                     /* free failures: of a number */
    ngx_uint_t   total;                    /* from anywhere */
    ngx_uint_t   address;
    ngx_uint_t   prefix;
    time_t       first;                    /* s, of the pauses */
    time_t       longest;
    time_t       window;                   /* s, until one is forgotten */
};


/*
 * Stages before the factors: of person->guessed, and of where it comes from;
 * and one behind them.
 */
ngx_int_t ngx_http_hpf_lock_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_lock_place_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_lock_pass_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);

/* In the place of the first two, for who is logged in: of his session. */
ngx_int_t ngx_http_hpf_lock_session_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _lock_conf.c */
char *ngx_http_hpf_lock_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_hpf_lock_t *ngx_http_hpf_lock_create(ngx_pool_t *pool);


/*
 * _device.c: what makes a device one of the person's, for "device" of an
 * answer; data NULL: no memory.  It ends with his epoch.
 */
ngx_str_t ngx_http_hpf_device_make(ngx_http_hpf_ctx_t *ctx);

/* The id in the X-HPF-Device of the request, hex; empty: it is not his. */
ngx_str_t ngx_http_hpf_device_check(ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_LOCK_H_INCLUDED_ */
