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


/* hpf_secrets DIRECTORY: seal.key, index.key and token.key in it. */

char *
ngx_http_hpf_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    char                *rv;
    ngx_str_t           *value, file, *secret[3];
    ngx_uint_t           i;
    static const char   *names[] = { "seal.key", "index.key", "token.key" };

    value = cf->args->elts;

    if (hmcf->token_key.len) {
        return "is duplicate";
    }

    secret[0] = &hmcf->seal_key;
    secret[1] = &hmcf->index_key;
    secret[2] = &hmcf->token_key;

    for (i = 0; i < 3; i++) {

        file.len = value[1].len + 1 + ngx_strlen(names[i]);
        file.data = ngx_pnalloc(cf->pool, file.len + 1);

        if (file.data == NULL) {
            return NGX_CONF_ERROR;
        }

        (void) ngx_sprintf(file.data, "%V/%s%Z", &value[1], names[i]);

        rv = ngx_http_hpf_secret_file(cf, &file, secret[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}
