/*
 * Copyright (C) the HPF gateway authors
 */

/* Files of rules, which "nginx -t" checks. */

#ifndef _NGX_HTTP_HPF_MASK_FILE_H_INCLUDED_
#define _NGX_HTTP_HPF_MASK_FILE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "hpf_mask_rulefile.h"


/*
 * Lives as long as the configuration; a relative name is one of its folder.
 * NULL: what is wrong was logged, with file and line.
 */
hpf_mask_rulefile_t *ngx_http_hpf_mask_file_read(ngx_conf_t *cf,
    ngx_str_t *name);


#endif /* _NGX_HTTP_HPF_MASK_FILE_H_INCLUDED_ */
