/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The bindings of a user: those of his entries that lead back to him.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_kind.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_binding.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


/* ctx->data */

typedef struct {
    ngx_str_t     uid;
    json_t       *list;                /* of the answer */
    ngx_array_t   entries;             /* ngx_http_hpf_binding_entry_t */
    ngx_uint_t    n;                   /* of them done */
} ngx_http_hpf_bindings_t;


static void ngx_http_hpf_bindings_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_bindings_entries(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_bindings_next(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_bindings_leads(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_bindings_show(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_binding_entry_t *entry);
static void ngx_http_hpf_bindings_cleanup(void *data);


/* GET /v1/session/bindings */

ngx_int_t
ngx_http_hpf_bindings_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                 argv[2];
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_bindings_t  *binding;

    binding = ngx_pcalloc(r->pool, sizeof(ngx_http_hpf_bindings_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (binding == NULL || cln == NULL
        || ngx_array_init(&binding->entries, r->pool, 4,
                          sizeof(ngx_http_hpf_binding_entry_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->data = binding;

    binding->uid.data = ctx->session.uid;
    binding->uid.len = ctx->session.uid_len;
    binding->list = json_array();

    cln->handler = ngx_http_hpf_bindings_cleanup;
    cln->data = binding->list;

    ngx_str_set(&argv[0], "HGETALL");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &binding->uid, ":bindings");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_bindings_listed);
}


static void
ngx_http_hpf_bindings_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_bindings_entries(ctx, reply);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_bindings_next(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static ngx_int_t
ngx_http_hpf_bindings_entries(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t                      s, text;
    ngx_uint_t                     i;
    ngx_http_hpf_bindings_t       *binding;
    ngx_http_hpf_binding_entry_t  *entry;

    binding = ctx->data;

    for (i = 0; i + 1 < ngx_hpf_redis_count(reply); i += 2) {

        entry = ngx_array_push(&binding->entries);
        if (entry == NULL) {
            return NGX_ERROR;
        }

        s = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
        entry->channel.data = ngx_pstrdup(ctx->request->pool, &s);
        entry->channel.len = s.len;

        s = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i + 1));
        text.data = ngx_pstrdup(ctx->request->pool, &s);
        text.len = s.len;

        if (entry->channel.data == NULL || text.data == NULL
            || ngx_http_hpf_binding_read(&text, entry) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Does it lead back here? */

static ngx_int_t
ngx_http_hpf_bindings_next(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t                      argv[2];
    ngx_http_hpf_bindings_t       *binding;
    ngx_http_hpf_binding_entry_t  *entry;

    binding = ctx->data;
    entry = binding->entries.elts;

    if (binding->n == binding->entries.nelts) {
        return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                                   json_pack("{s:O}", "bindings",
                                             binding->list));
    }

    ngx_str_set(&argv[0], "GET");
    argv[1] = ngx_http_hpf_store_key(ctx, "b", &entry[binding->n].hash, "");

    return ngx_http_hpf_store_command(ctx, 2, argv,
                                      ngx_http_hpf_bindings_leads);
}


static void
ngx_http_hpf_bindings_leads(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t                      rc;
    ngx_str_t                      uid;
    ngx_http_hpf_bindings_t       *binding;
    ngx_http_hpf_binding_entry_t  *entry;

    binding = ctx->data;
    entry = binding->entries.elts;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        uid = ngx_hpf_redis_text(reply);

        if (uid.len == binding->uid.len
            && ngx_strncmp(uid.data, binding->uid.data, uid.len) == 0)
        {
            rc = ngx_http_hpf_bindings_show(ctx, &entry[binding->n]);
        }
    }

    if (rc == NGX_OK) {
        binding->n++;
        rc = ngx_http_hpf_bindings_next(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_finish(ctx->request, rc);
    }
}


static ngx_int_t
ngx_http_hpf_bindings_show(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_binding_entry_t *entry)
{
    ngx_str_t                 subject;
    ngx_http_hpf_bindings_t  *binding;

    binding = ctx->data;

    if (ngx_http_hpf_seal_open(ctx, &entry->sealed, &binding->uid, &subject)
            != NGX_OK
        || ngx_http_hpf_person_mask(ctx->request->pool, HPF_MASK_ACCOUNT,
                                    &subject)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return json_array_append_new(binding->list,
               json_pack("{s:s%,s:s%,s:o}",
                         "channel", entry->channel.data, entry->channel.len,
                         "subject", subject.data, subject.len,
                         "bound_at", ngx_http_hpf_json_time(entry->at)))
           == 0 ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hpf_bindings_cleanup(void *data)
{
    json_decref(data);
}
