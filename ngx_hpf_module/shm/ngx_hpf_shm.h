/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the workers of a node share: one zone with a section for each kind of
 * state.  The hot path touches nothing else.  Every function takes its own
 * short lock or none; nothing under a lock blocks, logs or allocates from a
 * pool.  The zone holds no pointer into a process, and begins with a magic,
 * a layout version and the sizes of its sections: a reload with the same
 * sizes goes on with the same state.
 */

#ifndef _NGX_HPF_SHM_H_INCLUDED_
#define _NGX_HPF_SHM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_chain.h"
#include "hpf_circuit.h"
#include "hpf_gcra.h"
#include "hpf_lease.h"
#include "hpf_session.h"


typedef struct ngx_hpf_zone_s  ngx_hpf_zone_t;       /* of a cycle */


typedef struct {
    ngx_str_t    name;
    size_t       size;             /* of the whole zone, at least 1m */
} ngx_hpf_zone_conf_t;

/*
 * At configuration time; a size that is too small is logged with file and
 * line, NULL then.  A fixed share of the zone goes to each section.
 */
ngx_hpf_zone_t *ngx_hpf_zone_create(ngx_conf_t *cf,
    ngx_hpf_zone_conf_t *conf);


/*
 * Session cache: see core/hpf_session.h.  The key is the keyed hash of a token;
 * times are of ngx_hpf_session_cache_clock().
 */

/* Seconds of the monotonic clock of this machine, the same in all workers. */
uint32_t ngx_hpf_session_cache_clock(void);

/*
 * NGX_OK: *session is a copy, its idle time begins anew in the cache.
 * NGX_DECLINED: not there, or ended, or to be asked again.  NGX_ABORT: known
 * not to exist (negative entry).
 */
ngx_int_t ngx_hpf_session_get(ngx_hpf_zone_t *zone, const u_char *key,
    hpf_session_t *session);
/*
 * The store could not say: NGX_OK also for what is in doubt for no longer than
 * stale seconds; else NGX_DECLINED.
 */
ngx_int_t ngx_hpf_session_get_doubted(ngx_hpf_zone_t *zone,
    const u_char *key, ngx_uint_t stale, hpf_session_t *session);
/*
 * mark is what ngx_hpf_session_mark() gave before the store was asked: when a
 * session was dropped since then, what the store said may be old and is not
 * kept.
 */
uint64_t ngx_hpf_session_mark(ngx_hpf_zone_t *zone);
void ngx_hpf_session_put(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_session_t *session, uint64_t mark);
/* A negative entry that holds for ttl seconds; a session of it goes. */
void ngx_hpf_session_put_none(ngx_hpf_zone_t *zone, const u_char *key,
    ngx_uint_t ttl);
void ngx_hpf_session_touched(ngx_hpf_zone_t *zone, const u_char *key);
void ngx_hpf_session_drop(ngx_hpf_zone_t *zone, const u_char *key);
/*
 * All: void when since is 0, else in doubt, for changes were missed since
 * then.
 */
void ngx_hpf_session_drop_all(ngx_hpf_zone_t *zone, uint32_t since);


/*
 * Buckets: GCRA cells by a 16-byte key (a hash of limit and subject), LRU
 * when full.  A refused request consumes nothing.
 */

/* NGX_OK: taken; NGX_BUSY: refused; *result is filled in both cases. */
ngx_int_t ngx_hpf_bucket_take(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, hpf_gcra_result_t *result);

/* Microseconds of the monotonic clock of this machine. */
int64_t ngx_hpf_bucket_clock(void);


/*
 * Leases of limits that hold for many nodes, by such keys, LRU when full; see
 * core/hpf_lease.h.  NGX_OK: a token was spent; NGX_BUSY: refused; NGX_AGAIN:
 * the store has to say; NGX_ERROR: it cannot be asked, the node's own bucket
 * counts.  A grant of NULL: the store did not answer.
 */
ngx_int_t ngx_hpf_lease_take(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, hpf_lease_result_t *result);
void ngx_hpf_lease_grant(ngx_hpf_zone_t *zone, const u_char *key,
    const hpf_gcra_t *rate, const hpf_lease_grant_t *grant);


/*
 * Numbers used once: NGX_OK: new, kept for ttl seconds; NGX_DECLINED: seen
 * before; NGX_BUSY: no room for another that has not expired (refuse).
 */
ngx_int_t ngx_hpf_nonce_add(ngx_hpf_zone_t *zone, const u_char *key,
    ngx_uint_t ttl);


/*
 * Switches.  A name is "platform", "channel:ID", "item:ID" or
 * "item:ID@CHANNEL"; what is not in the table is as configured.
 */

#define NGX_HPF_SWITCH_REASON  200     /* bytes of UTF-8, at most */

typedef struct {
    ngx_uint_t   open;
    time_t       until;                /* 0: no end is known */
    size_t       reason_len;
    u_char       reason[NGX_HPF_SWITCH_REASON];
} ngx_hpf_switch_t;

/* NGX_OK: *sw is filled; NGX_DECLINED: no override.  Takes no lock. */
ngx_int_t ngx_hpf_switch_get(ngx_hpf_zone_t *zone, ngx_str_t *name,
    ngx_hpf_switch_t *sw);
/* NGX_ERROR: the table is full, logged. */
ngx_int_t ngx_hpf_switch_set(ngx_hpf_zone_t *zone, ngx_str_t *name,
    const ngx_hpf_switch_t *sw);
void ngx_hpf_switch_clear(ngx_hpf_zone_t *zone, ngx_str_t *name);
/*
 * A whole new table: begin marks all entries stale, end drops what was not
 * set since; for reading the state anew from the store.
 */
void ngx_hpf_switch_sync_begin(ngx_hpf_zone_t *zone);
void ngx_hpf_switch_sync_end(ngx_hpf_zone_t *zone);
/* Grows with every change. */
ngx_uint_t ngx_hpf_switch_version(ngx_hpf_zone_t *zone);


/*
 * Load: requests in progress by a name ("channel:ID"), by index from
 * ngx_hpf_load_slot(), which any worker may ask for at any time, -1: no room.
 * enter() gives the number in progress with this one.  sweep(), when a worker
 * starts, counts out what one that died had under way.
 */
void ngx_hpf_load_sweep(ngx_hpf_zone_t *zone);
ngx_int_t ngx_hpf_load_slot(ngx_hpf_zone_t *zone, ngx_str_t *name);
ngx_uint_t ngx_hpf_load_enter(ngx_hpf_zone_t *zone, ngx_int_t slot);
void ngx_hpf_load_leave(ngx_hpf_zone_t *zone, ngx_int_t slot);
ngx_uint_t ngx_hpf_load_get(ngx_hpf_zone_t *zone, ngx_int_t slot);


/* The circuit of a name; NULL: no room. */
hpf_circuit_t *ngx_hpf_circuit_get(ngx_hpf_zone_t *zone, ngx_str_t *name);


/*
 * Lines of the record that this process has still to write, and the chain to
 * which they belong.  A process that takes the place of one that died goes on
 * with both.
 */

typedef struct {
    hpf_chain_end_t  end;
    uint64_t         segment;      /* the last one that was opened, from 1 */
    uint64_t         bytes;        /* of it */
    uint32_t         md;           /* HPF_CHAIN_SHA256 or _SM3 */
    uint32_t         open;         /* the segment is */
    uint32_t         lost;         /* lines for which there was no room */
    char             id[HPF_CHAIN_ID + 1];   /* "": there is no chain yet */
} ngx_hpf_record_chain_t;

/* Room for a line of this process, behind those that are kept; NULL: none. */
u_char *ngx_hpf_record_room(ngx_hpf_zone_t *zone, size_t *size);
/* A copy of the state of its chain; NGX_DECLINED: it has no row. */
ngx_int_t ngx_hpf_record_chain(ngx_hpf_zone_t *zone,
    ngx_hpf_record_chain_t *chain);
/*
 * The line of len bytes that was put there, may be none, is kept and the chain
 * is as it says now: both, or neither if the process dies.
 */
void ngx_hpf_record_keep(ngx_hpf_zone_t *zone, size_t len,
    const ngx_hpf_record_chain_t *chain);
/* What is kept. */
void ngx_hpf_record_kept(ngx_hpf_zone_t *zone, ngx_str_t *kept);
/* The first n bytes of it need be kept no more. */
void ngx_hpf_record_written(ngx_hpf_zone_t *zone, size_t n);
/* The process ends: somebody else may go on. */
void ngx_hpf_record_leave(ngx_hpf_zone_t *zone);


/*
 * Statistics: counters and histograms by name and labels, slots found once
 * and then updated by atomics.  Labels are given as they stand in the
 * exposition format: channel="hall",item="account-query".
 */

typedef enum {
    NGX_HPF_STAT_COUNTER = 0,
    NGX_HPF_STAT_GAUGE,
    NGX_HPF_STAT_HISTOGRAM             /* of microseconds */
} ngx_hpf_stat_type_e;

/*
 * The slot of a series, made when new; -1: no room (counted under
 * hpf_stat_dropped_total), which the functions below accept.
 */
ngx_int_t ngx_hpf_stat_slot(ngx_hpf_zone_t *zone, ngx_hpf_stat_type_e type,
    ngx_str_t *name, ngx_str_t *labels);
void ngx_hpf_stat_add(ngx_hpf_zone_t *zone, ngx_int_t slot, int64_t n);
void ngx_hpf_stat_set(ngx_hpf_zone_t *zone, ngx_int_t slot, int64_t n);
void ngx_hpf_stat_observe(ngx_hpf_zone_t *zone, ngx_int_t slot, uint64_t us);

/*
 * The whole table in Prometheus' text format, grouped by name with # TYPE
 * lines and # HELP from the table of names; a chain of buffers in pool.
 */
ngx_chain_t *ngx_hpf_stat_render(ngx_hpf_zone_t *zone, ngx_pool_t *pool);


#endif /* _NGX_HPF_SHM_H_INCLUDED_ */
