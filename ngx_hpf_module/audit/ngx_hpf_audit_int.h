/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The record, for the files of this layer.
 */

#ifndef _NGX_HPF_AUDIT_INT_H_INCLUDED_
#define _NGX_HPF_AUDIT_INT_H_INCLUDED_


#include <ngx_event.h>
#include <ngx_thread_pool.h>

#include "hpf_crypto.h"
#include "hpf_json_out.h"
#include "hpf_ledger.h"
#include "hpf_signer.h"
#include "ngx_hpf_audit.h"


#define NGX_HPF_AUDIT_ROOM    (NGX_HPF_AUDIT_LINE + HPF_CHAIN_TAIL)
#define NGX_HPF_AUDIT_SILENT  59       /* seconds between two of one error */


typedef struct {
    hpf_crypto_t       *crypto;
    ngx_uint_t          md;
} ngx_hpf_audit_md_t;

/* The open file, which goes from one configuration to the next. */

typedef struct {
    ngx_fd_t            fd;
    ngx_uint_t          refs;
    ngx_uint_t          fresh;         /* nobody has looked into it yet */
    ngx_uint_t          locked;
} ngx_hpf_audit_handle_t;

typedef struct {
    ngx_hpf_audit_ledger_conf_t   conf;
    ngx_hpf_audit_handle_t       *handle;
    hpf_signer_t                 *signer;
    ngx_thread_pool_t            *threads;
    ngx_event_t                   timer;
    uint64_t                      vouched; /* the last record, by this one */
    time_t                        failed;  /* when it was logged */
} ngx_hpf_audit_ledger_t;

struct ngx_hpf_audit_s {
    ngx_open_file_t              *file;
    ngx_hpf_zone_t               *zone;
    ngx_hpf_audit_ledger_t       *ledger;  /* NULL: lines are not chained */
    ngx_hpf_audit_md_t            mds[HPF_CHAIN_ALGS];
    hpf_chain_alg_t               algs[HPF_CHAIN_ALGS];

    ngx_event_t                   flush;
    ngx_hpf_record_chain_t        chain;   /* of the line that is made */
    u_char                       *line;    /* where it is made */
    u_char                       *own;     /* for lines that are not kept */
    time_t                        failed;  /* when it was logged */

    unsigned                      active:1;   /* a worker that has a zone */
    unsigned                      failing:1;  /* the last write has failed */
    unsigned                      torn:1;     /* and has left half a line */
};


/* _audit.c: NGX_ERROR: it is kept, for the next time. */
ngx_int_t ngx_hpf_audit_flush(ngx_hpf_audit_t *audit);
/* The next line's place in the zone, at audit->line; see there. */
ngx_int_t ngx_hpf_audit_room(ngx_hpf_audit_t *audit);
void ngx_hpf_audit_failing(ngx_hpf_audit_t *audit, ngx_uint_t failing);

/*
 * _audit_segment.c.  Of the chain audit->chain is what shared memory has, but
 * for what open() and close() do themselves.
 */
ngx_int_t ngx_hpf_audit_segment_open(ngx_hpf_audit_t *audit);
void ngx_hpf_audit_segment_close(ngx_hpf_audit_t *audit, const char *why);
/* The object of len bytes at audit->line becomes the chain's next record. */
ngx_int_t ngx_hpf_audit_segment_add(ngx_hpf_audit_t *audit, size_t len);
/* Lines that a dead worker has left and has written all the same. */
void ngx_hpf_audit_segment_take(ngx_hpf_audit_t *audit);

/* _audit_ledger.c */
ngx_int_t ngx_hpf_audit_ledger_add(ngx_hpf_audit_t *audit,
    hpf_ledger_event_e event, const ngx_hpf_record_chain_t *chain);
/* The same, when all that was written of the chain is on the disk. */
void ngx_hpf_audit_ledger_vouch(ngx_hpf_audit_t *audit,
    hpf_ledger_event_e event, const ngx_hpf_record_chain_t *chain);
void ngx_hpf_audit_ledger_init_worker(ngx_hpf_audit_t *audit,
    ngx_cycle_t *cycle);

/* _audit_recover.c */
void ngx_hpf_audit_recover(ngx_hpf_audit_t *audit, ngx_log_t *log);


#endif /* _NGX_HPF_AUDIT_INT_H_INCLUDED_ */
