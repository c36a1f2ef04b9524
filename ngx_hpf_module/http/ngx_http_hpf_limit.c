/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits: GCRA buckets in shared memory by address, channel, item and user,
 * from the configuration and the manifests.  Capacity: how many requests of a
 * channel may be under way at once.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hash.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_LIMIT_NAME  64         /* characters */


static ngx_int_t ngx_http_hpf_limit_all(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_uint_t user);
static ngx_int_t ngx_http_hpf_limit_array(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_array_t *limits, ngx_uint_t user);
static ngx_int_t ngx_http_hpf_limit_take(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_limit_t *limit);
static ngx_int_t ngx_http_hpf_limit_subject(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_uint_t by, ngx_str_t *s);
static ngx_int_t ngx_http_hpf_limit_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit);
static ngx_int_t ngx_http_hpf_limit_capacity(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_uint_t ngx_http_hpf_limit_name_valid(ngx_str_t *name);
static ngx_int_t ngx_http_hpf_limit_rate(ngx_str_t *s,
    ngx_http_hpf_limit_t *limit);


ngx_int_t
ngx_http_hpf_limit_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_limit_all(r, ctx, 0);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_hpf_limit_capacity(r, ctx);
}


/* The user is known only after the session. */

ngx_int_t
ngx_http_hpf_user_limit_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    return ctx->has_session ? ngx_http_hpf_limit_all(r, ctx, 1) : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_limit_all(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t user)
{
    ngx_int_t                 rc;
    ngx_uint_t                i;
    ngx_array_t              *limits[3];
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    limits[0] = hlcf->limits;
    limits[1] = ctx->channel ? &ctx->channel->limits : NULL;
    limits[2] = ctx->item ? ngx_http_hpf_item_limits(ctx->item) : NULL;

    for (i = 0; i < 3; i++) {

        if (limits[i] == NULL || limits[i]->nelts == 0) {
            continue;
        }

        rc = ngx_http_hpf_limit_array(r, ctx, limits[i], user);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_limit_array(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_array_t *limits, ngx_uint_t user)
{
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_http_hpf_limit_t  *limit;

    limit = limits->elts;

    for (i = 0; i < limits->nelts; i++) {

        if ((limit[i].by == NGX_HTTP_HPF_BY_USER) != user) {
            continue;
        }

        rc = ngx_http_hpf_limit_take(r, ctx, &limit[i]);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_limit_take(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_limit_t *limit)
{
    u_char                     key[HPF_HASH_LEN];
    ngx_int_t                  rc;
    ngx_str_t                  subject;
    ngx_hpf_bucket_t           bucket;
    ngx_http_hpf_loc_conf_t   *hlcf;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    if (ngx_http_hpf_limit_subject(r, ctx, limit->by, &subject) != NGX_OK) {
        return NGX_OK;
    }

    hpf_hash(key, limit->name.data, limit->name.len, 0);
    hpf_hash_more(key, subject.data, subject.len);

    rc = ngx_hpf_bucket_take(hmcf->zone, key, &limit->rate, &bucket);

    if (rc == NGX_OK) {

        if (ctx->limit == NULL || bucket.remaining < ctx->bucket.remaining) {
            ctx->limit = limit;
            ctx->bucket = bucket;
        }

        return NGX_OK;
    }

    if (limit->dry_run || hlcf->limit_dry_run) {
        ctx->limit_dry_run = 1;

        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "hpf limit: \"%V\" would refuse, dry run",
                      &limit->name);

        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "hpf limit: \"%V\" refuses for %uL ms", &limit->name,
                  bucket.retry_after / 1000);

    ctx->limit = limit;
    ctx->bucket = bucket;

    return ngx_http_hpf_limit_refuse(ctx, limit);
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
ngx_http_hpf_limit_subject(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t by, ngx_str_t *s)
{
    ngx_str_null(s);

    switch (by) {

    case NGX_HTTP_HPF_BY_ADDRESS:
        *s = r->connection->addr_text;
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


/* hpf_limit NAME by=address|channel|item|user rate=Nr/s [burst=N] [dry_run] */

char *
ngx_http_hpf_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_loc_conf_t *hlcf = conf;

    ngx_str_t                 *value;
    ngx_http_hpf_limit_t      *limit;
    ngx_http_hpf_main_conf_t  *hmcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (hlcf->limits != NGX_CONF_UNSET_PTR) {
            return "is duplicate";
        }

        hlcf->limits = NULL;

        return NGX_CONF_OK;
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    if (hmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_limit\" needs \"hpf_zone\" before it");
        return NGX_CONF_ERROR;
    }

    if (hlcf->limits == NULL) {
        return "conflicts with \"hpf_limit off\"";
    }

    if (hlcf->limits == NGX_CONF_UNSET_PTR) {
        hlcf->limits = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_hpf_limit_t));
        if (hlcf->limits == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    limit = ngx_array_push(hlcf->limits);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(limit, sizeof(ngx_http_hpf_limit_t));

    return ngx_http_hpf_limit_parse(cf, limit);
}


char *
ngx_http_hpf_limit_parse(ngx_conf_t *cf, ngx_http_hpf_limit_t *limit)
{
    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (!ngx_http_hpf_limit_name_valid(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid limit name \"%V\": 1 to %d visible ASCII "
                           "characters without quotes and backslashes "
                           "expected", &value[1], NGX_HTTP_HPF_LIMIT_NAME);
        return NGX_CONF_ERROR;
    }

    limit->name = value[1];
    limit->rate.burst = (uint64_t) -1;

    for (i = 2; i < cf->args->nelts; i++) {

        s = value[i];

        if (ngx_strncmp(s.data, "rate=", 5) == 0) {
            s.data += 5;
            s.len -= 5;

            if (ngx_http_hpf_limit_rate(&s, limit) == NGX_OK) {
                continue;
            }

        } else if (ngx_strncmp(s.data, "burst=", 6) == 0) {
            n = ngx_atoi(s.data + 6, s.len - 6);

            if (n != NGX_ERROR) {
                limit->rate.burst = n;
                continue;
            }

        } else if (ngx_strcmp(s.data, "by=address") == 0) {
            limit->by = NGX_HTTP_HPF_BY_ADDRESS;
            continue;

        } else if (ngx_strcmp(s.data, "by=channel") == 0) {
            limit->by = NGX_HTTP_HPF_BY_CHANNEL;
            continue;

        } else if (ngx_strcmp(s.data, "by=item") == 0) {
            limit->by = NGX_HTTP_HPF_BY_ITEM;
            continue;

        } else if (ngx_strcmp(s.data, "by=user") == 0) {
            limit->by = NGX_HTTP_HPF_BY_USER;
            continue;

        } else if (ngx_strcmp(s.data, "dry_run") == 0) {
            limit->dry_run = 1;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": rate=Nr/s|r/m|r/h, "
                           "burst=N, by=address|channel|item|user or dry_run "
                           "expected", &value[i]);
        return NGX_CONF_ERROR;
    }

    if (limit->rate.interval == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "limit \"%V\" has no \"rate=\"", &limit->name);
        return NGX_CONF_ERROR;
    }

    ngx_http_hpf_limit_complete(limit);

    return NGX_CONF_OK;
}


/* It goes into a header as a string of RFC 8941 without any escape. */

static ngx_uint_t
ngx_http_hpf_limit_name_valid(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
            return 0;
        }
    }

    return name->len > 0 && name->len <= NGX_HTTP_HPF_LIMIT_NAME;
}


/* Without a burst the tokens of a whole unit of time may come at once. */

void
ngx_http_hpf_limit_complete(ngx_http_hpf_limit_t *limit)
{
    if (limit->rate.burst == (uint64_t) -1) {
        limit->rate.burst = limit->quota - 1;
    }

    limit->quota = limit->rate.burst + 1;
    limit->window = (limit->quota * limit->rate.interval + 999999) / 1000000;
}


static ngx_int_t
ngx_http_hpf_limit_rate(ngx_str_t *s, ngx_http_hpf_limit_t *limit)
{
    u_char     *unit;
    uint64_t    us;
    ngx_int_t   n;

    unit = s->data + s->len - 3;

    if (s->len < 4) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(unit, "r/s", 3) == 0) {
        us = 1000000;

    } else if (ngx_strncmp(unit, "r/m", 3) == 0) {
        us = (uint64_t) 60 * 1000000;

    } else if (ngx_strncmp(unit, "r/h", 3) == 0) {
        us = (uint64_t) 3600 * 1000000;

    } else {
        return NGX_ERROR;
    }

    n = ngx_atoi(s->data, s->len - 3);

    if (n <= 0 || (uint64_t) n > us) {
        return NGX_ERROR;
    }

    limit->rate.interval = us / n;
    limit->quota = n;

    return NGX_OK;
}
