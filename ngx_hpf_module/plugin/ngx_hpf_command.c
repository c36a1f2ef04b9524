/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What of Redis a plugin may use: commands on one key that is its own, none
 * of which blocks, and none of which leaves a key without an end.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hpf_plugin_int.h"


#define NGX_HPF_COMMAND_TTL   (366 * 86400)


typedef struct {
    const char  *name;
    ngx_uint_t   min;                  /* words, with name and key */
    ngx_uint_t   max;
} ngx_hpf_command_t;


static const ngx_hpf_command_t *ngx_hpf_command_find(
    const ngx_hpf_command_t *command, const ngx_str_t *name);


static const ngx_hpf_command_t  ngx_hpf_command_reads[] = {
    { "HGET", 3, 3 },
    { "HMGET", 3, NGX_HPF_COMMAND_ARGS },
    { "HGETALL", 2, 2 },
    { "HEXISTS", 3, 3 },
    { "HLEN", 2, 2 },
    { "HDEL", 3, NGX_HPF_COMMAND_ARGS },
    { "LRANGE", 4, 4 },
    { "LINDEX", 3, 3 },
    { "LLEN", 2, 2 },
    { "LPOP", 2, 3 },
    { "RPOP", 2, 3 },
    { "LREM", 4, 4 },
    { "LTRIM", 4, 4 },
    { "SMEMBERS", 2, 2 },
    { "SISMEMBER", 3, 3 },
    { "SCARD", 2, 2 },
    { "SREM", 3, NGX_HPF_COMMAND_ARGS },
    { "SPOP", 2, 3 },
    { "ZRANGE", 4, 9 },
    { "ZRANGEBYSCORE", 4, 8 },
    { "ZSCORE", 3, 3 },
    { "ZRANK", 3, 3 },
    { "ZCARD", 2, 2 },
    { "ZCOUNT", 4, 4 },
    { "ZREM", 3, NGX_HPF_COMMAND_ARGS },
    { "ZREMRANGEBYSCORE", 4, 4 },
    { "ZREMRANGEBYRANK", 4, 4 },
    { "EXISTS", 2, 2 },
    { "TTL", 2, 2 },
    { "UNLINK", 2, 2 },
    { NULL, 0, 0 }
};

/* These make a key: it has to have a time to live. */

static const ngx_hpf_command_t  ngx_hpf_command_writes[] = {
    { "HSET", 4, NGX_HPF_COMMAND_ARGS },
    { "HSETNX", 4, 4 },
    { "HINCRBY", 4, 4 },
    { "LPUSH", 3, NGX_HPF_COMMAND_ARGS },
    { "RPUSH", 3, NGX_HPF_COMMAND_ARGS },
    { "SADD", 3, NGX_HPF_COMMAND_ARGS },
    { "ZADD", 4, NGX_HPF_COMMAND_ARGS },
    { "ZINCRBY", 4, 4 },
    { NULL, 0, 0 }
};


const char *
ngx_hpf_command_check(const ngx_hpf_redis_args_t *args)
{
    json_t                   *text;
    ngx_uint_t                i;
    const ngx_hpf_command_t  *command;

    if (args->argc < 2 || args->argc > NGX_HPF_COMMAND_ARGS) {
        return "a command, a key and at most 62 words are expected";
    }

    command = ngx_hpf_command_find(ngx_hpf_command_reads, &args->argv[0]);

    if (command == NULL) {
        command = ngx_hpf_command_find(ngx_hpf_command_writes,
                                       &args->argv[0]);

        if (command == NULL) {
            return "the command is not one of those for plugins";
        }

        if (args->ttl == 0 || args->ttl > NGX_HPF_COMMAND_TTL) {
            return "it needs a time to live of 1 s to 366 days";
        }

    } else if (args->ttl) {
        return "it has no time to live";
    }

    if (args->argc < command->min || args->argc > command->max) {
        return "the command has not so many words";
    }

    if (args->argv[1].len == 0) {
        return "the key is empty";
    }

    /* what is read again goes into trees, where texts are UTF-8 */

    for (i = 1; i < args->argc; i++) {
        text = json_stringn((char *) args->argv[i].data, args->argv[i].len);

        if (text == NULL) {
            return "a word is not UTF-8";
        }

        json_decref(text);
    }

    return NULL;
}


static const ngx_hpf_command_t *
ngx_hpf_command_find(const ngx_hpf_command_t *command, const ngx_str_t *name)
{
    for ( /* void */ ; command->name; command++) {

        if (ngx_strlen(command->name) == name->len
            && ngx_strncmp(command->name, name->data, name->len) == 0)
        {
            return command;
        }
    }

    return NULL;
}
