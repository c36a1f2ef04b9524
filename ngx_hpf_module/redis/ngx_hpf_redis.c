/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A store from configuration to the exit of a worker, and the choice of the
 * link for a command.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"
#include "ngx_hpf_redis_script.h"
#include "ngx_hpf_redis_tls.h"


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
        return NULL;
    }

    ngx_hpf_redis_script_init();

    return rds;
}


ngx_int_t
ngx_hpf_redis_init_worker(ngx_hpf_redis_t *rds, ngx_cycle_t *cycle)
{
    ngx_hpf_redis_conn_t  *conn;

    conn = ngx_palloc(cycle->pool, sizeof(ngx_hpf_redis_conn_t));
    if (conn == NULL) {
        return NGX_ERROR;
    }

    rds->cycle = cycle;

    ngx_queue_init(&rds->subs);
    ngx_queue_init(&rds->failed);
    ngx_queue_init(&rds->free);

    rds->fail.data = rds;
    rds->fail.log = cycle->log;
    rds->fail.handler = ngx_hpf_redis_cmd_fail_handler;

    ngx_hpf_redis_conn_init(conn, rds);

    ngx_str_set(&conn->role, "hpf");
    conn->label = "";
    conn->up = ngx_hpf_redis_track_link_up;
    conn->down = ngx_hpf_redis_track_link_down;

    rds->link = conn;

    ngx_hpf_redis_conn_open(conn);

    return NGX_OK;
}


/* What is still under way ends here, so that every handler is called. */

void
ngx_hpf_redis_exit_worker(ngx_hpf_redis_t *rds)
{
    if (rds->cycle == NULL) {
        return;
    }

    ngx_hpf_redis_sub_close(rds);

    ngx_hpf_redis_conn_close(rds->link, "the worker exits");

    if (rds->fail.timer_set) {
        ngx_del_timer(&rds->fail);
    }

    while (!ngx_queue_empty(&rds->failed)) {
        ngx_hpf_redis_cmd_fail_handler(&rds->fail);
    }

    if (rds->fail.timer_set) {
        ngx_del_timer(&rds->fail);
    }

    ngx_hpf_redis_cmd_drain(rds);

    rds->cycle = NULL;
}


ngx_hpf_redis_conn_t *
ngx_hpf_redis_route(ngx_hpf_redis_t *rds)
{
    return rds->link;
}


void
ngx_hpf_redis_stat(ngx_hpf_redis_t *rds, ngx_hpf_redis_stat_t *stat)
{
    *stat = rds->stat;

    /* the feed is asked each second, also where nobody sends a command */

    stat->up = (rds->link && rds->link->state == NGX_HPF_REDIS_CONN_UP
                && (rds->feed == NULL
                    || rds->feed->state == NGX_HPF_REDIS_CONN_UP));
}
