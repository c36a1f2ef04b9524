/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * One cookie of a Cookie field (RFC 6265, section 4.2.1).  What else is in the
 * field is whatever other servers have set, and is passed over as it is.
 */

#ifndef _HPF_COOKIE_H_INCLUDED_
#define _HPF_COOKIE_H_INCLUDED_


#include <stddef.h>


typedef struct {
    const unsigned char  *data;
    size_t                len;
} hpf_cookie_t;


/*
 * A line of the field.  HPF_OK: *value is what stands behind the name and '=',
 * up to the next ';', without white space at its end.  HPF_DECLINED: it is not
 * in the line.  HPF_ERROR: it is there twice.
 */
int hpf_cookie_find(const hpf_cookie_t *line, const char *name,
    hpf_cookie_t *value);

/*
 * Where a cookie of that name stands in the line, with the ';' and the white
 * space that go with it: what is left without it is a line of the others.
 * HPF_DECLINED: it is not in the line.
 */
int hpf_cookie_place(const hpf_cookie_t *line, const char *name,
    hpf_cookie_t *place);


#endif /* _HPF_COOKIE_H_INCLUDED_ */
