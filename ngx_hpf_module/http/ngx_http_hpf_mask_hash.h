/*
 * Copyright (C) the HPF gateway authors
 */

/* hpf_mask_key, and what kind=hash does with it. */

#ifndef _NGX_HTTP_HPF_MASK_HASH_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_HASH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_crypto.h"
#include "hpf_mask_kind.h"


typedef struct {
    hpf_crypto_t             *crypto;
    hpf_crypto_hmac_t        *hmac;       /* NULL: there is no hpf_mask_key */
    u_char                   *file;       /* of the first rule that needs it */
    ngx_uint_t                line;
} ngx_http_hpf_mask_hash_t;


char *ngx_http_hpf_mask_hash_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The line that is being read needs hpf_mask_key. */
void ngx_http_hpf_mask_hash_need(ngx_conf_t *cf);

/* After all lines have been read: NGX_CONF_ERROR when it is missing. */
char *ngx_http_hpf_mask_hash_init(ngx_conf_t *cf,
    ngx_http_hpf_mask_hash_t *hash);

/* 1: manifests may have the kind as well. */
ngx_uint_t ngx_http_hpf_mask_hash_ready(ngx_conf_t *cf);

/*
 * hpf_mask_hash_pt: HMAC-SHA-256 (RFC 2104), of which the first 16 bytes are
 * used.  data is a ngx_http_hpf_mask_hash_t with a key.
 */
void ngx_http_hpf_mask_hash(void *data, const unsigned char *p, size_t len,
    unsigned char digest[HPF_MASK_HASH_LEN]);


#endif /* _NGX_HTTP_HPF_MASK_HASH_H_INCLUDED_ */
