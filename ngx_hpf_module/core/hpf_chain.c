/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * Chains of records, see the header.  What sealing adds has one spelling, so
 * that it is read from the end of the line without looking at the rest.
 */


#include <string.h>

#include "hpf_digits.h"
#include "hpf_plugin.h"
#include "hpf_hex.h"
#include "hpf_chain.h"


#define HPF_CHAIN_MEMBER  ",\"chain\":\""
#define HPF_CHAIN_SEQ     "\",\"seq\":"
#define HPF_CHAIN_SUM     ",\"hash\":\""
#define HPF_CHAIN_CLOSE   "\"}"

#define hpf_chain_size(text)  (sizeof(text) - 1)


static unsigned char *hpf_chain_put(unsigned char *p, const char *text,
    size_t len);
static unsigned char *hpf_chain_number(unsigned char *p, uint64_t n);
static uint64_t hpf_chain_seq(const unsigned char *line, size_t *len);
static int hpf_chain_ends(const unsigned char *line, size_t *len,
    const char *text, size_t size);


size_t
hpf_chain_seal(const hpf_chain_alg_t *alg, const char *id,
    hpf_chain_end_t *end, unsigned char *line, size_t len)
{
    unsigned char  *p, hash[HPF_CHAIN_HASH];

    if (len < 3 || line[len - 1] != '}') {
        return 0;
    }

    p = line + len - 1;

    p = hpf_chain_put(p, HPF_CHAIN_MEMBER, hpf_chain_size(HPF_CHAIN_MEMBER));
    p = hpf_chain_put(p, id, HPF_CHAIN_ID);
    p = hpf_chain_put(p, HPF_CHAIN_SEQ, hpf_chain_size(HPF_CHAIN_SEQ));
    p = hpf_chain_number(p, end->seq + 1);

    if (alg->digest(alg->data, end->hash, line, p - line, hash) != HPF_OK) {
        return 0;
    }

    end->seq++;
    memcpy(end->hash, hash, HPF_CHAIN_HASH);

    p = hpf_chain_put(p, HPF_CHAIN_SUM, hpf_chain_size(HPF_CHAIN_SUM));
    p += hpf_hex_encode((char *) p, hash, HPF_CHAIN_HASH);
    p = hpf_chain_put(p, HPF_CHAIN_CLOSE "\n",
                      hpf_chain_size(HPF_CHAIN_CLOSE "\n"));

    return p - line;
}


int
hpf_chain_read(const unsigned char *line, size_t len,
    hpf_chain_record_t *record)
{
    char      hex[HPF_CHAIN_HEX];
    size_t    n;
    uint64_t  seq;

    n = len;

    if (!hpf_chain_ends(line, &n, HPF_CHAIN_CLOSE,
                        hpf_chain_size(HPF_CHAIN_CLOSE))
        || n < HPF_CHAIN_HEX)
    {
        return HPF_DECLINED;
    }

    n -= HPF_CHAIN_HEX;

    if (hpf_hex_decode(line + n, HPF_CHAIN_HEX, record->end.hash) != HPF_OK) {
        return HPF_DECLINED;
    }

    /* no other spelling, in capitals */

    (void) hpf_hex_encode(hex, record->end.hash, HPF_CHAIN_HASH);

    if (memcmp(hex, line + n, HPF_CHAIN_HEX) != 0
        || !hpf_chain_ends(line, &n, HPF_CHAIN_SUM,
                           hpf_chain_size(HPF_CHAIN_SUM)))
    {
        return HPF_DECLINED;
    }

    record->len = n;

    seq = hpf_chain_seq(line, &n);

    if (seq == 0
        || !hpf_chain_ends(line, &n, HPF_CHAIN_SEQ,
                           hpf_chain_size(HPF_CHAIN_SEQ))
        || n < HPF_CHAIN_ID)
    {
        return HPF_DECLINED;
    }

    n -= HPF_CHAIN_ID;

    record->id = (const char *) line + n;
    record->end.seq = seq;

    return hpf_chain_ends(line, &n, HPF_CHAIN_MEMBER,
                          hpf_chain_size(HPF_CHAIN_MEMBER))
           && n > 1 && line[0] == '{'
           ? HPF_OK : HPF_DECLINED;
}


int
hpf_chain_check(const hpf_chain_alg_t *alg, const unsigned char *prev,
    const unsigned char *line, const hpf_chain_record_t *record)
{
    unsigned char  hash[HPF_CHAIN_HASH];

    if (alg->digest(alg->data, prev, line, record->len, hash) != HPF_OK) {
        return HPF_ERROR;
    }

    return memcmp(hash, record->end.hash, HPF_CHAIN_HASH) == 0
           ? HPF_OK : HPF_DECLINED;
}


static unsigned char *
hpf_chain_put(unsigned char *p, const char *text, size_t len)
{
    memcpy(p, text, len);

    return p + len;
}


static unsigned char *
hpf_chain_number(unsigned char *p, uint64_t n)
{
    size_t         len;
    unsigned char  digits[HPF_DIGITS];

    len = hpf_digits(digits, n);

    return hpf_chain_put(p, (char *) digits + HPF_DIGITS - len, len);
}


/*
 * Takes a number off the end of the first *len bytes; 0: there is none, or not
 * in its only spelling.
 */

static uint64_t
hpf_chain_seq(const unsigned char *line, size_t *len)
{
    size_t    n;
    uint64_t  seq, scale;

    seq = 0;
    scale = 1;

    for (n = *len; n && line[n - 1] >= '0' && line[n - 1] <= '9'; n--) {

        if (*len - n == HPF_DIGITS - 1) {
            return 0;
        }

        seq += (line[n - 1] - '0') * scale;
        scale *= 10;
    }

    if (n == *len || line[n] == '0') {
        return 0;
    }

    *len = n;

    return seq;
}


/* Takes text off the end of the first *len bytes. */

static int
hpf_chain_ends(const unsigned char *line, size_t *len, const char *text,
    size_t size)
{
    if (*len < size || memcmp(line + *len - size, text, size) != 0) {
        return 0;
    }

    *len -= size;

    return 1;
}
