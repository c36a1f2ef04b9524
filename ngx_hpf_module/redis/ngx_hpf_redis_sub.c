/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Messages.  RESP2 sends them to a subscribed connection of its own, the feed,
 * which is made when the first one asks.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_SUB_PING       1000
#define NGX_HPF_REDIS_SUB_ANONYMOUS  -1


static ngx_int_t ngx_hpf_redis_sub_add(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_sub_t *sub);
static ngx_int_t ngx_hpf_redis_sub_open(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_sub_up(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_sub_identified(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_request(ngx_hpf_redis_t *rds,
    const ngx_str_t *channel);
static void ngx_hpf_redis_sub_confirmed(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_down(ngx_hpf_redis_conn_t *conn);
static ngx_int_t ngx_hpf_redis_sub_push(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_message(ngx_hpf_redis_t *rds,
    const ngx_str_t *channel, const ngx_str_t *message);
static void ngx_hpf_redis_sub_ping_handler(ngx_event_t *ev);


static const ngx_str_t  ngx_hpf_redis_sub_none = ngx_string("");

static const ngx_str_t  ngx_hpf_redis_sub_invalidate =
    ngx_string("__redis__:invalidate");


ngx_int_t
ngx_hpf_redis_subscribe(ngx_hpf_redis_t *rds, const ngx_str_t *channel,
    ngx_hpf_redis_message_pt handler, void *data)
{
    ngx_hpf_redis_sub_t  sub;

    ngx_memzero(&sub, sizeof(ngx_hpf_redis_sub_t));

    sub.name = *channel;
    sub.handler = handler;
    sub.data = data;

    return ngx_hpf_redis_sub_add(rds, &sub);
}


ngx_int_t
ngx_hpf_redis_track(ngx_hpf_redis_t *rds, const ngx_str_t *prefix,
    ngx_hpf_redis_message_pt handler, void *data)
{
    ngx_hpf_redis_sub_t  sub;

    ngx_memzero(&sub, sizeof(ngx_hpf_redis_sub_t));

    sub.name = *prefix;
    sub.handler = handler;
    sub.data = data;
    sub.tracks = 1;

    return ngx_hpf_redis_sub_add(rds, &sub);
}


static ngx_int_t
ngx_hpf_redis_sub_add(ngx_hpf_redis_t *rds, ngx_hpf_redis_sub_t *sub)
{
    ngx_hpf_redis_sub_t  *copy;

    copy = ngx_palloc(rds->cycle->pool, sizeof(ngx_hpf_redis_sub_t));
    if (copy == NULL) {
        return NGX_ERROR;
    }

    *copy = *sub;

    copy->name.data = ngx_pstrdup(rds->cycle->pool, &sub->name);
    if (copy->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&rds->subs, &copy->queue);

    return rds->feed ? NGX_OK : ngx_hpf_redis_sub_open(rds);
}


static ngx_int_t
ngx_hpf_redis_sub_open(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_conn_t  *conn;

    conn = ngx_palloc(rds->cycle->pool, sizeof(ngx_hpf_redis_conn_t));
    if (conn == NULL) {
        return NGX_ERROR;
    }

    ngx_hpf_redis_conn_init(conn, rds);

    ngx_str_set(&conn->role, "hpf-feed");
    conn->label = "feed ";
    conn->up = ngx_hpf_redis_sub_up;
    conn->down = ngx_hpf_redis_sub_down;
    conn->push = ngx_hpf_redis_sub_push;
    conn->background = 1;

    rds->ping.data = rds;
    rds->ping.log = rds->cycle->log;
    rds->ping.handler = ngx_hpf_redis_sub_ping_handler;
    rds->ping.cancelable = 1;

    rds->feed = conn;

    ngx_hpf_redis_conn_open(conn);

    return NGX_OK;
}


void
ngx_hpf_redis_sub_close(ngx_hpf_redis_t *rds)
{
    if (rds->feed == NULL) {
        return;
    }

    if (rds->ping.timer_set) {
        ngx_del_timer(&rds->ping);
    }

    ngx_hpf_redis_conn_close(rds->feed, "the worker exits");

    rds->feed = NULL;
}


/* The number of the feed has to be asked before it only listens. */

static void
ngx_hpf_redis_sub_up(ngx_hpf_redis_conn_t *conn)
{
    ngx_str_t  argv[2];

    conn->rds->feed_id = 0;
    conn->rds->confirms = 0;

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "ID");

    (void) ngx_hpf_redis_conn_command(conn, 2, argv,
                                      ngx_hpf_redis_sub_identified);
}


static void
ngx_hpf_redis_sub_identified(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_uint_t             tracks;
    ngx_queue_t           *q;
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_sub_t   *sub;
    ngx_hpf_redis_conn_t  *conn = data;

    rds = conn->rds;

    if (reply->type == NGX_HPF_REDIS_INTEGER) {
        rds->feed_id = reply->u.integer;

    } else {

        /* channels work without */

        rds->feed_id = NGX_HPF_REDIS_SUB_ANONYMOUS;
        ngx_hpf_redis_track_refused(rds, "CLIENT ID", reply);
    }

    tracks = 0;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs) && rds->feed_id;
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (!sub->tracks) {
            ngx_hpf_redis_sub_request(rds, &sub->name);

        } else if (!tracks) {
            tracks = 1;
            ngx_hpf_redis_sub_request(rds, &ngx_hpf_redis_sub_invalidate);
        }
    }
}


static void
ngx_hpf_redis_sub_request(ngx_hpf_redis_t *rds, const ngx_str_t *channel)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "SUBSCRIBE");
    argv[1] = *channel;

    rds->confirms++;

    (void) ngx_hpf_redis_conn_command(rds->feed, 2, argv,
                                      ngx_hpf_redis_sub_confirmed);
}


static void
ngx_hpf_redis_sub_confirmed(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_conn_t  *conn = data;

    rds = conn->rds;

    if (reply->type == NGX_HPF_REDIS_ERROR) {
        ngx_hpf_redis_conn_drop(conn, "refused SUBSCRIBE: %V",
                                &reply->u.text);
        return;
    }

    if (--rds->confirms) {
        return;
    }

    ngx_add_timer(&rds->ping, NGX_HPF_REDIS_SUB_PING);

    ngx_hpf_redis_sub_tell(rds, 0, 1);
    ngx_hpf_redis_track_request(rds);
}


static void
ngx_hpf_redis_sub_down(ngx_hpf_redis_conn_t *conn)
{
    ngx_hpf_redis_t  *rds;

    rds = conn->rds;

    rds->feed_id = 0;
    rds->tracking_id = 0;

    if (rds->ping.timer_set) {
        ngx_del_timer(&rds->ping);
    }

    ngx_hpf_redis_sub_tell(rds, 0, 0);
    ngx_hpf_redis_sub_tell(rds, 1, 0);
}


ngx_uint_t
ngx_hpf_redis_sub_match(const ngx_hpf_redis_sub_t *sub, const ngx_str_t *key)
{
    return key->len >= sub->name.len
           && ngx_memcmp(key->data, sub->name.data, sub->name.len) == 0;
}


void
ngx_hpf_redis_sub_tell(ngx_hpf_redis_t *rds, ngx_uint_t tracks, ngx_uint_t up)
{
    ngx_queue_t          *q;
    ngx_hpf_redis_sub_t  *sub;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (sub->tracks != tracks || sub->up == up) {
            continue;
        }

        sub->up = up;

        if (up) {
            sub->handler(sub->data, &ngx_hpf_redis_sub_none,
                         &ngx_hpf_redis_sub_none);

        } else {
            sub->handler(sub->data, &sub->name, NULL);
        }
    }
}


static ngx_int_t
ngx_hpf_redis_sub_push(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t                     kind, channel, message;
    ngx_hpf_redis_t              *rds;
    const ngx_hpf_redis_reply_t  *payload;

    if (ngx_hpf_redis_count(reply) != 3) {
        return NGX_DECLINED;
    }

    kind = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

    if (kind.len != 7 || ngx_strncmp(kind.data, "message", 7) != 0) {
        return NGX_DECLINED;
    }

    rds = conn->rds;
    channel = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    payload = ngx_hpf_redis_at(reply, 2);

    if (channel.len == ngx_hpf_redis_sub_invalidate.len
        && ngx_strncmp(channel.data, ngx_hpf_redis_sub_invalidate.data,
                       channel.len)
           == 0)
    {
        ngx_hpf_redis_track_changed(rds, payload);
        return NGX_OK;
    }

    message = ngx_hpf_redis_text(payload);
    ngx_hpf_redis_sub_message(rds, &channel, &message);

    return NGX_OK;
}


static void
ngx_hpf_redis_sub_message(ngx_hpf_redis_t *rds, const ngx_str_t *channel,
    const ngx_str_t *message)
{
    ngx_queue_t          *q;
    ngx_hpf_redis_sub_t  *sub;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (!sub->tracks
            && sub->name.len == channel->len
            && ngx_hpf_redis_sub_match(sub, channel))
        {
            sub->handler(sub->data, channel, message);
        }
    }
}


/* A feed is silent by nature: only a question shows that it is not dead. */

static void
ngx_hpf_redis_sub_ping_handler(ngx_event_t *ev)
{
    ngx_str_t         argv[1];
    ngx_hpf_redis_t  *rds;

    rds = ev->data;

    if (rds->feed->state != NGX_HPF_REDIS_CONN_UP) {
        return;
    }

    ngx_add_timer(&rds->ping, NGX_HPF_REDIS_SUB_PING);

    if (rds->refused) {
        ngx_hpf_redis_track_request(rds);
    }

    if (!ngx_queue_empty(&rds->feed->fifo)) {
        return;
    }

    ngx_str_set(&argv[0], "PING");

    (void) ngx_hpf_redis_conn_command(rds->feed, 1, argv, NULL);
}
