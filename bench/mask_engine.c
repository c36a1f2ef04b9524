/* links: mask -lm */

/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * The masking engine alone, over documents made here: gigabytes a second of
 * the best of several rounds, fed in pieces as nginx has them.  Spans are what
 * a caller with a gather of buffers takes; copied is all of the output in one
 * piece.  What memcpy does with the same bytes is the limit of a copy.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hpf_mask.h"
#include "hpf_mask_skip.h"


#define BENCH_SIZE    (4 * 1024 * 1024)
#define BENCH_FAR     (64 * 1024 * 1024)
#define BENCH_PIECE   16384
#define BENCH_RECORD  1024
#define BENCH_ROUNDS  15


/* How a document is written, and what is in it. */

#define BENCH_PRETTY   0x01         /* a member a line, indented */
#define BENCH_ESCAPED  0x02         /* ASCII only: \uXXXX */
#define BENCH_KEYS     0x04         /* four fields a record, by key */
#define BENCH_VALUES   0x08         /* four values a record, in text */


typedef void (*bench_fill_pt)(unsigned i, unsigned flags);

typedef struct {
    const char    *name;
    unsigned       flags;
    unsigned       type;            /* hpf_mask_type_e */
    bench_fill_pt  fill;            /* writes one part of a record */
} bench_doc_t;


static void fill_rows(unsigned i, unsigned flags);
static void fill_chinese(unsigned i, unsigned flags);
static void fill_strings(unsigned i, unsigned flags);
static void fill_numbers(unsigned i, unsigned flags);
static void fill_notes(unsigned i, unsigned flags);


static unsigned char  in[BENCH_SIZE + 2 * BENCH_RECORD];
static unsigned char  out[BENCH_SIZE * 2];
static size_t         nin, nout;


static const bench_doc_t  docs[] = {

    { "compact, four by key", BENCH_KEYS, HPF_MASK_TYPE_JSON, fill_rows },
    { "compact, four in text", BENCH_VALUES, HPF_MASK_TYPE_JSON, fill_rows },
    { "compact, none", 0, HPF_MASK_TYPE_JSON, fill_rows },

    { "pretty, four by key", BENCH_PRETTY|BENCH_KEYS, HPF_MASK_TYPE_JSON,
      fill_rows },
    { "pretty, none", BENCH_PRETTY, HPF_MASK_TYPE_JSON, fill_rows },

    { "Chinese, four by key", BENCH_KEYS, HPF_MASK_TYPE_JSON, fill_chinese },
    { "Chinese, none", 0, HPF_MASK_TYPE_JSON, fill_chinese },

    { "escaped Chinese, four by key", BENCH_ESCAPED|BENCH_KEYS,
      HPF_MASK_TYPE_JSON, fill_chinese },
    { "escaped Chinese, none", BENCH_ESCAPED, HPF_MASK_TYPE_JSON,
      fill_chinese },

    { "many short strings, none", 0, HPF_MASK_TYPE_JSON, fill_strings },
    { "numbers, none", 0, HPF_MASK_TYPE_JSON, fill_numbers },
    { "few long strings, none", 0, HPF_MASK_TYPE_JSON, fill_notes },

    { "as text, four in text", BENCH_VALUES, HPF_MASK_TYPE_TEXT, fill_notes },
    { "as text, none", 0, HPF_MASK_TYPE_TEXT, fill_notes }
};


static const char *const  levels[HPF_MASK_SKIP_LEVELS] = {
    "none", "plain", "sse2", "avx2", "avx512"
};

static const char *const  chinese[] = {
    "住房", "公积金", "缴存", "提取", "本年度", "结息", "已入账", "单位",
    "职工", "余额", "服务热线", "咨询", "贷款", "还清", "办理", "网点"
};

static const char *const  english[] = {
    "monthly", "payment", "of", "the", "fund", "was", "received", "and",
    "booked", "by", "branch", "office", "with", "interest", "for", "year"
};

static const char *const  names[] = { "张小三", "欧阳文静", "王伟", "李建国" };


static void *
take(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}


/* The same numbers in each run. */

static unsigned
any(unsigned n)
{
    static uint32_t  seed = 1;

    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


static void
put(const char *s)
{
    size_t  len;

    len = strlen(s);
    memcpy(in + nin, s, len);
    nin += len;
}


/* The inside of a string: UTF-8 of one or of three bytes. */

static void
put_text(const char *s, unsigned flags)
{
    unsigned              code;
    const unsigned char  *p;

    p = (const unsigned char *) s;

    while (*p != '\0') {

        if (*p < 0x80 || (flags & BENCH_ESCAPED) == 0) {
            in[nin++] = *p++;
            continue;
        }

        code = (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        nin += (size_t) snprintf((char *) in + nin, 7, "\\u%04x", code);
        p += 3;
    }
}


static void
put_words(const char *const *words, unsigned n, const char *between,
    unsigned flags)
{
    while (n--) {
        put_text(words[any(16)], flags);
        put_text(n ? between : "", flags);
    }
}


/* A key and what leads to its value. */

static void
put_key(const char *key, unsigned flags)
{
    put((flags & BENCH_PRETTY) ? ",\n            \"" : ",\"");
    put(key);
    put((flags & BENCH_PRETTY) ? "\": " : "\":");
}


static void
put_member(const char *key, const char *value, unsigned flags)
{
    put_key(key, flags);
    put("\"");
    put_text(value, flags);
    put("\"");
}


/* A member whose value is made of digits. */

static void
put_digits(const char *key, const char *form, unsigned n, unsigned flags)
{
    char  value[64];

    snprintf(value, sizeof(value), form, n);
    put_key(key, flags);
    put(value);
}


/* What is to be masked; ID cards and bank cards with their check digits. */

static void
put_persons(unsigned i, unsigned flags)
{
    if (flags & BENCH_KEYS) {
        put_member("name", names[i % 4], flags);
        put_member("idNo", "11010519491231002X", flags);
        put_digits("mobile", "\"1380013%04u\"", i % 10000, flags);
        put_member("cardNo", "6217000010012345677", flags);
    }

    if (flags & BENCH_VALUES) {
        put_digits("a", "\"call 1380013%04u\"", i % 10000, flags);
        put_member("b", "证件11010519491231002X", flags);
        put_digits("c", "1390013%04u", i % 10000, flags);
        put_member("d", "卡号6217000010012345677", flags);
    }
}


static void
fill_rows(unsigned i, unsigned flags)
{
    put_digits("day", "\"2026-%02u-15\"", i % 12 + 1, flags);
    put_member("kind", "contribution", flags);
    put_digits("amount", "\"%u.00\"", 1000 + any(9000), flags);
    put_digits("balance", "\"%u.50\"", 100000 + any(900000), flags);
    put_key("text", flags);
    put("\"");
    put_words(chinese, 4, "", flags);
    put("\"");
    put_key("loan", flags);
    put("false");
}


static void
fill_chinese(unsigned i, unsigned flags)
{
    put_digits("no", "%u", i, flags);
    put_member("status", "正常", flags);
    put_key("unit", flags);
    put("\"");
    put_words(chinese, 8, "", flags);
    put("\"");
    put_key("remark", flags);
    put("\"");
    put_words(chinese, 20, "，", flags);
    put("\"");
}


static void
fill_strings(unsigned i, unsigned flags)
{
    (void) i;

    put_key("tags", flags);
    put("[\"");
    put_words(english, 16, "\",\"", flags);
    put("\"]");
}


static void
fill_numbers(unsigned i, unsigned flags)
{
    put_digits("n", "%u", i, flags);
    put_digits("x", "%u.25", any(1000000), flags);
    put_digits("y", "-%u", any(1000), flags);
    put_digits("t", "%u", any(100000000), flags);
}


static void
fill_notes(unsigned i, unsigned flags)
{
    put_key("note", flags);
    put("\"");
    put_words((i & 1) ? chinese : english, 60, (i & 1) ? "" : " ", flags);
    put("\"");
}


/* Records of about 1 KiB, however they are written. */

static void
make(const bench_doc_t *doc)
{
    size_t    start;
    unsigned  i, n;

    nin = 0;
    n = 0;
    put("[");

    for (i = 0; nin < BENCH_SIZE - BENCH_RECORD; i++) {
        start = nin;

        put((doc->flags & BENCH_PRETTY) ? "    {\n            \"page\": 1"
                                        : "{\"page\":1");
        put_persons(i, doc->flags);

        do {
            doc->fill(n++, doc->flags);
        } while (nin - start < BENCH_RECORD - 100);

        put((doc->flags & BENCH_PRETTY) ? "\n    },\n" : "},\n");
    }

    put("{}]\n");
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
speed(const hpf_mask_conf_t *conf, size_t *fields)
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

        for (n = 0; n < nin; n += len) {
            len = (nin - n < BENCH_PIECE) ? nin - n : BENCH_PIECE;
            hpf_mask_feed(&m, in + n, len);
        }

        hpf_mask_finish(&m);

        t = now() - t;
        best = (t < best) ? t : best;
    }

    *fields = m.count;

    return (double) nin / best / 1e9;
}


static void
measure(const bench_doc_t *doc, const hpf_mask_rules_t *rules)
{
    size_t           fields;
    unsigned         level;
    hpf_mask_conf_t  conf;

    make(doc);

    memset(&conf, 0, sizeof(conf));

    conf.rules = rules;
    conf.today.year = 2026;
    conf.today.month = 11;
    conf.today.day = 23;
    conf.type = doc->type;

    printf("| %-28s |", doc->name);

    for (level = HPF_MASK_SKIP_PLAIN; level < HPF_MASK_SKIP_LEVELS; level++) {

        if (hpf_mask_skip_use(level) == level) {
            conf.out = count;
            printf(" %6.2f |", speed(&conf, &fields));
        }
    }

    conf.out = copy;
    printf(" %6.2f |", speed(&conf, &fields));
    printf(" %6.2f |\n", (double) fields * 1024 / (double) nin);
}


/* What a copy alone costs, of that much memory over and over. */

static double
copies(const unsigned char *from, unsigned char *to, size_t size)
{
    int     i;
    size_t  n;
    double  t, best;

    best = 1e9;

    for (i = 0; i < BENCH_ROUNDS; i++) {
        t = now();

        for (n = 0; n < size; n += BENCH_PIECE) {
            memcpy(to + n, from + n, BENCH_PIECE);

            /* it is not to be left out */
            __asm__ volatile ("" : : "r" (to + n) : "memory");
        }

        t = now() - t;
        best = (t < best) ? t : best;
    }

    return (double) size / best / 1e9;
}


static void
head(void)
{
    unsigned  level, n;

    n = 0;
    printf("GB/s, spans by level of instructions; the best one copied\n\n");
    printf("| %-28s |", "document");

    for (level = HPF_MASK_SKIP_PLAIN; level < HPF_MASK_SKIP_LEVELS; level++) {

        if (hpf_mask_skip_use(level) == level) {
            printf(" %6s |", levels[level]);
            n++;
        }
    }

    printf(" copied | fields a KiB |\n| --- |");

    for (n += 2; n > 0; n--) {
        printf(" ---: |");
    }

    printf("\n");
}


int
main(void)
{
    size_t             i;
    unsigned char     *far;
    hpf_mask_alloc_t   alloc = { take, NULL };
    hpf_mask_rules_t  *rules;

    rules = hpf_mask_rules_create(&alloc, NULL);
    far = malloc(2 * BENCH_FAR);

    if (far == NULL
        || rules == NULL
        || hpf_mask_rules_defaults(rules) != HPF_OK
        || hpf_mask_rules_compile(rules) != HPF_OK)
    {
        return 1;
    }

    head();

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        measure(&docs[i], rules);
    }

    memset(far, 1, 2 * BENCH_FAR);

    printf("\nmemcpy: %.2f GB/s of %d MiB, %.2f GB/s of %d MiB\n",
           copies(in, out, BENCH_SIZE), BENCH_SIZE >> 20,
           copies(far, far + BENCH_FAR, BENCH_FAR), BENCH_FAR >> 20);

    free(far);

    return 0;
}
