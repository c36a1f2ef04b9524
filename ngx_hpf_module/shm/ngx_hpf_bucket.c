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

#include "hpf_plugin.h"
#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_BUCKET_WAYS  8


typedef struct {
    u_char     key[HPF_HASH_LEN];
    int64_t    full_at;                /* us of the monotonic clock */
} ngx_hpf_bucket_cell_t;


static ngx_hpf_bucket_cell_t *ngx_hpf_bucket_cell(ngx_hpf_bucket_cell_t *set,
    const u_char *key);


void
ngx_hpf_bucket_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_BUCKET_WAYS;
    *size = sizeof(ngx_hpf_bucket_cell_t);
}


ngx_int_t
ngx_hpf_bucket_take(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, hpf_gcra_result_t *result)
{
    int                     rc;
    uint64_t                hash;
    ngx_hpf_bucket_cell_t  *set, *cell;

    ngx_memcpy(&hash, key, sizeof(hash));

    set = hpf_set_lock(zone->buckets, hash);
    cell = ngx_hpf_bucket_cell(set, key);

    rc = hpf_gcra_take(&cell->full_at, ngx_hpf_bucket_clock(), rate, 1,
                       result);

    hpf_set_unlock(zone->buckets, set);

    return rc == HPF_OK ? NGX_OK : NGX_BUSY;
}


/* That of the key, or else the one that is, or will be, full first. */

static ngx_hpf_bucket_cell_t *
ngx_hpf_bucket_cell(ngx_hpf_bucket_cell_t *set, const u_char *key)
{
    ngx_uint_t              i;
    ngx_hpf_bucket_cell_t  *cell;

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


int64_t
ngx_hpf_bucket_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
