/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A session is made: stages that the log-in and the step-up share.  The
 * token is 256 random bits, of which the store and the cache know a keyed
 * hash only.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_TOKEN  32             /* bytes */


static void ngx_http_hpf_token_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_token_checked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_token_void(ngx_http_hpf_ctx_t *ctx);


ngx_int_t
ngx_http_hpf_token_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                     token[NGX_HTTP_HPF_TOKEN];
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    person = ctx->data;

    person->level = ngx_http_hpf_level_of(hmcf, person->proved, person->real);
    person->level = ngx_max(person->level, person->vouched);

    /* a step up leads nowhere below, whoever vouched for the first level */

    if (person->stepped) {
        person->level = ngx_max(person->level, ctx->session.level);
    }

    /* and a ticket nowhere above */

    if (person->source.len) {
        person->level = ngx_min(person->level, person->vouched);
    }

    person->level = ngx_min(person->level, ctx->channel->session_level);

    person->life = person->life ? ngx_min(person->life,
                                          ctx->channel->session_life)
                                : ctx->channel->session_life;

    if (ngx_http_hpf_cert_session(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->token.data = ngx_pnalloc(r->pool,
                                     HPF_BASE64_URL_LEN(sizeof(token)));

    if (person->token.data == NULL
        || hpf_crypto_random_private(token, sizeof(token)) != 0)
    {
        return NGX_ERROR;
    }

    person->token.len = hpf_base64_url_encode((char *) person->token.data,
                                              token, sizeof(token));
    hpf_crypto_cleanse(token, sizeof(token));

    return hpf_crypto_hmac(hmcf->token_hmac, person->token.data,
                           person->token.len, person->token_hash)
           == 0 ? NGX_OK : NGX_ERROR;
}


/* First the list of the user's sessions: one in it that is not there does no
 * harm, one that is not in it could not be ended with the others. */

ngx_int_t
ngx_http_hpf_token_index_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[4];
    ngx_uint_t              n;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    n = 0;

    args[n++] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":sessions");

    if (person->unit) {
        args[n++] = ngx_http_hpf_session_handler_key(ctx, &person->uid,
                                                     &person->handler);
    }

    args[n] = ngx_http_hpf_store_hex(ctx, person->token_hash,
                                     HPF_SESSION_KEY);
    args[n + 1] = ngx_http_hpf_store_int(ctx, person->life);

    eval.script = &ngx_hpf_redis_script_session_index;
    eval.nkeys = n;
    eval.argc = n + 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_token_stored);
}


ngx_int_t
ngx_http_hpf_token_create_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                  acts[HPF_SESSION_ACTS];
    ngx_str_t               args[12], hash;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    hash = ngx_http_hpf_store_hex(ctx, person->token_hash,
                                  HPF_SESSION_KEY);

    args[0] = ngx_http_hpf_store_key(ctx, "s", &hash, "");
    args[1] = ngx_http_hpf_session_key(ctx, "idle", &hash);
    args[2] = person->uid;
    args[3].data = &person->type;
    args[3].len = 1;
    args[4] = ngx_http_hpf_store_int(ctx, person->level);
    args[6] = ngx_http_hpf_store_int(ctx, ctx->channel->session_idle);
    args[7] = ngx_http_hpf_store_int(ctx, person->life);
    args[8] = ctx->channel->id;
    args[9] = ngx_http_hpf_proof_text(ctx, person);

    args[10].data = acts;
    args[10].len = person->unit
                   ? ngx_snprintf(acts, sizeof(acts), "%c%V", person->role,
                                  &person->handler)
                     - acts : 0;
    args[11] = person->relies;

    if (args[9].data == NULL
        || ngx_http_hpf_seal_subject(ctx, person->unit ? &person->uscc
                                                       : &person->id_no,
                                     &person->uid, &args[5])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_session_create;
    eval.nkeys = 2;
    eval.argc = 12;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_token_stored);
}


static void
ngx_http_hpf_token_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


/*
 * Who ends sessions changes the epoch first and then looks which there are.
 * The session is there now: either he sees it, or the change is seen here.
 */

ngx_int_t
ngx_http_hpf_token_still_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[4];

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_person_key(ctx);
    ngx_str_set(&argv[2], "type");
    ngx_str_set(&argv[3], "epoch");

    return ngx_http_hpf_store_command(ctx, 4, argv,
                                      ngx_http_hpf_token_checked);
}


static void
ngx_http_hpf_token_checked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               type, epoch;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        type = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
        epoch = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

        if (type.len == 0
            || !ngx_http_hpf_person_equal(&epoch, &person->epoch))
        {
            rc = ngx_http_hpf_token_void(ctx);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_token_void(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               hash;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    hash = ngx_http_hpf_store_hex(ctx, person->token_hash, HPF_SESSION_KEY);

    ctx->ending = "account-changed";
    ngx_http_hpf_logout_drop(ctx, &hash);

    person->proving = "changed";

    return ngx_http_hpf_factor_failed(ctx);
}
