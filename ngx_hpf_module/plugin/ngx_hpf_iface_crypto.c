/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * "hpf.crypto": the gateway's own digests, random numbers, texts of bytes, and
 * its seal, which is bound to the plugin.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "hpf_base64.h"
#include "hpf_hex.h"
#include "ngx_hpf_iface.h"
#include "ngx_hpf_plugins.h"


static int ngx_hpf_iface_crypto_digest(hpf_plugin_t *plugin, int digest,
    hpf_str_t data, void *out);
static int ngx_hpf_iface_crypto_hmac(hpf_plugin_t *plugin, int digest,
    hpf_str_t key, hpf_str_t data, void *out);
static int ngx_hpf_iface_crypto_md(int digest);
static int ngx_hpf_iface_crypto_equal(hpf_str_t a, hpf_str_t b);
static size_t ngx_hpf_iface_crypto_hex(char *out, hpf_str_t data);
static int64_t ngx_hpf_iface_crypto_unhex(void *out, hpf_str_t text);
static size_t ngx_hpf_iface_crypto_base64(char *out, hpf_str_t data);
static int64_t ngx_hpf_iface_crypto_unbase64(void *out, hpf_str_t text);
static size_t ngx_hpf_iface_crypto_base64url(char *out, hpf_str_t data);
static int64_t ngx_hpf_iface_crypto_unbase64url(void *out, hpf_str_t text);
static int64_t ngx_hpf_iface_crypto_seal(hpf_plugin_t *plugin,
    hpf_str_t context, hpf_str_t plain, char *out);
static int64_t ngx_hpf_iface_crypto_open(hpf_plugin_t *plugin,
    hpf_str_t context, hpf_str_t text, void *out);
static u_char *ngx_hpf_iface_crypto_bind(hpf_plugin_t *plugin,
    hpf_str_t context, hpf_crypto_part_t *ad);


const hpf_iface_crypto_t  ngx_hpf_iface_crypto = {
    sizeof(hpf_iface_crypto_t), 1,
    ngx_hpf_iface_crypto_digest,
    ngx_hpf_iface_crypto_hmac,
    hpf_crypto_random_private,
    ngx_hpf_iface_crypto_equal,
    ngx_hpf_iface_crypto_hex,
    ngx_hpf_iface_crypto_unhex,
    ngx_hpf_iface_crypto_base64,
    ngx_hpf_iface_crypto_unbase64,
    ngx_hpf_iface_crypto_base64url,
    ngx_hpf_iface_crypto_unbase64url,
    ngx_hpf_iface_crypto_seal,
    ngx_hpf_iface_crypto_open
};


static int
ngx_hpf_iface_crypto_digest(hpf_plugin_t *plugin, int digest, hpf_str_t data,
    void *out)
{
    int  md;

    md = ngx_hpf_iface_crypto_md(digest);

    return md == HPF_ERROR
           ? HPF_ERROR
           : hpf_crypto_digest(plugin->plugins->conf.crypto, md, data.data,
                               data.len, out);
}


static int
ngx_hpf_iface_crypto_hmac(hpf_plugin_t *plugin, int digest, hpf_str_t key,
    hpf_str_t data, void *out)
{
    int                md;
    hpf_crypto_part_t  k, d;

    md = ngx_hpf_iface_crypto_md(digest);

    k.data = key.data;
    k.len = key.len;
    d.data = data.data;
    d.len = data.len;

    return md == HPF_ERROR
           ? HPF_ERROR
           : hpf_crypto_hmac_once(plugin->plugins->conf.crypto, md, &k, &d,
                                  out);
}


static int
ngx_hpf_iface_crypto_md(int digest)
{
    switch (digest) {

    case HPF_DIGEST_SHA256:
        return HPF_CRYPTO_SHA256;

    case HPF_DIGEST_SM3:
        return HPF_CRYPTO_SM3;

    default:
        return HPF_ERROR;
    }
}


static int
ngx_hpf_iface_crypto_equal(hpf_str_t a, hpf_str_t b)
{
    return a.len == b.len && hpf_crypto_equal(a.data, b.data, a.len);
}


static size_t
ngx_hpf_iface_crypto_hex(char *out, hpf_str_t data)
{
    return hpf_hex_encode(out, data.data, data.len);
}


static int64_t
ngx_hpf_iface_crypto_unhex(void *out, hpf_str_t text)
{
    return hpf_hex_decode(text.data, text.len, out) == HPF_OK
           ? (int64_t) text.len / 2 : HPF_ERROR;
}


static size_t
ngx_hpf_iface_crypto_base64(char *out, hpf_str_t data)
{
    return hpf_base64_encode(out, data.data, data.len);
}


static int64_t
ngx_hpf_iface_crypto_unbase64(void *out, hpf_str_t text)
{
    return hpf_base64_decode(out, text.data, text.len);
}


static size_t
ngx_hpf_iface_crypto_base64url(char *out, hpf_str_t data)
{
    return hpf_base64_url_encode(out, data.data, data.len);
}


static int64_t
ngx_hpf_iface_crypto_unbase64url(void *out, hpf_str_t text)
{
    return hpf_base64_url_decode(out, text.data, text.len);
}


static int64_t
ngx_hpf_iface_crypto_seal(hpf_plugin_t *plugin, hpf_str_t context,
    hpf_str_t plain, char *out)
{
    u_char             *bound;
    ssize_t             n;
    hpf_crypto_part_t   ad, part;

    bound = ngx_hpf_iface_crypto_bind(plugin, context, &ad);
    if (bound == NULL) {
        return HPF_ERROR;
    }

    part.data = plain.data;
    part.len = plain.len;

    n = hpf_seal_seal(plugin->plugins->conf.seal, &ad, &part, out);

    ngx_free(bound);

    return n;
}


static int64_t
ngx_hpf_iface_crypto_open(hpf_plugin_t *plugin, hpf_str_t context,
    hpf_str_t text, void *out)
{
    u_char             *bound;
    ssize_t             n;
    hpf_crypto_part_t   ad, part;

    bound = ngx_hpf_iface_crypto_bind(plugin, context, &ad);
    if (bound == NULL) {
        return HPF_ERROR;
    }

    part.data = text.data;
    part.len = text.len;

    n = hpf_seal_open(plugin->plugins->conf.seal, &ad, &part, out);

    ngx_free(bound);

    return n;
}


/* "plugin:ID:CONTEXT"; an id has no colon. */

static u_char *
ngx_hpf_iface_crypto_bind(hpf_plugin_t *plugin, hpf_str_t context,
    hpf_crypto_part_t *ad)
{
    u_char  *p;

    if (plugin->plugins->conf.seal == NULL) {
        ngx_log_error(NGX_LOG_ERR, plugin->log, 0,
                      "hpf plugin: \"%V\" cannot seal: there is no "
                      "\"hpf_secrets\"", &plugin->id);
        return NULL;
    }

    ad->len = sizeof("plugin::") - 1 + plugin->id.len + context.len;

    p = ngx_alloc(ad->len, plugin->log);

    if (p) {
        (void) ngx_snprintf(p, ad->len, "plugin:%V:%*s", &plugin->id,
                            context.len, context.data);
        ad->data = p;
    }

    return p;
}
