/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The tables that a C plugin is given.
 */

#ifndef _NGX_HPF_IFACE_H_INCLUDED_
#define _NGX_HPF_IFACE_H_INCLUDED_


#include "hpf_plugin.h"


extern const hpf_host_t        ngx_hpf_iface_host;
extern const hpf_iface_json_t  ngx_hpf_iface_json;


#endif /* _NGX_HPF_IFACE_H_INCLUDED_ */
