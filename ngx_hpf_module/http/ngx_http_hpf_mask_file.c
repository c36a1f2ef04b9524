/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_file.h"


typedef struct {
    ngx_conf_t               *cf;
    ngx_str_t                 name;
} ngx_http_hpf_mask_file_fault_t;


static ngx_int_t ngx_http_hpf_mask_file_load(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);
static void ngx_http_hpf_mask_file_fault(void *data, unsigned line,
    unsigned column, const char *text);
static void ngx_http_hpf_mask_file_cleanup(void *data);


hpf_mask_rulefile_t *
ngx_http_hpf_mask_file_read(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t                       text;
    ngx_pool_cleanup_t             *cln;
    hpf_mask_rulefile_t            *file;
    hpf_mask_rulefile_conf_t        conf;
    ngx_http_hpf_mask_file_fault_t  fault;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    fault.cf = cf;
    fault.name = *name;

    conf.fault = ngx_http_hpf_mask_file_fault;
    conf.data = &fault;

    if (ngx_conf_full_name(cf->cycle, &fault.name, 1) != NGX_OK
        || ngx_http_hpf_mask_file_load(cf, &fault.name, &text) != NGX_OK)
    {
        return NULL;
    }

    file = hpf_mask_rulefile_parse(text.data, text.len, &conf);
    if (file == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_hpf_mask_file_cleanup;
    cln->data = file;

    return file;
}


static ngx_int_t
ngx_http_hpf_mask_file_load(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > HPF_MASK_RULEFILE_SIZE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no file of rules: 16 MiB at most are "
                           "expected", name);
        goto done;
    }

    text->len = ngx_file_size(&fi);
    text->data = ngx_palloc(cf->temp_pool, text->len + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, text->data, text->len);

    if (n != (ssize_t) text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, n == -1 ? ngx_errno : 0,
                           ngx_read_fd_n " \"%V\" failed", name);
        goto done;
    }

    rc = NGX_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}


static void
ngx_http_hpf_mask_file_fault(void *data, unsigned line, unsigned column,
    const char *text)
{
    ngx_http_hpf_mask_file_fault_t *fault = data;

    if (column == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, fault->cf, 0, "%s in %V:%ui",
                           text, &fault->name, (ngx_uint_t) line);
        return;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, fault->cf, 0, "%s in %V:%ui:%ui",
                       text, &fault->name, (ngx_uint_t) line,
                       (ngx_uint_t) column);
}


static void
ngx_http_hpf_mask_file_cleanup(void *data)
{
    hpf_mask_rulefile_free(data);
}
