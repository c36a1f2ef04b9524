/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The request as the back end gets it: masked after the gate has verified
 * what was signed, before the content handler looks at it.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_sent.h"
#include "ngx_http_hpf_mask_text.h"


static ngx_http_hpf_mask_sent_t *ngx_http_hpf_mask_sent_create(
    ngx_http_request_t *r, ngx_http_hpf_mask_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_mask_sent_read(ngx_http_request_t *r);
static void ngx_http_hpf_mask_sent_read_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_sent_query(ngx_http_hpf_mask_sent_t *sent);
static void ngx_http_hpf_mask_sent_forget(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_sent_refuse(ngx_http_request_t *r,
    char *why);
static void ngx_http_hpf_mask_sent_event(ngx_event_t *ev);
static void ngx_http_hpf_mask_sent_cleanup(void *data);


ngx_int_t
ngx_http_hpf_mask_set_request(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->asked = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_mask_sent_handler(ngx_http_request_t *r)
{
    char                          *why;
    ngx_int_t                      rc;
    ngx_http_hpf_mask_ctx_t       *ctx;
    ngx_http_hpf_mask_sent_t      *sent;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);
    ctx = ngx_http_hpf_mask_get_ctx(r);

    if (!hmlcf->http.request && (ctx == NULL || !ctx->asked)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    sent = ctx->request_side;

    if (sent == NULL) {
        sent = ngx_http_hpf_mask_sent_create(r, ctx);
        if (sent == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (sent->event.posted) {
        return NGX_AGAIN;
    }

    /* an internal redirect may bring another query, and no other body */

    if (ngx_http_hpf_mask_sent_query(sent) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (sent->done) {
        return NGX_DECLINED;
    }

    if (r == r->main && r->request_body == NULL && !r->discard_body) {
        rc = ngx_http_hpf_mask_sent_read(r);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_http_hpf_mask_sent_body(sent, &why);

    if (rc == NGX_AGAIN) {
        ngx_post_event(&sent->event, &ngx_posted_next_events);
        return NGX_AGAIN;
    }

    if (rc == NGX_ABORT) {
        sent->done = 1;
        return ngx_http_hpf_mask_sent_refuse(r, why);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    sent->done = 1;

    return NGX_DECLINED;
}


static ngx_http_hpf_mask_sent_t *
ngx_http_hpf_mask_sent_create(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_mask_sent_t  *sent;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_mask_sent_t));
    if (cln == NULL) {
        return NULL;
    }

    sent = cln->data;

    ngx_memzero(sent, sizeof(ngx_http_hpf_mask_sent_t));

    sent->request = r;
    sent->event.handler = ngx_http_hpf_mask_sent_event;
    sent->event.data = sent;
    sent->event.log = r->connection->log;

    cln->handler = ngx_http_hpf_mask_sent_cleanup;

    sent->rules = ngx_http_hpf_mask_filter_rules(r);
    if (sent->rules == NULL) {
        return NULL;
    }

    ctx->request_side = sent;

    return sent;
}


/* All of the body, whatever "proxy_request_buffering" says. */

static ngx_int_t
ngx_http_hpf_mask_sent_read(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NGX_OK;
    }

    rc = ngx_http_read_client_request_body(r,
                                         ngx_http_hpf_mask_sent_read_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    /* the phases go on from the handler, which may have been called already */

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_hpf_mask_sent_read_handler(ngx_http_request_t *r)
{
    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* The query, also in the line as the client wrote it, which a proxy passes. */

static ngx_int_t
ngx_http_hpf_mask_sent_query(ngx_http_hpf_mask_sent_t *sent)
{
    u_char                    *p, *last;
    ngx_str_t                  args, line;
    ngx_http_request_t        *r;
    ngx_http_hpf_mask_text_t   text;

    r = sent->request;
    args = r->args;

    if (args.len == 0
        || (args.len == sent->args.len && args.data == sent->args.data))
    {
        return NGX_OK;
    }

    ngx_http_hpf_mask_text_init(&text, r, sent->rules);

    if (ngx_http_hpf_mask_text_add(&text, HPF_MASK_TYPE_FORM, args.data,
                                   args.len)
            != NGX_OK
        || ngx_http_hpf_mask_add(r, text.count) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (text.count == 0) {
        sent->args = args;
        return NGX_OK;
    }

    args = text.s;
    sent->args = args;
    r->args = args;

    if (r != r->main) {
        return NGX_OK;
    }

    line = r->unparsed_uri;
    last = line.data + line.len;
    p = ngx_strlchr(line.data, last, '?');

    if (p == NULL) {
        return NGX_OK;
    }

    p++;

    line.len = p - line.data + args.len;
    line.data = ngx_pnalloc(r->pool, line.len);
    if (line.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(line.data, r->unparsed_uri.data,
                          p - r->unparsed_uri.data),
               args.data, args.len);

    r->unparsed_uri = line;

    ngx_http_hpf_mask_sent_forget(r);

    return NGX_OK;
}


/* $request_uri may have been asked for already. */

static void
ngx_http_hpf_mask_sent_forget(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].name.len == 11
            && ngx_strncmp(v[i].name.data, "request_uri", 11) == 0)
        {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }
}


static ngx_int_t
ngx_http_hpf_mask_sent_refuse(ngx_http_request_t *r, char *why)
{
    size_t                    len;
    ngx_http_complex_value_t  cv;

    static ngx_str_t  type = ngx_string("application/problem+json");

    static char       format[] =
        "{\"type\":\"urn:hpf:problem:mask-unscannable\","
        "\"title\":\"Unsupported Media Type\",\"status\":415,"
        "\"detail\":\"the request has %s that cannot be masked\","
        "\"code\":\"mask-unscannable\"}";

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "hpf mask: the request has %s that cannot be masked", why);

    len = sizeof(format) + ngx_strlen(why);

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = ngx_pnalloc(r->pool, len);
    if (cv.value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cv.value.len = ngx_sprintf(cv.value.data, format, why) - cv.value.data;

    ngx_http_finalize_request(r,
                 ngx_http_send_response(r, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                        &type, &cv));

    return NGX_DONE;
}


static void
ngx_http_hpf_mask_sent_event(ngx_event_t *ev)
{
    ngx_http_hpf_mask_sent_t *sent = ev->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = sent->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_hpf_mask_sent_cleanup(void *data)
{
    ngx_http_hpf_mask_sent_t *sent = data;

    if (sent->event.posted) {
        ngx_delete_posted_event(&sent->event);
    }
}
