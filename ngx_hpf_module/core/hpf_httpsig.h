/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * HTTP Message Signatures (RFC 9421) of requests: reads Signature-Input and
 * Signature, checks what is covered and when it was made, and builds the
 * signature base.  Whether the signature fits the base is hpf_sign's to say,
 * whether a nonce is new and the body fits its digest the caller's.
 *
 * Order: parse, check, find the key of keyid, base, hpf_sign_verify(), then
 * the nonce (only a request that is signed may use one up), then the digest.
 */

#ifndef _HPF_HTTPSIG_H_INCLUDED_
#define _HPF_HTTPSIG_H_INCLUDED_


#include "hpf_sf.h"


#define HPF_HTTPSIG_COMPONENTS  16     /* covered, at most */
#define HPF_HTTPSIG_SIGNATURE   516    /* bytes, room for RSA of 4096 bits */
#define HPF_HTTPSIG_NONCE       128    /* characters, at most */

/* hpf_httpsig_t.covered */

#define HPF_HTTPSIG_METHOD          0x01
#define HPF_HTTPSIG_AUTHORITY       0x02
#define HPF_HTTPSIG_PATH            0x04
#define HPF_HTTPSIG_QUERY           0x08
#define HPF_HTTPSIG_CONTENT_DIGEST  0x10
#define HPF_HTTPSIG_AUTHORIZATION   0x20
#define HPF_HTTPSIG_PURPOSE         0x40
#define HPF_HTTPSIG_CASE            0x80


/* why a signature is refused: the "reason" of a channel-signature problem */

typedef enum {
    HPF_HTTPSIG_OK = 0,
    HPF_HTTPSIG_MISSING,
    HPF_HTTPSIG_EXPIRED,
    HPF_HTTPSIG_REPLAYED,
    HPF_HTTPSIG_MISMATCH,
    HPF_HTTPSIG_DIGEST
} hpf_httpsig_reason_e;

typedef struct {
    hpf_sf_text_t         components[HPF_HTTPSIG_COMPONENTS];
    size_t                ncomponents;
    unsigned              covered;

    hpf_sf_item_t         list;        /* with the parameters */

    int64_t               created;     /* s; -1: not given */
    int64_t               expires;     /* s; -1: not given */

    /* texts between quotes, with escapes; data is NULL: not given */
    hpf_sf_text_t         nonce;
    hpf_sf_text_t         keyid;
    hpf_sf_text_t         alg;
    hpf_sf_text_t         tag;

    hpf_sf_text_t         channel;     /* of keyid; by check */
    hpf_sf_text_t         key;

    unsigned char         signature[HPF_HTTPSIG_SIGNATURE];
    size_t                signature_len;

    /* what is wrong, for the log and the problem's detail; no user data */
    const char           *why;
} hpf_httpsig_t;

typedef struct {
    int64_t               now;         /* s */
    int64_t               window;      /* s, for created, to both sides */
    unsigned              has_query:1;
    unsigned              has_body:1;
    unsigned              has_authorization:1;
} hpf_httpsig_policy_t;

typedef struct {
    char                 *start;
    char                 *pos;
    char                 *last;

    /* of the component that is being written */
    const hpf_sf_text_t  *name;
    unsigned              lines;
    unsigned              failed:1;
} hpf_httpsig_base_t;

/*
 * Tells the value of a component by hpf_httpsig_add(base, …): once for a
 * derived one, once a line for a field.  Its lines are given as they were
 * received.  @query is given without '?', and not at all when there is none;
 * @authority without the scheme's default port.  HPF_OK; HPF_DECLINED: the
 * request has no such component.
 */
typedef int (*hpf_httpsig_value_pt)(void *data, const hpf_sf_text_t *name,
    hpf_httpsig_base_t *base);


/*
 * Both headers; lines of the same name are joined by ", ".  The texts must
 * stay as long as sig.  label: of the signature that is looked for.
 */
hpf_httpsig_reason_e hpf_httpsig_parse(hpf_httpsig_t *sig, const char *label,
    const hpf_sf_text_t *input, const hpf_sf_text_t *signature);

/* 0: there is none with this label, and what is there can be read. */
int hpf_httpsig_has(const char *label, const hpf_sf_text_t *input);

/* What must be given and covered, the time, and keyid="CHANNEL:KEY". */
hpf_httpsig_reason_e hpf_httpsig_check(hpf_httpsig_t *sig,
    const hpf_httpsig_policy_t *policy);

/*
 * Builds the base between base->start and base->last, which the caller sets;
 * it ends at base->pos.
 */
hpf_httpsig_reason_e hpf_httpsig_base(hpf_httpsig_t *sig,
    hpf_httpsig_base_t *base, hpf_httpsig_value_pt value, void *data);
void hpf_httpsig_add(hpf_httpsig_base_t *base, const void *text, size_t len);

/* "missing", "expired", … */
const char *hpf_httpsig_reason(hpf_httpsig_reason_e reason);


#endif /* _HPF_HTTPSIG_H_INCLUDED_ */
