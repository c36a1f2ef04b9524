/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf_lock: how many attempts are free, and the pauses after them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_lock.h"


typedef struct {
    ngx_str_t    name;
    size_t       offset;
    ngx_uint_t   is_time;
} ngx_http_hpf_lock_param_t;


static const ngx_http_hpf_lock_param_t  ngx_http_hpf_lock_params[] = {
    { ngx_string("user="), offsetof(ngx_http_hpf_lock_t, user), 0 },
    { ngx_string("total="), offsetof(ngx_http_hpf_lock_t, total), 0 },
    { ngx_string("address="), offsetof(ngx_http_hpf_lock_t, address), 0 },
    { ngx_string("prefix="), offsetof(ngx_http_hpf_lock_t, prefix), 0 },
    { ngx_string("first="), offsetof(ngx_http_hpf_lock_t, first), 1 },
    { ngx_string("longest="), offsetof(ngx_http_hpf_lock_t, longest), 1 },
    { ngx_string("window="), offsetof(ngx_http_hpf_lock_t, window), 1 },
    { ngx_null_string, 0, 0 }
};


ngx_http_hpf_lock_t *
ngx_http_hpf_lock_create(ngx_pool_t *pool)
{
    ngx_http_hpf_lock_t  *lock;

    lock = ngx_pcalloc(pool, sizeof(ngx_http_hpf_lock_t));

    if (lock) {
        lock->on = 1;
        lock->user = 10;
        lock->total = 30;
        lock->address = 100;
        lock->prefix = 1000;
        lock->first = 60;
        lock->longest = 3600;
        lock->window = 3600;
    }

    return lock;
}


/*
 * hpf_lock off | [user=N] [total=N] [address=N] [prefix=N] [first=TIME]
 *          [longest=TIME] [window=TIME]
 */

char *
ngx_http_hpf_lock_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    u_char                           *field;
    ngx_int_t                         n;
    ngx_str_t                        *value, s;
    ngx_uint_t                        i;
    const ngx_http_hpf_lock_param_t  *param;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        hmcf->lock->on = 0;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        for (param = ngx_http_hpf_lock_params; param->name.len; param++) {

            if (ngx_strncmp(value[i].data, param->name.data, param->name.len)
                == 0)
            {
                break;
            }
        }

        s.data = value[i].data + param->name.len;
        s.len = value[i].len - param->name.len;

        n = param->name.len == 0 ? NGX_ERROR
            : param->is_time ? ngx_parse_time(&s, 1)
            : ngx_atoi(s.data, s.len);

        if (n < 1 || n > 1000000) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": off, user=, total=, "
                               "address=, prefix= with a number, or first=, "
                               "longest=, window= with a time expected",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        field = (u_char *) hmcf->lock + param->offset;

        if (param->is_time) {
            *(time_t *) field = n;

        } else {
            *(ngx_uint_t *) field = n;
        }
    }

    return NGX_CONF_OK;
}
