/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Where in a text the value of a JSON pointer (RFC 6901) stands, for messages
 * to those who have written it.
 */

#ifndef _HPF_JSON_LINE_H_INCLUDED_
#define _HPF_JSON_LINE_H_INCLUDED_


#include <stddef.h>


/*
 * The line, from 1, of the deepest value on the way to pointer that there is.
 * text must be a JSON text that a parser has accepted.
 */
unsigned hpf_json_line(const unsigned char *text, size_t len,
    const char *pointer);


#endif /* _HPF_JSON_LINE_H_INCLUDED_ */
