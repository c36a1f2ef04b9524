/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * From libmicrohttpd's callbacks to the handlers and back.  The server is run
 * from outside, by the loop in demo_main.c, so that no lock is needed.
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpf_json.h"
#include "demo_control.h"
#include "demo_listen.h"
#include "demo_route.h"
#include "demo_wait.h"


static void *demo_http_uri(void *data, const char *uri,
    struct MHD_Connection *connection);
static enum MHD_Result demo_http_handle(void *data,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *size, void **ctx);
static void demo_http_completed(void *data,
    struct MHD_Connection *connection, void **ctx,
    enum MHD_RequestTerminationCode code);
static unsigned demo_http_method(const char *method);
static void demo_http_body(demo_request_t *r, const char *upload, size_t len);
static void demo_http_begin(demo_request_t *r);
static int demo_http_run(demo_request_t *r);
static int demo_http_parse(demo_request_t *r);
static enum MHD_Result demo_http_answer(demo_request_t *r);
static int demo_http_grow(hpf_json_out_t *out, size_t need);


struct MHD_Daemon *
demo_http_start(const char *listen)
{
    int                 s;
    struct MHD_Daemon  *daemon;

    s = demo_listen_open(listen);
    if (s == -1) {
        return NULL;
    }

    daemon = MHD_start_daemon(MHD_USE_EPOLL|MHD_ALLOW_SUSPEND_RESUME, 0,
                  NULL, NULL, demo_http_handle, NULL,
                  MHD_OPTION_LISTEN_SOCKET, s,
                  MHD_OPTION_URI_LOG_CALLBACK, demo_http_uri, NULL,
                  MHD_OPTION_NOTIFY_COMPLETED, demo_http_completed, NULL,
                  MHD_OPTION_CONNECTION_LIMIT, 4000u,
                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) 65536,
                  MHD_OPTION_END);

    if (daemon == NULL) {
        demo_listen_close(s);
    }

    return daemon;
}


void
demo_http_stop(struct MHD_Daemon *daemon)
{
    demo_wait_end_all();
    (void) MHD_run(daemon);

    MHD_stop_daemon(daemon);
    demo_listen_remove();
}


/* The request line has come: what is returned is *ctx from now on. */

static void *
demo_http_uri(void *data, const char *uri, struct MHD_Connection *connection)
{
    char            *query;
    demo_request_t  *r;

    (void) data;

    r = calloc(1, sizeof(demo_request_t));
    if (r == NULL) {
        return NULL;
    }

    r->connection = connection;
    r->uri = strdup(uri);

    if (r->uri == NULL) {
        free(r);
        return NULL;
    }

    query = strchr(r->uri, '?');
    r->query = query ? query + 1 : "";

    hpf_json_out_init(&r->out, NULL, 0);
    r->out.grow = demo_http_grow;

    return r;
}


static enum MHD_Result
demo_http_handle(void *data, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *size, void **ctx)
{
    demo_request_t  *r;

    (void) data;
    (void) connection;
    (void) version;

    r = *ctx;

    if (r == NULL) {
        return MHD_NO;
    }

    if (!r->begun) {
        r->begun = 1;
        r->path = url;
        r->method = method;
        r->method_bit = demo_http_method(method);
        return MHD_YES;
    }

    if (*size) {
        demo_http_body(r, upload, *size);
        *size = 0;
        return MHD_YES;
    }

    if (!r->started) {
        r->started = 1;
        demo_http_begin(r);
    }

    if (r->wait != DEMO_WAIT_NONE) {
        return MHD_YES;
    }

    return demo_http_answer(r);
}


static void
demo_http_completed(void *data, struct MHD_Connection *connection,
    void **ctx, enum MHD_RequestTerminationCode code)
{
    demo_request_t  *r;

    (void) data;
    (void) connection;
    (void) code;

    r = *ctx;
    *ctx = NULL;

    if (r == NULL) {
        return;
    }

    if (r->response && !r->keep_response) {
        MHD_destroy_response(r->response);
    }

    json_decref(r->json);
    free(r->out.start);
    free(r->body);
    free(r->uri);
    free(r);
}


static unsigned
demo_http_method(const char *method)
{
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        return DEMO_HTTP_GET;
    }

    if (strcmp(method, "POST") == 0) {
        return DEMO_HTTP_POST;
    }

    return strcmp(method, "DELETE") == 0 ? DEMO_HTTP_DELETE : 0;
}


/* A body that is too large is read to its end: the client reads only then. */

static void
demo_http_body(demo_request_t *r, const char *upload, size_t len)
{
    size_t          size;
    unsigned char  *body;

    if (len > DEMO_HTTP_BODY_MAX - r->body_len) {
        r->too_large = 1;
    }

    if (r->too_large || r->no_memory) {
        return;
    }

    if (r->body_len + len > r->body_size) {
        size = 2 * (r->body_len + len);

        body = realloc(r->body, size);
        if (body == NULL) {
            r->no_memory = 1;
            return;
        }

        r->body = body;
        r->body_size = size;
    }

    memcpy(r->body + r->body_len, upload, len);
    r->body_len += len;
}


static void
demo_http_begin(demo_request_t *r)
{
    int                 allowed;
    demo_route_stat_t  *stat;

    if (r->too_large) {
        r->status = demo_http_fail(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
                                   "more than a mebibyte");
        return;
    }

    if (r->no_memory) {
        r->mode = DEMO_MODE_CLOSE;
        return;
    }

    r->route = demo_route_find(r->path, r->method_bit, &allowed);

    if (r->route == NULL) {
        r->status = demo_http_fail(r, MHD_HTTP_NOT_FOUND, "no-such-call",
                                   "no call has this path");
        return;
    }

    if (!allowed) {
        r->status = demo_http_fail(r, MHD_HTTP_METHOD_NOT_ALLOWED,
                                   "method", "the call has other methods");
        return;
    }

    stat = demo_route_stat(r->route);
    stat->requests++;
    stat->get += r->method_bit == DEMO_HTTP_GET;
    stat->post += r->method_bit == DEMO_HTTP_POST;

    if (demo_control_apply(r)) {
        demo_wait_begin(r, DEMO_WAIT_HELD, -1);
        demo_wait_look();
        return;
    }

    demo_http_again(r);
}


void
demo_http_again(demo_request_t *r)
{
    r->status = demo_http_run(r);

    if (r->status == DEMO_HTTP_WAIT) {
        return;
    }

    if (r->mode == DEMO_MODE_SLOW) {
        demo_wait_begin(r, DEMO_WAIT_SLOW, r->mode_ms);
        return;
    }

    demo_wait_end(r);
}


static int
demo_http_run(demo_request_t *r)
{
    demo_route_stat(r->route)->told += r->mode != DEMO_MODE_OK;

    switch (r->mode) {

    case DEMO_MODE_FAIL:
        return demo_http_fail(r, r->mode_status, "told-to-fail",
                              "a test said so");

    case DEMO_MODE_CLOSE:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;

    case DEMO_MODE_GARBAGE:
        hpf_json_out_raw(&r->out, "{\"name\": <b>not JSON", 20);
        return MHD_HTTP_OK;

    default:
        break;
    }

    if (r->method_bit == DEMO_HTTP_POST && !r->route->free
        && demo_http_parse(r) != HPF_OK)
    {
        return demo_http_fail(r, MHD_HTTP_BAD_REQUEST, "bad-json",
                              "the body must be a JSON object");
    }

    demo_route_stat(r->route)->done++;

    return r->route->handler(r);
}


static int
demo_http_parse(demo_request_t *r)
{
    hpf_json_error_t  error;

    if (r->json == NULL && r->body_len) {
        r->json = hpf_json_parse(r->body, r->body_len, &error);
    }

    return json_is_object(r->json) ? HPF_OK : HPF_ERROR;
}


static enum MHD_Result
demo_http_answer(demo_request_t *r)
{
    enum MHD_Result       rc;
    struct MHD_Response  *response;

    if (r->mode == DEMO_MODE_LOSE || r->mode == DEMO_MODE_CLOSE
        || hpf_json_out_failed(&r->out))
    {
        return MHD_NO;
    }

    if (r->response) {
        return MHD_queue_response(r->connection, (unsigned) r->status,
                                  r->response);
    }

    response = MHD_create_response_from_buffer(hpf_json_out_len(&r->out),
                                               r->out.start,
                                               MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        return MHD_NO;
    }

    r->out.start = NULL;

    rc = MHD_add_response_header(response, "Content-Type",
                                 "application/json");
    if (rc == MHD_YES) {
        rc = MHD_queue_response(r->connection, (unsigned) r->status,
                                response);
    }

    MHD_destroy_response(response);

    return rc;
}


static int
demo_http_grow(hpf_json_out_t *out, size_t need)
{
    size_t          len, size;
    unsigned char  *start;

    len = out->pos - out->start;
    size = 2 * (len + need) + 512;

    start = realloc(out->start, size);
    if (start == NULL) {
        return HPF_ERROR;
    }

    out->start = start;
    out->pos = start + len;
    out->last = start + size;

    return HPF_OK;
}


int64_t
demo_http_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
