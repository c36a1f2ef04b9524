/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Rules and holds.  The newest rule that fits a request is the one that
 * applies; calls whose path begins with /_ are never touched.
 */


#include <stdlib.h>
#include <string.h>

#include "demo_control.h"
#include "demo_route.h"
#include "demo_wait.h"


#define DEMO_CONTROL_RULES  64
#define DEMO_CONTROL_TEXT   128


typedef struct {
    char          target[DEMO_CONTROL_TEXT];
    char          match[DEMO_CONTROL_TEXT];
    demo_mode_e   mode;
    int64_t       ms;
    int64_t       count;               /* left; < 0: no end */
    int           status;
} demo_control_rule_t;


static int demo_control_fits(const demo_control_rule_t *rule,
    const demo_request_t *r);
static int demo_control_contains(const void *text, size_t len,
    const char *part);
static void demo_control_remove(unsigned i);
static int demo_control_mode(const char *name);
static int demo_control_target(demo_request_t *r, const char **target);
static int demo_control_done(demo_request_t *r);


static demo_control_rule_t  demo_control_rules[DEMO_CONTROL_RULES];
static unsigned             demo_control_n;

static char      demo_control_holds[DEMO_CONTROL_RULES][DEMO_CONTROL_TEXT];
static unsigned  demo_control_holds_n;


int
demo_control_apply(demo_request_t *r)
{
    unsigned              i;
    demo_control_rule_t  *rule;

    r->mode = DEMO_MODE_OK;

    if (strncmp(r->path, "/_", 2) == 0) {
        return 0;
    }

    for (i = demo_control_n; i-- > 0; /* void */ ) {
        rule = &demo_control_rules[i];

        if (!demo_control_fits(rule, r)) {
            continue;
        }

        r->mode = rule->mode;
        r->mode_ms = rule->ms;
        r->mode_status = rule->status;

        if (rule->count > 0) {
            rule->count--;
        }

        if (rule->count == 0) {
            demo_control_remove(i);
        }

        break;
    }

    for (i = 0; i < demo_control_holds_n; i++) {

        if (strncmp(r->path, demo_control_holds[i],
                    strlen(demo_control_holds[i]))
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
demo_control_fits(const demo_control_rule_t *rule, const demo_request_t *r)
{
    if (strncmp(r->path, rule->target, strlen(rule->target)) != 0) {
        return 0;
    }

    return rule->match[0] == '\0'
           || demo_control_contains(r->body, r->body_len, rule->match)
           || demo_control_contains(r->query, strlen(r->query), rule->match);
}


static int
demo_control_contains(const void *text, size_t len, const char *part)
{
    size_t                i, n;
    const unsigned char  *p;

    p = text;
    n = strlen(part);

    for (i = 0; i + n <= len; i++) {

        if (memcmp(p + i, part, n) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
demo_control_remove(unsigned i)
{
    demo_control_n--;

    memmove(&demo_control_rules[i], &demo_control_rules[i + 1],
            (demo_control_n - i) * sizeof(demo_control_rule_t));
}


/* A rule takes the place of an earlier one for the same requests. */

int
demo_control_set(demo_request_t *r)
{
    int                   mode;
    unsigned              i;
    const char           *name, *match, *target;
    demo_control_rule_t  *rule;

    if (demo_control_target(r, &target) != HPF_OK) {
        return r->status;
    }

    name = demo_http_text(r, "mode");
    match = demo_http_text(r, "match");

    if (match == NULL) {
        match = "";
    }

    mode = demo_control_mode(name ? name : "");

    if (mode < 0 || strlen(match) >= DEMO_CONTROL_TEXT) {
        return demo_http_fail(r, MHD_HTTP_BAD_REQUEST, "bad-request",
                              "mode or match is not valid");
    }

    for (i = demo_control_n; i-- > 0; /* void */ ) {

        if (strcmp(demo_control_rules[i].target, target) == 0
            && (strcmp(demo_control_rules[i].match, match) == 0
                || (mode == DEMO_MODE_OK && match[0] == '\0')))
        {
            demo_control_remove(i);
        }
    }

    if (mode == DEMO_MODE_OK && match[0] == '\0') {
        return demo_control_done(r);
    }

    if (demo_control_n == DEMO_CONTROL_RULES) {
        return demo_http_fail(r, MHD_HTTP_BAD_REQUEST, "bad-request",
                              "too many rules");
    }

    rule = &demo_control_rules[demo_control_n++];

    memset(rule, 0, sizeof(demo_control_rule_t));
    memcpy(rule->target, target, strlen(target));
    memcpy(rule->match, match, strlen(match));

    rule->mode = mode;
    rule->ms = demo_http_number(r, "ms", 1000, 0, 600000);
    rule->status = (int) demo_http_number(r, "status", 500, 200, 599);
    rule->count = demo_http_number(r, "count", -1, -1, INT32_MAX);

    if (rule->count == 0) {
        demo_control_n--;
    }

    return demo_control_done(r);
}


static int
demo_control_mode(const char *name)
{
    static const char  *names[] = {
        "ok", "slow", "fail", "lose", "close", "garbage"
    };

    int                 i;

    for (i = 0; i <= DEMO_MODE_GARBAGE; i++) {

        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }

    return HPF_ERROR;
}


/* Holds too: all is as at the start, but for the counts. */

int
demo_control_clear(demo_request_t *r)
{
    demo_control_n = 0;
    demo_control_holds_n = 0;

    demo_wait_release("");

    return demo_control_done(r);
}


int
demo_control_hold(demo_request_t *r)
{
    unsigned     i;
    const char  *target;

    if (demo_control_target(r, &target) != HPF_OK) {
        return r->status;
    }

    for (i = 0; i < demo_control_holds_n; i++) {

        if (strcmp(demo_control_holds[i], target) == 0) {
            return demo_control_done(r);
        }
    }

    if (i == DEMO_CONTROL_RULES) {
        return demo_http_fail(r, MHD_HTTP_BAD_REQUEST, "bad-request",
                              "too many holds");
    }

    memcpy(demo_control_holds[i], target, strlen(target) + 1);
    demo_control_holds_n++;

    return demo_control_done(r);
}


int
demo_control_release(demo_request_t *r)
{
    unsigned     i;
    const char  *target;

    if (demo_control_target(r, &target) != HPF_OK) {
        return r->status;
    }

    for (i = demo_control_holds_n; i-- > 0; /* void */ ) {

        if (strcmp(demo_control_holds[i], target) != 0) {
            continue;
        }

        demo_control_holds_n--;

        memmove(demo_control_holds[i], demo_control_holds[i + 1],
                (demo_control_holds_n - i) * DEMO_CONTROL_TEXT);
    }

    hpf_json_out_begin_object(&r->out);
    demo_http_put_int(r, "released", demo_wait_held(target));
    hpf_json_out_end_object(&r->out);

    demo_wait_release(target);

    return MHD_HTTP_OK;
}


/* With n it waits until there are as many. */

int
demo_control_held(demo_request_t *r)
{
    int64_t      held, wanted;
    const char  *target;

    target = demo_http_arg(r, "target");

    held = demo_wait_held(target ? target : "");
    wanted = demo_http_number(r, "n", 0, 0, INT32_MAX);

    if (held < wanted && !r->expired) {

        if (r->wait == DEMO_WAIT_NONE) {
            demo_wait_begin(r, DEMO_WAIT_WATCH,
                            demo_http_number(r, "ms", 20000, 0, 600000));
        }

        return DEMO_HTTP_WAIT;
    }

    hpf_json_out_begin_object(&r->out);
    demo_http_put_int(r, "held", held);
    hpf_json_out_end_object(&r->out);

    return held < wanted ? MHD_HTTP_REQUEST_TIMEOUT : MHD_HTTP_OK;
}


static int
demo_control_target(demo_request_t *r, const char **target)
{
    *target = demo_http_text(r, "target");

    if (*target && **target == '/' && strlen(*target) < DEMO_CONTROL_TEXT) {
        return HPF_OK;
    }

    r->status = demo_http_fail(r, MHD_HTTP_BAD_REQUEST, "bad-request",
                               "target must be the beginning of a path");

    return HPF_ERROR;
}


static int
demo_control_done(demo_request_t *r)
{
    hpf_json_out_begin_object(&r->out);
    demo_http_put_int(r, "rules", demo_control_n);
    demo_http_put_int(r, "holds", demo_control_holds_n);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}
