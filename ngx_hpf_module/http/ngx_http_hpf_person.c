/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Persons: their numbers, normalised, hashed for an index, sealed at rest.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_ident.h"
#include "hpf_time.h"
#include "hpf_mask_kind.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_INDEX  16             /* bytes of a hash in an index */


static int ngx_http_hpf_person_mask_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);
static void ngx_http_hpf_person_profile_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_person_profile_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);


ngx_http_hpf_person_t *
ngx_http_hpf_person(ngx_http_hpf_ctx_t *ctx)
{
    ctx->data = ngx_pcalloc(ctx->request->pool,
                            sizeof(ngx_http_hpf_person_t));
    ctx->personal = 1;

    return ctx->data;
}


ngx_str_t
ngx_http_hpf_person_member(json_t *object, const char *name)
{
    json_t     *member;
    ngx_str_t   s;

    ngx_str_null(&s);

    member = json_object_get(object, name);

    if (json_is_string(member)) {
        s.data = (u_char *) json_string_value(member);
        s.len = json_string_length(member);
    }

    return s;
}


ngx_str_t
ngx_http_hpf_person_mobile(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s)
{
    ngx_str_t  mobile;

    mobile.len = HPF_IDENT_MOBILE_LEN;
    mobile.data = ngx_pnalloc(ctx->request->pool, mobile.len);

    if (mobile.data
        && hpf_ident_mobile(mobile.data, s->data, s->len) != HPF_OK)
    {
        ngx_str_null(&mobile);
    }

    return mobile;
}


ngx_str_t
ngx_http_hpf_person_id_no(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s)
{
    ngx_str_t    id_no;
    hpf_date_t   today;

    today = ngx_http_hpf_person_today();

    id_no.len = HPF_IDENT_ID_LEN;
    id_no.data = ngx_pnalloc(ctx->request->pool, id_no.len);

    if (id_no.data
        && hpf_ident_id_card(id_no.data, s->data, s->len, &today) != HPF_OK)
    {
        ngx_str_null(&id_no);
    }

    return id_no;
}


hpf_date_t
ngx_http_hpf_person_today(void)
{
    hpf_date_t       today;
    hpf_time_date_t  date;

    date = hpf_time_date_of(hpf_time_day((int64_t) ngx_time() * 1000));

    today.year = date.year;
    today.month = date.month;
    today.day = date.day;

    return today;
}


ngx_str_t
ngx_http_hpf_person_index(ngx_http_hpf_ctx_t *ctx, const char *kind,
    ngx_str_t *number)
{
    u_char                     hash[HPF_CRYPTO_LEN];
    ngx_str_t                  none = ngx_null_string;
    hpf_crypto_part_t          parts[2];
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    /* the zero between keeps kinds apart */

    parts[0].data = kind;
    parts[0].len = ngx_strlen(kind) + 1;
    parts[1].data = number->data;
    parts[1].len = number->len;

    if (hpf_crypto_hmac_parts(hmcf->index_hmac, parts, 2, hash) != 0) {
        return none;
    }

    return ngx_http_hpf_store_hex(ctx, hash, NGX_HTTP_HPF_INDEX);
}


/*
 * For a user who does not exist the store is asked as well, so that the time
 * of the answer is the same.
 */

ngx_int_t
ngx_http_hpf_person_profile_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               argv[9];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    ngx_str_set(&argv[2], "type");
    ngx_str_set(&argv[3], "real");
    ngx_str_set(&argv[4], "m");
    ngx_str_set(&argv[5], "i");
    ngx_str_set(&argv[6], "name");
    ngx_str_set(&argv[7], "mobile");
    ngx_str_set(&argv[8], "id_no");

    return ngx_http_hpf_store_command(ctx, 9, argv,
                                      ngx_http_hpf_person_profile_loaded);
}


static void
ngx_http_hpf_person_profile_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_person_profile_read(ctx, reply);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_person_profile_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t               text, *plain[3];
    ngx_uint_t              i;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ngx_hpf_redis_count(reply) != 7) {
        return NGX_ERROR;
    }

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 0));

    if (text.len == 0) {
        person->uid.len = 0;
        person->m.len = 0;

        return NGX_OK;
    }

    person->type = text.data[0];

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 1));
    person->real = text.len && text.data[0] == '1';

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 2));
    person->m.data = ngx_pstrdup(ctx->request->pool, &text);
    person->m.len = person->m.data ? text.len : 0;

    text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 3));
    person->i.data = ngx_pstrdup(ctx->request->pool, &text);
    person->i.len = person->i.data ? text.len : 0;

    plain[0] = &person->name;
    plain[1] = &person->mobile;
    plain[2] = &person->id_no;

    for (i = 0; i < 3; i++) {
        text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, 4 + i));

        if (ngx_http_hpf_seal_open(ctx, &text, &person->uid, plain[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_person_mask(ngx_pool_t *pool, ngx_uint_t kind, ngx_str_t *s)
{
    ngx_str_t         out;
    hpf_mask_sink_t   sink;
    hpf_mask_shape_t  shape;

    /* a mask character is no longer than the shortest that it may hide */

    out.len = 0;
    out.data = ngx_pnalloc(pool, s->len + HPF_MASK_FIXED * HPF_MASK_CHAR_MAX);
    if (out.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&sink, sizeof(hpf_mask_sink_t));

    sink.out = ngx_http_hpf_person_mask_out;
    sink.data = &out;

    hpf_mask_shape_init(&shape, kind);
    hpf_mask_apply(&shape, &sink, s->data, s->data + s->len,
                   HPF_MASK_PLAIN);
    hpf_mask_flush(&sink);

    *s = out;

    return NGX_OK;
}


static int
ngx_http_hpf_person_mask_out(void *data, const unsigned char *p, size_t len,
    unsigned pass)
{
    ngx_str_t *out = data;

    ngx_memcpy(out->data + out->len, p, len);
    out->len += len;

    return HPF_OK;
}
