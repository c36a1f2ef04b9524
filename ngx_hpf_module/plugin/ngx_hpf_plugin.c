/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One generation of a plugin, as other layers see it.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugin_int.h"


const hpf_manifest_t *
ngx_hpf_plugin_manifest(const ngx_hpf_plugin_t *plugin)
{
    return plugin->manifest;
}


ngx_str_t *
ngx_hpf_plugin_id(ngx_hpf_plugin_t *plugin)
{
    return &plugin->id;
}


ngx_str_t *
ngx_hpf_plugin_digest(ngx_hpf_plugin_t *plugin)
{
    return &plugin->digest;
}


ngx_pool_t *
ngx_hpf_plugin_pool(ngx_hpf_plugin_t *plugin)
{
    return plugin->pool;
}


void *
ngx_hpf_plugin_data(ngx_hpf_plugin_t *plugin)
{
    return plugin->data;
}


void
ngx_hpf_plugin_set_data(ngx_hpf_plugin_t *plugin, void *data)
{
    plugin->data = data;
}


void
ngx_hpf_plugin_log(ngx_hpf_plugin_t *plugin, ngx_log_t *log, int level,
    const char *text, size_t len)
{
    u_char  *p, *last, buf[NGX_MAX_ERROR_STR / 2];

    level = ngx_max(level, NGX_LOG_ERR);
    level = ngx_min(level, NGX_LOG_DEBUG);

    last = ngx_cpymem(buf, text, ngx_min(len, sizeof(buf)));

    for (p = buf; p < last; p++) {
        if (*p < ' ' || *p == 0x7f) {
            *p = ' ';
        }
    }

    ngx_log_error((ngx_uint_t) level, log, 0, "hpf plugin: \"%V\": %*s",
                  &plugin->id, (size_t) (last - buf), buf);
}
