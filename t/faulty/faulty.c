/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A plugin for tests that does what its form says: {"do": "crash"}.
 * ID is its id, VALUE what it answers; LOADING and CONSTRUCTING are what it
 * does when it is told HPF_EVENT_LOAD, and before anybody has called it.
 */

#define _GNU_SOURCE

/* jumps are looked at */

#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE  2

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hpf_plugin.h"


#ifndef VALUE
#define VALUE  "one"
#endif

#ifndef LOADING
#define LOADING
#endif

#ifndef CONSTRUCTING
#define CONSTRUCTING
#endif


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_http_t  *http_iface;
static const hpf_iface_json_t  *json_iface;
static const hpf_host_t        *host;

static volatile int             forever = 1;
static jmp_buf                  marked;


/* A library that calls exit() by its name is not loaded. */

static void
faulty_end(const char *how)
{
    void   *symbol;
    void  (*end)(int status);

    symbol = dlsym(RTLD_DEFAULT, how);
    memcpy(&end, &symbol, sizeof(end));

    end(2);
}


__attribute__((constructor))
static void
faulty_construct(void)
{
    CONSTRUCTING;
}


static int
faulty_event(hpf_plugin_t *plugin, int event, const hpf_host_t *h)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    LOADING;

    host = h;
    call_iface = host->iface(HPF_IFACE_CALL, 1);
    http_iface = host->iface(HPF_IFACE_HTTP, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return call_iface && http_iface && json_iface ? HPF_OK : HPF_ERROR;
}


static int
faulty_answer(hpf_call_t *call)
{
    hpf_str_t    value;
    hpf_json_t  *result;

    value.data = VALUE;
    value.len = sizeof(VALUE) - 1;

    result = json_iface->new_object(call);

    if (json_iface->set(result, "value", json_iface->new_string(call, value))
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return call_iface->reply(call, 200, result);
}


static int
faulty_is(hpf_str_t word, const char *want)
{
    return word.len == strlen(want)
           && memcmp(word.data, want, word.len) == 0;
}


static int
faulty_deep(volatile char *above)
{
    volatile char  here[4096];

    here[0] = above[0];

    return forever ? faulty_deep(here) + here[0] : 0;
}


/* Deep in the stack, which is somebody else's when it is jumped to. */

__attribute__((noinline))
static int
faulty_mark(void)
{
    volatile char  below[65536];

    below[0] = (char) forever;

    return _setjmp(marked) + below[0];
}


static int
faulty_start(hpf_call_t *call)
{
    hpf_str_t  what;

    static hpf_str_t  path = { "/account?id_no=1", 16 };
    static hpf_str_t  held = { "/loans?id_no=1", 14 };

    what = json_iface->string(json_iface->get(call_iface->form(call), "do"));

    if (faulty_is(what, "crash")) {
        (void) raise(SIGSEGV);

    } else if (faulty_is(what, "abort")) {
        abort();

    } else if (faulty_is(what, "deep")) {
        return faulty_deep("");

    } else if (faulty_is(what, "exit")) {
        faulty_end("exit");

    } else if (faulty_is(what, "loop")) {

        while (forever) {
            /* void */
        }

    } else if (faulty_is(what, "block")) {
        (void) pause();

    } else if (faulty_is(what, "mark")) {
        (void) faulty_mark();

    } else if (faulty_is(what, "jump")) {
        longjmp(marked, 1);

    } else if (faulty_is(what, "keep")) {
        (void) host->alloc(call_iface->plugin(call), 100000);

    } else if (faulty_is(what, "bomb")) {

        while (host->alloc(call_iface->plugin(call), 1000000)) {
            /* void */
        }

    } else if (faulty_is(what, "sleep")) {
        return call_iface->sleep(call, 60000) > 0 ? HPF_AGAIN : HPF_ERROR;

    } else if (faulty_is(what, "ask") || faulty_is(what, "hold")) {
        return http_iface->call(call, "core", "GET",
                                faulty_is(what, "ask") ? path : held, NULL)
               > 0 ? HPF_AGAIN : HPF_ERROR;
    }

    return faulty_answer(call);
}


static int
faulty_resume(hpf_call_t *call, const hpf_result_t *result)
{
    return faulty_answer(call);
}


static void
faulty_cancel(hpf_call_t *call)
{
    host->log(call_iface->plugin(call), HPF_LOG_NOTICE, "cancelled", 9);
}


static const hpf_plugin_def_t  faulty = {
    .size = sizeof(hpf_plugin_def_t),
    .abi_major = HPF_ABI_MAJOR,
    .abi_minor = HPF_ABI_MINOR,
    .id = ID,
    .version = "1.0.0",
    .event = faulty_event,
    .start = faulty_start,
    .resume = faulty_resume,
    .cancel = faulty_cancel
};


__attribute__((visibility("default")))
const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return &faulty;
}
