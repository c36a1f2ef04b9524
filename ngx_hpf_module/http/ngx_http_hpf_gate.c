/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The line: what happens to a request, in order, and nothing else.  It runs
 * in the PREACCESS phase before nginx's own content ("hpf_gate on;"), or
 * before the fixed calls and the plugins ("hpf_api on;").
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_limit.h"
#include "ngx_http_hpf_nonce.h"


/* Where a step runs. */

#define NGX_HTTP_HPF_WHOLE  0x01       /* in the whole line */
#define NGX_HTTP_HPF_ALONE  0x02       /* in a location that has only limits */
#define NGX_HTTP_HPF_AGAIN  0x04       /* of a second gate of the request */

typedef struct {
    ngx_http_hpf_step_pt   handler;
    ngx_uint_t             runs;
} ngx_http_hpf_line_t;


static void ngx_http_hpf_gate_again(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_gate_run(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_gate_passed(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_gate_end(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx, ngx_int_t rc);
static void ngx_http_hpf_gate_result(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc);
static ngx_http_hpf_ctx_t *ngx_http_hpf_gate_ctx(ngx_http_request_t *r);
static void ngx_http_hpf_gate_cleanup(void *data);


#define W  NGX_HTTP_HPF_WHOLE
#define L  NGX_HTTP_HPF_ALONE
#define A  NGX_HTTP_HPF_AGAIN

static const ngx_http_hpf_line_t  ngx_http_hpf_line[] = {

    { ngx_http_hpf_id_step, W|L },              /* who this request is */
    { ngx_http_hpf_cors_step, W },              /* from a page of whom */
    { ngx_http_hpf_route_step, W },             /* what it wants */
    { ngx_http_hpf_channel_step, W },           /* who is calling */
    { ngx_http_hpf_switch_step, W|A },          /* is that open */
    { ngx_http_hpf_audit_step, W|A },           /* will there be a record */
    { ngx_http_hpf_limit_step, W|L },           /* is there room */
    { ngx_http_hpf_session_step, W },           /* who the user is */
    { ngx_http_hpf_user_limit_step, W },        /* is there room for him */
    { ngx_http_hpf_conditions_step, W|A },      /* may he */
    { ngx_http_hpf_consent_step, W|A },         /* may the channel see it */
    { ngx_http_hpf_form_step, W },              /* is it well formed */
    { ngx_http_hpf_nonce_step, W },             /* was it sent before */
    { ngx_http_hpf_idempotency_step, W }        /* was it done before */
};

#undef W
#undef L
#undef A


ngx_int_t
ngx_http_hpf_gate_handler(ngx_http_request_t *r)
{
    ngx_uint_t                alone;
    ngx_http_hpf_ctx_t       *ctx;
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    alone = !hlcf->gate && !hlcf->api;

    if (r != r->main || (alone && hlcf->limits == NULL)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_hpf_get_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_hpf_gate_ctx(r);

        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->waiting) {
        return NGX_AGAIN;
    }

    if (ctx->passed) {

        /* an internal redirect: what has been decided holds */

        if (alone || ctx->answered || ctx->gate == hlcf) {
            return NGX_DECLINED;
        }

        ngx_http_hpf_gate_again(ctx);

    } else if (ctx->runs == 0) {
        ctx->runs = alone ? NGX_HTTP_HPF_ALONE : NGX_HTTP_HPF_WHOLE;
    }

    return ngx_http_hpf_gate_run(r, ctx);
}


/*
 * A redirect into the gate of another location.  All of the line runs if that
 * was not so before; else what this one asks for that the other did not.
 */

static void
ngx_http_hpf_gate_again(ngx_http_hpf_ctx_t *ctx)
{
    if (ctx->runs == NGX_HTTP_HPF_ALONE) {
        ctx->runs = NGX_HTTP_HPF_WHOLE;

    } else {
        ctx->runs = NGX_HTTP_HPF_AGAIN;
    }

    if (ctx->item) {
        ngx_hpf_plugin_unref(ctx->item);
        ctx->item = NULL;
    }

    ctx->passed = 0;
    ctx->step = NGX_HTTP_HPF_STEP_ID + 1;
}


static ngx_int_t
ngx_http_hpf_gate_run(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                   rc;
    const ngx_http_hpf_line_t  *step;

    while (ctx->step < NGX_HTTP_HPF_STEP_END) {

        step = &ngx_http_hpf_line[ctx->step];

        if (!(step->runs & ctx->runs)) {
            ctx->step++;
            continue;
        }

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "hpf gate: step %ui", ctx->step);

        rc = step->handler(r, ctx);

        if (rc == NGX_OK) {
            ctx->step++;
            continue;
        }

        if (rc == NGX_AGAIN) {
            ctx->waiting = 1;
            return NGX_AGAIN;
        }

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }

        ngx_http_finalize_request(r, ngx_http_hpf_gate_end(r, ctx, rc));

        return NGX_DONE;
    }

    ctx->passed = 1;

    return ngx_http_hpf_gate_passed(r, ctx);
}


static ngx_int_t
ngx_http_hpf_gate_passed(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_loc_conf_t  *hlcf;

    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    ctx->gate = hlcf;

    return !hlcf->gate || ngx_http_hpf_identity_set(r, ctx) == NGX_OK
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* The content handler of "hpf_api on;". */

ngx_int_t
ngx_http_hpf_gate_content(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_http_hpf_get_ctx(r);

    if (ctx == NULL || ctx->route == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->content = 1;

    rc = ctx->answered ? NGX_OK : ctx->route->handler(r, ctx);

    if (rc != NGX_AGAIN && ctx->idem_mine) {
        ngx_http_hpf_gate_result(ctx, rc);

        rc = ngx_http_hpf_idempotency_end(ctx);
    }

    if (rc == NGX_AGAIN) {
        ctx->waiting = 1;
        r->main->count++;

        return NGX_DONE;
    }

    return ngx_http_hpf_gate_end(r, ctx, rc);
}


/*
 * A request that ends badly is freed by a posted one.  Where the caller is a
 * posted request itself and not done with this one, the loop that called it
 * does that afterwards.
 */

void
ngx_http_hpf_resume(ngx_http_request_t *r)
{
    ngx_uint_t           posted;
    ngx_connection_t    *c;
    ngx_http_hpf_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_hpf_get_ctx(r);

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "hpf gate: resume step %ui", ctx->step);

    ctx->waiting = 0;
    posted = ctx->posted;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);

    if (!posted) {
        ngx_http_run_posted_requests(c);
    }
}


void
ngx_http_hpf_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_uint_t           posted;
    ngx_connection_t    *c;
    ngx_http_hpf_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_hpf_get_ctx(r);

    ngx_http_set_log_request(c->log, r);

    if (ctx->idem_mine) {
        ngx_http_hpf_gate_result(ctx, rc);

        rc = ngx_http_hpf_idempotency_end(ctx);

        if (rc == NGX_AGAIN) {
            return;
        }
    }

    ctx->waiting = 0;
    posted = ctx->posted;

    ngx_http_finalize_request(r, ngx_http_hpf_gate_end(r, ctx, rc));

    if (!posted) {
        ngx_http_run_posted_requests(c);
    }
}


static void
ngx_http_hpf_gate_result(ngx_http_hpf_ctx_t *ctx, ngx_int_t rc)
{
    if (rc != NGX_OK && rc != NGX_ABORT) {
        (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_INTERNAL);
    }
}


static ngx_int_t
ngx_http_hpf_gate_end(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_int_t rc)
{
    ngx_http_hpf_gate_result(ctx, rc);

    return ngx_http_hpf_send(r, ctx);
}


static ngx_http_hpf_ctx_t *
ngx_http_hpf_gate_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_hpf_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_hpf_ctx_t));

    ctx->request = r;
    ngx_queue_init(&ctx->ended);

    cln->handler = ngx_http_hpf_gate_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_hpf_module);

    return ctx;
}


ngx_http_hpf_ctx_t *
ngx_http_hpf_gate_begin(ngx_http_request_t *r)
{
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_http_hpf_get_ctx(r);

    if (ctx) {
        return ctx;
    }

    ctx = ngx_http_hpf_gate_ctx(r);

    if (ctx == NULL || ngx_http_hpf_id_step(r, ctx) != NGX_OK) {
        return NULL;
    }

    ngx_http_hpf_cors_origin(r, ctx);

    ctx->step++;

    return ctx;
}


ngx_http_hpf_ctx_t *
ngx_http_hpf_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_hpf_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_hpf_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /* an internal redirect cleared it: its cleanup still knows it */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {

            if (cln->handler == ngx_http_hpf_gate_cleanup) {
                ctx = cln->data;
                ngx_http_set_ctx(r, ctx, ngx_http_hpf_module);
                break;
            }
        }
    }

    return ctx;
}


/* The request ends, also before its time: what is under way is let go. */

static void
ngx_http_hpf_gate_cleanup(void *data)
{
    ngx_http_hpf_ctx_t *ctx = data;

    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    if (ctx->op) {
        ngx_hpf_redis_cancel(ctx->op);
    }

    ngx_http_hpf_nonce_cancel(ctx);
    ngx_http_hpf_limit_cancel(ctx);

    if (ctx->call) {
        ngx_hpf_call_destroy(ctx->call);
    }

    if (ctx->item) {
        ngx_hpf_plugin_unref(ctx->item);
    }

    if (ctx->loaded) {
        ngx_hpf_load_leave(hmcf->zone, ctx->channel->load);
    }

    json_decref(ctx->form);
    json_decref(ctx->scope);
    json_decref(ctx->case_data);
}
