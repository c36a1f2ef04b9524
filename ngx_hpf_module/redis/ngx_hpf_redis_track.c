/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Invalidations.  The command link tracks keys and redirects what it has to
 * tell to the feed.  So tracking holds while both links hold, and is asked
 * for anew when either was made again.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


static ngx_uint_t ngx_hpf_redis_track_covered(ngx_hpf_redis_t *rds,
    ngx_hpf_redis_sub_t *sub);
static void ngx_hpf_redis_track_switch(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv);
static void ngx_hpf_redis_track_handler(void *data,
    const ngx_hpf_redis_reply_t *reply);


static const ngx_str_t  ngx_hpf_redis_track_all = ngx_string("");


/* The command link came up: the server forgot what the last one tracked. */

void
ngx_hpf_redis_track_link_up(ngx_hpf_redis_conn_t *conn)
{
    ngx_hpf_redis_track_request(conn->rds);
}


void
ngx_hpf_redis_track_link_down(ngx_hpf_redis_conn_t *conn)
{
    ngx_hpf_redis_sub_tell(conn->rds, 1, 0);
}


void
ngx_hpf_redis_track_request(ngx_hpf_redis_t *rds)
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

        if (sub->tracks && !ngx_hpf_redis_track_covered(rds, sub)) {
            ngx_str_set(&argv[n], "PREFIX");
            argv[n + 1] = sub->name;
            n += 2;
        }
    }

    if (n > 6) {
        ngx_hpf_redis_track_switch(rds, n, argv);
    }

    ngx_free(argv);
}


/* Redis refuses prefixes that overlap; of equal ones the first is sent. */

static ngx_uint_t
ngx_hpf_redis_track_covered(ngx_hpf_redis_t *rds, ngx_hpf_redis_sub_t *sub)
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


static void
ngx_hpf_redis_track_switch(ngx_hpf_redis_t *rds, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_str_t  off[3];

    off[0] = argv[0];
    off[1] = argv[1];
    ngx_str_set(&off[2], "OFF");

    rds->tracking_id = rds->feed_id;

    if (ngx_hpf_redis_conn_command(rds->link, 3, off, NULL) != NGX_OK) {
        return;
    }

    (void) ngx_hpf_redis_conn_command(rds->link, argc, argv,
                                      ngx_hpf_redis_track_handler);
}


static void
ngx_hpf_redis_track_handler(void *data, const ngx_hpf_redis_reply_t *reply)
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
        ngx_hpf_redis_track_refused(rds, "CLIENT TRACKING", reply);
        return;
    }

    rds->refused = 0;

    ngx_hpf_redis_sub_tell(rds, 1, 1);
}


/* Told once; asked for again at each PING. */

void
ngx_hpf_redis_track_refused(ngx_hpf_redis_t *rds, char *command,
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


/* An array of keys; nil after FLUSHALL and FLUSHDB. */

void
ngx_hpf_redis_track_changed(ngx_hpf_redis_t *rds,
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
            sub->handler(sub->data, &sub->name, &ngx_hpf_redis_track_all);
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
