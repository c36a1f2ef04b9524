/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The body of a request, which has been read, is replaced by its masked form:
 * in a buffer of "client_body_buffer_size", or in a temporary file of its own
 * when that does not hold it.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_sent.h"
#include "ngx_http_hpf_mask_text.h"


#define NGX_HTTP_HPF_MASK_SENT_PIECE  32768

/* What is read of a file before others have their turn. */
#define NGX_HTTP_HPF_MASK_SENT_TURN   1048576


static ngx_int_t ngx_http_hpf_mask_sent_start(ngx_http_hpf_mask_sent_t *sent,
    char **why);
static ngx_uint_t ngx_http_hpf_mask_sent_coded(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_sent_charset(
    ngx_http_hpf_mask_sent_t *sent, ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_http_hpf_mask_type_t *type, const hpf_mask_charset_t **cs);
static ngx_int_t ngx_http_hpf_mask_sent_head(ngx_http_hpf_mask_sent_t *sent,
    u_char *head, size_t *len);
static ngx_int_t ngx_http_hpf_mask_sent_engine(
    ngx_http_hpf_mask_sent_t *sent, ngx_http_hpf_mask_type_t *type);
static ngx_int_t ngx_http_hpf_mask_sent_run(ngx_http_hpf_mask_sent_t *sent);
static ngx_int_t ngx_http_hpf_mask_sent_piece(ngx_http_hpf_mask_sent_t *sent,
    ngx_buf_t *b);
static ngx_int_t ngx_http_hpf_mask_sent_feed(ngx_http_hpf_mask_sent_t *sent,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hpf_mask_sent_finish(
    ngx_http_hpf_mask_sent_t *sent);
static ngx_int_t ngx_http_hpf_mask_sent_replace(
    ngx_http_hpf_mask_sent_t *sent);
static ngx_int_t ngx_http_hpf_mask_sent_type(ngx_http_hpf_mask_sent_t *sent,
    ngx_str_t *type);
static int ngx_http_hpf_mask_sent_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);
static ngx_int_t ngx_http_hpf_mask_sent_flush(ngx_http_hpf_mask_sent_t *sent);


ngx_int_t
ngx_http_hpf_mask_sent_body(ngx_http_hpf_mask_sent_t *sent, char **why)
{
    ngx_int_t  rc;

    if (sent->engine == NULL) {
        rc = ngx_http_hpf_mask_sent_start(sent, why);

        if (rc == NGX_DECLINED) {
            return ngx_http_hpf_mask_request_rewrite(sent->request, -1, NULL);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_http_hpf_mask_sent_run(sent);

    return (rc == NGX_OK) ? ngx_http_hpf_mask_sent_finish(sent) : rc;
}


/* NGX_DECLINED: there is nothing to mask. */

static ngx_int_t
ngx_http_hpf_mask_sent_start(ngx_http_hpf_mask_sent_t *sent, char **why)
{
    ngx_int_t                      rc;
    ngx_str_t                     *value;
    ngx_http_request_t            *r;
    ngx_http_hpf_mask_type_t       type;
    const hpf_mask_charset_t      *cs;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    cs = NULL;

    r = sent->request;
    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_DECLINED;
    }

    value = (r->headers_in.content_type != NULL)
            ? &r->headers_in.content_type->value : NULL;

    *why = NULL;

    /* parts have types, characters and codings of their own */

    if (value != NULL && value->len > 10
        && ngx_strncasecmp(value->data, (u_char *) "multipart/", 10) == 0)
    {
        *why = "a body of several parts";

    } else {
        ngx_http_hpf_mask_type(hmlcf, value, &type);

        if (type.type == HPF_MASK_TYPES) {
            return NGX_DECLINED;
        }
    }

    if (*why == NULL && ngx_http_hpf_mask_sent_coded(r)) {
        *why = "a body with a content coding";
    }

    if (*why == NULL) {
        rc = ngx_http_hpf_mask_sent_charset(sent, hmlcf, &type, &cs);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_ABORT) {
            *why = "a body in characters";
        }
    }

    if (*why != NULL) {

        if (hmlcf->unscannable != NGX_HTTP_HPF_MASK_PASS) {
            return NGX_ABORT;
        }

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "hpf mask: the request has %s that cannot be masked, "
                      "passed as it is", *why);

        return NGX_DECLINED;
    }

    if (cs != NULL && cs->name != NULL) {
        sent->convert = ngx_http_hpf_mask_convert_create(r->pool, cs);
        if (sent->convert == NULL) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_mask_sent_engine(sent, &type);
}


static ngx_uint_t
ngx_http_hpf_mask_sent_coded(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("content-encoding");

    h = ngx_http_hpf_mask_request_find(r, &name);

    return h != NULL
           && ngx_http_hpf_mask_inflate_coding(&h->value)
              != NGX_HTTP_HPF_MASK_IDENTITY;
}


/* *cs: NULL or what the body is to be converted from.  NGX_ABORT: no way. */

static ngx_int_t
ngx_http_hpf_mask_sent_charset(ngx_http_hpf_mask_sent_t *sent,
    ngx_http_hpf_mask_loc_conf_t *hmlcf, ngx_http_hpf_mask_type_t *type,
    const hpf_mask_charset_t **cs)
{
    size_t                     len, n;
    u_char                     head[HPF_MASK_CHARSET_HEAD];
    ngx_table_elt_t           *h;
    const unsigned char       *name;
    const hpf_mask_charset_t  *mark;

    n = 0;
    *cs = NULL;
    h = sent->request->headers_in.content_type;

    if (ngx_http_hpf_mask_sent_head(sent, head, &len) != NGX_OK) {
        return NGX_ERROR;
    }

    if (h != NULL) {
        n = hpf_mask_charset_param(h->value.data, h->value.len, &name);
    }

    mark = hpf_mask_charset_mark(head, len);

    if (mark != NULL && (n == 0 || head[0] >= 0x80)) {
        *cs = mark;

    } else if (n == 0 && type->type == HPF_MASK_TYPE_MARKUP) {
        n = hpf_mask_charset_declared(head, len, &name);
    }

    if (*cs == NULL && n) {
        *cs = hpf_mask_charset_find((char *) name, n);

        if (*cs == NULL) {
            return NGX_ABORT;
        }
    }

    if (*cs == NULL) {
        *cs = hmlcf->http.charset_default;
    }

    return (*cs != NULL && (*cs)->name != NULL
            && hmlcf->http.charset != NGX_HTTP_HPF_MASK_CONVERT)
           ? NGX_ABORT : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_sent_head(ngx_http_hpf_mask_sent_t *sent, u_char *head,
    size_t *len)
{
    size_t        n;
    ssize_t       size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    *len = 0;

    for (cl = sent->request->request_body->bufs; cl; cl = cl->next) {

        b = cl->buf;
        n = ngx_min((size_t) ngx_buf_size(b), HPF_MASK_CHARSET_HEAD - *len);

        if (n == 0) {
            continue;
        }

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(head + *len, b->pos, n);

        } else {
            size = ngx_read_file(b->file, head + *len, n, b->file_pos);

            if (size != (ssize_t) n) {
                return NGX_ERROR;
            }
        }

        *len += n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_sent_engine(ngx_http_hpf_mask_sent_t *sent,
    ngx_http_hpf_mask_type_t *type)
{
    off_t                      length;
    size_t                     size;
    ngx_chain_t               *cl;
    hpf_mask_conf_t            conf;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = sent->request;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    sent->in = r->request_body->bufs;
    sent->pos = -1;
    length = 0;

    for (cl = sent->in; cl; cl = cl->next) {
        length += ngx_buf_size(cl->buf);
    }

    size = ngx_min(length * 5 / 4 + 256,
                   (off_t) clcf->client_body_buffer_size);

    sent->buf = ngx_create_temp_buf(r->pool, size);
    sent->engine = ngx_palloc(r->pool, sizeof(hpf_mask_t));

    if (sent->buf == NULL || sent->engine == NULL) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_text_conf(r, &conf, sent->rules, type);

    conf.copy = 1;
    conf.out = ngx_http_hpf_mask_sent_out;
    conf.data = sent;

    hpf_mask_init(sent->engine, &conf);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_sent_run(ngx_http_hpf_mask_sent_t *sent)
{
    size_t      turn;
    ngx_int_t   n;
    ngx_buf_t  *b;

    turn = 0;

    while (sent->in != NULL) {

        b = sent->in->buf;

        if (ngx_buf_in_memory(b)) {

            if (ngx_http_hpf_mask_sent_feed(sent, b->pos, b->last - b->pos)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else if (b->in_file) {

            if (turn >= NGX_HTTP_HPF_MASK_SENT_TURN) {
                return NGX_AGAIN;
            }

            n = ngx_http_hpf_mask_sent_piece(sent, b);

            if (n == NGX_ERROR) {
                return NGX_ERROR;
            }

            turn += n;

            if (sent->pos < b->file_last) {
                continue;
            }
        }

        sent->in = sent->in->next;
        sent->pos = -1;
    }

    return NGX_OK;
}


/* Returns what was read of the file. */

static ngx_int_t
ngx_http_hpf_mask_sent_piece(ngx_http_hpf_mask_sent_t *sent, ngx_buf_t *b)
{
    size_t    size;
    ssize_t   n;

    if (sent->piece == NULL) {
        sent->piece = ngx_palloc(sent->request->pool,
                                 NGX_HTTP_HPF_MASK_SENT_PIECE);
        if (sent->piece == NULL) {
            return NGX_ERROR;
        }
    }

    if (sent->pos < 0) {
        sent->pos = b->file_pos;
    }

    size = ngx_min(b->file_last - sent->pos, NGX_HTTP_HPF_MASK_SENT_PIECE);

    n = ngx_read_file(b->file, sent->piece, size, sent->pos);

    if (n != (ssize_t) size) {
        return NGX_ERROR;
    }

    sent->pos += n;

    if (ngx_http_hpf_mask_sent_feed(sent, sent->piece, size) != NGX_OK) {
        return NGX_ERROR;
    }

    return n;
}


static ngx_int_t
ngx_http_hpf_mask_sent_feed(ngx_http_hpf_mask_sent_t *sent, u_char *p,
    size_t len)
{
    u_char     *last;
    ngx_int_t   rc;
    ngx_str_t   out;

    if (sent->convert == NULL) {
        rc = hpf_mask_feed(sent->engine, p, len);

        return (rc == HPF_OK) ? NGX_OK : NGX_ERROR;
    }

    last = p + len;

    do {
        rc = ngx_http_hpf_mask_convert(sent->convert, &p, last, &out);

        if (out.len
            && hpf_mask_feed(sent->engine, out.data, out.len) != HPF_OK)
        {
            return NGX_ERROR;
        }

    } while (rc == NGX_OK);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_sent_finish(ngx_http_hpf_mask_sent_t *sent)
{
    ngx_str_t            out, type;
    ngx_http_request_t  *r;

    r = sent->request;

    if (sent->convert != NULL) {
        ngx_http_hpf_mask_convert_end(sent->convert, &out);

        if (out.len
            && hpf_mask_feed(sent->engine, out.data, out.len) != HPF_OK)
        {
            return NGX_ERROR;
        }
    }

    if (hpf_mask_finish(sent->engine) != HPF_OK
        || ngx_http_hpf_mask_sent_replace(sent) != NGX_OK
        || ngx_http_hpf_mask_add(r, sent->engine->count) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "hpf mask: request body of %O bytes, %uz fields masked",
                   sent->length, sent->engine->count);

    if (sent->convert == NULL || r->headers_in.content_type == NULL) {
        return ngx_http_hpf_mask_request_rewrite(r, sent->length, NULL);
    }

    if (ngx_http_hpf_mask_sent_type(sent, &type) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_mask_request_rewrite(r, sent->length, &type);
}


/* A subrequest has its parent's body, which stays. */

static ngx_int_t
ngx_http_hpf_mask_sent_replace(ngx_http_hpf_mask_sent_t *sent)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_request_t       *r;
    ngx_http_request_body_t  *rb;

    r = sent->request;

    if ((sent->file != NULL || r->request_body_in_file_only)
        && ngx_http_hpf_mask_sent_flush(sent) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (sent->file != NULL && sent->file->file.fd == NGX_INVALID_FILE) {
        sent->file = NULL;
    }

    rb = ngx_palloc(r->pool, sizeof(ngx_http_request_body_t));
    cl = ngx_alloc_chain_link(r->pool);

    if (rb == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    *rb = *r->request_body;

    b = sent->buf;

    if (sent->file != NULL) {
        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->in_file = 1;
        b->file = &sent->file->file;
        b->file_last = sent->file->offset;
        sent->length = b->file_last;

    } else {
        sent->length = b->last - b->pos;
    }

    cl->buf = b;
    cl->next = NULL;

    rb->bufs = (sent->length > 0) ? cl : NULL;
    rb->buf = NULL;
    rb->temp_file = sent->file;

    r->request_body = rb;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_sent_type(ngx_http_hpf_mask_sent_t *sent, ngx_str_t *type)
{
    size_t               len;
    ngx_str_t           *value;
    ngx_http_request_t  *r;

    static ngx_str_t  utf8 = ngx_string("; charset=utf-8");

    r = sent->request;
    value = &r->headers_in.content_type->value;
    len = ngx_http_hpf_mask_type_len(value);

    type->len = len + utf8.len;
    type->data = ngx_pnalloc(r->pool, type->len + 1);
    if (type->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(type->data, value->data, len), utf8.data,
               utf8.len + 1);

    return NGX_OK;
}


static int
ngx_http_hpf_mask_sent_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    ngx_http_hpf_mask_sent_t *sent = data;

    size_t      n;
    ngx_buf_t  *b;

    (void) pass;

    b = sent->buf;

    while (len) {

        if (b->last == b->end
            && ngx_http_hpf_mask_sent_flush(sent) != NGX_OK)
        {
            return HPF_ERROR;
        }

        n = ngx_min((size_t) (b->end - b->last), len);

        b->last = ngx_cpymem(b->last, p, n);
        p += n;
        len -= n;
    }

    return HPF_OK;
}


/* The buffer goes into the file. */

static ngx_int_t
ngx_http_hpf_mask_sent_flush(ngx_http_hpf_mask_sent_t *sent)
{
    ssize_t                    n;
    ngx_chain_t                out;
    ngx_temp_file_t           *tf;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = sent->request;
    tf = sent->file;

    if (tf == NULL) {
        tf = ngx_pcalloc(r->pool, sizeof(ngx_temp_file_t));
        if (tf == NULL) {
            return NGX_ERROR;
        }

        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        tf->file.fd = NGX_INVALID_FILE;
        tf->file.log = r->connection->log;
        tf->path = clcf->client_body_temp_path;
        tf->pool = r->pool;
        tf->log_level = r->request_body_file_log_level;
        tf->persistent = r->request_body_in_persistent_file;
        tf->clean = r->request_body_in_clean_file;

        if (r->request_body_file_group_access) {
            tf->access = 0660;
        }

        tf->warn = "a masked request body is buffered to a temporary file";

        sent->file = tf;
    }

    if (sent->buf->pos == sent->buf->last) {
        return NGX_OK;
    }

    out.buf = sent->buf;
    out.next = NULL;

    n = ngx_write_chain_to_temp_file(tf, &out);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    tf->offset += n;

    sent->buf->pos = sent->buf->start;
    sent->buf->last = sent->buf->start;

    return NGX_OK;
}
