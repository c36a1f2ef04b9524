/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The registry: what is in force, found by id.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_plugins_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_hpf_plugins_take(ngx_hpf_plugins_t *plugins);


static ngx_uint_t  ngx_hpf_plugins_tag;


ngx_hpf_plugins_t *
ngx_hpf_plugins_create(ngx_conf_t *cf, ngx_hpf_plugins_conf_t *conf)
{
    size_t              size;
    ngx_str_t           name;
    ngx_hpf_source_t   *list;
    ngx_hpf_plugins_t  *plugins;

    plugins = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_plugins_t));
    list = ngx_palloc(cf->pool,
                      NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t));

    if (plugins == NULL || list == NULL) {
        return NULL;
    }

    plugins->conf = *conf;
    plugins->personal = ngx_hpf_note_rules(cf->pool);
    plugins->log = cf->log;
    ngx_queue_init(&plugins->generations);

    if (plugins->personal == NULL) {
        return NULL;
    }

    /* whatever is wrong with a manifest is told by "nginx -t" */

    if (ngx_hpf_source_scan(plugins, 0, list, NULL, 0) == NGX_ERROR) {
        return NULL;
    }

    ngx_str_set(&name, "hpf_plugins");

    /* a quarter more, for the allocator's own table of pages */

    size = sizeof(ngx_hpf_plugins_shm_t) / 4 * 5 + 8 * ngx_pagesize;
    size = ngx_align(size, ngx_pagesize);

    plugins->shm_zone = ngx_shared_memory_add(cf, &name, size,
                                              &ngx_hpf_plugins_tag);
    if (plugins->shm_zone == NULL) {
        return NULL;
    }

    plugins->shm_zone->init = ngx_hpf_plugins_zone_init;
    plugins->shm_zone->data = plugins;

    return plugins;
}


static ngx_int_t
ngx_hpf_plugins_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_hpf_plugins_t *old = data;

    ngx_slab_pool_t    *shpool;
    ngx_hpf_plugins_t  *plugins;

    plugins = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        plugins->shm = old->shm;

        /* a reload tries again what did not load */

        plugins->shm->nbad = 0;

        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        plugins->shm = shpool->data;
        return NGX_OK;
    }

    plugins->shm = ngx_slab_calloc(shpool, sizeof(ngx_hpf_plugins_shm_t));
    if (plugins->shm == NULL) {
        return NGX_ERROR;
    }

    shpool->data = plugins->shm;

    return NGX_OK;
}


ngx_hpf_plugin_t *
ngx_hpf_plugins_find(ngx_hpf_plugins_t *plugins, ngx_str_t *id)
{
    ngx_int_t             rc;
    ngx_uint_t            low, high, mid;
    ngx_hpf_plugin_t     *plugin;
    ngx_hpf_catalogue_t  *catalogue;

    ngx_hpf_plugins_take(plugins);

    catalogue = plugins->active;

    if (catalogue == NULL) {
        return NULL;
    }

    low = 0;
    high = catalogue->n;

    while (low < high) {

        mid = (low + high) / 2;
        plugin = catalogue->plugin[mid];

        rc = ngx_memn2cmp(id->data, plugin->id.data, id->len, plugin->id.len);

        if (rc == 0) {
            plugin->refs++;
            return plugin;
        }

        if (rc < 0) {
            high = mid;

        } else {
            low = mid + 1;
        }
    }

    return NULL;
}


/* The catalogue in force, when it is another than this worker's. */

static void
ngx_hpf_plugins_take(ngx_hpf_plugins_t *plugins)
{
    uint32_t              number;
    ngx_hpf_catalogue_t  *old;

    number = __atomic_load_n(&plugins->shm->active, __ATOMIC_ACQUIRE);

    if (plugins->next == NULL || plugins->next->number != number) {
        return;
    }

    old = plugins->active;

    plugins->active = plugins->next;
    plugins->next = NULL;

    if (old) {
        ngx_hpf_generation_catalogue_free(old);
    }
}


ngx_hpf_plugin_t *
ngx_hpf_plugins_nth(ngx_hpf_plugins_t *plugins, ngx_uint_t n)
{
    ngx_hpf_plugins_take(plugins);

    if (plugins->active == NULL || n >= plugins->active->n) {
        return NULL;
    }

    return plugins->active->plugin[n];
}


ngx_uint_t
ngx_hpf_plugins_version(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_plugins_take(plugins);

    return plugins->active ? plugins->active->number : 0;
}


ngx_int_t
ngx_hpf_plugins_init_worker(ngx_hpf_plugins_t *plugins, ngx_cycle_t *cycle)
{
    plugins->log = cycle->log;

    if (ngx_hpf_mark_init(plugins) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hpf_watchdog_start(plugins);

    return ngx_hpf_watch_init(plugins, cycle);
}


void
ngx_hpf_plugins_exit_worker(ngx_hpf_plugins_t *plugins)
{
    ngx_hpf_watch_exit(plugins);

    if (plugins->next) {
        ngx_hpf_generation_catalogue_free(plugins->next);
        plugins->next = NULL;
    }

    if (plugins->active) {
        ngx_hpf_generation_catalogue_free(plugins->active);
        plugins->active = NULL;
    }

    ngx_hpf_lua_exit_worker();
    ngx_hpf_watchdog_stop();
    ngx_hpf_mark_exit(plugins);
}
