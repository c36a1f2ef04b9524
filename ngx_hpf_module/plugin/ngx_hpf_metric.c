/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Metrics of a plugin's own.  Series stay in the zone as long as it lives, so
 * their names are given while a plugin is loaded and never made of requests.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


#define NGX_HPF_METRIC_NAME  29


static const char *ngx_hpf_metric_check(ngx_hpf_plugin_t *plugin,
    const char *name);


ngx_uint_t
ngx_hpf_metric_is_name(const char *name)
{
    size_t  i;

    for (i = 0; i <= NGX_HPF_METRIC_NAME && name[i]; i++) {

        if ((name[i] >= 'a' && name[i] <= 'z')
            || (i && ((name[i] >= '0' && name[i] <= '9') || name[i] == '_')))
        {
            continue;
        }

        return 0;
    }

    return i > 0 && i <= NGX_HPF_METRIC_NAME;
}


int
ngx_hpf_metric_create(ngx_hpf_plugin_t *plugin, ngx_hpf_stat_type_e type,
    const char *name)
{
    u_char             text[64], of[HPF_MANIFEST_ID + 16];
    ngx_str_t          series, labels;
    const char        *why;
    ngx_hpf_zone_t    *zone;
    ngx_hpf_metric_t  *metric;

    why = ngx_hpf_metric_check(plugin, name);

    if (why) {

        /* a plugin may try without end */

        if (plugin->refusals++ < NGX_HPF_REFUSALS) {
            ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                          "hpf plugin: \"%V\" cannot have a metric: %s",
                          &plugin->id, why);
        }

        return HPF_ERROR;
    }

    series.data = text;
    series.len = ngx_snprintf(text, sizeof(text), "hpf_plugin_%s_%s", name,
                              type == NGX_HPF_STAT_COUNTER ? "total"
                                                           : "seconds")
                 - text;
    labels.data = of;
    labels.len = ngx_snprintf(of, sizeof(of), "plugin=\"%V\"", &plugin->id)
                 - of;

    zone = plugin->plugins->conf.zone;
    metric = &plugin->metrics[plugin->nmetrics++];

    metric->type = type;
    metric->slot = zone ? ngx_hpf_stat_slot(zone, type, &series, &labels) : -1;

    return (int) plugin->nmetrics;
}


/* NULL: it can be had; else why not. */

static const char *
ngx_hpf_metric_check(ngx_hpf_plugin_t *plugin, const char *name)
{
    if (!plugin->loading) {
        return "it is loaded already";
    }

    if (!ngx_hpf_metric_is_name(name)) {
        return "its name is none";
    }

    return plugin->nmetrics == NGX_HPF_METRICS ? "it has 16 already" : NULL;
}


ngx_hpf_metric_t *
ngx_hpf_metric_find(ngx_hpf_plugin_t *plugin, int number,
    ngx_hpf_stat_type_e type)
{
    if (number < 1 || (ngx_uint_t) number > plugin->nmetrics
        || plugin->metrics[number - 1].type != type)
    {
        return NULL;
    }

    return &plugin->metrics[number - 1];
}
