/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions, as the files of identity and the conditions know them.
 */

#ifndef _NGX_HTTP_HPF_SESSION_H_INCLUDED_
#define _NGX_HTTP_HPF_SESSION_H_INCLUDED_


#include "ngx_http_hpf_store.h"


/* session.user_type */

#define NGX_HTTP_HPF_INDIVIDUAL  'i'
#define NGX_HTTP_HPF_UNIT        'u'


/*
 * The token of the request.  NGX_DECLINED: there is none; NGX_ERROR: it
 * cannot be one that was given out here.
 */
ngx_int_t ngx_http_hpf_session_token(ngx_http_request_t *r,
    ngx_str_t *token);

/* 1: it has the form of a token that was given out here. */
ngx_uint_t ngx_http_hpf_session_token_valid(ngx_str_t *token);

/* hpf:NAME:{s:HASH}, "idle" or "end", in the pool; data NULL: no memory. */
ngx_str_t ngx_http_hpf_session_key(ngx_http_hpf_ctx_t *ctx, const char *name,
    ngx_str_t *hash);

/* What a session has of the only channel that it is good for; not 0. */
uint32_t ngx_http_hpf_session_channel_mark(ngx_str_t *id);

/* hpf:{u:UID}:handler:HID:sessions in the pool; data NULL: no memory. */
ngx_str_t ngx_http_hpf_session_handler_key(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *uid, ngx_str_t *handler);

/* HID of who acts for a unit; empty: nobody does. */
ngx_str_t ngx_http_hpf_session_acting(hpf_session_t *rec);

/* What the number is by which the user is found: "id_no" or "uscc". */
const char *ngx_http_hpf_session_number(hpf_session_t *rec);

/* "individual" or "unit". */
void ngx_http_hpf_session_type(hpf_session_t *rec, ngx_str_t *s);

/* _logout.c: ends the session of the request; as a step. */
ngx_int_t ngx_http_hpf_logout_session(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_store_pt handler);

/*
 * A session ends, by its hash in hex, and nothing but that; nobody waits for
 * it.  ctx->ending tells why; NULL: a user or an operator has said so.
 */
void ngx_http_hpf_logout_drop(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash);
/* The same as an operation. */
ngx_int_t ngx_http_hpf_logout_end(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash,
    ngx_http_hpf_store_pt handler);

/*
 * One of a user, by its hash in hex.  When the handler is called with no
 * error, Redis has let it go; ngx_http_hpf_logout_forget() is then called
 * once more, for a request may have read it back into the cache meanwhile.
 */
ngx_int_t ngx_http_hpf_logout_one(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_str_t *hash, ngx_http_hpf_store_pt handler);
void ngx_http_hpf_logout_forget(ngx_http_hpf_ctx_t *ctx, ngx_str_t *hash);


/* _sessions.c: the sessions of a user, one after the other. */

typedef struct {
    ngx_str_t      hash;               /* in hex; its id */
    ngx_str_t      channel;
    ngx_str_t      factors;
    ngx_str_t      acts;               /* of a unit: role and handler */
    ngx_str_t      cert;               /* that it relies on */
    ngx_uint_t     level;
    int64_t        began;              /* ms */
    time_t         left;               /* s, until it ends absolutely */
    time_t         unused;             /* s */
} ngx_http_hpf_known_t;

typedef void (*ngx_http_hpf_walk_pt)(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc);

struct ngx_http_hpf_walk_s {
    ngx_str_t              uid;
    ngx_array_t            hashes;     /* ngx_str_t, as in the index */
    ngx_uint_t             n;          /* of them done */
    ngx_array_t            known;      /* ngx_http_hpf_known_t */
    ngx_http_hpf_walk_pt   handler;
};

/*
 * Finds those that are alive, ctx->walk->known; then the handler is called,
 * once, with NGX_OK or what a step returns.  NGX_AGAIN or NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_sessions_walk(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_http_hpf_walk_pt handler);

/* Ends all of them, that of the request last; in the same way. */
ngx_int_t ngx_http_hpf_sessions_end(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_http_hpf_walk_pt handler);

/* NGX_OK: it is the hash of a session. */
ngx_int_t ngx_http_hpf_sessions_hash(ngx_str_t *hash, u_char *key);

/* What is alive, the newest first. */
void ngx_http_hpf_sessions_sort(ngx_http_hpf_walk_t *walk);

/* _session_list.c: answers with that; current: the hash of the present one. */
ngx_int_t ngx_http_hpf_session_list_text(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *current);

/* What there is to say of one; the reply is that of session_peek.lua. */
ngx_int_t ngx_http_hpf_sessions_peek(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *hash, ngx_http_hpf_store_pt handler);
/* NGX_DECLINED: there is none. */
ngx_int_t ngx_http_hpf_sessions_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_http_hpf_known_t *known);

/* _session_status.c */
char *ngx_http_hpf_session_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* A content handler for operators; run as a step. */
ngx_int_t ngx_http_hpf_session_status_begin(ngx_http_request_t *r,
    ngx_http_hpf_step_pt run);
/* ?user=UID, for the record as well.  NGX_DECLINED: it is none. */
ngx_int_t ngx_http_hpf_session_status_user(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid);

/* _account_lock.c */
char *ngx_http_hpf_account_lock(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

ngx_int_t ngx_http_hpf_session_init_worker(ngx_http_hpf_main_conf_t *hmcf);


#endif /* _NGX_HTTP_HPF_SESSION_H_INCLUDED_ */
