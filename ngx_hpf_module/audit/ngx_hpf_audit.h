/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The record: a file of lines, each a JSON object.  Lines of one turn of the
 * event loop are written together; until then they are in shared memory.  With
 * a ledger they are chained, see core/hpf_chain.h and core/hpf_ledger.h: what
 * a worker writes until the file is opened again is a segment of its chain.
 */

#ifndef _NGX_HPF_AUDIT_H_INCLUDED_
#define _NGX_HPF_AUDIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_json_out.h"
#include "ngx_hpf_shm.h"


#define NGX_HPF_AUDIT_LINE  3584       /* of a line, before it is sealed */


typedef struct ngx_hpf_audit_s  ngx_hpf_audit_t;

typedef struct {
    ngx_str_t    file;                 /* "": there is no ledger */
    ngx_str_t    key;                  /* file of the key that signs */
    ngx_str_t    node;
    ngx_msec_t   interval;             /* of checkpoints */
    size_t       segment;              /* bytes of one, about */
    ngx_uint_t   md;                   /* HPF_CHAIN_SHA256 or _SM3 */
} ngx_hpf_audit_ledger_conf_t;


/* At configuration time.  NULL: it was logged why. */
ngx_hpf_audit_t *ngx_hpf_audit_create(ngx_conf_t *cf, ngx_str_t *file);
/*
 * Chains it; the zone has to be large enough.  old: that of the configuration
 * before, or NULL.  A text: why not.
 */
char *ngx_hpf_audit_chain(ngx_conf_t *cf, ngx_hpf_audit_t *audit,
    ngx_hpf_audit_ledger_conf_t *conf, ngx_hpf_audit_t *old);
/* zone may be NULL. */
void ngx_hpf_audit_set_zone(ngx_hpf_audit_t *audit, ngx_hpf_zone_t *zone);

/* In the master, before workers are made: chains that a crash has left open. */
void ngx_hpf_audit_init_module(ngx_hpf_audit_t *audit, ngx_cycle_t *cycle);
void ngx_hpf_audit_init_worker(ngx_hpf_audit_t *audit, ngx_cycle_t *cycle);
void ngx_hpf_audit_exit_worker(ngx_hpf_audit_t *audit);

/*
 * Where the next line is to be made, of *size bytes at the most; NULL: it is
 * lost, and was counted.  end() takes the object of len bytes that is there
 * now; nothing else of this layer may be called in between.
 */
u_char *ngx_hpf_audit_begin(ngx_hpf_audit_t *audit, size_t *size);
void ngx_hpf_audit_end(ngx_hpf_audit_t *audit, size_t len);

/* Its first member. */
void ngx_hpf_audit_time(hpf_json_out_t *out);

/* NGX_OK, or NGX_ERROR: what is recorded now cannot be written. */
ngx_int_t ngx_hpf_audit_writable(ngx_hpf_audit_t *audit);


#endif /* _NGX_HPF_AUDIT_H_INCLUDED_ */
