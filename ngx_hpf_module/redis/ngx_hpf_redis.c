/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A store from configuration to the exit of a worker, and the simplest of
 * them: one server.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"
#include "ngx_hpf_redis_script.h"
#include "ngx_hpf_redis_tls.h"


static ngx_int_t ngx_hpf_redis_single_init(ngx_hpf_redis_t *rds);
static ngx_hpf_redis_node_t *ngx_hpf_redis_single_find(ngx_hpf_redis_t *rds,
    ngx_int_t slot);
static ngx_uint_t ngx_hpf_redis_single_hopeful(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_single_event(ngx_hpf_redis_node_t *node);
static ngx_uint_t ngx_hpf_redis_single_whole(ngx_hpf_redis_t *rds);
static void ngx_hpf_redis_single_close(ngx_hpf_redis_t *rds);


static const ngx_hpf_redis_topology_t  ngx_hpf_redis_single_topology = {
    ngx_hpf_redis_single_init,
    ngx_hpf_redis_single_find,
    ngx_hpf_redis_single_hopeful,
    ngx_hpf_redis_single_event,
    ngx_hpf_redis_single_event,
    ngx_hpf_redis_single_whole,
    ngx_hpf_redis_single_close
};


ngx_hpf_redis_t *
ngx_hpf_redis_create(ngx_conf_t *cf, ngx_hpf_redis_conf_t *conf)
{
    ngx_hpf_redis_t  *rds;

    rds = ngx_pcalloc(cf->pool, sizeof(ngx_hpf_redis_t));
    if (rds == NULL) {
        return NULL;
    }

    rds->conf = *conf;

    if (ngx_hpf_redis_url_parse(cf, &conf->url, &rds->url) != NGX_OK) {
        return NULL;
    }

    if (rds->url.tls && ngx_hpf_redis_tls_init(cf, rds) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hpf redis: no TLS with these files for \"%V\"",
                           &rds->url.name);
        return NULL;
    }

    switch (rds->url.kind) {

    case NGX_HPF_REDIS_SENTINEL:
        rds->topology = &ngx_hpf_redis_sentinel_topology;
        break;

    case NGX_HPF_REDIS_CLUSTER:
        rds->topology = &ngx_hpf_redis_cluster_topology;
        break;

    default: /* NGX_HPF_REDIS_SINGLE */
        rds->topology = &ngx_hpf_redis_single_topology;
    }

    ngx_hpf_redis_script_init();

    return rds;
}


void
ngx_hpf_redis_complete(ngx_hpf_redis_t *rds, const ngx_hpf_redis_conf_t *conf)
{
    rds->conf.resolver = conf->resolver;
    rds->conf.replicas = conf->replicas;
    rds->conf.replicas_timeout = conf->replicas_timeout;
}


ngx_int_t
ngx_hpf_redis_init_worker(ngx_hpf_redis_t *rds, ngx_cycle_t *cycle)
{
    rds->cycle = cycle;

    ngx_queue_init(&rds->nodes);
    ngx_queue_init(&rds->trackers);
    ngx_queue_init(&rds->parked);
    ngx_queue_init(&rds->failed);
    ngx_queue_init(&rds->free);

    ngx_hpf_redis_gather_init(rds);

    rds->park.data = rds;
    rds->park.log = cycle->log;
    rds->park.handler = ngx_hpf_redis_route_handler;

    rds->fail.data = rds;
    rds->fail.log = cycle->log;
    rds->fail.handler = ngx_hpf_redis_cmd_fail_handler;

    return rds->topology->init(rds);
}


/* What is still under way ends here, so that every handler is called. */

void
ngx_hpf_redis_exit_worker(ngx_hpf_redis_t *rds)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    if (rds->cycle == NULL) {
        return;
    }

    ngx_hpf_redis_gather_close(rds);

    rds->topology->close(rds);

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        ngx_hpf_redis_node_close(node, "the worker exits");
    }

    ngx_hpf_redis_route_close(rds);

    /* what handlers ask for now fails, too */

    while (!ngx_queue_empty(&rds->failed) || rds->gather.n) {
        ngx_hpf_redis_gather_close(rds);
        ngx_hpf_redis_cmd_fail_handler(&rds->fail);
    }

    if (rds->fail.timer_set) {
        ngx_del_timer(&rds->fail);
    }

    (void) ngx_hpf_redis_node_reap(rds);

    ngx_hpf_redis_cmd_drain(rds);

    rds->cycle = NULL;
}


ngx_uint_t
ngx_hpf_redis_one_slot(ngx_hpf_redis_t *rds)
{
    return rds->url.kind != NGX_HPF_REDIS_CLUSTER;
}


void
ngx_hpf_redis_stat(ngx_hpf_redis_t *rds, ngx_hpf_redis_stat_t *stat)
{
    ngx_queue_t           *q;
    ngx_hpf_redis_node_t  *node;

    *stat = rds->stat;

    if (rds->cycle == NULL) {
        return;
    }

    stat->whole = rds->topology->whole(rds);

    for (q = ngx_queue_head(&rds->nodes);
         q != ngx_queue_sentinel(&rds->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_hpf_redis_node_t, queue);

        if (!node->tracks || node->link.state != NGX_HPF_REDIS_CONN_UP) {
            continue;
        }

        stat->up = 1;
        stat->evicts |= node->evicts;
        stat->forgets |= node->forgets;

        /* the feed is asked each second, also where nobody sends a command */

        stat->whole &= (node->channel.len == 0
                        || node->feed.state == NGX_HPF_REDIS_CONN_UP);
    }
}


static ngx_int_t
ngx_hpf_redis_single_init(ngx_hpf_redis_t *rds)
{
    rds->master = ngx_hpf_redis_node_create(rds, rds->url.servers, 1);

    if (rds->master == NULL) {
        return NGX_ERROR;
    }

    ngx_hpf_redis_track_node(rds->master);

    return NGX_OK;
}


static ngx_hpf_redis_node_t *
ngx_hpf_redis_single_find(ngx_hpf_redis_t *rds, ngx_int_t slot)
{
    return rds->master;
}


/* It is always known; after a refusal it may be greeted better. */

static ngx_uint_t
ngx_hpf_redis_single_hopeful(ngx_hpf_redis_t *rds)
{
    return rds->master->left;
}


static void
ngx_hpf_redis_single_event(ngx_hpf_redis_node_t *node)
{
    /* a link comes back by itself */
}


static ngx_uint_t
ngx_hpf_redis_single_whole(ngx_hpf_redis_t *rds)
{
    return rds->master->link.state == NGX_HPF_REDIS_CONN_UP;
}


static void
ngx_hpf_redis_single_close(ngx_hpf_redis_t *rds)
{
    /* there is nothing but the node */
}
