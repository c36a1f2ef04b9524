/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Whether a server keeps what it is given: one that evicts keys when memory is
 * short, or that writes nothing to a disk, loses users and cases.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


static void ngx_hpf_redis_check_memory(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_check_disk(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_hpf_redis_check_value(const ngx_hpf_redis_reply_t *reply,
    const char *name, ngx_str_t *value);


void
ngx_hpf_redis_check(ngx_hpf_redis_node_t *node)
{
    ngx_str_t  argv[2];

    node->checked = ngx_current_msec;

    ngx_str_set(&argv[0], "INFO");
    ngx_str_set(&argv[1], "memory");

    if (ngx_hpf_redis_conn_command(&node->link, 2, argv,
                                   ngx_hpf_redis_check_memory)
        != NGX_OK)
    {
        return;
    }

    ngx_str_set(&argv[1], "persistence");

    (void) ngx_hpf_redis_conn_command(&node->link, 2, argv,
                                      ngx_hpf_redis_check_disk);
}


static void
ngx_hpf_redis_check_memory(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              policy;
    ngx_uint_t             evicts;
    ngx_hpf_redis_conn_t  *conn = data;

    if (ngx_hpf_redis_check_value(reply, "maxmemory_policy:", &policy)
        != NGX_OK)
    {
        return;
    }

    evicts = (policy.len != sizeof("noeviction") - 1);

    if (evicts && !conn->node->evicts && ngx_worker == 0) {
        ngx_log_error(NGX_LOG_WARN, &conn->log, 0,
                      "hpf redis: \"%V\" may lose what it was given: its "
                      "maxmemory-policy is \"%V\" and not \"noeviction\"",
                      &conn->server->name, &policy);
    }

    conn->node->evicts = evicts;
}


static void
ngx_hpf_redis_check_disk(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              aof;
    ngx_uint_t             forgets;
    ngx_hpf_redis_conn_t  *conn = data;

    if (ngx_hpf_redis_check_value(reply, "aof_enabled:", &aof) != NGX_OK) {
        return;
    }

    forgets = (aof.len != 1 || aof.data[0] != '1');

    if (forgets && !conn->node->forgets && ngx_worker == 0) {
        ngx_log_error(NGX_LOG_WARN, &conn->log, 0,
                      "hpf redis: \"%V\" may lose what it was given: it is "
                      "without \"appendonly yes\"", &conn->server->name);
    }

    conn->node->forgets = forgets;
}


/* From lines of INFO; an access list may keep them from us. */

static ngx_int_t
ngx_hpf_redis_check_value(const ngx_hpf_redis_reply_t *reply,
    const char *name, ngx_str_t *value)
{
    u_char  *p, *last;

    if (reply->type != NGX_HPF_REDIS_STRING) {
        return NGX_DECLINED;
    }

    p = ngx_strnstr(reply->u.text.data, (char *) name, reply->u.text.len);

    if (p == NULL) {
        return NGX_DECLINED;
    }

    value->data = p + ngx_strlen(name);

    last = ngx_strlchr(p, reply->u.text.data + reply->u.text.len, CR);
    value->len = last ? (size_t) (last - value->data) : 0;

    return NGX_OK;
}
