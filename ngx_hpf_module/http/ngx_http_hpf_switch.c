/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Switches: platform, channel, item, and item on a channel.  What the
 * configuration says holds until Redis has another word: the fields of the
 * hash hpf:cfg:switch, each a JSON object {"open", "reason"?, "until"?}.  A
 * worker reads the hash when its link to Redis is established and whenever
 * Redis tells that the key has changed; the table in shared memory is what
 * requests look at, and stays as it was while Redis is away.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_time.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_SWITCH_PAUSE  200     /* ms, when an answer is none */


static ngx_str_t *ngx_http_hpf_switch_closed(ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *name);
static ngx_int_t ngx_http_hpf_switch_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_code_e code, ngx_hpf_switch_t *sw);
static ngx_int_t ngx_http_hpf_switch_on_channel(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_main_conf_t *hmcf);
static void ngx_http_hpf_switch_changed(void *data, const ngx_str_t *key);
static void ngx_http_hpf_switch_read(ngx_http_hpf_main_conf_t *hmcf);
static void ngx_http_hpf_switch_again_handler(ngx_event_t *ev);
static void ngx_http_hpf_switch_loaded(void *data,
    const ngx_hpf_redis_reply_t *reply);
static ngx_int_t ngx_http_hpf_switch_parse(ngx_str_t *text,
    ngx_hpf_switch_t *sw);


static ngx_str_t  ngx_http_hpf_switch_platform = ngx_string("platform");
static ngx_str_t  ngx_http_hpf_switch_key = ngx_string("hpf:cfg:switch");

static ngx_event_t  ngx_http_hpf_switch_again;     /* to be read */


ngx_int_t
ngx_http_hpf_switch_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_hpf_switch_t           sw;
    ngx_http_hpf_loc_conf_t   *hlcf;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hpf_module);
    hlcf = ngx_http_get_module_loc_conf(r, ngx_http_hpf_module);

    if (!ngx_http_hpf_switch_open(hmcf, &ngx_http_hpf_switch_platform, &sw)
        || (ctx->channel
            && !ngx_http_hpf_switch_open(hmcf, &ctx->channel->switch_name,
                                         &sw)))
    {
        return ngx_http_hpf_switch_refuse(ctx, NGX_HTTP_HPF_CHANNEL_STOPPED,
                                          &sw);
    }

    if (ctx->route) {

        if (!(ctx->route->flags & NGX_HTTP_HPF_R_ITEM)) {
            return NGX_OK;
        }

        ctx->item_id = ctx->arg;

    } else if (hlcf->item.len) {
        ctx->item_id = hlcf->item;

    } else {
        return NGX_OK;
    }

    if (hmcf->plugins) {
        ctx->item = ngx_hpf_plugins_find(hmcf->plugins, &ctx->item_id);
    }

    if (ctx->item == NULL
        || ngx_hpf_plugin_manifest(ctx->item)->kind != HPF_MANIFEST_ITEM)
    {
        ngx_str_null(&ctx->item_id);

        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_ITEM_UNKNOWN);
    }

    ctx->item_id = *ngx_hpf_plugin_id(ctx->item);

    if (!ngx_http_hpf_item_open(hmcf, &ctx->item_id, ctx->channel, &sw)) {
        return ngx_http_hpf_switch_refuse(ctx, NGX_HTTP_HPF_ITEM_STOPPED,
                                          &sw);
    }

    return ngx_http_hpf_switch_on_channel(ctx, hmcf);
}


static ngx_int_t
ngx_http_hpf_switch_on_channel(ngx_http_hpf_ctx_t *ctx,
    ngx_http_hpf_main_conf_t *hmcf)
{
    if (ctx->channel == NULL
        || ngx_http_hpf_item_on_channel(ctx->item, &ctx->channel->id))
    {
        return NGX_OK;
    }

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_ITEM_NOT_ON_CHANNEL);

    return ngx_http_hpf_extra_json(ctx, "channels",
                                   ngx_http_hpf_item_channels(ctx->item, hmcf))
           == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


static ngx_int_t
ngx_http_hpf_switch_refuse(ngx_http_hpf_ctx_t *ctx, ngx_http_hpf_code_e code,
    ngx_hpf_switch_t *sw)
{
    time_t     now;
    json_t    *until;
    ngx_str_t  reason;

    now = ngx_time();

    ctx->retry_after = sw->until > now ? sw->until - now : 60;

    (void) ngx_http_hpf_refuse(ctx, code);

    reason.data = sw->reason;
    reason.len = sw->reason_len;

    if (ngx_http_hpf_extra_string(ctx, "reason", &reason) != NGX_OK) {
        return NGX_ERROR;
    }

    if (sw->until) {
        until = ngx_http_hpf_json_time(sw->until);

        if (ngx_http_hpf_extra_json(ctx, "until", until) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_hpf_extra_json(ctx, "alternatives",
                                   ngx_http_hpf_alternatives(ctx)) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


/* sw is filled when the answer is 0. */

ngx_uint_t
ngx_http_hpf_switch_open(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name,
    ngx_hpf_switch_t *sw)
{
    ngx_str_t  *reason;

    if (hmcf->zone
        && ngx_hpf_switch_get(hmcf->zone, name, sw) == NGX_OK
        && (sw->open || sw->until == 0 || sw->until > ngx_time()))
    {
        return sw->open;
    }

    reason = ngx_http_hpf_switch_closed(hmcf, name);

    if (reason == NULL) {
        return 1;
    }

    sw->open = 0;
    sw->until = 0;
    sw->reason_len = ngx_min(reason->len, NGX_HPF_SWITCH_REASON);
    ngx_memcpy(sw->reason, reason->data, sw->reason_len);

    return 0;
}


ngx_uint_t
ngx_http_hpf_channel_open(ngx_http_hpf_main_conf_t *hmcf,
    ngx_http_hpf_channel_t *ch)
{
    ngx_hpf_switch_t  sw;

    return ngx_http_hpf_switch_open(hmcf, &ngx_http_hpf_switch_platform, &sw)
           && ngx_http_hpf_switch_open(hmcf, &ch->switch_name, &sw);
}


ngx_uint_t
ngx_http_hpf_item_open(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *item,
    ngx_http_hpf_channel_t *ch, ngx_hpf_switch_t *sw)
{
    u_char     buf[sizeof("item:@") + 64 + 32];
    ngx_str_t  name;

    name.data = buf;
    name.len = ngx_snprintf(buf, sizeof(buf), "item:%V", item) - buf;

    if (!ngx_http_hpf_switch_open(hmcf, &name, sw)) {
        return 0;
    }

    if (ch == NULL) {
        return 1;
    }

    name.len = ngx_snprintf(buf, sizeof(buf), "item:%V@%V", item, &ch->id)
               - buf;

    return ngx_http_hpf_switch_open(hmcf, &name, sw);
}


static ngx_str_t *
ngx_http_hpf_switch_closed(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name)
{
    ngx_int_t               n;
    ngx_http_hpf_closed_t  *closed;

    closed = hmcf->closed.elts;
    n = ngx_http_hpf_names_find(&hmcf->closed_names, name);

    return n == NGX_DECLINED ? NULL : &closed[n].reason;
}


/* hpf_closed platform|channel:ID|item:ID|item:ID@CHANNEL [REASON] */

char *
ngx_http_hpf_switch_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    ngx_int_t               rc;
    ngx_str_t              *value;
    ngx_http_hpf_closed_t  *closed;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "platform") != 0
        && ngx_strncmp(value[1].data, "channel:", 8) != 0
        && ngx_strncmp(value[1].data, "item:", 5) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid switch \"%V\": platform, channel:ID, "
                           "item:ID or item:ID@CHANNEL expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    rc = ngx_http_hpf_names_add(&hmcf->closed_names, &value[1],
                                hmcf->closed.nelts);

    if (rc == NGX_DECLINED) {
        return "is duplicate";
    }

    closed = ngx_array_push(&hmcf->closed);

    if (closed == NULL || rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    closed->name = value[1];

    if (cf->args->nelts == 3) {
        closed->reason = value[2];

    } else {
        ngx_str_null(&closed->reason);
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_hpf_switch_init_worker(ngx_http_hpf_main_conf_t *hmcf)
{
    static ngx_str_t  prefix = ngx_string("hpf:cfg:");

    ngx_http_hpf_switch_again.data = hmcf;
    ngx_http_hpf_switch_again.log = ngx_cycle->log;
    ngx_http_hpf_switch_again.handler = ngx_http_hpf_switch_again_handler;
    ngx_http_hpf_switch_again.cancelable = 1;

    return ngx_hpf_redis_track(hmcf->redis, &prefix,
                               ngx_http_hpf_switch_changed, hmcf);
}


static void
ngx_http_hpf_switch_changed(void *data, const ngx_str_t *key)
{
    if (key == NULL) {

        /* the link is lost: what is known goes on */

        return;
    }

    if (key->len == 0
        || (key->len == ngx_http_hpf_switch_key.len
            && ngx_strncmp(key->data, ngx_http_hpf_switch_key.data,
                           key->len) == 0))
    {
        ngx_http_hpf_switch_read(data);
    }
}


static void
ngx_http_hpf_switch_read(ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "HGETALL");
    argv[1] = ngx_http_hpf_switch_key;

    if (ngx_hpf_redis_command(hmcf->redis, 2, argv,
                              ngx_http_hpf_switch_loaded, hmcf)
        == NULL)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hpf switch: no memory to read the switches");
    }
}


static void
ngx_http_hpf_switch_again_handler(ngx_event_t *ev)
{
    ngx_http_hpf_switch_read(ev->data);
}


static void
ngx_http_hpf_switch_loaded(void *data, const ngx_hpf_redis_reply_t *reply)
{
    ngx_http_hpf_main_conf_t *hmcf = data;

    ngx_str_t         name, text;
    ngx_uint_t        i, n;
    ngx_hpf_switch_t  sw;

    if (ngx_hpf_redis_type(reply) != NGX_HPF_REDIS_ARRAY) {
        text = ngx_hpf_redis_text(reply);

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "hpf switch: switches not read: %V", &text);

        /* one that is away is asked again when it is back */

        if (ngx_hpf_redis_type(reply) < NGX_HPF_REDIS_UNSENT
            && !ngx_http_hpf_switch_again.timer_set)
        {
            ngx_add_timer(&ngx_http_hpf_switch_again,
                          NGX_HTTP_HPF_SWITCH_PAUSE);
        }

        return;
    }

    ngx_hpf_switch_sync_begin(hmcf->zone);

    n = ngx_hpf_redis_count(reply);

    for (i = 0; i + 1 < n; i += 2) {

        name = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i));
        text = ngx_hpf_redis_text(ngx_hpf_redis_at(reply, i + 1));

        if (ngx_http_hpf_switch_parse(&text, &sw) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hpf switch: \"%V\" has an unreadable state, "
                          "closed", &name);
        }

        (void) ngx_hpf_switch_set(hmcf->zone, &name, &sw);
    }

    ngx_hpf_switch_sync_end(hmcf->zone);
}


/* A state that cannot be read is closed. */

static ngx_int_t
ngx_http_hpf_switch_parse(ngx_str_t *text, ngx_hpf_switch_t *sw)
{
    json_t      *tree, *member;
    int64_t      ms;
    const char  *s;

    ngx_memzero(sw, sizeof(ngx_hpf_switch_t));

    tree = json_loadb((char *) text->data, text->len, 0, NULL);
    member = json_object_get(tree, "open");

    if (!json_is_boolean(member)) {
        json_decref(tree);
        return NGX_ERROR;
    }

    sw->open = json_is_true(member);

    member = json_object_get(tree, "reason");

    if (json_is_string(member)) {
        sw->reason_len = ngx_http_hpf_utf8_cut(
                             (u_char *) json_string_value(member),
                             json_string_length(member),
                             NGX_HPF_SWITCH_REASON);
        ngx_memcpy(sw->reason, json_string_value(member), sw->reason_len);
    }

    member = json_object_get(tree, "until");

    if (json_is_string(member)) {
        s = json_string_value(member);

        if (hpf_time_parse(s, json_string_length(member), &ms) == 0) {
            sw->until = ms / 1000;
        }
    }

    json_decref(tree);

    return NGX_OK;
}
