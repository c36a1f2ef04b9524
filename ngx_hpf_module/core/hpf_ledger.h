/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The ledger of a node: lines that say which segments of which chains there
 * are and how far they had come, each signed, and each with the digest of the
 * line before it.
 *
 *     {"time":"2026-11-29T08:00:00.000+08:00","event":"checkpoint",
 *      "node":"one","alg":"sha256","chain":"0123456789abcdef","segment":1,
 *      "seq":17,"hash":"HEX","n":3,"prev":"HEX","key":"0123456789abcdef",
 *      "sig":"BASE64URL"}
 *
 * (in one line, without spaces).  seq and hash are where the chain is with
 * the first record of the segment (opened), or with one that is on the disk
 * (checkpoint), or with its last (closed, recovered).  prev is the digest of
 * the line before by alg, without its line feed, zeroes in front; sig is of
 * all up to the comma in front of "sig".
 */

#ifndef _HPF_LEDGER_H_INCLUDED_
#define _HPF_LEDGER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "hpf_chain.h"


#define HPF_LEDGER_LINE  1024          /* with its line feed, at the most */
#define HPF_LEDGER_NODE  64            /* bytes */
#define HPF_LEDGER_KEY   16            /* digits of the id of a key */
#define HPF_LEDGER_SIG   64            /* bytes of a signature */


typedef enum {
    HPF_LEDGER_OPENED = 0,
    HPF_LEDGER_CHECKPOINT,
    HPF_LEDGER_CLOSED,
    HPF_LEDGER_RECOVERED
} hpf_ledger_event_e;

typedef struct {
    int64_t                time;       /* ms */
    hpf_ledger_event_e     event;
    unsigned               md;         /* HPF_CHAIN_SHA256 or _SM3 */
    uint64_t               segment;    /* of its chain, from 1 */
    hpf_chain_end_t        end;
    uint64_t               n;          /* of the entry, from 1 */
    unsigned char          prev[HPF_CHAIN_HASH];
    unsigned char          sig[HPF_LEDGER_SIG];
    char                   node[HPF_LEDGER_NODE + 1];
    char                   chain[HPF_CHAIN_ID + 1];
    char                   key[HPF_LEDGER_KEY + 1];
} hpf_ledger_entry_t;


const char *hpf_ledger_event_name(hpf_ledger_event_e event);
const char *hpf_ledger_md_name(unsigned md);
/* HPF_DECLINED: neither sha256 nor sm3. */
int hpf_ledger_md(const char *name, size_t len, unsigned *md);

/*
 * What is to be signed, of all but sig, into line; then the rest, with the
 * line feed.  Both return the length of all that there is; the first returns
 * 0 when it does not fit into HPF_LEDGER_LINE.
 */
size_t hpf_ledger_text(const hpf_ledger_entry_t *entry, unsigned char *line);
size_t hpf_ledger_sign(unsigned char *line, size_t len,
    const unsigned char *sig);

/*
 * A line without its line feed; *signed_len bytes of it are signed.  HPF_OK or
 * HPF_DECLINED: it is no entry, or one in another spelling.
 */
int hpf_ledger_read(const unsigned char *line, size_t len,
    hpf_ledger_entry_t *entry, size_t *signed_len);


#endif /* _HPF_LEDGER_H_INCLUDED_ */
