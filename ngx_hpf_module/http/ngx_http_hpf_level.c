/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Levels.  A rule is a sum of factors, "any" among them; a level is reached
 * when one of its rules comes true.  From the same rules it follows what a
 * session that is too weak has to prove besides.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_hpf_factor_plugin.h"
#include "ngx_http_hpf_level.h"
#include "ngx_http_hpf_session.h"
#include "ngx_http_hpf_user.h"


/* All of these factors, and so many others. */

typedef struct {
    ngx_uint_t    factors;
    ngx_uint_t    others;
} ngx_http_hpf_level_rule_t;


static char *ngx_http_hpf_level_rule(ngx_conf_t *cf, ngx_array_t *rules,
    ngx_str_t *text);
static ngx_int_t ngx_http_hpf_level_part(ngx_http_hpf_level_rule_t *rule,
    u_char *p, size_t len);
static ngx_uint_t ngx_http_hpf_level_missing(ngx_http_hpf_level_rule_t *rule,
    ngx_uint_t have);
static ngx_uint_t ngx_http_hpf_level_lacks(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t level);
static ngx_uint_t ngx_http_hpf_level_offered(ngx_http_hpf_ctx_t *ctx);
static ngx_uint_t ngx_http_hpf_level_fresh(ngx_http_hpf_ctx_t *ctx,
    const hpf_manifest_t *mf, ngx_uint_t *asked);
static ngx_int_t ngx_http_hpf_level_refuse(ngx_http_hpf_ctx_t *ctx,
    ngx_uint_t level, ngx_uint_t factors);


/* hpf_level_rule LEVEL FACTOR[+FACTOR]... ... */

char *
ngx_http_hpf_level_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hpf_main_conf_t *hmcf = conf;

    char         *rv;
    ngx_int_t     level;
    ngx_str_t    *value;
    ngx_uint_t    i;
    ngx_array_t  *rules;

    value = cf->args->elts;
    level = ngx_atoi(value[1].data, value[1].len);

    if (level < 1 || level > NGX_HTTP_HPF_LEVELS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid level \"%V\": 1 to %d expected", &value[1],
                           NGX_HTTP_HPF_LEVELS);
        return NGX_CONF_ERROR;
    }

    if (hmcf->level_rules[level]) {
        return "is duplicate";
    }

    rules = ngx_array_create(cf->pool, 4, sizeof(ngx_http_hpf_level_rule_t));
    if (rules == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_hpf_level_rule(cf, rules, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    hmcf->level_rules[level] = rules;

    return NGX_CONF_OK;
}


char *
ngx_http_hpf_level_init(ngx_conf_t *cf, ngx_http_hpf_main_conf_t *hmcf)
{
    ngx_uint_t    i;
    ngx_array_t  *rules;

    static struct {
        ngx_uint_t   level;
        ngx_str_t    rule;
    } usual[] = {
        { 1, ngx_string("any") },
        { 2, ngx_string("any+any") },
        { 3, ngx_string("face+any") },
        { 3, ngx_string("cert+any") }
    };

    rules = NULL;

    for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {

        if (i == 0 || usual[i].level != usual[i - 1].level) {
            rules = NULL;

            if (hmcf->level_rules[usual[i].level] == NULL) {
                rules = ngx_array_create(cf->pool, 2,
                                         sizeof(ngx_http_hpf_level_rule_t));
                if (rules == NULL) {
                    return NGX_CONF_ERROR;
                }

                hmcf->level_rules[usual[i].level] = rules;
            }
        }

        if (rules
            && ngx_http_hpf_level_rule(cf, rules, &usual[i].rule)
               != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hpf_level_rule(ngx_conf_t *cf, ngx_array_t *rules, ngx_str_t *text)
{
    u_char                     *p, *last, *plus;
    ngx_http_hpf_level_rule_t  *rule;

    rule = ngx_array_push(rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_http_hpf_level_rule_t));

    p = text->data;
    last = p + text->len;

    do {
        plus = ngx_strlchr(p, last, '+');

        if (plus == NULL) {
            plus = last;
        }

        if (ngx_http_hpf_level_part(rule, p, plus - p) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid rule \"%V\" of a level: factors or "
                               "\"any\" with \"+\" between them expected, none "
                               "of them twice", text);
            return NGX_CONF_ERROR;
        }

        p = plus + 1;

    } while (plus < last);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hpf_level_part(ngx_http_hpf_level_rule_t *rule, u_char *p,
    size_t len)
{
    ngx_str_t   name;
    ngx_uint_t  factor;

    name.data = p;
    name.len = len;

    if (ngx_http_hpf_is(&name, "any")) {
        rule->others++;
        return NGX_OK;
    }

    factor = ngx_http_hpf_factor_find(&name);

    if (factor == 0 || rule->factors & factor) {
        return NGX_ERROR;
    }

    rule->factors |= factor;

    return NGX_OK;
}


/*
 * Who is not registered under his real name has named a number, and nothing
 * says that it is his.
 */

ngx_uint_t
ngx_http_hpf_level_of(ngx_http_hpf_main_conf_t *hmcf, ngx_uint_t factors,
    ngx_uint_t real)
{
    ngx_uint_t                  i, level;
    ngx_http_hpf_level_rule_t  *rule;

    level = real ? NGX_HTTP_HPF_LEVELS : (ngx_uint_t) hmcf->real_name - 1;

    for ( /* void */ ; level > 0; level--) {

        rule = hmcf->level_rules[level]->elts;

        for (i = 0; i < hmcf->level_rules[level]->nelts; i++) {

            if (ngx_http_hpf_level_missing(&rule[i], factors) == 0) {
                return level;
            }
        }
    }

    return 0;
}


/* How many factors there are not. */

static ngx_uint_t
ngx_http_hpf_level_missing(ngx_http_hpf_level_rule_t *rule, ngx_uint_t have)
{
    ngx_uint_t  others, missing;

    others = __builtin_popcountl(have & ~rule->factors);
    missing = __builtin_popcountl(rule->factors & ~have);

    return missing + (others < rule->others ? rule->others - others : 0);
}


ngx_int_t
ngx_http_hpf_level_check(ngx_http_hpf_ctx_t *ctx, ngx_uint_t level,
    const hpf_manifest_t *mf)
{
    ngx_uint_t  asked;

    if (level > 0 && !ctx->has_session) {
        return ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_SESSION_REQUIRED);
    }

    if (ctx->session.level < level) {
        return ngx_http_hpf_level_refuse(ctx, level,
                                         ngx_http_hpf_level_lacks(ctx, level));
    }

    if (mf == NULL || mf->nfresh == 0
        || ngx_http_hpf_level_fresh(ctx, mf, &asked))
    {
        return NGX_OK;
    }

    if (ngx_http_hpf_level_refuse(ctx, level,
                                  asked & ngx_http_hpf_level_offered(ctx))
        != NGX_ABORT)
    {
        return NGX_ERROR;
    }

    return ngx_http_hpf_extra_int(ctx, "within", mf->within) == NGX_OK
           ? NGX_ABORT : NGX_ERROR;
}


/*
 * Of the rules that would do, those count that want the least besides what
 * the session has, and that can be met here.
 */

static ngx_uint_t
ngx_http_hpf_level_lacks(ngx_http_hpf_ctx_t *ctx, ngx_uint_t level)
{
    ngx_uint_t                  i, have, offered, missing, least, factors;
    ngx_array_t                *rules;
    ngx_http_hpf_main_conf_t   *hmcf;
    ngx_http_hpf_level_rule_t  *rule;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    factors = 0;
    have = ctx->session.factors;
    offered = ngx_http_hpf_level_offered(ctx) & ~have;
    least = HPF_SESSION_FACTORS;

    if (level > ctx->channel->session_level) {
        return 0;
    }

    for ( /* void */ ; level <= ctx->channel->session_level; level++) {

        rules = hmcf->level_rules[level];
        rule = rules->elts;

        for (i = 0; i < rules->nelts; i++) {

            missing = ngx_http_hpf_level_missing(&rule[i], have);

            if (missing > least
                || ngx_http_hpf_level_missing(&rule[i], have | offered))
            {
                continue;
            }

            if (missing < least) {
                least = missing;
                factors = 0;
            }

            factors |= rule[i].factors & ~have;

            if (missing > (ngx_uint_t) __builtin_popcountl(rule[i].factors
                                                           & ~have))
            {
                factors |= offered;
            }
        }
    }

    return factors;
}


/* What this gateway can prove, on this channel. */

static ngx_uint_t
ngx_http_hpf_level_offered(ngx_http_hpf_ctx_t *ctx)
{
    ngx_uint_t                 offered;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    offered = ngx_http_hpf_factor_offered(hmcf);

    return ctx->channel->kind == NGX_HTTP_HPF_PUBLIC
           ? offered & ~(ngx_uint_t) NGX_HTTP_HPF_F_BINDING : offered;
}


/* 1: one of the factors that the item asks for was proved just now. */

static ngx_uint_t
ngx_http_hpf_level_fresh(ngx_http_hpf_ctx_t *ctx, const hpf_manifest_t *mf,
    ngx_uint_t *asked)
{
    size_t       i;
    uint32_t     now, ago;
    ngx_str_t    name;
    ngx_uint_t   factor;

    *asked = 0;
    now = ngx_hpf_session_cache_clock();

    for (i = 0; i < mf->nfresh; i++) {
        name.data = (u_char *) mf->fresh[i];
        name.len = ngx_strlen(name.data);

        factor = ngx_http_hpf_factor_find(&name);

        if (factor == 0) {
            continue;
        }

        *asked |= factor;
        ago = ctx->session.proved[__builtin_ctzl(factor)];

        if ((ctx->session.factors & factor) && ago < HPF_SESSION_LONG_AGO
            && ago <= mf->within + (ctx->session.fresh_until - now))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_hpf_level_refuse(ngx_http_hpf_ctx_t *ctx, ngx_uint_t level,
    ngx_uint_t factors)
{
    json_t                    *list;
    ngx_http_hpf_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_hpf_module);

    list = ngx_http_hpf_factor_names(hmcf, factors);

    (void) ngx_http_hpf_refuse(ctx, NGX_HTTP_HPF_STEP_UP_REQUIRED);

    if (ngx_http_hpf_extra_json(ctx, "factors", list) != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "required_level", level) != NGX_OK
        || ngx_http_hpf_extra_int(ctx, "level", ctx->session.level) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_ABORT;
}
