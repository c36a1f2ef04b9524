/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/users of a unit (缴存单位).  It is one user, found by its unified
 * social credit code, and acts through handlers (经办人).  Whoever registers
 * it first is its administrator.  That there is such a unit the market
 * regulator is asked, who its handler is the police.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


static ngx_int_t ngx_http_hpf_unit_market(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_unit_verified(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res);
static ngx_int_t ngx_http_hpf_unit_result(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_res_t *res);
static ngx_int_t ngx_http_hpf_unit_put(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_unit_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_unit_merge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_unit_find(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_unit_load(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_unit_same(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


static const ngx_http_hpf_step_pt  ngx_http_hpf_unit_stages[] = {
    ngx_http_hpf_lock_stage,
    ngx_http_hpf_lock_place_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_unit_market,
    ngx_http_hpf_unit_put,
    ngx_http_hpf_handler_put_stage,
    ngx_http_hpf_user_claim_stage,
    ngx_http_hpf_unit_merge,
    ngx_http_hpf_unit_find,
    ngx_http_hpf_unit_load,
    ngx_http_hpf_unit_same,
    ngx_http_hpf_cert_bind_list_stage,
    ngx_http_hpf_cert_bind_stage,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_password_put_stage,
    ngx_http_hpf_user_answer_stage,
    NULL
};


static ngx_str_t  ngx_http_hpf_market = ngx_string("market");


ngx_int_t
ngx_http_hpf_unit_register(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->type = NGX_HTTP_HPF_UNIT;
    person->unit = 1;
    person->role = NGX_HTTP_HPF_HANDLER_ADMIN;
    person->unit_name = ngx_http_hpf_person_member(ctx->form, "unit_name");
    person->uscc = ngx_http_hpf_person_member(ctx->form, "uscc");
    person->claim = ngx_http_hpf_person_index(ctx, "uscc", &person->uscc);

    if (person->claim.data == NULL
        || ngx_http_hpf_user_person(ctx, json_object_get(ctx->form, "handler"))
           != NGX_OK
        || ngx_http_hpf_handler_id(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    person->admin = person->handler;
    person->guessed = person->claim;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_unit_stages);
}


static ngx_int_t
ngx_http_hpf_unit_market(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    char                        *text;
    json_t                      *body;
    ngx_int_t                    rc;
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_backend_req_t   req;

    person = ctx->data;
    person->proving = "market";

    body = json_pack("{s:s%,s:s%}", "unit_name", person->unit_name.data,
                     person->unit_name.len, "uscc", person->uscc.data,
                     person->uscc.len);
    text = json_dumps(body, JSON_COMPACT);
    json_decref(body);

    if (text == NULL) {
        return NGX_ERROR;
    }

    req.backend = ngx_http_hpf_market;
    ngx_str_set(&req.method, "POST");
    ngx_str_set(&req.path, "/verify");

    req.body.len = ngx_strlen(text);
    req.body.data = ngx_pnalloc(r->pool, req.body.len);

    if (req.body.data) {
        ngx_memcpy(req.body.data, text, req.body.len);
    }

    free(text);

    if (req.body.data == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_hpf_backend_call(ctx, &req, ngx_http_hpf_unit_verified,
                                   NULL);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


static void
ngx_http_hpf_unit_verified(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_unit_result(ctx, res));
}


static ngx_int_t
ngx_http_hpf_unit_result(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_backend_res_t *res)
{
    json_t                 *tree, *match;
    ngx_uint_t              yes, no;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (res->outcome != HPF_DONE || res->status != NGX_HTTP_OK) {
        return ngx_http_hpf_backend_refuse(ctx, &ngx_http_hpf_market, res);
    }

    tree = json_loadb((char *) res->body.data, res->body.len, 0, NULL);
    match = json_object_get(tree, "match");
    yes = json_is_true(match);
    no = json_is_false(match);
    json_decref(tree);

    if (no) {
        return ngx_http_hpf_factor_failed(ctx);
    }

    if (!yes) {
        return ngx_http_hpf_backend_refuse(ctx, &ngx_http_hpf_market, res);
    }

    person->unit_real = 1;
    person->real = (person->proved & NGX_HTTP_HPF_F_REAL) != 0;

    return NGX_OK;
}


/* Unit and handler are written before anything leads to them. */

static ngx_int_t
ngx_http_hpf_unit_put(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[16];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "type");
    ngx_str_set(&argv[3], "u");
    ngx_str_set(&argv[4], "real");
    ngx_str_set(&argv[5], "1");
    ngx_str_set(&argv[6], "i");
    argv[7] = person->claim;
    ngx_str_set(&argv[8], "admin");
    argv[9] = person->admin;
    ngx_str_set(&argv[10], "name");
    ngx_str_set(&argv[12], "id_no");
    ngx_str_set(&argv[14], "channel");
    argv[15] = ctx->channel->id;

    if (ngx_http_hpf_seal(ctx, &person->unit_name, &person->uid, &argv[11])
            != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->uscc, &person->uid, &argv[13])
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_store_write(ctx, 16, argv, ngx_http_hpf_unit_stored);
}


static void
ngx_http_hpf_unit_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


/* The unit is registered: by whom? */

static ngx_int_t
ngx_http_hpf_unit_merge(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[4], uid;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (ngx_http_hpf_user_is_new(person)) {
        return NGX_OK;
    }

    uid = person->uid;
    person->uid = person->new_uid;

    ngx_str_set(&argv[0], "UNLINK");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    argv[2] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":handlers");
    argv[3] = ngx_http_hpf_person_key(ctx);

    ngx_hpf_redis_send(hmcf->redis, 4, argv);

    person->uid = uid;

    return ngx_http_hpf_person_profile_stage(r, ctx);
}


static ngx_int_t
ngx_http_hpf_unit_find(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ngx_http_hpf_user_is_new(person)) {
        return NGX_OK;
    }

    person->m = person->given_m;

    return ngx_http_hpf_acting_find_stage(r, ctx);
}


static ngx_int_t
ngx_http_hpf_unit_load(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_user_is_new(ctx->data)
           ? NGX_OK : ngx_http_hpf_person_handler_stage(r, ctx);
}


/* Nobody else becomes a handler by registering it again. */

static ngx_int_t
ngx_http_hpf_unit_same(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->uid.len == 0
        || !ngx_http_hpf_person_equal(&person->m, &person->given_m)
        || !ngx_http_hpf_person_equal(&person->i, &person->given_i))
    {
        person->proving = "other-handler";

        return ngx_http_hpf_factor_failed(ctx);
    }

    return ngx_http_hpf_user_real(ctx);
}
