/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Bindings: a channel's own account, as a WeChat openid, leads to a user.
 *
 * The channel vouches for the subject, so only a request with its signature
 * makes a binding or uses one: whose session on another channel says that an
 * openid is his has proved nothing.  A user may end his binding anywhere.
 *
 * There are two records, hpf:{b:HASH}, which leads from the subject to the
 * user, and an entry of hpf:{u:UID}:bindings, which leads back; a binding is
 * what both agree on.  So one subject leads to one user, whatever happens at
 * once, and is nobody's as soon as either of them is gone.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_binding.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_signature.h"
#include "ngx_http_hpf_user.h"


/* The work of a call: ctx->data. */

typedef struct {
    ngx_str_t     uid;
    ngx_str_t     hash;                /* of the subject; empty: it ends */
    ngx_str_t     old;                 /* of the one before */
} ngx_http_hpf_binding_t;


static ngx_int_t ngx_http_hpf_binding_signed(ngx_http_hpf_ctx_t *ctx);
static ngx_http_hpf_binding_t *ngx_http_hpf_binding(ngx_http_hpf_ctx_t *ctx);
static ngx_str_t ngx_http_hpf_binding_hash(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *subject);
static ngx_int_t ngx_http_hpf_binding_entry_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_binding_entered(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_binding_lead_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_binding_drop_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_binding_answer(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_binding_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_binding_checked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_binding_proved(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


const char  ngx_http_hpf_binding_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"subject\"],\"properties\":{"
    "\"subject\":" NGX_HTTP_HPF_SUBJECT_FORM "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_binding_stages[] = {
    ngx_http_hpf_binding_entry_stage,
    ngx_http_hpf_binding_lead_stage,
    ngx_http_hpf_binding_drop_stage,
    ngx_http_hpf_binding_answer,
    NULL
};


/* PUT /v1/session/bindings/{channel} */

ngx_int_t
ngx_http_hpf_binding_put_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_str_t                subject;
    ngx_http_hpf_binding_t  *binding;

    rc = ngx_http_hpf_binding_signed(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    /* an account of one person would be that of all who act for it */

    if (ctx->session.user_type == NGX_HTTP_HPF_UNIT) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_USER_TYPE);
    }

    binding = ngx_http_hpf_binding(ctx);
    if (binding == NULL) {
        return NGX_ERROR;
    }

    subject = ngx_http_hpf_person_member(ctx->form, "subject");
    binding->hash = ngx_http_hpf_binding_hash(ctx, &subject);

    if (binding->hash.len == 0) {
        return NGX_ERROR;
    }

    ngx_str_set(&ctx->event, "bound");

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_binding_stages);
}


/* The request has the signature of the channel whose account it is. */

static ngx_int_t
ngx_http_hpf_binding_signed(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                 *id;
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    id = &ctx->channel->id;

    if (ctx->channel->kind != NGX_HTTP_HPF_PUBLIC
        && id->len == ctx->arg.len
        && ngx_strncmp(id->data, ctx->arg.data, id->len) == 0)
    {
        return NGX_OK;
    }

    ch = ngx_http_hpf_channel_find(hmcf, &ctx->arg);

    if (ch == NULL || ch->kind == NGX_HTTP_HPF_PUBLIC) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_MISSING,
                                         "not-its-channel");
}


/* DELETE /v1/session/bindings/{channel} */

ngx_int_t
ngx_http_hpf_binding_end_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    if (ngx_http_hpf_binding(ctx) == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&ctx->event, "unbound");

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_binding_stages);
}


static ngx_http_hpf_binding_t *
ngx_http_hpf_binding(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_binding_t  *binding;

    binding = ngx_pcalloc(ctx->request->pool, sizeof(ngx_http_hpf_binding_t));

    if (binding) {
        binding->uid.data = ctx->session.uid;
        binding->uid.len = ctx->session.uid_len;

        ctx->party = ctx->arg;
    }

    ctx->data = binding;

    return binding;
}


/* Of the channel that calls: the same subject of another is another one. */

static ngx_str_t
ngx_http_hpf_binding_hash(ngx_http_hpf_ctx_t *ctx, ngx_str_t *subject)
{
    u_char     *p;
    ngx_str_t   name, none = ngx_null_string;

    name.len = ctx->channel->id.len + 1 + subject->len;
    name.data = ngx_pnalloc(ctx->request->pool, name.len);

    if (name.data == NULL) {
        return none;
    }

    p = ngx_cpymem(name.data, ctx->channel->id.data, ctx->channel->id.len);
    *p++ = '\0';
    ngx_memcpy(p, subject->data, subject->len);

    return ngx_http_hpf_person_index(ctx, "binding", &name);
}


static ngx_int_t
ngx_http_hpf_binding_entry_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                args[4], subject;
    ngx_hpf_redis_eval_t     eval;
    ngx_http_hpf_binding_t  *binding;

    binding = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &binding->uid, ":bindings");
    args[1] = ctx->arg;
    args[2] = binding->hash;
    ngx_str_set(&args[3], "");

    if (binding->hash.len) {
        subject = ngx_http_hpf_person_member(ctx->form, "subject");

        if (ngx_http_hpf_seal(ctx, &subject, &binding->uid, &args[3])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    eval.script = &ngx_hpf_redis_script_binding_put;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_binding_entered);
}


static void
ngx_http_hpf_binding_entered(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                rc;
    ngx_http_hpf_binding_t  *binding;

    binding = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_store_text(ctx, reply, &binding->old);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* From whomever it led to before. */

static ngx_int_t
ngx_http_hpf_binding_lead_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                argv[3];
    ngx_http_hpf_binding_t  *binding;

    binding = ctx->data;

    if (binding->hash.len == 0) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_hpf_store_key(ctx, "b", &binding->hash, "");
    argv[2] = binding->uid;

    return ngx_http_hpf_store_write(ctx, 3, argv,
                                    ngx_http_hpf_binding_stored);
}


static ngx_int_t
ngx_http_hpf_binding_drop_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                args[2];
    ngx_hpf_redis_eval_t     eval;
    ngx_http_hpf_binding_t  *binding;

    binding = ctx->data;

    if (binding->old.len == 0
        || (binding->old.len == binding->hash.len
            && ngx_strncmp(binding->old.data, binding->hash.data,
                           binding->old.len) == 0))
    {
        return NGX_OK;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "b", &binding->old, "");
    args[1] = binding->uid;

    eval.script = &ngx_hpf_redis_script_binding_drop;
    eval.nkeys = 1;
    eval.argc = 2;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_binding_stored);
}


static void
ngx_http_hpf_binding_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}


static ngx_int_t
ngx_http_hpf_binding_answer(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
}


/* POST /v1/sessions with a binding and without a user. */

ngx_int_t
ngx_http_hpf_binding_find_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    json_t     *sent;
    ngx_str_t   argv[2], subject, hash;

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_BINDING);

    subject = ngx_http_hpf_person_member(sent, "subject");
    hash = ngx_http_hpf_binding_hash(ctx, &subject);

    ngx_str_set(&argv[0], "GET");
    argv[1] = ngx_http_hpf_store_key(ctx, "b", &hash, "");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_person_found);
}


/*
 * The factor.  The user's own entry is asked for first; where it agrees, what
 * the subject leads to.
 */

ngx_int_t
ngx_http_hpf_binding_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[3];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!(person->asked & NGX_HTTP_HPF_F_BINDING)) {
        return NGX_OK;
    }

    if (ctx->channel->kind == NGX_HTTP_HPF_PUBLIC) {
        ctx->reason = "binding-without-signature";
        return ngx_http_hpf_factor_failed(ctx);
    }

    ngx_str_set(&argv[0], "HGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":bindings");
    argv[2] = ctx->channel->id;

    return ngx_http_hpf_store_command(ctx, 3, argv,
                                      ngx_http_hpf_binding_checked);
}


static void
ngx_http_hpf_binding_checked(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t                        *sent;
    ngx_int_t                      rc;
    ngx_str_t                      argv[2], text, subject, hash;
    ngx_http_hpf_binding_entry_t   entry;

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_BINDING);
    subject = ngx_http_hpf_person_member(sent, "subject");

    hash = ngx_http_hpf_binding_hash(ctx, &subject);
    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        text = ngx_hpf_redis_text(reply);

        if (hash.len == 0
            || ngx_http_hpf_binding_read(&text, &entry) != NGX_OK
            || entry.hash.len != hash.len
            || ngx_strncmp(entry.hash.data, hash.data, hash.len) != 0)
        {
            ctx->reason = "not-bound";
            rc = ngx_http_hpf_factor_failed(ctx);
        }
    }

    if (rc == NGX_OK) {
        ngx_str_set(&argv[0], "GET");
        argv[1] = ngx_http_hpf_store_key(ctx, "b", &hash, "");

        rc = ngx_http_hpf_store_command(ctx, 2, argv,
                                        ngx_http_hpf_binding_proved);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


static void
ngx_http_hpf_binding_proved(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               uid;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(reply);

        if (uid.len && uid.len == person->uid.len
            && ngx_strncmp(uid.data, person->uid.data, uid.len) == 0)
        {
            person->proved |= NGX_HTTP_HPF_F_BINDING;

        } else {
            ctx->reason = "not-bound";
            rc = ngx_http_hpf_factor_failed(ctx);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* "HASH SECOND SEALED" */

ngx_int_t
ngx_http_hpf_binding_read(ngx_str_t *text,
    ngx_http_hpf_binding_entry_t *entry)
{
    u_char  *p, *last;

    last = text->data + text->len;

    p = ngx_strlchr(text->data, last, ' ');
    if (p == NULL) {
        return NGX_DECLINED;
    }

    entry->hash.data = text->data;
    entry->hash.len = p - text->data;

    entry->sealed.data = ngx_strlchr(p + 1, last, ' ');
    if (entry->sealed.data == NULL) {
        return NGX_DECLINED;
    }

    entry->at = ngx_atotm(p + 1, entry->sealed.data - p - 1);
    entry->sealed.data++;
    entry->sealed.len = last - entry->sealed.data;

    return NGX_OK;
}
