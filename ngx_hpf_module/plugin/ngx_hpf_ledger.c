/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The ledger of generations, see ngx_hpf_ledger.h.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_hpf_ledger_entry_t *ngx_hpf_ledger_find_locked(
    ngx_hpf_ledger_t *ledger, const ngx_hpf_plugin_t *plugin);
static ngx_hpf_ledger_entry_t *ngx_hpf_ledger_room_locked(
    ngx_hpf_ledger_t *ledger);
static ngx_uint_t ngx_hpf_ledger_is_item_locked(ngx_hpf_ledger_t *ledger,
    ngx_uint_t n);
static ngx_uint_t ngx_hpf_ledger_crashed_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry, ngx_hpf_mark_e where);
static ngx_uint_t ngx_hpf_ledger_killed_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry);


ngx_int_t
ngx_hpf_ledger_open(ngx_hpf_plugin_t *plugin)
{
    ngx_uint_t               seat;
    ngx_hpf_ledger_t        *ledger;
    ngx_hpf_ledger_entry_t  *entry;

    ledger = &plugin->plugins->shm->ledger;
    seat = plugin->plugins->seat;

    (void) hpf_set_spin(&ledger->lock);

    entry = ngx_hpf_ledger_find_locked(ledger, plugin);

    if (entry) {
        entry->loaded[seat / 64] |= (uint64_t) 1 << seat % 64;
        entry->language = plugin->manifest->language;
        entry->kind = plugin->manifest->kind;
    }

    hpf_set_release(&ledger->lock);

    plugin->entry = entry;

    if (entry == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" not loaded: there are too many "
                      "generations", &plugin->id);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_hpf_ledger_entry_t *
ngx_hpf_ledger_find_locked(ngx_hpf_ledger_t *ledger,
    const ngx_hpf_plugin_t *plugin)
{
    uint32_t                 item;
    ngx_uint_t               i;
    ngx_hpf_ledger_entry_t  *entry;

    item = NGX_HPF_LEDGER_SIZE;

    for (i = 0; i < NGX_HPF_LEDGER_SIZE; i++) {
        entry = &ledger->entries[i];

        if (!entry->used
            || ngx_strcmp(entry->id, plugin->id.data) != 0)
        {
            continue;
        }

        if (ngx_strcmp(entry->digest, plugin->digest.data) == 0) {
            return entry;
        }

        item = entry->item;
    }

    entry = ngx_hpf_ledger_room_locked(ledger);

    if (entry) {
        ngx_memzero(entry, sizeof(ngx_hpf_ledger_entry_t));

        entry->used = 1;
        entry->number = ++ledger->last;
        entry->item = item < NGX_HPF_LEDGER_SIZE
                      ? item : (uint32_t) (entry - ledger->entries);

        (void) ngx_cpystrn(entry->id, plugin->id.data, sizeof(entry->id));
        (void) ngx_cpystrn(entry->digest, plugin->digest.data,
                           sizeof(entry->digest));
    }

    return entry;
}


/* What no worker has is forgotten, in turn, but not why it was stopped. */

static ngx_hpf_ledger_entry_t *
ngx_hpf_ledger_room_locked(ngx_hpf_ledger_t *ledger)
{
    ngx_uint_t               i, n;
    ngx_hpf_ledger_entry_t  *entry;

    for (i = 0; i < NGX_HPF_LEDGER_SIZE; i++) {

        n = ledger->next++ % NGX_HPF_LEDGER_SIZE;
        entry = &ledger->entries[n];

        if (!entry->used
            || (ngx_hpf_ledger_workers(entry) == 0 && !entry->quarantined
                && !ngx_hpf_ledger_is_item_locked(ledger, n)))
        {
            return entry;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_hpf_ledger_is_item_locked(ngx_hpf_ledger_t *ledger, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HPF_LEDGER_SIZE; i++) {

        if (i != n && ledger->entries[i].used && ledger->entries[i].item == n)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_hpf_ledger_close(ngx_hpf_plugin_t *plugin)
{
    ngx_uint_t         seat;
    ngx_hpf_ledger_t  *ledger;

    if (plugin->entry == NULL) {
        return;
    }

    ledger = &plugin->plugins->shm->ledger;
    seat = plugin->plugins->seat;

    (void) hpf_set_spin(&ledger->lock);

    plugin->entry->loaded[seat / 64] &= ~((uint64_t) 1 << seat % 64);
    plugin->entry->cells[seat].memory = 0;

    hpf_set_release(&ledger->lock);

    plugin->entry = NULL;
}


ngx_uint_t
ngx_hpf_ledger_quarantined(const ngx_hpf_plugin_t *plugin)
{
    return __atomic_load_n(&plugin->entry->quarantined, __ATOMIC_ACQUIRE);
}


/* The worker's own cell is written by nobody else. */

ngx_int_t
ngx_hpf_ledger_enter(ngx_hpf_plugin_t *plugin)
{
    uint32_t                 n;
    ngx_hpf_ledger_entry_t  *entry, *item;

    entry = plugin->entry;
    item = &plugin->plugins->shm->ledger.entries[entry->item];

    n = __atomic_add_fetch(&item->calls, 1, __ATOMIC_RELAXED);

    if (n > plugin->manifest->resources.concurrency) {
        (void) __atomic_sub_fetch(&item->calls, 1, __ATOMIC_RELAXED);
        return NGX_BUSY;
    }

    entry->cells[plugin->plugins->seat].calls++;

    (void) __atomic_add_fetch(&entry->started, 1, __ATOMIC_RELAXED);

    return NGX_OK;
}


void
ngx_hpf_ledger_leave(ngx_hpf_plugin_t *plugin, ngx_uint_t failed)
{
    ngx_hpf_ledger_cell_t   *cell;
    ngx_hpf_ledger_entry_t  *entry, *item;

    entry = plugin->entry;
    item = &plugin->plugins->shm->ledger.entries[entry->item];
    cell = &entry->cells[plugin->plugins->seat];

    (void) __atomic_sub_fetch(&item->calls, 1, __ATOMIC_RELAXED);
    cell->calls--;

    if (plugin->host->memory) {
        cell->memory = plugin->host->memory(plugin);
    }

    if (failed) {
        (void) __atomic_add_fetch(&entry->failed, 1, __ATOMIC_RELAXED);
    }
}


void
ngx_hpf_ledger_vacate_locked(ngx_hpf_ledger_t *ledger, ngx_uint_t seat)
{
    ngx_uint_t               i;
    ngx_hpf_ledger_cell_t   *cell;
    ngx_hpf_ledger_entry_t  *entry;

    for (i = 0; i < NGX_HPF_LEDGER_SIZE; i++) {
        entry = &ledger->entries[i];

        if (!entry->used) {
            continue;
        }

        cell = &entry->cells[seat];

        (void) __atomic_sub_fetch(&ledger->entries[entry->item].calls,
                                  cell->calls, __ATOMIC_RELAXED);

        ngx_memzero(cell, sizeof(ngx_hpf_ledger_cell_t));
        entry->loaded[seat / 64] &= ~((uint64_t) 1 << seat % 64);
    }
}


ngx_uint_t
ngx_hpf_ledger_crash_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry, const ngx_hpf_crash_t *crash)
{
    ngx_uint_t  enough;

    entry->ended[crash->end]++;

    enough = crash->end == NGX_HPF_END_KILLED
             ? ngx_hpf_ledger_killed_locked(plugins, entry)
             : ngx_hpf_ledger_crashed_locked(plugins, entry, crash->where);

    if (entry->quarantined || !enough) {
        return 0;
    }

    entry->refused = 0;

    __atomic_store_n(&entry->quarantined, 1, __ATOMIC_RELEASE);

    return 1;
}


/*
 * Loading has to succeed once for each worker and is not asked for by any
 * request: the second time it is enough, or new workers would die for ever.
 */

static ngx_uint_t
ngx_hpf_ledger_crashed_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry, ngx_hpf_mark_e where)
{
    uint64_t    now;
    ngx_uint_t  i, n, enough;

    now = ngx_current_msec;
    entry->crashed[entry->crashes++ % NGX_HPF_LEDGER_CRASHES] = now;

    n = 0;

    for (i = 0; i < ngx_min(entry->crashes, NGX_HPF_LEDGER_CRASHES); i++) {

        if (now - entry->crashed[i] <= plugins->conf.crash_time) {
            n++;
        }
    }

    enough = plugins->conf.crashes;

    if (where == NGX_HPF_MARK_LOAD) {
        enough = enough ? ngx_min(enough, 2) : 2;
    }

    return enough && n >= enough;
}


/*
 * Most likely it was somebody from outside, who came by chance when the plugin
 * ran; but not so often.
 */

static ngx_uint_t
ngx_hpf_ledger_killed_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry)
{
    if (ngx_current_msec - entry->killed > plugins->conf.crash_time) {
        entry->killed = ngx_current_msec;
        entry->kills = 0;
    }

    return ++entry->kills >= NGX_HPF_LEDGER_KILLS;
}


ngx_uint_t
ngx_hpf_ledger_workers(const ngx_hpf_ledger_entry_t *entry)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_HPF_LEDGER_SEATS / 64; i++) {
        n += __builtin_popcountll(entry->loaded[i]);
    }

    return n;
}
