/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * /v1/session/handlers: who acts for a unit.  Its administrator adds handlers,
 * limits them to service items, and removes them, which ends their sessions.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_base64.h"
#include "hpf_mask_kind.h"
#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_lock.h"
#include "ngx_http_hpf_seal.h"
#include "ngx_http_hpf_store.h"


#define NGX_HTTP_HPF_HANDLERS    50        /* of a unit */
#define NGX_HTTP_HPF_HANDLER_ID  6         /* random bytes */
#define NGX_HTTP_HPF_HANDLER_LEVEL  2      /* of a session that changes them */


static ngx_int_t ngx_http_hpf_handler_unit(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_handler_admin(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_handler_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_handler_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static json_t *ngx_http_hpf_handler_object(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *one);
static ngx_int_t ngx_http_hpf_handler_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *sealed, ngx_uint_t kind, ngx_str_t *plain);
static void ngx_http_hpf_handler_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_handler_taken(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t full);
static ngx_int_t ngx_http_hpf_handler_added(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_handler_change(ngx_http_hpf_ctx_t *ctx,
    const char *role, ngx_str_t *items);
static void ngx_http_hpf_handler_changed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_handler_done(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_handler_items(ngx_http_hpf_ctx_t *ctx,
    json_t *list, ngx_str_t *items);


#define NGX_HTTP_HPF_HANDLER_ITEMS                                            \
    "\"items\":{\"type\":[\"array\",\"null\"],\"maxItems\":100,"              \
    "\"uniqueItems\":true,\"items\":{\"type\":\"string\","                    \
    "\"maxLength\":64,\"pattern\":\"^[a-z][a-z0-9]*(-[a-z0-9]+)*$\"}}"

const char  ngx_http_hpf_handler_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"id_no\",\"mobile\",\"factors\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":120,"
    "\"format\":\"name\"},"
    "\"id_no\":{\"type\":\"string\",\"format\":\"id-card\"},"
    "\"mobile\":{\"type\":\"string\",\"format\":\"mobile\"},"
    NGX_HTTP_HPF_HANDLER_ITEMS ","
    "\"factors\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":"
    NGX_HTTP_HPF_FACTORS_MAX ","
    "\"contains\":{\"properties\":{\"factor\":{\"const\":\"sms\"}}},"
    "\"maxContains\":1,"
    "\"items\":{\"$ref\":\"#/$defs/factor\"}}},"
    "\"$defs\":{\"factor\":" NGX_HTTP_HPF_FACTOR_FORM "}}";

const char  ngx_http_hpf_handler_set_form[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"items\"],\"properties\":{" NGX_HTTP_HPF_HANDLER_ITEMS
    "}}";


static const ngx_http_hpf_step_pt  ngx_http_hpf_handler_add_stages[] = {
    ngx_http_hpf_lock_session_stage,
    NGX_HTTP_HPF_FACTOR_STAGES,
    ngx_http_hpf_lock_pass_stage,
    ngx_http_hpf_handler_put_stage,
    ngx_http_hpf_password_put_stage,
    ngx_http_hpf_handler_added,
    NULL
};

static const ngx_http_hpf_step_pt  ngx_http_hpf_handler_done_stages[] = {
    ngx_http_hpf_handler_done,
    NULL
};


static ngx_int_t
ngx_http_hpf_handler_unit(ngx_http_hpf_ctx_t *ctx)
{
    ctx->personal = 1;

    return ctx->session.user_type == NGX_HTTP_HPF_UNIT
           ? NGX_OK
           : ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_USER_TYPE,
                                        "只有单位用户才有经办人",
                                        "Only units have handlers");
}


static ngx_int_t
ngx_http_hpf_handler_admin(ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_handler_unit(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->session.acts[0] == 0
        || ctx->session.acts[0] != NGX_HTTP_HPF_HANDLER_ADMIN)
    {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_HANDLER_REFUSED,
                   "只有单位管理员才能管理经办人",
                   "Only the unit's administrator may change its handlers");
    }

    return ngx_http_hpf_level_check(ctx, NGX_HTTP_HPF_HANDLER_LEVEL, NULL);
}


/* GET /v1/session/handlers */

ngx_int_t
ngx_http_hpf_handler_list_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  args[3], uid;
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_main_conf_t  *hmcf;

    rc = ngx_http_hpf_handler_unit(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &uid, ":handlers");
    args[1] = ngx_http_hpf_store_key(ctx, "u", &uid, ":handler:");
    args[2] = ngx_http_hpf_store_int(ctx,
                                     !ngx_hpf_redis_one_slot(hmcf->redis));

    eval.script = &ngx_hpf_redis_script_handler_list;
    eval.nkeys = 1;
    eval.argc = 3;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_handler_listed);
}


static void
ngx_http_hpf_handler_listed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_handler_told(ctx, reply);
    }

    ngx_http_hpf_finish(ctx->request, rc);
}


static ngx_int_t
ngx_http_hpf_handler_told(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    json_t      *list, *one;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; i < ngx_hpf_redis_count(reply); i++) {

        one = ngx_http_hpf_handler_object(ctx, ngx_hpf_redis_at(reply, i));

        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
                               json_pack("{s:o}", "handlers", list));
}


static json_t *
ngx_http_hpf_handler_object(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *one)
{
    json_t     *items;
    ngx_int_t   since;
    ngx_str_t   text[7], name, mobile;
    ngx_uint_t  i;

    for (i = 0; i < 7; i++) {
        text[i] = ngx_hpf_redis_text(ngx_hpf_redis_at(one, i));
    }

    if (ngx_http_hpf_handler_shown(ctx, ngx_hpf_redis_at(one, 4),
                                   HPF_MASK_NAME, &name)
            != NGX_OK
        || ngx_http_hpf_handler_shown(ctx, ngx_hpf_redis_at(one, 5),
                                      HPF_MASK_MOBILE, &mobile)
               != NGX_OK)
    {
        return NULL;
    }

    since = ngx_atoi(text[3].data, text[3].len);
    items = text[6].len ? json_loadb((char *) text[6].data, text[6].len, 0,
                                     NULL)
                        : json_null();

    return json_pack("{s:s%,s:b,s:b,s:o,s:s%,s:s%,s:o}",
                     "id", text[0].data, text[0].len,
                     "administrator",
                     text[1].len && text[1].data[0]
                                    == NGX_HTTP_HPF_HANDLER_ADMIN,
                     "real_name", text[2].len && text[2].data[0] == '1',
                     "since", ngx_http_hpf_json_time(since),
                     "name", name.data, name.len,
                     "mobile", mobile.data, mobile.len,
                     "items", items);
}


static ngx_int_t
ngx_http_hpf_handler_shown(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *sealed, ngx_uint_t kind, ngx_str_t *plain)
{
    ngx_str_t  text, uid;

    text = ngx_hpf_redis_text(sealed);
    uid.data = ctx->session.uid;
    uid.len = ctx->session.uid_len;

    if (ngx_http_hpf_seal_open(ctx, &text, &uid, plain) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_person_mask(ctx->request->pool, kind, plain);
}


/* POST /v1/session/handlers: the new one is there with his mobile. */

ngx_int_t
ngx_http_hpf_handler_add_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    rc = ngx_http_hpf_handler_admin(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    person = ngx_http_hpf_person_session(ctx);

    if (person == NULL || ngx_http_hpf_factor_read(ctx) != NGX_OK
        || ngx_http_hpf_user_person(ctx, ctx->form) != NGX_OK
        || ngx_http_hpf_handler_id(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    person->purpose = "handler";
    person->registers = 1;
    person->new_uid = person->uid;
    person->items = json_object_get(ctx->form, "items");
    person->role = json_is_array(person->items) ? NGX_HTTP_HPF_HANDLER_LIMITED
                                                : NGX_HTTP_HPF_HANDLER_ANY;

    return ngx_http_hpf_flow_run(ctx, ngx_http_hpf_handler_add_stages);
}


ngx_int_t
ngx_http_hpf_handler_id(ngx_http_hpf_ctx_t *ctx)
{
    u_char                  id[NGX_HTTP_HPF_HANDLER_ID];
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->handler.data = ngx_pnalloc(ctx->request->pool,
                                       HPF_BASE64_URL_LEN(sizeof(id)));

    if (person->handler.data == NULL
        || hpf_crypto_random(id, sizeof(id)) != 0)
    {
        return NGX_ERROR;
    }

    person->handler.len = hpf_base64_url_encode((char *) person->handler.data,
                                                id, sizeof(id));

    return NGX_OK;
}


ngx_int_t
ngx_http_hpf_handler_put_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_str_t               args[25];
    ngx_uint_t              i;
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    static const char  *members[] = {
        "type", "role", "real", "since", "m", "i", "items", "name", "mobile",
        "id_no"
    };

    person = ctx->data;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":handlers");
    args[1] = ngx_http_hpf_person_key(ctx);
    args[2] = person->m;
    args[3] = person->handler;
    args[4] = ngx_http_hpf_store_int(ctx, NGX_HTTP_HPF_HANDLERS);

    for (i = 0; i < 10; i++) {
        args[5 + 2 * i].data = (u_char *) members[i];
        args[5 + 2 * i].len = ngx_strlen(members[i]);
    }

    ngx_str_set(&args[6], "h");
    args[8].data = &person->role;
    args[8].len = 1;
    args[10] = ngx_http_hpf_store_int(ctx,
                   (person->proved & NGX_HTTP_HPF_F_REAL) != 0);
    args[12] = ngx_http_hpf_store_int(ctx, ngx_time());
    args[14] = person->m;
    args[16] = person->i;

    if (ngx_http_hpf_handler_items(ctx, person->items, &args[18]) != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->name, &person->uid, &args[20])
               != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->mobile, &person->uid, &args[22])
               != NGX_OK
        || ngx_http_hpf_seal(ctx, &person->id_no, &person->uid, &args[24])
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    eval.script = &ngx_hpf_redis_script_handler_add;
    eval.nkeys = 2;
    eval.argc = 25;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_handler_stored);
}


static void
ngx_http_hpf_handler_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc, done;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {
        done = ngx_hpf_redis_integer(reply);

        if (done != 1) {
            rc = ngx_http_hpf_handler_taken(ctx, done == -1);
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static ngx_int_t
ngx_http_hpf_handler_taken(ngx_http_hpf_ctx_t *ctx, ngx_uint_t full)
{
    const char  *text;

    if (full) {
        text = ctx->en ? "The unit has too many handlers"
                       : "该单位的经办人数量已达上限";

    } else {
        text = ctx->en ? "Somebody with this number is a handler already"
                       : "该手机号已登记为本单位经办人";
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors",
               json_pack("[{s:s,s:s,s:s}]", "pointer", full ? "" : "/mobile",
                         "rule", full ? "maxItems" : "unique",
                         "message", text))
           == NGX_OK ? NGX_ABORT : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_handler_added(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    ngx_str_set(&ctx->event, "handler-added");

    return ngx_http_hpf_answer(ctx, NGX_HTTP_CREATED,
               json_pack("{s:s%,s:b}", "id", person->handler.data,
                         person->handler.len, "real_name",
                         (person->proved & NGX_HTTP_HPF_F_REAL) != 0));
}


/* PUT /v1/session/handlers/{id} */

ngx_int_t
ngx_http_hpf_handler_set_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    json_t     *list;
    ngx_int_t   rc;
    ngx_str_t   items;

    rc = ngx_http_hpf_handler_admin(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    list = json_object_get(ctx->form, "items");

    if (ngx_http_hpf_handler_items(ctx, list, &items) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&ctx->event, "handler-changed");

    return ngx_http_hpf_handler_change(ctx, json_is_array(list) ? "l" : "h",
                                       &items);
}


/* DELETE /v1/session/handlers/{id} */

ngx_int_t
ngx_http_hpf_handler_remove_handler(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t         rc;
    static ngx_str_t  none = ngx_null_string;

    rc = ngx_http_hpf_handler_admin(ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_str_set(&ctx->event, "handler-removed");

    return ngx_http_hpf_handler_change(ctx, "", &none);
}


static ngx_int_t
ngx_http_hpf_handler_change(ngx_http_hpf_ctx_t *ctx, const char *role,
    ngx_str_t *items)
{
    ngx_str_t               args[5];
    ngx_hpf_redis_eval_t    eval;
    ngx_http_hpf_person_t  *person;

    if (ctx->arg.len > HPF_SESSION_ACTS - 1) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
    }

    person = ngx_http_hpf_person_session(ctx);

    if (person == NULL) {
        return NGX_ERROR;
    }

    person->handler = ctx->arg;
    ctx->stages = ngx_http_hpf_handler_done_stages;

    args[0] = ngx_http_hpf_store_key(ctx, "u", &person->uid, ":handlers");
    args[1] = ngx_http_hpf_person_key(ctx);
    args[2] = ngx_http_hpf_session_handler_key(ctx, &person->uid,
                                               &person->handler);
    args[3].data = (u_char *) role;
    args[3].len = ngx_strlen(role);
    args[4] = *items;

    eval.script = &ngx_hpf_redis_script_handler_change;
    eval.nkeys = 3;
    eval.argc = 5;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_handler_changed);
}


static void
ngx_http_hpf_handler_changed(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {

        if (ngx_hpf_redis_type(reply) == NGX_HPF_REDIS_ARRAY) {
            rc = ngx_http_hpf_revoke(ctx, reply, 0);

        } else if (ngx_hpf_redis_integer(reply) == 0) {
            rc = ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_HANDLER_REFUSED,
                     "单位管理员不能被限制或移除",
                     "The administrator can be neither limited nor removed");

        } else {
            rc = ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_NOT_FOUND);
        }
    }

    if (rc != NGX_AGAIN) {
        ngx_http_hpf_flow_next(ctx, rc);
    }
}


static ngx_int_t
ngx_http_hpf_handler_done(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    return ngx_http_hpf_answer(ctx, NGX_HTTP_NO_CONTENT, NULL);
}


/* As JSON; empty: all items. */

static ngx_int_t
ngx_http_hpf_handler_items(ngx_http_hpf_ctx_t *ctx, json_t *list,
    ngx_str_t *items)
{
    size_t  n;

    ngx_str_null(items);

    if (!json_is_array(list)) {
        return NGX_OK;
    }

    n = json_dumpb(list, NULL, 0, JSON_COMPACT);

    items->data = ngx_pnalloc(ctx->request->pool, n);
    if (n == 0 || items->data == NULL) {
        return NGX_ERROR;
    }

    items->len = json_dumpb(list, (char *) items->data, n, JSON_COMPACT);

    return items->len == n ? NGX_OK : NGX_ERROR;
}
