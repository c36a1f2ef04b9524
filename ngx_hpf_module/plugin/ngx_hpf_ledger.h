/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the workers of a node know together of the generations of plugins: how
 * often they were called and failed, how many calls are under way, and which
 * of them ended a worker.  In shared memory, so that a reload and a worker's
 * death leave it as it is.
 *
 * An entry is found by the digest when a generation is loaded, and stays where
 * it is as long as a worker has it.
 */

#ifndef _NGX_HPF_LEDGER_H_INCLUDED_
#define _NGX_HPF_LEDGER_H_INCLUDED_


#include "hpf_set.h"
#include "ngx_hpf_plugin_int.h"


#define NGX_HPF_LEDGER_SIZE     1024   /* generations */
#define NGX_HPF_LEDGER_SEATS    128    /* workers, those that leave included */
#define NGX_HPF_LEDGER_CRASHES  16     /* times of them that are kept */
#define NGX_HPF_LEDGER_KILLS    16     /* are too many as well */


/* Of one worker in one generation. */

typedef struct {
    uint32_t                 calls;        /* under way */
    uint32_t                 memory;       /* bytes of its Lua VM */
} ngx_hpf_ledger_cell_t;

struct ngx_hpf_ledger_entry_s {
    uint32_t                 used;
    uint32_t                 item;         /* the first entry of its id */
    uint32_t                 calls;        /* of an item: under way */
    uint32_t                 quarantined;  /* its code is not entered */
    uint32_t                 refused;      /* it did not load */
    uint32_t                 language;     /* hpf_manifest_language_e */
    uint32_t                 kind;         /* hpf_manifest_kind_e */
    uint32_t                 abi;          /* of a C plugin */
    uint64_t                 number;       /* in order of coming */
    uint64_t                 started;      /* calls, ever */
    uint64_t                 failed;       /* of them */
    uint64_t                 ended[NGX_HPF_ENDS];        /* workers */
    uint64_t                 crashes;      /* all of these but the killed */
    uint64_t                 crashed[NGX_HPF_LEDGER_CRASHES];  /* when, ms */
    uint64_t                 kills;        /* the killed ... */
    uint64_t                 killed;       /* ... since then */
    uint64_t                 loaded[NGX_HPF_LEDGER_SEATS / 64];  /* bits */
    ngx_hpf_ledger_cell_t    cells[NGX_HPF_LEDGER_SEATS];
    u_char                   id[HPF_MANIFEST_ID + 1];
    u_char                   digest[NGX_HPF_DIGEST_LEN + 1];
};

typedef struct {
    hpf_set_lock_t           lock;
    uint32_t                 next;         /* where room is looked for first */
    uint64_t                 last;         /* number given */
    ngx_hpf_ledger_entry_t   entries[NGX_HPF_LEDGER_SIZE];
} ngx_hpf_ledger_t;


/* The generation's entry, made when it is new; NGX_ERROR: no room, logged. */
ngx_int_t ngx_hpf_ledger_open(ngx_hpf_plugin_t *plugin);
void ngx_hpf_ledger_close(ngx_hpf_plugin_t *plugin);

/* 1: its code must not be entered. */
ngx_uint_t ngx_hpf_ledger_quarantined(const ngx_hpf_plugin_t *plugin);

/* A call begins: NGX_OK, or NGX_BUSY: as many are under way as may be. */
ngx_int_t ngx_hpf_ledger_enter(ngx_hpf_plugin_t *plugin);
void ngx_hpf_ledger_leave(ngx_hpf_plugin_t *plugin, ngx_uint_t failed);

/* A worker has gone: what it had loaded and under way is counted out. */
void ngx_hpf_ledger_vacate_locked(ngx_hpf_ledger_t *ledger, ngx_uint_t seat);

/* It has ended a worker.  1: it is quarantined from now on. */
ngx_uint_t ngx_hpf_ledger_crash_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_ledger_entry_t *entry, const ngx_hpf_crash_t *crash);

/* Workers that have it loaded. */
ngx_uint_t ngx_hpf_ledger_workers(const ngx_hpf_ledger_entry_t *entry);


#endif /* _NGX_HPF_LEDGER_H_INCLUDED_ */
