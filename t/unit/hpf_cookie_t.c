/* links: core/hpf_cookie.c */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One cookie among others, whatever they are, and a line without it.
 */


#include "tap.h"
#include "hpf_cookie.h"


#define NAME  "__Host-hpf"


/* the value; "-": it is not there; "!": it is there twice */

static void
find(const char *text, const char *want)
{
    int           rc;
    hpf_cookie_t  line, value;

    line.data = (const unsigned char *) text;
    line.len = strlen(text);

    rc = hpf_cookie_find(&line, NAME, &value);

    if (rc != 0) {
        value.data = (const unsigned char *) (rc == -1 ? "!" : "-");
        value.len = 1;
    }

    is_str(value.data, value.len, want, "in \"%s\"", text);
}


/* the line when all of that name are taken out */

static void
without(const char *text, const char *want)
{
    char          buf[256];
    size_t        at;
    hpf_cookie_t  line, place;

    memcpy(buf, text, strlen(text) + 1);

    line.data = (const unsigned char *) buf;
    line.len = strlen(buf);

    while (hpf_cookie_place(&line, NAME, &place) == 0) {
        at = place.data - line.data;

        memmove(buf + at, buf + at + place.len,
                line.len - at - place.len + 1);
        line.len -= place.len;
    }

    is_str(line.data, line.len, want, "without it: \"%s\"", text);
}


int
main(void)
{
    plan(0);

    find("", "-");
    find(";", "-");
    find("; ; ;", "-");
    find("a=b", "-");
    find("__Host-hpf", "-");
    find("__Host-hpf=", "");
    find("__Host-hpf=abc", "abc");
    find("  __Host-hpf=abc  ", "abc");
    find("a=b; __Host-hpf=abc; c=d", "abc");
    find("a=b;__Host-hpf=abc;c=d", "abc");
    find("a=b;\t__Host-hpf=abc", "abc");
    find("__Host-hpf=a=b", "a=b");
    find("__Host-hpf=\"abc\"", "\"abc\"");
    find("__Host-hpf =abc", "-");
    find("__host-hpf=abc", "-");
    find("__Host-hpfx=abc", "-");
    find("x__Host-hpf=abc", "-");
    find("a=__Host-hpf=abc", "-");
    find("=__Host-hpf=abc", "-");
    find("a=\"; __Host-hpf=abc", "abc");
    find("a=b, __Host-hpf=abc", "-");
    find("__Host-hpf=abc; __Host-hpf=abc", "!");
    find("__Host-hpf=; a=b; __Host-hpf=abc", "!");
    find("__Host-hpf=abc; __Host-hpf", "abc");

    without("", "");
    without("a=b", "a=b");
    without("__Host-hpf=abc", "");
    without(" __Host-hpf=abc ", "");
    without("a=b; __Host-hpf=abc; c=d", "a=b; c=d");
    without("__Host-hpf=abc; c=d", "c=d");
    without("a=b; __Host-hpf=abc", "a=b");
    without("a=b;__Host-hpf=abc;c=d", "a=b;c=d");
    without("__Host-hpf=1; __Host-hpf=2; a=b; __Host-hpf=3", "a=b");
    without("a=b; __Host-hpf=abc;", "a=b");
    without("__Host-hpf=abc;", "");

    return done();
}
