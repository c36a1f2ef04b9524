/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Keys that verify signatures, from files.  The file says what it is: a public
 * key in PEM, which nobody but its owner may change, or else a secret as in
 * hpf_secret.h.
 */

#ifndef _HPF_SIGN_FILE_H_INCLUDED_
#define _HPF_SIGN_FILE_H_INCLUDED_


#include "hpf_sign.h"


/*
 * alg: what it has to be, NULL: what it is.  NULL with *why.  Blocks for as
 * long as a small file on a disk takes.
 */
hpf_sign_key_t *hpf_sign_file_read(hpf_crypto_t *c, const char *file,
    const char *alg, const char **why);


#endif /* _HPF_SIGN_FILE_H_INCLUDED_ */
