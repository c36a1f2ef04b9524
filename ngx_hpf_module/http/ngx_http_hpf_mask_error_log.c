/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_error_log.h"
#include "ngx_http_hpf_mask_text.h"


/* The line so far; what has no room is cut off, as nginx does. */

typedef struct {
    u_char  *pos;
    u_char  *last;
} ngx_http_hpf_mask_line_t;


static u_char *ngx_http_hpf_mask_error_log(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static ngx_int_t ngx_http_hpf_mask_error_log_part(
    const hpf_mask_conf_t *conf, u_char *p, size_t len);
static int ngx_http_hpf_mask_error_log_out(void *data,
    const unsigned char *p, size_t len, unsigned pass);


/* nginx's own, the same for all requests */

static ngx_http_log_handler_pt  ngx_http_next_log_handler;


ngx_int_t
ngx_http_hpf_mask_error_log_handler(ngx_http_request_t *r)
{
    if (r->log_handler != ngx_http_hpf_mask_error_log) {
        ngx_http_next_log_handler = r->log_handler;
        r->log_handler = ngx_http_hpf_mask_error_log;
    }

    return NGX_DECLINED;
}


/* Nothing is taken from the pool: a line may tell that no memory is left. */

static u_char *
ngx_http_hpf_mask_error_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                    *p, *last, *part, text[NGX_MAX_ERROR_STR];
    hpf_mask_conf_t            conf;
    const hpf_mask_rules_t    *rules;
    ngx_http_hpf_mask_type_t   type;
    ngx_http_hpf_mask_line_t   line;

    rules = ngx_http_hpf_mask_filter_rules(r);
    if (rules == NULL) {
        return buf;
    }

    len = ngx_min(len, sizeof(text));
    last = ngx_http_next_log_handler(r, sr, text, len);

    if (last == text + len) {

        /* a value of which the end is missing would not be found */

        while (last > text && ngx_strchr(" \"/?#&=", last[-1]) == NULL) {
            last--;
        }
    }

    ngx_memzero(&type, sizeof(ngx_http_hpf_mask_type_t));

    type.type = HPF_MASK_TYPE_FORM;

    ngx_http_hpf_mask_text_conf(r, &conf, rules, &type);

    line.pos = buf;
    line.last = buf + len;

    conf.out = ngx_http_hpf_mask_error_log_out;
    conf.data = &line;

    /* a path and a query are forms of their own, and so is all between them */

    for (part = text; part < last; part = p) {

        for (p = part + 1; p < last && ngx_strchr(" \"?#", *p) == NULL; p++) {
            /* void */
        }

        if (ngx_http_hpf_mask_error_log_part(&conf, part, p - part)
            != NGX_OK)
        {
            break;
        }
    }

    return line.pos;
}


static ngx_int_t
ngx_http_hpf_mask_error_log_part(const hpf_mask_conf_t *conf, u_char *p,
    size_t len)
{
    hpf_mask_t  engine;

    hpf_mask_init(&engine, conf);

    if (hpf_mask_feed(&engine, p, len) != HPF_OK
        || hpf_mask_finish(&engine) != HPF_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static int
ngx_http_hpf_mask_error_log_out(void *data, const unsigned char *p,
    size_t len, unsigned pass)
{
    ngx_http_hpf_mask_line_t  *line;

    (void) pass;

    line = data;
    len = ngx_min(len, (size_t) (line->last - line->pos));
    line->pos = ngx_cpymem(line->pos, p, len);

    return HPF_OK;
}
