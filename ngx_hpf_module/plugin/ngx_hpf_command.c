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
    ngx_uint_t   ttl;                  /* makes a key: it has to end */
} ngx_hpf_command_t;


static const ngx_hpf_command_t *ngx_hpf_command_find(const ngx_str_t *name);
static const char *ngx_hpf_command_texts(const ngx_hpf_redis_args_t *args);


static const ngx_hpf_command_t  ngx_hpf_commands[] = {
    { "HGET", 3, 3, 0 },
    { "HMGET", 3, NGX_HPF_COMMAND_ARGS, 0 },
    { "HGETALL", 2, 2, 0 },
    { "HEXISTS", 3, 3, 0 },
    { "HLEN", 2, 2, 0 },
    { "HSET", 4, NGX_HPF_COMMAND_ARGS, 1 },
    { "HSETNX", 4, 4, 1 },
    { "HINCRBY", 4, 4, 1 },
    { "HDEL", 3, NGX_HPF_COMMAND_ARGS, 0 },
    { "LRANGE", 4, 4, 0 },
    { "LINDEX", 3, 3, 0 },
    { "LLEN", 2, 2, 0 },
    { "LPUSH", 3, NGX_HPF_COMMAND_ARGS, 1 },
    { "RPUSH", 3, NGX_HPF_COMMAND_ARGS, 1 },
    { "LPOP", 2, 3, 0 },
    { "RPOP", 2, 3, 0 },
    { "LREM", 4, 4, 0 },
    { "LTRIM", 4, 4, 0 },
    { "SMEMBERS", 2, 2, 0 },
    { "SISMEMBER", 3, 3, 0 },
    { "SCARD", 2, 2, 0 },
    { "SADD", 3, NGX_HPF_COMMAND_ARGS, 1 },
    { "SREM", 3, NGX_HPF_COMMAND_ARGS, 0 },
    { "SPOP", 2, 3, 0 },
    { "ZRANGE", 4, 9, 0 },
    { "ZRANGEBYSCORE", 4, 8, 0 },
    { "ZSCORE", 3, 3, 0 },
    { "ZRANK", 3, 3, 0 },
    { "ZCARD", 2, 2, 0 },
    { "ZCOUNT", 4, 4, 0 },
    { "ZADD", 4, NGX_HPF_COMMAND_ARGS, 1 },
    { "ZINCRBY", 4, 4, 1 },
    { "ZREM", 3, NGX_HPF_COMMAND_ARGS, 0 },
    { "ZREMRANGEBYSCORE", 4, 4, 0 },
    { "ZREMRANGEBYRANK", 4, 4, 0 },
    { "EXISTS", 2, 2, 0 },
    { "TTL", 2, 2, 0 },
    { "UNLINK", 2, 2, 0 },
    { NULL, 0, 0, 0 }
};


/* NULL: it may be sent; else why not. */

const char *
ngx_hpf_command_check(const ngx_hpf_redis_args_t *args)
{
    const ngx_hpf_command_t  *command;

    if (args->argc < 2 || args->argc > NGX_HPF_COMMAND_ARGS) {
        return "a command, a key and at most 62 words are expected";
    }

    command = ngx_hpf_command_find(&args->argv[0]);

    if (command == NULL) {
        return "the command is not one of those for plugins";
    }

    if (!command->ttl && args->ttl) {
        return "it has no time to live";
    }

    if (command->ttl && (args->ttl == 0 || args->ttl > NGX_HPF_COMMAND_TTL)) {
        return "it needs a time to live of 1 s to 366 days";
    }

    if (args->argc < command->min || args->argc > command->max) {
        return "the command has not so many words";
    }

    if (args->argv[1].len == 0) {
        return "the key is empty";
    }

    return ngx_hpf_command_texts(args);
}


static const ngx_hpf_command_t *
ngx_hpf_command_find(const ngx_str_t *name)
{
    const ngx_hpf_command_t  *command;

    for (command = ngx_hpf_commands; command->name; command++) {

        if (ngx_strlen(command->name) == name->len
            && ngx_strncmp(command->name, name->data, name->len) == 0)
        {
            return command;
        }
    }

    return NULL;
}


/* What is read again goes into trees, where texts are UTF-8. */

static const char *
ngx_hpf_command_texts(const ngx_hpf_redis_args_t *args)
{
    json_t      *text;
    ngx_uint_t   i;

    for (i = 1; i < args->argc; i++) {
        text = json_stringn((char *) args->argv[i].data, args->argv[i].len);

        if (text == NULL) {
            return "a word is not UTF-8";
        }

        json_decref(text);
    }

    return NULL;
}
