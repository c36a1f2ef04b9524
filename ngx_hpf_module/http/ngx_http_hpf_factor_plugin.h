/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Factors that plugins prove.  What was sent with one is checked by the form
 * of its plugin, and the generation that checked it is the one that runs,
 * whatever is loaded meanwhile.
 */

#ifndef _NGX_HTTP_HPF_FACTOR_PLUGIN_H_INCLUDED_
#define _NGX_HTTP_HPF_FACTOR_PLUGIN_H_INCLUDED_


#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_FACTOR_PLUGINS  3     /* those that may be plugins */

typedef struct {
    ngx_uint_t            factor;          /* one of F_ */
    ngx_hpf_plugin_t     *plugin;          /* referenced */
    json_t               *form;            /* what was sent, owned */
} ngx_http_hpf_factor_plugin_t;

struct ngx_http_hpf_factor_plugins_s {
    ngx_uint_t            n;
    ngx_uint_t            next;            /* to be asked */
    ngx_http_hpf_factor_plugin_t  one[NGX_HTTP_HPF_FACTOR_PLUGINS];
};


/*
 * _factor_form.c: checks factors[] of ctx->form by what is loaded and makes
 * ctx->factors; faults are added to the list.  NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_http_hpf_factor_form(ngx_http_hpf_ctx_t *ctx, json_t *faults);

/* The same for a description: into "$defs/factor" of the schema of a call. */
void ngx_http_hpf_factor_describe(ngx_http_hpf_main_conf_t *hmcf,
    json_t *schema);

/* Those of F_ that are built in or loaded, and the names of some of them. */
ngx_uint_t ngx_http_hpf_factor_offered(ngx_http_hpf_main_conf_t *hmcf);
json_t *ngx_http_hpf_factor_names(ngx_http_hpf_main_conf_t *hmcf,
    ngx_uint_t factors);


/* A fact of the person for the factor under way, as its manifest has it. */
ngx_str_t ngx_http_hpf_factor_plugin_fact(ngx_http_hpf_ctx_t *ctx,
    const char *name);


#endif /* _NGX_HTTP_HPF_FACTOR_PLUGIN_H_INCLUDED_ */
