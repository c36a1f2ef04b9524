/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is counted of every request, and the pages for machines on the
 * operators' listener: /metrics, /healthz, /readyz.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_word.h"
#include "ngx_http_hpf.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_plugins.h"


#define NGX_HTTP_HPF_LABELS  256
#define NGX_HTTP_HPF_SERIES  64


/*
 * Requests are of few kinds: each worker remembers where the series of some
 * are.  -1: not known, or no room for it.
 */

typedef struct {
    ngx_hpf_zone_t  *zone;
    const char      *outcome;
    ngx_int_t        requests;
    ngx_int_t        duration;
    ngx_int_t        masked;
    ngx_str_t        channel;              /* of the labels */
    ngx_str_t        item;
    ngx_str_t        of_channel;
    ngx_str_t        labels;
    u_char           buf[NGX_HTTP_HPF_LABELS];
} ngx_http_hpf_series_t;


static ngx_http_hpf_series_t *ngx_http_hpf_metrics_series(
    ngx_hpf_zone_t *zone, ngx_str_t *channel, ngx_str_t *item,
    const char *outcome);
static void ngx_http_hpf_metrics_series_set(ngx_http_hpf_series_t *series,
    ngx_str_t *channel, ngx_str_t *item, const char *outcome);
static ngx_uint_t ngx_http_hpf_metrics_same(ngx_str_t *a, ngx_str_t *b);
static void ngx_http_hpf_metrics_label(ngx_str_t *labels, const char *name,
    const u_char *value, size_t len);
static uint64_t ngx_http_hpf_metrics_duration(ngx_http_request_t *r);
static void ngx_http_hpf_metrics_add(ngx_http_hpf_main_conf_t *hmcf,
    const char *name, ngx_str_t *labels, int64_t n);
static ngx_int_t ngx_http_hpf_metrics_slot(ngx_hpf_zone_t *zone,
    ngx_hpf_stat_type_e type, const char *name, ngx_str_t *labels);
static void ngx_http_hpf_metrics_store(ngx_http_hpf_main_conf_t *hmcf);
static ngx_int_t ngx_http_hpf_metrics_page(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_metrics_health(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_metrics_ready(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_metrics_send(ngx_http_request_t *r,
    ngx_uint_t status, const char *type, ngx_chain_t *out);
static ngx_int_t ngx_http_hpf_metrics_common(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_metrics_later(ngx_http_request_t *r);


void
ngx_http_hpf_metrics_count(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  channel;
    ngx_uint_t                 masked, revealed, kinds;
    const char                *outcome;
    ngx_http_hpf_series_t     *series;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->zone == NULL) {
        return;
    }

    ngx_str_null(&channel);

    if (ctx->channel) {
        channel = ctx->channel->id;
    }

    outcome = ctx->problem ? ngx_http_hpf_problem_name(ctx->code)
              : r->headers_out.status < 400 ? "ok" : "error";

    series = ngx_http_hpf_metrics_series(hmcf->zone, &channel, &ctx->item_id,
                                         outcome);

    ngx_hpf_stat_add(hmcf->zone, series->requests, 1);
    ngx_hpf_stat_observe(hmcf->zone, series->duration,
                         ngx_http_hpf_metrics_duration(r));

    masked = ngx_http_hpf_mask_count(r);

    if (masked) {

        if (series->masked < 0) {
            series->masked = ngx_http_hpf_metrics_slot(hmcf->zone,
                                                       NGX_HPF_STAT_COUNTER,
                                                       "hpf_mask_fields_total",
                                                       &series->of_channel);
        }

        ngx_hpf_stat_add(hmcf->zone, series->masked, masked);
    }

    revealed = ngx_http_hpf_mask_revealed(r, &kinds);

    if (revealed) {
        ngx_http_hpf_metrics_add(hmcf, "hpf_mask_revealed_total",
                                 &series->of_channel, revealed);
    }

    if (ctx->store_trip) {
        ngx_http_hpf_metrics_add(hmcf, "hpf_store_requests_total",
                                 &series->of_channel, 1);
    }
}


static ngx_http_hpf_series_t *
ngx_http_hpf_metrics_series(ngx_hpf_zone_t *zone, ngx_str_t *channel,
    ngx_str_t *item, const char *outcome)
{
    uint64_t                hash;
    ngx_http_hpf_series_t  *series;

    static ngx_http_hpf_series_t  all[NGX_HTTP_HPF_SERIES];

    hash = hpf_word(channel->data, channel->len)
           + hpf_word(item->data, item->len) + item->len
           + (uintptr_t) outcome;

    series = &all[(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32)
                  % NGX_HTTP_HPF_SERIES];

    if (series->zone == zone && series->outcome == outcome
        && ngx_http_hpf_metrics_same(&series->channel, channel)
        && ngx_http_hpf_metrics_same(&series->item, item))
    {
        return series;
    }

    ngx_http_hpf_metrics_series_set(series, channel, item, outcome);

    /* names for which there is no room are found again each time */

    series->zone = (channel->len + item->len < NGX_HTTP_HPF_LABELS / 2)
                   ? zone : NULL;
    series->requests = ngx_http_hpf_metrics_slot(zone, NGX_HPF_STAT_COUNTER,
                                                 "hpf_requests_total",
                                                 &series->labels);
    series->duration = ngx_http_hpf_metrics_slot(zone, NGX_HPF_STAT_HISTOGRAM,
                                                 "hpf_request_duration_seconds",
                                                 &series->of_channel);
    series->masked = -1;

    return series;
}


static void
ngx_http_hpf_metrics_series_set(ngx_http_hpf_series_t *series,
    ngx_str_t *channel, ngx_str_t *item, const char *outcome)
{
    size_t     quote;
    ngx_str_t  labels;

    labels.data = series->buf;
    labels.len = 0;
    quote = sizeof("=\"") - 1;

    ngx_http_hpf_metrics_label(&labels, "channel", channel->data,
                               channel->len);

    series->of_channel = labels;
    series->channel.data = labels.data + sizeof("channel") - 1 + quote;
    series->channel.len = channel->len;

    ngx_http_hpf_metrics_label(&labels, "item", item->data, item->len);

    series->item.data = labels.data + series->of_channel.len
                        + sizeof(",item") - 1 + quote;
    series->item.len = item->len;

    ngx_http_hpf_metrics_label(&labels, "outcome", (u_char *) outcome,
                               ngx_strlen(outcome));

    series->labels = labels;
    series->outcome = outcome;
}


static ngx_uint_t
ngx_http_hpf_metrics_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}


/* Another one; labels.data has NGX_HTTP_HPF_LABELS bytes. */

static void
ngx_http_hpf_metrics_label(ngx_str_t *labels, const char *name,
    const u_char *value, size_t len)
{
    u_char  *p;
    size_t   n;

    n = ngx_strlen(name);

    if (labels->len + n + len + sizeof(",=\"\"") - 1 > NGX_HTTP_HPF_LABELS) {
        return;
    }

    p = labels->data + labels->len;

    if (labels->len) {
        *p++ = ',';
    }

    p = ngx_cpymem(p, name, n);
    *p++ = '=';
    *p++ = '"';
    p = ngx_cpymem(p, value, len);
    *p++ = '"';

    labels->len = p - labels->data;
}


static uint64_t
ngx_http_hpf_metrics_duration(ngx_http_request_t *r)
{
    int64_t      ms;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    ms = ((int64_t) tp->sec - r->start_sec) * 1000
         + ((int64_t) tp->msec - (int64_t) r->start_msec);

    return ms > 0 ? (uint64_t) ms * 1000 : 0;
}


static void
ngx_http_hpf_metrics_add(ngx_http_hpf_main_conf_t *hmcf, const char *name,
    ngx_str_t *labels, int64_t n)
{
    ngx_int_t  slot;

    slot = ngx_http_hpf_metrics_slot(hmcf->zone, NGX_HPF_STAT_COUNTER, name,
                                     labels);

    ngx_hpf_stat_add(hmcf->zone, slot, n);
}


static ngx_int_t
ngx_http_hpf_metrics_slot(ngx_hpf_zone_t *zone, ngx_hpf_stat_type_e type,
    const char *name, ngx_str_t *labels)
{
    ngx_str_t  s;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    return ngx_hpf_stat_slot(zone, type, &s, labels);
}


void
ngx_http_hpf_metrics_crashed(ngx_http_hpf_main_conf_t *hmcf,
    const u_char *item, const char *end)
{
    u_char     buf[NGX_HTTP_HPF_LABELS];
    ngx_str_t  labels;

    if (hmcf->zone == NULL) {
        return;
    }

    labels.data = buf;
    labels.len = ngx_snprintf(buf, sizeof(buf), "item=\"%s\",end=\"%s\"",
                              item, end)
                 - buf;

    ngx_http_hpf_metrics_add(hmcf, "hpf_plugin_crashes_total", &labels, 1);
}


void
ngx_http_hpf_metrics_backend(ngx_http_hpf_main_conf_t *hmcf,
    ngx_hpf_stat_type_e type, const char *name, ngx_str_t *backend,
    int64_t value)
{
    u_char     buf[NGX_HTTP_HPF_LABELS];
    ngx_int_t  slot;
    ngx_str_t  labels;

    labels.data = buf;
    labels.len = ngx_snprintf(buf, sizeof(buf), "backend=\"%V\"", backend)
                 - buf;

    slot = ngx_http_hpf_metrics_slot(hmcf->zone, type, name, &labels);

    if (type == NGX_HPF_STAT_GAUGE) {
        ngx_hpf_stat_set(hmcf->zone, slot, value);

    } else {
        ngx_hpf_stat_add(hmcf->zone, slot, value);
    }
}


void
ngx_http_hpf_metrics_item(ngx_http_hpf_main_conf_t *hmcf, const char *name,
    const u_char *item, int64_t value)
{
    u_char     buf[NGX_HTTP_HPF_LABELS];
    ngx_int_t  slot;
    ngx_str_t  labels;

    labels.data = buf;
    labels.len = ngx_snprintf(buf, sizeof(buf), "item=\"%s\"", item) - buf;

    slot = ngx_http_hpf_metrics_slot(hmcf->zone, NGX_HPF_STAT_GAUGE, name,
                                     &labels);
    ngx_hpf_stat_set(hmcf->zone, slot, value);
}


/* What the walk of the seals has looked at, and sealed anew. */

void
ngx_http_hpf_metrics_reseal(ngx_http_hpf_main_conf_t *hmcf,
    ngx_uint_t records, ngx_uint_t texts)
{
    static ngx_str_t  none = ngx_null_string;

    if (hmcf->zone) {
        ngx_http_hpf_metrics_add(hmcf, "hpf_reseal_records_total", &none,
                                 records);
        ngx_http_hpf_metrics_add(hmcf, "hpf_reseal_texts_total", &none, texts);
    }
}


ngx_int_t
ngx_http_hpf_metrics_limit(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_str_t *rule, const char *result, const char *source)
{
    u_char     buf[NGX_HTTP_HPF_LABELS];
    ngx_str_t  labels;

    labels.data = buf;
    labels.len = ngx_snprintf(buf, sizeof(buf),
                              "rule=\"%V\",result=\"%s\",source=\"%s\"",
                              rule, result, source)
                 - buf;

    return ngx_http_hpf_metrics_slot(hmcf->zone, NGX_HPF_STAT_COUNTER,
                                     "hpf_limit_decisions_total", &labels);
}


/* hpf_metrics, hpf_health, hpf_ready: content handlers. */

char *
ngx_http_hpf_metrics_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (cmd->name.data[4] == 'm') {
        clcf->handler = ngx_http_hpf_metrics_page;

    } else if (cmd->name.data[4] == 'h') {
        clcf->handler = ngx_http_hpf_metrics_health;

    } else {
        clcf->handler = ngx_http_hpf_metrics_ready;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_metrics_page(ngx_http_request_t *r)
{
    ngx_chain_t               *out;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->zone == NULL) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (hmcf->redis) {
        ngx_http_hpf_metrics_store(hmcf);
    }

    if (hmcf->plugins) {
        ngx_http_hpf_plugins_measure(hmcf);
    }

    out = ngx_hpf_stat_render(hmcf->zone, r->pool);
    if (out == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hpf_metrics_send(r, NGX_HTTP_OK,
                                     "text/plain; version=0.0.4", out);
}


/* Each worker has its own link to the store. */

static void
ngx_http_hpf_metrics_store(ngx_http_hpf_main_conf_t *hmcf)
{
    u_char                buf[NGX_HTTP_HPF_LABELS];
    ngx_int_t             slot;
    ngx_str_t             name, labels;
    ngx_hpf_redis_stat_t  stat;

    ngx_hpf_redis_stat(hmcf->redis, &stat);

    labels.data = buf;
    labels.len = ngx_snprintf(buf, sizeof(buf), "worker=\"%ui\"", ngx_worker)
                 - buf;

    ngx_str_set(&name, "hpf_redis_up");
    slot = ngx_hpf_stat_slot(hmcf->zone, NGX_HPF_STAT_GAUGE, &name, &labels);
    ngx_hpf_stat_set(hmcf->zone, slot, stat.up && stat.whole);

    ngx_str_set(&name, "hpf_redis_commands");
    slot = ngx_hpf_stat_slot(hmcf->zone, NGX_HPF_STAT_GAUGE, &name, &labels);
    ngx_hpf_stat_set(hmcf->zone, slot, stat.commands);
}


static ngx_int_t
ngx_http_hpf_metrics_health(ngx_http_request_t *r)
{
    static u_char  text[] = "{\"status\":\"ok\"}";

    return ngx_http_hpf_metrics_text(r, NGX_HTTP_OK, text, sizeof(text) - 1);
}


/*
 * Ready: what is configured can be reached by this worker.  A part of the
 * store that cannot be, of a cluster, or one that does not keep what it is
 * given, is told of; others can still be served.
 */

static ngx_int_t
ngx_http_hpf_metrics_ready(ngx_http_request_t *r)
{
    char                      *store;
    size_t                     len;
    u_char                    *text;
    ngx_uint_t                 ready;
    ngx_hpf_redis_stat_t       stat;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    ngx_memzero(&stat, sizeof(ngx_hpf_redis_stat_t));

    ready = 1;
    store = "none";

    if (hmcf->redis) {
        ngx_hpf_redis_stat(hmcf->redis, &stat);

        ready = stat.up && (stat.whole || !ngx_hpf_redis_one_slot(hmcf->redis));
        store = !ready ? "unavailable" : stat.whole ? "ok" : "partial";
    }

    len = 256;

    text = ngx_pnalloc(r->pool, len);
    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = ngx_snprintf(text, len,
                       "{\"status\":\"%s\",\"checks\":{\"store\":\"%s\","
                       "\"worker\":%P},\"warnings\":[%s%s%s]}",
                       ready ? "ok" : "unavailable", store, ngx_pid,
                       stat.evicts ? "\"store evicts\"" : "",
                       stat.evicts && stat.forgets ? "," : "",
                       stat.forgets ? "\"store does not persist\"" : "")
          - text;

    return ngx_http_hpf_metrics_text(r, ready ? NGX_HTTP_OK
                                        : NGX_HTTP_SERVICE_UNAVAILABLE,
                                     text, len);
}


ngx_int_t
ngx_http_hpf_metrics_text(ngx_http_request_t *r, ngx_uint_t status,
    u_char *text, size_t len)
{
    ngx_buf_t    *b;
    ngx_chain_t  *out;

    b = ngx_calloc_buf(r->pool);
    out = ngx_alloc_chain_link(r->pool);

    if (b == NULL || out == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = text;
    b->last = text + len;
    b->memory = 1;

    out->buf = b;
    out->next = NULL;

    return ngx_http_hpf_metrics_send(r, status, "application/json", out);
}


static ngx_int_t
ngx_http_hpf_metrics_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_chain_t *out)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_hpf_route_allow(r, NGX_HTTP_GET) == NGX_OK
               ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_hpf_metrics_common(r) != NGX_OK
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_http_hpf_metrics_later(r) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = 0;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    for (cl = out; cl; cl = cl->next) {
        r->headers_out.content_length_n += ngx_buf_size(cl->buf);

        if (cl->next == NULL) {
            cl->buf->last_buf = 1;
            cl->buf->last_in_chain = 1;
        }
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}


/* The headers of every answer; who asks each second is not recorded. */

static ngx_int_t
ngx_http_hpf_metrics_common(ngx_http_request_t *r)
{
    ngx_uint_t           quiet;
    ngx_http_hpf_ctx_t  *ctx;

    quiet = ngx_http_hpf_get_ctx(r) == NULL;

    ctx = ngx_http_hpf_gate_begin(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->quiet = quiet;
    ctx->ours = 1;
    ctx->personal = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_metrics_later(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Retry-After");
    ngx_str_set(&h->value, "1");

    return NGX_OK;
}
