/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Requests in progress by name.  Each worker counts in a row of its own, so
 * that what a dead one had under way is forgotten with its row.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_LOAD_ROWS   64         /* workers, old ones included */


typedef struct {
    u_char           key[HPF_HASH_LEN];
    uint32_t         used;
    uint32_t         total;
} ngx_hpf_load_name_t;


struct ngx_hpf_load_table_s {
    hpf_set_lock_t       lock;
    uint32_t             pids[NGX_HPF_LOAD_ROWS];
    uint64_t             n;
    uint64_t             size;         /* three quarters of it are used */

    /* and behind them a number for each, in a row for each worker */
    ngx_hpf_load_name_t  names[];
};


static uint32_t *ngx_hpf_load_counts(ngx_hpf_load_table_t *table,
    ngx_uint_t row);
static uint32_t *ngx_hpf_load_row(ngx_hpf_load_table_t *table);
static void ngx_hpf_load_sweep_locked(ngx_hpf_load_table_t *table);


void
ngx_hpf_load_init(ngx_hpf_load_table_t *table, size_t bytes)
{
    table->size = (bytes - sizeof(ngx_hpf_load_table_t))
                  / (sizeof(ngx_hpf_load_name_t)
                     + NGX_HPF_LOAD_ROWS * sizeof(uint32_t));
}


ngx_int_t
ngx_hpf_load_slot(ngx_hpf_zone_t *zone, ngx_str_t *name)
{
    u_char                 key[HPF_HASH_LEN];
    uint64_t               hash;
    ngx_int_t              slot;
    ngx_hpf_load_name_t   *entry;
    ngx_hpf_load_table_t  *table;

    table = zone->loads;

    hpf_hash(key, name->data, name->len, 0);
    ngx_memcpy(&hash, key, sizeof(hash));

    (void) hpf_set_spin(&table->lock);

    /* a quarter is free, so there is an end */

    for (slot = hash % table->size; /* void */ ;
         slot = (slot + 1) % table->size)
    {
        entry = &table->names[slot];

        if (!entry->used
            || ngx_memcmp(entry->key, key, HPF_HASH_LEN) == 0)
        {
            break;
        }
    }

    if (entry->used) {
        /* void */

    } else if (table->n < table->size * 3 / 4) {
        ngx_memcpy(entry->key, key, HPF_HASH_LEN);
        entry->used = 1;
        table->n++;

    } else {
        slot = -1;
    }

    hpf_set_release(&table->lock);

    if (slot == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf load: no room to count \"%V\"", name);
    }

    return slot;
}


/* What dead workers had under way, before the slots of this one are used. */

void
ngx_hpf_load_sweep(ngx_hpf_zone_t *zone)
{
    (void) hpf_set_spin(&zone->loads->lock);

    ngx_hpf_load_sweep_locked(zone->loads);

    hpf_set_release(&zone->loads->lock);
}


ngx_uint_t
ngx_hpf_load_enter(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    uint32_t  *counts;

    counts = ngx_hpf_load_row(zone->loads);

    if (counts) {
        (void) __atomic_add_fetch(&counts[slot], 1, __ATOMIC_RELAXED);
    }

    return __atomic_add_fetch(&zone->loads->names[slot].total, 1,
                              __ATOMIC_RELAXED);
}


void
ngx_hpf_load_leave(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    uint32_t  *counts;

    counts = ngx_hpf_load_row(zone->loads);

    if (counts) {
        (void) __atomic_sub_fetch(&counts[slot], 1, __ATOMIC_RELAXED);
    }

    (void) __atomic_sub_fetch(&zone->loads->names[slot].total, 1,
                              __ATOMIC_RELAXED);
}


ngx_uint_t
ngx_hpf_load_get(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    return __atomic_load_n(&zone->loads->names[slot].total, __ATOMIC_RELAXED);
}


static uint32_t *
ngx_hpf_load_counts(ngx_hpf_load_table_t *table, ngx_uint_t row)
{
    return (uint32_t *) &table->names[table->size] + row * table->size;
}


/* The row of this process, taken at its first request; NULL: too many. */

static uint32_t *
ngx_hpf_load_row(ngx_hpf_load_table_t *table)
{
    ngx_uint_t        i;
    static uint32_t  *row;
    static ngx_pid_t  owner;

    if (owner == ngx_pid) {
        return row;
    }

    owner = ngx_pid;
    row = NULL;

    (void) hpf_set_spin(&table->lock);

    ngx_hpf_load_sweep_locked(table);

    for (i = 0; i < NGX_HPF_LOAD_ROWS; i++) {

        if (table->pids[i] == 0) {
            table->pids[i] = ngx_pid;
            row = ngx_hpf_load_counts(table, i);
            break;
        }
    }

    hpf_set_release(&table->lock);

    return row;
}


/* What dead workers had under way is counted out. */

static void
ngx_hpf_load_sweep_locked(ngx_hpf_load_table_t *table)
{
    uint32_t    *pid, *counts;
    ngx_uint_t   i, n;

    for (i = 0; i < NGX_HPF_LOAD_ROWS; i++) {
        pid = &table->pids[i];

        if (*pid == 0 || kill(*pid, 0) == 0 || ngx_errno != ESRCH) {
            continue;
        }

        counts = ngx_hpf_load_counts(table, i);

        for (n = 0; n < table->size; n++) {

            if (counts[n]) {
                (void) __atomic_sub_fetch(&table->names[n].total, counts[n],
                                          __ATOMIC_RELAXED);
                counts[n] = 0;
            }
        }

        *pid = 0;
    }
}
