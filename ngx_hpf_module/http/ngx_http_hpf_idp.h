/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Identity providers: who else may say who a user is, by a signed token.
 */

#ifndef _NGX_HTTP_HPF_IDP_H_INCLUDED_
#define _NGX_HTTP_HPF_IDP_H_INCLUDED_


#include "hpf_jwk_set.h"
#include "ngx_http_hpf.h"


typedef struct {
    ngx_str_t         value;           /* of the claim */
    ngx_uint_t        level;
} ngx_http_hpf_idp_level_t;

typedef struct {
    ngx_str_t         name;
    hpf_jwt_rules_t   rules;
    ngx_uint_t        algs;            /* bits of 1 << HPF_JWS_... */
    ngx_array_t       channels;        /* ngx_str_t: where it is taken */

    /* claims; NULL: none */
    const char       *number;
    const char       *person;
    const char       *mobile;
    const char       *level;
    ngx_array_t       levels;          /* ngx_http_hpf_idp_level_t */

    ngx_str_t         file;            /* of keys; or, when empty, */
    ngx_str_t         backend;         /* who has them, */
    ngx_str_t         path;            /* and where */
    time_t            refresh;

    /* of this worker */
    hpf_jwk_set_t    *keys;            /* NULL: none yet */
    time_t            fetched;         /* when they were read */
    time_t            tried;           /* and when somebody last began to */
    time_t            mtime;
    off_t             size;
    ngx_event_t       look;
} ngx_http_hpf_idp_t;


/* _idp_conf.c */
char *ngx_http_hpf_idp_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* When all has been read: channels and back ends are there. */
char *ngx_http_hpf_idp_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf);

/*
 * _idp_keys.c: keys of a file, now.  NGX_OK; NGX_DECLINED with *why: those
 * that were there stay.
 */
ngx_int_t ngx_http_hpf_idp_keys_file(ngx_http_hpf_idp_t *idp, ngx_log_t *log,
    const char **why);
void ngx_http_hpf_idp_keys_free(void *data);
void ngx_http_hpf_idp_keys_init_worker(ngx_http_hpf_main_conf_t *hmcf);
/*
 * As a stage: of a back end, when there are none or they are old; with _newer
 * also when they are not.  Without an answer those that are there stay.
 */
ngx_int_t ngx_http_hpf_idp_keys_fetch(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_idp_t *idp);
ngx_int_t ngx_http_hpf_idp_keys_newer(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_idp_t *idp);

/* _idp.c: POST /v1/sessions with an assertion. */
ngx_int_t ngx_http_hpf_idp_login(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/* _idp_user.c, stages: the user of person->i, who may be new. */
ngx_int_t ngx_http_hpf_idp_user_find(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idp_user_load(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idp_user_put(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idp_user_claim(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idp_user_mobile(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
ngx_int_t ngx_http_hpf_idp_user_real(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


#endif /* _NGX_HTTP_HPF_IDP_H_INCLUDED_ */
