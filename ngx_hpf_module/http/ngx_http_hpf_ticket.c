/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Tickets from one channel to another.  A ticket is 256 random bits, of which
 * the store knows a keyed hash only; it is good once, for one channel, for a
 * minute, and as long as the session that it is of.  What the new session has
 * is what that one has when the ticket is used, and never more.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_TICKET       32       /* bytes */
#define NGX_HTTP_HPF_TICKET_LIFE  60       /* s */


static ngx_int_t ngx_http_hpf_ticket_key(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *ticket, ngx_str_t *key);
static void ngx_http_hpf_ticket_created(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_ticket_taken(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_ticket_session(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_ticket_sourced(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_ticket_source(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_ticket_failed(ngx_http_hpf_ctx_t *ctx,
    const char *reason);


const char  ngx_http_hpf_ticket_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"channel\"],\"properties\":{"
    "\"channel\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9-]{1,32}$\"}}}";


/* POST /v1/session/tickets */

ngx_int_t
ngx_http_hpf_ticket_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                     random[NGX_HTTP_HPF_TICKET];
    ngx_str_t                  args[4], channel, *ticket;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    channel = ngx_http_hpf_person_member(ctx->form, "channel");

    if (ngx_http_hpf_channel_find(hmcf, &channel) == NULL) {
        return ngx_http_hpf_refuse_form(ctx, "/channel",
                                        "没有这个渠道",
                                        "There is no such channel");
    }

    ticket = ngx_palloc(r->pool, sizeof(ngx_str_t));
    if (ticket == NULL) {
        return NGX_ERROR;
    }

    ticket->data = ngx_pnalloc(r->pool, HPF_BASE64_URL_LEN(sizeof(random)));

    if (ticket->data == NULL
        || hpf_crypto_random_private(random, sizeof(random)) != 0)
    {
        return NGX_ERROR;
    }

    ticket->len = hpf_base64_url_encode((char *) ticket->data, random,
                                        sizeof(random));
    hpf_crypto_cleanse(random, sizeof(random));

    ctx->data = ticket;
    ctx->personal = 1;

    if (ngx_http_hpf_ticket_key(ctx, ticket, &args[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    args[1] = channel;
    args[2] = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);
    args[3] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_TICKET_LIFE);

    eval.script = &ngx_hpf_redis_script_ticket_create;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_ticket_created);
}


static void
ngx_http_hpf_ticket_created(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t   rc;
    ngx_str_t  *ticket;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        ticket = ctx->data;

        ngx_str_set(&ctx->event, "ticket-issued");
        ctx->party = ngx_http_hpf_person_member(ctx->form, "channel");

        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
                                 json_pack("{s:s%,s:i}", "ticket",
                                           ticket->data, ticket->len,
                                           "expires_in",
                                           NGX_HTTP_HPF_TICKET_LIFE));
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static ngx_int_t
ngx_http_hpf_ticket_key(ngx_http_hpf_ctx_t *ctx, ngx_str_t *ticket,
    ngx_str_t *key)
{
    u_char                     hash[HPF_CRYPTO_LEN];
    ngx_str_t                  hex;
    hpf_crypto_part_t          parts[2];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    /* no ticket has the hash of a token */

    parts[0].data = "ticket";
    parts[0].len = sizeof("ticket");
    parts[1].data = ticket->data;
    parts[1].len = ticket->len;

    if (hpf_crypto_hmac_parts(hmcf->token_hmac, parts, 2, hash) != 0) {
        return NGX_ERROR;
    }

    hex = ngx_http_hpf_store_hex(ctx, hash, sizeof(hash));

    if (hex.data == NULL) {
        return NGX_ERROR;
    }

    *key = ngx_http_hpf_store_key(ctx, "t", &hex, "");

    return key->data ? NGX_OK : NGX_ERROR;
}


/* POST /v1/sessions {ticket}: of whom it is. */

ngx_int_t
ngx_http_hpf_ticket_take_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t             args[2], ticket;
    ngx_hpf_redis_eval_t  eval;

    ticket = ngx_http_hpf_person_member(ctx->form, "ticket");

    if (ngx_http_hpf_ticket_key(ctx, &ticket, &args[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    args[1] = ctx->channel->id;

    eval.script = &ngx_hpf_redis_script_ticket_take;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_ticket_taken);
}


static void
ngx_http_hpf_ticket_taken(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_ticket_session(ctx, reply);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_ticket_session(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char                  key[HPF_SESSION_KEY];
    ngx_str_t               hash;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    switch (ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0))) {

    case 1:
        break;

    case 2:
        return ngx_http_hpf_ticket_failed(ctx, "ticket-of-another-channel");

    default:
        return ngx_http_hpf_ticket_failed(ctx, "ticket-unknown");
    }

    hash = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

    if (ngx_http_hpf_sessions_hash(&hash, key) != NGX_OK) {
        return NGX_ERROR;
    }

    person->source.data = ngx_pstrdup(ctx->request->pool, &hash);
    person->source.len = hash.len;

    return person->source.data ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_hpf_ticket_source_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    return ngx_http_hpf_sessions_peek(ctx, &person->source,
                                      ngx_http_hpf_ticket_sourced);
}


static void
ngx_http_hpf_ticket_sourced(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_ticket_source(ctx, reply);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_ticket_source(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_http_hpf_known_t    known;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_sessions_read(ctx, reply, &known);

    if (rc == NGX_DECLINED) {
        return ngx_http_hpf_ticket_failed(ctx, "ticket-of-an-ended-session");
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_hpf_proof_read(&person->kept, &known.factors);

    if (ngx_http_hpf_store_text(ctx, ngx_hpf_redis_at(reply, 0), &person->uid)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    person->proved = person->kept.factors;

    if (known.acts.len) {
        person->unit = 1;
        person->handler.data = known.acts.data + 1;
        person->handler.len = known.acts.len - 1;
    }

    person->vouched = known.level;
    person->life = known.left;
    person->relies = known.cert;

    return person->uid.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_ticket_failed(ngx_http_hpf_ctx_t *ctx, const char *reason)
{
    ctx->reason = reason;

    return ngx_http_hpf_factor_failed(ctx);
}
