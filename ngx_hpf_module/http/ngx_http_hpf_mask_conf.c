/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Directives of the masking filter.  Rules of a level extend those of the
 * level above it, and those of the http block the built-in ones.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_mask_conf.h"


typedef struct {
    ngx_array_t               names;      /* ngx_str_t; empty: a value rule */
    ngx_uint_t                kinds;      /* of a value rule: a bit a kind */
    unsigned                  on:1;
    unsigned                  kept:1;     /* keep= was given */
    unsigned                  drawn:1;    /* char= was given */
    hpf_mask_shape_t          shape;
} ngx_http_hpf_mask_rule_t;


static char *ngx_http_hpf_mask_conf_rule(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_hpf_mask_conf_key(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule);
static char *ngx_http_hpf_mask_conf_value(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule);
static char *ngx_http_hpf_mask_conf_form(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_uint_t n);
static char *ngx_http_hpf_mask_conf_keep(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value);
static ngx_int_t ngx_http_hpf_mask_conf_names(ngx_conf_t *cf,
    ngx_http_hpf_mask_rule_t *rule, ngx_str_t *value);
static const hpf_mask_rules_t *ngx_http_hpf_mask_conf_compile(ngx_conf_t *cf,
    ngx_array_t *own, const hpf_mask_rules_t *base);
static ngx_int_t ngx_http_hpf_mask_conf_apply(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule);
static ngx_int_t ngx_http_hpf_mask_conf_apply_value(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule);
static void *ngx_http_hpf_mask_conf_alloc(void *data, size_t size);
static ngx_uint_t ngx_http_hpf_mask_conf_has(ngx_hash_t *types, char *name);


#define NGX_HTTP_HPF_MASK_VALUES                                              \
    (1 << HPF_MASK_ID_CARD | 1 << HPF_MASK_MOBILE | 1 << HPF_MASK_BANK_CARD)


static ngx_conf_enum_t  ngx_http_hpf_mask_unscannable[] = {
    { ngx_string("refuse"), NGX_HTTP_HPF_MASK_REFUSE },
    { ngx_string("pass"), NGX_HTTP_HPF_MASK_PASS },
    { ngx_null_string, 0 }
};


static ngx_str_t  ngx_http_hpf_mask_types[] = {
    ngx_string("application/json"),
    ngx_string("application/*+json"),
    ngx_string("application/json-seq"),
    ngx_string("application/x-ndjson"),
    ngx_string("application/ndjson"),
    ngx_string("application/jsonl"),
    ngx_string("application/javascript"),
    ngx_string("application/x-javascript"),
    ngx_string("application/xml"),
    ngx_string("application/*+xml"),
    ngx_string("application/x-www-form-urlencoded"),
    ngx_string("text/*"),
    ngx_null_string
};


ngx_command_t  ngx_http_hpf_mask_commands[] = {

    { ngx_string("hpf_mask"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, enable),
      NULL },

    { ngx_string("hpf_mask_types"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_types_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, types_keys),
      &ngx_http_hpf_mask_types[0] },

    { ngx_string("hpf_mask_rule"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_hpf_mask_conf_rule,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hpf_mask_unscannable"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hpf_mask_loc_conf_t, unscannable),
      &ngx_http_hpf_mask_unscannable },

    /* see ngx_http_hpf_mask_http_conf.c */

    { ngx_string("hpf_mask_charset"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_hpf_mask_http_conf_charset,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


void *
ngx_http_hpf_mask_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_main_conf_t));
}


void *
ngx_http_hpf_mask_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hpf_mask_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->types = { NULL };
     *     conf->types_keys = NULL;
     *     conf->own = NULL;
     *     conf->rules = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->unscannable = NGX_CONF_UNSET_UINT;

    ngx_http_hpf_mask_http_conf_init(&conf->http);

    return conf;
}


char *
ngx_http_hpf_mask_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_hpf_mask_loc_conf_t *prev = parent;
    ngx_http_hpf_mask_loc_conf_t *conf = child;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_uint_value(conf->unscannable, prev->unscannable,
                              NGX_HTTP_HPF_MASK_REFUSE);

    ngx_http_hpf_mask_http_conf_merge(&conf->http, &prev->http);

    if (ngx_http_merge_types(cf, &conf->types_keys, &conf->types,
                             &prev->types_keys, &prev->types,
                             ngx_http_hpf_mask_types)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->all_text = ngx_http_hpf_mask_conf_has(&conf->types, "text/*");
    conf->all_json = ngx_http_hpf_mask_conf_has(&conf->types,
                                                "application/*+json");
    conf->all_xml = ngx_http_hpf_mask_conf_has(&conf->types,
                                               "application/*+xml");

    /* the http block itself is merged into nothing */

    if (prev->rules == NULL) {
        prev->rules = ngx_http_hpf_mask_conf_compile(cf, prev->own, NULL);
        if (prev->rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    conf->rules = prev->rules;

    if (conf->own != NULL) {
        conf->rules = ngx_http_hpf_mask_conf_compile(cf, conf->own,
                                                     prev->rules);
        if (conf->rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_hpf_mask_conf_base(ngx_conf_t *cf)
{
    ngx_http_hpf_mask_loc_conf_t   *hmlcf;
    ngx_http_hpf_mask_main_conf_t  *hmmcf;

    hmlcf = ngx_http_conf_get_module_loc_conf(cf,
                                              ngx_http_hpf_mask_filter_module);
    hmmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_hpf_mask_filter_module);

    if (hmlcf->rules == NULL) {
        hmlcf->rules = ngx_http_hpf_mask_conf_compile(cf, hmlcf->own, NULL);
        if (hmlcf->rules == NULL) {
            return NGX_ERROR;
        }
    }

    hmmcf->base = hmlcf->rules;

    return NGX_OK;
}


/* hpf_mask_rule key NAME[,NAME...] | value KIND|all [on|off] ... */

static char *
ngx_http_hpf_mask_conf_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_mask_loc_conf_t *hmlcf = conf;

    ngx_str_t                 *value;
    ngx_http_hpf_mask_rule_t  *rule;

    if (hmlcf->own == NULL) {
        hmlcf->own = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_http_hpf_mask_rule_t));
        if (hmlcf->own == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_array_push(hmlcf->own);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_http_hpf_mask_rule_t));

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "key") == 0) {
        return ngx_http_hpf_mask_conf_key(cf, rule);
    }

    if (ngx_strcmp(value[1].data, "value") == 0) {
        return ngx_http_hpf_mask_conf_value(cf, rule);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\", "
                       "it must be \"key\" or \"value\"", &value[1]);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_hpf_mask_conf_key(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule)
{
    ngx_str_t   *value;
    ngx_uint_t   kind;

    value = cf->args->elts;

    if (ngx_http_hpf_mask_conf_names(cf, rule, &value[2]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts < 4 || ngx_strncmp(value[3].data, "kind=", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"kind=\" is expected after the keys \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    kind = hpf_mask_kind_find((char *) value[3].data + 5, value[3].len - 5);

    if (kind == HPF_MASK_KINDS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid kind in \"%V\", it must be \"name\", "
                           "\"id-card\", \"mobile\", \"bank-card\", "
                           "\"account\", \"address\", \"email\", \"amount\", "
                           "\"all\" or \"none\"", &value[3]);
        return NGX_CONF_ERROR;
    }

    hpf_mask_shape_init(&rule->shape, kind);

    return ngx_http_hpf_mask_conf_form(cf, rule, 4);
}


static char *
ngx_http_hpf_mask_conf_value(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule)
{
    ngx_str_t   *value;
    ngx_uint_t   kind, n;

    value = cf->args->elts;

    if (ngx_strcmp(value[2].data, "all") == 0) {
        rule->kinds = NGX_HTTP_HPF_MASK_VALUES;
        kind = HPF_MASK_ID_CARD;

    } else {
        kind = hpf_mask_kind_find((char *) value[2].data, value[2].len);
        rule->kinds = (1 << kind) & NGX_HTTP_HPF_MASK_VALUES;
    }

    if (rule->kinds == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid kind of value \"%V\", it must be "
                           "\"id-card\", \"mobile\", \"bank-card\" or "
                           "\"all\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    hpf_mask_shape_init(&rule->shape, kind);

    rule->on = 1;
    n = 3;

    if (cf->args->nelts > 3) {

        if (ngx_strcmp(value[3].data, "off") == 0) {
            rule->on = 0;
            n++;

        } else if (ngx_strcmp(value[3].data, "on") == 0) {
            n++;
        }
    }

    return ngx_http_hpf_mask_conf_form(cf, rule, n);
}


/* [keep=LEFT,RIGHT] [char=CHARACTER], from argument n on. */

static char *
ngx_http_hpf_mask_conf_form(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_uint_t n)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    for ( /* void */ ; n < cf->args->nelts; n++) {

        if (ngx_strncmp(value[n].data, "keep=", 5) == 0) {

            if (ngx_http_hpf_mask_conf_keep(cf, rule, &value[n])
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[n].data, "char=", 5) == 0) {

            if (hpf_mask_shape_char(&rule->shape, (char *) value[n].data + 5,
                                    value[n].len - 5)
                != HPF_OK)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid parameter \"%V\", it must be one "
                                   "character and no quote or backslash",
                                   &value[n]);
                return NGX_CONF_ERROR;
            }

            rule->drawn = 1;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", \"keep=\" or "
                           "\"char=\" is expected", &value[n]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_mask_conf_keep(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_str_t *value)
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

    if (left < 0 || right < 0
        || left > HPF_MASK_KEEP_MAX || right > HPF_MASK_KEEP_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", two numbers up to %d "
                           "are expected, as in \"keep=6,4\"",
                           value, HPF_MASK_KEEP_MAX);
        return NGX_CONF_ERROR;
    }

    if (hpf_mask_shape_keep(&rule->shape, left, right) != HPF_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no meaning for the kind \"%s\"",
                           value, hpf_mask_kind_name(rule->shape.kind));
        return NGX_CONF_ERROR;
    }

    rule->kept = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_mask_conf_names(ngx_conf_t *cf, ngx_http_hpf_mask_rule_t *rule,
    ngx_str_t *value)
{
    u_char     *p, *comma, *last;
    ngx_str_t  *name;

    if (ngx_array_init(&rule->names, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    last = value->data + value->len;

    for (p = value->data; p <= last; p = comma + 1) {

        comma = ngx_strlchr(p, last, ',');
        if (comma == NULL) {
            comma = last;
        }

        if (comma == p || comma - p > HPF_MASK_KEY_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid keys \"%V\", names of 1 to %d bytes "
                               "with commas between them are expected",
                               value, HPF_MASK_KEY_MAX);
            return NGX_ERROR;
        }

        name = ngx_array_push(&rule->names);
        if (name == NULL) {
            return NGX_ERROR;
        }

        name->data = p;
        name->len = comma - p;
    }

    return NGX_OK;
}


static const hpf_mask_rules_t *
ngx_http_hpf_mask_conf_compile(ngx_conf_t *cf, ngx_array_t *own,
    const hpf_mask_rules_t *base)
{
    ngx_uint_t                 i;
    hpf_mask_alloc_t           alloc;
    hpf_mask_rules_t          *rules;
    ngx_http_hpf_mask_rule_t  *rule;

    alloc.alloc = ngx_http_hpf_mask_conf_alloc;
    alloc.data = cf->pool;

    rules = hpf_mask_rules_create(&alloc, base);
    if (rules == NULL) {
        return NULL;
    }

    if (base == NULL && hpf_mask_rules_defaults(rules) != HPF_OK) {
        return NULL;
    }

    if (own != NULL) {
        rule = own->elts;

        for (i = 0; i < own->nelts; i++) {

            if (ngx_http_hpf_mask_conf_apply(rules, &rule[i]) != NGX_OK) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "too many rules of \"hpf_mask_rule\"");
                return NULL;
            }
        }
    }

    if (hpf_mask_rules_compile(rules) != HPF_OK) {
        return NULL;
    }

    return rules;
}


static ngx_int_t
ngx_http_hpf_mask_conf_apply(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (rule->kinds) {
        return ngx_http_hpf_mask_conf_apply_value(rules, rule);
    }

    name = rule->names.elts;

    for (i = 0; i < rule->names.nelts; i++) {

        if (hpf_mask_rules_key(rules, (char *) name[i].data, name[i].len,
                               &rule->shape)
            != HPF_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hpf_mask_conf_apply_value(hpf_mask_rules_t *rules,
    ngx_http_hpf_mask_rule_t *rule)
{
    ngx_uint_t        kind;
    hpf_mask_shape_t  shape;

    for (kind = 0; kind < HPF_MASK_KINDS; kind++) {

        if (!(rule->kinds & (1 << kind))) {
            continue;
        }

        /* what the rule does not say stays as the level above has it */

        shape = rules->value[kind];

        if (rule->kept) {
            shape.left = rule->shape.left;
            shape.right = rule->shape.right;
        }

        if (rule->drawn) {
            shape.nch = rule->shape.nch;
            ngx_memcpy(shape.ch, rule->shape.ch, HPF_MASK_CHAR_MAX);
        }

        if (hpf_mask_rules_value(rules, &shape, rule->on) != HPF_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void *
ngx_http_hpf_mask_conf_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


static ngx_uint_t
ngx_http_hpf_mask_conf_has(ngx_hash_t *types, char *name)
{
    size_t  len;

    if (types->size == 0) {
        return 0;
    }

    len = ngx_strlen(name);

    return ngx_hash_find(types, ngx_hash_key((u_char *) name, len),
                         (u_char *) name, len)
           != NULL;
}
