/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What of a person is kept in Redis, sealed as the user's own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_seal.h"


static ngx_http_hpf_main_conf_t *ngx_http_hpf_seal_ad(
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid, hpf_crypto_part_t *ad,
    u_char *buf);


#define NGX_HTTP_HPF_SEAL_AD  (sizeof("user:") - 1 + HPF_SESSION_UID)


ngx_int_t
ngx_http_hpf_seal(ngx_http_hpf_ctx_t *ctx, ngx_str_t *plain, ngx_str_t *uid,
    ngx_str_t *text)
{
    u_char                     buf[NGX_HTTP_HPF_SEAL_AD];
    ssize_t                    n;
    hpf_crypto_part_t          ad, part;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_hpf_seal_ad(ctx, uid, &ad, buf);

    text->data = ngx_pnalloc(ctx->request->pool, HPF_SEAL_LEN(plain->len));
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    part.data = plain->data;
    part.len = plain->len;

    n = hpf_seal_seal(hmcf->seal, &ad, &part, (char *) text->data);

    if (n < 0) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf seal: a record cannot be sealed");
        return NGX_ERROR;
    }

    text->len = n;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_seal_open(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text, ngx_str_t *uid,
    ngx_str_t *plain)
{
    u_char                     buf[NGX_HTTP_HPF_SEAL_AD];
    ssize_t                    n;
    hpf_crypto_part_t          ad, part;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_hpf_seal_ad(ctx, uid, &ad, buf);

    plain->data = ngx_pnalloc(ctx->request->pool, text->len + 1);
    if (plain->data == NULL) {
        return NGX_ERROR;
    }

    part.data = text->data;
    part.len = text->len;

    n = hpf_seal_open(hmcf->seal, &ad, &part, plain->data);

    if (n < 0) {
        ngx_log_error(NGX_LOG_ALERT, ctx->request->connection->log, 0,
                      "hpf seal: a record in the store does not open: %s",
                      n == HPF_DECLINED ? "its key is not there"
                                        : "it was changed");
        return NGX_ERROR;
    }

    plain->len = n;

    return NGX_OK;
}


static ngx_http_hpf_main_conf_t *
ngx_http_hpf_seal_ad(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    hpf_crypto_part_t *ad, u_char *buf)
{
    ad->data = buf;
    ad->len = ngx_snprintf(buf, NGX_HTTP_HPF_SEAL_AD, "user:%V", uid) - buf;

    return ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
}


ngx_int_t
ngx_http_hpf_seal_subject(ngx_http_hpf_ctx_t *ctx, ngx_str_t *id_no,
    ngx_str_t *uid, ngx_str_t *subj)
{
    if (ngx_http_hpf_seal(ctx, id_no, uid, subj) != NGX_OK) {
        return NGX_ERROR;
    }

    return subj->len <= HPF_BASE64_URL_LEN(HPF_SESSION_SUBJ) ? NGX_OK
                                                             : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_seal_open_subject(ngx_http_hpf_ctx_t *ctx, ngx_str_t *id_no)
{
    u_char                     text[HPF_BASE64_URL_LEN(HPF_SESSION_SUBJ)];
    ngx_int_t                  rc;
    ngx_str_t                  subj, uid;
    ngx_http_hpf_main_conf_t  *hmcf;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    subj.data = text;
    subj.len = hpf_base64_url_encode((char *) text, ctx->session.subj,
                                     ctx->session.subj_len);

    rc = ngx_http_hpf_seal_open(ctx, &subj, &uid, id_no);

    if (rc != NGX_OK) {

        /* it may have been damaged on its way: it is to be read again */

        hmcf = ngx_http_get_module_main_conf(ctx->request,
                                             ngx_http_hpf_module);

        ngx_hpf_session_drop(hmcf->zone, ctx->token_hash);
    }

    return rc;
}


/* hpf_seal aes-256-gcm|sm4-ctr-hmac-sm3 [key=ID] */

char *
ngx_http_hpf_seal_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t   id;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (hmcf->seal_suite) {
        return "is duplicate";
    }

    hmcf->seal_suite = hpf_seal_suite((char *) value[1].data);

    if (hmcf->seal_suite == HPF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid suite \"%V\": aes-256-gcm or "
                           "sm4-ctr-hmac-sm3 expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    id = ngx_strncmp(value[2].data, "key=", 4) == 0
         ? ngx_atoi(value[2].data + 4, value[2].len - 4) : NGX_ERROR;

    if (id < 1 || id > 255) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": key=1..255 expected",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    hmcf->seal_with = id;

    return NGX_CONF_OK;
}


/* The last one seals. */

ngx_int_t
ngx_http_hpf_seal_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t         i, id;
    hpf_crypto_part_t  master;

    if (hmcf->seal_suite == 0) {
        hmcf->seal_suite = HPF_SEAL_AES;
    }

    if (hmcf->seal_with == 0) {
        hmcf->seal_with = 1;
    }

    if (hmcf->seal_keys[hmcf->seal_with].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key %ui of \"hpf_seal\" is not in \"hpf_secrets\"",
                           hmcf->seal_with);
        return NGX_ERROR;
    }

    hmcf->seal = hpf_seal_create(hmcf->crypto, hmcf->seal_suite);
    if (hmcf->seal == NULL) {
        return NGX_ERROR;
    }

    for (i = 1; i < 257; i++) {
        id = i == 256 ? hmcf->seal_with : i;

        if ((i < 256 && id == hmcf->seal_with)
            || hmcf->seal_keys[id].len == 0)
        {
            continue;
        }

        master.data = hmcf->seal_keys[id].data;
        master.len = hmcf->seal_keys[id].len;

        if (hpf_seal_add_key(hmcf->seal, id, &master) != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_hpf_seal_free(ngx_http_hpf_main_conf_t *hmcf)
{
    hpf_seal_destroy(hmcf->seal);
}
