/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Setters of directives that belong to no subject alone, and the checks that
 * need all of the configuration.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_conf.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_key.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_mask_hash.h"
#include "ngx_http_hpf_password.h"
#include "ngx_http_hpf_plugins.h"
#include "ngx_http_hpf_seal.h"


#define NGX_HTTP_HPF_ZONE_MIN       (1024 * 1024)
#define NGX_HTTP_HPF_CONF_FAILURES  20         /* of a back end, in a row */
#define NGX_HTTP_HPF_CONF_PAUSE     5000       /* ms */


static ngx_int_t ngx_http_hpf_conf_prefix(ngx_str_t *s, const char *prefix,
    ngx_str_t *rest);
static ngx_int_t ngx_http_hpf_conf_circuit(ngx_str_t *value,
    hpf_circuit_conf_t *conf);
static char *ngx_http_hpf_conf_load(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);
static char *ngx_http_hpf_conf_crypto(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);
static void ngx_http_hpf_conf_crypto_free(void *data);
static ngx_int_t ngx_http_hpf_conf_problem_page(ngx_http_request_t *r);


ngx_conf_num_bounds_t  ngx_http_hpf_conf_level_bounds = {
    ngx_conf_check_num_bounds, 0, 3
};


/* hpf_zone NAME:SIZE */

char *
ngx_http_hpf_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, s;

    value = cf->args->elts;

    if (hmcf->zone) {
        return "is duplicate";
    }

    p = ngx_strlchr(value[1].data, value[1].data + value[1].len, ':');
    size = NGX_ERROR;

    if (p) {
        s.data = p + 1;
        s.len = value[1].data + value[1].len - s.data;

        size = ngx_parse_size(&s);
    }

    if (p == NULL || p == value[1].data || size < NGX_HTTP_HPF_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\": NAME:SIZE of at least 1m "
                           "expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    hmcf->zone_conf.name.data = value[1].data;
    hmcf->zone_conf.name.len = p - value[1].data;
    hmcf->zone_conf.size = size;

    hmcf->zone = ngx_hpf_zone_create(cf, &hmcf->zone_conf);

    return hmcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_hpf_conf_prefix(ngx_str_t *s, const char *prefix, ngx_str_t *rest)
{
    size_t  len;

    len = ngx_strlen(prefix);

    if (s->len < len || ngx_strncmp(s->data, prefix, len) != 0) {
        return NGX_DECLINED;
    }

    rest->data = s->data + len;
    rest->len = s->len - len;

    return NGX_OK;
}


/* hpf_plugins DIRECTORY [cache=DIRECTORY] [watch=inotify|poll] */

char *
ngx_http_hpf_conf_plugins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t        *value;
    ngx_uint_t        i;
    ngx_file_info_t   fi;

    value = cf->args->elts;

    if (hmcf->plugin_dir.len) {
        return "is duplicate";
    }

    hmcf->plugin_dir = value[1];
    ngx_str_set(&hmcf->plugin_cache, "hpf_plugins");

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_conf_prefix(&value[i], "cache=", &hmcf->plugin_cache)
            == NGX_OK)
        {
            continue;
        }

        if (ngx_strcmp(value[i].data, "watch=poll") == 0) {
            hmcf->plugin_poll = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "watch=inotify") == 0) {
            hmcf->plugin_poll = 0;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": cache=DIRECTORY, "
                           "watch=inotify or watch=poll expected", &value[i]);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &hmcf->plugin_dir, 0) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &hmcf->plugin_cache, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(hmcf->plugin_dir.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\" is no folder of plugins",
                           &hmcf->plugin_dir);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* hpf_backend NAME URI [failures=NUMBER] [pause=TIME] */

char *
ngx_http_hpf_conf_backend(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_http_hpf_backend_t  *backend;

    value = cf->args->elts;
    backend = hmcf->backends.elts;

    for (i = 0; i < hmcf->backends.nelts; i++) {

        if (ngx_strcmp(backend[i].name.data, value[1].data) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "back end \"%V\" is duplicate", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (value[2].data[0] != '/'
        || value[2].data[value[2].len - 1] != '/')
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URI \"%V\" of back end \"%V\": that of an "
                           "internal location expected, as \"/_%V/\"",
                           &value[2], &value[1], &value[1]);
        return NGX_CONF_ERROR;
    }

    backend = ngx_array_push(&hmcf->backends);
    if (backend == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(backend, sizeof(ngx_http_hpf_backend_t));

    backend->name = value[1];
    backend->uri = value[2];
    backend->circuit_conf.failures = NGX_HTTP_HPF_CONF_FAILURES;
    backend->circuit_conf.pause = NGX_HTTP_HPF_CONF_PAUSE;

    for (i = 3; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_conf_circuit(&value[i], &backend->circuit_conf)
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": failures=NUMBER (0 "
                               "to 1000) or pause=TIME (100ms to 1h) expected",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_conf_circuit(ngx_str_t *value, hpf_circuit_conf_t *conf)
{
    ngx_int_t  n;
    ngx_str_t  s;

    if (ngx_http_hpf_conf_prefix(value, "failures=", &s) == NGX_OK) {
        n = ngx_atoi(s.data, s.len);

        if (n == NGX_ERROR || n > 1000) {
            return NGX_ERROR;
        }

        conf->failures = n;

        return NGX_OK;
    }

    if (ngx_http_hpf_conf_prefix(value, "pause=", &s) != NGX_OK) {
        return NGX_ERROR;
    }

    n = ngx_parse_time(&s, 0);

    if (n == NGX_ERROR || n < 100 || n > 3600000) {
        return NGX_ERROR;
    }

    conf->pause = n;

    return NGX_OK;
}


/* hpf_session [idle=TIME] [life=TIME] [cache=TIME|off] [stale=TIME] */

char *
ngx_http_hpf_conf_session(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    time_t       t, *field;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "cache=off") == 0) {
            hmcf->session_cache = 0;
            continue;
        }

        if (ngx_http_hpf_conf_prefix(&value[i], "idle=", &s) == NGX_OK) {
            field = &hmcf->session_idle;

        } else if (ngx_http_hpf_conf_prefix(&value[i], "life=", &s)
                   == NGX_OK)
        {
            field = &hmcf->session_life;

        } else if (ngx_http_hpf_conf_prefix(&value[i], "cache=", &s)
                   == NGX_OK)
        {
            field = &hmcf->session_cache;

        } else if (ngx_http_hpf_conf_prefix(&value[i], "stale=", &s)
                   == NGX_OK)
        {
            field = &hmcf->session_stale;

        } else {
            field = NULL;
        }

        t = field ? ngx_parse_time(&s, 1) : (time_t) NGX_ERROR;

        /* the idle time of a cached session has 16 bits */

        if (t <= 0 || (field == &hmcf->session_idle && t > 65535)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": idle=TIME (at most "
                               "18h), life=TIME, cache=TIME|off or stale=TIME "
                               "expected", &value[i]);
            return NGX_CONF_ERROR;
        }

        *field = t;
    }

    return NGX_CONF_OK;
}


/* hpf_notice ZH [EN] */

char *
ngx_http_hpf_conf_notice(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->notice.zh.len) {
        return "is duplicate";
    }

    hmcf->notice.zh = value[1];

    if (cf->args->nelts == 3) {
        hmcf->notice.en = value[2];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_loc_conf_t *hlcf = conf;

    char                      *rv;
    ngx_http_core_loc_conf_t  *clcf;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK || !hlcf->api) {
        return rv;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hpf_gate_content;

    return NGX_CONF_OK;
}


/* hpf_problem: what nginx itself refuses, as a problem document. */

char *
ngx_http_hpf_conf_problem(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hpf_conf_problem_page;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_conf_problem_page(ngx_http_request_t *r)
{
    ngx_uint_t           status;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_http_hpf_gate_begin(r);

    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* what comes before the gate has not asked whose page it is */

    if (!ctx->cors) {
        ngx_http_hpf_cors_origin(r, ctx);
    }

    status = r->err_status ? r->err_status : NGX_HTTP_NOT_FOUND;

    (void) ngx_http_hpf_refuse(ctx, ngx_http_hpf_problem_of_status(status));

    ctx->status = status;
    ctx->passed = 1;

    return ngx_http_hpf_send(r, ctx);
}


char *
ngx_http_hpf_conf_merged(ngx_conf_t *cf, ngx_http_hpf_loc_conf_t *hlcf)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    if (!hlcf->gate && !hlcf->api) {
        return NGX_CONF_OK;
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    if (hmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_gate\" and \"hpf_api\" need \"hpf_zone\"");
        return NGX_CONF_ERROR;
    }

    if (hmcf->channels.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_gate\" and \"hpf_api\" need at least one "
                           "\"hpf_channel\"");
        return NGX_CONF_ERROR;
    }

    if ((hlcf->api || hlcf->level || hlcf->item.len)
        && (hmcf->redis == NULL || hmcf->token_key.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_api\", \"hpf_level\" and \"hpf_item\" need "
                           "\"hpf_redis\" and \"hpf_secrets\", where sessions "
                           "are");
        return NGX_CONF_ERROR;
    }

    if (hlcf->item.len && hmcf->plugin_dir.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_item\" needs \"hpf_plugins\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_conf_check(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        if (ch[i].session_idle == 0) {
            ch[i].session_idle = hmcf->session_idle;
        }

        if (ch[i].session_life == 0) {
            ch[i].session_life = hmcf->session_life;
        }
    }

    if (ngx_http_hpf_level_init(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_conf_store(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_conf_crypto(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_audit_conf_check(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_cert_init(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_idp_init(cf, hmcf) != NGX_CONF_OK
        || ngx_http_hpf_form_init(cf, hmcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return hmcf->plugin_dir.len ? ngx_http_hpf_conf_load(cf, hmcf)
                                : NGX_CONF_OK;
}


static char *
ngx_http_hpf_conf_load(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_hpf_plugins_conf_t  conf;

    if (hmcf->plugin_approve && hmcf->redis == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_plugin_activation approve\" needs "
                           "\"hpf_redis\"");
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&conf, sizeof(ngx_hpf_plugins_conf_t));

    conf.dir = hmcf->plugin_dir;
    conf.cache = hmcf->plugin_cache;
    conf.approve = hmcf->plugin_approve;
    conf.poll = hmcf->plugin_poll;
    conf.formats = ngx_http_hpf_form_formats();
    conf.keyed = ngx_http_hpf_mask_hash_ready(cf);
    conf.watchdog = hmcf->plugin_watchdog;
    conf.crashes = hmcf->plugin_crashes;
    conf.crash_time = hmcf->plugin_crash_time;
    conf.crypto = hmcf->crypto;
    conf.seal = hmcf->seal;
    conf.zone = hmcf->zone;
    conf.load = ngx_http_hpf_item_load;
    conf.unload = ngx_http_hpf_item_unload;
    conf.crashed = ngx_http_hpf_plugins_crashed;
    conf.data = hmcf;

    hmcf->plugins = ngx_hpf_plugins_create(cf, &conf);

    return hmcf->plugins ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_hpf_conf_crypto(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    u_char               csrf[HPF_CRYPTO_LEN];
    hpf_crypto_part_t    key;
    ngx_pool_cleanup_t  *cln;

    hmcf->crypto = hpf_crypto_create();
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (hmcf->crypto == NULL || cln == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the cryptographic library cannot be used");
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hpf_conf_crypto_free;
    cln->data = hmcf;

    if (ngx_http_hpf_key_init(cf, hmcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (hmcf->token_key.len == 0) {
        return NGX_CONF_OK;
    }

    hmcf->token_hmac = hpf_crypto_hmac_create(hmcf->crypto,
                                              HPF_CRYPTO_SHA256,
                                              hmcf->token_key.data,
                                              hmcf->token_key.len);
    hmcf->index_hmac = hpf_crypto_hmac_create(hmcf->crypto,
                                              HPF_CRYPTO_SHA256,
                                              hmcf->index_key.data,
                                              hmcf->index_key.len);

    key.data = hmcf->token_key.data;
    key.len = hmcf->token_key.len;

    if (hpf_crypto_derive(hmcf->crypto, HPF_CRYPTO_SHA256, &key, "hpf csrf",
                          csrf)
        == 0)
    {
        hmcf->csrf_hmac = hpf_crypto_hmac_create(hmcf->crypto,
                                                 HPF_CRYPTO_SHA256, csrf,
                                                 sizeof(csrf));
        hpf_crypto_cleanse(csrf, sizeof(csrf));
    }

    if (hmcf->token_hmac == NULL || hmcf->index_hmac == NULL
        || hmcf->csrf_hmac == NULL
        || ngx_http_hpf_seal_init(cf, hmcf) != NGX_OK
        || ngx_http_hpf_password_init(cf, hmcf) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the keys of \"hpf_secrets\" cannot be used");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_hpf_conf_crypto_free(void *data)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    ngx_http_hpf_key_free(hmcf);
    ngx_http_hpf_seal_free(hmcf);

    hpf_crypto_hmac_destroy(hmcf->token_hmac);
    hpf_crypto_hmac_destroy(hmcf->index_hmac);
    hpf_crypto_hmac_destroy(hmcf->csrf_hmac);
    hpf_crypto_destroy(hmcf->crypto);
}
