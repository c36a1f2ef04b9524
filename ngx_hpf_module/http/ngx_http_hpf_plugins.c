/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Plugins as the operators see them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_plugins.h"


#define NGX_HTTP_HPF_PLUGINS_WATCHDOG  100     /* ms, at least */
#define NGX_HTTP_HPF_PLUGINS_CRASHES   16      /* at most */


/* hpf_plugin_watchdog TIME|0 */

char *
ngx_http_hpf_plugins_watchdog(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t   ms;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->plugin_watchdog != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    ms = ngx_parse_time(&value[1], 0);

    if (ms == NGX_ERROR || (ms && ms < NGX_HTTP_HPF_PLUGINS_WATCHDOG)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\": 100ms or more, or 0 expected",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    hmcf->plugin_watchdog = ms;

    return NGX_CONF_OK;
}


/* hpf_plugin_quarantine NUMBER TIME|off */

char *
ngx_http_hpf_plugins_quarantine(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t   n, ms;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->plugin_crashes != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        hmcf->plugin_crashes = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);
    ms = cf->args->nelts == 3 ? ngx_parse_time(&value[2], 0) : 0;

    if (n < 1 || n > NGX_HTTP_HPF_PLUGINS_CRASHES || ms < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number or time: \"off\", or 1 to 16 and a "
                           "time expected");
        return NGX_CONF_ERROR;
    }

    hmcf->plugin_crashes = n;
    hmcf->plugin_crash_time = ms;

    return NGX_CONF_OK;
}


void
ngx_http_hpf_plugins_crashed(const ngx_hpf_crash_t *crash, void *data)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    static const char  *ends[] = { "killed", "crashed", "stuck", "exited" };
    static const char  *events[] = {
        "plugin-killed", "plugin-crashed", "plugin-stuck", "plugin-exited"
    };

    ngx_http_hpf_metrics_crashed(hmcf, crash->id, ends[crash->end]);
    ngx_http_hpf_audit_event(hmcf, events[crash->end], crash->id,
                             crash->digest);

    if (crash->quarantined) {
        ngx_http_hpf_audit_event(hmcf, "plugin-quarantined", crash->id,
                                 crash->digest);
    }
}
