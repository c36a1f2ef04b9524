/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Calls for tests and measurements, without a business behind them.
 */


#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "demo_fill.h"
#include "demo_people.h"
#include "demo_route.h"


#define DEMO_TOOL_BYTES_MAX  (1024LL * 1024 * 1024)
#define DEMO_TOOL_BLOCK      32768
#define DEMO_TOOL_SIZE       1024      /* of a /person/N, at least */
#define DEMO_TOOL_PEOPLE     1000      /* of one answer */
#define DEMO_TOOL_HEADERS    200


typedef struct {
    unsigned     n;
    const char  *names[DEMO_TOOL_HEADERS];
    const char  *values[DEMO_TOOL_HEADERS];
} demo_tool_headers_t;


static void demo_tool_headers(demo_request_t *r);
static enum MHD_Result demo_tool_header(void *data, enum MHD_ValueKind kind,
    const char *name, const char *value);
static void demo_tool_values(hpf_json_out_t *out,
    const demo_tool_headers_t *h, unsigned i);
static ssize_t demo_tool_block(void *data, uint64_t pos, char *buf,
    size_t max);
static void demo_tool_free_body(void *data);
static int demo_tool_body(hpf_json_out_t *out, unsigned index);
static void demo_tool_put(hpf_json_out_t *out, const char *name,
    const char *text);


static struct MHD_Response  *demo_tool_persons[DEMO_PEOPLE_N];


int
demo_tool_health(demo_request_t *r)
{
    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "status", "ok");
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


int
demo_tool_echo(demo_request_t *r)
{
    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "method", r->method);
    demo_http_put(r, "path", r->path);
    demo_http_put(r, "query", r->query);

    hpf_json_out_key(&r->out, "headers");
    hpf_json_out_begin_object(&r->out);
    demo_tool_headers(r);
    hpf_json_out_end_object(&r->out);

    hpf_json_out_key(&r->out, "body");
    hpf_json_out_string(&r->out, r->body, r->body_len);
    demo_http_put_int(r, "length", r->body_len);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


/* A name that came more than once has its values in one text. */

static void
demo_tool_headers(demo_request_t *r)
{
    char                  lower[256];
    size_t                len;
    unsigned              i, k;
    demo_tool_headers_t   h;

    h.n = 0;

    (void) MHD_get_connection_values(r->connection, MHD_HEADER_KIND,
                                     demo_tool_header, &h);

    for (i = 0; i < h.n; i++) {

        for (k = 0; strcasecmp(h.names[k], h.names[i]) != 0; k++) {
            /* void */
        }

        if (k < i) {
            continue;
        }

        for (len = 0; len < sizeof(lower) && h.names[i][len]; len++) {
            lower[len] = (char) tolower((unsigned char) h.names[i][len]);
        }

        hpf_json_out_key_len(&r->out, lower, len);
        demo_tool_values(&r->out, &h, i);
    }
}


static enum MHD_Result
demo_tool_header(void *data, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
    demo_tool_headers_t  *h;

    (void) kind;

    h = data;

    if (h->n == DEMO_TOOL_HEADERS) {
        return MHD_NO;
    }

    h->names[h->n] = name;
    h->values[h->n++] = value ? value : "";

    return MHD_YES;
}


static void
demo_tool_values(hpf_json_out_t *out, const demo_tool_headers_t *h,
    unsigned i)
{
    char      text[4096];
    size_t    len;
    unsigned  k;

    len = 0;

    for (k = i; k < h->n && len < sizeof(text); k++) {

        if (strcasecmp(h->names[k], h->names[i]) == 0) {
            len += snprintf(text + len, sizeof(text) - len, "%s%s",
                            k == i ? "" : ", ", h->values[k]);
        }
    }

    hpf_json_out_string(out, text,
                        len < sizeof(text) ? len : sizeof(text) - 1);
}


/* The byte at position i is the letter 'a' + i % 26. */

int
demo_tool_bytes(demo_request_t *r)
{
    int64_t   n;
    int64_t  *size;

    n = demo_http_number(r, "n", 0, 0, DEMO_TOOL_BYTES_MAX);

    size = malloc(sizeof(int64_t));
    if (size == NULL) {
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    }

    *size = n;

    r->response = MHD_create_response_from_callback((uint64_t) n,
                      DEMO_TOOL_BLOCK, demo_tool_block, size,
                      demo_tool_free_body);

    if (r->response == NULL) {
        free(size);
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) MHD_add_response_header(r->response, "Content-Type",
                                   "application/octet-stream");

    return MHD_HTTP_OK;
}


static ssize_t
demo_tool_block(void *data, uint64_t pos, char *buf, size_t max)
{
    size_t    i;
    int64_t  *size;

    size = data;

    if (pos >= (uint64_t) *size) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }

    for (i = 0; i < max && pos + i < (uint64_t) *size; i++) {
        buf[i] = (char) ('a' + (pos + i) % 26);
    }

    return (ssize_t) i;
}


static void
demo_tool_free_body(void *data)
{
    free(data);
}


/* Made once for each person, so that measuring it measures the way to it. */

int
demo_tool_person(demo_request_t *r)
{
    char                 *end;
    const char           *text;
    unsigned long         index;
    struct MHD_Response  *response;

    text = r->path + strlen(r->route->path);
    index = strtoul(text, &end, 10);

    if (!isdigit((unsigned char) *text) || *end || index >= DEMO_PEOPLE_N) {
        return demo_http_fail(r, MHD_HTTP_NOT_FOUND, "no-person",
                              "persons have the numbers 0 to 9999");
    }

    if (demo_tool_persons[index] == NULL) {
        if (demo_tool_body(&r->out, (unsigned) index) != HPF_OK) {
            return demo_http_fail(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                  "memory", "there is not enough memory");
        }

        response = MHD_create_response_from_buffer(hpf_json_out_len(&r->out),
                                                   r->out.start,
                                                   MHD_RESPMEM_MUST_COPY);

        if (response == NULL) {
            return MHD_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) MHD_add_response_header(response, "Content-Type",
                                       "application/json");
        demo_tool_persons[index] = response;
    }

    r->response = demo_tool_persons[index];
    r->keep_response = 1;

    return MHD_HTTP_OK;
}


static int
demo_tool_body(hpf_json_out_t *out, unsigned index)
{
    int            i;
    demo_person_t  p;

    demo_people_get(&p, index);

    hpf_json_out_begin_object(out);
    demo_tool_put(out, "name", p.name);
    demo_tool_put(out, "id_no", p.id_no);
    demo_tool_put(out, "mobile", p.mobile);
    demo_tool_put(out, "bank_card", p.bank_card);

    hpf_json_out_key(out, "contact");
    hpf_json_out_begin_object(out);
    demo_tool_put(out, "address", p.address);
    hpf_json_out_key(out, "mobiles");
    hpf_json_out_begin_array(out);
    hpf_json_out_cstring(out, p.mobile);
    hpf_json_out_end_array(out);
    hpf_json_out_end_object(out);

    hpf_json_out_key(out, "accounts");
    hpf_json_out_begin_array(out);

    for (i = 0; i < 4; i++) {
        hpf_json_out_begin_object(out);
        demo_tool_put(out, "account_no", p.account_no);
        demo_tool_put(out, "bank_card", p.bank_card);
        demo_tool_put(out, "balance", "12345.67");
        demo_tool_put(out, "status", "normal");
        demo_tool_put(out, "last_paid_month", "2026-10");
        hpf_json_out_end_object(out);
    }

    hpf_json_out_end_array(out);

    /* names and addresses differ in length, the whole does not */

    hpf_json_out_key(out, "note");
    hpf_json_out_raw(out, "\"", 1);

    while (hpf_json_out_len(out) < DEMO_TOOL_SIZE - 2
           && !hpf_json_out_failed(out))
    {
        hpf_json_out_raw(out, ".", 1);
    }

    hpf_json_out_raw(out, "\"", 1);
    hpf_json_out_end_object(out);

    return hpf_json_out_failed(out) ? HPF_ERROR : HPF_OK;
}


static void
demo_tool_put(hpf_json_out_t *out, const char *name, const char *text)
{
    hpf_json_out_key(out, name);
    hpf_json_out_cstring(out, text);
}


int
demo_tool_people(demo_request_t *r)
{
    int64_t  i, n, from;

    from = demo_http_number(r, "from", 0, 0, DEMO_PEOPLE_N);
    n = demo_http_number(r, "n", 1, 0, DEMO_TOOL_PEOPLE);

    hpf_json_out_begin_object(&r->out);
    hpf_json_out_key(&r->out, "people");
    hpf_json_out_begin_array(&r->out);

    for (i = from; i < from + n && i < DEMO_PEOPLE_N; i++) {

        if (demo_fill_person(&r->out, (unsigned) i) != HPF_OK) {
            return demo_http_fail(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                  "database", "the tables cannot be used");
        }
    }

    hpf_json_out_end_array(&r->out);
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_OK;
}


void
demo_tool_free(void)
{
    unsigned  i;

    for (i = 0; i < DEMO_PEOPLE_N; i++) {

        if (demo_tool_persons[i]) {
            MHD_destroy_response(demo_tool_persons[i]);
        }
    }
}
