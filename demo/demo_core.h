/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Who an ID card number belongs to, and an account's movements.
 */

#ifndef _DEMO_CORE_H_INCLUDED_
#define _DEMO_CORE_H_INCLUDED_


#include "demo_http.h"


/* The person whom the argument id_no names, or -1. */
int64_t demo_core_person(demo_request_t *r);

/* Writes the movements of the time before the demo, once. */
int demo_core_fill(int64_t person);

int demo_core_no_account(demo_request_t *r);
int demo_core_broken(demo_request_t *r);


#endif /* _DEMO_CORE_H_INCLUDED_ */
