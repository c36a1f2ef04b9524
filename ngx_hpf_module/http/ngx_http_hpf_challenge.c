/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/challenges: a code of six digits by SMS.  It is sent whether or
 * not the number is known here, so that neither the answer nor its time tells.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_backend.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_CODE_LIFE      300    /* s */
#define NGX_HTTP_HPF_CODE_ATTEMPTS  5
#define NGX_HTTP_HPF_CODE_RESEND    60     /* s */
#define NGX_HTTP_HPF_CODE_DAY       20     /* codes a number and day */
#define NGX_HTTP_HPF_CODE_ID        16     /* bytes of a challenge's id */


static ngx_int_t ngx_http_hpf_challenge_allow(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_challenge_allowed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_challenge_limit(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_challenge_store(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_challenge_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_challenge_send(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_challenge_sent(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res);
static ngx_int_t ngx_http_hpf_challenge_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_challenge_undo(ngx_http_hpf_ctx_t *ctx);
static ngx_str_t ngx_http_hpf_challenge_key(ngx_http_hpf_ctx_t *ctx);


const char  ngx_http_hpf_challenge_form[] =
    "{\"type\":\"object\",\"required\":[\"factor\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"factor\":{\"enum\":[\"sms\",\"cert\"]},"
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"},"
    "\"purpose\":{\"enum\":[\"login\",\"register\",\"step-up\",\"bind\","
    "\"handler\",\"mobile\"],\"default\":\"login\"}},"
    "\"if\":{\"properties\":{\"factor\":{\"const\":\"sms\"}}},"
    "\"then\":{\"required\":[\"mobile\"],\"properties\":{"
    "\"purpose\":{\"not\":{\"const\":\"bind\"}}}},"
    "\"else\":{\"if\":{\"properties\":{\"factor\":{\"const\":\"cert\"}}},"
    "\"then\":{\"properties\":{\"mobile\":false,"
    "\"purpose\":{\"not\":{\"enum\":[\"handler\",\"mobile\"]}}}}}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_challenge_stages[] = {
    ngx_http_hpf_challenge_allow,
    ngx_http_hpf_challenge_store,
    ngx_http_hpf_challenge_send,
    ngx_http_hpf_challenge_answer,
    NULL
};


static ngx_str_t  ngx_http_hpf_sms = ngx_string("sms");


/* Counted in the store by themselves; for the headers. */

static ngx_http_hpf_limit_t  ngx_http_hpf_challenge_limits[] = {
    { .name = ngx_string("sms-resend"),
      .quota = 1, .window = NGX_HTTP_HPF_CODE_RESEND },
    { .name = ngx_string("sms-day"),
      .quota = NGX_HTTP_HPF_CODE_DAY, .window = 86400 }
};


ngx_int_t
ngx_http_hpf_challenge_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                  id[NGX_HTTP_HPF_CODE_ID];
    uint32_t                code;
    ngx_str_t               mobile, purpose, factor;
    ngx_http_hpf_person_t  *person;

    factor = ngx_http_hpf_person_member(ctx->form, "factor");

    if (ngx_strcmp(factor.data, "cert") == 0) {
        return ngx_http_hpf_cert_factor_challenge(r, ctx);
    }

    person = ngx_http_hpf_person(ctx);
    if (person == NULL) {
        return NGX_ERROR;
    }

    mobile = ngx_http_hpf_person_member(ctx->form, "mobile");
    person->mobile = ngx_http_hpf_person_mobile(ctx, &mobile);
    person->m = ngx_http_hpf_person_index(ctx, "mobile", &person->mobile);

    purpose = ngx_http_hpf_person_member(ctx->form, "purpose");
    person->purpose = purpose.len ? (char *) purpose.data : "login";

    person->challenge.data = ngx_pnalloc(r->pool,
                                         HPF_BASE64_URL_LEN(sizeof(id)));
    person->code.data = ngx_pnalloc(r->pool, 6);

    if (person->mobile.data == NULL || person->m.data == NULL
        || person->challenge.data == NULL || person->code.data == NULL
        || hpf_crypto_random(id, sizeof(id)) != 0
        || hpf_crypto_random_below(1000000, &code) != 0)
    {
        return NGX_ERROR;
    }

    person->challenge.len = hpf_base64_url_encode(
                                (char *) person->challenge.data, id,
                                sizeof(id));
    person->code.len = ngx_sprintf(person->code.data, "%06uD", code)
                       - person->code.data;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_challenge_stages);
}


static ngx_int_t
ngx_http_hpf_challenge_allow(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[4];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = ngx_http_hpf_challenge_key(ctx);
    args[1] = ngx_http_hpf_store_key(ctx, "m", &person->m, ":sms:day");
    args[2] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CODE_RESEND);
    args[3] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CODE_DAY);

    eval.script = &ngx_hpf_redis_script_challenge_allow;
    eval.nkeys = 2;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval,
                                   ngx_http_hpf_challenge_allowed);
}


static void
ngx_http_hpf_challenge_allowed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_challenge_limit(ctx, reply);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_challenge_limit(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  which;

    which = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0));

    if (which == 0) {
        return NGX_OK;
    }

    ctx->retry_after = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 1));

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_RATE_LIMITED);

    /* no other limit was as tight as this one */

    ctx->limit = &ngx_http_hpf_challenge_limits[which == 1 ? 0 : 1];

    ngx_memzero(&ctx->bucket, sizeof(hpf_gcra_result_t));
    ctx->bucket.retry_after = (int64_t) ctx->retry_after * 1000000;

    if (ngx_http_hpf_extra_string(ctx, "limit", &ctx->limit->name) != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "retry_after", ctx->retry_after)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}


static ngx_int_t
ngx_http_hpf_challenge_store(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[6];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "ch", &person->challenge, "");
    args[1] = person->m;
    args[2] = ngx_http_hpf_factor_code_hash(ctx, &person->challenge,
                                            &person->code);
    args[3].data = (u_char *) person->purpose;
    args[3].len = ngx_strlen(person->purpose);
    args[4] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CODE_ATTEMPTS);
    args[5] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CODE_LIFE);

    eval.script = &ngx_hpf_redis_script_challenge_create;
    eval.nkeys = 1;
    eval.argc = 6;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_challenge_stored);
}


static void
ngx_http_hpf_challenge_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_challenge_send(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                      *p;
    size_t                       len;
    ngx_int_t                    rc;
    ngx_http_hpf_person_t       *person;
    ngx_http_hpf_backend_req_t   req;

    static const char  zh[] = "【住房公积金】验证码 %V，5 分钟内有效。"
                              "请勿告知他人。";
    static const char  en[] = "[Housing Provident Fund] Your code is %V. It "
                              "holds for 5 minutes. Tell it to nobody.";

    person = ctx->data;

    len = 512;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    req.backend = ngx_http_hpf_sms;
    ngx_str_set(&req.method, "POST");
    ngx_str_set(&req.path, "/send");

    /* digits alone: nothing here needs an escape */

    req.body.data = p;

    p = ngx_sprintf(p, "{\"mobile\":\"%V\",\"template\":\"code-%s\","
                       "\"code\":\"%V\",\"text\":\"",
                    &person->mobile, person->purpose, &person->code);
    p = ngx_sprintf(p, ctx->en ? en : zh, &person->code);
    p = ngx_cpymem(p, "\"}", 2);

    req.body.len = p - req.body.data;

    rc = ngx_http_hpf_backend_call(ctx, &req, ngx_http_hpf_challenge_sent,
                                   NULL);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


static void
ngx_http_hpf_challenge_sent(ngx_http_hpf_ctx_t *ctx, void *data,
    ngx_http_hpf_backend_res_t *res)
{
    ngx_int_t  rc;

    rc = NGX_OK;

    if (res->outcome != HPF_DONE || res->status >= 300) {
        ngx_http_hpf_challenge_undo(ctx);
        rc = ngx_http_hpf_backend_refuse(ctx, &ngx_http_hpf_sms, res);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* Nothing was sent: the next attempt need not wait. */

static void
ngx_http_hpf_challenge_undo(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[2];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ngx_str_set(&argv[0], "UNLINK");
    argv[1] = ngx_http_hpf_challenge_key(ctx);

    ngx_hpf_redis_send(hmcf->redis, 2, argv);
}


/* A code for one purpose need not wait for that of another. */

static ngx_str_t
ngx_http_hpf_challenge_key(ngx_http_hpf_ctx_t *ctx)
{
    u_char                  suffix[sizeof(":sms:register")];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    (void) ngx_snprintf(suffix, sizeof(suffix), ":sms:%s%Z", person->purpose);

    return ngx_http_hpf_store_key(ctx, "m", &person->m, (char *) suffix);
}


static ngx_int_t
ngx_http_hpf_challenge_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
               json_pack("{s:s%,s:i,s:i}",
                         "challenge_id", person->challenge.data,
                         person->challenge.len,
                         "expires_in", NGX_HTTP_HPF_CODE_LIFE,
                         "resend_after", NGX_HTTP_HPF_CODE_RESEND));
}
