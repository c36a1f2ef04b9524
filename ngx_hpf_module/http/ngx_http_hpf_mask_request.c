/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a back end must not see when its answer will be masked: a wish for a
 * coded body, which could not be scanned, or for a part of it, which might
 * begin in the middle of a number.  nginx's own gzip and range filters keep
 * private copies of these headers, so the client still gets what it asked
 * for.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_sent.h"


static ngx_int_t ngx_http_hpf_mask_request_list(ngx_http_request_t *r,
    ngx_uint_t ranges);
static ngx_int_t ngx_http_hpf_mask_request_copy(ngx_http_request_t *r,
    ngx_table_elt_t **elt);
static ngx_uint_t ngx_http_hpf_mask_request_untrue(ngx_table_elt_t *h,
    off_t length);
static ngx_int_t ngx_http_hpf_mask_request_length(ngx_http_request_t *r,
    ngx_list_t *list, off_t length);
static void ngx_http_hpf_mask_request_use(ngx_http_request_t *r,
    ngx_list_t *list);
static ngx_uint_t ngx_http_hpf_mask_request_is(ngx_table_elt_t *h,
    const char *name, size_t len);


ngx_int_t
ngx_http_hpf_mask_request_handler(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    if (!hmlcf->enable) {
        return NGX_DECLINED;
    }

    if (ngx_http_hpf_mask_request_prepare(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_hpf_mask_request_prepare(ngx_http_request_t *r)
{
    ngx_uint_t  coded, ranges;

    /* a private copy has no hash: then this has been done already */

#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    coded = (r->headers_in.accept_encoding != NULL
             && r->headers_in.accept_encoding->hash != 0);
#else
    coded = 1;
#endif

    ranges = (r->headers_in.range != NULL && r->headers_in.range->hash != 0)
             || (r->headers_in.if_range != NULL
                 && r->headers_in.if_range->hash != 0);

    if (!coded && !ranges) {
        return NGX_OK;
    }

#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    if (coded
        && ngx_http_hpf_mask_request_copy(r, &r->headers_in.accept_encoding)
           != NGX_OK)
    {
        return NGX_ERROR;
    }
#endif

    if (ranges
        && (ngx_http_hpf_mask_request_copy(r, &r->headers_in.range) != NGX_OK
            || ngx_http_hpf_mask_request_copy(r, &r->headers_in.if_range)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_mask_request_list(r, ranges);
}


/*
 * The list that goes to the back end.  A subrequest shares it with its
 * parent, whose answer may not be masked, and elements that others point to
 * cannot be taken out of a list: in both cases the request gets a new one.
 */

static ngx_int_t
ngx_http_hpf_mask_request_list(ngx_http_request_t *r, ngx_uint_t ranges)
{
    ngx_uint_t        i, fresh;
    ngx_list_t        list;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *h;

    ngx_memzero(&list, sizeof(ngx_list_t));

    fresh = (ranges || r != r->main);

    if (fresh
        && ngx_list_init(&list, r->pool, 20, sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        h = &header[i];

        if (fresh) {

            if (ngx_http_hpf_mask_request_is(h, "range", 5)
                || ngx_http_hpf_mask_request_is(h, "if-range", 8))
            {
                continue;
            }

            h = ngx_list_push(&list);
            if (h == NULL) {
                return NGX_ERROR;
            }

            *h = header[i];
        }

        if (ngx_http_hpf_mask_request_is(h, "accept-encoding", 15)) {
            ngx_str_set(&h->value, "identity");
        }
    }

    if (fresh) {
        ngx_http_hpf_mask_request_use(r, &list);
    }

    return NGX_OK;
}


static void
ngx_http_hpf_mask_request_use(ngx_http_request_t *r, ngx_list_t *list)
{
    r->headers_in.headers = *list;

    /* ngx_list_init() left a pointer into the variable on the stack */

    if (list->last == &list->part) {
        r->headers_in.headers.last = &r->headers_in.headers.part;
    }
}


ngx_int_t
ngx_http_hpf_mask_request_rewrite(ngx_http_request_t *r, off_t length,
    ngx_str_t *type)
{
    ngx_uint_t        i;
    ngx_list_t        list;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *h;

    if (ngx_list_init(&list, r->pool, 20, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (ngx_http_hpf_mask_request_untrue(&header[i], length)) {
            continue;
        }

        h = ngx_list_push(&list);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = header[i];

        if (type != NULL
            && ngx_http_hpf_mask_request_is(h, "content-type", 12))
        {
            h->value = *type;
            r->headers_in.content_type = h;
        }
    }

    if (length >= 0
        && ngx_http_hpf_mask_request_length(r, &list, length) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_request_use(r, &list);

    return NGX_OK;
}


/* What was said of the body as the client sent it, or signed with it. */

static ngx_uint_t
ngx_http_hpf_mask_request_untrue(ngx_table_elt_t *h, off_t length)
{
    if (length >= 0
        && (ngx_http_hpf_mask_request_is(h, "content-length", 14)
            || ngx_http_hpf_mask_request_is(h, "transfer-encoding", 17)))
    {
        return 1;
    }

    return ngx_http_hpf_mask_request_is(h, "content-digest", 14)
           || ngx_http_hpf_mask_request_is(h, "repr-digest", 11)
           || ngx_http_hpf_mask_request_is(h, "digest", 6)
           || ngx_http_hpf_mask_request_is(h, "content-md5", 11)
           || ngx_http_hpf_mask_request_is(h, "signature-input", 15)
           || ngx_http_hpf_mask_request_is(h, "signature", 9);
}


static ngx_int_t
ngx_http_hpf_mask_request_length(ngx_http_request_t *r, ngx_list_t *list,
    off_t length)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    h = ngx_list_push(list);
    p = ngx_pnalloc(r->pool, NGX_OFF_T_LEN + 1);

    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    ngx_str_set(&h->key, "Content-Length");
    h->lowcase_key = (u_char *) "content-length";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

    h->value.data = p;
    h->value.len = ngx_sprintf(p, "%O", length) - p;
    p[h->value.len] = '\0';

    r->headers_in.content_length = h;
    r->headers_in.content_length_n = length;
    r->headers_in.chunked = 0;

    return NGX_OK;
}


ngx_table_elt_t *
ngx_http_hpf_mask_request_find(ngx_http_request_t *r, ngx_str_t *name)
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

        if (ngx_http_hpf_mask_request_is(&h[i], (char *) name->data,
                                         name->len))
        {
            return &h[i];
        }
    }
}


static ngx_int_t
ngx_http_hpf_mask_request_copy(ngx_http_request_t *r, ngx_table_elt_t **elt)
{
    ngx_table_elt_t  *h;

    if (*elt == NULL) {
        return NGX_OK;
    }

    h = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = **elt;
    h->hash = 0;
    *elt = h;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_hpf_mask_request_is(ngx_table_elt_t *h, const char *name, size_t len)
{
    return h->key.len == len
           && ngx_strncmp(h->lowcase_key, name, len) == 0;
}
