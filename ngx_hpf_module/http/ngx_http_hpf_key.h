/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys of signed channels.
 */

#ifndef _NGX_HTTP_HPF_KEY_H_INCLUDED_
#define _NGX_HTTP_HPF_KEY_H_INCLUDED_


#include "ngx_http_hpf.h"


/* Members of a channel: "key ID FILE [ALG]", and "keys DIRECTORY". */
char *ngx_http_hpf_key_line(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch);
char *ngx_http_hpf_key_folder(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch);

/* When the cryptography is there: reads all of them. */
char *ngx_http_hpf_key_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);
void ngx_http_hpf_key_free(ngx_http_hpf_main_conf_t *hmcf);

/* Looks after the files from then on. */
ngx_int_t ngx_http_hpf_key_init_worker(ngx_http_hpf_main_conf_t *hmcf,
    ngx_cycle_t *cycle);

/* One that can be used now, or NULL. */
ngx_http_hpf_key_t *ngx_http_hpf_key_find(ngx_http_hpf_channel_t *ch,
    ngx_str_t *id);


#endif /* _NGX_HTTP_HPF_KEY_H_INCLUDED_ */
