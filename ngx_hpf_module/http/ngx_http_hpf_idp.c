/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/sessions {assertion:{provider, token}}: log-in by the word of an
 * identity provider.  A token is believed where its provider is configured
 * for the channel, and once.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"
#include "ngx_http_hpf_verify.h"


typedef struct {
    ngx_http_hpf_person_t    person;       /* first: ctx->data of stages */
    ngx_http_hpf_idp_t      *idp;
    hpf_jws_t                jws;
    json_t                  *claims;
    hpf_jwt_t                jwt;
    ngx_uint_t               verified;
    const char              *why;          /* it is refused; static */
} ngx_http_hpf_idp_login_t;


static ngx_http_hpf_idp_t *ngx_http_hpf_idp_find(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *name);
static ngx_int_t ngx_http_hpf_idp_read(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *token);
static void ngx_http_hpf_idp_free(void *data);
static ngx_int_t ngx_http_hpf_idp_keys_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idp_try_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idp_again_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idp_verify(ngx_http_hpf_ctx_t *ctx);
static int ngx_http_hpf_idp_thread(void *pkey, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature);
static void ngx_http_hpf_idp_release(void *keys);
static void ngx_http_hpf_idp_verified(ngx_http_hpf_ctx_t *ctx, int rc);
static ngx_int_t ngx_http_hpf_idp_claims(ngx_http_hpf_ctx_t *ctx, int rc);
static ngx_int_t ngx_http_hpf_idp_person(ngx_http_hpf_ctx_t *ctx);
static ngx_uint_t ngx_http_hpf_idp_level(ngx_http_hpf_idp_t *idp,
    json_t *claims);
static ngx_int_t ngx_http_hpf_idp_once_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_idp_once(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_idp_refuse(ngx_http_hpf_ctx_t *ctx);


static const ngx_http_hpf_step_pt  ngx_http_hpf_idp_stages[] = {
    ngx_http_hpf_idp_keys_stage,
    ngx_http_hpf_idp_try_stage,
    ngx_http_hpf_idp_again_stage,
    ngx_http_hpf_idp_once_stage,
    ngx_http_hpf_idp_user_find,
    ngx_http_hpf_idp_user_load,
    ngx_http_hpf_idp_user_put,
    ngx_http_hpf_idp_user_claim,
    ngx_http_hpf_idp_user_mobile,
    ngx_http_hpf_idp_user_real,
    ngx_http_hpf_token_stage,
    ngx_http_hpf_token_index_stage,
    ngx_http_hpf_token_create_stage,
    ngx_http_hpf_sessions_crowd_stage,
    ngx_http_hpf_login_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_idp_login(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                    *assertion;
    ngx_int_t                  rc;
    ngx_str_t                  name, token;
    ngx_http_hpf_idp_login_t  *login;

    login = ngx_pcalloc(r->pool, sizeof(ngx_http_hpf_idp_login_t));
    if (login == NULL) {
        return NGX_ERROR;
    }

    ctx->data = login;
    ctx->personal = 1;

    assertion = json_object_get(ctx->form, "assertion");

    name = ngx_http_hpf_person_member(assertion, "provider");
    token = ngx_http_hpf_person_member(assertion, "token");
    login->idp = ngx_http_hpf_idp_find(ctx, &name);

    if (login->idp == NULL) {
        login->why = "no such provider here";
        return ngx_http_hpf_idp_refuse(ctx);
    }

    rc = ngx_http_hpf_idp_read(ctx, &token);

    return rc == NGX_OK ? ngx_http_hpf_flow_run(ctx, ngx_http_hpf_idp_stages)
                        : rc;
}


/* The token is in the form, which lives as long as the request. */

static ngx_int_t
ngx_http_hpf_idp_read(ngx_http_hpf_ctx_t *ctx, ngx_str_t *token)
{
    int                        rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_hpf_idp_free;
    cln->data = login;

    rc = hpf_jws_parse(&login->jws, (char *) token->data, token->len,
                       &login->why);

    if (rc == HPF_OK) {
        return NGX_OK;
    }

    return rc == HPF_DECLINED ? ngx_http_hpf_idp_refuse(ctx) : NGX_ERROR;
}


static void
ngx_http_hpf_idp_free(void *data)
{
    ngx_http_hpf_idp_login_t *login = data;

    hpf_jws_free(&login->jws);
    json_decref(login->claims);
}


/* NULL also where it is not taken on this channel. */

static ngx_http_hpf_idp_t *
ngx_http_hpf_idp_find(ngx_http_hpf_ctx_t *ctx, ngx_str_t *name)
{
    ngx_str_t                 *channel;
    ngx_uint_t                 i, n;
    ngx_http_hpf_idp_t        *idp;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    idp = hmcf->idps.elts;

    for (i = 0; i < hmcf->idps.nelts; i++) {

        if (idp[i].name.len != name->len
            || ngx_strncmp(idp[i].name.data, name->data, name->len) != 0)
        {
            continue;
        }

        channel = idp[i].channels.elts;

        for (n = 0; n < idp[i].channels.nelts; n++) {

            if (channel[n].len == ctx->channel->id.len
                && ngx_strncmp(channel[n].data, ctx->channel->id.data,
                               channel[n].len)
                   == 0)
            {
                return &idp[i];
            }
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_hpf_idp_keys_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    return ngx_http_hpf_idp_keys_fetch(ctx, login->idp);
}


static ngx_int_t
ngx_http_hpf_idp_try_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    rc = ngx_http_hpf_idp_verify(ctx);

    return rc == NGX_BUSY ? ngx_http_hpf_idp_keys_newer(ctx, login->idp) : rc;
}


/* With newer keys, if there were any to be had. */

static ngx_int_t
ngx_http_hpf_idp_again_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    if (login->verified) {
        return NGX_OK;
    }

    rc = ngx_http_hpf_idp_verify(ctx);

    return rc == NGX_BUSY ? ngx_http_hpf_idp_refuse(ctx) : rc;
}


/* As a stage; NGX_BUSY: the key is not known. */

static ngx_int_t
ngx_http_hpf_idp_verify(ngx_http_hpf_ctx_t *ctx)
{
    int                        rc;
    hpf_pkey_t                *pkey;
    ngx_http_hpf_verify_t      verify;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    rc = hpf_jwk_set_key(login->idp->keys, &login->jws, &pkey, &login->why);

    if (rc != HPF_OK) {
        return rc == HPF_AGAIN ? NGX_BUSY : ngx_http_hpf_idp_refuse(ctx);
    }

    verify.text.data = login->jws.text;
    verify.text.len = login->jws.text_len;
    verify.signature.data = login->jws.signature;
    verify.signature.len = login->jws.signature_len;

    if (hpf_pkey_slow(pkey)) {
        verify.verify = ngx_http_hpf_idp_thread;
        verify.key = pkey;
        verify.handler = ngx_http_hpf_idp_verified;
        verify.release = ngx_http_hpf_idp_release;
        verify.owner = login->idp->keys;

        hpf_jwk_set_ref(login->idp->keys);

        if (ngx_http_hpf_verify(ctx, &verify) == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    rc = hpf_pkey_verify(pkey, HPF_PKEY_FIXED, &verify.text,
                         &verify.signature);

    return ngx_http_hpf_idp_claims(ctx, rc);
}


static int
ngx_http_hpf_idp_thread(void *pkey, const hpf_crypto_part_t *text,
    const hpf_crypto_part_t *signature)
{
    return hpf_pkey_verify(pkey, HPF_PKEY_FIXED, text, signature);
}


static void
ngx_http_hpf_idp_release(void *keys)
{
    hpf_jwk_set_destroy(keys);
}


static void
ngx_http_hpf_idp_verified(ngx_http_hpf_ctx_t *ctx, int rc)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_idp_claims(ctx, rc));
}


/* rc: of the signature. */

static ngx_int_t
ngx_http_hpf_idp_claims(ngx_http_hpf_ctx_t *ctx, int rc)
{
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    if (rc != HPF_OK) {
        login->why = "the signature is not of this key";

        return rc == HPF_DECLINED ? ngx_http_hpf_idp_refuse(ctx) : NGX_ERROR;
    }

    login->claims = hpf_jws_claims(&login->jws, &login->why);

    if (login->claims == NULL
        || hpf_jwt_check(login->claims, &login->idp->rules, ngx_time(),
                         &login->jwt, &login->why)
           != HPF_OK)
    {
        return ngx_http_hpf_idp_refuse(ctx);
    }

    login->verified = 1;

    return ngx_http_hpf_idp_person(ctx);
}


static ngx_int_t
ngx_http_hpf_idp_person(ngx_http_hpf_ctx_t *ctx)
{
    json_t                    *claims;
    ngx_str_t                  s;
    ngx_http_hpf_idp_t        *idp;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;
    person = &login->person;
    claims = login->claims;
    idp = login->idp;

    person->vouched = ngx_http_hpf_idp_level(idp, claims);

    if (person->vouched == 0) {
        login->why = "no level";
        return ngx_http_hpf_idp_refuse(ctx);
    }

    s = ngx_http_hpf_person_member(claims, idp->number);
    person->id_no = ngx_http_hpf_person_id_no(ctx, &s);

    if (person->id_no.data == NULL) {
        login->why = "no ID number";
        return ngx_http_hpf_idp_refuse(ctx);
    }

    person->type = NGX_HTTP_HPF_INDIVIDUAL;
    person->proved = NGX_HTTP_HPF_F_PROVIDER;
    person->i = ngx_http_hpf_person_index(ctx, "id", &person->id_no);

    if (idp->person) {
        person->name = ngx_http_hpf_person_member(claims, idp->person);
    }

    if (idp->mobile) {
        s = ngx_http_hpf_person_member(claims, idp->mobile);
        person->mobile = ngx_http_hpf_person_mobile(ctx, &s);
    }

    return person->i.data ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_hpf_idp_level(ngx_http_hpf_idp_t *idp, json_t *claims)
{
    ngx_str_t                  s;
    ngx_uint_t                 i;
    ngx_http_hpf_idp_level_t  *level;

    s = ngx_http_hpf_person_member(claims, idp->level);
    level = idp->levels.elts;

    for (i = 0; i < idp->levels.nelts; i++) {

        if (level[i].value.len == s.len
            && ngx_strncmp(level[i].value.data, s.data, s.len) == 0)
        {
            return level[i].level;
        }
    }

    return 0;
}


/* One key for each token, for as long as it could be used. */

static ngx_int_t
ngx_http_hpf_idp_once_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                    *p;
    ngx_str_t                  argv[6], text, hash;
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    text.len = login->idp->name.len + 1 + ngx_strlen(login->jwt.jti);
    text.data = ngx_pnalloc(r->pool, text.len);

    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text.data, login->idp->name.data, login->idp->name.len);
    *p++ = '\n';
    ngx_memcpy(p, login->jwt.jti, ngx_strlen(login->jwt.jti));

    hash = ngx_http_hpf_person_index(ctx, "jti", &text);

    if (hash.data == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "j", &hash, "");
    ngx_str_set(&argv[2], "1");
    ngx_str_set(&argv[3], "NX");
    ngx_str_set(&argv[4], "EX");
    argv[5] = ngx_http_hpf_store_int(ctx, login->jwt.ends - ngx_time() + 1);

    return ngx_http_hpf_store_write(ctx, 6, argv, ngx_http_hpf_idp_once);
}


static void
ngx_http_hpf_idp_once(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                  rc;
    ngx_http_hpf_idp_login_t  *login;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_NIL) {
        login = ctx->data;
        login->why = "used before";

        rc = ngx_http_hpf_idp_refuse(ctx);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_idp_refuse(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_idp_login_t  *login;

    login = ctx->data;

    if (ngx_http_hpf_audit_reason(ctx, "assertion", login->why) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_factor_failed(ctx);
}
