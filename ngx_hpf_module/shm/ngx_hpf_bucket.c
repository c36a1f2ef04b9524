/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Buckets by the generic cell rate algorithm (GCRA): a bucket is one number,
 * the time at which it will be full again.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <time.h>

#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_BUCKET_WAYS  8


typedef struct {
    u_char     key[HPF_HASH_LEN];
    uint64_t   full_at;                /* us of the monotonic clock */
} ngx_hpf_cell_t;


static uint64_t ngx_hpf_bucket_now(void);
static ngx_hpf_cell_t *ngx_hpf_bucket_cell(ngx_hpf_cell_t *set,
    const u_char *key);


void
ngx_hpf_bucket_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_BUCKET_WAYS;
    *size = sizeof(ngx_hpf_cell_t);
}


ngx_int_t
ngx_hpf_bucket_take(ngx_hpf_zone_t *zone, const u_char *key,
    const ngx_hpf_rate_t *rate, ngx_hpf_bucket_t *b)
{
    uint64_t         now, full_at, room, hash;
    ngx_int_t        rc;
    ngx_hpf_cell_t  *set, *cell;

    ngx_memcpy(&hash, key, sizeof(hash));

    now = ngx_hpf_bucket_now();
    room = (rate->burst + 1) * rate->interval;

    set = hpf_set_lock(zone->buckets, hash);
    cell = ngx_hpf_bucket_cell(set, key);

    full_at = ngx_max(cell->full_at, now) + rate->interval;

    if (full_at - now <= room) {
        cell->full_at = full_at;
        b->retry_after = 0;
        rc = NGX_OK;

    } else {
        full_at -= rate->interval;
        b->retry_after = full_at + rate->interval - now - room;
        rc = NGX_BUSY;
    }

    hpf_set_unlock(zone->buckets, set);

    b->remaining = (room - ngx_min(full_at - now, room)) / rate->interval;
    b->reset = full_at - now;

    return rc;
}


/* That of the key, or else the one that is, or will be, full first. */

static ngx_hpf_cell_t *
ngx_hpf_bucket_cell(ngx_hpf_cell_t *set, const u_char *key)
{
    ngx_uint_t       i;
    ngx_hpf_cell_t  *cell;

    cell = set;

    for (i = 0; i < NGX_HPF_BUCKET_WAYS; i++) {

        if (ngx_memcmp(set[i].key, key, HPF_HASH_LEN) == 0) {
            return &set[i];
        }

        if (set[i].full_at < cell->full_at) {
            cell = &set[i];
        }
    }

    ngx_memcpy(cell->key, key, HPF_HASH_LEN);
    cell->full_at = 0;

    return cell;
}


static uint64_t
ngx_hpf_bucket_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
