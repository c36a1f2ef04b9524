/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Service items as the line sees them: what is made of a manifest when its
 * generation is loaded, and the conditions of an item.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_manifest.h"
#include "ngx_http_hpf_item_mask.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_mask_filter.h"
#include "ngx_http_hpf_user.h"


/* What hangs on a generation. */

typedef struct {
    ngx_array_t                limits;     /* ngx_http_hpf_limit_t */
    ngx_http_hpf_item_mask_t  *mask;       /* NULL: it has no rules */
} ngx_http_hpf_item_t;


static ngx_int_t ngx_http_hpf_item_limit(ngx_pool_t *pool,
    ngx_http_hpf_item_t *item, const hpf_manifest_t *mf,
    const hpf_manifest_limit_t *from);
static ngx_int_t ngx_http_hpf_item_masked(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_item_caller(ngx_http_request_t *r,
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_item_conditions(ngx_http_hpf_ctx_t *ctx,
    const hpf_manifest_t *mf);


ngx_int_t
ngx_http_hpf_item_load(ngx_hpf_plugin_t *plugin, void *data)
{
    size_t                 i;
    ngx_pool_t            *pool;
    ngx_http_hpf_item_t   *item;
    const hpf_manifest_t  *mf;

    pool = ngx_hpf_plugin_pool(plugin);
    mf = ngx_hpf_plugin_manifest(plugin);

    item = ngx_pcalloc(pool, sizeof(ngx_http_hpf_item_t));

    if (item == NULL
        || ngx_array_init(&item->limits, pool, 4,
                          sizeof(ngx_http_hpf_limit_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < mf->nlimits; i++) {

        if (ngx_http_hpf_item_limit(pool, item, mf, &mf->limits[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (mf->nmask || mf->nscopes) {
        item->mask = ngx_http_hpf_item_mask_create(pool, mf);
        if (item->mask == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_hpf_plugin_set_data(plugin, item);

    return NGX_OK;
}


/* The name, "ITEM-user", is unique and needs no escape in a header. */

static ngx_int_t
ngx_http_hpf_item_limit(ngx_pool_t *pool, ngx_http_hpf_item_t *item,
    const hpf_manifest_t *mf, const hpf_manifest_limit_t *from)
{
    size_t                 len;
    ngx_http_hpf_limit_t  *limit;

    static const ngx_uint_t  by[] = {
        NGX_HTTP_HPF_BY_ADDRESS, NGX_HTTP_HPF_BY_CHANNEL,
        NGX_HTTP_HPF_BY_ITEM, NGX_HTTP_HPF_BY_USER
    };
    static const char       *names[] = {
        "address", "channel", "item", "user"
    };
    static const ngx_http_hpf_scope_e  scope[] = {
        NGX_HTTP_HPF_OF_NODE, NGX_HTTP_HPF_OF_CLUSTER, NGX_HTTP_HPF_LEASED
    };

    limit = ngx_array_push(&item->limits);
    len = ngx_strlen(mf->id) + sizeof("-address");

    if (limit == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(limit, sizeof(ngx_http_hpf_limit_t));

    limit->name.data = ngx_pnalloc(pool, len);
    if (limit->name.data == NULL) {
        return NGX_ERROR;
    }

    limit->name.len = ngx_sprintf(limit->name.data, "%s-%s", mf->id,
                                  names[from->by])
                      - limit->name.data;

    limit->by = by[from->by];
    limit->quota = from->quota;
    limit->rate.interval = from->period * 1000000 / from->quota;
    limit->rate.burst = from->burst;
    limit->scope = scope[from->scope];

    ngx_http_hpf_limit_complete(limit);

    return NGX_OK;
}


void
ngx_http_hpf_item_unload(ngx_hpf_plugin_t *plugin, void *data)
{
    /* all of it is in the pool of the generation */

    ngx_hpf_plugin_set_data(plugin, NULL);
}


ngx_int_t
ngx_http_hpf_conditions_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_loc_conf_t  *hlcf;

    if (ctx->resumed) {
        ctx->resumed = 0;
        return ctx->op_rc;
    }

    if (ngx_http_hpf_item_masked(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->item == NULL) {
        hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

        return ctx->route ? NGX_OK
                          : ngx_http_hpf_level_check(ctx, hlcf->level, NULL);
    }

    return ngx_http_hpf_item_conditions(ctx,
                                       ngx_hpf_plugin_manifest(ctx->item));
}


static ngx_int_t
ngx_http_hpf_item_conditions(ngx_http_hpf_ctx_t *ctx,
    const hpf_manifest_t *mf)
{
    ngx_int_t  rc;

    if (ctx->has_session && !(mf->users & HPF_MANIFEST_ANYONE)
        && !(mf->users & (ctx->session.user_type == NGX_HTTP_HPF_UNIT
                          ? HPF_MANIFEST_UNIT : HPF_MANIFEST_INDIVIDUAL)))
    {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_USER_TYPE);
    }

    rc = ctx->shared ? NGX_OK : ngx_http_hpf_level_check(ctx, mf->level, mf);

    return rc == NGX_OK ? ngx_http_hpf_acting_may(ctx) : rc;
}


/*
 * By the item's rules on top of those of the location.  Behind a gate of
 * nginx's own the location says by hpf_mask whether.
 */

static ngx_int_t
ngx_http_hpf_item_masked(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_item_t      *item;
    ngx_http_hpf_mask_set_t  *set;

    item = ctx->item ? ngx_hpf_plugin_data(ctx->item) : NULL;
    set = ngx_http_hpf_mask_location(r);

    if (item && item->mask) {
        set = ngx_http_hpf_item_mask_set(item->mask, set, 0);

    } else if (ctx->route == NULL
               || !(ctx->route->flags & NGX_HTTP_HPF_R_MASK))
    {
        return ngx_http_hpf_item_caller(r, ctx);
    }

    if (set == NULL || ngx_http_hpf_mask_set_rules(r, set) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hpf_item_caller(r, ctx);
}


static ngx_int_t
ngx_http_hpf_item_caller(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    /* what a plugin asks of a back end is its own */

    if (ctx->channel && ctx->channel->mask_request && ctx->route == NULL
        && ngx_http_hpf_mask_set_request(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_mask_set_caller(r, ctx->channel ? ctx->channel->mask
                                                        : NULL,
                                        ctx->has_session ? ctx->session.level
                                                         : 0);
}


ngx_int_t
ngx_http_hpf_item_scopes(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t scopes)
{
    ngx_http_hpf_item_t      *item;
    ngx_http_hpf_mask_set_t  *set;

    item = ngx_hpf_plugin_data(ctx->item);

    set = ngx_http_hpf_item_mask_set(item->mask, ngx_http_hpf_mask_location(r),
                                     scopes);

    return set ? ngx_http_hpf_mask_set_rules(r, set) : NGX_ERROR;
}


ngx_array_t *
ngx_http_hpf_item_limits(ngx_hpf_plugin_t *plugin)
{
    ngx_http_hpf_item_t  *item;

    item = ngx_hpf_plugin_data(plugin);

    return &item->limits;
}


ngx_uint_t
ngx_http_hpf_item_on_channel(ngx_hpf_plugin_t *plugin, ngx_str_t *channel)
{
    return hpf_manifest_on_channel(ngx_hpf_plugin_manifest(plugin),
                                   (char *) channel->data, channel->len);
}


json_t *
ngx_http_hpf_item_channels(ngx_hpf_plugin_t *plugin,
    ngx_http_hpf_main_conf_t *hmcf)
{
    json_t                  *list;
    ngx_uint_t               i;
    ngx_http_hpf_channel_t  *ch;

    list = json_array();
    ch = hmcf->channels.elts;

    for (i = 0; i < hmcf->channels.nelts; i++) {

        if (ngx_http_hpf_item_on_channel(plugin, &ch[i].id)
            && json_array_append_new(list, ngx_http_hpf_json_str(&ch[i].id))
               != 0)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}
