/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Factors: what a user proves who he is by.  A code of an SMS is the store's
 * to compare; others are plugins.  Whatever fails, and also when there is no
 * such user, has one and the same answer.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


static void ngx_http_hpf_factor_sms_verified(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);

/* In the order of their bits. */

ngx_str_t  ngx_http_hpf_factors[] = {
    ngx_string("sms"),
    ngx_string("id-card"),
    ngx_string("password"),
    ngx_string("bank-card"),
    ngx_string("face"),
    ngx_string("cert"),
    ngx_string("binding"),
    ngx_string("provider"),
    ngx_null_string
};


ngx_int_t
ngx_http_hpf_factor_read(ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t              i;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    for (i = 0; ngx_http_hpf_factors[i].len; i++) {

        if (ngx_http_hpf_factor_sent(ctx, 1 << i)) {
            person->asked |= 1 << i;
        }
    }

    return person->asked ? NGX_OK : NGX_ERROR;
}


/* The form has been validated: of each kind the last one counts. */

json_t *
ngx_http_hpf_factor_sent(ngx_http_hpf_ctx_t *ctx, ngx_uint_t factor)
{
    size_t      i;
    json_t     *list, *element, *found;
    ngx_str_t   kind;

    found = NULL;
    list = json_object_get(ctx->form, "factors");

    json_array_foreach(list, i, element) {

        kind = ngx_http_hpf_person_member(element, "factor");

        if (ngx_http_hpf_factor_find(&kind) == factor) {
            found = element;
        }
    }

    return found;
}


ngx_uint_t
ngx_http_hpf_factor_find(ngx_str_t *name)
{
    ngx_uint_t  n;

    for (n = 0; ngx_http_hpf_factors[n].len; n++) {

        if (name->len == ngx_http_hpf_factors[n].len
            && ngx_strncmp(name->data, ngx_http_hpf_factors[n].data, name->len)
               == 0)
        {
            return (ngx_uint_t) 1 << n;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_hpf_factor_sms_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                 *sent;
    ngx_str_t               args[4], challenge, code;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_SMS);
    if (sent == NULL) {
        return NGX_OK;
    }

    person->proving = "sms";
    challenge = ngx_http_hpf_person_member(sent, "challenge_id");
    code = ngx_http_hpf_person_member(sent, "code");

    args[0] = ngx_http_hpf_store_key(ctx, "ch", &challenge, "");
    args[1] = person->m;
    args[2] = ngx_http_hpf_factor_code_hash(ctx, &challenge, &code);
    args[3].data = (u_char *) person->purpose;
    args[3].len = ngx_strlen(person->purpose);

    if (args[0].data == NULL || args[2].data == NULL) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_challenge_verify;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval,
                                   ngx_http_hpf_factor_sms_verified);
}


static void
ngx_http_hpf_factor_sms_verified(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        person->attempts_left =
                         ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 1));

        if (person->limited) {
            person->attempts_left = ngx_min(person->attempts_left,
                                            person->limit_left);
        }

        if (ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0)) == 1) {
            person->proved |= NGX_HTTP_HPF_F_SMS;

        } else {
            rc = ngx_http_hpf_factor_failed(ctx);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


ngx_int_t
ngx_http_hpf_factor_failed(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ctx->reason == NULL) {
        ctx->reason = person->uid.len ? person->proving : "unknown-user";
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FACTOR_FAILED);

    return ngx_http_hpf_extra_int(ctx, "attempts_left", person->attempts_left)
           == NGX_OK ? NGX_ABORT : NGX_ERROR;
}


ngx_str_t
ngx_http_hpf_factor_code_hash(ngx_http_hpf_ctx_t *ctx, ngx_str_t *challenge,
    ngx_str_t *code)
{
    u_char                     hash[HPF_CRYPTO_LEN];
    ngx_str_t                  none = ngx_null_string;
    hpf_crypto_part_t          parts[3];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    parts[0].data = challenge->data;
    parts[0].len = challenge->len;
    parts[1].data = "\n";
    parts[1].len = 1;
    parts[2].data = code->data;
    parts[2].len = code->len;

    if (hpf_crypto_hmac_parts(hmcf->token_hmac, parts, 3, hash) != 0) {
        return none;
    }

    return ngx_http_hpf_store_hex(ctx, hash, sizeof(hash));
}
