/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A stage: the plugins of the factors that were asked, one after the other.
 * Each says true, false, or that it cannot say since a back end does not; it
 * writes nothing into the answer.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_call.h"
#include "ngx_http_hpf_factor_plugin.h"
#include "ngx_http_hpf_flow.h"
#include "ngx_http_hpf_user.h"


static ngx_int_t ngx_http_hpf_factor_plugin_run(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_factor_plugin_ended(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_factor_plugin_result(ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_factor_plugin_problem(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_answer_t *answer);
static ngx_uint_t ngx_http_hpf_factor_plugin_lacks(
    ngx_http_hpf_person_t *person, unsigned wanted);


/* Of a user who does not exist nobody is asked. */

ngx_int_t
ngx_http_hpf_factor_plugin_stage(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_person_t  *person;

    if (ctx->factors == NULL) {
        return NGX_OK;
    }

    person = ctx->data;

    return person->uid.len ? ngx_http_hpf_factor_plugin_run(ctx)
                           : ngx_http_hpf_factor_failed(ctx);
}


static ngx_int_t
ngx_http_hpf_factor_plugin_run(ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                       rc;
    const hpf_manifest_t           *mf;
    ngx_http_hpf_person_t          *person;
    ngx_http_hpf_call_conf_t        conf;
    ngx_http_hpf_factor_plugin_t   *one;
    ngx_http_hpf_factor_plugins_t  *factors;

    factors = ctx->factors;

    while (factors->next < factors->n) {

        one = &factors->one[factors->next++];
        mf = ngx_hpf_plugin_manifest(one->plugin);

        person = ctx->data;
        person->proving = mf->id;

        if (ngx_http_hpf_factor_plugin_lacks(person, mf->person)) {
            return ngx_http_hpf_factor_failed(ctx);
        }

        conf.plugin = one->plugin;
        conf.form = one->form;
        conf.run = ngx_hpf_call_start;
        conf.end = ngx_http_hpf_factor_plugin_ended;

        rc = ngx_http_hpf_call_begin(ctx, &conf);

        if (rc == NGX_OK) {
            rc = ngx_http_hpf_factor_plugin_result(ctx);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/* From an event; what is left of the stages follows. */

static ngx_int_t
ngx_http_hpf_factor_plugin_ended(ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hpf_factor_plugin_result(ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_hpf_factor_plugin_run(ctx);
    }

    return rc == NGX_OK ? ngx_http_hpf_flow_run(ctx, ctx->stages) : rc;
}


static ngx_int_t
ngx_http_hpf_factor_plugin_result(ngx_http_hpf_ctx_t *ctx)
{
    ngx_hpf_answer_t               *answer;
    ngx_http_hpf_person_t          *person;
    ngx_http_hpf_factor_plugins_t  *factors;

    answer = ngx_hpf_call_answer(ctx->call);

    if (answer == NULL) {
        return ngx_http_hpf_call_fault(ctx);
    }

    if (answer->failed) {
        return ngx_http_hpf_factor_plugin_problem(ctx, answer);
    }

    if (json_is_true(answer->tree)) {
        person = ctx->data;
        factors = ctx->factors;

        person->proved |= factors->one[factors->next - 1].factor;

        return NGX_OK;
    }

    if (json_is_false(answer->tree)) {
        return ngx_http_hpf_factor_failed(ctx);
    }

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "hpf factor: \"%V\" answered neither true nor false",
                  ngx_hpf_plugin_id(ngx_hpf_call_plugin(ctx->call)));

    return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_FAILED);
}


/* A factor that cannot say names its back end and adds nothing. */

static ngx_int_t
ngx_http_hpf_factor_plugin_problem(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_answer_t *answer)
{
    ngx_hpf_answer_t  bare;

    if (ngx_http_hpf_problem_find((char *) answer->code.data,
                                  answer->code.len)
        != NGX_HTTP_HPF_BACKEND_UNAVAILABLE)
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "hpf factor: \"%V\" failed with \"%V\", a factor may "
                      "with \"backend-unavailable\" only",
                      ngx_hpf_plugin_id(ngx_hpf_call_plugin(ctx->call)),
                      &answer->code);

        return ngx_http_hpf_call_failed(ctx, NGX_HTTP_HPF_PLUGIN_FAILED);
    }

    ngx_memzero(&bare, sizeof(ngx_hpf_answer_t));

    bare.code = answer->code;

    return ngx_http_hpf_call_problem(ctx, &bare);
}


/* Somebody of whom a fact is not known cannot be proved by it. */

static ngx_uint_t
ngx_http_hpf_factor_plugin_lacks(ngx_http_hpf_person_t *person,
    unsigned wanted)
{
    return ((wanted & HPF_MANIFEST_NAME) && person->name.len == 0)
           || ((wanted & HPF_MANIFEST_ID_NO) && person->id_no.len == 0)
           || ((wanted & HPF_MANIFEST_MOBILE) && person->mobile.len == 0);
}


ngx_str_t
ngx_http_hpf_factor_plugin_fact(ngx_http_hpf_ctx_t *ctx, const char *name)
{
    ngx_str_t               s;
    const hpf_manifest_t   *mf;
    ngx_http_hpf_person_t  *person;

    person = ctx->data;
    mf = ngx_hpf_plugin_manifest(ngx_hpf_call_plugin(ctx->call));

    if ((mf->person & HPF_MANIFEST_NAME) && ngx_strcmp(name, "name") == 0) {
        return person->name;
    }

    if ((mf->person & HPF_MANIFEST_ID_NO) && ngx_strcmp(name, "id_no") == 0) {
        return person->id_no;
    }

    if ((mf->person & HPF_MANIFEST_MOBILE) && ngx_strcmp(name, "mobile") == 0)
    {
        return person->mobile;
    }

    ngx_str_null(&s);

    return s;
}
