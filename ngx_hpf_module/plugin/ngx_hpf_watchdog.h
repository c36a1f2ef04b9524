/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The watchdog: a thread of each worker that ends it when one call of a
 * plugin's code does not come back.
 */

#ifndef _NGX_HPF_WATCHDOG_H_INCLUDED_
#define _NGX_HPF_WATCHDOG_H_INCLUDED_


#include "ngx_hpf_plugin_int.h"


/* After the mark is there; a worker without a watchdog works, too: logged. */
void ngx_hpf_watchdog_start(ngx_hpf_plugins_t *plugins);
/* Waits for its end: the code of the module may go then. */
void ngx_hpf_watchdog_stop(void);


#endif /* _NGX_HPF_WATCHDOG_H_INCLUDED_ */
