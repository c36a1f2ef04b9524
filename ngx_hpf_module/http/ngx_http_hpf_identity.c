/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a back end behind a gate is told of the caller: X-HPF-Channel, -User,
 * -Level and -Request-Id are the gate's own.  Whatever a client has sent under
 * such a name is dropped, however it is spelt, and so is the token of its
 * session, with which a back end could act as the user.
 *
 * Elements that others point to cannot be taken out of the list, so the
 * request gets a new one.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_plugin.h"
#include "hpf_cookie.h"
#include "ngx_http_hpf_cookie.h"


#define NGX_HTTP_HPF_IDENTITY  4          /* headers that it adds */


typedef struct {
    ngx_str_t   name;
    u_char     *lowcase;
    ngx_uint_t  hash;                  /* 0: not known yet */
} ngx_http_hpf_identity_name_t;


static ngx_uint_t ngx_http_hpf_identity_ours(ngx_table_elt_t *h);
static ngx_uint_t ngx_http_hpf_identity_letter(u_char c);
static ngx_uint_t ngx_http_hpf_identity_is(ngx_table_elt_t *h,
    ngx_str_t *name);
static ngx_int_t ngx_http_hpf_identity_cookie(ngx_pool_t *pool,
    ngx_str_t *value);
static ngx_int_t ngx_http_hpf_identity_add(ngx_http_hpf_ctx_t *ctx,
    ngx_list_t *list);
static ngx_int_t ngx_http_hpf_identity_push(ngx_list_t *list,
    ngx_http_hpf_identity_name_t *name, ngx_str_t *value);


ngx_int_t
ngx_http_hpf_identity_set(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t        i, n;
    ngx_list_t       *headers, list;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *h;

    static ngx_str_t  cookie = ngx_string("cookie");

    headers = &r->headers_in.headers;

    n = NGX_HTTP_HPF_IDENTITY;

    for (part = &headers->part; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&list, r->pool, n, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    for (part = &headers->part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            h = &header[i];

            if (ngx_http_hpf_identity_ours(h)
                || (h == r->headers_in.authorization && ctx->has_session
                    && !ctx->by_cookie))
            {
                continue;
            }

            if (ngx_http_hpf_identity_is(h, &cookie)) {

                if (ngx_http_hpf_identity_cookie(r->pool, &h->value)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }

                if (h->value.len == 0) {
                    continue;
                }
            }

            h = ngx_list_push(&list);
            if (h == NULL) {
                return NGX_ERROR;
            }

            *h = header[i];
        }
    }

    if (ngx_http_hpf_identity_add(ctx, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->has_session && !ctx->by_cookie) {
        r->headers_in.authorization = NULL;
    }

    *headers = list;

    /* ngx_list_init() left a pointer into the variable on the stack */

    if (list.last == &list.part) {
        headers->last = &headers->part;
    }

    return NGX_OK;
}


/* X-HPF-… with whatever in place of the hyphens, which some servers turn into
 * the same character. */

static ngx_uint_t
ngx_http_hpf_identity_ours(ngx_table_elt_t *h)
{
    u_char  *p;

    p = h->key.data;

    return h->key.len >= sizeof("x-hpf-") - 1
           && (p[0] | 0x20) == 'x' && !ngx_http_hpf_identity_letter(p[1])
           && ngx_strncasecmp(p + 2, (u_char *) "hpf", 3) == 0
           && !ngx_http_hpf_identity_letter(p[5]);
}


static ngx_uint_t
ngx_http_hpf_identity_letter(u_char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}


static ngx_uint_t
ngx_http_hpf_identity_is(ngx_table_elt_t *h, ngx_str_t *name)
{
    return h->key.len == name->len
           && ngx_strncasecmp(h->key.data, name->data, name->len) == 0;
}


/* Without the session; the other cookies are the back end's. */

static ngx_int_t
ngx_http_hpf_identity_cookie(ngx_pool_t *pool, ngx_str_t *value)
{
    u_char        *p;
    hpf_cookie_t   line, place;

    line.data = value->data;
    line.len = value->len;

    if (hpf_cookie_place(&line, NGX_HTTP_HPF_COOKIE, &place) != HPF_OK) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, value->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, value->data, value->len);

    line.data = p;

    while (hpf_cookie_place(&line, NGX_HTTP_HPF_COOKIE, &place) == HPF_OK) {

        p = (u_char *) place.data;
        line.len -= place.len;

        ngx_memmove(p, p + place.len, line.data + line.len - p);
    }

    value->data = (u_char *) line.data;
    value->len = line.len;
    value->data[value->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_identity_add(ngx_http_hpf_ctx_t *ctx, ngx_list_t *list)
{
    ngx_str_t  id, user, level;

    static u_char  levels[] = "0123";

    static ngx_http_hpf_identity_name_t  channel_name =
        { ngx_string("X-HPF-Channel"), (u_char *) "x-hpf-channel", 0 };
    static ngx_http_hpf_identity_name_t  id_name =
        { ngx_string("X-HPF-Request-Id"), (u_char *) "x-hpf-request-id", 0 };
    static ngx_http_hpf_identity_name_t  level_name =
        { ngx_string("X-HPF-Level"), (u_char *) "x-hpf-level", 0 };
    static ngx_http_hpf_identity_name_t  user_name =
        { ngx_string("X-HPF-User"), (u_char *) "x-hpf-user", 0 };

    id.data = ctx->id;
    id.len = NGX_HTTP_HPF_ID_LEN;

    user.data = ctx->session.uid;
    user.len = ctx->session.uid_len;

    level.data = &levels[ngx_min(ctx->session.level, 3)];
    level.len = 1;

    if (ngx_http_hpf_identity_push(list, &channel_name, &ctx->channel->id)
            != NGX_OK
        || ngx_http_hpf_identity_push(list, &id_name, &id) != NGX_OK
        || ngx_http_hpf_identity_push(list, &level_name, &level) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ctx->has_session
           ? ngx_http_hpf_identity_push(list, &user_name, &user) : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_identity_push(ngx_list_t *list,
    ngx_http_hpf_identity_name_t *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(list);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    if (name->hash == 0) {
        name->hash = ngx_hash_key(name->lowcase, name->name.len);
    }

    h->hash = name->hash;
    h->key = name->name;
    h->lowcase_key = name->lowcase;
    h->value = *value;

    return NGX_OK;
}
