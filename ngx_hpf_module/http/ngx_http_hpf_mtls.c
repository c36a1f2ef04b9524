/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Channels of kind mtls.  nginx has asked for the certificate, by
 * ssl_verify_client of the listener, and the client has shown that it has the
 * key.  A subject is worth what the authority is that has signed for it, so it
 * counts only when nginx has verified the certificate; a fingerprint is that
 * of one certificate, which may be of an authority that is not known.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hex.h"
#include "ngx_http_hpf_mtls.h"
#include "ngx_http_hpf_store.h"


typedef struct {
    ngx_str_t   subject;               /* empty: the fingerprint */
    ngx_str_t   issuer;                /* empty: any */
    u_char      sha256[HPF_CRYPTO_LEN];
} ngx_http_hpf_certificate_t;


static ngx_int_t ngx_http_hpf_mtls_fingerprint(ngx_str_t *text, u_char *out);

#if (NGX_HTTP_SSL)

typedef struct {
    ngx_str_t   subject;
    ngx_str_t   issuer;
    ngx_uint_t  verified;
    u_char      sha256[HPF_CRYPTO_LEN];
} ngx_http_hpf_peer_t;


static const char *ngx_http_hpf_mtls_peer(ngx_http_request_t *r,
    ngx_http_hpf_peer_t *peer);
static ngx_int_t ngx_http_hpf_mtls_digest(X509 *cert, u_char *out);
static ngx_uint_t ngx_http_hpf_mtls_matches(ngx_http_hpf_channel_t *ch,
    ngx_http_hpf_peer_t *peer);
static ngx_uint_t ngx_http_hpf_mtls_same(ngx_str_t *a, ngx_str_t *b);

#endif


ngx_int_t
ngx_http_hpf_mtls_init(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    return ngx_array_init(&ch->certificates, cf->pool, 1,
                          sizeof(ngx_http_hpf_certificate_t));
}


char *
ngx_http_hpf_mtls_line(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t                   *value;
    ngx_uint_t                   n;
    ngx_http_hpf_certificate_t  *cert;

    value = cf->args->elts;
    n = cf->args->nelts;

    cert = ngx_array_push(&ch->certificates);
    if (cert == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(cert, sizeof(ngx_http_hpf_certificate_t));

    if (n == 3 && ngx_strcmp(value[1].data, "sha256") == 0) {

        if (ngx_http_hpf_mtls_fingerprint(&value[2], cert->sha256)
            == NGX_OK)
        {
            return NGX_CONF_OK;
        }

    } else if (ngx_strcmp(value[1].data, "subject") == 0 && value[2].len) {

        cert->subject = value[2];

        if (n == 3) {
            return NGX_CONF_OK;
        }

        if (n == 5 && ngx_strcmp(value[3].data, "issuer") == 0
            && value[4].len)
        {
            cert->issuer = value[4];
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"certificate\" of channel \"%V\": \"sha256\" "
                       "and 64 hexadecimal digits, or \"subject\" DN "
                       "[\"issuer\" DN] expected", &ch->id);

    return NGX_CONF_ERROR;
}


/* With colons between the bytes, as openssl has it, or without. */

static ngx_int_t
ngx_http_hpf_mtls_fingerprint(ngx_str_t *text, u_char *out)
{
    u_char      hex[2 * HPF_CRYPTO_LEN];
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == ':' && n % 2 == 0) {
            continue;
        }

        if (n == sizeof(hex)) {
            return NGX_ERROR;
        }

        hex[n++] = ngx_tolower(text->data[i]);
    }

    return n == sizeof(hex) && hpf_hex_decode(hex, n, out) == 0 ? NGX_OK
                                                                : NGX_ERROR;
}


#if (NGX_HTTP_SSL)

ngx_http_hpf_channel_t *
ngx_http_hpf_mtls_find(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_channel_t *only)
{
    ngx_uint_t                 i;
    const char                *why;
    ngx_http_hpf_peer_t        peer;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    why = ngx_http_hpf_mtls_peer(ctx->request, &peer);

    if (why) {
        ctx->reason = why;
        return NULL;
    }

    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        if (ch[i].kind == NGX_HTTP_HPF_MTLS
            && (only == NULL || only == &ch[i])
            && ngx_http_hpf_mtls_matches(&ch[i], &peer))
        {
            ctx->caller = "certificate";
            ctx->key_id = ngx_http_hpf_store_hex(ctx, peer.sha256,
                                                 HPF_CRYPTO_LEN);
            return &ch[i];
        }
    }

    ctx->reason = peer.verified ? "another certificate"
                  : "another certificate, or one that is not verified";

    return NULL;
}


/* NULL, or why there is none that counts. */

static const char *
ngx_http_hpf_mtls_peer(ngx_http_request_t *r, ngx_http_hpf_peer_t *peer)
{
    long               result;
    X509              *cert;
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = r->connection;

    if (c->ssl == NULL) {
        return "no TLS";
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "no certificate";
    }

    rc = ngx_http_hpf_mtls_digest(cert, peer->sha256);

    X509_free(cert);

    /*
     * nginx refuses what else is wrong with a certificate, but not where the
     * server that the request is for does not ask for one
     */

    result = SSL_get_verify_result(c->ssl->connection);

    peer->verified = (result == X509_V_OK);

    if (rc != NGX_OK
        || ngx_ssl_get_subject_dn(c, r->pool, &peer->subject) != NGX_OK
        || ngx_ssl_get_issuer_dn(c, r->pool, &peer->issuer) != NGX_OK)
    {
        return "a certificate that cannot be read";
    }

    return peer->verified || ngx_ssl_verify_error_optional(result)
           ? NULL : "a certificate that does not hold";
}


static ngx_int_t
ngx_http_hpf_mtls_digest(X509 *cert, u_char *out)
{
    unsigned int  len;

    len = 0;

    return X509_digest(cert, EVP_sha256(), out, &len) == 1
           && len == HPF_CRYPTO_LEN ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_hpf_mtls_matches(ngx_http_hpf_channel_t *ch,
    ngx_http_hpf_peer_t *peer)
{
    ngx_uint_t                   i;
    ngx_http_hpf_certificate_t  *cert;

    cert = ch->certificates.elts;

    for (i = 0; i < ch->certificates.nelts; i++) {

        if (cert[i].subject.len == 0) {

            if (ngx_memcmp(cert[i].sha256, peer->sha256, HPF_CRYPTO_LEN)
                == 0)
            {
                return 1;
            }

        } else if (peer->verified
                   && ngx_http_hpf_mtls_same(&cert[i].subject, &peer->subject)
                   && (cert[i].issuer.len == 0
                       || ngx_http_hpf_mtls_same(&cert[i].issuer,
                                                 &peer->issuer)))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_hpf_mtls_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}

#else

ngx_http_hpf_channel_t *
ngx_http_hpf_mtls_find(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_channel_t *only)
{
    ctx->reason = "no TLS";

    return NULL;
}

#endif
