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
#include "hpf_hash.h"
#include "hpf_httpsig.h"
#include "hpf_sign.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_SIG_WINDOW  300       /* s, of created to both sides */
#define NGX_HTTP_HPF_SIG_FIELD   4096      /* bytes of a joined field */
#define NGX_HTTP_HPF_SIG_BASE    16384


static ngx_int_t ngx_http_hpf_signature_read(ngx_http_request_t *r,
    hpf_httpsig_t *sig, hpf_httpsig_reason_e *reason);
static ngx_int_t ngx_http_hpf_signature_field(ngx_http_request_t *r,
    const char *name, hpf_sf_text_t *text);
static hpf_httpsig_reason_e ngx_http_hpf_signature_verify(
    ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx, hpf_httpsig_t *sig);
static ngx_http_hpf_key_t *ngx_http_hpf_signature_key(
    ngx_http_hpf_channel_t *ch, hpf_sf_text_t *id);
static int ngx_http_hpf_signature_value(void *data,
    const hpf_sf_text_t *name, hpf_httpsig_base_t *base);
static int ngx_http_hpf_signature_derived(ngx_http_request_t *r,
    const hpf_sf_text_t *name, hpf_httpsig_base_t *base);
static void ngx_http_hpf_signature_authority(ngx_http_request_t *r,
    hpf_httpsig_base_t *base);
static ngx_int_t ngx_http_hpf_signature_nonce(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, hpf_httpsig_t *sig);
static ngx_int_t ngx_http_hpf_signature_want(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_signature_check(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  id;
    hpf_httpsig_t             *sig;
    hpf_httpsig_reason_e       reason;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    sig = ngx_pcalloc(r->pool, sizeof(hpf_httpsig_t));
    if (sig == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_hpf_signature_read(r, sig, &reason);

    if (rc != NGX_OK) {
        return rc;
    }

    if (reason == HPF_HTTPSIG_OK) {

        id.data = (u_char *) sig->channel.data;
        id.len = sig->channel.len;

        ctx->channel = ngx_http_hpf_channel_find(hmcf, &id);

        if (ctx->channel == NULL
            || ctx->channel->kind != NGX_HTTP_HPF_SIGNED)
        {
            ctx->channel = NULL;

            return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN);
        }

        reason = ngx_http_hpf_signature_verify(r, ctx, sig);
    }

    if (reason != HPF_HTTPSIG_OK) {
        ctx->channel = NULL;

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "hpf signature: refused as %s: %s",
                      hpf_httpsig_reason(reason), sig->why ? sig->why : "-");

        return ngx_http_hpf_signature_refuse(ctx, hpf_httpsig_reason(reason));
    }

    return ngx_http_hpf_signature_nonce(r, ctx, sig);
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

    *reason = hpf_httpsig_parse(sig, "hpf", &input, &signature);

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


static hpf_httpsig_reason_e
ngx_http_hpf_signature_verify(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_t *sig)
{
    char                  *buf;
    hpf_crypto_part_t      alg, text, signature;
    ngx_http_hpf_key_t    *key;
    hpf_httpsig_base_t     base;
    hpf_httpsig_reason_e   reason;

    key = ngx_http_hpf_signature_key(ctx->channel, &sig->key);

    if (key == NULL) {
        sig->why = "the key is not known";
        return HPF_HTTPSIG_MISMATCH;
    }

    buf = ngx_pnalloc(r->pool, NGX_HTTP_HPF_SIG_BASE);
    if (buf == NULL) {
        sig->why = "no memory";
        return HPF_HTTPSIG_MISMATCH;
    }

    ngx_memzero(&base, sizeof(hpf_httpsig_base_t));

    base.start = buf;
    base.pos = buf;
    base.last = buf + NGX_HTTP_HPF_SIG_BASE;

    reason = hpf_httpsig_base(sig, &base, ngx_http_hpf_signature_value, r);

    if (reason != HPF_HTTPSIG_OK) {
        return reason;
    }

    alg.data = sig->alg.data;
    alg.len = sig->alg.len;
    text.data = base.start;
    text.len = base.pos - base.start;
    signature.data = sig->signature;
    signature.len = sig->signature_len;

    if (hpf_sign_verify(key->sign, &alg, &text, &signature) != HPF_OK) {
        sig->why = "it is not that of the key over this request";
        return HPF_HTTPSIG_MISMATCH;
    }

    ctx->key_id = key->id;

    return HPF_HTTPSIG_OK;
}


static ngx_http_hpf_key_t *
ngx_http_hpf_signature_key(ngx_http_hpf_channel_t *ch, hpf_sf_text_t *id)
{
    ngx_uint_t  i;

    for (i = 0; i < ch->nkeys; i++) {

        if (ch->keys[i].id.len == id->len
            && ngx_strncmp(ch->keys[i].id.data, id->data, id->len) == 0)
        {
            return &ch->keys[i];
        }
    }

    return NULL;
}


static int
ngx_http_hpf_signature_value(void *data, const hpf_sf_text_t *name,
    hpf_httpsig_base_t *base)
{
    ngx_http_request_t *r = data;

    ngx_uint_t        i;
    ngx_uint_t        found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (name->len && name->data[0] == '@') {
        return ngx_http_hpf_signature_derived(r, name, base);
    }

    found = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash && h[i].key.len == name->len
                && ngx_strncmp(h[i].lowcase_key, name->data, name->len) == 0)
            {
                hpf_httpsig_add(base, h[i].value.data, h[i].value.len);
                found = 1;
            }
        }
    }

    return found ? HPF_OK : HPF_DECLINED;
}


/* RFC 9421, section 2.2; the path as it was sent, not as it was decoded. */

static int
ngx_http_hpf_signature_derived(ngx_http_request_t *r,
    const hpf_sf_text_t *name, hpf_httpsig_base_t *base)
{
    u_char     *p, *last;
    ngx_str_t   path;

    if (hpf_sf_is(name, "@method")) {
        hpf_httpsig_add(base, r->method_name.data, r->method_name.len);

    } else if (hpf_sf_is(name, "@authority")) {

        if (r->headers_in.host == NULL && r->headers_in.server.len == 0) {
            return HPF_DECLINED;
        }

        ngx_http_hpf_signature_authority(r, base);

    } else if (hpf_sf_is(name, "@path")) {

        path = r->unparsed_uri;
        last = path.data + path.len;
        p = ngx_strlchr(path.data, last, '?');

        hpf_httpsig_add(base, path.data, (p ? p : last) - path.data);

    } else if (hpf_sf_is(name, "@query")) {

        path = r->unparsed_uri;
        last = path.data + path.len;
        p = ngx_strlchr(path.data, last, '?');

        if (p) {
            hpf_httpsig_add(base, p + 1, last - p - 1);
        }

    } else if (hpf_sf_is(name, "@request-target")) {
        hpf_httpsig_add(base, r->unparsed_uri.data, r->unparsed_uri.len);

    } else if (hpf_sf_is(name, "@scheme")) {
        hpf_httpsig_add(base, r->schema.data, r->schema.len);

    } else {
        return HPF_DECLINED;
    }

    return HPF_OK;
}


/* As the client sent it, without the default port. */

static void
ngx_http_hpf_signature_authority(ngx_http_request_t *r,
    hpf_httpsig_base_t *base)
{
    u_char     *p;
    ngx_str_t   host, port;

    host = r->headers_in.host ? r->headers_in.host->value
                              : r->headers_in.server;

    ngx_str_set(&port, ":80");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&port, ":443");
    }
#endif

    if (host.len > port.len) {
        p = host.data + host.len - port.len;

        if (ngx_strncmp(p, port.data, port.len) == 0) {
            host.len -= port.len;
        }
    }

    p = ngx_pnalloc(r->pool, host.len + 1);

    if (p) {
        ngx_strlow(p, host.data, host.len);
        hpf_httpsig_add(base, p, host.len);
    }
}


/*
 * A nonce is used up only by a signature that holds, and stays so for longer
 * than "created" allows.
 */

static ngx_int_t
ngx_http_hpf_signature_nonce(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    hpf_httpsig_t *sig)
{
    u_char                     key[HPF_HASH_LEN];
    u_char                     hash[HPF_CRYPTO_LEN];
    ngx_int_t                  rc;
    hpf_crypto_part_t          parts[3];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    parts[0].data = ctx->channel->id.data;
    parts[0].len = ctx->channel->id.len;
    parts[1].data = "\n";
    parts[1].len = 1;
    parts[2].data = sig->nonce.data;
    parts[2].len = sig->nonce.len;

    if (hpf_crypto_digest_parts(hmcf->crypto, HPF_CRYPTO_SHA256, parts, 3,
                                hash)
        != 0)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(key, hash, sizeof(key));

    rc = ngx_hpf_nonce_add(hmcf->zone, key, 2 * NGX_HTTP_HPF_SIG_WINDOW + 10);

    if (rc == NGX_OK) {
        return ngx_http_hpf_signature_want(r, ctx);
    }

    if (rc == NGX_BUSY) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "hpf signature: no room for nonces, refused");

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
    }

    ctx->channel = NULL;

    return ngx_http_hpf_signature_refuse(ctx,
                                hpf_httpsig_reason(HPF_HTTPSIG_REPLAYED));
}


static ngx_int_t
ngx_http_hpf_signature_want(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    hpf_sf_text_t          text;
    hpf_content_digest_t  *digest;

    if (!ngx_http_hpf_has_body(r)) {
        return NGX_OK;
    }

    digest = ngx_palloc(r->pool, sizeof(hpf_content_digest_t));

    if (digest == NULL
        || ngx_http_hpf_signature_field(r, "content-digest", &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (hpf_content_digest_parse(digest, text.data, text.len) != HPF_OK) {
        return ngx_http_hpf_signature_refuse(ctx,
                                    hpf_httpsig_reason(HPF_HTTPSIG_DIGEST));
    }

    ctx->digest_want = digest;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_signature_digest(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    int                        bad;
    u_char                     hash[HPF_CRYPTO_LEN];
    ngx_int_t                  rc;
    hpf_content_digest_t      *want;
    ngx_http_hpf_main_conf_t  *hmcf;

    want = ctx->digest_want;

    if (want == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_hpf_read_body(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    bad = 0;

    if (want->has_sha256) {

        if (hpf_crypto_digest(hmcf->crypto, HPF_CRYPTO_SHA256, ctx->body.data,
                              ctx->body.len, ctx->digest)
            != 0)
        {
            return NGX_ERROR;
        }

        ctx->digest_set = 1;
        bad |= !hpf_crypto_equal(ctx->digest, want->sha256, sizeof(hash));
    }

    if (want->has_sm3) {

        if (hpf_crypto_digest(hmcf->crypto, HPF_CRYPTO_SM3, ctx->body.data,
                              ctx->body.len, hash)
            != 0)
        {
            return NGX_ERROR;
        }

        bad |= !hpf_crypto_equal(hash, want->sm3, sizeof(hash));
    }

    return bad ? ngx_http_hpf_signature_refuse(ctx,
                                     hpf_httpsig_reason(HPF_HTTPSIG_DIGEST))
               : NGX_OK;
}


ngx_int_t
ngx_http_hpf_signature_refuse(ngx_http_hpf_ctx_t *ctx, const char *reason)
{
    ngx_str_t  s;

    s.data = (u_char *) reason;
    s.len = ngx_strlen(reason);

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CHANNEL_SIGNATURE);

    return ngx_http_hpf_extra_string(ctx, "reason", &s) == NGX_OK ? NGX_ABORT
                                                                  : NGX_ERROR;
}


/* When the keys have been read and the cryptography is there. */

char *
ngx_http_hpf_signature_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i, j;
    const char              *why;
    hpf_crypto_part_t        material;
    ngx_http_hpf_key_t      *key;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        for (j = 0; j < ch[i].nkeys; j++) {

            key = &ch[i].keys[j];

            material.data = key->secret.data;
            material.len = key->secret.len;

            key->sign = hpf_sign_key_create(hmcf->crypto, "hmac-sha256",
                                            &material, &why);
            if (key->sign == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "key \"%V\" of channel \"%V\" cannot be used: "
                              "%s in %s:%ui", &key->id, &ch[i].id, why,
                              ch[i].file, ch[i].line);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


void
ngx_http_hpf_signature_free(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t               i, j;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {
        for (j = 0; j < ch[i].nkeys; j++) {
            hpf_sign_key_destroy(ch[i].keys[j].sign);
        }
    }
}
