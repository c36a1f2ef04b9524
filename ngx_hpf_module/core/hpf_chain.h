/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Chains of records.  A record is a line, a JSON object; sealing it adds three
 * members at its end:
 *
 *     {…,"chain":"ID","seq":17,"hash":"HEX"}
 *
 * ID says which chain it belongs to, seq which of its records it is, and hash
 * is the digest of the hash of the record before, 32 bytes, and of the line
 * up to and without the comma in front of "hash".  So a record cannot be
 * changed, removed, inserted or moved without all later hashes being others.
 */

#ifndef _HPF_CHAIN_H_INCLUDED_
#define _HPF_CHAIN_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define HPF_CHAIN_HASH  32             /* bytes, of all algorithms */
#define HPF_CHAIN_HEX   (2 * HPF_CHAIN_HASH)
#define HPF_CHAIN_ID    16             /* hexadecimal digits */
#define HPF_CHAIN_TAIL  136            /* what sealing adds, at the most */


#define HPF_CHAIN_SHA256  0
#define HPF_CHAIN_SM3     1
#define HPF_CHAIN_ALGS    2


/*
 * Digest of prev, HPF_CHAIN_HASH bytes or NULL, and of text; HPF_OK or
 * HPF_ERROR.
 */
typedef int (*hpf_chain_digest_pt)(void *data, const unsigned char *prev,
    const void *text, size_t len, unsigned char *out);

typedef struct {
    hpf_chain_digest_pt    digest;
    void                  *data;
} hpf_chain_alg_t;

/* Where a chain has come to; zeroes: it has no record yet. */

typedef struct {
    uint64_t               seq;
    unsigned char          hash[HPF_CHAIN_HASH];
} hpf_chain_end_t;

/* A record as it was read; id and text point into the line. */

typedef struct {
    const char            *id;         /* HPF_CHAIN_ID digits */
    size_t                 len;        /* bytes that were digested */
    hpf_chain_end_t        end;
} hpf_chain_record_t;


/*
 * Seals the object of len bytes at line, which has room for HPF_CHAIN_TAIL
 * more, and moves *end on.  Returns its length with the line feed that it ends
 * with now; 0: it has no end, or the digest has failed.
 */
size_t hpf_chain_seal(const hpf_chain_alg_t *alg, const char *id,
    hpf_chain_end_t *end, unsigned char *line, size_t len);

/* A line without its line feed.  HPF_OK or HPF_DECLINED: it is no record. */
int hpf_chain_read(const unsigned char *line, size_t len,
    hpf_chain_record_t *record);

/*
 * HPF_OK: the hash of a record that was read is right after prev.
 * HPF_DECLINED: it is not.  HPF_ERROR: the digest has failed.
 */
int hpf_chain_check(const hpf_chain_alg_t *alg, const unsigned char *prev,
    const unsigned char *line, const hpf_chain_record_t *record);


#endif /* _HPF_CHAIN_H_INCLUDED_ */
