/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The scripts of lua/redis/, compiled into the module.  A new one is a file
 * lua/redis/NAME.lua and a line here; C code then has
 * ngx_hpf_redis_script_NAME.  What a durable one writes must not be lost.
 */

#ifndef _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_
#define _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis.h"


#define NGX_HPF_REDIS_SCRIPTS(script, durable)                               \
    script(session_get)                                                      \
    script(session_create)                                                   \
    script(session_index)                                                    \
    script(challenge_allow)                                                  \
    script(challenge_create)                                                 \
    script(challenge_verify)                                                 \
    durable(user_claim)                                                      \
    durable(idempotency_begin)                                               \
    script(idempotency_end)                                                  \
    script(kv_incr)                                                          \
    durable(case_open)                                                       \
    durable(case_set)                                                        \
    script(case_list)                                                        \
    durable(case_claim)                                                      \
    durable(case_void)


#define NGX_HPF_REDIS_SCRIPT_DECLARE(name)                                   \
    extern ngx_hpf_redis_script_t  ngx_hpf_redis_script_##name;

NGX_HPF_REDIS_SCRIPTS(NGX_HPF_REDIS_SCRIPT_DECLARE,
                      NGX_HPF_REDIS_SCRIPT_DECLARE)


/* Fills the digests; when a store is created. */
void ngx_hpf_redis_script_init(void);


#endif /* _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_ */
