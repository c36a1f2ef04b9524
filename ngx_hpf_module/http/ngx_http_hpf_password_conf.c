/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf_password: what scrypt costs, and what a password has to be.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_password.h"


#if !(NGX_THREADS)
#error "nginx has to be configured with --with-threads"
#endif


typedef struct {
    ngx_str_t    name;
    size_t       offset;
    ngx_uint_t   unsigned_int;             /* not ngx_uint_t */
    ngx_int_t    min;
    ngx_int_t    max;
} ngx_http_hpf_password_param_t;


static void ngx_http_hpf_password_cleanup(void *data);


#define NGX_HTTP_HPF_PASSWORD_COST(member)                                   \
    offsetof(ngx_http_hpf_password_t, cost)                                  \
        + offsetof(hpf_password_cost_t, member), 1

static const ngx_http_hpf_password_param_t  ngx_http_hpf_password_params[] = {

    { ngx_string("cost="), NGX_HTTP_HPF_PASSWORD_COST(log_n), 10, 20 },
    { ngx_string("block="), NGX_HTTP_HPF_PASSWORD_COST(r), 1, 32 },
    { ngx_string("parallel="), NGX_HTTP_HPF_PASSWORD_COST(p), 1, 16 },
    { ngx_string("min="), offsetof(ngx_http_hpf_password_t, min), 0, 8, 64 },
    { ngx_string("history="), offsetof(ngx_http_hpf_password_t, history), 0,
      0, NGX_HTTP_HPF_PASSWORD_HISTORY },
    { ngx_string("threads="), offsetof(ngx_http_hpf_password_t, threads), 0,
      1, 64 },
    { ngx_string("queue="), offsetof(ngx_http_hpf_password_t, queue), 0,
      0, 10000 },
    { ngx_null_string, 0, 0, 0, 0 }
};


ngx_http_hpf_password_t *
ngx_http_hpf_password_create(ngx_pool_t *pool)
{
    ngx_http_hpf_password_t  *password;

    password = ngx_pcalloc(pool, sizeof(ngx_http_hpf_password_t));

    if (password) {
        password->cost.log_n = 15;
        password->cost.r = 8;
        password->cost.p = 1;
        password->min = 8;
        password->history = 5;
        password->threads = 2;
        password->queue = 64;

        ngx_queue_init(&password->waiting);
    }

    return password;
}


/*
 * hpf_password [cost=LOG2N] [block=R] [parallel=P] [min=N] [history=N]
 *              [threads=N] [queue=N] [pool=NAME]
 */

char *
ngx_http_hpf_password_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    u_char                               *field;
    ngx_int_t                             n;
    ngx_str_t                            *value, s;
    ngx_uint_t                            i;
    const ngx_http_hpf_password_param_t  *param;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "pool=", 5) == 0 && value[i].len > 5) {

            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            hmcf->password->pool = ngx_thread_pool_add(cf, &s);

            if (hmcf->password->pool == NULL) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        for (param = ngx_http_hpf_password_params; param->name.len; param++) {

            if (ngx_strncmp(value[i].data, param->name.data, param->name.len)
                == 0)
            {
                break;
            }
        }

        n = param->name.len ? ngx_atoi(value[i].data + param->name.len,
                                       value[i].len - param->name.len)
                            : NGX_ERROR;

        if (n == NGX_ERROR || n < param->min || n > param->max) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": cost=10..20, "
                               "block=1..32, parallel=1..16, min=8..64, "
                               "history=0..10, threads=1..64, queue=0..10000 "
                               "or pool=NAME expected", &value[i]);
            return NGX_CONF_ERROR;
        }

        field = (u_char *) hmcf->password + param->offset;

        if (param->unsigned_int) {
            *(unsigned *) field = n;

        } else {
            *(ngx_uint_t *) field = n;
        }
    }

    return NGX_CONF_OK;
}


/* The key over the hashes is not among those files that index.key opens. */

ngx_int_t
ngx_http_hpf_password_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    int                  rc;
    u_char               key[HPF_CRYPTO_LEN];
    hpf_crypto_part_t    master;
    ngx_pool_cleanup_t  *cln;

    if (hmcf->password->pool == NULL) {
        hmcf->password->pool = ngx_thread_pool_add(cf, NULL);
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (hmcf->password->pool == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    master.data = hmcf->index_key.data;
    master.len = hmcf->index_key.len;

    rc = hpf_crypto_derive(hmcf->crypto, HPF_CRYPTO_SHA256, &master,
                           "hpf password 1", key);

    if (rc == HPF_OK) {
        hmcf->password->pepper = hpf_crypto_hmac_create(hmcf->crypto,
                                                        HPF_CRYPTO_SHA256,
                                                        key, sizeof(key));
    }

    hpf_crypto_cleanse(key, sizeof(key));

    if (hmcf->password->pepper == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_hpf_password_cleanup;
    cln->data = hmcf->password;

    return NGX_OK;
}


static void
ngx_http_hpf_password_cleanup(void *data)
{
    ngx_http_hpf_password_t *password = data;

    hpf_crypto_hmac_destroy(password->pepper);
}
