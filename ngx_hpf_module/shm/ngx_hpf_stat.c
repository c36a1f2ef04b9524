/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Counters, gauges and histograms: a hash of series, each found by its name
 * and labels and then only added to by atomics.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hash.h"
#include "ngx_hpf_stat.h"


/* Upper bounds in microseconds. */

const uint64_t  ngx_hpf_stat_bounds[NGX_HPF_STAT_BOUNDS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
    1000000, 2500000, 5000000, 10000000
};


static ngx_int_t ngx_hpf_stat_find(ngx_hpf_stat_table_t *table,
    const u_char *key);


void
ngx_hpf_stat_init(ngx_hpf_stat_table_t *table, size_t bytes)
{
    uint64_t  n;

    n = (bytes - sizeof(ngx_hpf_stat_table_t)) / sizeof(ngx_hpf_series_t);

    for (table->size = 1; table->size * 2 <= n; table->size *= 2) {
        /* void */
    }
}


ngx_int_t
ngx_hpf_stat_slot(ngx_hpf_zone_t *zone, ngx_hpf_stat_type_e type,
    ngx_str_t *name, ngx_str_t *labels)
{
    u_char                 key[HPF_HASH_LEN];
    ngx_int_t              slot;
    ngx_hpf_series_t      *series;
    ngx_hpf_stat_table_t  *table;

    table = zone->stats;

    hpf_hash(key, name->data, name->len, 0);
    hpf_hash_more(key, labels->data, labels->len);

    slot = ngx_hpf_stat_find(table, key);

    if (slot >= 0
        && __atomic_load_n(&table->series[slot].used, __ATOMIC_ACQUIRE))
    {
        return slot;
    }

    (void) hpf_set_spin(&table->lock);

    slot = ngx_hpf_stat_find(table, key);

    if (slot < 0 || name->len > NGX_HPF_STAT_NAME
        || labels->len > NGX_HPF_STAT_LABELS
        || table->count >= table->size * 3 / 4)
    {
        if (slot < 0 || !table->series[slot].used) {
            table->dropped++;
            slot = -1;
        }

    } else if (!table->series[slot].used) {
        series = &table->series[slot];

        ngx_memcpy(series->key, key, HPF_HASH_LEN);
        ngx_memcpy(series->name, name->data, name->len);
        ngx_memcpy(series->labels, labels->data, labels->len);

        series->name_len = name->len;
        series->labels_len = labels->len;
        series->type = type;

        table->count++;

        __atomic_store_n(&series->used, 1, __ATOMIC_RELEASE);
    }

    hpf_set_release(&table->lock);

    return slot;
}


/* Where the key is, or would be; -1: nowhere. */

static ngx_int_t
ngx_hpf_stat_find(ngx_hpf_stat_table_t *table, const u_char *key)
{
    uint64_t           hash, i, n;
    ngx_hpf_series_t  *series;

    ngx_memcpy(&hash, key, sizeof(hash));

    for (n = 0; n < table->size; n++) {

        i = (hash + n) & (table->size - 1);
        series = &table->series[i];

        if (!__atomic_load_n(&series->used, __ATOMIC_ACQUIRE)
            || ngx_memcmp(series->key, key, HPF_HASH_LEN) == 0)
        {
            return i;
        }
    }

    return -1;
}


void
ngx_hpf_stat_add(ngx_hpf_zone_t *zone, ngx_int_t slot, int64_t n)
{
    if (slot >= 0) {
        (void) __atomic_add_fetch(&zone->stats->series[slot].value, n,
                                  __ATOMIC_RELAXED);
    }
}


void
ngx_hpf_stat_set(ngx_hpf_zone_t *zone, ngx_int_t slot, int64_t n)
{
    if (slot >= 0) {
        __atomic_store_n(&zone->stats->series[slot].value, n,
                         __ATOMIC_RELAXED);
    }
}


void
ngx_hpf_stat_observe(ngx_hpf_zone_t *zone, ngx_int_t slot, uint64_t us)
{
    ngx_uint_t         i;
    ngx_hpf_series_t  *series;

    if (slot < 0) {
        return;
    }

    series = &zone->stats->series[slot];

    for (i = 0; i < NGX_HPF_STAT_BOUNDS; i++) {
        if (us <= ngx_hpf_stat_bounds[i]) {
            break;
        }
    }

    (void) __atomic_add_fetch(&series->buckets[i], 1, __ATOMIC_RELAXED);
    (void) __atomic_add_fetch(&series->value, us, __ATOMIC_RELAXED);
}
