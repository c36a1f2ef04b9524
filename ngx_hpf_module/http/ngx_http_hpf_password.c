/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The factor "password".  For a user who is not there, or has none, the same
 * work is done.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_password_rule.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_password.h"
#include "ngx_http_hpf_store.h"
#include "ngx_http_hpf_user.h"


#define NGX_HTTP_HPF_PASSWORD_OWN    5     /* things known of a person */


static ngx_int_t ngx_http_hpf_password_make(ngx_http_hpf_ctx_t *ctx,
    ngx_str_t *text);
static void ngx_http_hpf_password_made(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work);
static void ngx_http_hpf_password_verified(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work);
static void ngx_http_hpf_password_upgrade(ngx_http_hpf_ctx_t *ctx,
    hpf_password_t *hash);
static void ngx_http_hpf_password_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_password_refuse(ngx_http_hpf_ctx_t *ctx,
    unsigned faults, const char *pointer);


/* At a registration the password is one that is set. */

ngx_int_t
ngx_http_hpf_password_stage(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    u_char                  pointer[NGX_INT_T_LEN
                                    + sizeof("/factors//password")];
    json_t                 *sent;
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_uint_t              i;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    sent = ngx_http_hpf_factor_sent(ctx, NGX_HTTP_HPF_F_PASSWORD);
    if (sent == NULL) {
        return NGX_OK;
    }

    text = ngx_http_hpf_person_member(sent, "password");

    if (!person->registers) {
        return ngx_http_hpf_password_verify(ctx, &text);
    }

    for (i = 0;
         json_array_get(json_object_get(ctx->form, "factors"), i) != sent;
         i++)
    {
        /* void */
    }

    (void) ngx_sprintf(pointer, "/factors/%ui/password%Z", i);

    rc = ngx_http_hpf_password_rules(ctx, &text, (char *) pointer);

    return rc == NGX_OK ? ngx_http_hpf_password_make(ctx, &text) : rc;
}


static ngx_int_t
ngx_http_hpf_password_make(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    ngx_http_hpf_password_work_t  *work;

    work = ngx_http_hpf_password_work(ctx, text);

    if (work == NULL || ngx_http_hpf_password_add_new(work) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_password_start(work, ngx_http_hpf_password_made);
}


static void
ngx_http_hpf_password_made(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work)
{
    ngx_http_hpf_flow_next(ctx,
                           work->failed ? NGX_ERROR
                           : ngx_http_hpf_password_record(ctx,
                                                          &work->hashes[0]));
}


ngx_int_t
ngx_http_hpf_password_record(ngx_http_hpf_ctx_t *ctx, hpf_password_t *hash)
{
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    person->pw_new.data = ngx_pnalloc(ctx->request->pool,
                                      HPF_PASSWORD_RECORD);
    if (person->pw_new.data == NULL) {
        return NGX_ERROR;
    }

    person->pw_new.len = hpf_password_write(hash,
                                            (char *) person->pw_new.data);

    return NGX_OK;
}


/*
 * Where there is none to compare with, one of today's cost is reckoned all the
 * same.  An old cost is paid beside the new one, for the record to be renewed.
 */

ngx_int_t
ngx_http_hpf_password_verify(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text)
{
    ngx_http_hpf_person_t         *person;
    ngx_http_hpf_password_work_t  *work;

    person = ctx->data;
    person->proving = "password";

    work = ngx_http_hpf_password_work(ctx, text);
    if (work == NULL) {
        return NGX_ERROR;
    }

    if (person->uid.len == 0
        || ngx_http_hpf_password_add(work, &person->pw) != NGX_OK)
    {
        person->pw.len = 0;
    }

    if (work->n == 0
        || ngx_memcmp(&work->hashes[0].cost, &work->password->cost,
                      sizeof(hpf_password_cost_t))
           != 0)
    {
        if (ngx_http_hpf_password_add_new(work) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_password_start(work, ngx_http_hpf_password_verified);
}


static void
ngx_http_hpf_password_verified(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_password_work_t *work)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (work->failed) {
        rc = NGX_ERROR;

    } else if (person->pw.len && ngx_http_hpf_password_equal(work, 0)) {

        person->proved |= NGX_HTTP_HPF_F_PASSWORD;
        rc = NGX_OK;

        if (work->n == 2) {
            ngx_http_hpf_password_upgrade(ctx, &work->hashes[1]);
        }

    } else {
        rc = ngx_http_hpf_factor_failed(ctx);
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


static void
ngx_http_hpf_password_upgrade(ngx_http_hpf_ctx_t *ctx, hpf_password_t *hash)
{
    ngx_str_t                  args[5];
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    if (ngx_http_hpf_password_record(ctx, hash) != NGX_OK) {
        return;
    }

    args[0] = ngx_http_hpf_person_key(ctx);
    args[1] = person->pw;
    args[2] = person->pw_new;
    ngx_str_set(&args[3], "-1");
    ngx_str_set(&args[4], "0");

    eval.script = &ngx_hpf_redis_script_password_set;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    ngx_hpf_redis_eval_send(hmcf->redis, &eval);

    person->pw = person->pw_new;
    ngx_str_null(&person->pw_new);
}


/* At the end of a registration; one that is there already stays. */

ngx_int_t
ngx_http_hpf_password_put_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    static ngx_str_t        none = ngx_null_string;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    if (person->pw_new.len == 0
        || (!ngx_http_hpf_user_is_new(person) && person->pw.len))
    {
        return NGX_OK;
    }

    return ngx_http_hpf_password_put(ctx, &none, 0);
}


ngx_int_t
ngx_http_hpf_password_put(ngx_http_hpf_ctx_t *ctx, ngx_str_t *was,
    ngx_uint_t end)
{
    ngx_str_t                  args[5];
    ngx_hpf_redis_eval_t       eval;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    args[0] = ngx_http_hpf_person_key(ctx);
    args[1] = *was;
    args[2] = person->pw_new;
    args[3] = ngx_http_hpf_store_int(ctx,
                                     ngx_max(hmcf->password->history, 1) - 1);
    args[4] = ngx_http_hpf_store_int(ctx, end);

    eval.script = &ngx_hpf_redis_script_password_set;
    eval.nkeys = 1;
    eval.argc = 5;
    eval.args = args;

    return ngx_http_hpf_store_eval(ctx, &eval, ngx_http_hpf_password_stored);
}


static void
ngx_http_hpf_password_stored(ngx_http_hpf_ctx_t *ctx,
    const ngx_hpf_redis_reply_t *reply)
{
    ngx_int_t               rc;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;

    rc = ngx_http_hpf_store_check(ctx, reply);

    if (rc == NGX_OK) {

        if (ngx_hpf_redis_integer(reply) == -1) {
            rc = ngx_http_hpf_factor_failed(ctx);

        } else {
            person->epoch = ngx_http_hpf_store_int(ctx,
                                                ngx_hpf_redis_integer(reply));
        }
    }

    ngx_http_hpf_flow_next(ctx, rc);
}


ngx_int_t
ngx_http_hpf_password_rules(ngx_http_hpf_ctx_t *ctx, ngx_str_t *text,
    const char *pointer)
{
    unsigned                   faults;
    ngx_str_t                 *known[NGX_HTTP_HPF_PASSWORD_OWN];
    ngx_uint_t                 i;
    hpf_password_text_t        own[NGX_HTTP_HPF_PASSWORD_OWN], password;
    ngx_http_hpf_person_t     *person;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);
    person = ctx->data;

    known[0] = &person->name;
    known[1] = &person->mobile;
    known[2] = &person->id_no;
    known[3] = &person->unit_name;
    known[4] = &person->uscc;

    for (i = 0; i < NGX_HTTP_HPF_PASSWORD_OWN; i++) {
        own[i].data = known[i]->data;
        own[i].len = known[i]->len;
    }

    password.data = text->data;
    password.len = text->len;

    faults = hpf_password_rule_check(&password, hmcf->password->min, own,
                                     NGX_HTTP_HPF_PASSWORD_OWN);

    return faults ? ngx_http_hpf_password_refuse(ctx, faults, pointer)
                  : NGX_OK;
}


static ngx_int_t
ngx_http_hpf_password_refuse(ngx_http_hpf_ctx_t *ctx, unsigned faults,
    const char *pointer)
{
    json_t    *errors;
    unsigned   i;

    errors = json_array();

    for (i = 0; i < HPF_PASSWORD_FAULTS; i++) {

        if (faults & 1 << i) {
            (void) json_array_append_new(errors,
                       json_pack("{s:s,s:s,s:s}", "pointer", pointer, "rule",
                                 hpf_password_rule_name(i), "message",
                                 hpf_password_rule_text(i, ctx->en)));
        }
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_FORM_INVALID);

    return ngx_http_hpf_extra_json(ctx, "errors", errors) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}
