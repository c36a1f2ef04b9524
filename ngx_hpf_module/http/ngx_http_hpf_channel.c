/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Channels: the hpf_channel block, and who is calling.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_cookie.h"
#include "ngx_http_hpf_key.h"
#include "ngx_http_hpf_mtls.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_signature.h"


#define NGX_HTTP_HPF_CHANNEL_LIMITS  8


static char *ngx_http_hpf_channel_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hpf_channel_name(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_kind(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_entry(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_capacity(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_limit(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_origin(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_mask(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static char *ngx_http_hpf_channel_mask_request(ngx_conf_t *cf,
    ngx_http_hpf_channel_t *ch);
static ngx_http_hpf_channel_t *ngx_http_hpf_channel_named(
    ngx_http_hpf_ctx_t *ctx, ngx_str_t *name);
static ngx_http_hpf_channel_t *ngx_http_hpf_channel_unnamed(
    ngx_http_hpf_ctx_t *ctx);
static ngx_int_t ngx_http_hpf_channel_add(ngx_conf_t *cf,
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *id);
static ngx_uint_t ngx_http_hpf_channel_id_valid(ngx_str_t *id);


typedef struct {
    ngx_str_t      name;
    ngx_uint_t     min;                /* arguments */
    ngx_uint_t     max;
    char        *(*set)(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch);
} ngx_http_hpf_channel_member_t;


static ngx_http_hpf_channel_member_t  ngx_http_hpf_channel_members[] = {
    { ngx_string("name"), 1, 2, ngx_http_hpf_channel_name },
    { ngx_string("kind"), 1, 1, ngx_http_hpf_channel_kind },
    { ngx_string("entry"), 1, 1, ngx_http_hpf_channel_entry },
    { ngx_string("capacity"), 1, 1, ngx_http_hpf_channel_capacity },
    { ngx_string("limit"), 2, 6, ngx_http_hpf_channel_limit },
    { ngx_string("origin"), 1, 32, ngx_http_hpf_channel_origin },
    { ngx_string("key"), 2, 3, ngx_http_hpf_key_line },
    { ngx_string("keys"), 1, 1, ngx_http_hpf_key_folder },
    { ngx_string("certificate"), 2, 4, ngx_http_hpf_mtls_line },
    { ngx_string("session"), 1, 4, ngx_http_hpf_channel_session },
    { ngx_string("consent"), 1, 1, ngx_http_hpf_channel_consent },
    { ngx_string("sharing"), 1, 16, ngx_http_hpf_channel_sharing },
    { ngx_string("mask_rule"), 2, 6, ngx_http_hpf_channel_mask },
    { ngx_string("mask_request"), 1, 1, ngx_http_hpf_channel_mask_request },
    { ngx_null_string, 0, 0, NULL }
};


ngx_int_t
ngx_http_hpf_channel_step(ngx_http_request_t *r, ngx_http_hpf_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_table_elt_t         *named, *signature;
    ngx_http_hpf_channel_t  *ch;

    static ngx_str_t  channel_name = ngx_string("x-hpf-channel");
    static ngx_str_t  input_name = ngx_string("signature-input");

    if (ctx->route && !(ctx->route->flags & NGX_HTTP_HPF_R_CHANNEL)) {
        return NGX_OK;
    }

    signature = ngx_http_hpf_header_in(r, &input_name);
    named = ngx_http_hpf_header_in(r, &channel_name);

    if (named && ngx_http_hpf_header_next(r, &channel_name, named)) {
        return ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN,
                   "X-HPF-Channel 出现多次", "X-HPF-Channel comes twice");
    }

    if (signature) {
        rc = ctx->signer ? NGX_OK : ngx_http_hpf_signature_sent(r);

        if (rc != NGX_DECLINED) {
            return rc == NGX_OK ? ngx_http_hpf_signature_step(r, ctx, named)
                                : rc;
        }
    }

    ch = named ? ngx_http_hpf_channel_named(ctx, &named->value)
               : ngx_http_hpf_channel_unnamed(ctx);

    if (ch == NULL && (named || signature == NULL)) {
        return ctx->problem
               ? NGX_ABORT
               : ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN);
    }

    if (ch == NULL || ch->kind == NGX_HTTP_HPF_SIGNED) {
        ctx->caller = NULL;

        return ngx_http_hpf_signature_refuse(ctx, HPF_HTTPSIG_MISSING, NULL);
    }

    ctx->channel = ch;
    ctx->reason = NULL;

    ngx_http_hpf_cors_channel(ctx);

    return NGX_OK;
}


/* NULL: it is not that, and a problem may have been set. */

static ngx_http_hpf_channel_t *
ngx_http_hpf_channel_named(ngx_http_hpf_ctx_t *ctx, ngx_str_t *name)
{
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ch = ngx_http_hpf_channel_find(hmcf, name);

    if (ch == NULL) {
        ctx->reason = "no such channel";
        return NULL;
    }

    if (ch->kind != NGX_HTTP_HPF_MTLS) {
        ctx->caller = "name";
        return ch;
    }

    ch = ngx_http_hpf_mtls_find(ctx, ch);

    if (ch == NULL) {
        (void) ngx_http_hpf_refuse_detail(ctx, NGX_HTTP_HPF_CHANNEL_UNKNOWN,
                   "该渠道须出示其客户端证书",
                   "This channel has to show its client certificate");
    }

    return ch;
}


static ngx_http_hpf_channel_t *
ngx_http_hpf_channel_unnamed(ngx_http_hpf_ctx_t *ctx)
{
    ngx_http_hpf_channel_t    *ch;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    ch = ngx_http_hpf_mtls_find(ctx, NULL);

    if (ch == NULL && ctx->origin.len) {
        ctx->caller = "origin";
        ch = ngx_http_hpf_cors_find(hmcf, &ctx->origin);
    }

    if (ch == NULL) {
        ctx->reason = "no channel is named";
    }

    return ch;
}


ngx_http_hpf_channel_t *
ngx_http_hpf_channel_find(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *id)
{
    ngx_int_t                n;
    ngx_http_hpf_channel_t  *ch;

    ch = hmcf->channels.elts;
    n = ngx_http_hpf_names_find(&hmcf->channel_ids, id);

    return n == NGX_DECLINED ? NULL : &ch[n];
}


/*
 * NGX_ERROR: logged.  The mark in a session may be that of another channel,
 * though of ten thousand hardly two have the same.
 */

static ngx_int_t
ngx_http_hpf_channel_add(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf,
    ngx_str_t *id)
{
    uint32_t   *word;
    ngx_int_t   rc;
    ngx_str_t   mark;

    rc = ngx_http_hpf_names_add(&hmcf->channel_ids, id,
                                hmcf->channels.nelts);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" is duplicate", id);
    }

    word = ngx_palloc(cf->pool, sizeof(uint32_t));

    if (word == NULL || rc != NGX_OK) {
        return NGX_ERROR;
    }

    *word = ngx_http_hpf_session_channel_mark(id);

    mark.data = (u_char *) word;
    mark.len = sizeof(uint32_t);

    rc = ngx_http_hpf_names_add(&hmcf->channel_marks, &mark,
                                hmcf->channels.nelts);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" cannot be told from another one "
                           "in sessions: another id is needed", id);
    }

    return rc == NGX_OK ? NGX_OK : NGX_ERROR;
}


char *
ngx_http_hpf_channel_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_conf_t               save;
    ngx_http_hpf_channel_t  *ch;

    value = cf->args->elts;

    if (!ngx_http_hpf_channel_id_valid(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid channel id \"%V\": 1 to 32 of a-z, 0-9 "
                           "and \"-\" expected", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hpf_channel_add(cf, hmcf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ch = ngx_array_push(&hmcf->channels);
    if (ch == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(ch, sizeof(ngx_http_hpf_channel_t));

    ch->id = value[1];
    ch->load = -1;
    ch->open = 1;
    ch->kind = NGX_CONF_UNSET_UINT;
    ch->session_level = NGX_HTTP_HPF_LEVELS;
    ch->file = cf->conf_file->file.name.data;
    ch->line = cf->conf_file->line;

    if (ngx_array_init(&ch->limits, cf->pool, 2, sizeof(ngx_http_hpf_limit_t))
            != NGX_OK
        || ngx_array_init(&ch->origins, cf->pool, 2, sizeof(ngx_str_t))
               != NGX_OK
        || ngx_http_hpf_mtls_init(cf, ch) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ch->switch_name.len = sizeof("channel:") - 1 + ch->id.len;
    ch->switch_name.data = ngx_pnalloc(cf->pool, ch->switch_name.len);
    if (ch->switch_name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_sprintf(ch->switch_name.data, "channel:%V", &ch->id);

    save = *cf;
    cf->handler = ngx_http_hpf_channel_line;
    cf->handler_conf = (void *) ch;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ch->kind == NGX_CONF_UNSET_UINT || ch->name.zh.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" needs \"name\" and \"kind\"",
                           &ch->id);
        return NGX_CONF_ERROR;
    }

    if ((ch->kind == NGX_HTTP_HPF_SIGNED)
        != (ch->nkeys > 0 || ch->key_folder.len > 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\": a signed channel needs a \"key\", "
                           "and others take none", &ch->id);
        return NGX_CONF_ERROR;
    }

    if ((ch->kind == NGX_HTTP_HPF_MTLS) != (ch->certificates.nelts > 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\": a channel of kind mtls needs a "
                           "\"certificate\", and others take none", &ch->id);
        return NGX_CONF_ERROR;
    }

    if ((ch->sharing || ch->consent) && ch->kind == NGX_HTTP_HPF_PUBLIC) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\": \"consent\" and \"sharing\" are "
                           "not for public channels", &ch->id);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_hpf_channel_t *ch = conf;

    ngx_str_t                      *value;
    ngx_uint_t                      n;
    ngx_http_hpf_channel_member_t  *m;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    for (m = ngx_http_hpf_channel_members; m->name.len; m++) {

        if (m->name.len != value[0].len
            || ngx_strncmp(m->name.data, value[0].data, m->name.len) != 0)
        {
            continue;
        }

        if (n < m->min || n > m->max) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of arguments in \"%V\" of "
                               "channel \"%V\": %ui to %ui expected",
                               &value[0], &ch->id, m->min, m->max);
            return NGX_CONF_ERROR;
        }

        return m->set(cf, ch);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown \"%V\" in channel \"%V\": name, kind, entry, "
                       "capacity, limit, origin, key, keys, certificate, "
                       "session, consent, sharing, mask_rule or mask_request "
                       "expected",
                       &value[0], &ch->id);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_hpf_channel_name(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ch->name.zh.len) {
        return "is duplicate";
    }

    ch->name.zh = value[1];

    if (cf->args->nelts == 3) {
        ch->name.en = value[2];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_kind(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ch->kind != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "public") == 0) {
        ch->kind = NGX_HTTP_HPF_PUBLIC;

    } else if (ngx_strcmp(value[1].data, "signed") == 0) {
        ch->kind = NGX_HTTP_HPF_SIGNED;

    } else if (ngx_strcmp(value[1].data, "mtls") == 0) {
        ch->kind = NGX_HTTP_HPF_MTLS;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid kind \"%V\" of channel \"%V\": "
                           "\"public\", \"signed\" or \"mtls\" expected",
                           &value[1], &ch->id);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_entry(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ch->entry.len) {
        return "is duplicate";
    }

    ch->entry = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_capacity(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid capacity \"%V\" of channel \"%V\": "
                           "a number of requests at once expected",
                           &value[1], &ch->id);
        return NGX_CONF_ERROR;
    }

    ch->capacity = n;

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_limit(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_http_hpf_limit_t  *limit;

    if (ch->limits.nelts == NGX_HTTP_HPF_CHANNEL_LIMITS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" has more than %d limits", &ch->id,
                           NGX_HTTP_HPF_CHANNEL_LIMITS);
        return NGX_CONF_ERROR;
    }

    limit = ngx_array_push(&ch->limits);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(limit, sizeof(ngx_http_hpf_limit_t));

    limit->by = NGX_HTTP_HPF_BY_CHANNEL;

    return ngx_http_hpf_limit_parse(cf, limit);
}


static char *
ngx_http_hpf_channel_origin(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t                 *value, *origin;
    ngx_uint_t                 i;
    ngx_http_hpf_main_conf_t  *hmcf;

    value = cf->args->elts;
    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strlchr(value[i].data, value[i].data + value[i].len, ':')
            == NULL || value[i].data[value[i].len - 1] == '/')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" of channel \"%V\": "
                               "SCHEME://HOST[:PORT] expected",
                               &value[i], &ch->id);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(&ch->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];

        /* of several channels it names the first */

        if (ngx_http_hpf_names_add(&hmcf->origins, origin,
                                   hmcf->channels.nelts - 1)
            == NGX_ERROR)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_channel_mask(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    return ngx_http_hpf_mask_layer_rule(cf, &ch->mask);
}


static char *
ngx_http_hpf_channel_mask_request(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        ch->mask_request = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        ch->mask_request = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid mask_request \"%V\" of channel \"%V\": "
                           "\"on\" or \"off\" expected", &value[1], &ch->id);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_hpf_channel_id_valid(ngx_str_t *id)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return 0;
        }
    }

    return id->len > 0 && id->len <= 32;
}
