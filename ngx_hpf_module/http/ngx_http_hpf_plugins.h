/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Plugins as the operators see them: how they are contained, and what has
 * become of each generation.
 */

#ifndef _NGX_HTTP_HPF_PLUGINS_H_INCLUDED_
#define _NGX_HTTP_HPF_PLUGINS_H_INCLUDED_


#include "ngx_http_hpf.h"


char *ngx_http_hpf_plugins_watchdog(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_plugins_quarantine(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_plugins_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Gauges as of now; there is a zone. */
void ngx_http_hpf_plugins_measure(ngx_http_hpf_main_conf_t *hmcf);

/* A plugin has ended a worker of this node; data: the main configuration. */
void ngx_http_hpf_plugins_crashed(const ngx_hpf_crash_t *crash, void *data);


#endif /* _NGX_HTTP_HPF_PLUGINS_H_INCLUDED_ */
