/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Setters of directives that belong to no subject alone, and the checks that
 * need all of the configuration.
 */

#ifndef _NGX_HTTP_HPF_CONF_H_INCLUDED_
#define _NGX_HTTP_HPF_CONF_H_INCLUDED_


#include "ngx_http_hpf.h"


char *ngx_http_hpf_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hpf_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_plugins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_backend(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_session(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_notice(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hpf_conf_problem(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* When all of http{} has been read. */
char *ngx_http_hpf_conf_check(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);

/* When a location has been merged. */
char *ngx_http_hpf_conf_merged(ngx_conf_t *cf,
    ngx_http_hpf_loc_conf_t *hlcf);

/* _conf_redis.c: what hpf_redis needs, and what was read after it */
char *ngx_http_hpf_conf_redis_wait(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_conf_store(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);

/* _variable.c */
ngx_int_t ngx_http_hpf_variable_add(ngx_conf_t *cf);


extern ngx_conf_num_bounds_t  ngx_http_hpf_conf_level_bounds;


#endif /* _NGX_HTTP_HPF_CONF_H_INCLUDED_ */
