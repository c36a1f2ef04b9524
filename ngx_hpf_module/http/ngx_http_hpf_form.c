/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The form: the body of a request as a JSON object that the item's schema,
 * or that of a fixed call, accepts.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_form_formats.h"
#include "hpf_json.h"
#include "hpf_manifest.h"
#include "hpf_schema.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_factor_plugin.h"
#include "ngx_http_hpf_user.h"


static ngx_int_t ngx_http_hpf_form_parse(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_form_check(ngx_http_hpf_ctx_t *ctx,
    const hpf_schema_t *schema);
static ngx_int_t ngx_http_hpf_form_digest(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_form_cleanup(void *data);


ngx_int_t
ngx_http_hpf_form_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    const hpf_schema_t        *schema;
    ngx_http_hpf_main_conf_t  *hmcf;

    if (ctx->route == NULL
        || !(ctx->route->flags & (NGX_HTTP_HPF_R_BODY|NGX_HTTP_HPF_R_ITEM)))
    {
        return NGX_OK;
    }

    rc = ngx_http_hpf_read_body(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_hpf_form_parse(ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_sharing_person(ctx);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->item) {
        schema = ngx_hpf_plugin_manifest(ctx->item)->form;

    } else {
        hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
        schema = hmcf->forms[ctx->route - ngx_http_hpf_route_table()];
    }

    rc = ngx_http_hpf_form_check(ctx, schema);

    return rc == NGX_OK ? ngx_http_hpf_form_digest(ctx) : rc;
}


/* No body is an empty form. */

static ngx_int_t
ngx_http_hpf_form_parse(ngx_http_hpf_ctx_t *ctx)
{
    hpf_json_error_t  error;

    static const u_char  empty[] = "{}";

    ctx->form = ctx->body.len ? hpf_json_parse(ctx->body.data, ctx->body.len,
                                               &error)
                              : hpf_json_parse(empty, 2, &error);

    if (ctx->form) {
        return NGX_OK;
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_JSON_MALFORMED);

    return ngx_http_hpf_extra_int(ctx, "offset", error.offset) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_form_check(ngx_http_hpf_ctx_t *ctx, const hpf_schema_t *schema)
{
    int      rc;
    json_t  *faults;

    faults = NULL;
    rc = hpf_schema_check(schema, ctx->form, ctx->en, &faults);

    if (rc != HPF_OK && rc != HPF_DECLINED) {
        return NGX_ERROR;
    }

    if (ctx->route->flags & NGX_HTTP_HPF_R_FACTORS) {

        if (rc == HPF_OK) {
            faults = json_array();
        }

        if (ngx_http_hpf_factor_form(ctx, faults) != NGX_OK) {
            json_decref(faults);
            return NGX_ERROR;
        }
    }

    if (json_array_size(faults) == 0) {
        json_decref(faults);
        return NGX_OK;
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors", faults) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_refuse_form(ngx_http_hpf_ctx_t *ctx, const char *pointer,
    const char *zh, const char *en)
{
    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors",
                                   json_pack("[{s:s,s:s,s:s}]",
                                             "pointer", pointer,
                                             "rule", "enum",
                                             "message", ctx->en ? en : zh))
           == NGX_OK ? NGX_ABORT : NGX_ERROR;
}


/* For the record, of what changes something. */

static ngx_int_t
ngx_http_hpf_form_digest(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    if (ctx->digest_set || ctx->body.len == 0) {
        return NGX_OK;
    }

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (hpf_crypto_digest(hmcf->crypto, HPF_CRYPTO_SHA256, ctx->body.data,
                          ctx->body.len, ctx->digest)
        != 0)
    {
        return NGX_ERROR;
    }

    ctx->digest_set = 1;

    return NGX_OK;
}


const hpf_schema_formats_t *
ngx_http_hpf_form_formats(void)
{
    return hpf_form_formats(ngx_http_hpf_person_today);
}


/* The schemas of the fixed calls, by their place in the table. */

char *
ngx_http_hpf_form_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    json_t                      *tree;
    ngx_uint_t                   i, n;
    hpf_json_error_t             json_error;
    ngx_pool_cleanup_t          *cln;
    hpf_schema_error_t           error;
    const ngx_http_hpf_route_t  *route;

    route = ngx_http_hpf_route_table();

    for (n = 0; route[n].pattern; n++) { /* void */ }

    hmcf->nforms = n;
    hmcf->forms = ngx_pcalloc(cf->pool, n * sizeof(hpf_schema_t *));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (hmcf->forms == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hpf_form_cleanup;
    cln->data = hmcf;

    for (i = 0; i < n; i++) {

        if (route[i].form == NULL) {
            continue;
        }

        tree = hpf_json_parse((const u_char *) route[i].form,
                              ngx_strlen(route[i].form), &json_error);

        if (tree) {
            hmcf->forms[i] = hpf_schema_compile(tree,
                                                ngx_http_hpf_form_formats(),
                                                &error);
            json_decref(tree);

        } else {
            ngx_cpystrn((u_char *) error.text, (u_char *) json_error.reason,
                        sizeof(error.text));
        }

        if (hmcf->forms[i] == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the form of \"%s\" does not compile: %s",
                               route[i].name, error.text);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_hpf_form_cleanup(void *data)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    ngx_uint_t  i;

    for (i = 0; i < hmcf->nforms; i++) {
        hpf_schema_free(hmcf->forms[i]);
    }
}
