/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is known of a request whose body is masked, and the parts of the
 * filter that work on it.
 */

#ifndef _NGX_HTTP_HPF_MASK_BODY_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_BODY_H_INCLUDED_


#include "hpf_mask.h"
#include "ngx_http_hpf_mask_filter.h"


typedef struct {
    ngx_http_request_t       *request;
    ngx_http_hpf_mask_set_t  *set;        /* of the gate */
    ngx_http_hpf_mask_layer_t  *layer;    /* of the channel */
    ngx_uint_t                level;      /* of the session */
    hpf_mask_t               *engine;     /* NULL: the body is not masked */

    ngx_buf_t                *buf;        /* of the input, being fed */
    ngx_buf_t                *ref;        /* the last that came of it */
    ngx_buf_t                *own;        /* open for more bytes */

    ngx_chain_t              *out;
    ngx_chain_t             **last_out;
    ngx_chain_t              *busy;
    ngx_chain_t              *shadows;    /* free, without memory */
    ngx_chain_t              *buffers;    /* free, with memory */

    ngx_str_t                 problem;    /* in place of the body */

    /* of subrequests that ended: */
    ngx_uint_t                count;
    ngx_uint_t                revealed;
    ngx_uint_t                reveals;

    unsigned                  refused:1;
    unsigned                  sent:1;     /* the problem, or all */
} ngx_http_hpf_mask_ctx_t;


/* The context of a request, NULL: there is none; or a new one. */
ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_get_ctx(ngx_http_request_t *r);
ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_create_ctx(ngx_http_request_t *r);

/* The body that follows is masked.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_hpf_mask_body_start(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, const hpf_mask_rules_t *rules,
    ngx_uint_t type);

/* Puts the body filter into the chain. */
void ngx_http_hpf_mask_body_init(void);

/* What keeps a body from being scanned, or NULL. */
char *ngx_http_hpf_mask_refuse_reason(ngx_http_request_t *r);

/* Makes the answer a problem document; the header is yet to be sent. */
ngx_int_t ngx_http_hpf_mask_refuse(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason);

/* Takes away the headers that another body makes untrue. */
void ngx_http_hpf_mask_refuse_headers(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_MASK_BODY_H_INCLUDED_ */
