/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Writes JSON into a buffer in one pass, without allocating.  Commas come by
 * themselves; what does not fit is not written and hpf_json_out_failed()
 * tells, so that callers check once, at the end.
 */

#ifndef _HPF_JSON_OUT_H_INCLUDED_
#define _HPF_JSON_OUT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hpf_plugin.h"


typedef struct hpf_json_out_s  hpf_json_out_t;

/*
 * Makes room: sets start, pos and last so that what was written is kept and
 * last - pos >= need.  HPF_OK, anything else fails the text.
 */
typedef int (*hpf_json_out_grow_pt)(hpf_json_out_t *out, size_t need);

struct hpf_json_out_s {
    unsigned char         *start;
    unsigned char         *pos;
    unsigned char         *last;

    hpf_json_out_grow_pt   grow;       /* NULL: the buffer is all there is */
    void                  *data;       /* of grow */

    unsigned               comma:1;
    unsigned               failed:1;
};


void hpf_json_out_init(hpf_json_out_t *out, void *buf, size_t size);

void hpf_json_out_begin_object(hpf_json_out_t *out);
void hpf_json_out_end_object(hpf_json_out_t *out);
void hpf_json_out_begin_array(hpf_json_out_t *out);
void hpf_json_out_end_array(hpf_json_out_t *out);

/* HPF_OK, or the text fails for want of room for so many bytes. */
int hpf_json_out_room(hpf_json_out_t *out, size_t need);

/* The name of a member, ended by a zero and written as it is. */
static void hpf_json_out_key(hpf_json_out_t *out, const char *name);
/* A name that comes from elsewhere: escaped. */
void hpf_json_out_key_len(hpf_json_out_t *out, const void *name, size_t len);

/*
 * Strings are escaped; each byte that is not of valid UTF-8 becomes U+FFFD.
 * A text grows to six times its length at most.
 */
void hpf_json_out_string(hpf_json_out_t *out, const void *text, size_t len);
void hpf_json_out_cstring(hpf_json_out_t *out, const char *text);
/* One string of two texts. */
void hpf_json_out_string2(hpf_json_out_t *out, const char *a, const char *b);

void hpf_json_out_int(hpf_json_out_t *out, int64_t value);
void hpf_json_out_uint(hpf_json_out_t *out, uint64_t value);
void hpf_json_out_bool(hpf_json_out_t *out, int value);
void hpf_json_out_null(hpf_json_out_t *out);

/* A value that is JSON already. */
void hpf_json_out_value(hpf_json_out_t *out, const void *text, size_t len);
/* Bytes as they are, commas included. */
void hpf_json_out_raw(hpf_json_out_t *out, const void *text, size_t len);

/* 1: something did not fit, the text must not be used. */
int hpf_json_out_failed(const hpf_json_out_t *out);
size_t hpf_json_out_len(const hpf_json_out_t *out);


/* Of a literal the length is known here, so it is stored and not copied. */

static inline void
hpf_json_out_key(hpf_json_out_t *out, const char *name)
{
    size_t          len;
    unsigned char  *p;

    len = strlen(name);

    if (hpf_json_out_room(out, len + 4) != HPF_OK) {
        return;
    }

    p = out->pos;
    *p = ',';
    p += out->comma;
    *p = '"';
    memcpy(p + 1, name, len);
    p[len + 1] = '"';
    p[len + 2] = ':';

    out->pos = p + len + 3;
    out->comma = 0;
}


#endif /* _HPF_JSON_OUT_H_INCLUDED_ */
