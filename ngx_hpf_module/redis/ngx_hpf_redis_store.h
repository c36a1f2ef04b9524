/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One store in one worker, private to this layer: its links, subscriptions
 * and numbers.  Made for each configuration, filled in init_process.
 */

#ifndef _NGX_HPF_REDIS_STORE_H_INCLUDED_
#define _NGX_HPF_REDIS_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_conn.h"
#include "ngx_hpf_redis_url.h"


typedef struct {
    ngx_queue_t                   queue;
    ngx_str_t                     name;       /* channel or prefix */
    ngx_hpf_redis_message_pt      handler;
    void                         *data;
    unsigned                      tracks:1;
    unsigned                      up:1;       /* the handler knows it */
} ngx_hpf_redis_sub_t;


struct ngx_hpf_redis_s {
    ngx_hpf_redis_conf_t          conf;
    ngx_hpf_redis_url_t           url;
    ngx_ssl_t                    *ssl;        /* NULL: without TLS */

    ngx_cycle_t                  *cycle;
    ngx_hpf_redis_conn_t         *link;       /* commands */
    ngx_hpf_redis_conn_t         *feed;       /* messages, NULL: no one asked */

    ngx_queue_t                   subs;
    ngx_uint_t                    confirms;   /* of SUBSCRIBE, to come */
    int64_t                       feed_id;    /* CLIENT ID, 0: not up */
    int64_t                       tracking_id;  /* the feed asked for */
    ngx_event_t                   ping;

    ngx_queue_t                   failed;     /* handlers to be called */
    ngx_event_t                   fail;
    ngx_queue_t                   free;
    ngx_uint_t                    nfree;

    ngx_msec_t                    complained;
    ngx_hpf_redis_stat_t          stat;

    unsigned                      refused:1;  /* CLIENT TRACKING */
};


/* The link for a command.  One server: there is one. */
ngx_hpf_redis_conn_t *ngx_hpf_redis_route(ngx_hpf_redis_t *rds);

/* The command link came up or went: tracking hangs on it. */
void ngx_hpf_redis_track_link_up(ngx_hpf_redis_conn_t *conn);
void ngx_hpf_redis_track_link_down(ngx_hpf_redis_conn_t *conn);

/* Asks for tracking, if both links are up. */
void ngx_hpf_redis_track_request(ngx_hpf_redis_t *rds);

/* Tells, once, that keys cannot be tracked; asked for again at each PING. */
void ngx_hpf_redis_track_refused(ngx_hpf_redis_t *rds, char *command,
    const ngx_hpf_redis_reply_t *reply);

/* What came on the channel of invalidations. */
void ngx_hpf_redis_track_changed(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_reply_t *keys);

ngx_uint_t ngx_hpf_redis_sub_match(const ngx_hpf_redis_sub_t *sub,
    const ngx_str_t *key);

/* Tells trackers, or the others, that what they hear is up or not. */
void ngx_hpf_redis_sub_tell(ngx_hpf_redis_t *rds, ngx_uint_t tracks,
    ngx_uint_t up);

/* The worker exits; no handler is told. */
void ngx_hpf_redis_sub_close(ngx_hpf_redis_t *rds);

/* Frees the operations kept for later. */
void ngx_hpf_redis_cmd_drain(ngx_hpf_redis_t *rds);

/* Fills the digest, if it is not there. */
void ngx_hpf_redis_eval_digest(ngx_hpf_redis_script_t *script);


#endif /* _NGX_HPF_REDIS_STORE_H_INCLUDED_ */
