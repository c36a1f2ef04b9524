/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * "hpf.metric": numbers of a plugin's own.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugins.h"


static int ngx_hpf_iface_metric_counter(hpf_plugin_t *plugin,
    const char *name);
static int ngx_hpf_iface_metric_histogram(hpf_plugin_t *plugin,
    const char *name);
static int ngx_hpf_iface_metric_add(hpf_plugin_t *plugin, int number,
    uint32_t n);
static int ngx_hpf_iface_metric_observe(hpf_plugin_t *plugin, int number,
    uint64_t us);


const hpf_iface_metric_t  ngx_hpf_iface_metric = {
    sizeof(hpf_iface_metric_t), 1,
    ngx_hpf_iface_metric_counter,
    ngx_hpf_iface_metric_histogram,
    ngx_hpf_iface_metric_add,
    ngx_hpf_iface_metric_observe
};


static int
ngx_hpf_iface_metric_counter(hpf_plugin_t *plugin, const char *name)
{
    return ngx_hpf_metric_create(plugin, NGX_HPF_STAT_COUNTER, name);
}


static int
ngx_hpf_iface_metric_histogram(hpf_plugin_t *plugin, const char *name)
{
    return ngx_hpf_metric_create(plugin, NGX_HPF_STAT_HISTOGRAM, name);
}


static int
ngx_hpf_iface_metric_add(hpf_plugin_t *plugin, int number, uint32_t n)
{
    ngx_hpf_metric_t  *metric;

    metric = ngx_hpf_metric_find(plugin, number, NGX_HPF_STAT_COUNTER);

    if (metric == NULL) {
        return HPF_ERROR;
    }

    ngx_hpf_stat_add(plugin->plugins->conf.zone, metric->slot, n);

    return HPF_OK;
}


static int
ngx_hpf_iface_metric_observe(hpf_plugin_t *plugin, int number, uint64_t us)
{
    ngx_hpf_metric_t  *metric;

    metric = ngx_hpf_metric_find(plugin, number, NGX_HPF_STAT_HISTOGRAM);

    if (metric == NULL) {
        return HPF_ERROR;
    }

    ngx_hpf_stat_observe(plugin->plugins->conf.zone, metric->slot, us);

    return HPF_OK;
}
