/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a link says before anything else.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "ngx_hpf_redis_store.h"


static void ngx_hpf_redis_greet_handler(void *data,
    const ngx_hpf_redis_reply_t *reply);


/*
 * All in one packet; commands of callers wait until every answer is there,
 * so that none runs without its user or in another database.  PING tells
 * whether the data set is loaded.
 */

void
ngx_hpf_redis_greet(ngx_hpf_redis_conn_t *conn)
{
    u_char                name[NGX_INT64_LEN + 16];
    ngx_str_t             argv[3];
    ngx_uint_t            n;
    ngx_hpf_redis_url_t  *url;

    url = &conn->rds->url;

    conn->state = NGX_HPF_REDIS_CONN_GREETING;
    conn->greetings = 0;

    /* a server that speaks first was heard while we still connected */

    if (conn->connection->read->ready) {
        ngx_post_event(conn->connection->read, &ngx_posted_events);
    }

    if (url->password.len) {
        n = 1;
        ngx_str_set(&argv[0], "AUTH");

        if (url->user.len) {
            argv[n++] = url->user;
        }

        argv[n++] = url->password;

        if (ngx_hpf_redis_conn_command(conn, n, argv,
                                       ngx_hpf_redis_greet_handler)
            != NGX_OK)
        {
            return;
        }
    }

    if (url->db.len) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1] = url->db;

        if (ngx_hpf_redis_conn_command(conn, 2, argv,
                                       ngx_hpf_redis_greet_handler)
            != NGX_OK)
        {
            return;
        }
    }

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "SETNAME");
    argv[2].data = name;
    argv[2].len = ngx_snprintf(name, sizeof(name), "%V:%P", &conn->role,
                               ngx_pid)
                  - name;

    if (ngx_hpf_redis_conn_command(conn, 3, argv, ngx_hpf_redis_greet_handler)
        != NGX_OK)
    {
        return;
    }

    ngx_str_set(&argv[0], "PING");

    (void) ngx_hpf_redis_conn_command(conn, 1, argv,
                                      ngx_hpf_redis_greet_handler);
}


static void
ngx_hpf_redis_greet_handler(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              text;
    ngx_hpf_redis_conn_t  *conn = data;

    if (reply->type == NGX_HPF_REDIS_ERROR) {

        text = reply->u.text;

        /* an ACL may spare us CLIENT and PING, but never AUTH and SELECT */

        if (conn->greetings > 2
            || text.len < 6
            || ngx_strncmp(text.data, "NOPERM", 6) != 0)
        {
            ngx_hpf_redis_conn_drop(conn, "refused: %V", &text);
            return;
        }
    }

    if (--conn->greetings == 0) {
        ngx_hpf_redis_conn_ready(conn);
    }
}
