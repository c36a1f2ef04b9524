/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Cookies, see the header.
 */


#include <string.h>

#include "hpf_plugin.h"
#include "hpf_cookie.h"


static const unsigned char *hpf_cookie_next(const unsigned char *p,
    const unsigned char *last, hpf_cookie_t *pair);
static int hpf_cookie_named(const hpf_cookie_t *pair, const char *name,
    hpf_cookie_t *value);


int
hpf_cookie_find(const hpf_cookie_t *line, const char *name,
    hpf_cookie_t *value)
{
    int                   rc;
    hpf_cookie_t          pair, found;
    const unsigned char  *p, *last;

    rc = HPF_DECLINED;
    p = line->data;
    last = p + line->len;

    while (p < last) {
        p = hpf_cookie_next(p, last, &pair);

        if (!hpf_cookie_named(&pair, name, &found)) {
            continue;
        }

        if (rc == HPF_OK) {
            return HPF_ERROR;
        }

        *value = found;
        rc = HPF_OK;
    }

    return rc;
}


int
hpf_cookie_place(const hpf_cookie_t *line, const char *name,
    hpf_cookie_t *place)
{
    hpf_cookie_t          pair, found;
    const unsigned char  *p, *next, *last;

    p = line->data;
    last = p + line->len;

    while (p < last) {
        next = hpf_cookie_next(p, last, &pair);

        if (!hpf_cookie_named(&pair, name, &found)) {
            p = next;
            continue;
        }

        /* the last one goes with the ';' before it, others with the next */

        if (next == last && p > line->data) {
            p--;
        }

        if (p == line->data) {
            while (next < last && (*next == ' ' || *next == '\t')) {
                next++;
            }
        }

        place->data = p;
        place->len = next - p;

        return HPF_OK;
    }

    return HPF_DECLINED;
}


/* Up to the next ';', without white space around; returns what is behind. */

static const unsigned char *
hpf_cookie_next(const unsigned char *p, const unsigned char *last,
    hpf_cookie_t *pair)
{
    const unsigned char  *end;

    end = memchr(p, ';', last - p);

    if (end == NULL) {
        end = last;
    }

    last = end < last ? end + 1 : end;

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    pair->data = p;
    pair->len = end - p;

    return last;
}


/* Names of cookies differ by case. */

static int
hpf_cookie_named(const hpf_cookie_t *pair, const char *name,
    hpf_cookie_t *value)
{
    size_t  len;

    len = strlen(name);

    if (pair->len <= len || memcmp(pair->data, name, len) != 0
        || pair->data[len] != '=')
    {
        return 0;
    }

    value->data = pair->data + len + 1;
    value->len = pair->len - len - 1;

    return 1;
}
