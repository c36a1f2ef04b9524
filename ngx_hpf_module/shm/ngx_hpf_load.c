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


#define NGX_HPF_LOAD_NAMES  128
#define NGX_HPF_LOAD_ROWS   64         /* workers, old ones included */


typedef struct {
    uint32_t         pid;
    uint32_t         count[NGX_HPF_LOAD_NAMES];
} ngx_hpf_load_row_t;


struct ngx_hpf_load_table_s {
    hpf_set_lock_t      lock;
    u_char              names[NGX_HPF_LOAD_NAMES][HPF_HASH_LEN];
    uint32_t            total[NGX_HPF_LOAD_NAMES];
    uint32_t            nnames;
    ngx_hpf_load_row_t  rows[NGX_HPF_LOAD_ROWS];
};


static ngx_hpf_load_row_t *ngx_hpf_load_row(ngx_hpf_load_table_t *table);
static void ngx_hpf_load_sweep_locked(ngx_hpf_load_table_t *table);


size_t
ngx_hpf_load_bytes(void)
{
    return sizeof(ngx_hpf_load_table_t);
}


ngx_int_t
ngx_hpf_load_slot(ngx_hpf_zone_t *zone, ngx_str_t *name)
{
    u_char                 key[HPF_HASH_LEN];
    ngx_uint_t             i;
    ngx_hpf_load_table_t  *table;

    table = zone->loads;

    hpf_hash(key, name->data, name->len, 0);

    (void) hpf_set_spin(&table->lock);

    ngx_hpf_load_sweep_locked(table);

    for (i = 0; i < table->nnames; i++) {
        if (ngx_memcmp(table->names[i], key, HPF_HASH_LEN) == 0) {
            break;
        }
    }

    if (i == table->nnames && i < NGX_HPF_LOAD_NAMES) {
        ngx_memcpy(table->names[i], key, HPF_HASH_LEN);
        table->nnames++;
    }

    hpf_set_release(&table->lock);

    if (i == NGX_HPF_LOAD_NAMES) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf load: no room to count \"%V\"", name);
        return -1;
    }

    return i;
}


ngx_uint_t
ngx_hpf_load_enter(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    ngx_hpf_load_row_t  *row;

    row = ngx_hpf_load_row(zone->loads);

    if (row) {
        (void) __atomic_add_fetch(&row->count[slot], 1, __ATOMIC_RELAXED);
    }

    return __atomic_add_fetch(&zone->loads->total[slot], 1, __ATOMIC_RELAXED);
}


void
ngx_hpf_load_leave(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    ngx_hpf_load_row_t  *row;

    row = ngx_hpf_load_row(zone->loads);

    if (row) {
        (void) __atomic_sub_fetch(&row->count[slot], 1, __ATOMIC_RELAXED);
    }

    (void) __atomic_sub_fetch(&zone->loads->total[slot], 1,
                              __ATOMIC_RELAXED);
}


ngx_uint_t
ngx_hpf_load_get(ngx_hpf_zone_t *zone, ngx_int_t slot)
{
    return __atomic_load_n(&zone->loads->total[slot], __ATOMIC_RELAXED);
}


/* The row of this process, taken at its first request. */

static ngx_hpf_load_row_t *
ngx_hpf_load_row(ngx_hpf_load_table_t *table)
{
    ngx_uint_t                  i;
    static ngx_pid_t            owner;
    static ngx_hpf_load_row_t  *row;

    if (owner == ngx_pid) {
        return row;
    }

    owner = ngx_pid;
    row = NULL;

    (void) hpf_set_spin(&table->lock);

    ngx_hpf_load_sweep_locked(table);

    for (i = 0; i < NGX_HPF_LOAD_ROWS; i++) {

        if (table->rows[i].pid == 0) {
            row = &table->rows[i];
            row->pid = ngx_pid;
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
    ngx_uint_t           i, n;
    ngx_hpf_load_row_t  *row;

    for (i = 0; i < NGX_HPF_LOAD_ROWS; i++) {
        row = &table->rows[i];

        if (row->pid == 0 || kill(row->pid, 0) == 0 || ngx_errno != ESRCH) {
            continue;
        }

        for (n = 0; n < NGX_HPF_LOAD_NAMES; n++) {
            (void) __atomic_sub_fetch(&table->total[n], row->count[n],
                                      __ATOMIC_RELAXED);
        }

        ngx_memzero(row, sizeof(ngx_hpf_load_row_t));
    }
}
