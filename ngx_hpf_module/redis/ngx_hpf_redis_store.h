/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One store in one worker, private to this layer: its servers, and the way
 * of an operation to one of them.  Made for each configuration, filled in
 * init_process.
 */

#ifndef _NGX_HPF_REDIS_STORE_H_INCLUDED_
#define _NGX_HPF_REDIS_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_conn.h"
#include "ngx_hpf_redis_node.h"


/* What is behind the URL. */

typedef struct {
    ngx_int_t               (*init)(ngx_hpf_redis_t *rds);

    /* The server of a slot; NULL: not known now. */
    ngx_hpf_redis_node_t   *(*find)(ngx_hpf_redis_t *rds, ngx_int_t slot);

    /* 1: what is not known now, or down, may be so no more in a moment. */
    ngx_uint_t              (*hopeful)(ngx_hpf_redis_t *rds);

    /* The command link of a server came up; or went. */
    void                    (*up)(ngx_hpf_redis_node_t *node);
    void                    (*down)(ngx_hpf_redis_node_t *node);

    /* 1: every key is on a server whose link stands. */
    ngx_uint_t              (*whole)(ngx_hpf_redis_t *rds);

    void                    (*close)(ngx_hpf_redis_t *rds);
} ngx_hpf_redis_topology_t;


typedef struct ngx_hpf_redis_cluster_s   ngx_hpf_redis_cluster_t;
typedef struct ngx_hpf_redis_sentinel_s  ngx_hpf_redis_sentinel_t;


/* Who asks of one script in this turn. */

typedef struct {
    ngx_hpf_redis_script_t          *script;
    ngx_queue_t                      ops;
    ngx_uint_t                       n;
    ngx_uint_t                       nkeys;
    ngx_uint_t                       argc;
    size_t                           len;     /* bytes of all arguments */
    ngx_event_t                      event;   /* end of this turn */
} ngx_hpf_redis_gather_t;


typedef struct {
    ngx_queue_t                      queue;
    ngx_str_t                        prefix;
    ngx_hpf_redis_change_pt          handler;
    void                            *data;
    unsigned                         up:1;    /* the handler knows it */
} ngx_hpf_redis_tracker_t;


struct ngx_hpf_redis_s {
    ngx_hpf_redis_conf_t             conf;
    ngx_hpf_redis_url_t              url;
    ngx_ssl_t                       *ssl;     /* NULL: without TLS */
    const ngx_hpf_redis_topology_t  *topology;

    ngx_cycle_t                     *cycle;
    ngx_queue_t                      nodes;
    ngx_hpf_redis_node_t            *master;  /* there is one, or NULL */
    ngx_hpf_redis_sentinel_t        *sentinel;
    ngx_hpf_redis_cluster_t         *cluster;

    ngx_queue_t                      trackers;

    ngx_hpf_redis_gather_t           gather;

    ngx_queue_t                      parked;  /* wait for a server */
    ngx_event_t                      park;

    ngx_queue_t                      failed;  /* handlers to be called */
    ngx_event_t                      fail;
    ngx_queue_t                      free;
    ngx_uint_t                       nfree;

    ngx_msec_t                       complained;
    ngx_hpf_redis_stat_t             stat;
};


extern const ngx_hpf_redis_topology_t  ngx_hpf_redis_sentinel_topology;
extern const ngx_hpf_redis_topology_t  ngx_hpf_redis_cluster_topology;


/* The way of an operation: ngx_hpf_redis_route.c */

void ngx_hpf_redis_route_key(ngx_hpf_redis_op_t *op, const ngx_str_t *key);
void ngx_hpf_redis_route(ngx_hpf_redis_op_t *op);

/*
 * An error that is about the way and not about the command: nothing happened.
 * NGX_OK: the operation goes on; NGX_DECLINED: the reply is for the caller.
 */
ngx_int_t ngx_hpf_redis_route_again(ngx_hpf_redis_op_t *op,
    const ngx_hpf_redis_reply_t *reply);

/* Until a server can take it, or its time is over. */
void ngx_hpf_redis_route_park(ngx_hpf_redis_op_t *op);
void ngx_hpf_redis_route_handler(ngx_event_t *ev);
void ngx_hpf_redis_route_close(ngx_hpf_redis_t *rds);


/* Where a cluster's server told us to go: ngx_hpf_redis_cluster.c */

ngx_hpf_redis_node_t *ngx_hpf_redis_cluster_moved(ngx_hpf_redis_op_t *op,
    const ngx_str_t *where);
ngx_hpf_redis_node_t *ngx_hpf_redis_cluster_asked(ngx_hpf_redis_op_t *op,
    const ngx_str_t *where);
void ngx_hpf_redis_cluster_refresh(ngx_hpf_redis_t *rds);


/* Frees the operations kept for later. */
void ngx_hpf_redis_cmd_drain(ngx_hpf_redis_t *rds);

/* Fills the digest, if it is not there. */
void ngx_hpf_redis_eval_digest(ngx_hpf_redis_script_t *script);

/* An operation for a script, not formatted yet; NULL: no memory. */
ngx_hpf_redis_op_t *ngx_hpf_redis_eval_alloc(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_script_t *script);

/*
 * The three strings before the keys; digits have the number of these, and
 * room for NGX_INT_T_LEN.
 */
void ngx_hpf_redis_eval_head(ngx_hpf_redis_script_t *script, ngx_uint_t nkeys,
    u_char *digits, ngx_str_t *argv);


/* What is gathered goes out at the end of a turn, or of the worker. */
void ngx_hpf_redis_gather_init(ngx_hpf_redis_t *rds);
void ngx_hpf_redis_gather_close(ngx_hpf_redis_t *rds);


#endif /* _NGX_HPF_REDIS_STORE_H_INCLUDED_ */
