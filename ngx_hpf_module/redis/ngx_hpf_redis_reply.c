/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hiredis would reserve whatever an array announces, 15 GiB for 13 bytes.
 * With object functions of our own every announcement passes through here
 * first, and a reply costs a few allocations from a pool that is used again.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_reply.h"


#define NGX_HPF_REDIS_REPLY_POOL  4096
#define NGX_HPF_REDIS_REPLY_KEEP  65536

/* the line that announces a bulk string, with the CRLFs */
#define NGX_HPF_REDIS_REPLY_LINE  32


static void *ngx_hpf_redis_reply_string(const redisReadTask *task, char *data,
    size_t len);
static void *ngx_hpf_redis_reply_array(const redisReadTask *task, int n);
static void *ngx_hpf_redis_reply_integer(const redisReadTask *task,
    long long value);
static void *ngx_hpf_redis_reply_nil(const redisReadTask *task);
static void ngx_hpf_redis_reply_free(void *reply);
static ngx_hpf_redis_reply_t *ngx_hpf_redis_reply_slot(
    const redisReadTask *task);
static ngx_int_t ngx_hpf_redis_reply_take(ngx_hpf_redis_parser_t *p,
    size_t size);
static ngx_int_t ngx_hpf_redis_reply_recycle(ngx_hpf_redis_parser_t *p);
static ngx_int_t ngx_hpf_redis_reply_check(ngx_hpf_redis_parser_t *p);
static ngx_int_t ngx_hpf_redis_reply_clone(ngx_hpf_redis_reply_t *dst,
    const ngx_hpf_redis_reply_t *src, ngx_pool_t *pool);


static redisReplyObjectFunctions  ngx_hpf_redis_reply_functions = {
    ngx_hpf_redis_reply_string,
    ngx_hpf_redis_reply_array,
    ngx_hpf_redis_reply_integer,
    ngx_hpf_redis_reply_nil,
    ngx_hpf_redis_reply_free
};


static const ngx_hpf_redis_reply_t  ngx_hpf_redis_reply_none;


ngx_int_t
ngx_hpf_redis_reply_open(ngx_hpf_redis_parser_t *p, size_t max,
    ngx_log_t *log)
{
    ngx_memzero(p, sizeof(ngx_hpf_redis_parser_t));

    p->max = max;
    p->log = log;

    p->pool = ngx_create_pool(NGX_HPF_REDIS_REPLY_POOL, log);
    if (p->pool == NULL) {
        return NGX_ERROR;
    }

    p->reader = redisReaderCreateWithFunctions(&ngx_hpf_redis_reply_functions);
    if (p->reader == NULL) {
        ngx_hpf_redis_reply_close(p);
        return NGX_ERROR;
    }

    p->reader->privdata = p;

    return NGX_OK;
}


void
ngx_hpf_redis_reply_close(ngx_hpf_redis_parser_t *p)
{
    if (p->reader) {
        redisReaderFree(p->reader);
        p->reader = NULL;
    }

    if (p->pool) {
        ngx_destroy_pool(p->pool);
        p->pool = NULL;
    }
}


ngx_int_t
ngx_hpf_redis_reply_feed(ngx_hpf_redis_parser_t *p, const u_char *data,
    size_t len)
{
    if (redisReaderFeed(p->reader, (const char *) data, len) != REDIS_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_hpf_redis_reply_next(ngx_hpf_redis_parser_t *p,
    ngx_hpf_redis_reply_t **reply)
{
    void  *object;

    if (p->whole && ngx_hpf_redis_reply_recycle(p) != NGX_OK) {
        return NGX_ERROR;
    }

    if (redisReaderGetReply(p->reader, &object) != REDIS_OK) {
        return NGX_ERROR;
    }

    if (object == NULL) {
        return ngx_hpf_redis_reply_check(p);
    }

    p->whole = 1;
    *reply = object;

    return NGX_OK;
}


const char *
ngx_hpf_redis_reply_error(ngx_hpf_redis_parser_t *p)
{
    if (p->refused) {
        return "the reply is larger than the limit";
    }

    return p->reader->err ? p->reader->errstr : "no memory";
}


static ngx_int_t
ngx_hpf_redis_reply_recycle(ngx_hpf_redis_parser_t *p)
{
    p->whole = 0;

    if (p->used <= NGX_HPF_REDIS_REPLY_KEEP) {
        p->used = 0;
        ngx_reset_pool(p->pool);
        return NGX_OK;
    }

    p->used = 0;

    ngx_destroy_pool(p->pool);

    p->pool = ngx_create_pool(NGX_HPF_REDIS_REPLY_POOL, p->log);

    return p->pool ? NGX_OK : NGX_ERROR;
}


/*
 * A string that is not here yet: hiredis keeps its bytes until the last one
 * came, so the announced length and what is kept are held to the limit.
 */

static ngx_int_t
ngx_hpf_redis_reply_check(ngx_hpf_redis_parser_t *p)
{
    char         *s, *last;
    size_t        n, left;
    redisReader  *reader;

    reader = p->reader;

    if (reader->ridx < 0 || reader->pos == reader->len) {
        return NGX_AGAIN;
    }

    left = p->max - p->used + NGX_HPF_REDIS_REPLY_LINE;

    if (reader->len - reader->pos > left) {
        p->refused = 1;
        return NGX_ERROR;
    }

    if (reader->rstack[reader->ridx].type != REDIS_REPLY_STRING) {
        return NGX_AGAIN;
    }

    s = reader->buf + reader->pos;
    last = reader->buf + reader->len;

    for (n = 0; s < last && *s >= '0' && *s <= '9'; s++) {
        n = n * 10 + (*s - '0');

        if (n > left) {
            p->refused = 1;
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
}


static void *
ngx_hpf_redis_reply_string(const redisReadTask *task, char *data, size_t len)
{
    u_char                  *text;
    ngx_hpf_redis_reply_t   *reply;
    ngx_hpf_redis_parser_t  *p;

    p = task->privdata;

    reply = ngx_hpf_redis_reply_slot(task);

    if (reply == NULL || ngx_hpf_redis_reply_take(p, len + 1) != NGX_OK) {
        return NULL;
    }

    text = ngx_pnalloc(p->pool, len + 1);
    if (text == NULL) {
        return NULL;
    }

    ngx_memcpy(text, data, len);
    text[len] = '\0';

    switch (task->type) {

    case REDIS_REPLY_ERROR:
        reply->type = NGX_HPF_REDIS_ERROR;
        break;

    case REDIS_REPLY_STATUS:
        reply->type = NGX_HPF_REDIS_STATUS;
        break;

    default:
        reply->type = NGX_HPF_REDIS_STRING;
    }

    reply->u.text.data = text;
    reply->u.text.len = len;

    return reply;
}


static void *
ngx_hpf_redis_reply_array(const redisReadTask *task, int n)
{
    size_t                   size;
    ngx_hpf_redis_reply_t   *reply;
    ngx_hpf_redis_parser_t  *p;

    p = task->privdata;

    size = (size_t) n * sizeof(ngx_hpf_redis_reply_t);

    reply = ngx_hpf_redis_reply_slot(task);

    if (reply == NULL || ngx_hpf_redis_reply_take(p, size) != NGX_OK) {
        return NULL;
    }

    reply->type = NGX_HPF_REDIS_ARRAY;
    reply->u.array.n = n;
    reply->u.array.elts = ngx_pcalloc(p->pool, size);

    return reply->u.array.elts ? reply : NULL;
}


static void *
ngx_hpf_redis_reply_integer(const redisReadTask *task, long long value)
{
    ngx_hpf_redis_reply_t  *reply;

    reply = ngx_hpf_redis_reply_slot(task);

    if (reply) {
        reply->type = NGX_HPF_REDIS_INTEGER;
        reply->u.integer = value;
    }

    return reply;
}


static void *
ngx_hpf_redis_reply_nil(const redisReadTask *task)
{
    ngx_hpf_redis_reply_t  *reply;

    reply = ngx_hpf_redis_reply_slot(task);

    if (reply) {
        reply->type = NGX_HPF_REDIS_NIL;
    }

    return reply;
}


static void
ngx_hpf_redis_reply_free(void *reply)
{
    /* the pool goes with the parser */
}


/* An element lives in its array, so only a root takes memory of its own. */

static ngx_hpf_redis_reply_t *
ngx_hpf_redis_reply_slot(const redisReadTask *task)
{
    ngx_hpf_redis_reply_t   *parent;
    ngx_hpf_redis_parser_t  *p;

    if (task->parent) {
        parent = task->parent->obj;
        return &parent->u.array.elts[task->idx];
    }

    p = task->privdata;

    return ngx_pcalloc(p->pool, sizeof(ngx_hpf_redis_reply_t));
}


static ngx_int_t
ngx_hpf_redis_reply_take(ngx_hpf_redis_parser_t *p, size_t size)
{
    if (size > p->max - p->used) {
        p->refused = 1;
        return NGX_DECLINED;
    }

    p->used += size;

    return NGX_OK;
}


ngx_hpf_redis_reply_t *
ngx_hpf_redis_reply_copy(const ngx_hpf_redis_reply_t *reply,
    ngx_pool_t **pool, ngx_log_t *log)
{
    ngx_hpf_redis_reply_t  *copy;

    *pool = ngx_create_pool(NGX_HPF_REDIS_REPLY_POOL, log);
    if (*pool == NULL) {
        return NULL;
    }

    copy = ngx_palloc(*pool, sizeof(ngx_hpf_redis_reply_t));

    if (copy == NULL || ngx_hpf_redis_reply_clone(copy, reply, *pool) != NGX_OK)
    {
        ngx_destroy_pool(*pool);
        *pool = NULL;
        return NULL;
    }

    return copy;
}


/* Its depth is that of what hiredis has parsed, seven at most. */

static ngx_int_t
ngx_hpf_redis_reply_clone(ngx_hpf_redis_reply_t *dst,
    const ngx_hpf_redis_reply_t *src, ngx_pool_t *pool)
{
    ngx_uint_t              i, n;
    ngx_hpf_redis_reply_t  *elts;

    *dst = *src;

    switch (src->type) {

    case NGX_HPF_REDIS_NIL:
    case NGX_HPF_REDIS_INTEGER:
        return NGX_OK;

    case NGX_HPF_REDIS_ARRAY:
        break;

    default:
        dst->u.text.data = ngx_pstrdup(pool, (ngx_str_t *) &src->u.text);
        return dst->u.text.data ? NGX_OK : NGX_ERROR;
    }

    n = src->u.array.n;

    elts = ngx_palloc(pool, n * sizeof(ngx_hpf_redis_reply_t));
    if (elts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_hpf_redis_reply_clone(&elts[i], &src->u.array.elts[i], pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    dst->u.array.elts = elts;

    return NGX_OK;
}


ngx_uint_t
ngx_hpf_redis_error_is(const ngx_hpf_redis_reply_t *reply, const char *word)
{
    size_t  len;

    len = ngx_strlen(word);

    return reply->type == NGX_HPF_REDIS_ERROR
           && reply->u.text.len >= len
           && ngx_strncmp(reply->u.text.data, word, len) == 0;
}


ngx_hpf_redis_type_e
ngx_hpf_redis_type(const ngx_hpf_redis_reply_t *reply)
{
    return reply->type;
}


int64_t
ngx_hpf_redis_integer(const ngx_hpf_redis_reply_t *reply)
{
    return reply->type == NGX_HPF_REDIS_INTEGER ? reply->u.integer : 0;
}


ngx_str_t
ngx_hpf_redis_text(const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  none = ngx_null_string;

    switch (reply->type) {

    case NGX_HPF_REDIS_NIL:
    case NGX_HPF_REDIS_INTEGER:
    case NGX_HPF_REDIS_ARRAY:
        return none;

    default:
        return reply->u.text;
    }
}


ngx_uint_t
ngx_hpf_redis_count(const ngx_hpf_redis_reply_t *reply)
{
    return reply->type == NGX_HPF_REDIS_ARRAY ? reply->u.array.n : 0;
}


const ngx_hpf_redis_reply_t *
ngx_hpf_redis_at(const ngx_hpf_redis_reply_t *reply, ngx_uint_t i)
{
    if (i >= ngx_hpf_redis_count(reply)) {
        return &ngx_hpf_redis_reply_none;
    }

    return &reply->u.array.elts[i];
}
