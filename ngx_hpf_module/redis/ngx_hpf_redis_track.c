/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Changes of keys.  The command link of a server tracks prefixes and redirects
 * what it has to tell to the feed.  So tracking holds while both links hold,
 * and is asked for anew when either was made again.  A tracker is told that
 * it hears of all changes only while every server with keys is tracked.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_TRACK_HEAD  6


static void ngx_hpf_redis_track_up(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_track_down(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_track_deaf(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_track_changed(ngx_hpf_redis_node_t *node,
    const ngx_hpf_redis_reply_t *keys);
static ngx_uint_t ngx_hpf_redis_track_covered(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_tracker_t *tracker);
static ngx_uint_t ngx_hpf_redis_track_match(
    const ngx_hpf_redis_tracker_t *tracker, const ngx_str_t *key);
static void ngx_hpf_redis_track_switch(ngx_hpf_redis_node_t *node,
    ngx_uint_t argc, const ngx_str_t *argv);
static void ngx_hpf_redis_track_handler(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_track_set(ngx_hpf_redis_node_t *node,
    ngx_uint_t tracked);


static const ngx_hpf_redis_node_calls_t  ngx_hpf_redis_track_calls = {
    ngx_hpf_redis_track_up,
    ngx_hpf_redis_track_down,
    ngx_hpf_redis_track_request,
    ngx_hpf_redis_track_deaf,
    ngx_hpf_redis_track_changed
};


static const ngx_str_t  ngx_hpf_redis_track_all = ngx_string("");


ngx_int_t
ngx_hpf_redis_track(ngx_hpf_redis_t *rds, const ngx_str_t *prefix,
    ngx_hpf_redis_change_pt handler, void *data)
{
    ngx_queue_t              *q;
    ngx_hpf_redis_node_t     *node;
    ngx_hpf_redis_tracker_t  *tracker;

    tracker = ngx_pcalloc(rds->cycle->pool, sizeof(ngx_hpf_redis_tracker_t));
    if (tracker == NULL) {
        return NGX_ERROR;
    }

    tracker->handler = handler;
    tracker->data = data;
    tracker->prefix.len = prefix->len;
    tracker->prefix.data = ngx_pstrdup(rds->cycle->pool,
                                       (ngx_str_t *) prefix);

    if (tracker->prefix.data == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&rds->trackers, &tracker->queue);

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->tracks) {
            ngx_hpf_redis_track_node(node);
        }
    }

    return NGX_OK;
}


void
ngx_hpf_redis_track_node(ngx_hpf_redis_node_t *node)
{
    node->calls = &ngx_hpf_redis_track_calls;
    node->tracks = 1;

    if (!ngx_queue_empty(&node->rds->trackers)) {
        ngx_str_set(&node->channel, "__redis__:invalidate");
    }

    ngx_hpf_redis_node_open(node);
    ngx_hpf_redis_track_review(node->rds);
}


/* The server forgot what the last link tracked. */

static void
ngx_hpf_redis_track_up(ngx_hpf_redis_node_t *node)
{
    ngx_hpf_redis_check(node);
    ngx_hpf_redis_track_request(node);

    node->rds->topology->up(node);
}


static void
ngx_hpf_redis_track_down(ngx_hpf_redis_node_t *node)
{
    ngx_hpf_redis_track_set(node, 0);

    node->rds->topology->down(node);
}


static void
ngx_hpf_redis_track_deaf(ngx_hpf_redis_node_t *node)
{
    ngx_hpf_redis_track_set(node, 0);
}


void
ngx_hpf_redis_track_request(ngx_hpf_redis_node_t *node)
{
    u_char                    id[NGX_INT64_LEN];
    ngx_str_t                *argv;
    ngx_uint_t                n;
    ngx_queue_t              *q;
    ngx_hpf_redis_t          *rds;
    ngx_hpf_redis_tracker_t  *tracker;

    rds = node->rds;

    if (node->feed_id <= 0 || node->link.state != NGX_HPF_REDIS_CONN_UP) {
        return;
    }

    n = NGX_HPF_REDIS_TRACK_HEAD;

    for (q = ngx_queue_head(&rds->trackers);
         q != ngx_queue_sentinel(&rds->trackers);
         q = ngx_queue_next(q))
    {
        n += 2;
    }

    argv = ngx_alloc(n * sizeof(ngx_str_t), rds->cycle->log);
    if (argv == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "TRACKING");
    ngx_str_set(&argv[2], "ON");
    ngx_str_set(&argv[3], "REDIRECT");
    argv[4].data = id;
    argv[4].len = ngx_sprintf(id, "%L", node->feed_id) - id;
    ngx_str_set(&argv[5], "BCAST");

    n = NGX_HPF_REDIS_TRACK_HEAD;

    for (q = ngx_queue_head(&rds->trackers);
         q != ngx_queue_sentinel(&rds->trackers);
         q = ngx_queue_next(q))
    {
        tracker = ngx_queue_data(q, ngx_hpf_redis_tracker_t, queue);

        if (!ngx_hpf_redis_track_covered(rds, tracker)) {
            ngx_str_set(&argv[n], "PREFIX");
            argv[n + 1] = tracker->prefix;
            n += 2;
        }
    }

    ngx_hpf_redis_track_switch(node, n, argv);

    ngx_free(argv);
}


/* Redis refuses prefixes that overlap; of equal ones the first is sent. */

static ngx_uint_t
ngx_hpf_redis_track_covered(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_tracker_t *tracker)
{
    ngx_uint_t                before;
    ngx_queue_t              *q;
    ngx_hpf_redis_tracker_t  *other;

    before = 1;

    for (q = ngx_queue_head(&rds->trackers);
         q != ngx_queue_sentinel(&rds->trackers);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_hpf_redis_tracker_t, queue);

        if (other == tracker) {
            before = 0;
            continue;
        }

        if (ngx_hpf_redis_track_match(other, &tracker->prefix)
            && (before || other->prefix.len < tracker->prefix.len))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_hpf_redis_track_match(const ngx_hpf_redis_tracker_t *tracker,
    const ngx_str_t *key)
{
    return key->len >= tracker->prefix.len
           && ngx_memcmp(key->data, tracker->prefix.data, tracker->prefix.len)
              == 0;
}


static void
ngx_hpf_redis_track_switch(ngx_hpf_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_str_t  off[3];

    off[0] = argv[0];
    off[1] = argv[1];
    ngx_str_set(&off[2], "OFF");

    node->tracking_id = node->feed_id;

    if (ngx_hpf_redis_conn_command(&node->link, 3, off, NULL) != NGX_OK) {
        return;
    }

    (void) ngx_hpf_redis_conn_command(&node->link, argc, argv,
                                      ngx_hpf_redis_track_handler);
}


static void
ngx_hpf_redis_track_handler(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_conn_t  *conn = data;
    ngx_hpf_redis_node_t  *node;

    node = conn->node;

    if (node->tracking_id != node->feed_id || node->feed_id == 0) {

        /* the feed went in between and asks itself when it is back */

        return;
    }

    node->tracking_id = 0;

    if (reply->type == NGX_HPF_REDIS_ERROR) {
        ngx_hpf_redis_track_refused(node, "CLIENT TRACKING", reply);
        return;
    }

    node->refused = 0;

    ngx_hpf_redis_track_set(node, 1);
}


void
ngx_hpf_redis_track_refused(ngx_hpf_redis_node_t *node, char *command,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  text;

    if (node->refused) {
        return;
    }

    node->refused = 1;
    text = ngx_hpf_redis_text(reply);

    ngx_log_error(NGX_LOG_ERR, node->rds->cycle->log, 0,
                  "hpf redis: %s refused on \"%V\", no key is tracked: %V",
                  command, &node->link.server->name, &text);
}


static void
ngx_hpf_redis_track_set(ngx_hpf_redis_node_t *node, ngx_uint_t tracked)
{
    node->tracked = tracked;

    ngx_hpf_redis_track_review(node->rds);
}


void
ngx_hpf_redis_track_review(ngx_hpf_redis_t *rds)
{
    ngx_uint_t                up;
    ngx_queue_t              *q;
    ngx_hpf_redis_node_t     *node;
    ngx_hpf_redis_tracker_t  *tracker;

    up = 0;

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (node->tracks) {
            up = node->tracked;

            if (!up) {
                break;
            }
        }
    }

    up = up && rds->topology->whole(rds);

    for (q = ngx_queue_head(&rds->trackers);
         q != ngx_queue_sentinel(&rds->trackers);
         q = ngx_queue_next(q))
    {
        tracker = ngx_queue_data(q, ngx_hpf_redis_tracker_t, queue);

        if (tracker->up == up) {
            continue;
        }

        tracker->up = up;
        tracker->handler(tracker->data, up ? &ngx_hpf_redis_track_all : NULL);
    }
}


/*
 * An array of keys; nil after FLUSHALL and FLUSHDB.  Who does not hear of all
 * changes is told that all may have changed when he does.
 */

static void
ngx_hpf_redis_track_changed(ngx_hpf_redis_node_t *node,
    const ngx_hpf_redis_reply_t *keys)
{
    ngx_str_t                 key;
    ngx_uint_t                i, n;
    ngx_queue_t              *q;
    ngx_hpf_redis_t          *rds;
    ngx_hpf_redis_tracker_t  *tracker;

    rds = node->rds;
    n = ngx_hpf_redis_count(keys);

    for (q = ngx_queue_head(&rds->trackers);
         q != ngx_queue_sentinel(&rds->trackers);
         q = ngx_queue_next(q))
    {
        tracker = ngx_queue_data(q, ngx_hpf_redis_tracker_t, queue);

        if (keys->type != NGX_HPF_REDIS_ARRAY) {

            if (tracker->up) {
                tracker->handler(tracker->data, &ngx_hpf_redis_track_all);
            }

            continue;
        }

        for (i = 0; i < n; i++) {
            key = ngx_hpf_redis_text(ngx_hpf_redis_at(keys, i));

            if (key.len && ngx_hpf_redis_track_match(tracker, &key)) {
                tracker->handler(tracker->data, &key);
            }
        }
    }
}
