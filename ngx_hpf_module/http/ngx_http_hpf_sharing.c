/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Data that other departments ask for: a signed channel calls an item without
 * a user's session, for a person whom its form names.  The item must allow it,
 * the channel must have the scopes, and it says for what purpose and in which
 * matter of its own; both are signed and go into the record.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_manifest.h"
#include "ngx_http_hpf_signature.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_SHARING_TEXT  128     /* bytes */


static ngx_int_t ngx_http_hpf_sharing_reason(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_sharing_text(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *text);
static ngx_uint_t ngx_http_hpf_sharing_scopes(ngx_http_hpf_ctx_t *ctx);


ngx_uint_t
ngx_http_hpf_sharing(ngx_http_hpf_ctx_t *ctx)
{
    ctx->shared = ctx->route && ctx->channel->sharing
                  && ctx->request->headers_in.authorization == NULL
                  && ngx_hpf_plugin_manifest(ctx->item)->sharing;

    return ctx->shared;
}


ngx_int_t
ngx_http_hpf_sharing_check(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_uint_t  scopes;

    ctx->personal = 1;

    scopes = ngx_http_hpf_sharing_scopes(ctx);

    if (scopes == 0) {
        ctx->reason = "not-shared-with-channel";

        return ngx_http_hpf_consent_refuse(ctx,
                   ngx_http_hpf_consent_names(ctx, (ngx_uint_t) -1));
    }

    rc = ngx_http_hpf_sharing_reason(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->party = ctx->channel->id;
    ctx->scope = ngx_http_hpf_consent_names(ctx, scopes);

    return ngx_http_hpf_item_scopes(r, ctx, scopes);
}


static ngx_int_t
ngx_http_hpf_sharing_reason(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    static ngx_str_t  purpose = ngx_string("x-hpf-purpose");
    static ngx_str_t  matter = ngx_string("x-hpf-case");

    if (ngx_http_hpf_sharing_text(r, &purpose, &ctx->purpose) != NGX_OK
        || ngx_http_hpf_sharing_text(r, &matter, &ctx->matter) != NGX_OK)
    {
        ctx->reason = "no-purpose";

        rc = ngx_http_hpf_consent_refuse(ctx,
                 ngx_http_hpf_consent_names(ctx,
                                            ngx_http_hpf_sharing_scopes(ctx)));

        ngx_str_set(&ctx->detail, "X-HPF-Purpose, X-HPF-Case");

        return rc;
    }

    if (ctx->signer
        && (~ctx->signer->sig.covered
            & (HPF_HTTPSIG_PURPOSE|HPF_HTTPSIG_CASE)))
    {
        return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_MISSING,
                                             "purpose-not-signed");
    }

    return NGX_OK;
}


/* Percent-coded UTF-8 stays as it is: it goes into the record only. */

static ngx_int_t
ngx_http_hpf_sharing_text(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *text)
{
    size_t            i;
    ngx_table_elt_t  *h;

    h = ngx_http_hpf_header_in(r, name);

    if (h == NULL || ngx_http_hpf_header_next(r, name, h)
        || h->value.len == 0 || h->value.len > NGX_HTTP_HPF_SHARING_TEXT)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < h->value.len; i++) {

        if (h->value.data[i] < ' ' || h->value.data[i] > '~') {
            return NGX_DECLINED;
        }
    }

    *text = h->value;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_hpf_sharing_scopes(ngx_http_hpf_ctx_t *ctx)
{
    size_t                 i;
    ngx_str_t             *scope;
    ngx_uint_t             j, scopes;
    const hpf_manifest_t  *mf;

    mf = ngx_hpf_plugin_manifest(ctx->item);
    scope = ctx->channel->sharing->elts;
    scopes = 0;

    for (i = 0; i < mf->nscopes; i++) {

        for (j = 0; j < ctx->channel->sharing->nelts; j++) {

            if (ngx_http_hpf_is(&scope[j], mf->scopes[i].name)) {
                scopes |= (ngx_uint_t) 1 << i;
            }
        }
    }

    return scopes;
}


ngx_int_t
ngx_http_hpf_sharing_person(ngx_http_hpf_ctx_t *ctx)
{
    json_t     *person;
    ngx_str_t   id_no;

    if (!ctx->shared) {
        return NGX_OK;
    }

    person = json_object_get(ctx->form, "person");
    id_no = ngx_http_hpf_person_member(person, "id_no");

    ctx->person = ngx_http_hpf_person_id_no(ctx, &id_no);

    if (ctx->person.len == 0 || json_object_size(person) != 1) {
        return ngx_http_hpf_refuse_form(ctx, "/person/id_no",
                                        "需要本人的身份证号码",
                                        "The ID card number of the person is "
                                        "expected");
    }

    ctx->person_hash = ngx_http_hpf_person_index(ctx, "id", &ctx->person);

    return json_object_del(ctx->form, "person") == 0
           && ctx->person_hash.len ? NGX_OK : NGX_ERROR;
}
