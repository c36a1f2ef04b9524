/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Who a request is: its id, which is the trace id of a valid W3C traceparent
 * or made here, and the language of its messages.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hex.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_TRACEPARENT  55    /* 00-<32>-<16>-<2> */


/* weights in thousandths; -1: it is not named */

typedef struct {
    ngx_int_t  en;
    ngx_int_t  zh;
    ngx_int_t  any;
} ngx_http_hpf_languages_t;


static ngx_int_t ngx_http_hpf_id_inbound(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_hpf_id_hex(u_char *p, size_t n);
static ngx_uint_t ngx_http_hpf_id_english(ngx_http_request_t *r);
static void ngx_http_hpf_id_languages(ngx_str_t *value,
    ngx_http_hpf_languages_t *lang);
static ngx_uint_t ngx_http_hpf_id_is(u_char *p, u_char *end, const char *name);
static ngx_int_t ngx_http_hpf_id_weight(u_char *p, u_char *end);


ngx_int_t
ngx_http_hpf_id_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char            random[NGX_HTTP_HPF_ID_LEN / 2];
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("traceparent");

    ctx->en = ngx_http_hpf_id_english(r);

    h = ngx_http_hpf_header_in(r, &name);

    /* which of several was meant nobody knows */

    if (h && ngx_http_hpf_header_next(r, &name, h) == NULL
        && ngx_http_hpf_id_inbound(ctx, &h->value) == NGX_OK)
    {
        return NGX_OK;
    }

    if (ngx_http_hpf_random(random, sizeof(random)) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) hpf_hex_encode((char *) ctx->id, random, sizeof(random));

    return NGX_OK;
}


/*
 * W3C Trace Context, section 3.2: version 00 has exactly these fields, a
 * later one may have more behind them; all-zero ids are invalid.
 */

static ngx_int_t
ngx_http_hpf_id_inbound(ngx_http_hpf_ctx_t *ctx, ngx_str_t *value)
{
    u_char  *p;

    p = value->data;

    if (value->len < NGX_HTTP_HPF_TRACEPARENT
        || p[2] != '-' || p[35] != '-' || p[52] != '-'
        || ngx_strncmp(p, "ff", 2) == 0)
    {
        return NGX_DECLINED;
    }

    if (value->len > NGX_HTTP_HPF_TRACEPARENT
        && (ngx_strncmp(p, "00", 2) == 0 || p[55] != '-'))
    {
        return NGX_DECLINED;
    }

    if (ngx_http_hpf_id_hex(p, 2) == NGX_ERROR
        || ngx_http_hpf_id_hex(p + 3, 32) != NGX_OK
        || ngx_http_hpf_id_hex(p + 36, 16) != NGX_OK
        || ngx_http_hpf_id_hex(p + 53, 2) == NGX_ERROR)
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(ctx->id, p + 3, NGX_HTTP_HPF_ID_LEN);

    return NGX_OK;
}


/* NGX_OK: lower-case hex and not all zero; NGX_DECLINED: all zero. */

static ngx_int_t
ngx_http_hpf_id_hex(u_char *p, size_t n)
{
    u_char  zero;

    zero = '0';

    while (n--) {
        if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'))) {
            return NGX_ERROR;
        }

        zero |= *p++;
    }

    return zero == '0' ? NGX_DECLINED : NGX_OK;
}


/*
 * RFC 9110, section 12.5.4: English when it outweighs Chinese.  A language
 * that is not named has the weight of "*".
 */

static ngx_uint_t
ngx_http_hpf_id_english(ngx_http_request_t *r)
{
    ngx_table_elt_t           *h;
    ngx_http_hpf_languages_t   lang;

    static ngx_str_t  name = ngx_string("accept-language");

    lang.en = -1;
    lang.zh = -1;
    lang.any = -1;

    for (h = ngx_http_hpf_header_in(r, &name);
         h;
         h = ngx_http_hpf_header_next(r, &name, h))
    {
        ngx_http_hpf_id_languages(&h->value, &lang);
    }

    if (lang.en < 0) {
        lang.en = lang.any;
    }

    if (lang.zh < 0) {
        lang.zh = lang.any;
    }

    return lang.en > 0 && lang.en > lang.zh;
}


static void
ngx_http_hpf_id_languages(ngx_str_t *value, ngx_http_hpf_languages_t *lang)
{
    u_char     *p, *last, *end;
    ngx_int_t   q;

    p = value->data;
    last = p + value->len;

    while (p < last) {
        while (p < last && (*p == ' ' || *p == ',' || *p == '\t')) {
            p++;
        }

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        q = ngx_http_hpf_id_weight(p, end);

        if (ngx_http_hpf_id_is(p, end, "en")) {
            lang->en = ngx_max(lang->en, q);

        } else if (ngx_http_hpf_id_is(p, end, "zh")) {
            lang->zh = ngx_max(lang->zh, q);

        } else if (end > p && *p == '*') {
            lang->any = q;
        }

        p = end;
    }
}


/* RFC 4647, section 3.3.1: the name of a language, and what is of it. */

static ngx_uint_t
ngx_http_hpf_id_is(u_char *p, u_char *end, const char *name)
{
    if (end - p < 2 || ngx_strncasecmp(p, (u_char *) name, 2) != 0) {
        return 0;
    }

    return end - p == 2 || p[2] == '-' || p[2] == ';' || p[2] == ' '
           || p[2] == '\t';
}


/* The weight of one language in thousandths. */

static ngx_int_t
ngx_http_hpf_id_weight(u_char *p, u_char *end)
{
    ngx_int_t  q, unit;

    p = ngx_strlchr(p, end, '=');

    if (p == NULL || end - p < 2) {
        return 1000;
    }

    q = (p[1] == '1') ? 1000 : 0;
    unit = 100;

    for (p += 3; p < end && *p >= '0' && *p <= '9' && unit; p++) {
        q += (*p - '0') * unit;
        unit /= 10;
    }

    return ngx_min(q, 1000);
}
