/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Replies and their parser: hiredis' reader with objects of our own, built in
 * a pool.  What a reply announces is counted before memory is taken for it.
 */

#ifndef _NGX_HPF_REDIS_REPLY_H_INCLUDED_
#define _NGX_HPF_REDIS_REPLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/read.h>
#include "ngx_hpf_redis.h"


struct ngx_hpf_redis_reply_s {
    ngx_hpf_redis_type_e        type;
    union {
        int64_t                 integer;
        ngx_str_t               text;
        struct {
            ngx_uint_t               n;
            ngx_hpf_redis_reply_t   *elts;
        } array;
    } u;
};


typedef struct {
    redisReader           *reader;
    ngx_pool_t            *pool;        /* of the reply being built */
    ngx_log_t             *log;
    size_t                 max;         /* bytes, with the objects */
    size_t                 used;
    unsigned               whole:1;     /* the pool holds a delivered reply */
    unsigned               refused:1;
} ngx_hpf_redis_parser_t;


/* NGX_ERROR: no memory; nothing is held then. */
ngx_int_t ngx_hpf_redis_reply_open(ngx_hpf_redis_parser_t *p, size_t max,
    ngx_log_t *log);

/* May be called on a zeroed or closed parser. */
void ngx_hpf_redis_reply_close(ngx_hpf_redis_parser_t *p);

ngx_int_t ngx_hpf_redis_reply_feed(ngx_hpf_redis_parser_t *p,
    const u_char *data, size_t len);

/*
 * NGX_OK: *reply is the next reply, valid until the next call.  NGX_AGAIN:
 * more bytes are needed.  NGX_ERROR: the stream cannot be parsed any further,
 * ngx_hpf_redis_reply_error() says why.
 */
ngx_int_t ngx_hpf_redis_reply_next(ngx_hpf_redis_parser_t *p,
    ngx_hpf_redis_reply_t **reply);
const char *ngx_hpf_redis_reply_error(ngx_hpf_redis_parser_t *p);

/* A copy in a pool of its own, *pool; NULL: no memory. */
ngx_hpf_redis_reply_t *ngx_hpf_redis_reply_copy(
    const ngx_hpf_redis_reply_t *reply, ngx_pool_t **pool, ngx_log_t *log);

/* 1: an error of Redis that begins with this word. */
ngx_uint_t ngx_hpf_redis_error_is(const ngx_hpf_redis_reply_t *reply,
    const char *word);


#endif /* _NGX_HPF_REDIS_REPLY_H_INCLUDED_ */
