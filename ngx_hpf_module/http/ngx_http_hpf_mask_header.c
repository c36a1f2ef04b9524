/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A header is text that holds names with values: NAME=VALUE, NAME="VALUE",
 * and queries of URIs.  These have the rules of their names; what is between
 * them is the header's own, and searched for values only.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_header.h"
#include "ngx_http_hpf_mask_text.h"


static ngx_http_hpf_mask_field_t *ngx_http_hpf_mask_header_field(
    ngx_http_hpf_mask_http_conf_t *conf, ngx_str_t *key);
static ngx_int_t ngx_http_hpf_mask_header_one(ngx_http_hpf_mask_text_t *text,
    ngx_http_hpf_mask_field_t *field, ngx_table_elt_t *h);
static ngx_int_t ngx_http_hpf_mask_header_text(
    ngx_http_hpf_mask_text_t *text, ngx_str_t *name, ngx_str_t *value);
static ngx_uint_t ngx_http_hpf_mask_header_is(ngx_str_t *name, char *other);
static ngx_int_t ngx_http_hpf_mask_header_cookie(
    ngx_http_hpf_mask_text_t *text, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_mask_header_words(
    ngx_http_hpf_mask_text_t *text, ngx_str_t *value);
static u_char *ngx_http_hpf_mask_header_word(u_char *p, u_char *last,
    ngx_uint_t *pair);
static ngx_int_t ngx_http_hpf_mask_header_uri(ngx_http_hpf_mask_text_t *text,
    u_char *p, u_char **end, u_char *last);
static u_char *ngx_http_hpf_mask_header_groups(u_char *p, u_char *last);
static u_char *ngx_http_hpf_mask_header_quoted(u_char *p, u_char *last);
static ngx_int_t ngx_http_hpf_mask_header_pair(ngx_http_hpf_mask_text_t *text,
    u_char *name, u_char *value, u_char *end);
static u_char *ngx_http_hpf_mask_header_extended(u_char *p, u_char *end);
static ngx_int_t ngx_http_hpf_mask_header_other(
    ngx_http_hpf_mask_text_t *masked, u_char *name, u_char *value, u_char *end);
static ngx_int_t ngx_http_hpf_mask_header_code(ngx_http_hpf_mask_text_t *text,
    ngx_str_t *value);


ngx_int_t
ngx_http_hpf_mask_header(ngx_http_request_t *r,
    ngx_http_hpf_mask_loc_conf_t *hmlcf)
{
    ngx_uint_t                  i;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    const hpf_mask_rules_t     *rules;
    ngx_http_hpf_mask_text_t    text;
    ngx_http_hpf_mask_field_t  *field;

    rules = ngx_http_hpf_mask_filter_rules(r);
    if (rules == NULL) {
        return NGX_ERROR;
    }

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

        field = ngx_http_hpf_mask_header_field(&hmlcf->http, &h[i].key);

        if (field == NULL) {
            continue;
        }

        ngx_http_hpf_mask_text_init(&text, r, rules);

        if (ngx_http_hpf_mask_header_one(&text, field, &h[i]) != NGX_OK
            || ngx_http_hpf_mask_add(r, text.count) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


static ngx_http_hpf_mask_field_t *
ngx_http_hpf_mask_header_field(ngx_http_hpf_mask_http_conf_t *conf,
    ngx_str_t *key)
{
    u_char                      low[NGX_HTTP_HPF_MASK_HEADER];
    ngx_int_t                   n;
    ngx_str_t                   name;
    ngx_http_hpf_mask_field_t  *field;

    if (key->len > sizeof(low)) {
        return NULL;
    }

    ngx_strlow(low, key->data, key->len);

    name.data = low;
    name.len = key->len;

    field = conf->fields->elts;
    n = ngx_http_hpf_names_find(conf->names, &name);

    return n == NGX_DECLINED ? NULL : &field[n];
}


static ngx_int_t
ngx_http_hpf_mask_header_one(ngx_http_hpf_mask_text_t *text,
    ngx_http_hpf_mask_field_t *field, ngx_table_elt_t *h)
{
    ngx_int_t  rc;

    if (field->whole && field->shape.kind == HPF_MASK_DROP) {
        h->hash = 0;

        if (h == text->request->headers_out.location) {
            text->request->headers_out.location = NULL;
        }

        text->count++;

        return NGX_OK;
    }

    if (field->whole) {
        rc = ngx_http_hpf_mask_text_value(text, &field->shape, &h->value,
                                          HPF_MASK_PLAIN);

    } else {
        rc = ngx_http_hpf_mask_header_text(text, &field->name, &h->value);
    }

    if (rc == NGX_OK && text->count) {
        h->value = text->s;
    }

    return rc;
}


static ngx_int_t
ngx_http_hpf_mask_header_text(ngx_http_hpf_mask_text_t *text, ngx_str_t *name,
    ngx_str_t *value)
{
    if (ngx_http_hpf_mask_header_is(name, "set-cookie")) {
        return ngx_http_hpf_mask_header_cookie(text, value);
    }

    if (ngx_http_hpf_mask_header_is(name, "location")
        || ngx_http_hpf_mask_header_is(name, "content-location"))
    {
        return ngx_http_hpf_mask_text_uri(text, value->data, value->len);
    }

    return ngx_http_hpf_mask_header_words(text, value);
}


static ngx_uint_t
ngx_http_hpf_mask_header_is(ngx_str_t *name, char *other)
{
    return name->len == ngx_strlen(other)
           && ngx_strncmp(name->data, other, name->len) == 0;
}


/* NAME=VALUE; attributes, whose names are no data of a person. */

static ngx_int_t
ngx_http_hpf_mask_header_cookie(ngx_http_hpf_mask_text_t *text,
    ngx_str_t *value)
{
    u_char  *p, *end, *last;

    last = value->data + value->len;

    end = ngx_strlchr(value->data, last, ';');
    if (end == NULL) {
        end = last;
    }

    p = ngx_strlchr(value->data, end, '=');

    if (p == NULL) {
        end = value->data;

    } else {
        p++;

        if (end - p >= 2 && *p == '"' && end[-1] == '"') {
            p++;
            end--;
        }

        if (ngx_http_hpf_mask_header_pair(text, value->data, p, end)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_TEXT, end,
                                      last - end);
}


static ngx_int_t
ngx_http_hpf_mask_header_words(ngx_http_hpf_mask_text_t *text,
    ngx_str_t *value)
{
    u_char      *p, *done, *end, *last;
    ngx_int_t    rc;
    ngx_uint_t   pair;

    done = value->data;
    last = done + value->len;

    for (p = done; p < last; p = end) {

        end = ngx_http_hpf_mask_header_word(p, last, &pair);

        if (!pair) {
            end += (end == p);
            continue;
        }

        if (ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_TEXT, done,
                                       p - done)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (end < last && *end == '"' && end[-1] == '=') {
            done = end + 1;
            end = ngx_http_hpf_mask_header_quoted(done, last);
            rc = ngx_http_hpf_mask_header_pair(text, p, done, end);

        } else {
            done = ngx_strlchr(p, end, '=');

            if (done != NULL && done > p && done[-1] == '*') {
                rc = ngx_http_hpf_mask_header_pair(text, p, done + 1, end);

            } else {
                rc = ngx_http_hpf_mask_header_uri(text, p, &end, last);
            }
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }

        done = end;
    }

    return ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_TEXT, done,
                                      last - done);
}


/* Up to what stands in no token and no URI: one in "<>" may have more. */

static u_char *
ngx_http_hpf_mask_header_word(u_char *p, u_char *last, ngx_uint_t *pair)
{
    u_char  *start;

    *pair = 0;

    for (start = p; p < last; p++) {

        switch (*p) {

        case ';': case ',': case '<':
            if (*start != '<') {
                return p;
            }

            break;

        case ' ': case '\t': case '"': case '>':
            return p;

        case '=': case '%':
            *pair = 1;
            break;

        default:
            break;
        }
    }

    return p;
}


/* A value in groups of digits, "x=138 0013 8000", goes on behind its word. */

static ngx_int_t
ngx_http_hpf_mask_header_uri(ngx_http_hpf_mask_text_t *text, u_char *p,
    u_char **end, u_char *last)
{
    u_char                    *to;
    ngx_http_hpf_mask_text_t   before;

    to = ngx_http_hpf_mask_header_groups(*end, last);

    if (to != *end) {
        before = *text;

        if (ngx_http_hpf_mask_text_uri(text, p, to - p) != NGX_OK) {
            return NGX_ERROR;
        }

        if (text->count != before.count) {
            *end = to;
            return NGX_OK;
        }

        *text = before;
    }

    return ngx_http_hpf_mask_text_uri(text, p, *end - p);
}


/* Behind the groups at p, a blank before each; p itself: there are none. */

static u_char *
ngx_http_hpf_mask_header_groups(u_char *p, u_char *last)
{
    u_char  *q;

    while (last - p > 1 && p[0] == ' '
           && p[-1] >= '0' && p[-1] <= '9' && p[1] >= '0' && p[1] <= '9')
    {
        for (q = p + 1; q < last; q++) {

            if ((*q < '0' || *q > '9') && *q != '-' && (*q | 0x20) != 'x') {
                break;
            }
        }

        /* a word that only begins with digits */

        if (q < last
            && (*q >= 0x80 || *q == '=' || *q == '%' || *q == '_'
                || ((*q | 0x20) >= 'a' && (*q | 0x20) <= 'z')))
        {
            break;
        }

        p = q;
    }

    return p;
}


/* The quote that ends a string (RFC 9110 section 5.6.4), or last. */

static u_char *
ngx_http_hpf_mask_header_quoted(u_char *p, u_char *last)
{
    for ( /* void */ ; p < last && *p != '"'; p++) {

        if (*p == '\\' && last - p > 1) {
            p++;
        }
    }

    return p;
}


/*
 * The name from name to value, with its "=" and quote, and a value up to end,
 * all of which has the rule of the name.  The name stays where the value goes.
 * With a star behind it (RFC 8187) the name is the one before the star.
 */

static ngx_int_t
ngx_http_hpf_mask_header_pair(ngx_http_hpf_mask_text_t *text, u_char *name,
    u_char *value, u_char *end)
{
    u_char                    *last;
    ngx_int_t                  rc;
    ngx_str_t                  v;
    ngx_uint_t                 extended;
    const hpf_mask_shape_t    *shape;
    ngx_http_hpf_mask_text_t   masked;

    last = value - 1 - (value[-1] == '"');
    extended = (last > name && last[-1] == '*');

    shape = hpf_mask_form_rule(text->rules, name, last - extended);

    if (extended && shape != NULL) {
        value = ngx_http_hpf_mask_header_extended(value, end);
    }

    if (ngx_http_hpf_mask_text_add(text, HPF_MASK_TYPE_TEXT, name,
                                   value - name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_text_init(&masked, text->request, text->rules);

    v.data = value;
    v.len = end - value;

    if (shape == NULL) {
        rc = ngx_http_hpf_mask_header_other(&masked, name, value, end);

    } else if (v.len) {
        rc = ngx_http_hpf_mask_text_value(&masked, shape, &v,
                                          HPF_MASK_FORM_TEXT);

    } else {
        rc = NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    text->count += masked.count;

    return extended ? ngx_http_hpf_mask_header_code(text, &masked.s)
                    : ngx_http_hpf_mask_text_put(text, masked.s.data,
                                                 masked.s.len);
}


/* Behind the character set and the language, "UTF-8'en'". */

static u_char *
ngx_http_hpf_mask_header_extended(u_char *p, u_char *end)
{
    u_char  *q;

    q = ngx_strlchr(p, end, '\'');

    if (q != NULL) {
        q = ngx_strlchr(q + 1, end, '\'');
    }

    return (q != NULL) ? q + 1 : p;
}


/* A value without a rule: it may have pairs of its own. */

static ngx_int_t
ngx_http_hpf_mask_header_other(ngx_http_hpf_mask_text_t *masked, u_char *name,
    u_char *value, u_char *end)
{
    u_char     *p, *last;
    ngx_str_t   pair;

    pair.data = ngx_pnalloc(masked->request->pool, end - name);
    if (pair.data == NULL) {
        return NGX_ERROR;
    }

    /* without the quote */

    p = value - (value[-1] == '"');
    last = ngx_cpymem(pair.data, name, p - name);
    last = ngx_cpymem(last, value, end - value);

    pair.len = last - pair.data;

    if (ngx_http_hpf_mask_text_add(masked, HPF_MASK_TYPE_FORM, pair.data,
                                   pair.len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    last = masked->s.data + masked->s.len;

    for (p = masked->s.data; name < value; name++) {

        if (*name == '=') {
            p = ngx_strlchr(p, last, '=');
            p = (p != NULL) ? p + 1 : last;
        }
    }

    masked->s.data = p;
    masked->s.len = last - p;

    return NGX_OK;
}


/* A value as RFC 8187 has it holds no star. */

static ngx_int_t
ngx_http_hpf_mask_header_code(ngx_http_hpf_mask_text_t *text, ngx_str_t *value)
{
    u_char     *p, *start, *last;
    ngx_int_t   rc;

    start = value->data;
    last = start + value->len;
    rc = NGX_OK;

    for (p = start; p < last && rc == NGX_OK; p++) {

        if (*p == '*') {
            rc = ngx_http_hpf_mask_text_put(text, start, p - start);

            if (rc == NGX_OK) {
                rc = ngx_http_hpf_mask_text_put(text, (u_char *) "%2A", 3);
            }

            start = p + 1;
        }
    }

    return (rc == NGX_OK)
           ? ngx_http_hpf_mask_text_put(text, start, last - start) : rc;
}
