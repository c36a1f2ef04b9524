/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Approval: which version of which plugin may be served.  The set of those
 * that were approved is Redis' (http/ngx_http_hpf_approval.c); here is what
 * the node knows of it, in shared memory and in cache/approved, so that a
 * start needs no Redis.  Of two sets the one with the higher number holds.
 */

#ifndef _NGX_HPF_APPROVAL_H_INCLUDED_
#define _NGX_HPF_APPROVAL_H_INCLUDED_


#include "ngx_hpf_plugin.h"


/* In shared memory; the lock is that of what is published. */

typedef struct {
    ngx_hpf_source_t         source;
    uint32_t                 state;        /* ngx_hpf_state_e */
    uint32_t                 language;     /* hpf_manifest_language_e */
    uint32_t                 kind;         /* hpf_manifest_kind_e */
    u_char                   why[NGX_HPF_WHY];   /* it would not load */
} ngx_hpf_waiting_t;

typedef struct {
    uint64_t                 number;       /* of the set; 0: the empty one */
    uint32_t                 known;        /* Redis or the file has told it */
    uint32_t                 n;
    uint32_t                 nwaiting;
    ngx_hpf_source_t         list[NGX_HPF_PLUGINS_MAX];     /* by id */
    ngx_hpf_waiting_t        waiting[NGX_HPF_PLUGINS_MAX];
} ngx_hpf_approval_t;


/* The set of the file, if there is one; a new zone. */
void ngx_hpf_approval_read_locked(ngx_hpf_plugins_t *plugins);

/*
 * What is to be served: what the folder has, or what was approved, as far as
 * it is here; old is in force, and stays where there is nothing better.  The
 * number; NGX_DECLINED: that is not known yet; NGX_ERROR.
 */
ngx_int_t ngx_hpf_approval_wanted_locked(ngx_hpf_plugins_t *plugins,
    ngx_hpf_source_t *list, const ngx_hpf_source_t *old, ngx_uint_t nold);

/* NULL: it does not wait for anything. */
ngx_hpf_waiting_t *ngx_hpf_approval_waiting_locked(ngx_hpf_plugins_t *plugins,
    const u_char *id, const u_char *digest);


#endif /* _NGX_HPF_APPROVAL_H_INCLUDED_ */
