/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A session that a certificate has helped to make ends when that does, and
 * tells of it: "UNTIL BY SERIAL", seconds since 1970, and hash of the issuer's
 * name and serial number in hexadecimal.  When the session is read from the
 * store, the lists are asked for it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cert.h"


#define NGX_HTTP_HPF_CERT_SESSION                                            \
    (NGX_TIME_T_LEN + sizeof(" 01234567 ") + HPF_CERT_SERIAL)


ngx_int_t
ngx_http_hpf_cert_session(ngx_http_hpf_ctx_t *ctx)
{
    char                    serial[HPF_CERT_SERIAL + 1];
    time_t                  until;
    uint32_t                by;
    const hpf_cert_t       *cert;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    /* the one shown now takes the place of another one */

    if (person->cert) {
        cert = &person->cert->cert;

        person->relies.data = ngx_pnalloc(ctx->request->pool,
                                          NGX_HTTP_HPF_CERT_SESSION);
        if (person->relies.data == NULL) {
            return NGX_ERROR;
        }

        person->relies.len = ngx_sprintf(person->relies.data, "%T %08xD %s",
                                         (time_t) cert->until, cert->by,
                                         cert->serial)
                             - person->relies.data;
    }

    if (ngx_http_hpf_cert_session_read(&person->relies, &until, &by, serial)
        != NGX_OK)
    {
        person->relies.len = 0;
        return NGX_OK;
    }

    until = ngx_max(until - ngx_time(), 1);
    person->life = ngx_min(person->life, (ngx_uint_t) until);

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_cert_session_read(ngx_str_t *text, time_t *until, uint32_t *by,
    char *serial)
{
    u_char     *p, *last;
    ngx_int_t   n;

    if (text->len == 0) {
        return NGX_DECLINED;
    }

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, ' ');

    if (p == NULL || last - p < 11 || p[9] != ' '
        || last - p - 10 > HPF_CERT_SERIAL)
    {
        return NGX_DECLINED;
    }

    *until = ngx_atotm(text->data, p - text->data);
    n = ngx_hextoi(p + 1, 8);

    if (*until == NGX_ERROR || n == NGX_ERROR) {
        return NGX_DECLINED;
    }

    *by = (uint32_t) n;
    (void) ngx_cpystrn((u_char *) serial, p + 10, last - p - 10 + 1);

    return NGX_OK;
}
