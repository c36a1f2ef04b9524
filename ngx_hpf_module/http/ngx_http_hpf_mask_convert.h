/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A stream of characters in another set becomes UTF-8.
 */

#ifndef _NGX_HTTP_HPF_MASK_CONVERT_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_CONVERT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_mask_charset.h"


typedef struct ngx_http_hpf_mask_convert_s  ngx_http_hpf_mask_convert_t;


/*
 * Opens each set and keeps it as long as the pool lives, so that no file is
 * read when a request needs it.  NGX_OK or NGX_ERROR: no memory; a set that
 * iconv does not know is no error.
 */
ngx_int_t ngx_http_hpf_mask_convert_open(ngx_pool_t *pool);

/* NULL: iconv does not know the set, or no memory; it is logged. */
ngx_http_hpf_mask_convert_t *ngx_http_hpf_mask_convert_create(
    ngx_pool_t *pool, const hpf_mask_charset_t *charset);

/*
 * Takes what is at *p, up to last, and gives at most a buffer of UTF-8; what
 * is malformed becomes U+FFFD, a character cut off by last is kept for the
 * next call.  NGX_OK: *out is that and stays until the next call; NGX_AGAIN:
 * all is taken, nothing came of it.
 */
ngx_int_t ngx_http_hpf_mask_convert(ngx_http_hpf_mask_convert_t *ctx,
    u_char **p, u_char *last, ngx_str_t *out);

/* The end: *out is what came of a character that was not whole. */
void ngx_http_hpf_mask_convert_end(ngx_http_hpf_mask_convert_t *ctx,
    ngx_str_t *out);


#endif /* _NGX_HTTP_HPF_MASK_CONVERT_H_INCLUDED_ */
