/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One server: a link for commands, one for writes that have to be proved, and
 * the feed, on which it tells us things.  RESP2 sends messages to a subscribed
 * connection of its own.
 */

#ifndef _NGX_HPF_REDIS_NODE_H_INCLUDED_
#define _NGX_HPF_REDIS_NODE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_conn.h"


/* What happens to a server; heard: the feed listens; deaf: no more. */

typedef struct {
    void                    (*up)(ngx_hpf_redis_node_t *node);
    void                    (*down)(ngx_hpf_redis_node_t *node);
    void                    (*heard)(ngx_hpf_redis_node_t *node);
    void                    (*deaf)(ngx_hpf_redis_node_t *node);
    void                    (*message)(ngx_hpf_redis_node_t *node,
                                const ngx_hpf_redis_reply_t *payload);
} ngx_hpf_redis_node_calls_t;


struct ngx_hpf_redis_node_s {
    ngx_queue_t                        queue;
    ngx_hpf_redis_t                   *rds;
    ngx_pool_t                        *pool;
    ngx_hpf_redis_server_t             server;    /* of one found later */

    ngx_hpf_redis_conn_t               link;
    ngx_hpf_redis_conn_t               safe;      /* writes and WAIT */
    ngx_hpf_redis_conn_t               feed;

    ngx_str_t                          channel;   /* of the feed */
    const ngx_hpf_redis_node_calls_t  *calls;

    ngx_event_t                        tick;
    int64_t                            feed_id;   /* CLIENT ID, 0: not up */
    int64_t                            tracking_id;  /* the feed asked for */
    ngx_msec_t                         checked;   /* its settings */
    ngx_uint_t                         generation;   /* of the slot map */
    ngx_int_t                          first;     /* slot in that map */

    unsigned                           tracks:1;  /* is to tell of changes */
    unsigned                           tracked:1; /* and does */
    unsigned                           refused:1; /* CLIENT TRACKING */
    unsigned                           left:1;    /* link ends when idle */
    unsigned                           evicts:1;
    unsigned                           forgets:1;
};


/*
 * At servers known from the URL, one after the other; nothing is connected
 * yet.  NULL: no memory.
 */
ngx_hpf_redis_node_t *ngx_hpf_redis_node_create(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_server_t *servers, ngx_uint_t nservers);

/*
 * A server of data that another one told us of, as it is in rds->nodes or made
 * and opened.  NULL: no memory.
 */
ngx_hpf_redis_node_t *ngx_hpf_redis_node_get(ngx_hpf_redis_t *rds,
    const ngx_str_t *host, in_port_t port);

/* 1: this is its address. */
ngx_uint_t ngx_hpf_redis_node_is(ngx_hpf_redis_node_t *node,
    const ngx_str_t *host, in_port_t port);

/* Keeps a link and a feed from now on. */
void ngx_hpf_redis_node_open(ngx_hpf_redis_node_t *node);

/* No one is called; operations fail in the next turn. */
void ngx_hpf_redis_node_close(ngx_hpf_redis_node_t *node, char *reason);

/*
 * Frees what is closed; not to be called from a handler of a link.  NGX_AGAIN:
 * operations still name some of it.
 */
ngx_int_t ngx_hpf_redis_node_reap(ngx_hpf_redis_t *rds);


/* Makes it a server of data, whose changes are tracked. */
void ngx_hpf_redis_track_node(ngx_hpf_redis_node_t *node);

/* Asks for tracking, if both links are up. */
void ngx_hpf_redis_track_request(ngx_hpf_redis_node_t *node);

/* Tells trackers when what they hear of is all, or not any more. */
void ngx_hpf_redis_track_review(ngx_hpf_redis_t *rds);

/* Tells, once, that keys cannot be tracked; asked for again at each tick. */
void ngx_hpf_redis_track_refused(ngx_hpf_redis_node_t *node, char *command,
    const ngx_hpf_redis_reply_t *reply);


/* Looks whether the server keeps what it is given. */
void ngx_hpf_redis_check(ngx_hpf_redis_node_t *node);


#endif /* _NGX_HPF_REDIS_NODE_H_INCLUDED_ */
