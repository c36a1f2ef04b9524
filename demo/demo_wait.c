/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One list, the eldest first.  It is short, so it is searched.
 */


#include <limits.h>
#include <string.h>

#include "demo_wait.h"


static int demo_wait_is_held(const demo_request_t *r, const char *target);
static demo_request_t *demo_wait_due(int64_t now);


static demo_request_t  *demo_wait_first, *demo_wait_last;

/* the server goes on with resumed requests in its next round, unasked */
static int              demo_wait_resumed;


void
demo_wait_begin(demo_request_t *r, demo_wait_e kind, int64_t ms)
{
    r->deadline = ms < 0 ? INT64_MAX : demo_http_clock() + ms;

    if (r->wait == DEMO_WAIT_NONE) {
        r->prev = demo_wait_last;
        r->next = NULL;

        if (demo_wait_last) {
            demo_wait_last->next = r;

        } else {
            demo_wait_first = r;
        }

        demo_wait_last = r;

        MHD_suspend_connection(r->connection);
    }

    r->wait = kind;
}


void
demo_wait_end(demo_request_t *r)
{
    if (r->wait == DEMO_WAIT_NONE) {
        return;
    }

    if (r->prev) {
        r->prev->next = r->next;

    } else {
        demo_wait_first = r->next;
    }

    if (r->next) {
        r->next->prev = r->prev;

    } else {
        demo_wait_last = r->prev;
    }

    r->wait = DEMO_WAIT_NONE;
    r->prev = NULL;
    r->next = NULL;

    demo_wait_resumed = 1;

    MHD_resume_connection(r->connection);
}


int
demo_wait_timeout(void)
{
    int64_t          ms, earliest;
    demo_request_t  *r;

    if (demo_wait_resumed) {
        return 0;
    }

    earliest = INT64_MAX;

    for (r = demo_wait_first; r; r = r->next) {

        if (r->deadline < earliest) {
            earliest = r->deadline;
        }
    }

    if (earliest == INT64_MAX) {
        return -1;
    }

    ms = earliest - demo_http_clock();

    if (ms <= 0) {
        return 0;
    }

    return ms < INT_MAX ? (int) ms : INT_MAX;
}


void
demo_wait_fire(void)
{
    demo_request_t  *r;

    for ( ;; ) {
        r = demo_wait_first ? demo_wait_due(demo_http_clock()) : NULL;

        if (r == NULL) {
            break;
        }

        r->deadline = INT64_MAX;

        if (r->wait == DEMO_WAIT_WATCH) {
            r->expired = 1;
            demo_http_again(r);

        } else {
            demo_wait_end(r);
        }
    }

    demo_wait_resumed = 0;
}


static demo_request_t *
demo_wait_due(int64_t now)
{
    demo_request_t  *r;

    for (r = demo_wait_first; r; r = r->next) {

        if (r->deadline <= now) {
            return r;
        }
    }

    return NULL;
}


static int
demo_wait_is_held(const demo_request_t *r, const char *target)
{
    return r->wait == DEMO_WAIT_HELD
           && strncmp(r->path, target, strlen(target)) == 0;
}


unsigned
demo_wait_held(const char *target)
{
    unsigned         n;
    demo_request_t  *r;

    n = 0;

    for (r = demo_wait_first; r; r = r->next) {
        n += demo_wait_is_held(r, target);
    }

    return n;
}


void
demo_wait_release(const char *target)
{
    demo_request_t  *r, *next;

    for (r = demo_wait_first; r; r = next) {
        next = r->next;

        if (demo_wait_is_held(r, target)) {
            demo_http_again(r);
        }
    }
}


void
demo_wait_look(void)
{
    demo_request_t  *r, *next;

    for (r = demo_wait_first; r; r = next) {
        next = r->next;

        if (r->wait == DEMO_WAIT_WATCH) {
            demo_http_again(r);
        }
    }
}


void
demo_wait_end_all(void)
{
    while (demo_wait_first) {
        demo_wait_first->mode = DEMO_MODE_CLOSE;
        demo_wait_end(demo_wait_first);
    }
}
