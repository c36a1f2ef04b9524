/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * factors[] of a form: which factors there are depends on what is loaded, and
 * what is sent with one that is a plugin is checked by the plugin's own form.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_factor_plugin.h"
#include "ngx_http_hpf_user.h"


/* More than the forms allow: what is beyond is not looked at. */

#define NGX_HTTP_HPF_FACTOR_SENT  8


static ngx_int_t ngx_http_hpf_factor_form_one(ngx_http_hpf_ctx_t *ctx,
    json_t *element, size_t i, json_t *faults);
static ngx_http_hpf_factor_plugin_t *ngx_http_hpf_factor_form_take(
    ngx_http_hpf_ctx_t *ctx, ngx_uint_t factor);
static ngx_int_t ngx_http_hpf_factor_form_plugins(ngx_http_hpf_ctx_t *ctx);
static void ngx_http_hpf_factor_form_cleanup(void *data);
static ngx_int_t ngx_http_hpf_factor_form_unknown(ngx_http_hpf_ctx_t *ctx,
    size_t i, json_t *faults);
static ngx_int_t ngx_http_hpf_factor_form_faults(json_t *found, size_t i,
    json_t *faults);
static ngx_hpf_plugin_t *ngx_http_hpf_factor_form_plugin(
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name);
static json_t *ngx_http_hpf_factor_form_of(ngx_hpf_plugin_t *plugin);


ngx_int_t
ngx_http_hpf_factor_form(ngx_http_hpf_ctx_t *ctx, json_t *faults)
{
    size_t   i;
    json_t  *list, *element;

    list = json_object_get(ctx->form, "factors");

    json_array_foreach(list, i, element) {

        if (i == NGX_HTTP_HPF_FACTOR_SENT) {
            break;
        }

        if (json_is_string(json_object_get(element, "factor"))
            && ngx_http_hpf_factor_form_one(ctx, element, i, faults)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_factor_form_one(ngx_http_hpf_ctx_t *ctx, json_t *element,
    size_t i, json_t *faults)
{
    int                            rc;
    json_t                        *found;
    ngx_int_t                      end;
    ngx_str_t                      name;
    ngx_uint_t                     factor;
    const hpf_manifest_t          *mf;
    ngx_http_hpf_main_conf_t      *hmcf;
    ngx_http_hpf_factor_plugin_t  *one;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    name = ngx_http_hpf_person_member(element, "factor");
    factor = ngx_http_hpf_factor_find(&name);

    if (factor & NGX_HTTP_HPF_F_BUILT_IN(hmcf)) {
        return NGX_OK;
    }

    one = NULL;

    if (factor & NGX_HTTP_HPF_F_PLUGINS) {

        if (ngx_http_hpf_factor_form_plugins(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        one = ngx_http_hpf_factor_form_take(ctx, factor);
    }

    if (one == NULL) {
        return ngx_http_hpf_factor_form_unknown(ctx, i, faults);
    }

    /* of each factor the last one counts */

    json_decref(one->form);

    one->form = json_copy(element);

    if (json_object_del(one->form, "factor") != 0) {
        return NGX_ERROR;
    }

    mf = ngx_hpf_plugin_manifest(one->plugin);
    found = NULL;

    rc = hpf_schema_check(mf->form, one->form, ctx->en, &found);

    end = rc == HPF_OK || rc == HPF_DECLINED
          ? ngx_http_hpf_factor_form_faults(found, i, faults) : NGX_ERROR;

    json_decref(found);

    return end;
}


/* The plugin of a factor, the same one all through the request. */

static ngx_http_hpf_factor_plugin_t *
ngx_http_hpf_factor_form_take(ngx_http_hpf_ctx_t *ctx, ngx_uint_t factor)
{
    ngx_uint_t                      i;
    ngx_http_hpf_main_conf_t       *hmcf;
    ngx_http_hpf_factor_plugin_t   *one;
    ngx_http_hpf_factor_plugins_t  *factors;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    factors = ctx->factors;

    for (i = 0; i < factors->n; i++) {

        if (factors->one[i].factor == factor) {
            return &factors->one[i];
        }
    }

    for (i = 0; (ngx_uint_t) 1 << i != factor; i++) { /* void */ }

    one = &factors->one[factors->n];

    one->factor = factor;
    one->plugin = ngx_http_hpf_factor_form_plugin(hmcf,
                                                  &ngx_http_hpf_factors[i]);
    if (one->plugin == NULL) {
        return NULL;
    }

    factors->n++;

    return one;
}


static ngx_int_t
ngx_http_hpf_factor_form_plugins(ngx_http_hpf_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    if (ctx->factors) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(ctx->request->pool,
                               sizeof(ngx_http_hpf_factor_plugins_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_hpf_factor_plugins_t));

    cln->handler = ngx_http_hpf_factor_form_cleanup;
    ctx->factors = cln->data;

    return NGX_OK;
}


static void
ngx_http_hpf_factor_form_cleanup(void *data)
{
    ngx_http_hpf_factor_plugins_t *factors = data;

    ngx_uint_t  i;

    for (i = 0; i < factors->n; i++) {
        json_decref(factors->one[i].form);
        ngx_hpf_plugin_unref(factors->one[i].plugin);
    }
}


static ngx_int_t
ngx_http_hpf_factor_form_unknown(ngx_http_hpf_ctx_t *ctx, size_t i,
    json_t *faults)
{
    u_char                    *p, text[256];
    json_t                    *names, *name, *fault;
    size_t                     n;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    names = ngx_http_hpf_factor_names(hmcf, ~(ngx_uint_t) 0);

    p = ngx_snprintf(text, sizeof(text) - 1, ctx->en
                     ? "\"factor\" must be one of " : "“factor”只能是");

    json_array_foreach(names, n, name) {
        p = ngx_slprintf(p, text + sizeof(text) - 1, "%s%s",
                         n == 0 ? "" : ctx->en ? ", " : "、",
                         json_string_value(name));
    }

    *p = '\0';

    json_decref(names);

    fault = json_pack("{s:o,s:s,s:s}", "pointer",
                      json_sprintf("/factors/%d/factor", (int) i),
                      "rule", "enum", "message", text);

    return json_array_append_new(faults, fault) == 0 ? NGX_OK : NGX_ERROR;
}


/* The pointers of a plugin's form go on behind the place of its factor. */

static ngx_int_t
ngx_http_hpf_factor_form_faults(json_t *found, size_t i, json_t *faults)
{
    size_t       n;
    json_t      *fault, *pointer;
    const char  *at;

    json_array_foreach(found, n, fault) {

        at = json_string_value(json_object_get(fault, "pointer"));
        pointer = json_sprintf("/factors/%d%s", (int) i, at ? at : "");

        if (json_object_set_new(fault, "pointer", pointer) != 0
            || json_array_append(faults, fault) != 0)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* With a reference; NULL: it is not loaded. */

static ngx_hpf_plugin_t *
ngx_http_hpf_factor_form_plugin(ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *name)
{
    ngx_hpf_plugin_t  *plugin;

    plugin = hmcf->plugins ? ngx_hpf_plugins_find(hmcf->plugins, name) : NULL;

    if (plugin
        && ngx_hpf_plugin_manifest(plugin)->kind != HPF_MANIFEST_FACTOR)
    {
        ngx_hpf_plugin_unref(plugin);
        return NULL;
    }

    return plugin;
}


json_t *
ngx_http_hpf_factor_names(ngx_http_hpf_main_conf_t *hmcf, ngx_uint_t factors)
{
    json_t      *names;
    ngx_uint_t   i;

    names = json_array();
    factors &= ngx_http_hpf_factor_offered(hmcf);

    for (i = 0; ngx_http_hpf_factors[i].len; i++) {

        if (factors >> i & 1) {
            (void) json_array_append_new(names,
                           ngx_http_hpf_json_str(&ngx_http_hpf_factors[i]));
        }
    }

    return names;
}


ngx_uint_t
ngx_http_hpf_factor_offered(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t         i, offered;
    ngx_hpf_plugin_t  *plugin;

    offered = NGX_HTTP_HPF_F_BUILT_IN(hmcf);

    for (i = 0; ngx_http_hpf_factors[i].len; i++) {

        plugin = ngx_http_hpf_factor_form_plugin(hmcf,
                                                 &ngx_http_hpf_factors[i]);
        if (plugin) {
            ngx_hpf_plugin_unref(plugin);
            offered |= (ngx_uint_t) 1 << i;
        }
    }

    return offered;
}


void
ngx_http_hpf_factor_describe(ngx_http_hpf_main_conf_t *hmcf, json_t *schema)
{
    json_t            *factor, *rules;
    ngx_uint_t         i;
    ngx_hpf_plugin_t  *plugin;

    factor = json_object_get(json_object_get(schema, "$defs"), "factor");
    rules = json_object_get(factor, "allOf");

    (void) json_object_set_new(json_object_get(json_object_get(factor,
                                                               "properties"),
                                               "factor"),
                               "enum",
                               ngx_http_hpf_factor_names(hmcf,
                                                         ~(ngx_uint_t) 0));

    for (i = 0; ngx_http_hpf_factors[i].len; i++) {

        plugin = ngx_http_hpf_factor_form_plugin(hmcf,
                                                 &ngx_http_hpf_factors[i]);
        if (plugin == NULL) {
            continue;
        }

        (void) json_array_append_new(rules,
                                     ngx_http_hpf_factor_form_of(plugin));

        ngx_hpf_plugin_unref(plugin);
    }
}


/* With an id of its own its references stay within it. */

static json_t *
ngx_http_hpf_factor_form_of(ngx_hpf_plugin_t *plugin)
{
    json_t                *form, *properties;
    const hpf_manifest_t  *mf;

    mf = ngx_hpf_plugin_manifest(plugin);

    form = json_copy(json_object_get(mf->json, "form"));
    properties = json_copy(json_object_get(form, "properties"));

    if (properties == NULL) {
        properties = json_object();
    }

    (void) json_object_set_new(properties, "factor",
                               json_pack("{s:s}", "const", mf->id));
    (void) json_object_set_new(form, "properties", properties);
    (void) json_object_set_new(form, "$id",
                               json_sprintf("urn:hpf:factor:%s", mf->id));

    return json_pack("{s:{s:{s:{s:s}}},s:o}", "if", "properties", "factor",
                     "const", mf->id, "then", form);
}
