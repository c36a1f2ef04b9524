/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Files with a secret: one line of base64 or of hexadecimal digits, of at
 * least 32 bytes, that nobody but the owner can read.  One that is no secret,
 * as the example of the documents, is refused.
 */

#ifndef _HPF_SECRET_H_INCLUDED_
#define _HPF_SECRET_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define HPF_SECRET_MIN  32             /* bytes */
#define HPF_SECRET_MAX  512

#define HPF_SECRET_TEXT  (2 * HPF_SECRET_MAX + 2)     /* hex and a newline */


/*
 * The number of bytes that were put into buf, or HPF_ERROR with the reason in
 * error (with a zero, cut to size).  Blocks: for the time of configuration.
 */
ssize_t hpf_secret_read(const char *file, unsigned char *buf, size_t max,
    char *error, size_t size);

/*
 * The two parts of it.  The bytes of a regular file of at most max bytes, and
 * its mode; HPF_ERROR with *reason.
 */
ssize_t hpf_secret_load(const char *file, char *text, size_t max,
    mode_t *mode, const char **reason);
/* NULL, or why a file of that mode may not hold a secret. */
const char *hpf_secret_check(mode_t mode);
/* Of HPF_SECRET_TEXT bytes at most, to as many; HPF_ERROR with *reason. */
ssize_t hpf_secret_decode(const char *text, size_t len, unsigned char *out,
    const char **reason);


#endif /* _HPF_SECRET_H_INCLUDED_ */
