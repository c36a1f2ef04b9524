/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The table of switches: read under a sequence number and without a lock, and
 * by most requests not at all, since it is empty.  One writer at a time.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


typedef struct {
    u_char             key[HPF_HASH_LEN];
    uint32_t           used;
    uint32_t           stale;
    ngx_hpf_switch_t   sw;
} ngx_hpf_switch_entry_t;


struct ngx_hpf_switch_table_s {
    hpf_set_lock_t          lock;
    uint64_t                seq;       /* odd: being written */
    uint64_t                count;
    uint64_t                size;      /* three quarters of it are used */
    ngx_hpf_switch_entry_t  entries[];
};


static ngx_hpf_switch_entry_t *ngx_hpf_switch_find(
    ngx_hpf_switch_table_t *table, const u_char *key);
static void ngx_hpf_switch_begin_locked(ngx_hpf_switch_table_t *table);
static void ngx_hpf_switch_end_locked(ngx_hpf_switch_table_t *table);
static void ngx_hpf_switch_remove_locked(ngx_hpf_switch_table_t *table,
    ngx_hpf_switch_entry_t *entry);


void
ngx_hpf_switch_init(ngx_hpf_switch_table_t *table, size_t bytes)
{
    table->size = (bytes - sizeof(ngx_hpf_switch_table_t))
                  / sizeof(ngx_hpf_switch_entry_t);
}


ngx_int_t
ngx_hpf_switch_get(ngx_hpf_zone_t *zone, ngx_str_t *name,
    ngx_hpf_switch_t *sw)
{
    u_char                   key[HPF_HASH_LEN];
    uint64_t                 seq;
    ngx_int_t                rc;
    ngx_hpf_switch_entry_t  *entry;
    ngx_hpf_switch_table_t  *table;

    table = zone->switches;

    if (__atomic_load_n(&table->count, __ATOMIC_ACQUIRE) == 0) {
        return NGX_DECLINED;
    }

    hpf_hash(key, name->data, name->len, 0);

    for ( ;; ) {
        seq = __atomic_load_n(&table->seq, __ATOMIC_ACQUIRE);

        if (seq & 1) {

            /* waits for the writer, or puts right what a dead one left */

            (void) hpf_set_spin(&table->lock);

            if (table->seq & 1) {
                table->seq++;
            }

            hpf_set_release(&table->lock);
            continue;
        }

        rc = NGX_DECLINED;
        entry = ngx_hpf_switch_find(table, key);

        if (entry && entry->used) {
            *sw = entry->sw;
            rc = NGX_OK;
        }

        __atomic_thread_fence(__ATOMIC_ACQUIRE);

        if (__atomic_load_n(&table->seq, __ATOMIC_RELAXED) == seq) {
            return rc;
        }
    }
}


/* The entry of the key, or the empty one where it would be. */

static ngx_hpf_switch_entry_t *
ngx_hpf_switch_find(ngx_hpf_switch_table_t *table, const u_char *key)
{
    uint64_t                 hash;
    ngx_uint_t               i;
    ngx_hpf_switch_entry_t  *entry;

    ngx_memcpy(&hash, key, sizeof(hash));

    for (i = 0; i < table->size; i++) {

        entry = &table->entries[(hash % table->size + i) % table->size];

        if (!entry->used || ngx_memcmp(entry->key, key, HPF_HASH_LEN) == 0) {
            return entry;
        }
    }

    return NULL;
}


ngx_int_t
ngx_hpf_switch_set(ngx_hpf_zone_t *zone, ngx_str_t *name,
    const ngx_hpf_switch_t *sw)
{
    u_char                   key[HPF_HASH_LEN];
    ngx_int_t                rc;
    ngx_hpf_switch_entry_t  *entry;
    ngx_hpf_switch_table_t  *table;

    table = zone->switches;
    rc = NGX_ERROR;

    hpf_hash(key, name->data, name->len, 0);

    ngx_hpf_switch_begin_locked(table);

    entry = ngx_hpf_switch_find(table, key);

    if (entry && (entry->used || table->count < table->size * 3 / 4)) {

        table->count += !entry->used;

        ngx_memcpy(entry->key, key, HPF_HASH_LEN);
        entry->used = 1;
        entry->stale = 0;
        entry->sw = *sw;

        rc = NGX_OK;
    }

    ngx_hpf_switch_end_locked(table);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf switch: no room for \"%V\"", name);
    }

    return rc;
}


void
ngx_hpf_switch_clear(ngx_hpf_zone_t *zone, ngx_str_t *name)
{
    u_char                   key[HPF_HASH_LEN];
    ngx_hpf_switch_entry_t  *entry;
    ngx_hpf_switch_table_t  *table;

    table = zone->switches;

    hpf_hash(key, name->data, name->len, 0);

    ngx_hpf_switch_begin_locked(table);

    entry = ngx_hpf_switch_find(table, key);

    if (entry && entry->used) {
        ngx_hpf_switch_remove_locked(table, entry);
    }

    ngx_hpf_switch_end_locked(table);
}


void
ngx_hpf_switch_sync_begin(ngx_hpf_zone_t *zone)
{
    ngx_uint_t               i;
    ngx_hpf_switch_table_t  *table;

    table = zone->switches;

    ngx_hpf_switch_begin_locked(table);

    for (i = 0; i < table->size; i++) {
        table->entries[i].stale = table->entries[i].used;
    }

    ngx_hpf_switch_end_locked(table);
}


void
ngx_hpf_switch_sync_end(ngx_hpf_zone_t *zone)
{
    ngx_uint_t               i;
    ngx_hpf_switch_table_t  *table;

    table = zone->switches;

    ngx_hpf_switch_begin_locked(table);

    i = 0;

    while (i < table->size) {

        if (table->entries[i].used && table->entries[i].stale) {

            /* another entry may move here: the place is looked at again */

            ngx_hpf_switch_remove_locked(table, &table->entries[i]);
            continue;
        }

        i++;
    }

    ngx_hpf_switch_end_locked(table);
}


/* What stands behind the gap and could not be found over it moves up. */

static void
ngx_hpf_switch_remove_locked(ngx_hpf_switch_table_t *table,
    ngx_hpf_switch_entry_t *entry)
{
    uint64_t                 hash;
    ngx_uint_t               gap, i, n, size;
    ngx_hpf_switch_entry_t  *next;

    size = table->size;
    gap = entry - table->entries;

    for (n = 1; n < size; n++) {

        i = (gap + n) % size;
        next = &table->entries[i];

        if (!next->used) {
            break;
        }

        ngx_memcpy(&hash, next->key, sizeof(hash));

        if ((i + size - hash % size) % size >= n) {
            table->entries[gap] = *next;
            gap = i;
            n = 0;
        }
    }

    ngx_memzero(&table->entries[gap], sizeof(ngx_hpf_switch_entry_t));
    table->count--;
}


static void
ngx_hpf_switch_begin_locked(ngx_hpf_switch_table_t *table)
{
    (void) hpf_set_spin(&table->lock);

    table->seq |= 1;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}


static void
ngx_hpf_switch_end_locked(ngx_hpf_switch_table_t *table)
{
    __atomic_store_n(&table->seq, table->seq + 1, __ATOMIC_RELEASE);
    hpf_set_release(&table->lock);
}


ngx_uint_t
ngx_hpf_switch_version(ngx_hpf_zone_t *zone)
{
    return __atomic_load_n(&zone->switches->seq, __ATOMIC_ACQUIRE) / 2;
}
