/*
 * Copyright (C) the HPF gateway authors
 */

/* Bindings, as the files about them know them. */

#ifndef _NGX_HTTP_HPF_BINDING_H_INCLUDED_
#define _NGX_HTTP_HPF_BINDING_H_INCLUDED_


#include "ngx_http_hpf.h"


/* One of hpf:{u:UID}:bindings. */

typedef struct {
    ngx_str_t     channel;             /* left to the caller */
    ngx_str_t     hash;                /* of the subject */
    ngx_str_t     sealed;
    time_t        at;
} ngx_http_hpf_binding_entry_t;


/* Points into the text.  NGX_DECLINED: it is none. */
ngx_int_t ngx_http_hpf_binding_read(ngx_str_t *text,
    ngx_http_hpf_binding_entry_t *entry);


#endif /* _NGX_HTTP_HPF_BINDING_H_INCLUDED_ */
