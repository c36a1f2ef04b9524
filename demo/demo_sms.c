/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The SMS platform: messages go to a file, a line each, so that a script can
 * read what a telephone would have shown.
 */


#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "hpf_ident.h"
#include "hpf_time.h"
#include "demo_route.h"


static int  demo_sms_file = -1;


int
demo_sms_open(const char *path)
{
    demo_sms_file = open(path, O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC, 0600);

    if (demo_sms_file == -1) {
        perror(path);
        return HPF_ERROR;
    }

    return HPF_OK;
}


void
demo_sms_close(void)
{
    if (demo_sms_file != -1) {
        (void) close(demo_sms_file);
    }
}


/* One write: readers never see half a line. */

int
demo_sms_send(demo_request_t *r)
{
    char             at[HPF_TIME_LEN + 1];
    ssize_t          n;
    const char      *code, *mobile, *text, *template;
    struct timespec  ts;

    mobile = demo_http_text(r, "mobile");
    template = demo_http_text(r, "template");
    text = demo_http_text(r, "text");
    code = demo_http_text(r, "code");

    if (mobile == NULL || template == NULL || text == NULL
        || !hpf_ident_is_mobile((const unsigned char *) mobile,
                                json_string_length(json_object_get(r->json,
                                                                "mobile"))))
    {
        return demo_http_fail(r, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid",
                              "mobile, template and text are needed");
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    at[hpf_time_rfc3339(at, (int64_t) ts.tv_sec * 1000
                            + ts.tv_nsec / 1000000)] = '\0';

    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "at", at);
    demo_http_put(r, "mobile", mobile);
    demo_http_put(r, "template", template);

    if (code) {
        demo_http_put(r, "code", code);
    }

    demo_http_put(r, "text", text);
    hpf_json_out_end_object(&r->out);
    hpf_json_out_raw(&r->out, "\n", 1);

    if (hpf_json_out_failed(&r->out)) {
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = write(demo_sms_file, r->out.start, hpf_json_out_len(&r->out));

    if (n != (ssize_t) hpf_json_out_len(&r->out)) {
        return demo_http_fail(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "outbox",
                              "the outbox cannot be written");
    }

    demo_http_restart(r);

    hpf_json_out_begin_object(&r->out);
    demo_http_put(r, "status", "accepted");
    hpf_json_out_end_object(&r->out);

    return MHD_HTTP_ACCEPTED;
}
