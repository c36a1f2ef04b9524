/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is sealed with an old key or suite is sealed anew: at once when it is
 * read, and by and by all of it.  One worker of one node goes through Redis, a
 * few keys a second, until there is nothing old; in a cluster nobody does.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_RESEAL_PAUSE  500     /* ms */
#define NGX_HTTP_HPF_RESEAL_IDLE   5000    /* ms, while another one does it */
#define NGX_HTTP_HPF_RESEAL_KEYS   200     /* looked at, at once */
#define NGX_HTTP_HPF_RESEAL_TEXTS  10      /* of a record, at most */


/* Of this worker. */

typedef struct {
    ngx_event_t                timer;
    ngx_http_hpf_main_conf_t  *hmcf;
    ngx_uint_t                 renewed;
    u_char                     who[32];    /* a name of its own, in hex */
    u_char                     cursor[NGX_INT64_LEN];
    size_t                     cursor_len;
} ngx_http_hpf_reseal_t;


static void ngx_http_hpf_reseal_tick(ngx_event_t *ev);
static void ngx_http_hpf_reseal_told(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_msec_t ngx_http_hpf_reseal_next(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_reseal_batch(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply);
static ngx_uint_t ngx_http_hpf_reseal_text(ngx_http_hpf_main_conf_t *hmcf,
    ngx_pool_t *pool, ngx_str_t *uid, ngx_str_t *text);


ngx_int_t
ngx_http_hpf_reseal_init_worker(ngx_http_hpf_main_conf_t *hmcf,
    ngx_cycle_t *cycle)
{
    u_char                  who[16];
    ngx_http_hpf_reseal_t  *reseal;

    if (ngx_worker != 0 || hmcf->seal == NULL
        || !ngx_hpf_redis_one_slot(hmcf->redis))
    {
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
    u_char                  want[32], count[NGX_INT64_LEN];
    ngx_str_t               args[5];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_reseal_t  *reseal;

    reseal = ev->data;

    if (ngx_exiting) {
        return;
    }

    ngx_str_set(&args[0], "hpf:cfg:reseal");
    args[1].data = reseal->who;
    args[1].len = sizeof(reseal->who);
    args[2].data = want;
    args[2].len = ngx_snprintf(want, sizeof(want), "%i:%ui",
                               reseal->hmcf->seal_suite,
                               reseal->hmcf->seal_with)
                  - want;
    args[3].data = reseal->cursor;
    args[3].len = reseal->cursor_len;
    args[4].data = count;
    args[4].len = ngx_sprintf(count, "%i",
                              (ngx_int_t) NGX_HTTP_HPF_RESEAL_KEYS)
                  - count;

    eval.script = &ngx_hpf_redis_script_reseal_scan;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    if (ngx_hpf_redis_eval(reseal->hmcf->redis, &eval,
                           ngx_http_hpf_reseal_told, reseal)
        == NULL)
    {
        ngx_add_timer(&reseal->timer, NGX_HTTP_HPF_RESEAL_IDLE);
    }
}


static void
ngx_http_hpf_reseal_told(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_reseal_t *reseal = data;

    ngx_msec_t  pause;

    pause = ngx_http_hpf_reseal_next(reseal, reply);

    if (pause && !ngx_exiting) {
        ngx_add_timer(&reseal->timer, pause);
    }
}


/* 0: it is done. */

static ngx_msec_t
ngx_http_hpf_reseal_next(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  cursor;

    if (ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_ARRAY) {
        return NGX_HTTP_HPF_RESEAL_IDLE;
    }

    cursor = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

    if (cursor.len == 4 && ngx_strncmp(cursor.data, "done", 4) == 0) {

        if (reseal->cursor_len) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "hpf reseal: all is sealed with key %ui, %ui texts "
                          "were sealed anew", reseal->hmcf->seal_with,
                          reseal->renewed);
        }

        return 0;
    }

    if (cursor.len == 0 || cursor.len > sizeof(reseal->cursor)
        || (cursor.len == 4 && ngx_strncmp(cursor.data, "busy", 4) == 0))
    {
        reseal->cursor_len = 0;
        return NGX_HTTP_HPF_RESEAL_IDLE;
    }

    if (ngx_http_hpf_reseal_batch(reseal, reply) != NGX_OK) {
        return NGX_HTTP_HPF_RESEAL_IDLE;
    }

    ngx_memcpy(reseal->cursor, cursor.data, cursor.len);
    reseal->cursor_len = cursor.len;

    return NGX_HTTP_HPF_RESEAL_PAUSE;
}


/* Of what was asked before, for the next question says that it is done. */

static ngx_int_t
ngx_http_hpf_reseal_batch(ngx_http_hpf_reseal_t *reseal,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t    key, name, texts[2 * NGX_HTTP_HPF_RESEAL_TEXTS];
    ngx_pool_t  *pool;
    ngx_uint_t   i, n, count;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    count = ngx_hpf_redis_count(reply);
    i = 1;

    while (i < count) {

        key = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i++));
        n = 0;

        for ( ;; ) {
            name = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i++));

            if (name.len == 0 || i >= count
                || n == 2 * NGX_HTTP_HPF_RESEAL_TEXTS)
            {
                break;
            }

            texts[n++] = name;
            texts[n++] = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i++));
        }

        reseal->renewed += ngx_http_hpf_reseal(reseal->hmcf, pool, &key,
                                               n / 2, texts);
    }

    ngx_destroy_pool(pool);

    return NGX_OK;
}


ngx_uint_t
ngx_http_hpf_reseal(ngx_http_hpf_main_conf_t *hmcf, ngx_pool_t *pool,
    ngx_str_t *key, ngx_uint_t n, ngx_str_t *texts)
{
    u_char                *last;
    ngx_str_t              args[1 + 3 * NGX_HTTP_HPF_RESEAL_TEXTS], uid, text;
    ngx_uint_t             i, argc;
    ngx_hpf_redis_eval_t   eval;

    args[0] = *key;
    argc = 1;

    uid.data = key->data + sizeof("hpf:{u:") - 1;
    last = ngx_strlchr(key->data, key->data + key->len, '}');

    if (last == NULL || last < uid.data || n > NGX_HTTP_HPF_RESEAL_TEXTS) {
        return 0;
    }

    uid.len = last - uid.data;

    for (i = 0; i < n; i++) {
        text = texts[2 * i + 1];

        if (!ngx_http_hpf_reseal_text(hmcf, pool, &uid, &text)) {
            continue;
        }

        args[argc++] = texts[2 * i];
        args[argc++] = texts[2 * i + 1];
        args[argc++] = text;
    }

    if (argc == 1) {
        return 0;
    }

    eval.script = &ngx_hpf_redis_script_reseal;
    eval.nkeys = 1;
    eval.argc = argc;
    eval.args = args;

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);

    return argc / 3;
}


/* 1: the text is a new one, in the pool.  What is sealed stands last in it. */

static ngx_uint_t
ngx_http_hpf_reseal_text(ngx_http_hpf_main_conf_t *hmcf, ngx_pool_t *pool,
    ngx_str_t *uid, ngx_str_t *text)
{
    char               *renewed;
    size_t              before;
    u_char              buf[64], *plain;
    ssize_t             n;
    hpf_crypto_part_t   ad, part;

    before = text->len;

    while (before > 0 && text->data[before - 1] != ' ') {
        before--;
    }

    part.data = text->data + before;
    part.len = text->len - before;

    if (part.len == 0 || !hpf_seal_is_old(hmcf->seal, &part)) {
        return 0;
    }

    ad.data = buf;
    ad.len = ngx_snprintf(buf, sizeof(buf), "user:%V", uid) - buf;

    plain = ngx_pnalloc(pool, part.len + 1);
    if (plain == NULL) {
        return 0;
    }

    n = hpf_seal_open(hmcf->seal, &ad, &part, plain);

    if (n < 0) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "hpf reseal: a record of \"%V\" does not open: %s", uid,
                      n == HPF_DECLINED ? "its key is not there"
                                        : "it was changed");
        return 0;
    }

    part.data = plain;
    part.len = n;

    renewed = ngx_pnalloc(pool, before + HPF_SEAL_LEN(part.len));

    if (renewed == NULL) {
        return 0;
    }

    ngx_memcpy(renewed, text->data, before);

    n = hpf_seal_seal(hmcf->seal, &ad, &part, renewed + before);

    hpf_crypto_cleanse(plain, part.len);

    if (n < 0) {
        return 0;
    }

    text->data = (u_char *) renewed;
    text->len = before + n;

    return 1;
}
