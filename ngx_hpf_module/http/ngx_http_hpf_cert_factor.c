/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The factor "cert": the key of a certificate signs a text of ours.  The text
 * says what it is for, "hpf:PURPOSE:" and 256 random bits in base64url, and is
 * good for one attempt.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_CERT_LIFE   300       /* s */
#define NGX_HTTP_HPF_CERT_ID     16        /* bytes of a challenge's id */
#define NGX_HTTP_HPF_CERT_NONCE  32        /* bytes */
#define NGX_HTTP_HPF_CERT_TEXT                                               \
    (sizeof("hpf:register:") + HPF_BASE64_URL_LEN(NGX_HTTP_HPF_CERT_NONCE))


static ngx_int_t ngx_http_hpf_cert_factor_store(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_cert_factor_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_cert_factor_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_cert_factor_taken(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_cert_factor_checked(ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc, const hpf_cert_t *cert, const char *why);
static ngx_int_t ngx_http_hpf_cert_factor_shown(ngx_http_hpf_ctx_t *ctx,
    const hpf_cert_t *cert);
static void ngx_http_hpf_cert_factor_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_cert_factor_refuse(ngx_http_hpf_ctx_t *ctx,
    const char *why);


static const ngx_http_hpf_step_pt  ngx_http_hpf_cert_factor_stages[] = {
    ngx_http_hpf_cert_factor_store,
    ngx_http_hpf_cert_factor_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_cert_factor_challenge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    u_char                     id[NGX_HTTP_HPF_CERT_ID], *p;
    u_char                     nonce[NGX_HTTP_HPF_CERT_NONCE];
    ngx_str_t                  purpose;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->cert == NULL) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_NOT_FOUND,
                                          "未启用数字证书",
                                          "Certificates are not in use here");
    }

    person = ngx_http_hpf_person(ctx);
    if (person == NULL) {
        return NGX_ERROR;
    }

    purpose = ngx_http_hpf_person_member(ctx->form, "purpose");
    person->purpose = purpose.len ? (char *) purpose.data : "login";

    person->challenge.data = ngx_pnalloc(r->pool,
                                         HPF_BASE64_URL_LEN(sizeof(id)));
    p = ngx_pnalloc(r->pool, NGX_HTTP_HPF_CERT_TEXT);

    if (person->challenge.data == NULL || p == NULL
        || hpf_crypto_random(id, sizeof(id)) != 0
        || hpf_crypto_random(nonce, sizeof(nonce)) != 0)
    {
        return NGX_ERROR;
    }

    person->challenge.len = hpf_base64_url_encode(
                                (char *) person->challenge.data, id,
                                sizeof(id));

    person->code.data = p;
    p = ngx_sprintf(p, "hpf:%s:", person->purpose);
    p += hpf_base64_url_encode((char *) p, nonce, sizeof(nonce));
    person->code.len = p - person->code.data;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_cert_factor_stages);
}


static ngx_int_t
ngx_http_hpf_cert_factor_store(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[4];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "ch", &person->challenge, "");
    args[1] = person->code;
    args[2].data = (u_char *) person->purpose;
    args[2].len = ngx_strlen(person->purpose);
    args[3] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CERT_LIFE);

    eval.script = &ngx_hpf_redis_script_cert_challenge;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval,
                                   ngx_http_hpf_cert_factor_stored);
}


static void
ngx_http_hpf_cert_factor_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_cert_factor_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
               json_pack("{s:s%,s:s%,s:i}",
                         "challenge_id", person->challenge.data,
                         person->challenge.len,
                         "nonce", person->code.data, person->code.len,
                         "expires_in", NGX_HTTP_HPF_CERT_LIFE));
}


ngx_int_t
ngx_http_hpf_cert_factor_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t  *sent;

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_CERT);

    return sent ? ngx_http_hpf_cert_factor_begin(ctx, sent) : NGX_OK;
}


ngx_int_t
ngx_http_hpf_cert_factor_begin(ngx_http_hpf_ctx_t *ctx, json_t *sent)
{
    ngx_str_t                  args[2], challenge;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (hmcf->cert == NULL) {
        return ngx_http_hpf_cert_factor_refuse(ctx, "not in use here");
    }

    person->cert = ngx_pcalloc(ctx->request->pool,
                               sizeof(ngx_http_hpf_cert_shown_t));
    if (person->cert == NULL) {
        return NGX_ERROR;
    }

    person->cert->sent = sent;

    challenge = ngx_http_hpf_person_member(sent, "challenge_id");

    args[0] = ngx_http_hpf_store_key(ctx, "ch", &challenge, "");
    args[1].data = (u_char *) person->purpose;
    args[1].len = ngx_strlen(person->purpose);

    eval.script = &ngx_hpf_redis_script_cert_take;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval,
                                   ngx_http_hpf_cert_factor_taken);
}


static void
ngx_http_hpf_cert_factor_taken(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                   rc;
    ngx_str_t                   nonce;
    ngx_http_hpf_cert_shown_t  *shown;

    shown = ((ngx_http_hpf_person_t *) ctx->data)->cert;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        nonce = ngx_hpf_redis_text(reply);

        if (nonce.len) {
            shown->nonce.data = ngx_pstrdup(ctx->request->pool, &nonce);
            shown->nonce.len = nonce.len;

            rc = shown->nonce.data ? NGX_OK : NGX_ERROR;

        } else {
            rc = ngx_http_hpf_cert_factor_refuse(ctx, "no such challenge");
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


ngx_int_t
ngx_http_hpf_cert_factor_check_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    u_char                     *bytes;
    ssize_t                     n;
    ngx_str_t                   s;
    hpf_cert_claim_t            claim;
    ngx_http_hpf_cert_shown_t  *shown;

    shown = ((ngx_http_hpf_person_t *) ctx->data)->cert;

    if (shown == NULL) {
        return NGX_OK;
    }

    s = ngx_http_hpf_person_member(shown->sent, "signature");

    bytes = ngx_pnalloc(r->pool, HPF_BASE64_BYTES(s.len));
    if (bytes == NULL) {
        return NGX_ERROR;
    }

    n = hpf_base64_decode(bytes, s.data, s.len);

    if (n <= 0) {
        return ngx_http_hpf_cert_factor_refuse(ctx, "no base64");
    }

    claim.signature.data = bytes;
    claim.signature.len = n;

    s = ngx_http_hpf_person_member(shown->sent, "certificate");
    claim.pem.data = s.data;
    claim.pem.len = s.len;

    claim.text.data = shown->nonce.data;
    claim.text.len = shown->nonce.len;
    claim.now = ngx_time();

    return ngx_http_hpf_cert_check(ctx, &claim,
                                   ngx_http_hpf_cert_factor_checked);
}


static void
ngx_http_hpf_cert_factor_checked(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc,
    const hpf_cert_t *cert, const char *why)
{
    if (rc == NGX_OK) {
        rc = ngx_http_hpf_cert_factor_shown(ctx, cert);

    } else if (rc == NGX_DECLINED) {
        rc = ngx_http_hpf_cert_factor_refuse(ctx, why);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_cert_factor_shown(ngx_http_hpf_ctx_t *ctx, const hpf_cert_t *cert)
{
    ngx_str_t                   id;
    ngx_http_hpf_cert_shown_t  *shown;

    shown = ((ngx_http_hpf_person_t *) ctx->data)->cert;

    shown->cert = *cert;

    id.data = (u_char *) cert->id;
    id.len = sizeof(cert->id);

    shown->hash = ngx_http_hpf_person_index(ctx, "cert", &id);
    shown->key = ngx_http_hpf_store_hex(ctx, cert->key, sizeof(cert->key));

    return shown->hash.data && shown->key.data ? NGX_OK : NGX_ERROR;
}


/* Whose is it?  One that is to be bound is nobody's yet. */

ngx_int_t
ngx_http_hpf_cert_factor_bound_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[4];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->cert == NULL) {
        return NGX_OK;
    }

    if (ngx_strcmp(person->purpose, "register") == 0) {
        person->proved |= NGX_HTTP_HPF_F_CERT;
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "x", &person->cert->hash, "");
    ngx_str_set(&argv[2], "uid");
    ngx_str_set(&argv[3], "key");

    return ngx_http_hpf_store_command(ctx, 4, argv,
                                      ngx_http_hpf_cert_factor_found);
}


static void
ngx_http_hpf_cert_factor_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               uid, key, owner;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
        key = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

        owner = ngx_http_hpf_person_owner(ctx);

        if (uid.len && ngx_http_hpf_person_equal(&uid, &owner)
            && key.len == person->cert->key.len
            && ngx_memcmp(key.data, person->cert->key.data, key.len) == 0)
        {
            person->proved |= NGX_HTTP_HPF_F_CERT;

        } else {
            rc = ngx_http_hpf_cert_factor_refuse(ctx, "not of this user");
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* The record has the reason, and the client only that it failed. */

static ngx_int_t
ngx_http_hpf_cert_factor_refuse(ngx_http_hpf_ctx_t *ctx, const char *why)
{
    if (ngx_http_hpf_audit_reason(ctx, "cert", why) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_factor_failed(ctx);
}
