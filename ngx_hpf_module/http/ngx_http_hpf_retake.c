/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Stages of a registration: an ID number that is registered with another
 * mobile, by nothing but a code to that, goes to who proves that it is his.
 *
 * Name and ID number are what others know.  So it takes what makes level 2
 * without "id-card", by the rules of the centre: "face", a bank card, or a
 * certificate that names the number.  Once a registration has a real name it is
 * never taken so, or each could take it from the other.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_retake.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_RETAKE_LEVEL  2


static ngx_uint_t ngx_http_hpf_retake_named(ngx_http_hpf_person_t *person);
static void ngx_http_hpf_retake_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_retake_release(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_retake_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_retake_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_retake_new(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


/* The certificates of the one before, and how many were let go. */

struct ngx_http_hpf_retake_s {
    ngx_array_t  certs;                /* ngx_str_t */
    ngx_uint_t   n;
};


ngx_uint_t
ngx_http_hpf_retake_may(ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                 proved;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    if (person->real || person->m.len == 0
        || !(person->proved & NGX_HTTP_HPF_F_REAL))
    {
        return 0;
    }

    proved = person->proved & ~NGX_HTTP_HPF_F_ID_CARD;

    if (!ngx_http_hpf_retake_named(person)) {
        proved &= ~NGX_HTTP_HPF_F_CERT;
    }

    return ngx_http_hpf_level_of(hmcf, proved, 1) >= NGX_HTTP_HPF_RETAKE_LEVEL;
}


/* A certificate that names nobody may be anybody's. */

static ngx_uint_t
ngx_http_hpf_retake_named(ngx_http_hpf_person_t *person)
{
    ngx_str_t   number;
    ngx_uint_t  i;

    if (person->cert == NULL) {
        return 0;
    }

    for (i = 0; i < person->cert->cert.nnumbers; i++) {

        number.data = (u_char *) person->cert->cert.numbers[i];
        number.len = HPF_CERT_NUMBER;

        if (ngx_http_hpf_person_equal(&number, &person->id_no)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Certificates first: until all of them lead nowhere, the registration is what
 * it was.
 */

ngx_int_t
ngx_http_hpf_retake_certs_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[2];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->retakes) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "HKEYS");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":certs");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_retake_listed);
}


static void
ngx_http_hpf_retake_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t              *cert, hash;
    ngx_uint_t              i, n;
    ngx_http_hpf_person_t  *person;
    ngx_http_hpf_retake_t  *retake;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);
    n = ngx_hpf_redis_count(reply);

    retake = ngx_pcalloc(ctx->request->pool, sizeof(ngx_http_hpf_retake_t));

    if (retake == NULL
        || ngx_array_init(&retake->certs, ctx->request->pool, n + 1,
                          sizeof(ngx_str_t))
           != NGX_OK)
    {
        rc = NGX_ERROR;
    }

    for (i = 0; rc == NGX_OK && i < n; i++) {
        hash = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));

        cert = ngx_array_push(&retake->certs);

        *cert = ngx_http_hpf_store_key(ctx, "x", &hash, "");
        rc = cert->data ? NGX_OK : NGX_ERROR;
    }

    if (rc == NGX_OK) {
        person->retake = retake;
        rc = ngx_http_hpf_retake_release(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


static ngx_int_t
ngx_http_hpf_retake_release(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t              *cert, args[2];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;
    ngx_http_hpf_retake_t  *retake;

    person = ctx->data;
    retake = person->retake;

    if (retake->n == retake->certs.nelts) {
        return NGX_OK;
    }

    cert = retake->certs.elts;

    args[0] = cert[retake->n++];
    args[1] = person->uid;

    eval.script = &ngx_hpf_redis_script_cert_release;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_retake_released);
}


static void
ngx_http_hpf_retake_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_retake_release(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


/* The registration is his from here on; sessions of before end. */

ngx_int_t
ngx_http_hpf_retake_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[10], name, mobile, id_no;
    ngx_uint_t              n;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    static const char  *keys[] = {
        ":profile", ":sessions", ":certs", ":bindings", ":consents"
    };

    person = ctx->data;

    if (!person->retakes) {
        return NGX_OK;
    }

    for (n = 0; n < 5; n++) {
        args[n] = ngx_http_hpf_store_key(ctx, "u", &person->uid, keys[n]);
    }

    args[5] = person->m;
    args[6] = person->given_m;

    name = ngx_http_hpf_person_member(ctx->form, "name");
    mobile = ngx_http_hpf_person_member(ctx->form, "mobile");
    mobile = ngx_http_hpf_person_mobile(ctx, &mobile);
    id_no = person->id_no;

    if (mobile.data == NULL
        || ngx_http_hpf_seal(ctx, &name, &person->uid, &args[7]) != NGX_OK
        || ngx_http_hpf_seal(ctx, &mobile, &person->uid, &args[8]) != NGX_OK
        || ngx_http_hpf_seal(ctx, &id_no, &person->uid, &args[9]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_user_retake;
    eval.nkeys = 5;
    eval.argc = 10;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_retake_stored);
}


static void
ngx_http_hpf_retake_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_count(reply) != 2) {
        person->proving = "changed";
        rc = ngx_http_hpf_factor_failed(ctx);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_retake_new(ctx, reply);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


/* What the stages that follow want to know of him. */

static ngx_int_t
ngx_http_hpf_retake_new(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t               was;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    was = person->m;
    person->m = person->given_m;
    person->given_m = was;

    person->was = person->mobile;
    person->real = 1;
    person->pw.len = 0;
    person->epoch = ngx_http_hpf_store_int(ctx,
                        ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0)));

    return ngx_http_hpf_revoke(ctx, ngx_hpf_redis_at(reply, 1), 0);
}


ngx_int_t
ngx_http_hpf_retake_tell_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->retakes) {
        return NGX_OK;
    }

    return ngx_http_hpf_tell(ctx, &person->was, "registration-taken-back",
               ctx->en ? "[Housing Provident Fund] Your number is no longer "
                         "that of a registration: who it is for has proved "
                         "to be somebody else. If that is wrong, call 12329."
                       : "【住房公积金】您手机号下的注册"
                         "已由本人实名核验后收回。"
                         "如有异议，请拨打 12329。");
}
