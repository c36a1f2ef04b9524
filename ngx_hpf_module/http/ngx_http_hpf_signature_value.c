/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a signature of a request covers: the values of its components, as RFC
 * 9421, section 2, has them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_signature.h"


static int ngx_http_hpf_signature_derived(ngx_http_request_t *r,
    const hpf_sf_text_t *name, hpf_httpsig_base_t *base);
static int ngx_http_hpf_signature_target(ngx_http_request_t *r,
    hpf_httpsig_base_t *base);
static ngx_str_t ngx_http_hpf_signature_scheme(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_signature_authority(ngx_http_request_t *r,
    ngx_str_t *authority);


int
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
    ngx_str_t   path, value;

    if (hpf_sf_is(name, "@method")) {
        hpf_httpsig_add(base, r->method_name.data, r->method_name.len);

    } else if (hpf_sf_is(name, "@authority")) {

        if (ngx_http_hpf_signature_authority(r, &value) != NGX_OK) {
            return HPF_DECLINED;
        }

        hpf_httpsig_add(base, value.data, value.len);

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
        value = ngx_http_hpf_signature_scheme(r);
        hpf_httpsig_add(base, value.data, value.len);

    } else if (hpf_sf_is(name, "@target-uri")) {
        return ngx_http_hpf_signature_target(r, base);

    } else {
        return HPF_DECLINED;
    }

    return HPF_OK;
}


static int
ngx_http_hpf_signature_target(ngx_http_request_t *r, hpf_httpsig_base_t *base)
{
    u_char     *p;
    ngx_str_t   scheme, authority, target;

    scheme = ngx_http_hpf_signature_scheme(r);

    if (ngx_http_hpf_signature_authority(r, &authority) != NGX_OK) {
        return HPF_DECLINED;
    }

    target.len = scheme.len + 3 + authority.len + r->unparsed_uri.len;

    p = ngx_pnalloc(r->pool, target.len);
    if (p == NULL) {
        return HPF_DECLINED;
    }

    target.data = p;

    (void) ngx_sprintf(p, "%V://%V%V", &scheme, &authority, &r->unparsed_uri);

    hpf_httpsig_add(base, target.data, target.len);

    return HPF_OK;
}


/* Of the connection: what a request says of itself is not asked. */

static ngx_str_t
ngx_http_hpf_signature_scheme(ngx_http_request_t *r)
{
    ngx_str_t  http = ngx_string("http");

#if (NGX_HTTP_SSL)
    ngx_str_t  https = ngx_string("https");

    if (r->connection->ssl) {
        return https;
    }
#endif

    return http;
}


/* As the client sent it, without the default port. */

static ngx_int_t
ngx_http_hpf_signature_authority(ngx_http_request_t *r, ngx_str_t *authority)
{
    u_char     *p;
    ngx_str_t   host, port;

    if (r->headers_in.host == NULL && r->headers_in.server.len == 0) {
        return NGX_DECLINED;
    }

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
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(p, host.data, host.len);

    authority->data = p;
    authority->len = host.len;

    return NGX_OK;
}
