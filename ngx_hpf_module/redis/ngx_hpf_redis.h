/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The store: commands to Redis from the event loop of a worker.  Nothing
 * here blocks.  What is above does not learn which topology is behind, and
 * sees no hiredis type.
 *
 * Contract of every asynchronous function: it returns an operation, and the
 * handler is called exactly once, from a later turn of the loop and never
 * from inside the function; or it returns NULL when memory is short, and the
 * handler is not called.  ngx_hpf_redis_cancel() detaches an operation: its
 * handler is not called any more, the operation is gone for the caller.
 * The command may have been sent all the same.
 */

#ifndef _NGX_HPF_REDIS_H_INCLUDED_
#define _NGX_HPF_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct ngx_hpf_redis_s        ngx_hpf_redis_t;
typedef struct ngx_hpf_redis_op_s     ngx_hpf_redis_op_t;
typedef struct ngx_hpf_redis_reply_s  ngx_hpf_redis_reply_t;


typedef enum {
    NGX_HPF_REDIS_NIL = 0,
    NGX_HPF_REDIS_STRING,
    NGX_HPF_REDIS_STATUS,
    NGX_HPF_REDIS_INTEGER,
    NGX_HPF_REDIS_ARRAY,
    NGX_HPF_REDIS_ERROR,          /* Redis answered with an error */
    NGX_HPF_REDIS_UNSENT,         /* not sent: nothing happened */
    NGX_HPF_REDIS_LOST            /* sent, no reply: it may have happened */
} ngx_hpf_redis_type_e;


/*
 * reply is valid during the handler only and never NULL.  With UNSENT and
 * LOST, ngx_hpf_redis_text() gives the reason for the log.
 */

typedef void (*ngx_hpf_redis_pt)(void *data,
    const ngx_hpf_redis_reply_t *reply);


/* Configuration of one store, filled by the directives above this layer. */

typedef struct {
    ngx_str_t        url;              /* redis://, redis-cluster://, ... */
    ngx_msec_t       connect_timeout;
    ngx_msec_t       timeout;          /* of one command */
    ngx_msec_t       idle_timeout;     /* of silence, then PING */
    ngx_msec_t       reconnect_max;    /* longest back-off */
    size_t           max_reply;        /* bytes of one reply in memory */

    ngx_uint_t       replicas;         /* that have to have a durable write */
    ngx_msec_t       replicas_timeout;

    ngx_resolver_t  *resolver;         /* NULL: names as when read */

    ngx_str_t        tls_ca;           /* PEM file, empty: the system's */
    ngx_str_t        tls_cert;         /* of the client, PEM files, or empty */
    ngx_str_t        tls_key;
    ngx_flag_t       tls_insecure;     /* 1: the server is not verified */
} ngx_hpf_redis_conf_t;


/* A script of lua/redis/, compiled into the module; static storage. */

typedef struct {
    ngx_str_t    name;
    ngx_str_t    source;
    u_char       sha1[41];         /* lower-case hex, filled when created */
    ngx_uint_t   durable;          /* what it writes must not be lost */
} ngx_hpf_redis_script_t;


/* args: nkeys keys, then the other arguments; argc counts both. */

typedef struct {
    ngx_hpf_redis_script_t  *script;
    ngx_uint_t               nkeys;
    ngx_uint_t               argc;
    const ngx_str_t         *args;
} ngx_hpf_redis_eval_t;


/*
 * At configuration time: parses the URL, see ngx_hpf_redis_url.h.  Other
 * fields of conf than the URL may be zero, but for the times and max_reply.
 * NULL: logged with file and line.
 */
ngx_hpf_redis_t *ngx_hpf_redis_create(ngx_conf_t *cf,
    ngx_hpf_redis_conf_t *conf);

/* What is known only when all was read: the resolver, and the replicas. */
void ngx_hpf_redis_complete(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_conf_t *conf);

/*
 * In init_process and exit_process of a worker, not of cache processes.  At
 * exit the handlers of what is under way are called, with UNSENT or LOST;
 * afterwards the asynchronous functions return NULL.
 */
ngx_int_t ngx_hpf_redis_init_worker(ngx_hpf_redis_t *rds, ngx_cycle_t *cycle);
void ngx_hpf_redis_exit_worker(ngx_hpf_redis_t *rds);


/*
 * argv and args are copied before the functions return.  argv[1] is the key
 * of a command; the keys of a script are in one slot.  With
 * ngx_hpf_redis_write() and with a durable script the handler gets LOST as
 * well when too few replicas have what was written.
 */

ngx_hpf_redis_op_t *ngx_hpf_redis_command(ngx_hpf_redis_t *rds,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_hpf_redis_pt handler,
    void *data);
ngx_hpf_redis_op_t *ngx_hpf_redis_write(ngx_hpf_redis_t *rds,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_hpf_redis_pt handler,
    void *data);
ngx_hpf_redis_op_t *ngx_hpf_redis_eval(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_eval_t *eval, ngx_hpf_redis_pt handler, void *data);

/*
 * As the last, for a script that answers many in one call: with the others of
 * this turn it becomes one command, but in a cluster.  KEYS and ARGV have what
 * each asks behind each other, and the script tells them apart; it returns an
 * array of answers, of which the handler gets its own.  An error is for all.
 */
ngx_hpf_redis_op_t *ngx_hpf_redis_gather(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_eval_t *eval, ngx_hpf_redis_pt handler, void *data);

/* Commands and scripts that nobody waits for; errors are logged. */
void ngx_hpf_redis_send(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv);
void ngx_hpf_redis_eval_send(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_eval_t *eval);

void ngx_hpf_redis_cancel(ngx_hpf_redis_op_t *op);


/*
 * Called in init_process after ngx_hpf_redis_init_worker().  Tells of changed
 * keys that begin with prefix (CLIENT TRACKING ON BCAST REDIRECT).  A NULL key
 * tells that changes may be missed from now on (what was cached is void), an
 * empty one that all keys may have changed: all is heard again or for the
 * first time, or FLUSHALL.  At exit nothing is told.
 */

typedef void (*ngx_hpf_redis_change_pt)(void *data, const ngx_str_t *key);

ngx_int_t ngx_hpf_redis_track(ngx_hpf_redis_t *rds, const ngx_str_t *prefix,
    ngx_hpf_redis_change_pt handler, void *data);

/* 1: keys of one script may be in any slots: this is no cluster. */
ngx_uint_t ngx_hpf_redis_one_slot(ngx_hpf_redis_t *rds);


/*
 * A walk through all keys goes from part to part: what one server has, named
 * by the first slot of it.  The map tells which server has which slots: what
 * was begun with one cannot go on with another.  NGX_AGAIN: it is not all
 * known now.  Without a cluster there is one part, and the map is empty.
 */
ngx_int_t ngx_hpf_redis_map(ngx_hpf_redis_t *rds, ngx_str_t *map);

/* The part after this one, or the first after -1; NGX_DONE: there is none. */
ngx_int_t ngx_hpf_redis_part_after(ngx_hpf_redis_t *rds, ngx_int_t part);

/* As ngx_hpf_redis_eval(), of a script without keys that only reads. */
ngx_hpf_redis_op_t *ngx_hpf_redis_eval_part(ngx_hpf_redis_t *rds,
    ngx_int_t part, const ngx_hpf_redis_eval_t *eval,
    ngx_hpf_redis_pt handler, void *data);


ngx_hpf_redis_type_e ngx_hpf_redis_type(const ngx_hpf_redis_reply_t *reply);
int64_t ngx_hpf_redis_integer(const ngx_hpf_redis_reply_t *reply);
ngx_str_t ngx_hpf_redis_text(const ngx_hpf_redis_reply_t *reply);
ngx_uint_t ngx_hpf_redis_count(const ngx_hpf_redis_reply_t *reply);
const ngx_hpf_redis_reply_t *ngx_hpf_redis_at(
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t i);


/* Numbers for /metrics and /readyz, of this worker since its start. */

typedef struct {
    ngx_uint_t   up;              /* something can be asked */
    ngx_uint_t   whole;           /* every server, and all changes are heard */
    ngx_uint_t   evicts;          /* a server does not keep all keys */
    ngx_uint_t   forgets;         /* a server does not write to a disk */
    uint64_t     commands;
    uint64_t     errors;
    uint64_t     timeouts;
    uint64_t     reconnects;
    uint64_t     pending;
} ngx_hpf_redis_stat_t;

void ngx_hpf_redis_stat(ngx_hpf_redis_t *rds, ngx_hpf_redis_stat_t *stat);


#endif /* _NGX_HPF_REDIS_H_INCLUDED_ */
