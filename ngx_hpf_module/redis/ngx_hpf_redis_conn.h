/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Links and operations, private to this layer.  A link is one pipelined
 * connection to one server that comes back by itself; an operation is one
 * command under way on it.
 */

#ifndef _NGX_HPF_REDIS_CONN_H_INCLUDED_
#define _NGX_HPF_REDIS_CONN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>
#include "hpf_digits.h"
#include "ngx_hpf_redis.h"
#include "ngx_hpf_redis_reply.h"
#include "ngx_hpf_redis_url.h"


#define NGX_HPF_REDIS_REASON  160
#define NGX_HPF_REDIS_NAME    24

#define NGX_HPF_REDIS_NO_SLOT -1

/* bytes of "*N" or "$N" and the end of the line */
#define NGX_HPF_REDIS_CMD_HEAD  (1 + HPF_DIGITS + sizeof(CRLF) - 1)

/* bytes read at a time */
#define NGX_HPF_REDIS_IN      16384


typedef struct ngx_hpf_redis_conn_s  ngx_hpf_redis_conn_t;
typedef struct ngx_hpf_redis_node_s  ngx_hpf_redis_node_t;


typedef enum {
    NGX_HPF_REDIS_CONN_IDLE = 0,      /* not asked for yet */
    NGX_HPF_REDIS_CONN_DOWN,          /* waits for the next attempt */
    NGX_HPF_REDIS_CONN_RESOLVING,
    NGX_HPF_REDIS_CONN_CONNECTING,
    NGX_HPF_REDIS_CONN_SECURING,      /* TLS handshake */
    NGX_HPF_REDIS_CONN_GREETING,      /* AUTH, SELECT, SETNAME, PING */
    NGX_HPF_REDIS_CONN_UP,
    NGX_HPF_REDIS_CONN_CLOSED         /* for good */
} ngx_hpf_redis_conn_state_e;


struct ngx_hpf_redis_op_s {
    ngx_queue_t                   queue;
    ngx_hpf_redis_t              *rds;
    ngx_hpf_redis_conn_t         *conn;       /* the last it was given to */

    ngx_hpf_redis_pt              handler;    /* NULL: nobody waits */
    void                         *data;

    u_char                       *cmd;        /* as it is sent */
    size_t                        len;
    size_t                        keys;       /* of it, before it is joined */
    uint64_t                      offset;     /* in the link's stream */
    ngx_msec_t                    deadline;

    ngx_hpf_redis_script_t       *script;     /* by digest, so far */
    ngx_pool_t                   *proof;      /* has the reply until WAIT */
    ngx_hpf_redis_reply_t        *reply;

    ngx_hpf_redis_type_e          failure;
    ngx_int_t                     slot;       /* of the key */
    ngx_uint_t                    redirects;
    size_t                        name_len;
    u_char                        name[NGX_HPF_REDIS_NAME];

    unsigned                      internal:1; /* ends silently with its link */
    unsigned                      durable:1;  /* replicas have to have it */
    unsigned                      asking:1;   /* the slot is on its way here */
    unsigned                      tried:1;    /* a server had and refused it */
};


/*
 * up: the greeting is done, what was held has been sent.  down: the link was
 * up and is no more, or an attempt failed.  push: a reply that may be nobody's
 * answer; NGX_OK: it was a message, NGX_DECLINED: it answers the oldest
 * command.
 */

typedef void (*ngx_hpf_redis_conn_pt)(ngx_hpf_redis_conn_t *conn);
typedef ngx_int_t (*ngx_hpf_redis_push_pt)(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply);


typedef struct {
    u_char                       *start;
    u_char                       *pos;
    u_char                       *last;
    u_char                       *end;
} ngx_hpf_redis_out_t;


struct ngx_hpf_redis_conn_s {
    ngx_hpf_redis_t              *rds;
    ngx_hpf_redis_node_t         *node;
    ngx_str_t                     role;       /* in CLIENT SETNAME */
    char                         *label;      /* in the log */

    /* one of them at a time, the next one when it fails */

    ngx_hpf_redis_server_t       *servers;
    ngx_uint_t                    nservers;
    ngx_hpf_redis_server_t       *server;
    ngx_hpf_redis_login_t        *login;

    ngx_hpf_redis_conn_pt         up;
    ngx_hpf_redis_conn_pt         down;
    ngx_hpf_redis_push_pt         push;

    ngx_hpf_redis_conn_state_e    state;
    ngx_uint_t                    epoch;      /* counts sockets */

    ngx_peer_connection_t         peer;
    ngx_sockaddr_t                sockaddr;
    ngx_resolver_ctx_t           *resolve;
    ngx_connection_t             *connection;
    ngx_log_t                     log;
    ngx_hpf_redis_parser_t        parser;
    u_char                       *in;

    ngx_hpf_redis_out_t           out;
    uint64_t                      queued;     /* bytes put in out ever */
    uint64_t                      sent;       /* bytes taken by the socket */

    ngx_queue_t                   fifo;       /* wait for replies */
    ngx_queue_t                   held;       /* wait for the greeting */
    ngx_queue_t                   unproven;   /* wait for WAIT */
    ngx_uint_t                    ops;        /* that name this link */

    ngx_event_t                   flush;      /* end of this turn */
    ngx_event_t                   expire;     /* oldest deadline */
    ngx_event_t                   retry;      /* greeting's end, or back-off */

    ngx_uint_t                    attempts;   /* failed since it was up */
    ngx_uint_t                    turn;       /* which address comes next */
    ngx_uint_t                    greetings;  /* answers to come */
    ngx_msec_t                    since;      /* it is up */
    ngx_msec_t                    heard;      /* the last reply */

    const char                   *alert;      /* of the server, in TLS */
    size_t                        reason_len;
    u_char                        reason[NGX_HPF_REDIS_REASON];

    unsigned                      told:1;     /* that it is down, in the log */
    unsigned                      ever:1;     /* it was up before */
    unsigned                      background:1;  /* holds no worker's exit */
    unsigned                      master:1;   /* nothing else will do */
    unsigned                      proves:1;   /* WAIT follows what is sent */
    unsigned                      unwaited:1; /* it has to follow yet */
};


/* State IDLE; what is above and not zero is set by the caller. */
void ngx_hpf_redis_conn_init(ngx_hpf_redis_conn_t *conn, ngx_hpf_redis_t *rds);

void ngx_hpf_redis_conn_open(ngx_hpf_redis_conn_t *conn);

/* No handler of its own link is called; operations fail in the next turn. */
void ngx_hpf_redis_conn_close(ngx_hpf_redis_conn_t *conn, char *reason);

/*
 * Ends the socket, fails what was under way, and begins to come back.  May be
 * called from handlers of replies.
 */
void ngx_hpf_redis_conn_drop(ngx_hpf_redis_conn_t *conn, const char *fmt, ...);

/* With an errno. */
void ngx_hpf_redis_conn_break(ngx_hpf_redis_conn_t *conn, ngx_err_t err);

/*
 * Takes a formatted operation; it fails in the next turn when the link waits
 * for its next attempt.
 */
void ngx_hpf_redis_conn_submit(ngx_hpf_redis_conn_t *conn,
    ngx_hpf_redis_op_t *op);

/*
 * A command of this layer itself: its handler is not called when the link
 * goes.  NGX_ERROR: no memory, the link is dropped.
 */
ngx_int_t ngx_hpf_redis_conn_command(ngx_hpf_redis_conn_t *conn,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_hpf_redis_pt handler);

/* Up, or on the way there. */
ngx_uint_t ngx_hpf_redis_conn_usable(ngx_hpf_redis_conn_t *conn);

/* The greeting is over: sends what was held, calls up. */
void ngx_hpf_redis_conn_ready(ngx_hpf_redis_conn_t *conn);


/* Looks for an address and connects: ngx_hpf_redis_dial.c */
void ngx_hpf_redis_dial(ngx_hpf_redis_conn_t *conn);
void ngx_hpf_redis_dial_cancel(ngx_hpf_redis_conn_t *conn);
void ngx_hpf_redis_dial_done(ngx_hpf_redis_conn_t *conn);

/* The socket's handlers, which it sets: ngx_hpf_redis_conn.c */
void ngx_hpf_redis_conn_write_handler(ngx_event_t *wev);
void ngx_hpf_redis_conn_read_handler(ngx_event_t *rev);

/* Greets the server; ends in ready or drop. */
void ngx_hpf_redis_greet(ngx_hpf_redis_conn_t *conn);


/* What is under way on a link: ngx_hpf_redis_queue.c */

/* NGX_ERROR: no memory, op is still the caller's. */
ngx_int_t ngx_hpf_redis_queue_send(ngx_hpf_redis_conn_t *conn,
    ngx_hpf_redis_op_t *op);
void ngx_hpf_redis_queue_watch(ngx_hpf_redis_conn_t *conn,
    ngx_hpf_redis_op_t *op);
void ngx_hpf_redis_queue_expire_handler(ngx_event_t *ev);

/* The link is gone: with a byte sent LOST, else UNSENT. */
void ngx_hpf_redis_queue_fail(ngx_hpf_redis_conn_t *conn);


/* Operations: ngx_hpf_redis_cmd.c */

ngx_hpf_redis_op_t *ngx_hpf_redis_cmd_alloc(ngx_hpf_redis_t *rds);
void ngx_hpf_redis_cmd_free(ngx_hpf_redis_op_t *op);
ngx_int_t ngx_hpf_redis_cmd_format(ngx_hpf_redis_op_t *op, ngx_uint_t argc,
    const ngx_str_t *argv);

/* Strings as RESP has them: bytes that are enough, and where they end. */
size_t ngx_hpf_redis_cmd_size(ngx_uint_t n, const ngx_str_t *strings);
u_char *ngx_hpf_redis_cmd_put(u_char *p, ngx_uint_t n,
    const ngx_str_t *strings);

/* What an array or a string begins with. */
u_char *ngx_hpf_redis_cmd_head(u_char *p, u_char type, size_t n);

/* From now on it is the link's. */
void ngx_hpf_redis_cmd_attach(ngx_hpf_redis_op_t *op,
    ngx_hpf_redis_conn_t *conn);

/* The reply of Redis: calls the handler, frees op. */
void ngx_hpf_redis_cmd_done(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);

/* The same, whatever the reply says. */
void ngx_hpf_redis_cmd_deliver(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);

/* Without a reply: the handler is called in the next turn. */
void ngx_hpf_redis_cmd_fail(ngx_hpf_redis_op_t *op,
    ngx_hpf_redis_type_e failure);
void ngx_hpf_redis_cmd_fail_handler(ngx_event_t *ev);


/*
 * Sends the script's text after NOSCRIPT.  NGX_OK: the operation goes on;
 * NGX_DECLINED: this reply is for the caller.
 */
ngx_int_t ngx_hpf_redis_eval_reload(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);


/*
 * Writes that N replicas have to have: ngx_hpf_redis_proof.c.  Keeps the reply
 * until WAIT tells.  NGX_DECLINED: no memory.
 */
ngx_int_t ngx_hpf_redis_proof_keep(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);

/* At the end of a turn: adds WAIT behind what was sent. */
void ngx_hpf_redis_proof_ask(ngx_hpf_redis_conn_t *conn);


#endif /* _NGX_HPF_REDIS_CONN_H_INCLUDED_ */
