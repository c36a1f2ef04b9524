/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_text.h"


static u_char *ngx_http_hpf_mask_text_part(u_char *p, u_char *last,
    char *ends);
static int ngx_http_hpf_mask_text_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);


void
ngx_http_hpf_mask_text_conf(ngx_http_request_t *r,
    hpf_mask_conf_t *conf, const hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_type_t *type)
{
    ngx_time_t                     *tp;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    static time_t    of;                /* the second of tm */
    static ngx_tm_t  tm;

    tp = ngx_timeofday();

    if (of != tp->sec) {
        ngx_gmtime(tp->sec + tp->gmtoff * 60, &tm);
        of = tp->sec;
    }

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


void
ngx_http_hpf_mask_text_init(ngx_http_hpf_mask_text_t *text,
    ngx_http_request_t *r, const hpf_mask_rules_t *rules)
{
    ngx_memzero(text, sizeof(ngx_http_hpf_mask_text_t));

    text->request = r;
    text->rules = rules;

    ngx_str_set(&text->s, "");
}


ngx_int_t
ngx_http_hpf_mask_text_put(ngx_http_hpf_mask_text_t *text, u_char *p,
    size_t len)
{
    u_char  *new;

    if (len > text->size - text->s.len) {
        text->size = (text->s.len + len) * 2 + 64;

        new = ngx_pnalloc(text->request->pool, text->size);
        if (new == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(new, text->s.data, text->s.len);

        text->s.data = new;
    }

    ngx_memcpy(text->s.data + text->s.len, p, len);
    text->s.len += len;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_text_add(ngx_http_hpf_mask_text_t *text, ngx_uint_t type,
    u_char *p, size_t len)
{
    hpf_mask_t                engine;
    hpf_mask_conf_t           conf;
    ngx_http_hpf_mask_type_t  t;

    if (len == 0) {
        return NGX_OK;
    }

    ngx_memzero(&t, sizeof(ngx_http_hpf_mask_type_t));

    t.type = type;

    ngx_http_hpf_mask_text_conf(text->request, &conf, text->rules, &t);

    conf.out = ngx_http_hpf_mask_text_out;
    conf.data = text;

    hpf_mask_init(&engine, &conf);

    if (hpf_mask_feed(&engine, p, len) != HPF_OK
        || hpf_mask_finish(&engine) != HPF_OK)
    {
        return NGX_ERROR;
    }

    text->count += engine.count;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_text_uri(ngx_http_hpf_mask_text_t *text, u_char *p,
    size_t len)
{
    u_char  *query, *fragment, *last;

    last = p + len;
    query = ngx_http_hpf_mask_text_part(p, last, "?#");
    fragment = ngx_http_hpf_mask_text_part(query, last, "#");

    if (ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_FORM, p, query - p)
            != NGX_OK
        || ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_FORM, query,
                                      fragment - query)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_FORM, fragment,
                                      last - fragment);
}


static u_char *
ngx_http_hpf_mask_text_part(u_char *p, u_char *last, char *ends)
{
    while (p < last && ngx_strchr(ends, *p) == NULL) {
        p++;
    }

    return p;
}


ngx_int_t
ngx_http_hpf_mask_text_value(ngx_http_hpf_mask_text_t *text,
    const hpf_mask_shape_t *shape, ngx_str_t *value, ngx_uint_t style)
{
    hpf_mask_sink_t                 sink;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    if (shape->kind == HPF_MASK_NONE) {
        return ngx_http_hpf_mask_text_put(text, value->data, value->len);
    }

    ngx_memzero(&sink, sizeof(hpf_mask_sink_t));

    sink.out = ngx_http_hpf_mask_text_out;
    sink.data = text;

    hmmcf = ngx_http_get_module_main_conf(text->request,
                                          ngx_http_hpf_mask_filter_module);

    if (hmmcf->hash.hmac != NULL) {
        sink.hash = ngx_http_hpf_mask_hash;
        sink.hash_data = &hmmcf->hash;
    }

    hpf_mask_apply(shape, &sink, value->data, value->data + value->len, style);
    hpf_mask_flush(&sink);

    if (sink.rc != HPF_OK) {
        return NGX_ERROR;
    }

    text->count++;

    return NGX_OK;
}


static int
ngx_http_hpf_mask_text_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    (void) pass;

    return (ngx_http_hpf_mask_text_put(data, (u_char *) p, len) == NGX_OK)
           ? HPF_OK : HPF_ERROR;
}
