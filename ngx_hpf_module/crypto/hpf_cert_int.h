/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Certificates, between the files of their own.
 */

#ifndef _HPF_CERT_INT_H_INCLUDED_
#define _HPF_CERT_INT_H_INCLUDED_


#include <sys/stat.h>

#include <openssl/x509.h>

#include "hpf_cert.h"


typedef struct {
    struct timespec  changed;
    off_t            size;
    ino_t            inode;
} hpf_cert_stamp_t;

struct hpf_cert_store_s {
    const hpf_cert_conf_t  *conf;
    X509_STORE             *trust;         /* the anchors */
    STACK_OF(X509)         *anchors;
    STACK_OF(X509)         *between;       /* other authorities */
    STACK_OF(X509_CRL)     *lists;
    ASN1_OBJECT            *number;
    size_t                  entries;
    int64_t                 ends;
    hpf_cert_stamp_t        stamps[2];
};


/* _crl.c: a list in DER, which is forgotten after.  HPF_OK, or *why. */
int hpf_cert_crl_add(hpf_cert_store_t *store, const unsigned char *der,
    size_t len, const char **why);

/* 1: it is on this list. */
int hpf_cert_crl_has(X509_CRL *crl, uint32_t by, const ASN1_INTEGER *serial);

/* _path.c: as hpf_cert_check() without a signature. */
int hpf_cert_path_check(const hpf_cert_store_t *store, X509 *leaf,
    STACK_OF(X509) *more, int64_t now, char *why);
/* HPF_OK, or HPF_DECLINED with *why. */
int hpf_cert_path_algorithm(const X509_ALGOR *alg, const char **why);

/* _name.c */
int hpf_cert_name_fill(const hpf_cert_store_t *store, X509 *leaf,
    hpf_cert_t *cert);
/* As X509_NAME_cmp() sees it, equal names have equal ones. */
uint32_t hpf_cert_name_hash(const X509_NAME *name);
/* OpenSSL takes none for SM2 by itself.  0: no memory. */
int hpf_cert_name_sm2_id(X509 *x);


#endif /* _HPF_CERT_INT_H_INCLUDED_ */
