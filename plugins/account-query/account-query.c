/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * account-query: balance, status and month of the last payment of the user's
 * own account.  One call to the core, whose answer is passed on by member,
 * so that nothing goes out that the core may add one day.
 */

#include "hpf_plugin.h"

#include <string.h>


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_http_t  *http_iface;
static const hpf_iface_json_t  *json_iface;


static int
account_query_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    http_iface = host->iface(HPF_IFACE_HTTP, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return call_iface && http_iface && json_iface ? HPF_OK : HPF_ERROR;
}


static int
account_query_start(hpf_call_t *call)
{
    char       *path;
    hpf_str_t   id_no, at;

    static const char  prefix[] = "/account?id_no=";

    /* digits and X: nothing to escape */

    id_no = call_iface->fact(call, "id_no");

    at.len = sizeof(prefix) - 1 + id_no.len;
    path = call_iface->alloc(call, at.len);

    if (path == NULL) {
        return HPF_ERROR;
    }

    memcpy(path, prefix, sizeof(prefix) - 1);
    memcpy(path + sizeof(prefix) - 1, id_no.data, id_no.len);

    at.data = path;

    return http_iface->call(call, "core", "GET", at, NULL) > 0 ? HPF_AGAIN
                                                               : HPF_ERROR;
}


static int
account_query_resume(hpf_call_t *call, const hpf_result_t *result)
{
    size_t       i;
    hpf_str_t    language;
    hpf_json_t  *answer, *value;

    static const char  *members[] = {
        "name", "id_no", "account_no", "balance", "status", "last_paid_month",
        "mobile"
    };

    if (result->outcome == HPF_DONE && result->status == 404) {
        language = call_iface->fact(call, "language");

        return call_iface->fail(call, "not-found",
                                language.len == 2
                                ? "You have no housing provident fund account"
                                : "您名下没有住房公积金账户", NULL);
    }

    if (result->outcome != HPF_DONE || result->status != 200
        || json_iface->type(result->json) != HPF_JSON_OBJECT
        || json_iface->type(json_iface->get(result->json, "account_no"))
           != HPF_JSON_STRING)
    {
        return call_iface->fail(call, "backend-unavailable", NULL, NULL);
    }

    answer = json_iface->new_object(call);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {

        value = json_iface->get(result->json, members[i]);

        if (value
            && json_iface->set(answer, members[i],
                               json_iface->copy(call, value))
               != HPF_OK)
        {
            return HPF_ERROR;
        }
    }

    return call_iface->reply(call, 200, answer);
}


static const hpf_plugin_def_t  account_query = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "account-query",
    .version = "1.0.0",
    .event = account_query_event,
    .start = account_query_start,
    .resume = account_query_resume
};


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &account_query;
}
