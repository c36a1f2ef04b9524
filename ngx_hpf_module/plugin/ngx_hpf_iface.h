/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The tables that a C plugin is given.  The Lua host calls those that take
 * no call, too.
 */

#ifndef _NGX_HPF_IFACE_H_INCLUDED_
#define _NGX_HPF_IFACE_H_INCLUDED_


#include "hpf_plugin.h"


extern const hpf_host_t          ngx_hpf_iface_host;
extern const hpf_iface_json_t    ngx_hpf_iface_json;
extern const hpf_iface_text_t    ngx_hpf_iface_text;
extern const hpf_iface_crypto_t  ngx_hpf_iface_crypto;
extern const hpf_iface_metric_t  ngx_hpf_iface_metric;


#endif /* _NGX_HPF_IFACE_H_INCLUDED_ */
