/*
 * Copyright (C) the HPF gateway authors
 */

/* A plugin in C++ that throws what nobody catches; ID is its id. */

#include <stdexcept>

#include "hpf_plugin.h"


static int
throw_start(hpf_call_t *)
{
    throw std::runtime_error("thrown by a plugin");
}


static int
throw_resume(hpf_call_t *, const hpf_result_t *)
{
    return HPF_ERROR;
}


extern "C" __attribute__((visibility("default")))
const hpf_plugin_def_t *
hpf_plugin_entry(uint32_t)
{
    static hpf_plugin_def_t  def;

    def.size = sizeof(def);
    def.abi_major = HPF_ABI_MAJOR;
    def.abi_minor = HPF_ABI_MINOR;
    def.id = ID;
    def.version = "1.0.0";
    def.start = throw_start;
    def.resume = throw_resume;

    return &def;
}
