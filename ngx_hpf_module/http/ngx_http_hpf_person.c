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
#include "hpf_name.h"
#include "hpf_time.h"
#include "hpf_mask_kind.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_INDEX  16             /* bytes of a hash in an index */


/* What is read of a user or a handler, in the order of _person_members. */

enum {
    NGX_HTTP_HPF_PERSON_TYPE = 0,
    NGX_HTTP_HPF_PERSON_REAL,
    NGX_HTTP_HPF_PERSON_M,
    NGX_HTTP_HPF_PERSON_I,
    NGX_HTTP_HPF_PERSON_EPOCH,
    NGX_HTTP_HPF_PERSON_ADMIN,
    NGX_HTTP_HPF_PERSON_PW,
    NGX_HTTP_HPF_PERSON_PW_BEFORE,
    NGX_HTTP_HPF_PERSON_ROLE,
    NGX_HTTP_HPF_PERSON_LOCKED,
    NGX_HTTP_HPF_PERSON_NAME,
    NGX_HTTP_HPF_PERSON_MOBILE,
    NGX_HTTP_HPF_PERSON_ID_NO,
    NGX_HTTP_HPF_PERSON_MEMBERS
};


static int ngx_http_hpf_person_mask_out(void *data, const unsigned char *p,
    size_t len, unsigned pass);
static ngx_int_t ngx_http_hpf_person_load(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *key);
static void ngx_http_hpf_person_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_person_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_person_open(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static void ngx_http_hpf_person_none(ngx_http_hpf_person_t *person);
static void ngx_http_hpf_person_unit(ngx_http_hpf_person_t *person);


static const char  *ngx_http_hpf_person_members[] = {
    "type", "real", "m", "i", "epoch", "admin", "pw", "pwh", "role",
    "locked", "name", "mobile", "id_no"
};


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
ngx_http_hpf_person_name(ngx_http_hpf_ctx_t *ctx, ngx_str_t *s)
{
    ngx_str_t  name;

    name.len = 0;
    name.data = ngx_pnalloc(ctx->request->pool, HPF_NAME_LEN(s->len) + 1);

    if (name.data) {
        name.len = hpf_name_spell(name.data, s->data, s->len);
    }

    return name;
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


ngx_uint_t
ngx_http_hpf_person_equal(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
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


ngx_http_hpf_person_t *
ngx_http_hpf_person_session(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ngx_http_hpf_person(ctx);

    if (person) {
        person->present = 1;
        person->uid.data = ctx->session.uid;
        person->uid.len = ctx->session.uid_len;
        person->unit = ctx->session.user_type == NGX_HTTP_HPF_UNIT;
        person->handler = ngx_http_hpf_session_acting(&ctx->session);
    }

    return person;
}


void
ngx_http_hpf_person_found(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_store_text(ctx, reply, &person->uid);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


/*
 * For a user who does not exist the store is asked as well, so that the time
 * of the answer is the same.
 */

ngx_int_t
ngx_http_hpf_person_profile_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               key;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    key = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");

    return ngx_http_hpf_person_load(ctx, &key);
}


ngx_int_t
ngx_http_hpf_person_handler_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               key;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->unit) {
        return NGX_OK;
    }

    key = ngx_http_hpf_person_key(ctx);

    return ngx_http_hpf_person_load(ctx, &key);
}


ngx_str_t
ngx_http_hpf_person_key(ngx_http_hpf_ctx_t *ctx)
{
    u_char                  suffix[sizeof(":handler:") + HPF_SESSION_ACTS];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->unit) {
        return ngx_http_hpf_store_key(ctx, "u", &person->uid, ":profile");
    }

    (void) ngx_snprintf(suffix, sizeof(suffix), ":handler:%V%Z",
                        &person->handler);

    return ngx_http_hpf_store_key(ctx, "u", &person->uid, (char *) suffix);
}


ngx_str_t
ngx_http_hpf_person_owner(ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               owner;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (!person->unit || person->uid.len == 0) {
        return person->uid;
    }

    owner.len = person->uid.len + 1 + person->handler.len;
    owner.data = ngx_pnalloc(ctx->request->pool, owner.len);

    if (owner.data == NULL) {
        owner.len = 0;
        return owner;
    }

    (void) ngx_sprintf(owner.data, "%V/%V", &person->uid, &person->handler);

    return owner;
}


static ngx_int_t
ngx_http_hpf_person_load(ngx_http_hpf_ctx_t *ctx, ngx_str_t *key)
{
    ngx_str_t               argv[2 + NGX_HTTP_HPF_PERSON_MEMBERS];
    ngx_uint_t              i;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    person->read = *key;

    ngx_str_set(&argv[0], "HMGET");
    argv[1] = *key;

    for (i = 0; i < NGX_HTTP_HPF_PERSON_MEMBERS; i++) {
        argv[2 + i].data = (u_char *) ngx_http_hpf_person_members[i];
        argv[2 + i].len = ngx_strlen(argv[2 + i].data);
    }

    return ngx_http_hpf_store_command(ctx, 2 + i, argv,
                                      ngx_http_hpf_person_loaded);
}


static void
ngx_http_hpf_person_loaded(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_person_read(ctx, reply);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_person_read(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t               text[NGX_HTTP_HPF_PERSON_MEMBERS], *copy[6];
    ngx_uint_t              i;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (ngx_hpf_redis_count(reply) != NGX_HTTP_HPF_PERSON_MEMBERS) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_HPF_PERSON_MEMBERS; i++) {
        text[i] = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
    }

    if (text[NGX_HTTP_HPF_PERSON_LOCKED].len) {
        ctx->reason = "account-locked";
    }

    if (text[NGX_HTTP_HPF_PERSON_TYPE].len == 0 || person->uid.len == 0
        || text[NGX_HTTP_HPF_PERSON_LOCKED].len)
    {
        ngx_http_hpf_person_none(person);

        return person->present
               ? ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_EXPIRED)
               : NGX_OK;
    }

    person->type = text[NGX_HTTP_HPF_PERSON_TYPE].data[0];
    person->real = text[NGX_HTTP_HPF_PERSON_REAL].len
                   && text[NGX_HTTP_HPF_PERSON_REAL].data[0] == '1';

    if (text[NGX_HTTP_HPF_PERSON_ROLE].len) {
        person->role = text[NGX_HTTP_HPF_PERSON_ROLE].data[0];
    }

    copy[0] = &person->m;
    copy[1] = &person->i;
    copy[2] = &person->epoch;
    copy[3] = &person->admin;
    copy[4] = &person->pw;
    copy[5] = &person->pw_before;

    for (i = 0; i < 6; i++) {
        copy[i]->data = ngx_pstrdup(ctx->request->pool,
                                    &text[NGX_HTTP_HPF_PERSON_M + i]);

        if (copy[i]->data == NULL) {
            return NGX_ERROR;
        }

        copy[i]->len = text[NGX_HTTP_HPF_PERSON_M + i].len;
    }

    return ngx_http_hpf_person_open(ctx, reply);
}


static ngx_int_t
ngx_http_hpf_person_open(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_str_t                  text, texts[6], *plain[3];
    ngx_uint_t                 i;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    plain[0] = &person->name;
    plain[1] = &person->mobile;
    plain[2] = &person->id_no;

    for (i = 0; i < 3; i++) {
        text = ngx_hpf_redis_text(
                         ngx_hpf_redis_at(reply, NGX_HTTP_HPF_PERSON_NAME + i));

        texts[2 * i].data = (u_char *)
                  ngx_http_hpf_person_members[NGX_HTTP_HPF_PERSON_NAME + i];
        texts[2 * i].len = ngx_strlen(texts[2 * i].data);
        texts[2 * i + 1] = text;

        ngx_str_null(plain[i]);

        /* a unit has no mobile of its own */

        if (text.len
            && ngx_http_hpf_seal_open(ctx, &text, &person->uid, plain[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    (void) ngx_http_hpf_reseal(hmcf, ctx->request->pool, &person->read, 3,
                               texts);

    if (person->type == NGX_HTTP_HPF_UNIT) {
        ngx_http_hpf_person_unit(person);

    } else if (person->unit) {
        person->type = NGX_HTTP_HPF_UNIT;
        person->real &= person->unit_real;
    }

    return NGX_OK;
}


static void
ngx_http_hpf_person_none(ngx_http_hpf_person_t *person)
{
    person->uid.len = 0;
    person->m.len = 0;
    person->name.len = 0;
    person->id_no.len = 0;
}


/* Its handler is still to be read: until then nobody is there. */

static void
ngx_http_hpf_person_unit(ngx_http_hpf_person_t *person)
{
    person->unit_name = person->name;
    person->uscc = person->id_no;
    person->unit_real = person->real;

    ngx_str_null(&person->m);
    ngx_str_null(&person->name);
    ngx_str_null(&person->mobile);
    ngx_str_null(&person->id_no);
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
