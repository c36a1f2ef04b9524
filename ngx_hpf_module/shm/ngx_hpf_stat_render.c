/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Statistics in the text format of Prometheus, version 0.0.4.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_stat.h"


#define NGX_HPF_STAT_LINE  (NGX_HPF_STAT_NAME + NGX_HPF_STAT_LABELS + 96)


typedef struct {
    const char  *name;
    const char  *help;
} ngx_hpf_stat_help_t;


static int ngx_libc_cdecl ngx_hpf_stat_cmp(const void *one, const void *two);
static u_char *ngx_hpf_stat_head(u_char *p, ngx_hpf_series_t *series);
static u_char *ngx_hpf_stat_series(u_char *p, ngx_hpf_series_t *series);
static u_char *ngx_hpf_stat_histogram(u_char *p, ngx_hpf_series_t *series);


static const ngx_hpf_stat_help_t  ngx_hpf_stat_helps[] = {
    { "hpf_requests_total", "Requests by channel, item and outcome." },
    { "hpf_request_duration_seconds", "Time from the first byte of a request "
      "to its end." },
    { "hpf_mask_fields_total", "Fields that were masked." },
    { "hpf_mask_revealed_total", "Fields that a session's level has shown." },
    { "hpf_limit_decisions_total",
      "Decisions of limits by rule, result and who decided." },
    { "hpf_store_requests_total", "Requests that had to ask Redis." },
    { "hpf_audit_lost_total", "Audit records that could not be written." },
    { "hpf_audit_failing", "1: a worker cannot write audit records now." },
    { "hpf_plugin_crashes_total", "Workers that a plugin has ended, and how." },
    { "hpf_plugin_memory_bytes", "Memory of the version in force." },
    { "hpf_plugin_quarantined", "1: the plugin in force is quarantined." },
    { "hpf_backend_open", "1: the back end is not called but for a try." },
    { "hpf_backend_refused_total",
      "Calls that were not made because of that." },
    { "hpf_reseal_records_total", "Records that the walk of the seals read." },
    { "hpf_reseal_texts_total", "Sealed texts that were renewed." },
    { "hpf_redis_up", "1: the worker's link to Redis stands." },
    { "hpf_redis_commands", "Commands that the worker has sent to Redis." },
    { NULL, NULL }
};


ngx_chain_t *
ngx_hpf_stat_render(ngx_hpf_zone_t *zone, ngx_pool_t *pool)
{
    size_t                  len;
    uint64_t                i, n;
    ngx_buf_t              *b;
    ngx_chain_t            *cl;
    ngx_hpf_series_t      **sorted;
    ngx_hpf_stat_table_t   *table;

    table = zone->stats;

    sorted = ngx_palloc(pool, (table->count + 64) * sizeof(void *));
    if (sorted == NULL) {
        return NULL;
    }

    n = 0;
    len = 2 * NGX_HPF_STAT_LINE;

    for (i = 0; i < table->size; i++) {

        if (!__atomic_load_n(&table->series[i].used, __ATOMIC_ACQUIRE)
            || n == table->count + 64)
        {
            continue;
        }

        sorted[n++] = &table->series[i];

        len += 2 * NGX_HPF_STAT_LINE;

        if (table->series[i].type == NGX_HPF_STAT_HISTOGRAM) {
            len += (NGX_HPF_STAT_BOUNDS + 3) * NGX_HPF_STAT_LINE;
        }
    }

    ngx_qsort(sorted, n, sizeof(void *), ngx_hpf_stat_cmp);

    b = ngx_create_temp_buf(pool, len);
    cl = ngx_alloc_chain_link(pool);

    if (b == NULL || cl == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {

        if (i == 0 || sorted[i]->name_len != sorted[i - 1]->name_len
            || ngx_memcmp(sorted[i]->name, sorted[i - 1]->name,
                          sorted[i]->name_len)
               != 0)
        {
            b->last = ngx_hpf_stat_head(b->last, sorted[i]);
        }

        b->last = ngx_hpf_stat_series(b->last, sorted[i]);
    }

    b->last = ngx_sprintf(b->last, "# HELP hpf_stat_dropped_total Series that "
                          "found no room in the zone.\n"
                          "# TYPE hpf_stat_dropped_total counter\n"
                          "hpf_stat_dropped_total %uL\n", table->dropped);

    cl->buf = b;
    cl->next = NULL;

    return cl;
}


static int ngx_libc_cdecl
ngx_hpf_stat_cmp(const void *one, const void *two)
{
    ngx_int_t           rc;
    ngx_hpf_series_t   *a, *b;

    a = *(ngx_hpf_series_t **) one;
    b = *(ngx_hpf_series_t **) two;

    rc = ngx_memn2cmp(a->name, b->name, a->name_len, b->name_len);

    if (rc == 0) {
        rc = ngx_memn2cmp(a->labels, b->labels, a->labels_len, b->labels_len);
    }

    return rc;
}


static u_char *
ngx_hpf_stat_head(u_char *p, ngx_hpf_series_t *series)
{
    ngx_str_t                   name;
    const ngx_hpf_stat_help_t  *h;

    static const char  *types[] = { "counter", "gauge", "histogram" };

    name.data = series->name;
    name.len = series->name_len;

    for (h = ngx_hpf_stat_helps; h->name; h++) {

        if (ngx_strlen(h->name) == name.len
            && ngx_strncmp(h->name, name.data, name.len) == 0)
        {
            p = ngx_sprintf(p, "# HELP %V %s\n", &name, h->help);
        }
    }

    return ngx_sprintf(p, "# TYPE %V %s\n", &name, types[series->type]);
}


static u_char *
ngx_hpf_stat_series(u_char *p, ngx_hpf_series_t *series)
{
    ngx_str_t  name, labels;

    if (series->type == NGX_HPF_STAT_HISTOGRAM) {
        return ngx_hpf_stat_histogram(p, series);
    }

    name.data = series->name;
    name.len = series->name_len;
    labels.data = series->labels;
    labels.len = series->labels_len;

    if (labels.len == 0) {
        return ngx_sprintf(p, "%V %L\n", &name, series->value);
    }

    return ngx_sprintf(p, "%V{%V} %L\n", &name, &labels, series->value);
}


static u_char *
ngx_hpf_stat_histogram(u_char *p, ngx_hpf_series_t *series)
{
    uint64_t    sum, us;
    ngx_str_t   name, labels;
    ngx_uint_t  i;

    name.data = series->name;
    name.len = series->name_len;
    labels.data = series->labels;
    labels.len = series->labels_len;

    sum = 0;

    for (i = 0; i < NGX_HPF_STAT_BOUNDS; i++) {

        sum += series->buckets[i];
        us = ngx_hpf_stat_bounds[i];

        p = ngx_sprintf(p, "%V_bucket{%V%sle=\"%uL.%06uL\"} %uL\n", &name,
                        &labels, labels.len ? "," : "", us / 1000000,
                        us % 1000000, sum);
    }

    sum += series->buckets[i];

    p = ngx_sprintf(p, "%V_bucket{%V%sle=\"+Inf\"} %uL\n", &name, &labels,
                    labels.len ? "," : "", sum);
    p = ngx_sprintf(p, "%V_sum{%V} %L.%06L\n", &name, &labels,
                    series->value / 1000000, series->value % 1000000);

    return ngx_sprintf(p, "%V_count{%V} %uL\n", &name, &labels, sum);
}
