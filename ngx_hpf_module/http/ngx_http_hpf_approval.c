/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What was approved is read from Redis as switches are: when the link is
 * established and whenever the key changes.  A node whose set has a higher
 * number than that of Redis gives it back: Redis has lost it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_approval.h"
#include "ngx_hpf_redis_script.h"


#define NGX_HTTP_HPF_APPROVAL_BODY   4096
#define NGX_HTTP_HPF_APPROVAL_PAUSE  200     /* ms, when an answer is none */


typedef struct {
    ngx_http_request_t        *request;
    ngx_hpf_redis_op_t        *op;
    ngx_str_t                  by;
    ngx_hpf_source_t           source;
    ngx_uint_t                 approve;      /* 0: an approval is taken back */
} ngx_http_hpf_approval_ctx_t;


static void ngx_http_hpf_approval_changed(void *data, const ngx_str_t *key);
static void ngx_http_hpf_approval_read(ngx_http_hpf_main_conf_t *hmcf);
static void ngx_http_hpf_approval_again_handler(ngx_event_t *ev);
static void ngx_http_hpf_approval_loaded(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_uint_t ngx_http_hpf_approval_parse(
    const ngx_hpf_redis_reply_t *reply, ngx_hpf_source_t *list,
    int64_t *number);
static void ngx_http_hpf_approval_restore(ngx_http_hpf_main_conf_t *hmcf,
    ngx_hpf_source_t *list);
static ngx_int_t ngx_http_hpf_approval_source(ngx_hpf_source_t *source,
    const ngx_str_t *id, const ngx_str_t *digest);
static void ngx_http_hpf_approval_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_approval_wish(ngx_http_request_t *r,
    ngx_http_hpf_approval_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_approval_change(
    ngx_http_hpf_approval_ctx_t *ctx);
static void ngx_http_hpf_approval_cleanup(void *data);
static void ngx_http_hpf_approval_done(void *data,
    const ngx_hpf_redis_reply_t *reply);


ngx_conf_enum_t  ngx_http_hpf_approval_modes[] = {
    { ngx_string("approve"), 1 },
    { ngx_string("auto"), 0 },
    { ngx_null_string, 0 }
};


static ngx_str_t  ngx_http_hpf_approval_key = ngx_string("hpf:cfg:plugins");

static ngx_event_t  ngx_http_hpf_approval_again;     /* to be read */


ngx_int_t
ngx_http_hpf_approval_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_http_hpf_approval_again.data = hmcf;
    ngx_http_hpf_approval_again.log = ngx_cycle->log;
    ngx_http_hpf_approval_again.handler = ngx_http_hpf_approval_again_handler;
    ngx_http_hpf_approval_again.cancelable = 1;

    return ngx_hpf_redis_track(hmcf->redis, &ngx_http_hpf_approval_key,
                               ngx_http_hpf_approval_changed, hmcf);
}


static void
ngx_http_hpf_approval_changed(void *data, const ngx_str_t *key)
{
    /* NULL: the link is lost, and what is known goes on */

    if (key && (key->len == 0 || key->len == ngx_http_hpf_approval_key.len)) {
        ngx_http_hpf_approval_read(data);
    }
}


static void
ngx_http_hpf_approval_read(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "HGETALL");
    argv[1] = ngx_http_hpf_approval_key;

    if (ngx_hpf_redis_command(hmcf->redis, 2, argv,
                              ngx_http_hpf_approval_loaded, hmcf)
        == NULL)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf plugin: no memory to read what was approved");
    }
}


static void
ngx_http_hpf_approval_again_handler(ngx_event_t *ev)
{
    ngx_http_hpf_approval_read(ev->data);
}


static void
ngx_http_hpf_approval_loaded(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    int64_t            number;
    ngx_str_t          text;
    ngx_uint_t         n;
    ngx_hpf_source_t  *list;

    if (ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_ARRAY) {
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "hpf plugin: what was approved is not read: %V", &text);

        /* one that is away is asked again when it is back */

        if (ngx_hpf_redis_type(reply) < NGX_HPF_REDIS_UNSENT
            && !ngx_http_hpf_approval_again.timer_set)
        {
            ngx_add_timer(&ngx_http_hpf_approval_again,
                          NGX_HTTP_HPF_APPROVAL_PAUSE);
        }

        return;
    }

    list = ngx_alloc(NGX_HPF_PLUGINS_MAX * sizeof(ngx_hpf_source_t),
                     ngx_cycle->log);
    if (list == NULL) {
        return;
    }

    n = ngx_http_hpf_approval_parse(reply, list, &number);

    if (ngx_hpf_approval_take(hmcf->plugins, number, list, n)
        == NGX_DECLINED)
    {
        ngx_http_hpf_approval_restore(hmcf, list);
    }

    ngx_free(list);
}


static ngx_uint_t
ngx_http_hpf_approval_parse(const ngx_hpf_redis_reply_t *reply,
    ngx_hpf_source_t *list, int64_t *number)
{
    ngx_str_t   id, digest;
    ngx_uint_t  i, n, count;

    n = 0;
    *number = 0;
    count = ngx_hpf_redis_count(reply);

    for (i = 0; i + 1 < count && n < NGX_HPF_PLUGINS_MAX; i += 2) {

        id = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
        digest = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i + 1));

        if (id.len == 1 && id.data[0] == '#') {
            *number = ngx_max(ngx_atoi(digest.data, digest.len), 0);

        } else if (ngx_http_hpf_approval_source(&list[n], &id, &digest)
                   == NGX_OK)
        {
            n++;

        } else {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hpf plugin: \"%V\" is approved by what is no "
                          "digest", &id);
        }
    }

    return n;
}


static void
ngx_http_hpf_approval_restore(ngx_http_hpf_main_conf_t *hmcf,
    ngx_hpf_source_t *list)
{
    u_char                number[NGX_INT64_LEN];
    ngx_str_t            *args;
    ngx_uint_t            i, n;
    ngx_hpf_redis_eval_t  eval;

    args = ngx_alloc((2 + 2 * NGX_HPF_PLUGINS_MAX) * sizeof(ngx_str_t),
                     ngx_cycle->log);
    if (args == NULL) {
        return;
    }

    args[0] = ngx_http_hpf_approval_key;
    args[1].data = number;
    args[1].len = ngx_sprintf(number, "%uL",
                              ngx_hpf_approval_copy(hmcf->plugins, list, &n))
                  - number;

    for (i = 0; i < n; i++) {
        args[2 + 2 * i].data = list[i].id;
        args[2 + 2 * i].len = ngx_strlen(list[i].id);
        args[3 + 2 * i].data = list[i].digest;
        args[3 + 2 * i].len = NGX_HPF_DIGEST_LEN;
    }

    eval.script = &ngx_hpf_redis_script_approval_restore;
    eval.nkeys = 1;
    eval.argc = 2 + 2 * n;
    eval.args = args;

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "hpf plugin: Redis has lost what was approved, it is given "
                  "set %V of this node", &args[1]);

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);

    ngx_free(args);
}


static ngx_int_t
ngx_http_hpf_approval_source(ngx_hpf_source_t *source, const ngx_str_t *id,
    const ngx_str_t *digest)
{
    ngx_uint_t  i;

    if (id->len == 0 || id->len > HPF_MANIFEST_ID
        || digest->len != NGX_HPF_DIGEST_LEN)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < id->len; i++) {

        if (!((id->data[i] >= 'a' && id->data[i] <= 'z')
              || (id->data[i] >= '0' && id->data[i] <= '9')
              || id->data[i] == '-'))
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < digest->len; i++) {

        if (!((digest->data[i] >= 'a' && digest->data[i] <= 'f')
              || (digest->data[i] >= '0' && digest->data[i] <= '9')))
        {
            return NGX_ERROR;
        }
    }

    ngx_memzero(source, sizeof(ngx_hpf_source_t));
    ngx_memcpy(source->id, id->data, id->len);
    ngx_memcpy(source->digest, digest->data, digest->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_approval_request(ngx_http_request_t *r, ngx_str_t *by)
{
    ngx_int_t                     rc;
    ngx_pool_cleanup_t           *cln;
    ngx_http_hpf_main_conf_t     *hmcf;
    ngx_http_hpf_approval_ctx_t  *ctx;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->redis == NULL) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (r->headers_in.content_length_n > NGX_HTTP_HPF_APPROVAL_BODY) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_approval_ctx_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_hpf_approval_ctx_t));

    ctx->request = r;
    ctx->by = *by;

    cln->handler = ngx_http_hpf_approval_cleanup;

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_hpf_approval_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* The module's own context is that of the gate. */

static void
ngx_http_hpf_approval_body(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup;
         cln->handler != ngx_http_hpf_approval_cleanup;
         cln = cln->next)
    {
        /* void */
    }

    rc = ngx_http_hpf_approval_wish(r, cln->data);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_approval_change(cln->data);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


/* NGX_OK: there is something to change; else a status. */

static ngx_int_t
ngx_http_hpf_approval_wish(ngx_http_request_t *r,
    ngx_http_hpf_approval_ctx_t *ctx)
{
    json_t                    *tree;
    ngx_buf_t                 *b;
    ngx_int_t                  rc;
    ngx_str_t                  id, digest;
    const char                *s[3];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_HTTP_BAD_REQUEST;
    }

    b = r->request_body->bufs->buf;

    if (r->request_body->bufs->next || !ngx_buf_in_memory(b)
        || b->last - b->pos > NGX_HTTP_HPF_APPROVAL_BODY)
    {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    tree = json_loadb((char *) b->pos, b->last - b->pos,
                      JSON_REJECT_DUPLICATES, NULL);

    if (json_unpack(tree, "{s:s,s:s,s:s!}", "id", &s[0], "digest", &s[1],
                    "state", &s[2])
        != 0)
    {
        json_decref(tree);
        return NGX_HTTP_BAD_REQUEST;
    }

    id.data = (u_char *) s[0];
    id.len = ngx_strlen(s[0]);
    digest.data = (u_char *) s[1];
    digest.len = ngx_strlen(s[1]);

    ctx->approve = ngx_strcmp(s[2], "approved") == 0;

    rc = ngx_http_hpf_approval_source(&ctx->source, &id, &digest);

    if (!ctx->approve && ngx_strcmp(s[2], "removed") != 0) {
        rc = NGX_ERROR;
    }

    json_decref(tree);

    if (rc != NGX_OK) {
        return NGX_HTTP_BAD_REQUEST;
    }

    rc = ngx_hpf_approval_find(hmcf->plugins, &ctx->source);

    if (rc == (ctx->approve ? NGX_OK : NGX_DONE)) {
        return NGX_OK;
    }

    return rc == NGX_DONE ? NGX_HTTP_NO_CONTENT : NGX_HTTP_NOT_FOUND;
}


static ngx_int_t
ngx_http_hpf_approval_change(ngx_http_hpf_approval_ctx_t *ctx)
{
    u_char                     number[NGX_INT64_LEN];
    ngx_str_t                  args[5];
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    args[0] = ngx_http_hpf_approval_key;
    args[1].data = number;
    args[1].len = ngx_sprintf(number, "%uL",
                              ngx_hpf_approval_number(hmcf->plugins))
                  - number;
    args[2].data = ctx->source.id;
    args[2].len = ngx_strlen(ctx->source.id);
    args[3].data = ctx->source.digest;
    args[3].len = NGX_HPF_DIGEST_LEN;

    if (ctx->approve) {
        ngx_str_set(&args[4], "approved");

    } else {
        ngx_str_set(&args[4], "removed");
    }

    eval.script = &ngx_hpf_redis_script_approval_set;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    ctx->op = ngx_hpf_redis_eval(hmcf->redis, &eval,
                                 ngx_http_hpf_approval_done, ctx);

    return ctx->op ? NGX_AGAIN : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* An operator who leaves has had his way all the same. */

static void
ngx_http_hpf_approval_cleanup(void *data)
{
    ngx_http_hpf_approval_ctx_t *ctx = data;

    if (ctx->op) {
        ngx_hpf_redis_cancel(ctx->op);
    }
}


static void
ngx_http_hpf_approval_done(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_approval_ctx_t *ctx = data;

    ngx_str_t                  id, text;
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_hpf_main_conf_t  *hmcf;

    ctx->op = NULL;

    r = ctx->request;
    c = r->connection;
    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    ngx_http_set_log_request(c->log, r);

    id.data = ctx->source.id;
    id.len = ngx_strlen(ctx->source.id);

    if (ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_INTEGER) {
        text = ngx_hpf_redis_text(reply);
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;

        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "hpf plugin: \"%V\" may not be %s: %V", &id,
                      ctx->approve ? "approved" : "removed", &text);

    } else if (ngx_hpf_redis_integer(reply) > 0) {
        rc = NGX_HTTP_NO_CONTENT;

        ngx_log_error(NGX_LOG_NOTICE, c->log, 0,
                      "hpf plugin: \"%V\" is %s by \"%V\", digest %s", &id,
                      ctx->approve ? "approved" : "removed", &ctx->by,
                      ctx->source.digest);

        ngx_http_hpf_audit_event(hmcf, ctx->approve ? "plugin-approved"
                                                    : "plugin-removed",
                                 &id, ctx->source.digest, &ctx->by);

    } else {
        rc = ngx_hpf_redis_integer(reply) == 0 ? NGX_HTTP_CONFLICT
                                               : NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
