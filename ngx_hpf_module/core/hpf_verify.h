/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Looks whether a record is as it was written: its ledger first, then its
 * files, line by line, in the order in which they were begun, and then what
 * has come into the ledger meanwhile.  What is found is told as it comes;
 * nothing is kept but what the ledger says.
 */

#ifndef _HPF_VERIFY_H_INCLUDED_
#define _HPF_VERIFY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_chain.h"


#define HPF_VERIFY_TEXT  256           /* of a report */

/* The first lines of a segment and its last, as events of the record. */
#define HPF_VERIFY_OPENED  "segment-opened"
#define HPF_VERIFY_CLOSED  "segment-closed"


typedef struct hpf_verify_s  hpf_verify_t;

typedef enum {
    HPF_VERIFY_FAULT = 0,              /* somebody has had his hands on it */
    HPF_VERIFY_NOTE                    /* it can have come by itself */
} hpf_verify_kind_e;

/* HPF_OK, HPF_DECLINED: not signed so, HPF_ERROR: the key is not known. */
typedef int (*hpf_verify_signature_pt)(void *data, const char *key,
    const void *text, size_t len, const unsigned char *sig);

/* line 0: of the file as a whole; file NULL: of none. */
typedef void (*hpf_verify_report_pt)(void *data, hpf_verify_kind_e kind,
    const char *file, uint64_t line, const char *text);

typedef struct {
    hpf_chain_alg_t           algs[HPF_CHAIN_ALGS];
    hpf_verify_signature_pt   signature;
    hpf_verify_report_pt      report;
    void                     *data;    /* of the last two */
    uint64_t                  from;    /* segments that were closed before
                                          this entry need not be there */
    uint64_t                  expect;  /* entry that has to be there, or 0 */
    unsigned char             expect_hash[HPF_CHAIN_HASH];
} hpf_verify_conf_t;

typedef struct {
    uint64_t                  faults;
    uint64_t                  entries;
    uint64_t                  records;
    uint64_t                  chains;
    uint64_t                  open;    /* records after what is vouched for */
} hpf_verify_result_t;


/* conf must outlive it.  NULL: out of memory. */
hpf_verify_t *hpf_verify_create(const hpf_verify_conf_t *conf);
void hpf_verify_destroy(hpf_verify_t *v);

/*
 * What is read from now on, of which lines were read already; the name must
 * outlive v.
 */
void hpf_verify_file(hpf_verify_t *v, const char *name, uint64_t lines);

/*
 * The next line, without its line feed; whole: it had one.  HPF_OK, whatever
 * is found; HPF_ERROR: out of memory.
 */
int hpf_verify_entry(hpf_verify_t *v, const unsigned char *line, size_t len,
    int whole);
int hpf_verify_record(hpf_verify_t *v, const unsigned char *line, size_t len,
    int whole);

/* After the last line. */
void hpf_verify_end(hpf_verify_t *v, hpf_verify_result_t *result);


#endif /* _HPF_VERIFY_H_INCLUDED_ */
