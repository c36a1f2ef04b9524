/*
 * Copyright (C) the HPF gateway authors
 */

/* A plugin in C++: {"do": "keep"} throws and catches, "throw" does not. */

#include <stdexcept>
#include <string>

#include "hpf_plugin.h"


static const hpf_iface_call_t  *call_iface;
static const hpf_iface_json_t  *json_iface;


static int
thrower_event(hpf_plugin_t *plugin, int event, const hpf_host_t *host)
{
    if (event != HPF_EVENT_LOAD) {
        return HPF_OK;
    }

    call_iface = static_cast<const hpf_iface_call_t *>(
                     host->iface(HPF_IFACE_CALL, 1));
    json_iface = static_cast<const hpf_iface_json_t *>(
                     host->iface(HPF_IFACE_JSON, 1));

    return call_iface && json_iface ? HPF_OK : HPF_ERROR;
}


static int
thrower_reply(hpf_call_t *call, const std::string &text)
{
    hpf_str_t    value;
    hpf_json_t  *result;

    value.data = text.data();
    value.len = text.size();

    result = json_iface->new_object(call);

    if (json_iface->set(result, "value", json_iface->new_string(call, value))
        != HPF_OK)
    {
        return HPF_ERROR;
    }

    return call_iface->reply(call, 200, result);
}


static int
thrower_start(hpf_call_t *call)
{
    hpf_str_t  what;

    what = json_iface->string(json_iface->get(call_iface->form(call), "do"));

    if (std::string(what.data, what.len) == "throw") {
        throw std::runtime_error("nobody catches this");
    }

    try {
        throw std::runtime_error("caught");

    } catch (const std::exception &e) {
        return thrower_reply(call, e.what());
    }
}


static int
thrower_resume(hpf_call_t *call, const hpf_result_t *result)
{
    return HPF_ERROR;
}


static const hpf_plugin_def_t *
thrower_def(void)
{
    static hpf_plugin_def_t  def;

    def.size = sizeof(hpf_plugin_def_t);
    def.abi_major = HPF_ABI_MAJOR;
    def.abi_minor = HPF_ABI_MINOR;
    def.id = "thrower";
    def.version = "1.0.0";
    def.event = thrower_event;
    def.start = thrower_start;
    def.resume = thrower_resume;

    return &def;
}


const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t host_abi)
{
    return thrower_def();
}
