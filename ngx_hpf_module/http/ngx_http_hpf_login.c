/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * POST /v1/sessions, POST /v1/session/factors: log-in and step-up.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_kind.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_store.h"


static ngx_int_t ngx_http_hpf_login_user(ngx_http_hpf_ctx_t *ctx,
    json_t *user);
static ngx_int_t ngx_http_hpf_login_lookup(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_login_number(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_login_numbered(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_login_known(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_login_session(ngx_http_hpf_ctx_t *ctx);
static json_t *ngx_http_hpf_login_told(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_login_step_up_factors(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_login_step_up_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_login_step_up_end(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_login_step_up_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


/*
 * A ticket or an assertion stands alone.  Who comes with a binding may leave
 * out who he is; all others say so, and send more than ID number and bank card,
 * which others may know as well.
 */

const char  ngx_http_hpf_login_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"ticket\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{43}$\"},"
    "\"assertion\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"provider\",\"token\"],\"properties\":{"
    "\"provider\":{\"type\":\"string\",\"maxLength\":64},"
    "\"token\":{\"type\":\"string\",\"maxLength\":8192}}},"
    "\"user\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"oneOf\":[{\"required\":[\"id_no\"]},{\"required\":[\"mobile\"]},"
    "{\"required\":[\"uscc\"]}],"
    "\"dependentRequired\":{\"handler\":[\"uscc\"]},\"properties\":{"
    "\"id_no\":{\"type\":\"string\",\"format\":\"id-card\"},"
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"},"
    "\"uscc\":{\"type\":\"string\",\"format\":\"uscc\"},"
    "\"handler\":{\"type\":\"string\",\"format\":\"mobile\"}}},"
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
    NGX_HTTP_HPF_FACTORS_MAX ","
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"if\":{\"anyOf\":[{\"required\":[\"ticket\"]},"
    "{\"required\":[\"assertion\"]}]},"
    "\"then\":{\"maxProperties\":1},"
    "\"else\":{\"required\":[\"factors\"],"
    "\"if\":{\"required\":[\"factors\"],\"properties\":{\"factors\":"
    "{\"contains\":{\"properties\":{\"factor\":{\"const\":\"binding\"}}}}}},"
    "\"else\":{\"required\":[\"user\"],\"properties\":{\"factors\":"
    "{\"contains\":{\"not\":{\"properties\":{\"factor\":{\"enum\":"
    "[\"id-card\",\"bank-card\"]}}}}}}}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";


const char  ngx_http_hpf_step_up_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"factors\"],\"properties\":{"
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
    NGX_HTTP_HPF_FACTORS_MAX ","
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_login_stages[] = {
    ngx_http_hpf_login_lookup,
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_login_number,
    ngx_http_hpf_acting_challenge_stage,
    ngx_http_hpf_acting_find_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_lock_stage,
    ngx_http_hpf_lock_place_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_login_known,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_token_stage,
    ngx_http_hpf_token_index_stage,
    ngx_http_hpf_token_create_stage,
    ngx_http_hpf_token_still_stage,
    ngx_http_hpf_sessions_crowd_stage,
    ngx_http_hpf_login_answer,
    NULL
};


static const ngx_http_hpf_step_pt  ngx_http_hpf_login_ticket_stages[] = {
    ngx_http_hpf_ticket_take_stage,
    ngx_http_hpf_ticket_source_stage,
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_login_known,
    ngx_http_hpf_token_stage,
    ngx_http_hpf_token_index_stage,
    ngx_http_hpf_token_create_stage,
    ngx_http_hpf_token_still_stage,
    ngx_http_hpf_sessions_crowd_stage,
    ngx_http_hpf_login_answer,
    NULL
};


static const ngx_http_hpf_step_pt  ngx_http_hpf_step_up_stages[] = {
    ngx_http_hpf_login_step_up_factors,
    ngx_http_hpf_person_profile_stage,
    ngx_http_hpf_person_handler_stage,
    ngx_http_hpf_lock_session_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_login_known,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_token_stage,
    ngx_http_hpf_token_index_stage,
    ngx_http_hpf_token_create_stage,
    ngx_http_hpf_token_still_stage,
    ngx_http_hpf_login_step_up_end,
    ngx_http_hpf_sessions_crowd_stage,
    ngx_http_hpf_login_answer,
    NULL
};


ngx_int_t
ngx_http_hpf_login_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                 *user;
    ngx_http_hpf_person_t  *person;

    if (json_object_get(ctx->form, "assertion")) {
        return ngx_http_hpf_idp_login(r, ctx);
    }

    person = ngx_http_hpf_person(ctx);

    if (person == NULL) {
        return NGX_ERROR;
    }

    if (json_object_get(ctx->form, "ticket")) {
        return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_login_ticket_stages);
    }

    if (ngx_http_hpf_factor_read(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->purpose = "login";

    user = json_object_get(ctx->form, "user");

    if (ngx_http_hpf_login_user(ctx, user) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_login_stages);
}


/* Without a number it is whom the binding leads to. */

static ngx_int_t
ngx_http_hpf_login_user(ngx_http_hpf_ctx_t *ctx, json_t *user)
{
    ngx_str_t               s;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (user == NULL) {
        s = ngx_http_hpf_person_member(
                ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_BINDING),
                "subject");
        person->guessed = ngx_http_hpf_person_index(ctx, "subject", &s);

        return person->guessed.data ? NGX_OK : NGX_ERROR;
    }

    s = ngx_http_hpf_person_member(user, "uscc");

    if (s.len) {
        person->unit = 1;
        person->i = ngx_http_hpf_person_index(ctx, "uscc", &s);
        person->guessed = person->i;

        return person->i.data ? NGX_OK : NGX_ERROR;
    }

    s = ngx_http_hpf_person_member(user, "id_no");

    if (s.len) {
        s = ngx_http_hpf_person_id_no(ctx, &s);
        person->i = ngx_http_hpf_person_index(ctx, "id", &s);
        person->guessed = person->i;

        return s.data && person->i.data ? NGX_OK : NGX_ERROR;
    }

    s = ngx_http_hpf_person_member(user, "mobile");
    s = ngx_http_hpf_person_mobile(ctx, &s);
    person->m = ngx_http_hpf_person_index(ctx, "mobile", &s);
    person->guessed = person->m;

    return s.data && person->m.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_login_lookup(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[2];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->i.len == 0 && person->m.len == 0) {
        return ngx_http_hpf_binding_find_stage(r, ctx);
    }

    ngx_str_set(&argv[0], "GET");

    argv[1] = person->i.len
              ? ngx_http_hpf_store_key(ctx, "i", &person->i, "")
              : ngx_http_hpf_store_key(ctx, "m", &person->m, ":uid");

    return ngx_http_hpf_store_command(ctx, 2, argv, ngx_http_hpf_person_found);
}


/*
 * A number that was given up leads to whom it has gone to: its codes open the
 * account of the one before no more, found by whatever.  Those of handlers
 * are the unit's business.
 */

static ngx_int_t
ngx_http_hpf_login_number(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[2];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->unit || !(person->asked & NGX_HTTP_HPF_F_SMS)) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "GET");
    argv[1] = ngx_http_hpf_store_key(ctx, "m", &person->m, ":uid");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_login_numbered);
}


static void
ngx_http_hpf_login_numbered(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               uid;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(reply);

        if (uid.len != person->uid.len
            || ngx_strncmp(uid.data, person->uid.data, uid.len) != 0)
        {
            person->uid.len = 0;
            person->m.len = 0;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* What a user who does not exist has sent was compared with nothing: wrong. */

static ngx_int_t
ngx_http_hpf_login_known(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return person->uid.len ? NGX_OK : ngx_http_hpf_factor_failed(ctx);
}


ngx_int_t
ngx_http_hpf_login_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t                    *answer;
    ngx_str_t                 *notice, device;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    person = ctx->data;
    device = ngx_http_hpf_device_make(ctx);
    notice = ngx_http_hpf_text(ctx, &hmcf->notice);

    if (person->stepped) {
        ngx_str_set(&ctx->event, "stepped-up");

    } else {
        ngx_str_set(&ctx->event, "logged-in");
    }

    if (device.data == NULL
        || ngx_http_hpf_person_mask(r->pool, HPF_MASK_NAME, &person->name)
               != NGX_OK
        || ngx_http_hpf_person_mask(r->pool, HPF_MASK_MOBILE, &person->mobile)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_hpf_login_session(ctx);

    answer = ngx_http_hpf_cookie_answer(ctx, person);

    if (json_object_update_new(answer,
               json_pack("{s:I,s:i,s:o,s:s%,s:s%}",
                         "expires_in",
                         (json_int_t) ngx_min(ctx->channel->session_idle,
                                              person->life),
                         "level", (int) person->level,
                         "user", ngx_http_hpf_login_told(ctx),
                         "device", device.data, device.len,
                         "notice", notice->data, notice->len))
        != 0)
    {
        json_decref(answer);
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, person->stepped ? NGX_HTTP_OK
                                                    : NGX_HTTP_CREATED,
                               answer);
}


/* For the record: the session that was made. */

static void
ngx_http_hpf_login_session(ngx_http_hpf_ctx_t *ctx)
{
    hpf_session_t          *rec;
    ngx_http_hpf_person_t  *person;

    rec = &ctx->session;
    person = ctx->data;

    rec->uid_len = ngx_min(person->uid.len, HPF_SESSION_UID);
    ngx_memcpy(rec->uid, person->uid.data, rec->uid_len);

    if (person->unit) {
        (void) ngx_snprintf(rec->acts, HPF_SESSION_ACTS, "%c%V",
                            person->role, &person->handler);
    }

    rec->level = person->level;
    ctx->has_session = 1;
}


/* Of a unit, name and mobile are those of its handler. */

static json_t *
ngx_http_hpf_login_told(ngx_http_hpf_ctx_t *ctx)
{
    json_t                 *user;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    user = json_pack("{s:s%,s:s,s:s%,s:s%}", "user_id", person->uid.data,
                     person->uid.len, "user_type",
                     person->unit ? "unit" : "individual", "name",
                     person->name.data, person->name.len, "mobile",
                     person->mobile.data, person->mobile.len);

    if (user && person->unit
        && (ngx_http_hpf_set_str(user, "unit_name", &person->unit_name)
                != NGX_OK
            || ngx_http_hpf_set_str(user, "handler", &person->handler)
                   != NGX_OK))
    {
        json_decref(user);
        return NULL;
    }

    return user;
}


ngx_int_t
ngx_http_hpf_login_step_up_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ngx_http_hpf_person_session(ctx);

    if (person == NULL || ngx_http_hpf_factor_read(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    person->purpose = "step-up";
    person->stepped = 1;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_step_up_stages);
}


/* What the present session was made of counts on. */

static ngx_int_t
ngx_http_hpf_login_step_up_factors(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  argv[4], hash;

    hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "s", &hash, "");
    ngx_str_set(&argv[2], "factors");
    ngx_str_set(&argv[3], "cert");

    return ngx_http_hpf_store_command(ctx, 4, argv,
                                      ngx_http_hpf_login_step_up_loaded);
}


static void
ngx_http_hpf_login_step_up_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
        ngx_http_hpf_proof_read(&person->kept, &text);

        person->proved = person->kept.factors;

        text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
        person->relies.data = ngx_pstrdup(ctx->request->pool, &text);
        person->relies.len = text.len;

        if (person->proved == 0) {
            rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);

        } else if (person->relies.data == NULL) {
            rc = NGX_ERROR;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* The new session is there: the old one is dead before the answer. */

static ngx_int_t
ngx_http_hpf_login_step_up_end(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ctx->ending = "stepped-up";

    return ngx_http_hpf_logout_session(ctx, ngx_http_hpf_login_step_up_ended);
}


static void
ngx_http_hpf_login_step_up_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}
