/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The user of an ID number that an identity provider vouches for: the one that
 * is registered, or a new one, if the provider vouches for his real name.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_IDP_UID   16          /* random bytes of a user id */
#define NGX_HTTP_HPF_IDP_REAL  2           /* the level of a real name */


static ngx_int_t ngx_http_hpf_idp_user_id(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_idp_user_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_idp_user_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


ngx_int_t
ngx_http_hpf_idp_user_find(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[2];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "GET");
    argv[1] = ngx_http_hpf_store_key(ctx, "i", &person->i, "");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_person_found);
}


ngx_int_t
ngx_http_hpf_idp_user_load(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return person->uid.len ? ngx_http_hpf_person_profile_stage(r, ctx)
                           : NGX_OK;
}


ngx_int_t
ngx_http_hpf_idp_user_put(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->uid.len) {
        return NGX_OK;
    }

    if (person->vouched < NGX_HTTP_HPF_IDP_REAL || person->name.len == 0) {

        if (ngx_http_hpf_audit_reason(ctx, "assertion", "not registered")
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_http_hpf_factor_failed(ctx);
    }

    if (ngx_http_hpf_idp_user_id(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->real = 1;

    if (person->mobile.len) {
        person->m = ngx_http_hpf_person_index(ctx, "mobile", &person->mobile);
    }

    person->fresh = 1;

    return ngx_http_hpf_user_write(ctx);
}


static ngx_int_t
ngx_http_hpf_idp_user_id(ngx_http_hpf_ctx_t *ctx)
{
    u_char                  id[NGX_HTTP_HPF_IDP_UID];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->uid.data = ngx_pnalloc(ctx->request->pool,
                                   HPF_BASE64_URL_LEN(sizeof(id)));

    if (person->uid.data == NULL || hpf_crypto_random(id, sizeof(id)) != 0) {
        return NGX_ERROR;
    }

    person->uid.len = hpf_base64_url_encode((char *) person->uid.data, id,
                                            sizeof(id));

    return NGX_OK;
}


static void
ngx_http_hpf_idp_user_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


ngx_int_t
ngx_http_hpf_idp_user_claim(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->fresh) {
        return NGX_OK;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "i", &person->i, "");
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_user_claim;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_idp_user_claimed);
}


/* Who registered in the same moment has the number: he logs in again. */

static void
ngx_http_hpf_idp_user_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                  rc;
    ngx_str_t                  argv[2], uid;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(reply);

        if (uid.len != person->uid.len
            || ngx_strncmp(uid.data, person->uid.data, uid.len) != 0)
        {
            ngx_str_set(&argv[0], "UNLINK");
            argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid,
                                             ":profile");

            ngx_hpf_redis_send(hmcf->redis, 2, argv);

            rc = ngx_http_hpf_factor_failed(ctx);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* What the provider has of him leads to him, unless it leads to another. */

ngx_int_t
ngx_http_hpf_idp_user_mobile(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[4];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->fresh || person->m.len == 0) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "m", &person->m, ":uid");
    argv[2] = person->uid;
    ngx_str_set(&argv[3], "NX");

    return ngx_http_hpf_store_write(ctx, 4, argv,
                                    ngx_http_hpf_idp_user_stored);
}


/* Registered otherwise, and not yet under his real name. */

ngx_int_t
ngx_http_hpf_idp_user_real(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[4];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->real || person->vouched < NGX_HTTP_HPF_IDP_REAL) {
        return NGX_OK;
    }

    person->real = 1;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "real");
    ngx_str_set(&argv[3], "1");

    return ngx_http_hpf_store_write(ctx, 4, argv,
                                    ngx_http_hpf_idp_user_stored);
}
