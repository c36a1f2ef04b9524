/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * GET /v1/cases, GET /v1/cases/{no}: progress.  Who looks at a case whose
 * outcome at the back end is not known makes its plugin ask there first.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_call.h"
#include "ngx_http_hpf_case.h"
#include "ngx_http_hpf_seal.h"


#define NGX_HTTP_HPF_CASE_LIST  100


static void ngx_http_hpf_case_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_case_list(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_case_load(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_store_pt handler);
static void ngx_http_hpf_case_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_case_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_case_reconcile(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *data);
static void ngx_http_hpf_case_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_case_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_case_show(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_case_tree(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no,
    ngx_str_t *part);
static json_t *ngx_http_hpf_case_unseal(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *text);
static void ngx_http_hpf_case_parts(const ngx_hpf_redis_reply_t *reply,
    ngx_uint_t first, ngx_str_t *part, ngx_uint_t n);


/* Of HMGET in ngx_http_hpf_case_load() and of case_list.lua. */

typedef enum {
    NGX_HTTP_HPF_CASE_ITEM = 0,
    NGX_HTTP_HPF_CASE_STATUS,
    NGX_HTTP_HPF_CASE_DUE,
    NGX_HTTP_HPF_CASE_STEPS,
    NGX_HTTP_HPF_CASE_LISTED,
    NGX_HTTP_HPF_CASE_RESULT = NGX_HTTP_HPF_CASE_LISTED,
    NGX_HTTP_HPF_CASE_DATA,
    NGX_HTTP_HPF_CASE_SAID,
    NGX_HTTP_HPF_CASE_PARTS
} ngx_http_hpf_case_part_e;


ngx_int_t
ngx_http_hpf_case_list_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                  args[5], uid, status, empty;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    ngx_str_null(&empty);

    if (ngx_http_hpf_arg(r, "status", &status) != NGX_OK) {
        status = empty;
    }

    args[0] = ngx_http_hpf_store_key(ctx, "u", &uid, ":cases");
    args[1] = ngx_http_hpf_case_key(ctx, &empty);
    args[2] = status;
    args[3] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_CASE_LIST);
    args[4] = ngx_http_hpf_store_int(ctx, !ngx_hpf_redis_one_slot(hmcf->redis));

    eval.script = &ngx_hpf_redis_script_case_list;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_case_listed);
}


static void
ngx_http_hpf_case_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                 json_pack("{s:o}", "cases",
                           ngx_http_hpf_case_list(ctx, reply)));
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static json_t *
ngx_http_hpf_case_list(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t                       *list;
    ngx_str_t                     no, part[NGX_HTTP_HPF_CASE_PARTS];
    ngx_uint_t                    i;
    const ngx_hpf_redis_reply_t  *row;

    list = json_array();

    for (i = 0; i < ngx_hpf_redis_count(reply); i++) {

        row = ngx_hpf_redis_at(reply, i);
        no = ngx_hpf_redis_text(ngx_hpf_redis_at(row, 0));

        ngx_memzero(part, sizeof(part));
        ngx_http_hpf_case_parts(row, 1, part, NGX_HTTP_HPF_CASE_LISTED);

        if (json_array_append_new(list,
                                  ngx_http_hpf_case_tree(ctx, &no, part))
            != 0)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


ngx_int_t
ngx_http_hpf_case_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ctx->case_no = ctx->arg;

    return ngx_http_hpf_case_load(ctx, ngx_http_hpf_case_loaded);
}


static ngx_int_t
ngx_http_hpf_case_load(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_store_pt handler)
{
    ngx_str_t  argv[2 + NGX_HTTP_HPF_CASE_PARTS];

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_case_key(ctx, &ctx->case_no);

    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_ITEM], "item");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_STATUS], "status");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_DUE], "due");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_STEPS], "steps");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_RESULT], "result");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_DATA], "data");
    ngx_str_set(&argv[2 + NGX_HTTP_HPF_CASE_SAID], "said");

    return ngx_http_hpf_store_command(ctx, 2 + NGX_HTTP_HPF_CASE_PARTS, argv,
                                      handler);
}


static void
ngx_http_hpf_case_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_case_found(ctx, reply);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static ngx_int_t
ngx_http_hpf_case_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                  rc;
    ngx_str_t                  part[NGX_HTTP_HPF_CASE_PARTS];
    ngx_http_hpf_main_conf_t  *hmcf;

    ngx_http_hpf_case_parts(reply, 0, part, NGX_HTTP_HPF_CASE_PARTS);

    if (ngx_http_hpf_is(&part[NGX_HTTP_HPF_CASE_STATUS],
                             "pending-backend"))
    {
        hmcf = ngx_http_get_module_main_conf(ctx->request,
                                             ngx_http_hpf_module);

        ctx->item = ngx_hpf_plugins_find(hmcf->plugins,
                                        &part[NGX_HTTP_HPF_CASE_ITEM]);
        if (ctx->item) {
            ctx->item_id = *ngx_hpf_plugin_id(ctx->item);

            rc = ngx_http_hpf_case_reconcile(ctx,
                                             &part[NGX_HTTP_HPF_CASE_DATA]);

            if (rc == NGX_AGAIN) {
                return NGX_AGAIN;
            }
        }
    }

    return ngx_http_hpf_case_show(ctx, reply);
}


/* The case is claimed first: from then on nobody takes it back. */

static ngx_int_t
ngx_http_hpf_case_reconcile(ngx_http_hpf_ctx_t *ctx, ngx_str_t *data)
{
    ngx_str_t             key;
    ngx_hpf_redis_eval_t  eval;

    ctx->case_data = ngx_http_hpf_case_unseal(ctx, data);

    if (ctx->form == NULL) {
        ctx->form = json_object();
    }

    key = ngx_http_hpf_case_key(ctx, &ctx->case_no);

    eval.script = &ngx_hpf_redis_script_case_claim;
    eval.nkeys = 1;
    eval.argc = 1;
    eval.args = &key;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_case_claimed);
}


static void
ngx_http_hpf_case_claimed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK && ngx_hpf_redis_integer(reply) != 1) {
        rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CASE_UNKNOWN);
    }

    if (rc == NGX_OK) {

        /* whatever the plugin makes of it, the case is shown as it then is */

        rc = ngx_http_hpf_call_run(ctx, ngx_hpf_call_reconcile,
                                   ngx_http_hpf_case_reread);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_hpf_case_reread(ctx);
        }
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


ngx_int_t
ngx_http_hpf_case_reread(ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_case_load(ctx, ngx_http_hpf_case_shown);
}


static void
ngx_http_hpf_case_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_case_show(ctx, reply);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static ngx_int_t
ngx_http_hpf_case_show(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t     *tree, *result, *said;
    ngx_str_t   part[NGX_HTTP_HPF_CASE_PARTS];

    ngx_http_hpf_case_parts(reply, 0, part, NGX_HTTP_HPF_CASE_PARTS);

    if (part[NGX_HTTP_HPF_CASE_ITEM].len == 0) {
        ngx_str_null(&ctx->case_no);

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CASE_UNKNOWN);
    }

    tree = ngx_http_hpf_case_tree(ctx, &ctx->case_no, part);

    result = ngx_http_hpf_case_unseal(ctx, &part[NGX_HTTP_HPF_CASE_RESULT]);

    if (result) {
        (void) json_object_set_new(tree, "result", result);
    }

    /* the reason or the evaluation of its user */

    said = ngx_http_hpf_case_unseal(ctx, &part[NGX_HTTP_HPF_CASE_SAID]);

    (void) json_object_update_missing(tree, said);
    json_decref(said);

    return ngx_http_hpf_answer(ctx, ctx->case_created ? NGX_HTTP_CREATED
                                                      : NGX_HTTP_OK, tree);
}


static json_t *
ngx_http_hpf_case_tree(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no,
    ngx_str_t *part)
{
    u_char     *p;
    time_t      due;
    json_t     *steps;
    ngx_str_t  *text, *status;
    ngx_uint_t  overdue;

    status = &part[NGX_HTTP_HPF_CASE_STATUS];
    text = &part[NGX_HTTP_HPF_CASE_STEPS];

    due = ngx_atotm(part[NGX_HTTP_HPF_CASE_DUE].data,
                    part[NGX_HTTP_HPF_CASE_DUE].len);

    overdue = due > 0 && ngx_time() > due
              && !ngx_http_hpf_is(status, "approved")
              && !ngx_http_hpf_is(status, "rejected")
              && !ngx_http_hpf_is(status, "cancelled");

    /* kept as the inside of an array, so that a step can be put behind */

    p = ngx_pnalloc(ctx->request->pool, text->len + 2);
    if (p == NULL) {
        return NULL;
    }

    (void) ngx_sprintf(p, "[%V]", text);

    steps = json_loadb((char *) p, text->len + 2, 0, NULL);

    return json_pack("{s:s%,s:s%,s:s%,s:o,s:b,s:o,s:[]}",
                     "case_no", no->data, no->len,
                     "item", part[NGX_HTTP_HPF_CASE_ITEM].data,
                     part[NGX_HTTP_HPF_CASE_ITEM].len,
                     "status", status->data, status->len,
                     "due", due > 0 ? ngx_http_hpf_json_time(due)
                                    : json_null(),
                     "overdue", (int) overdue,
                     "steps", steps ? steps : json_array(),
                     "missing_documents");
}


static json_t *
ngx_http_hpf_case_unseal(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    ngx_str_t  uid, plain;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    if (text->len == 0
        || ngx_http_hpf_seal_open(ctx, text, &uid, &plain) != NGX_OK)
    {
        return NULL;
    }

    return json_loadb((char *) plain.data, plain.len, JSON_DECODE_ANY, NULL);
}


/* The answer of POST /v1/items/{id}, also to a repeat. */

ngx_int_t
ngx_http_hpf_case_answer(ngx_http_hpf_ctx_t *ctx, ngx_uint_t status)
{
    json_t  *tree;

    ctx->location.len = sizeof("/v1/cases/") - 1 + ctx->case_no.len;
    ctx->location.data = ngx_pnalloc(ctx->request->pool, ctx->location.len);

    if (ctx->location.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(ctx->location.data, "/v1/cases/%V", &ctx->case_no);

    if (ctx->case_status.len == 0) {
        ctx->case_created = 1;
        return ngx_http_hpf_case_load(ctx, ngx_http_hpf_case_shown);
    }

    tree = json_pack("{s:s%,s:s%,s:o}",
                     "case_no", ctx->case_no.data, ctx->case_no.len,
                     "status", ctx->case_status.data, ctx->case_status.len,
                     "due", ctx->case_due
                            ? ngx_http_hpf_json_time(ctx->case_due)
                            : json_null());

    if (ctx->case_result && json_object_size(ctx->case_result)) {
        (void) json_object_set(tree, "result", ctx->case_result);
    }

    return ngx_http_hpf_answer(ctx, status, tree);
}


static void
ngx_http_hpf_case_parts(const ngx_hpf_redis_reply_t *reply, ngx_uint_t first,
    ngx_str_t *part, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        part[i] = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, first + i));
    }
}
