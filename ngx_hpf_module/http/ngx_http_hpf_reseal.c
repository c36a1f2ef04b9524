/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is sealed with an old key or suite is sealed anew: at once when it is
 * read, and by and by all of it (_reseal_walk.c).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_RESEAL_TEXTS  10      /* of a record, at once */


static ngx_uint_t ngx_http_hpf_reseal_some(ngx_http_hpf_main_conf_t *hmcf,
    ngx_pool_t *pool, ngx_str_t *key, ngx_uint_t n, ngx_str_t *texts);
static ngx_uint_t ngx_http_hpf_reseal_text(ngx_http_hpf_main_conf_t *hmcf,
    ngx_pool_t *pool, ngx_str_t *uid, ngx_str_t *text);


ngx_uint_t
ngx_http_hpf_reseal(ngx_http_hpf_main_conf_t *hmcf, ngx_pool_t *pool,
    ngx_str_t *key, ngx_uint_t n, ngx_str_t *texts)
{
    ngx_uint_t  some, renewed;

    renewed = 0;

    while (n) {
        some = ngx_min(n, NGX_HTTP_HPF_RESEAL_TEXTS);

        renewed += ngx_http_hpf_reseal_some(hmcf, pool, key, some, texts);

        texts += 2 * some;
        n -= some;
    }

    return renewed;
}


static ngx_uint_t
ngx_http_hpf_reseal_some(ngx_http_hpf_main_conf_t *hmcf, ngx_pool_t *pool,
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

    if (last == NULL || last < uid.data) {
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
