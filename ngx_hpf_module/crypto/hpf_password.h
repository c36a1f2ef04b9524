/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Passwords at rest: scrypt (RFC 7914), and over its result an HMAC with a key
 * that is not where the record is, so that a copy of the records alone cannot
 * be tried out.  The record says what it was made with:
 *
 *     scrypt$LOG2N$R$P$SALT$HMAC       salt and HMAC in base64url
 */

#ifndef _HPF_PASSWORD_H_INCLUDED_
#define _HPF_PASSWORD_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include "hpf_crypto.h"


#define HPF_PASSWORD_SALT    16
#define HPF_PASSWORD_HASH    32
#define HPF_PASSWORD_RECORD  112       /* characters, at most */


typedef struct {
    unsigned           log_n;          /* 10 .. 20 */
    unsigned           r;              /* 1 .. 32 */
    unsigned           p;              /* 1 .. 16 */
} hpf_password_cost_t;

typedef struct {
    hpf_password_cost_t  cost;
    unsigned char        salt[HPF_PASSWORD_SALT];
    unsigned char        hash[HPF_PASSWORD_HASH];
} hpf_password_t;


/* HPF_OK, or HPF_ERROR for costs out of these bounds. */
int hpf_password_cost_check(const hpf_password_cost_t *cost);

/*
 * The long work, for any thread; password->hash is scrypt's result, which
 * hpf_password_key() replaces by its HMAC.  HPF_ERROR: out of memory.
 */
int hpf_password_derive(hpf_password_t *password,
    const hpf_crypto_part_t *text);
int hpf_password_key(hpf_password_t *password, hpf_crypto_hmac_t *pepper);

/* HPF_ERROR: it is no record. */
int hpf_password_read(hpf_password_t *password, const hpf_crypto_part_t *text);
/* The length. */
size_t hpf_password_write(const hpf_password_t *password,
    char out[HPF_PASSWORD_RECORD]);


#endif /* _HPF_PASSWORD_H_INCLUDED_ */
