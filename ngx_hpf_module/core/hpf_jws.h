/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Signed tokens of others, in the compact form of RFC 7515: their reading.
 * Nothing of a token is believed, and its claims are not even read, before its
 * signature was verified by whoever calls.
 */

#ifndef _HPF_JWS_H_INCLUDED_
#define _HPF_JWS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>


#define HPF_JWS_MAX        8192        /* characters of a token */
#define HPF_JWS_SIGNATURE  1024        /* bytes */
#define HPF_JWS_KID        128         /* characters of the name of a key */


/* RS256 and ES256 of RFC 7518; "SM2": SM3 with SM2, r and s of 32 bytes. */

typedef enum {
    HPF_JWS_RS256 = 0,
    HPF_JWS_ES256,
    HPF_JWS_SM2,
    HPF_JWS_ALGS
} hpf_jws_alg_e;

typedef struct {
    hpf_jws_alg_e   alg;
    const char     *kid;               /* "": none */
    json_t         *header;
    const char     *text;              /* what is signed, in the token */
    size_t          text_len;
    const char     *payload;
    size_t          payload_len;
    size_t          signature_len;
    unsigned char   signature[HPF_JWS_SIGNATURE];
} hpf_jws_t;


/*
 * HPF_OK, and hpf_jws_free() is called in the end; jws points into the token.
 * HPF_DECLINED with *why, a static text: it is none, or of a kind that is not
 * taken: another algorithm, extensions that have to be understood.  HPF_ERROR:
 * out of memory.
 */
int hpf_jws_parse(hpf_jws_t *jws, const char *token, size_t len,
    const char **why);
void hpf_jws_free(hpf_jws_t *jws);

/* HPF_JWS_ALGS: there is none of that name. */
hpf_jws_alg_e hpf_jws_alg(const char *name);

/*
 * The claims, an object without duplicate members; a new reference, or NULL
 * with *why.
 */
json_t *hpf_jws_claims(const hpf_jws_t *jws, const char **why);


#endif /* _HPF_JWS_H_INCLUDED_ */
