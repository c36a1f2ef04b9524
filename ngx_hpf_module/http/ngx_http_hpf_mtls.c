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


static char *ngx_http_hpf_mtls_add(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch,
    ngx_http_hpf_certificate_t *cert);
static ngx_int_t ngx_http_hpf_mtls_name(ngx_pool_t *pool, ngx_str_t *name,
    ngx_str_t *subject, ngx_str_t *issuer);
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
static ngx_http_hpf_channel_t *ngx_http_hpf_mtls_first(ngx_http_request_t *r,
    ngx_http_hpf_peer_t *peer);
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
            return ngx_http_hpf_mtls_add(cf, ch, cert);
        }

    } else if (ngx_strcmp(value[1].data, "subject") == 0 && value[2].len) {

        cert->subject = value[2];

        if (n == 3) {
            return ngx_http_hpf_mtls_add(cf, ch, cert);
        }

        if (n == 5 && ngx_strcmp(value[3].data, "issuer") == 0
            && value[4].len)
        {
            cert->issuer = value[4];
            return ngx_http_hpf_mtls_add(cf, ch, cert);
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"certificate\" of channel \"%V\": \"sha256\" "
                       "and 64 hexadecimal digits, or \"subject\" DN "
                       "[\"issuer\" DN] expected", &ch->id);

    return NGX_CONF_ERROR;
}


/* Of several channels with the same certificate it names the first. */

static char *
ngx_http_hpf_mtls_add(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch,
    ngx_http_hpf_certificate_t *cert)
{
    ngx_str_t                  name;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    if (cert->subject.len == 0) {
        name.len = HPF_CRYPTO_LEN;
        name.data = ngx_pnalloc(cf->pool, name.len);

        if (name.data == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(name.data, cert->sha256, name.len);

    } else if (ngx_http_hpf_mtls_name(cf->pool, &name, &cert->subject,
                                      &cert->issuer)
               != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hpf_names_add(&hmcf->certificates, &name,
                                  hmcf->channels.nelts - 1)
           == NGX_ERROR ? NGX_CONF_ERROR : NGX_CONF_OK;
}


/* No fingerprint looks like it: nginx writes a DN without zeros. */

static ngx_int_t
ngx_http_hpf_mtls_name(ngx_pool_t *pool, ngx_str_t *name, ngx_str_t *subject,
    ngx_str_t *issuer)
{
    u_char  *p;

    name->len = sizeof("subject") + subject->len + 1 + issuer->len;
    name->data = ngx_pnalloc(pool, name->len);

    if (name->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name->data, "subject", sizeof("subject"));
    p = ngx_cpymem(p, subject->data, subject->len);
    *p++ = '\0';
    ngx_memcpy(p, issuer->data, issuer->len);

    return NGX_OK;
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
    const char              *why;
    ngx_http_hpf_peer_t      peer;
    ngx_http_hpf_channel_t  *ch;

    why = ngx_http_hpf_mtls_peer(ctx->request, &peer);

    if (why) {
        ctx->reason = why;
        return NULL;
    }

    if (only == NULL) {
        ch = ngx_http_hpf_mtls_first(ctx->request, &peer);

    } else {
        ch = ngx_http_hpf_mtls_matches(only, &peer) ? only : NULL;
    }

    if (ch) {
        ctx->caller = "certificate";
        ctx->key_id = ngx_http_hpf_store_hex(ctx, peer.sha256, HPF_CRYPTO_LEN);

        return ch;
    }

    ctx->reason = peer.verified ? "another certificate"
                  : "another certificate, or one that is not verified";

    return NULL;
}


/* In the order of the configuration: of its fingerprint, or of its names. */

static ngx_http_hpf_channel_t *
ngx_http_hpf_mtls_first(ngx_http_request_t *r, ngx_http_hpf_peer_t *peer)
{
    ngx_int_t                  n, first;
    ngx_str_t                  names[3];
    ngx_uint_t                 i, nnames;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    static ngx_str_t  any = ngx_null_string;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    ch = hmcf->channels.elts;
    first = NGX_DECLINED;

    names[0].data = peer->sha256;
    names[0].len = HPF_CRYPTO_LEN;
    nnames = 1;

    if (peer->verified
        && ngx_http_hpf_mtls_name(r->pool, &names[1], &peer->subject,
                                  &peer->issuer) == NGX_OK
        && ngx_http_hpf_mtls_name(r->pool, &names[2], &peer->subject, &any)
           == NGX_OK)
    {
        nnames = 3;
    }

    for (i = 0; i < nnames; i++) {
        n = ngx_http_hpf_names_find(&hmcf->certificates, &names[i]);

        if (n != NGX_DECLINED && (first == NGX_DECLINED || n < first)) {
            first = n;
        }
    }

    return first == NGX_DECLINED ? NULL : &ch[first];
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
