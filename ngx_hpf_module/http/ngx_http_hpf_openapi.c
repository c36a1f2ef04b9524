/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * GET /v1/openapi.json: OpenAPI 3.1 from the table of the fixed calls and the
 * manifests that are loaded.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_api.h"
#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_factor_plugin.h"


/* beside the flags of a route: it changes something of a session's user */
#define NGX_HTTP_HPF_OPENAPI_CSRF  0x10000


static ngx_int_t ngx_http_hpf_openapi_keep(ngx_http_hpf_openapi_t *kept,
    ngx_uint_t version, ngx_str_t *text);
static ngx_int_t ngx_http_hpf_openapi_make(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_main_conf_t *hmcf);
static json_t *ngx_http_hpf_openapi_call(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_http_hpf_route_t *route);
static json_t *ngx_http_hpf_openapi_path(const char *pattern);
static json_t *ngx_http_hpf_openapi_parameters(ngx_uint_t flags,
    ngx_uint_t path, const char *const *query);
static void ngx_http_hpf_openapi_parameter(json_t *list, const char *name,
    const char *in);
static json_t *ngx_http_hpf_openapi_responses(
    const ngx_http_hpf_openapi_answer_t *answer);
static json_t *ngx_http_hpf_openapi_body(const char *name, json_t *schema);
static ngx_int_t ngx_http_hpf_openapi_items(ngx_http_hpf_ctx_t *ctx,
    json_t *paths);
static json_t *ngx_http_hpf_openapi_item(ngx_http_hpf_ctx_t *ctx,
    const hpf_manifest_t *mf);
static const char *ngx_http_hpf_openapi_method(ngx_uint_t method);
static json_t *ngx_http_hpf_openapi_security(void);
static json_t *ngx_http_hpf_openapi_components(void);


/*
 * With hundreds of items it takes milliseconds to make, so each worker keeps
 * what it made of the items that are loaded now.
 */

ngx_int_t
ngx_http_hpf_openapi_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                 version;
    ngx_http_hpf_openapi_t    *kept;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    kept = &hmcf->openapi[ctx->en ? 1 : 0];
    version = hmcf->plugins ? ngx_hpf_plugins_version(hmcf->plugins) : 0;

    if (kept->text.data == NULL || kept->version != version) {

        if (ngx_http_hpf_openapi_make(ctx, hmcf) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_hpf_openapi_keep(kept, version, &ctx->answer);
    }

    ctx->status = NGX_HTTP_OK;
    ctx->answer.len = kept->text.len;
    ctx->answer.data = ngx_pstrdup(r->pool, &kept->text);

    return ctx->answer.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_openapi_keep(ngx_http_hpf_openapi_t *kept, ngx_uint_t version,
    ngx_str_t *text)
{
    ngx_free(kept->text.data);

    kept->version = version;
    kept->text.len = text->len;
    kept->text.data = ngx_alloc(text->len, ngx_cycle->log);

    if (kept->text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(kept->text.data, text->data, text->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_openapi_make(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_main_conf_t *hmcf)
{
    json_t                      *paths, *path, *name;
    const ngx_http_hpf_route_t  *route;

    paths = json_object();

    for (route = ngx_http_hpf_route_table(); route->pattern; route++) {

        name = ngx_http_hpf_openapi_path(route->pattern);
        path = json_object_get(paths, json_string_value(name));

        if (path == NULL) {
            path = json_object();
            (void) json_object_set_new(paths, json_string_value(name), path);
        }

        (void) json_object_set_new(path,
                           ngx_http_hpf_openapi_method(route->method),
                           ngx_http_hpf_openapi_call(hmcf, route));
        json_decref(name);
    }

    if (ngx_http_hpf_openapi_items(ctx, paths) != NGX_OK) {
        json_decref(paths);
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
               json_pack("{s:s,s:{s:s,s:s},s:o,s:o}",
                         "openapi", "3.1.0",
                         "info", "title", "HPF gateway", "version", "1",
                         "paths", paths,
                         "components", ngx_http_hpf_openapi_components()));
}


/* "/v1/items/{}" becomes "/v1/items/{id}". */

static json_t *
ngx_http_hpf_openapi_path(const char *pattern)
{
    const char  *p;

    p = ngx_strstr(pattern, "{}");

    return p ? json_sprintf("%.*s{id}%s", (int) (p - pattern), pattern, p + 2)
             : json_string(pattern);
}


static json_t *
ngx_http_hpf_openapi_call(ngx_http_hpf_main_conf_t *hmcf,
    const ngx_http_hpf_route_t *route)
{
    json_t                               *call, *form;
    ngx_uint_t                            flags;
    const ngx_http_hpf_openapi_answer_t  *answer;

    answer = ngx_http_hpf_openapi_answer(route->name);
    flags = route->flags;

    if (route->method != NGX_HTTP_GET && (flags & NGX_HTTP_HPF_R_SESSION)) {
        flags |= NGX_HTTP_HPF_OPENAPI_CSRF;
    }

    call = json_pack("{s:s,s:o,s:o}", "operationId", route->name,
                     "parameters",
                     ngx_http_hpf_openapi_parameters(flags,
                                 ngx_strstr(route->pattern, "{}") != NULL,
                                 answer->query),
                     "responses", ngx_http_hpf_openapi_responses(answer));

    if (route->form) {
        form = json_loads(route->form, 0, NULL);

        if (route->flags & NGX_HTTP_HPF_R_FACTORS) {
            ngx_http_hpf_factor_describe(hmcf, form);
        }

        (void) json_object_set_new(call, "requestBody",
                   ngx_http_hpf_openapi_body(route->name, form));
    }

    if (flags & NGX_HTTP_HPF_R_SESSION) {
        (void) json_object_set_new(call, "security",
                                   ngx_http_hpf_openapi_security());
    }

    return call;
}


static json_t *
ngx_http_hpf_openapi_parameters(ngx_uint_t flags, ngx_uint_t path,
    const char *const *query)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();

    if (path) {
        ngx_http_hpf_openapi_parameter(list, "id", "path");
    }

    for (i = 0; i < 2 && query[i]; i++) {
        ngx_http_hpf_openapi_parameter(list, query[i], "query");
    }

    if (flags & NGX_HTTP_HPF_R_CHANNEL) {

        /* not of a signed channel, which its signature names */

        ngx_http_hpf_openapi_parameter(list, "X-HPF-Channel", "header");
    }

    if (flags & NGX_HTTP_HPF_R_IDEMPOTENT) {
        ngx_http_hpf_openapi_parameter(list, "Idempotency-Key", "header");
    }

    if (flags & NGX_HTTP_HPF_OPENAPI_CSRF) {

        /* of a browser */

        ngx_http_hpf_openapi_parameter(list, "X-CSRF-Token", "header");
    }

    return list;
}


static void
ngx_http_hpf_openapi_parameter(json_t *list, const char *name,
    const char *in)
{
    (void) json_array_append_new(list,
               json_pack("{s:s,s:s,s:b,s:{s:s}}", "name", name, "in", in,
                         "required", ngx_strcmp(in, "path") == 0,
                         "schema", "type", "string"));
}


static json_t *
ngx_http_hpf_openapi_responses(const ngx_http_hpf_openapi_answer_t *answer)
{
    json_t  *ok;

    ok = json_pack("{s:s}", "description", "Done");

    if (answer->answer) {
        (void) json_object_set_new(ok, "content",
                   json_pack("{s:{s:o}}", "application/json", "schema",
                             json_loads(answer->answer, 0, NULL)));
    }

    return json_pack("{s:o,s:{s:s}}", answer->status, ok, "default",
                     "$ref", "#/components/responses/Problem");
}


/* With an id of its own, "#/$defs" of a form is found in the form. */

static json_t *
ngx_http_hpf_openapi_body(const char *name, json_t *schema)
{
    if (json_object_get(schema, "$id") == NULL) {
        (void) json_object_set_new(schema, "$id",
                                   json_sprintf("urn:hpf:form:%s", name));
    }

    return json_pack("{s:b,s:{s:{s:o}}}", "required", 1, "content",
                     "application/json", "schema", schema);
}


static ngx_int_t
ngx_http_hpf_openapi_items(ngx_http_hpf_ctx_t *ctx, json_t *paths)
{
    json_t                    *name;
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_hpf_plugin_t          *plugin;
    const hpf_manifest_t      *mf;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    for (i = 0; hmcf->plugins; i++) {

        plugin = ngx_hpf_plugins_nth(hmcf->plugins, i);

        if (plugin == NULL) {
            break;
        }

        mf = ngx_hpf_plugin_manifest(plugin);

        if (mf->kind != HPF_MANIFEST_ITEM) {
            continue;
        }

        name = json_sprintf("/v1/items/%s", mf->id);
        rc = json_object_set_new(paths, json_string_value(name),
                 json_pack("{s:o}", "post",
                           ngx_http_hpf_openapi_item(ctx, mf)));
        json_decref(name);

        if (rc != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static json_t *
ngx_http_hpf_openapi_item(ngx_http_hpf_ctx_t *ctx, const hpf_manifest_t *mf)
{
    json_t                               *call, *form;
    const ngx_http_hpf_openapi_answer_t  *answer;

    static const char *const  none[2] = { NULL, NULL };

    answer = ngx_http_hpf_openapi_answer(mf->mode == HPF_MANIFEST_QUERY
                                         ? "query" : "application");

    form = json_object_get(mf->json, "form");
    form = form ? json_copy(form) : json_object();

    call = json_pack("{s:s,s:s,s:o,s:o,s:o}", "operationId", mf->id,
                     "summary", ctx->en ? mf->name_en : mf->name_zh,
                     "parameters",
                     ngx_http_hpf_openapi_parameters(NGX_HTTP_HPF_R_CHANNEL
                                           |NGX_HTTP_HPF_R_IDEMPOTENT
                                           |NGX_HTTP_HPF_OPENAPI_CSRF, 0,
                                           none),
                     "requestBody", ngx_http_hpf_openapi_body(mf->id, form),
                     "responses", ngx_http_hpf_openapi_responses(answer));

    if (mf->level) {
        (void) json_object_set_new(call, "security",
                                   ngx_http_hpf_openapi_security());
    }

    return call;
}


static const char *
ngx_http_hpf_openapi_method(ngx_uint_t method)
{
    switch (method) {

    case NGX_HTTP_POST:
        return "post";

    case NGX_HTTP_PUT:
        return "put";

    case NGX_HTTP_DELETE:
        return "delete";
    }

    return "get";
}


static json_t *
ngx_http_hpf_openapi_security(void)
{
    return json_pack("[{s:[]},{s:[]}]", "bearer", "cookie");
}


static json_t *
ngx_http_hpf_openapi_components(void)
{
    json_t                *codes, *properties;
    const char            *name, *last;
    ngx_http_hpf_code_e    code;

    codes = json_array();
    last = "";

    for (code = 0; code < NGX_HTTP_HPF_CODES; code++) {
        name = ngx_http_hpf_problem_name(code);

        if (ngx_strcmp(name, last) != 0) {
            (void) json_array_append_new(codes, json_string(name));
        }

        last = name;
    }

    /* of the filter, which stands without the rest */

    (void) json_array_append_new(codes, json_string("mask-unscannable"));

    properties = json_pack("{s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:s},s:{s:o}}",
                           "type", "type", "string",
                           "title", "type", "string",
                           "status", "type", "integer",
                           "detail", "type", "string",
                           "instance", "type", "string",
                           "code", "enum", codes);

    return json_pack("{s:{s:{s:s,s:{s:{s:{s:s,s:o}}}}},"
                     "s:{s:{s:s,s:s},s:{s:s,s:s,s:s}}}",
                     "responses", "Problem",
                     "description", "A problem document, RFC 9457",
                     "content", "application/problem+json", "schema",
                     "type", "object", "properties", properties,
                     "securitySchemes", "bearer",
                     "type", "http", "scheme", "bearer",
                     "cookie", "type", "apiKey", "in", "cookie",
                     "name", NGX_HTTP_HPF_COOKIE);
}
