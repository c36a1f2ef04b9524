/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Messages and invalidations.  RESP2 sends them to a subscribed connection of
 * its own, the feed; keys are tracked by the command link, which is told to
 * redirect to the feed.  So tracking holds while both links hold, and is
 * asked for anew when either was made again.
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
static void ngx_hpf_redis_sub_track(ngx_hpf_redis_t *rds);
static ngx_uint_t ngx_hpf_redis_sub_covered(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_sub_t *sub);
static ngx_uint_t ngx_hpf_redis_sub_match(const ngx_hpf_redis_sub_t *sub,
    const ngx_str_t *key);
static void ngx_hpf_redis_sub_switch(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv);
static void ngx_hpf_redis_sub_ignored(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_tracked(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_refused(ngx_hpf_redis_t *rds, char *command,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_down(ngx_hpf_redis_conn_t *conn);
static void ngx_hpf_redis_sub_tell(ngx_hpf_redis_t *rds, ngx_uint_t tracks,
    ngx_uint_t up);
static ngx_int_t ngx_hpf_redis_sub_push(ngx_hpf_redis_conn_t *conn,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sub_message(ngx_hpf_redis_t *rds,
    const ngx_str_t *channel, const ngx_str_t *message);
static void ngx_hpf_redis_sub_changed(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_reply_t *keys);
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
        ngx_hpf_redis_sub_refused(rds, "CLIENT ID", reply);
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
    ngx_hpf_redis_sub_track(rds);
}


/* The command link came up: the server forgot what the last one tracked. */

void
ngx_hpf_redis_sub_link_up(ngx_hpf_redis_conn_t *conn)
{
    ngx_hpf_redis_sub_track(conn->rds);
}


void
ngx_hpf_redis_sub_link_down(ngx_hpf_redis_conn_t *conn)
{
    ngx_hpf_redis_sub_tell(conn->rds, 1, 0);
}


static void
ngx_hpf_redis_sub_track(ngx_hpf_redis_t *rds)
{
    u_char                id[NGX_INT64_LEN];
    ngx_str_t            *argv;
    ngx_uint_t            n, max;
    ngx_queue_t          *q;
    ngx_hpf_redis_sub_t  *sub;

    if (rds->feed == NULL
        || rds->feed_id <= 0
        || rds->confirms
        || rds->link->state != NGX_HPF_REDIS_CONN_UP)
    {
        return;
    }

    max = 6;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        max += 2;
    }

    argv = ngx_alloc(max * sizeof(ngx_str_t), rds->cycle->log);
    if (argv == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "TRACKING");
    ngx_str_set(&argv[2], "ON");
    ngx_str_set(&argv[3], "REDIRECT");
    argv[4].data = id;
    argv[4].len = ngx_sprintf(id, "%L", rds->feed_id) - id;
    ngx_str_set(&argv[5], "BCAST");

    n = 6;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (sub->tracks && !ngx_hpf_redis_sub_covered(rds, sub)) {
            ngx_str_set(&argv[n], "PREFIX");
            argv[n + 1] = sub->name;
            n += 2;
        }
    }

    if (n > 6) {
        ngx_hpf_redis_sub_switch(rds, n, argv);
    }

    ngx_free(argv);
}


/* Redis refuses prefixes that overlap; of equal ones the first is sent. */

static ngx_uint_t
ngx_hpf_redis_sub_covered(ngx_hpf_redis_t *rds, ngx_hpf_redis_sub_t *sub)
{
    ngx_uint_t            before;
    ngx_queue_t          *q;
    ngx_hpf_redis_sub_t  *other;

    before = 1;

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (other == sub) {
            before = 0;
            continue;
        }

        if (other->tracks
            && ngx_hpf_redis_sub_match(other, &sub->name)
            && (before || other->name.len < sub->name.len))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_hpf_redis_sub_match(const ngx_hpf_redis_sub_t *sub, const ngx_str_t *key)
{
    return key->len >= sub->name.len
           && ngx_memcmp(key->data, sub->name.data, sub->name.len) == 0;
}


static void
ngx_hpf_redis_sub_switch(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_str_t  off[3];

    off[0] = argv[0];
    off[1] = argv[1];
    ngx_str_set(&off[2], "OFF");

    rds->tracking_id = rds->feed_id;

    if (ngx_hpf_redis_conn_command(rds->link, 3, off,
                                   ngx_hpf_redis_sub_ignored)
        != NGX_OK)
    {
        return;
    }

    (void) ngx_hpf_redis_conn_command(rds->link, argc, argv,
                                      ngx_hpf_redis_sub_tracked);
}


static void
ngx_hpf_redis_sub_ignored(void *data, const ngx_hpf_redis_reply_t *reply)
{
    /* there may have been nothing to switch off */
}


static void
ngx_hpf_redis_sub_tracked(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_conn_t  *conn = data;

    rds = conn->rds;

    if (rds->tracking_id != rds->feed_id || rds->feed_id == 0) {

        /* the feed went in between and asks itself when it is back */

        return;
    }

    rds->tracking_id = 0;

    if (reply->type == NGX_HPF_REDIS_ERROR) {
        ngx_hpf_redis_sub_refused(rds, "CLIENT TRACKING", reply);
        return;
    }

    rds->refused = 0;

    ngx_hpf_redis_sub_tell(rds, 1, 1);
}


/* Told once; asked for again at each PING. */

static void
ngx_hpf_redis_sub_refused(ngx_hpf_redis_t *rds, char *command,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  text;

    if (rds->refused) {
        return;
    }

    rds->refused = 1;
    text = ngx_hpf_redis_text(reply);

    ngx_log_error(NGX_LOG_ERR, rds->cycle->log, 0,
                  "hpf redis: %s refused on \"%V\", no key is tracked: %V",
                  command, &rds->url.name, &text);
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


static void
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
        ngx_hpf_redis_sub_changed(rds, payload);
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


/* An array of keys; nil after FLUSHALL and FLUSHDB. */

static void
ngx_hpf_redis_sub_changed(ngx_hpf_redis_t *rds,
    const ngx_hpf_redis_reply_t *keys)
{
    ngx_str_t             key;
    ngx_uint_t            i, n;
    ngx_queue_t          *q;
    ngx_hpf_redis_sub_t  *sub;

    n = ngx_hpf_redis_count(keys);

    for (q = ngx_queue_head(&rds->subs);
         q != ngx_queue_sentinel(&rds->subs);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, ngx_hpf_redis_sub_t, queue);

        if (!sub->tracks) {
            continue;
        }

        if (keys->type != NGX_HPF_REDIS_ARRAY) {
            sub->handler(sub->data, &sub->name, &ngx_hpf_redis_sub_none);
            continue;
        }

        for (i = 0; i < n; i++) {
            key = ngx_hpf_redis_text(ngx_hpf_redis_at(keys, i));

            if (key.len && ngx_hpf_redis_sub_match(sub, &key)) {
                sub->handler(sub->data, &sub->name, &key);
            }
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
        ngx_hpf_redis_sub_track(rds);
    }

    if (!ngx_queue_empty(&rds->feed->fifo)) {
        return;
    }

    ngx_str_set(&argv[0], "PING");

    (void) ngx_hpf_redis_conn_command(rds->feed, 1, argv,
                                      ngx_hpf_redis_sub_ignored);
}
