/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_text.h"


typedef struct {
    ngx_pool_t   *pool;
    ngx_str_t     s;
    size_t        size;
} ngx_http_hpf_mask_text_t;


static int ngx_http_hpf_mask_text_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);


void
ngx_http_hpf_mask_text_conf(ngx_http_request_t *r,
    hpf_mask_conf_t *conf, const hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_type_t *type)
{
    ngx_tm_t                        tm;
    ngx_time_t                     *tp;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    tp = ngx_timeofday();
    ngx_gmtime(tp->sec + tp->gmtoff * 60, &tm);

    ngx_memzero(conf, sizeof(hpf_mask_conf_t));

    conf->rules = rules;
    conf->today.year = tm.ngx_tm_year;
    conf->today.month = tm.ngx_tm_mon;
    conf->today.day = tm.ngx_tm_mday;
    conf->type = type->type;
    conf->tabs = type->tabs;
    conf->headless = type->headless;

    hmmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_mask_filter_module);

    if (hmmcf->hash.hmac != NULL) {
        conf->hash = ngx_http_hpf_mask_hash;
        conf->hash_data = &hmmcf->hash;
    }
}


ngx_int_t
ngx_http_hpf_mask_text(ngx_http_request_t *r, const hpf_mask_rules_t *rules,
    ngx_uint_t type, ngx_str_t *s)
{
    hpf_mask_t                engine;
    hpf_mask_conf_t           conf;
    ngx_http_hpf_mask_text_t  text;
    ngx_http_hpf_mask_type_t  t;

    if (s->len == 0) {
        return NGX_OK;
    }

    ngx_memzero(&t, sizeof(ngx_http_hpf_mask_type_t));
    ngx_memzero(&text, sizeof(ngx_http_hpf_mask_text_t));

    t.type = type;
    text.pool = r->pool;

    ngx_http_hpf_mask_text_conf(r, &conf, rules, &t);

    conf.out = ngx_http_hpf_mask_text_out;
    conf.data = &text;

    hpf_mask_init(&engine, &conf);

    if (hpf_mask_feed(&engine, s->data, s->len) != HPF_OK
        || hpf_mask_finish(&engine) != HPF_OK)
    {
        return NGX_ERROR;
    }

    if (engine.count) {
        *s = text.s;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_text_uri(ngx_http_request_t *r, const hpf_mask_rules_t *rules,
    ngx_str_t *s)
{
    u_char     *p, *last;
    ngx_str_t   path, query, whole;

    last = s->data + s->len;

    for (p = s->data; p < last && *p != '?'; p++) { /* void */ }

    path.data = s->data;
    path.len = p - s->data;
    query.data = p;
    query.len = last - p;

    if (query.len) {
        query.data++;
        query.len--;
    }

    whole = path;

    if (ngx_http_hpf_mask_text(r, rules, HPF_MASK_TYPE_FORM, &path)
            != NGX_OK
        || ngx_http_hpf_mask_text(r, rules, HPF_MASK_TYPE_FORM, &query)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (path.data == whole.data && (p == last || query.data == p + 1)) {
        return NGX_OK;
    }

    whole.data = ngx_pnalloc(r->pool, path.len + 1 + query.len);
    if (whole.data == NULL) {
        return NGX_ERROR;
    }

    whole.len = path.len;
    ngx_memcpy(whole.data, path.data, path.len);

    if (p < last) {
        whole.data[whole.len++] = '?';
        ngx_memcpy(whole.data + whole.len, query.data, query.len);
        whole.len += query.len;
    }

    *s = whole;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_text_value(ngx_http_request_t *r,
    const hpf_mask_shape_t *shape, ngx_uint_t style, ngx_str_t *s)
{
    hpf_mask_sink_t                 sink;
    ngx_http_hpf_mask_text_t        text;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    if (shape->kind == HPF_MASK_NONE) {
        return NGX_OK;
    }

    ngx_memzero(&sink, sizeof(hpf_mask_sink_t));
    ngx_memzero(&text, sizeof(ngx_http_hpf_mask_text_t));

    text.pool = r->pool;
    sink.out = ngx_http_hpf_mask_text_out;
    sink.data = &text;

    hmmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_mask_filter_module);

    if (hmmcf->hash.hmac != NULL) {
        sink.hash = ngx_http_hpf_mask_hash;
        sink.hash_data = &hmmcf->hash;
    }

    hpf_mask_apply(shape, &sink, s->data, s->data + s->len, style);
    hpf_mask_flush(&sink);

    if (sink.rc != HPF_OK) {
        return NGX_ERROR;
    }

    *s = text.s;

    return NGX_OK;
}


static int
ngx_http_hpf_mask_text_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    ngx_http_hpf_mask_text_t *text = data;

    u_char  *new;

    (void) pass;

    if (text->s.len + len > text->size) {
        text->size = (text->s.len + len) * 2 + 64;

        new = ngx_pnalloc(text->pool, text->size);
        if (new == NULL) {
            return HPF_ERROR;
        }

        if (text->s.len) {
            ngx_memcpy(new, text->s.data, text->s.len);
        }

        text->s.data = new;
    }

    ngx_memcpy(text->s.data + text->s.len, p, len);
    text->s.len += len;

    return HPF_OK;
}
