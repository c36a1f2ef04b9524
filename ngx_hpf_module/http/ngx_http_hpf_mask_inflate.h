/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Content codings that the filter takes away itself.
 */

#ifndef _NGX_HTTP_HPF_MASK_INFLATE_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_INFLATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_HPF_MASK_IDENTITY  0
#define NGX_HTTP_HPF_MASK_GZIP      1
#define NGX_HTTP_HPF_MASK_DEFLATE   2
#define NGX_HTTP_HPF_MASK_CODED     3     /* any other, or several */


typedef struct ngx_http_hpf_mask_inflate_s  ngx_http_hpf_mask_inflate_t;


/* The coding by the value of a Content-Encoding. */
ngx_uint_t ngx_http_hpf_mask_inflate_coding(ngx_str_t *value);

/* gzip, of one member or several, or deflate, with or without its zlib frame.
   NULL: no memory. */
ngx_http_hpf_mask_inflate_t *ngx_http_hpf_mask_inflate_create(
    ngx_pool_t *pool, ngx_uint_t coding);

/*
 * Takes what is at *p, up to last, and gives at most a buffer of what it
 * stands for.  NGX_OK: *out is that and stays until the next call; NGX_AGAIN:
 * all is taken, nothing came of it; NGX_DECLINED: it is malformed, or goes on
 * after its end; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_hpf_mask_inflate(ngx_http_hpf_mask_inflate_t *ctx,
    u_char **p, u_char *last, ngx_str_t *out);

/* NGX_OK, or NGX_DECLINED: it has not come to its end. */
ngx_int_t ngx_http_hpf_mask_inflate_end(ngx_http_hpf_mask_inflate_t *ctx);


#endif /* _NGX_HTTP_HPF_MASK_INFLATE_H_INCLUDED_ */
