/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Idempotency-Key: the first answer to a request of a user is kept for 24
 * hours and given again.  A repeat that comes while the first attempt is
 * under way waits for it.  When a first attempt ended without an answer but
 * had opened a case, the repeat is answered with that case, never done anew.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_sf.h"
#include "ngx_http_hpf_limit.h"
#include "ngx_http_hpf_seal.h"


#define NGX_HTTP_HPF_IDEM_KEY         128   /* longest key */
#define NGX_HTTP_HPF_IDEM_ATTEMPT     60    /* s that an attempt may take */
#define NGX_HTTP_HPF_IDEM_POLL        50    /* ms between looks */
#define NGX_HTTP_HPF_IDEM_LOOKS       400
#define NGX_HTTP_HPF_IDEM_CASE_LOOKS  40    /* when it has opened a case */


/* What idempotency_begin.lua returns first. */

typedef enum {
    NGX_HTTP_HPF_IDEM_NEW = 0,
    NGX_HTTP_HPF_IDEM_CONFLICT,
    NGX_HTTP_HPF_IDEM_BUSY,
    NGX_HTTP_HPF_IDEM_CASE,
    NGX_HTTP_HPF_IDEM_DONE,
    NGX_HTTP_HPF_IDEM_LIMITED
} ngx_http_hpf_idem_e;


/* what it tells before the user's limits */
#define NGX_HTTP_HPF_IDEM_PARTS  5


struct ngx_http_hpf_idem_s {
    ngx_event_t          timer;
    ngx_uint_t           looks;
    ngx_str_t            token;        /* of this attempt */
    ngx_str_t            digest;       /* of what is asked */
    ngx_http_hpf_ctx_t  *ctx;
};


static ngx_table_elt_t *ngx_http_hpf_idempotency_header(
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idempotency_prepare(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *value);
static ngx_uint_t ngx_http_hpf_idempotency_key(ngx_str_t *value,
    ngx_str_t *key);
static ngx_int_t ngx_http_hpf_idempotency_names(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_idem_t *idem, ngx_str_t *key);
static ngx_int_t ngx_http_hpf_idempotency_begin(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_idempotency_begun(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_idempotency_forget(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idempotency_state(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_str_t ngx_http_hpf_idempotency_owner(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_idempotency_replay(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_idempotency_wait(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_idempotency_case(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_idempotency_look(ngx_event_t *ev);
static void ngx_http_hpf_idempotency_cleanup(void *data);
static void ngx_http_hpf_idempotency_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_str_t ngx_http_hpf_idempotency_copy(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t i);


static ngx_str_t  ngx_http_hpf_idempotency_name =
    ngx_string("idempotency-key");


ngx_int_t
ngx_http_hpf_idempotency_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *h;

    if (ctx->resumed) {
        ctx->resumed = 0;
        return ctx->op_rc;
    }

    h = ngx_http_hpf_idempotency_header(ctx);

    if (h == NULL) {
        return NGX_OK;
    }

    if (ngx_http_hpf_header_next(r, &ngx_http_hpf_idempotency_name, h)) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                   "Idempotency-Key 出现多次", "Idempotency-Key comes twice");
    }

    rc = ngx_http_hpf_idempotency_prepare(r, ctx, &h->value);

    return rc == NGX_OK ? ngx_http_hpf_idempotency_begin(ctx) : rc;
}


ngx_uint_t
ngx_http_hpf_idempotency_applies(ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_idempotency_header(ctx) != NULL;
}


static ngx_table_elt_t *
ngx_http_hpf_idempotency_header(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->route == NULL
        || !(ctx->route->flags & NGX_HTTP_HPF_R_IDEMPOTENT))
    {
        return NULL;
    }

    return ngx_http_hpf_header_in(ctx->request, &ngx_http_hpf_idempotency_name);
}


static ngx_int_t
ngx_http_hpf_idempotency_prepare(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *value)
{
    ngx_str_t             key;
    ngx_pool_cleanup_t   *cln;
    ngx_http_hpf_idem_t  *idem;

    if (!ngx_http_hpf_idempotency_key(value, &key)) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_BAD_REQUEST,
                   "Idempotency-Key 须为 1 至 128 个可见 ASCII 字符",
                   "Idempotency-Key must be 1 to 128 visible ASCII "
                   "characters");
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_idem_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    idem = cln->data;
    ngx_memzero(idem, sizeof(ngx_http_hpf_idem_t));

    cln->handler = ngx_http_hpf_idempotency_cleanup;

    idem->ctx = ctx;
    idem->timer.data = idem;
    idem->timer.handler = ngx_http_hpf_idempotency_look;
    idem->timer.log = r->connection->log;

    ctx->idem = idem;

    return ngx_http_hpf_idempotency_names(r, ctx, idem, &key);
}


/*
 * The draft of the IETF has a string of structured fields, in quotes; many
 * clients send the bare text.  Both are the same key.
 */

static ngx_uint_t
ngx_http_hpf_idempotency_key(ngx_str_t *value, ngx_str_t *key)
{
    u_char         first;
    ngx_uint_t     i;
    hpf_sf_item_t  item;

    *key = *value;
    first = '!';

    if (value->len && value->data[0] == '"') {

        if (hpf_sf_item((char *) value->data, value->len, &item) != 0) {
            return 0;
        }

        key->data = (u_char *) item.text.data;
        key->len = item.text.len;
        first = ' ';
    }

    for (i = 0; i < key->len; i++) {
        if (key->data[i] < first || key->data[i] >= 0x7f) {
            return 0;
        }
    }

    return key->len > 0 && key->len <= NGX_HTTP_HPF_IDEM_KEY;
}


/* The key in the store and the digest of what is asked under it. */

static ngx_int_t
ngx_http_hpf_idempotency_names(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_idem_t *idem, ngx_str_t *key)
{
    char                      *suffix;
    u_char                     hash[HPF_CRYPTO_LEN], token[16];
    ngx_str_t                  owner, hex, text;
    hpf_crypto_part_t          parts[3];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    owner = ngx_http_hpf_idempotency_owner(ctx);

    parts[0].data = owner.data;
    parts[0].len = ctx->has_session ? 0 : owner.len;
    parts[1].data = "\n";
    parts[1].len = ctx->has_session ? 0 : 1;
    parts[2].data = key->data;
    parts[2].len = key->len;

    if (hpf_crypto_digest_parts(hmcf->crypto, HPF_CRYPTO_SHA256, parts, 3,
                                hash)
        != 0)
    {
        return NGX_ERROR;
    }

    hex = ngx_http_hpf_store_hex(ctx, hash, sizeof(hash));
    suffix = ngx_pnalloc(r->pool, sizeof(":idem:") + hex.len);

    if (suffix == NULL || hex.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf((u_char *) suffix, ":idem:%V%Z", &hex);

    ctx->idem_store = ctx->has_session
                      ? ngx_http_hpf_store_key(ctx, "u", &owner, suffix)
                      : ngx_http_hpf_store_key(ctx, "k", &hex, ":idem");

    text.len = r->uri.len + 1 + ctx->body.len;
    text.data = ngx_pnalloc(r->pool, text.len);

    if (text.data == NULL || ctx->idem_store.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(text.data, "%V\n%V", &r->uri, &ctx->body);

    /* with a key: what is short could be found by trying */

    if (hpf_crypto_hmac(hmcf->token_hmac, text.data, text.len, hash) != 0
        || ngx_http_hpf_random(token, sizeof(token)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    idem->digest = ngx_http_hpf_store_hex(ctx, hash, sizeof(hash));
    idem->token = ngx_http_hpf_store_hex(ctx, token, sizeof(token));

    return (idem->digest.data && idem->token.data) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_idempotency_begin(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  *arg, args[4 + NGX_HTTP_HPF_LIMIT_ARGS];
    ngx_hpf_redis_eval_t        eval;
    ngx_http_hpf_limit_group_t  group;

    group.n = 0;

    if (ctx->has_session && !ctx->limits_taken) {
        ngx_http_hpf_limit_group(ctx, &group);
    }

    args[0] = ctx->idem_store;

    if (ngx_http_hpf_limit_keys(ctx, &group, &args[1]) != NGX_OK) {
        return NGX_ERROR;
    }

    arg = &args[1 + group.n];

    arg[0] = ctx->idem->digest;
    arg[1] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_IDEM_ATTEMPT);
    arg[2] = ctx->idem->token;

    if (ngx_http_hpf_limit_numbers(ctx, &group, &arg[3]) != NGX_OK) {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_idempotency_begin;
    eval.nkeys = 1 + group.n;
    eval.argc = 4 + 4 * group.n;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_idempotency_begun);
}


static void
ngx_http_hpf_idempotency_begun(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_hpf_redis_type_e  type;

    ctx->op_rc = ngx_http_hpf_store_check(ctx, reply);

    if (ctx->op_rc == NGX_OK) {
        ctx->op_rc = ngx_http_hpf_idempotency_state(ctx, reply);
    }

    /* an answer that is none, or an error in the midst, may hide that it was */

    type = ngx_hpf_redis_type(reply);

    if (ctx->op_rc == NGX_ERROR || type == NGX_HPF_REDIS_ERROR
        || type == NGX_HPF_REDIS_LOST)
    {
        ngx_http_hpf_idempotency_forget(ctx);
    }

    if (ctx->op_rc == NGX_AGAIN) {
        return;
    }

    ctx->resumed = 1;

    ngx_http_hpf_resume(ctx->request);
}


/* Noted or not, this attempt is none. */

static void
ngx_http_hpf_idempotency_forget(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t             args[6];
    ngx_hpf_redis_eval_t  eval;

    ngx_memzero(args, sizeof(args));

    args[0] = ctx->idem_store;
    args[1] = ctx->idem->token;

    eval.script = &ngx_hpf_redis_script_idempotency_end;
    eval.nkeys = 1;
    eval.argc = 6;
    eval.args = args;

    ngx_http_hpf_store_later(ctx, &eval);
}


static ngx_int_t
ngx_http_hpf_idempotency_state(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                   rc;
    ngx_http_hpf_limit_group_t  group;

    if (ngx_hpf_redis_count(reply) < NGX_HTTP_HPF_IDEM_PARTS) {
        return NGX_ERROR;
    }

    if (ngx_hpf_redis_count(reply) > NGX_HTTP_HPF_IDEM_PARTS) {
        ngx_http_hpf_limit_group(ctx, &group);

        rc = ngx_http_hpf_limit_told(ctx, &group, reply,
                                     NGX_HTTP_HPF_IDEM_PARTS);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    switch (ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0))) {

    case NGX_HTTP_HPF_IDEM_NEW:
        ctx->idem_mine = 1;
        return NGX_OK;

    case NGX_HTTP_HPF_IDEM_CONFLICT:
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_IDEMPOTENCY_CONFLICT);

    case NGX_HTTP_HPF_IDEM_BUSY:
        return ngx_http_hpf_idempotency_wait(ctx, reply);

    case NGX_HTTP_HPF_IDEM_CASE:
        return ngx_http_hpf_idempotency_case(ctx, reply);

    case NGX_HTTP_HPF_IDEM_DONE:
        return ngx_http_hpf_idempotency_replay(ctx, reply);

    default: /* NGX_HTTP_HPF_IDEM_LIMITED, but no limit says so */
        return NGX_ERROR;
    }
}


/* Keys are the user's own; without one, those of the channel. */

static ngx_str_t
ngx_http_hpf_idempotency_owner(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t  owner;

    if (!ctx->has_session) {
        return ctx->channel->id;
    }

    owner.data = ctx->session.uid;
    owner.len = ctx->session.uid_len;

    return owner;
}


/* The answer was sealed for its owner. */

static ngx_int_t
ngx_http_hpf_idempotency_replay(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  status, sealed, owner;

    status = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    sealed = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 2));
    owner = ngx_http_hpf_idempotency_owner(ctx);

    if (ngx_http_hpf_seal_open(ctx, &sealed, &owner, &ctx->answer)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->status = ngx_atoi(status.data, status.len);
    ctx->location = ngx_http_hpf_idempotency_copy(ctx, reply, 3);
    ctx->case_no = ngx_http_hpf_idempotency_copy(ctx, reply, 4);

    ngx_str_set(&ctx->event, "repeated");

    ctx->answered = 1;
    ctx->personal = 1;

    return NGX_OK;
}


/*
 * The first attempt may have died, or its end was not stored: the case that it
 * has opened is answer enough after a while.
 */

static ngx_int_t
ngx_http_hpf_idempotency_wait(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  no;

    no = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));

    if (no.len && ctx->idem->looks >= NGX_HTTP_HPF_IDEM_CASE_LOOKS) {
        return ngx_http_hpf_idempotency_case(ctx, reply);
    }

    if (ctx->idem->looks++ == NGX_HTTP_HPF_IDEM_LOOKS) {
        ctx->retry_after = 1;

        return ngx_http_hpf_refuse_detail(ctx,
                   NGX_HTTP_HPF_IDEMPOTENCY_CONFLICT,
                   "同一幂等键的请求仍在处理中",
                   "A request with this key is still under way");
    }

    ngx_add_timer(&ctx->idem->timer, NGX_HTTP_HPF_IDEM_POLL);

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_hpf_idempotency_case(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ctx->case_no = ngx_http_hpf_idempotency_copy(ctx, reply, 1);
    ctx->idem_case = 1;

    return ctx->case_no.data ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_idempotency_look(ngx_event_t *ev)
{
    ngx_http_hpf_idem_t *idem = ev->data;

    ngx_http_hpf_ctx_t  *ctx;

    ctx = idem->ctx;

    if (ngx_http_hpf_idempotency_begin(ctx) != NGX_AGAIN) {
        ctx->op_rc = NGX_ERROR;
        ctx->resumed = 1;

        ngx_http_hpf_resume(ctx->request);
    }
}


static void
ngx_http_hpf_idempotency_cleanup(void *data)
{
    ngx_http_hpf_idem_t *idem = data;

    if (idem->timer.timer_set) {
        ngx_del_timer(&idem->timer);
    }
}


/*
 * The handler is done: its answer is kept, or a problem forgets the attempt
 * so that it can be made again; a case that was opened stays its answer.
 * NGX_AGAIN: the answer goes out by ngx_http_hpf_finish() when that is stored.
 */

ngx_int_t
ngx_http_hpf_idempotency_end(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t             args[6], owner;
    ngx_hpf_redis_eval_t  eval;

    ctx->idem_mine = 0;

    ngx_memzero(args, sizeof(args));

    args[0] = ctx->idem_store;
    args[1] = ctx->idem->token;

    if (!ctx->problem) {
        owner = ngx_http_hpf_idempotency_owner(ctx);

        args[2] = ngx_http_hpf_store_int(ctx, ctx->status);
        args[4] = ctx->location;
        args[5] = ctx->case_no;

        if (ngx_http_hpf_seal(ctx, &ctx->answer, &owner, &args[3])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    eval.script = &ngx_hpf_redis_script_idempotency_end;
    eval.nkeys = 1;
    eval.argc = 6;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_idempotency_ended);
}


static void
ngx_http_hpf_idempotency_ended(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  text;

    if (ngx_hpf_redis_type(reply) >= NGX_HPF_REDIS_ERROR) {
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                      "hpf idempotency: the answer was not kept: %V", &text);
    }

    ngx_http_hpf_finish(ctx->request, ctx->problem ? NGX_ABORT : NGX_OK);
}


ngx_str_t
ngx_http_hpf_idempotency_token(ngx_http_hpf_ctx_t *ctx)
{
    static ngx_str_t  none = ngx_null_string;

    return ctx->idem_mine ? ctx->idem->token : none;
}


static ngx_str_t
ngx_http_hpf_idempotency_copy(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t i)
{
    ngx_str_t  text, s;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));

    s.len = text.len;
    s.data = ngx_pstrdup(ctx->request->pool, &text);

    if (s.data == NULL) {
        s.len = 0;
    }

    return s;
}
