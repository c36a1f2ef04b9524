/* links: core/hpf_verify.c core/hpf_verify_ledger.c core/hpf_ledger.c core/hpf_chain.c core/hpf_hex.c core/hpf_base64.c core/hpf_json.c core/hpf_json_fault.c core/hpf_json_out.c core/hpf_time.c -ljansson */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A ledger and a record of whatever lines: those that begin with "L" are the
 * ledger's.  The digest is so weak that a fuzzer can find lines that hold, and
 * whoever likes may sign.  What holds has one spelling, and a record of which
 * no entry knows is never as it was written.
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hpf_ledger.h"
#include "hpf_plugin.h"
#include "hpf_verify.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static size_t  told;


static int
digest(void *data, const unsigned char *prev, const void *text, size_t len,
    unsigned char *out)
{
    (void) data;

    memset(out, '\0', HPF_CHAIN_HASH);

    out[0] = (unsigned char) (len & 1);
    out[1] = prev ? (unsigned char) (prev[0] & 1) : 0;
    out[2] = len ? (unsigned char) (((const char *) text)[0] & 1) : 0;

    return HPF_OK;
}


static int
signature(void *data, const char *key, const void *text, size_t len,
    const unsigned char *sig)
{
    (void) data;
    (void) text;
    (void) len;

    return key[0] == '0' ? HPF_ERROR : sig[0] == 0 ? HPF_OK : HPF_DECLINED;
}


static void
report(void *data, hpf_verify_kind_e kind, const char *file, uint64_t line,
    const char *text)
{
    (void) data;
    (void) file;
    (void) line;

    if (strlen(text) >= HPF_VERIFY_TEXT) {
        abort();
    }

    told += kind == HPF_VERIFY_FAULT;
}


/* What is read as a record or an entry is written again the same. */

static void
again(const unsigned char *line, size_t len)
{
    size_t               n, start;
    unsigned char        copy[HPF_LEDGER_LINE + HPF_CHAIN_TAIL];
    hpf_chain_alg_t      alg = { digest, NULL };
    hpf_chain_end_t      end;
    hpf_chain_record_t   record;
    hpf_ledger_entry_t   entry;

    if (hpf_ledger_read(line, len, &entry, &n) == HPF_OK && n >= len) {
        abort();
    }

    if (len > HPF_LEDGER_LINE || hpf_chain_read(line, len, &record) != HPF_OK) {
        return;
    }

    /* the object without the members of the chain, which are then put to it */

    start = (size_t) ((const unsigned char *) record.id - line)
            - (sizeof(",\"chain\":\"") - 1);

    memcpy(copy, line, start);
    copy[start] = '}';

    memset(&end, 0, sizeof(end));
    end.seq = record.end.seq - 1;

    n = hpf_chain_seal(&alg, record.id, &end, copy, start + 1);

    if (start > 1
        && (n != len + 1 || memcmp(copy, line, record.len) != 0
            || end.seq != record.end.seq))
    {
        abort();
    }
}


static void
lines(hpf_verify_t *v, const uint8_t *data, size_t size, int ledger)
{
    int             whole, mine;
    const uint8_t  *p, *end, *last;

    hpf_verify_file(v, ledger ? "ledger" : "record", 0);

    last = data + size;

    for (p = data; p < last; p = end + whole) {
        end = memchr(p, '\n', (size_t) (last - p));
        whole = end != NULL;
        end = whole ? end : last;
        mine = *p == 'L';

        if (ledger && mine) {
            (void) hpf_verify_entry(v, p + 1, (size_t) (end - p - 1), whole);

        } else if (!ledger && !mine) {
            (void) hpf_verify_record(v, p, (size_t) (end - p), whole);
        }

        again(p + mine, (size_t) (end - p) - (size_t) mine);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hpf_verify_t         *v;
    hpf_verify_conf_t     conf;
    hpf_verify_result_t   result;

    memset(&conf, 0, sizeof(conf));

    conf.algs[0].digest = digest;
    conf.algs[1].digest = digest;
    conf.signature = signature;
    conf.report = report;

    told = 0;
    v = hpf_verify_create(&conf);

    if (v == NULL) {
        return 0;
    }

    lines(v, data, size, 1);
    lines(v, data, size, 0);
    lines(v, data, size / 2, 1);

    hpf_verify_end(v, &result);
    hpf_verify_destroy(v);

    if (result.faults != told
        || (result.records && result.entries == 0 && told == 0))
    {
        abort();
    }

    return 0;
}
