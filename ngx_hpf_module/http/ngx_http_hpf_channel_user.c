/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Members of an hpf_channel block that are about its users: their sessions,
 * and what the channel may see of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf.h"


#define NGX_HTTP_HPF_SESSION_IDLE_MAX  65535      /* s */
#define NGX_HTTP_HPF_SESSIONS_MAX      100        /* of a user on a channel */


static ngx_int_t ngx_http_hpf_channel_session_one(ngx_http_hpf_channel_t *ch,
    ngx_str_t *value);


char *
ngx_http_hpf_channel_session(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_hpf_channel_session_one(ch, &value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"%V\" in \"session\" of channel "
                               "\"%V\": idle=TIME (at most 18h), life=TIME, "
                               "max=NUMBER (1 to %d) or level=LEVEL (1 to %d) "
                               "expected", &value[i], &ch->id,
                               NGX_HTTP_HPF_SESSIONS_MAX, NGX_HTTP_HPF_LEVELS);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_channel_session_one(ngx_http_hpf_channel_t *ch,
    ngx_str_t *value)
{
    u_char     *p;
    ngx_int_t   n, seconds;
    ngx_str_t   s;

    p = ngx_strlchr(value->data, value->data + value->len, '=');

    if (p == NULL) {
        return NGX_ERROR;
    }

    s.data = p + 1;
    s.len = value->data + value->len - s.data;

    n = ngx_atoi(s.data, s.len);
    seconds = s.len ? ngx_parse_time(&s, 1) : NGX_ERROR;

    if (ngx_strncmp(value->data, "idle=", 5) == 0 && seconds > 0
        && seconds <= NGX_HTTP_HPF_SESSION_IDLE_MAX)
    {
        ch->session_idle = seconds;

    } else if (ngx_strncmp(value->data, "life=", 5) == 0 && seconds > 0) {
        ch->session_life = seconds;

    } else if (ngx_strncmp(value->data, "max=", 4) == 0 && n > 0
               && n <= NGX_HTTP_HPF_SESSIONS_MAX)
    {
        ch->session_max = n;

    } else if (ngx_strncmp(value->data, "level=", 6) == 0 && n > 0
               && n <= NGX_HTTP_HPF_LEVELS)
    {
        ch->session_level = n;

    } else {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* consent required */

char *
ngx_http_hpf_channel_consent(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "required") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid consent \"%V\" of channel \"%V\": "
                           "\"required\" expected", &value[1], &ch->id);
        return NGX_CONF_ERROR;
    }

    ch->consent = 1;

    return NGX_CONF_OK;
}


/* sharing SCOPE ... */

char *
ngx_http_hpf_channel_sharing(ngx_conf_t *cf, ngx_http_hpf_channel_t *ch)
{
    ngx_str_t   *value, *scope;
    ngx_uint_t   i;

    if (ch->sharing) {
        return "is duplicate";
    }

    ch->sharing = ngx_array_create(cf->pool, cf->args->nelts,
                                   sizeof(ngx_str_t));
    if (ch->sharing == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        scope = ngx_array_push(ch->sharing);
        *scope = value[i];
    }

    return NGX_CONF_OK;
}
