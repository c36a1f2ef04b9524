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

#include "hpf_library.h"
#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugin_int.h"


static ngx_int_t ngx_hpf_plugin_c_load(ngx_hpf_plugin_t *plugin,
    const char *file);
static const char *ngx_hpf_plugin_c_open(ngx_hpf_plugin_t *plugin,
    const char *file, char text[HPF_LIBRARY_WHY]);
static void ngx_hpf_plugin_c_unload(ngx_hpf_plugin_t *plugin);
static int ngx_hpf_plugin_c_start(ngx_hpf_call_t *call);
static int ngx_hpf_plugin_c_reconcile(ngx_hpf_call_t *call);
static int ngx_hpf_plugin_c_resume(ngx_hpf_call_t *call,
    const hpf_result_t *result);
static void ngx_hpf_plugin_c_cancel(ngx_hpf_call_t *call);
static size_t ngx_hpf_plugin_c_memory(ngx_hpf_plugin_t *plugin);
static ngx_int_t ngx_hpf_plugin_c_warm(ngx_hpf_plugin_t *plugin,
    const char *file);
static ngx_int_t ngx_hpf_plugin_c_check(const char *id, const char *file,
    char *why);


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
    ngx_hpf_plugin_c_memory,
    ngx_hpf_plugin_c_warm,
    ngx_hpf_plugin_c_check
};


static ngx_int_t
ngx_hpf_plugin_c_load(ngx_hpf_plugin_t *plugin, const char *file)
{
    char         text[HPF_LIBRARY_WHY];
    const char  *why;

    why = ngx_hpf_plugin_c_open(plugin, file, text);

    if (why == NULL) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                  "hpf plugin: \"%V\" not loaded: %s, file \"%s\"",
                  &plugin->id, why, file);

    return NGX_ERROR;
}


/* NULL: it is loaded; else why not, perhaps in text. */

static const char *
ngx_hpf_plugin_c_open(ngx_hpf_plugin_t *plugin, const char *file,
    char text[HPF_LIBRARY_WHY])
{
    void                    *symbol;
    hpf_plugin_entry_pt      entry;
    const hpf_plugin_def_t  *def;

    if (hpf_library_look(file, text) != HPF_OK) {
        return text;
    }

    plugin->handle = dlopen(file, RTLD_NOW|RTLD_LOCAL);

    if (plugin->handle == NULL) {
        return dlerror();
    }

    symbol = dlsym(plugin->handle, HPF_PLUGIN_ENTRY);

    if (symbol == NULL) {
        return "it does not export " HPF_PLUGIN_ENTRY "()";
    }

    /* ISO C has no cast from an object pointer to a function's */

    ngx_memcpy(&entry, &symbol, sizeof(entry));

    def = entry(HPF_ABI_VERSION);

    if (hpf_library_check(def, (char *) plugin->id.data, text) != HPF_OK) {
        return text;
    }

    if (def->event
        && def->event(plugin, HPF_EVENT_LOAD, &ngx_hpf_iface_host) != HPF_OK)
    {
        return "it refused";
    }

    plugin->def = def;

    return NULL;
}


/* Those of 1.0 do not know the event, and may refuse what they do not know. */

static ngx_int_t
ngx_hpf_plugin_c_warm(ngx_hpf_plugin_t *plugin, const char *file)
{
    const hpf_plugin_def_t  *def;

    def = plugin->def;

    if (def->abi_minor < 1 || def->event == NULL
        || def->event(plugin, HPF_EVENT_WARM, &ngx_hpf_iface_host) == HPF_OK)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                  "hpf plugin: \"%V\" not loaded: it refused to be warmed, "
                  "file \"%s\"", &plugin->id, file);

    return NGX_ERROR;
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
    ngx_hpf_handle_open(call);

    return call->plugin->def->start(call->handle);
}


static int
ngx_hpf_plugin_c_reconcile(ngx_hpf_call_t *call)
{
    const hpf_plugin_def_t  *def;

    def = call->plugin->def;

    if (!ngx_hpf_plugin_c_has(def, reconcile)) {
        return HPF_DECLINED;
    }

    ngx_hpf_handle_open(call);

    return def->reconcile(call->handle);
}


static int
ngx_hpf_plugin_c_resume(ngx_hpf_call_t *call, const hpf_result_t *result)
{
    return call->plugin->def->resume(call->handle, result);
}


static void
ngx_hpf_plugin_c_cancel(ngx_hpf_call_t *call)
{
    const hpf_plugin_def_t  *def;

    def = call->plugin->def;

    if (call->handle && !call->answered && ngx_hpf_plugin_c_has(def, cancel)) {
        def->cancel(call->handle);
    }

    ngx_hpf_handle_close(call);
}


/* What it has by the host's alloc(). */

static size_t
ngx_hpf_plugin_c_memory(ngx_hpf_plugin_t *plugin)
{
    return plugin->used;
}


static ngx_int_t
ngx_hpf_plugin_c_check(const char *id, const char *file, char *why)
{
    return hpf_library_look(file, why) == HPF_OK ? NGX_OK : NGX_DECLINED;
}
