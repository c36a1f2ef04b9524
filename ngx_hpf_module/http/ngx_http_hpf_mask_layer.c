/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_path.h"
#include "ngx_http_hpf_mask_conf.h"
#include "ngx_http_hpf_mask_layer.h"
#include "ngx_http_hpf_mask_rule.h"


static ngx_int_t ngx_http_hpf_mask_layer_count(ngx_conf_t *cf,
    ngx_http_hpf_mask_layers_t *all);


ngx_int_t
ngx_http_hpf_mask_layer_create(ngx_conf_t *cf,
    ngx_http_hpf_mask_layers_t *all)
{
    if (ngx_array_init(&all->layers, cf->pool, 4,
                       sizeof(ngx_http_hpf_mask_layer_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_array_init(&all->sets, cf->pool, 4,
                          sizeof(ngx_http_hpf_mask_set_t *));
}


char *
ngx_http_hpf_mask_layer_rule(ngx_conf_t *cf,
    ngx_http_hpf_mask_layer_t **layer)
{
    ngx_http_hpf_mask_layer_t      **l;
    ngx_http_hpf_mask_main_conf_t   *hmmcf;

    hmmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_hpf_mask_filter_module);

    if (*layer == NULL) {
        *layer = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_layer_t));
        l = ngx_array_push(&hmmcf->all.layers);

        if (*layer == NULL || l == NULL) {
            return NGX_CONF_ERROR;
        }

        *l = *layer;

        (*layer)->number = hmmcf->all.layers.nelts - 1;
        (*layer)->file = cf->conf_file->file.name.data;
        (*layer)->line = cf->conf_file->line;
    }

    return ngx_http_hpf_mask_rule_line(cf, &(*layer)->own);
}


ngx_http_hpf_mask_set_t *
ngx_http_hpf_mask_layer_set(ngx_conf_t *cf, ngx_array_t *own,
    ngx_http_hpf_mask_set_t *base)
{
    ngx_int_t                        rc;
    hpf_mask_rules_t                *rules;
    ngx_http_hpf_mask_set_t         *set, **s;
    ngx_http_hpf_mask_main_conf_t   *hmmcf;

    if (base != NULL && own == NULL) {
        return base;
    }

    hmmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_hpf_mask_filter_module);

    set = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_set_t));
    s = ngx_array_push(&hmmcf->all.sets);

    if (set == NULL || s == NULL) {
        return NULL;
    }

    rc = ngx_http_hpf_mask_rule_compile(cf->pool, own,
                                        base ? base->rules : NULL, &rules);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many rules of masking: there may be %d names "
                           "and %d paths",
                           HPF_MASK_RULES_MAX, HPF_MASK_PATHS);
    }

    if (rc != NGX_OK) {
        return NULL;
    }

    set->rules = rules;
    set->pool = cf->pool;

    *s = set;

    return set;
}


ngx_int_t
ngx_http_hpf_mask_layer_init(ngx_conf_t *cf, ngx_http_hpf_mask_layers_t *all)
{
    size_t                      nkeys, npaths;
    ngx_uint_t                  i;
    ngx_http_hpf_mask_set_t   **set;

    nkeys = 0;
    npaths = 0;
    set = all->sets.elts;

    for (i = 0; i < all->sets.nelts; i++) {
        nkeys = ngx_max(nkeys, set[i]->rules->nkeys);
        npaths = ngx_max(npaths, set[i]->rules->npaths);
    }

    all->nkeys = nkeys;
    all->npaths = npaths;

    return ngx_http_hpf_mask_layer_count(cf, all);
}


/* Every layer has to fit on the largest set. */

static ngx_int_t
ngx_http_hpf_mask_layer_count(ngx_conf_t *cf,
    ngx_http_hpf_mask_layers_t *all)
{
    size_t                       nkeys, npaths;
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    hpf_mask_alloc_t             alloc;
    hpf_mask_rules_t            *none, *rules;
    ngx_http_hpf_mask_layer_t  **layer;

    nkeys = all->nkeys;
    npaths = all->npaths;
    layer = all->layers.elts;

    ngx_http_hpf_mask_rule_alloc(&alloc, cf->temp_pool);

    none = hpf_mask_rules_create(&alloc, NULL);
    if (none == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < all->layers.nelts; i++) {
        rc = ngx_http_hpf_mask_rule_compile(cf->temp_pool, layer[i]->own,
                                            none, &rules);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED
            || nkeys + rules->nkeys > HPF_MASK_RULES_MAX
            || npaths + rules->npaths > HPF_MASK_PATHS)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "too many rules of masking: there may be %d names "
                          "and %d paths, those of a location and of a channel "
                          "together, in %s:%ui", HPF_MASK_RULES_MAX,
                          HPF_MASK_PATHS, layer[i]->file, layer[i]->line);
            return NGX_ERROR;
        }

        all->nkeys = ngx_max(all->nkeys, nkeys + rules->nkeys);
        all->npaths = ngx_max(all->npaths, npaths + rules->npaths);
    }

    return NGX_OK;
}


const hpf_mask_rules_t *
ngx_http_hpf_mask_layer_on(ngx_http_hpf_mask_set_t *set,
    ngx_http_hpf_mask_layer_t *layer, ngx_uint_t nlayers)
{
    hpf_mask_rules_t  *rules;

    if (layer == NULL) {
        return set->rules;
    }

    if (set->with == NULL) {
        set->with = ngx_pcalloc(set->pool,
                                nlayers * sizeof(hpf_mask_rules_t *));
        if (set->with == NULL) {
            return NULL;
        }
    }

    if (set->with[layer->number] == NULL) {

        if (ngx_http_hpf_mask_rule_compile(set->pool, layer->own, set->rules,
                                           &rules)
            != NGX_OK)
        {
            return NULL;
        }

        set->with[layer->number] = rules;
    }

    return set->with[layer->number];
}
