/* links: core/hpf_chain.c core/hpf_hex.c core/hpf_json_out.c core/hpf_time.c crypto/hpf_crypto.c crypto/hpf_signer.c crypto/hpf_secret.c core/hpf_base64.c -lcrypto */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * What the record costs of one request: the line as it is made, the same and
 * sealed into a chain, with SHA-256 and SM3; and an entry's signature.  A line
 * of 270 bytes, as an item leaves it.
 *
 *     audit_chain [plain|sha256|sm3 [rounds]]
 *
 * One alone, for callgrind: its instructions of two numbers of rounds, the
 * difference divided by that of the rounds.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "hpf_chain.h"
#include "hpf_crypto.h"
#include "hpf_json_out.h"
#include "hpf_plugin.h"
#include "hpf_signer.h"
#include "hpf_time.h"


#define BENCH_ROUNDS  9
#define BENCH_LINE    1024


static hpf_crypto_t  *crypto;
static int            mds[] = { HPF_CHAIN_SHA256, HPF_CHAIN_SM3 };


static uint64_t
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static int
bench_cmp(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return x < y ? -1 : x > y;
}


static int
bench_digest(void *data, const unsigned char *prev, const void *text,
    size_t len, unsigned char *out)
{
    hpf_crypto_part_t  parts[2];

    parts[0].data = prev;
    parts[0].len = HPF_CHAIN_HASH;
    parts[1].data = text;
    parts[1].len = len;

    return hpf_crypto_digest_parts(crypto, *(int *) data, parts, 2, out);
}


static void
bench_word(hpf_json_out_t *out, const char *key, const char *value)
{
    hpf_json_out_key(out, key);
    hpf_json_out_cstring(out, value);
}


static size_t
bench_line(unsigned char *line, int64_t ms)
{
    char            time[HPF_TIME_LEN];
    hpf_json_out_t  out;

    hpf_json_out_init(&out, line, BENCH_LINE);
    hpf_json_out_begin_object(&out);
    hpf_json_out_key(&out, "time");
    hpf_json_out_string(&out, time, hpf_time_rfc3339(time, ms));
    bench_word(&out, "id", "8bdfe4b903ad9ae12f3cff288ad901c7");
    bench_word(&out, "channel", "app");
    bench_word(&out, "caller", "name");
    bench_word(&out, "call", "item");
    bench_word(&out, "item", "account-query");
    bench_word(&out, "user", "hNkzWunz9TOqcrDjusPlMA");
    hpf_json_out_key(&out, "level");
    hpf_json_out_int(&out, 2);
    bench_word(&out, "outcome", "ok");
    hpf_json_out_key(&out, "status");
    hpf_json_out_int(&out, 200);
    hpf_json_out_key(&out, "masked");
    hpf_json_out_int(&out, 4);
    hpf_json_out_key(&out, "ms");
    hpf_json_out_int(&out, 3);
    hpf_json_out_end_object(&out);

    return hpf_json_out_len(&out);
}


/* md -1: it is not sealed. */

static double
bench_records(int md, unsigned n)
{
    size_t            len;
    uint64_t          begin;
    unsigned          i;
    unsigned char     line[BENCH_LINE + HPF_CHAIN_TAIL];
    hpf_chain_alg_t   alg;
    hpf_chain_end_t   end;

    memset(&end, 0, sizeof(end));

    alg.digest = bench_digest;
    alg.data = &mds[md > 0];

    begin = bench_now();

    for (i = 0; i < n; i++) {
        len = bench_line(line, 1795910400000 + i);

        if (md >= 0 && hpf_chain_seal(&alg, "0123456789abcdef", &end, line,
                                      len)
                       == 0)
        {
            exit(1);
        }
    }

    return (double) (bench_now() - begin) / n;
}


static double
bench_sign(const char *curve)
{
    int             i, n;
    char            path[] = "/tmp/hpf-bench-XXXXXX";
    FILE           *f;
    double          ns;
    uint64_t        begin;
    EVP_PKEY       *pkey;
    const char     *why;
    hpf_signer_t   *signer;
    unsigned char   sig[HPF_SIGNER_LEN];

    f = fdopen(mkstemp(path), "w");
    pkey = EVP_EC_gen(curve);

    if (f == NULL || pkey == NULL
        || PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1)
    {
        exit(1);
    }

    fclose(f);
    EVP_PKEY_free(pkey);

    signer = hpf_signer_read(path, &why);
    unlink(path);

    if (signer == NULL) {
        exit(1);
    }

    n = 500;
    begin = bench_now();

    for (i = 0; i < n; i++) {
        (void) hpf_signer_sign(signer, path, sizeof(path), sig);
    }

    ns = (double) (bench_now() - begin) / n;

    hpf_signer_destroy(signer);

    return ns;
}


static void
bench_print(const char *name, int md)
{
    int     i;
    double  ns[BENCH_ROUNDS];

    for (i = 0; i < BENCH_ROUNDS; i++) {
        ns[i] = bench_records(md, 100000);
    }

    qsort(ns, BENCH_ROUNDS, sizeof(double), bench_cmp);

    printf("%-28s %7.0f ns (%.0f to %.0f)\n", name, ns[BENCH_ROUNDS / 2],
           ns[0], ns[BENCH_ROUNDS - 1]);
}


int
main(int argc, char **argv)
{
    int       md;
    unsigned  n;

    crypto = hpf_crypto_create();

    if (argc > 1) {
        md = strcmp(argv[1], "plain") == 0 ? -1 : strcmp(argv[1], "sm3") == 0;
        n = argc > 2 ? (unsigned) atoi(argv[2]) : 1000;

        (void) bench_records(md, n);

    } else {
        bench_print("a line of the record", -1);
        bench_print("sealed with SHA-256", HPF_CHAIN_SHA256);
        bench_print("sealed with SM3", HPF_CHAIN_SM3);

        printf("%-28s %7.0f ns\n", "a signature, P-256", bench_sign("P-256"));
        printf("%-28s %7.0f ns\n", "a signature, SM2", bench_sign("SM2"));
    }

    hpf_crypto_destroy(crypto);

    return 0;
}
