/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_path.h"
#include "ngx_http_hpf_item_mask.h"
#include "ngx_http_hpf_mask_rule.h"


/* An item is mostly called in one location. */

typedef struct ngx_http_hpf_item_mask_at_s  ngx_http_hpf_item_mask_at_t;

struct ngx_http_hpf_item_mask_at_s {
    ngx_http_hpf_mask_set_t       set;
    ngx_http_hpf_mask_set_t      *location;
    ngx_http_hpf_item_mask_at_t  *next;
};


struct ngx_http_hpf_item_mask_s {
    ngx_pool_t                   *pool;
    const hpf_manifest_t         *manifest;
    ngx_http_hpf_item_mask_at_t  *at;
};


static ngx_int_t ngx_http_hpf_item_mask_compile(
    ngx_http_hpf_item_mask_t *mask, const hpf_mask_rules_t *base,
    hpf_mask_rules_t **rules);
static int ngx_http_hpf_item_mask_apply(hpf_mask_rules_t *rules,
    const hpf_manifest_mask_t *m);


ngx_http_hpf_item_mask_t *
ngx_http_hpf_item_mask_create(ngx_pool_t *pool, const hpf_manifest_t *mf)
{
    size_t                     i, nkeys, npaths;
    ngx_http_hpf_item_mask_t  *mask;

    nkeys = 0;
    npaths = 0;

    for (i = 0; i < mf->nmask; i++) {
        nkeys += mf->mask[i].nkeys;
        npaths += mf->mask[i].npaths;
    }

    /* whether they fit is known before anybody asks for the item */

    if (!ngx_http_hpf_mask_fits((ngx_cycle_t *) ngx_cycle, nkeys, npaths)) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf plugin: \"%s\" has too many rules of masking: there "
                      "may be %d names and %d paths, those of the "
                      "configuration with them", mf->id, HPF_MASK_RULES_MAX,
                      HPF_MASK_PATHS);
        return NULL;
    }

    mask = ngx_pcalloc(pool, sizeof(ngx_http_hpf_item_mask_t));
    if (mask == NULL) {
        return NULL;
    }

    mask->pool = pool;
    mask->manifest = mf;

    return mask;
}


ngx_http_hpf_mask_set_t *
ngx_http_hpf_item_mask_set(ngx_http_hpf_item_mask_t *mask,
    ngx_http_hpf_mask_set_t *location)
{
    hpf_mask_rules_t             *rules;
    ngx_http_hpf_item_mask_at_t  *at;

    for (at = mask->at; at; at = at->next) {

        if (at->location == location) {
            return &at->set;
        }
    }

    at = ngx_pcalloc(mask->pool, sizeof(ngx_http_hpf_item_mask_at_t));
    if (at == NULL) {
        return NULL;
    }

    if (ngx_http_hpf_item_mask_compile(mask, location->rules, &rules)
        != NGX_OK)
    {
        return NULL;
    }

    at->location = location;
    at->set.rules = rules;
    at->set.pool = mask->pool;

    at->next = mask->at;
    mask->at = at;

    return &at->set;
}


static ngx_int_t
ngx_http_hpf_item_mask_compile(ngx_http_hpf_item_mask_t *mask,
    const hpf_mask_rules_t *base, hpf_mask_rules_t **rules)
{
    int               rc;
    size_t            i;
    hpf_mask_alloc_t  alloc;

    ngx_http_hpf_mask_rule_alloc(&alloc, mask->pool);

    *rules = hpf_mask_rules_create(&alloc, base);
    if (*rules == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < mask->manifest->nmask; i++) {
        rc = ngx_http_hpf_item_mask_apply(*rules, &mask->manifest->mask[i]);

        if (rc != HPF_OK) {
            return (rc == HPF_DECLINED) ? NGX_DECLINED : NGX_ERROR;
        }
    }

    return hpf_mask_rules_compile(*rules) == HPF_OK ? NGX_OK : NGX_ERROR;
}


static int
ngx_http_hpf_item_mask_apply(hpf_mask_rules_t *rules,
    const hpf_manifest_mask_t *m)
{
    int     rc;
    size_t  i;

    for (i = 0; i < m->nkeys; i++) {
        rc = hpf_mask_rules_key(rules, m->keys[i], ngx_strlen(m->keys[i]),
                                &m->shape);
        if (rc != HPF_OK) {
            return rc;
        }
    }

    for (i = 0; i < m->npaths; i++) {
        rc = hpf_mask_path_add(rules, m->paths[i], ngx_strlen(m->paths[i]),
                               &m->shape);
        if (rc != HPF_OK) {
            return rc;
        }
    }

    return HPF_OK;
}
