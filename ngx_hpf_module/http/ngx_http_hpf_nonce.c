/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Nonces of signed requests.  The node's own table refuses at once what it has
 * seen; the store is asked for what other nodes have seen, in the same write
 * as whatever else the line asks of it, and the line waits for the answer only
 * before something is done.
 *
 * While the store does not answer, what changes nothing goes on by the node's
 * table, and all else is refused.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_nonce.h"
#include "ngx_http_hpf_signature.h"
#include "ngx_http_hpf_store.h"


/* s, longer than "created" allows a signature to be used */
#define NGX_HTTP_HPF_NONCE_LIFE  (2 * NGX_HTTP_HPF_SIG_WINDOW + 10)


struct ngx_http_hpf_nonce_s {
    ngx_http_hpf_ctx_t   *ctx;
    ngx_hpf_redis_op_t   *op;
    ngx_int_t             rc;          /* NGX_OK, NGX_DECLINED, NGX_ERROR */
    ngx_uint_t            waits;
};


static ngx_int_t ngx_http_hpf_nonce_ask(ngx_http_hpf_ctx_t *ctx,
    const u_char *key);
static void ngx_http_hpf_nonce_answer(void *data,
    const ngx_hpf_redis_reply_t *reply);


ngx_conf_enum_t  ngx_http_hpf_nonce_scopes[] = {
    { ngx_string("cluster"), NGX_HTTP_HPF_NONCE_CLUSTER },
    { ngx_string("node"), NGX_HTTP_HPF_NONCE_NODE },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_http_hpf_nonce_take(ngx_http_hpf_ctx_t *ctx, const hpf_sf_text_t *nonce)
{
    u_char                     key[HPF_HASH_LEN], hash[HPF_CRYPTO_LEN];
    ngx_int_t                  rc;
    hpf_crypto_part_t          parts[3];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    parts[0].data = ctx->channel->id.data;
    parts[0].len = ctx->channel->id.len;
    parts[1].data = "\n";
    parts[1].len = 1;
    parts[2].data = nonce->data;
    parts[2].len = nonce->len;

    if (hpf_crypto_digest_parts(hmcf->crypto, HPF_CRYPTO_SHA256, parts, 3,
                                hash)
        != 0)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(key, hash, sizeof(key));

    rc = ngx_hpf_nonce_add(hmcf->zone, key, NGX_HTTP_HPF_NONCE_LIFE);

    if (rc == NGX_DECLINED) {
        return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_REPLAYED,
                                             "the node has seen the nonce");
    }

    if (rc == NGX_BUSY) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf nonce: no room, refused");

        ctx->reason = "no room for nonces";

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
    }

    if (hmcf->redis == NULL || hmcf->nonce_scope == NGX_HTTP_HPF_NONCE_NODE) {
        return NGX_OK;
    }

    return ngx_http_hpf_nonce_ask(ctx, key);
}


static ngx_int_t
ngx_http_hpf_nonce_ask(ngx_http_hpf_ctx_t *ctx, const u_char *key)
{
    ngx_str_t                  argv[6], hash;
    ngx_http_hpf_nonce_t      *nonce;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    hash = ngx_http_hpf_store_hex(ctx, key, HPF_HASH_LEN);

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "n", &hash, "");
    argv[2] = ctx->channel->id;
    ngx_str_set(&argv[3], "NX");
    ngx_str_set(&argv[4], "EX");
    argv[5] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_NONCE_LIFE);

    nonce = ngx_pcalloc(ctx->request->pool, sizeof(ngx_http_hpf_nonce_t));

    if (nonce == NULL || argv[1].data == NULL || argv[5].data == NULL) {
        return NGX_ERROR;
    }

    nonce->ctx = ctx;
    nonce->op = ngx_hpf_redis_command(hmcf->redis, 6, argv,
                                      ngx_http_hpf_nonce_answer, nonce);

    if (nonce->op == NULL) {
        return NGX_ERROR;
    }

    ctx->nonce = nonce;
    ctx->store_trip = 1;

    return NGX_OK;
}


static void
ngx_http_hpf_nonce_answer(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_nonce_t *nonce = data;

    ngx_str_t   text;
    ngx_log_t  *log;

    log = nonce->ctx->request->connection->log;

    ngx_http_set_log_request(log, nonce->ctx->request);

    nonce->op = NULL;

    switch (ngx_hpf_redis_type(reply)) {

    case NGX_HPF_REDIS_STATUS:
        nonce->rc = NGX_OK;
        break;

    case NGX_HPF_REDIS_NIL:
        nonce->rc = NGX_DECLINED;
        break;

    default:
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "hpf nonce: other nodes are not asked: %V", &text);

        nonce->rc = NGX_ERROR;
    }

    if (nonce->waits) {
        ngx_http_hpf_resume(nonce->ctx->request);
    }
}


ngx_int_t
ngx_http_hpf_nonce_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_nonce_t  *nonce;

    nonce = ctx->nonce;

    if (nonce == NULL) {
        return NGX_OK;
    }

    if (nonce->op) {
        nonce->waits = 1;
        return NGX_AGAIN;
    }

    if (nonce->rc == NGX_DECLINED) {
        return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_REPLAYED,
                                             "another node has seen the "
                                             "nonce");
    }

    if (nonce->rc == NGX_OK || (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_OK;
    }

    ctx->reason = "other nodes cannot be asked for the nonce";

    return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
}


void
ngx_http_hpf_nonce_cancel(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->nonce && ctx->nonce->op) {
        ngx_hpf_redis_cancel(ctx->nonce->op);
    }
}
