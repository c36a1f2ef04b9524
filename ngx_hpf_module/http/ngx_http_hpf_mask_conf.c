/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Directives of the masking filter.  Rules of a level extend those of the
 * level above it, and those of the http block the built-in ones.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_rule.h"


static char *ngx_http_hpf_mask_conf_rule(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_hpf_mask_conf_rules(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_http_hpf_mask_conf_has(ngx_hash_t *types, char *name);


static ngx_conf_enum_t  ngx_http_hpf_mask_unscannable[] = {
    { ngx_string("refuse"), NGX_HTTP_HPF_MASK_REFUSE },
    { ngx_string("pass"), NGX_HTTP_HPF_MASK_PASS },
    { ngx_null_string, 0 }
};


static ngx_str_t  ngx_http_hpf_mask_types[] = {
    ngx_string("application/json"),
    ngx_string("application/*+json"),
    ngx_string("application/x-json"),
    ngx_string("application/json5"),
    ngx_string("application/json-seq"),
    ngx_string("application/geo+json-seq"),
    ngx_string("application/x-ndjson"),
    ngx_string("application/ndjson"),
    ngx_string("application/jsonl"),
    ngx_string("application/jsonlines"),
    ngx_string("application/x-jsonlines"),
    ngx_string("application/javascript"),
    ngx_string("application/x-javascript"),
    ngx_string("application/ecmascript"),
    ngx_string("application/yaml"),
    ngx_string("application/x-yaml"),
    ngx_string("application/csv"),
    ngx_string("application/xml"),
    ngx_string("application/*+xml"),
    ngx_string("application/x-www-form-urlencoded"),
    ngx_string("text/*"),
    ngx_null_string
};


ngx_command_t  ngx_http_hpf_mask_commands[] = {

    { ngx_string("hpf_mask"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, enable),
      NULL },

    { ngx_string("hpf_mask_types"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_types_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, types_keys),
      &ngx_http_hpf_mask_types[0] },

    { ngx_string("hpf_mask_rule"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_hpf_mask_conf_rule,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_mask_rules"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_mask_conf_rules,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_mask_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hpf_mask_hash_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_mask_unscannable"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, unscannable),
      &ngx_http_hpf_mask_unscannable },

    /* see ngx_http_hpf_mask_http_conf.c */

    { ngx_string("hpf_mask_charset"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_mask_http_conf_charset,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_mask_request"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, http.request),
      NULL },

    { ngx_string("hpf_mask_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_hpf_mask_http_conf_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


void *
ngx_http_hpf_mask_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_main_conf_t));

    if (conf == NULL
        || ngx_http_hpf_mask_layer_create(cf, &conf->all) != NGX_OK)
    {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->base = NULL;
     *     conf->hash = { NULL, ... };
     *     conf->blocks = NULL;
     */

    conf->pool = cf->pool;
    conf->nblocks = NGX_HTTP_HPF_MASK_BLOCKS;

    return conf;
}


char *
ngx_http_hpf_mask_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_hpf_mask_main_conf_t *hmmcf = conf;

    return ngx_http_hpf_mask_hash_init(cf, &hmmcf->hash);
}


void *
ngx_http_hpf_mask_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->types = { NULL };
     *     conf->types_keys = NULL;
     *     conf->own = NULL;
     *     conf->set = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->unscannable = NGX_CONF_UNSET_UINT;

    ngx_http_hpf_mask_http_conf_init(&conf->http);

    return conf;
}


char *
ngx_http_hpf_mask_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_hpf_mask_loc_conf_t *prev = parent;
    ngx_http_hpf_mask_loc_conf_t *conf = child;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_uint_value(conf->unscannable, prev->unscannable,
                              NGX_HTTP_HPF_MASK_REFUSE);

    ngx_http_hpf_mask_http_conf_merge(&conf->http, &prev->http);

    if (ngx_http_merge_types(cf, &conf->types_keys, &conf->types,
                             &prev->types_keys, &prev->types,
                             ngx_http_hpf_mask_types)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->all_text = ngx_http_hpf_mask_conf_has(&conf->types, "text/*");
    conf->all_json = ngx_http_hpf_mask_conf_has(&conf->types,
                                                "application/*+json");
    conf->all_xml = ngx_http_hpf_mask_conf_has(&conf->types,
                                               "application/*+xml");

    /* the http block itself is merged into nothing */

    if (prev->set == NULL) {
        prev->set = ngx_http_hpf_mask_layer_set(cf, prev->own, NULL);
        if (prev->set == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    conf->set = ngx_http_hpf_mask_layer_set(cf, conf->own, prev->set);
    if (conf->set == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_hpf_mask_conf_base(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_loc_conf_t   *hmlcf;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmlcf = ngx_http_conf_get_module_loc_conf(cf,
                                              ngx_http_hpf_mask_filter_module);
    hmmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_hpf_mask_filter_module);

    if (hmlcf->set == NULL) {
        hmlcf->set = ngx_http_hpf_mask_layer_set(cf, hmlcf->own, NULL);
        if (hmlcf->set == NULL) {
            return NGX_ERROR;
        }
    }

    hmmcf->base = hmlcf->set;

    return ngx_http_hpf_mask_layer_init(cf, &hmmcf->all);
}


/* hpf_mask_rule key NAME[,NAME...] | value KIND|all [on|off] ... */

static char *
ngx_http_hpf_mask_conf_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_mask_loc_conf_t *hmlcf = conf;

    return ngx_http_hpf_mask_rule_line(cf, &hmlcf->own);
}


/* hpf_mask_rules FILE */

static char *
ngx_http_hpf_mask_conf_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_mask_loc_conf_t *hmlcf = conf;

    return ngx_http_hpf_mask_rule_file(cf, &hmlcf->own);
}


static ngx_uint_t
ngx_http_hpf_mask_conf_has(ngx_hash_t *types, char *name)
{
    size_t  len;

    if (types->size == 0) {
        return 0;
    }

    len = ngx_strlen(name);

    return ngx_hash_find(types, ngx_hash_key((u_char *) name, len),
                         (u_char *) name, len)
           != NULL;
}
