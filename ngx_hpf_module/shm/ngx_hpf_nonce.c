/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Numbers used once.  None is forgotten before its time: a set that is full
 * takes no other.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_hash.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_NONCE_WAYS  24


typedef struct {
    u_char     key[HPF_HASH_LEN];
    uint32_t   until;                  /* ngx_hpf_session_cache_clock() */
    uint32_t   unused;
} ngx_hpf_nonce_t;


void
ngx_hpf_nonce_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_NONCE_WAYS;
    *size = sizeof(ngx_hpf_nonce_t);
}


ngx_int_t
ngx_hpf_nonce_add(ngx_hpf_zone_t *zone, const u_char *key, ngx_uint_t ttl)
{
    uint32_t          now;
    uint64_t          hash;
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_hpf_nonce_t  *set, *nonce;

    ngx_memcpy(&hash, key, sizeof(hash));

    now = ngx_hpf_session_cache_clock();
    nonce = NULL;
    rc = NGX_BUSY;

    set = hpf_set_lock(zone->nonces, hash);

    for (i = 0; i < NGX_HPF_NONCE_WAYS; i++) {

        if (set[i].until <= now) {
            nonce = &set[i];
            continue;
        }

        if (ngx_memcmp(set[i].key, key, HPF_HASH_LEN) == 0) {
            rc = NGX_DECLINED;
            break;
        }
    }

    if (rc == NGX_BUSY && nonce) {
        ngx_memcpy(nonce->key, key, HPF_HASH_LEN);
        nonce->until = now + ttl;
        rc = NGX_OK;
    }

    hpf_set_unlock(zone->nonces, set);

    return rc;
}
