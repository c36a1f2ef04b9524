/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Entries of the ledger: whether they follow one another and are signed.  What
 * they vouch for is kept for the records.
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_verify_int.h"


static void hpf_verify_ledger_follows(hpf_verify_t *v,
    const hpf_ledger_entry_t *entry);
static void hpf_verify_ledger_signed(hpf_verify_t *v,
    const hpf_ledger_entry_t *entry, const unsigned char *line, size_t len);
static int hpf_verify_ledger_next(hpf_verify_t *v,
    const hpf_ledger_entry_t *entry, const unsigned char *line, size_t len);
static int hpf_verify_ledger_mark(hpf_verify_t *v,
    const hpf_ledger_entry_t *entry);


int
hpf_verify_entry(hpf_verify_t *v, const unsigned char *line, size_t len,
    int whole)
{
    size_t              signed_len;
    hpf_ledger_entry_t  entry;

    v->line++;

    if (hpf_ledger_read(line, len, &entry, &signed_len) != HPF_OK) {

        hpf_verify_tell(v, whole ? HPF_VERIFY_FAULT : HPF_VERIFY_NOTE,
                        whole ? "no entry: it was changed or inserted"
                              : "torn: the entry was being written");
        return HPF_OK;
    }

    hpf_verify_ledger_follows(v, &entry);
    hpf_verify_ledger_signed(v, &entry, line, signed_len);

    v->result.entries++;

    if (hpf_verify_ledger_next(v, &entry, line, len) != HPF_OK) {
        return HPF_ERROR;
    }

    return hpf_verify_ledger_mark(v, &entry);
}


static void
hpf_verify_ledger_follows(hpf_verify_t *v, const hpf_ledger_entry_t *entry)
{
    if (v->n == 0) {
        memcpy(v->node, entry->node, sizeof(v->node));
    }

    if (strcmp(v->node, entry->node) != 0) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " is of node \"%s\" and not of "
                        "\"%s\"", entry->n, entry->node, v->node);
    }

    if (entry->n <= v->n) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " comes after entry %" PRIu64
                        ": it was inserted, repeated or moved",
                        entry->n, v->n);
        return;
    }

    if (entry->n > v->n + 1) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entries %" PRIu64 " to %" PRIu64 " are missing",
                        v->n + 1, entry->n - 1);
        return;
    }

    if (memcmp(entry->prev, v->prev[entry->md], HPF_CHAIN_HASH) != 0) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " does not follow the one before "
                        "it: that one was changed or replaced", entry->n);
    }
}


static void
hpf_verify_ledger_signed(hpf_verify_t *v, const hpf_ledger_entry_t *entry,
    const unsigned char *line, size_t len)
{
    int  rc;

    rc = v->conf->signature(v->conf->data, entry->key, line, len, entry->sig);

    if (rc == HPF_DECLINED) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " was changed: its signature does "
                        "not hold", entry->n);

    } else if (rc != HPF_OK) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " is signed by key %s, which was "
                        "not given", entry->n, entry->key);
    }
}


static int
hpf_verify_ledger_next(hpf_verify_t *v, const hpf_ledger_entry_t *entry,
    const unsigned char *line, size_t len)
{
    unsigned  md;

    for (md = 0; md < HPF_CHAIN_ALGS; md++) {

        if (v->conf->algs[md].digest(v->conf->algs[md].data, NULL, line, len,
                                     v->prev[md])
            != HPF_OK)
        {
            return HPF_ERROR;
        }
    }

    if (entry->n > v->n) {
        v->n = entry->n;
    }

    if (entry->n != v->conf->expect) {
        return HPF_OK;
    }

    if (memcmp(v->prev[entry->md], v->conf->expect_hash, HPF_CHAIN_HASH)
        != 0)
    {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "entry %" PRIu64 " is not the one that was expected: "
                        "the ledger was replaced", entry->n);
    }

    v->expected = 1;

    return HPF_OK;
}


static int
hpf_verify_ledger_mark(hpf_verify_t *v, const hpf_ledger_entry_t *entry)
{
    size_t               room;
    hpf_verify_mark_t   *mark;
    hpf_verify_chain_t  *chain;

    chain = hpf_verify_chain(v, entry->chain);
    if (chain == NULL) {
        return HPF_ERROR;
    }

    if (chain->nmarks == chain->room) {
        room = chain->room ? 2 * chain->room : 16;

        mark = realloc(chain->marks, room * sizeof(hpf_verify_mark_t));
        if (mark == NULL) {
            return HPF_ERROR;
        }

        chain->marks = mark;
        chain->room = room;
    }

    if (chain->nmarks == 0) {
        chain->md = entry->md;
    }

    /* an end may come when the next segment has been opened */

    mark = &chain->marks[chain->nmarks++];

    while (mark > chain->marks && mark[-1].end.seq > entry->end.seq) {
        mark[0] = mark[-1];
        mark--;
    }

    memset(mark, 0, sizeof(hpf_verify_mark_t));

    /* what has come meanwhile may be about records that have as well */

    mark->seen = v->late;
    mark->event = entry->event;
    mark->md = entry->md;
    mark->segment = entry->segment;
    mark->n = entry->n;
    mark->end = entry->end;

    return HPF_OK;
}
