/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Content-Digest (RFC 9530): the digests that a message claims for its body.
 */

#ifndef _HPF_CONTENT_DIGEST_H_INCLUDED_
#define _HPF_CONTENT_DIGEST_H_INCLUDED_


#include <stddef.h>


#define HPF_CONTENT_DIGEST_MAX  64     /* bytes of one, at most */


/* in the order of hpf_content_digest_t.bytes */

typedef enum {
    HPF_CONTENT_DIGEST_SHA256 = 0,
    HPF_CONTENT_DIGEST_SHA512,
    HPF_CONTENT_DIGEST_SM3,
    HPF_CONTENT_DIGEST_N
} hpf_content_digest_e;

typedef struct {
    unsigned char  bytes[HPF_CONTENT_DIGEST_N][HPF_CONTENT_DIGEST_MAX];
    unsigned       has;                /* 1 << hpf_content_digest_e */
} hpf_content_digest_t;


/*
 * HPF_OK: at least one of these is there, and every one that is must be
 * that of the body.  HPF_DECLINED: only others, which are passed over.
 * HPF_ERROR: malformed.  Lines of the header are joined by ", ".
 */
int hpf_content_digest_parse(hpf_content_digest_t *digest, const char *text,
    size_t len);

/* The bytes of one. */
size_t hpf_content_digest_len(hpf_content_digest_e alg);


#endif /* _HPF_CONTENT_DIGEST_H_INCLUDED_ */
