/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking filter: the module, and the header filter, which decides
 * whether a body is masked and takes away what no longer holds for it.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_path.h"
#include "ngx_http_hpf_mask_body.h"
#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_error_log.h"
#include "ngx_http_hpf_mask_header.h"
#include "ngx_http_hpf_mask_sent.h"
#include "ngx_http_hpf_mask_uri.h"


static void ngx_http_hpf_mask_cleanup(void *data);
static ngx_int_t ngx_http_hpf_mask_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_filter_decode(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_http_hpf_mask_type_t *type);
static ngx_uint_t ngx_http_hpf_mask_has_body(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hpf_mask_is_head(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hpf_mask_is_parts(ngx_http_request_t *r);
static ngx_int_t ngx_http_hpf_mask_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hpf_mask_add_variables(ngx_conf_t *cf);
static ngx_int_t ngx_http_hpf_mask_init(ngx_conf_t *cf);


static ngx_str_t  ngx_http_hpf_mask_variable_name =
    ngx_string("hpf_masked_fields");


static ngx_http_module_t  ngx_http_hpf_mask_filter_module_ctx = {
    ngx_http_hpf_mask_add_variables,       /* preconfiguration */
    ngx_http_hpf_mask_init,                /* postconfiguration */

    ngx_http_hpf_mask_create_main_conf,    /* create main configuration */
    ngx_http_hpf_mask_init_main_conf,      /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_hpf_mask_create_loc_conf,     /* create location configuration */
    ngx_http_hpf_mask_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_hpf_mask_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_hpf_mask_filter_module_ctx,  /* module context */
    ngx_http_hpf_mask_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


ngx_int_t
ngx_http_hpf_mask_set_rules(ngx_http_request_t *r,
    ngx_http_hpf_mask_set_t *set)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->set = set;

    return ngx_http_hpf_mask_request_prepare(r);
}


ngx_int_t
ngx_http_hpf_mask_set_caller(ngx_http_request_t *r,
    ngx_http_hpf_mask_layer_t *layer, ngx_uint_t level)
{
    ngx_http_hpf_mask_ctx_t       *ctx;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);
    ctx = ngx_http_hpf_mask_get_ctx(r);

    /* where nothing is masked, a level that gets lost shows no more */

    if (ctx == NULL && layer == NULL && (level == 0 || !hmlcf->enable)) {
        return NGX_OK;
    }

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->layer = layer;
    ctx->level = level;

    return NGX_OK;
}


ngx_http_hpf_mask_set_t *
ngx_http_hpf_mask_location(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    return hmlcf->set;
}


ngx_uint_t
ngx_http_hpf_mask_count(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_get_ctx(r);
    if (ctx == NULL) {
        return 0;
    }

    return ctx->count + ((ctx->engine != NULL) ? ctx->engine->count : 0);
}


ngx_int_t
ngx_http_hpf_mask_add(ngx_http_request_t *r, ngx_uint_t count)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    if (count == 0) {
        return NGX_OK;
    }

    ctx = ngx_http_hpf_mask_create_ctx(r->main);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->count += count;

    return NGX_OK;
}


ngx_uint_t
ngx_http_hpf_mask_revealed(ngx_http_request_t *r, ngx_uint_t *kinds)
{
    ngx_http_hpf_mask_ctx_t  *ctx;

    *kinds = 0;

    ctx = ngx_http_hpf_mask_get_ctx(r);
    if (ctx == NULL) {
        return 0;
    }

    *kinds = ctx->reveals | (ctx->engine ? ctx->engine->reveals : 0);

    return ctx->revealed + (ctx->engine ? ctx->engine->revealed : 0);
}


ngx_uint_t
ngx_http_hpf_mask_fits(ngx_cycle_t *cycle, size_t nkeys, size_t npaths)
{
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_hpf_mask_filter_module);

    return hmmcf->all.nkeys + nkeys <= HPF_MASK_RULES_MAX
           && hmmcf->all.npaths + npaths <= HPF_MASK_PATHS;
}


/*
 * An internal redirect and an error page clear the contexts of a request; the
 * rules must outlive that, and are found again by the cleanup handler.
 */

ngx_http_hpf_mask_ctx_t *
ngx_http_hpf_mask_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_hpf_mask_filter_module);

    if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_hpf_mask_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_hpf_mask_filter_module);
            return ctx;
        }
    }

    return NULL;
}


ngx_http_hpf_mask_ctx_t *
ngx_http_hpf_mask_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_hpf_mask_ctx_t  *ctx;

    ctx = ngx_http_hpf_mask_get_ctx(r);
    if (ctx != NULL) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hpf_mask_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_hpf_mask_ctx_t));
    ctx->request = r;

    cln->handler = ngx_http_hpf_mask_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_hpf_mask_filter_module);

    return ctx;
}


/* The context is found by it as well. */

static void
ngx_http_hpf_mask_cleanup(void *data)
{
    ngx_http_hpf_mask_block_free(data);
}


static ngx_int_t
ngx_http_hpf_mask_header_filter(ngx_http_request_t *r)
{
    char                          *fault;
    off_t                          length;
    ngx_int_t                      rc;
    const hpf_mask_rules_t        *rules;
    ngx_http_hpf_mask_ctx_t       *ctx;
    ngx_http_hpf_mask_type_t       type;
    ngx_http_hpf_mask_loc_conf_t  *hmlcf;

    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);
    ctx = ngx_http_hpf_mask_get_ctx(r);

    if (ctx != NULL) {
        ctx->engine = NULL;
        ctx->refused = 0;
        ctx->held = 0;
        ctx->whole = 0;
    }

    if (hmlcf->http.fields != NULL && r == r->main
        && ngx_http_hpf_mask_header(r, hmlcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((!hmlcf->enable && (ctx == NULL || ctx->set == NULL))
        || !ngx_http_hpf_mask_has_body(r))
    {
        return ngx_http_next_header_filter(r);
    }

    rules = ngx_http_hpf_mask_filter_rules(r);
    if (rules == NULL) {
        return NGX_ERROR;
    }

    ngx_http_hpf_mask_type(hmlcf, &r->headers_out.content_type, &type);

    if (type.type == HPF_MASK_TYPES && !ngx_http_hpf_mask_is_parts(r)) {
        return ngx_http_next_header_filter(r);
    }

    /* the answer that the client has was masked */

    if (r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
        ngx_http_hpf_mask_refuse_headers(r);
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_hpf_mask_create_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    fault = ngx_http_hpf_mask_refuse_reason(r);

    if (fault != NULL) {

        if (hmlcf->unscannable == NGX_HTTP_HPF_MASK_PASS) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "hpf mask: %s cannot be scanned, passed unmasked",
                          fault);
            return ngx_http_next_header_filter(r);
        }

        if (ngx_http_hpf_mask_refuse(r, ctx, fault) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    rc = ngx_http_hpf_mask_filter_decode(r, ctx, hmlcf, &type);

    if (rc == NGX_DECLINED) {

        if (ngx_http_hpf_mask_refuse(r, ctx, "a body in such characters")
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    length = r->headers_out.content_length_n;

    ngx_http_hpf_mask_refuse_headers(r);

    if (ngx_http_hpf_mask_is_head(r)) {
        return ngx_http_next_header_filter(r);
    }

    /* an event stream opens before its first event */

    ctx->held = (type.type != HPF_MASK_TYPE_JSON_LINES
                 || ctx->inflate != NULL);

    if (ctx->held && ctx->inflate == NULL && r == r->main
        && length >= 0 && length <= NGX_HTTP_HPF_MASK_WHOLE)
    {
        ctx->whole = 1;
        ctx->copy = 1;
        ctx->left = (size_t) length;
    }

    if (ngx_http_hpf_mask_body_start(r, ctx, rules, &type) != NGX_OK) {
        return NGX_ERROR;
    }

    return ctx->held ? NGX_OK : ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_http_hpf_mask_filter_send(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


/*
 * A coding, and characters that are no UTF-8, are taken away.  NGX_DECLINED:
 * the characters cannot be.
 */

static ngx_int_t
ngx_http_hpf_mask_filter_decode(ngx_http_request_t *r,
    ngx_http_hpf_mask_ctx_t *ctx, ngx_http_hpf_mask_loc_conf_t *hmlcf,
    ngx_http_hpf_mask_type_t *type)
{
    ngx_int_t                  rc;
    ngx_uint_t                 coding;
    const hpf_mask_charset_t  *cs;

    ctx->inflate = NULL;
    ctx->convert = NULL;
    ctx->fallback = NULL;
    ctx->copy = 0;

    coding = ngx_http_hpf_mask_refuse_coding(r);

    if (coding != NGX_HTTP_HPF_MASK_IDENTITY) {
        ctx->inflate = ngx_http_hpf_mask_inflate_create(r->pool, coding);
        if (ctx->inflate == NULL) {
            return NGX_ERROR;
        }

        ctx->copy = 1;
    }

    if (r->headers_out.content_encoding != NULL) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    rc = ngx_http_hpf_mask_type_charset(r, hmlcf, &cs);

    ctx->need = (rc == NGX_DECLINED && type->type == HPF_MASK_TYPE_MARKUP)
                ? HPF_MASK_CHARSET_HEAD : NGX_HTTP_HPF_MASK_MARK;

    /* the header of these does not wait for what the body says */

    if (rc == NGX_DECLINED && type->type != HPF_MASK_TYPE_JSON_LINES
        && !ngx_http_hpf_mask_is_head(r))
    {
        ctx->fallback = cs;
        return NGX_OK;
    }

    if (cs == NULL || cs->name == NULL) {
        return NGX_OK;
    }

    if (hmlcf->http.charset != NGX_HTTP_HPF_MASK_CONVERT) {
        return NGX_DECLINED;
    }

    ctx->convert = ngx_http_hpf_mask_convert_create(r->pool, cs);
    if (ctx->convert == NULL) {
        return NGX_DECLINED;
    }

    ctx->copy = 1;

    ngx_http_hpf_mask_type_utf8(r);

    return NGX_OK;
}


const hpf_mask_rules_t *
ngx_http_hpf_mask_filter_rules(ngx_http_request_t *r)
{
    ngx_http_hpf_mask_set_t        *set;
    ngx_http_hpf_mask_ctx_t        *ctx, *caller;
    ngx_http_hpf_mask_loc_conf_t   *hmlcf;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_mask_filter_module);
    hmlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_mask_filter_module);

    ctx = ngx_http_hpf_mask_get_ctx(r);
    caller = ngx_http_hpf_mask_get_ctx(r->main);

    set = (ctx != NULL && ctx->set != NULL) ? ctx->set : hmlcf->set;

    return ngx_http_hpf_mask_layer_on(set, caller ? caller->layer : NULL,
                                      hmmcf->all.layers.nelts);
}


static ngx_uint_t
ngx_http_hpf_mask_has_body(ngx_http_request_t *r)
{
    /* what the gateway asks for itself, a plugin has to read */

    if (r->subrequest_in_memory && r->background) {
        return 0;
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_SWITCHING_PROTOCOLS:
    case NGX_HTTP_NO_CONTENT:
        return 0;

    default:
        return 1;
    }
}


/* nginx says so of HEAD in the last filter only. */

static ngx_uint_t
ngx_http_hpf_mask_is_head(ngx_http_request_t *r)
{
    return r->header_only || r->method == NGX_HTTP_HEAD;
}


/* The parts of such an answer have types of their own. */

static ngx_uint_t
ngx_http_hpf_mask_is_parts(ngx_http_request_t *r)
{
    return r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT
           && r->headers_out.content_type.len > 10
           && ngx_strncasecmp(r->headers_out.content_type.data,
                              (u_char *) "multipart/", 10)
              == 0;
}


static ngx_int_t
ngx_http_hpf_mask_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(p, "%ui", ngx_http_hpf_mask_count(r)) - p;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    var = ngx_http_add_variable(cf, &ngx_http_hpf_mask_variable_name,
                                NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_hpf_mask_variable;

    return ngx_http_hpf_mask_uri_variables(cf);
}


static ngx_int_t
ngx_http_hpf_mask_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_http_hpf_mask_conf_base(cf) != NGX_OK
        || ngx_http_hpf_mask_convert_open(cf->cycle->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_mask_error_log_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_mask_request_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_hpf_mask_sent_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_hpf_mask_header_filter;

    ngx_http_hpf_mask_body_init();

    return NGX_OK;
}
