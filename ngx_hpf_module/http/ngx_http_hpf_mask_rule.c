/*
 * Copyright (C) the HPF gateway authors
 */

/* hpf_mask_rule, hpf_mask_rules and the mask_rule of a channel. */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_path.h"
#include "hpf_mask_rule.h"
#include "ngx_http_hpf_mask_file.h"
#include "ngx_http_hpf_mask_hash.h"
#include "ngx_http_hpf_mask_rule.h"


typedef struct {
    hpf_mask_rule_t           rule;
    ngx_array_t               names;      /* ngx_str_t, of keys or paths */
    unsigned                  paths:1;
    hpf_mask_rulefile_t      *file;       /* not NULL: all of its rules */
} ngx_http_hpf_mask_rule_t;


static ngx_http_hpf_mask_rule_t *ngx_http_hpf_mask_rule_push(ngx_conf_t *cf,
    ngx_array_t **rules);
static char *ngx_http_hpf_mask_rule_named(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule);
static char *ngx_http_hpf_mask_rule_kind(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value);
static char *ngx_http_hpf_mask_rule_value(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule);
static char *ngx_http_hpf_mask_rule_form(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_uint_t n);
static const char *ngx_http_hpf_mask_rule_keep(
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value);
static char *ngx_http_hpf_mask_rule_names(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_mask_rule_check(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *name);
static int ngx_http_hpf_mask_rule_apply(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule);
static void *ngx_http_hpf_mask_rule_palloc(void *data, size_t size);


/*
 * key NAME[,NAME...] kind=KIND [keep=LEFT,RIGHT] [char=C] [reveal=LEVEL]
 * path PATH[,PATH...] kind=KIND ...
 * value KIND|all [on|off] [keep=LEFT,RIGHT] [char=C]
 */

char *
ngx_http_hpf_mask_rule_line(ngx_conf_t *cf, ngx_array_t **rules)
{
    ngx_str_t                 *value;
    ngx_http_hpf_mask_rule_t  *rule;

    rule = ngx_http_hpf_mask_rule_push(cf, rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "key") == 0) {
        return ngx_http_hpf_mask_rule_named(cf, rule);
    }

    if (ngx_strcmp(value[1].data, "path") == 0) {
        rule->paths = 1;
        return ngx_http_hpf_mask_rule_named(cf, rule);
    }

    if (ngx_strcmp(value[1].data, "value") == 0) {
        return ngx_http_hpf_mask_rule_value(cf, rule);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\", "
                       "it must be \"key\", \"path\" or \"value\"",
                       &value[1]);

    return NGX_CONF_ERROR;
}


static ngx_http_hpf_mask_rule_t *
ngx_http_hpf_mask_rule_push(ngx_conf_t *cf, ngx_array_t **rules)
{
    ngx_http_hpf_mask_rule_t  *rule;

    if (*rules == NULL) {
        *rules = ngx_array_create(cf->pool, 4,
                                  sizeof(ngx_http_hpf_mask_rule_t));
        if (*rules == NULL) {
            return NULL;
        }
    }

    rule = ngx_array_push(*rules);
    if (rule == NULL) {
        return NULL;
    }

    ngx_memzero(rule, sizeof(ngx_http_hpf_mask_rule_t));

    return rule;
}


static char *
ngx_http_hpf_mask_rule_named(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_http_hpf_mask_rule_names(cf, rule, &value[2]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts < 4 || ngx_strncmp(value[3].data, "kind=", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"kind=\" is expected after the %s \"%V\"",
                           rule->paths ? "paths" : "keys", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hpf_mask_rule_kind(cf, rule, &value[3]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hpf_mask_rule_form(cf, rule, 4);
}


static char *
ngx_http_hpf_mask_rule_kind(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_str_t *value)
{
    const char  *reason;

    reason = hpf_mask_rule_kind(&rule->rule, (char *) value->data + 5,
                                value->len - 5);

    if (reason != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid kind in \"%V\", %s", value, reason);
        return NGX_CONF_ERROR;
    }

    if (rule->rule.shape.kind == HPF_MASK_HASH) {
        ngx_http_hpf_mask_hash_need(cf);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_mask_rule_shape(ngx_conf_t *cf, ngx_uint_t n,
    hpf_mask_shape_t *shape)
{
    ngx_str_t                 *value;
    ngx_http_hpf_mask_rule_t   rule;

    value = cf->args->elts;

    ngx_memzero(&rule, sizeof(ngx_http_hpf_mask_rule_t));

    if (ngx_strncmp(value[n].data, "kind=", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", \"kind=\" is expected",
                           &value[n]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hpf_mask_rule_kind(cf, &rule, &value[n]) != NGX_CONF_OK
        || ngx_http_hpf_mask_rule_form(cf, &rule, n + 1) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (rule.rule.shape.reveal) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"reveal=\" has no meaning for a header");
        return NGX_CONF_ERROR;
    }

    *shape = rule.rule.shape;

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_mask_rule_value(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule)
{
    ngx_str_t   *value;
    ngx_uint_t   n;
    const char  *reason;

    value = cf->args->elts;

    reason = hpf_mask_rule_values(&rule->rule, (char *) value[2].data,
                                  value[2].len);

    if (reason != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid kind of value \"%V\", %s",
                           &value[2], reason);
        return NGX_CONF_ERROR;
    }

    n = 3;

    if (cf->args->nelts > 3) {

        if (ngx_strcmp(value[3].data, "off") == 0) {
            rule->rule.on = 0;
            n++;

        } else if (ngx_strcmp(value[3].data, "on") == 0) {
            n++;
        }
    }

    return ngx_http_hpf_mask_rule_form(cf, rule, n);
}


/* What is behind the kind, from argument n on. */

static char *
ngx_http_hpf_mask_rule_form(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_uint_t n)
{
    ngx_str_t   *value;
    const char  *reason;

    value = cf->args->elts;

    for ( /* void */ ; n < cf->args->nelts; n++) {

        if (ngx_strncmp(value[n].data, "keep=", 5) == 0) {
            reason = ngx_http_hpf_mask_rule_keep(rule, &value[n]);

        } else if (ngx_strncmp(value[n].data, "char=", 5) == 0) {
            reason = hpf_mask_rule_char(&rule->rule,
                                        (char *) value[n].data + 5,
                                        value[n].len - 5);

        } else if (ngx_strncmp(value[n].data, "reveal=", 7) == 0) {
            reason = hpf_mask_rule_reveal(&rule->rule,
                                          ngx_atoi(value[n].data + 7,
                                                   value[n].len - 7));

        } else {
            reason = "\"keep=\", \"char=\" or \"reveal=\" is expected";
        }

        if (reason != NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", %s",
                               &value[n], reason);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static const char *
ngx_http_hpf_mask_rule_keep(ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value)
{
    u_char     *p, *comma, *last;
    ngx_int_t   left, right;

    p = value->data + 5;
    last = value->data + value->len;
    comma = ngx_strlchr(p, last, ',');

    left = NGX_ERROR;
    right = NGX_ERROR;

    if (comma != NULL) {
        left = ngx_atoi(p, comma - p);
        right = ngx_atoi(comma + 1, last - comma - 1);
    }

    if (left < 0 || right < 0) {
        return "two numbers up to 64 are expected, as in \"keep=6,4\"";
    }

    return hpf_mask_rule_keep(&rule->rule, left, right);
}


static char *
ngx_http_hpf_mask_rule_names(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_str_t *value)
{
    u_char     *p, *comma, *last;
    ngx_str_t  *name;

    if (ngx_array_init(&rule->names, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    last = value->data + value->len;

    for (p = value->data; p <= last; p = comma + 1) {

        comma = ngx_strlchr(p, last, ',');
        if (comma == NULL) {
            comma = last;
        }

        name = ngx_array_push(&rule->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        name->data = p;
        name->len = comma - p;

        if (ngx_http_hpf_mask_rule_check(cf, rule, name) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_mask_rule_check(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_str_t *name)
{
    const char  *reason;

    if (rule->paths) {
        reason = hpf_mask_path_fault((char *) name->data, name->len);

    } else if (name->len == 0 || name->len > HPF_MASK_KEY_MAX) {
        reason = "names of 1 to 128 bytes with commas between them are "
                 "expected";

    } else {
        reason = NULL;
    }

    if (reason != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid %s \"%V\", %s",
                           rule->paths ? "path" : "key", name, reason);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_http_hpf_mask_rule_file(ngx_conf_t *cf, ngx_array_t **rules)
{
    ngx_str_t                 *value;
    ngx_http_hpf_mask_rule_t  *rule;

    value = cf->args->elts;

    rule = ngx_http_hpf_mask_rule_push(cf, rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    rule->file = ngx_http_hpf_mask_file_read(cf, &value[1]);
    if (rule->file == NULL) {
        return NGX_CONF_ERROR;
    }

    if (hpf_mask_rulefile_has(rule->file, HPF_MASK_HASH)) {
        ngx_http_hpf_mask_hash_need(cf);
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_hpf_mask_rule_compile(ngx_pool_t *pool, ngx_array_t *own,
    const hpf_mask_rules_t *base, hpf_mask_rules_t **rules)
{
    int                        rc;
    ngx_uint_t                 i;
    hpf_mask_alloc_t           alloc;
    ngx_http_hpf_mask_rule_t  *rule;

    ngx_http_hpf_mask_rule_alloc(&alloc, pool);

    *rules = hpf_mask_rules_create(&alloc, base);
    if (*rules == NULL) {
        return NGX_ERROR;
    }

    if (base == NULL && hpf_mask_rules_defaults(*rules) != HPF_OK) {
        return NGX_ERROR;
    }

    if (own != NULL) {
        rule = own->elts;

        for (i = 0; i < own->nelts; i++) {
            rc = ngx_http_hpf_mask_rule_apply(*rules, &rule[i]);

            if (rc != HPF_OK) {
                return (rc == HPF_DECLINED) ? NGX_DECLINED : NGX_ERROR;
            }
        }
    }

    return hpf_mask_rules_compile(*rules) == HPF_OK ? NGX_OK : NGX_ERROR;
}


static int
ngx_http_hpf_mask_rule_apply(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule)
{
    int          rc;
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (rule->file != NULL) {
        return hpf_mask_rulefile_apply(rule->file, rules);
    }

    if (rule->rule.values) {
        hpf_mask_rule_apply(&rule->rule, rules);
        return HPF_OK;
    }

    name = rule->names.elts;

    for (i = 0; i < rule->names.nelts; i++) {

        if (rule->paths) {
            rc = hpf_mask_path_add(rules, (char *) name[i].data, name[i].len,
                                   &rule->rule.shape);

        } else {
            rc = hpf_mask_rules_key(rules, (char *) name[i].data, name[i].len,
                                    &rule->rule.shape);
        }

        if (rc != HPF_OK) {
            return rc;
        }
    }

    return HPF_OK;
}


void
ngx_http_hpf_mask_rule_alloc(hpf_mask_alloc_t *alloc, ngx_pool_t *pool)
{
    alloc->alloc = ngx_http_hpf_mask_rule_palloc;
    alloc->data = pool;
}


static void *
ngx_http_hpf_mask_rule_palloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}
