/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The body of a request, whole and in memory, bounded by "hpf_body_max".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"


static void ngx_http_hpf_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_body_gather(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, size_t max);
static ngx_int_t ngx_http_hpf_body_copy(ngx_http_request_t *r, u_char *p);


ngx_int_t
ngx_http_hpf_read_body(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    if (ctx->body_read) {
        return ngx_http_hpf_body_gather(r, ctx, hlcf->body_max);
    }

    if (r->headers_in.content_length_n > (off_t) hlcf->body_max) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_BODY_TOO_LARGE);
    }

    if (!ngx_http_hpf_has_body(r)) {
        return NGX_OK;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_hpf_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

        /* where the next request begins is not known */

        r->keepalive = 0;

        return ngx_http_hpf_refuse(ctx, ngx_http_hpf_problem_of_status(rc));
    }

    /* the phases go on from the handler, which may have been called already */

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_hpf_body_handler(ngx_http_request_t *r)
{
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_http_hpf_get_ctx(r);

    ctx->body_read = 1;

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* Once: the buffers become one string. */

static ngx_int_t
ngx_http_hpf_body_gather(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    size_t max)
{
    off_t         len;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (ctx->body.data || r->request_body == NULL
        || r->request_body->bufs == NULL)
    {
        return NGX_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > (off_t) max) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_BODY_TOO_LARGE);
    }

    b = r->request_body->bufs->buf;

    if (r->request_body->bufs->next == NULL && ngx_buf_in_memory(b)) {
        ctx->body.data = b->pos;
        ctx->body.len = b->last - b->pos;

        return NGX_OK;
    }

    ctx->body.data = ngx_pnalloc(r->pool, len + 1);
    if (ctx->body.data == NULL) {
        return NGX_ERROR;
    }

    ctx->body.len = len;

    return ngx_http_hpf_body_copy(r, ctx->body.data);
}


static ngx_int_t
ngx_http_hpf_body_copy(ngx_http_request_t *r, u_char *p)
{
    size_t        size;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
            continue;
        }

        /* the end of a chunked body is a buffer with nothing in it */

        if (!b->in_file) {
            continue;
        }

        /* "client_body_in_file_only", or more than client_body_buffer_size */

        size = b->file_last - b->file_pos;

        n = ngx_read_file(b->file, p, size, b->file_pos);

        if (n != (ssize_t) size) {
            return NGX_ERROR;
        }

        p += n;
    }

    return NGX_OK;
}
