/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The folder of private copies.  Whoever has loaded one holds a shared lock on
 * it, which ends with the process; what nobody holds and nothing names is
 * removed.
 */

#ifndef _NGX_HPF_CACHE_H_INCLUDED_
#define _NGX_HPF_CACHE_H_INCLUDED_


#include "ngx_hpf_plugin.h"


/* NGX_INVALID_FILE: it cannot be held, or it is being removed. */
ngx_fd_t ngx_hpf_cache_hold(ngx_hpf_plugins_t *plugins, const char *name);
void ngx_hpf_cache_release(ngx_fd_t hold);

/* A file, or a folder of files, whoever holds it. */
void ngx_hpf_cache_delete(ngx_hpf_plugins_t *plugins, const char *file);

/* What is of no use any more goes; how much is not, and could not go yet. */
ngx_uint_t ngx_hpf_cache_sweep(ngx_hpf_plugins_t *plugins);


#endif /* _NGX_HPF_CACHE_H_INCLUDED_ */
