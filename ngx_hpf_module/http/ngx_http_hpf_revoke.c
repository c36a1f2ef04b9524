/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Sessions that end because something else has changed: a password, a mobile
 * number, a handler.  The caches of other nodes are told by Redis.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hex.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


static void ngx_http_hpf_revoke_others(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_revoke_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


ngx_int_t
ngx_http_hpf_revoke_others_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[4];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "ZRANGE");
    argv[1] = person->unit
              ? ngx_http_hpf_session_handler_key(ctx, &person->uid,
                                                 &person->handler)
              : ngx_http_hpf_store_key(ctx, "u", &person->uid, ":sessions");
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "-1");

    return ngx_http_hpf_store_command(ctx, 4, argv,
                                      ngx_http_hpf_revoke_others);
}


static void
ngx_http_hpf_revoke_others(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_revoke(ctx, reply, 1);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


/* Each is in a slot of its own; the last one's answer is waited for. */

ngx_int_t
ngx_http_hpf_revoke(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *hashes, ngx_uint_t keep)
{
    u_char                     key[HPF_SESSION_KEY];
    ngx_str_t                  hash, last;
    ngx_uint_t                 i;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ctx->ending = "account-changed";

    ngx_str_null(&last);

    for (i = 0; i < ngx_hpf_redis_count(hashes); i++) {

        hash = ngx_hpf_redis_text(ngx_hpf_redis_at(hashes, i));

        if (hash.len != 2 * sizeof(key)
            || hpf_hex_decode(hash.data, hash.len, key) != 0
            || (keep && ngx_memcmp(key, ctx->token_hash, sizeof(key)) == 0))
        {
            continue;
        }

        if (last.len) {
            ngx_http_hpf_logout_drop(ctx, &last);
        }

        last = hash;

        ngx_hpf_session_drop(hmcf->zone, key);
    }

    if (last.len == 0) {
        return NGX_OK;
    }

    return ngx_http_hpf_logout_end(ctx, &last, ngx_http_hpf_revoke_done);
}


static void
ngx_http_hpf_revoke_done(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_flow_next(ctx, ngx_http_hpf_store_check(ctx, reply));
}
