/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Files with a secret: one line of base64 or of hexadecimal digits, of at
 * least 32 bytes, that nobody but the owner can read.
 */

#ifndef _HPF_SECRET_H_INCLUDED_
#define _HPF_SECRET_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define HPF_SECRET_MIN  32             /* bytes */
#define HPF_SECRET_MAX  512


/*
 * The number of bytes that were put into buf, or HPF_ERROR with the reason in
 * error (with a zero, cut to size).  Blocks: for the time of configuration.
 */
ssize_t hpf_secret_read(const char *file, unsigned char *buf, size_t max,
    char *error, size_t size);


#endif /* _HPF_SECRET_H_INCLUDED_ */
