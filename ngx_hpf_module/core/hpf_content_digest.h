/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Content-Digest (RFC 9530): the digests that a message claims for its body.
 */

#ifndef _HPF_CONTENT_DIGEST_H_INCLUDED_
#define _HPF_CONTENT_DIGEST_H_INCLUDED_


#include <stddef.h>


#define HPF_CONTENT_DIGEST_LEN  32


typedef struct {
    unsigned char  sha256[HPF_CONTENT_DIGEST_LEN];
    unsigned char  sm3[HPF_CONTENT_DIGEST_LEN];
    unsigned       has_sha256:1;
    unsigned       has_sm3:1;
} hpf_content_digest_t;


/*
 * HPF_OK: at least one of the two is there, and every one that is must be
 * that of the body.  HPF_DECLINED: only others, which are passed over.
 * HPF_ERROR: malformed.  Lines of the header are joined by ", ".
 */
int hpf_content_digest_parse(hpf_content_digest_t *digest, const char *text,
    size_t len);


#endif /* _HPF_CONTENT_DIGEST_H_INCLUDED_ */
