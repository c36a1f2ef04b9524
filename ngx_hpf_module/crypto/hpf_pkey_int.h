/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Public keys, for the files of certificates.
 */

#ifndef _HPF_PKEY_INT_H_INCLUDED_
#define _HPF_PKEY_INT_H_INCLUDED_


#include <openssl/evp.h>

#include "hpf_pkey.h"


/* Another reference to pkey; NULL with *why: see hpf_pkey.h. */
hpf_pkey_t *hpf_pkey_wrap(EVP_PKEY *pkey, const char **why);

/* HPF_OK, or HPF_DECLINED with *why: a key that nothing here is signed by. */
int hpf_pkey_allowed(EVP_PKEY *pkey, hpf_pkey_kind_e *kind, const char **why);


#endif /* _HPF_PKEY_INT_H_INCLUDED_ */
