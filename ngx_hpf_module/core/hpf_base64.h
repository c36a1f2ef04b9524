/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Base64 and base64url of RFC 4648.  A text has one decoding and bytes have
 * one text: wrong or missing padding, white space and trailing bits that are
 * not zero are errors.  No tables, so that both may be used on keys.
 */

#ifndef _HPF_BASE64_H_INCLUDED_
#define _HPF_BASE64_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define HPF_BASE64_LEN(n)      (((n) + 2) / 3 * 4)
#define HPF_BASE64_URL_LEN(n)  (((n) * 4 + 2) / 3)

/* At most so many bytes come out of a text of n characters. */
#define HPF_BASE64_BYTES(n)    (((n) + 3) / 4 * 3)


/* With padding; no zero at the end; returns the length of the text. */
size_t hpf_base64_encode(char *out, const void *data, size_t len);
/* The URL alphabet, without padding. */
size_t hpf_base64_url_encode(char *out, const void *data, size_t len);

/* The number of bytes, or HPF_ERROR. */
ssize_t hpf_base64_decode(unsigned char *out, const void *text, size_t len);
ssize_t hpf_base64_url_decode(unsigned char *out, const void *text,
    size_t len);


#endif /* _HPF_BASE64_H_INCLUDED_ */
