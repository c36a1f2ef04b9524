/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Signatures that take long to verify, by nginx's threads, so that others do
 * not wait for them.
 */

#ifndef _NGX_HTTP_HPF_VERIFY_H_INCLUDED_
#define _NGX_HTTP_HPF_VERIFY_H_INCLUDED_


#include "ngx_http_hpf.h"


/* As hpf_sign_verify(); in a thread, so of a key that does not change. */
typedef int (*ngx_http_hpf_verify_pt)(void *key,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);
/* rc: what that returned. */
typedef void (*ngx_http_hpf_verified_pt)(ngx_http_hpf_ctx_t *ctx, int rc);


typedef struct {
    ngx_http_hpf_verify_pt      verify;
    void                       *key;
    hpf_crypto_part_t           text;      /* both are copied */
    hpf_crypto_part_t           signature;
    ngx_http_hpf_verified_pt    handler;

    /* a reference to whatever has the key: released once, in the event loop */
    void                      (*release)(void *owner);
    void                       *owner;
} ngx_http_hpf_verify_t;


/*
 * NGX_AGAIN: the handler is called once, from a turn of its own, or never if
 * the request ends first.  NGX_DECLINED: there is no thread for it, or no
 * memory, and it was released.
 */
ngx_int_t ngx_http_hpf_verify(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_verify_t *verify);

/* While the configuration is read: there shall be threads. */
char *ngx_http_hpf_verify_threads(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);


#endif /* _NGX_HTTP_HPF_VERIFY_H_INCLUDED_ */
