/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The headers that every answer behind the gate carries, also those of back
 * ends: X-Request-Id, the RateLimit fields, Content-Language of answers made
 * here, and no-store on what is of one person.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_sf.h"
#include "ngx_http_hpf.h"


static ngx_int_t ngx_http_hpf_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_header_set(ngx_http_request_t *r,
    const char *key, ngx_str_t *value);
static void ngx_http_hpf_header_drop(ngx_http_request_t *r,
    const char *key);
static ngx_int_t ngx_http_hpf_header_limit(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_header_policy(ngx_http_hpf_limit_t *limit);
static ngx_int_t ngx_http_hpf_header_vary(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_header_cors(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_header_push(ngx_http_request_t *r,
    const char *key, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_header_filter_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_hpf_header_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_hpf_header_filter_init,       /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_hpf_header_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_hpf_header_filter_module_ctx, /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


static ngx_int_t
ngx_http_hpf_header_filter(ngx_http_request_t *r)
{
    ngx_str_t            id;
    ngx_http_hpf_ctx_t  *ctx;

    static ngx_str_t  zh = ngx_string("zh-CN");
    static ngx_str_t  en = ngx_string("en");
    static ngx_str_t  no_store = ngx_string("no-store");

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_hpf_get_ctx(r);

    if (ctx == NULL || ctx->id[0] == '\0') {
        return ngx_http_next_header_filter(r);
    }

    id.data = ctx->id;
    id.len = NGX_HTTP_HPF_ID_LEN;

    if (ngx_http_hpf_header_set(r, "X-Request-Id", &id) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->ours
        && ngx_http_hpf_header_set(r, "Content-Language",
                                   ctx->en ? &en : &zh)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((ctx->personal || ctx->problem)
        && ngx_http_hpf_header_set(r, "Cache-Control", &no_store) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_hpf_header_vary(r, ctx) != NGX_OK
        || (ctx->cors && ngx_http_hpf_header_cors(r, ctx) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (ctx->limit && ngx_http_hpf_header_limit(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* What a back end has sent under the same name goes. */

static ngx_int_t
ngx_http_hpf_header_set(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_http_hpf_header_drop(r, key);

    return ngx_http_hpf_header_push(r, key, value);
}


static void
ngx_http_hpf_header_drop(ngx_http_request_t *r, const char *key)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(key);

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) key, len) == 0)
            {
                h[i].hash = 0;
            }
        }
    }
}


static ngx_int_t
ngx_http_hpf_header_push(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;

    return NGX_OK;
}


/*
 * By what an answer was chosen (RFC 9110, section 12.5.5), so that a cache
 * keeps those to others apart: the language and the channel of what is made
 * here, and of all behind the gate the origin that may read it.
 */

static ngx_int_t
ngx_http_hpf_header_vary(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    static ngx_str_t  origin = ngx_string("Origin");
    static ngx_str_t  ours = ngx_string("Accept-Language, X-HPF-Channel");
    static ngx_str_t  both =
                          ngx_string("Origin, Accept-Language, X-HPF-Channel");

    if (ctx->ours) {
        return ngx_http_hpf_header_push(r, "Vary", ctx->cors ? &both : &ours);
    }

    return ctx->cors ? ngx_http_hpf_header_push(r, "Vary", &origin) : NGX_OK;
}


/* Whether a page may read the answer is decided here, not behind the gate. */

static ngx_int_t
ngx_http_hpf_header_cors(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t  i;

    static ngx_str_t  credentials = ngx_string("true");
    static ngx_str_t  expose =
        ngx_string("X-Request-Id, RateLimit-Policy, RateLimit, Retry-After, "
                   "Location");

    static const char  *names[] = {
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
        "Access-Control-Expose-Headers"
    };

    ngx_str_t  *values[] = { &ctx->origin, &credentials, &expose };

    for (i = 0; i < 3; i++) {
        ngx_http_hpf_header_drop(r, names[i]);

        if (ctx->origin.len
            && ngx_http_hpf_header_push(r, names[i], values[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * draft-ietf-httpapi-ratelimit-headers-10: structured fields, t in seconds
 * until the quota is whole again.
 */

static ngx_int_t
ngx_http_hpf_header_limit(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    char                  *p, *last;
    size_t                 size;
    uint64_t               t;
    ngx_str_t              value;
    ngx_http_hpf_limit_t  *limit;

    limit = ctx->limit;

    if (limit->policy_len == 0) {
        ngx_http_hpf_header_policy(limit);
    }

    value.data = (u_char *) limit->policy;
    value.len = limit->policy_len;

    if (ngx_http_hpf_header_set(r, "RateLimit-Policy", &value) != NGX_OK) {
        return NGX_ERROR;
    }

    size = limit->policy_name + sizeof(";r=;t=") - 1 + 2 * HPF_SF_INT_LEN;

    value.data = ngx_pnalloc(r->pool, size);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    last = (char *) value.data + size;
    p = (char *) ngx_cpymem(value.data, limit->policy, limit->policy_name);

    t = ctx->bucket.retry_after ? ctx->bucket.retry_after : ctx->bucket.reset;

    p = hpf_sf_put_param(p, last, "r",
                         ngx_min(ctx->bucket.remaining, HPF_SF_INT_MAX));
    p = hpf_sf_put_param(p, last, "t", (t + 999999) / 1000000);

    if (p == NULL) {
        return NGX_ERROR;
    }

    value.len = p - (char *) value.data;

    return ngx_http_hpf_header_set(r, "RateLimit", &value);
}


/* It does not change, so each worker makes it once. */

static void
ngx_http_hpf_header_policy(ngx_http_hpf_limit_t *limit)
{
    char  *p, *last;

    last = limit->policy + sizeof(limit->policy);

    p = hpf_sf_put_string(limit->policy, last, (char *) limit->name.data,
                          limit->name.len);
    limit->policy_name = p ? p - limit->policy : 0;

    p = hpf_sf_put_param(p, last, "q",
                         ngx_min((int64_t) limit->quota, HPF_SF_INT_MAX));
    p = hpf_sf_put_param(p, last, "w",
                         ngx_min((int64_t) limit->window, HPF_SF_INT_MAX));

    limit->policy_len = p ? p - limit->policy : 0;
}


static ngx_int_t
ngx_http_hpf_header_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_hpf_header_filter;

    return NGX_OK;
}
