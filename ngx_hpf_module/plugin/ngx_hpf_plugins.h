/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The registry of plugins.
 *
 * What is in force is a catalogue: a text "ID DIGEST" for each plugin, kept
 * as cache/catalogue-N.  A worker that sees the folder change writes private
 * copies of what is new (cache/DIGEST/) and catalogue N + 1, and tells the
 * number in shared memory.  Every worker loads it beside the one in force and
 * says so; when all that live have, the number in force is stored, and from
 * then on each takes the new catalogue at its next request.  One that cannot
 * load it refuses it for all.
 */

#ifndef _NGX_HPF_PLUGINS_H_INCLUDED_
#define _NGX_HPF_PLUGINS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "hpf_set.h"
#include "ngx_hpf_approval.h"
#include "ngx_hpf_cache.h"
#include "ngx_hpf_ledger.h"
#include "ngx_hpf_mark.h"
#include "ngx_hpf_plugin_int.h"
#include "ngx_hpf_watchdog.h"


#define NGX_HPF_PLUGIN_ROWS   128
#define NGX_HPF_PLUGINS_BAD   64


/* In shared memory. */

typedef struct {
    uint32_t                 pid;
    uint32_t                 prepared;     /* catalogue it has loaded */
} ngx_hpf_plugin_row_t;

typedef struct {
    hpf_set_lock_t           lock;         /* one publishes at a time */
    uint32_t                 active;       /* catalogue in force, 0: none */
    uint32_t                 candidate;    /* the newest, maybe in force */
    uint32_t                 refused;      /* the last that was refused */
    uint32_t                 last;         /* number given */
    ngx_hpf_plugin_row_t     rows[NGX_HPF_PLUGIN_ROWS];

    /* digests of what did not load: not tried again until it changes */
    uint32_t                 nbad;
    u_char                   bad[NGX_HPF_PLUGINS_BAD][NGX_HPF_DIGEST_LEN];

    ngx_hpf_approval_t       approval;
    ngx_hpf_mark_t           marks[NGX_HPF_LEDGER_SEATS];
    ngx_hpf_ledger_t         ledger;
} ngx_hpf_plugins_shm_t;


typedef struct {
    uint32_t                 number;
    ngx_fd_t                 hold;         /* of its file */
    ngx_uint_t               n;
    ngx_hpf_plugin_t        *plugin[NGX_HPF_PLUGINS_MAX];   /* by id */
} ngx_hpf_catalogue_t;


/* A folder as it was read, and what its files looked like before. */

typedef struct {
    ngx_hpf_source_t         source;
    uint64_t                 look;
} ngx_hpf_seen_t;


struct ngx_hpf_plugins_s {
    ngx_hpf_plugins_conf_t   conf;
    hpf_mask_rules_t        *personal;     /* what no record may have */
    ngx_shm_zone_t          *shm_zone;
    ngx_hpf_plugins_shm_t   *shm;

    /* of a worker */
    ngx_hpf_catalogue_t     *active;
    ngx_hpf_catalogue_t     *next;         /* prepared, not in force yet */
    ngx_hpf_plugin_row_t    *row;
    ngx_uint_t               seat;
    ngx_hpf_mark_t          *mark;
    ngx_queue_t              generations;  /* loaded and in use */

    ngx_connection_t        *notify;       /* inotify */
    ngx_event_t              timer;
    ngx_event_t              settle;       /* after the last change */
    ngx_uint_t               dirty;
    uint64_t                 looked;       /* like what the folder was */
    ngx_hpf_seen_t          *seen;         /* NULL: none yet */
    ngx_uint_t               nseen;
    ngx_uint_t               litter;       /* looks until the cache is swept */
    ngx_msec_t               preparing;    /* since when */
    ngx_log_t               *log;
};


/* _source.c: folders, digests and private copies */

/*
 * Reads the folders, sorted by id; makes private copies when copy is set, and
 * then those alone that look different from when they were last read.
 * One that cannot be read or validated is logged, and keeps the digest that
 * it has in old (n entries), or is left out.  The number, NGX_ERROR.
 */
ngx_int_t ngx_hpf_source_scan(ngx_hpf_plugins_t *plugins, ngx_uint_t copy,
    ngx_hpf_source_t *list, const ngx_hpf_source_t *old, ngx_uint_t n);
/* Remembers that this one did not load; the lock must be free. */
void ngx_hpf_source_set_bad(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
ngx_uint_t ngx_hpf_source_is_bad(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
/* 1: there is a private copy. */
ngx_uint_t ngx_hpf_source_is_copied(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
/* NGX_OK: there is a private copy, and it has that digest; else logged. */
ngx_int_t ngx_hpf_source_verify(ngx_hpf_plugins_t *plugins,
    const ngx_hpf_source_t *source);
/* What the folder looks like without reading it; another after a change. */
uint64_t ngx_hpf_source_look(ngx_hpf_plugins_t *plugins);
/* A whole file in a pool; data NULL: logged. */
ngx_str_t ngx_hpf_source_file(ngx_pool_t *pool, const char *name,
    ngx_log_t *log);
ngx_int_t ngx_hpf_source_write(const char *name, ngx_str_t *text,
    ngx_log_t *log);
/* The manifest of a text; faults are logged with file and line. */
hpf_manifest_t *ngx_hpf_source_manifest(ngx_hpf_plugins_t *plugins,
    ngx_str_t *text, const char *file, const char *id, ngx_log_t *log);


/* _list.c: lists of versions, in files of the cache */

void ngx_hpf_list_sort(ngx_hpf_source_t *list, ngx_uint_t n);
/* In a sorted list; NULL: none of that id. */
const ngx_hpf_source_t *ngx_hpf_list_find(const ngx_hpf_source_t *list,
    ngx_uint_t n, const u_char *id);
/* Behind a first line, which may be empty. */
ngx_int_t ngx_hpf_list_save(ngx_hpf_plugins_t *plugins, const char *name,
    const char *first, const ngx_hpf_source_t *list, ngx_uint_t n);
/* The number of entries in a text, NGX_ERROR. */
ngx_int_t ngx_hpf_list_parse(u_char *p, u_char *last, ngx_hpf_source_t *list);
/* The same of catalogue-N. */
ngx_int_t ngx_hpf_list_catalogue(ngx_hpf_plugins_t *plugins, uint32_t number,
    ngx_hpf_source_t *list);
ngx_int_t ngx_hpf_list_save_catalogue(ngx_hpf_plugins_t *plugins,
    uint32_t number, const ngx_hpf_source_t *list, ngx_uint_t n);


/* _generation.c */

/*
 * whole: NULL when one of them does not load, else that one is left out.  One
 * that is quarantined is there without its code then.
 */
ngx_hpf_catalogue_t *ngx_hpf_generation_catalogue(ngx_hpf_plugins_t *plugins,
    uint32_t number, ngx_uint_t whole);
void ngx_hpf_generation_catalogue_free(ngx_hpf_catalogue_t *catalogue);
/* The code of one that was there without. */
ngx_int_t ngx_hpf_generation_code(ngx_hpf_plugin_t *plugin);


/* _watch.c */

ngx_int_t ngx_hpf_watch_init(ngx_hpf_plugins_t *plugins, ngx_cycle_t *cycle);
void ngx_hpf_watch_exit(ngx_hpf_plugins_t *plugins);


#endif /* _NGX_HPF_PLUGINS_H_INCLUDED_ */
