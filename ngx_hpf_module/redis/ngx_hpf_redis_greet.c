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


static void ngx_hpf_redis_greet_say(ngx_hpf_redis_conn_t *conn,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_hpf_redis_pt handler);
static void ngx_hpf_redis_greet_must(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_greet_may(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_hpf_redis_greet_role(void *data,
    const ngx_hpf_redis_reply_t *reply);


/*
 * All in one packet; commands of callers wait until every answer is there,
 * so that none runs without its user or in another database.  PING tells
 * whether the data set is loaded, ROLE whether this is the master that a
 * sentinel spoke of.
 */

void
ngx_hpf_redis_greet(ngx_hpf_redis_conn_t *conn)
{
    u_char                  name[NGX_INT64_LEN + 16];
    ngx_str_t               argv[3];
    ngx_uint_t              n;
    ngx_hpf_redis_login_t  *login;

    login = conn->login;

    conn->state = NGX_HPF_REDIS_CONN_GREETING;
    conn->greetings = 0;

    /* a server that speaks first was heard while we still connected */

    if (conn->connection->read->ready) {
        ngx_post_event(conn->connection->read, &ngx_posted_events);
    }

    if (login->password.len) {
        n = 1;
        ngx_str_set(&argv[0], "AUTH");

        if (login->user.len) {
            argv[n++] = login->user;
        }

        argv[n++] = login->password;

        ngx_hpf_redis_greet_say(conn, n, argv, ngx_hpf_redis_greet_must);
    }

    if (login->db.len) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1] = login->db;

        ngx_hpf_redis_greet_say(conn, 2, argv, ngx_hpf_redis_greet_must);
    }

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "SETNAME");
    argv[2].data = name;
    argv[2].len = ngx_snprintf(name, sizeof(name), "%V:%P", &conn->role,
                               ngx_pid)
                  - name;

    ngx_hpf_redis_greet_say(conn, 3, argv, ngx_hpf_redis_greet_may);

    if (conn->master) {
        ngx_str_set(&argv[0], "ROLE");
        ngx_hpf_redis_greet_say(conn, 1, argv, ngx_hpf_redis_greet_role);
    }

    ngx_str_set(&argv[0], "PING");
    ngx_hpf_redis_greet_say(conn, 1, argv, ngx_hpf_redis_greet_may);
}


/* When memory was short, the link is down and nothing more is said. */

static void
ngx_hpf_redis_greet_say(ngx_hpf_redis_conn_t *conn, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_hpf_redis_pt handler)
{
    if (conn->state == NGX_HPF_REDIS_CONN_GREETING) {
        (void) ngx_hpf_redis_conn_command(conn, argc, argv, handler);
    }
}


static void
ngx_hpf_redis_greet_must(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_conn_t *conn = data;

    if (reply->type == NGX_HPF_REDIS_ERROR) {
        ngx_hpf_redis_conn_drop(conn, "refused: %V", &reply->u.text);
        return;
    }

    if (--conn->greetings == 0) {
        ngx_hpf_redis_conn_ready(conn);
    }
}


/* An access list may spare us this. */

static void
ngx_hpf_redis_greet_may(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_reply_t  fine;

    if (ngx_hpf_redis_error_is(reply, "NOPERM")) {
        fine.type = NGX_HPF_REDIS_NIL;
        reply = &fine;
    }

    ngx_hpf_redis_greet_must(data, reply);
}


/* A replica: neither link may stay, or none would ask for the master. */

static void
ngx_hpf_redis_greet_role(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t              role;
    ngx_hpf_redis_conn_t  *conn = data;

    if (reply->type == NGX_HPF_REDIS_ARRAY) {
        role = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

        if (role.len != 6 || ngx_strncmp(role.data, "master", 6) != 0) {
            ngx_hpf_redis_conn_drop(conn, "it is no master but a \"%V\"",
                                    &role);

            if (conn == &conn->node->safe) {
                ngx_hpf_redis_conn_drop(&conn->node->link,
                                        "it is no master any more");
            }

            return;
        }
    }

    ngx_hpf_redis_greet_may(data, reply);
}
