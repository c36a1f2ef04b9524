/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Masking of what is sent to a back end: the query and the body of a request.
 */

#ifndef _NGX_HTTP_HPF_MASK_SENT_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_SENT_H_INCLUDED_


#include "hpf_mask.h"
#include "ngx_http_hpf_mask_body.h"


/* A request whose body is masked. */

struct ngx_http_hpf_mask_sent_s {
    ngx_http_request_t           *request;
    const hpf_mask_rules_t       *rules;
    ngx_str_t                     args;       /* as they were masked */

    hpf_mask_t                   *engine;
    ngx_http_hpf_mask_convert_t  *convert;

    ngx_chain_t                  *in;
    off_t                         pos;        /* in the file of its first */
    u_char                       *piece;      /* that is read of a file */

    ngx_buf_t                    *buf;
    ngx_temp_file_t              *file;       /* what no buffer holds */
    off_t                         length;

    ngx_event_t                   event;

    unsigned                      done:1;
};


/* The precontent handler. */
ngx_int_t ngx_http_hpf_mask_sent_handler(ngx_http_request_t *r);

/* _sent_body.c: NGX_OK, NGX_AGAIN: to be called again when others have had
   their turn, NGX_ABORT: it cannot be masked, *why is the reason; NGX_ERROR. */
ngx_int_t ngx_http_hpf_mask_sent_body(ngx_http_hpf_mask_sent_t *sent,
    char **why);

/*
 * _request.c: the request is another one than was signed.  Its body has this
 * length, or none for -1; type is that of the body when it has changed.
 */
ngx_int_t ngx_http_hpf_mask_request_rewrite(ngx_http_request_t *r,
    off_t length, ngx_str_t *type);

/* The header of the request, by its name in lower case, or NULL. */
ngx_table_elt_t *ngx_http_hpf_mask_request_find(ngx_http_request_t *r,
    ngx_str_t *name);


#endif /* _NGX_HTTP_HPF_MASK_SENT_H_INCLUDED_ */
