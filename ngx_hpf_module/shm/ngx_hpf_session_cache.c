/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The session cache, and beside it the tokens that are known to lead to no
 * session, so that a flood of made-up ones neither reaches Redis nor pushes
 * out what is real.
 *
 * All sessions are dropped by one more to the epoch, which every entry holds.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <time.h>

#include "ngx_hpf_zone.h"


#define NGX_HPF_SESSION_WAYS  8
#define NGX_HPF_NONE_WAYS     8


typedef struct {
    uint32_t               epoch;      /* of the zone, 0: empty */
    uint32_t               used_at;
    ngx_hpf_session_rec_t  rec;
} ngx_hpf_session_t;

typedef struct {
    u_char                 key[12];    /* of the hash */
    uint32_t               until;
} ngx_hpf_none_t;


static ngx_hpf_session_t *ngx_hpf_session_find(ngx_hpf_zone_t *zone,
    ngx_hpf_session_t *set, const u_char *key);
static uint64_t ngx_hpf_session_hash(const u_char *key);
static ngx_int_t ngx_hpf_session_is_none(ngx_hpf_zone_t *zone,
    const u_char *key, uint32_t now);
static uint32_t ngx_hpf_session_epoch(ngx_hpf_zone_t *zone);


void
ngx_hpf_session_shape(uint32_t *ways, uint32_t *size)
{
    *ways = NGX_HPF_SESSION_WAYS;
    *size = ngx_align(sizeof(ngx_hpf_session_t), 8);
}


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
    ngx_hpf_session_rec_t *rec)
{
    uint32_t            now;
    ngx_hpf_session_t  *set, *s;

    now = ngx_hpf_session_cache_clock();

    set = hpf_set_lock(zone->sessions, ngx_hpf_session_hash(key));

    s = ngx_hpf_session_find(zone, set, key);

    if (s && s->rec.idle_at > now && s->rec.ends_at > now
        && s->rec.fresh_until > now)
    {
        s->rec.idle_at = now + s->rec.idle;
        s->used_at = now;
        *rec = s->rec;

        hpf_set_unlock(zone->sessions, set);

        return NGX_OK;
    }

    if (s) {
        s->epoch = 0;
    }

    hpf_set_unlock(zone->sessions, set);

    return s ? NGX_DECLINED : ngx_hpf_session_is_none(zone, key, now);
}


static ngx_hpf_session_t *
ngx_hpf_session_find(ngx_hpf_zone_t *zone, ngx_hpf_session_t *set,
    const u_char *key)
{
    uint32_t    epoch;
    ngx_uint_t  i;

    epoch = ngx_hpf_session_epoch(zone);

    for (i = 0; i < NGX_HPF_SESSION_WAYS; i++) {

        if (set[i].epoch == epoch
            && ngx_memcmp(set[i].rec.key, key, NGX_HPF_SESSION_KEY) == 0)
        {
            return &set[i];
        }
    }

    return NULL;
}


uint64_t
ngx_hpf_session_mark(ngx_hpf_zone_t *zone)
{
    return __atomic_load_n(&zone->head->drops, __ATOMIC_ACQUIRE);
}


void
ngx_hpf_session_put(ngx_hpf_zone_t *zone, const ngx_hpf_session_rec_t *rec,
    uint64_t mark)
{
    uint32_t            epoch;
    ngx_uint_t          i;
    ngx_hpf_session_t  *set, *s;

    epoch = ngx_hpf_session_epoch(zone);

    set = hpf_set_lock(zone->sessions, ngx_hpf_session_hash(rec->key));

    if (ngx_hpf_session_mark(zone) != mark) {
        hpf_set_unlock(zone->sessions, set);
        return;
    }

    s = ngx_hpf_session_find(zone, set, rec->key);

    for (i = 0; s == NULL && i < NGX_HPF_SESSION_WAYS; i++) {
        if (set[i].epoch != epoch) {
            s = &set[i];
        }
    }

    if (s == NULL) {

        /* the one that was not used for the longest time */

        s = set;

        for (i = 1; i < NGX_HPF_SESSION_WAYS; i++) {
            if (set[i].used_at < s->used_at) {
                s = &set[i];
            }
        }
    }

    s->rec = *rec;
    s->used_at = ngx_hpf_session_cache_clock();
    s->epoch = epoch;

    hpf_set_unlock(zone->sessions, set);
}


void
ngx_hpf_session_touched(ngx_hpf_zone_t *zone, const u_char *key)
{
    ngx_hpf_session_t  *set, *s;

    set = hpf_set_lock(zone->sessions, ngx_hpf_session_hash(key));

    s = ngx_hpf_session_find(zone, set, key);

    if (s) {
        s->rec.touched_at = ngx_hpf_session_cache_clock();
    }

    hpf_set_unlock(zone->sessions, set);
}


void
ngx_hpf_session_drop(ngx_hpf_zone_t *zone, const u_char *key)
{
    ngx_hpf_session_t  *set, *s;

    (void) __atomic_add_fetch(&zone->head->drops, 1, __ATOMIC_RELEASE);

    set = hpf_set_lock(zone->sessions, ngx_hpf_session_hash(key));

    s = ngx_hpf_session_find(zone, set, key);

    if (s) {
        ngx_memzero(s, sizeof(ngx_hpf_session_t));
    }

    hpf_set_unlock(zone->sessions, set);
}


void
ngx_hpf_session_drop_all(ngx_hpf_zone_t *zone)
{
    (void) __atomic_add_fetch(&zone->head->drops, 1, __ATOMIC_RELEASE);
    (void) __atomic_add_fetch(&zone->head->epoch, 1, __ATOMIC_RELEASE);
}


static uint32_t
ngx_hpf_session_epoch(ngx_hpf_zone_t *zone)
{
    /* never 0, which is an empty entry */

    return (uint32_t) __atomic_load_n(&zone->head->epoch, __ATOMIC_ACQUIRE)
           | 0x80000000;
}


void
ngx_hpf_session_put_none(ngx_hpf_zone_t *zone, const u_char *key,
    ngx_uint_t ttl)
{
    ngx_uint_t       i;
    ngx_hpf_none_t  *set, *none;

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

    ngx_memcpy(&hash, key + NGX_HPF_SESSION_KEY - sizeof(hash),
               sizeof(hash));

    return hash;
}
