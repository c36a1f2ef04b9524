/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What is known of a record that is looked at, for the two files that do it.
 */

#ifndef _HPF_VERIFY_INT_H_INCLUDED_
#define _HPF_VERIFY_INT_H_INCLUDED_


#include "hpf_ledger.h"
#include "hpf_verify.h"


/* What an entry of the ledger vouches for. */

typedef struct {
    hpf_ledger_event_e        event;
    unsigned                  md;
    unsigned                  seen;    /* the record that it is about */
    uint64_t                  segment;
    uint64_t                  n;       /* of the entry */
    hpf_chain_end_t           end;
} hpf_verify_mark_t;

typedef struct {
    char                      id[HPF_CHAIN_ID + 1];

    hpf_verify_mark_t        *marks;   /* by record */
    size_t                    nmarks;
    size_t                    room;
    size_t                    mark;    /* the next one to be met */

    unsigned                  md;
    unsigned                  begun;   /* a record of it was seen */
    unsigned                  closed;  /* the last one was that of a segment */

    uint64_t                  unlisted;    /* begins a segment that the
                                              ledger does not have, or 0 */
    const char               *unlisted_file;
    uint64_t                  unlisted_line;

    uint64_t                  first;
    uint64_t                  vouched; /* the last that an entry is about */
    hpf_chain_end_t           end;
} hpf_verify_chain_t;

struct hpf_verify_s {
    const hpf_verify_conf_t  *conf;
    hpf_verify_result_t       result;

    const char               *file;
    uint64_t                  line;

    hpf_verify_chain_t       *chains;
    size_t                    nchains;
    size_t                    room;
    size_t                    last;    /* found */

    unsigned                  late;    /* records were read */
    uint64_t                  n;       /* of the last entry */
    unsigned char             prev[HPF_CHAIN_ALGS][HPF_CHAIN_HASH];
    char                      node[HPF_LEDGER_NODE + 1];
    unsigned                  expected;
};


void hpf_verify_tell(hpf_verify_t *v, hpf_verify_kind_e kind,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The chain of that id, made when it is new; NULL: out of memory. */
hpf_verify_chain_t *hpf_verify_chain(hpf_verify_t *v, const char *id);


#endif /* _HPF_VERIFY_INT_H_INCLUDED_ */
