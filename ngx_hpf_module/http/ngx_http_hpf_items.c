/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * GET /v1/items, GET /v1/items/{id}: the published list and the guides,
 * straight from the manifests that are loaded.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hash.h"
#include "hpf_hex.h"
#include "ngx_http_hpf_api.h"


static ngx_uint_t ngx_http_hpf_items_wanted(ngx_http_request_t *r,
    const hpf_manifest_t *mf);
static json_t *ngx_http_hpf_items_entry(ngx_http_hpf_ctx_t *ctx,
    ngx_hpf_plugin_t *plugin);
static json_t *ngx_http_hpf_items_limit(const hpf_manifest_t *mf);
static json_t *ngx_http_hpf_items_text(ngx_http_hpf_ctx_t *ctx,
    json_t *node);


/* {version, items[]}: the version changes with what is loaded. */

ngx_int_t
ngx_http_hpf_items_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    char                       hex[2 * HPF_HASH_LEN];
    u_char                     hash[HPF_HASH_LEN];
    json_t                    *list;
    ngx_str_t                 *digest;
    ngx_uint_t                 i;
    ngx_hpf_plugin_t          *plugin;
    const hpf_manifest_t      *mf;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    list = json_array();
    hpf_hash(hash, "", 0, 0);

    for (i = 0; hmcf->plugins; i++) {

        plugin = ngx_hpf_plugins_nth(hmcf->plugins, i);

        if (plugin == NULL) {
            break;
        }

        digest = ngx_hpf_plugin_digest(plugin);
        hpf_hash_more(hash, digest->data, digest->len);

        mf = ngx_hpf_plugin_manifest(plugin);

        if (mf->kind == HPF_MANIFEST_ITEM && ngx_http_hpf_items_wanted(r, mf)
            && json_array_append_new(list,
                                     ngx_http_hpf_items_entry(ctx, plugin))
               != 0)
        {
            json_decref(list);
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK,
               json_pack("{s:s%,s:o}", "version", hex,
                         hpf_hex_encode(hex, hash, sizeof(hash)),
                         "items", list));
}


/* ?category= &user_type= */

static ngx_uint_t
ngx_http_hpf_items_wanted(ngx_http_request_t *r, const hpf_manifest_t *mf)
{
    unsigned   users;
    ngx_str_t  s;

    if (ngx_http_hpf_arg(r, "category", &s) == NGX_OK
        && !ngx_http_hpf_is(&s, mf->category))
    {
        return 0;
    }

    if (ngx_http_hpf_arg(r, "user_type", &s) != NGX_OK) {
        return 1;
    }

    users = 0;

    if (ngx_http_hpf_is(&s, "individual")) {
        users = HPF_MANIFEST_INDIVIDUAL|HPF_MANIFEST_ANYONE;

    } else if (ngx_http_hpf_is(&s, "unit")) {
        users = HPF_MANIFEST_UNIT|HPF_MANIFEST_ANYONE;
    }

    return (mf->users & users) != 0;
}


static json_t *
ngx_http_hpf_items_entry(ngx_http_hpf_ctx_t *ctx, ngx_hpf_plugin_t *plugin)
{
    json_t                    *users;
    ngx_str_t                 *id;
    ngx_uint_t                 open;
    ngx_hpf_switch_t           sw;
    const hpf_manifest_t      *mf;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    id = ngx_hpf_plugin_id(plugin);
    mf = ngx_hpf_plugin_manifest(plugin);
    users = json_incref(json_object_get(mf->json, "users"));

    open = ngx_http_hpf_item_on_channel(plugin, &ctx->channel->id)
           && ngx_http_hpf_item_open(hmcf, id, ctx->channel, &sw);

    return json_pack("{s:s%,s:s,s:s,s:o,s:i,s:o,s:b,s:o}",
                     "id", id->data, id->len,
                     "name", ctx->en ? mf->name_en : mf->name_zh,
                     "category", mf->category,
                     "users", users ? users : json_array(),
                     "level", (int) mf->level,
                     "channels", ngx_http_hpf_item_channels(plugin, hmcf),
                     "open", (int) open,
                     "time_limit", ngx_http_hpf_items_limit(mf));
}


static json_t *
ngx_http_hpf_items_limit(const hpf_manifest_t *mf)
{
    return json_pack("{s:i,s:s}", "days", (int) mf->days,
                     "unit", mf->working ? "working" : "natural");
}


ngx_int_t
ngx_http_hpf_items_guide_handler(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    size_t                     i;
    json_t                    *tree, *member;
    ngx_int_t                  rc;
    const hpf_manifest_t      *mf;
    ngx_http_hpf_main_conf_t  *hmcf;

    static const char  *lists[] = {
        "documents", "checks", "tolerates", "basis"
    };
    static const char  *texts[] = { "commitment", "fees" };

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);

    if (hmcf->plugins) {
        ctx->item = ngx_hpf_plugins_find(hmcf->plugins, &ctx->arg);
    }

    if (ctx->item == NULL
        || ngx_hpf_plugin_manifest(ctx->item)->kind != HPF_MANIFEST_ITEM)
    {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_ITEM_UNKNOWN);
    }

    ctx->item_id = *ngx_hpf_plugin_id(ctx->item);
    mf = ngx_hpf_plugin_manifest(ctx->item);

    tree = ngx_http_hpf_items_entry(ctx, ctx->item);
    rc = json_object_set_new(tree, "version", json_string(mf->version));

    member = json_object_get(mf->json, "form");
    rc |= json_object_set_new(tree, "form", member ? json_incref(member)
                                                   : json_object());

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        member = json_object_get(mf->json, lists[i]);
        rc |= json_object_set_new(tree, lists[i],
                                  member ? ngx_http_hpf_items_text(ctx, member)
                                         : json_array());
    }

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        member = json_object_get(mf->json, texts[i]);
        rc |= json_object_set_new(tree, texts[i],
                                  member ? ngx_http_hpf_items_text(ctx, member)
                                         : json_null());
    }

    if (rc != 0) {
        json_decref(tree);
        return NGX_ERROR;
    }

    return ngx_http_hpf_answer(ctx, NGX_HTTP_OK, tree);
}


/* A copy in which each {zh, en} is the text of the request's language. */

static json_t *
ngx_http_hpf_items_text(ngx_http_hpf_ctx_t *ctx, json_t *node)
{
    size_t       i;
    json_t      *copy, *value;
    const char  *key;

    if (json_is_array(node)) {
        copy = json_array();

        json_array_foreach(node, i, value) {
            (void) json_array_append_new(copy,
                                         ngx_http_hpf_items_text(ctx, value));
        }

        return copy;
    }

    if (!json_is_object(node)) {
        return json_incref(node);
    }

    value = json_object_get(node, "zh");

    if (json_is_string(value)) {
        copy = json_object_get(node, "en");

        return json_incref(ctx->en && json_is_string(copy) ? copy : value);
    }

    copy = json_object();

    json_object_foreach(node, key, value) {
        (void) json_object_set_new(copy, key,
                                   ngx_http_hpf_items_text(ctx, value));
    }

    return copy;
}
