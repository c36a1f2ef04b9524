/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the claims of a token (RFC 7519) must say to be taken, and the keys of
 * its issuer (RFC 7517): what of a set can be used.
 */

#ifndef _HPF_JWT_H_INCLUDED_
#define _HPF_JWT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "hpf_jws.h"


#define HPF_JWT_JTI       128          /* characters, at most */
#define HPF_JWT_KEYS      16           /* of a set, at most */
#define HPF_JWT_KEYS_MAX  65536        /* characters of a set */
#define HPF_JWT_NUMBER    1024         /* bytes of n, e, x or y */


/* Texts end with a zero. */

typedef struct {
    const char  *issuer;
    const char  *audience;
    int64_t      leeway;               /* seconds that clocks may differ */
    int64_t      life;                 /* of a token, at most */
} hpf_jwt_rules_t;

typedef struct {
    int64_t      ends;                 /* leeway included */
    const char  *jti;                  /* in the claims */
} hpf_jwt_t;

/*
 * HPF_OK: iss, aud, exp, iat, jti are there and right, nbf if it is there.
 * HPF_DECLINED with *why.
 */
int hpf_jwt_check(const json_t *claims, const hpf_jwt_rules_t *rules,
    int64_t now, hpf_jwt_t *jwt, const char **why);


typedef struct {
    char            kid[HPF_JWS_KID + 1];
    hpf_jws_alg_e   alg;               /* which its kind fixes */
    size_t          one_len;
    size_t          two_len;
    unsigned char   one[HPF_JWT_NUMBER];   /* n, or x */
    unsigned char   two[HPF_JWT_NUMBER];   /* e, or y */
} hpf_jwk_t;

/*
 * The number of keys, 0 included: those for signatures of a kind that is
 * taken; all others are passed over.  HPF_ERROR with *why: no set, too many
 * keys, two of the same name, a private one.  keys has room for HPF_JWT_KEYS.
 */
int hpf_jwt_keys(const unsigned char *text, size_t len, hpf_jwk_t *keys,
    const char **why);


#endif /* _HPF_JWT_H_INCLUDED_ */
