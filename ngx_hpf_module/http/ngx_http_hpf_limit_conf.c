/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Limits as they are written in the configuration.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_hash.h"
#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_LIMIT_NAME  64         /* characters */
#define NGX_HTTP_HPF_LIMITS      16         /* of a location */


static ngx_int_t ngx_http_hpf_limit_parameter(ngx_http_hpf_limit_t *limit,
    ngx_str_t *text);
static ngx_uint_t ngx_http_hpf_limit_name_valid(ngx_str_t *name);
static ngx_int_t ngx_http_hpf_limit_rate(ngx_str_t *s,
    ngx_http_hpf_limit_t *limit);


/*
 * hpf_limit NAME by=address|channel|item|user rate=Nr/s [burst=N]
 *           [scope=node|cluster|leased] [dry_run]
 */

char *
ngx_http_hpf_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_loc_conf_t *hlcf = conf;

    ngx_str_t                 *value;
    ngx_http_hpf_limit_t      *limit;
    ngx_http_hpf_main_conf_t  *hmcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (hlcf->limits != NGX_CONF_UNSET_PTR) {
            return "is duplicate";
        }

        hlcf->limits = NULL;

        return NGX_CONF_OK;
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    if (hmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hpf_limit\" needs \"hpf_zone\" before it");
        return NGX_CONF_ERROR;
    }

    if (hlcf->limits == NULL) {
        return "conflicts with \"hpf_limit off\"";
    }

    if (hlcf->limits == NGX_CONF_UNSET_PTR) {
        hlcf->limits = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_hpf_limit_t));
        if (hlcf->limits == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (hlcf->limits->nelts == NGX_HTTP_HPF_LIMITS) {
        return "is given too often, 16 limits are the most";
    }

    limit = ngx_array_push(hlcf->limits);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(limit, sizeof(ngx_http_hpf_limit_t));

    return ngx_http_hpf_limit_parse(cf, limit);
}


char *
ngx_http_hpf_limit_parse(ngx_conf_t *cf, ngx_http_hpf_limit_t *limit)
{
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_hpf_main_conf_t  *hmcf;

    value = cf->args->elts;

    if (!ngx_http_hpf_limit_name_valid(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid limit name \"%V\": 1 to %d visible ASCII "
                           "characters without quotes and backslashes "
                           "expected", &value[1], NGX_HTTP_HPF_LIMIT_NAME);
        return NGX_CONF_ERROR;
    }

    limit->name = value[1];
    limit->rate.burst = -1;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_limit_parameter(limit, &value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": rate=Nr/s|r/m|r/h, "
                               "burst=N, by=address|channel|item|user, "
                               "scope=node|cluster|leased or dry_run "
                               "expected", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (limit->rate.interval == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "limit \"%V\" has no \"rate=\"", &limit->name);
        return NGX_CONF_ERROR;
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hpf_module);

    if (limit->scope != NGX_HTTP_HPF_OF_NODE && hmcf->redis == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "limit \"%V\" of more than a node needs "
                           "\"hpf_redis\" before it", &limit->name);
        return NGX_CONF_ERROR;
    }

    ngx_http_hpf_limit_complete(limit);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_limit_parameter(ngx_http_hpf_limit_t *limit, ngx_str_t *text)
{
    ngx_int_t   n;
    ngx_str_t   s;
    ngx_uint_t  i;

    static const struct {
        const char            *text;
        ngx_int_t              by;
        ngx_http_hpf_scope_e   scope;
    } words[] = {
        { "by=address", NGX_HTTP_HPF_BY_ADDRESS, 0 },
        { "by=channel", NGX_HTTP_HPF_BY_CHANNEL, 0 },
        { "by=item", NGX_HTTP_HPF_BY_ITEM, 0 },
        { "by=user", NGX_HTTP_HPF_BY_USER, 0 },
        { "scope=node", -1, NGX_HTTP_HPF_OF_NODE },
        { "scope=cluster", -1, NGX_HTTP_HPF_OF_CLUSTER },
        { "scope=leased", -1, NGX_HTTP_HPF_LEASED }
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        if (ngx_strcmp(text->data, words[i].text) != 0) {
            continue;
        }

        if (words[i].by >= 0) {
            limit->by = words[i].by;

        } else {
            limit->scope = words[i].scope;
        }

        return NGX_OK;
    }

    if (ngx_strcmp(text->data, "dry_run") == 0) {
        limit->dry_run = 1;
        return NGX_OK;
    }

    if (ngx_strncmp(text->data, "rate=", 5) == 0) {
        s.data = text->data + 5;
        s.len = text->len - 5;

        return ngx_http_hpf_limit_rate(&s, limit);
    }

    if (ngx_strncmp(text->data, "burst=", 6) == 0) {
        n = ngx_atoi(text->data + 6, text->len - 6);

        limit->rate.burst = n;

        return n == NGX_ERROR ? NGX_ERROR : NGX_OK;
    }

    return NGX_ERROR;
}


/* It goes into a header as a string of RFC 8941 without any escape. */

static ngx_uint_t
ngx_http_hpf_limit_name_valid(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
            return 0;
        }
    }

    return name->len > 0 && name->len <= NGX_HTTP_HPF_LIMIT_NAME;
}


/* Without a burst the tokens of a whole unit of time may come at once. */

void
ngx_http_hpf_limit_complete(ngx_http_hpf_limit_t *limit)
{
    if (limit->rate.burst < 0) {
        limit->rate.burst = limit->quota - 1;
    }

    limit->quota = limit->rate.burst + 1;
    limit->window = (limit->quota * limit->rate.interval + 999999) / 1000000;

    /* another rate is another limit: what the old one had counted is not */

    hpf_hash(limit->hash, limit->name.data, limit->name.len, 0);
    hpf_hash_more(limit->hash, &limit->rate, sizeof(hpf_gcra_t));
}


static ngx_int_t
ngx_http_hpf_limit_rate(ngx_str_t *s, ngx_http_hpf_limit_t *limit)
{
    u_char     *unit;
    uint64_t    us;
    ngx_int_t   n;

    unit = s->data + s->len - 3;

    if (s->len < 4) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(unit, "r/s", 3) == 0) {
        us = 1000000;

    } else if (ngx_strncmp(unit, "r/m", 3) == 0) {
        us = (uint64_t) 60 * 1000000;

    } else if (ngx_strncmp(unit, "r/h", 3) == 0) {
        us = (uint64_t) 3600 * 1000000;

    } else {
        return NGX_ERROR;
    }

    n = ngx_atoi(s->data, s->len - 3);

    if (n <= 0 || (uint64_t) n > us) {
        return NGX_ERROR;
    }

    limit->rate.interval = us / n;
    limit->quota = n;

    return NGX_OK;
}
