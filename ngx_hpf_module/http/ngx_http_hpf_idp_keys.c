/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys of identity providers.  A file is looked at every two seconds.  A back
 * end is asked by whoever logs in: when there are no keys, when they are old,
 * and when a token names one that is not known, once in ten seconds at most.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_idp.h"


#define NGX_HTTP_HPF_IDP_LOOK   2000       /* ms */
#define NGX_HTTP_HPF_IDP_PAUSE  10         /* s between two questions */


static ngx_int_t ngx_http_hpf_idp_keys_read(ngx_http_hpf_idp_t *idp,
    ngx_fd_t fd, ngx_file_info_t *fi, const char **why);
static ngx_int_t ngx_http_hpf_idp_keys_set(ngx_http_hpf_idp_t *idp,
    ngx_str_t *text, const char **why);
static void ngx_http_hpf_idp_keys_look(ngx_event_t *ev);
static ngx_int_t ngx_http_hpf_idp_keys_ask(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_idp_t *idp);
static void ngx_http_hpf_idp_keys_answered(ngx_http_hpf_ctx_t *ctx,
    void *data, ngx_http_hpf_backend_res_t *res);


ngx_int_t
ngx_http_hpf_idp_keys_file(ngx_http_hpf_idp_t *idp, ngx_log_t *log,
    const char **why)
{
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    *why = "the file cannot be read";

    fd = ngx_open_file(idp->file.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    rc = ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)
         ? ngx_http_hpf_idp_keys_read(idp, fd, &fi, why) : NGX_DECLINED;

    (void) ngx_close_file(fd);

    return rc;
}


static ngx_int_t
ngx_http_hpf_idp_keys_read(ngx_http_hpf_idp_t *idp, ngx_fd_t fd,
    ngx_file_info_t *fi, const char **why)
{
    u_char     buf[HPF_JWT_KEYS_MAX];
    ssize_t    n;
    ngx_str_t  text;

    /* one that cannot be used is not read again before it changes */

    idp->mtime = ngx_file_mtime(fi);
    idp->size = ngx_file_size(fi);

    if (ngx_file_size(fi) > (off_t) sizeof(buf)) {
        *why = "the file is too long";
        return NGX_DECLINED;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));

    if (n < 0) {
        return NGX_DECLINED;
    }

    text.data = buf;
    text.len = n;

    return ngx_http_hpf_idp_keys_set(idp, &text, why);
}


static ngx_int_t
ngx_http_hpf_idp_keys_set(ngx_http_hpf_idp_t *idp, ngx_str_t *text,
    const char **why)
{
    hpf_jwk_set_t  *keys;

    keys = hpf_jwk_set_create(text->data, text->len, idp->algs, why);
    if (keys == NULL) {
        return NGX_DECLINED;
    }

    hpf_jwk_set_destroy(idp->keys);

    idp->keys = keys;
    idp->fetched = ngx_time();

    return NGX_OK;
}


void
ngx_http_hpf_idp_keys_free(void *data)
{
    ngx_array_t *idps = data;

    ngx_uint_t           i;
    ngx_http_hpf_idp_t  *idp;

    idp = idps->elts;

    for (i = 0; i < idps->nelts; i++) {
        hpf_jwk_set_destroy(idp[i].keys);
    }
}


void
ngx_http_hpf_idp_keys_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t           i;
    ngx_http_hpf_idp_t  *idp;

    idp = hmcf->idps.elts;

    for (i = 0; i < hmcf->idps.nelts; i++) {

        if (idp[i].file.len == 0) {
            continue;
        }

        idp[i].look.handler = ngx_http_hpf_idp_keys_look;
        idp[i].look.data = &idp[i];
        idp[i].look.log = ngx_cycle->log;
        idp[i].look.cancelable = 1;

        ngx_add_timer(&idp[i].look, NGX_HTTP_HPF_IDP_LOOK);
    }
}


static void
ngx_http_hpf_idp_keys_look(ngx_event_t *ev)
{
    const char          *why;
    ngx_file_info_t      fi;
    ngx_http_hpf_idp_t  *idp;

    idp = ev->data;

    if (ngx_file_info(idp->file.data, &fi) != NGX_FILE_ERROR
        && (ngx_file_mtime(&fi) != idp->mtime
            || ngx_file_size(&fi) != idp->size))
    {
        if (ngx_http_hpf_idp_keys_file(idp, ev->log, &why) == NGX_OK) {
            ngx_log_error(NGX_LOG_NOTICE, ev->log, 0,
                          "hpf idp: new keys of \"%V\"", &idp->name);

        } else {
            ngx_log_error(NGX_LOG_ERR, ev->log, 0,
                          "hpf idp: new keys of \"%V\" cannot be used, the "
                          "old ones stay: %s", &idp->name, why);
        }
    }

    ngx_add_timer(ev, NGX_HTTP_HPF_IDP_LOOK);
}


ngx_int_t
ngx_http_hpf_idp_keys_fetch(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_idp_t *idp)
{
    if (idp->file.len
        || (idp->keys && ngx_time() - idp->fetched < idp->refresh))
    {
        return NGX_OK;
    }

    return ngx_http_hpf_idp_keys_ask(ctx, idp);
}


ngx_int_t
ngx_http_hpf_idp_keys_newer(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_idp_t *idp)
{
    return idp->file.len ? NGX_OK : ngx_http_hpf_idp_keys_ask(ctx, idp);
}


static ngx_int_t
ngx_http_hpf_idp_keys_ask(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_idp_t *idp)
{
    ngx_int_t                    rc;
    ngx_http_hpf_backend_req_t   req;

    /* without any keys everybody has to ask */

    if (idp->keys && ngx_time() - idp->tried
                     < ngx_min(idp->refresh, NGX_HTTP_HPF_IDP_PAUSE))
    {
        return NGX_OK;
    }

    idp->tried = ngx_time();

    ngx_memzero(&req, sizeof(ngx_http_hpf_backend_req_t));

    req.backend = idp->backend;
    ngx_str_set(&req.method, "GET");
    req.path = idp->path;

    rc = ngx_http_hpf_backend_call(ctx, &req, ngx_http_hpf_idp_keys_answered,
                                   idp);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


static void
ngx_http_hpf_idp_keys_answered(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_http_hpf_idp_t *idp = data;

    ngx_int_t    rc;
    const char  *why;

    rc = NGX_OK;
    why = "no answer";

    if (res->outcome != HPF_DONE || res->status != NGX_HTTP_OK
        || ngx_http_hpf_idp_keys_set(idp, &res->body, &why) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf idp: no keys of \"%V\" from back end \"%V\": %s",
                      &idp->name, &idp->backend, why);

        if (idp->keys == NULL) {
            rc = ngx_http_hpf_backend_refuse(ctx, &idp->backend, res);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}
