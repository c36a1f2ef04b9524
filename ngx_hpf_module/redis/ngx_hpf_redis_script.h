/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The scripts of lua/redis/, compiled into the module.  A new one is a file
 * lua/redis/NAME.lua and a line here; C code then has
 * ngx_hpf_redis_script_NAME.  What a durable one writes must not be lost;
 * LIMITS puts the function of limit.inc.lua in front.
 */

#ifndef _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_
#define _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_hpf_redis.h"


#define NGX_HPF_REDIS_SCRIPTS(script)                                        \
    /* name, durable, with */                                                \
    script(session_get,        0, LIMITS)                                    \
    script(session_create,     0, ALONE)                                     \
    script(session_index,      0, ALONE)                                     \
    script(session_peek,       0, ALONE)                                     \
    script(session_end,        0, ALONE)                                     \
    script(ticket_create,      0, ALONE)                                     \
    script(ticket_take,        0, ALONE)                                     \
    script(binding_put,        1, ALONE)                                     \
    script(binding_drop,       1, ALONE)                                     \
    script(consent_get,        0, ALONE)                                     \
    script(limit_take,         0, LIMITS)                                    \
    script(challenge_allow,    0, ALONE)                                     \
    script(challenge_create,   0, ALONE)                                     \
    script(challenge_verify,   0, ALONE)                                     \
    script(cert_challenge,     0, ALONE)                                     \
    script(cert_take,          0, ALONE)                                     \
    script(cert_list,          1, ALONE)                                     \
    script(cert_bind,          1, ALONE)                                     \
    script(cert_release,       1, ALONE)                                     \
    script(user_claim,         1, ALONE)                                     \
    script(lock_take,          0, ALONE)                                     \
    script(lock_give,          0, ALONE)                                     \
    script(index_drop,         1, ALONE)                                     \
    script(mobile_set,         1, ALONE)                                     \
    script(user_drop,          1, ALONE)                                     \
    script(user_retake,        1, ALONE)                                     \
    script(user_lock,          1, ALONE)                                     \
    script(reseal_claim,       0, ALONE)                                     \
    script(reseal_scan,        0, ALONE)                                     \
    script(reseal,             1, ALONE)                                     \
    script(password_set,       1, ALONE)                                     \
    script(handler_add,        1, ALONE)                                     \
    script(handler_list,       0, ALONE)                                     \
    script(handler_change,     1, ALONE)                                     \
    script(idempotency_begin,  1, LIMITS)                                    \
    script(idempotency_end,    0, ALONE)                                     \
    script(kv_incr,            0, ALONE)                                     \
    script(plugin_write,       0, ALONE)                                     \
    script(approval_set,       1, ALONE)                                     \
    script(approval_restore,   1, ALONE)                                     \
    script(case_open,          1, ALONE)                                     \
    script(case_set,           1, ALONE)                                     \
    script(case_list,          0, ALONE)                                     \
    script(case_claim,         1, ALONE)                                     \
    script(case_cancel,        1, ALONE)                                     \
    script(case_evaluate,      1, ALONE)                                     \
    script(case_void,          1, ALONE)


#define NGX_HPF_REDIS_SCRIPT_DECLARE(name, durable, with)                    \
    extern ngx_hpf_redis_script_t  ngx_hpf_redis_script_##name;

NGX_HPF_REDIS_SCRIPTS(NGX_HPF_REDIS_SCRIPT_DECLARE)


/* Fills the digests; when a store is created. */
void ngx_hpf_redis_script_init(void);


#endif /* _NGX_HPF_REDIS_SCRIPT_H_INCLUDED_ */
