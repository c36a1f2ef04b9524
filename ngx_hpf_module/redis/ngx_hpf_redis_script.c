/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The text of the scripts, put in by the assembler from lua/redis/, which is
 * on the include path: the module needs no file at run time, and the tree
 * holds no generated code.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis_store.h"
#include "ngx_hpf_redis_script.h"


#define NGX_HPF_REDIS_SCRIPT_ALONE
#define NGX_HPF_REDIS_SCRIPT_LIMITS  ".incbin \"limit.inc.lua\"\n"

#define NGX_HPF_REDIS_SCRIPT_TEXT(name, durable, with)                       \
    __asm__(".section .rodata\n"                                             \
            "ngx_hpf_redis_script_" #name "_text:\n"                         \
            NGX_HPF_REDIS_SCRIPT_##with                                      \
            ".incbin \"" #name ".lua\"\n"                                    \
            "ngx_hpf_redis_script_" #name "_last:\n"                         \
            ".byte 0\n"                                                      \
            ".previous\n");                                                  \
    extern const u_char  ngx_hpf_redis_script_##name##_text[]                \
        __attribute__((visibility("hidden")));                               \
    extern const u_char  ngx_hpf_redis_script_##name##_last[]                \
        __attribute__((visibility("hidden")));

NGX_HPF_REDIS_SCRIPTS(NGX_HPF_REDIS_SCRIPT_TEXT)


#define NGX_HPF_REDIS_SCRIPT_OBJECT(name, durable, with)                     \
    ngx_hpf_redis_script_t  ngx_hpf_redis_script_##name = {                  \
        ngx_string(#name),                                                   \
        { 0, (u_char *) ngx_hpf_redis_script_##name##_text },                \
        { 0 },                                                               \
        durable                                                              \
    };

NGX_HPF_REDIS_SCRIPTS(NGX_HPF_REDIS_SCRIPT_OBJECT)


#define NGX_HPF_REDIS_SCRIPT_ENTRY(name, durable, with)                      \
    { &ngx_hpf_redis_script_##name, ngx_hpf_redis_script_##name##_last },

static const struct {
    ngx_hpf_redis_script_t  *script;
    const u_char            *last;
} ngx_hpf_redis_script_table[] = {
    NGX_HPF_REDIS_SCRIPTS(NGX_HPF_REDIS_SCRIPT_ENTRY)
};


void
ngx_hpf_redis_script_init(void)
{
    ngx_uint_t               i, n;
    ngx_hpf_redis_script_t  *script;

    n = sizeof(ngx_hpf_redis_script_table)
        / sizeof(ngx_hpf_redis_script_table[0]);

    for (i = 0; i < n; i++) {
        script = ngx_hpf_redis_script_table[i].script;
        script->source.len = ngx_hpf_redis_script_table[i].last
                             - script->source.data;

        ngx_hpf_redis_eval_digest(script);
    }
}
