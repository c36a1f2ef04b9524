/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Reading JSON that came from outside: bounded in depth, without duplicate
 * members, and with the byte at which a fault was found.
 */

#ifndef _HPF_JSON_H_INCLUDED_
#define _HPF_JSON_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>


#define HPF_JSON_DEPTH  64


typedef struct {
    size_t  offset;      /* of the first byte that is wrong, from 0 */
    int     line;        /* from 1 */
    char    reason[128];
} hpf_json_error_t;


/*
 * Parses one JSON value of any type.  Returns a new reference, which the
 * caller drops with json_decref(), or NULL with *error filled.  Malformed
 * UTF-8, duplicate members, NUL and nesting over HPF_JSON_DEPTH are faults.
 */
json_t *hpf_json_parse(const unsigned char *body, size_t len,
    hpf_json_error_t *error);


#endif /* _HPF_JSON_H_INCLUDED_ */
