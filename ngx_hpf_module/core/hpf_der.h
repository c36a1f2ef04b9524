/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Reads DER (X.690), element by element; nothing is copied.  Strict: tags of
 * one byte, definite lengths in their shortest form, nothing beyond the end.
 */

#ifndef _HPF_DER_H_INCLUDED_
#define _HPF_DER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_DER_BOOLEAN     0x01
#define HPF_DER_INTEGER     0x02
#define HPF_DER_BIT_STRING  0x03
#define HPF_DER_OCTETS      0x04
#define HPF_DER_OID         0x06
#define HPF_DER_ENUMERATED  0x0a
#define HPF_DER_UTC_TIME    0x17
#define HPF_DER_TIME        0x18
#define HPF_DER_SEQUENCE    0x30
#define HPF_DER_CONTEXT     0xa0       /* [0] constructed; + n for [n] */

#define HPF_DER_HEAD        6          /* longest tag and length written */


/* What is still to be read. */

typedef struct {
    const unsigned char  *p;
    const unsigned char  *last;
} hpf_der_t;

typedef struct {
    unsigned              tag;
    const unsigned char  *all;         /* with tag and length */
    size_t                size;        /* of all */
    const unsigned char  *data;
    size_t                len;         /* of data */
} hpf_der_item_t;


/* HPF_OK; HPF_DECLINED: there is no more; HPF_ERROR: no DER. */
int hpf_der_next(hpf_der_t *der, hpf_der_item_t *item);

/* HPF_OK: der is behind it.  HPF_DECLINED, and nothing is changed: another. */
int hpf_der_take(hpf_der_t *der, unsigned tag, hpf_der_item_t *item);

/* What is inside an element. */
void hpf_der_enter(hpf_der_t *der, const hpf_der_item_t *item);

/* Writes tag and length of an element; returns their number of bytes. */
size_t hpf_der_head(unsigned char *out, unsigned tag, uint32_t len);


#endif /* _HPF_DER_H_INCLUDED_ */
