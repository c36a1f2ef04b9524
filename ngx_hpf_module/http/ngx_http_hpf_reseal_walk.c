/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One worker of one node goes through all that Redis has, a few keys a second,
 * one server of a cluster after the other, until nothing old is met from the
 * beginning to the end.  Redis knows how far it has come, so that another node
 * goes on when this one is gone.
 *
 * Keys move from server to server, and a server that takes another one's place
 * may lack what was written last.  So a walk is one of a map of the servers:
 * when that has changed, it begins anew, also when all was done.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_RESEAL_PAUSE  500     /* ms */
#define NGX_HTTP_HPF_RESEAL_IDLE   5000    /* ms, while another one does it */
#define NGX_HTTP_HPF_RESEAL_KEYS   200     /* looked at, at once */

#define NGX_HTTP_HPF_RESEAL_WANT   64
#define NGX_HTTP_HPF_RESEAL_AT     (NGX_INT_T_LEN + 1 + NGX_INT64_LEN)


/* Of this worker. */

typedef struct {
    ngx_event_t                timer;
    ngx_http_hpf_main_conf_t  *hmcf;
    ngx_uint_t                 looked;     /* keys, at this server */
    ngx_uint_t                 total;      /* texts, of this walk */
    ngx_uint_t                 renewed;    /* texts, that Redis has to know */
    ngx_int_t                  part;
    u_char                     who[32];    /* a name of its own, in hex */
    u_char                     want[NGX_HTTP_HPF_RESEAL_WANT];
    size_t                     want_len;
    u_char                     at[NGX_HTTP_HPF_RESEAL_AT];
    size_t                     at_len;     /* 0: Redis is to say */
    unsigned                   done:1;
} ngx_http_hpf_reseal_t;


static void ngx_http_hpf_reseal_tick(ngx_event_t *ev);
static ngx_int_t ngx_http_hpf_reseal_want(ngx_http_hpf_reseal_t *reseal);
static ngx_int_t ngx_http_hpf_reseal_claim(ngx_http_hpf_reseal_t *reseal);
static void ngx_http_hpf_reseal_claimed(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_reseal_done(ngx_http_hpf_reseal_t *reseal);
static ngx_int_t ngx_http_hpf_reseal_scan(ngx_http_hpf_reseal_t *reseal,
    ngx_str_t *at);
static void ngx_http_hpf_reseal_scanned(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_reseal_batch(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_reseal_record(ngx_http_hpf_reseal_t *reseal,
    ngx_pool_t *pool, const ngx_hpf_redis_reply_t *reply, ngx_uint_t *i);
static void ngx_http_hpf_reseal_pass(ngx_http_hpf_reseal_t *reseal);
static void ngx_http_hpf_reseal_pause(ngx_http_hpf_reseal_t *reseal,
    ngx_msec_t pause);


ngx_int_t
ngx_http_hpf_reseal_init_worker(ngx_http_hpf_main_conf_t *hmcf,
    ngx_cycle_t *cycle)
{
    u_char                  who[16];
    ngx_http_hpf_reseal_t  *reseal;

    if (ngx_worker != 0 || hmcf->seal == NULL) {
        return NGX_OK;
    }

    reseal = ngx_pcalloc(cycle->pool, sizeof(ngx_http_hpf_reseal_t));

    if (reseal == NULL || hpf_crypto_random(who, sizeof(who)) != 0) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(reseal->who, who, sizeof(who));

    reseal->hmcf = hmcf;
    reseal->timer.data = reseal;
    reseal->timer.handler = ngx_http_hpf_reseal_tick;
    reseal->timer.log = cycle->log;
    reseal->timer.cancelable = 1;

    ngx_add_timer(&reseal->timer, NGX_HTTP_HPF_RESEAL_PAUSE);

    return NGX_OK;
}


static void
ngx_http_hpf_reseal_tick(ngx_event_t *ev)
{
    ngx_int_t               rc;
    ngx_http_hpf_reseal_t  *reseal;

    reseal = ev->data;

    if (ngx_exiting) {
        return;
    }

    rc = ngx_http_hpf_reseal_want(reseal);

    if (rc == NGX_OK && !reseal->done) {
        rc = ngx_http_hpf_reseal_claim(reseal);

        if (rc == NGX_OK) {
            return;
        }
    }

    ngx_http_hpf_reseal_pause(reseal, NGX_HTTP_HPF_RESEAL_IDLE);
}


/*
 * What Redis shall say that is done.  NGX_AGAIN: servers are not known or do
 * not answer.
 */

static ngx_int_t
ngx_http_hpf_reseal_want(ngx_http_hpf_reseal_t *reseal)
{
    u_char      want[NGX_HTTP_HPF_RESEAL_WANT];
    size_t      len;
    ngx_int_t   rc;
    ngx_str_t   map;

    rc = ngx_hpf_redis_map(reseal->hmcf->redis, &map);

    if (rc != NGX_OK) {
        return rc;
    }

    len = ngx_snprintf(want, sizeof(want), "%i:%ui%s%V",
                       reseal->hmcf->seal_suite, reseal->hmcf->seal_with,
                       map.len ? ":" : "", &map)
          - want;

    if (len != reseal->want_len
        || ngx_memcmp(want, reseal->want, len) != 0)
    {
        ngx_memcpy(reseal->want, want, len);
        reseal->want_len = len;

        reseal->at_len = 0;
        reseal->looked = 0;
        reseal->renewed = 0;
        reseal->done = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_reseal_claim(ngx_http_hpf_reseal_t *reseal)
{
    u_char                renewed[NGX_INT_T_LEN];
    ngx_str_t             args[5];
    ngx_hpf_redis_eval_t  eval;

    ngx_str_set(&args[0], "hpf:cfg:reseal");
    args[1].data = reseal->who;
    args[1].len = sizeof(reseal->who);
    args[2].data = reseal->want;
    args[2].len = reseal->want_len;
    args[3].data = reseal->at;
    args[3].len = reseal->at_len;
    args[4].data = renewed;
    args[4].len = ngx_sprintf(renewed, "%ui", reseal->renewed) - renewed;

    eval.script = &ngx_hpf_redis_script_reseal_claim;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    return ngx_hpf_redis_eval(reseal->hmcf->redis, &eval,
                              ngx_http_hpf_reseal_claimed, reseal)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_reseal_claimed(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_reseal_t *reseal = data;

    ngx_str_t  at;

    at = ngx_hpf_redis_text(reply);

    if (ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_STRING) {

        if (at.len == 4 && ngx_strncmp(at.data, "done", 4) == 0) {
            ngx_http_hpf_reseal_done(reseal);
            return;
        }

        if (ngx_http_hpf_reseal_scan(reseal, &at) == NGX_OK) {
            return;
        }
    }

    /* another one does it, or nobody can now; Redis knows how far it is */

    reseal->at_len = 0;
    reseal->renewed = 0;

    ngx_http_hpf_reseal_pause(reseal, NGX_HTTP_HPF_RESEAL_IDLE);
}


static void
ngx_http_hpf_reseal_done(ngx_http_hpf_reseal_t *reseal)
{
    if (reseal->at_len) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "hpf reseal: all is sealed with key %ui, %ui texts were "
                      "sealed anew", reseal->hmcf->seal_with, reseal->total);
    }

    reseal->at_len = 0;
    reseal->renewed = 0;
    reseal->total = 0;
    reseal->done = 1;

    if (!ngx_hpf_redis_one_slot(reseal->hmcf->redis)) {
        ngx_http_hpf_reseal_pause(reseal, NGX_HTTP_HPF_RESEAL_IDLE);
    }
}


/* "PART:CURSOR" */

static ngx_int_t
ngx_http_hpf_reseal_scan(ngx_http_hpf_reseal_t *reseal, ngx_str_t *at)
{
    u_char                count[NGX_INT_T_LEN], *colon, *last;
    ngx_str_t             args[2];
    ngx_hpf_redis_eval_t  eval;

    last = at->data + at->len;
    colon = ngx_strlchr(at->data, last, ':');

    if (colon == NULL || at->len > sizeof(reseal->at)) {
        return NGX_DECLINED;
    }

    reseal->part = ngx_atoi(at->data, colon - at->data);
    reseal->renewed = 0;

    ngx_memcpy(reseal->at, at->data, at->len);
    reseal->at_len = at->len;

    args[0].data = colon + 1;
    args[0].len = last - args[0].data;
    args[1].data = count;
    args[1].len = ngx_sprintf(count, "%i",
                              (ngx_int_t) NGX_HTTP_HPF_RESEAL_KEYS)
                  - count;

    eval.script = &ngx_hpf_redis_script_reseal_scan;
    eval.nkeys = 0;
    eval.argc = 2;
    eval.args = args;

    if (reseal->part == NGX_ERROR
        || ngx_hpf_redis_eval_part(reseal->hmcf->redis, reseal->part, &eval,
                                   ngx_http_hpf_reseal_scanned, reseal)
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_hpf_reseal_scanned(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_reseal_t *reseal = data;

    ngx_str_t  cursor;

    cursor = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

    if (cursor.len == 0 || cursor.len > NGX_INT64_LEN
        || ngx_http_hpf_reseal_batch(reseal, reply) != NGX_OK)
    {
        /* it is asked for again */

        ngx_http_hpf_reseal_pause(reseal, NGX_HTTP_HPF_RESEAL_IDLE);
        return;
    }

    if (cursor.len == 1 && cursor.data[0] == '0') {
        ngx_http_hpf_reseal_pass(reseal);

    } else {
        reseal->at_len = ngx_sprintf(reseal->at, "%i:%V", reseal->part,
                                     &cursor)
                         - reseal->at;
    }

    ngx_http_hpf_reseal_pause(reseal, NGX_HTTP_HPF_RESEAL_PAUSE);
}


static ngx_int_t
ngx_http_hpf_reseal_batch(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t    rc;
    ngx_pool_t  *pool;
    ngx_uint_t   i, looked;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    i = 1;

    for (looked = 0; rc == NGX_OK && i < ngx_hpf_redis_count(reply); looked++) {
        rc = ngx_http_hpf_reseal_record(reseal, pool, reply, &i);
    }

    ngx_destroy_pool(pool);

    reseal->looked += looked;
    reseal->total += reseal->renewed;

    ngx_http_hpf_metrics_reseal(reseal->hmcf, looked, reseal->renewed);

    return rc;
}


/* A key and its pairs of member and text, up to an empty member. */

static ngx_int_t
ngx_http_hpf_reseal_record(ngx_http_hpf_reseal_t *reseal, ngx_pool_t *pool,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t *i)
{
    ngx_str_t    key, member, *text;
    ngx_array_t  texts;

    if (ngx_array_init(&texts, pool, 8, sizeof(ngx_str_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    key = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, (*i)++));

    for ( ;; ) {
        member = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, (*i)++));

        if (member.len == 0) {
            break;
        }

        text = ngx_array_push_n(&texts, 2);
        if (text == NULL) {
            return NGX_ERROR;
        }

        text[0] = member;
        text[1] = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, (*i)++));
    }

    reseal->renewed += ngx_http_hpf_reseal(reseal->hmcf, pool, &key,
                                           texts.nelts / 2, texts.elts);

    return NGX_OK;
}


/* To the next server. */

static void
ngx_http_hpf_reseal_pass(ngx_http_hpf_reseal_t *reseal)
{
    ngx_int_t  next;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "hpf reseal: %ui records from slot %i on were looked at, "
                  "%ui texts have been sealed anew up to now", reseal->looked,
                  reseal->part, reseal->total);

    reseal->looked = 0;

    next = ngx_hpf_redis_part_after(reseal->hmcf->redis, reseal->part);

    if (next == NGX_DONE) {
        reseal->at_len = ngx_sprintf(reseal->at, "end") - reseal->at;

    } else {
        reseal->at_len = ngx_sprintf(reseal->at, "%i:0", next) - reseal->at;
    }
}


static void
ngx_http_hpf_reseal_pause(ngx_http_hpf_reseal_t *reseal, ngx_msec_t pause)
{
    if (!ngx_exiting) {
        ngx_add_timer(&reseal->timer, pause);
    }
}
