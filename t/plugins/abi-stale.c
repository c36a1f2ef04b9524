/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * abi-stale: does what a plugin must not do, as "do" of the form says, and
 * tells in its answer or the log what the gateway said to it.
 */

#include "hpf_plugin.h"

#include <string.h>


#define MANY  10000


typedef struct {
    int32_t      begun;
    int32_t      refused;
    int32_t      ended;
} abi_stale_run_t;


static const hpf_host_t        *host;
static const hpf_iface_call_t  *call_iface;
static const hpf_iface_http_t  *http_iface;
static const hpf_iface_json_t  *json_iface;
static const hpf_iface_kv_t    *kv_iface;
static const hpf_iface_log_t   *log_iface;

static hpf_plugin_t            *self;
static hpf_call_t              *kept;
static void                    *memory;


static hpf_str_t
abi_stale_str(const char *text)
{
    hpf_str_t  s;

    s.data = text;
    s.len = strlen(text);

    return s;
}


static void
abi_stale_log(const char *text)
{
    host->log(self, HPF_LOG_NOTICE, text, strlen(text));
}


static int
abi_stale_event(hpf_plugin_t *plugin, int event, const hpf_host_t *h)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    host = h;
    self = plugin;

    call_iface = h->iface(HPF_IFACE_CALL, 1);
    http_iface = h->iface(HPF_IFACE_HTTP, 1);
    json_iface = h->iface(HPF_IFACE_JSON, 1);
    kv_iface = h->iface(HPF_IFACE_KV, 1);
    log_iface = h->iface(HPF_IFACE_LOG, 1);

    /* never given back */

    memory = h->alloc(plugin, 4321);

    return memory ? HPF_OK : HPF_ERROR;
}


static int
abi_stale_answer(hpf_call_t *call, int64_t value)
{
    hpf_json_t  *answer;

    answer = json_iface->new_object(call);
    json_iface->set(answer, "value", json_iface->new_integer(call, value));

    return call_iface->reply(call, 200, answer);
}


/* How many functions have refused a call that has ended. */

static int
abi_stale_refusals(hpf_call_t *call)
{
    int        n;
    hpf_str_t  s;

    s = abi_stale_str("text");

    n = call_iface->fact(call, "request_id").len == 0;
    n += call_iface->form(call) == NULL;
    n += call_iface->alloc(call, 16) == NULL;
    n += call_iface->data(call) == NULL;
    n += call_iface->plugin(call) == NULL;
    n += call_iface->reply(call, 200, NULL) == HPF_ERROR;
    n += call_iface->fail(call, "not-found", NULL, NULL) == HPF_ERROR;
    n += call_iface->sleep(call, 1) == HPF_ERROR;
    n += kv_iface->set(call, s, s, 60) == HPF_ERROR;
    n += http_iface->call(call, "core", "GET", s, NULL) == HPF_ERROR;
    n += json_iface->new_string(call, s) == NULL;
    n += log_iface->enabled(call, HPF_LOG_ERR) == 0;

    call_iface->set_data(call, memory);
    log_iface->write(call, HPF_LOG_ERR, s);

    return n;
}


static int
abi_stale_memory(hpf_call_t *call)
{
    int    n, outside;
    char  *p;

    p = host->alloc(self, 1000);
    n = p != NULL && p[0] == 0 && p[999] == 0;

    host->free(self, p);
    host->free(self, NULL);

    /* twice, not its beginning, and not its own */

    host->free(self, p);
    host->free(self, (char *) memory + 16);
    host->free(self, &outside);

    n += host->alloc(self, 900 * 1024) != NULL;
    n += host->alloc(self, 900 * 1024) == NULL;
    n += host->alloc(self, (size_t) -1) == NULL;

    return abi_stale_answer(call, n);
}


static int
abi_stale_many(hpf_call_t *call, abi_stale_run_t *run)
{
    int  i;

    for (i = 0; i < MANY; i++) {
        if (call_iface->sleep(call, 1) > 0) {
            run->begun++;

        } else {
            run->refused++;
        }
    }

    return HPF_AGAIN;
}


static int
abi_stale_start(hpf_call_t *call)
{
    hpf_str_t         what;
    abi_stale_run_t  *run;

    what = json_iface->string(json_iface->get(call_iface->form(call), "do"));
    run = call_iface->alloc(call, sizeof(abi_stale_run_t));
    call_iface->set_data(call, run);

    switch (what.len ? what.data[0] : 0) {

    case 'k':                          /* keep the handle */
        kept = call;
        return abi_stale_answer(call, 1);

    case 'u':                          /* use it */
        return abi_stale_answer(call, abi_stale_refusals(kept));

    case 't':                          /* twice */
        abi_stale_answer(call, 1);
        abi_stale_log(abi_stale_answer(call, 2) == HPF_ERROR
                      ? "no second answer" : "a second answer");
        abi_stale_log(call_iface->sleep(call, 1) == HPF_ERROR
                      ? "nothing begun" : "something begun");
        return HPF_OK;

    case 'n':                          /* never */
        return HPF_AGAIN;

    case 'l':                          /* answer when the client has left */
        run->begun = 1;
        return call_iface->sleep(call, 100) > 0 ? HPF_AGAIN : HPF_ERROR;

    case 'w':                          /* wait for the end of the worker */
        abi_stale_log("waiting");
        return call_iface->sleep(call, 60000) > 0 ? HPF_AGAIN : HPF_ERROR;

    case 'm':
        return abi_stale_many(call, run);

    case 'a':
        return abi_stale_memory(call);

    default:
        return HPF_OK;
    }
}


static int
abi_stale_resume(hpf_call_t *call, const hpf_result_t *result)
{
    int               rc;
    hpf_json_t       *answer;
    abi_stale_run_t  *run;

    run = call_iface->data(call);

    if (++run->ended < run->begun) {
        return HPF_AGAIN;
    }

    answer = json_iface->new_object(call);

    json_iface->set(answer, "begun",
                    json_iface->new_integer(call, run->begun));
    json_iface->set(answer, "refused",
                    json_iface->new_integer(call, run->refused));
    json_iface->set(answer, "ended",
                    json_iface->new_integer(call, run->ended));

    rc = call_iface->reply(call, 200, answer);
    abi_stale_log(rc == HPF_OK ? "answered" : "not answered");

    return rc;
}


/* Too late for everything but a look at the call. */

static void
abi_stale_cancel(hpf_call_t *call)
{
    if (call_iface->fact(call, "item").len == 0) {
        abi_stale_log("cancelled too late");
        return;
    }

    abi_stale_log(call_iface->sleep(call, 1) == HPF_ERROR
                  && http_iface->call(call, "core", "GET",
                                      abi_stale_str("/account?id_no=1"), NULL)
                     == HPF_ERROR
                  ? "cancelled" : "cancelled, and began something");
}


static const hpf_plugin_def_t  abi_stale = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = "abi-stale",
    .version = "1.0.0",
    .event = abi_stale_event,
    .start = abi_stale_start,
    .resume = abi_stale_resume,
    .cancel = abi_stale_cancel
};


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &abi_stale;
}
