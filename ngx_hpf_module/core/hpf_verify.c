/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Records and what the ledger says of them, see the header.
 */


#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_plugin.h"
#include "hpf_hex.h"
#include "hpf_json.h"
#include "hpf_verify_int.h"


#define HPF_VERIFY_BEGIN  "{\"time\":\""     /* of every line */


/* The first line of a segment says with what it goes on. */

typedef struct {
    unsigned       md;
    unsigned char  prev[HPF_CHAIN_HASH];
} hpf_verify_head_t;


static int hpf_verify_place(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_verify_head_t *head, const hpf_chain_record_t *record);
static int hpf_verify_holds(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const unsigned char *line, const hpf_chain_record_t *record);
static void hpf_verify_segment(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_verify_head_t *head, const hpf_chain_record_t *record);
static void hpf_verify_marks(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_chain_end_t *end);
static void hpf_verify_unlisted(hpf_verify_t *v, hpf_verify_chain_t *chain);
static int hpf_verify_listed(hpf_verify_chain_t *chain, uint64_t seq);
static void hpf_verify_odd(hpf_verify_t *v, const unsigned char *line,
    size_t len, int whole);
static size_t hpf_verify_glued(hpf_verify_t *v, const unsigned char *line,
    size_t len);
static int hpf_verify_begins(const unsigned char *line, size_t len);
static int hpf_verify_event(const unsigned char *line, size_t len,
    const char *event);
static int hpf_verify_head(const unsigned char *line, size_t len,
    hpf_verify_head_t *head);
static void hpf_verify_chain_end(hpf_verify_t *v, hpf_verify_chain_t *chain);
static void hpf_verify_missing(hpf_verify_t *v, hpf_verify_chain_t *chain);
static int hpf_verify_excused(hpf_verify_t *v, hpf_verify_chain_t *chain,
    size_t i);


hpf_verify_t *
hpf_verify_create(const hpf_verify_conf_t *conf)
{
    hpf_verify_t  *v;

    v = calloc(1, sizeof(hpf_verify_t));
    if (v == NULL) {
        return NULL;
    }

    v->conf = conf;

    return v;
}


void
hpf_verify_destroy(hpf_verify_t *v)
{
    size_t  i;

    for (i = 0; i < v->nchains; i++) {
        free(v->chains[i].marks);
    }

    free(v->chains);
    free(v);
}


void
hpf_verify_file(hpf_verify_t *v, const char *name, uint64_t lines)
{
    v->file = name;
    v->line = lines;
}


void
hpf_verify_tell(hpf_verify_t *v, hpf_verify_kind_e kind, const char *format,
    ...)
{
    char     text[HPF_VERIFY_TEXT];
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    if (kind == HPF_VERIFY_FAULT) {
        v->result.faults++;
    }

    v->conf->report(v->conf->data, kind, v->file, v->line, text);
}


hpf_verify_chain_t *
hpf_verify_chain(hpf_verify_t *v, const char *id)
{
    size_t               i, room;
    hpf_verify_chain_t  *chain;

    if (v->last < v->nchains
        && memcmp(v->chains[v->last].id, id, HPF_CHAIN_ID) == 0)
    {
        return &v->chains[v->last];
    }

    /* the newest are those in use */

    for (i = v->nchains; i > 0; i--) {

        if (memcmp(v->chains[i - 1].id, id, HPF_CHAIN_ID) == 0) {
            v->last = i - 1;
            return &v->chains[i - 1];
        }
    }

    if (v->nchains == v->room) {
        room = v->room ? 2 * v->room : 16;

        chain = realloc(v->chains, room * sizeof(hpf_verify_chain_t));
        if (chain == NULL) {
            return NULL;
        }

        v->chains = chain;
        v->room = room;
    }

    v->last = v->nchains++;
    chain = &v->chains[v->last];

    memset(chain, 0, sizeof(hpf_verify_chain_t));
    memcpy(chain->id, id, HPF_CHAIN_ID);

    return chain;
}


int
hpf_verify_record(hpf_verify_t *v, const unsigned char *line, size_t len,
    int whole)
{
    int                   rc;
    size_t                torn;
    hpf_verify_head_t     head, *known;
    hpf_verify_chain_t   *chain;
    hpf_chain_record_t    record;

    v->line++;
    v->late = 1;

    torn = hpf_verify_glued(v, line, len);

    if (torn) {
        hpf_verify_tell(v, HPF_VERIFY_NOTE, "torn: %zu bytes of a record "
                        "that was being written stand before this one", torn);
        line += torn;
        len -= torn;
    }

    if (hpf_chain_read(line, len, &record) != HPF_OK) {
        hpf_verify_odd(v, line, len, whole);
        return HPF_OK;
    }

    chain = hpf_verify_chain(v, record.id);
    if (chain == NULL) {
        return HPF_ERROR;
    }

    known = hpf_verify_head(line, len, &head) == HPF_OK ? &head : NULL;

    if (!hpf_verify_place(v, chain, known, &record)) {
        return HPF_OK;
    }

    rc = hpf_verify_holds(v, chain, line, &record);

    if (rc == HPF_ERROR) {
        return HPF_ERROR;
    }

    hpf_verify_segment(v, chain, known, &record);

    chain->closed = hpf_verify_event(line, len, HPF_VERIFY_CLOSED);
    chain->end = record.end;

    hpf_verify_marks(v, chain, &record.end);

    v->result.records++;

    return HPF_OK;
}


/* 1: it is one that comes after what there was of the chain. */

static int
hpf_verify_place(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_verify_head_t *head, const hpf_chain_record_t *record)
{
    uint64_t  seq;

    seq = record->end.seq;

    if (!chain->begun) {
        chain->begun = 1;
        chain->first = seq;
        chain->end.seq = seq - 1;

        if (head == NULL) {
            hpf_verify_tell(v, HPF_VERIFY_FAULT,
                            "chain %s begins here with record %" PRIu64
                            ", in the midst of a segment: its beginning is "
                            "missing", chain->id, seq);

            /* so that nothing can be said of this one */

            chain->end = record->end;
            return 0;
        }

        memcpy(chain->end.hash, head->prev, HPF_CHAIN_HASH);
        hpf_verify_marks(v, chain, &chain->end);
    }

    if (seq <= chain->end.seq) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "record %" PRIu64 " of chain %s comes after record "
                        "%" PRIu64 ": it was inserted, repeated or moved",
                        seq, chain->id, chain->end.seq);
        return 0;
    }

    if (head) {
        chain->md = head->md;
    }

    return 1;
}


static int
hpf_verify_holds(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const unsigned char *line, const hpf_chain_record_t *record)
{
    int  rc;

    if (record->end.seq > chain->end.seq + 1) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "records %" PRIu64 " to %" PRIu64 " of chain %s are "
                        "missing before this one, %" PRIu64,
                        chain->end.seq + 1, record->end.seq - 1, chain->id,
                        record->end.seq);
        return HPF_OK;
    }

    rc = hpf_chain_check(&v->conf->algs[chain->md], chain->end.hash, line,
                         record);

    if (rc == HPF_DECLINED) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "record %" PRIu64 " of chain %s was changed, or the "
                        "one before it replaced", record->end.seq, chain->id);
    }

    return rc;
}


/* Whether a segment may begin, or go on, here. */

static void
hpf_verify_segment(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_verify_head_t *head, const hpf_chain_record_t *record)
{
    if (head == NULL) {

        if (chain->closed) {
            hpf_verify_tell(v, HPF_VERIFY_FAULT,
                            "record %" PRIu64 " of chain %s comes after the "
                            "end of a segment: it was inserted",
                            record->end.seq, chain->id);
        }

        return;
    }

    if (hpf_verify_listed(chain, record->end.seq)) {
        return;
    }

    /* the ledger may have come to know of it meanwhile */

    hpf_verify_unlisted(v, chain);

    chain->unlisted = record->end.seq;
    chain->unlisted_file = v->file;
    chain->unlisted_line = v->line;
}


static void
hpf_verify_unlisted(hpf_verify_t *v, hpf_verify_chain_t *chain)
{
    uint64_t     line;
    const char  *file;

    if (chain->unlisted == 0 || hpf_verify_listed(chain, chain->unlisted)) {
        return;
    }

    file = v->file;
    line = v->line;

    hpf_verify_file(v, chain->unlisted_file, chain->unlisted_line);
    hpf_verify_tell(v, HPF_VERIFY_FAULT,
                    "the ledger does not know of the segment of chain %s that "
                    "begins here, with record %" PRIu64 ": it was inserted, "
                    "or the ledger was cut off", chain->id, chain->unlisted);
    hpf_verify_file(v, file, line);
}


/* What entries say of the record with this end. */

static void
hpf_verify_marks(hpf_verify_t *v, hpf_verify_chain_t *chain,
    const hpf_chain_end_t *end)
{
    hpf_verify_mark_t  *mark;

    for ( /* void */ ; chain->mark < chain->nmarks; chain->mark++) {
        mark = &chain->marks[chain->mark];

        if (mark->end.seq > end->seq) {
            return;
        }

        if (mark->end.seq < end->seq) {
            continue;
        }

        mark->seen = 1;
        chain->vouched = end->seq;

        if (mark->event == HPF_LEDGER_RECOVERED) {
            chain->closed = 1;
        }

        if (memcmp(mark->end.hash, end->hash, HPF_CHAIN_HASH) != 0) {
            hpf_verify_tell(v, HPF_VERIFY_FAULT,
                            "record %" PRIu64 " of chain %s is not what entry "
                            "%" PRIu64 " of the ledger vouches for: it, or "
                            "some before it, were replaced",
                            end->seq, chain->id, mark->n);
        }
    }
}


/* 1: the ledger has a segment that begins with this record. */

static int
hpf_verify_listed(hpf_verify_chain_t *chain, uint64_t seq)
{
    size_t  i;

    for (i = chain->nmarks; i > 0; i--) {

        if (chain->marks[i - 1].end.seq == seq
            && chain->marks[i - 1].event == HPF_LEDGER_OPENED)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * A line that is no record.  Of one that was being written there is the
 * beginning; whether something is missing for it the chain will tell.
 */

static void
hpf_verify_odd(hpf_verify_t *v, const unsigned char *line, size_t len,
    int whole)
{
    size_t  n;

    n = sizeof(HPF_VERIFY_BEGIN) - 1;
    n = len < n ? len : n;

    if (memcmp(line, HPF_VERIFY_BEGIN, n) == 0
        && (!whole || (n && line[len - 1] != '}')))
    {
        hpf_verify_tell(v, HPF_VERIFY_NOTE,
                        "torn: a record was being written");
        return;
    }

    hpf_verify_tell(v, HPF_VERIFY_FAULT,
                    "no record of a chain: it was changed or inserted");
}


/* Bytes of a torn record that stand in front of one which holds; 0: none. */

static size_t
hpf_verify_glued(hpf_verify_t *v, const unsigned char *line, size_t len)
{
    hpf_verify_chain_t   *chain;
    hpf_chain_record_t    record;
    const unsigned char  *p;

    if (!hpf_verify_begins(line, len)) {
        return 0;
    }

    p = line;

    for ( ;; ) {
        p = memchr(p + 1, '{', line + len - p - 1);

        if (p == NULL) {
            return 0;
        }

        if (!hpf_verify_begins(p, line + len - p)) {
            continue;
        }

        if (hpf_chain_read(p, line + len - p, &record) != HPF_OK) {
            return 0;
        }

        chain = hpf_verify_chain(v, record.id);

        if (chain && record.end.seq == chain->end.seq + 1
            && hpf_chain_check(&v->conf->algs[chain->md], chain->end.hash, p,
                               &record)
               == HPF_OK)
        {
            return p - line;
        }
    }
}


static int
hpf_verify_begins(const unsigned char *line, size_t len)
{
    size_t  n;

    n = sizeof(HPF_VERIFY_BEGIN) - 1;

    return len > n && memcmp(line, HPF_VERIFY_BEGIN, n) == 0;
}


/* The second member of a line of the gateway itself. */

static int
hpf_verify_event(const unsigned char *line, size_t len, const char *event)
{
    size_t                n;
    const unsigned char  *p;

    n = sizeof(HPF_VERIFY_BEGIN) - 1;

    p = len > n ? memchr(line + n, '"', len - n) : NULL;

    n = sizeof("\",\"event\":\"") - 1;

    return p && (size_t) (line + len - p) > n + strlen(event) + 1
           && memcmp(p, "\",\"event\":\"", n) == 0
           && memcmp(p + n, event, strlen(event)) == 0
           && p[n + strlen(event)] == '"';
}


static int
hpf_verify_head(const unsigned char *line, size_t len, hpf_verify_head_t *head)
{
    int                rc;
    json_t            *json, *alg, *prev;
    hpf_json_error_t   error;

    if (!hpf_verify_event(line, len, HPF_VERIFY_OPENED)) {
        return HPF_DECLINED;
    }

    json = hpf_json_parse(line, len, &error);
    if (json == NULL) {
        return HPF_DECLINED;
    }

    alg = json_object_get(json, "alg");
    prev = json_object_get(json, "prev");

    rc = json_is_string(alg)
         && hpf_ledger_md(json_string_value(alg), json_string_length(alg),
                          &head->md)
            == HPF_OK
         && json_string_length(prev) == HPF_CHAIN_HEX
         && hpf_hex_decode(json_string_value(prev), HPF_CHAIN_HEX, head->prev)
            == HPF_OK
         ? HPF_OK : HPF_DECLINED;

    json_decref(json);

    return rc;
}


void
hpf_verify_end(hpf_verify_t *v, hpf_verify_result_t *result)
{
    size_t  i;

    hpf_verify_file(v, NULL, 0);

    if (v->conf->expect && !v->expected) {
        hpf_verify_tell(v, HPF_VERIFY_FAULT,
                        "the ledger has no entry %" PRIu64 ": it was cut off "
                        "or replaced", v->conf->expect);
    }

    for (i = 0; i < v->nchains; i++) {
        hpf_verify_chain_end(v, &v->chains[i]);
    }

    v->result.chains = v->nchains;

    *result = v->result;
}


static void
hpf_verify_chain_end(hpf_verify_t *v, hpf_verify_chain_t *chain)
{
    size_t                    i;
    const hpf_verify_mark_t  *mark;

    hpf_verify_unlisted(v, chain);
    hpf_verify_missing(v, chain);

    for (i = 0; i < chain->nmarks; i++) {
        mark = &chain->marks[i];

        if (mark->event == HPF_LEDGER_RECOVERED) {
            hpf_verify_tell(v, HPF_VERIFY_NOTE,
                            "chain %s was not closed, as after a crash; entry "
                            "%" PRIu64 " found it to end with record %" PRIu64,
                            chain->id, mark->n, mark->end.seq);
        }
    }

    if (chain->begun && chain->end.seq > chain->vouched) {
        v->result.open += chain->end.seq - chain->vouched;
    }
}


/* One report for what is missing in front, and one for what is at the end. */

static void
hpf_verify_missing(hpf_verify_t *v, hpf_verify_chain_t *chain)
{
    size_t                    i;
    unsigned                  front;
    const hpf_verify_mark_t  *mark;

    front = 0;

    for (i = 0; i < chain->nmarks; i++) {
        mark = &chain->marks[i];

        if (mark->seen || hpf_verify_excused(v, chain, i)) {
            continue;
        }

        if (!chain->begun || mark->end.seq > chain->end.seq) {
            hpf_verify_tell(v, HPF_VERIFY_FAULT,
                            "chain %s is cut off after record %" PRIu64
                            ": entry %" PRIu64 " of the ledger vouches for "
                            "record %" PRIu64 " of segment %" PRIu64,
                            chain->id, chain->end.seq,
                            chain->marks[chain->nmarks - 1].n,
                            chain->marks[chain->nmarks - 1].end.seq,
                            chain->marks[chain->nmarks - 1].segment);
            return;
        }

        if (mark->end.seq < chain->first && !front) {
            hpf_verify_tell(v, HPF_VERIFY_FAULT,
                            "segment %" PRIu64 " of chain %s is missing, and "
                            "all before record %" PRIu64,
                            mark->segment, chain->id, chain->first);
            front = 1;
        }
    }
}


/*
 * What need not be there: of before what was asked for, and the beginning of a
 * segment of which a crash has left nothing.
 */

static int
hpf_verify_excused(hpf_verify_t *v, hpf_verify_chain_t *chain, size_t i)
{
    size_t              k;
    hpf_verify_mark_t  *mark, *end;

    mark = &chain->marks[i];

    for (k = 0; k < chain->nmarks; k++) {
        end = &chain->marks[k];

        if (end->segment != mark->segment
            || (end->event != HPF_LEDGER_CLOSED
                && end->event != HPF_LEDGER_RECOVERED))
        {
            continue;
        }

        if (end->n < v->conf->from) {
            return 1;
        }

        return end->event == HPF_LEDGER_RECOVERED
               && (end == mark ? end->end.seq == 0
                               : mark->event == HPF_LEDGER_OPENED
                                 && end->end.seq < mark->end.seq);
    }

    return 0;
}
