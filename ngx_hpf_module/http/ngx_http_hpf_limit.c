/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits by address, channel, item and user, from the configuration and the
 * manifests: GCRA buckets in shared memory, or in the store for all nodes.
 * Capacity: how many requests of a channel may be under way at once.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_limit.h"


typedef ngx_int_t (*ngx_http_hpf_limit_pt)(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, void *data);


static ngx_int_t ngx_http_hpf_limit_each(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t user, ngx_http_hpf_limit_pt handler, void *data);
static ngx_int_t ngx_http_hpf_limit_take(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, void *data);
static ngx_int_t ngx_http_hpf_limit_lease(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, const u_char *key);
static ngx_int_t ngx_http_hpf_limit_member(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, void *data);
static ngx_uint_t ngx_http_hpf_limit_grouped(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit);
static ngx_int_t ngx_http_hpf_limit_subject(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t by, ngx_str_t *s);
static ngx_uint_t ngx_http_hpf_limit_dry(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit);
static void ngx_http_hpf_limit_count(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, ngx_uint_t refused,
    ngx_http_hpf_limit_source_e source);
static ngx_int_t ngx_http_hpf_limit_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit);
static ngx_int_t ngx_http_hpf_limit_capacity(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_limit_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->resumed) {
        ctx->resumed = 0;
        rc = ctx->op_rc;

    } else {
        rc = ngx_http_hpf_limit_each(ctx, 0, ngx_http_hpf_limit_take, NULL);

        if (rc == NGX_OK) {
            rc = ngx_http_hpf_limit_wait(ctx, NULL);
        }
    }

    return rc == NGX_OK ? ngx_http_hpf_limit_capacity(r, ctx) : rc;
}


/* The user is known only after the session. */

ngx_int_t
ngx_http_hpf_user_limit_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_http_hpf_limit_group_t  group;

    if (ctx->resumed) {
        ctx->resumed = 0;
        return ctx->op_rc;
    }

    if (!ctx->has_session) {
        return NGX_OK;
    }

    if (ctx->limits_rc != NGX_OK) {
        return ctx->limits_rc;
    }

    rc = ngx_http_hpf_limit_each(ctx, 1, ngx_http_hpf_limit_take, NULL);

    if (rc != NGX_OK) {
        return rc;
    }

    group.n = 0;

    if (!ctx->limits_taken && !ngx_http_hpf_idempotency_applies(ctx)) {
        ngx_http_hpf_limit_group(ctx, &group);
    }

    return ctx->store_gone ? ngx_http_hpf_limit_own(ctx, &group)
                           : ngx_http_hpf_limit_wait(ctx, &group);
}


static ngx_int_t
ngx_http_hpf_limit_each(ngx_http_hpf_ctx_t *ctx, ngx_uint_t user,
    ngx_http_hpf_limit_pt handler, void *data)
{
    ngx_int_t                 rc;
    ngx_uint_t                i, n;
    ngx_array_t              *limits[3];
    ngx_http_hpf_limit_t     *limit;
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_hpf_module);

    limits[0] = hlcf->limits;
    limits[1] = ctx->channel ? &ctx->channel->limits : NULL;
    limits[2] = ctx->item ? ngx_http_hpf_item_limits(ctx->item) : NULL;

    for (i = 0; i < 3; i++) {

        if (limits[i] == NULL) {
            continue;
        }

        limit = limits[i]->elts;

        for (n = 0; n < limits[i]->nelts; n++) {

            if ((limit[n].by == NGX_HTTP_HPF_BY_USER) != user) {
                continue;
            }

            rc = handler(ctx, &limit[n], data);

            if (rc != NGX_OK) {
                return rc;
            }
        }
    }

    return NGX_OK;
}


/* What the store has to say is noted, and the others go on. */

static ngx_int_t
ngx_http_hpf_limit_take(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    void *data)
{
    u_char     key[HPF_HASH_LEN];
    ngx_str_t  subject;

    if (ngx_http_hpf_limit_grouped(ctx, limit)
        || ngx_http_hpf_limit_subject(ctx, limit->by, &subject) != NGX_OK)
    {
        return NGX_OK;
    }

    ngx_http_hpf_limit_key(limit, &subject, key);

    switch (limit->scope) {

    case NGX_HTTP_HPF_OF_CLUSTER:
        return ctx->store_gone ? ngx_http_hpf_limit_local(ctx, limit, key)
                               : ngx_http_hpf_limit_ask(ctx, limit, key, 1);

    case NGX_HTTP_HPF_LEASED:
        return ngx_http_hpf_limit_lease(ctx, limit, key);

    default: /* NGX_HTTP_HPF_OF_NODE */
        return ngx_http_hpf_limit_local(ctx, limit, key);
    }
}


static ngx_int_t
ngx_http_hpf_limit_lease(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    const u_char *key)
{
    ngx_int_t                  rc;
    hpf_lease_result_t         result;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    rc = ngx_hpf_lease_take(hmcf->zone, key, &limit->rate, &result);

    if (rc == NGX_AGAIN && ctx->store_gone) {
        ngx_hpf_lease_grant(hmcf->zone, key, &limit->rate, NULL);
        rc = NGX_ERROR;
    }

    if (rc == NGX_ERROR) {
        return ngx_http_hpf_limit_local(ctx, limit, key);
    }

    if (rc == NGX_AGAIN) {
        return ngx_http_hpf_limit_ask(ctx, limit, key, result.want);
    }

    if (result.want) {
        ngx_http_hpf_limit_ahead(ctx, limit, key, result.want);
    }

    return ngx_http_hpf_limit_verdict(ctx, limit, rc != NGX_OK, &result.limit,
                                      NGX_HTTP_HPF_LIMIT_LEASE);
}


ngx_int_t
ngx_http_hpf_limit_local(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    const u_char *key)
{
    ngx_int_t                  rc;
    hpf_gcra_result_t          result;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    rc = ngx_hpf_bucket_take(hmcf->zone, key, &limit->rate, &result);

    return ngx_http_hpf_limit_verdict(ctx, limit, rc != NGX_OK, &result,
                                      NGX_HTTP_HPF_LIMIT_NODE);
}


ngx_int_t
ngx_http_hpf_limit_own(ngx_http_hpf_ctx_t *ctx,
    const ngx_http_hpf_limit_group_t *group)
{
    u_char      key[HPF_HASH_LEN];
    ngx_int_t   rc;
    ngx_str_t   uid;
    ngx_uint_t  i;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    rc = NGX_OK;

    for (i = 0; i < group->n && rc == NGX_OK; i++) {
        ngx_http_hpf_limit_key(group->limits[i], &uid, key);

        rc = ngx_http_hpf_limit_local(ctx, group->limits[i], key);
    }

    return rc;
}


void
ngx_http_hpf_limit_group(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_group_t *group)
{
    group->n = 0;

    (void) ngx_http_hpf_limit_each(ctx, 1, ngx_http_hpf_limit_member, group);
}


static ngx_int_t
ngx_http_hpf_limit_member(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    void *data)
{
    ngx_http_hpf_limit_group_t *group = data;

    if (group->n < NGX_HTTP_HPF_LIMIT_GROUP
        && ngx_http_hpf_limit_grouped(ctx, limit))
    {
        group->limits[group->n++] = limit;
    }

    return NGX_OK;
}


/* All or none of a group are taken, so what only tries must not be in it. */

static ngx_uint_t
ngx_http_hpf_limit_grouped(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit)
{
    return limit->scope == NGX_HTTP_HPF_OF_CLUSTER
           && limit->by == NGX_HTTP_HPF_BY_USER
           && !ngx_http_hpf_limit_dry(ctx, limit);
}


static ngx_uint_t
ngx_http_hpf_limit_dry(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit)
{
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_hpf_module);

    return limit->dry_run || hlcf->limit_dry_run;
}


void
ngx_http_hpf_limit_key(ngx_http_hpf_limit_t *limit, const ngx_str_t *subject,
    u_char *key)
{
    ngx_memcpy(key, limit->hash, HPF_HASH_LEN);
    hpf_hash_more(key, subject->data, subject->len);
}


ngx_int_t
ngx_http_hpf_limit_verdict(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit, ngx_uint_t refused,
    const hpf_gcra_result_t *result, ngx_http_hpf_limit_source_e source)
{
    ngx_log_t  *log;

    log = ctx->request->connection->log;

    ngx_http_hpf_limit_count(ctx, limit, refused, source);

    if (!refused) {

        if (ctx->limit == NULL || result->remaining < ctx->bucket.remaining) {
            ctx->limit = limit;
            ctx->bucket = *result;
        }

        return NGX_OK;
    }

    if (ngx_http_hpf_limit_dry(ctx, limit)) {
        ctx->limit_dry_run = 1;

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "hpf limit: \"%V\" would refuse, dry run",
                      &limit->name);

        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_INFO, log, 0,
                  "hpf limit: \"%V\" refuses for %L ms", &limit->name,
                  result->retry_after / 1000);

    ctx->limit = limit;
    ctx->bucket = *result;

    return ngx_http_hpf_limit_refuse(ctx, limit);
}


/* The series of a limit is sought once in each worker. */

static void
ngx_http_hpf_limit_count(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit,
    ngx_uint_t refused, ngx_http_hpf_limit_source_e source)
{
    ngx_int_t                 *slot;
    ngx_http_hpf_main_conf_t  *hmcf;

    static const char  *sources[] = { "node", "lease", "redis" };

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    slot = &limit->slots[2 * source + refused];

    if (*slot == 0) {
        *slot = 1 + ngx_http_hpf_metrics_limit(hmcf, &limit->name,
                                               refused ? "refused" : "allowed",
                                               sources[source]);
    }

    ngx_hpf_stat_add(hmcf->zone, *slot - 1, 1);
}


static ngx_int_t
ngx_http_hpf_limit_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit)
{
    /* whole seconds, never earlier than there is room */

    ctx->retry_after = (ctx->bucket.retry_after + 999999) / 1000000;

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_RATE_LIMITED);

    if (ngx_http_hpf_extra_string(ctx, "limit", &limit->name) != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "retry_after", ctx->retry_after)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}


/* NGX_DECLINED: the request has no such subject. */

static ngx_int_t
ngx_http_hpf_limit_subject(ngx_http_hpf_ctx_t *ctx, ngx_uint_t by,
    ngx_str_t *s)
{
    ngx_str_null(s);

    switch (by) {

    case NGX_HTTP_HPF_BY_ADDRESS:
        *s = ctx->request->connection->addr_text;
        break;

    case NGX_HTTP_HPF_BY_CHANNEL:
        if (ctx->channel) {
            *s = ctx->channel->id;
        }
        break;

    case NGX_HTTP_HPF_BY_ITEM:
        *s = ctx->item_id;
        break;

    default: /* NGX_HTTP_HPF_BY_USER */
        s->data = ctx->session.uid;
        s->len = ctx->session.uid_len;
    }

    return s->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_hpf_limit_capacity(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                 n;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    ch = ctx->channel;

    if (ch == NULL || ch->load < 0) {
        return NGX_OK;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    n = ngx_hpf_load_enter(hmcf->zone, ch->load);
    ctx->loaded = 1;

    if (ch->capacity == 0 || n <= ch->capacity) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "hpf limit: channel \"%V\" is full with %ui requests",
                  &ch->id, ch->capacity);

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_DIVERTED);

    return ngx_http_hpf_extra_json(ctx, "alternatives",
                                   ngx_http_hpf_alternatives(ctx)) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}
