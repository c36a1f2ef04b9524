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

#include "hpf_mask_json_int.h"
#include "hpf_mask_skip.h"

#if (__x86_64__)
#include <immintrin.h>
#endif


#define HPF_MASK_SKIP_BLOCK  64
#define HPF_MASK_SKIP_INLINE static inline __attribute__((always_inline))


/* What a block holds, a bit for a byte. */

typedef struct {
    uint64_t              quote;
    uint64_t              slash;
    uint64_t              digit;
    uint64_t              between;      /* space and hyphen */
    uint64_t              after;        /* colon and white space */
    uint64_t              wide;         /* the first byte of full width */
    uint64_t              at;
    uint64_t              feed;         /* line feed */
} hpf_mask_block_t;


/* What is known of the bytes before a block. */

typedef struct {
    const unsigned char  *begin;        /* where it all began */
    const unsigned char  *quote;        /* the last one, or begin */
    uint64_t              inside;       /* all ones: in a string */
    uint64_t              escaped;      /* 1: the first byte is */
    uint64_t              slashes;      /* 1: there are since the quote */
    uint64_t              digit;
    uint64_t              row[4];       /* of 1, 2, 4 and 8 in a row */
} hpf_mask_before_t;


typedef void (*hpf_mask_block_pt)(hpf_mask_block_t *b,
    const unsigned char *p);
typedef const unsigned char *(*hpf_mask_skip_pt)(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);


static const unsigned char *hpf_mask_skip_first(hpf_mask_t *m,
    const unsigned char *p, const unsigned char *end);
static const unsigned char *hpf_mask_skip_back(const hpf_mask_before_t *before,
    const unsigned char *p);


static hpf_mask_skip_pt  hpf_mask_skip_best = hpf_mask_skip_first;


/* The bits before each, with those of the last block coming in. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_shift(uint64_t bits, uint64_t before, unsigned n)
{
    return bits << n | before >> (64 - n);
}


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


/* Bytes behind a backslash that is not behind one itself. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_escaped(uint64_t slash, uint64_t *carry)
{
    uint64_t  escaped, bit;

    escaped = *carry;
    slash &= ~escaped;
    *carry = 0;

    while (slash) {
        bit = slash & -slash;
        *carry = bit >> 63;
        escaped |= bit << 1;
        slash &= ~(bit | bit << 1);
    }

    return escaped;
}


/* Escapes, behind a backslash each, of ASCII, full width, or white space. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_spelled(const unsigned char *p, uint64_t escaped)
{
    uint64_t              found, bit;
    const unsigned char  *c;

    found = 0;

    for ( /* void */ ; escaped; escaped &= escaped - 1) {

        bit = escaped & -escaped;
        c = p + __builtin_ctzll(bit);

        if (c[0] == 'u'
            && ((c[1] == '0' && c[2] == '0')
                || ((c[1] | 0x20) == 'f' && (c[2] | 0x20) == 'f')))
        {
            found |= bit;
        }
    }

    return found;
}


/* Full-width digits among three-byte characters that begin so. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_wide(const unsigned char *p, uint64_t wide)
{
    uint64_t              found;
    const unsigned char  *c;

    found = 0;

    for ( /* void */ ; wide; wide &= wide - 1) {

        c = p + __builtin_ctzll(wide);

        if (c[1] == 0xbc && c[2] >= 0x90 && c[2] <= 0x99) {
            found |= wide & -wide;
        }
    }

    return found;
}


/* The ends of rows of at least so many digits: 6, 7 or 11. */

HPF_MASK_SKIP_INLINE uint64_t
hpf_mask_skip_rows(const hpf_mask_block_t *b, hpf_mask_before_t *before,
    unsigned least)
{
    uint64_t  row, two, four, eight, *last;

    row = hpf_mask_skip_shift(b->digit, before->digit, 1)
          & hpf_mask_skip_shift(b->digit, before->digit, 2)
          & hpf_mask_skip_shift(b->digit, before->digit, 3)
          & b->between;
    row |= b->digit;

    last = before->row;

    two = row & hpf_mask_skip_shift(row, last[0], 1);
    four = two & hpf_mask_skip_shift(two, last[1], 2);
    eight = four & hpf_mask_skip_shift(four, last[2], 4);

    last[0] = row;
    last[1] = two;

    if (least == 11) {
        row = eight & hpf_mask_skip_shift(eight, last[3], 3);

    } else {
        row = four & hpf_mask_skip_shift(four, last[2], least - 4);
    }

    last[2] = four;
    last[3] = eight;
    before->digit = b->digit;

    return row;
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
    return (unsigned) ((__builtin_popcountll(quote & (bit - 1))
                        ^ before->inside) & 1);
}


/* 1: a rule may be for that name, which is without escapes. */

HPF_MASK_SKIP_INLINE unsigned
hpf_mask_skip_name(const hpf_mask_rules_t *rules, const unsigned char *name,
    size_t len)
{
    unsigned  slot;
    uint64_t  head;

    if (len == 0 || len > HPF_MASK_KEY_MAX) {
        return 0;
    }

    if (rules->npatterns == 0) {
        memcpy(&head, name, sizeof(head));

        if (len < sizeof(head)) {
            head &= ((uint64_t) 1 << 8 * len) - 1;
        }

        slot = hpf_mask_rules_slot(head, len);

        if (!((rules->filter[slot >> 6] >> (slot & 63)) & 1)) {
            return 0;
        }
    }

    return hpf_mask_rules_find(rules, name, len) != NULL;
}


/* The first key in the block that may have a rule, or NULL. */

HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_key(const hpf_mask_rules_t *rules,
    const hpf_mask_before_t *before, const hpf_mask_block_t *b,
    const unsigned char *p, uint64_t quote)
{
    uint64_t              bit, keys;
    const unsigned char  *q, *end;

    keys = (p[HPF_MASK_SKIP_BLOCK] == ':' || p[HPF_MASK_SKIP_BLOCK] <= ' ');
    keys = quote & (b->after >> 1 | keys << 63);

    for ( /* void */ ; keys; keys &= keys - 1) {

        bit = keys & -keys;
        end = p + __builtin_ctzll(bit);
        q = hpf_mask_skip_quote(before, p, quote, bit);

        if ((b->slash | before->slashes)
            && end - q < HPF_MASK_VALUE_MAX
            && memchr(q, '\\', (size_t) (end - q)) != NULL)
        {
            /* it will be read without the escapes */

        } else if (!hpf_mask_skip_name(rules, q + 1, (size_t) (end - q - 1))) {
            continue;
        }

        if (hpf_mask_skip_inside(before, quote, bit)) {
            return q;
        }
    }

    return NULL;
}


/* Where to look closer in the block, or NULL. */

HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_look(hpf_mask_t *m, hpf_mask_before_t *before,
    const hpf_mask_block_t *b, const unsigned char *p, unsigned least)
{
    uint64_t              quote, found, escaped, inside;
    const unsigned char  *key, *value;

    quote = b->quote;
    found = 0;

    if (b->slash | before->escaped | (m->u.json.lines ? b->feed : 0)) {

        escaped = hpf_mask_skip_escaped(b->slash, &before->escaped);
        quote &= ~escaped;
        inside = hpf_mask_skip_parity(quote) ^ before->inside;

        /* a backslash between tokens escapes nothing */

        found = (b->slash & ~inside) | hpf_mask_skip_spelled(p, escaped);

        if (m->u.json.lines) {
            found |= b->feed & inside;
        }
    }

    if (least) {
        found |= hpf_mask_skip_rows(b, before, least);
    }

    if (b->wide) {
        found |= hpf_mask_skip_wide(p, b->wide);
    }

    if ((m->rules->values >> HPF_MASK_EMAIL) & 1) {
        found |= b->at;
    }

    key = hpf_mask_skip_key(m->rules, before, b, p, quote);

    if (found) {
        found &= -found;

        value = hpf_mask_skip_inside(before, quote, found)
                ? hpf_mask_skip_quote(before, p, quote, found)
                : hpf_mask_skip_back(before, p + __builtin_ctzll(found));

        return (key && key < value) ? key : value;
    }

    if (key) {
        return key;
    }

    if (quote) {
        before->quote = p + 63 - __builtin_clzll(quote);
        before->inside ^= -(uint64_t) (__builtin_popcountll(quote) & 1);
        before->slashes = 0;
    }

    before->slashes |= b->slash;

    return NULL;
}


/* To the beginning of the text between tokens that p is in. */

static const unsigned char *
hpf_mask_skip_back(const hpf_mask_before_t *before, const unsigned char *p)
{
    while (p > before->begin && !hpf_mask_json_signs[p[-1]]) {
        p--;
    }

    return p;
}


/* Digits in a row that a number must have; 0: none is searched for. */

static unsigned
hpf_mask_skip_least(unsigned values)
{
    if ((values >> HPF_MASK_USCC) & 1) {
        return 6;
    }

    if ((values >> HPF_MASK_PASSPORT) & 1) {
        return 7;
    }

    return values ? 11 : 0;
}


HPF_MASK_SKIP_INLINE const unsigned char *
hpf_mask_skip_run(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end, hpf_mask_block_pt block)
{
    unsigned              least;
    hpf_mask_block_t      b;
    hpf_mask_before_t     before;
    const unsigned char  *found;

    memset(&before, 0, sizeof(before));

    before.begin = p;
    before.quote = p;

    least = hpf_mask_skip_least(m->rules->values);

    for ( /* void */ ; end - p >= HPF_MASK_SKIP_MIN; p += HPF_MASK_SKIP_BLOCK)
    {
        block(&b, p);

        found = hpf_mask_skip_look(m, &before, &b, p, least);

        if (found) {
            p = found;
            goto found;
        }
    }

    p = before.inside ? before.quote : hpf_mask_skip_back(&before, p);

found:

    /* a number may be there, unless a token ends just before */

    if (p > before.begin) {
        m->u.json.number = (p[-1] != '"' && p[-1] != '}' && p[-1] != ']');
    }

    return p;
}


static inline void
hpf_mask_block_plain(hpf_mask_block_t *b, const unsigned char *p)
{
    unsigned       i;
    uint64_t       bit;
    unsigned char  c;

    memset(b, 0, sizeof(hpf_mask_block_t));

    for (i = 0; i < HPF_MASK_SKIP_BLOCK; i++) {
        c = p[i];
        bit = (uint64_t) 1 << i;

        b->quote |= (c == '"') ? bit : 0;
        b->slash |= (c == '\\') ? bit : 0;
        b->digit |= (c >= '0' && c <= '9') ? bit : 0;
        b->between |= (c == ' ' || c == '-') ? bit : 0;
        b->after |= (c == ':' || c <= ' ') ? bit : 0;
        b->wide |= (c == 0xef) ? bit : 0;
        b->at |= (c == '@') ? bit : 0;
        b->feed |= (c == '\n') ? bit : 0;
    }
}


static const unsigned char *
hpf_mask_skip_plain(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_plain);
}


#if (__x86_64__)

#define HPF_MASK_AVX2    __attribute__((target("avx2,popcnt,bmi,lzcnt")))
#define HPF_MASK_AVX512                                                       \
    __attribute__((target("avx512f,avx512bw,avx2,popcnt,bmi,lzcnt")))


static inline uint64_t
hpf_mask_sse2_equal(const __m128i v[4], char c)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

    for (i = 0; i < 4; i++) {
        bits |= (uint64_t) (unsigned)
                _mm_movemask_epi8(_mm_cmpeq_epi8(v[i], _mm_set1_epi8(c)))
                << 16 * i;
    }

    return bits;
}


/* Bytes from c on, n of them behind it. */

static inline uint64_t
hpf_mask_sse2_range(const __m128i v[4], char c, char n)
{
    unsigned  i;
    uint64_t  bits;
    __m128i   d;

    bits = 0;

    for (i = 0; i < 4; i++) {
        d = _mm_sub_epi8(v[i], _mm_set1_epi8(c));
        d = _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(n)), d);
        bits |= (uint64_t) (unsigned) _mm_movemask_epi8(d) << 16 * i;
    }

    return bits;
}


static inline void
hpf_mask_block_sse2(hpf_mask_block_t *b, const unsigned char *p)
{
    unsigned  i;
    __m128i   v[4];

    for (i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *) (p + 16 * i));
    }

    b->quote = hpf_mask_sse2_equal(v, '"');
    b->slash = hpf_mask_sse2_equal(v, '\\');
    b->digit = hpf_mask_sse2_range(v, '0', 9);
    b->between = hpf_mask_sse2_equal(v, ' ') | hpf_mask_sse2_equal(v, '-');
    b->after = hpf_mask_sse2_equal(v, ':') | hpf_mask_sse2_range(v, 0, ' ');
    b->wide = hpf_mask_sse2_equal(v, (char) 0xef);
    b->at = hpf_mask_sse2_equal(v, '@');
    b->feed = hpf_mask_sse2_equal(v, '\n');
}


static const unsigned char *
hpf_mask_skip_sse2(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_sse2);
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_bits(__m256i low, __m256i high)
{
    return (uint64_t) (unsigned) _mm256_movemask_epi8(low)
           | (uint64_t) (unsigned) _mm256_movemask_epi8(high) << 32;
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_equal(const __m256i v[2], char c)
{
    return hpf_mask_avx2_bits(_mm256_cmpeq_epi8(v[0], _mm256_set1_epi8(c)),
                              _mm256_cmpeq_epi8(v[1], _mm256_set1_epi8(c)));
}


HPF_MASK_AVX2 static inline uint64_t
hpf_mask_avx2_range(const __m256i v[2], char c, char n)
{
    __m256i  d[2], most;

    most = _mm256_set1_epi8(n);

    d[0] = _mm256_sub_epi8(v[0], _mm256_set1_epi8(c));
    d[1] = _mm256_sub_epi8(v[1], _mm256_set1_epi8(c));

    return hpf_mask_avx2_bits(
               _mm256_cmpeq_epi8(_mm256_min_epu8(d[0], most), d[0]),
               _mm256_cmpeq_epi8(_mm256_min_epu8(d[1], most), d[1]));
}


HPF_MASK_AVX2 static inline void
hpf_mask_block_avx2(hpf_mask_block_t *b, const unsigned char *p)
{
    __m256i  v[2];

    v[0] = _mm256_loadu_si256((const __m256i *) p);
    v[1] = _mm256_loadu_si256((const __m256i *) (p + 32));

    b->quote = hpf_mask_avx2_equal(v, '"');
    b->slash = hpf_mask_avx2_equal(v, '\\');
    b->digit = hpf_mask_avx2_range(v, '0', 9);
    b->between = hpf_mask_avx2_equal(v, ' ') | hpf_mask_avx2_equal(v, '-');
    b->after = hpf_mask_avx2_equal(v, ':') | hpf_mask_avx2_range(v, 0, ' ');
    b->wide = hpf_mask_avx2_equal(v, (char) 0xef);
    b->at = hpf_mask_avx2_equal(v, '@');
    b->feed = hpf_mask_avx2_equal(v, '\n');
}


HPF_MASK_AVX2 static const unsigned char *
hpf_mask_skip_avx2(hpf_mask_t *m, const unsigned char *p,
    const unsigned char *end)
{
    return hpf_mask_skip_run(m, p, end, hpf_mask_block_avx2);
}


HPF_MASK_AVX512 static inline uint64_t
hpf_mask_avx512_equal(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}


HPF_MASK_AVX512 static inline uint64_t
hpf_mask_avx512_range(__m512i v, char c, char n)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(c)),
                                  _mm512_set1_epi8(n));
}


HPF_MASK_AVX512 static inline void
hpf_mask_block_avx512(hpf_mask_block_t *b, const unsigned char *p)
{
    __m512i  v;

    v = _mm512_loadu_si512((const void *) p);

    b->quote = hpf_mask_avx512_equal(v, '"');
    b->slash = hpf_mask_avx512_equal(v, '\\');
    b->digit = hpf_mask_avx512_range(v, '0', 9);
    b->between = hpf_mask_avx512_equal(v, ' ') | hpf_mask_avx512_equal(v, '-');
    b->after = hpf_mask_avx512_equal(v, ':')
               | hpf_mask_avx512_range(v, 0, ' ');
    b->wide = hpf_mask_avx512_equal(v, (char) 0xef);
    b->at = hpf_mask_avx512_equal(v, '@');
    b->feed = hpf_mask_avx512_equal(v, '\n');
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
