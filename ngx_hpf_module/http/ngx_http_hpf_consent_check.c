/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * May the channel see it?  A channel with "consent required;" gets of an item
 * what the user has agreed to, by scope, and nothing else of him.  The store
 * is asked each time and nothing is cached, so what is withdrawn has ended
 * with the answer that says so, on all nodes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_manifest.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


static ngx_uint_t ngx_http_hpf_consent_personal(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_consent_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_consent_apply(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_uint_t ngx_http_hpf_consent_covers(ngx_http_hpf_ctx_t *ctx,
    json_t *agreed);


ngx_int_t
ngx_http_hpf_consent_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t             args[2], uid;
    ngx_hpf_redis_eval_t  eval;

    if (ctx->resumed) {
        ctx->resumed = 0;
        return ctx->op_rc;
    }

    if (ctx->shared) {
        return ngx_http_hpf_sharing_check(r, ctx);
    }

    if (ctx->channel == NULL || !ctx->channel->consent || !ctx->has_session) {
        return NGX_OK;
    }

    if (ctx->item == NULL || ctx->route == NULL) {

        if (!ngx_http_hpf_consent_personal(ctx)) {
            return NGX_OK;
        }

        ctx->reason = "not-for-parties";

        return ngx_http_hpf_consent_refuse(ctx, json_array());
    }

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &uid, ":consents");
    args[1] = ctx->channel->id;

    if (args[0].data == NULL) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_consent_get;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_consent_told);
}


/*
 * What is not cut to a scope: cases, and what is behind a gate; and what a
 * user does with his account and no party for him.
 */

static ngx_uint_t
ngx_http_hpf_consent_personal(ngx_http_hpf_ctx_t *ctx)
{
    return ctx->route == NULL
           || ctx->route->flags & (NGX_HTTP_HPF_R_MASK|NGX_HTTP_HPF_R_ACCOUNT);
}


static void
ngx_http_hpf_consent_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ctx->op_rc = ngx_http_hpf_store_check(ctx, reply);

    if (ctx->op_rc == NGX_OK) {
        ctx->op_rc = ngx_http_hpf_consent_apply(ctx, reply);
    }

    ctx->resumed = 1;

    ngx_http_hpf_resume(ctx->request);
}


static ngx_int_t
ngx_http_hpf_consent_apply(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t      *consent;
    ngx_str_t    text;
    ngx_uint_t   scopes;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

    consent = json_loadb((char *) text.data, text.len, 0, NULL);
    scopes = ngx_http_hpf_consent_covers(ctx,
                                         json_object_get(consent, "scope"));
    json_decref(consent);

    if (scopes == 0) {
        ctx->reason = text.len ? "outside-consent" : "no-consent";

        return ngx_http_hpf_consent_refuse(ctx,
                   ngx_http_hpf_consent_names(ctx, (ngx_uint_t) -1));
    }

    ctx->party = ctx->channel->id;
    ctx->scope = ngx_http_hpf_consent_names(ctx, scopes);

    return ngx_http_hpf_item_scopes(ctx->request, ctx, scopes);
}


static ngx_uint_t
ngx_http_hpf_consent_covers(ngx_http_hpf_ctx_t *ctx, json_t *agreed)
{
    size_t                 i, j;
    json_t                *name;
    ngx_uint_t             scopes;
    const hpf_manifest_t  *mf;

    mf = ngx_hpf_plugin_manifest(ctx->item);
    scopes = 0;

    json_array_foreach(agreed, i, name) {

        for (j = 0; j < mf->nscopes; j++) {

            if (json_is_string(name)
                && ngx_strcmp(json_string_value(name), mf->scopes[j].name)
                   == 0)
            {
                scopes |= (ngx_uint_t) 1 << j;
            }
        }
    }

    return scopes;
}


json_t *
ngx_http_hpf_consent_names(ngx_http_hpf_ctx_t *ctx, ngx_uint_t scopes)
{
    size_t                 i;
    json_t                *names;
    const hpf_manifest_t  *mf;

    mf = ngx_hpf_plugin_manifest(ctx->item);
    names = json_array();

    for (i = 0; i < mf->nscopes; i++) {

        if (scopes >> i & 1) {
            (void) json_array_append_new(names,
                                         json_string(mf->scopes[i].name));
        }
    }

    return names;
}


ngx_int_t
ngx_http_hpf_consent_refuse(ngx_http_hpf_ctx_t *ctx, json_t *scope)
{
    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CONSENT_REQUIRED);

    ctx->party = ctx->channel->id;

    if (ngx_http_hpf_extra_json(ctx, "scope", scope) != NGX_OK
        || ngx_http_hpf_extra_string(ctx, "party", &ctx->party) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}
