/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Small things that several subjects ask of a request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_RANDOM    1024
#define NGX_HTTP_HPF_OPERATOR  64      /* bytes of a name */


static void ngx_http_hpf_header_trim(ngx_str_t *value);


ngx_table_elt_t *
ngx_http_hpf_header_in(ngx_http_request_t *r, ngx_str_t *name)
{
    return ngx_http_hpf_header_next(r, name, NULL);
}


ngx_table_elt_t *
ngx_http_hpf_header_next(ngx_http_request_t *r, ngx_str_t *name,
    ngx_table_elt_t *prev)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0 || h[i].key.len != name->len
            || ngx_strncmp(h[i].lowcase_key, name->data, name->len) != 0)
        {
            continue;
        }

        if (prev == NULL) {
            ngx_http_hpf_header_trim(&h[i].value);
            return &h[i];
        }

        if (prev == &h[i]) {
            prev = NULL;
        }
    }
}


ngx_int_t
ngx_http_hpf_arg(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    u_char  *p, *src, *dst;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), value) != NGX_OK
        || value->len == 0)
    {
        return NGX_DECLINED;
    }

    p = ngx_pstrdup(r->pool, value);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (src = p; src < p + value->len; src++) {
        if (*src == '+') {
            *src = ' ';
        }
    }

    src = p;
    dst = p;

    ngx_unescape_uri(&dst, &src, value->len, 0);

    value->data = p;
    value->len = dst - p;

    return NGX_OK;
}


/* RFC 9110, section 5.5: nginx leaves tabs around a value in it. */

static void
ngx_http_hpf_header_trim(ngx_str_t *value)
{
    while (value->len && (value->data[value->len - 1] == '\t'
                          || value->data[value->len - 1] == ' '))
    {
        value->len--;
    }

    while (value->len && (value->data[0] == '\t' || value->data[0] == ' ')) {
        value->data++;
        value->len--;
    }
}


ngx_uint_t
ngx_http_hpf_has_body(ngx_http_request_t *r)
{
    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        return 1;
    }

#if (NGX_HTTP_V2)
    if (r->stream && r->headers_in.content_length_n < 0) {
        return !r->stream->in_closed;
    }
#endif

    return 0;
}


size_t
ngx_http_hpf_utf8_cut(const u_char *p, size_t len, size_t max)
{
    if (len <= max) {
        return len;
    }

    while (max && (p[max] & 0xc0) == 0x80) {
        max--;
    }

    return max;
}


/*
 * A call into the generator costs as much for one id as for sixty: bytes are
 * taken in portions, and each is given out once.
 */

ngx_int_t
ngx_http_hpf_random(u_char *p, size_t n)
{
    static size_t  left;
    static u_char  bytes[NGX_HTTP_HPF_RANDOM];

    if (left < n) {
        if (hpf_crypto_random(bytes, sizeof(bytes)) != 0) {
            return NGX_ERROR;
        }

        left = sizeof(bytes);
    }

    left -= n;
    ngx_memcpy(p, &bytes[left], n);
    ngx_memzero(&bytes[left], n);

    return NGX_OK;
}


ngx_uint_t
ngx_http_hpf_is(ngx_str_t *s, const char *word)
{
    return s->len == ngx_strlen(word)
           && ngx_strncmp(s->data, word, s->len) == 0;
}


ngx_str_t *
ngx_http_hpf_operator(ngx_http_request_t *r)
{
    size_t            i;
    ngx_str_t        *s;
    ngx_table_elt_t  *by;

    static ngx_str_t  name = ngx_string("x-hpf-operator");

    by = ngx_http_hpf_header_in(r, &name);

    if (by == NULL) {
        return NULL;
    }

    s = &by->value;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] < ' ' || s->data[i] == 0x7f) {
            return NULL;
        }
    }

    return s->len > 0 && s->len <= NGX_HTTP_HPF_OPERATOR ? s : NULL;
}
