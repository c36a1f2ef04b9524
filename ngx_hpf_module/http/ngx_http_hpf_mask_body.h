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
#include "ngx_http_hpf_mask_convert.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_mask_inflate.h"
#include "ngx_http_hpf_mask_type.h"


/* in r->buffered, as the image filter, which has no text */
#define NGX_HTTP_HPF_MASK_BUFFERED  0x08

/* bytes that tell UTF-16 from UTF-8 */
#define NGX_HTTP_HPF_MASK_MARK      4

/* a body of no more bytes is masked before its header goes out */
#define NGX_HTTP_HPF_MASK_WHOLE     16384

/* bytes of a block of output */
#define NGX_HTTP_HPF_MASK_BUFFER    8192


typedef struct ngx_http_hpf_mask_sent_s  ngx_http_hpf_mask_sent_t;

typedef struct {
    ngx_http_request_t       *request;
    ngx_http_hpf_mask_sent_t *request_side;
    ngx_http_hpf_mask_set_t  *set;        /* of the gate */
    ngx_http_hpf_mask_layer_t  *layer;    /* of the channel */
    ngx_uint_t                level;      /* of the session */
    hpf_mask_t               *engine;     /* NULL: the body is not masked */

    u_char                   *room;       /* for a buffer, or NULL: */
    u_char                   *room_end;   /* what the engine left of a block */

    ngx_http_hpf_mask_inflate_t  *inflate;
    ngx_http_hpf_mask_convert_t  *convert;
    const hpf_mask_charset_t  *fallback;  /* where nothing says the set */

    ngx_buf_t                *buf;        /* of the input, being fed */
    ngx_buf_t                *ref;        /* the last that came of it */
    ngx_buf_t                *own;        /* open for more bytes */
    ngx_buf_t                *tail;       /* the last of out */

    ngx_chain_t              *in;         /* coded, yet to be inflated */
    u_char                   *pos;        /* in its first buffer, or NULL */

    u_char                   *head;       /* until the characters are known */
    size_t                    nhead;
    size_t                    need;       /* 0: they are */

    size_t                    left;       /* to come, of a whole body */

    ngx_chain_t              *out;
    ngx_chain_t             **last_out;
    ngx_chain_t              *busy;
    ngx_chain_t              *shadows;    /* free, without memory */
    ngx_chain_t              *buffers;    /* free, with memory */
    ngx_http_hpf_mask_block_t  *blocks;   /* of the worker's, in use */

    ngx_str_t                 problem;    /* in place of the body */

    /* of headers, of requests and of subrequests that ended: */
    ngx_uint_t                count;
    ngx_uint_t                revealed;
    ngx_uint_t                reveals;

    unsigned                  asked:1;    /* the gate wants it masked as well */
    unsigned                  held:1;     /* the header waits for a byte */
    unsigned                  whole:1;    /* and for all of the body */
    unsigned                  flushed:1;  /* nothing came since a flush */
    unsigned                  copy:1;     /* what is fed does not stay */
    unsigned                  refused:1;
    unsigned                  sent:1;     /* the problem, or all is masked */
} ngx_http_hpf_mask_ctx_t;


/* The context of a request, NULL: there is none; or a new one. */
ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_get_ctx(ngx_http_request_t *r);
ngx_http_hpf_mask_ctx_t *ngx_http_hpf_mask_create_ctx(ngx_http_request_t *r);

/* So many fields more, on behalf of the main request.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_hpf_mask_add(ngx_http_request_t *r, ngx_uint_t count);

/* The body that follows is masked.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_hpf_mask_body_start(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, const hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_type_t *type);

/* Puts the body filter into the chain. */
void ngx_http_hpf_mask_body_init(void);

/* Whether the bytes that are kept tell enough, where no more come for now. */
ngx_uint_t ngx_http_hpf_mask_head_enough(ngx_http_hpf_mask_ctx_t *ctx);

/*
 * The body begins with these bytes: its characters are known, and the header
 * goes out.  NGX_OK, NGX_DECLINED: they cannot be read, NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_mask_head(ngx_http_hpf_mask_ctx_t *ctx, u_char *p,
    size_t len);

/*
 * The header goes out: with the length of the body, of which all is in
 * ctx->out, or before what is to come of it.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_mask_head_whole(ngx_http_hpf_mask_ctx_t *ctx);
ngx_int_t ngx_http_hpf_mask_head_part(ngx_http_hpf_mask_ctx_t *ctx);

/* Takes the output of the engine; data is the context, see hpf_mask_out_pt. */
int ngx_http_hpf_mask_out(void *data, const unsigned char *p, size_t len,
    unsigned pass);

/* Behind what is there; it is the last then. */
void ngx_http_hpf_mask_out_add(ngx_http_hpf_mask_ctx_t *ctx, ngx_chain_t *cl);

/* So many bytes, until the end of the request; NULL: no memory. */
u_char *ngx_http_hpf_mask_block_get(ngx_http_hpf_mask_ctx_t *ctx);
void ngx_http_hpf_mask_block_free(ngx_http_hpf_mask_ctx_t *ctx);

/* The bytes of a chain. */
size_t ngx_http_hpf_mask_out_size(ngx_chain_t *cl);

/* A link and a buffer with all bits clear; NULL: no memory. */
ngx_chain_t *ngx_http_hpf_mask_out_get(ngx_pool_t *pool, ngx_chain_t **free);

/* The rules for this request, of whatever is masked; NULL: no memory. */
const hpf_mask_rules_t *ngx_http_hpf_mask_filter_rules(ngx_http_request_t *r);

/* The header goes on to the next filter. */
ngx_int_t ngx_http_hpf_mask_filter_send(ngx_http_request_t *r);

/* What keeps a body from being scanned, or NULL. */
char *ngx_http_hpf_mask_refuse_reason(ngx_http_request_t *r);

/* The content coding of the answer. */
ngx_uint_t ngx_http_hpf_mask_refuse_coding(ngx_http_request_t *r);

/*
 * The body turned out to be one that cannot be scanned: a problem document
 * where the header has not been sent, else the connection ends, so that the
 * client sees that the answer is not whole.  NGX_OK: what is left of the body
 * is to be drained; NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_mask_refuse_late(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason);

/* Makes the answer a problem document; the header is yet to be sent. */
ngx_int_t ngx_http_hpf_mask_refuse(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, char *reason);

/* Takes away the headers that another body makes untrue. */
void ngx_http_hpf_mask_refuse_headers(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HPF_MASK_BODY_H_INCLUDED_ */
