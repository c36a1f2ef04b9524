/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Consents of a user to third parties, by scope, for a purpose and a time.
 * Parties are the channels with "consent required;", and none of them can
 * give a consent in a user's name.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_manifest.h"
#include "hpf_time.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


static ngx_int_t ngx_http_hpf_consent_party(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_consent_known(ngx_http_hpf_ctx_t *ctx);
static ngx_uint_t ngx_http_hpf_consent_is_scope(
    ngx_http_hpf_main_conf_t *hmcf, const char *name);
static json_t *ngx_http_hpf_consent_given(ngx_http_hpf_ctx_t *ctx,
    time_t expires);
static ngx_int_t ngx_http_hpf_consent_write(ngx_http_hpf_ctx_t *ctx,
    time_t expires);
static void ngx_http_hpf_consent_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_consent_read(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *party, ngx_http_hpf_store_pt handler);
static void ngx_http_hpf_consent_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_consent_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_consent_parse(const ngx_hpf_redis_reply_t *reply,
    ngx_uint_t i);
static void ngx_http_hpf_consent_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


const char  ngx_http_hpf_consent_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"scope\",\"purpose\",\"expires_at\"],\"properties\":{"
    "\"scope\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,"
    "\"uniqueItems\":true,\"items\":{\"type\":\"string\",\"minLength\":1,"
    "\"maxLength\":32}},"
    "\"purpose\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200},"
    "\"text_version\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}";


/* PUT /v1/consents/{party} */

ngx_int_t
ngx_http_hpf_consent_put_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    int64_t     ms;
    ngx_int_t   rc;
    ngx_str_t   expires;

    rc = ngx_http_hpf_consent_party(ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_consent_known(ctx);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    expires = ngx_http_hpf_person_member(ctx->form, "expires_at");

    if (hpf_time_parse((char *) expires.data, expires.len, &ms) != HPF_OK) {
        return NGX_ERROR;
    }

    if (ms / 1000 <= ngx_time()) {
        return ngx_http_hpf_refuse_form(ctx, "/expires_at",
                                        "授权截止时间须在当前时间之后",
                                        "The consent must end in the future");
    }

    ngx_str_set(&ctx->event, "consented");

    return ngx_http_hpf_consent_write(ctx, (time_t) (ms / 1000));
}


/* Of a party, on its own channel, the others are none of its business. */

static ngx_int_t
ngx_http_hpf_consent_party(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_channel_t    *party;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    party = ngx_http_hpf_channel_find(hmcf, &ctx->arg);

    if (party == NULL || !party->consent
        || (ctx->channel->consent && ctx->channel != party))
    {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    ctx->party = party->id;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_consent_known(ngx_http_hpf_ctx_t *ctx)
{
    char                       pointer[sizeof("/scope/") + NGX_INT_T_LEN];
    size_t                     i;
    json_t                    *scope, *name;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    scope = json_object_get(ctx->form, "scope");

    json_array_foreach(scope, i, name) {

        if (!ngx_http_hpf_consent_is_scope(hmcf, json_string_value(name))) {

            (void) ngx_sprintf((u_char *) pointer, "/scope/%uz%Z", i);

            return ngx_http_hpf_refuse_form(ctx, pointer,
                                            "没有这个授权范围",
                                            "There is no such scope");
        }
    }

    return NGX_OK;
}


/* Of any item that is loaded. */

static ngx_uint_t
ngx_http_hpf_consent_is_scope(ngx_http_hpf_main_conf_t *hmcf,
    const char *name)
{
    size_t                 i;
    ngx_uint_t             n;
    ngx_hpf_plugin_t      *plugin;
    const hpf_manifest_t  *mf;

    for (n = 0; hmcf->plugins; n++) {
        plugin = ngx_hpf_plugins_nth(hmcf->plugins, n);

        if (plugin == NULL) {
            break;
        }

        mf = ngx_hpf_plugin_manifest(plugin);

        for (i = 0; i < mf->nscopes; i++) {

            if (ngx_strcmp(mf->scopes[i].name, name) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_hpf_consent_write(ngx_http_hpf_ctx_t *ctx, time_t expires)
{
    char       *text;
    u_char     *p;
    json_t     *consent;
    ngx_str_t   argv[4], uid;

    consent = ngx_http_hpf_consent_given(ctx, expires);
    text = json_dumps(consent, JSON_COMPACT);
    json_decref(consent);

    if (text == NULL) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(ctx->request->pool,
                    NGX_TIME_T_LEN + 1 + ngx_strlen(text));

    if (p) {
        argv[3].data = p;
        argv[3].len = ngx_sprintf(p, "%T %s", expires, text) - p;
    }

    free(text);

    if (p == NULL) {
        return NGX_ERROR;
    }

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":consents");
    argv[2] = ctx->party;

    ctx->scope = json_incref(json_object_get(ctx->form, "scope"));

    ctx->data = ngx_palloc(ctx->request->pool, sizeof(ngx_str_t));
    if (ctx->data == NULL) {
        return NGX_ERROR;
    }

    *(ngx_str_t *) ctx->data = argv[3];

    return ngx_http_hpf_store_write(ctx, 4, argv, ngx_http_hpf_consent_stored);
}


/* As it is kept and shown. */

static json_t *
ngx_http_hpf_consent_given(ngx_http_hpf_ctx_t *ctx, time_t expires)
{
    json_t  *version;

    version = json_object_get(ctx->form, "text_version");

    return json_pack("{s:s%,s:O,s:O,s:O?,s:s%,s:o,s:o}",
                     "party", ctx->party.data, ctx->party.len,
                     "scope", json_object_get(ctx->form, "scope"),
                     "purpose", json_object_get(ctx->form, "purpose"),
                     "text_version", version,
                     "channel", ctx->channel->id.data, ctx->channel->id.len,
                     "given_at", ngx_http_hpf_json_time(ngx_time()),
                     "expires_at", ngx_http_hpf_json_time(expires));
}


static void
ngx_http_hpf_consent_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t  *kept;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        kept = ctx->data;
        p = ngx_strlchr(kept->data, kept->data + kept->len, ' ') + 1;

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                                 json_loadb((char *) p,
                                            kept->data + kept->len - p, 0,
                                            NULL));
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


/* GET /v1/consents/{party} */

ngx_int_t
ngx_http_hpf_consent_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_consent_party(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_hpf_consent_read(ctx, &ctx->party,
                                     ngx_http_hpf_consent_shown);
}


/* GET /v1/consents */

ngx_int_t
ngx_http_hpf_consent_list_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_consent_read(ctx, NULL, ngx_http_hpf_consent_listed);
}


static ngx_int_t
ngx_http_hpf_consent_read(ngx_http_hpf_ctx_t *ctx, ngx_str_t *party,
    ngx_http_hpf_store_pt handler)
{
    ngx_str_t             args[2], uid;
    ngx_hpf_redis_eval_t  eval;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &uid, ":consents");

    if (party) {
        args[1] = *party;
    }

    eval.script = &ngx_hpf_redis_script_consent_get;
    eval.nkeys = 1;
    eval.argc = party ? 2 : 1;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, handler);
}


static void
ngx_http_hpf_consent_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_hpf_redis_count(reply) == 2
             ? ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                                   ngx_http_hpf_consent_parse(reply, 1))
             : ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static void
ngx_http_hpf_consent_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t      *list;
    ngx_int_t    rc;
    ngx_uint_t   i;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        list = json_array();

        for (i = 0; i + 1 < ngx_hpf_redis_count(reply); i += 2) {
            (void) json_array_append_new(list,
                               ngx_http_hpf_consent_parse(reply, i + 1));
        }

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                                 json_pack("{s:o}", "consents", list));
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static json_t *
ngx_http_hpf_consent_parse(const ngx_hpf_redis_reply_t *reply, ngx_uint_t i)
{
    ngx_str_t  text;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));

    return json_loadb((char *) text.data, text.len, 0, NULL);
}


/* DELETE /v1/consents/{party}: also of one that there is not. */

ngx_int_t
ngx_http_hpf_consent_end_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  argv[3], uid;

    rc = ngx_http_hpf_consent_party(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_str_set(&ctx->event, "consent-withdrawn");

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "HDEL");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":consents");
    argv[2] = ctx->party;

    return ngx_http_hpf_store_write(ctx, 3, argv, ngx_http_hpf_consent_ended);
}


static void
ngx_http_hpf_consent_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}
