/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The host of C plugins: a shared library that was copied under a name of its
 * own, so that the one in the folder can be replaced while this one runs.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <dlfcn.h>

#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugin_int.h"


static ngx_int_t ngx_hpf_plugin_c_load(ngx_hpf_plugin_t *plugin,
    const char *file);
static ngx_int_t ngx_hpf_plugin_c_check(ngx_hpf_plugin_t *plugin,
    const hpf_plugin_def_t *def);
static void ngx_hpf_plugin_c_unload(ngx_hpf_plugin_t *plugin);
static int ngx_hpf_plugin_c_start(ngx_hpf_call_t *call);
static int ngx_hpf_plugin_c_reconcile(ngx_hpf_call_t *call);
static int ngx_hpf_plugin_c_resume(ngx_hpf_call_t *call,
    const hpf_result_t *result);
static void ngx_hpf_plugin_c_cancel(ngx_hpf_call_t *call);


#define NGX_HPF_PLUGIN_DEF_MIN  offsetof(hpf_plugin_def_t, cancel)

/* 1: the plugin was built with this member. */

#define ngx_hpf_plugin_c_has(def, member)                                    \
    ((def)->size >= offsetof(hpf_plugin_def_t, member)                       \
                    + sizeof((def)->member)                                  \
     && (def)->member != NULL)


const ngx_hpf_host_t  ngx_hpf_plugin_c_host = {
    ngx_hpf_plugin_c_load,
    ngx_hpf_plugin_c_unload,
    ngx_hpf_plugin_c_start,
    ngx_hpf_plugin_c_reconcile,
    ngx_hpf_plugin_c_resume,
    ngx_hpf_plugin_c_cancel,
    NULL
};


static ngx_int_t
ngx_hpf_plugin_c_load(ngx_hpf_plugin_t *plugin, const char *file)
{
    void                 *symbol;
    hpf_plugin_entry_pt   entry;

    plugin->handle = dlopen(file, RTLD_NOW|RTLD_LOCAL);

    if (plugin->handle == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: %s", &plugin->id,
                      dlerror());
        return NGX_ERROR;
    }

    symbol = dlsym(plugin->handle, HPF_PLUGIN_ENTRY);

    if (symbol == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: it does not export %s()",
                      &plugin->id, HPF_PLUGIN_ENTRY);
        return NGX_ERROR;
    }

    /* ISO C has no cast from an object pointer to a function's */

    ngx_memcpy(&entry, &symbol, sizeof(entry));

    if (ngx_hpf_plugin_c_check(plugin, entry(HPF_ABI_VERSION)) != NGX_OK) {
        return NGX_ERROR;
    }

    if (plugin->def->event
        && plugin->def->event(plugin, HPF_EVENT_LOAD, &ngx_hpf_iface_host)
           != HPF_OK)
    {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: it refused",
                      &plugin->id);

        plugin->def = NULL;

        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hpf_plugin_c_check(ngx_hpf_plugin_t *plugin, const hpf_plugin_def_t *def)
{
    if (def == NULL || def->size < NGX_HPF_PLUGIN_DEF_MIN
        || def->id == NULL || def->start == NULL || def->resume == NULL)
    {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: its definition is "
                      "incomplete", &plugin->id);
        return NGX_ERROR;
    }

    if (def->abi_major != HPF_ABI_MAJOR) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: it is for ABI %ud, this "
                      "gateway has %d", &plugin->id,
                      (uint32_t) def->abi_major, HPF_ABI_MAJOR);
        return NGX_ERROR;
    }

    if (ngx_strlen(def->id) != plugin->id.len
        || ngx_strncmp(def->id, plugin->id.data, plugin->id.len) != 0)
    {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: it says it is \"%s\"",
                      &plugin->id, def->id);
        return NGX_ERROR;
    }

    plugin->def = def;

    return NGX_OK;
}


static void
ngx_hpf_plugin_c_unload(ngx_hpf_plugin_t *plugin)
{
    if (plugin->def && plugin->def->event) {
        (void) plugin->def->event(plugin, HPF_EVENT_UNLOAD,
                                  &ngx_hpf_iface_host);
    }

    if (plugin->handle && dlclose(plugin->handle) != 0) {
        ngx_log_error(NGX_LOG_WARN, plugin->log, 0,
                      "hpf plugin: \"%V\" not closed: %s", &plugin->id,
                      dlerror());
    }
}


static int
ngx_hpf_plugin_c_start(ngx_hpf_call_t *call)
{
    return call->plugin->def->start(call);
}


static int
ngx_hpf_plugin_c_reconcile(ngx_hpf_call_t *call)
{
    const hpf_plugin_def_t  *def;

    def = call->plugin->def;

    return ngx_hpf_plugin_c_has(def, reconcile) ? def->reconcile(call)
                                                : HPF_DECLINED;
}


static int
ngx_hpf_plugin_c_resume(ngx_hpf_call_t *call, const hpf_result_t *result)
{
    return call->plugin->def->resume(call, result);
}


static void
ngx_hpf_plugin_c_cancel(ngx_hpf_call_t *call)
{
    const hpf_plugin_def_t  *def;

    def = call->plugin->def;

    if (!call->answered && ngx_hpf_plugin_c_has(def, cancel)) {
        def->cancel(call);
    }
}
