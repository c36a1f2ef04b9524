/* links: mask */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine alone, over documents made here: megabytes a second of
 * the best of several rounds, fed in pieces as nginx has them.  The output
 * is copied, because a gather of it is what the engine is for.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpf_mask.h"
#include "hpf_mask_skip.h"


#define BENCH_SIZE    (4 * 1024 * 1024)
#define BENCH_PIECE   16384
#define BENCH_ROUNDS  15


typedef struct {
    const char  *name;
    const char  *part;          /* about 1 KiB, repeated */
} bench_doc_t;


static unsigned char  in[BENCH_SIZE + 4096];
static unsigned char  out[BENCH_SIZE * 2];
static size_t         nout;


#define BENCH_MEMBERS                                                         \
    "\"status\":\"normal\",\"unit\":\"毕节市某某科技有限公司\","              \
    "\"openDate\":\"2016-03-01\",\"lastPaidMonth\":\"2026-10\","              \
    "\"base\":\"8650.00\",\"personRate\":\"0.12\",\"unitRate\":\"0.12\","     \
    "\"balance\":\"102400.00\",\"frozen\":\"0.00\",\"loan\":false,"           \
    "\"remark\":\"本年度结息已入账，如有疑问请拨打服务热线咨询\","            \
    "\"items\":[{\"d\":\"2026-10-15\",\"k\":\"contribution\","                \
    "\"a\":\"2076.00\",\"b\":\"102400.00\"},{\"d\":\"2026-09-15\","           \
    "\"k\":\"contribution\",\"a\":\"2076.00\",\"b\":\"100324.00\"},"          \
    "{\"d\":\"2026-08-15\",\"k\":\"contribution\",\"a\":\"2076.00\","         \
    "\"b\":\"98248.00\"},{\"d\":\"2026-07-15\",\"k\":\"contribution\","       \
    "\"a\":\"2076.00\",\"b\":\"96172.00\"}],\"page\":1,\"pages\":12,"         \
    "\"version\":\"1.0\",\"note\":null"

static const bench_doc_t  docs[] = {

    { "compact JSON, four fields per KiB",
      "{\"name\":\"张小三\",\"idNo\":\"11010519491231002X\","
      "\"mobile\":\"13800138000\",\"cardNo\":\"6217000010012345677\","
      BENCH_MEMBERS "},\n" },

    { "compact JSON, none", "{" BENCH_MEMBERS "},\n" },

    { "compact JSON, four values in text",
      "{\"a\":\"联系人13800138000\",\"b\":\"证件11010519491231002X\","
      "\"c\":13900139000,\"d\":\"卡号6217000010012345677\","
      BENCH_MEMBERS "},\n" },

    { "pretty JSON, none",
      "    {\n        \"status\": \"normal\",\n        \"balance\": "
      "\"102400.00\",\n        \"openDate\": \"2016-03-01\",\n        "
      "\"items\": [\n            {\n                \"date\": "
      "\"2026-10-15\",\n                \"amount\": \"2076.00\"\n"
      "            }\n        ],\n        \"page\": 1\n    },\n" },

    { "long strings, none",
      "{\"x\":\"住房公积金是指国家机关和事业单位、国有企业、城镇集体企业、"
      "外商投资企业、城镇私营企业及其他城镇企业和事业单位、民办非企业单位、"
      "社会团体及其在职职工，对等缴存的长期住房储蓄。住房公积金制度实际上"
      "是一种住房保障制度，是住房分配货币化的一种形式。\",\"y\":\"The quick "
      "brown fox jumps over the lazy dog, again and again and again, until "
      "the line is long enough to be called a long line of plain text\"},\n" }
};


static void *
take(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}


/* Spans as they come: what a caller with a gather of buffers does. */

static int
count(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    (void) data;
    (void) p;
    (void) pass;

    nout += len;

    return HPF_OK;
}


/* All of the output in one piece. */

static int
copy(void *data, const unsigned char *p, size_t len, unsigned pass)
{
    (void) data;
    (void) pass;

    memcpy(out + nout, p, len);
    nout += len;

    return HPF_OK;
}


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


/* Gigabytes a second of the best of several rounds. */

static double
speed(const hpf_mask_conf_t *conf, size_t size, size_t *fields)
{
    int                i;
    size_t             n, len;
    double             t, best;
    static hpf_mask_t  m;

    best = 1e9;

    for (i = 0; i < BENCH_ROUNDS; i++) {
        nout = 0;
        t = now();

        hpf_mask_init(&m, conf);

        for (n = 0; n < size; n += len) {
            len = (size - n < BENCH_PIECE) ? size - n : BENCH_PIECE;
            hpf_mask_feed(&m, in + n, len);
        }

        hpf_mask_finish(&m);

        t = now() - t;
        best = (t < best) ? t : best;
    }

    *fields = m.count;

    return (double) size / best / 1e9;
}


static void
measure(const bench_doc_t *doc, const hpf_mask_rules_t *rules, unsigned type)
{
    size_t           len, size, fields;
    unsigned         level;
    hpf_mask_conf_t  conf;

    len = strlen(doc->part);
    size = 0;

    while (size + len < BENCH_SIZE) {
        memcpy(in + size, doc->part, len);
        size += len;
    }

    memset(&conf, 0, sizeof(conf));

    conf.rules = rules;
    conf.today.year = 2026;
    conf.today.month = 11;
    conf.today.day = 23;
    conf.type = type;

    printf("%-34s", doc->name);

    for (level = HPF_MASK_SKIP_PLAIN; level < HPF_MASK_SKIP_LEVELS; level++) {

        if (hpf_mask_skip_use(level) == level) {
            conf.out = count;
            printf("%7.2f", speed(&conf, size, &fields));
        }
    }

    conf.out = copy;
    printf("%9.2f%9.2f\n", speed(&conf, size, &fields),
           (double) fields * 1024 / (double) size);
}


int
main(void)
{
    size_t             i;
    hpf_mask_alloc_t   alloc = { take, NULL };
    hpf_mask_rules_t  *rules;

    rules = hpf_mask_rules_create(&alloc, NULL);

    if (rules == NULL
        || hpf_mask_rules_defaults(rules) != HPF_OK
        || hpf_mask_rules_compile(rules) != HPF_OK)
    {
        return 1;
    }

    printf("GB/s, spans by level of instructions, the best one copied; fields "
           "in a KiB\n");

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        measure(&docs[i], rules, HPF_MASK_TYPE_JSON);
    }

    measure(&docs[4], rules, HPF_MASK_TYPE_TEXT);

    return 0;
}
