/* links: core/hpf_chain.c core/hpf_hex.c crypto/hpf_crypto.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Chains of records: one whose hashes were reckoned with sha256sum and by
 * hand, every byte of it changed, and lines that are no records.
 */


#include <string.h>

#include "tap.h"
#include "hpf_chain.h"
#include "hpf_crypto.h"
#include "hpf_plugin.h"


#define ID     "0123456789abcdef"
#define FIRST  "{\"a\":1,\"chain\":\"" ID "\",\"seq\":1,\"hash\":\""          \
               "018ad667b9358ffb56b31b2eaf4ec44a30b31845164c277b69eee2398294" \
               "f396\"}\n"
#define SECOND "{\"a\":2,\"chain\":\"" ID "\",\"seq\":2,\"hash\":\""          \
               "78b149146e50d33c1467483386841e5f8202a7486787caec39294e1e9d45" \
               "a47c\"}\n"


static hpf_crypto_t  *crypto;
static int            md;


static int
digest(void *data, const unsigned char *prev, const void *text, size_t len,
    unsigned char *out)
{
    hpf_crypto_part_t  parts[2];

    parts[0].data = prev;
    parts[0].len = HPF_CHAIN_HASH;
    parts[1].data = text;
    parts[1].len = len;

    return hpf_crypto_digest_parts(crypto, *(int *) data, parts, 2, out);
}


static const hpf_chain_alg_t  alg = { digest, &md };


static size_t
seal(unsigned char *line, const char *text, const hpf_chain_end_t *end,
    hpf_chain_end_t *next)
{
    memcpy(line, text, strlen(text));

    *next = *end;

    return hpf_chain_seal(&alg, ID, next, line, strlen(text));
}


/* HPF_OK: line is the record after prev. */

static int
check(const hpf_chain_end_t *prev, const unsigned char *line, size_t len)
{
    int                 rc;
    hpf_chain_record_t  record;

    rc = hpf_chain_read(line, len, &record);

    if (rc == HPF_OK && record.end.seq != prev->seq + 1) {
        return HPF_DECLINED;
    }

    return rc == HPF_OK ? hpf_chain_check(&alg, prev->hash, line, &record)
                        : rc;
}


static void
made(void)
{
    size_t           len;
    unsigned char    line[256];
    hpf_chain_end_t  end, next;

    memset(&end, 0, sizeof(end));

    len = seal(line, "{\"a\":1}", &end, &next);

    is_str(line, len, FIRST, "the first record");
    is_int(next.seq, 1, "its number");
    is_int(check(&end, line, len - 1), HPF_OK, "it holds");

    end = next;
    len = seal(line, "{\"a\":2}", &end, &next);

    is_str(line, len, SECOND, "the second");
    is_int(check(&end, line, len - 1), HPF_OK, "it holds");

    end.seq = UINT64_MAX - 10;
    len = seal(line, "{\"a\":2}", &end, &next);

    ok(len <= strlen("{\"a\":2}") + HPF_CHAIN_TAIL, "the tail has its room");

    md = HPF_CHAIN_SM3;
    memset(&end, 0, sizeof(end));
    len = seal(line, "{\"a\":1}", &end, &next);

    is_int(check(&end, line, len - 1), HPF_OK, "SM3");

    md = HPF_CHAIN_SHA256;

    is_int(check(&end, line, len - 1), HPF_DECLINED, "which is not SHA-256");

    is_int(hpf_chain_seal(&alg, ID, &next, line, 2), 0, "nothing");
    is_int(seal(line, "{\"a\":1", &end, &next), 0, "an object without an end");
}


/* Any bit of it is another one: it does not hold any more. */

static void
changed(void)
{
    int              held;
    size_t           i, len;
    unsigned         bit;
    unsigned char    line[256];
    hpf_chain_end_t  end;

    memset(&end, 0, sizeof(end));

    len = strlen(FIRST) - 1;
    held = 0;

    for (i = 0; i < len; i++) {

        for (bit = 1; bit < 256; bit <<= 1) {
            memcpy(line, FIRST, len);
            line[i] ^= (unsigned char) bit;

            held += check(&end, line, len) == HPF_OK;
        }
    }

    is_int(held, 0, "no bit can be changed");

    for (i = 0; i < len; i++) {
        held += check(&end, (const unsigned char *) FIRST, i) == HPF_OK;
    }

    is_int(held, 0, "nothing can be cut off");

    end.hash[0] = 1;
    is_int(check(&end, (const unsigned char *) FIRST, len), HPF_DECLINED,
           "nor does it hold after another one");
}


static void
other(const char *line, const char *what)
{
    hpf_chain_record_t  record;

    is_int(hpf_chain_read((const unsigned char *) line, strlen(line),
                          &record),
           HPF_DECLINED, "%s", what);
}


#define HASH  "\"hash\":\"" \
              "0101010101010101010101010101010101010101010101010101010101010" \
              "101\"}"

static void
none(void)
{
    other("", "nothing");
    other("{}", "an object");
    other("\"}", "an end");
    other("," HASH, "a hash alone");
    other("{\"a\":1," HASH, "no number");
    other("{\"a\":1,\"chain\":\"" ID "\",\"seq\":," HASH, "an empty number");
    other("{\"a\":1,\"chain\":\"" ID "\",\"seq\":0," HASH, "zero");
    other("{\"a\":1,\"chain\":\"" ID "\",\"seq\":01," HASH, "a zero in front");
    other("{\"a\":1,\"chain\":\"" ID "\",\"seq\":-1," HASH, "minus one");
    other("{\"a\":1,\"chain\":\"" ID "\",\"seq\":99999999999999999999," HASH,
          "a number that is too long");
    other("{\"a\":1,\"chain\":\"123\",\"seq\":1," HASH, "a short id");
    other("\"a\":1,\"chain\":\"" ID "\",\"seq\":1," HASH, "no object");
    other(",\"chain\":\"" ID "\",\"seq\":1," HASH, "nothing before it");
    other("{,\"chain\":\"" ID "\",\"seq\":1," HASH, "nearly nothing");
}


int
main(void)
{
    plan(0);

    crypto = hpf_crypto_create();

    made();
    changed();
    none();

    hpf_crypto_destroy(crypto);

    return done();
}
