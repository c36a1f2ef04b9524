/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * abi-load: answers with VALUE.  What may be wrong with a library, or new in
 * it, is chosen by macros: ID, MAJOR, MINOR, SIZE, REFUSE (an event), SMALLER,
 * LARGER, HIDDEN, NOTHING, NEEDS (something of another library).
 */

#include "hpf_plugin.h"

#include <string.h>


#ifndef VALUE
#define VALUE  "good"
#endif

#ifndef ID
#define ID  "abi-load"
#endif

#ifndef MAJOR
#define MAJOR  HPF_ABI_MAJOR
#endif

#ifndef MINOR
#define MINOR  HPF_ABI_MINOR
#endif

#ifndef REFUSE
#define REFUSE  0
#endif

#ifdef SMALLER
#define SIZE  offsetof(hpf_plugin_def_t, cancel)
#elif !defined(SIZE)
#define SIZE  sizeof(abi_load)
#endif


/* What a later minor version might have added. */

typedef struct {
    hpf_plugin_def_t   def;
#ifdef LARGER
    void              *more[8];
#endif
} abi_load_def_t;


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_json_t  *json_iface;


#ifdef NEEDS

int abi_none(void);

#endif


static int
abi_load_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    static char  text[] = "event 0";

    text[sizeof(text) - 2] = (char) ('0' + event);
    host->log(plugin, HPF_LOG_NOTICE, text, sizeof(text) - 1);

    call_iface = host->iface(HPF_IFACE_CALL, 1);
    json_iface = host->iface(HPF_IFACE_JSON, 1);

    return event == REFUSE || call_iface == NULL || json_iface == NULL
           ? HPF_ERROR : HPF_OK;
}


static int
abi_load_start(hpf_call_t *call)
{
    hpf_str_t    s;
    hpf_json_t  *answer;

    s.data = VALUE;
    s.len = strlen(VALUE);

    answer = json_iface->new_object(call);
    json_iface->set(answer, "value", json_iface->new_string(call, s));

#ifdef NEEDS
    json_iface->set(answer, "none",
                    json_iface->new_integer(call, abi_none()));
#endif

    return call_iface->reply(call, 200, answer);
}


static int
abi_load_resume(hpf_call_t *call, const hpf_result_t *result)
{
    return HPF_ERROR;
}


static const abi_load_def_t  abi_load = {
    {
        SIZE, MAJOR, MINOR, ID, "1.0.0", abi_load_event,
        abi_load_start, abi_load_resume,
#ifdef SMALLER
        (void (*)(hpf_call_t *call)) 1, (int (*)(hpf_call_t *call)) 1,
#else
        NULL, NULL,
#endif
        { NULL }
    }
#ifdef LARGER
    , { (void *) 1 }
#endif
};


#ifndef HIDDEN

const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
#ifdef NOTHING
    return NULL;
#else
    return &abi_load.def;
#endif
}

#else

const void  *abi_load_is_used = &abi_load;

#endif
