/*
 * Copyright (C) the HPF gateway authors
 */

/* One character of a text, however the text writes it. */

#ifndef _HPF_MASK_CHAR_H_INCLUDED_
#define _HPF_MASK_CHAR_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* How a character may be written in the text that a value stands in. */

typedef enum {
    HPF_MASK_PLAIN = 0,     /* UTF-8 as it is */
    HPF_MASK_JSON_TEXT,     /* inside a JSON string: escapes */
    HPF_MASK_XML_TEXT,      /* references: &amp; &#49; */
    HPF_MASK_FORM_TEXT,     /* percent-coded, "+" is a space */
    HPF_MASK_CSV_TEXT       /* inside of quotes: "" is a quote */
} hpf_mask_style_e;


#define HPF_MASK_BAD        0xffffffff
#define HPF_MASK_REF_MAX    12      /* bytes of a reference that is known */


/*
 * One character at p < end, as the style (hpf_mask_style_e) writes it.
 * Returns its length in bytes; *cp is HPF_MASK_BAD where the bytes are
 * malformed or cut off by end.
 */
size_t hpf_mask_char(const unsigned char *p, const unsigned char *end,
    unsigned style, uint32_t *cp);

/* JSON's escape at p: its length, or 0 when end cuts it off. */
size_t hpf_mask_escape(const unsigned char *p, const unsigned char *end,
    uint32_t *cp);

/*
 * XML's reference at p, "&#49;", "&#x31;" or one of the predefined names and
 * &nbsp;.  Its length, 0 when there is none that ends before end.
 */
size_t hpf_mask_reference(const unsigned char *p, const unsigned char *end,
    uint32_t *cp);

/* The value of a hexadecimal digit, or -1. */
int hpf_mask_hex(unsigned c);


#endif /* _HPF_MASK_CHAR_H_INCLUDED_ */
