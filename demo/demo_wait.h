/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Requests that wait: held ones, slow ones, and those that watch something.
 * Nothing blocks; the loop of the program tells when time has passed.
 */

#ifndef _DEMO_WAIT_H_INCLUDED_
#define _DEMO_WAIT_H_INCLUDED_


#include "demo_http.h"


/* Suspends it, or keeps it waiting for something else; ms < 0: no end. */
void demo_wait_begin(demo_request_t *r, demo_wait_e kind, int64_t ms);
/* Lets it go on. */
void demo_wait_end(demo_request_t *r);

/* Milliseconds until the loop has something to do here, -1: never. */
int demo_wait_timeout(void);
/* Does it; the server has its round after that. */
void demo_wait_fire(void);

/* How many held requests have a path that begins with target. */
unsigned demo_wait_held(const char *target);
/* Begins the work of all of them, in the order in which they came. */
void demo_wait_release(const char *target);
/* Lets those look again who watch. */
void demo_wait_look(void);
/* The end of the program: nobody waits any more. */
void demo_wait_end_all(void);


#endif /* _DEMO_WAIT_H_INCLUDED_ */
