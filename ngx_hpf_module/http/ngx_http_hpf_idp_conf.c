/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * hpf_identity_provider NAME { ... }
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_idp.h"
#include "ngx_http_hpf_verify.h"


#define NGX_HTTP_HPF_IDP_LEEWAY   60       /* s */
#define NGX_HTTP_HPF_IDP_LIFE     600
#define NGX_HTTP_HPF_IDP_REFRESH  600


typedef char *(*ngx_http_hpf_idp_line_pt)(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);


static char *ngx_http_hpf_idp_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hpf_idp_conf_issuer(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_audience(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_keys(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_channel(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_algorithm(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_leeway(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_life(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_refresh(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_claims(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_level(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp, ngx_str_t *value, ngx_uint_t n);
static char *ngx_http_hpf_idp_conf_time(ngx_str_t *value, int64_t *seconds);
static char *ngx_http_hpf_idp_conf_complete(ngx_conf_t *cf,
    ngx_http_hpf_idp_t *idp);
static ngx_uint_t ngx_http_hpf_idp_conf_backend(
    ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name);


/* least and most: arguments, the name included */

static const struct {
    const char                *name;
    ngx_uint_t                 least;
    ngx_uint_t                 most;
    ngx_http_hpf_idp_line_pt   set;
} ngx_http_hpf_idp_lines[] = {
    { "issuer", 2, 2, ngx_http_hpf_idp_conf_issuer },
    { "audience", 2, 2, ngx_http_hpf_idp_conf_audience },
    { "keys", 3, 4, ngx_http_hpf_idp_conf_keys },
    { "channel", 2, 32, ngx_http_hpf_idp_conf_channel },
    { "algorithm", 2, 4, ngx_http_hpf_idp_conf_algorithm },
    { "leeway", 2, 2, ngx_http_hpf_idp_conf_leeway },
    { "life", 2, 2, ngx_http_hpf_idp_conf_life },
    { "refresh", 2, 2, ngx_http_hpf_idp_conf_refresh },
    { "claims", 2, 4, ngx_http_hpf_idp_conf_claims },
    { "level", 3, 32, ngx_http_hpf_idp_conf_level },
    { NULL, 0, 0, NULL }
};


char *
ngx_http_hpf_idp_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    char                *rv;
    ngx_str_t           *value;
    ngx_conf_t           save;
    ngx_uint_t           i;
    ngx_http_hpf_idp_t  *idp;
    ngx_pool_cleanup_t  *cln;

    value = cf->args->elts;
    idp = hmcf->idps.elts;

    for (i = 0; i < hmcf->idps.nelts; i++) {

        if (ngx_strcmp(idp[i].name.data, value[1].data) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "identity provider \"%V\" is duplicate",
                               &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (hmcf->idps.nelts == 0) {
        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_http_hpf_idp_keys_free;
        cln->data = &hmcf->idps;
    }

    idp = ngx_array_push(&hmcf->idps);
    if (idp == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(idp, sizeof(ngx_http_hpf_idp_t));

    idp->name = value[1];
    idp->rules.leeway = NGX_HTTP_HPF_IDP_LEEWAY;
    idp->rules.life = NGX_HTTP_HPF_IDP_LIFE;
    idp->refresh = NGX_HTTP_HPF_IDP_REFRESH;

    if (ngx_array_init(&idp->channels, cf->pool, 2, sizeof(ngx_str_t))
            != NGX_OK
        || ngx_array_init(&idp->levels, cf->pool, 4,
                          sizeof(ngx_http_hpf_idp_level_t))
               != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    save = *cf;
    cf->handler = ngx_http_hpf_idp_line;
    cf->handler_conf = (void *) idp;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv == NGX_CONF_OK ? ngx_http_hpf_idp_conf_complete(cf, idp) : rv;
}


static char *
ngx_http_hpf_idp_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_hpf_idp_t *idp = conf;

    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i, n;

    value = cf->args->elts;
    n = cf->args->nelts;

    for (i = 0; ngx_http_hpf_idp_lines[i].name; i++) {

        if (ngx_strcmp(value[0].data, ngx_http_hpf_idp_lines[i].name) != 0) {
            continue;
        }

        if (n < ngx_http_hpf_idp_lines[i].least
            || n > ngx_http_hpf_idp_lines[i].most)
        {
            rv = "has a wrong number of arguments";

        } else {
            rv = ngx_http_hpf_idp_lines[i].set(cf, idp, value, n);
        }

        if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" of identity provider \"%V\" %s",
                               &value[0], &idp->name, rv);
            rv = NGX_CONF_ERROR;
        }

        return rv;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" of identity provider \"%V\"",
                       &value[0], &idp->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_hpf_idp_conf_issuer(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    if (idp->rules.issuer) {
        return "is duplicate";
    }

    idp->rules.issuer = (char *) value[1].data;

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_idp_conf_audience(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    if (idp->rules.audience) {
        return "is duplicate";
    }

    idp->rules.audience = (char *) value[1].data;

    return NGX_CONF_OK;
}


/* keys file FILE; keys backend NAME PATH; */

static char *
ngx_http_hpf_idp_conf_keys(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    if (idp->file.len || idp->backend.len) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "file") == 0 && n == 3) {
        idp->file = value[2];

        return ngx_conf_full_name(cf->cycle, &idp->file, 1) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[1].data, "backend") == 0 && n == 4
        && value[3].data[0] == '/')
    {
        idp->backend = value[2];
        idp->path = value[3];

        return NGX_CONF_OK;
    }

    return "must be \"file FILE\" or \"backend NAME /PATH\"";
}


static char *
ngx_http_hpf_idp_conf_channel(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    ngx_str_t   *id;
    ngx_uint_t   i;

    for (i = 1; i < n; i++) {

        id = ngx_array_push(&idp->channels);
        if (id == NULL) {
            return NGX_CONF_ERROR;
        }

        *id = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_idp_conf_algorithm(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    ngx_uint_t     i;
    hpf_jws_alg_e  alg;

    for (i = 1; i < n; i++) {
        alg = hpf_jws_alg((char *) value[i].data);

        if (alg == HPF_JWS_ALGS) {
            return "must be of RS256, ES256 and SM2";
        }

        idp->algs |= 1 << alg;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_idp_conf_leeway(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    return ngx_http_hpf_idp_conf_time(&value[1], &idp->rules.leeway);
}


static char *
ngx_http_hpf_idp_conf_life(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    return ngx_http_hpf_idp_conf_time(&value[1], &idp->rules.life);
}


static char *
ngx_http_hpf_idp_conf_refresh(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    char     *rv;
    int64_t   seconds;

    rv = ngx_http_hpf_idp_conf_time(&value[1], &seconds);

    if (rv == NGX_CONF_OK) {
        idp->refresh = seconds;
    }

    return rv;
}


static char *
ngx_http_hpf_idp_conf_time(ngx_str_t *value, int64_t *seconds)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 1);

    if (n == NGX_ERROR || n > 86400) {
        return "must be a time of at most a day";
    }

    *seconds = n;

    return NGX_CONF_OK;
}


/* claims NUMBER [NAME [MOBILE]]; */

static char *
ngx_http_hpf_idp_conf_claims(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    if (idp->number) {
        return "is duplicate";
    }

    idp->number = (char *) value[1].data;
    idp->person = n > 2 ? (char *) value[2].data : NULL;
    idp->mobile = n > 3 ? (char *) value[3].data : NULL;

    return NGX_CONF_OK;
}


/* level CLAIM VALUE=LEVEL ...; */

static char *
ngx_http_hpf_idp_conf_level(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp,
    ngx_str_t *value, ngx_uint_t n)
{
    size_t                     len;
    ngx_uint_t                 i;
    ngx_http_hpf_idp_level_t  *level;

    if (idp->level) {
        return "is duplicate";
    }

    idp->level = (char *) value[1].data;

    for (i = 2; i < n; i++) {
        len = value[i].len;

        if (len < 3 || value[i].data[len - 2] != '='
            || value[i].data[len - 1] < '1' || value[i].data[len - 1] > '3')
        {
            return "must have VALUE=LEVEL, of levels 1 to 3";
        }

        level = ngx_array_push(&idp->levels);
        if (level == NULL) {
            return NGX_CONF_ERROR;
        }

        level->value.data = value[i].data;
        level->value.len = len - 2;
        level->level = value[i].data[len - 1] - '0';
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_idp_conf_complete(ngx_conf_t *cf, ngx_http_hpf_idp_t *idp)
{
    const char  *why;

    if (idp->rules.issuer == NULL || idp->rules.audience == NULL
        || idp->number == NULL || idp->level == NULL
        || idp->channels.nelts == 0
        || (idp->file.len == 0 && idp->backend.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "identity provider \"%V\" needs \"issuer\", "
                           "\"audience\", \"keys\", \"channel\", \"claims\" "
                           "and \"level\"", &idp->name);
        return NGX_CONF_ERROR;
    }

    if (idp->algs == 0) {
        idp->algs = 1 << HPF_JWS_RS256 | 1 << HPF_JWS_ES256;
    }

    if (idp->file.len
        && ngx_http_hpf_idp_keys_file(idp, cf->log, &why) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "keys of identity provider \"%V\" cannot be used: "
                           "%s", &idp->name, why);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_idp_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_str_t           *channel;
    ngx_uint_t           i, n;
    ngx_http_hpf_idp_t  *idp;

    idp = hmcf->idps.elts;

    for (i = 0; i < hmcf->idps.nelts; i++) {

        if (idp[i].algs & 1 << HPF_JWS_SM2
            && ngx_http_hpf_verify_threads(cf, hmcf) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        channel = idp[i].channels.elts;

        for (n = 0; n < idp[i].channels.nelts; n++) {

            if (ngx_http_hpf_channel_find(hmcf, &channel[n]) == NULL) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "identity provider \"%V\": there is no "
                                   "channel \"%V\"", &idp[i].name,
                                   &channel[n]);
                return NGX_CONF_ERROR;
            }
        }

        if (idp[i].backend.len
            && !ngx_http_hpf_idp_conf_backend(hmcf, &idp[i].backend))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "identity provider \"%V\": there is no back "
                               "end \"%V\"", &idp[i].name, &idp[i].backend);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_hpf_idp_conf_backend(ngx_http_hpf_main_conf_t *hmcf, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_http_hpf_backend_t  *backend;

    backend = hmcf->backends.elts;

    for (i = 0; i < hmcf->backends.nelts; i++) {

        if (ngx_strcmp(backend[i].name.data, name->data) == 0) {
            return 1;
        }
    }

    return 0;
}
