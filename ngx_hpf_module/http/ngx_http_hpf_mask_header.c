/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A header is text, in which values are searched for, and holds names with
 * values: NAME=VALUE, NAME="VALUE", and queries of URIs.  What stands between
 * these is the header's own and stays.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_header.h"
#include "ngx_http_hpf_mask_text.h"


typedef struct {
    ngx_http_request_t       *request;
    const hpf_mask_rules_t   *rules;
    ngx_str_t                 in;
    size_t                    done;       /* of in, is in out */
    ngx_str_t                 out;
    size_t                    size;
} ngx_http_hpf_mask_header_t;


static ngx_int_t ngx_http_hpf_mask_header_one(ngx_http_request_t *r,
    ngx_http_hpf_mask_field_t *field, const hpf_mask_rules_t *rules,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_hpf_mask_header_cookie(
    ngx_http_hpf_mask_header_t *ctx);
static ngx_int_t ngx_http_hpf_mask_header_words(
    ngx_http_hpf_mask_header_t *ctx);
static size_t ngx_http_hpf_mask_header_word(u_char *p, u_char *last,
    ngx_uint_t *pair);
static ngx_int_t ngx_http_hpf_mask_header_quoted(
    ngx_http_hpf_mask_header_t *ctx, u_char *name, u_char *quote,
    u_char *end);
static ngx_int_t ngx_http_hpf_mask_header_pair(
    ngx_http_hpf_mask_header_t *ctx, ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_mask_header_put(ngx_http_hpf_mask_header_t *ctx,
    u_char *from, u_char *to, ngx_str_t *s);
static ngx_int_t ngx_http_hpf_mask_header_add(ngx_http_hpf_mask_header_t *ctx,
    u_char *p, size_t len);


ngx_int_t
ngx_http_hpf_mask_header(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf)
{
    ngx_uint_t                  i, j;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    const hpf_mask_rules_t     *rules;
    ngx_http_hpf_mask_field_t  *field;

    rules = ngx_http_hpf_mask_filter_rules(r);
    if (rules == NULL) {
        return NGX_ERROR;
    }

    field = hmlcf->http.fields->elts;

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0) {
            continue;
        }

        for (j = 0; j < hmlcf->http.fields->nelts; j++) {

            if (h[i].key.len != field[j].name.len
                || ngx_strncasecmp(h[i].key.data, field[j].name.data,
                                   field[j].name.len)
                   != 0)
            {
                continue;
            }

            if (ngx_http_hpf_mask_header_one(r, &field[j], rules, &h[i])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }
}


static ngx_int_t
ngx_http_hpf_mask_header_one(ngx_http_request_t *r,
    ngx_http_hpf_mask_field_t *field, const hpf_mask_rules_t *rules,
    ngx_table_elt_t *h)
{
    ngx_int_t                   rc;
    ngx_http_hpf_mask_header_t  ctx;

    if (field->whole) {

        if (field->shape.kind == HPF_MASK_DROP) {
            h->hash = 0;

            if (h == r->headers_out.location) {
                r->headers_out.location = NULL;
            }

            return NGX_OK;
        }

        return ngx_http_hpf_mask_text_value(r, &field->shape, HPF_MASK_PLAIN,
                                            &h->value);
    }

    if (ngx_http_hpf_mask_text(r, rules, HPF_MASK_TYPE_TEXT, &h->value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&ctx, sizeof(ngx_http_hpf_mask_header_t));

    ctx.request = r;
    ctx.rules = rules;
    ctx.in = h->value;

    if (field->name.len == 10
        && ngx_strncmp(field->name.data, "set-cookie", 10) == 0)
    {
        rc = ngx_http_hpf_mask_header_cookie(&ctx);

    } else {
        rc = ngx_http_hpf_mask_header_words(&ctx);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* nothing was put where nothing was masked */

    if (ctx.done) {

        if (ngx_http_hpf_mask_header_add(&ctx, ctx.in.data + ctx.done,
                                         ctx.in.len - ctx.done)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        h->value = ctx.out;
    }

    return NGX_OK;
}


/* NAME=VALUE; attributes, which are no data of a person. */

static ngx_int_t
ngx_http_hpf_mask_header_cookie(ngx_http_hpf_mask_header_t *ctx)
{
    u_char     *p, *last;
    ngx_str_t   name, value;

    last = ctx->in.data + ctx->in.len;

    p = ngx_strlchr(ctx->in.data, last, '=');
    if (p == NULL) {
        return NGX_OK;
    }

    name.data = ctx->in.data;
    name.len = p - name.data;

    value.data = p + 1;

    p = ngx_strlchr(value.data, last, ';');
    value.len = (p ? p : last) - value.data;

    if (value.len >= 2 && value.data[0] == '"'
        && value.data[value.len - 1] == '"')
    {
        value.data++;
        value.len -= 2;
    }

    return ngx_http_hpf_mask_header_pair(ctx, &name, &value);
}


static ngx_int_t
ngx_http_hpf_mask_header_words(ngx_http_hpf_mask_header_t *ctx)
{
    size_t      len;
    u_char     *p, *end, *last;
    ngx_str_t   word;
    ngx_uint_t  pair;

    p = ctx->in.data;
    last = p + ctx->in.len;

    while (p < last) {

        len = ngx_http_hpf_mask_header_word(p, last, &pair);
        end = p + len;

        if (len && end < last && *end == '"' && end[-1] == '=') {

            end = ngx_strlchr(end + 1, last, '"');
            if (end == NULL) {
                end = last;
            }

            if (ngx_http_hpf_mask_header_quoted(ctx, p, p + len, end)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else if (pair) {
            word.data = p;
            word.len = len;

            if (ngx_http_hpf_mask_text_uri(ctx->request, ctx->rules, &word)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            if (word.data != p
                && ngx_http_hpf_mask_header_put(ctx, p, end, &word) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        p = end + 1;
    }

    return NGX_OK;
}


/* Up to what stands in no URI and no token. */

static size_t
ngx_http_hpf_mask_header_word(u_char *p, u_char *last, ngx_uint_t *pair)
{
    u_char  *start;

    *pair = 0;

    for (start = p; p < last; p++) {

        switch (*p) {

        case ' ': case '\t': case '"': case '<': case '>': case ';': case ',':
            return p - start;

        case '=': case '%':
            *pair = 1;
            break;

        default:
            break;
        }
    }

    return p - start;
}


/* NAME= at name, and a value between quotes. */

static ngx_int_t
ngx_http_hpf_mask_header_quoted(ngx_http_hpf_mask_header_t *ctx,
    u_char *name, u_char *quote, u_char *end)
{
    ngx_str_t  key, value;

    key.data = name;
    key.len = quote - 1 - name;
    value.data = quote + 1;
    value.len = end - value.data;

    return ngx_http_hpf_mask_header_pair(ctx, &key, &value);
}


/* The value of a name, in its place. */

static ngx_int_t
ngx_http_hpf_mask_header_pair(ngx_http_hpf_mask_header_t *ctx,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t   pair, masked;

    pair.len = name->len + 1 + value->len;
    pair.data = ngx_pnalloc(ctx->request->pool, pair.len);
    if (pair.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(pair.data, name->data, name->len);
    *p++ = '=';
    ngx_memcpy(p, value->data, value->len);

    masked = pair;

    if (ngx_http_hpf_mask_text(ctx->request, ctx->rules, HPF_MASK_TYPE_FORM,
                               &masked)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (masked.data == pair.data) {
        return NGX_OK;
    }

    /* where the pair is gone, the name stays */

    if (masked.len > name->len
        && ngx_memcmp(masked.data, pair.data, name->len + 1) == 0)
    {
        masked.data += name->len + 1;
        masked.len -= name->len + 1;

    } else {
        masked.len = 0;
    }

    return ngx_http_hpf_mask_header_put(ctx, value->data,
                                        value->data + value->len, &masked);
}


/* s instead of [from, to), behind what is before it. */

static ngx_int_t
ngx_http_hpf_mask_header_put(ngx_http_hpf_mask_header_t *ctx, u_char *from,
    u_char *to, ngx_str_t *s)
{
    u_char  *p;

    p = ctx->in.data + ctx->done;

    if (ngx_http_hpf_mask_header_add(ctx, p, from - p) != NGX_OK
        || ngx_http_hpf_mask_header_add(ctx, s->data, s->len) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->done = to - ctx->in.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_header_add(ngx_http_hpf_mask_header_t *ctx, u_char *p,
    size_t len)
{
    u_char  *new;

    if (ctx->out.len + len > ctx->size) {
        ctx->size = (ctx->out.len + len) * 2 + 64;

        new = ngx_pnalloc(ctx->request->pool, ctx->size);
        if (new == NULL) {
            return NGX_ERROR;
        }

        if (ctx->out.len) {
            ngx_memcpy(new, ctx->out.data, ctx->out.len);
        }

        ctx->out.data = new;
    }

    ngx_memcpy(ctx->out.data + ctx->out.len, p, len);
    ctx->out.len += len;

    return NGX_OK;
}
