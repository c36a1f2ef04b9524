/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Redis Sentinel: which server is the master.  One sentinel after the other is
 * asked, and listened to for the announcement of another master.  Between the
 * two it may be missed, so the question is asked again when the feed listens,
 * when the master is lost, and while there is none; and now and then, since
 * operators can set another master without an announcement.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


#define NGX_HPF_REDIS_SENTINEL_PAUSE  200


struct ngx_hpf_redis_sentinel_s {
    ngx_hpf_redis_node_t  *node;
    ngx_event_t            timer;
    ngx_msec_t             told;       /* who the master is */
    unsigned               asked:1;    /* no answer yet */
};


static ngx_int_t ngx_hpf_redis_sentinel_init(ngx_hpf_redis_t *rds);
static ngx_hpf_redis_node_t *ngx_hpf_redis_sentinel_find(ngx_hpf_redis_t *rds,
    ngx_int_t slot);
static ngx_uint_t ngx_hpf_redis_sentinel_hopeful(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_sentinel_master_up(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_sentinel_ask(ngx_hpf_redis_node_t *node);
static ngx_uint_t ngx_hpf_redis_sentinel_whole(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_sentinel_close(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_sentinel_down(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_sentinel_deaf(ngx_hpf_redis_node_t *node);
static void ngx_hpf_redis_sentinel_told(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_sentinel_message(ngx_hpf_redis_node_t *node,
    const ngx_hpf_redis_reply_t *payload);
static void ngx_hpf_redis_sentinel_set(ngx_hpf_redis_t *rds,
    const ngx_str_t *host, const ngx_str_t *port);
static void ngx_hpf_redis_sentinel_handler(ngx_event_t *ev);


const ngx_hpf_redis_topology_t  ngx_hpf_redis_sentinel_topology = {
    ngx_hpf_redis_sentinel_init,
    ngx_hpf_redis_sentinel_find,
    ngx_hpf_redis_sentinel_hopeful,
    ngx_hpf_redis_sentinel_master_up,
    ngx_hpf_redis_sentinel_ask,
    ngx_hpf_redis_sentinel_whole,
    ngx_hpf_redis_sentinel_close
};


static const ngx_hpf_redis_node_calls_t  ngx_hpf_redis_sentinel_calls = {
    ngx_hpf_redis_sentinel_ask,
    ngx_hpf_redis_sentinel_down,
    ngx_hpf_redis_sentinel_ask,
    ngx_hpf_redis_sentinel_deaf,
    ngx_hpf_redis_sentinel_message
};


static ngx_int_t
ngx_hpf_redis_sentinel_init(ngx_hpf_redis_t *rds)
{
    ngx_hpf_redis_node_t      *node;
    ngx_hpf_redis_sentinel_t  *sentinel;

    sentinel = ngx_pcalloc(rds->cycle->pool, sizeof(ngx_hpf_redis_sentinel_t));
    if (sentinel == NULL) {
        return NGX_ERROR;
    }

    node = ngx_hpf_redis_node_create(rds, rds->url.servers, rds->url.nservers);
    if (node == NULL) {
        return NGX_ERROR;
    }

    node->calls = &ngx_hpf_redis_sentinel_calls;
    node->link.login = &rds->url.sentinel;
    node->link.label = "sentinel ";
    node->link.background = 1;
    node->feed.login = &rds->url.sentinel;
    node->feed.label = "sentinel feed ";
    ngx_str_set(&node->channel, "+switch-master");

    sentinel->timer.data = rds;
    sentinel->timer.log = rds->cycle->log;
    sentinel->timer.handler = ngx_hpf_redis_sentinel_handler;
    sentinel->timer.cancelable = 1;

    sentinel->node = node;
    rds->sentinel = sentinel;

    ngx_hpf_redis_node_open(node);
    ngx_add_timer(&sentinel->timer, NGX_HPF_REDIS_SENTINEL_PAUSE);

    return NGX_OK;
}


static ngx_hpf_redis_node_t *
ngx_hpf_redis_sentinel_find(ngx_hpf_redis_t *rds, ngx_int_t slot)
{
    return rds->master;
}


static ngx_uint_t
ngx_hpf_redis_sentinel_hopeful(ngx_hpf_redis_t *rds)
{
    return (rds->master && rds->master->left)
           || ngx_hpf_redis_conn_usable(&rds->sentinel->node->link);
}


static void
ngx_hpf_redis_sentinel_master_up(ngx_hpf_redis_node_t *node)
{
    /* nothing has to be found out */
}


/* Of the node of sentinels, or of a master that was lost. */

static void
ngx_hpf_redis_sentinel_ask(ngx_hpf_redis_node_t *node)
{
    ngx_str_t                  argv[3];
    ngx_hpf_redis_t           *rds;
    ngx_hpf_redis_sentinel_t  *sentinel;

    rds = node->rds;
    sentinel = rds->sentinel;

    if (sentinel->asked
        || sentinel->node->link.state != NGX_HPF_REDIS_CONN_UP)
    {
        return;
    }

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "GET-MASTER-ADDR-BY-NAME");
    argv[2] = rds->url.master;

    sentinel->asked = 1;

    (void) ngx_hpf_redis_conn_command(&sentinel->node->link, 3, argv,
                                      ngx_hpf_redis_sentinel_told);
}


static void
ngx_hpf_redis_sentinel_down(ngx_hpf_redis_node_t *node)
{
    node->rds->sentinel->asked = 0;
}


static void
ngx_hpf_redis_sentinel_deaf(ngx_hpf_redis_node_t *node)
{
    /* it asks when it hears again */
}


static void
ngx_hpf_redis_sentinel_told(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              host, port;
    ngx_hpf_redis_t       *rds;
    ngx_hpf_redis_conn_t  *conn = data;

    rds = conn->rds;
    rds->sentinel->asked = 0;
    rds->sentinel->told = ngx_current_msec;

    if (ngx_hpf_redis_count(reply) != 2) {
        host = ngx_hpf_redis_text(reply);

        ngx_hpf_redis_conn_drop(conn, "no master \"%V\" is known to it%s%V",
                                &rds->url.master, host.len ? ": " : "", &host);
        return;
    }

    host = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
    port = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

    ngx_hpf_redis_sentinel_set(rds, &host, &port);
}


/* "NAME OLDHOST OLDPORT HOST PORT" */

static void
ngx_hpf_redis_sentinel_message(ngx_hpf_redis_node_t *node,
    const ngx_hpf_redis_reply_t *payload)
{
    u_char      *p, *last;
    ngx_str_t    text, word[5], *name;
    ngx_uint_t   i;

    text = ngx_hpf_redis_text(payload);
    p = text.data;
    last = p + text.len;

    for (i = 0; i < 5; i++) {
        word[i].data = p;

        while (p < last && *p != ' ') {
            p++;
        }

        word[i].len = p - word[i].data;
        p = ngx_min(p + 1, last);
    }

    name = &node->rds->url.master;

    if (word[0].len == name->len
        && ngx_strncmp(word[0].data, name->data, name->len) == 0)
    {
        ngx_hpf_redis_sentinel_set(node->rds, &word[3], &word[4]);
    }
}


static void
ngx_hpf_redis_sentinel_set(ngx_hpf_redis_t *rds, const ngx_str_t *host,
    const ngx_str_t *text)
{
    ngx_int_t              port;
    ngx_hpf_redis_node_t  *node, *old;

    old = rds->master;
    port = ngx_atoi(text->data, text->len);

    if (host->len == 0 || port <= 0 || port > 65535
        || (old && ngx_hpf_redis_node_is(old, host, (in_port_t) port)))
    {
        return;
    }

    if (old) {
        rds->master = NULL;
        ngx_hpf_redis_node_close(old, "another server is the master now");
        ngx_hpf_redis_track_review(rds);
    }

    node = ngx_hpf_redis_node_get(rds, host, (in_port_t) port);
    if (node == NULL) {
        return;
    }

    rds->master = node;

    ngx_log_error(NGX_LOG_NOTICE, rds->cycle->log, 0,
                  "hpf redis: master \"%V\" is \"%V\"", &rds->url.master,
                  &node->server.name);
}


static void
ngx_hpf_redis_sentinel_handler(ngx_event_t *ev)
{
    ngx_hpf_redis_t  *rds;

    rds = ev->data;

    ngx_add_timer(&rds->sentinel->timer, NGX_HPF_REDIS_SENTINEL_PAUSE);

    if (!ngx_hpf_redis_sentinel_whole(rds)
        || ngx_current_msec - rds->sentinel->told >= rds->conf.idle_timeout)
    {
        ngx_hpf_redis_sentinel_ask(rds->sentinel->node);
    }

    (void) ngx_hpf_redis_node_reap(rds);
}


static ngx_uint_t
ngx_hpf_redis_sentinel_whole(ngx_hpf_redis_t *rds)
{
    return rds->master && rds->master->link.state == NGX_HPF_REDIS_CONN_UP;
}


static void
ngx_hpf_redis_sentinel_close(ngx_hpf_redis_t *rds)
{
    if (rds->sentinel->timer.timer_set) {
        ngx_del_timer(&rds->sentinel->timer);
    }
}
