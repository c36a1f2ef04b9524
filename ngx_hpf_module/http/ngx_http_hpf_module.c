/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The module: its directives, their merging, and its places in nginx.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_hpf_audit.h"
#include "ngx_http_hpf_approval.h"
#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_conf.h"
#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_key.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_nonce.h"
#include "ngx_http_hpf_password.h"
#include "ngx_http_hpf_plugins.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"


static void *ngx_http_hpf_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_hpf_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_hpf_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_hpf_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_hpf_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_hpf_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_hpf_init_process(ngx_cycle_t *cycle);
static void ngx_http_hpf_exit_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_hpf_log_handler(ngx_http_request_t *r);


static ngx_conf_num_bounds_t  ngx_http_hpf_level_bounds = {
    ngx_conf_check_num_bounds, 1, NGX_HTTP_HPF_LEVELS
};


static ngx_command_t  ngx_http_hpf_commands[] = {

    /* the node and its store */

    { ngx_string("hpf_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_conf_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_redis_wait"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_conf_redis_wait,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_secrets"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_secret_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_seal"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_seal_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_audit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_audit_conf,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_audit_ledger"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_hpf_audit_conf_ledger,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* channels, items and what is behind them */

    { ngx_string("hpf_channel"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_hpf_channel_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_closed"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_switch_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_plugins"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_hpf_conf_plugins,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_plugin_activation"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_hpf_main_conf_t, plugin_approve),
      &ngx_http_hpf_approval_modes },

    { ngx_string("hpf_plugin_watchdog"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_plugins_watchdog,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_plugin_quarantine"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_plugins_quarantine,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_backend"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE23|NGX_CONF_TAKE4,
      ngx_http_hpf_conf_backend,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_session"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_conf_session,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_nonce"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_hpf_main_conf_t, nonce_scope),
      &ngx_http_hpf_nonce_scopes },

    { ngx_string("hpf_password"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_password_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_lock"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_lock_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_certificate_authorities"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_cert_authorities,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_certificate_revocation"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_cert_revocation,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_identity_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_hpf_idp_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_level_rule"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_hpf_level_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_real_name"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_hpf_main_conf_t, real_name),
      &ngx_http_hpf_level_bounds },

    { ngx_string("hpf_notice"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_conf_notice,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* the line */

    { ngx_string("hpf_gate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, gate),
      NULL },

    { ngx_string("hpf_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_hpf_conf_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, api),
      NULL },

    { ngx_string("hpf_item"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, item),
      NULL },

    { ngx_string("hpf_level"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, level),
      &ngx_http_hpf_conf_level_bounds },

    { ngx_string("hpf_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_limit_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_limit_dry_run"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, limit_dry_run),
      NULL },

    { ngx_string("hpf_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_loc_conf_t, body_max),
      NULL },

    /* pages for machines, and for what nginx itself refuses */

    { ngx_string("hpf_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_metrics_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_metrics_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_ready"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_metrics_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_plugin_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_plugins_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_session_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_session_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_account_lock"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_account_lock,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_problem"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hpf_conf_problem,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_hpf_module_ctx = {
    ngx_http_hpf_variable_add,             /* preconfiguration */
    ngx_http_hpf_init,                     /* postconfiguration */

    ngx_http_hpf_create_main_conf,         /* create main configuration */
    ngx_http_hpf_init_main_conf,           /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_hpf_create_loc_conf,          /* create location configuration */
    ngx_http_hpf_merge_loc_conf            /* merge location configuration */
};


ngx_module_t  ngx_http_hpf_module = {
    NGX_MODULE_V1,
    &ngx_http_hpf_module_ctx,              /* module context */
    ngx_http_hpf_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_hpf_init_module,              /* init module */
    ngx_http_hpf_init_process,             /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_hpf_exit_process,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_hpf_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_main_conf_t));
    if (hmcf == NULL) {
        return NULL;
    }

    hmcf->audit = NGX_CONF_UNSET_PTR;
    hmcf->plugin_watchdog = NGX_CONF_UNSET_MSEC;
    hmcf->plugin_crashes = NGX_CONF_UNSET_UINT;
    hmcf->plugin_crash_time = NGX_CONF_UNSET_MSEC;
    hmcf->nonce_scope = NGX_CONF_UNSET_UINT;
    hmcf->plugin_approve = NGX_CONF_UNSET_UINT;
    hmcf->session_idle = NGX_CONF_UNSET;
    hmcf->session_life = NGX_CONF_UNSET;
    hmcf->session_cache = NGX_CONF_UNSET;
    hmcf->session_stale = NGX_CONF_UNSET;
    hmcf->real_name = NGX_CONF_UNSET;

    hmcf->password = ngx_http_hpf_password_create(cf->pool);

    hmcf->lock = ngx_http_hpf_lock_create(cf->pool);

    if (hmcf->password == NULL || hmcf->lock == NULL) {
        return NULL;
    }

    ngx_http_hpf_names_init(&hmcf->channel_ids, cf->pool);
    ngx_http_hpf_names_init(&hmcf->channel_marks, cf->pool);
    ngx_http_hpf_names_init(&hmcf->origins, cf->pool);
    ngx_http_hpf_names_init(&hmcf->certificates, cf->pool);
    ngx_http_hpf_names_init(&hmcf->closed_names, cf->pool);

    if (ngx_array_init(&hmcf->channels, cf->pool, 8,
                       sizeof(ngx_http_hpf_channel_t))
            != NGX_OK
        || ngx_array_init(&hmcf->backends, cf->pool, 8,
                          sizeof(ngx_http_hpf_backend_t))
               != NGX_OK
        || ngx_array_init(&hmcf->closed, cf->pool, 4,
                          sizeof(ngx_http_hpf_closed_t))
               != NGX_OK
        || ngx_array_init(&hmcf->idps, cf->pool, 2,
                          sizeof(ngx_http_hpf_idp_t))
               != NGX_OK)
    {
        return NULL;
    }

    return hmcf;
}


static char *
ngx_http_hpf_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_conf_init_ptr_value(hmcf->audit, NULL);
    ngx_conf_init_msec_value(hmcf->plugin_watchdog, 2000);
    ngx_conf_init_uint_value(hmcf->plugin_crashes, 3);
    ngx_conf_init_msec_value(hmcf->plugin_crash_time, 60000);
    ngx_conf_init_uint_value(hmcf->nonce_scope, NGX_HTTP_HPF_NONCE_CLUSTER);
    ngx_conf_init_uint_value(hmcf->plugin_approve, 1);
    ngx_conf_init_value(hmcf->session_idle, 1800);
    ngx_conf_init_value(hmcf->session_life, 8 * 3600);
    ngx_conf_init_value(hmcf->session_cache, 300);
    ngx_conf_init_value(hmcf->session_stale, 60);
    ngx_conf_init_value(hmcf->real_name, 2);

    if (hmcf->notice.zh.len == 0) {
        ngx_str_set(&hmcf->notice.zh,
                    "请勿将账号、密码和验证码提供给非官方的第三方");
        ngx_str_set(&hmcf->notice.en,
                    "Never give your account, password or codes to unofficial "
                    "third parties");
    }

    return ngx_http_hpf_conf_check(cf, hmcf);
}


static void *
ngx_http_hpf_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_loc_conf_t));
    if (hlcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     hlcf->item = { 0, NULL };
     */

    hlcf->gate = NGX_CONF_UNSET;
    hlcf->api = NGX_CONF_UNSET;
    hlcf->limit_dry_run = NGX_CONF_UNSET;
    hlcf->level = NGX_CONF_UNSET_UINT;
    hlcf->body_max = NGX_CONF_UNSET_SIZE;
    hlcf->limits = NGX_CONF_UNSET_PTR;

    return hlcf;
}


static char *
ngx_http_hpf_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_hpf_loc_conf_t *prev = parent;
    ngx_http_hpf_loc_conf_t *conf = child;

    ngx_conf_merge_value(conf->gate, prev->gate, 0);
    ngx_conf_merge_value(conf->api, prev->api, 0);
    ngx_conf_merge_value(conf->limit_dry_run, prev->limit_dry_run, 0);
    ngx_conf_merge_uint_value(conf->level, prev->level, 0);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max, 65536);
    ngx_conf_merge_ptr_value(conf->limits, prev->limits, NULL);
    ngx_conf_merge_str_value(conf->item, prev->item, "");

    return ngx_http_hpf_conf_merged(cf, conf);
}


static ngx_int_t
ngx_http_hpf_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_gate_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_log_handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_log_handler(ngx_http_request_t *r)
{
    ngx_http_hpf_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_hpf_get_ctx(r);

    if (ctx && !ctx->quiet) {
        ngx_http_hpf_audit_write(r, ctx);
        ngx_http_hpf_metrics_count(r, ctx);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_init_module(ngx_cycle_t *cycle)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_hpf_module);

    if (hmcf && hmcf->audit) {
        ngx_hpf_audit_init_module(hmcf->audit, cycle);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                 i;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_hpf_module);

    if (hmcf == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    if (hmcf->zone) {
        ngx_hpf_load_sweep(hmcf->zone);

        ch = hmcf->channels.elts;

        for (i = 0; i < hmcf->channels.nelts; i++) {
            ch[i].load = ngx_hpf_load_slot(hmcf->zone, &ch[i].switch_name);
        }
    }

    if (hmcf->audit) {
        ngx_hpf_audit_init_worker(hmcf->audit, cycle);
    }

    ngx_http_hpf_backend_init_worker(hmcf);
    ngx_http_hpf_cert_init_worker(hmcf);
    ngx_http_hpf_idp_keys_init_worker(hmcf);

    if (ngx_http_hpf_key_init_worker(hmcf, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    if (hmcf->redis
        && (ngx_hpf_redis_init_worker(hmcf->redis, cycle) != NGX_OK
            || ngx_http_hpf_session_init_worker(hmcf) != NGX_OK
            || ngx_http_hpf_switch_init_worker(hmcf) != NGX_OK
            || ngx_http_hpf_reseal_init_worker(hmcf, cycle) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (hmcf->plugins == NULL) {
        return NGX_OK;
    }

    if (hmcf->redis && ngx_http_hpf_approval_init_worker(hmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_hpf_plugins_init_worker(hmcf->plugins, cycle);
}


static void
ngx_http_hpf_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_hpf_module);

    if (hmcf == NULL) {
        return;
    }

    if (hmcf->plugins) {
        ngx_hpf_plugins_exit_worker(hmcf->plugins);
    }

    if (hmcf->redis) {
        ngx_hpf_redis_exit_worker(hmcf->redis);
    }

    if (hmcf->audit) {
        ngx_hpf_audit_exit_worker(hmcf->audit);
    }
}
