/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What a password has to be.  Its bytes are kept as they are: it is not
 * normalised, and has no control characters (RFC 8265, OpaqueString).
 */

#ifndef _HPF_PASSWORD_RULE_H_INCLUDED_
#define _HPF_PASSWORD_RULE_H_INCLUDED_


#include <stddef.h>


#define HPF_PASSWORD_MAX     128       /* characters */
#define HPF_PASSWORD_PHRASE  15        /* so many need no classes */


/* Faults, as bits. */

#define HPF_PASSWORD_LENGTH   0x01
#define HPF_PASSWORD_CONTROL  0x02     /* or no UTF-8 */
#define HPF_PASSWORD_CLASSES  0x04     /* fewer than three of four */
#define HPF_PASSWORD_COMMON   0x08     /* or of few different characters */
#define HPF_PASSWORD_OWN      0x10     /* holds what is known of its owner */
#define HPF_PASSWORD_FAULTS   5


typedef struct {
    const unsigned char  *data;
    size_t                len;
} hpf_password_text_t;


/*
 * own: what is known of its owner.  Of a number six characters in a row are
 * too many, of a name all of it.  The faults; 0: it is good.
 */
unsigned hpf_password_rule_check(const hpf_password_text_t *password,
    size_t min, const hpf_password_text_t *own, size_t n);

/* Of one of the faults: a word for machines and a sentence. */
const char *hpf_password_rule_name(unsigned fault);
const char *hpf_password_rule_text(unsigned fault, int en);


#endif /* _HPF_PASSWORD_RULE_H_INCLUDED_ */
