/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates of users: whose they are, and whether they hold.
 *
 * A store has the authorities that are trusted and their revocation lists.
 * It never changes after it was loaded and may be used by several threads;
 * what loads one blocks, for a second when a list has a million entries.
 *
 * A path is validated by RFC 5280: names, dates, basic constraints, name
 * constraints, policies, key usage; and each certificate of it, the anchor
 * included, is looked for in the list of its issuer, which has to be there.
 * The end entity must be for digitalSignature and, if it says what it is for,
 * for client authentication.  Keys are those of hpf_pkey.h; signatures of
 * certificates and lists are by SHA-256 or better, or SM3 with SM2.
 */

#ifndef _HPF_CERT_H_INCLUDED_
#define _HPF_CERT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_crypto.h"


#define HPF_CERT_PEM_MAX   32768       /* bytes of what a client sends */
#define HPF_CERT_NUMBERS   4
#define HPF_CERT_NUMBER    18          /* characters of such a number */
#define HPF_CERT_NAME      192
#define HPF_CERT_SERIAL    42          /* hexadecimal digits, at most */
#define HPF_CERT_DEPTH     8           /* certificates of a path, at most */
#define HPF_CERT_WHY       160


typedef struct hpf_cert_store_s  hpf_cert_store_t;


/* Texts end with a zero and live as long as the store. */

typedef struct {
    const char   *authorities;         /* a file: certificates in PEM */
    const char   *revocation;          /* a file: CRLs in PEM, or one in DER */
    const char  **policies;            /* OIDs, one of which is needed */
    size_t        npolicies;
    const char   *number;              /* OID with a number, or NULL */
    unsigned      depth;               /* certificates of a path */
    int64_t       grace;               /* seconds of a list that is stale */
} hpf_cert_conf_t;

/* Loaded from memory instead: either may be empty. */

typedef struct {
    hpf_crypto_part_t   authorities;
    hpf_crypto_part_t  *revocation;    /* each in PEM, or one list in DER */
    size_t              n;
} hpf_cert_files_t;


/*
 * NULL with *why filled (HPF_CERT_WHY bytes): a file that cannot be read, no
 * anchor, a list that is not signed by one of the authorities, or of a kind
 * that is not supported.
 */
hpf_cert_store_t *hpf_cert_store_load(const hpf_cert_conf_t *conf, char *why);
hpf_cert_store_t *hpf_cert_store_create(const hpf_cert_conf_t *conf,
    const hpf_cert_files_t *files, char *why);
void hpf_cert_store_destroy(hpf_cert_store_t *store);

/* 1: an OID in numbers. */
int hpf_cert_is_oid(const char *text);

/* For the log: certificates, lists, and their entries. */
void hpf_cert_store_count(const hpf_cert_store_t *store, size_t *authorities,
    size_t *lists, size_t *entries);
/* The earliest end of a list, as seconds since 1970. */
int64_t hpf_cert_store_ends(const hpf_cert_store_t *store);

/*
 * What the files looked like when they were read, for a comparison: 1: they
 * have not changed.  Two calls of stat(), no more.
 */
int hpf_cert_store_fresh(const hpf_cert_store_t *store);


/* What is said of a user. */

typedef struct {
    hpf_crypto_part_t  pem;            /* the user's certificate first */
    hpf_crypto_part_t  text;           /* what is signed; len 0: nothing */
    hpf_crypto_part_t  signature;
    int64_t            now;            /* seconds since 1970 */
} hpf_cert_claim_t;

typedef struct {
    unsigned char  id[HPF_CRYPTO_LEN];     /* SHA-256 of issuer and serial */
    unsigned char  key[HPF_CRYPTO_LEN];    /* SHA-256 of its public key */
    char           subject[HPF_CERT_NAME]; /* the common name, UTF-8 */
    char           issuer[HPF_CERT_NAME];  /* that, or the organisation */
    char           serial[HPF_CERT_SERIAL + 1];
    uint32_t       by;                     /* hash of the issuer's name */
    int64_t        until;                  /* seconds since 1970 */

    /* ID card numbers and credit codes of the subject, in upper case */
    char           numbers[HPF_CERT_NUMBERS][HPF_CERT_NUMBER];
    unsigned       nnumbers;
} hpf_cert_t;

/*
 * HPF_OK: the certificate holds, the text is signed with its key, and cert is
 * filled.  HPF_DECLINED with *why: not so, for the record.  HPF_ERROR: out of
 * memory.
 */
int hpf_cert_check(const hpf_cert_store_t *store,
    const hpf_cert_claim_t *claim, hpf_cert_t *cert, char *why);

/*
 * Later on, of a certificate that was checked, by "by" and "serial" of it: 1: a
 * list names it.  Does not look whether the list is stale.
 */
int hpf_cert_revoked(const hpf_cert_store_t *store, uint32_t by,
    const char *serial);


#endif /* _HPF_CERT_H_INCLUDED_ */
