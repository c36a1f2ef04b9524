/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/users: one registration for every channel.  However often and
 * wherever a person registers, there is one user for an ID number; who
 * already is one and comes with another mobile number has to log in and
 * change it there, since name and ID number alone prove nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_UID  16               /* random bytes of a user id */


typedef struct {
    ngx_http_hpf_person_t    person;       /* first: ctx->data of factors */
    ngx_str_t                fresh;        /* the id of a new user */
    ngx_str_t                m;            /* of the number given */
} ngx_http_hpf_new_user_t;


static ngx_int_t ngx_http_hpf_user_put(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_claim(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_user_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_user_merge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_same(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_first_mobile(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_mobile(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_user_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_user_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);


const char  ngx_http_hpf_user_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":"
    "[\"user_type\",\"name\",\"id_no\",\"mobile\",\"factors\"],"
    "\"properties\":{"
    "\"user_type\":{\"enum\":[\"individual\"]},"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":120},"
    "\"id_no\":{\"type\":\"string\",\"format\":\"id-card\"},"
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"},"
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":4,"
    "\"contains\":{\"properties\":{\"factor\":{\"const\":\"sms\"}}},"
    "\"maxContains\":1,"
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_user_stages[] = {
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_user_put,
    ngx_http_hpf_user_claim,
    ngx_http_hpf_user_merge,
    ngx_http_hpf_user_same,
    ngx_http_hpf_cert_bind_list_stage,
    ngx_http_hpf_cert_bind_stage,
    ngx_http_hpf_user_mobile,
    ngx_http_hpf_user_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_user_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                    id[NGX_HTTP_HPF_UID];
    ngx_str_t                 s;
    ngx_http_hpf_person_t    *person;
    ngx_http_hpf_new_user_t  *user;

    user = ngx_pcalloc(r->pool, sizeof(ngx_http_hpf_new_user_t));
    if (user == NULL) {
        return NGX_ERROR;
    }

    ctx->data = user;
    ctx->personal = 1;

    person = &user->person;

    person->purpose = "register";
    person->type = NGX_HTTP_HPF_INDIVIDUAL;
    person->name = ngx_http_hpf_person_member(ctx->form, "name");

    s = ngx_http_hpf_person_member(ctx->form, "id_no");
    person->id_no = ngx_http_hpf_person_id_no(ctx, &s);

    s = ngx_http_hpf_person_member(ctx->form, "mobile");
    person->mobile = ngx_http_hpf_person_mobile(ctx, &s);

    person->i = ngx_http_hpf_person_index(ctx, "id", &person->id_no);
    person->m = ngx_http_hpf_person_index(ctx, "mobile", &person->mobile);
    user->m = person->m;

    user->fresh.data = ngx_pnalloc(r->pool, HPF_BASE64_URL_LEN(sizeof(id)));

    if (person->i.data == NULL || person->m.data == NULL
        || user->fresh.data == NULL
        || hpf_crypto_random(id, sizeof(id)) != 0
        || ngx_http_hpf_factor_read(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    user->fresh.len = hpf_base64_url_encode((char *) user->fresh.data, id,
                                            sizeof(id));
    person->uid = user->fresh;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_user_stages);
}


/* The profile is written before anything leads to it. */

static ngx_int_t
ngx_http_hpf_user_put(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                argv[18];
    ngx_http_hpf_person_t   *person;

    person = ctx->data;

    person->real = (person->proved & NGX_HTTP_HPF_F_REAL) != 0;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "type");
    ngx_str_set(&argv[3], "i");
    ngx_str_set(&argv[4], "real");
    argv[5] = ngx_http_hpf_store_int(ctx, person->real);
    ngx_str_set(&argv[6], "m");
    argv[7] = person->m;
    ngx_str_set(&argv[8], "i");
    argv[9] = person->i;
    ngx_str_set(&argv[10], "name");
    ngx_str_set(&argv[12], "mobile");
    ngx_str_set(&argv[14], "id_no");
    ngx_str_set(&argv[16], "channel");
    argv[17] = ctx->channel->id;

    if (ngx_http_hpf_seal(ctx, &person->name, &person->uid, &argv[11])
            != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->mobile, &person->uid, &argv[13])
            != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->id_no, &person->uid, &argv[15])
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_store_write(ctx, 18, argv, ngx_http_hpf_user_stored);
}


static void
ngx_http_hpf_user_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_user_claim(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "i", &person->i, "");
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_user_claim;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_user_claimed);
}


static void
ngx_http_hpf_user_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                 rc;
    ngx_str_t                 uid;
    ngx_http_hpf_new_user_t  *user;

    user = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(reply);

        user->person.uid.data = ngx_pstrdup(ctx->request->pool, &uid);
        user->person.uid.len = uid.len;

        if (user->person.uid.data == NULL || uid.len == 0) {
            rc = NGX_ERROR;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* Somebody is registered with this ID number: who? */

static ngx_int_t
ngx_http_hpf_user_merge(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[2];
    ngx_http_hpf_new_user_t   *user;
    ngx_http_hpf_main_conf_t  *hmcf;

    user = ctx->data;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (user->person.uid.len == user->fresh.len
        && ngx_strncmp(user->person.uid.data, user->fresh.data,
                       user->fresh.len)
           == 0)
    {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "UNLINK");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &user->fresh, ":profile");

    ngx_hpf_redis_send(hmcf->redis, 2, argv);

    return ngx_http_hpf_person_profile_stage(r, ctx);
}


static ngx_int_t
ngx_http_hpf_user_same(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                 argv[4];
    ngx_http_hpf_person_t    *person;
    ngx_http_hpf_new_user_t  *user;

    user = ctx->data;
    person = &user->person;

    if (person->uid.len && person->m.len == 0
        && (person->proved & NGX_HTTP_HPF_F_REAL))
    {
        return ngx_http_hpf_user_first_mobile(ctx);
    }

    if (person->m.len != user->m.len
        || ngx_strncmp(person->m.data, user->m.data, user->m.len) != 0)
    {
        return ngx_http_hpf_factor_failed(ctx);
    }

    if (person->real || !(person->proved & NGX_HTTP_HPF_F_REAL)) {
        return NGX_OK;
    }

    person->real = 1;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "real");
    ngx_str_set(&argv[3], "1");

    return ngx_http_hpf_store_write(ctx, 4, argv, ngx_http_hpf_user_stored);
}


/*
 * Who was made a user by the word of an identity provider may have no mobile
 * number yet: it comes with the registration, as that of a new user does.
 */

static ngx_int_t
ngx_http_hpf_user_first_mobile(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                 argv[6], s;
    ngx_http_hpf_person_t    *person;
    ngx_http_hpf_new_user_t  *user;

    user = ctx->data;
    person = &user->person;

    s = ngx_http_hpf_person_member(ctx->form, "mobile");

    person->mobile = ngx_http_hpf_person_mobile(ctx, &s);
    person->m = user->m;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "m");
    argv[3] = person->m;
    ngx_str_set(&argv[4], "mobile");

    if (person->mobile.data == NULL
        || ngx_http_hpf_seal(ctx, &person->mobile, &person->uid, &argv[5])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_store_write(ctx, 6, argv, ngx_http_hpf_user_stored);
}


/* The number leads to whom it has last been proved for. */

static ngx_int_t
ngx_http_hpf_user_mobile(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[3];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "m", &person->m, ":uid");
    argv[2] = person->uid;

    return ngx_http_hpf_store_write(ctx, 3, argv, ngx_http_hpf_user_stored);
}


static ngx_int_t
ngx_http_hpf_user_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    ngx_str_set(&ctx->event, "registered");

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
               json_pack("{s:s%,s:i}", "user_id", person->uid.data,
                         person->uid.len, "level",
                         (int) ngx_http_hpf_level_of(hmcf, person->proved,
                                                     person->real)));
}
