/*
 * Copyright (C) the HPF gateway authors
 */

/*
 * A block of 64 bytes becomes words with a bit for each byte: quotes, digits
 * and so on.  What may be of interest is found by arithmetic on them:
 *
 *   - a key: a quote with a colon or white space behind it; the name before
 *     it is looked for in a filter of the rules;
 *   - a number: digits in a row, with single spaces and hyphens in between
 *     when three digits are before them;
 *   - an address: an at sign;
 *   - characters in another spelling: a full-width digit, or an escape of a
 *     character that a value may have.
 */

#include <string.h>

#include "hpf_mask_block.h"
#include "hpf_mask_json_int.h"
#include "hpf_mask_skip.h"
#include "hpf_mask_skip_spelt.h"


#define HPF_MASK_SKIP_ROW  64          /* bytes to either side of digits */

#define hpf_mask_is_row(c)                                                    \
    (hpf_mask_is_digit(c) || (c) == ' ' || (c) == '-')


/* What is known of the bytes before a block. */

typedef struct {
    const unsigned char  *quote;        /* the last one */
    uint64_t              quotes;       /* all in the last 64 bytes */
    uint64_t              inside;       /* all ones: in a string */
    uint64_t              escaped;      /* 1: the first byte is */
    uint64_t              slashes;      /* all in the last 64 bytes */
    uint64_t              group;        /* digits end the block, */
    uint64_t              two;          /* and two of them: see there */
} hpf_mask_before_t;


/* What is looked for. */

typedef struct {
    const hpf_mask_rules_t  *rules;
    hpf_mask_json_t         *json;
    const unsigned char     *first;     /* of what may be read */
    const unsigned char     *begin;     /* behind the last field */
    const unsigned char     *end;
    uint64_t                 email;     /* all ones, or 0 */
    uint64_t                 number;
    unsigned                 code;      /* digits of one in a row, or 0 */
} hpf_mask_sought_t;


/* What was found in a block, a bit for a byte. */

typedef struct {
    uint64_t                 quote;     /* all that are not escaped */
    uint64_t                 keys;      /* of those, behind keys */
    uint64_t                 rows;      /* of digits */
    uint64_t                 other;
} hpf_mask_found_t;


/* A key: its quotes, and its rule; NULL: it has escapes. */

typedef struct {
    const unsigned char     *quote;
    const unsigned char     *end;
    const hpf_mask_shape_t  *shape;
} hpf_mask_named_t;


typedef void (*hpf_mask_block_pt)(hpf_mask_block_t *b,
    const unsigned char *p, unsigned lines);
typedef const unsigned char *(*hpf_mask_skip_pt)(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);


static const unsigned char *hpf_mask_skip_first(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static uint64_t hpf_mask_skip_digits(const hpf_mask_sought_t *sought,
    const unsigned char *p, uint64_t rows);
static const unsigned char *hpf_mask_skip_stop(
    const hpf_mask_sought_t *sought, hpf_mask_before_t before,
    const unsigned char *p, hpf_mask_found_t found);
static void hpf_mask_skip_find(const hpf_mask_rules_t *rules,
    const hpf_mask_before_t *before, const unsigned char *p,
    const hpf_mask_found_t *found, hpf_mask_named_t *key);
static const unsigned char *hpf_mask_skip_back(const unsigned char *begin,
    const unsigned char *p);


static hpf_mask_skip_pt  hpf_mask_skip_best = hpf_mask_skip_first;


/* Each bit becomes the parity of those up to it. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_parity(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;

    return bits;
}


/*
 * Bytes behind a backslash that is not behind one itself.  A backslash at an
 * odd place, and those that follow it, are told from the others by a carry.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_escaped(uint64_t slash, uint64_t *carry)
{
    uint64_t  odd, first, ends;

    odd = 0xaaaaaaaaaaaaaaaa;
    first = slash & ~*carry;

    /* set where a run of backslashes escapes, and where it ends by that */

    ends = ((first << 1 | odd) - first) ^ odd;

    first = ends ^ (slash | *carry);
    *carry = (ends & slash) >> 63;

    return first;
}


/* Where six in a row end, as codes have them. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_six(uint64_t row, hpf_mask_before_t *before)
{
    uint64_t  two, six;

    two = row & (row << 1 | before->group >> 63);
    six = two & (two << 2 | before->two >> 62) & (two << 4 | before->two >> 60);

    before->group = row;
    before->two = two;

    return six;
}


/*
 * Rows of digits, with single spaces and hyphens in between when three digits
 * are before them.  Eleven in a row fill two groups of four bytes, aligned, and
 * next to each other.  Gives a bit in the last of them; so do some that are
 * shorter.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_rows(const hpf_mask_sought_t *sought, const hpf_mask_block_t *b,
    hpf_mask_before_t *before)
{
    uint64_t  row, d, last;

    d = b->digit;

    /* what is before the block is not looked at: it may be digits */

    row = d | (b->between & (d << 1 | 1) & (d << 2 | 3) & (d << 3 | 7));

    if (sought->code) {
        return hpf_mask_skip_six(row, before);
    }

    row &= row >> 1;
    row &= row >> 2;
    row &= 0x1111111111111111;

    last = row << 4 | before->group;
    before->group = row >> 60;

    return row & last & sought->number;
}


/* The last quote before the bit. */

HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_quote(const hpf_mask_before_t *before, const unsigned char *p,
    uint64_t quote, uint64_t bit)
{
    quote &= bit - 1;

    return quote ? p + 63 - __builtin_clzll(quote) : before->quote;
}


/* 1: the byte of the bit is in a string, or is the quote that ends one. */

HPF_MASK_SKIP_INLINE unsigned
hpf_mask_skip_inside(const hpf_mask_before_t *before, uint64_t quote,
    uint64_t bit)
{
    /* without the one instruction the parity is cheaper than a number */

    return (unsigned) ((hpf_mask_skip_parity(quote & (bit - 1)) >> 63
                        ^ before->inside) & 1);
}


/*
 * Not 0: a rule may be for the name of len bytes at p.  Most names need no more
 * than this, so it is without branches.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_filter(const hpf_mask_rules_t *rules, const unsigned char *p,
    size_t len)
{
    uint64_t  head;

    static const uint64_t  heads[9] = {
        0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff,
        0xffffffffffffff, 0xffffffffffffffff
    };

    memcpy(&head, p, sizeof(head));

    head &= heads[(len < 8) ? len : 8];

    return hpf_mask_rules_bit(rules, hpf_mask_rules_slot(head, len));
}


/*
 * Backslashes in the name of len bytes before the quote at n; of one that is
 * longer than what is looked at, all of the block.  With an escape a name may
 * have any rule.
 */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_escapes(const hpf_mask_before_t *before,
    const hpf_mask_block_t *b, unsigned n, size_t len)
{
    uint64_t  bits;

    if (len == HPF_MASK_RULES_LAST) {
        return b->slash | before->slashes;
    }

    bits = b->slash << (63 - n) << 1 | before->slashes >> n;

    return bits >> (63 - len) >> 1;
}


/* Of the keys that were found those whose names may have a rule. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_names(const hpf_mask_sought_t *sought,
    const hpf_mask_before_t *before, const hpf_mask_block_t *b,
    const hpf_mask_found_t *found, const unsigned char *p)
{
    size_t    len;
    unsigned  n, rare;
    uint64_t  keys, names, bits, hit;

    names = 0;

    /* near the end not all is there that the filter reads */

    rare = (b->slash | before->slashes) != 0
           || sought->end - p < HPF_MASK_SKIP_MIN;

    for (keys = found->keys; keys; keys &= keys - 1) {

        n = (unsigned) __builtin_ctzll(keys);

        /* the quotes in the 64 bytes before it */

        bits = found->quote << (63 - n) << 1 | before->quotes >> n;
        len = bits ? (size_t) __builtin_clzll(bits) : HPF_MASK_RULES_LAST;

        if (rare) {
            hit = hpf_mask_skip_escapes(before, b, n, len) != 0
                  || hpf_mask_rules_may(sought->rules, p + n - len, len);

        } else {
            hit = hpf_mask_skip_filter(sought->rules, p + n - len, len);
        }

        names |= (keys & -keys) & -hit;
    }

    return names;
}


/* Where to look closer in the block, or NULL. */

HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_look(const hpf_mask_sought_t *sought, hpf_mask_before_t *before,
    const hpf_mask_block_t *b, const unsigned char *p)
{
    uint64_t              escaped, inside, last;
    hpf_mask_found_t      found;
    const unsigned char  *stop;

    found.quote = b->quote;
    found.other = b->at & sought->email;

    if (b->slash | before->escaped | b->feed) {

        last = (p[HPF_MASK_BLOCK] == '\\');
        escaped = hpf_mask_skip_escaped(b->slash, &before->escaped);
        found.quote &= ~escaped;
        inside = hpf_mask_skip_parity(found.quote) ^ before->inside;

        /*
         * A backslash between tokens escapes nothing; a quote that may be
         * behind a key in JSON that is in a string.
         */

        found.other |= (b->slash & ~inside) | (b->feed & inside)
                       | hpf_mask_skip_spelled(p, b, escaped)
                       | (b->quote & escaped
                          & (b->after | b->slash >> 1 | last << 63));
    }

    found.rows = hpf_mask_skip_rows(sought, b, before);

    if (b->wide) {
        found.other |= hpf_mask_skip_wide(p, b->wide);
    }

    found.keys = found.quote & b->after;

    if (sought->rules->npatterns == 0) {
        found.keys = hpf_mask_skip_names(sought, before, b, &found, p);
    }

    if ((found.keys | found.other | found.rows) != 0) {

        stop = hpf_mask_skip_stop(sought, *before, p, found);

        if (stop) {
            return stop;
        }
    }

    before->quote = found.quote ? p + 63 - __builtin_clzll(found.quote)
                                : before->quote;
    before->quotes = found.quote;
    before->slashes = b->slash;
    before->inside ^= -(uint64_t) (__builtin_popcountll(found.quote) & 1);

    return NULL;
}


HPF_MASK_SKIP_INLINE void
hpf_mask_skip_begin(hpf_mask_before_t *before, const unsigned char *p)
{
    memset(before, 0, sizeof(hpf_mask_before_t));

    /* a name would begin at p, had a quote been before it */

    before->quote = p;
    before->quotes = (uint64_t) 1 << 63;
}


/*
 * The next block at p, or what is left for it: a whole one that ends with the
 * text, without the bits of what is before p.  "after" is then set for bytes
 * with a colon or white space behind them.  Gives where the block ends, or p:
 * what is rare is not looked at there.
 */

HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_block(const hpf_mask_sought_t *sought,
    const hpf_mask_before_t *before, hpf_mask_block_t *b,
    const unsigned char *p, hpf_mask_block_pt block)
{
    unsigned              gone, lines;
    uint64_t              next;
    const unsigned char  *last;

    lines = sought->json->lines;

    if (sought->end - p >= HPF_MASK_SKIP_MIN) {
        block(b, p, lines);

        next = (p[HPF_MASK_BLOCK] == ':' || p[HPF_MASK_BLOCK] <= ' ');
        b->after = b->after >> 1 | next << 63;

        return p + HPF_MASK_BLOCK;
    }

    last = (sought->end - p > HPF_MASK_BLOCK) ? p + HPF_MASK_BLOCK
                                              : sought->end;

    if (p == last || last - sought->first < HPF_MASK_BLOCK) {
        return p;
    }

    block(b, last - HPF_MASK_BLOCK, lines);

    gone = (unsigned) (HPF_MASK_BLOCK - (last - p));

    b->slash >>= gone;
    b->wide >>= gone;

    if (b->slash | b->wide | b->feed | before->escaped) {
        return p;
    }

    b->quote >>= gone;
    b->digit >>= gone;
    b->between >>= gone;
    b->at >>= gone;

    /* what comes behind the last byte may be a colon */

    b->after = (b->after >> 1 | (uint64_t) 1 << 63) >> gone;

    return last;
}


HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, hpf_mask_block_pt block)
{
    unsigned              values;
    hpf_mask_block_t      b;
    hpf_mask_before_t     before;
    hpf_mask_sought_t     sought;
    const unsigned char  *next, *found;

    values = m->rules->values;
    found = NULL;

    sought.rules = m->rules;
    sought.json = &m->u.json;
    sought.first = p;
    sought.begin = p;
    sought.end = end;
    sought.email = -(uint64_t) ((values >> HPF_MASK_EMAIL) & 1);
    sought.code = ((values >> HPF_MASK_USCC) & 1) ? 6
                  : ((values >> HPF_MASK_PASSPORT) & 1) ? 7 : 0;
    sought.number = -(uint64_t) (values != 0);

    hpf_mask_skip_begin(&before, p);

    for ( ;; ) {
        next = hpf_mask_skip_block(&sought, &before, &b, p, block);
        if (next == p) {
            break;
        }

        found = hpf_mask_skip_look(&sought, &before, &b, p);

        if (found == NULL) {
            p = next;
            continue;
        }

        p = found;

        if (m->u.json.key == NULL) {
            break;
        }

        p = hpf_mask_json_field(m, found, end);

        if (p == found) {
            break;
        }

        sought.begin = p;
        found = NULL;
        hpf_mask_skip_begin(&before, p);
    }

    if (found == NULL) {
        p = before.inside ? before.quote : hpf_mask_skip_back(sought.begin, p);
    }

    /* a number may be there, unless a token ends just before */

    if (p > sought.first) {
        m->u.json.number = (p[-1] != '"' && p[-1] != '}' && p[-1] != ']');
    }

    return p;
}


/* Where the first of all that was found begins, or NULL when it is nothing. */

static const unsigned char *
hpf_mask_skip_stop(const hpf_mask_sought_t *sought, hpf_mask_before_t before,
    const unsigned char *p, hpf_mask_found_t found)
{
    uint64_t              bit;
    hpf_mask_named_t      key;
    const unsigned char  *value;

    hpf_mask_skip_find(sought->rules, &before, p, &found, &key);

    if (found.rows
        && (key.end == NULL || p + __builtin_ctzll(found.rows) < key.end))
    {
        found.other |= hpf_mask_skip_digits(sought, p, found.rows);
    }

    if (found.other) {
        bit = found.other & -found.other;

        value = hpf_mask_skip_inside(&before, found.quote, bit)
                ? hpf_mask_skip_quote(&before, p, found.quote, bit)
                : hpf_mask_skip_back(sought->begin, p + __builtin_ctzll(bit));

        if (key.end == NULL || value <= key.quote) {
            return value;
        }
    }

    if (key.end == NULL || key.shape == NULL) {
        return key.quote;
    }

    /* nothing else is in it, so it need not be read again */

    sought->json->key = key.shape;

    return key.end + 1;
}


/* Of those rows the ones that have the digits of a number. */

static uint64_t
hpf_mask_skip_digits(const hpf_mask_sought_t *sought, const unsigned char *p,
    uint64_t rows)
{
    unsigned              n, least;
    const unsigned char  *c, *q, *first, *last;

    least = sought->code ? sought->code : 11;

    for ( /* void */ ; rows; rows &= rows - 1) {

        c = p + __builtin_ctzll(rows);
        first = (c - sought->begin > HPF_MASK_SKIP_ROW)
                ? c - HPF_MASK_SKIP_ROW : sought->begin;
        last = (sought->end - c > HPF_MASK_SKIP_ROW)
               ? c + HPF_MASK_SKIP_ROW : sought->end;
        n = 0;

        for (q = c; n < least && q > first && hpf_mask_is_row(q[-1]); q--) {
            n += hpf_mask_is_digit(q[-1]);
        }

        for ( /* void */ ; n < least && c < last && hpf_mask_is_row(*c); c++) {
            n += hpf_mask_is_digit(*c);
        }

        /* what goes on beyond that may be anything */

        if (c == last) {
            n = least;
        }

        if (n == least) {
            return rows & -rows;
        }
    }

    return 0;
}


/* The first of those keys that has a rule or an escape; end NULL: none. */

static void
hpf_mask_skip_find(const hpf_mask_rules_t *rules,
    const hpf_mask_before_t *before, const unsigned char *p,
    const hpf_mask_found_t *found, hpf_mask_named_t *key)
{
    size_t    len;
    uint64_t  bit, keys;

    for (keys = found->keys; keys; keys &= keys - 1) {
        bit = keys & -keys;

        if (!hpf_mask_skip_inside(before, found->quote, bit)) {
            continue;
        }

        key->end = p + __builtin_ctzll(bit);
        key->quote = hpf_mask_skip_quote(before, p, found->quote, bit);

        len = (size_t) (key->end - key->quote - 1);

        if (len > HPF_MASK_JSON_KEY) {
            continue;
        }

        if (memchr(key->quote + 1, '\\', len) != NULL) {
            key->shape = NULL;
            return;
        }

        key->shape = hpf_mask_rules_find(rules, key->quote + 1, len);

        if (key->shape) {
            return;
        }
    }

    key->end = NULL;
    key->quote = NULL;
}


/* To the beginning of the text between tokens that p is in. */

static const unsigned char *
hpf_mask_skip_back(const unsigned char *begin, const unsigned char *p)
{
    while (p > begin && !hpf_mask_json_signs[p[-1]]) {
        p--;
    }

    return p;
}


static const unsigned char *
hpf_mask_skip_plain(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_plain);
}


#if (__x86_64__)

static const unsigned char *
hpf_mask_skip_sse2(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_sse2);
}


HPF_MASK_AVX2 static const unsigned char *
hpf_mask_skip_avx2(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_avx2);
}


HPF_MASK_AVX512 static const unsigned char *
hpf_mask_skip_avx512(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_avx512);
}

#endif


static const unsigned char *
hpf_mask_skip_nowhere(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    (void) m;
    (void) end;

    return p;
}


unsigned
hpf_mask_skip_use(unsigned level)
{
    unsigned                       best;
    static const hpf_mask_skip_pt  skips[] = {
        hpf_mask_skip_nowhere,
        hpf_mask_skip_plain,
#if (__x86_64__)
        hpf_mask_skip_sse2,
        hpf_mask_skip_avx2,
        hpf_mask_skip_avx512
#endif
    };

    best = HPF_MASK_SKIP_PLAIN;

#if (__x86_64__)

    best = HPF_MASK_SKIP_SSE2;

    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        best = HPF_MASK_SKIP_AVX2;

        if (__builtin_cpu_supports("avx512bw")) {
            best = HPF_MASK_SKIP_AVX512;
        }
    }

#endif

    level = (level < best) ? level : best;

    hpf_mask_skip_best = skips[level];

    return level;
}


static const unsigned char *
hpf_mask_skip_first(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    (void) hpf_mask_skip_use(HPF_MASK_SKIP_LEVELS);

    return hpf_mask_skip_best(m, p, end);
}


const unsigned char *
hpf_mask_skip(hpf_mask_t *m, const unsigned char *p, const unsigned char *end)
{
    return hpf_mask_skip_best(m, p, end);
}
