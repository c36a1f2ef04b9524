/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Who the user is: the token of a request, its session in the cache of the
 * node, or else in Redis.
 *
 * The cache is true as long as the worker's link of invalidations stands;
 * without it an entry is served for "hpf_session stale=" more seconds and
 * then Redis has to say.  When the link stands again, or that of another
 * worker, entries are in doubt: Redis has to say at once, and only if it
 * cannot is an entry still served within that time.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "hpf_hex.h"
#include "ngx_http_hpf_cert.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_limit.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_TOKEN_LEN   43        /* 256 bits in base64url */
#define NGX_HTTP_HPF_NONE_TTL    5         /* s, of a negative entry */

/* what session_get.lua tells of a session, before its user's limits */
#define NGX_HTTP_HPF_SESSION_PARTS  11


static ngx_int_t ngx_http_hpf_session_need(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_session_cached(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_uint_t ngx_http_hpf_session_usable(ngx_http_hpf_main_conf_t *hmcf);
static ngx_int_t ngx_http_hpf_session_ask(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_session_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_session_doubted(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_session_record(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_session_none(ngx_http_hpf_ctx_t *ctx,
    const char *why);
static ngx_int_t ngx_http_hpf_session_found(ngx_http_hpf_ctx_t *ctx);
static uint32_t ngx_http_hpf_session_channel(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_session_proofs(hpf_session_t *rec,
    const ngx_hpf_redis_reply_t *reply, uint32_t now);
static void ngx_http_hpf_session_touch(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_session_changed(void *data, const ngx_str_t *name);


/* When the link of this worker was lost; 0: it stands. */

static uint32_t  ngx_http_hpf_session_lost;


ngx_int_t
ngx_http_hpf_session_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  token;
    ngx_http_hpf_main_conf_t  *hmcf;

    if (ctx->resumed) {
        ctx->resumed = 0;
        return ctx->op_rc;
    }

    /* what is for everybody is so with any token */

    if (ctx->channel == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_hpf_session_token(r, &token);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_hpf_cookie_token(ctx, &token);
    }

    if (rc == NGX_ABORT) {
        return rc;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_hpf_session_need(ctx)
               ? ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_REQUIRED)
               : NGX_OK;
    }

    ctx->personal = 1;

    if (rc == NGX_ERROR) {
        ctx->reason = "malformed-token";
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->redis == NULL) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STORE_UNAVAILABLE);
    }

    if (hpf_crypto_hmac(hmcf->token_hmac, token.data, token.len,
                        ctx->token_hash)
        != 0)
    {
        return NGX_ERROR;
    }

    rc = ctx->by_cookie ? ngx_http_hpf_cookie_csrf(ctx) : NGX_OK;

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_hpf_session_cached(r, ctx);

    return rc == NGX_DECLINED ? ngx_http_hpf_session_ask(ctx) : rc;
}


/* 1: the request cannot be served without a session. */

static ngx_int_t
ngx_http_hpf_session_need(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_loc_conf_t  *hlcf;

    if (ctx->item) {
        return ngx_hpf_plugin_manifest(ctx->item)->level > 0
               && !ngx_http_hpf_sharing(ctx);
    }

    if (ctx->route) {
        return (ctx->route->flags & NGX_HTTP_HPF_R_SESSION) != 0;
    }

    hlcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_hpf_module);

    return hlcf->level > 0;
}


/* NGX_DECLINED: there is none; NGX_ERROR: it cannot be one of ours. */

ngx_int_t
ngx_http_hpf_session_token(ngx_http_request_t *r, ngx_str_t *token)
{
    u_char  *p, *last;

    if (r->headers_in.authorization == NULL) {
        return NGX_DECLINED;
    }

    *token = r->headers_in.authorization->value;

    if (token->len < sizeof("Bearer ") - 1
        || ngx_strncasecmp(token->data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return NGX_DECLINED;
    }

    p = token->data + sizeof("Bearer ") - 1;
    last = token->data + token->len;

    while (p < last && *p == ' ') {
        p++;
    }

    token->data = p;
    token->len = last - p;

    return ngx_http_hpf_session_token_valid(token) ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
ngx_http_hpf_session_token_valid(ngx_str_t *token)
{
    u_char      valid;
    ngx_uint_t  i;

    static const u_char  chars[256] = {
        ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1,
        ['-'] = 1, ['_'] = 1
    };

    if (token->len != NGX_HTTP_HPF_TOKEN_LEN) {
        return 0;
    }

    /* they are random, and so would be branches that depend on them */

    valid = 1;

    for (i = 0; i < NGX_HTTP_HPF_TOKEN_LEN; i++) {
        valid &= chars[token->data[i]];
    }

    return valid;
}


static ngx_int_t
ngx_http_hpf_session_cached(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (!ngx_http_hpf_session_usable(hmcf)) {
        return NGX_DECLINED;
    }

    rc = ngx_hpf_session_get(hmcf->zone, ctx->token_hash, &ctx->session);

    if (rc == NGX_ABORT) {
        ctx->reason = "just-refused";
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);
    }

    if (rc == NGX_OK) {
        ngx_http_hpf_session_touch(ctx);
        rc = ngx_http_hpf_session_found(ctx);
    }

    return rc;
}


static ngx_uint_t
ngx_http_hpf_session_usable(ngx_http_hpf_main_conf_t *hmcf)
{
    if (hmcf->session_cache == 0) {
        return 0;
    }

    return ngx_http_hpf_session_lost == 0
           || ngx_hpf_session_cache_clock() - ngx_http_hpf_session_lost
              <= (uint32_t) hmcf->session_stale;
}


/* Redis is told of the use of a cached session now and then. */

static void
ngx_http_hpf_session_touch(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  argv[3], hash;
    ngx_http_hpf_main_conf_t  *hmcf;

    if (ngx_hpf_session_cache_clock() - ctx->session.touched_at
        < (uint32_t) (ctx->session.idle / 16 + 1))
    {
        return;
    }

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ngx_hpf_session_touched(hmcf->zone, ctx->token_hash);

    hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);

    ngx_str_set(&argv[0], "EXPIRE");
    argv[1] = ngx_http_hpf_session_key(ctx, "idle", &hash);
    argv[2] = ngx_http_hpf_store_int(ctx, ctx->session.idle);

    ngx_hpf_redis_send(hmcf->redis, 3, argv);
}


ngx_str_t
ngx_http_hpf_session_key(ngx_http_hpf_ctx_t *ctx, const char *name,
    ngx_str_t *hash)
{
    ngx_str_t  key;

    key.len = sizeof("hpf::{s:}") - 1 + ngx_strlen(name) + hash->len;
    key.data = ngx_pnalloc(ctx->request->pool, key.len);

    if (key.data == NULL) {
        key.len = 0;
        return key;
    }

    (void) ngx_sprintf(key.data, "hpf:%s:{s:%V}", name, hash);

    return key;
}


static ngx_int_t
ngx_http_hpf_session_ask(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                    args[4 + NGX_HTTP_HPF_LIMIT_ARGS], hash;
    ngx_hpf_redis_eval_t         eval;
    ngx_http_hpf_main_conf_t    *hmcf;
    ngx_http_hpf_limit_group_t   group;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    group.n = 0;

    if (ngx_hpf_redis_one_slot(hmcf->redis)) {
        ngx_http_hpf_limit_group(ctx, &group);
    }

    hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);
    args[0] = ngx_http_hpf_store_key(ctx, "s", &hash, "");
    args[1] = ngx_http_hpf_session_key(ctx, "idle", &hash);
    args[2] = ngx_http_hpf_session_key(ctx, "end", &hash);
    args[3] = ngx_http_hpf_store_int(ctx, group.n);

    if (args[0].data == NULL || args[1].data == NULL || args[2].data == NULL
        || args[3].data == NULL
        || ngx_http_hpf_limit_names(ctx, &group, &args[4]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->session_mark = ngx_hpf_session_mark(hmcf->zone);

    eval.script = &ngx_hpf_redis_script_session_get;
    eval.nkeys = 3;
    eval.argc = 4 + 4 * group.n;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_session_answer);
}


static void
ngx_http_hpf_session_answer(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_limit_group_t  group;

    if (ngx_http_hpf_store_failed(reply)
        && ngx_http_hpf_session_doubted(ctx, reply) == NGX_OK)
    {
        ctx->op_rc = ngx_http_hpf_session_found(ctx);
        ctx->resumed = 1;

        ngx_http_hpf_resume(ctx->request);

        return;
    }

    ctx->op_rc = ngx_http_hpf_store_check(ctx, reply);

    if (ctx->op_rc == NGX_OK) {
        ctx->op_rc = ngx_http_hpf_session_record(ctx, reply);
    }

    if (ctx->op_rc == NGX_OK
        && ngx_hpf_redis_count(reply) > NGX_HTTP_HPF_SESSION_PARTS)
    {
        ngx_http_hpf_limit_group(ctx, &group);

        ctx->limits_rc = ngx_http_hpf_limit_told(ctx, &group, reply,
                                                 NGX_HTTP_HPF_SESSION_PARTS);
    }

    ctx->resumed = 1;

    ngx_http_hpf_resume(ctx->request);
}


/*
 * The store is not asked again for the limits, which are where the session
 * would be, except in a cluster.  What needs it further on is refused now.
 */

static ngx_int_t
ngx_http_hpf_session_doubted(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t                  text;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (!ngx_http_hpf_session_usable(hmcf)
        || (ctx->route && ctx->route->flags & NGX_HTTP_HPF_R_STORE)
        || ngx_http_hpf_idempotency_applies(ctx)
        || ngx_hpf_session_get_doubted(hmcf->zone, ctx->token_hash,
                                       hmcf->session_stale, &ctx->session)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    text = ngx_hpf_redis_text(reply);

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "hpf session: goes on as it was known: %V", &text);

    ctx->store_gone = ngx_hpf_redis_one_slot(hmcf->redis);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_session_record(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    u_char                    *text;
    ssize_t                    n;
    uint32_t                   now;
    ngx_str_t                  uid, type, level, subj, acts, cert, why, hash;
    ngx_uint_t                 left;
    hpf_session_t             *rec;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_NIL) {
        return ngx_http_hpf_session_none(ctx, "unknown-token");
    }

    if (ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_STRING) {
        why = ngx_hpf_redis_text(reply);
        text = ngx_pnalloc(ctx->request->pool, why.len + 1);

        if (text == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_cpystrn(text, why.data, why.len + 1);

        return ngx_http_hpf_session_none(ctx, (char *) text);
    }

    if (ngx_hpf_redis_count(reply) < NGX_HTTP_HPF_SESSION_PARTS) {
        return NGX_ERROR;
    }

    uid = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));
    type = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    level = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 2));
    subj = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 3));
    acts = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 8));

    n = subj.len <= HPF_BASE64_URL_LEN(HPF_SESSION_SUBJ)
        ? hpf_base64_url_decode(ctx->session.subj, subj.data, subj.len) : -1;

    if (uid.len == 0 || uid.len > HPF_SESSION_UID || type.len != 1
        || level.len != 1 || n < 0
        || (acts.len && acts.len != HPF_SESSION_ACTS))
    {
        ngx_log_error(NGX_LOG_ALERT, ctx->request->connection->log, 0,
                      "hpf session: a record in the store is damaged");
        return NGX_ERROR;
    }

    cert = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 10));

    if (cert.len && ngx_http_hpf_cert_void(hmcf, &cert)) {
        hash = ngx_http_hpf_store_hex(ctx, ctx->token_hash, HPF_SESSION_KEY);

        ctx->ending = "certificate-revoked";
        ngx_http_hpf_logout_drop(ctx, &hash);

        return ngx_http_hpf_session_none(ctx, ctx->ending);
    }

    rec = &ctx->session;
    now = ngx_hpf_session_cache_clock();
    left = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 5));

    ngx_memcpy(rec->uid, uid.data, uid.len);
    ngx_memcpy(rec->acts, acts.data, acts.len);

    rec->uid_len = uid.len;
    rec->subj_len = n;
    rec->user_type = type.data[0];
    rec->level = level.data[0] - '0';
    rec->idle = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 4));
    rec->idle_at = now + rec->idle;
    rec->ends_at = now + left;
    rec->fresh_until = now + ngx_min(left, (ngx_uint_t) hmcf->session_cache);
    rec->touched_at = now;

    ngx_http_hpf_session_proofs(rec, reply, now);

    rec->channel = ngx_http_hpf_session_channel(hmcf, reply);

    if (hmcf->session_cache && ngx_http_hpf_session_lost == 0) {
        ngx_hpf_session_put(hmcf->zone, ctx->token_hash, rec,
                            ctx->session_mark);
    }

    return ngx_http_hpf_session_found(ctx);
}


static ngx_int_t
ngx_http_hpf_session_none(ngx_http_hpf_ctx_t *ctx, const char *why)
{
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx->reason = why;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (hmcf->session_cache) {
        ngx_hpf_session_put_none(hmcf->zone, ctx->token_hash,
                                 NGX_HTTP_HPF_NONE_TTL);
    }

    return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);
}


/*
 * A session that began on the channel of a third party is good there alone:
 * what it may not see there, it would else ask for in another one's name.
 */

static uint32_t
ngx_http_hpf_session_channel(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t                id;
    ngx_http_hpf_channel_t  *ch;

    id = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 7));
    ch = ngx_http_hpf_channel_find(hmcf, &id);

    return (ch && !ch->consent) ? 0 : ngx_http_hpf_session_channel_mark(&id);
}


/* That no other channel has it is seen to when they are configured. */

uint32_t
ngx_http_hpf_session_channel_mark(ngx_str_t *id)
{
    uint32_t  mark;

    mark = ngx_crc32_short(id->data, id->len);

    return mark ? mark : 1;
}


/* A session counts for no more than the channel that it is used on lets it. */

static ngx_int_t
ngx_http_hpf_session_found(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  *id;

    id = &ctx->channel->id;

    if (ctx->session.channel
        && ctx->session.channel != ngx_http_hpf_session_channel_mark(id))
    {
        ctx->reason = "session-of-another-channel";

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED);
    }

    ctx->has_session = 1;
    ctx->session.level = ngx_min(ctx->session.level,
                                 ctx->channel->session_level);

    return NGX_OK;
}


/* The times of the store's clock become ages. */

static void
ngx_http_hpf_session_proofs(hpf_session_t *rec,
    const ngx_hpf_redis_reply_t *reply, uint32_t now)
{
    time_t                 store, ago;
    ngx_str_t              text;
    ngx_uint_t             n;
    ngx_http_hpf_proofs_t  proofs;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 9));
    store = ngx_atotm(text.data, text.len);

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 6));
    ngx_http_hpf_proof_read(&proofs, &text);

    rec->factors = proofs.factors;

    for (n = 0; n < HPF_SESSION_FACTORS; n++) {
        ago = ngx_max(store - proofs.at[n], 0) + (rec->fresh_until - now);

        rec->proved[n] = ngx_min(ago, HPF_SESSION_LONG_AGO);
    }
}


ngx_str_t
ngx_http_hpf_session_handler_key(ngx_http_hpf_ctx_t *ctx, ngx_str_t *uid,
    ngx_str_t *handler)
{
    u_char  suffix[sizeof(":handler::sessions") + HPF_SESSION_ACTS];

    (void) ngx_snprintf(suffix, sizeof(suffix), ":handler:%V:sessions%Z",
                        handler);

    return ngx_http_hpf_store_key(ctx, "u", uid, (char *) suffix);
}


/* Behind his role. */

ngx_str_t
ngx_http_hpf_session_acting(hpf_session_t *rec)
{
    ngx_str_t  s;

    ngx_str_null(&s);

    if (rec->acts[0]) {
        s.data = rec->acts + 1;
        s.len = HPF_SESSION_ACTS - 1;
    }

    return s;
}


const char *
ngx_http_hpf_session_number(hpf_session_t *rec)
{
    return rec->user_type == NGX_HTTP_HPF_UNIT ? "uscc" : "id_no";
}


void
ngx_http_hpf_session_type(hpf_session_t *rec, ngx_str_t *s)
{
    if (rec->user_type == NGX_HTTP_HPF_UNIT) {
        ngx_str_set(s, "unit");

    } else {
        ngx_str_set(s, "individual");
    }
}


ngx_int_t
ngx_http_hpf_session_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    static ngx_str_t  prefix = ngx_string("hpf:{s:");

    ngx_http_hpf_session_lost = ngx_hpf_session_cache_clock();

    return ngx_hpf_redis_track(hmcf->redis, &prefix,
                               ngx_http_hpf_session_changed, hmcf);
}


static void
ngx_http_hpf_session_changed(void *data, const ngx_str_t *name)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    u_char    key[HPF_SESSION_KEY];
    uint32_t  lost;

    if (name == NULL) {

        if (ngx_http_hpf_session_lost == 0) {
            ngx_http_hpf_session_lost = ngx_hpf_session_cache_clock();
        }

        return;
    }

    if (name->len == 0) {

        /*
         * What ended while the link was away was not heard of; if it was not
         * away, all keys are gone.
         */

        lost = ngx_http_hpf_session_lost;

        ngx_http_hpf_session_lost = 0;
        ngx_hpf_session_drop_all(hmcf->zone, lost);

        return;
    }

    if (name->len == sizeof("hpf:{s:}") - 1 + 2 * sizeof(key)
        && hpf_hex_decode(name->data + sizeof("hpf:{s:") - 1,
                          2 * sizeof(key), key)
           == 0)
    {
        ngx_hpf_session_drop(hmcf->zone, key);
    }
}


/* GET /v1/session */

ngx_int_t
ngx_http_hpf_session_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    json_t     *answer, *user;
    uint32_t    now, until;
    ngx_str_t   type, handler;

    now = ngx_hpf_session_cache_clock();
    until = ngx_min(ctx->session.idle_at, ctx->session.ends_at);

    ngx_http_hpf_session_type(&ctx->session, &type);

    user = json_pack("{s:s%,s:s%}", "user_id", ctx->session.uid,
                     (size_t) ctx->session.uid_len, "user_type", type.data,
                     type.len);

    handler = ngx_http_hpf_session_acting(&ctx->session);

    if (handler.len) {
        (void) ngx_http_hpf_set_str(user, "handler", &handler);
    }

    answer = ctx->by_cookie
             ? ngx_http_hpf_cookie_csrf_member(ctx, ctx->token_hash)
             : json_object();

    if (json_object_update_new(answer,
               json_pack("{s:i,s:I,s:o}", "level", (int) ctx->session.level,
                         "expires_in",
                         (json_int_t) (until > now ? until - now : 0),
                         "user", user))
        != 0)
    {
        json_decref(answer);
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK, answer);
}
