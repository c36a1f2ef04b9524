/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Generations: a plugin as it was at one time, loaded from its private copy.
 * A generation lives as long as a catalogue or a call has it.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_hpf_plugin_t *ngx_hpf_generation_get(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, ngx_uint_t whole);
static ngx_hpf_plugin_t *ngx_hpf_generation_load(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, ngx_uint_t whole);
static ngx_int_t ngx_hpf_generation_open(ngx_hpf_plugin_t *plugin,
    const ngx_hpf_source_t *source, ngx_uint_t whole);
static void ngx_hpf_generation_unload(ngx_hpf_plugin_t *plugin);
static void ngx_hpf_generation_free(ngx_hpf_plugin_t *plugin);


static ngx_hpf_plugin_t *
ngx_hpf_generation_get(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, ngx_uint_t whole)
{
    ngx_queue_t       *q;
    ngx_hpf_plugin_t  *plugin;

    for (q = ngx_queue_head(&plugins->generations);
         q != ngx_queue_sentinel(&plugins->generations);
         q = ngx_queue_next(q))
    {
        plugin = ngx_queue_data(q, ngx_hpf_plugin_t, queue);

        if (ngx_strcmp(plugin->id.data, source->id) == 0
            && ngx_strcmp(plugin->digest.data, source->digest) == 0)
        {
            plugin->refs++;
            return plugin;
        }
    }

    return ngx_hpf_generation_load(plugins, source, whole);
}


static ngx_hpf_plugin_t *
ngx_hpf_generation_load(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source, ngx_uint_t whole)
{
    ngx_pool_t        *pool;
    ngx_hpf_plugin_t  *plugin;

    pool = ngx_create_pool(4096, plugins->log);
    if (pool == NULL) {
        return NULL;
    }

    plugin = ngx_pcalloc(pool, sizeof(ngx_hpf_plugin_t));
    if (plugin == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    plugin->magic = NGX_HPF_PLUGIN_MAGIC;
    plugin->refs = 1;
    plugin->pool = pool;
    plugin->log = plugins->log;
    plugin->plugins = plugins;

    ngx_hpf_memory_init(plugin);

    ngx_queue_insert_tail(&plugins->generations, &plugin->queue);

    plugin->id.len = ngx_strlen(source->id);
    plugin->id.data = ngx_pnalloc(pool, plugin->id.len + 1);
    plugin->digest.len = ngx_strlen(source->digest);
    plugin->digest.data = ngx_pnalloc(pool, plugin->digest.len + 1);

    if (plugin->id.data == NULL || plugin->digest.data == NULL) {
        ngx_hpf_generation_free(plugin);
        return NULL;
    }

    ngx_cpystrn(plugin->id.data, (u_char *) source->id, plugin->id.len + 1);
    ngx_cpystrn(plugin->digest.data, (u_char *) source->digest,
                plugin->digest.len + 1);

    if (ngx_hpf_generation_open(plugin, source, whole) != NGX_OK) {
        ngx_hpf_generation_free(plugin);
        return NULL;
    }

    return plugin;
}


static ngx_int_t
ngx_hpf_generation_open(ngx_hpf_plugin_t *plugin,
    const ngx_hpf_source_t *source, ngx_uint_t whole)
{
    u_char              file[NGX_MAX_PATH];
    ngx_str_t           text;
    ngx_hpf_plugins_t  *plugins;

    plugins = plugin->plugins;

    plugin->hold = ngx_hpf_cache_hold(plugins, (char *) plugin->digest.data);

    if (plugin->hold == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, ngx_errno,
                      "hpf plugin: \"%V\" not loaded: its copy is not there, "
                      "digest %V", &plugin->id, &plugin->digest);
        return NGX_ERROR;
    }

    (void) ngx_snprintf(file, sizeof(file), "%V/%V/manifest.json%Z",
                        &plugins->conf.cache, &plugin->digest);

    text = ngx_hpf_source_file(plugin->pool, (char *) file, plugin->log);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    plugin->manifest = ngx_hpf_source_manifest(plugins, &text, (char *) file,
                                               (char *) plugin->id.data,
                                               plugin->log);
    if (plugin->manifest == NULL) {
        return NGX_ERROR;
    }

    plugin->host = plugin->manifest->language == HPF_MANIFEST_C
                   ? &ngx_hpf_plugin_c_host : &ngx_hpf_lua_host;

    if (ngx_hpf_ledger_open(plugin) != NGX_OK) {
        return NGX_ERROR;
    }

    /* what is loaded is what was seen and approved, whoever was here since */

    if (ngx_hpf_source_verify(plugins, source) != NGX_OK) {
        plugin->entry->refused = 1;
        return NGX_ERROR;
    }

    if (ngx_hpf_ledger_quarantined(plugin)) {
        ngx_log_error(NGX_LOG_WARN, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: it is quarantined, "
                      "digest %V", &plugin->id, &plugin->digest);

        if (whole) {
            return NGX_ERROR;
        }

    } else if (ngx_hpf_generation_code(plugin) != NGX_OK) {
        return NGX_ERROR;
    }

    return plugins->conf.load(plugin, plugins->conf.data);
}


ngx_int_t
ngx_hpf_generation_code(ngx_hpf_plugin_t *plugin)
{
    u_char     file[NGX_MAX_PATH];
    ngx_int_t  rc;

    (void) ngx_snprintf(file, sizeof(file), "%V/%V/%V.%s%Z",
                        &plugin->plugins->conf.cache, &plugin->digest,
                        &plugin->id,
                        plugin->manifest->language == HPF_MANIFEST_C
                        ? "so" : "lua");

    plugin->loaded = 1;

    ngx_hpf_mark_enter(plugin, NGX_HPF_MARK_LOAD);

    plugin->loading = 1;
    rc = plugin->host->load(plugin, (char *) file);
    plugin->loading = 0;

    if (rc == NGX_OK && plugin->host->warm) {
        rc = plugin->host->warm(plugin, (char *) file);
    }

    ngx_hpf_mark_leave(plugin);

    plugin->entry->refused = (rc != NGX_OK);

    if (rc != NGX_OK) {
        ngx_hpf_generation_unload(plugin);
        return NGX_ERROR;
    }

    if (plugin->host->memory) {
        plugin->entry->cells[plugin->plugins->seat].memory =
            plugin->host->memory(plugin);
    }

    if (plugin->def) {
        plugin->entry->abi = (uint32_t) plugin->def->abi_major << 16
                             | plugin->def->abi_minor;
    }

    ngx_log_error(NGX_LOG_INFO, plugin->log, 0,
                  "hpf plugin: \"%V\" loaded, digest %V", &plugin->id,
                  &plugin->digest);

    return NGX_OK;
}


static void
ngx_hpf_generation_unload(ngx_hpf_plugin_t *plugin)
{
    if (plugin->loaded) {
        ngx_hpf_mark_enter(plugin, NGX_HPF_MARK_UNLOAD);
        plugin->host->unload(plugin);
        ngx_hpf_mark_leave(plugin);

        plugin->loaded = 0;
    }
}


static void
ngx_hpf_generation_free(ngx_hpf_plugin_t *plugin)
{
    ngx_hpf_plugins_t  *plugins;

    plugins = plugin->plugins;

    ngx_queue_remove(&plugin->queue);

    if (plugin->data) {
        plugins->conf.unload(plugin, plugins->conf.data);
    }

    ngx_hpf_generation_unload(plugin);
    ngx_hpf_ledger_close(plugin);

    ngx_hpf_memory_end(plugin);
    ngx_hpf_cache_release(plugin->hold);

    hpf_manifest_free(plugin->manifest);

    plugin->magic = 0;

    ngx_destroy_pool(plugin->pool);
}


void
ngx_hpf_plugin_unref(ngx_hpf_plugin_t *plugin)
{
    if (--plugin->refs) {
        return;
    }

    ngx_log_error(NGX_LOG_INFO, plugin->log, 0,
                  "hpf plugin: \"%V\" unloaded, digest %V, %ui calls",
                  &plugin->id, &plugin->digest, plugin->calls);

    ngx_hpf_generation_free(plugin);
}


ngx_hpf_catalogue_t *
ngx_hpf_generation_catalogue(ngx_hpf_plugins_t *plugins, uint32_t number,
    ngx_uint_t whole)
{
    u_char                name[sizeof("catalogue-") + NGX_INT32_LEN];
    ngx_int_t             i, n;
    ngx_hpf_plugin_t     *plugin;
    ngx_hpf_source_t     *list;
    ngx_hpf_catalogue_t  *catalogue;

    catalogue = ngx_calloc(sizeof(ngx_hpf_catalogue_t), plugins->log);
    list = ngx_alloc(NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                     plugins->log);

    if (catalogue == NULL || list == NULL) {
        goto failed;
    }

    (void) ngx_sprintf(name, "catalogue-%uD%Z", number);

    catalogue->number = number;
    catalogue->hold = ngx_hpf_cache_hold(plugins, (char *) name);

    n = ngx_hpf_list_catalogue(plugins, number, list);

    if (n == NGX_ERROR) {
        goto failed;
    }

    for (i = 0; i < n; i++) {

        plugin = ngx_hpf_generation_get(plugins, &list[i], whole);

        if (plugin) {
            catalogue->plugin[catalogue->n++] = plugin;
            continue;
        }

        ngx_hpf_source_set_bad(plugins, &list[i]);

        if (whole) {
            goto failed;
        }
    }

    ngx_free(list);

    return catalogue;

failed:

    if (catalogue) {
        ngx_hpf_generation_catalogue_free(catalogue);
    }

    if (list) {
        ngx_free(list);
    }

    return NULL;
}


void
ngx_hpf_generation_catalogue_free(ngx_hpf_catalogue_t *catalogue)
{
    ngx_uint_t  i;

    for (i = 0; i < catalogue->n; i++) {
        ngx_hpf_plugin_unref(catalogue->plugin[i]);
    }

    ngx_hpf_cache_release(catalogue->hold);
    ngx_free(catalogue);
}
