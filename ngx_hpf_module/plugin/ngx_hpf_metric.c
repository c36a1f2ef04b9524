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


size_t
ngx_hpf_metric_name(const char *name)
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

    return i <= NGX_HPF_METRIC_NAME ? i : 0;
}


int
ngx_hpf_metric_create(ngx_hpf_plugin_t *plugin, ngx_hpf_stat_type_e type,
    const char *name)
{
    u_char             text[64], of[HPF_MANIFEST_ID + 16];
    ngx_str_t          series, labels;
    ngx_hpf_zone_t    *zone;
    ngx_hpf_metric_t  *metric;

    if (!plugin->loading || plugin->nmetrics == NGX_HPF_METRICS
        || ngx_hpf_metric_name(name) == 0)
    {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" cannot have a metric: %s",
                      &plugin->id,
                      !plugin->loading ? "it is loaded already"
                      : ngx_hpf_metric_name(name) == 0 ? "its name is none"
                      : "it has 16 already");
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
