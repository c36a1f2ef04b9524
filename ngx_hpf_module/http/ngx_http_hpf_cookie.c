/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions of browsers.  The token is a cookie that no script can read, and
 * that the browser sends along with whatever page has made the request: so it
 * counts for origins of the channel only, and what changes something has to
 * show besides what only such a page can know, X-CSRF-Token.  That is a keyed
 * hash of the token's hash, so it needs no place to be kept.
 *
 * Calls that make a session do not look at the cookie of another one: whoever
 * has a cookie that is worth nothing any more could not log in.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "hpf_cookie.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_session.h"


#define NGX_HTTP_HPF_COOKIE_MAX   8192     /* bytes of all Cookie fields */
#define NGX_HTTP_HPF_COOKIE_CSRF  HPF_BASE64_URL_LEN(HPF_CRYPTO_LEN)

#define NGX_HTTP_HPF_COOKIE_FLAGS                                            \
    "; Path=/; Secure; HttpOnly; SameSite=Strict"


static ngx_uint_t ngx_http_hpf_cookie_looked_at(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cookie_read(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *token);
static ngx_int_t ngx_http_hpf_cookie_site(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cookie_refuse(ngx_http_hpf_ctx_t *ctx,
    const char *reason);
static ngx_int_t ngx_http_hpf_cookie_csrf_text(ngx_http_hpf_ctx_t *ctx,
    const u_char *token_hash, u_char *text);


ngx_str_t  ngx_http_hpf_cookie_end =
    ngx_string(NGX_HTTP_HPF_COOKIE "=; Max-Age=0" NGX_HTTP_HPF_COOKIE_FLAGS);


ngx_int_t
ngx_http_hpf_cookie_token(ngx_http_hpf_ctx_t *ctx, ngx_str_t *token)
{
    ngx_int_t  rc;

    if (!ngx_http_hpf_cookie_looked_at(ctx)) {
        return NGX_DECLINED;
    }

    rc = ngx_http_hpf_cookie_read(ctx, token);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->by_cookie = 1;

    rc = ngx_http_hpf_cookie_site(ctx);

    return rc != NGX_OK || ngx_http_hpf_session_token_valid(token)
           ? rc : NGX_ERROR;
}


static ngx_uint_t
ngx_http_hpf_cookie_looked_at(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->channel == NULL || ctx->channel->kind != NGX_HTTP_HPF_PUBLIC
        || ctx->channel->origins.nelts == 0)
    {
        return 0;
    }

    return ctx->route == NULL
           || ctx->route->flags & (NGX_HTTP_HPF_R_SESSION
                                   |NGX_HTTP_HPF_R_ITEM);
}


static ngx_int_t
ngx_http_hpf_cookie_read(ngx_http_hpf_ctx_t *ctx, ngx_str_t *token)
{
    int               rc;
    size_t            len;
    ngx_uint_t        found;
    hpf_cookie_t      line, value;
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("cookie");

    len = 0;
    found = 0;

    for (h = ngx_http_hpf_header_in(ctx->request, &name);
         h;
         h = ngx_http_hpf_header_next(ctx->request, &name, h))
    {
        len += h->value.len;

        if (len > NGX_HTTP_HPF_COOKIE_MAX) {
            ctx->reason = "cookies are too long";

            return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                                  "Cookie 过长", "the cookies are too long");
        }

        line.data = h->value.data;
        line.len = h->value.len;

        rc = hpf_cookie_find(&line, NGX_HTTP_HPF_COOKIE, &value);

        if (rc == HPF_DECLINED) {
            continue;
        }

        if (rc == HPF_ERROR || found++) {
            ctx->reason = "the cookie comes twice";

            return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                       "Cookie " NGX_HTTP_HPF_COOKIE " 出现多次",
                       "the cookie " NGX_HTTP_HPF_COOKIE " comes twice");
        }

        token->data = (u_char *) value.data;
        token->len = value.len;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


/* Whether a page of the channel has made the request. */

static ngx_int_t
ngx_http_hpf_cookie_site(ngx_http_hpf_ctx_t *ctx)
{
    ngx_table_elt_t  *site;

    static ngx_str_t  name = ngx_string("sec-fetch-site");

    if (ctx->origin.len) {
        return NGX_OK;
    }

    if (ctx->origin_other) {
        return ngx_http_hpf_cookie_refuse(ctx, "another origin");
    }

    /* browsers leave the origin out of what is safe and of the same origin */

    if (!(ctx->request->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_hpf_cookie_refuse(ctx, "no origin");
    }

    site = ngx_http_hpf_header_in(ctx->request, &name);

    if (site == NULL
        || (site->value.len == 11
            && ngx_strncmp(site->value.data, "same-origin", 11) == 0)
        || (site->value.len == 4
            && ngx_strncmp(site->value.data, "none", 4) == 0))
    {
        return NGX_OK;
    }

    return ngx_http_hpf_cookie_refuse(ctx, "another site");
}


static ngx_int_t
ngx_http_hpf_cookie_refuse(ngx_http_hpf_ctx_t *ctx, const char *reason)
{
    ctx->reason = reason;

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "hpf cookie: refused: %s", reason);

    return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CSRF);
}


ngx_int_t
ngx_http_hpf_cookie_csrf(ngx_http_hpf_ctx_t *ctx)
{
    u_char               text[NGX_HTTP_HPF_COOKIE_CSRF];
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    static ngx_str_t  name = ngx_string("x-csrf-token");

    r = ctx->request;

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return NGX_OK;
    }

    h = ngx_http_hpf_header_in(r, &name);

    if (h == NULL) {
        return ngx_http_hpf_cookie_refuse(ctx, "no X-CSRF-Token");
    }

    if (ngx_http_hpf_cookie_csrf_text(ctx, ctx->token_hash, text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_hpf_header_next(r, &name, h) != NULL
        || h->value.len != sizeof(text)
        || !hpf_crypto_equal(h->value.data, text, sizeof(text)))
    {
        return ngx_http_hpf_cookie_refuse(ctx, "another X-CSRF-Token");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_cookie_csrf_text(ngx_http_hpf_ctx_t *ctx,
    const u_char *token_hash, u_char *text)
{
    u_char                     mac[HPF_CRYPTO_LEN];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (hpf_crypto_hmac(hmcf->csrf_hmac, token_hash, HPF_SESSION_KEY, mac)
        != 0)
    {
        return NGX_ERROR;
    }

    (void) hpf_base64_url_encode((char *) text, mac, sizeof(mac));

    return NGX_OK;
}


json_t *
ngx_http_hpf_cookie_csrf_member(ngx_http_hpf_ctx_t *ctx,
    const u_char *token_hash)
{
    u_char  text[NGX_HTTP_HPF_COOKIE_CSRF];

    if (ngx_http_hpf_cookie_csrf_text(ctx, token_hash, text) != NGX_OK) {
        return NULL;
    }

    return json_pack("{s:s%}", "csrf_token", text, sizeof(text));
}


json_t *
ngx_http_hpf_cookie_answer(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_person_t *person)
{
    u_char  *p;
    size_t   len;

    if (ctx->origin.len == 0) {
        return json_pack("{s:s%,s:s}", "token", person->token.data,
                         person->token.len, "token_type", "Bearer");
    }

    len = sizeof(NGX_HTTP_HPF_COOKIE "=" NGX_HTTP_HPF_COOKIE_FLAGS)
          + person->token.len;

    p = ngx_pnalloc(ctx->request->pool, len);
    if (p == NULL) {
        return NULL;
    }

    ctx->set_cookie.data = p;
    ctx->set_cookie.len = ngx_sprintf(p, NGX_HTTP_HPF_COOKIE "=%V"
                                      NGX_HTTP_HPF_COOKIE_FLAGS,
                                      &person->token)
                          - p;

    return ngx_http_hpf_cookie_csrf_member(ctx, person->token_hash);
}
