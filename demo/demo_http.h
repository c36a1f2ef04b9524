/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A request to the demo back end, from its first byte to its answer, and
 * what the handlers of the calls need for theirs.  One thread does it all.
 */

#ifndef _DEMO_HTTP_H_INCLUDED_
#define _DEMO_HTTP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <microhttpd.h>

#include "hpf_plugin.h"
#include "hpf_json_out.h"


#define DEMO_HTTP_BODY_MAX  (1024 * 1024)

#define DEMO_HTTP_GET       1
#define DEMO_HTTP_POST      2
#define DEMO_HTTP_DELETE    4
#define DEMO_HTTP_ANY       8

#define DEMO_HTTP_WAIT      0          /* a handler's status: not yet */


typedef struct demo_request_s  demo_request_t;
typedef struct demo_route_s  demo_route_t;

/* Writes to r->out; returns the status, or DEMO_HTTP_WAIT to be run again. */
typedef int (*demo_handler_pt)(demo_request_t *r);

typedef enum {
    DEMO_MODE_OK = 0,
    DEMO_MODE_SLOW,                    /* the work at once, the answer later */
    DEMO_MODE_FAIL,                    /* no work, a status of failure */
    DEMO_MODE_LOSE,                    /* the work, and no answer */
    DEMO_MODE_CLOSE,                   /* no work and no answer */
    DEMO_MODE_GARBAGE                  /* no work, 200 and no JSON */
} demo_mode_e;

typedef enum {
    DEMO_WAIT_NONE = 0,
    DEMO_WAIT_HELD,                    /* for a release; work not begun */
    DEMO_WAIT_SLOW,                    /* for the time to answer */
    DEMO_WAIT_WATCH                    /* the handler is run again */
} demo_wait_e;

struct demo_request_s {
    struct MHD_Connection  *connection;
    struct MHD_Response    *response;  /* a handler's own, instead of out */

    const demo_route_t     *route;
    char                   *uri;       /* as it came */
    const char             *query;     /* in uri, "" if there is none */
    const char             *path;      /* decoded */
    const char             *method;
    unsigned                method_bit;

    unsigned char          *body;
    size_t                  body_len;
    size_t                  body_size;
    json_t                 *json;      /* of a POST: the body, an object */

    hpf_json_out_t          out;
    int                     status;

    demo_mode_e             mode;
    int64_t                 mode_ms;
    int                     mode_status;

    demo_wait_e             wait;
    int64_t                 deadline;  /* ms, INT64_MAX: none */
    demo_request_t         *prev;
    demo_request_t         *next;

    unsigned                begun:1;
    unsigned                started:1;
    unsigned                too_large:1;
    unsigned                no_memory:1;
    unsigned                keep_response:1;
    unsigned                expired:1; /* a watch's time is over */
};


/* 127.0.0.1:PORT or unix:PATH; NULL with a message on stderr. */
struct MHD_Daemon *demo_http_start(const char *listen);
void demo_http_stop(struct MHD_Daemon *daemon);

/* Runs the handler of a request that waits, and lets it go on if it can. */
void demo_http_again(demo_request_t *r);

/* An argument of the query, decoded, or NULL. */
const char *demo_http_arg(demo_request_t *r, const char *name);
/* A text from the body, or else from the query; NULL. */
const char *demo_http_text(demo_request_t *r, const char *name);
/* A whole number from the body or the query, within min .. max. */
int64_t demo_http_number(demo_request_t *r, const char *name, int64_t value,
    int64_t min, int64_t max);

/* Forgets what is in r->out. */
void demo_http_restart(demo_request_t *r);

/* Makes {"error": code, "message": message} the answer; returns status. */
int demo_http_fail(demo_request_t *r, int status, const char *code,
    const char *message);

/* "name": "text", and "name": "12.30" of fen. */
void demo_http_put(demo_request_t *r, const char *name, const char *text);
void demo_http_put_money(demo_request_t *r, const char *name, int64_t fen);
void demo_http_put_int(demo_request_t *r, const char *name, int64_t value);

/* Milliseconds, never going back. */
int64_t demo_http_clock(void);


#endif /* _DEMO_HTTP_H_INCLUDED_ */
