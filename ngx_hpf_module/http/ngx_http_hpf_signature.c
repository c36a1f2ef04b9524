/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Who signed: HTTP Message Signatures, RFC 9421, of signed channels.  The
 * headers are checked first, then the signature, then the nonce is used up,
 * and the body is read last and compared with the digest that was signed
 * (RFC 9530).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_content_digest.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_key.h"
#include "ngx_http_hpf_nonce.h"
#include "ngx_http_hpf_signature.h"
#include "ngx_http_hpf_verify.h"


#define NGX_HTTP_HPF_SIG_LABEL   "hpf"
#define NGX_HTTP_HPF_SIG_FIELD   4096      /* bytes of a joined field */
#define NGX_HTTP_HPF_SIG_BASE    16384


static ngx_int_t ngx_http_hpf_signature_begin(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_table_elt_t *named);
static ngx_int_t ngx_http_hpf_signature_read(ngx_http_request_t *r,
    hpf_httpsig_t *sig, hpf_httpsig_reason_e *reason);
static ngx_int_t ngx_http_hpf_signature_field(ngx_http_request_t *r,
    const char *name, hpf_sf_text_t *text);
static ngx_int_t ngx_http_hpf_signature_channel(ngx_http_hpf_ctx_t *ctx,
    ngx_table_elt_t *named);
static hpf_httpsig_reason_e ngx_http_hpf_signature_key(
    ngx_http_request_t *r, ngx_http_hpf_signer_t *signer);
static hpf_httpsig_reason_e ngx_http_hpf_signature_base(
    ngx_http_request_t *r, ngx_http_hpf_signer_t *signer);
static ngx_int_t ngx_http_hpf_signature_verify(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_signer_t *signer);
static int ngx_http_hpf_signature_thread(void *key,
    const hpf_crypto_part_t *text, const hpf_crypto_part_t *signature);
static void ngx_http_hpf_signature_verified(ngx_http_hpf_ctx_t *ctx, int rc);
static void ngx_http_hpf_signature_release(void *key);
static ngx_int_t ngx_http_hpf_signature_end(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_signature_decline(ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_reason_e reason);
static ngx_int_t ngx_http_hpf_signature_want(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_signature_digest(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


/*
 * NGX_DECLINED: others have signed, for whom it may concern, such as a proxy
 * on the way (RFC 9421, section 4).
 */

ngx_int_t
ngx_http_hpf_signature_sent(ngx_http_request_t *r)
{
    hpf_sf_text_t  input;

    if (ngx_http_hpf_signature_field(r, "signature-input", &input) != NGX_OK) {
        return NGX_ERROR;
    }

    return hpf_httpsig_has(NGX_HTTP_HPF_SIG_LABEL, &input) ? NGX_OK
                                                           : NGX_DECLINED;
}


ngx_int_t
ngx_http_hpf_signature_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_table_elt_t *named)
{
    ngx_int_t  rc;

    if (ctx->signer == NULL) {
        rc = ngx_http_hpf_signature_begin(r, ctx, named);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ctx->channel == NULL) {
        rc = ngx_http_hpf_signature_end(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ngx_http_hpf_signature_digest(r, ctx);
}


/* All but who has signed: that may be found out while others go on. */

static ngx_int_t
ngx_http_hpf_signature_begin(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_table_elt_t *named)
{
    ngx_int_t               rc;
    hpf_httpsig_reason_e    reason;
    ngx_http_hpf_signer_t  *signer;

    signer = ngx_pcalloc(r->pool, sizeof(ngx_http_hpf_signer_t));
    if (signer == NULL) {
        return NGX_ERROR;
    }

    ctx->signer = signer;

    rc = ngx_http_hpf_signature_read(r, &signer->sig, &reason);

    if (rc != NGX_OK) {
        return rc;
    }

    if (reason == HPF_HTTPSIG_OK) {
        rc = ngx_http_hpf_signature_channel(ctx, named);

        if (rc != NGX_OK) {
            return rc;
        }

        reason = ngx_http_hpf_signature_key(r, signer);
    }

    return reason == HPF_HTTPSIG_OK
           ? ngx_http_hpf_signature_verify(ctx, signer)
           : ngx_http_hpf_signature_decline(ctx, reason);
}


static ngx_int_t
ngx_http_hpf_signature_read(ngx_http_request_t *r, hpf_httpsig_t *sig,
    hpf_httpsig_reason_e *reason)
{
    hpf_sf_text_t         input, signature;
    hpf_httpsig_policy_t  policy;

    if (ngx_http_hpf_signature_field(r, "signature-input", &input) != NGX_OK
        || ngx_http_hpf_signature_field(r, "signature", &signature)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    *reason = hpf_httpsig_parse(sig, NGX_HTTP_HPF_SIG_LABEL, &input,
                                &signature);

    if (*reason != HPF_HTTPSIG_OK) {
        return NGX_OK;
    }

    ngx_memzero(&policy, sizeof(hpf_httpsig_policy_t));

    policy.now = ngx_time();
    policy.window = NGX_HTTP_HPF_SIG_WINDOW;
    policy.has_query = r->args.len > 0;
    policy.has_body = ngx_http_hpf_has_body(r);
    policy.has_authorization = r->headers_in.authorization != NULL;

    *reason = hpf_httpsig_check(sig, &policy);

    return NGX_OK;
}


/* All lines of a field, joined as RFC 9110, section 5.3, has it. */

static ngx_int_t
ngx_http_hpf_signature_field(ngx_http_request_t *r, const char *name,
    hpf_sf_text_t *text)
{
    u_char           *p;
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    text->data = NULL;
    text->len = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0 || h[i].key.len != len
                || ngx_strncmp(h[i].lowcase_key, name, len) != 0)
            {
                continue;
            }

            if (text->data == NULL) {
                text->data = (char *) h[i].value.data;
                text->len = h[i].value.len;
                continue;
            }

            if (text->len + h[i].value.len > NGX_HTTP_HPF_SIG_FIELD) {
                return NGX_OK;
            }

            p = ngx_pnalloc(r->pool, text->len + 2 + h[i].value.len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(p, text->data, text->len);
            ngx_memcpy(p + text->len, ", ", 2);
            ngx_memcpy(p + text->len + 2, h[i].value.data, h[i].value.len);

            text->data = (char *) p;
            text->len += 2 + h[i].value.len;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_signature_channel(ngx_http_hpf_ctx_t *ctx,
    ngx_table_elt_t *named)
{
    ngx_str_t                  id;
    ngx_http_hpf_signer_t     *signer;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    signer = ctx->signer;

    id.data = (u_char *) signer->sig.channel.data;
    id.len = signer->sig.channel.len;

    ch = ngx_http_hpf_channel_find(hmcf, &id);

    if (ch == NULL || ch->kind != NGX_HTTP_HPF_SIGNED) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN);
    }

    if (named && (named->value.len != ch->id.len
                  || ngx_strncmp(named->value.data, ch->id.data, ch->id.len)
                     != 0))
    {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN,
                   "X-HPF-Channel 与签名中的渠道不一致",
                   "X-HPF-Channel is not the channel of the signature");
    }

    signer->channel = ch;

    return NGX_OK;
}


static hpf_httpsig_reason_e
ngx_http_hpf_signature_key(ngx_http_request_t *r,
    ngx_http_hpf_signer_t *signer)
{
    ngx_str_t            id;
    hpf_crypto_part_t    alg;
    ngx_http_hpf_key_t  *key;

    id.data = (u_char *) signer->sig.key.data;
    id.len = signer->sig.key.len;

    key = ngx_http_hpf_key_find(signer->channel, &id);

    if (key == NULL) {
        signer->sig.why = "the key is not known";
        return HPF_HTTPSIG_MISMATCH;
    }

    alg.data = signer->sig.alg.data;
    alg.len = signer->sig.alg.len;

    if (!hpf_sign_fits(key->sign, &alg)) {
        signer->sig.why = "the key is for another algorithm";
        return HPF_HTTPSIG_MISMATCH;
    }

    /* the key may be gone before the record is written */

    signer->key = key->sign;
    signer->key_id.len = key->id.len;
    signer->key_id.data = ngx_pstrdup(r->pool, &key->id);

    if (signer->key_id.data == NULL) {
        signer->sig.why = "no memory";
        return HPF_HTTPSIG_MISMATCH;
    }

    return ngx_http_hpf_signature_base(r, signer);
}


static hpf_httpsig_reason_e
ngx_http_hpf_signature_base(ngx_http_request_t *r,
    ngx_http_hpf_signer_t *signer)
{
    char                  *buf;
    hpf_httpsig_base_t     base;
    hpf_httpsig_reason_e   reason;

    buf = ngx_pnalloc(r->pool, NGX_HTTP_HPF_SIG_BASE);
    if (buf == NULL) {
        signer->sig.why = "no memory";
        return HPF_HTTPSIG_MISMATCH;
    }

    ngx_memzero(&base, sizeof(hpf_httpsig_base_t));

    base.start = buf;
    base.pos = buf;
    base.last = buf + NGX_HTTP_HPF_SIG_BASE;

    reason = hpf_httpsig_base(&signer->sig, &base,
                              ngx_http_hpf_signature_value, r);

    signer->base.data = (u_char *) buf;
    signer->base.len = base.pos - base.start;

    return reason;
}


/*
 * NGX_OK: signer->verified is filled in; NGX_AGAIN: it will be, and the step
 * runs again.  The key may be replaced meanwhile.
 */

static ngx_int_t
ngx_http_hpf_signature_verify(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_signer_t *signer)
{
    ngx_http_hpf_verify_t  verify;

    verify.text.data = signer->base.data;
    verify.text.len = signer->base.len;
    verify.signature.data = signer->sig.signature;
    verify.signature.len = signer->sig.signature_len;

    if (hpf_sign_key_slow(signer->key)) {
        verify.verify = ngx_http_hpf_signature_thread;
        verify.key = signer->key;
        verify.handler = ngx_http_hpf_signature_verified;
        verify.release = ngx_http_hpf_signature_release;
        verify.owner = signer->key;

        hpf_sign_key_ref(signer->key);

        if (ngx_http_hpf_verify(ctx, &verify) == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    signer->verified = hpf_sign_verify(signer->key, &verify.text,
                                       &verify.signature);

    return NGX_OK;
}


static int
ngx_http_hpf_signature_thread(void *key, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    return hpf_sign_verify(key, text, signature);
}


static void
ngx_http_hpf_signature_verified(ngx_http_hpf_ctx_t *ctx, int rc)
{
    ctx->signer->verified = rc;

    ngx_http_hpf_resume(ctx->request);
}


static void
ngx_http_hpf_signature_release(void *key)
{
    hpf_sign_key_destroy(key);
}


/* It has been verified: a nonce is used up only by a signature that holds. */

static ngx_int_t
ngx_http_hpf_signature_end(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_http_hpf_signer_t  *signer;

    signer = ctx->signer;

    if (signer->verified != HPF_OK) {
        signer->sig.why = "it is not that of the key over this request";

        return ngx_http_hpf_signature_decline(ctx, HPF_HTTPSIG_MISMATCH);
    }

    ctx->channel = signer->channel;
    ctx->key_id = signer->key_id;
    ctx->caller = "signature";

    ngx_http_hpf_cors_channel(ctx);

    rc = ngx_http_hpf_nonce_take(ctx, &signer->sig.nonce);

    return rc == NGX_OK ? ngx_http_hpf_signature_want(r, ctx) : rc;
}


static ngx_int_t
ngx_http_hpf_signature_decline(ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_reason_e reason)
{
    const char  *why;

    why = ctx->signer->sig.why;

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "hpf signature: refused as %s: %s",
                  hpf_httpsig_reason(reason), why ? why : "-");

    return ngx_http_hpf_signature_refuse(ctx, reason, why);
}


static ngx_int_t
ngx_http_hpf_signature_want(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    hpf_sf_text_t          text;
    hpf_content_digest_t  *digest;

    /* a body that was taken away is not what its digest says either */

    if (!ngx_http_hpf_has_body(r)
        && !(ctx->signer->sig.covered & HPF_HTTPSIG_CONTENT_DIGEST))
    {
        return NGX_OK;
    }

    digest = ngx_palloc(r->pool, sizeof(hpf_content_digest_t));

    if (digest == NULL
        || ngx_http_hpf_signature_field(r, "content-digest", &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (hpf_content_digest_parse(digest, text.data, text.len) != HPF_OK) {
        return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_DIGEST,
                                             "Content-Digest has none");
    }

    ctx->digest_want = digest;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_signature_digest(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                     hash[HPF_CONTENT_DIGEST_MAX];
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    hpf_content_digest_t      *want;
    ngx_http_hpf_main_conf_t  *hmcf;

    static const int  md[] = {
        HPF_CRYPTO_SHA256, HPF_CRYPTO_SHA512, HPF_CRYPTO_SM3
    };

    want = ctx->digest_want;

    if (want == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_hpf_read_body(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    for (i = 0; i < HPF_CONTENT_DIGEST_N; i++) {

        if (!(want->has & (1 << i))) {
            continue;
        }

        if (hpf_crypto_digest(hmcf->crypto, md[i], ctx->body.data,
                              ctx->body.len, hash)
            != 0)
        {
            return NGX_ERROR;
        }

        if (!hpf_crypto_equal(hash, want->bytes[i],
                              hpf_content_digest_len(i)))
        {
            return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_DIGEST,
                                                 "it is not that of the body");
        }

        if (i == HPF_CONTENT_DIGEST_SHA256 && ctx->body.len) {
            ngx_memcpy(ctx->digest, hash, HPF_CRYPTO_LEN);
            ctx->digest_set = 1;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_signature_refuse(ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_reason_e reason, const char *why)
{
    ngx_str_t  s;

    s.data = (u_char *) hpf_httpsig_reason(reason);
    s.len = ngx_strlen(s.data);

    ctx->reason = why ? why : (char *) s.data;

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CHANNEL_SIGNATURE);

    return ngx_http_hpf_extra_string(ctx, "reason", &s) == NGX_OK ? NGX_ABORT
                                                                  : NGX_ERROR;
}
