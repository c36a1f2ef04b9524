/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates of a user: bound at registration and by
 * POST /v1/session/certificates, listed by GET, ended by DELETE with /ID.
 *
 * It is listed before it leads to the user, and leads to nobody before it is
 * no longer listed: one that is listed and leads nowhere does no harm.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_CERT_BIND_MAX    10   /* of a user */
#define NGX_HTTP_HPF_CERT_BIND_LEVEL  2


static ngx_int_t ngx_http_hpf_cert_bind_begin(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cert_bind_proved(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cert_bind_agrees(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cert_bind_text(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *text);
static void ngx_http_hpf_cert_bind_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_cert_bind_bound(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_cert_bind_unlist(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cert_bind_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_cert_bind_refuse(ngx_http_hpf_ctx_t *ctx,
    const char *why);
static void ngx_http_hpf_cert_bind_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_cert_bind_each(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t i);
static ngx_int_t ngx_http_hpf_cert_bind_release(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_cert_bind_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_cert_bind_remove(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_cert_bind_removed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


const char  ngx_http_hpf_cert_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"challenge_id\",\"certificate\",\"signature\"],"
    "\"properties\":{"
    NGX_HTTP_HPF_FACTOR_CHALLENGE_ID "," NGX_HTTP_HPF_FACTOR_CERT "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_cert_bind_stages[] = {
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_cert_bind_begin,
    ngx_http_hpf_cert_factor_check_stage,
    ngx_http_hpf_cert_bind_proved,
    ngx_http_hpf_cert_bind_list_stage,
    ngx_http_hpf_cert_bind_stage,
    ngx_http_hpf_cert_bind_answer,
    NULL
};


static const ngx_http_hpf_step_pt  ngx_http_hpf_cert_release_stages[] = {
    ngx_http_hpf_cert_bind_release,
    ngx_http_hpf_cert_bind_remove,
    NULL
};


ngx_int_t
ngx_http_hpf_cert_bind_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    rc = ngx_http_hpf_level_check(ctx, NGX_HTTP_HPF_CERT_BIND_LEVEL, NULL);

    if (rc != NGX_OK) {
        return rc;
    }

    person = ngx_http_hpf_person_session(ctx);
    if (person == NULL) {
        return NGX_ERROR;
    }

    person->purpose = "bind";

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_cert_bind_stages);
}


static ngx_int_t
ngx_http_hpf_cert_bind_begin(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_cert_factor_begin(ctx, ctx->form);
}


static ngx_int_t
ngx_http_hpf_cert_bind_proved(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    person->proved |= NGX_HTTP_HPF_F_CERT;

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_cert_bind_list_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_str_t               args[4];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!(person->proved & NGX_HTTP_HPF_F_CERT)) {
        return NGX_OK;
    }

    rc = ngx_http_hpf_cert_bind_agrees(ctx);
    if (rc != NGX_OK) {
        return rc;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":certs");
    args[1] = person->cert->hash;
    args[3] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CERT_BIND_MAX);

    if (ngx_http_hpf_cert_bind_text(ctx, &args[2]) != NGX_OK) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_cert_list;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_cert_bind_listed);
}


/* A number in the certificate is his or his unit's, or it is not for him. */

static ngx_int_t
ngx_http_hpf_cert_bind_agrees(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               number;
    ngx_uint_t              i;
    const hpf_cert_t       *cert;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    cert = &person->cert->cert;

    for (i = 0; i < cert->nnumbers; i++) {

        number.data = (u_char *) cert->numbers[i];
        number.len = HPF_CERT_NUMBER;

        if (!ngx_http_hpf_person_equal(&number, &person->id_no)
            && !ngx_http_hpf_person_equal(&number, &person->uscc))
        {
            return ngx_http_hpf_cert_bind_refuse(ctx, "another's number");
        }
    }

    return NGX_OK;
}


/* What is told of it in the list, as JSON and sealed. */

static ngx_int_t
ngx_http_hpf_cert_bind_text(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    char                   *s;
    json_t                 *tree;
    ngx_int_t               rc;
    ngx_str_t               plain;
    const hpf_cert_t       *cert;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    cert = &person->cert->cert;

    tree = json_pack("{s:s,s:s,s:s,s:o,s:o}", "subject", cert->subject,
                     "issuer", cert->issuer, "serial", cert->serial,
                     "until", ngx_http_hpf_json_time(cert->until),
                     "bound_at", ngx_http_hpf_json_time(ngx_time()));
    s = json_dumps(tree, JSON_COMPACT);
    json_decref(tree);

    if (s == NULL) {
        return NGX_ERROR;
    }

    plain.data = (u_char *) s;
    plain.len = ngx_strlen(s);

    rc = ngx_http_hpf_seal(ctx, &plain, &person->uid, text);

    free(s);

    return rc;
}


static void
ngx_http_hpf_cert_bind_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_integer(reply) != 1) {
        rc = ngx_http_hpf_cert_bind_refuse(ctx, "too many certificates");
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


ngx_int_t
ngx_http_hpf_cert_bind_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[3];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!(person->proved & NGX_HTTP_HPF_F_CERT)) {
        return NGX_OK;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "x", &person->cert->hash, "");
    args[1] = ngx_http_hpf_person_owner(ctx);
    args[2] = person->cert->key;

    eval.script = &ngx_hpf_redis_script_cert_bind;
    eval.nkeys = 1;
    eval.argc = 3;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_cert_bind_bound);
}


static void
ngx_http_hpf_cert_bind_bound(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_integer(reply) != 1) {
        ngx_http_hpf_cert_bind_unlist(ctx);
        rc = ngx_http_hpf_cert_bind_refuse(ctx, "of another user");
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static void
ngx_http_hpf_cert_bind_unlist(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[3];
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    person = ctx->data;
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ngx_str_set(&argv[0], "HDEL");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":certs");
    argv[2] = person->cert->hash;

    ngx_hpf_redis_send(hmcf->redis, 3, argv);
}


static ngx_int_t
ngx_http_hpf_cert_bind_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                 *tree;
    const hpf_cert_t       *cert;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    cert = &person->cert->cert;

    ngx_str_set(&ctx->event, "certificate-bound");

    tree = json_pack("{s:s%,s:s,s:s,s:s,s:o,s:o}", "id",
                     person->cert->hash.data, person->cert->hash.len,
                     "subject", cert->subject, "issuer", cert->issuer,
                     "serial", cert->serial,
                     "until", ngx_http_hpf_json_time(cert->until),
                     "bound_at", ngx_http_hpf_json_time(ngx_time()));

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED, tree);
}


static ngx_int_t
ngx_http_hpf_cert_bind_refuse(ngx_http_hpf_ctx_t *ctx, const char *why)
{
    if (ngx_http_hpf_audit_reason(ctx, "cert", why) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_factor_failed(ctx);
}


/* GET /v1/session/certificates */

ngx_int_t
ngx_http_hpf_cert_list_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[2], uid;

    ctx->personal = 1;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "HGETALL");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":certs");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_cert_bind_read);
}


static void
ngx_http_hpf_cert_bind_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t      *list;
    ngx_int_t    rc;
    ngx_uint_t   i;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        list = json_array();

        for (i = 0; i + 1 < ngx_hpf_redis_count(reply); i += 2) {

            if (json_array_append_new(list, ngx_http_hpf_cert_bind_each(ctx,
                                                                  reply, i))
                != 0)
            {
                json_decref(list);
                list = NULL;
                break;
            }
        }

        rc = list ? ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                        json_pack("{s:o}", "certificates", list))
                  : NGX_ERROR;
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static json_t *
ngx_http_hpf_cert_bind_each(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t i)
{
    json_t     *one;
    ngx_str_t   id, sealed, uid, plain;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    id = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
    sealed = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i + 1));

    if (ngx_http_hpf_seal_open(ctx, &sealed, &uid, &plain) != NGX_OK) {
        return NULL;
    }

    one = json_loadb((char *) plain.data, plain.len, 0, NULL);

    if (ngx_http_hpf_set_str(one, "id", &id) != NGX_OK) {
        json_decref(one);
        return NULL;
    }

    return one;
}


/* DELETE /v1/session/certificates/{id} */

ngx_int_t
ngx_http_hpf_cert_release_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->session.acts[0]
        && ctx->session.acts[0] != NGX_HTTP_HPF_HANDLER_ADMIN)
    {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_HANDLER_REFUSED);
    }

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_cert_release_stages);
}


static ngx_int_t
ngx_http_hpf_cert_bind_release(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t             args[2];
    ngx_hpf_redis_eval_t  eval;

    args[0] = ngx_http_hpf_store_key(ctx, "x", &ctx->arg, "");
    args[1].data = ctx->session.uid;
    args[1].len = ctx->session.uid_len;

    eval.script = &ngx_hpf_redis_script_cert_release;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval,
                                   ngx_http_hpf_cert_bind_released);
}


static void
ngx_http_hpf_cert_bind_released(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_cert_bind_remove(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[3], uid;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_set(&argv[0], "HDEL");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":certs");
    argv[2] = ctx->arg;

    return ngx_http_hpf_store_write(ctx, 3, argv,
                                    ngx_http_hpf_cert_bind_removed);
}


static void
ngx_http_hpf_cert_bind_removed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {

        if (ngx_hpf_redis_integer(reply) == 1) {
            ngx_str_set(&ctx->event, "certificate-ended");
            rc = ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);

        } else {
            rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}
