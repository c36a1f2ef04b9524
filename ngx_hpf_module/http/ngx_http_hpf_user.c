/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/users: one registration for every channel.  However often and
 * wherever a person registers, there is one user for an ID number; who
 * already is one and comes with another mobile number has to log in and
 * change it there, since name and ID number alone prove nothing.  Or he proves
 * more than who has registered (_retake.c).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_retake.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_UID  16               /* random bytes of a user id */


static ngx_int_t ngx_http_hpf_user_individual(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_put(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_merge(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_same(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_first_mobile(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_user_mobile(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_user_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


#define NGX_HTTP_HPF_USER_PERSON                                             \
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":120,"        \
    "\"format\":\"name\"},"                                                  \
    "\"id_no\":{\"type\":\"string\",\"format\":\"id-card\"},"              \
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"}"

const char  ngx_http_hpf_user_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"user_type\",\"factors\"],\"properties\":{"
    "\"user_type\":{\"enum\":[\"individual\",\"unit\"]},"
    NGX_HTTP_HPF_USER_PERSON ","
    "\"unit_name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,"
    "\"format\":\"name\"},"
    "\"uscc\":{\"type\":\"string\",\"format\":\"uscc\"},"
    "\"handler\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"id_no\",\"mobile\"],\"properties\":{"
    NGX_HTTP_HPF_USER_PERSON "}},"
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
    NGX_HTTP_HPF_FACTORS_MAX ","
    "\"contains\":{\"properties\":{\"factor\":{\"const\":\"sms\"}}},"
    "\"maxContains\":1,"
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"if\":{\"required\":[\"user_type\"],"
    "\"properties\":{\"user_type\":{\"const\":\"unit\"}}},"
    "\"then\":{\"required\":[\"unit_name\",\"uscc\",\"handler\"],"
    "\"properties\":{\"name\":false,\"id_no\":false,\"mobile\":false}},"
    "\"else\":{\"required\":[\"name\",\"id_no\",\"mobile\"],"
    "\"properties\":{\"unit_name\":false,\"uscc\":false,\"handler\":false}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_user_stages[] = {
    ngx_http_hpf_lock_stage,
    ngx_http_hpf_lock_place_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_user_put,
    ngx_http_hpf_user_claim_stage,
    ngx_http_hpf_user_merge,
    ngx_http_hpf_user_same,
    ngx_http_hpf_retake_certs_stage,
    ngx_http_hpf_retake_stage,
    ngx_http_hpf_cert_bind_list_stage,
    ngx_http_hpf_cert_bind_stage,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_password_put_stage,
    ngx_http_hpf_user_mobile,
    ngx_http_hpf_mobile_drop_stage,
    ngx_http_hpf_retake_tell_stage,
    ngx_http_hpf_user_answer_stage,
    NULL
};


ngx_int_t
ngx_http_hpf_user_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                  id[NGX_HTTP_HPF_UID];
    ngx_str_t               type;
    ngx_http_hpf_person_t  *person;

    person = ngx_http_hpf_person(ctx);

    if (person == NULL || ngx_http_hpf_factor_read(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->purpose = "register";
    person->registers = 1;
    person->new_uid.data = ngx_pnalloc(r->pool, HPF_BASE64_URL_LEN(sizeof(id)));

    if (person->new_uid.data == NULL
        || hpf_crypto_random(id, sizeof(id)) != 0)
    {
        return NGX_ERROR;
    }

    person->new_uid.len = hpf_base64_url_encode((char *) person->new_uid.data,
                                                id, sizeof(id));
    person->uid = person->new_uid;

    type = ngx_http_hpf_person_member(ctx->form, "user_type");

    return type.data[0] == NGX_HTTP_HPF_UNIT
           ? ngx_http_hpf_unit_register(ctx)
           : ngx_http_hpf_user_individual(ctx);
}


static ngx_int_t
ngx_http_hpf_user_individual(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    person->type = NGX_HTTP_HPF_INDIVIDUAL;

    if (ngx_http_hpf_user_person(ctx, ctx->form) != NGX_OK) {
        return NGX_ERROR;
    }

    person->claim = person->i;
    person->guessed = person->claim;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_user_stages);
}


/* Name and numbers of a form. */

ngx_int_t
ngx_http_hpf_user_person(ngx_http_hpf_ctx_t *ctx, json_t *form)
{
    ngx_str_t               s;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    s = ngx_http_hpf_person_member(form, "name");
    person->name = ngx_http_hpf_person_name(ctx, &s);

    s = ngx_http_hpf_person_member(form, "id_no");
    person->id_no = ngx_http_hpf_person_id_no(ctx, &s);

    s = ngx_http_hpf_person_member(form, "mobile");
    person->mobile = ngx_http_hpf_person_mobile(ctx, &s);

    person->i = ngx_http_hpf_person_index(ctx, "id", &person->id_no);
    person->m = ngx_http_hpf_person_index(ctx, "mobile", &person->mobile);

    person->given_i = person->i;
    person->given_m = person->m;

    return person->name.data && person->id_no.data && person->mobile.data
           && person->i.data && person->m.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_user_put(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->real = (person->proved & NGX_HTTP_HPF_F_REAL) != 0;

    return ngx_http_hpf_user_write(ctx);
}


/* The profile is written before anything leads to it. */

ngx_int_t
ngx_http_hpf_user_write(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[18];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "type");
    argv[3].data = &person->type;
    argv[3].len = 1;
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


ngx_int_t
ngx_http_hpf_user_claim_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "i", &person->claim, "");
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_user_claim;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_person_found);
}


ngx_uint_t
ngx_http_hpf_user_is_new(ngx_http_hpf_person_t *person)
{
    return ngx_http_hpf_person_equal(&person->uid, &person->new_uid);
}


/* Somebody is registered with this ID number: who? */

static ngx_int_t
ngx_http_hpf_user_merge(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[2];
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (ngx_http_hpf_user_is_new(person)) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "UNLINK");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->new_uid, ":profile");

    ngx_hpf_redis_send(hmcf->redis, 2, argv);

    return ngx_http_hpf_person_profile_stage(r, ctx);
}


static ngx_int_t
ngx_http_hpf_user_same(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->uid.len && person->m.len == 0
        && (person->proved & NGX_HTTP_HPF_F_REAL))
    {
        return ngx_http_hpf_user_first_mobile(ctx);
    }

    if (ngx_http_hpf_person_equal(&person->m, &person->given_m)) {
        return ngx_http_hpf_user_real(ctx);
    }

    if (!ngx_http_hpf_retake_may(ctx)) {
        person->proving = "other-mobile";

        return ngx_http_hpf_factor_failed(ctx);
    }

    person->retakes = 1;

    return NGX_OK;
}


/* He has proved it only now. */

ngx_int_t
ngx_http_hpf_user_real(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[4];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ngx_http_hpf_user_is_new(person) || person->real
        || !(person->proved & NGX_HTTP_HPF_F_REAL))
    {
        return NGX_OK;
    }

    person->real = person->unit ? person->unit_real : 1;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = ngx_http_hpf_person_key(ctx);
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
    ngx_str_t               argv[6], s;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    s = ngx_http_hpf_person_member(ctx->form, "mobile");

    person->mobile = ngx_http_hpf_person_mobile(ctx, &s);
    person->m = person->given_m;

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


ngx_int_t
ngx_http_hpf_user_answer_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (person->retakes) {
        ngx_str_set(&ctx->event, "registration-taken-back");
        ctx->subject = person->uid;

    } else {
        ngx_str_set(&ctx->event, "registered");
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
               json_pack("{s:s%,s:i}", "user_id", person->uid.data,
                         person->uid.len, "level",
                         (int) ngx_http_hpf_level_of(hmcf, person->proved,
                                                     person->real)));
}
