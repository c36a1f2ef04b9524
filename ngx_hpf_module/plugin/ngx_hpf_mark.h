/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Marks: inside of which plugin a worker is.  A mark that its process has left
 * behind tells which plugin has ended it.
 */

#ifndef _NGX_HPF_MARK_H_INCLUDED_
#define _NGX_HPF_MARK_H_INCLUDED_


#include "ngx_hpf_plugin_int.h"


/*
 * In shared memory, one for each slot of the master's table of processes, and
 * each in a line of the cache of its own.
 */

typedef struct {
    uint32_t                 pid;          /* 0: nobody's */
    uint32_t                 inside;       /* entry of the ledger + 1; 0: not */
    uint32_t                 where;        /* ngx_hpf_mark_e */
    uint32_t                 end;          /* ngx_hpf_end_e */
    uint32_t                 entered;      /* times */
    uint64_t                 since;        /* ms of the monotonic clock */
} __attribute__((aligned(64))) ngx_hpf_mark_t;


/* A worker begins, and looks who had its place before; NGX_ERROR: logged. */
ngx_int_t ngx_hpf_mark_init(ngx_hpf_plugins_t *plugins);
void ngx_hpf_mark_exit(ngx_hpf_plugins_t *plugins);

/* Around every call of a plugin's code. */
void ngx_hpf_mark_enter(ngx_hpf_plugin_t *plugin, ngx_hpf_mark_e where);
void ngx_hpf_mark_leave(ngx_hpf_plugin_t *plugin);

/* What dead workers have left behind is counted, logged and told. */
void ngx_hpf_mark_look(ngx_hpf_plugins_t *plugins);

const char *ngx_hpf_mark_where(uint32_t where);


#endif /* _NGX_HPF_MARK_H_INCLUDED_ */
