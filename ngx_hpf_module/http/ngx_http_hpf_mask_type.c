/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_type.h"


typedef struct {
    ngx_str_t     name;         /* a star in front: any that ends so */
    ngx_uint_t    type;
} ngx_http_hpf_mask_type_name_t;


static void ngx_http_hpf_mask_type_read(ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_str_t *content_type, ngx_http_hpf_mask_type_t *t);
static ngx_uint_t ngx_http_hpf_mask_type_listed(
    ngx_http_hpf_mask_loc_conf_t *hmlcf, ngx_str_t *type);
static ngx_uint_t ngx_http_hpf_mask_type_is(ngx_str_t *type, ngx_str_t *name);


/* The first that matches; what does not is text. */

static ngx_http_hpf_mask_type_name_t  ngx_http_hpf_mask_type_names[] = {
    { ngx_string("text/event-stream"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*ndjson"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*jsonl"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*jsonlines"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*json-lines"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*json-seq"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*stream+json"), HPF_MASK_TYPE_JSON_LINES },
    { ngx_string("*json"), HPF_MASK_TYPE_JSON },
    { ngx_string("*json5"), HPF_MASK_TYPE_JSON },
    { ngx_string("*javascript"), HPF_MASK_TYPE_JSON },
    { ngx_string("*ecmascript"), HPF_MASK_TYPE_JSON },
    { ngx_string("text/html"), HPF_MASK_TYPE_MARKUP },
    { ngx_string("*/xml"), HPF_MASK_TYPE_MARKUP },
    { ngx_string("*+xml"), HPF_MASK_TYPE_MARKUP },
    { ngx_string("*/csv"), HPF_MASK_TYPE_CSV },
    { ngx_string("text/tab-separated-values"), HPF_MASK_TYPE_CSV },
    { ngx_string("application/x-www-form-urlencoded"), HPF_MASK_TYPE_FORM },
    { ngx_null_string, HPF_MASK_TYPE_TEXT }
};


void
ngx_http_hpf_mask_type(ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_str_t *content_type, ngx_http_hpf_mask_type_t *t)
{
    ngx_http_hpf_mask_memo_t  *memo;

    memo = &hmlcf->memo;

    /* whoever sends no type may mean anything: JSON passes what is none */

    if (content_type == NULL || content_type->len == 0) {
        ngx_memzero(t, sizeof(ngx_http_hpf_mask_type_t));
        t->type = HPF_MASK_TYPE_JSON;
        return;
    }

    if (memo->len == content_type->len
        && ngx_memcmp(memo->text, content_type->data, memo->len) == 0)
    {
        *t = memo->type;
        return;
    }

    ngx_http_hpf_mask_type_read(hmlcf, content_type, t);

    if (content_type->len <= NGX_HTTP_HPF_MASK_TYPE_MAX) {
        memo->type = *t;
        memo->len = content_type->len;
        ngx_memcpy(memo->text, content_type->data, memo->len);
    }
}


static void
ngx_http_hpf_mask_type_read(ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_str_t *content_type, ngx_http_hpf_mask_type_t *t)
{
    u_char                          lowcase[NGX_HTTP_HPF_MASK_TYPE_MAX];
    u_char                         *last;
    ngx_str_t                       type;
    ngx_http_hpf_mask_type_name_t  *name;

    ngx_memzero(t, sizeof(ngx_http_hpf_mask_type_t));

    type.data = lowcase;
    type.len = ngx_min(ngx_http_hpf_mask_type_len(content_type),
                       NGX_HTTP_HPF_MASK_TYPE_MAX);

    ngx_strlow(lowcase, content_type->data, type.len);

    if (!ngx_http_hpf_mask_type_listed(hmlcf, &type)) {
        t->type = HPF_MASK_TYPES;
        return;
    }

    for (name = ngx_http_hpf_mask_type_names; name->name.len; name++) {

        if (ngx_http_hpf_mask_type_is(&type, &name->name)) {
            break;
        }
    }

    t->type = name->type;

    if (t->type == HPF_MASK_TYPE_CSV) {
        last = content_type->data + content_type->len;

        t->tabs = (type.data[type.len - 1] != 'v');
        t->headless = (ngx_strlcasestrn(content_type->data, last,
                                       (u_char *) "header=absent", 13 - 1)
                      != NULL);
    }
}


size_t
ngx_http_hpf_mask_type_len(ngx_str_t *content_type)
{
    size_t  len;

    for (len = 0; len < content_type->len; len++) {

        switch (content_type->data[len]) {

        case ';':
        case ',':
        case ' ':
        case '\t':
            return len;

        default:
            break;
        }
    }

    return len;
}


ngx_int_t
ngx_http_hpf_mask_type_charset(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf, const hpf_mask_charset_t **cs)
{
    ngx_str_t             *type, name;
    const unsigned char   *p;

    /* what nginx has found of an upstream goes on to the end of the header */

    type = &r->headers_out.content_type;
    name.len = hpf_mask_charset_param(type->data, type->len, &p);
    name.data = (u_char *) p;

    if (name.len == 0) {
        name = r->headers_out.charset;
    }

    /* "X-Accel-Charset" of the back end */

    if (name.len == 0 && r->headers_out.override_charset != NULL) {
        name = *r->headers_out.override_charset;
    }

    if (name.len == 0) {
        *cs = hmlcf->http.charset_default;
        return NGX_DECLINED;
    }

    *cs = hpf_mask_charset_find((char *) name.data, name.len);

    return (*cs != NULL) ? NGX_OK : NGX_ABORT;
}


void
ngx_http_hpf_mask_type_utf8(ngx_http_request_t *r)
{
    r->headers_out.override_charset = NULL;

    if (r->headers_out.content_type.len == 0) {
        return;
    }

    r->headers_out.content_type.len =
                       ngx_http_hpf_mask_type_len(&r->headers_out.content_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    ngx_str_set(&r->headers_out.charset, "utf-8");
}


static ngx_uint_t
ngx_http_hpf_mask_type_listed(ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_str_t *type)
{
    static ngx_str_t  text = ngx_string("text/");
    static ngx_str_t  json = ngx_string("*+json");
    static ngx_str_t  xml = ngx_string("*+xml");

    /* a star has no table */

    if (hmlcf->types.size == 0) {
        return 1;
    }

    if (ngx_hash_find(&hmlcf->types, ngx_hash_key(type->data, type->len),
                      type->data, type->len)
        != NULL)
    {
        return 1;
    }

    if (hmlcf->all_text && type->len >= text.len
        && ngx_strncmp(type->data, text.data, text.len) == 0)
    {
        return 1;
    }

    return (hmlcf->all_json && ngx_http_hpf_mask_type_is(type, &json))
           || (hmlcf->all_xml && ngx_http_hpf_mask_type_is(type, &xml));
}


static ngx_uint_t
ngx_http_hpf_mask_type_is(ngx_str_t *type, ngx_str_t *name)
{
    size_t  len;

    if (name->data[0] != '*') {
        return type->len == name->len
               && ngx_strncmp(type->data, name->data, name->len) == 0;
    }

    len = name->len - 1;

    return type->len > len
           && ngx_strncmp(type->data + type->len - len, name->data + 1, len)
              == 0;
}
