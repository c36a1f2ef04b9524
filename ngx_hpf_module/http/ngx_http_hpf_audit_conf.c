/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Directives of the record.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_ledger.h"
#include "hpf_plugin.h"
#include "ngx_hpf_audit.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_AUDIT_ZONE     (16 * 1024 * 1024)
#define NGX_HTTP_HPF_AUDIT_SEGMENT  (1024 * 1024)      /* at the least */


static char *ngx_http_hpf_audit_conf_param(ngx_conf_t *cf,
    ngx_hpf_audit_ledger_conf_t *conf, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_audit_conf_node(ngx_str_t *node);
static struct ngx_hpf_audit_s *ngx_http_hpf_audit_conf_old(
    ngx_cycle_t *cycle);


/* hpf_audit FILE|off */

char *
ngx_http_hpf_audit_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    hmcf->audit = NULL;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    hmcf->audit = ngx_hpf_audit_create(cf, &value[1]);

    return hmcf->audit ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* hpf_audit_ledger FILE key=FILE [digest=] [interval=] [segment=] [node=] */

char *
ngx_http_hpf_audit_conf_ledger(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    char                         *rv;
    ngx_str_t                    *value;
    ngx_uint_t                    i;
    ngx_hpf_audit_ledger_conf_t  *ledger;

    if (hmcf->audit_ledger) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ledger = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_audit_ledger_conf_t));
    if (ledger == NULL) {
        return NGX_CONF_ERROR;
    }

    ledger->file = value[1];
    ledger->node = cf->cycle->hostname;
    ledger->interval = 60000;
    ledger->segment = 64 * 1024 * 1024;
    ledger->md = HPF_CHAIN_SHA256;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_hpf_audit_conf_param(cf, ledger, &value[i]);

        if (rv != NGX_CONF_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (ledger->key.len == 0
        || ngx_http_hpf_audit_conf_node(&ledger->node) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &ledger->file, 0) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &ledger->key, 1) != NGX_OK)
    {
        return ledger->key.len ? "needs a \"node=\" of A-Z, a-z, 0-9, \".\", "
                                 "\"_\" and \"-\""
                               : "needs a \"key=\"";
    }

    hmcf->audit_ledger = ledger;

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_audit_conf_param(ngx_conf_t *cf,
    ngx_hpf_audit_ledger_conf_t *conf, ngx_str_t *value)
{
    u_char     *p;
    ssize_t     size;
    unsigned    md;
    ngx_int_t   ms;
    ngx_str_t   s;

    p = ngx_strlchr(value->data, value->data + value->len, '=');
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    s.data = p + 1;
    s.len = value->data + value->len - s.data;

    if (s.len == 0) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value->data, "key=", 4) == 0) {
        conf->key = s;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "node=", 5) == 0) {
        conf->node = s;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "digest=", 7) == 0) {

        if (hpf_ledger_md((char *) s.data, s.len, &md) != HPF_OK) {
            return NGX_CONF_ERROR;
        }

        conf->md = md;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "interval=", 9) == 0) {
        ms = ngx_parse_time(&s, 0);
        conf->interval = ms;

        return ms >= 100 ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_strncmp(value->data, "segment=", 8) == 0) {
        size = ngx_parse_size(&s);
        conf->segment = size;

        return size >= NGX_HTTP_HPF_AUDIT_SEGMENT ? NGX_CONF_OK
                                                  : NGX_CONF_ERROR;
    }

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_hpf_audit_conf_node(ngx_str_t *node)
{
    u_char      c;
    ngx_uint_t  i;

    if (node->len == 0 || node->len > HPF_LEDGER_NODE) {
        return NGX_ERROR;
    }

    for (i = 0; i < node->len; i++) {
        c = node->data[i];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
              || c == '.' || c == '_' || c == '-'))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_hpf_audit_conf_check(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    if (hmcf->audit) {
        ngx_hpf_audit_set_zone(hmcf->audit, hmcf->zone);
    }

    if (hmcf->audit_ledger == NULL) {
        return NGX_CONF_OK;
    }

    if (hmcf->audit == NULL || hmcf->zone == NULL
        || hmcf->zone_conf.size < NGX_HTTP_HPF_AUDIT_ZONE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_audit_ledger\" needs \"hpf_audit\" and an "
                           "\"hpf_zone\" of at least 16m");
        return NGX_CONF_ERROR;
    }

    return ngx_hpf_audit_chain(cf, hmcf->audit, hmcf->audit_ledger,
                               ngx_http_hpf_audit_conf_old(cf->cycle));
}


/* That of the configuration that runs; the ledger is open there. */

static struct ngx_hpf_audit_s *
ngx_http_hpf_audit_conf_old(ngx_cycle_t *cycle)
{
    ngx_uint_t                 i;
    ngx_cycle_t               *old;
    ngx_http_hpf_main_conf_t  *hmcf;

    old = cycle->old_cycle;

    if (old == NULL || old->conf_ctx == NULL) {
        return NULL;
    }

    for (i = 0; i < old->modules_n; i++) {

        if (old->modules[i] == &ngx_http_hpf_module) {
            hmcf = ngx_http_cycle_get_module_main_conf(old,
                                                       ngx_http_hpf_module);

            return hmcf ? hmcf->audit : NULL;
        }
    }

    return NULL;
}
