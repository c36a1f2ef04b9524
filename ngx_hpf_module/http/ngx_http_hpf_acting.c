/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Who acts for a unit (经办人), and what he may do.  At a log-in it is the one
 * whom a code was sent to, or whose mobile is named, or else the first
 * handler.  For a unit that does not exist the store is asked as well.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


static void ngx_http_hpf_acting_challenged(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_acting_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_acting_limits(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_acting_check(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *items);


/* Whose number the code went to; whether it is right is asked later. */

ngx_int_t
ngx_http_hpf_acting_challenge_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    json_t                 *sent;
    ngx_str_t               argv[3], challenge, mobile;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->unit) {
        return NGX_OK;
    }

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_SMS);
    mobile = ngx_http_hpf_person_member(json_object_get(ctx->form, "user"),
                                        "handler");

    if (mobile.len) {
        mobile = ngx_http_hpf_person_mobile(ctx, &mobile);
        person->m = ngx_http_hpf_person_index(ctx, "mobile", &mobile);

        return mobile.data && person->m.data ? NGX_OK : NGX_ERROR;
    }

    if (sent == NULL) {
        return NGX_OK;
    }

    challenge = ngx_http_hpf_person_member(sent, "challenge_id");

    ngx_str_set(&argv[0], "HGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "ch", &challenge, "");
    ngx_str_set(&argv[2], "m");

    return ngx_http_hpf_store_command(ctx, 3, argv,
                                      ngx_http_hpf_acting_challenged);
}


static void
ngx_http_hpf_acting_challenged(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        text = ngx_hpf_redis_text(reply);

        if (text.len == 0) {
            ngx_str_set(&text, "none");
        }

        person->m.data = ngx_pstrdup(ctx->request->pool, &text);
        person->m.len = text.len;

        if (person->m.data == NULL) {
            rc = NGX_ERROR;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


ngx_int_t
ngx_http_hpf_acting_find_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[3];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->unit) {
        return NGX_OK;
    }

    if (person->m.len == 0) {
        person->handler = person->admin;
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "HGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":handlers");
    argv[2] = person->m;

    return ngx_http_hpf_store_command(ctx, 3, argv,
                                      ngx_http_hpf_acting_found);
}


static void
ngx_http_hpf_acting_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        text = ngx_hpf_redis_text(reply);

        person->handler.data = ngx_pstrdup(ctx->request->pool, &text);
        person->handler.len = ngx_min(text.len, HPF_SESSION_ACTS - 1);

        if (person->handler.data == NULL) {
            rc = NGX_ERROR;
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/* To which items a handler is limited stands with him. */

ngx_int_t
ngx_http_hpf_acting_may(ngx_http_hpf_ctx_t *ctx)
{
    u_char     suffix[sizeof(":handler:") + HPF_SESSION_ACTS];
    ngx_str_t  argv[3], uid, handler;

    if (!ctx->has_session || ctx->session.acts[0] == 0
        || ctx->session.acts[0] != NGX_HTTP_HPF_HANDLER_LIMITED)
    {
        return NGX_OK;
    }

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;
    handler = ngx_http_hpf_session_acting(&ctx->session);

    (void) ngx_snprintf(suffix, sizeof(suffix), ":handler:%V%Z", &handler);

    ngx_str_set(&argv[0], "HGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, (char *) suffix);
    ngx_str_set(&argv[2], "items");

    return ngx_http_hpf_store_command(ctx, 3, argv,
                                      ngx_http_hpf_acting_limits);
}


static void
ngx_http_hpf_acting_limits(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t  items;

    ctx->op_rc = ngx_http_hpf_store_check(ctx, reply);

    if (ctx->op_rc == NGX_OK) {
        items = ngx_hpf_redis_text(reply);

        ctx->op_rc = ngx_http_hpf_acting_check(ctx, &items);
    }

    ctx->resumed = 1;

    ngx_http_hpf_resume(ctx->request);
}


/* A JSON array of their ids. */

static ngx_int_t
ngx_http_hpf_acting_check(ngx_http_hpf_ctx_t *ctx, ngx_str_t *items)
{
    size_t       i;
    json_t      *list, *item;
    ngx_uint_t   found;

    found = 0;
    list = items->len ? json_loadb((char *) items->data, items->len, 0, NULL)
                      : json_array();

    if (list == NULL) {
        return NGX_ERROR;
    }

    json_array_foreach(list, i, item) {

        if (json_string_length(item) == ctx->item_id.len
            && ngx_strncmp(json_string_value(item), ctx->item_id.data,
                           ctx->item_id.len)
               == 0)
        {
            found = 1;
        }
    }

    if (found) {
        json_decref(list);
        return NGX_OK;
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_HANDLER_REFUSED);

    return ngx_http_hpf_extra_json(ctx, "items", list) == NGX_OK ? NGX_ABORT
                                                                 : NGX_ERROR;
}
