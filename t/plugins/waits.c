/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A plugin that waits at one point, {"at": "backend"}, then for Redis once
 * more, and answers with "n" of its form.  ID is its id, STATUS that of its
 * answer.
 */

#include <string.h>

#include "hpf_plugin.h"


typedef struct {
    int  waits;
} waits_call_t;


static const hpf_iface_call_t   *call_iface;
static const hpf_iface_http_t   *http_iface;
static const hpf_iface_kv_t     *kv_iface;
static const hpf_iface_case_t   *case_iface;
static const hpf_iface_json_t   *json_iface;
static const hpf_iface_redis_t  *redis_iface;
static const hpf_host_t         *host;

static const hpf_str_t           waits_key = { "waits", 5 };


static int
waits_event(hpf_plugin_t *plugin, int event, const hpf_host_t *h)
{
    host = h;
    call_iface = host->iface(HPF_IFACE_CALL, 1);
    http_iface = host->iface(HPF_IFACE_HTTP, 1);
    kv_iface = host->iface(HPF_IFACE_KV, 1);
    case_iface = host->iface(HPF_IFACE_CASE, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 2);
    redis_iface = host->iface(HPF_IFACE_REDIS, 1);

    return call_iface && http_iface && kv_iface && case_iface && json_iface
           && redis_iface ? HPF_OK : HPF_ERROR;
}


static int32_t
waits_begin(hpf_call_t *call, hpf_str_t at)
{
    static const hpf_str_t  path = { "/loans?id_no=1", 14 };
    static const hpf_str_t  words[] = {
        { "LPUSH", 5 }, { "list", 4 }, { "x", 1 }
    };

    if (at.len == 7 && memcmp(at.data, "backend", 7) == 0) {
        return http_iface->call(call, "core", "GET", path, NULL);
    }

    if (at.len == 5 && memcmp(at.data, "redis", 5) == 0) {
        return redis_iface->command(call, words, 3, 60);
    }

    if (at.len == 5 && memcmp(at.data, "sleep", 5) == 0) {
        return call_iface->sleep(call, 200);
    }

    if (at.len == 4 && memcmp(at.data, "case", 4) == 0) {
        return case_iface->open(call, "checking", NULL);
    }

    return kv_iface->incr(call, waits_key, 1, 60);
}


static int
waits_start(hpf_call_t *call)
{
    hpf_str_t      at;
    waits_call_t  *data;

    at = json_iface->string(json_iface->get(call_iface->form(call), "at"));
    data = call_iface->alloc(call, sizeof(waits_call_t));

    if (data == NULL || waits_begin(call, at) <= 0) {
        return HPF_ERROR;
    }

    call_iface->set_data(call, data);
    host->log(call_iface->plugin(call), HPF_LOG_NOTICE, "waits", 5);

    return HPF_AGAIN;
}


static int
waits_resume(hpf_call_t *call, const hpf_result_t *result)
{
    hpf_json_t    *answer, *n;
    waits_call_t  *data;

    data = call_iface->data(call);

    if (data->waits++ == 0) {
        return kv_iface->incr(call, waits_key, 1, 60) > 0 ? HPF_AGAIN
                                                          : HPF_ERROR;
    }

    answer = json_iface->new_object(call);
    n = json_iface->get(call_iface->form(call), "n");

    if (json_iface->set(answer, "n",
                        json_iface->new_integer(call,
                                                json_iface->integer(n, 0)))
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return call_iface->reply(call, STATUS, answer);
}


static const hpf_plugin_def_t  waits = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = ID,
    .version = "1.0.0",
    .event = waits_event,
    .start = waits_start,
    .resume = waits_resume
};


__attribute__((visibility("default")))
const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &waits;
}
