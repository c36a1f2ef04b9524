/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Secrets of the configuration: each is a file of its own with base64 text,
 * so that it stands neither in nginx.conf nor in "nginx -T".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_secret.h"
#include "ngx_http_hpf.h"


static void ngx_http_hpf_secret_cleanup(void *data);
static char *ngx_http_hpf_secret_seals(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *dir);
static char *ngx_http_hpf_secret_in(ngx_conf_t *cf, ngx_str_t *dir,
    const char *name, ngx_str_t *secret);
static ngx_int_t ngx_http_hpf_secret_name(ngx_conf_t *cf, ngx_str_t *dir,
    const char *name, ngx_str_t *file);


char *
ngx_http_hpf_secret_file(ngx_conf_t *cf, ngx_str_t *file, ngx_str_t *secret)
{
    char                 error[256];
    ssize_t              n;
    ngx_str_t            name;
    ngx_pool_cleanup_t  *cln;

    name = *file;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    secret->data = ngx_palloc(cf->pool, HPF_SECRET_MAX);

    if (cln == NULL || secret->data == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hpf_secret_cleanup;
    cln->data = secret->data;

    n = hpf_secret_read((char *) name.data, secret->data,
                        HPF_SECRET_MAX, error, sizeof(error));

    if (n < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "secret \"%V\" cannot be used: %s", &name, error);
        return NGX_CONF_ERROR;
    }

    secret->len = n;

    return NGX_CONF_OK;
}


static void
ngx_http_hpf_secret_cleanup(void *data)
{
    hpf_crypto_cleanse(data, HPF_SECRET_MAX);
}


/* hpf_secrets DIRECTORY: index.key, token.key and keys of the seal in it. */

char *
ngx_http_hpf_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->token_key.len) {
        return "is duplicate";
    }

    if (ngx_http_hpf_secret_seals(cf, hmcf, &value[1]) != NGX_CONF_OK
        || ngx_http_hpf_secret_in(cf, &value[1], "index.key",
                                  &hmcf->index_key)
               != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hpf_secret_in(cf, &value[1], "token.key",
                                  &hmcf->token_key);
}


/* seal.key is that of id 1, seal.key.N of id N. */

static char *
ngx_http_hpf_secret_seals(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *dir)
{
    u_char           name[sizeof("seal.key.255")];
    ngx_str_t        file;
    ngx_uint_t       id, others;
    ngx_file_info_t  fi;

    others = 0;

    for (id = 255; id > 0; id--) {

        (void) ngx_sprintf(name, id == 1 ? "seal.key%Z" : "seal.key.%ui%Z",
                           id);

        if (ngx_http_hpf_secret_name(cf, dir, (char *) name, &file) != NGX_OK
            || ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        /* the first one may have been done with; else its absence is told */

        if ((id > 1 || others)
            && ngx_file_info(file.data, &fi) == NGX_FILE_ERROR)
        {
            continue;
        }

        if (ngx_http_hpf_secret_file(cf, &file, &hmcf->seal_keys[id])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        others = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_secret_in(ngx_conf_t *cf, ngx_str_t *dir, const char *name,
    ngx_str_t *secret)
{
    ngx_str_t  file;

    if (ngx_http_hpf_secret_name(cf, dir, name, &file) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hpf_secret_file(cf, &file, secret);
}


static ngx_int_t
ngx_http_hpf_secret_name(ngx_conf_t *cf, ngx_str_t *dir, const char *name,
    ngx_str_t *file)
{
    file->len = dir->len + 1 + ngx_strlen(name);
    file->data = ngx_pnalloc(cf->pool, file->len + 1);

    if (file->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(file->data, "%V/%s%Z", dir, name);

    return NGX_OK;
}
