/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Passwords: their settings, and scrypt in nginx's threads.
 */

#ifndef _NGX_HTTP_HPF_PASSWORD_H_INCLUDED_
#define _NGX_HTTP_HPF_PASSWORD_H_INCLUDED_


#include "hpf_password.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_PASSWORD_HISTORY  10  /* at most */


struct ngx_http_hpf_password_s {
    hpf_password_cost_t    cost;
    ngx_uint_t             min;            /* characters */
    ngx_uint_t             history;        /* that do not come again */
    ngx_uint_t             threads;        /* at work in a worker */
    ngx_uint_t             queue;          /* that wait for these */

    ngx_thread_pool_t     *pool;
    hpf_crypto_hmac_t     *pepper;

    /* of this worker */
    ngx_queue_t            waiting;
    ngx_uint_t             nwaiting;
    ngx_uint_t             running;
    time_t                 told;           /* that there is too much work */
};


#define NGX_HTTP_HPF_PASSWORD_WAITS  1
#define NGX_HTTP_HPF_PASSWORD_RUNS   2

/* Some hashes of one text, made one after the other. */

typedef struct ngx_http_hpf_password_work_s  ngx_http_hpf_password_work_t;

typedef void (*ngx_http_hpf_password_pt)(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work);

struct ngx_http_hpf_password_work_s {
    ngx_queue_t                queue;
    ngx_pool_t                *pool;       /* its own: the client may leave */
    ngx_http_hpf_ctx_t        *ctx;        /* NULL: he has left */
    ngx_http_hpf_password_t   *password;
    ngx_http_hpf_password_pt   handler;
    ngx_pool_cleanup_t        *cln;        /* of the request */

    ngx_str_t                  text;       /* erased at the end */
    ngx_uint_t                 failed;
    ngx_uint_t                 state;
    ngx_event_t                event;      /* of what no thread takes */

    ngx_uint_t                 n;
    hpf_password_t             hashes[1 + NGX_HTTP_HPF_PASSWORD_HISTORY];
    u_char                     wanted[1 + NGX_HTTP_HPF_PASSWORD_HISTORY]
                                     [HPF_PASSWORD_HASH];
};


/*
 * _password_work.c: with a copy of the text, and no hash yet; NULL: no memory.
 */
ngx_http_hpf_password_work_t *ngx_http_hpf_password_work(
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *text);

/* One more hash: of a new salt, or of a record, which is what is wanted. */
ngx_int_t ngx_http_hpf_password_add_new(ngx_http_hpf_password_work_t *work);
ngx_int_t ngx_http_hpf_password_add(ngx_http_hpf_password_work_t *work,
    ngx_str_t *record);
/* 1: it is what was wanted. */
ngx_uint_t ngx_http_hpf_password_equal(ngx_http_hpf_password_work_t *work,
    ngx_uint_t i);

/*
 * NGX_AGAIN: the handler will be called with all hashes, or failed, after
 * which the work is gone; NGX_ABORT: there is too much work, the problem was
 * set; NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_password_start(ngx_http_hpf_password_work_t *work,
    ngx_http_hpf_password_pt handler);

/* _password.c: whether this is the user's password; as a stage. */
ngx_int_t ngx_http_hpf_password_verify(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *text);
/* form-invalid with all faults at the pointer. */
ngx_int_t ngx_http_hpf_password_rules(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *text, const char *pointer);
/* The record of a new one in person->pw_new. */
ngx_int_t ngx_http_hpf_password_record(ngx_http_hpf_ctx_t *ctx,
    hpf_password_t *hash);
/* In the place of the one that it was; end: sessions are to end. */
ngx_int_t ngx_http_hpf_password_put(ngx_http_hpf_ctx_t *ctx, ngx_str_t *was,
    ngx_uint_t end);

/* _password_conf.c */
char *ngx_http_hpf_password_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_hpf_password_t *ngx_http_hpf_password_create(ngx_pool_t *pool);
ngx_int_t ngx_http_hpf_password_init(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf);


#endif /* _NGX_HTTP_HPF_PASSWORD_H_INCLUDED_ */
