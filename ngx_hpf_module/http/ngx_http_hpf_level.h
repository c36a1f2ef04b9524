/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Levels: which factors make which, and what a session lacks.
 */

#ifndef _NGX_HTTP_HPF_LEVEL_H_INCLUDED_
#define _NGX_HTTP_HPF_LEVEL_H_INCLUDED_


#include "hpf_manifest.h"
#include "ngx_http_hpf.h"


char *ngx_http_hpf_level_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* The rules of levels that have none. */
char *ngx_http_hpf_level_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);

/* What factors make; real: of a real-name registration. */
ngx_uint_t ngx_http_hpf_level_of(ngx_http_hpf_main_conf_t *hmcf,
    ngx_uint_t factors, ngx_uint_t real);

/* As a step: the level of the session, and how fresh its factors are. */
ngx_int_t ngx_http_hpf_level_check(ngx_http_hpf_ctx_t *ctx, ngx_uint_t level,
    const hpf_manifest_t *mf);


#endif /* _NGX_HTTP_HPF_LEVEL_H_INCLUDED_ */
