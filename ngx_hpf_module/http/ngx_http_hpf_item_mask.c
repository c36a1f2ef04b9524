/*
 * Copyright (C) the HPF gateway authors
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_path.h"
#include "ngx_http_hpf_item_mask.h"
#include "ngx_http_hpf_mask_rule.h"


/* "/result", and a field of a scope, which has 128 bytes at most */
#define NGX_HTTP_HPF_ITEM_MASK_PATH  160


/* An item is mostly called in one location, and by most without scopes. */

typedef struct ngx_http_hpf_item_mask_at_s  ngx_http_hpf_item_mask_at_t;

struct ngx_http_hpf_item_mask_at_s {
    ngx_http_hpf_mask_set_t       set;
    ngx_http_hpf_mask_set_t      *location;
    ngx_uint_t                    scopes;
    ngx_http_hpf_item_mask_at_t  *next;
};


struct ngx_http_hpf_item_mask_s {
    ngx_pool_t                   *pool;
    const hpf_manifest_t         *manifest;
    ngx_http_hpf_item_mask_at_t  *at;
};


static size_t ngx_http_hpf_item_mask_paths(const hpf_manifest_scope_t *scope);
static ngx_int_t ngx_http_hpf_item_mask_compile(
    ngx_http_hpf_item_mask_t *mask, const hpf_mask_rules_t *base,
    ngx_uint_t scopes, hpf_mask_rules_t **rules);
static int ngx_http_hpf_item_mask_scopes(hpf_mask_rules_t *rules,
    const hpf_manifest_t *mf, ngx_uint_t scopes);
static ngx_uint_t ngx_http_hpf_item_mask_within(const hpf_manifest_t *mf,
    ngx_uint_t scopes, const char *field);
static int ngx_http_hpf_item_mask_grant(hpf_mask_rules_t *rules,
    const char *field);
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

    for (i = 0; i < mf->nscopes; i++) {
        npaths += ngx_http_hpf_item_mask_paths(&mf->scopes[i]);
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


/* How many rules it takes, at most. */

static size_t
ngx_http_hpf_item_mask_paths(const hpf_manifest_scope_t *scope)
{
    size_t       i, n;
    const char  *p;

    n = 1;

    for (i = 0; i < scope->nfields; i++) {

        for (p = scope->fields[i]; *p; p++) {
            n += (*p == '/') ? 2 : 0;
        }
    }

    return n;
}


ngx_http_hpf_mask_set_t *
ngx_http_hpf_item_mask_set(ngx_http_hpf_item_mask_t *mask,
    ngx_http_hpf_mask_set_t *location, ngx_uint_t scopes)
{
    hpf_mask_rules_t             *rules;
    ngx_http_hpf_item_mask_at_t  *at;

    for (at = mask->at; at; at = at->next) {

        if (at->location == location && at->scopes == scopes) {
            return &at->set;
        }
    }

    at = ngx_pcalloc(mask->pool, sizeof(ngx_http_hpf_item_mask_at_t));
    if (at == NULL) {
        return NULL;
    }

    if (ngx_http_hpf_item_mask_compile(mask, location->rules, scopes, &rules)
        != NGX_OK)
    {
        return NULL;
    }

    at->location = location;
    at->scopes = scopes;
    at->set.rules = rules;
    at->set.pool = mask->pool;

    at->next = mask->at;
    mask->at = at;

    return &at->set;
}


static ngx_int_t
ngx_http_hpf_item_mask_compile(ngx_http_hpf_item_mask_t *mask,
    const hpf_mask_rules_t *base, ngx_uint_t scopes, hpf_mask_rules_t **rules)
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

    if (scopes
        && ngx_http_hpf_item_mask_scopes(*rules, mask->manifest, scopes)
           != HPF_OK)
    {
        return NGX_ERROR;
    }

    return hpf_mask_rules_compile(*rules) == HPF_OK ? NGX_OK : NGX_ERROR;
}


/* All of the result is withheld but for the fields of these scopes. */

static int
ngx_http_hpf_item_mask_scopes(hpf_mask_rules_t *rules,
    const hpf_manifest_t *mf, ngx_uint_t scopes)
{
    int                          rc;
    size_t                       i, j;
    const hpf_manifest_scope_t  *scope;

    rc = hpf_mask_path_scope(rules, "/result/*", sizeof("/result/*") - 1,
                             HPF_MASK_PATH_WITHHELD);

    for (i = 0; i < mf->nscopes; i++) {
        scope = &mf->scopes[i];

        for (j = 0; (scopes >> i & 1) && j < scope->nfields; j++) {

            if (rc == HPF_OK
                && !ngx_http_hpf_item_mask_within(mf, scopes,
                                                  scope->fields[j]))
            {
                rc = ngx_http_hpf_item_mask_grant(rules, scope->fields[j]);
            }
        }
    }

    return rc;
}


/* 1: it is granted with all that another field has. */

static ngx_uint_t
ngx_http_hpf_item_mask_within(const hpf_manifest_t *mf, ngx_uint_t scopes,
    const char *field)
{
    size_t                       i, j, len;
    const hpf_manifest_scope_t  *scope;

    for (i = 0; i < mf->nscopes; i++) {
        scope = &mf->scopes[i];

        for (j = 0; (scopes >> i & 1) && j < scope->nfields; j++) {
            len = ngx_strlen(scope->fields[j]);

            if (ngx_strncmp(field, scope->fields[j], len) == 0
                && field[len] == '/')
            {
                return 1;
            }
        }
    }

    return 0;
}


/*
 * "/items/x" grants /result/items and of its members x alone; a star stands
 * for elements and all members, of which none is withheld.
 */

static int
ngx_http_hpf_item_mask_grant(hpf_mask_rules_t *rules, const char *field)
{
    int          rc;
    u_char       path[NGX_HTTP_HPF_ITEM_MASK_PATH], *p;
    const char  *end, *next;

    end = field;

    for ( ;; ) {
        next = ngx_strchr(end + 1, '/');
        next = next ? next : end + ngx_strlen(end);

        p = ngx_snprintf(path, sizeof(path), "/result%*s",
                         (size_t) (next - field), field);

        rc = hpf_mask_path_scope(rules, (char *) path, p - path,
                                 HPF_MASK_PATH_GRANTED);

        if (rc != HPF_OK || *next == '\0') {
            return rc;
        }

        end = next;

        if (end[1] == '*' && (end[2] == '/' || end[2] == '\0')) {
            continue;
        }

        p = ngx_snprintf(path, sizeof(path), "/result%*s/*",
                         (size_t) (end - field), field);

        rc = hpf_mask_path_scope(rules, (char *) path, p - path,
                                 HPF_MASK_PATH_WITHHELD);

        if (rc != HPF_OK) {
            return rc;
        }
    }
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
