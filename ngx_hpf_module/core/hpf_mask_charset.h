/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Character sets of bodies: what is said of one in a header or by its first
 * bytes, and whether the engine can read it as it is.
 */

#ifndef _HPF_MASK_CHARSET_H_INCLUDED_
#define _HPF_MASK_CHARSET_H_INCLUDED_


#include <stddef.h>

#include "hpf_plugin.h"


/* of a text that says its character set itself, or of none */
#define HPF_MASK_CHARSET_HEAD  1024


typedef struct {
    const char  *name;      /* for iconv, or NULL: UTF-8, or one byte a
                               character and ASCII below 128 */
    unsigned     unit;      /* bytes that are skipped where it is malformed */
} hpf_mask_charset_t;


/* By the name that a header gives, any case.  NULL: not known. */
const hpf_mask_charset_t *hpf_mask_charset_find(const char *name, size_t len);

/* All that iconv has to know, one after the other; NULL at the end. */
const hpf_mask_charset_t *hpf_mask_charset_next(const hpf_mask_charset_t *cs);

/*
 * By the mark that the text begins with, or by the zeros that ASCII has in
 * wider characters.  Looks at four bytes.  NULL: says nothing.
 */
const hpf_mask_charset_t *hpf_mask_charset_mark(const unsigned char *p,
    size_t len);

/* Whether these first bytes are no part of such a mark, whatever follows. */
static inline unsigned
hpf_mask_charset_none(const unsigned char *p, size_t len)
{
    return len >= 2 && p[0] != 0 && p[0] < 0x80 && p[1] != 0;
}


/*
 * The name in an XML declaration or in a "meta" of HTML, within the first
 * HPF_MASK_CHARSET_HEAD bytes.  Returns its length, 0: there is none.
 */
size_t hpf_mask_charset_declared(const unsigned char *p, size_t len,
    const unsigned char **name);

/* Whether a page or document that has begun so comes too late to say it. */
unsigned hpf_mask_charset_past(const unsigned char *p, size_t len);

/* The value of "charset=" in a Content-Type.  Returns its length or 0. */
size_t hpf_mask_charset_param(const unsigned char *p, size_t len,
    const unsigned char **name);


#endif /* _HPF_MASK_CHARSET_H_INCLUDED_ */
