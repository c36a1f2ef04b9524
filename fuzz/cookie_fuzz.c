/* links: core/hpf_cookie.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Cookies: a value lies in the line and holds no ';', and a line from which
 * the cookie was taken out has it no more, and all the others.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_cookie.h"


#define NAME  "__Host-hpf"
#define MAX   4096


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what stands between semicolons and is not blank */

static size_t
count(const hpf_cookie_t *line)
{
    int     filled;
    size_t  i, n;

    n = 0;
    filled = 0;

    for (i = 0; i < line->len; i++) {

        if (line->data[i] == ';') {
            filled = 0;

        } else if (line->data[i] != ' ' && line->data[i] != '\t' && !filled) {
            filled = 1;
            n++;
        }
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            rc;
    size_t         at, before, taken;
    hpf_cookie_t   line, value, place;
    unsigned char  buf[MAX];

    if (size > sizeof(buf)) {
        return 0;
    }

    line.data = data;
    line.len = size;

    rc = hpf_cookie_find(&line, NAME, &value);

    if (rc == HPF_OK
        && (value.data < data || value.data + value.len > data + size
            || memchr(value.data, ';', value.len)))
    {
        abort();
    }

    memcpy(buf, data, size);

    line.data = buf;
    before = count(&line);
    taken = 0;

    while (hpf_cookie_place(&line, NAME, &place) == HPF_OK) {
        at = place.data - line.data;

        if (place.len == 0 || at + place.len > line.len) {
            abort();
        }

        memmove(buf + at, buf + at + place.len, line.len - at - place.len);
        line.len -= place.len;
        taken++;
    }

    if (hpf_cookie_find(&line, NAME, &value) != HPF_DECLINED
        || count(&line) + taken != before
        || (rc == HPF_DECLINED) != (taken == 0)
        || (rc == HPF_OK) != (taken == 1))
    {
        abort();
    }

    return 0;
}
