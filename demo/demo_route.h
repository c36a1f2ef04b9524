/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Which handler answers which call, and how often each was asked.
 */

#ifndef _DEMO_ROUTE_H_INCLUDED_
#define _DEMO_ROUTE_H_INCLUDED_


#include "demo_http.h"


struct demo_route_s {
    const char       *path;
    unsigned          methods;         /* DEMO_HTTP_GET ... */
    unsigned          prefix:1;        /* path goes on, up to the next / */
    unsigned          free:1;          /* a body need not be JSON */
    demo_handler_pt   handler;
};

typedef struct {
    uint64_t          requests;
    uint64_t          get;
    uint64_t          post;
    uint64_t          done;            /* the handler ran */
    uint64_t          told;            /* a mode of /_control applied */
} demo_route_stat_t;


/* NULL: no such path; *allowed is 0 if the path has no such method. */
const demo_route_t *demo_route_find(const char *path, unsigned method,
    int *allowed);

/* Never NULL. */
demo_route_stat_t *demo_route_stat(const demo_route_t *route);

int demo_route_stats(demo_request_t *r);


/* The handlers, by subject. */

int demo_core_account(demo_request_t *r);
int demo_core_details(demo_request_t *r);
int demo_core_loans(demo_request_t *r);

int demo_apply_post(demo_request_t *r);
int demo_apply_list(demo_request_t *r);
int demo_apply_get(demo_request_t *r);

int demo_register_identity(demo_request_t *r);
int demo_register_unit(demo_request_t *r);
int demo_register_face(demo_request_t *r);
int demo_register_marriage(demo_request_t *r);
int demo_register_houses(demo_request_t *r);
int demo_register_credit(demo_request_t *r);
int demo_register_bank(demo_request_t *r);

int demo_sms_send(demo_request_t *r);

int demo_tool_health(demo_request_t *r);
int demo_tool_echo(demo_request_t *r);
int demo_tool_bytes(demo_request_t *r);
int demo_tool_person(demo_request_t *r);
int demo_tool_people(demo_request_t *r);

int demo_control_set(demo_request_t *r);
int demo_control_clear(demo_request_t *r);
int demo_control_hold(demo_request_t *r);
int demo_control_release(demo_request_t *r);
int demo_control_held(demo_request_t *r);

/* Made at the start, dropped at the end. */
int demo_sms_open(const char *path);
void demo_sms_close(void);
void demo_tool_free(void);


#endif /* _DEMO_ROUTE_H_INCLUDED_ */
