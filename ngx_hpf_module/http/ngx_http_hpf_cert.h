/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates of users (UKey) as a factor.
 *
 * A certificate is known by issuer and serial number: hpf:{x:HASH}, with the
 * keyed hash of these, leads to its user (uid) and has the digest of its
 * public key (key).  hpf:{u:UID}:certs lists those of a user.
 */

#ifndef _NGX_HTTP_HPF_CERT_H_INCLUDED_
#define _NGX_HTTP_HPF_CERT_H_INCLUDED_


#include "hpf_cert.h"
#include "ngx_http_hpf_user.h"


/* What a client shows: person->cert. */

struct ngx_http_hpf_cert_shown_s {
    json_t      *sent;                 /* challenge_id, certificate, ... */
    ngx_str_t    nonce;
    ngx_str_t    hash;                 /* of issuer and serial, hex */
    ngx_str_t    key;                  /* of the public key, hex */
    hpf_cert_t   cert;
};


/* _cert.c: called once, from the event loop; rc as of hpf_cert_check(). */

typedef void (*ngx_http_hpf_cert_pt)(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc,
    const hpf_cert_t *cert, const char *why);

/*
 * Verifies in a thread.  NGX_AGAIN: handler will be called, unless the request
 * ends before; NGX_ERROR: no memory, or too many wait.
 */
ngx_int_t ngx_http_hpf_cert_check(ngx_http_hpf_ctx_t *ctx,
    hpf_cert_claim_t *claim, ngx_http_hpf_cert_pt handler);

/* 1: a session relies on this text's certificate, and a list names it now. */
ngx_uint_t ngx_http_hpf_cert_void(ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *text);

char *ngx_http_hpf_cert_authorities(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hpf_cert_revocation(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* When all has been read. */
char *ngx_http_hpf_cert_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);
void ngx_http_hpf_cert_init_worker(ngx_http_hpf_main_conf_t *hmcf);


/* _cert_factor.c: POST /v1/challenges for a certificate. */
ngx_int_t ngx_http_hpf_cert_factor_challenge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
/*
 * The first of the stages, when sent is known: person->cert is made.  As a
 * stage.
 */
ngx_int_t ngx_http_hpf_cert_factor_begin(ngx_http_hpf_ctx_t *ctx,
    json_t *sent);


/*
 * _cert_session.c: person->relies, the text of the certificate that the session
 * to be made relies on, or of none; person->life ends with it.
 */
ngx_int_t ngx_http_hpf_cert_session(ngx_http_hpf_ctx_t *ctx);
/* What of it ngx_http_hpf_cert_void() wants.  NGX_DECLINED: it is none. */
ngx_int_t ngx_http_hpf_cert_session_read(ngx_str_t *text, time_t *until,
    uint32_t *by, char *serial);


/* _cert_bind.c, stages: what was proved belongs to person->uid from now on. */
ngx_int_t ngx_http_hpf_cert_bind_list_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_cert_bind_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_CERT_H_INCLUDED_ */
