/*
 * Copyright (C) the HPF gateway authors
 */

/* A factor for tests that does what is sent with it: {"do": "early"}. */

#include <signal.h>
#include <string.h>

#include "hpf_plugin.h"


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_case_t  *case_iface;
static const hpf_iface_json_t  *json_iface;


static int
factor_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    case_iface = host->iface(HPF_IFACE_CASE, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return call_iface && case_iface && json_iface ? HPF_OK : HPF_ERROR;
}


static int
factor_reply(hpf_call_t *call, int matched)
{
    return call_iface->reply(call, 200,
                             json_iface->new_boolean(call, matched));
}


/* Facts that are there, and no others. */

static int
factor_facts(hpf_call_t *call)
{
    size_t  i;

    static const char  *none[] = {
        "name", "mobile", "user_id", "user_type", "level", "idempotency_key",
        "case_no"
    };

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {

        if (call_iface->fact(call, none[i]).len) {
            return factor_reply(call, 0);
        }
    }

    return factor_reply(call, call_iface->fact(call, "id_no").len == 18
                              && call_iface->fact(call, "channel").len
                              && call_iface->fact(call, "item").len == 4);
}


static int
factor_start(hpf_call_t *call)
{
    hpf_str_t  word;

    word = json_iface->string(json_iface->get(call_iface->form(call), "do"));

#define is(want)                                                             \
    (word.len == sizeof(want) - 1 && memcmp(word.data, want, word.len) == 0)

    if (is("early")) {

        /* its operation ends when nobody waits for it any more */

        return call_iface->sleep(call, 20) > 0 ? factor_reply(call, 1)
                                               : HPF_ERROR;
    }

    if (is("stay")) {
        return call_iface->sleep(call, 60000) > 0 ? HPF_AGAIN : HPF_ERROR;
    }

    if (is("facts")) {
        return factor_facts(call);
    }

    if (is("case")) {
        return factor_reply(call, case_iface->open(call, "checking", NULL) > 0);
    }

    if (is("twice")) {
        (void) factor_reply(call, 0);
        return factor_reply(call, 1);
    }

    if (is("object")) {
        return call_iface->reply(call, 200, json_iface->new_object(call));
    }

    if (is("nothing")) {
        return call_iface->reply(call, 200, NULL);
    }

    if (is("silent")) {
        return HPF_OK;
    }

    if (is("declined")) {
        return HPF_DECLINED;
    }

    if (is("problem")) {
        return call_iface->fail(call, "not-found", "for the client", NULL);
    }

    if (is("cannot")) {
        return call_iface->fail(call, "backend-unavailable", "for the client",
                                json_iface->copy(call,
                                                 call_iface->form(call)));
    }

    if (is("crash")) {
        (void) raise(SIGSEGV);
    }

    return factor_reply(call, is("true"));
}


static int
factor_resume(hpf_call_t *call, const hpf_result_t *result)
{
    return factor_reply(call, result->outcome == HPF_DONE);
}


static const hpf_plugin_def_t  factor = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "face",
    .version = "1.0.0",
    .event = factor_event,
    .start = factor_start,
    .resume = factor_resume
};


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &factor;
}
