/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a session was made of: factors, each with the second in which it was
 * proved, as the store keeps them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_user.h"


static void ngx_http_hpf_proof_one(ngx_http_hpf_proofs_t *proofs, u_char *p,
    u_char *last);


void
ngx_http_hpf_proof_read(ngx_http_hpf_proofs_t *proofs, ngx_str_t *text)
{
    u_char  *p, *last, *comma;

    ngx_memzero(proofs, sizeof(ngx_http_hpf_proofs_t));

    p = text->data;
    last = p + text->len;

    while (p < last) {
        comma = ngx_strlchr(p, last, ',');

        if (comma == NULL) {
            comma = last;
        }

        ngx_http_hpf_proof_one(proofs, p, comma);

        p = comma + 1;
    }
}


/* A factor that this node does not know does not count here. */

static void
ngx_http_hpf_proof_one(ngx_http_hpf_proofs_t *proofs, u_char *p, u_char *last)
{
    time_t       at;
    u_char      *sign;
    ngx_str_t    name;
    ngx_uint_t   factor;

    sign = ngx_strlchr(p, last, '=');

    if (sign == NULL) {
        return;
    }

    name.data = p;
    name.len = sign - p;

    at = ngx_atotm(sign + 1, last - sign - 1);
    factor = ngx_http_hpf_factor_find(&name);

    if (factor && at != NGX_ERROR) {
        proofs->factors |= factor;
        proofs->at[__builtin_ctzl(factor)] = at;
    }
}


ngx_str_t
ngx_http_hpf_proof_text(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_person_t *person)
{
    u_char      *p;
    ngx_str_t    text;
    ngx_uint_t   n, bit;

    text.len = 0;

    for (n = 0; ngx_http_hpf_factors[n].len; n++) {
        text.len += ngx_http_hpf_factors[n].len + sizeof(",=") - 1
                    + NGX_TIME_T_LEN;
    }

    text.data = ngx_pnalloc(ctx->request->pool, text.len);

    if (text.data == NULL) {
        ngx_str_null(&text);
        return text;
    }

    p = text.data;

    for (n = 0; ngx_http_hpf_factors[n].len; n++) {
        bit = (ngx_uint_t) 1 << n;

        if (!(person->proved & bit)) {
            continue;
        }

        p = ngx_sprintf(p, p == text.data ? "%V=" : ",%V=",
                        &ngx_http_hpf_factors[n]);
        p = (person->kept.factors & ~person->asked & bit)
            ? ngx_sprintf(p, "%T", person->kept.at[n])
            : ngx_cpymem(p, "now", 3);
    }

    text.len = p - text.data;

    return text;
}
