/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Leases of limits that hold for many nodes; all workers of this one share
 * them.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_plugin.h"
#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_LEASE_WAYS  8


typedef struct {
    u_char       key[HPF_HASH_LEN];
    int64_t      used;                 /* us of the monotonic clock */
    hpf_lease_t  lease;
} ngx_hpf_lease_cell_t;


static ngx_hpf_lease_cell_t *ngx_hpf_lease_lock(ngx_hpf_zone_t *zone,
    const u_char *key, int64_t now, ngx_hpf_lease_cell_t **set);


void
ngx_hpf_lease_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_LEASE_WAYS;
    *size = sizeof(ngx_hpf_lease_cell_t);
}


ngx_int_t
ngx_hpf_lease_take(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, hpf_lease_result_t *result)
{
    int                    rc;
    int64_t                now;
    ngx_hpf_lease_cell_t  *set, *cell;

    now = ngx_hpf_bucket_clock();
    cell = ngx_hpf_lease_lock(zone, key, now, &set);

    rc = hpf_lease_take(&cell->lease, now, rate, result);

    hpf_set_unlock(zone->leases, set);

    switch (rc) {

    case HPF_OK:
        return NGX_OK;

    case HPF_DECLINED:
        return NGX_BUSY;

    case HPF_AGAIN:
        return NGX_AGAIN;

    default:
        return NGX_ERROR;
    }
}


void
ngx_hpf_lease_grant(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, const hpf_lease_grant_t *grant)
{
    int64_t                now;
    ngx_hpf_lease_cell_t  *set, *cell;

    now = ngx_hpf_bucket_clock();
    cell = ngx_hpf_lease_lock(zone, key, now, &set);

    if (grant) {
        hpf_lease_grant(&cell->lease, now, rate, grant);

    } else {
        hpf_lease_fail(&cell->lease, now);
    }

    hpf_set_unlock(zone->leases, set);
}


/* That of the key, or else the one that was not used for the longest time. */

static ngx_hpf_lease_cell_t *
ngx_hpf_lease_lock(ngx_hpf_zone_t *zone, const u_char *key, int64_t now,
    ngx_hpf_lease_cell_t **set)
{
    uint64_t               hash;
    ngx_uint_t             i;
    ngx_hpf_lease_cell_t  *cell;

    ngx_memcpy(&hash, key, sizeof(hash));

    *set = hpf_set_lock(zone->leases, hash);
    cell = *set;

    for (i = 0; i < NGX_HPF_LEASE_WAYS; i++) {

        if (ngx_memcmp((*set)[i].key, key, HPF_HASH_LEN) == 0) {
            cell = &(*set)[i];
            cell->used = now;
            return cell;
        }

        if ((*set)[i].used < cell->used) {
            cell = &(*set)[i];
        }
    }

    ngx_memzero(cell, sizeof(ngx_hpf_lease_cell_t));
    ngx_memcpy(cell->key, key, HPF_HASH_LEN);
    cell->used = now;

    return cell;
}
