/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits of guessing, see the header.  What others try elsewhere does not keep
 * a user out of a device of his own, and only slows him elsewhere.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_LOCK_HASH  12         /* bytes of a network's hash */


/* The keys of one script: what was taken. */

typedef struct {
    ngx_str_t              keys[2];
    ngx_uint_t             limits[2];
    ngx_uint_t             forget[2];      /* all of it when he succeeds */
    const char            *names[2];       /* for the record */
    ngx_uint_t             n;
    ngx_uint_t             taken;
    ngx_http_hpf_ctx_t    *ctx;
} ngx_http_hpf_lock_taken_t;


static ngx_int_t ngx_http_hpf_lock_take(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_lock_taken_t *taken);
static void ngx_http_hpf_lock_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_lock_refuse(ngx_http_hpf_ctx_t *ctx,
    time_t wait, ngx_uint_t which);
static void ngx_http_hpf_lock_give(ngx_http_hpf_lock_taken_t *taken,
    ngx_uint_t passed);
static void ngx_http_hpf_lock_cleanup(void *data);
static ngx_http_hpf_lock_taken_t *ngx_http_hpf_lock_new(
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_lock_add(ngx_http_hpf_lock_taken_t *taken,
    ngx_str_t key, ngx_uint_t limit, const char *name);
static ngx_str_t ngx_http_hpf_lock_suffix(ngx_http_hpf_ctx_t *ctx,
    const char *tag, ngx_str_t *name, const char *part, ngx_str_t *id);
static ngx_str_t ngx_http_hpf_lock_net(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t whole);
static size_t ngx_http_hpf_lock_address(ngx_http_request_t *r,
    ngx_uint_t whole, u_char **p);


ngx_int_t
ngx_http_hpf_lock_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                   net;
    ngx_http_hpf_lock_t        *lock;
    ngx_http_hpf_person_t      *person;
    ngx_http_hpf_main_conf_t   *hmcf;
    ngx_http_hpf_lock_taken_t  *taken;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    lock = hmcf->lock;
    person = ctx->data;

    if (!lock->on) {
        return NGX_OK;
    }

    taken = ngx_http_hpf_lock_new(ctx);
    if (taken == NULL) {
        return NGX_ERROR;
    }

    person->device = ngx_http_hpf_device_check(ctx);

    if (person->device.len) {
        ngx_http_hpf_lock_add(taken,
            ngx_http_hpf_lock_suffix(ctx, "f", &person->guessed, "dev:",
                                     &person->device),
            lock->user, "device");
        taken->forget[0] = 1;

        return ngx_http_hpf_lock_take(ctx, taken);
    }

    net = ngx_http_hpf_lock_net(ctx, 0);

    ngx_http_hpf_lock_add(taken,
        ngx_http_hpf_lock_suffix(ctx, "f", &person->guessed, "net:", &net),
        lock->user, "network");
    ngx_http_hpf_lock_add(taken,
        ngx_http_hpf_store_key(ctx, "f", &person->guessed, ":all"),
        lock->total, "total");
    taken->forget[0] = 1;

    return ngx_http_hpf_lock_take(ctx, taken);
}


/* Behind the address of a channel that signs are all of its users. */

ngx_int_t
ngx_http_hpf_lock_place_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                   net, address;
    ngx_http_hpf_lock_t        *lock;
    ngx_http_hpf_person_t      *person;
    ngx_http_hpf_main_conf_t   *hmcf;
    ngx_http_hpf_lock_taken_t  *taken;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    lock = hmcf->lock;
    person = ctx->data;

    if (!lock->on || person->device.len
        || ctx->channel->kind != NGX_HTTP_HPF_PUBLIC)
    {
        return NGX_OK;
    }

    taken = ngx_http_hpf_lock_new(ctx);
    if (taken == NULL) {
        return NGX_ERROR;
    }

    net = ngx_http_hpf_lock_net(ctx, 0);
    address = ngx_http_hpf_lock_net(ctx, 1);

    ngx_http_hpf_lock_add(taken,
        ngx_http_hpf_lock_suffix(ctx, "fn", &net, "", &address),
        lock->address, "address");
    ngx_http_hpf_lock_add(taken,
        ngx_http_hpf_store_key(ctx, "fn", &net, ":all"),
        lock->prefix, "prefix");

    return ngx_http_hpf_lock_take(ctx, taken);
}


ngx_int_t
ngx_http_hpf_lock_session_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                   user, session;
    ngx_http_hpf_person_t      *person;
    ngx_http_hpf_main_conf_t   *hmcf;
    ngx_http_hpf_lock_taken_t  *taken;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    person = ctx->data;

    if (!hmcf->lock->on) {
        return NGX_OK;
    }

    taken = ngx_http_hpf_lock_new(ctx);
    if (taken == NULL) {
        return NGX_ERROR;
    }

    user = ngx_http_hpf_person_index(ctx, "user", &person->uid);
    session = ngx_http_hpf_store_hex(ctx, ctx->token_hash,
                                     NGX_HTTP_HPF_LOCK_HASH);

    ngx_http_hpf_lock_add(taken,
        ngx_http_hpf_lock_suffix(ctx, "f", &user, "dev:", &session),
        hmcf->lock->user, "session");
    taken->forget[0] = 1;

    return ngx_http_hpf_lock_take(ctx, taken);
}


static ngx_int_t
ngx_http_hpf_lock_take(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_lock_taken_t *taken)
{
    ngx_str_t                  args[7];
    ngx_uint_t                 i;
    ngx_http_hpf_lock_t       *lock;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    lock = hmcf->lock;

    for (i = 0; i < taken->n; i++) {
        args[i] = taken->keys[i];
        args[taken->n + 3 + i] = ngx_http_hpf_store_int(ctx,
                                                        taken->limits[i]);

        if (args[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    args[taken->n] = ngx_http_hpf_store_int(ctx, lock->first);
    args[taken->n + 1] = ngx_http_hpf_store_int(ctx, lock->longest);
    args[taken->n + 2] = ngx_http_hpf_store_int(ctx, lock->window);

    eval.script = &ngx_hpf_redis_script_lock_take;
    eval.nkeys = taken->n;
    eval.argc = 3 + 2 * taken->n;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_lock_told);
}


static void
ngx_http_hpf_lock_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    int64_t                      n, more;
    ngx_int_t                    rc;
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_lock_taken_t  **taken;

    person = ctx->data;
    taken = person->taken->elts;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        n = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0));
        more = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 1));

        if (n) {
            rc = ngx_http_hpf_lock_refuse(ctx, n, more - 1);

        } else {
            taken[person->taken->nelts - 1]->taken = 1;

            person->limited = 1;
            person->limit_left = person->taken->nelts == 1
                                 ? (ngx_uint_t) more
                                 : ngx_min(person->limit_left,
                                           (ngx_uint_t) more);
            person->attempts_left = person->limit_left;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_lock_refuse(ngx_http_hpf_ctx_t *ctx, time_t wait,
    ngx_uint_t which)
{
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_lock_taken_t  **taken;

    person = ctx->data;
    taken = person->taken->elts;

    ctx->reason = taken[person->taken->nelts - 1]->names[which & 1];
    ctx->retry_after = wait;

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FACTOR_LOCKED);

    return ngx_http_hpf_extra_int(ctx, "retry_after", wait) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_lock_pass_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                   i;
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_lock_taken_t  **taken;

    person = ctx->data;

    if (person->taken) {
        taken = person->taken->elts;

        for (i = 0; i < person->taken->nelts; i++) {
            ngx_http_hpf_lock_give(taken[i], 1);
        }
    }

    return NGX_OK;
}


/*
 * With the request: only what ended because of something else was no attempt.
 * Who leaves before the answer has made one.
 */

static void
ngx_http_hpf_lock_cleanup(void *data)
{
    ngx_http_hpf_lock_taken_t *taken = data;

    if (taken->ctx->problem
        && taken->ctx->code != NGX_HTTP_HPF_FACTOR_FAILED)
    {
        ngx_http_hpf_lock_give(taken, 0);
    }
}


static void
ngx_http_hpf_lock_give(ngx_http_hpf_lock_taken_t *taken, ngx_uint_t passed)
{
    u_char                     buf[2][NGX_INT64_LEN];
    ngx_str_t                  args[4];
    ngx_uint_t                 i;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    if (!taken->taken) {
        return;
    }

    taken->taken = 0;

    hmcf = ngx_http_get_module_main_conf(taken->ctx->request,
                                         ngx_http_hpf_module);

    for (i = 0; i < taken->n; i++) {
        args[i] = taken->keys[i];
        args[taken->n + i].data = buf[i];
        args[taken->n + i].len = ngx_sprintf(buf[i], "%i",
                                     passed && taken->forget[i]
                                     ? -1 : (ngx_int_t) taken->limits[i])
                                 - buf[i];
    }

    eval.script = &ngx_hpf_redis_script_lock_give;
    eval.nkeys = taken->n;
    eval.argc = 2 * taken->n;
    eval.args = args;

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);
}


static ngx_http_hpf_lock_taken_t *
ngx_http_hpf_lock_new(ngx_http_hpf_ctx_t *ctx)
{
    ngx_pool_t                  *pool;
    ngx_pool_cleanup_t          *cln;
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_lock_taken_t  **taken;

    person = ctx->data;
    pool = ctx->request->pool;

    if (person->taken == NULL) {
        person->taken = ngx_array_create(pool, 2,
                                         sizeof(ngx_http_hpf_lock_taken_t *));
        if (person->taken == NULL) {
            return NULL;
        }
    }

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_hpf_lock_taken_t));
    taken = ngx_array_push(person->taken);

    if (cln == NULL || taken == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_hpf_lock_taken_t));

    *taken = cln->data;
    (*taken)->ctx = ctx;
    cln->handler = ngx_http_hpf_lock_cleanup;

    return *taken;
}


static void
ngx_http_hpf_lock_add(ngx_http_hpf_lock_taken_t *taken, ngx_str_t key,
    ngx_uint_t limit, const char *name)
{
    taken->keys[taken->n] = key;
    taken->limits[taken->n] = limit;
    taken->names[taken->n] = name;
    taken->n++;
}


/* hpf:{TAG:NAME}:PARTID */

static ngx_str_t
ngx_http_hpf_lock_suffix(ngx_http_hpf_ctx_t *ctx, const char *tag,
    ngx_str_t *name, const char *part, ngx_str_t *id)
{
    u_char  suffix[128];

    (void) ngx_snprintf(suffix, sizeof(suffix), ":%s%V%Z", part, id);

    return ngx_http_hpf_store_key(ctx, tag, name, (char *) suffix);
}


/* Of a channel that is no public one it is the channel. */

static ngx_str_t
ngx_http_hpf_lock_net(ngx_http_hpf_ctx_t *ctx, ngx_uint_t whole)
{
    ngx_str_t  net;

    if (ctx->channel->kind != NGX_HTTP_HPF_PUBLIC) {
        return ngx_http_hpf_person_index(ctx, "channel", &ctx->channel->id);
    }

    net.len = ngx_http_hpf_lock_address(ctx->request, whole, &net.data);

    return ngx_http_hpf_person_index(ctx, "address", &net);
}


/* A network is what one customer of a provider has, or few have. */

static size_t
ngx_http_hpf_lock_address(ngx_http_request_t *r, ngx_uint_t whole,
    u_char **p)
{
    struct sockaddr      *sa;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    sa = r->connection->sockaddr;

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        *p = (u_char *) &sin->sin_addr;

        return whole ? 4 : 3;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;
        *p = sin6->sin6_addr.s6_addr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            *p += 12;
            return whole ? 4 : 3;
        }

        return whole ? 16 : 8;
#endif
    }

    *p = (u_char *) "unix";

    return 4;
}
