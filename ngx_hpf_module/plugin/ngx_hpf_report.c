/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What has become of each generation, for the operators: the ledger of all
 * workers, and the catalogue in force.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugins.h"


static ngx_int_t ngx_hpf_report_waiting(ngx_hpf_plugins_t *plugins,
    ngx_uint_t n, ngx_hpf_report_t *report);
static void ngx_hpf_report_inside(ngx_hpf_plugins_t *plugins, ngx_uint_t n,
    ngx_hpf_report_t *report);
static ngx_hpf_state_e ngx_hpf_report_state(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_ledger_entry_t *entry, const ngx_hpf_report_t *report);
static ngx_uint_t ngx_hpf_report_leaves(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_ledger_entry_t *entry);


ngx_int_t
ngx_hpf_plugin_report(ngx_hpf_plugins_t *plugins, ngx_uint_t n,
    ngx_hpf_report_t *report)
{
    ngx_str_t                id;
    ngx_uint_t               i;
    ngx_hpf_plugin_t        *plugin;
    ngx_hpf_ledger_entry_t  *entry;

    if (n >= NGX_HPF_LEDGER_SIZE) {
        return ngx_hpf_report_waiting(plugins, n - NGX_HPF_LEDGER_SIZE,
                                      report);
    }

    entry = &plugins->shm->ledger.entries[n];

    if (!entry->used) {
        return NGX_DECLINED;
    }

    ngx_memzero(report, sizeof(ngx_hpf_report_t));

    id.data = entry->id;
    id.len = ngx_strlen(entry->id);

    plugin = ngx_hpf_plugins_find(plugins, &id);

    /* the catalogue has it as well */

    if (plugin) {
        ngx_hpf_plugin_unref(plugin);
    }

    ngx_memcpy(report->id, entry->id, sizeof(report->id));
    ngx_memcpy(report->digest, entry->digest, sizeof(report->digest));

    report->number = entry->number;
    report->language = entry->language;
    report->kind = entry->kind;
    report->abi = entry->abi;
    report->in_force = plugin && plugin->entry == entry;
    report->served = plugin != NULL;
    report->shut = plugin && ngx_hpf_ledger_quarantined(plugin);
    report->workers = ngx_hpf_ledger_workers(entry);
    report->started = entry->started;
    report->failed = entry->failed;

    ngx_memcpy(report->ended, entry->ended, sizeof(report->ended));

    for (i = 0; i < NGX_HPF_LEDGER_SEATS; i++) {
        report->running += entry->cells[i].calls;
        report->memory += entry->cells[i].memory;
    }

    ngx_hpf_report_inside(plugins, n, report);

    report->state = ngx_hpf_report_state(plugins, entry, report);

    /* gone, or a failed attempt that a newer version has mended */

    if ((report->state == NGX_HPF_STATE_KEPT && report->workers == 0)
        || (report->state == NGX_HPF_STATE_REFUSED && plugin
            && plugin->entry->number > entry->number))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* What was approved and is not here, or is here and was not approved. */

static ngx_int_t
ngx_hpf_report_waiting(ngx_hpf_plugins_t *plugins, ngx_uint_t n,
    ngx_hpf_report_t *report)
{
    ngx_int_t                 rc;
    ngx_hpf_approval_t       *approval;
    const ngx_hpf_waiting_t  *waiting;

    approval = &plugins->shm->approval;

    ngx_memzero(report, sizeof(ngx_hpf_report_t));

    (void) hpf_set_spin(&plugins->shm->lock);

    if (n >= approval->nwaiting) {
        rc = NGX_DONE;

    } else {
        waiting = &approval->waiting[n];

        ngx_memcpy(report->id, waiting->source.id, sizeof(report->id));
        ngx_memcpy(report->digest, waiting->source.digest,
                   sizeof(report->digest));
        ngx_memcpy(report->why, waiting->why, sizeof(report->why));

        report->number = (uint64_t) -1;
        report->state = waiting->state;
        report->language = waiting->language;
        report->kind = waiting->kind;

        /* one that leaves is in the ledger */

        rc = waiting->state == NGX_HPF_STATE_LEAVING ? NGX_DECLINED : NGX_OK;
    }

    hpf_set_release(&plugins->shm->lock);

    return rc;
}


/* Which workers are inside of it right now, and for how long already. */

static void
ngx_hpf_report_inside(ngx_hpf_plugins_t *plugins, ngx_uint_t n,
    ngx_hpf_report_t *report)
{
    ngx_uint_t             i;
    const ngx_hpf_mark_t  *mark;

    for (i = 0; i < NGX_HPF_LEDGER_SEATS; i++) {
        mark = &plugins->shm->marks[i];

        if (mark->pid && mark->inside == n + 1) {
            report->inside++;
            report->inside_ms = ngx_max(report->inside_ms,
                                        ngx_current_msec - mark->since);
        }
    }
}


static ngx_hpf_state_e
ngx_hpf_report_state(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_ledger_entry_t *entry, const ngx_hpf_report_t *report)
{
    ngx_hpf_plugins_shm_t  *shm;

    shm = plugins->shm;

    if (entry->quarantined) {
        return NGX_HPF_STATE_QUARANTINED;
    }

    if (report->in_force) {
        return ngx_hpf_report_leaves(plugins, entry) ? NGX_HPF_STATE_LEAVING
                                                     : NGX_HPF_STATE_SERVING;
    }

    if (entry->refused) {
        return NGX_HPF_STATE_REFUSED;
    }

    if (report->running) {
        return NGX_HPF_STATE_DRAINING;
    }

    return shm->candidate != shm->active && shm->candidate != shm->refused
           ? NGX_HPF_STATE_PREPARING : NGX_HPF_STATE_KEPT;
}


static ngx_uint_t
ngx_hpf_report_leaves(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_ledger_entry_t *entry)
{
    ngx_uint_t          leaves;
    ngx_hpf_waiting_t  *waiting;

    (void) hpf_set_spin(&plugins->shm->lock);

    waiting = ngx_hpf_approval_waiting_locked(plugins, entry->id,
                                              entry->digest);
    leaves = waiting && waiting->state == NGX_HPF_STATE_LEAVING;

    hpf_set_release(&plugins->shm->lock);

    return leaves;
}


ngx_uint_t
ngx_hpf_plugin_release(ngx_hpf_plugins_t *plugins, ngx_str_t *id)
{
    ngx_uint_t               i, n;
    ngx_hpf_ledger_t        *ledger;
    ngx_hpf_ledger_entry_t  *entry;

    n = 0;
    ledger = &plugins->shm->ledger;

    (void) hpf_set_spin(&ledger->lock);

    for (i = 0; i < NGX_HPF_LEDGER_SIZE; i++) {
        entry = &ledger->entries[i];

        if (entry->used && entry->quarantined
            && ngx_strlen(entry->id) == id->len
            && ngx_strncmp(entry->id, id->data, id->len) == 0)
        {
            entry->crashes = 0;
            entry->kills = 0;
            n++;

            __atomic_store_n(&entry->quarantined, 0, __ATOMIC_RELEASE);
        }
    }

    hpf_set_release(&ledger->lock);

    return n;
}
