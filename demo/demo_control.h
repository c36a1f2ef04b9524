/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What tests tell the back ends to do: be slow, fail, lose answers, wait.
 */

#ifndef _DEMO_CONTROL_H_INCLUDED_
#define _DEMO_CONTROL_H_INCLUDED_


#include "demo_http.h"


/* Sets the mode of a request; 1: it is to be held. */
int demo_control_apply(demo_request_t *r);


#endif /* _DEMO_CONTROL_H_INCLUDED_ */
