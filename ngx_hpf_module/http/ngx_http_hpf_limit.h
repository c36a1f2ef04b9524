/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits between their files: those of this node (_limit.c), and those that
 * the store decides or leases (_limit_store.c).
 *
 * The limits of a user that the store decides are asked for together, for his
 * keys are in one slot: with his session, if that has to be read and all may
 * be in one script; with the beginning of an idempotent request, if it is
 * one; and else alone.
 */

#ifndef _NGX_HTTP_HPF_LIMIT_H_INCLUDED_
#define _NGX_HTTP_HPF_LIMIT_H_INCLUDED_


#include "ngx_http_hpf_store.h"


/* asked for together, at most: of a location, a channel and an item */
#define NGX_HTTP_HPF_LIMIT_GROUP  32
#define NGX_HTTP_HPF_LIMIT_ARGS   (1 + 4 * NGX_HTTP_HPF_LIMIT_GROUP)

/* numbers of the answer for each limit */
#define NGX_HTTP_HPF_LIMIT_ANSWER 4


typedef enum {
    NGX_HTTP_HPF_LIMIT_NODE = 0,
    NGX_HTTP_HPF_LIMIT_LEASE,
    NGX_HTTP_HPF_LIMIT_STORE
} ngx_http_hpf_limit_source_e;


typedef struct ngx_http_hpf_limit_lease_s  ngx_http_hpf_limit_lease_t;


/* A limit and for whom; key is of both.  op or lease is what it waits for. */

struct ngx_http_hpf_limit_ask_s {
    ngx_http_hpf_ctx_t           *ctx;
    ngx_http_hpf_limit_t         *limit;
    ngx_http_hpf_limit_ask_t     *next;
    ngx_hpf_redis_op_t           *op;
    ngx_http_hpf_limit_lease_t   *lease;
    int64_t                       want;
    u_char                        key[HPF_HASH_LEN];
};


/* Limits that are asked for together; the others of ctx->asks go alone. */

typedef struct {
    ngx_http_hpf_limit_t         *limits[NGX_HTTP_HPF_LIMIT_GROUP];
    ngx_uint_t                    n;
} ngx_http_hpf_limit_group_t;


/*
 * _limit.c: the verdict on one limit.  NGX_OK: the request may go on;
 * NGX_ABORT: refused.
 */
ngx_int_t ngx_http_hpf_limit_verdict(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, ngx_uint_t refused,
    const hpf_gcra_result_t *result, ngx_http_hpf_limit_source_e source);

/* By the node's own bucket. */
ngx_int_t ngx_http_hpf_limit_local(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, const u_char *key);

/* A group for want of the store's answer, by the node's own buckets. */
ngx_int_t ngx_http_hpf_limit_own(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group);

/* The user's limits that the store decides, of those that apply. */
void ngx_http_hpf_limit_group(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_group_t *group);

/* What a bucket or lease of this limit and subject is found by. */
void ngx_http_hpf_limit_key(ngx_http_hpf_limit_t *limit,
    const ngx_str_t *subject, u_char *key);


/*
 * _limit_store.c: asks the store for want tokens of a limit that is not one of
 * a group; ngx_http_hpf_limit_wait() sends all that were asked for.
 */
ngx_int_t ngx_http_hpf_limit_ask(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, const u_char *key, int64_t want);

/* Asks for tokens that nobody waits for. */
void ngx_http_hpf_limit_ahead(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, const u_char *key, int64_t want);

/*
 * NGX_AGAIN: the line goes on when all were answered, with ctx->op_rc;
 * NGX_OK: there was nothing to ask for.  The group may be empty.
 */
ngx_int_t ngx_http_hpf_limit_wait(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_group_t *group);

/*
 * Arguments for a script that takes the limits of a group along: n times
 * HASH, then what limit.inc.lua wants, from args on.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_hpf_limit_names(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *args);
ngx_int_t ngx_http_hpf_limit_numbers(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *args);

/* The keys of a group in the store, of a user that is known. */
ngx_int_t ngx_http_hpf_limit_keys(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group, ngx_str_t *keys);

/* The verdict of such a script, whose answer has it from at on. */
ngx_int_t ngx_http_hpf_limit_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t at);

/* The request ends first. */
void ngx_http_hpf_limit_cancel(ngx_http_hpf_ctx_t *ctx);


/* _idempotency.c: 1: the request will be begun as an idempotent one. */
ngx_uint_t ngx_http_hpf_idempotency_applies(ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_LIMIT_H_INCLUDED_ */
