/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Cases: what a plugin opens and carries on.  A case is a hash of its user,
 * hpf:{u:UID}:case:NO; hpf:{c:NO} leads from a number to the user.  What is
 * personal in it is sealed.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_due.h"
#include "hpf_json_out.h"
#include "hpf_time.h"
#include "ngx_http_hpf_call.h"
#include "ngx_http_hpf_case.h"
#include "ngx_http_hpf_seal.h"


#define NGX_HTTP_HPF_CASE_DIGITS  12


typedef struct {
    ngx_http_hpf_ctx_t    *ctx;
    int32_t                number;
    ngx_str_t              case_no;
    ngx_str_t              status;
    time_t                 due;
    ngx_hpf_redis_op_t    *op;
} ngx_http_hpf_case_op_t;


static ngx_http_hpf_case_op_t *ngx_http_hpf_case_op(ngx_http_hpf_ctx_t *ctx,
    int32_t number, ngx_str_t *status);
static void ngx_http_hpf_case_op_cleanup(void *data);
static ngx_int_t ngx_http_hpf_case_number(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *no);
static time_t ngx_http_hpf_case_due(const hpf_manifest_t *mf);
static void ngx_http_hpf_case_opened(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_case_void(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no);
static void ngx_http_hpf_case_was_set(void *data,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_case_complete(ngx_http_hpf_case_op_t *op,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t done);


ngx_int_t
ngx_http_hpf_case_open(ngx_hpf_call_t *call, int32_t number,
    ngx_hpf_case_args_t *args)
{
    ngx_str_t                  argv[12], index[3], uid, note;
    ngx_uint_t                 nkeys;
    ngx_http_hpf_ctx_t        *ctx;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_case_op_t    *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx = ngx_hpf_call_data(call);
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_http_hpf_case_op(ctx, number, &args->status);

    if (op == NULL || !ctx->has_session || ctx->case_no.len
        || ngx_http_hpf_case_number(ctx, &op->case_no) != NGX_OK)
    {
        return NGX_ERROR;
    }

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    /* first what leads to the case: alone it does no harm */

    ngx_str_set(&index[0], "SET");
    index[1] = ngx_http_hpf_store_key(ctx, "c", &op->case_no, "");
    index[2] = uid;

    ngx_hpf_redis_send(hmcf->redis, 3, index);

    op->due = ngx_http_hpf_case_due(ngx_hpf_plugin_manifest(ctx->item));

    argv[0] = ngx_http_hpf_case_key(ctx, &op->case_no);
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":cases");
    nkeys = 2;

    if (ctx->idem_mine) {
        argv[nkeys++] = ctx->idem_store;
    }

    argv[nkeys] = op->case_no;
    argv[nkeys + 1] = ctx->item_id;
    argv[nkeys + 2] = op->status;
    argv[nkeys + 3] = ctx->channel->id;
    argv[nkeys + 4] = ngx_http_hpf_store_int(ctx, ngx_time());
    argv[nkeys + 5] = ngx_http_hpf_store_int(ctx, op->due);

    argv[nkeys + 8] = ngx_http_hpf_idempotency_token(ctx);

    ngx_str_null(&note);

    if (ngx_http_hpf_case_seal(ctx, args->tree, &argv[nkeys + 6]) != NGX_OK
        || ngx_http_hpf_case_step(ctx, &ctx->item_id, &op->status, &note,
                                  &argv[nkeys + 7])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_case_open;
    eval.nkeys = nkeys;
    eval.argc = nkeys + 9;
    eval.args = argv;

    op->op = ngx_hpf_redis_eval(hmcf->redis, &eval, ngx_http_hpf_case_opened,
                                op);

    return op->op ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_case_opened(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_case_op_t *op = data;

    ngx_uint_t           done;
    ngx_http_hpf_ctx_t  *ctx;

    ctx = op->ctx;

    done = ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_INTEGER
           && ngx_hpf_redis_integer(reply) == 1;

    if (ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_INTEGER
        && ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_UNSENT)
    {
        if (ctx->idem_store.len) {

            /* it may be there: who comes with the same key finds it */

            ctx->case_no = op->case_no;

        } else {
            ngx_http_hpf_case_void(ctx, &op->case_no);
        }
    }

    if (done) {
        ctx->case_no = op->case_no;
        ctx->case_status = op->status;
        ctx->case_due = op->due;
    }

    ngx_http_hpf_case_complete(op, reply, done);
}


/* Nobody will ask for it again, so it must not be paid one day. */

static void
ngx_http_hpf_case_void(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no)
{
    ngx_str_t             args[3], uid;
    ngx_hpf_redis_eval_t  eval;

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    args[0] = ngx_http_hpf_case_key(ctx, no);
    args[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":cases");
    args[2] = *no;

    eval.script = &ngx_hpf_redis_script_case_void;
    eval.nkeys = 2;
    eval.argc = 3;
    eval.args = args;

    ngx_http_hpf_store_later(ctx, &eval);
}


ngx_int_t
ngx_http_hpf_case_set(ngx_hpf_call_t *call, int32_t number,
    ngx_hpf_case_args_t *args)
{
    ngx_str_t                  argv[4];
    ngx_http_hpf_ctx_t        *ctx;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_case_op_t    *op;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx = ngx_hpf_call_data(call);
    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    op = ngx_http_hpf_case_op(ctx, number, &args->status);

    if (op == NULL || ctx->case_no.len == 0) {
        return NGX_ERROR;
    }

    op->case_no = ctx->case_no;

    argv[0] = ngx_http_hpf_case_key(ctx, &ctx->case_no);
    argv[1] = op->status;

    if (ngx_http_hpf_case_step(ctx, &ctx->item_id, &op->status, &args->note,
                               &argv[2])
            != NGX_OK
        || ngx_http_hpf_case_seal(ctx, args->tree, &argv[3]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_case_set;
    eval.nkeys = 1;
    eval.argc = 4;
    eval.args = argv;

    op->op = ngx_hpf_redis_eval(hmcf->redis, &eval, ngx_http_hpf_case_was_set,
                                op);

    return op->op ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_case_was_set(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_case_op_t *op = data;

    ngx_uint_t  done;

    done = ngx_hpf_redis_integer(ngx_hpf_redis_at(reply, 0)) == 1;

    if (done) {
        op->ctx->case_status = op->status;
    }

    ngx_http_hpf_case_complete(op, reply, done);
}


static void
ngx_http_hpf_case_complete(ngx_http_hpf_case_op_t *op,
    const ngx_hpf_redis_reply_t *reply, ngx_uint_t done)
{
    ngx_str_t             text;
    hpf_result_t          result;
    ngx_http_hpf_ctx_t   *ctx;
    ngx_hpf_redis_type_e  type;

    ctx = op->ctx;
    type = ngx_hpf_redis_type(reply);

    op->op = NULL;
    ctx->store_trip = 1;

    ngx_memzero(&result, sizeof(hpf_result_t));

    result.size = sizeof(hpf_result_t);
    result.op = op->number;
    result.value.data = (char *) op->case_no.data;
    result.value.len = op->case_no.len;

    if (done) {
        result.status = NGX_HTTP_OK;

    } else if (type < NGX_HPF_REDIS_ERROR) {
        result.status = NGX_HTTP_CONFLICT;

    } else {
        result.outcome = type == NGX_HPF_REDIS_LOST ? HPF_UNKNOWN
                                                    : HPF_UNAVAILABLE;
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, ctx->request->connection->log, 0,
                      "hpf case: \"%V\" was not written: %V", &op->case_no,
                      &text);
    }

    ngx_http_hpf_call_complete(ctx->call, &result);
}


static ngx_http_hpf_case_op_t *
ngx_http_hpf_case_op(ngx_http_hpf_ctx_t *ctx, int32_t number,
    ngx_str_t *status)
{
    ngx_uint_t               i;
    ngx_pool_cleanup_t      *cln;
    ngx_http_hpf_case_op_t  *op;

    static ngx_str_t  known[] = {
        ngx_string("received"), ngx_string("checking"),
        ngx_string("supplement"), ngx_string("approved"),
        ngx_string("rejected"), ngx_string("cancelled"),
        ngx_string("pending-backend")
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {

        if (known[i].len == status->len
            && ngx_strncmp(known[i].data, status->data, status->len) == 0)
        {
            break;
        }
    }

    cln = ngx_pool_cleanup_add(ctx->request->pool,
                               sizeof(ngx_http_hpf_case_op_t));

    if (i == sizeof(known) / sizeof(known[0]) || cln == NULL) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf case: item \"%V\" gave the unknown status \"%V\"",
                      &ctx->item_id, status);
        return NULL;
    }

    op = cln->data;
    ngx_memzero(op, sizeof(ngx_http_hpf_case_op_t));

    cln->handler = ngx_http_hpf_case_op_cleanup;

    op->ctx = ctx;
    op->number = number;
    op->status = known[i];

    return op;
}


static void
ngx_http_hpf_case_op_cleanup(void *data)
{
    ngx_http_hpf_case_op_t *op = data;

    if (op->op) {
        ngx_hpf_redis_cancel(op->op);
    }
}


/*
 * The day and twelve random digits: 20 digits, which are neither an ID card
 * nor a bank card number and so never masked.
 */

static ngx_int_t
ngx_http_hpf_case_number(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no)
{
    u_char           *p;
    uint32_t          high, low;
    hpf_time_date_t   date;

    p = ngx_pnalloc(ctx->request->pool, 8 + NGX_HTTP_HPF_CASE_DIGITS);

    if (p == NULL || hpf_crypto_random_below(1000000, &high) != 0
        || hpf_crypto_random_below(1000000, &low) != 0)
    {
        return NGX_ERROR;
    }

    date = hpf_time_date_of(hpf_time_day((int64_t) ngx_time() * 1000));

    no->data = p;
    no->len = ngx_sprintf(p, "%04d%02d%02d%06uD%06uD", date.year, date.month,
                          date.day, high, low)
              - p;

    return NGX_OK;
}


/* The last second of the last day; 0: the item is done at once. */

static time_t
ngx_http_hpf_case_due(const hpf_manifest_t *mf)
{
    int                 rc;
    int32_t             today, due;
    hpf_due_calendar_t  calendar;

    if (mf->days == 0) {
        return 0;
    }

    /* Saturdays and Sundays are the rest days */

    calendar.days = NULL;
    calendar.n = 0;

    today = hpf_time_day((int64_t) ngx_time() * 1000);

    rc = mf->working ? hpf_due_working(&calendar, today, mf->days, &due)
                     : hpf_due_natural(&calendar, today, mf->days, &due);

    return rc == 0 ? hpf_time_day_start(due + 1) / 1000 - 1 : 0;
}


ngx_int_t
ngx_http_hpf_case_step(ngx_http_hpf_ctx_t *ctx, ngx_str_t *by,
    ngx_str_t *status, ngx_str_t *note, ngx_str_t *step)
{
    char            time[HPF_TIME_LEN];
    size_t          size;
    hpf_json_out_t  out;

    size = 160 + 6 * note->len + by->len;

    step->data = ngx_pnalloc(ctx->request->pool, size);
    if (step->data == NULL) {
        return NGX_ERROR;
    }

    hpf_json_out_init(&out, step->data, size);
    hpf_json_out_begin_object(&out);

    hpf_json_out_key(&out, "at");
    hpf_json_out_string(&out, time,
                        hpf_time_rfc3339_seconds(time,
                                          (int64_t) ngx_time() * 1000));
    hpf_json_out_key(&out, "status");
    hpf_json_out_string(&out, status->data, status->len);
    hpf_json_out_key(&out, "by");
    hpf_json_out_string(&out, by->data, by->len);
    hpf_json_out_key(&out, "note");
    hpf_json_out_string(&out, note->data, note->len);

    hpf_json_out_end_object(&out);

    step->len = hpf_json_out_len(&out);

    return hpf_json_out_failed(&out) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_hpf_case_seal(ngx_http_hpf_ctx_t *ctx, json_t *tree,
    ngx_str_t *text)
{
    ngx_str_t  uid, plain;

    ngx_str_null(text);

    if (tree == NULL) {
        return NGX_OK;
    }

    plain.len = json_dumpb(tree, NULL, 0, JSON_COMPACT);
    plain.data = ngx_pnalloc(ctx->request->pool, plain.len);

    if (plain.data == NULL || plain.len == 0) {
        return NGX_ERROR;
    }

    (void) json_dumpb(tree, (char *) plain.data, plain.len, JSON_COMPACT);

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    return ngx_http_hpf_seal(ctx, &plain, &uid, text);
}


json_t *
ngx_http_hpf_case_data(ngx_hpf_call_t *call)
{
    ngx_http_hpf_ctx_t  *ctx;

    ctx = ngx_hpf_call_data(call);

    return ctx->case_data;
}


ngx_str_t
ngx_http_hpf_case_key(ngx_http_hpf_ctx_t *ctx, ngx_str_t *no)
{
    ngx_str_t  key;

    key.len = sizeof("hpf:{u:}:case:") - 1 + ctx->session.uid_len + no->len;
    key.data = ngx_pnalloc(ctx->request->pool, key.len);

    if (key.data == NULL) {
        key.len = 0;
        return key;
    }

    (void) ngx_sprintf(key.data, "hpf:{u:%*s}:case:%V",
                       (size_t) ctx->session.uid_len, ctx->session.uid, no);

    return key;
}
