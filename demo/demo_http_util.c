/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Arguments of a call and members of its answer.
 */


#include <stdlib.h>
#include <string.h>

#include "hpf_ident.h"
#include "demo_http.h"


const char *
demo_http_arg(demo_request_t *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND,
                                       name);
}


const char *
demo_http_text(demo_request_t *r, const char *name)
{
    json_t  *value;

    value = json_object_get(r->json, name);

    return value ? json_string_value(value) : demo_http_arg(r, name);
}


int64_t
demo_http_number(demo_request_t *r, const char *name, int64_t value,
    int64_t min, int64_t max)
{
    char        *end;
    json_t      *member;
    int64_t      n;
    const char  *text;

    member = json_object_get(r->json, name);

    if (json_is_integer(member)) {
        n = json_integer_value(member);

    } else {
        text = demo_http_text(r, name);

        if (text == NULL) {
            return value;
        }

        n = strtoll(text, &end, 10);

        if (end == text || *end) {
            return value;
        }
    }

    if (n < min) {
        return min;
    }

    return n < max ? n : max;
}


void
demo_http_restart(demo_request_t *r)
{
    r->out.pos = r->out.start;
    r->out.comma = 0;
}


/* What a handler wrote before is not part of the answer. */

int
demo_http_fail(demo_request_t *r, int status, const char *code,
    const char *message)
{
    demo_http_restart(r);

    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "error", code);
    demo_http_put(r, "message", message);
    hpf_json_out_end_object(&r->out);

    return status;
}


void
demo_http_put(demo_request_t *r, const char *name, const char *text)
{
    hpf_json_out_key(&r->out, name);
    hpf_json_out_cstring(&r->out, text);
}


void
demo_http_put_money(demo_request_t *r, const char *name, int64_t fen)
{
    unsigned char  text[HPF_IDENT_MONEY_LEN];

    hpf_json_out_key(&r->out, name);
    hpf_json_out_string(&r->out, text, hpf_ident_money_text(text, fen));
}


void
demo_http_put_int(demo_request_t *r, const char *name, int64_t value)
{
    hpf_json_out_key(&r->out, name);
    hpf_json_out_int(&r->out, value);
}
