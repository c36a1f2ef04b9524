/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"
#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_hash.h"


static ngx_http_hpf_mask_hash_t *ngx_http_hpf_mask_hash_get(ngx_conf_t *cf);
static void ngx_http_hpf_mask_hash_cleanup(void *data);


/* hpf_mask_key FILE */

char *
ngx_http_hpf_mask_hash_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                 *value, key;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_mask_hash_t  *hash;

    value = cf->args->elts;
    hash = ngx_http_hpf_mask_hash_get(cf);

    if (hash->hmac != NULL) {
        return "is duplicate";
    }

    if (ngx_http_hpf_secret_file(cf, &value[1], &key) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hpf_mask_hash_cleanup;
    cln->data = hash;

    hash->crypto = hpf_crypto_create();

    if (hash->crypto != NULL) {
        hash->hmac = hpf_crypto_hmac_create(hash->crypto, HPF_CRYPTO_SHA256,
                                            key.data, key.len);
    }

    if (hash->hmac == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the cryptographic library cannot be used");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_http_hpf_mask_hash_t *
ngx_http_hpf_mask_hash_get(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_hpf_mask_filter_module);

    return &hmmcf->hash;
}


static void
ngx_http_hpf_mask_hash_cleanup(void *data)
{
    ngx_http_hpf_mask_hash_t *hash = data;

    hpf_crypto_hmac_destroy(hash->hmac);
    hpf_crypto_destroy(hash->crypto);
}


void
ngx_http_hpf_mask_hash_need(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_hash_t  *hash;

    hash = ngx_http_hpf_mask_hash_get(cf);

    if (hash->file == NULL) {
        hash->file = cf->conf_file->file.name.data;
        hash->line = cf->conf_file->line;
    }
}


char *
ngx_http_hpf_mask_hash_init(ngx_conf_t *cf, ngx_http_hpf_mask_hash_t *hash)
{
    if (hash->file == NULL || hash->hmac != NULL) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "the kind \"hash\" needs \"hpf_mask_key\" in %s:%ui",
                  hash->file, hash->line);

    return NGX_CONF_ERROR;
}


ngx_uint_t
ngx_http_hpf_mask_hash_ready(ngx_conf_t *cf)
{
    return ngx_http_hpf_mask_hash_get(cf)->hmac != NULL;
}


void
ngx_http_hpf_mask_hash(void *data, const unsigned char *p, size_t len,
    unsigned char digest[HPF_MASK_HASH_LEN])
{
    ngx_http_hpf_mask_hash_t *hash = data;

    u_char  mac[HPF_CRYPTO_LEN];

    if (hpf_crypto_hmac(hash->hmac, p, len, mac) != HPF_OK) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "hpf mask: no memory to hash a value, "
                      "zeros stand for it");
        ngx_memzero(mac, HPF_CRYPTO_LEN);
    }

    ngx_memcpy(digest, mac, HPF_MASK_HASH_LEN);
}
