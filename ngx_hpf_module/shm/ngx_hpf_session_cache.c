/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The session cache, and beside it the tokens that are known to lead to no
 * session, so that a flood of made-up ones neither reaches Redis nor pushes
 * out what is real.
 *
 * All sessions are dropped by one more to the epoch, which every entry holds,
 * and the ring of epochs tells whether that was because they are void or
 * because changes may have been missed, and since when.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <time.h>

#include "hpf_plugin.h"
#include "ngx_hpf_zone.h"


#define NGX_HPF_NONE_WAYS  8


typedef struct {
    u_char                 key[12];    /* of the hash */
    uint32_t               until;
} ngx_hpf_none_t;


static uint64_t ngx_hpf_session_hash(const u_char *key);
static ngx_int_t ngx_hpf_session_is_none(ngx_hpf_zone_t *zone,
    const u_char *key, uint32_t now);
static uint32_t ngx_hpf_session_epoch(ngx_hpf_zone_t *zone);


void
ngx_hpf_session_none_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_NONE_WAYS;
    *size = ngx_align(sizeof(ngx_hpf_none_t), 8);
}


uint32_t
ngx_hpf_session_cache_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);

    return (uint32_t) ts.tv_sec + 1;
}


ngx_int_t
ngx_hpf_session_get(ngx_hpf_zone_t *zone, const u_char *key,
    hpf_session_t *session)
{
    uint32_t  now;

    now = ngx_hpf_session_cache_clock();

    if (hpf_session_get(zone->sessions, key, ngx_hpf_session_epoch(zone), now,
                        session)
        == HPF_OK)
    {
        return NGX_OK;
    }

    return ngx_hpf_session_is_none(zone, key, now);
}


ngx_int_t
ngx_hpf_session_get_doubted(ngx_hpf_zone_t *zone, const u_char *key,
    ngx_uint_t stale, hpf_session_t *session)
{
    int                  rc;
    hpf_session_doubt_t  doubt;

    doubt.since = zone->head->since;
    doubt.epoch = ngx_hpf_session_epoch(zone);
    doubt.stale = stale;

    rc = hpf_session_get_doubted(zone->sessions, key,
                                 ngx_hpf_session_cache_clock(), &doubt,
                                 session);

    return rc == HPF_OK ? NGX_OK : NGX_DECLINED;
}


uint64_t
ngx_hpf_session_mark(ngx_hpf_zone_t *zone)
{
    return __atomic_load_n(&zone->head->drops, __ATOMIC_ACQUIRE);
}


void
ngx_hpf_session_put(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_session_t *session, uint64_t mark)
{
    hpf_session_mark_t  m;

    m.drops = &zone->head->drops;
    m.mark = mark;
    m.epoch = ngx_hpf_session_epoch(zone);

    (void) hpf_session_put(zone->sessions, key, ngx_hpf_session_cache_clock(),
                           session, &m);
}


void
ngx_hpf_session_touched(ngx_hpf_zone_t *zone, const u_char *key)
{
    hpf_session_touched(zone->sessions, key, ngx_hpf_session_epoch(zone),
                        ngx_hpf_session_cache_clock());
}


void
ngx_hpf_session_drop(ngx_hpf_zone_t *zone, const u_char *key)
{
    (void) __atomic_add_fetch(&zone->head->drops, 1, __ATOMIC_RELEASE);

    hpf_session_drop(zone->sessions, key);
}


void
ngx_hpf_session_drop_all(ngx_hpf_zone_t *zone, uint32_t since)
{
    uint32_t              epoch;
    ngx_hpf_zone_head_t  *head;

    head = zone->head;

    (void) __atomic_add_fetch(&head->drops, 1, __ATOMIC_RELEASE);

    /* who died in between has not moved the epoch, its place is written anew */

    (void) hpf_set_spin(&head->turn);

    epoch = head->epoch;

    __atomic_store_n(&head->since[epoch % HPF_SESSION_EPOCHS], since,
                     __ATOMIC_RELAXED);
    __atomic_store_n(&head->epoch, epoch + 1, __ATOMIC_RELEASE);

    hpf_set_release(&head->turn);
}


static uint32_t
ngx_hpf_session_epoch(ngx_hpf_zone_t *zone)
{
    return __atomic_load_n(&zone->head->epoch, __ATOMIC_ACQUIRE);
}


/* The counter of drops is left alone: a flood of such keys would move it. */

void
ngx_hpf_session_put_none(ngx_hpf_zone_t *zone, const u_char *key,
    ngx_uint_t ttl)
{
    ngx_uint_t       i;
    ngx_hpf_none_t  *set, *none;

    hpf_session_drop(zone->sessions, key);

    set = hpf_set_lock(zone->nones, ngx_hpf_session_hash(key));
    none = set;

    for (i = 0; i < NGX_HPF_NONE_WAYS; i++) {
        if (set[i].until < none->until) {
            none = &set[i];
        }
    }

    ngx_memcpy(none->key, key, sizeof(none->key));
    none->until = ngx_hpf_session_cache_clock() + ttl;

    hpf_set_unlock(zone->nones, set);
}


static ngx_int_t
ngx_hpf_session_is_none(ngx_hpf_zone_t *zone, const u_char *key, uint32_t now)
{
    ngx_int_t        rc;
    ngx_uint_t       i;
    ngx_hpf_none_t  *set;

    rc = NGX_DECLINED;
    set = hpf_set_lock(zone->nones, ngx_hpf_session_hash(key));

    for (i = 0; i < NGX_HPF_NONE_WAYS; i++) {

        if (set[i].until > now
            && ngx_memcmp(set[i].key, key, sizeof(set[i].key)) == 0)
        {
            rc = NGX_ABORT;
            break;
        }
    }

    hpf_set_unlock(zone->nones, set);

    return rc;
}


/* The key is a keyed hash already; its first bytes compare entries. */

static uint64_t
ngx_hpf_session_hash(const u_char *key)
{
    uint64_t  hash;

    ngx_memcpy(&hash, key + HPF_SESSION_KEY - sizeof(hash), sizeof(hash));

    return hash;
}
