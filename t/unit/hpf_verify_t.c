/* links: core/hpf_verify.c core/hpf_verify_ledger.c core/hpf_ledger.c core/hpf_chain.c core/hpf_hex.c core/hpf_base64.c core/hpf_json.c core/hpf_json_fault.c core/hpf_json_out.c core/hpf_time.c crypto/hpf_crypto.c -ljansson -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A record of one chain of two segments and its ledger, looked at as they
 * were written, and after everything that can be done to their lines.  The
 * signature here is a digest: what matters is what is asked of it.
 */


#include "tap.h"
#include "hpf_crypto.h"
#include "hpf_hex.h"
#include "hpf_ledger.h"
#include "hpf_plugin.h"
#include "hpf_verify.h"


#define ID      "0123456789abcdef"
#define KEY     "fedcba9876543210"
#define LINES   24
#define LINE    512


typedef struct {
    unsigned char  text[LINES][LINE];
    size_t         len[LINES];         /* without the line feed */
    int            n;
} lines_t;


static hpf_crypto_t       *crypto;
static int                 mds[] = { HPF_CHAIN_SHA256, HPF_CHAIN_SM3 };
static hpf_verify_conf_t   conf;
static lines_t             record, ledger;
static hpf_chain_end_t     end;
static unsigned char       prev[HPF_CHAIN_HASH];
static char                told[4096];
static int                 meanwhile;  /* entries that come after records */


static int
digest(void *data, const unsigned char *before, const void *text, size_t len,
    unsigned char *out)
{
    hpf_crypto_part_t  parts[2];

    parts[0].data = before;
    parts[0].len = before ? HPF_CHAIN_HASH : 0;
    parts[1].data = text;
    parts[1].len = len;

    return hpf_crypto_digest_parts(crypto, *(int *) data, parts, 2, out);
}


static void
sign(const void *text, size_t len, unsigned char *sig)
{
    (void) hpf_crypto_digest(crypto, HPF_CRYPTO_SHA256, text, len, sig);
    memset(sig + 32, 7, 32);
}


static int
signature(void *data, const char *key, const void *text, size_t len,
    const unsigned char *sig)
{
    unsigned char  own[HPF_LEDGER_SIG];

    (void) data;

    if (strcmp(key, KEY) != 0) {
        return HPF_ERROR;
    }

    sign(text, len, own);

    return memcmp(own, sig, sizeof(own)) == 0 ? HPF_OK : HPF_DECLINED;
}


static void
report(void *data, hpf_verify_kind_e kind, const char *file, uint64_t line,
    const char *text)
{
    size_t  n;

    (void) data;

    n = strlen(told);

    (void) snprintf(told + n, sizeof(told) - n, "%s %s:%d %s\n",
                    kind == HPF_VERIFY_FAULT ? "fault" : "note",
                    file ? file : "-", (int) line, text);
}


static void
add_record(const char *text)
{
    size_t  len;

    memcpy(record.text[record.n], text, strlen(text));

    len = hpf_chain_seal(&conf.algs[0], ID, &end, record.text[record.n],
                         strlen(text));

    record.len[record.n++] = len - 1;
}


static void
add_entry(hpf_ledger_event_e event, uint64_t segment, const char *key)
{
    size_t               len;
    unsigned char        sig[HPF_LEDGER_SIG];
    hpf_ledger_entry_t   entry;

    memset(&entry, 0, sizeof(entry));

    entry.event = event;
    entry.segment = segment;
    entry.end = end;
    entry.n = ledger.n + 1;

    memcpy(entry.prev, prev, sizeof(prev));
    memcpy(entry.node, "one", sizeof("one"));
    memcpy(entry.chain, ID, sizeof(ID));
    memcpy(entry.key, key, sizeof(KEY));

    len = hpf_ledger_text(&entry, ledger.text[ledger.n]);
    sign(ledger.text[ledger.n], len, sig);
    len = hpf_ledger_sign(ledger.text[ledger.n], len, sig) - 1;

    (void) digest(&mds[0], NULL, ledger.text[ledger.n], len, prev);

    ledger.len[ledger.n++] = len;
}


static void
open_segment(uint64_t n)
{
    int              len;
    char             text[256], hex[HPF_CHAIN_HEX + 1];
    hpf_chain_end_t  before;

    before = end;
    hex[hpf_hex_encode(hex, before.hash, HPF_CHAIN_HASH)] = '\0';

    len = snprintf(text, sizeof(text), "{\"time\":\"t\",\"event\":\"%s\","
                   "\"node\":\"one\",\"alg\":\"sha256\",\"segment\":%d,"
                   "\"prev\":\"%s\"}", HPF_VERIFY_OPENED, (int) n, hex);
    text[len] = '\0';

    add_record(text);
    add_entry(HPF_LEDGER_OPENED, n, KEY);
}


static void
close_segment(uint64_t n)
{
    add_record("{\"time\":\"t\",\"event\":\"" HPF_VERIFY_CLOSED "\"}");
    add_entry(HPF_LEDGER_CLOSED, n, KEY);
}


/*
 * Records: 0 opened, 1 2 3, 4 closed; 5 opened, 6 7 8.  Entries: 0 opened,
 * 1 checkpoint of record 2, 2 closed, 3 opened, 4 checkpoint of record 7.
 */

static void
make(void)
{
    int  i;

    memset(&record, 0, sizeof(record));
    memset(&ledger, 0, sizeof(ledger));
    memset(&end, 0, sizeof(end));
    memset(prev, 0, sizeof(prev));

    open_segment(1);

    for (i = 0; i < 3; i++) {
        add_record("{\"time\":\"t\",\"id\":\"one\"}");

        if (i == 1) {
            add_entry(HPF_LEDGER_CHECKPOINT, 1, KEY);
        }
    }

    close_segment(1);
    open_segment(2);

    for (i = 0; i < 3; i++) {
        add_record("{\"time\":\"t\",\"id\":\"two\"}");

        if (i == 1) {
            add_entry(HPF_LEDGER_CHECKPOINT, 2, KEY);
        }
    }
}


/* What is found, in told; the number of faults. */

static int
faults_of(int torn)
{
    int                   i;
    hpf_verify_t         *v;
    hpf_verify_result_t   result;

    told[0] = '\0';
    v = hpf_verify_create(&conf);

    hpf_verify_file(v, "ledger", 0);

    for (i = 0; i < ledger.n - meanwhile; i++) {
        hpf_verify_entry(v, ledger.text[i], ledger.len[i], 1);
    }

    hpf_verify_file(v, "record", 0);

    for (i = 0; i < record.n; i++) {
        hpf_verify_record(v, record.text[i], record.len[i],
                          !torn || i < record.n - 1);
    }

    hpf_verify_file(v, "ledger", ledger.n - meanwhile);

    for (i = ledger.n - meanwhile; i < ledger.n; i++) {
        hpf_verify_entry(v, ledger.text[i], ledger.len[i], 1);
    }

    hpf_verify_end(v, &result);
    hpf_verify_destroy(v);

    return (int) result.faults;
}


static void
found(const char *text, const char *what)
{
    int  n;

    n = faults_of(0);

    ok(n > 0 && strstr(told, text), "%s: found", what);

    if (n == 0 || strstr(told, text) == NULL) {
        printf("# %d faults\n# %s", n, told);
    }

    make();
}


static void
cut(lines_t *lines, int i, int n)
{
    memmove(lines->text[i], lines->text[i + n], (LINES - i - n) * LINE);
    memmove(&lines->len[i], &lines->len[i + n],
            (LINES - i - n) * sizeof(size_t));
    lines->n -= n;
}


static void
repeat(lines_t *lines, int i, int at)
{
    memmove(lines->text[at + 1], lines->text[at], (LINES - at - 1) * LINE);
    memmove(&lines->len[at + 1], &lines->len[at],
            (LINES - at - 1) * sizeof(size_t));

    i += i >= at;

    memcpy(lines->text[at], lines->text[i], LINE);
    lines->len[at] = lines->len[i];
    lines->n++;
}


static void
whole(void)
{
    make();

    is_int(faults_of(0), 0, "as it was written");
    is_str(told, strlen(told), "", "nothing is to be said");

    /* the last record is after the last checkpoint: cut while it is written */

    record.len[8] = 20;
    is_int(faults_of(1), 0, "a torn record at the end");
    ok(strstr(told, "note record:9 torn"), "is told");
    make();

    /* the same, and it is written once more by another worker */

    memmove(record.text[8] + 12, record.text[8], record.len[8]);
    memcpy(record.text[8], "{\"time\":\"t\",", 12);
    record.len[8] += 12;
    is_int(faults_of(0), 0, "a torn record in front of another one");
    ok(strstr(told, "note record:9 torn"), "is told");
    make();
}


static void
records(void)
{
    record.text[3][12] ^= 1;
    found("fault record:4 record 4 of chain " ID " was changed",
          "a changed record");

    cut(&record, 2, 1);
    found("fault record:3 records 3 to 3 of chain " ID " are missing",
          "a removed record");

    cut(&record, 0, 1);
    found("fault record:1 chain " ID " begins here with record 2",
          "the first record removed");

    cut(&record, 7, 2);
    found("fault -:0 chain " ID " is cut off after record 7",
          "the last records removed");

    cut(&record, 0, 5);
    found("segment 1 of chain " ID " is missing", "a segment removed");

    cut(&record, 0, 9);
    found("is cut off after record 0", "all records removed");

    repeat(&record, 2, 4);
    found("fault record:5 record 3 of chain " ID " comes after record 4",
          "a record inserted again");

    repeat(&record, 3, 2);
    cut(&record, 4, 1);
    found("fault record:3 records 3 to 3", "two records in another order");

    record.len[2] = sizeof("{\"time\":\"t\",\"id\":\"new\"}") - 1;
    memcpy(record.text[2], "{\"time\":\"t\",\"id\":\"new\"}", record.len[2]);
    found("fault record:3 no record of a chain", "a record without a hash");
}


/* Hashes need no key, so somebody can make them. */

static void
forged(void)
{
    int  i;

    make();
    record.n = 6;
    ok(hpf_hex_decode(record.text[5] + record.len[5] - 66, HPF_CHAIN_HEX,
                      end.hash)
       == HPF_OK, "from the seventh record on");
    end.seq = 6;

    for (i = 0; i < 3; i++) {
        add_record("{\"time\":\"t\",\"id\":\"owt\"}");
    }

    found("fault record:8 record 8 of chain " ID " is not what entry 5",
          "records made anew");

    end.seq = 5;
    record.n = 5;
    add_record("{\"time\":\"t\",\"id\":\"more\"}");
    found("comes after the end of a segment", "records after the end");

    make();
    ledger.n = 3;
    found("does not know of the segment", "a segment without the ledger");
}


static void
entries(void)
{
    ledger.text[1][2] = 'T';
    found("fault ledger:2 no entry", "an entry with another member");

    ledger.text[1][strlen("{\"time\":\"1970-01-01T08:00:00.00")] = '1';
    found("fault ledger:2 entry 2 was changed", "a changed entry");

    cut(&ledger, 1, 1);
    found("fault ledger:2 entries 2 to 2 are missing", "a removed entry");

    cut(&ledger, 0, 1);
    found("fault ledger:1 entries 1 to 1 are missing", "the first removed");

    repeat(&ledger, 1, 3);
    found("fault ledger:4 entry 2 comes after entry 3", "an entry inserted");

    make();
    ledger.n = 4;
    add_entry(HPF_LEDGER_CHECKPOINT, 2, "0000000000000000");
    found("is signed by key 0000000000000000, which", "another key");

    conf.expect = 5;
    memcpy(conf.expect_hash, prev, sizeof(prev));
    is_int(faults_of(0), 0, "an entry that is known from elsewhere");

    conf.expect_hash[0] ^= 1;
    found("fault ledger:5 entry 5 is not the one", "another one");

    ledger.n = 4;
    found("the ledger has no entry 5", "the ledger cut off");
    conf.expect = 0;
}


static void
archived(void)
{
    cut(&record, 0, 5);
    conf.from = 4;
    is_int(faults_of(0), 0, "segments of before need not be there");

    conf.from = 3;
    found("segment 1 of chain " ID " is missing", "others do");
    conf.from = 0;
}


/* The gateway goes on while it is looked at. */

static void
running(void)
{
    meanwhile = 2;
    is_int(faults_of(0), 0, "a segment that was opened meanwhile");

    record.n = 6;
    is_int(faults_of(0), 0, "a record that has not been written yet");
    make();

    ledger.text[3][1] = '"';
    ledger.text[3][2] = 'T';
    found("fault ledger:4 no entry", "an entry of then");

    meanwhile = 0;
}


/* The end of a segment is told after the next one was opened. */

static void
late(void)
{
    hpf_chain_end_t  now;

    ledger.n = 2;
    (void) digest(&mds[0], NULL, ledger.text[1], ledger.len[1], prev);
    now = end;

    end.seq = 6;
    (void) hpf_hex_decode(record.text[5] + record.len[5] - 66, HPF_CHAIN_HEX,
                          end.hash);
    add_entry(HPF_LEDGER_OPENED, 2, KEY);

    end.seq = 5;
    (void) hpf_hex_decode(record.text[4] + record.len[4] - 66, HPF_CHAIN_HEX,
                          end.hash);
    add_entry(HPF_LEDGER_CLOSED, 1, KEY);

    end = now;
    is_int(faults_of(0), 0, "an end that is told late");

    end.seq = 5;
    ledger.n = 3;
    (void) digest(&mds[0], NULL, ledger.text[2], ledger.len[2], prev);
    end.hash[0] ^= 1;
    add_entry(HPF_LEDGER_CLOSED, 1, KEY);
    found("fault record:5 record 5 of chain " ID " is not what entry 4",
          "and another one");
}


/* A crash has left nothing of the second segment, then less than there was. */

static void
recovered(void)
{
    record.n = 5;
    ledger.n = 4;
    end.seq = 5;
    (void) hpf_hex_decode(record.text[4] + record.len[4] - 66, HPF_CHAIN_HEX,
                          end.hash);
    (void) digest(&mds[0], NULL, ledger.text[3], ledger.len[3], prev);
    add_entry(HPF_LEDGER_RECOVERED, 2, KEY);

    is_int(faults_of(0), 0, "a segment of which a crash has left nothing");
    ok(strstr(told, "note -:0 chain " ID " was not closed"), "is told");

    make();
    record.n = 7;
    end.seq = 7;
    (void) hpf_hex_decode(record.text[6] + record.len[6] - 66, HPF_CHAIN_HEX,
                          end.hash);
    add_entry(HPF_LEDGER_RECOVERED, 2, KEY);

    found("is cut off after record 7",
          "records that were on the disk are not lost by a crash");
}


int
main(void)
{
    plan(0);

    crypto = hpf_crypto_create();

    conf.algs[0].digest = digest;
    conf.algs[0].data = &mds[0];
    conf.algs[1].digest = digest;
    conf.algs[1].data = &mds[1];
    conf.signature = signature;
    conf.report = report;

    whole();
    records();
    forged();
    entries();
    archived();
    running();
    late();
    recovered();

    hpf_crypto_destroy(crypto);

    return done();
}
